"""Figures of lesson 08: which steps of a run are left when it starts from a picture."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from ..language import _
from .style import BLUE, GREY, INK, VERMILLION, new_axes


def steps_left(alpha_bars: Sequence[float], first: int, *, ax: Axes | None = None) -> Axes:
    """The steps of a run as bars: those that are skipped are hollow, the others filled.

    Args:
        alpha_bars: share of the picture at every step of the whole run, in (0, 1).
        first: number of the first step that is run, from 0.
        ax: axes to draw on.

    Raises:
        ValueError: there is no such step.
    """
    if not 0 <= first < len(alpha_bars):
        raise ValueError(
            f"steps_left: first must lie in 0 ... {len(alpha_bars) - 1} here, got {first}"
        )
    ax = new_axes(9, 3.6) if ax is None else ax
    for step, share in enumerate(alpha_bars):
        colours = (BLUE, BLUE) if step >= first else ("none", GREY)
        ax.bar(step + 1, share, width=0.75, facecolor=colours[0], edgecolor=colours[1], lw=1.5)
    ax.annotate(
        _("the picture comes in here"),
        (first + 1, alpha_bars[first] + 0.02),
        (first + 1, min(0.95, alpha_bars[first] + 0.45)),
        arrowprops={"arrowstyle": "-|>", "color": VERMILLION, "lw": 2.5},
        color=VERMILLION,
        fontsize=14,
        ha="right" if first > len(alpha_bars) / 2 else "center",
    )
    ax.set(ylim=(0, 1.05), xlim=(0.2, len(alpha_bars) + 0.8))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel(_("step (hollow: skipped)"), fontsize=13, color=INK)
    ax.set_ylabel(_(r"share of the picture $\bar\alpha$"), fontsize=13, color=INK)
    ax.spines[["top", "right"]].set_visible(False)
    return ax
