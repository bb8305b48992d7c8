"""The U-Net, drawn from what it is: every part of one call, level by level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import FancyBboxPatch, Patch

from ..language import _
from ..unet import Stop
from .style import BLUE, GREEN, GREY, INK, ORANGE, PURPLE, VERMILLION, literal, new_axes

COLOURS = {"conv": GREY, "residual": BLUE, "attention": ORANGE, "halve": GREEN, "double": GREEN}
NAMES = {
    "conv": _("3 × 3 convolution"),
    "residual": _("residual block"),
    "attention": _("self- and cross-attention"),
    "halve": _("halve or double the side"),
}
TALLEST, SHRINK, SHORTEST = 2.6, 0.72, 0.9
WIDE, GAP, RISE, FALL = 0.62, 0.22, 0.17, 0.85
"""Of a box: its width and what is left beside it; between two skip lines; between two rows."""


@dataclass(frozen=True)
class _Box:
    stop: Stop
    level: int
    left: float
    bottom: float
    height: float

    @property
    def middle(self) -> float:
        return self.left + WIDE / 2

    @property
    def top(self) -> float:
        return self.bottom + self.height


def unet_map(stops: Sequence[Stop], *, given: int = 4, ax: Axes | None = None) -> Axes:
    """A U-Net from left to right: each box a part, its number the channels that leave it.

    A row is a level, with the side of its canvas written beside it. Lines over the boxes are skip
    connections; a dot under a box tells where the time or the words come in.

    Args:
        stops: from `helpers.unet.stops`.
        given: channels of the latents.
        ax: axes to draw on.

    Raises:
        ValueError: no stops.
    """
    if not stops:
        raise ValueError("unet_map: stops is empty; take helpers.unet.stops(unet)")
    boxes = _placed(stops)
    ax = new_axes(11, 6.4) if ax is None else ax
    ax.set_axis_off()
    for box in boxes:
        _draw(ax, box)
    for before, after in zip(boxes, boxes[1:], strict=False):
        if before.level != after.level:
            _arrow(ax, (before.left + WIDE, before.bottom + before.height / 2), after)
    _skips(ax, boxes)
    _sides(ax, boxes)
    right = boxes[-1].left + WIDE
    margin = 0.11 * right
    _ends(ax, boxes, given, margin)
    _legend(ax)
    ax.set(xlim=(-margin, right + margin), ylim=(min(b.bottom for b in boxes) - 0.6, TALLEST + 1.5))
    return ax


def _placed(stops: Sequence[Stop]) -> list[_Box]:
    """Boxes from left to right, in rows that are lower the smaller the canvas is."""
    heights = sorted({stop.shape[1] for stop in stops}, reverse=True)
    tall = [max(TALLEST * SHRINK**level, SHORTEST) for level in range(len(heights))]
    lines = [sum(s.saved and s.shape[1] == height for s in stops) for height in heights]
    bottoms = [0.0]
    for level in range(1, len(heights)):
        room = tall[level] + RISE * (lines[level] + 1) + FALL
        bottoms.append(bottoms[-1] - room)
    found, left = [], 0.0
    for stop in stops:
        level = heights.index(stop.shape[1])
        found.append(_Box(stop, level, left, bottoms[level], tall[level]))
        left += WIDE + GAP
    return found


def _draw(ax: Axes, box: _Box) -> None:
    colour = COLOURS[box.stop.kind]
    shape: dict[str, Any] = {"boxstyle": "round,pad=0,rounding_size=0.12", "linewidth": 1.6}
    size = (box.left, box.bottom), WIDE, box.height
    ax.add_patch(FancyBboxPatch(*size, fc=(colour, 0.35), ec=colour, zorder=3, **shape))
    middle = box.bottom + box.height / 2
    ax.text(box.middle, middle, str(box.stop.shape[0]), rotation=90, fontsize=11, color=INK,
            ha="center", va="center", zorder=4)  # fmt: skip
    enters = {"residual": PURPLE, "attention": VERMILLION}.get(box.stop.kind)
    if enters:
        ax.plot(box.middle, box.bottom - 0.24, "o", color=enters, markersize=6)


def _arrow(ax: Axes, start: tuple[float, float], after: _Box) -> None:
    """From one level to the next: the side is halved or doubled."""
    end = (after.left + WIDE / 2, after.top if after.stop.kind == "halve" else after.bottom)
    line: dict[str, Any] = {"arrowstyle": "-|>", "color": GREEN, "lw": 1.8, "shrinkA": 0}
    line["connectionstyle"] = "angle,angleA=0,angleB=90,rad=3"
    ax.annotate("", end, start, arrowprops=line, zorder=2)


def _skips(ax: Axes, boxes: Sequence[_Box]) -> None:
    """Over the boxes: what was saved last is used first, so the lines of a row lie nested."""
    saved: list[_Box] = []
    nested: dict[int, int] = {}
    for box in boxes:
        if box.stop.saved:
            saved.append(box)
        if box.stop.joined:
            start = saved.pop()
            count = nested[box.level] = nested.get(box.level, 0) + 1
            height = box.top + RISE * count
            ax.plot([start.middle, start.middle, box.middle], [start.top, height, height],
                    color=INK, lw=1.3, zorder=1)  # fmt: skip
            ax.annotate("", (box.middle, box.top), (box.middle, height + 0.02),
                        arrowprops={"arrowstyle": "-|>", "color": INK, "lw": 1.3, "shrinkA": 0,
                                    "shrinkB": 0})  # fmt: skip


def _sides(ax: Axes, boxes: Sequence[_Box]) -> None:
    """Height and width of each level, at the left of its first box."""
    for level in sorted({box.level for box in boxes}):
        first = next(box for box in boxes if box.level == level)
        _channels, height, width = first.stop.shape
        place = (first.left - 0.3, first.bottom + 0.1 if level else first.bottom - 0.55)
        ax.text(*place, f"{height} × {width}", ha="right", va="bottom", fontsize=13, color=INK)


def _ends(ax: Axes, boxes: Sequence[_Box], given: int, margin: float) -> None:
    """The latents that go in, and what comes out, in margins of this width."""
    first, last = boxes[0], boxes[-1]
    middle = first.bottom + first.height / 2
    line = {"arrowstyle": "-|>", "color": INK, "lw": 1.8, "shrinkA": 0, "shrinkB": 2}
    words: dict[str, Any] = {"ha": "center", "va": "bottom", "fontsize": 12, "color": INK}
    ax.annotate("", (0, middle), (-0.6 * margin, middle), arrowprops=line)
    enters = literal(_("$x_t$\n{count} channels", count=given))
    ax.text(-0.55 * margin, middle + 0.15, enters, **words)
    end, answer = last.left + WIDE, _("answer\n{count} channels", count=last.stop.shape[0])
    ax.annotate("", (end + 0.6 * margin, middle), (end, middle), arrowprops=line)
    ax.text(end + 0.55 * margin, middle + 0.15, answer, **words)


def _legend(ax: Axes) -> None:
    kinds = [Patch(fc=(COLOURS[kind], 0.35), ec=COLOURS[kind], label=name)
             for kind, name in NAMES.items()]  # fmt: skip
    dot: dict[str, Any] = {"marker": "o", "linestyle": "none", "markersize": 6}
    marks = [
        Line2D([], [], color=INK, lw=1.3, label=_("skip connection")),
        Line2D([], [], color=PURPLE, label=_("the time comes in"), **dot),
        Line2D([], [], color=VERMILLION, label=_("the words come in"), **dot),
    ]
    style: dict[str, Any] = {"frameon": False, "fontsize": 11, "labelcolor": INK}
    ax.add_artist(ax.legend(handles=kinds, loc="lower left", **style))
    ax.legend(handles=marks, loc="lower right", **style)
