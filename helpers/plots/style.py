"""Colours and empty axes that all figures share.

Figures have an opaque light background of their own, so they read the same on a light and on a
dark page. The colours are those of Okabe and Ito (Color Universal Design, 2008), which colour-blind
readers can tell apart.
"""

from __future__ import annotations

from collections.abc import Iterable

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

PAPER, INK, GREY = "#fbfaf7", "#22262b", "#6b7280"
ORANGE, SKY, GREEN, YELLOW = "#e69f00", "#56b4e9", "#009e73", "#f0e442"
BLUE, VERMILLION, PURPLE = "#0072b2", "#d55e00", "#cc79a7"


def new_axes(width: float = 8, height: float = 4) -> Axes:
    """Axes on a new figure with the course's background; sizes in inches."""
    _, ax = plt.subplots(figsize=(width, height), facecolor=PAPER, layout="constrained")
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
