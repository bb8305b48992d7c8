"""Figures of lesson 12: straight and bent paths, patches, few steps, and how large models grew."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from PIL import Image
from torch import Tensor

from ..language import _
from .plane import _sheet, point_cloud
from .style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PAPER,
    PURPLE,
    VERMILLION,
    literal,
    literals,
    new_axes,
)

SPAN = 3.0
"""Both axes of a plane of paths go from -SPAN to SPAN: pure noise reaches farther than data."""

LINES = ((BLUE, "o"), (VERMILLION, "s"), (GREEN, "^"), (PURPLE, "D"), (ORANGE, "v"))


def flow_panels(points: Tensor, labels: Tensor, panels: Mapping[str, Tensor]) -> Axes:
    """A panel for each way of going from noise (rings) to data (dots), over the clean points.

    Args:
        points: (N, 2).
        labels: whole numbers 0, 1 or 2, (N,).
        panels: heading -> every x_t of its paths, (K, B, 2), noise first.

    Returns:
        The first of the axes.
    """
    (row,) = _sheet(1, len(panels))
    for ax, (heading, paths) in zip(row, panels.items(), strict=True):
        point_cloud(points, labels, ax=ax)
        lines = list(paths.transpose(0, 1).numpy())  # (K, 2) each
        ax.add_collection(LineCollection(lines, colors=INK, linewidths=1.3, alpha=0.75, zorder=3))
        (x, y), (x_end, y_end) = paths[0].T.numpy(), paths[-1].T.numpy()
        ax.scatter(x, y, s=30, facecolor=PAPER, edgecolor=INK, zorder=4)
        ax.scatter(x_end, y_end, s=34, facecolor=VERMILLION, edgecolor=INK, zorder=5)
        ax.set(xlim=(-SPAN, SPAN), ylim=(-SPAN, SPAN))
        ax.set_title(literal(heading), fontsize=14, color=INK)
    return row[0]


def patch_grid(picture: Image.Image, count: int, *, ax: Axes | None = None) -> Axes:
    """A picture cut into count x count squares, with the numbers of the first and the last.

    Args:
        picture: square.
        count: squares in a row.
        ax: axes to draw on.
    """
    ax = new_axes(3.6, 3.6) if ax is None else ax
    ax.set_axis_off()
    ax.imshow(np.asarray(picture), extent=(0, count, count, 0))
    for line in range(count + 1):
        ax.plot([line, line], [0, count], color=PAPER, lw=1.2)
        ax.plot([0, count], [line, line], color=PAPER, lw=1.2)
    for number in (0, 1, count, count * count - 1):
        place = (number % count + 0.5, number // count + 0.5)
        box = {"facecolor": PAPER, "edgecolor": "none", "pad": 1.5}
        ax.text(*place, str(number), ha="center", va="center", fontsize=11, color=INK, bbox=box)
    return ax


def interval(marks: Sequence[float]) -> tuple[float, float]:
    """Mean of several marks, and half the width of its 95 % interval, 1.96 s / sqrt(n)."""
    values = np.asarray(marks, dtype=float)
    return float(values.mean()), 1.96 * float(values.std(ddof=1)) / math.sqrt(len(values))


def quality_chart(
    marks: Mapping[str, Mapping[int, Sequence[float]]],
    ceiling: float,
    *,
    ax: Axes | None = None,
) -> Axes:
    """What calls of the U-Net buy: mean marks with 95 % intervals, a line for each sampler.

    Args:
        marks: sampler -> calls of the U-Net for a picture -> marks of its pictures, 0 ... 1.
        ceiling: mean mark of real drawings.
        ax: axes to draw on.
    """
    ax = new_axes(7.6, 4.2) if ax is None else ax
    ax.axhline(100 * ceiling, color=GREY, lw=1.5, ls="--")
    ax.text(1, 100 * ceiling + 1, _("real drawings"), fontsize=12, color=GREY, va="bottom")
    for number, (name, by_calls) in enumerate(marks.items()):
        colour, shape = LINES[number % len(LINES)]
        means, halves = np.array([interval(values) for values in by_calls.values()]).T
        ax.errorbar(
            [calls * 1.03 ** (number - 1.5) for calls in by_calls],  # apart, so that all are seen
            100 * means,
            100 * np.stack([halves, np.minimum(halves, 1 - means)]),  # no share is above 100 %
            color=colour,
            marker=shape,
            ms=7,
            lw=1.8,
            capsize=3,
            label=literal(name),
        )
    _calls_and_percent(ax, sorted({calls for by_calls in marks.values() for calls in by_calls}))
    ax.legend(loc="lower right", fontsize=12, frameon=False, labelcolor=INK)
    return ax


def _calls_and_percent(ax: Axes, ticks: Sequence[int]) -> None:
    """Each doubling of the calls as wide as the last; marks from 0 to 100 %."""
    ax.set_xscale("log", base=2)
    ax.set_xticks(ticks, [str(tick) for tick in ticks])
    ax.set_ylim(0, 108)
    ax.set_xlabel(_("calls of the U-Net for a picture"), fontsize=13, color=INK)
    ax.set_ylabel(_("told and read right, in %"), fontsize=13, color=INK)
    ax.spines[["top", "right"]].set_visible(False)


def size_bars(sizes: Mapping[str, float], *, ax: Axes | None = None) -> Axes:
    """Numbers of parameters as bars on a scale where each line is ten times the one before.

    Args:
        sizes: model -> parameters.
        ax: axes to draw on.
    """
    ax = new_axes(7.6, 0.5 * len(sizes) + 1) if ax is None else ax
    places = range(len(sizes))
    ax.barh(list(places), list(sizes.values()), color=BLUE, height=0.62)
    for place, size in zip(places, sizes.values(), strict=True):
        ax.text(size * 1.15, place, _in_words(size), va="center", fontsize=12, color=INK)
    ax.set_xscale("log")
    ax.set_xlim(1e6, 4e11)
    ax.set_yticks(list(places), literals(sizes), fontsize=13)
    ax.invert_yaxis()
    ax.set_xlabel(_("parameters of the network that denoises"), fontsize=13, color=INK)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def _in_words(size: float) -> str:
    """A large number as it is said: "8.6 million"; Japanese counts in 1e4 and 1e8."""
    units = [unit.split() for unit in _("1e9 billion, 1e6 million").split(", ")]
    scale, name = next((unit for unit in units if size >= float(unit[0])), units[-1])
    return _("{count:.1f} {unit}", count=size / float(scale), unit=name)
