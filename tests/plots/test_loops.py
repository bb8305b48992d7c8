"""Training beside sampling: the pictures stand where the arrows expect them."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pytest
import torch

from helpers import plots
from helpers.plots.loops import ARROWS, BOXES, PICTURE

PICTURES = {
    name: torch.full((1, 1, 2, 2), shade / 10)
    for shade, name in enumerate(("clean", "noise", "mixed", "start", "drawn"))
}


def test_every_picture_is_shown_in_its_half():
    ax = plots.training_and_sampling(PICTURES)
    found = {round(float(i.get_array()[0, 0]) * 10): i.get_extent() for i in ax.images}
    left = [found[shade][0] < 64 for shade in range(5)]
    assert left == [True, True, True, False, False]
    words = [text.get_text() for text in ax.texts]
    assert words.count("network\nfinds the noise") == 2 and "a drawing" in words


def test_every_arrow_begins_and_ends_at_a_box_or_picture():
    ax = plots.training_and_sampling(PICTURES)
    squares = [image.get_extent() for image in ax.images]
    squares += [(x, x + w, y, y + h) for x, y, w, h, *_ in BOXES]
    assert all(right - left == PICTURE for left, right, *_ in squares[:5])
    for start, end, _ in ARROWS:
        for x, y in (start, end):
            edges = [(left <= x <= right and y in (low, high)) or (low <= y <= high and x in
                     (left, right)) for left, right, low, high in squares]  # fmt: skip
            assert any(edges), (x, y)


def test_another_set_of_pictures_is_refused():
    with pytest.raises(ValueError, match=r"got the pictures \['clean'\]; give"):
        plots.training_and_sampling({"clean": PICTURES["clean"]})


def test_it_draws_on_given_axes():
    _, ax = plt.subplots()
    assert plots.training_and_sampling(PICTURES, ax=ax) is ax
    assert plt.get_fignums() == [ax.figure.number]
