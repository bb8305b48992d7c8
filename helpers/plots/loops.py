"""Training beside sampling, drawn: what is known in the one, and missing in the other."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from torch import Tensor

from ..language import _
from .style import BLUE, GREY, INK, PURPLE, VERMILLION, new_axes

PICTURE = 13
"""Side of a small picture, on a canvas of 128 x 70."""

WORDS: dict[str, Any] = {"ha": "center", "va": "center", "color": INK}

BOXES = (  # left, bottom, width, height, words, colour
    (21, 20, 19, 13, _("network\nfinds the noise"), BLUE),
    (45, 20, 15, 13, _("compare"), VERMILLION),
    (26, 4, 29, 8, _("adjust the weights a little"), VERMILLION),
    (87, 20, 19, 13, _("network\nfinds the noise"), BLUE),
    (110, 20, 16.5, 13, _("step: take\nsome away"), PURPLE),
)
ARROWS = (  # from, to, bend
    ((15, 48.5), (22, 48.5), 0),
    ((47, 48.5), (35, 48.5), 0),
    ((28.5, 42), (28.5, 33), 0),
    ((40, 26.5), (45, 26.5), 0),
    ((53.5, 42), (53.5, 33), 0),
    ((52.5, 20), (48, 12), 0),
    ((32, 12), (30.5, 20), 0),
    ((82, 26.5), (87, 26.5), 0),
    ((106, 26.5), (110, 26.5), 0),
    ((118.5, 20), (96.5, 20), -0.35),
    ((118.5, 33), (118.5, 42), 0),
)
HEADINGS = ((32, _("Training: the picture is known")), (98, _("Sampling: there is no picture")))
SMALL = (  # x, y, words
    (8.5, 57.5, _("a picture\nof the data set")),
    (28.5, 57.5, _("mixed, at level t")),
    (53.5, 57.5, _("noise")),
    (75.5, 35.5, _("pure noise")),
    (118.5, 57.5, _("a drawing")),
    (107.5, 11.5, _("again, at a lower noise level")),
    (112, 37.5, _("at the end")),
)


def training_and_sampling(pictures: dict[str, Tensor], *, ax: Axes | None = None) -> Axes:
    """The two loops of a diffusion model side by side, with real pictures in them.

    Args:
        pictures: "clean", "noise", "mixed" of the training, "start" and "drawn" of the sampling,
            each (1, 1, h, w): 1 is ink, -1 is paper.
        ax: axes to draw on.

    Raises:
        ValueError: another set of pictures.
    """
    places = {"clean": (2, 42), "mixed": (22, 42), "noise": (47, 42), "start": (69, 20),
              "drawn": (112, 42)}  # fmt: skip
    if set(pictures) != set(places):
        raise ValueError(
            f"training_and_sampling: got the pictures {sorted(pictures)}; give {sorted(places)}"
        )
    ax = new_axes(11.5, 6.3) if ax is None else ax
    ax.set_axis_off()
    for name, corner in places.items():
        shown = pictures[name].reshape(pictures[name].shape[-2:]).numpy()
        _picture(ax, shown, *corner)
    for left, bottom, width, height, words, colour in BOXES:
        _box(ax, (left, bottom, width, height), words, colour)
    for start, end, bend in ARROWS:
        _arrow(ax, start, end, bend)
    for x, words in HEADINGS:
        ax.text(x, 66, words, fontsize=17, weight="bold", **WORDS)
    for across, up, words in SMALL:
        ax.text(across, up, words, fontsize=13, **WORDS)
    ax.plot((65, 65), (2, 68), color=GREY, linewidth=1, linestyle=":")
    ax.set(xlim=(0, 128), ylim=(0, 70), aspect="equal")
    return ax


def _picture(ax: Axes, shown: np.ndarray, left: float, bottom: float) -> None:
    extent = (left, left + PICTURE, bottom, bottom + PICTURE)
    ax.imshow(shown, cmap="gray_r", vmin=-1, vmax=1, extent=extent, interpolation="nearest")
    ax.add_patch(FancyBboxPatch((left, bottom), PICTURE, PICTURE, boxstyle="square,pad=0",
                                fc="none", ec=GREY, linewidth=1))  # fmt: skip


def _box(ax: Axes, place: tuple[float, float, float, float], words: str, colour: str) -> None:
    left, bottom, width, height = place
    shape: dict[str, Any] = {"boxstyle": "round,pad=0,rounding_size=1.5", "linewidth": 2.5}
    box = FancyBboxPatch((left, bottom), width, height, fc=(colour, 0.2), ec=colour, **shape)
    ax.add_patch(box)
    ax.text(left + width / 2, bottom + height / 2, words, fontsize=13, **WORDS)


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float], bend: float) -> None:
    style: dict[str, Any] = {"arrowstyle": "-|>", "mutation_scale": 18, "lw": 2, "color": INK}
    line = f"arc3,rad={bend}"
    ax.add_patch(FancyArrowPatch(start, end, connectionstyle=line, shrinkA=1, shrinkB=1, **style))
