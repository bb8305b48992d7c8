"""The figure of lesson 00's primer: four words of probability and one of tensors."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor

from ..language import _
from .style import BLUE, GREEN, INK, ORANGE, PAPER, SKY, VERMILLION, Sheet

SIZE = 13


def primer(a: Tensor, b: Tensor) -> Figure:
    """Mean and standard deviation on the bell, independence as a cloud, a tensor as a stack.

    Args:
        a: normally distributed numbers, (N,).
        b: as many, independent of `a`.
    """
    style: dict[str, Any] = {"facecolor": PAPER, "layout": "constrained", "FigureClass": Sheet}
    figure, (bell, cloud, stack) = plt.subplots(1, 3, figsize=(9.6, 3.2), **style)
    _bell(bell, np.asarray(a))
    _cloud(cloud, np.asarray(a), np.asarray(b))
    _stack(stack)
    for ax in (bell, cloud, stack):
        ax.set_facecolor(PAPER)
        ax.tick_params(colors=INK, labelsize=12)
        ax.spines[["top", "right"]].set_visible(False)
    return figure


def _bell(ax: Axes, values: np.ndarray) -> None:
    """Histogram and normal curve, the mean marked, one standard deviation to either side shaded."""
    x = np.linspace(-4, 4, 200)
    curve = np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
    inside = np.abs(x) <= 1
    ax.hist(values, bins=40, range=(-4, 4), density=True, color=ORANGE, alpha=0.45)
    ax.fill_between(x[inside], curve[inside], color=SKY, alpha=0.55)
    ax.plot(x, curve, color=INK, linewidth=2)
    ax.plot((0, 0), (0.2, 0.5), color=VERMILLION, linewidth=2)  # clear of the words below
    ax.annotate(_("mean"), (0, 0.43), (0.25, 0.44), fontsize=SIZE, color=VERMILLION)
    ax.text(0, 0.07, _("± 1 std:\n68 of 100"), ha="center", fontsize=12, color=INK)
    ax.set(xlim=(-4, 4), ylim=(0, 0.5), yticks=[])
    ax.set_xlabel(_("value"), fontsize=SIZE, color=INK)
    ax.set_title(_("the normal distribution"), fontsize=SIZE, color=INK)


def _cloud(ax: Axes, a: np.ndarray, b: np.ndarray) -> None:
    """Pairs of independent numbers, and pairs of which one tells the other."""
    few = slice(0, 250)
    ax.scatter(a[few], b[few], s=14, c=BLUE, alpha=0.6, label=_("independent"))
    told = 0.9 * a[few] + 0.25 * b[few]
    ax.scatter(a[few], told, s=16, c=VERMILLION, marker="x", alpha=0.7, label=_("not"))
    ax.set(xlim=(-3.6, 3.6), ylim=(-3.6, 4.9), yticks=[-2, 0, 2])
    ax.set_xlabel("a", fontsize=SIZE, color=INK)
    ax.set_ylabel("b", fontsize=SIZE, color=INK)
    ax.legend(loc="upper center", ncols=2, fontsize=12, frameon=False, handletextpad=0.2)
    ax.set_title(_("independent numbers"), fontsize=SIZE, color=INK)


def _stack(ax: Axes) -> None:
    """A picture as three sheets of numbers, with the names of its axes."""
    for depth, colour in enumerate((BLUE, GREEN, VERMILLION)):  # the first colour in front
        left, bottom = 2.4 - 1.1 * depth, 2.4 - 1.0 * depth
        ax.add_patch(Rectangle((left, bottom), 5, 5, fc=PAPER, ec=INK, linewidth=1.5))
        ax.add_patch(Rectangle((left, bottom), 5, 5, fc=(colour, 0.45), ec=INK, linewidth=1.5))
        for line in range(1, 5):
            ax.plot([left, left + 5], [bottom + line] * 2, color=INK, linewidth=0.6)
            ax.plot([left + line] * 2, [bottom, bottom + 5], color=INK, linewidth=0.6)
    words: dict[str, Any] = {"fontsize": SIZE, "color": INK}
    ax.text(2.7, -0.1, _("128 columns"), ha="center", va="top", **words)
    ax.text(-0.4, 2.9, _("128 rows"), rotation=90, ha="center", va="center", **words)
    ax.text(6.7, 0.7, _("3\ncolours"), va="center", **words)
    ax.set(xlim=(-1.2, 9.6), ylim=(-1.2, 7.8), aspect="equal")
    ax.set_axis_off()
    ax.set_title(_("a tensor of shape (3, 128, 128)"), fontsize=SIZE, color=INK)
