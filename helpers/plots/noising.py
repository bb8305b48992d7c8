"""Figures of lesson 01: what noise does to pictures, to values, and over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor

from ..language import _
from .runs import _centre, _mosaic
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
    Sheet,
    literal,
    literals,
    new_axes,
)

STROKES = ((VERMILLION, "-"), (BLUE, "--"), (GREEN, "-."), (PURPLE, ":"))
"""Colour and dash of the lines of a figure, in order: they differ in print without colour too."""

SIZE = 13
"""Of words in a figure, in points."""


def noise_strip(
    rows: Sequence[Sequence[Image.Image]],
    labels: Sequence[str],
    names: Sequence[str] = (),
    *,
    side: int = 96,
    ax: Axes | None = None,
) -> Axes:
    """Pictures that get noisier from left to right, one row for each way of adding noise.

    Args:
        rows: pictures of one size; as many in each row as there are labels.
        labels: below each column, such as "t = 100".
        names: a name for each row, on its left; or none.
        side: width of each picture on a new figure, in pixels. Noise hardly compresses: every
            pixel of it costs the notebook three bytes.
        ax: axes to draw on.

    Raises:
        ValueError: a row of another length than `labels`, or another number of names than of rows.
    """
    if not rows or any(len(row) != len(labels) for row in rows):
        raise ValueError(
            f"noise_strip: got {len(labels)} labels and rows of {[len(row) for row in rows]} "
            "pictures; give each row one picture for each label"
        )
    if names and len(names) != len(rows):
        raise ValueError(
            f"noise_strip: got {len(rows)} rows and {len(names)} names; name each row, or none"
        )
    ax = _strip_axes(len(rows), labels, 0.9 if names else 0.1, side) if ax is None else ax
    _mosaic(rows, ax)
    width, height = rows[0][0].size
    ax.set_xticks([_centre(k, width) for k in range(len(labels))], literals(labels))
    ax.set_yticks([_centre(k, height) for k in range(len(names))], literals(names))
    ax.tick_params(length=0, pad=6, labelsize=SIZE)
    return ax


def _strip_axes(rows: int, labels: Sequence[str], margin: float, side: int) -> Axes:
    """Axes for rows of pictures `side` pixels wide, `margin` inches on the left for names."""
    lines = max(label.count("\n") for label in labels) + 1
    width = margin + len(labels) * (side + 6) / 100
    return new_axes(width, 0.15 + 0.22 * lines + rows * (side + 6) / 100)


def over_time(
    lines: Mapping[str, Tensor],
    label: str,
    *,
    log: bool = False,
    mark: float | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Quantities that change from timestep to timestep, such as alpha_bar of several schedules.

    Args:
        lines: name -> (T,); four at most.
        label: what is drawn upwards.
        log: whether upwards each step is a factor instead of a sum.
        mark: a height at which a thin line is drawn across.
        ax: axes to draw on.

    Raises:
        ValueError: more lines than can be told apart.
    """
    if len(lines) > len(STROKES):
        raise ValueError(f"over_time: got {len(lines)} lines; draw at most {len(STROKES)}")
    ax = new_axes(7, 3.2) if ax is None else ax
    for (name, values), (colour, dash) in zip(lines.items(), STROKES, strict=False):
        ax.plot(np.asarray(values), dash, color=colour, linewidth=2.6, label=literal(name))
    if mark is not None:
        ax.axhline(mark, color=INK, linewidth=1)
    ax.set_yscale("log" if log else "linear")
    _finish(ax, _("timestep t"), label)
    _key_above(ax)
    return ax


def walks(paths: Tensor, alpha_bar: Tensor, x0: float, *, ax: Axes | None = None) -> Axes:
    """Single values on their way through all the small steps, over the band that alpha_bar tells.

    Args:
        paths: (T, N), the values of N walks after each step.
        alpha_bar: share of the signal at every timestep, (T,).
        x0: where all of them began.
        ax: axes to draw on.
    """
    ax = new_axes(7.6, 4.2) if ax is None else ax
    mean, deviation = np.asarray(alpha_bar.sqrt() * x0), np.asarray((1 - alpha_bar).sqrt())
    time = np.arange(len(mean))
    band = (mean - 2 * deviation, mean + 2 * deviation)
    ax.fill_between(time, *band, color=SKY, alpha=0.3, label=_("the line: mean ± 2 std"))
    ax.plot(time[::5], np.asarray(paths)[::5], color=GREY, linewidth=0.5)
    ax.plot([], [], color=GREY, label=_("the loop"))
    ax.plot(mean, color=VERMILLION, linewidth=3, label=_("the line: mean"))
    ax.plot(0, x0, "o", color=VERMILLION, markersize=9, clip_on=False, zorder=5)
    _finish(ax, _("timestep t"), _("value of the pixel"))
    ax.margins(x=0)
    _key_above(ax)
    return ax


def value_histograms(values: Mapping[str, Tensor], *, ax: Axes | None = None) -> Axes:
    """How often which value occurs, one hill above the other, each with the standard normal curve.

    Args:
        values: name -> tensor of any shape.
        ax: axes to draw on.
    """
    ax = new_axes(7, 0.9 + 0.75 * len(values)) if ax is None else ax
    edges = np.linspace(-4, 4, 81)
    middles = (edges[1:] + edges[:-1]) / 2
    normal = np.exp(-(middles**2) / 2) / np.sqrt(2 * np.pi)
    for row, tensor in enumerate(values.values()):
        density, _edges = np.histogram(np.asarray(tensor).ravel(), edges, density=True)
        ground = -row * 1.15
        ax.fill_between(middles, ground, ground + density / density.max(), color=ORANGE, alpha=0.7)
        curve = ground + normal / density.max()
        ax.plot(middles, curve, "--", color=INK, linewidth=1.8, label=None if row else _("normal"))
    ax.set_yticks(
        [-row * 1.15 + 0.35 for row in range(len(values))], literals(values), fontsize=SIZE
    )
    _finish(ax, _("value"), "")
    ax.grid(False)
    return ax


