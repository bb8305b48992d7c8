"""A training's state in one safetensors file: numbers as tensors, all else as JSON in the header.

What `finetune` gives as a state is nested dictionaries and lists of tensors and plain values. Here
it is taken apart and put together again, so that nothing has to be opened that could run code.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ..files import parse_json
from ..training.checkpoints import written_beside

FORMAT = "stable-diffusion-finetuning-1"

MANY = 16
"""Numbers in a list from which on they are kept as a tensor."""


def save(path: Path, state: dict[str, Any], facts: dict[str, Any]) -> None:
    """Writes a state of `finetune`, and what else has to be known to go on.

    Raises:
        OSError: nothing can be written there (disk full, no permission, ...), with what to do.
    """
    tensors: dict[str, Tensor] = {}
    tree = {"state": _apart(state, tensors), "facts": facts}
    header = {"format": FORMAT, "tree": json.dumps(tree)}
    with written_beside(path) as place:
        save_file(tensors, place, header)


def read(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The state and the facts that `save` wrote.

    Raises:
        ValueError: the file is cut off, or something else.
    """
    try:
        with safe_open(path, "pt") as file:
            header = file.metadata() or {}
            tensors = {name: file.get_tensor(name).clone() for name in file.keys()}
        if header.get("format") != FORMAT:
            raise ValueError(f"its format is {header.get('format')!r}, and not {FORMAT!r}")
        tree = parse_json(header["tree"])
        state, facts = _together(tree["state"], tensors), tree["facts"]
        if not isinstance(state, dict) or not isinstance(facts, dict):
            raise ValueError("it holds no state")
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{path} is no checkpoint that can be read ({error}); delete it to start anew"
        ) from error
    return state, facts


def _apart(value: Any, tensors: dict[str, Tensor]) -> Any:
    """A value as JSON; its tensors go into the table and leave their names behind."""
    if isinstance(value, dict):  # as pairs: JSON knows no keys but texts
        return {"pairs": [[key, _apart(each, tensors)] for key, each in value.items()]}
    if isinstance(value, (list, tuple)):
        if len(value) > MANY and all(type(each) is float for each in value):
            numbers = torch.tensor(value, dtype=torch.float64)
            return {"numbers": _named(numbers, tensors)}
        kind = "tuple" if isinstance(value, tuple) else "list"
        return {kind: [_apart(each, tensors) for each in value]}
    if isinstance(value, Tensor):
        return {"tensor": _named(value, tensors)}
    return value


def _named(tensor: Tensor, tensors: dict[str, Tensor]) -> str:
    name = f"{len(tensors)}"
    tensors[name] = tensor.detach().cpu().contiguous().clone()
    return name


def _together(value: Any, tensors: dict[str, Tensor]) -> Any:
    """The value that `_apart` took apart."""
    if not isinstance(value, dict):
        return value
    ((kind, inside),) = value.items()
    if kind == "pairs":
        return {key: _together(each, tensors) for key, each in inside}
    if kind == "tensor":
        return tensors[inside]
    if kind == "numbers":
        return tensors[inside].tolist()
    if kind not in ("list", "tuple"):
        raise ValueError(f"unknown part {kind!r}")
    found = [_together(each, tensors) for each in inside]
    return tuple(found) if kind == "tuple" else found
