"""Attention maps on their way from a teacher's machine: a safetensors file, checked when it comes.

A layer's weights at one call of the U-Net are a tensor named "call/layer"; what else is known
stands in the header as JSON. A tokenizer stays where it is: what it says of the prompts of this
run, which characters each token covers, travels instead.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from ..files import parse_json
from .maps import AttentionMaps

NUMBERS = {"F16": torch.float16, "F32": torch.float32}
"""Name in a file -> precision that may travel."""

PLACES = 77
"""Of words, in every text encoder that the course can load."""

MOST_HEADER = 2**22
"""Bytes: fifty steps of sixteen layers take a fiftieth of it."""


class Spans:
    """What a tokenizer on another machine said of a run's prompts; it knows no other text.

    Attributes:
        of: prompt -> the characters (from, to) of each token.
    """

    def __init__(self, of: Mapping[str, list[tuple[int, int]]]) -> None:
        """Keeps what was said."""
        self.of = dict(of)

    def __call__(self, prompt: str, **_: Any) -> dict[str, list[tuple[int, int]]]:
        """As a tokenizer answers to `return_offsets_mapping=True`.

        Raises:
            ValueError: this is none of the run's prompts.
        """
        if prompt not in self.of:
            raise ValueError(
                f"prompt: the tokenizer is on the teacher's machine and told of this run's prompts "
                f"only, {', '.join(map(repr, self.of))}; got {prompt!r}"
            )
        return {"offset_mapping": self.of[prompt]}


def packed(maps: AttentionMaps) -> bytes:
    """The maps of a run as a safetensors file."""
    known = [prompt for prompt in dict.fromkeys(maps.prompts) if prompt is not None]
    spans = {
        prompt: maps.tokenizer(prompt, truncation=True, return_offsets_mapping=True)[
            "offset_mapping"
        ]
        for prompt in known
    }
    header = {
        "reduce": maps.reduce,
        "prompts": maps.prompts,
        "grids": maps.grids,
        "times": maps.times,
        "spans": spans,
    }
    tensors = {
        f"{call}/{name}": kept.contiguous()
        for call, layers in enumerate(maps.weights)
        for name, kept in layers.items()
    }
    return safetensors.torch.save(tensors, {"attention": json.dumps(header)})


def unpacked(data: bytes) -> AttentionMaps:
    """The maps of a file that came from somewhere; its header is believed before its numbers are
    read. Not a number may be in them: a network in half precision can give that.

    Raises:
        ValueError: it holds something else.
    """
    try:
        size = int.from_bytes(data[:8], "little")
        if not 0 < size <= min(MOST_HEADER, len(data) - 8):
            raise ValueError("its header is none")
        told = parse_json(data[8 : 8 + size].decode())
        maps = _read(parse_json(told.pop("__metadata__")["attention"]))
        _check_shapes(maps, {name: (one["dtype"], one["shape"]) for name, one in told.items()})
        tensors = safetensors.torch.load(data)
        for call in range(len(maps.times)):
            maps.weights.append({name: tensors[f"{call}/{name}"] for name in maps.grids})
            for name, kept in maps.weights[-1].items():
                _check_shares(name, kept)
    except (SafetensorError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"the answer holds something else than attention maps: {error}") from None
    return maps


def _read(header: Any) -> AttentionMaps:
    """The header, each value of it one that can be."""
    prompts, times = header["prompts"], header["times"]
    grids = {name: tuple(grid) for name, grid in header["grids"].items()}
    spans = {text: [(a, b) for a, b in pairs] for text, pairs in header["spans"].items()}
    sides = [side for grid in grids.values() for side in grid]
    good = (
        header["reduce"] in ("mean", "none")
        and isinstance(prompts, list)
        and all(prompt is None or prompt in spans for prompt in prompts)
        and all(len(pairs) <= PLACES for pairs in spans.values())
        and all(
            type(a) is type(b) is int and 0 <= a <= b <= len(text)
            for text, pairs in spans.items()
            for a, b in pairs
        )
        and all(type(side) is int and 0 < side < 2**16 for side in sides)
        and all(len(grid) == 2 for grid in grids.values())
        and all(type(t) in (int, float) and math.isfinite(t) for t in times)
    )
    if not (good and prompts and grids and times):
        raise ValueError("its header cannot be")
    return AttentionMaps(Spans(spans), header["reduce"], tuple(prompts), grids, list(times))


def _check_shapes(maps: AttentionMaps, told: Mapping[str, tuple[str, list[int]]]) -> None:
    """Every layer at every call and nothing else, (B, n, 77) or (B, heads, n, 77), n its grid's."""
    wanted = {f"{call}/{name}": name for call in range(len(maps.times)) for name in maps.grids}
    if wanted.keys() != told.keys():
        raise ValueError("it holds other calls or layers than its header tells")
    for place, name in wanted.items():
        dtype, shape = told[place]
        first, *heads = shape[:-2]
        right = (
            dtype in NUMBERS
            and first == len(maps.prompts)
            and list(shape[-2:]) == [math.prod(maps.grids[name]), PLACES]
            and len(heads) == (maps.reduce == "none")
            and all(head > 0 for head in heads)
            and shape == told[f"0/{name}"][1]
        )
        if not right:
            raise ValueError(f"{name} is {shape} of {dtype}")


def _check_shares(name: str, kept: Tensor) -> None:
    """Each place deals out its attention, all of it."""
    if (kept < 0).any() or ((kept.float().sum(-1) - 1).abs() > 0.02).any():
        raise ValueError(f"{name} holds numbers that are no shares")
