"""Figures of lesson 02: rows of digits, curves over the noise level, what a network can predict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.patches import Arc
from torch import Tensor

from ..language import _
from ..maths import data_posterior, ideal_denoiser, noise, signal
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

GAP = 1
"""Empty pixels between two digits of a row; between two rows twice as many."""

LINES = ((BLUE, "-"), (VERMILLION, "--"), (GREEN, "-."), (PURPLE, ":"), (ORANGE, "-"))
"""Colour and dashes of each curve, so that they differ in print without colour too."""


def digit_rows(
    rows: Mapping[str, Tensor],
    columns: Sequence[str] = (),
    *,
    width: float = 10,
    ax: Axes | None = None,
) -> Axes:
    """Small grey pictures in labelled rows: 1 is ink, -1 is paper, what lies beyond is cut off.

    Args:
        rows: label -> pictures, (N, 1, h, w), the same number in each row.
        columns: a label below each column, or none.
        width: of the figure, in inches.
        ax: axes to draw on.

    Raises:
        ValueError: no rows, rows of different length, or another number of column labels.
    """
    counts = {len(row) for row in rows.values()}
    if len(counts) != 1:
        raise ValueError(
            f"digit_rows: got rows of {sorted(counts)} pictures; give one row or more, all equally "
            "long"
        )
    if columns and len(columns) not in counts:
        raise ValueError(
            f"digit_rows: got {len(columns)} labels for {counts.pop()} columns; give one each"
        )
    sheet, side, high = _sheet(list(rows.values()))
    height = (width - 1.2) * sheet.shape[0] / sheet.shape[1] + 0.3  # 1.2 and 0.3 for the labels
    if ax is None:
        ax = new_axes(width, height)
        whole = ax.figure.get_figure(root=True)
        whole.set_layout_engine("constrained", w_pad=0.1)  # the labels must not touch the edge
    ax.imshow(sheet, cmap="gray_r", vmin=-1, vmax=1, interpolation="nearest")
    ax.spines[:].set_visible(False)
    middle = np.arange(len(rows)) * (high + 2 * GAP) + (high - 1) / 2
    ax.set_yticks(middle, literals(rows), fontsize=12, color=INK)
    places = np.arange(len(columns)) * (side + GAP) + (side - 1) / 2
    ax.set_xticks(places, literals(columns), fontsize=12)
    ax.tick_params(length=0)
    return ax


def _sheet(rows: Sequence[Tensor]) -> tuple[np.ndarray, int, int]:
    """All rows as one picture with gaps of paper; width and height of one small picture."""
    high, side = rows[0].shape[-2:]
    count = len(rows[0])
    size = (len(rows) * (high + 2 * GAP) - 2 * GAP, count * (side + GAP) - GAP)
    sheet = np.full(size, np.nan)  # not drawn: the figure's own background
    for r, row in enumerate(rows):
        for c, picture in enumerate(row.reshape(count, high, side).numpy()):
            top, left = r * (high + 2 * GAP), c * (side + GAP)
            sheet[top : top + high, left : left + side] = picture
    return sheet, side, high


def likely_digits(
    x_t: Tensor, data: Tensor, alpha_bar: float, *, shown: int = 5, ax: Axes | None = None
) -> Axes:
    """A noisy digit, the clean ones it most likely came from and how probably, and the best guess.

    Args:
        x_t: one noisy digit, (1, 1, h, w).
        data: all clean digits, (N, 1, h, w).
        alpha_bar: share of the signal in x_t.
        shown: how many of the likely digits.
        ax: axes to draw on.
    """
    probability, found = data_posterior(x_t, data, alpha_bar)[0].topk(shown)
    guess = ideal_denoiser(x_t, data, alpha_bar)
    blank = torch.full_like(guess, float("nan"))
    row = torch.cat([x_t, blank, data[found], blank, guess])  # (shown + 4, 1, h, w)
    percent = [f"{100 * part:.0f} %" if part >= 0.01 else "< 1 %" for part in probability.tolist()]
    names = [_("noisy"), "", *percent, "", _("best guess")]
    ax = new_axes(8.4, 1.35) if ax is None else ax
    return digit_rows({"": row}, names, ax=ax)


def level_curves(
    times: Sequence[int],
    curves: Mapping[str, Sequence[float]],
    *,
    label: str,
    log: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Curves over the timestep, drawn in the order of a run: much noise left, little noise right.

    Args:
        times: timesteps t.
        curves: name -> a value for each timestep.
        label: what the values are, for the vertical axis.
        log: whether that axis is logarithmic.
        ax: axes to draw on.
    """
    ax = new_axes(8, 4) if ax is None else ax
    for (name, values), (colour, dashes) in zip(curves.items(), cycle(LINES)):
        ax.plot(times, values, dashes, color=colour, linewidth=2.5, label=literal(name))
    ax.set_xlim(max(times), min(times))
    ax.set_yscale("log" if log else "linear")
    ax.set_xlabel("t", fontsize=13, color=INK)
    ax.set_ylabel(literal(label), fontsize=13, color=INK)
    return _finished(ax)


