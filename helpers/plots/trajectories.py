"""Figures of lesson 04: spectra, what settles when, how runs differ, paths in the plane."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.offsetbox import AnnotationBbox, OffsetImage
from matplotlib.ticker import LogLocator, MaxNLocator
from PIL import Image
from torch import Tensor

from ..language import _
from .style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PAPER,
    PURPLE,
    SKY,
    VERMILLION,
    literal,
    literals,
    new_axes,
)

LINES = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY)
MARKS = "osD^vP"
WHOLE = MaxNLocator(integer=True, nbins=6)
"""Ticks at whole numbers: steps are counted."""
HAT = r"$\hat{x}_0$"


def settling(
    bands: Mapping[str, Sequence[Sequence[float]]],
    baselines: Mapping[str, float],
    *,
    ax: Axes | None = None,
) -> Axes:
    """How far each band of waves agrees with the finished picture: mean of several runs, and range.

    Args:
        bands: name of a band -> for every step its agreement in each run, at most 1.
        baselines: name of a band -> what pictures of other seeds agree, a dashed line.
        ax: axes to draw on.
    """
    ax = new_axes(6.6, 3.5) if ax is None else ax
    for (name, values), colour, mark in zip(bands.items(), LINES, MARKS, strict=False):
        steps = range(1, len(values) + 1)
        _range(ax, steps, values, colour=colour, mark=mark, name=name)
        ax.axhline(baselines[name], color=colour, ls="--", lw=1.6)
    ax.plot([], [], color=GREY, ls="--", lw=1.6, label=_("finished, other seeds"))
    named(ax, _("step"), _("agreement with the end"), "")
    ax.xaxis.set_major_locator(WHOLE)
    _above(ax)
    return ax


def survival(
    kept: Mapping[str, Mapping[int, Sequence[float]]],
    *,
    unrelated: Sequence[float],
    enough: float = 0.9,
    ax: Axes | None = None,
) -> Axes:
    """How much of the layout survives a change after k steps: mean of several runs, and range.

    Args:
        kept: what was changed -> {number of steps before the change: layout kept in each run, at
            most 1}.
        unrelated: the same between pictures that share nothing but the prompt: their mean is a
            dotted line.
        enough: where the layout counts as fixed, a dashed line.
        ax: axes to draw on.
    """
    ax = new_axes(6.6, 3.6) if ax is None else ax
    for (name, values), colour, mark in zip(kept.items(), LINES, MARKS, strict=False):
        _range(ax, list(values), list(values.values()), colour=colour, mark=mark, name=name)
        ax.set_xticks(list(values))
    ax.axhline(enough, color=INK, ls="--", lw=1.2, label=_("fixed: {enough}", enough=enough))
    ax.axhline(statistics.fmean(unrelated), color=GREY, ls=":", lw=2, label=_("two seeds, mean"))
    named(ax, _("steps before the change"), _("layout kept"), "")
    _above(ax)
    return ax


def convergence(
    distances: Mapping[str, Mapping[int, Sequence[float]]], *, ax: Axes | None = None
) -> Axes:
    """Distance to a reference against the number of steps, a line for each run, logarithmic axes.

    Two grey lines show how the error of a method of first and of second order falls. Only their
    slope means something; they begin at the median of the first scheduler.

    Args:
        distances: scheduler -> {number of steps: distance of each run}.
        ax: axes to draw on.
    """
    ax = new_axes(7, 3.8) if ax is None else ax
    for (name, values), colour, mark in zip(distances.items(), LINES, MARKS, strict=False):
        steps, far = zip(*sorted(values.items()), strict=True)
        for number, run in enumerate(zip(*far, strict=True)):
            label = literal(_("{name}, each seed", name=name)) if number == 0 else None
            ax.loglog(steps, run, color=colour, marker=mark, lw=1.6, ms=6, alpha=0.8, label=label)
    steps, far = zip(*sorted(next(iter(distances.values())).items()), strict=True)
    laws = (
        (1, "--", _("order 1: twice the steps,\na half of the error")),
        (2, ":", _("order 2: twice the steps,\na quarter of the error")),
    )
    for order, style, words in laws:
        law = [statistics.median(far[0]) * (steps[0] / count) ** order for count in steps]
        ax.loglog(steps, law, color=INK, ls=style, lw=1.5, label=words)
    ax.set_xticks(steps, [str(count) for count in steps])
    ax.minorticks_off()
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.yaxis.set_major_formatter("{x:g}")
    named(ax, _("steps"), _("distance to the reference"), "")
    beside = (1.01, 0.5)  # inside it would cover lines
    ax.legend(loc="center left", bbox_to_anchor=beside, fontsize=11, frameon=False)
    return ax


def straight_steps(path: Tensor, walks: Mapping[str, Tensor], *, ax: Axes | None = None) -> Axes:
    """A smooth path in the plane, and walks along it whose steps are straight.

    Args:
        path: (N, 2), many points of the smooth path in order.
        walks: name -> (n, 2), the points where the steps of a walk end, its start first.
        ax: axes to draw on.
    """
    ax = new_axes(7, 3.3) if ax is None else ax
    ax.plot(*path.T, color=GREY, lw=5, alpha=0.5, solid_capstyle="round", label=_("the path"))
    for (name, points), colour, mark in zip(walks.items(), LINES[1:], MARKS, strict=False):
        ax.plot(*points.T, color=colour, marker=mark, ms=6, lw=2, label=literal(name))
    for at, word, shift in ((path[0], _("noise"), (-16, -24)), (path[-1], _("picture"), (10, -16))):
        ax.plot(*at, marker="o", ms=14, mfc="none", mec=INK, mew=1.8)
        place = (float(at[0]), float(at[1]))
        ax.annotate(word, place, xytext=shift, textcoords="offset points", fontsize=12)
    ax.set_aspect("equal")
    ax.set_axis_off()
    ax.margins(0.12)
    beside = (1.0, 0.5)
    ax.legend(loc="center left", bbox_to_anchor=beside, fontsize=12, frameon=False)
    return ax


def distance_table(
    names: Sequence[str], distances: Sequence[Sequence[float]], *, ax: Axes | None = None
) -> Axes:
    """Distances of everything to everything, as numbers on shades: pale is the same picture.

    Args:
        names: of the rows, which are the columns too.
        distances: one row of numbers for each name.
        ax: axes to draw on.
    """
    ax = new_axes(6.4, 3.3) if ax is None else ax
    values = np.asarray(distances)
    ax.imshow(values, cmap="Blues", vmin=0, vmax=1.3 * values.max(), aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        dark = value > 0.8 * values.max()
        colour = PAPER if dark else INK
        ax.text(column, row, f"{value:.2f}", ha="center", va="center", color=colour, fontsize=13)
    places = range(len(names))
    ax.set_xticks(places, [literal(name).replace(" ", "\n") for name in names], fontsize=11)
    ax.set_yticks(places, literals(names), fontsize=11)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return ax


def parting(gaps: Mapping[str, Sequence[float]], *, ax: Axes | None = None) -> Axes:
    """How far two runs are apart at every step.

    Args:
        gaps: name -> distance of the two runs at every step.
        ax: axes to draw on.
    """
    ax = new_axes(6.6, 3.2) if ax is None else ax
    for (name, values), colour, mark in zip(gaps.items(), LINES, MARKS, strict=False):
        ax.plot(
            range(1, len(values) + 1),
            values,
            color=colour,
            marker=mark,
            lw=2.2,
            label=literal(name),
        )
    named(ax, _("step"), _("distance of the two runs"), "")
    ax.xaxis.set_major_locator(WHOLE)
    ax.set_ylim(bottom=0)
    ax.legend(fontsize=11, frameon=False)
    return ax


def paths(
    runs: Mapping[str, Tensor],
    pictures: Mapping[str, Image.Image] | None = None,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Runs as paths in a plane.

    Args:
        runs: name -> coordinates of its points in order, (N, 2).
        pictures: name -> a small picture for the end of that path.
        ax: axes to draw on.
    """
    ax = new_axes(6.8, 4.2) if ax is None else ax
    for (name, flat), colour, mark in zip(runs.items(), LINES, MARKS, strict=False):
        ax.plot(*flat.T, color=colour, marker=mark, ms=6, lw=1.6, label=literal(name))
        ax.plot(*flat[0], marker="o", ms=14, mfc="none", mec=INK, mew=1.8)
        if pictures:
            _thumbnail(ax, pictures[name], flat[-1], colour)
    named(ax, _("first axis"), _("second axis"), "")
    ax.margins(0.22, 0.38)  # room for the pictures
    below = (0.5, -0.18)  # inside it could cover a picture
    ax.legend(loc="upper center", bbox_to_anchor=below, ncols=len(runs), fontsize=11, frameon=False)
    return ax


