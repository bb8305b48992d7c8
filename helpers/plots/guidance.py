"""Guidance as curves and arrows: how far the words move the guess, and the same in a plane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.gridspec import SubplotSpec
from torch import Tensor

from ..language import _
from .style import BLUE, GREY, INK, ORANGE, PAPER, VERMILLION, literal, new_axes

REACH = 3.4
"""Half the width of the part of the plane that is shown, in standard deviations of the data."""


def words_pull(times: Sequence[float], moved: Tensor, *, ax: Axes | None = None) -> Axes:
    """How far the words move the guess, step by step: the mean of several runs, and their range.

    Args:
        times: t of each step; noise is drawn on the left, as in a run.
        moved: (steps, runs), above 0, in standard deviations of the latents.
        ax: axes to draw on.

    Raises:
        ValueError: another number of rows than of times.
    """
    if moved.ndim != 2 or len(moved) != len(times):
        raise ValueError(
            f"words_pull: moved must be (steps, runs) with {len(times)} rows, one for each time, "
            f"got {tuple(moved.shape)}"
        )
    ax = new_axes(7.6, 3.9) if ax is None else ax
    low, high = moved.amin(1).tolist(), moved.amax(1).tolist()
    label = _("range of {count} seeds", count=moved.shape[1])
    ax.fill_between(times, low, high, color=BLUE, alpha=0.25, linewidth=0, label=label)
    ax.plot(times, moved.mean(1).tolist(), "o-", color=BLUE, linewidth=2.5, label=_("mean"))
    ax.axhline(1, color=GREY, linestyle="--", linewidth=1.5)
    ax.text(min(times), 1.08, _("the latents' standard deviation"), ha="right", va="bottom",
            fontsize=12, color=GREY)  # fmt: skip
    ax.set_yscale("log")
    ax.yaxis.set_major_formatter(lambda value, _place: f"{value:g}")
    ax.set_ylim(top=max(2.4, 1.3 * max(high)))
    ax.invert_xaxis()
    ax.set_xlabel(_("timestep t: from noise (left) to picture (right)"), fontsize=13, color=INK)
    ax.set_ylabel(_("words move the guess by\n(standard deviations)"), fontsize=13, color=INK)
    ax.legend(fontsize=12, frameon=False, loc="lower left")
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize=12, colors=INK)
    return ax


def guided_plane(
    data: Tensor,
    own: Tensor,
    arrows: tuple[Tensor, Tensor, Tensor],
    paths: Mapping[float, Tensor],
    *,
    ax: Axes | None = None,
) -> Axes:
    """Guidance in the plane: the two arrows at one point, then the paths that guided arrows draw.

    Args:
        data: (N, 2), every point that there is.
        own: (n, 2), those that the words ask for.
        arrows: a point, the end of its arrow without words, and that of its arrow with them, (2,)
            each.
        paths: guidance scale -> (steps + 1, B, 2), where each of B points went.
        ax: axes whose place is taken.

    Returns:
        The axes of the last panel.
    """
    whole = new_axes(6.8, 6.9) if ax is None else ax
    place = whole.get_subplotspec()
    figure = whole.figure
    whole.remove()
    rows = -(-(len(paths) + 1) // 2)
    grid = place.subgridspec(rows, 2) if place else figure.add_gridspec(rows, 2)
    panels = [_panel(figure, grid[k // 2, k % 2], data, own) for k in range(len(paths) + 1)]
    _two_arrows(panels[0], *arrows)
    for panel, (scale, path) in zip(panels[1:], paths.items(), strict=True):
        for k in range(path.shape[1]):
            panel.plot(*path[:, k].T.tolist(), color=INK, linewidth=0.5, alpha=0.35, zorder=2)
        x, y = path[-1].T.tolist()
        panel.scatter(x, y, s=14, color=VERMILLION, zorder=3)
        panel.set_title(f"w = {scale:g}", fontsize=13, color=INK)
    return panels[-1]


def _panel(figure: Figure | SubFigure, cell: SubplotSpec, data: Tensor, own: Tensor) -> Axes:
    panel = figure.add_subplot(cell)
    panel.set_facecolor(PAPER)
    for points, colour in ((data, "#c9ccd1"), (own, "#8fc1e3")):
        x, y = points.T.tolist()
        panel.scatter(x, y, s=7, color=colour, zorder=1, linewidth=0)
    panel.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), xticks=[], yticks=[], aspect="equal")
    panel.spines[:].set_color("#c9ccd1")
    return panel


def _two_arrows(panel: Axes, point: Tensor, without: Tensor, with_words: Tensor) -> None:
    """Without words, with them, and the difference three times from the end of the first."""
    guided = without + 3 * (with_words - without)
    _arrow(panel, point, without, GREY, _("without words"), "-")
    _arrow(panel, point, with_words, BLUE, _("with words"), "-")
    _arrow(panel, without, guided, ORANGE, _("their difference × 3"), "--")
    _arrow(panel, point, guided, VERMILLION, _("guided, w = 3"), "-")
    panel.scatter([float(point[0])], [float(point[1])], s=40, color=INK, zorder=5)
    panel.legend(fontsize=9.5, frameon=True, facecolor=PAPER, edgecolor="none", loc="lower left")
    panel.set_title(_("two arrows, added"), fontsize=13, color=INK)


def _arrow(panel: Axes, start: Tensor, end: Tensor, colour: str, name: str, line: str) -> None:
    look = {"arrowstyle": "-|>", "color": colour, "linewidth": 2.2, "linestyle": line,
            "shrinkA": 0, "shrinkB": 0, "mutation_scale": 15}  # fmt: skip
    tip, tail = (float(end[0]), float(end[1])), (float(start[0]), float(start[1]))
    panel.annotate("", tip, tail, arrowprops=look, zorder=4)
    panel.plot([], [], line, color=colour, linewidth=2.2, label=literal(name))