def loss_curve(
    losses: Sequence[float], marks: Mapping[str, float] | None = None, *, ax: Axes | None = None
) -> Axes:
    """The loss of every step, pale and whole, and its mean over the last fifty, strong.

    Args:
        losses: one number a step, fifty or more.
        marks: name -> a loss to compare with, as a horizontal line.
        ax: axes to draw on.
    """
    ax = new_axes(8, 4) if ax is None else ax
    ax.plot(losses, color=GREY, linewidth=0.6, alpha=0.5)
    mean = np.convolve(losses, np.full(50, 1 / 50), mode="valid")
    ax.plot(
        np.arange(49, len(losses)), mean, color=BLUE, linewidth=2.5, label=_("mean of 50 steps")
    )
    for (name, value), (colour, dashes) in zip((marks or {}).items(), cycle(LINES[1:])):
        ax.axhline(value, color=colour, linestyle=dashes, linewidth=2.5, label=literal(name))
    ax.set_xlabel(_("training step"), fontsize=13, color=INK)
    ax.set_ylabel(_("loss"), fontsize=13, color=INK)
    ax.set_ylim(0, 1.05 * max(*losses, *(marks or {}).values()))
    return _finished(ax)


def _finished(ax: Axes) -> Axes:
    """A light grid, two spines and a readable legend."""
    ax.grid(color=GREY, alpha=0.25, linewidth=0.8)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(fontsize=12, facecolor=PAPER, edgecolor="none", labelcolor=INK)
    return ax


def target_circle(alpha_bar: float, *, ax: Axes | None = None) -> Axes:
    """x0 and eps as two directions, x_t between them on the circle, and v along the circle.

    Args:
        alpha_bar: share of the signal, in (0, 1): x_t lies at the angle phi of cosine
            sqrt(alpha_bar).
        ax: axes to draw on.
    """
    ax = new_axes(5.6, 5) if ax is None else ax
    x, y = float(signal(alpha_bar)), float(noise(alpha_bar))
    ax.add_patch(Arc((0, 0), 2, 2, theta1=0, theta2=90, color=GREY, linestyle="--", linewidth=1.5))
    angle = float(np.degrees(np.arccos(x)))
    ax.add_patch(Arc((0, 0), 0.5, 0.5, theta1=0, theta2=angle, color=GREY, linewidth=1.5))
    ax.text(0.31, 0.12, "φ", fontsize=16, color=GREY)
    arrows = (
        ((0, 0), (1, 0), "$x_0$", GREEN, (1.05, -0.02)),
        ((0, 0), (0, 1), r"$\epsilon$", VERMILLION, (-0.03, 1.05)),
        ((0, 0), (x, y), "$x_t$", BLUE, (x + 0.06, y - 0.02)),
        ((x, y), (x - 0.6 * y, y + 0.6 * x), "$v$", PURPLE, (x - 0.6 * y - 0.1, y + 0.6 * x)),
    )
    for start, end, name, colour, place in arrows:
        style = {"arrowstyle": "-|>", "mutation_scale": 22, "linewidth": 3, "color": colour}
        ax.annotate("", end, start, arrowprops={**style, "shrinkA": 0, "shrinkB": 0})
        ax.text(*place, name, fontsize=22, color=colour)
    for corner in ((x, 0), (0, y)):
        ax.plot(*zip((x, y), corner, strict=True), color=GREY, linestyle=":", linewidth=1.5)
    ax.text(x / 2, -0.1, r"$\sqrt{\bar\alpha_t}$", fontsize=15, color=INK, ha="center")
    ax.text(-0.03, y / 2, r"$\sqrt{1-\bar\alpha_t}$", fontsize=15, color=INK, ha="right")
    ax.set(xlim=(-0.42, 1.25), ylim=(-0.2, 1.3), aspect="equal")
    ax.set_axis_off()
    return ax
