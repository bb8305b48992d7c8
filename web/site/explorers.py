"""The explorers of the lessons without a kernel: their pages are computed when the site is built.

Of each lesson runs what its explorers need (`slices`), in a process of its own. Of an explorer
whose still picture is not the one stored in the notebook nothing is taken: the site goes on showing
the stored one, and the build says so.
"""

from __future__ import annotations

import ast
import base64
import contextlib
import hashlib
import io
import json
import multiprocessing
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import numpy as np
from PIL import Image

import helpers

from .lessons import HERE, LANGUAGES, ROOT
from .slices import Statement, needed

if TYPE_CHECKING:
    from helpers.widgets import Explorer

PLAYERS = ("flip", "replay")
"""Functions of `helpers.widgets` that make an explorer with pages."""

STORE = HERE.parent / "node_modules" / ".cache" / "explorers"
"""Where pages are kept until a lesson or the helpers change."""

INDEX = "explorers.json"
DIFFERENCE = 2.0
"""Grey levels by which a still picture may differ in the mean from the stored one: another
processor rounds otherwise, another explorer looks otherwise."""

HEAVY = ["torch", "diffusers", "transformers", "matplotlib.pyplot", "ipywidgets", "nbconvert"]
"""Imported once for all lessons, where processes can be forked; none asks for the language."""


def explorers(paths: list[Path]) -> dict[Path, dict[str, Any]]:
    """The explorers of notebooks, computed anew only where something has changed.

    Returns:
        Notebook to cell to its explorer: "start", the number of the page shown first, and "pages",
        each with "file" (a path), "width", "height", and HTML "above" and "below" the picture.
    """
    helpers = _fingerprint()
    keys = {path: hashlib.sha256(helpers + path.read_bytes()).hexdigest() for path in paths}
    stale = [(path, key) for path, key in keys.items() if _read(path).get("key") != key]
    if stale:
        forks = "forkserver" in multiprocessing.get_all_start_methods()
        context = multiprocessing.get_context("forkserver" if forks else "spawn")
        if forks:
            context.set_forkserver_preload(HEAVY)
        with context.Pool(os.cpu_count(), _alone, maxtasksperchild=1) as pool:
            for complaints in pool.imap_unordered(_write, stale, chunksize=1):
                print(*complaints, sep="\n", end="\n" if complaints else "", file=sys.stderr)
    found = {path: _read(path)["cells"] for path in paths}
    for path, cells in found.items():
        for page in (page for explorer in cells.values() for page in explorer["pages"]):
            page["file"] = _folder(path) / page["file"]
    return found


def _alone() -> None:
    """Lessons are computed side by side, so each of them takes one processor."""
    import torch

    torch.set_num_threads(1)


def _fingerprint() -> bytes:
    """Changes when anything does from which pages are made, but for the notebooks."""
    files = [path for path in (ROOT / "helpers").rglob("*") if "__pycache__" not in path.parts]
    files += [ROOT / "constraints.txt", Path(__file__), HERE / "slices.py"]
    sums = hashlib.sha256()
    for path in sorted(filter(Path.is_file, files)):
        sums.update(path.relative_to(ROOT).as_posix().encode())
        sums.update(hashlib.sha256(path.read_bytes()).digest())
    return sums.digest()


def _folder(path: Path) -> Path:
    return STORE / path.relative_to(ROOT).with_suffix("")


def _read(path: Path) -> dict[str, Any]:
    """What is kept of a notebook's explorers; nothing at first."""
    index = _folder(path) / INDEX
    return json.loads(index.read_text(encoding="utf-8")) if index.exists() else {}


def _write(stale: tuple[Path, str]) -> list[str]:
    """Computes the explorers of one notebook and keeps their pages; returns what went wrong."""
    path, key = stale
    folder = _folder(path)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / INDEX).unlink(missing_ok=True)  # what was begun is not taken for done
    notebook = nbformat.read(path, as_version=4)
    cells, complaints = {}, []
    for cell, explorer in shown(notebook, path.parent):
        apart = difference(notebook, cell, explorer)
        if apart <= DIFFERENCE:
            pages = [_page(page, folder, f"{cell}-{k}") for k, page in enumerate(explorer.pages)]
            cells[cell] = {"start": explorer.start, "pages": pages}
        else:
            complaints.append(
                f"{path}: the explorer of cell {cell} stays a picture, for it would show another "
                f"than is stored ({apart:.1f} grey levels apart); run: make notebooks"
            )
    index = json.dumps({"key": key, "cells": cells}, ensure_ascii=False)
    (folder / INDEX).write_text(index, encoding="utf-8")
    return complaints


def _page(page: Any, folder: Path, name: str) -> dict[str, Any]:
    file = f"{name}.{page.mime.removeprefix('image/')}"
    (folder / file).write_bytes(page.data)
    plain = {name: getattr(page, name) for name in ("width", "height", "above", "below")}
    return {"file": file} | plain


def shown(notebook: nbformat.NotebookNode, folder: Path) -> Iterator[tuple[str, Explorer]]:
    """(cell, explorer) of a lesson, run in a folder as its notebook would be.

    What the cells print is dropped; the notebook has it.
    """
    lesson: dict[str, Any] = {"__name__": "__main__"}
    helpers.speak(folder.name if folder.name in LANGUAGES else "en")  # before figures are imported
    os.chdir(folder)
    nothing = io.StringIO()
    with contextlib.redirect_stdout(nothing), contextlib.redirect_stderr(nothing):
        for one in needed(notebook, PLAYERS):
            if one.shown:
                yield one.cell, eval(_compiled(one), lesson)
            else:
                exec(_compiled(one), lesson)


def _compiled(one: Statement) -> Any:
    if one.shown and isinstance(one.node, ast.Expr):
        return compile(ast.Expression(one.node.value), one.cell, "eval")
    return compile(ast.Module([one.node], []), one.cell, "exec")


def difference(notebook: nbformat.NotebookNode, cell: str, explorer: Explorer) -> float:
    """Grey levels in the mean between a cell's stored picture and an explorer's still one.

    Infinite between pictures of different sizes, or where none is stored.
    """
    (outputs,) = (one.outputs for one in notebook.cells if one.id == cell)
    stored = [picture for output in outputs for picture in _pictures(output.get("data", {}))]
    (own,) = _pictures(explorer.still[0])
    if not stored or stored[-1].shape != own.shape:
        return float("inf")
    return float(np.abs(stored[-1] - own).mean())


def _pictures(data: dict[str, str]) -> Iterator[np.ndarray]:
    for kind, encoded in data.items():
        if kind.startswith("image/"):
            with Image.open(io.BytesIO(base64.b64decode(encoded))) as picture:
                yield np.asarray(picture.convert("RGB"), dtype=float)
