"""How a figure becomes a picture."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from helpers.plots import new_axes, to_image


def paper_around(picture: Image.Image) -> bool:
    """Whether all of the outermost pixels are alike."""
    shown = np.asarray(picture.convert("RGB")).astype(int)
    edges = (shown[0], shown[-1], shown[:, 0], shown[:, -1])
    return max(abs(edge - shown[0, 0]).max() for edge in edges) < 8


def test_a_figure_keeps_its_size() -> None:
    assert to_image(new_axes(4, 2)).size == (400, 200)


@pytest.mark.parametrize("place", [(0.6, 0.5), (-0.9, 0.5), (0.5, 1.2)])
def test_words_that_stick_out_are_shown_whole(place: tuple[float, float]) -> None:
    ax = new_axes(3, 1.5)
    ax.annotate("30,000,000 to 45,000,000", place, xycoords="axes fraction", fontsize=14)
    picture = to_image(ax)
    assert picture.width > 300 or picture.height > 150
    assert paper_around(picture)


def test_what_lies_far_outside_makes_no_huge_picture() -> None:
    ax = new_axes(4, 2)
    ax.text(1000, 5, "late")
    ax.set_xlim(0, 1)
    assert np.less_equal(to_image(ax).size, (800, 400)).all()
