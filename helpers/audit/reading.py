"""Pictures put into words by the judge, and how often a word comes."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from torch import Tensor

from ..landscapes import ATTRIBUTES
from ..training.probe import Probe, load_probe

JUDGE = Path(__file__).resolve().parents[1] / "weights" / "probe.safetensors"


@functools.cache
def judge() -> Probe:
    """The judge: it was trained on drawings alone and never saw a picture of the model's."""
    return load_probe(JUDGE)


def read(images: Tensor) -> list[dict[str, str]]:
    """What the judge sees in pictures: one dictionary, attribute -> value, for each.

    Args:
        images: (B, 3, 128, 128) in [0, 1].

    Raises:
        ValueError: another shape; the judge reads pictures of 128 x 128.
    """
    if images.ndim != 4 or images.shape[1:] != (3, 128, 128):
        raise ValueError(
            f"read: images must have the shape (B, 3, 128, 128), got {tuple(images.shape)}; "
            'the judge reads the pictures of load("tiny")'
        )
    found = judge().read(images.float().cpu())  # (B, 12)
    return [
        {name: values[int(k)] for (name, values), k in zip(ATTRIBUTES.items(), row, strict=True)}
        for row in found
    ]


def shares(found: Sequence[dict[str, str]], attribute: str) -> dict[str, int]:
    """How many pictures have each value of an attribute, the most frequent first.

    Raises:
        ValueError: there is no such attribute.
    """
    if attribute not in ATTRIBUTES:
        raise ValueError(
            f"shares: attribute must be one of {', '.join(ATTRIBUTES)}, got {attribute!r}"
        )
    return dict(Counter(picture[attribute] for picture in found).most_common())