def _range(
    ax: Axes,
    steps: Sequence[int],
    runs: Sequence[Sequence[float]],
    *,
    colour: str,
    mark: str,
    name: str,
) -> None:
    """The mean of several runs at each step as a line, and from the least to the most as a band."""
    low, high = [min(run) for run in runs], [max(run) for run in runs]
    ax.fill_between(steps, low, high, color=colour, alpha=0.15, lw=0)
    means = [statistics.fmean(run) for run in runs]
    ax.plot(steps, means, color=colour, marker=mark, lw=2.2, label=literal(name))


def _above(ax: Axes) -> None:
    """The names of the lines in one row above the axes, where no line runs through them."""
    place: dict[str, Any] = {"loc": "lower center", "bbox_to_anchor": (0.47, 1), "ncols": 4}
    ax.legend(fontsize=11, frameon=False, columnspacing=1.2, handletextpad=0.5, **place)


def named(ax: Axes, x: str, y: str, title: str) -> None:
    """Axes with their words, in the size that this lesson's charts have."""
    ax.set_xlabel(x, fontsize=13, color=INK)
    ax.set_ylabel(y, fontsize=13, color=INK)
    ax.set_title(literal(title), fontsize=14, color=INK)
    ax.tick_params(colors=INK, labelsize=11)
    ax.spines[["top", "right"]].set_visible(False)


def _thumbnail(ax: Axes, picture: Image.Image, place: Tensor, colour: str) -> None:
    """A small picture with a coloured frame, centred at a point of the data."""
    image = OffsetImage(np.asarray(picture.resize((64, 64), Image.Resampling.LANCZOS)))
    frame = {"edgecolor": colour, "linewidth": 3, "boxstyle": "square,pad=0.05"}
    x, y = place.tolist()
    ax.add_artist(AnnotationBbox(image, (x, y), frameon=True, bboxprops=frame))
