"""Figures of lesson 04: spectra, what settles when, how runs differ, paths in the plane."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.offsetbox import AnnotationBbox, OffsetImage
from matplotlib.ticker import LogLocator, MaxNLocator
from PIL import Image
from torch import Tensor

from ..metrics import project, radial_power
from ..records import StepRecord
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


def spectra(steps: Sequence[StepRecord], *, axes: Sequence[Axes] | None = None) -> Axes:
    """Power of every wave in `x_t` (left) and in `x0_hat` (right), one line a step, early is dark.

    Args:
        steps: records to draw, the noisiest first; their latents are square.
        axes: two axes to draw on.
    """
    left, right = _pair() if axes is None else axes
    shades = mpl.colormaps["viridis"](np.linspace(0, 0.85, len(steps)))
    for step, shade in zip(steps, shades, strict=True):
        style = {"color": shade, "lw": 2.2, "marker": "o", "ms": 4, "label": f"t = {step.t:.0f}"}
        left.plot(radial_power(step.x_t), **style)
        right.plot(radial_power(step.x0_hat), **style)
    for ax, name in ((left, "$x_t$, the canvas"), (right, f"{HAT}, the guess")):
        _waves(ax, name)
    left.legend(fontsize=11, frameon=False)
    return left


def settling(bands: Mapping[str, Sequence[float]], *, ax: Axes | None = None) -> Axes:
    """How far each band of waves agrees with the finished picture, step by step.

    Args:
        bands: name of a band -> its agreement at every step, at most 1.
        ax: axes to draw on.
    """
    ax = new_axes(6, 2.9) if ax is None else ax
    for (name, values), colour, mark in zip(bands.items(), LINES, MARKS, strict=False):
        ax.plot(
            range(1, len(values) + 1),
            values,
            color=colour,
            marker=mark,
            lw=2.2,
            label=literal(name),
        )
    _named(ax, "step", "agreement with the end", "A guess settles from coarse to fine")
    ax.xaxis.set_major_locator(WHOLE)
    ax.legend(fontsize=11, frameon=False)
    return ax


def survival(
    kept: Mapping[str, Mapping[int, Sequence[float]]],
    *,
    unrelated: float,
    enough: float = 0.9,
    ax: Axes | None = None,
) -> Axes:
    """How much of the layout survives a change after k steps: mean of several runs, and range.

    Args:
        kept: what was changed -> {number of steps before the change: layout kept in each run, at
            most 1}.
        unrelated: the same between pictures that share nothing but the prompt, a grey line.
        enough: where the layout counts as fixed, a dashed line.
        ax: axes to draw on.
    """
    ax = new_axes(6, 3.2) if ax is None else ax
    for (name, values), colour, mark in zip(kept.items(), LINES, MARKS, strict=False):
        steps, runs = list(values), list(values.values())
        means = [statistics.fmean(run) for run in runs]
        low, high = [min(run) for run in runs], [max(run) for run in runs]
        ax.fill_between(steps, low, high, color=colour, alpha=0.15, lw=0)
        ax.plot(steps, means, color=colour, marker=mark, lw=2.2, label=literal(name))
        ax.set_xticks(steps)
    ax.axhline(enough, color=INK, ls="--", lw=1.2, label=f"fixed: {enough}")
    ax.axhline(unrelated, color=GREY, ls=":", lw=2, label="other seeds")
    _named(ax, "steps before the change", "layout kept", "The later the change, the more survives")
    ax.legend(fontsize=11, frameon=False, loc="center right")
    return ax


def convergence(distances: Mapping[str, Mapping[int, float]], *, ax: Axes | None = None) -> Axes:
    """Distance to a reference against the number of steps, both on logarithmic axes.

    Args:
        distances: scheduler -> {number of steps: distance}. The first one also gets a dashed line
            with the slope of a first-order method, fitted at its largest number of steps.
        ax: axes to draw on.
    """
    ax = new_axes(6, 3.1) if ax is None else ax
    for (name, values), colour, mark in zip(distances.items(), LINES, MARKS, strict=False):
        steps, far = zip(*sorted(values.items()), strict=True)
        ax.loglog(steps, far, color=colour, marker=mark, lw=2.2, label=literal(name))
    steps, far = zip(*sorted(next(iter(distances.values())).items()), strict=True)
    law = [far[-1] * steps[-1] / count for count in steps]
    ax.loglog(steps, law, color=GREY, ls="--", lw=1.5, label="twice the steps, half the error")
    ax.set_xticks(steps, [str(count) for count in steps])
    ax.minorticks_off()
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.yaxis.set_major_formatter("{x:g}")
    _named(ax, "steps", "distance to the reference", "More steps, closer to the same picture")
    ax.legend(fontsize=11, frameon=False, loc="lower left")
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
    ax = new_axes(5, 3.3) if ax is None else ax
    values = np.asarray(distances)
    ax.imshow(values, cmap="Blues", vmin=0, vmax=1.3 * values.max())
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
    ax = new_axes(6, 2.9) if ax is None else ax
    for (name, values), colour, mark in zip(gaps.items(), LINES, MARKS, strict=False):
        ax.plot(
            range(1, len(values) + 1),
            values,
            color=colour,
            marker=mark,
            lw=2.2,
            label=literal(name),
        )
    _named(ax, "step", "distance of the two runs", "Same noise, two prompts")
    ax.xaxis.set_major_locator(WHOLE)
    ax.set_ylim(bottom=0)
    ax.legend(fontsize=11, frameon=False)
    return ax


def paths(
    runs: Mapping[str, Tensor],
    pictures: Mapping[str, Image.Image] | None = None,
    *,
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Runs as paths in the plane of their two widest directions, found for all runs together.

    Args:
        runs: name -> points in order, (N, D): latents of a run as rows.
        pictures: name -> a small picture for the end of that path.
        title: of the figure.
        ax: axes to draw on.
    """
    ax = new_axes(6.2, 3.6) if ax is None else ax
    plane = project(torch.cat(list(runs.values()))).split([len(points) for points in runs.values()])
    for name, flat, colour, mark in zip(runs, plane, LINES, MARKS, strict=False):
        ax.plot(*flat.T, color=colour, marker=mark, ms=6, lw=1.6, label=literal(name))
        ax.plot(*flat[0], marker="o", ms=14, mfc="none", mec=INK, mew=1.8)
        if pictures:
            _thumbnail(ax, pictures[name], flat[-1], colour)
    _named(ax, "first axis", "second axis", title)
    ax.margins(0.22, 0.38)  # room for the pictures
    below = (0.5, -0.18)  # inside it could cover a picture
    ax.legend(loc="upper center", bbox_to_anchor=below, ncols=len(runs), fontsize=11, frameon=False)
    return ax


