"""Colours and empty axes that all figures share.

Figures have an opaque light background of their own, so they read the same on a light and on a
dark page. The colours are those of Okabe and Ito (Color Universal Design, 2008), which colour-blind
readers can tell apart.
"""

from __future__ import annotations

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
