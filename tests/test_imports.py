"""The shape of the package: imports point in one direction, and `import helpers` is light."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import helpers

PACKAGE = Path(helpers.__file__).parent

ROWS = {
    "the language of messages": {"language"},
    "files and arguments": {"files", "arguments", "pictures", "sampling.latents"},
    "formulas, and what runs where": {
        "threads",
        "maths",
        "flow",
        "dit",
        "runtime",
        "sampling.schedulers",
        "sampling.packed",
        "repository_url",
        "seamless",
        "transformer",
        "lowrank",
        "metrics",
        "unet",
        "loading.faults",
        "loading.formats",
        "loading.habits",
        "loading.layout",
        "loading.suitability",
    },
    "data: recorded runs, drawings, digits, models on disk": {
        "records",
        "sampling.rules",
        "landscapes",
        "digits_lab",
        "loading.hub",
        "loading.memory",
        "loading.models",
        "loading.networks",
        "loading.twin",
        "sweep.contact",
        "toy2d",
    },
    "a model on another machine": {"serving"},
    "a model, and pictures from its latents": {"loading", "decoding", "rivals"},
    "what a run begins with": {
        "sampling.start",
        "sampling.words",
        "sampling.learned",
        "cli.options",
        "bench.fullsize",
        "bench.stopwatch",
    },
    "a run that is ready": {"sampling.inputs", "sampling.checked"},
    "a run made again": {"sampling.settings"},
    "the loop, attention, training": {"sampling", "attention", "training"},
    "figures, pages, the quality table, a new word": {
        "export_onnx",
        "finetuning",
        "gallery",
        "plots",
        "publish",
        "serving.asked",
        "training.contest",
        "training.evaluate",
    },
    "exercises, benchmark, many pictures": {
        "audit",
        "checks",
        "bench",
        "serving.drawing",
        "serving.room",
        "sweep",
    },
    "explorers, doctor": {
        "widgets",
        "doctor",
        "cli.sweep_and_bench",
        "serving.door",
    },
    "a class served": {"serving.app"},
    "the command line, the playground": {"cli", "playground"},
    "python -m helpers": {"__main__"},
}
"""A module imports only from rows above its own. A package is one module, but for the parts of it
that are named here; others see them in the package's row, for its `__init__` is run with them."""


def modules() -> dict[str, list[Path]]:
    """Module name as in ROWS -> its files, but for `training.__main__`, which is a program."""
    found: dict[str, list[Path]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if parts in (("__init__",), ("training", "__main__")):
            continue
        found.setdefault(module_of(".".join(parts)), []).append(path)
    return found


def module_of(name: str) -> str:
    """The module, as in ROWS, that a dotted name belongs to."""
    first, _, rest = name.partition(".")
    part = f"{first}.{rest.partition('.')[0]}"
    return part if any(part in row for row in ROWS.values()) else first


def imported(path: Path) -> set[str]:
    """Names of this package's modules that a file imports, anywhere in it, types included."""
    inside = ("helpers", *path.relative_to(PACKAGE).parent.parts)
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            start = inside[: len(inside) + 1 - node.level] if node.level else ()
            base = ".".join((*start, *([node.module] if node.module else [])))
            names = {alias.name for alias in node.names}
            found |= {f"{base}.{name}" for name in names}
            if names - files_beside(base):  # else only modules of the package are asked for
                found.add(base)
    return {name.removeprefix("helpers.") for name in found if name.startswith("helpers.")}


def files_beside(package: str) -> set[str]:
    """Names of the modules in a package such as "helpers.plots"."""
    folder = PACKAGE.joinpath(*package.split(".")[1:])
    return {path.stem for path in folder.glob("*") if path.suffix in ("", ".py")}


def row_of(name: str) -> int | None:
    """The row of a module as in ROWS."""
    return next((number for number, row in enumerate(ROWS.values()) if name in row), None)


def row_from_outside(name: str) -> int | None:
    """The row in which other packages see a dotted name: not above its whole package."""
    rows = (row_of(module_of(name)), row_of(name.split(".")[0]))
    return None if None in rows else max(rows)


@pytest.mark.parametrize("module", sorted(modules()))
def test_imports_point_upwards(module: str) -> None:
    own = row_of(module)
    assert own is not None, f"helpers/{module} has no place in ROWS yet"
    for path in modules()[module]:
        for name in imported(path):
            inside = name.split(".")[0] == module.split(".")[0]
            row = row_of(module_of(name)) if inside else row_from_outside(name)
            assert row is not None, f"{path.name} imports {name}, which has no place in ROWS"
            assert row < own or module_of(name) == module, f"{path.name} may not import {name}"


def test_contributors_see_the_same_layers() -> None:
    text = (PACKAGE.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
    lines = [
        f"| {name} | {', '.join(f'`{module}`' for module in sorted(row))} |"
        for name, row in ROWS.items()
    ]
    table = "\n".join(["| layer | modules |", "|---|---|", *lines])
    assert f"<!-- layers -->\n{table}\n<!-- /layers -->" in text, f"it should be:\n{table}"


def test_the_reader_of_imports_sees_every_form(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Guards the guard: relative, absolute and local imports are all found."""
    path = tmp_path / "training" / "new.py"
    path.parent.mkdir()
    path.write_text(
        "import helpers.cli\nfrom .. import maths\nfrom ..plots import x\n"
        "def f():\n    from .vae import y\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(sys.modules[__name__], "PACKAGE", tmp_path)
    assert {"cli", "maths", "plots", "training.vae"} <= imported(path)


def test_a_part_of_a_package_stands_above_it_only_for_the_package_itself() -> None:
    hub = PACKAGE / "loading" / "hub.py"
    assert "loading.layout" in imported(hub) and "loading" not in imported(hub)
    assert row_of("loading.layout") < row_of("loading") == row_from_outside("loading.layout")


def run(code: str) -> str:
    """Standard output of a fresh Python that runs the code."""
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        encoding="utf-8",
        check=True,
        cwd=PACKAGE.parent,
    ).stdout


def test_importing_the_package_loads_nothing_heavy() -> None:
    heavy = ("torch", "diffusers", "transformers", "matplotlib", "ipywidgets", "numpy", "PIL")
    loaded = run(f"import sys, helpers; print([n for n in {heavy} if n in sys.modules])")
    assert loaded.strip() == "[]"


def test_a_saved_run_is_read_without_diffusers() -> None:
    assert run("import sys; from helpers import Trajectory; print('diffusers' in sys.modules)") == (
        "False\n"
    )


def test_every_offered_name_is_there() -> None:
    assert 10 <= len(helpers.__all__) <= 15
    assert set(helpers.__all__) <= set(dir(helpers))
    for name in helpers.__all__:
        assert getattr(helpers, name).__doc__


def test_an_unknown_name_is_told_with_those_that_exist() -> None:
    with pytest.raises(AttributeError, match="no attribute 'lode'; it offers load, speak, denoise"):
        helpers.lode  # noqa: B018