def step_page(step: StepRecord, noisy: Image.Image, clean: Image.Image) -> Axes:
    """One step on a page: `x_t`, `x0_hat` and the power of every wave in both.

    Args:
        step: the record.
        noisy: its `x_t`, decoded.
        clean: its `x0_hat`, decoded.
    """
    size: dict[str, Any] = {"figsize": (6.8, 2.6), "facecolor": PAPER, "layout": "constrained"}
    figure, axes = plt.subplots(1, 3, width_ratios=(1, 1, 1.5), **size)
    figure.set_layout_engine("constrained", h_pad=0.1)  # inches: the hat would be cut off
    for ax, picture, name in zip(axes, (noisy, clean), ("$x_t$", HAT), strict=False):
        ax.imshow(np.asarray(picture))
        ax.set_title(name, fontsize=15, color=INK)
        ax.set_axis_off()
    chart = axes[2]
    chart.plot(radial_power(step.x_t), color=VERMILLION, marker="s", lw=2.2, label="$x_t$")
    chart.plot(radial_power(step.x0_hat), color=BLUE, marker="o", lw=2.2, label=HAT)
    chart.axhline(1 - step.alpha_bar, color=GREY, ls="--", label=r"noise, $1-\bar\alpha$")
    chart.set_ylim(0.01, 300)
    _waves(chart, "")
    chart.legend(fontsize=11, frameon=False, loc="upper right")
    return chart


def _pair() -> Sequence[Axes]:
    """Two axes side by side with one scale, on a new figure with the course's background."""
    size: dict[str, Any] = {"figsize": (7.2, 3), "facecolor": PAPER, "layout": "constrained"}
    return plt.subplots(1, 2, sharey=True, **size)[1]


def _waves(ax: Axes, title: str) -> None:
    """Axes of a spectrum: waves across the picture, power on a logarithmic scale."""
    ax.set_facecolor(PAPER)
    ax.set_yscale("log")
    _named(ax, "waves across the picture", "power", title)


def _named(ax: Axes, x: str, y: str, title: str) -> None:
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
