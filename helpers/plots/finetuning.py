"""Figures of lesson 10: how low a rank is, and how many pictures obey, after and on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter
from torch import Tensor

from ..language import _
from .style import BLUE, GREEN, GREY, INK, ORANGE, PURPLE, SKY, VERMILLION, literal, new_axes

COLOURS = (BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILLION)
MARKS = "os^Dvx"

_RECORDED = (
    "before", "seed-0", "seed-1", "seed-2", "with old", "without old",
    "as drawn", "other light", "other style", "other place", "white house", "red house",
)  # fmt: skip
RECORDED = dict(
    zip(
        _RECORDED,
        _(
            "before, training 1, training 2, training 3, with old pictures, without old pictures, "
            "as drawn, other light, other style, other place, white house, red house"
        ).split(", "),
        strict=True,
    )
)
"""Trainings and questions of the records -> what a figure calls them."""


TRAININGS = {
    "before": GREY,
    "seed-0": BLUE,
    "seed-1": ORANGE,
    "seed-2": GREEN,
}
"""Trainings of the records -> the colour that each has in every figure."""


def called(name: str) -> str:
    """A row's or a group's name as it is drawn."""
    return literal(RECORDED.get(name, name))


def singular_values(values: Mapping[str, Tensor], *, ax: Axes | None = None) -> Axes:
    """Singular values from the largest on, each row as a share of its own largest.

    Args:
        values: name -> (K,), sorted from large to small; one that is called "noise" is grey.
        ax: axes to draw on.

    Raises:
        ValueError: a row is empty, or its first value is not above 0.
    """
    ax = new_axes(8, 3.8) if ax is None else ax
    for number, (name, row) in enumerate(values.items()):
        if not len(row) or not float(row[0]) > 0:
            raise ValueError(f"singular_values: {name!r} has no value above 0; give svdvals(...)")
        grey = name == "noise"
        ax.plot(
            range(1, len(row) + 1),
            (row / row[0]).tolist(),
            color=GREY if grey else COLOURS[number % len(COLOURS)],
            marker=MARKS[number % len(MARKS)],
            markersize=4,
            label=_("noise") if grey else literal(name),
        )
    ax.set(ylim=(0, 1.05), xscale="log")
    ax.set_xlabel(_("number of the singular value"), fontsize=13, color=INK)
    ax.set_ylabel(_("share of the largest"), fontsize=13, color=INK)
    ax.legend(frameon=False, labelcolor=INK)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def share_bars(
    rows: Mapping[str, Sequence[float]],
    groups: Sequence[str],
    label: str = "",
    *,
    ax: Axes | None = None,
) -> Axes:
    """Shares as bars, a group for each question and in it a bar for each model, with its number.

    Args:
        rows: name of a model -> a share in [0, 1] for each group.
        groups: names of the groups.
        label: what the shares are of; pictures, if nothing is said.
        ax: axes to draw on.

    Raises:
        ValueError: a row has another number of shares than there are groups.
    """
    ax = new_axes(9, 3.8) if ax is None else ax
    width = 0.84 / max(len(rows), 1)
    for number, (name, shares) in enumerate(rows.items()):
        if len(shares) != len(groups):
            raise ValueError(
                f"share_bars: row {name!r} has {len(shares)} shares for {len(groups)} groups; "
                "give one for each"
            )
        places = [k + (number - (len(rows) - 1) / 2) * width for k in range(len(groups))]
        usual = GREY if number == 0 and len(rows) > 1 else COLOURS[number % len(COLOURS)]
        colour = TRAININGS.get(name, usual)
        ax.bar(places, shares, 0.92 * width, color=colour, label=called(name))
        for place, share in zip(places, shares, strict=True):
            ax.text(place, share + 0.01, f"{100 * share:.0f}", ha="center", fontsize=9, color=INK)
    ax.set_xticks(range(len(groups)), [called(group) for group in groups], fontsize=12)
    ax.set(ylim=(0, 1.12))
    ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.set_ylabel(literal(label) or _("share of pictures"), fontsize=13, color=INK)
    ax.legend(frameon=False, labelcolor=INK, ncols=min(len(rows), 5), loc="upper left",
              bbox_to_anchor=(0, 1.18))  # fmt: skip
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def learning_curves(
    curves: Mapping[str, Sequence[tuple[int, float]]], *, ax: Axes | None = None
) -> Axes:
    """Shares of pictures that obey, after so many steps of a training.

    Args:
        curves: name of a training -> (steps, share in [0, 1]), in order.
        ax: axes to draw on.

    Raises:
        ValueError: a curve is empty.
    """
    ax = new_axes(8, 3.8) if ax is None else ax
    for number, (name, points) in enumerate(curves.items()):
        if not points:
            raise ValueError(f"learning_curves: {name!r} is empty; give (steps, share) pairs")
        steps, shares = zip(*points, strict=True)
        ax.plot(
            steps,
            shares,
            color=TRAININGS.get(name, COLOURS[number % len(COLOURS)]),
            marker=MARKS[number % len(MARKS)],
            linewidth=2,
            label=called(name),
        )
    ax.set(ylim=(-0.03, 1.05))
    ax.set_xlabel(_("training step"), fontsize=13, color=INK)
    ax.set_ylabel(_("share of pictures"), fontsize=13, color=INK)
    ax.legend(frameon=False, labelcolor=INK, fontsize=12, loc="lower right")
    ax.spines[["top", "right"]].set_visible(False)
    return ax
