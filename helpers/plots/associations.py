"""Tables of pairs, and costs that differ by powers of ten."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from ..language import _
from .style import BLUE, GREY, INK, VERMILLION, literal, literals, new_axes

Pair = tuple[str, str]
"""Two names."""


def pair_table(
    strengths: Mapping[Pair, float],
    *,
    found: Collection[Pair] = (),
    known: Collection[Pair] = (),
    ax: Axes | None = None,
) -> Axes:
    """A triangle with a square for each pair, dark where the two go together.

    Args:
        strengths: (name, name) -> 0 (independent) ... 1.
        found: pairs that get a frame.
        known: pairs that get a cross, for their reason is known.
        ax: axes to draw on.

    Raises:
        ValueError: no pairs.
    """
    if not strengths:
        raise ValueError("pair_table: strengths is empty; give one pair or more")
    names = list(dict.fromkeys(name for pair in strengths for name in pair))
    table = np.full((len(names), len(names)), np.nan)
    for (one, other), strength in strengths.items():
        table[names.index(other), names.index(one)] = strength
    ax = new_axes(7.6, 6.6) if ax is None else ax
    drawn = ax.imshow(table[1:, :-1], cmap="Blues", vmin=0, vmax=0.3)
    for pair in strengths:
        column, row = names.index(pair[0]), names.index(pair[1]) - 1
        if pair in known:
            ax.plot((column,), (row,), "x", color=GREY, markersize=9, markeredgewidth=2)
        elif pair in found:
            ax.add_patch(_frame(column, row))
    ax.set_xticks(range(len(names) - 1), literals(names[:-1]), rotation=45, ha="right", fontsize=11)
    ax.set_yticks(range(len(names) - 1), literals(names[1:]), fontsize=11)
    ax.tick_params(length=0, colors=INK)
    ax.spines[:].set_visible(False)
    bar = ax.figure.colorbar(drawn, ax=ax, shrink=0.6, extend="max")
    bar.set_label(_("strength (Cramér's V)"), fontsize=11, color=INK)
    return ax


def _frame(column: int, row: int) -> Rectangle:

    return Rectangle(
        (column - 0.42, row - 0.42), 0.84, 0.84, fill=False, edgecolor=VERMILLION, linewidth=2.5
    )


def range_chart(
    rows: Mapping[str, tuple[float, float]], label: str, *, ax: Axes | None = None
) -> Axes:
    """Ranges on a scale of powers of ten, the first row on top.

    Args:
        rows: name -> (lowest, highest), both above 0.
        label: what is measured, with its unit.
        ax: axes to draw on.

    Raises:
        ValueError: no rows, or a range that is not above 0 or stands the wrong way round.
    """
    if not rows:
        raise ValueError("range_chart: rows is empty; give one or more")
    for name, (low, high) in rows.items():
        if not 0 < low <= high:
            raise ValueError(
                f"range_chart: row {name!r} is ({low:.3g}, {high:.3g}); give (lowest, highest) "
                "with 0 < lowest <= highest"
            )
    ax = new_axes(8, 1.3 + 0.55 * len(rows)) if ax is None else ax
    for height, (low, high) in enumerate(rows.values()):
        ax.plot((low, high), (height, height), color=BLUE, linewidth=9, solid_capstyle="round")
        ax.plot((low, high), (height, height), "o", color=BLUE, markersize=8)
        ax.annotate(_amount(low, high), (high, height), xytext=(12, 0), fontsize=11,
                    textcoords="offset points", va="center", color=INK)  # fmt: skip
    ax.set_xscale("log")
    ends = np.array(list(rows.values()))
    ax.set_xlim(ends.min() / 3, ends.max() * 10**6)  # room for what stands beside them
    ax.set_yticks(range(len(rows)), literals(rows), fontsize=12, color=INK)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set_xlabel(literal(label), fontsize=12, color=INK)
    ax.grid(axis="x", color=GREY, alpha=0.25, linewidth=0.8)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(axis="y", length=0)
    return ax


def _amount(low: float, high: float) -> str:
    """A range in two digits: "0.02 to 0.06"."""
    one, other = f"{low:,.2g}", f"{high:,.2g}"
    if high >= 10:
        one, other = (f"{float(f'{value:.2g}'):,.0f}" for value in (low, high))
    return one if one == other else _("{one} to {other}", one=one, other=other)