def surviving_detail(
    sizes: Sequence[int],
    picture: Sequence[float],
    noise: Mapping[str, Sequence[float]],
    *,
    others: Tensor | None = None,
    ax: Axes | None = None,
) -> Axes:
    """How much the means of patches differ: in the picture, and in the noise at some times.

    Args:
        sizes: sides of the patches, in pixels.
        picture: standard deviation of the patches' means in the picture, one for each size.
        noise: name -> the same of the noise, in units of the picture; three at most.
        others: the same of other pictures, (N, sizes); a band holds nine tenths of them.
        ax: axes to draw on.
    """
    ax = new_axes(7.6, 3.8) if ax is None else ax
    if others is not None:
        low, high = np.quantile(np.asarray(others), (0.05, 0.95), axis=0)
        name = _("{count} landscapes", count=len(others))
        ax.fill_between(sizes, low, high, color=GREY, alpha=0.25, linewidth=0, label=name)
    ax.loglog(sizes, picture, "o-", color=INK, linewidth=3, markersize=8, label=_("the photograph"))
    for (name, line), (colour, dash) in zip(noise.items(), STROKES[:3], strict=False):
        ax.loglog(sizes, line, dash, color=colour, linewidth=2.4, label=literal(name))
    ax.set_xticks(sizes, [f"{size}" for size in sizes])
    ax.minorticks_off()
    _finish(ax, _("side of the patches in pixels"), _("std of the patches' means"))
    _key_above(ax)
    return ax


def brightness_leak(before: Tensor, after: Mapping[str, Tensor], *, ax: Axes | None = None) -> Axes:
    """Mean of the noisiest x_t over the mean of its clean picture, a dot for each picture.

    Args:
        before: means of the clean pictures, (N,).
        after: name of a schedule -> means of the noisy ones, (N,); two at most.
        ax: axes to draw on.
    """
    ax = new_axes(7, 3.2) if ax is None else ax
    looks = ((VERMILLION, "o"), (BLUE, "x"))
    for (name, means), (colour, marker) in zip(after.items(), looks, strict=False):
        ax.scatter(before, means, s=22, c=colour, marker=marker, alpha=0.7, label=literal(name))
    _finish(ax, _("mean of the clean picture"), _("mean of $x_{999}$"))
    return ax


def noise_page(
    pictures: Mapping[str, Image.Image], alpha_bar: Tensor, t: int, *, size: int = 256
) -> Figure:
    """One page of the explorer: pictures at timestep t, and where t lies on the schedule.

    Args:
        pictures: title -> picture; two of them.
        alpha_bar: share of the signal at every timestep, (T,).
        t: timestep of the pictures.
        size: side of each picture, in pixels.
    """
    style: dict[str, Any] = {"facecolor": PAPER, "layout": "constrained", "FigureClass": Sheet}
    figure, axes = plt.subplots(1, 3, figsize=(7.6, 2.9), **style)
    for ax, (title, picture) in zip(axes[:2], pictures.items(), strict=True):
        shown = picture.resize((size, size), Image.Resampling.NEAREST)
        ax.imshow(np.asarray(shown), interpolation="antialiased")
        ax.set_title(literal(title), fontsize=SIZE, color=INK)
        ax.set_axis_off()
    _shares(axes[2], np.asarray(alpha_bar), t)
    return figure


def _shares(ax: Axes, alpha_bar: np.ndarray, t: int) -> None:
    """How picture and noise share the variance at every timestep, with a mark at t."""
    time = np.arange(len(alpha_bar))
    ax.set_facecolor(PAPER)
    ax.fill_between(time, alpha_bar, color=SKY, alpha=0.5)
    ax.fill_between(time, alpha_bar, 1, color=GREY, alpha=0.25)
    ax.axvline(t, color=VERMILLION, linewidth=2.6)
    last = len(alpha_bar) - 1
    words: dict[str, Any] = {"fontsize": SIZE, "color": INK, "transform": ax.transAxes}
    words["bbox"] = {"fc": PAPER, "ec": "none", "alpha": 0.85, "pad": 1.5}  # above the mark
    ax.text(0.04, 0.07, _("picture"), zorder=5, **words)
    ax.text(0.96, 0.87, _("noise"), ha="right", zorder=5, **words)
    ax.set(xlim=(0, last), ylim=(0, 1), xticks=[0, (last + 1) // 2, last], yticks=[0, 0.5, 1])
    ax.set_title(_("shares of the variance"), fontsize=SIZE, color=INK)
    ax.set_xlabel(_("timestep t"), fontsize=SIZE, color=INK)
    ax.tick_params(colors=INK, labelsize=12)


def _finish(ax: Axes, across: str, up: str) -> None:
    """Names of the axes, a key, and a quiet frame."""
    ax.set_xlabel(across, fontsize=SIZE, color=INK)
    ax.set_ylabel(literal(up), fontsize=SIZE, color=INK)
    ax.tick_params(labelsize=12)
    ax.grid(color=GREY, alpha=0.2)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(fontsize=SIZE - 1, frameon=False, labelcolor=INK)


def _key_above(ax: Axes) -> None:
    """The key in rows of three over the axes, where no line can cross it."""
    columns = min(3, len(ax.get_legend_handles_labels()[1]))
    place: dict[str, Any] = {"loc": "lower center", "bbox_to_anchor": (0.5, 1), "ncols": columns}
    ax.legend(fontsize=SIZE - 1, frameon=False, labelcolor=INK, **place)
