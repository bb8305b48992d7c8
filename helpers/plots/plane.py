"""Figures of the plane of points: where a denoiser points to, and the ways that samplers take."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from torch import Tensor

from ..maths import signal
from .style import BLUE, GREEN, GREY, INK, ORANGE, PAPER, VERMILLION, literal, new_axes

Denoiser = Callable[..., Tensor]
"""(x_t, alpha_bar=...) -> x0_hat, for points x_t of shape (B, 2)."""

REACH = 2.6
"""Both axes go from -REACH to REACH."""

ARMS = ((ORANGE, "o"), (BLUE, "^"), (GREEN, "s"))
"""Colour and shape of the points of each label."""


def point_cloud(
    points: Tensor, labels: Tensor, alpha_bar: float = 1.0, *, ax: Axes | None = None
) -> Axes:
    """The clean points where they lie in the mixture, at sqrt(alpha_bar) x_0, by label.

    Args:
        points: (N, 2).
        labels: whole numbers 0, 1 or 2, (N,).
        alpha_bar: share of the signal; 1 draws the points themselves.
        ax: axes to draw on.
    """
    ax = new_axes(4, 4) if ax is None else ax
    for label, (colour, shape) in enumerate(ARMS):
        x, y = (float(signal(alpha_bar)) * points[labels == label]).T.numpy()
        ax.scatter(x, y, s=10, c=colour, marker=shape, alpha=0.8, linewidths=0, zorder=2)
    ax.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), aspect="equal", xticks=[], yticks=[])
    ax.spines[:].set_color(GREY)
    return ax


def grid(count: int = 12) -> Tensor:
    """Locations that fill the plane evenly, (count * count, 2): where arrows are drawn."""
    line = torch.linspace(-REACH, REACH, count + 2)[1:-1]
    return torch.stack(torch.meshgrid(line, line, indexing="xy"), dim=-1).reshape(-1, 2)


def arrow_field(
    denoiser: Denoiser,
    alpha_bar: float,
    *,
    at: Tensor | None = None,
    colour: str = GREY,
    longest: float = 0.34,
    ax: Axes | None = None,
) -> Axes:
    """From each location an arrow towards the guess, sqrt(alpha_bar) x0_hat: along the score.

    The score, -eps_hat / sqrt(1 - alpha_bar), is this way divided by 1 - alpha_bar: Song et al.
    2021, arXiv 2011.13456. A short way gives an arrow a third as long; long ones are squeezed, so
    that none is longer than `longest`.

    Args:
        denoiser: (x_t, alpha_bar=...) -> x0_hat.
        alpha_bar: share of the signal.
        at: where the arrows begin, (M, 2); a grid by default.
        colour: of the arrows.
        longest: upper bound of an arrow's length.
        ax: axes to draw on.
    """
    ax = new_axes(4, 4) if ax is None else ax
    at = grid() if at is None else at
    way = float(signal(alpha_bar)) * denoiser(at, alpha_bar=alpha_bar) - at  # (M, 2)
    length = way.norm(dim=1, keepdim=True).clamp(min=1e-6)
    arrows = way / length * longest * (length / (3 * longest)).tanh()
    ax.quiver(*at.T.numpy(), *arrows.T.numpy(), angles="xy", scale_units="xy", scale=1,
              color=colour, width=0.006, headwidth=4, headlength=4.5, headaxislength=4, alpha=0.5,
              zorder=1)  # fmt: skip
    return ax


def plane_runs(
    denoiser: Denoiser,
    points: Tensor,
    labels: Tensor,
    runs: Mapping[str, Tensor],
    moments: Sequence[tuple[int, str, float]],
) -> Axes:
    """A row for each sampler, a column for each moment: the field there, and the ways so far.

    Args:
        denoiser: (x_t, alpha_bar=...) -> x0_hat.
        points: the clean points, (N, 2).
        labels: whole numbers 0, 1 or 2, (N,).
        runs: name -> every x_t of a run, (K, B, 2), the start first.
        moments: (which x_t of the run, heading, alpha_bar), one a column.

    Returns:
        The first of the axes.
    """
    sheet = _sheet(len(runs), len(moments))
    for row, (name, run) in zip(sheet, runs.items(), strict=True):
        row[0].set_ylabel(literal(name), fontsize=14, color=INK)
        for ax, (moment, heading, alpha_bar) in zip(row, moments, strict=True):
            point_cloud(points, labels, alpha_bar, ax=ax)
            arrow_field(denoiser, alpha_bar, ax=ax)
            _ways(ax, run[: moment + 1])
            if row[0] is sheet[0][0]:
                ax.set_title(literal(heading), fontsize=14, color=INK)
    return sheet[0][0]


def _sheet(rows: int, columns: int) -> list[list[Axes]]:
    """Square panels of less than 3 inches on one new figure."""
    first = new_axes(0.4 + 2.7 * columns, 0.4 + 2.7 * rows)
    figure = first.figure.get_figure(root=True)
    first.remove()
    axes = figure.subplots(rows, columns, squeeze=False)
    for ax in axes.flat:
        ax.set_facecolor(PAPER)
    return [list(row) for row in axes]


def _ways(ax: Axes, run: Tensor) -> None:
    """Where each of (K, B, 2) came from, older parts paler, with a ring at its start."""
    style: dict[str, Any] = {"zorder": 4, "linewidths": 1.6}
    shades = [(INK, part**2.5) for part in np.linspace(0.3, 1, len(run) - 1)]
    for way in run.transpose(0, 1).numpy():
        pieces = list(np.stack([way[:-1], way[1:]], axis=1))  # (K - 1, 2, 2)
        ax.add_collection(LineCollection(pieces, colors=shades, linewidths=1.5, zorder=3))
        (x, y), (x_now, y_now) = way[0], way[-1]
        ax.scatter(x, y, s=34, facecolor=PAPER, edgecolor=INK, **style)
        ax.scatter(x_now, y_now, s=46, facecolor=VERMILLION, edgecolor=INK, **style)
