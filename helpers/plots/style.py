"""Colours and empty axes that all figures share.

Figures have an opaque light background of their own, so they read the same on a light and on a
dark page. The colours are those of Okabe and Ito (Color Universal Design, 2008), which colour-blind
readers can tell apart.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from importlib import metadata
from typing import Any

import matplotlib.pyplot as plt
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.text import Text

PAPER, INK, GREY = "#fbfaf7", "#22262b", "#6b7280"
ORANGE, SKY, GREEN, YELLOW = "#e69f00", "#56b4e9", "#009e73", "#f0e442"
BLUE, VERMILLION, PURPLE = "#0072b2", "#d55e00", "#cc79a7"

JAPANESE = re.compile("[\u2e80-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")
"""A letter of Japanese that Matplotlib's own font does not have."""

BOLD = 0.7
"""Points of the line around a letter that stands for a bold one."""


class Sheet(Figure):
    """A figure in which Japanese letters are drawn as such, on every computer."""

    def draw(self, renderer: Any) -> None:
        """Draws, each text in a font that has its letters."""
        spell(self)
        super().draw(renderer)


def spell(figure: Figure) -> None:
    """Gives the texts of a figure that hold Japanese letters a font for them; no other changes.

    Such a font stands first, because a text with a formula uses one font alone for its words. It
    has no bold letters: a line around the others makes up for them.
    """
    for text in figure.findobj(Text):
        if not JAPANESE.search(text.get_text()) or not (name := japanese_font()):
            continue
        others = [family for family in text.get_fontfamily() if family != name]
        text.set_fontfamily([name, *others])
        if text.get_fontweight() == "bold":
            text.set_fontweight("normal")
            text.set_path_effects([withStroke(linewidth=BOLD, foreground=text.get_color())])


@functools.cache
def japanese_font() -> str | None:
    """The name of the font that the package matplotlib-fontja brings; None without that package.

    The package is not imported: that would change every other figure of the reader, too.
    """
    try:
        package = metadata.distribution("matplotlib-fontja")
    except metadata.PackageNotFoundError:
        return None
    path = package.locate_file("matplotlib_fontja/fonts/ipaexg.ttf")
    font_manager.fontManager.addfont(str(path))
    return font_manager.get_font(str(path)).family_name


def new_axes(width: float = 8, height: float = 4) -> Axes:
    """Axes on a new figure with the course's background; sizes in inches."""
    whole: dict[str, Any] = {"facecolor": PAPER, "layout": "constrained", "FigureClass": Sheet}
    _figure, ax = plt.subplots(figsize=(width, height), **whole)
    ax.set_facecolor(PAPER)
    ax.tick_params(colors=INK)
    return ax


LONGEST = 120
"""Letters of a line that a figure shows; a longer line would squash everything else."""

NOTATION = (
    "$x_0$", "$x_t$", "$x_{999}$", r"$\hat{x}_0$", r"$\epsilon$", r"$\bar\alpha$", r"$\bar\alpha_t$"
)  # fmt: skip
"""The course's own formulas: they are set as such wherever a figure shows words."""


def literal(text: str) -> str:
    """Words of a reader as a figure shows them, letter by letter: a dollar is a dollar.

    Matplotlib would set what stands between two dollars as a formula. Only `NOTATION` stays one.
    Half a character becomes "�", and of a very long line the beginning is shown.
    """
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    lines = [line if len(line) <= LONGEST else f"{line[:LONGEST]} …" for line in whole.split("\n")]
    shown = rest = "\n".join(lines)
    for formula in NOTATION:
        rest = rest.replace(formula, "")
    return shown.replace("$", r"\$") if "$" in rest else shown


def literals(texts: Iterable[str]) -> list[str]:
    """Several texts as `literal` gives them."""
    return [literal(text) for text in texts]
