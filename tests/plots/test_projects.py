"""Figures of finished work: everything is on the page, in its own shape, under its own name."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib import pyplot
from PIL import Image

from helpers import plots

SIZES = {"wide": (70, 10), "tall": (16, 60), "small $5": (20, 20)}
PICTURES = {name: Image.new("RGB", size, "teal") for name, size in SIZES.items()}


@pytest.fixture(autouse=True)
def closed():
    yield
    pyplot.close("all")


def test_pinned_pictures_keep_their_shapes_and_do_not_overlap():
    (ax,) = plots.pinned(PICTURES).axes
    boxes = [image.get_extent() for image in ax.images]  # left, right, bottom, top
    assert [(r - x, b - t) for x, r, b, t in boxes] == list(SIZES.values())
    assert ax.get_aspect() == 1
    for k, (x, r, b, t) in enumerate(boxes):
        for x2, r2, b2, t2 in boxes[:k]:
            assert r <= x2 or r2 <= x or b <= t2 or b2 <= t
        assert ax.get_xlim()[0] <= x and r <= ax.get_xlim()[1]
        assert ax.get_ylim()[1] <= t and b <= ax.get_ylim()[0]
    assert [text.get_text() for text in ax.texts] == ["wide", "tall", r"small \$5"]
    with pytest.raises(ValueError, match="there is no picture to show; give one or more"):
        plots.pinned({})


def test_dots_stand_in_their_row_with_the_mean():
    groups = {"floor": [0.1, 0.3], "ceiling": [0.8]}
    ax = plots.mean_rows(groups, "kept")
    dots, means = ax.lines[::2], ax.lines[1::2]
    for row, (values, line, mean) in enumerate(zip(groups.values(), dots, means, strict=True)):
        assert list(line.get_xdata()) == values
        assert np.abs(np.asarray(line.get_ydata()) - row).max() < 0.3
        assert mean.get_xdata()[0] == pytest.approx(np.mean(values))
    assert [tick.get_text() for tick in ax.get_yticklabels()] == list(groups)
    assert ax.get_ylim()[0] > ax.get_ylim()[1] and ax.get_xlabel() == "kept"
    with pytest.raises(ValueError, match="each group needs a value"):
        plots.mean_rows({"none": []}, "kept")


def test_contrast_has_a_solid_and_a_dashed_line_and_the_level():
    ax = plots.contrast_curves([0, 0.5, 1], {"white": ([1, 3, 9], [2, 5, 12])})
    worst, mean, level = ax.lines
    assert list(worst.get_ydata()) == [1, 3, 9] and worst.get_linestyle() == "-"
    assert list(mean.get_ydata()) == [2, 5, 12] and mean.get_linestyle() == "--"
    assert set(level.get_ydata()) == {4.5} and ax.get_yscale() == "log"


def test_each_group_has_a_panel_with_a_line_for_each_training_set():
    shares = {16: [0.5, 0.7], 64: [0.9, 1.0]}
    results = {name: {"day": shares, "night": shares} for name in ("drawn", "generated")}
    figure = plots.by_group(results, "pictures")
    assert [ax.get_title() for ax in figure.axes] == ["day", "night"]
    for ax in figure.axes:
        lines = [line for line in ax.lines if not line.get_label().startswith("_")]
        assert [line.get_label() for line in lines] == ["drawn", "generated"]
        assert all(list(line.get_ydata()) == pytest.approx([0.6, 0.95]) for line in lines)
        assert [tick.get_text() for tick in ax.get_xticklabels()] == ["16", "64"]
        assert len({line.get_color() for line in lines}) == len(lines)
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["drawn", "generated"]
