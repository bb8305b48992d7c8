"""The map of Stable Diffusion, drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from PIL import Image

from ..language import _
from .style import GREEN, GREY, INK, ORANGE, SKY, VERMILLION, YELLOW, literal, new_axes

PARTS = (  # name, what it does, lessons, colour, left, bottom, width; on a canvas of 100 x 54
    (_("Tokenizer"), _("words → numbers"), _("lesson 05"), YELLOW, 18.5, 36, 19),
    (_("Text encoder"), _("numbers → vectors"), _("lesson 05"), ORANGE, 43, 36, 20.5),
    (_("U-Net"), _("finds the noise"), _("lessons 02, 06, 07"), SKY, 22, 9, 20.5),
    (_("Scheduler"), _("removes a part"), _("lesson 04"), GREEN, 51.5, 9, 18.5),
    (_("VAE decoder"), _("latents → picture"), _("lesson 03"), VERMILLION, 79, 9, 20),
)
HEIGHT = 15
LETTER = 6.3
"""Points of a Japanese letter for which a unit of the canvas has room."""

ARROWS = (  # from, to, bend
    ((14.5, 43.5), (18.5, 43.5), 0),
    ((37.5, 43.5), (43, 43.5), 0),
    ((50, 36), (35, 24), 0),
    ((14, 16.5), (22, 16.5), 0),
    ((42.5, 16.5), (51.5, 16.5), 0),
    ((70, 16.5), (79, 16.5), 0),
    ((60.5, 9), (32.5, 9), -0.3),
    ((89, 24), (89, 34.5), 0),
)
FLOWS = (  # what an arrow carries, across, up
    (_("vectors"), 48, 29.5),
    (_("latents"), 17.8, 18.6),
    (_("noise"), 46.8, 18.6),
    (_("latents"), 74.3, 18.6),
    (_("latents"), 46.5, 6.8),
)
PROMPT = _("A fantasy\nlandscape with\nmountains\nand a river")
WORDS: dict[str, Any] = {"ha": "center", "va": "center", "color": INK}


def pipeline_map(
    prompt: str = PROMPT,
    picture: Image.Image | None = None,
    *,
    ax: Axes | None = None,
) -> Axes:
    """The five parts of Stable Diffusion, the lesson that opens each, and what flows between them.

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
    for carried, across, up in FLOWS:
        ax.text(across, up, carried, fontsize=13, style="italic", **WORDS)
    ax.text(7.2, 43.5, literal(prompt), fontsize=13, **WORDS)
    ax.text(7, 16.5, _("pure noise\n(lesson 01)"), fontsize=13, **WORDS)
    ax.text(46.5, 1.7, _("once in every step; the whole loop is lesson 08"), fontsize=13, **WORDS)
    if picture is None:
        _box(ax, (80, 35, 18, 18), GREY)
        ax.text(89, 44, _("picture"), fontsize=16, **WORDS)
    else:
        ax.imshow(np.asarray(picture), extent=(80, 98, 35, 53), aspect="auto")
    ax.set(xlim=(0, 100), ylim=(0, 54))
    return ax


def _part(ax: Axes, part: tuple[str, str, str, str, float, float, float]) -> None:
    """A box with three lines of words; `part` is an entry of `PARTS`."""
    name, role, lessons, colour, left, bottom, width = part
    _box(ax, (left, bottom, width, HEIGHT), colour)
    middle = left + width / 2
    size = 16 if name.isascii() else min(16, LETTER * width / len(name))
    ax.text(middle, bottom + 11, name, fontsize=size, weight="bold", **WORDS)
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
