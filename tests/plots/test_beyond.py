"""Figures of lesson 12: what is given stands where it belongs."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from helpers import language, plots
from helpers.plots.beyond import interval

POINTS, LABELS = torch.tensor([[0.0, 0.0], [1.0, 1.0], [-1.0, 0.5]]), torch.tensor([0, 1, 2])
PATHS = torch.randn(5, 3, 2, generator=torch.Generator().manual_seed(0))


def test_each_panel_shows_its_paths_from_ring_to_dot():
    first = plots.flow_panels(POINTS, LABELS, {"one": PATHS, "two": PATHS.flip(0)})
    one, two = first.figure.axes
    assert [ax.get_title() for ax in (one, two)] == ["one", "two"]
    for ax, paths in ((one, PATHS), (two, PATHS.flip(0))):
        lines, rings, dots = ax.collections[-3:]
        np.testing.assert_allclose(lines.get_segments(), paths.transpose(0, 1))
        np.testing.assert_allclose(rings.get_offsets(), paths[0])
        np.testing.assert_allclose(dots.get_offsets(), paths[-1])


def test_the_squares_are_counted_row_by_row():
    ax = plots.patch_grid(Image.new("RGB", (64, 64)), 4)
    places = {text.get_text(): text.get_position() for text in ax.texts}
    assert places == {"0": (0.5, 0.5), "1": (1.5, 0.5), "4": (0.5, 1.5), "15": (3.5, 3.5)}


def test_an_interval_by_hand():
    mean, half = interval([0.0, 1.0, 0.0, 1.0])
    assert mean == 0.5 and half == pytest.approx(1.96 * (1 / 3) ** 0.5 / 2)


def test_marks_stand_over_their_calls_in_percent():
    marks = {"a": {2: [0.2, 0.4], 8: [0.6, 0.8]}, "twin": {1: [0.5, 0.5]}}
    ax = plots.quality_chart(marks, 0.9)
    line = ax.containers[0].lines[0]
    np.testing.assert_allclose(line.get_ydata(orig=False), [30, 70])
    np.testing.assert_allclose(line.get_xdata(orig=False), [2, 8], rtol=0.1)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "twin"]
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["1", "2", "8"]
    assert ax.lines[0].get_ydata()[0] == pytest.approx(90)


def test_sizes_are_told_in_words_and_the_first_is_on_top():
    ax = plots.size_bars({"small": 8.8e6, "large": 1.2e10})
    assert [text.get_text() for text in ax.texts] == ["8.8 million", "12.0 billion"]
    assert [bar.get_width() for bar in ax.patches] == [8.8e6, 1.2e10]
    assert ax.get_ylim()[0] > ax.get_ylim()[1] and ax.get_xscale() == "log"


def test_sizes_are_told_in_the_units_of_the_language(monkeypatch):
    monkeypatch.setattr(language, "_spoken", ["ja"])
    ax = plots.size_bars({"ours": 8.8e6, "large": 8.6e8, "huge": 1.2e10, "none": 7e3})
    told = ["880.0 万", "8.6 億", "120.0 億", "0.7 万"]
    assert [text.get_text() for text in ax.texts] == told
