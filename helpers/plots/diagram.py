"""The map of Stable Diffusion, drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from PIL import Image

from .style import GREEN, GREY, INK, ORANGE, PURPLE, SKY, VERMILLION, literal, new_axes

PARTS = (  # name, what it does, lessons, colour, left, bottom, width; on a canvas of 100 x 54
    ("Text encoder", "words → vectors", "lesson 05", ORANGE, 28, 36, 22),
    ("Noise", "where it starts", "lesson 01", PURPLE, 2, 9, 18),
    ("U-Net", "finds the noise", "lessons 02, 06", SKY, 28, 9, 22),
    ("Scheduler", "removes some of it", "lesson 04", GREEN, 56, 9, 20),
    ("VAE decoder", "latents → picture", "lesson 03", VERMILLION, 56, 36, 20),
)
HEIGHT = 15
ARROWS = (  # from, to, bend
    ((21, 43.5), (28, 43.5), 0),
    ((39, 36), (39, 24), 0),
    ((20, 16.5), (28, 16.5), 0),
    ((50, 16.5), (56, 16.5), 0),
    ((66, 24), (66, 36), 0),
    ((76, 43.5), (80.5, 43.5), 0),
    ((66, 9), (39, 9), -0.25),
)
WORDS: dict[str, Any] = {"ha": "center", "va": "center", "color": INK}


def pipeline_map(
    prompt: str = "A fantasy\nlandscape with\nmountains\nand a river",
    picture: Image.Image | None = None,
    *,
    ax: Axes | None = None,
) -> Axes:
    """The five parts of Stable Diffusion, what flows between them, and the lesson that opens each.

    Args:
        prompt: words that go in; you set the line breaks.
        picture: what comes out; without one, a plain box.
        ax: axes to draw on.
    """
    ax = new_axes(10, 5.4) if ax is None else ax
    ax.set_axis_off()
    for part in PARTS:
        _part(ax, part)
    for start, end, bend in ARROWS:
        _arrow(ax, start, end, bend)
    ax.text(10.5, 43.5, literal(prompt), fontsize=13, **WORDS)
    ax.text(52.5, 2, "again and again: the whole loop is lesson 08", fontsize=13, **WORDS)
    if picture is None:
        _box(ax, (81, 34.5, 18, 18), GREY)
        ax.text(90, 43.5, "picture", fontsize=16, **WORDS)
    else:
        ax.imshow(np.asarray(picture), extent=(81, 99, 34.5, 52.5), aspect="auto")
    ax.set(xlim=(0, 100), ylim=(0, 54))
    return ax


def _part(ax: Axes, part: tuple[str, str, str, str, float, float, float]) -> None:
    """A box with three lines of words; `part` is an entry of `PARTS`."""
    name, role, lessons, colour, left, bottom, width = part
    _box(ax, (left, bottom, width, HEIGHT), colour)
    middle = left + width / 2
    ax.text(middle, bottom + 11, name, fontsize=16, weight="bold", **WORDS)
    ax.text(middle, bottom + 6.8, role, fontsize=13, **WORDS)
    ax.text(middle, bottom + 2.8, lessons, fontsize=13, style="italic", **WORDS)


def _box(ax: Axes, place: tuple[float, float, float, float], colour: str) -> None:
    """A rounded box, filled with a light shade of its border."""
    left, bottom, width, height = place
    shape: dict[str, Any] = {"boxstyle": "round,pad=0,rounding_size=1.5", "linewidth": 2.5}
    box = FancyBboxPatch((left, bottom), width, height, fc=(colour, 0.28), ec=colour, **shape)
    ax.add_patch(box)


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float], bend: float) -> None:
    style: dict[str, Any] = {"arrowstyle": "-|>", "mutation_scale": 20, "lw": 2.2, "color": INK}
    line = f"arc3,rad={bend}"
    ax.add_patch(FancyArrowPatch(start, end, connectionstyle=line, shrinkA=0, shrinkB=1, **style))
