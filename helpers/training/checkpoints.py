"""Files that are whole or not there: written beside their place, then renamed."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

FORMAT = "1"


@contextmanager
def written_beside(path: Path) -> Iterator[Path]:
    """A place beside `path` to write to; it takes `path`'s place when the block succeeds.

    What stood at `path` before stays untouched until then, and for good if the block fails.

    Raises:
        OSError: nothing can be written there (disk full, no permission, …), with what to do.
    """
    beside, old = path.with_name(f".{path.name}.part"), path.with_name(f".{path.name}.old")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if old.exists() and not path.exists():  # stopped between the two renames below
            old.rename(path)
        _remove(beside, old)
        yield beside
        if path.is_dir():
            path.rename(old)
        os.replace(beside, path)
    except (OSError, SafetensorError) as error:
        raise OSError(
            f"cannot write {path}: {error}. Free space or make the folder writable, then continue "
            "with --resume, or choose another folder with --out; what was there is untouched."
        ) from error
    finally:
        if path.exists():
            _remove(beside, old)


def _remove(*paths: Path) -> None:
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            with suppress(OSError):  # also where even the folder cannot be read
                path.unlink(missing_ok=True)


def require_writable(folder: Path) -> None:
    """Fail early, before an hour of training, if nothing can be written to the folder.

    Raises:
        OSError: the folder cannot be made or written to.
    """
    with written_beside(folder / ".writable") as place:
        place.write_text("ok")
    (folder / ".writable").unlink()


def save_state(
    path: Path,
    model: torch.nn.Module,
    averages: list[torch.Tensor],
    optimizer: torch.optim.Optimizer,
    facts: dict,
) -> None:
    """Write weights, their averages, the optimiser's moments and the run's facts to one file."""
    tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
    tensors |= {f"average.{index}": value for index, value in enumerate(averages)}
    for index, moments in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{name}": value for name, value in moments.items()}
    with written_beside(path) as place:
        save_file(
            {name: value.detach().clone().contiguous() for name, value in tensors.items()},
            place,
            {"format": FORMAT, "facts": json.dumps(facts)},
        )


def read_facts(path: Path) -> dict:
    """The facts of the run that wrote a checkpoint.

    Raises:
        ValueError: the file is truncated, or not one of our checkpoints.
    """
    try:
        with safe_open(path, "pt") as file:
            header = file.metadata() or {}
    except SafetensorError as error:
        raise ValueError(
            f"{path} is not a readable checkpoint ({error}); delete it to start anew"
        ) from error
    if header.get("format") != FORMAT or "facts" not in header:
        raise ValueError(f"{path} is not a checkpoint of format {FORMAT}; delete it to start anew")
    return json.loads(header["facts"])


def load_state(
    path: Path,
    model: torch.nn.Module,
    averages: list[torch.Tensor],
    optimizer: torch.optim.Optimizer,
) -> dict:
    """Fill model, averages and optimiser from a checkpoint; its facts.

    Raises:
        ValueError: the file is unreadable, or was written by networks of other sizes.
    """
    facts = read_facts(path)
    with safe_open(path, "pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
    weights = {
        name.removeprefix("model."): t for name, t in tensors.items() if name.startswith("model.")
    }
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        raise ValueError(
            f"{path} was written by networks of other sizes; use the same sizes, or "
            f"another --out ({error})"
        ) from error
    moments: dict[int, dict[str, torch.Tensor]] = {}
    for name, tensor in tensors.items():
        kind, *rest = name.split(".", 2)
        if kind == "average":
            averages[int(rest[0])].copy_(tensor)
        elif kind == "optimizer":
            moments.setdefault(int(rest[0]), {})[rest[1]] = tensor
    optimizer.load_state_dict({**optimizer.state_dict(), "state": moments})
    _keep_layout(optimizer)
    return facts


def _keep_layout(optimizer: torch.optim.Optimizer) -> None:
    """Give loaded moments the memory layout of their weights (channels last, for a convolution).

    The fused optimiser walks through both in memory order: with two layouts it would pair a weight
    with another weight's moments.
    """
    for weight, moments in optimizer.state.items():
        for name, value in moments.items():
            if value.shape == weight.shape:
                moments[name] = torch.empty_like(weight).copy_(value)
