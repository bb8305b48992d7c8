"""Copies or new pictures: two measures side by side, a dot for each seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from ..language import _
from .style import BLUE, GREY, INK, PAPER, literals, new_axes

Measured = Mapping[str, Sequence[float]]
"""What was measured -> a number for each seed."""


def novelty_chart(distances: Measured, fractions: Measured) -> Axes:
    """Left the distance to the nearest seen digit, right how many are nearer to a seen one.

    Args:
        distances: name -> the mean distance of a pixel, for each seed.
        fractions: the same names -> the fraction that is nearer to a seen digit than to an unseen
            one, for each seed; one half is chance.

    Returns:
        The left axes.

    Raises:
        ValueError: the two do not have the same names.
    """
    if list(distances) != list(fractions):
        raise ValueError(
            f"novelty_chart: distances of {list(distances)}, fractions of {list(fractions)}; give "
            "the same names in the same order"
        )
    left = new_axes(10, 1.5 + 0.5 * len(distances))
    figure = left.figure.get_figure(root=True)
    figure.set_layout_engine("constrained", w_pad=0.1)  # the labels must not touch the edge
    left.remove()
    left, right = figure.subplots(1, 2, sharey=True)
    _dots(left, distances, _("distance to the nearest seen digit (per pixel)"))
    _dots(right, fractions, _("fraction nearer to a seen than to an unseen digit"))
    left.set_xlim(-0.015, 1.15 * max(max(row) for row in distances.values()))
    right.set_xlim(-0.03, 1.03)
    right.axvline(0.5, color=INK, linestyle="--", linewidth=1.5)
    right.text(0.49, -0.42, _("chance"), fontsize=12, color=INK, ha="right", va="center")
    right.tick_params(axis="y", length=0)
    return left


def _dots(ax: Axes, rows: Measured, label: str) -> None:
    """A pale dot for each seed, a strong line for their mean; the first row on top."""
    ax.set_facecolor(PAPER)
    for height, values in enumerate(rows.values()):
        mean = float(np.mean(values))
        ax.plot((mean, mean), (height - 0.22, height + 0.22), color=BLUE, linewidth=4)
        ax.scatter(values, [height] * len(values), s=60, color=GREY, alpha=0.6, zorder=3)
    ax.set_yticks(range(len(rows)), literals(rows), fontsize=13, color=INK)
    ax.set_ylim(len(rows) - 0.4, -0.7)
    ax.set_xlabel(label, fontsize=12, color=INK)
    ax.grid(axis="x", color=GREY, alpha=0.25, linewidth=0.8)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(colors=INK)
