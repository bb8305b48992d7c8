"""Counts and measures with their uncertainty: shares, dots, thresholds, and who is caught."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from ..language import _
from .style import BLUE, GREEN, GREY, INK, VERMILLION, literal, literals, new_axes

Interval = tuple[float, float, float]
"""A share with the ends of its interval: (share, low, high)."""

ROUNDING = 1e-9
"""What an end of an interval may miss 0 or 1 by."""

COLOURS = (BLUE, VERMILLION, GREEN, GREY)
SHAPES = ("o", "s", "^", "D")


def share_chart(
    rows: Mapping[str, Interval],
    label: str,
    *,
    marks: Mapping[str, float] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Shares as dots with their intervals, the first row on top.

    Args:
        rows: name -> (share, low, high), each from 0 to 1.
        label: what the shares are of.
        marks: name -> a share that is known, drawn as a dashed line.
        ax: axes to draw on.

    Raises:
        ValueError: no rows, or a share that does not lie in its interval.
    """
    for name, (share, low, high) in rows.items():
        if not -ROUNDING <= low <= share + ROUNDING <= high + 2 * ROUNDING <= 1 + 3 * ROUNDING:
            raise ValueError(
                f"share_chart: row {name!r} is ({share:.3g}, {low:.3g}, {high:.3g}); give "
                "(share, low, high) with 0 <= low <= share <= high <= 1"
            )
    ax = _rows_of("share_chart", rows, label, ax)
    for height, (share, low, high) in enumerate(rows.values()):
        ax.plot((low, high), (height, height), color=BLUE, linewidth=3, alpha=0.55)
        ax.plot((share,), (height,), "o", color=BLUE, markersize=10)
    paper = {"facecolor": ax.get_facecolor(), "edgecolor": "none", "pad": 1}  # the next line ends
    for k, (name, share) in enumerate((marks or {}).items()):
        ax.axvline(share, color=VERMILLION, linestyle="--", linewidth=1.8)
        ax.annotate(literal(name), (share, -0.75 + 0.3 * k), xytext=(5, 0), fontsize=11,
                    textcoords="offset points", color=INK, va="center", bbox=paper)  # fmt: skip
    ax.set_xlim(-0.03, 1.03)
    ax.set_ylim(len(rows) - 0.4, -1.0 if marks else -0.6)
    return ax


def dot_rows(
    rows: Mapping[str, Sequence[float]],
    label: str,
    *,
    line: tuple[float, str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """A pale dot for each value, a short line for the mean of each row, the first row on top.

    Args:
        rows: name -> values.
        label: what the values are.
        line: (value, words) of a dashed line across all rows.
        ax: axes to draw on.

    Raises:
        ValueError: no rows, or an empty one.
    """
    for name, values in rows.items():
        if not len(values):
            raise ValueError(f"dot_rows: row {name!r} is empty; give one or more values")
    ax = _rows_of("dot_rows", rows, label, ax)
    for height, values in enumerate(rows.values()):
        mean = float(np.mean(values))
        ax.scatter(values, np.full(len(values), height), s=45, color=BLUE, alpha=0.45, zorder=3)
        ax.plot((mean, mean), (height - 0.3, height + 0.3), color=INK, linewidth=3)
    if line is not None:
        ax.axvline(line[0], color=VERMILLION, linestyle="--", linewidth=1.8)
        ax.annotate(literal(line[1]), (line[0], -0.75), xytext=(5, 0), fontsize=11,
                    textcoords="offset points", color=INK, va="center")  # fmt: skip
    ax.set_ylim(len(rows) - 0.4, -0.6 if line is None else -1.0)
    return ax


def roc_chart(
    curves: Mapping[str, tuple[Sequence[float], Sequence[float]]], *, ax: Axes | None = None
) -> Axes:
    """How many are caught against how many are accused wrongly, for every threshold.

    Args:
        curves: name -> (fractions accused wrongly, fractions caught), both rising from 0 to 1.
        ax: axes to draw on.

    Raises:
        ValueError: no curves.
    """
    if not curves:
        raise ValueError("roc_chart: curves is empty; give one or more")
    ax = new_axes(5.4, 4.6) if ax is None else ax
    ax.plot((0, 1), (0, 1), "--", color=GREY, linewidth=1.5, label=_("guessing"))
    for k, (name, (wrong, caught)) in enumerate(curves.items()):
        ax.step(wrong, caught, where="post", linewidth=3, color=COLOURS[k % 4], label=literal(name))
    ax.set_xlabel(_("accused wrongly"), fontsize=12, color=INK)
    ax.set_ylabel(_("caught"), fontsize=12, color=INK)
    ax.set_xlim(-0.02, 1.02)
    ax.set_ylim(-0.02, 1.04)
    ax.legend(frameon=False, fontsize=11, labelcolor=INK, loc="lower right")
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def threshold_page(groups: Mapping[str, Sequence[float]], forbidden: str, threshold: float) -> Axes:
    """Scores of several groups with one threshold: what lies to its right is blocked.

    Args:
        groups: name -> scores.
        forbidden: the group that should be blocked; of the others nothing should.
        threshold: where the line stands.

    Returns:
        The axes; below each name stands how many of the group are blocked.

    Raises:
        ValueError: there is no group of the name `forbidden`.
    """
    if forbidden not in groups:
        raise ValueError(
            f"threshold_page: forbidden must be one of {', '.join(map(repr, groups))}, got "
            f"{forbidden!r}"
        )
    blocked = {name: int(np.sum(np.asarray(v) > threshold)) for name, v in groups.items()}
    names = [
        _("{name}\n{blocked} of {count} blocked", name=name, blocked=blocked[name], count=len(v))
        for name, v in groups.items()
    ]
    ax = _rows_of("threshold_page", dict.fromkeys(names), _("score"), None, each=0.95)
    spread = np.random.default_rng(0)
    for height, (name, scores) in enumerate(groups.items()):
        jitter = height + spread.uniform(-0.28, 0.28, len(scores))
        ours = name == forbidden
        ax.scatter(scores, jitter, s=34, marker=SHAPES[1 if ours else 0], alpha=0.6,
                   color=VERMILLION if ours else BLUE)  # fmt: skip
    every = np.concatenate([np.asarray(scores) for scores in groups.values()])
    ax.set_xlim(every.min() - 0.02, every.max() + 0.02)
    ax.axvspan(threshold, ax.get_xlim()[1], color=GREY, alpha=0.15, linewidth=0)
    ax.axvline(threshold, color=INK, linewidth=2)
    return ax


def _rows_of(
    caller: str, rows: Mapping[str, object], label: str, ax: Axes | None, each: float = 0.5
) -> Axes:
    """Axes with a named row for each, the first on top."""
    if not rows:
        raise ValueError(f"{caller}: there are no rows; give one or more")
    ax = new_axes(8, 1.3 + each * len(rows)) if ax is None else ax
    ax.set_yticks(range(len(rows)), literals(rows), fontsize=12, color=INK)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set_xlabel(literal(label), fontsize=12, color=INK)
    ax.grid(axis="x", color=GREY, alpha=0.25, linewidth=0.8)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(axis="y", length=0)
    return ax
