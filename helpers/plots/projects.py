"""Figures of lesson 09: finished work pinned to a wall, and what was measured on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from ..language import _
from .style import BLUE, GREEN, GREY, INK, ORANGE, PAPER, VERMILLION, literal, literals, new_axes

COLOURS = (BLUE, VERMILLION, GREEN, ORANGE)
MARKERS = ("o", "s", "D", "^")


def pinned(
    pictures: Mapping[str, Image.Image], *, across: float = 1000, width: float = 8.0
) -> Figure:
    """Pictures of any sizes side by side, in rows, each below its name.

    Args:
        pictures: name -> picture; all are drawn in one scale, so that their sizes compare.
        across: pixels of a row; where the next picture would go beyond it, a new row begins.
        width: of the figure in inches.

    Raises:
        ValueError: there is none.
    """
    if not pictures:
        raise ValueError("pinned: there is no picture to show; give one or more")
    gap = 0.04 * max(picture.width for picture in pictures.values())
    places, x, y, row = {}, 0.0, 0.0, 0.0
    for name, picture in pictures.items():
        if x and x + picture.width > across:
            x, y, row = 0.0, y + row + 3 * gap, 0.0
        places[name] = (x, y)
        x, row = x + picture.width + gap, max(row, picture.height)
    right = max(places[name][0] + p.width for name, p in pictures.items())
    below = y + row
    ax = new_axes(width, width * (below + 3 * gap) / (right + 2 * gap))
    for name, picture in pictures.items():
        left, top = places[name]
        extent = (left, left + picture.width, top + picture.height, top)
        ax.imshow(picture, extent=extent, interpolation="antialiased")
        ax.text(left, top - 0.3 * gap, literal(name), fontsize=11, color=INK, va="bottom")
    ax.set(xlim=(-gap, right + gap), ylim=(below + gap, -2.5 * gap))
    ax.set_aspect("equal")
    ax.set_axis_off()
    figure = ax.figure.get_figure(root=True)
    assert figure is not None
    return figure


def mean_rows(groups: Mapping[str, Sequence[float]], label: str, *, ax: Axes | None = None) -> Axes:
    """A row of dots for each group, with its mean as a bar; values below.

    Args:
        groups: name -> its values.
        label: what the values are.
        ax: axes to draw on.

    Raises:
        ValueError: there is no group, or one is empty.
    """
    if not groups or not all(len(values) for values in groups.values()):
        raise ValueError("mean_rows: each group needs a value; leave out those without")
    ax = new_axes(8, 0.6 * len(groups) + 1) if ax is None else ax
    for row, values in enumerate(groups.values()):
        mean = float(np.mean(values))
        shift = np.linspace(-0.14, 0.14, len(values)) if len(values) > 1 else np.zeros(1)
        ax.plot(values, row + shift, "o", color=BLUE, alpha=0.55, ms=6, mec="none")
        ax.plot([mean, mean], [row - 0.32, row + 0.32], color=VERMILLION, lw=3)
        ax.text(mean, row - 0.36, f"{mean:.2f}", color=INK, fontsize=11, ha="center", va="bottom")
    ax.set_yticks(range(len(groups)), literals(groups), fontsize=12, color=INK)
    ax.set_ylim(len(groups) - 0.4, -0.8)
    ax.set_xlabel(literal(label), fontsize=12, color=INK)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(axis="y", length=0)
    return ax


def contrast_curves(
    opacities: Sequence[float],
    curves: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    *,
    enough: float = 4.5,
    ax: Axes | None = None,
) -> Axes:
    """Contrast of letters against the opacity of the panel below them.

    Args:
        opacities: along the axis, 0 ... 1.
        curves: name -> (contrast with the worst pixel, mean contrast), at each opacity.
        enough: what is asked for; a line marks it.
        ax: axes to draw on.
    """
    ax = new_axes(8, 3.6) if ax is None else ax
    for (name, (worst, mean)), colour in zip(curves.items(), COLOURS, strict=False):
        names = _("{name}, worst pixel", name=name), _("{name}, mean", name=name)
        ax.plot(opacities, worst, color=colour, lw=2.5, label=literal(names[0]))
        ax.plot(opacities, mean, color=colour, lw=1.5, ls="--", label=literal(names[1]))
    ax.axhline(enough, color=GREY, lw=1.5)
    ax.text(0.995, enough * 1.04, f"{enough:g} : 1", color=INK, fontsize=11, ha="right")
    ax.set_yscale("log")
    ax.set_yticks([1, 2, 4.5, 10, 21], ["1", "2", "4.5", "10", "21"])
    ax.minorticks_off()
    ax.set(xlim=(0, 1), ylim=(1, 22))
    ax.set_xlabel(_("opacity of the panel"), fontsize=12, color=INK)
    ax.set_ylabel(_("contrast"), fontsize=12, color=INK)
    ax.legend(fontsize=10, facecolor=PAPER, edgecolor="none", labelcolor=INK)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def by_group(
    results: Mapping[str, Mapping[str, Mapping[int, Sequence[float]]]], label: str
) -> Figure:
    """A panel for each group of the test; in it a line for each training set, over its size.

    Args:
        results: training set -> group of the test -> size of the training set -> a share for each
            training.
        label: what the sizes count.
    """
    groups = list(next(iter(results.values())))
    figure = new_axes(8.6, 3.4).figure.get_figure(root=True)
    assert isinstance(figure, Figure)
    figure.clear()
    panels = figure.subplots(1, len(groups), sharey=True)
    for panel, group in zip(np.atleast_1d(panels), groups, strict=True):
        _panel(panel, {name: results[name][group] for name in results}, group)
        panel.set_xlabel(literal(label), fontsize=11, color=INK)
    np.atleast_1d(panels)[0].set_ylabel(_("share read right"), fontsize=12, color=INK)
    handles, names = np.atleast_1d(panels)[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper center", ncols=len(names), fontsize=11,
                  facecolor=PAPER, edgecolor="none", labelcolor=INK)  # fmt: skip
    return figure


def _panel(ax: Axes, lines: Mapping[str, Mapping[int, Sequence[float]]], group: str) -> None:
    """One group of the test: dots for single trainings, a line through their means."""
    ax.set_facecolor(PAPER)
    for (name, sizes), colour, marker in zip(lines.items(), COLOURS, MARKERS, strict=False):
        ticks = range(len(sizes))
        for tick, values in zip(ticks, sizes.values(), strict=True):
            ax.plot([tick] * len(values), values, marker, color=colour, alpha=0.4, ms=4, mec="none")
        means = [float(np.mean(values)) for values in sizes.values()]
        ax.plot(ticks, means, marker=marker, color=colour, lw=2, ms=7, label=literal(name))
        ax.set_xticks(ticks, [str(size) for size in sizes], color=INK)
    ax.axhline(0.5, color=GREY, lw=1, ls=":")
    ax.set(ylim=(0, 1.04), xlim=(-0.3, len(sizes) - 0.7))
    ax.set_title(literal(group), fontsize=12, color=INK)
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(colors=INK)
