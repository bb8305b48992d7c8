"""What flows through an autoencoder: a few maps of each layer, to scale, down and up again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch
from torch import Tensor

from ..decoding import to_pil
from ..language import _
from .style import INK, new_axes

CARDS = 3
"""Maps of a layer that are drawn, each a little behind the one before."""

OFFSET = 5
"""Pixels from one card to the next."""

COLUMN = 72
"""Pixels that the narrowest layer takes, so that its words have room."""

WORDS = 44
"""Pixels below a layer for its shape."""


def hourglass(
    down: Mapping[str, Tensor], up: Mapping[str, Tensor], *, ax: Axes | None = None
) -> Axes:
    """The layers of an encoder from left to right and, below, those of its decoder back again.

    Of layers that follow each other with one shape, the first is drawn: its three maps that vary
    most, each from its own lowest value, black, to its own highest, white. Below stands the shape.

    Args:
        down: name -> (1, C, h, w), the picture first, in [-1, 1].
        up: the same for the way back, the copy last.
        ax: axes to draw on.
    """
    rows = [_distinct(down), _distinct(up)[::-1]]
    widths = [
        max(COLUMN, *(0 if t is None else t.shape[-1] + CARDS * OFFSET for t in column))
        for column in zip_longest(*rows)
    ]
    height = max(tensor.shape[-2] for row in rows for tensor in row)
    step = height + WORDS + 2 * CARDS * OFFSET
    ax = new_axes(8.2, 4.5) if ax is None else ax
    for number, row in enumerate(rows):
        _row(ax, row, widths, height / 2 - number * step)
    right = sum(widths)
    ax.set_axis_off()
    ax.set(xlim=(0, right + 60), ylim=(-step - WORDS, height + 3 * OFFSET), aspect="equal")
    bend: dict[str, Any] = {"arrowstyle": "-|>", "mutation_scale": 20, "lw": 2.5, "color": INK}
    ends = (right - 4, height / 2), (right - 4, height / 2 - step)
    ax.add_patch(FancyArrowPatch(*ends, connectionstyle="arc3,rad=-0.6", **bend))
    words: dict[str, Any] = {"fontsize": 15, "color": INK, "ha": "right", "va": "center"}
    ax.text(right, 0.85 * height, _("encoder →"), **words)
    ax.text(right, 0.85 * height - step, _("← decoder"), **words)
    return ax


def _distinct(stages: Mapping[str, Tensor]) -> list[Tensor]:
    """Those tensors, (C, h, w), whose shape is not that of the one before."""
    kept: list[Tensor] = []
    for tensor in stages.values():
        if not kept or kept[-1].shape != tensor.shape[1:]:
            kept.append(tensor[0].detach().float().cpu())
    return kept


def _row(ax: Axes, tensors: Sequence[Tensor], widths: Sequence[float], middle: float) -> None:
    """Draws one layer after the other, each in the middle of its column and of the row."""
    left = 0.0
    for tensor, column in zip(tensors, widths, strict=False):
        channels, height, width = tensor.shape
        cards = _cards(tensor)
        x, y = left + (column - width - OFFSET * len(cards)) / 2, middle - height / 2
        for number, card in reversed(list(enumerate(cards))):
            shift = number * OFFSET
            place = (x + shift, x + shift + width, y + shift, y + shift + height)
            ax.imshow(card, extent=place, cmap="gray", zorder=2 - number / 10)
        shape = f"{channels} ×\n{height} × {width}"
        ax.text(left + column / 2, y - 5, shape, ha="center", va="top", fontsize=10.5, color=INK)
        left += column


def _cards(tensor: Tensor) -> list[np.ndarray]:
    """What is drawn of a layer: a picture as it is, else the maps that vary most."""
    if len(tensor) == 3:
        return [np.asarray(to_pil((tensor / 2 + 0.5).clamp(0, 1))[0])]
    most = tensor.flatten(1).std(1).argsort(descending=True)[:CARDS].sort().values
    return [tensor[k].numpy() for k in most]
