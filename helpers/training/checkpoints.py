"""Checkpoints of a training run: whole or not there, and told apart from what others wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from .. import files

FORMAT = "1"


@contextmanager
def written_beside(path: Path) -> Iterator[Path]:
    """`files.written_beside`, which makes the folders above too and tells how training goes on.

    Raises:
        OSError: nothing can be written there (disk full, no permission, …), with what to do.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with files.written_beside(path) as place:
            yield place
    except OSError as error:
        raise OSError(
            f"cannot write {path}: {error.__cause__ or error}. Free space or make the folder "
            "writable, then continue with --resume, or choose another folder with --out; what was "
            "there is untouched."
        ) from error


def require_writable(folder: Path) -> None:
    """Fail early, before an hour of training, if nothing can be written to the folder.

    Raises:
        OSError: the folder cannot be made or written to.
    """
    with written_beside(folder / ".writable") as place:
        place.write_text("ok", encoding="utf-8")
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
    return _read(path, tensors=False)[0]


def _read(path: Path, tensors: bool = True) -> tuple[dict, dict[str, torch.Tensor]]:
    """Facts and tensors, copied out of the file: on Windows a mapped one could not be replaced."""
    try:
        with safe_open(path, "pt") as file:
            header = file.metadata() or {}
            names = file.keys() if tensors else ()
            found = {name: file.get_tensor(name).clone() for name in names}
    except SafetensorError as error:
        raise ValueError(
            f"{path} is not a readable checkpoint ({error}); delete it to start anew"
        ) from error
    if header.get("format") != FORMAT or "facts" not in header:
        raise ValueError(f"{path} is not a checkpoint of format {FORMAT}; delete it to start anew")
    try:
        facts = files.parse_json(header["facts"])
    except ValueError as error:
        raise _unfit(path, error) from error
    if not isinstance(facts, dict):
        raise _unfit(path, "its facts are no JSON object")
    return facts, found


def _unfit(path: Path, reason: object) -> ValueError:
    return ValueError(f"{path} is no checkpoint of this run ({reason}); delete it to start anew")


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
    facts, tensors = _read(path)
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
    try:
        _fill(averages, {name: t for name, t in tensors.items() if name.startswith("average.")})
        moments = _moments(tensors, optimizer)
    except (KeyError, ValueError) as error:
        raise _unfit(path, error) from error
    optimizer.load_state_dict({**optimizer.state_dict(), "state": moments})
    _keep_layout(optimizer)
    return facts


def _fill(averages: list[torch.Tensor], stored: dict[str, torch.Tensor]) -> None:
    names = [f"average.{index}" for index in range(len(averages))]
    if names != sorted(stored, key=lambda name: (len(name), name)):
        raise ValueError(f"it holds {len(stored)} averages, the network has {len(averages)}")
    for name, average in zip(names, averages, strict=True):
        if stored[name].shape != average.shape:
            raise ValueError(f"{name} has the shape {tuple(stored[name].shape)}")
        average.copy_(stored[name])


def _moments(
    tensors: dict[str, torch.Tensor], optimizer: torch.optim.Optimizer
) -> dict[int, dict[str, torch.Tensor]]:
    """The optimiser's state by the number of the weight: moments as large as it, or one number."""
    groups = optimizer.state_dict()["param_groups"]
    numbers = [number for group in groups for number in group["params"]]
    weights = [weight for group in optimizer.param_groups for weight in group["params"]]
    shapes = {str(number): weight.shape for number, weight in zip(numbers, weights, strict=True)}
    moments: dict[int, dict[str, torch.Tensor]] = {}
    for name, tensor in tensors.items():
        kind, *rest = name.split(".", 2)
        if kind != "optimizer":
            continue
        if len(rest) != 2 or rest[0] not in shapes:
            raise ValueError(f"{name} belongs to no weight")
        if tensor.ndim and tensor.shape != shapes[rest[0]]:
            raise ValueError(f"{name} has the shape {tuple(tensor.shape)}")
        moments.setdefault(int(rest[0]), {})[rest[1]] = tensor
    return moments


def _keep_layout(optimizer: torch.optim.Optimizer) -> None:
    """Give loaded moments the memory layout of their weights (channels last, for a convolution).

    The fused optimiser walks through both in memory order: with two layouts it would pair a weight
    with another weight's moments.
    """
    for weight, moments in optimizer.state.items():
        for name, value in moments.items():
            if value.shape == weight.shape:
                moments[name] = torch.empty_like(weight).copy_(value)
