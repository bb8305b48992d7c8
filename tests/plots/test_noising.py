"""Figures of lesson 01: they draw what they are given, and say what they cannot draw."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from PIL import Image

from helpers import maths, plots

SHARES = maths.alpha_bar(maths.scaled_linear_betas(50, end=0.2))


def plain(colour: str) -> Image.Image:
    return Image.new("RGB", (16, 16), colour)


def words(ax) -> list[str]:
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_strip_places_each_row_and_column():
    rows = [[plain("red"), plain("lime")], [plain("blue"), plain("white")]]
    ax = plots.noise_strip(rows, ["t = 0", "t = 9"], ["above", "below"])
    sheet = ax.images[0].get_array()
    across, down = ax.get_xticks(), ax.get_yticks()
    colours = [[tuple(sheet[round(y), round(x)][:3]) for x in across] for y in down]
    assert colours == [[(255, 0, 0), (0, 255, 0)], [(0, 0, 255), (255, 255, 255)]]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["t = 0", "t = 9"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["above", "below"]


def test_pictures_of_a_strip_are_as_wide_as_asked():
    row = [Image.new("RGB", (100, 100), "red")] * 3
    shown = np.asarray(plots.to_image(plots.noise_strip([row], ["a", "b", "c"], side=100)))
    red = (shown[..., 0] > 240) & (shown[..., 1] < 20)
    assert 280 <= red.sum(axis=1).max() <= 306


@pytest.mark.parametrize(
    ("rows", "names", "message"),
    [
        ([], (), r"2 labels and rows of \[\]"),
        ([[plain("red")]], (), r"2 labels and rows of \[1\] pictures"),
        ([[plain("red")] * 2], ("a", "b"), "1 rows and 2 names"),
    ],
)
def test_strip_refuses_what_does_not_fit_together(rows, names, message):
    with pytest.raises(ValueError, match=message):
        plots.noise_strip(rows, ["a", "b"], names)


def test_lines_over_time_are_the_values_and_are_told_apart_without_colour():
    lines = {"one": SHARES, "two": 1 - SHARES, "three": SHARES**2, "four": SHARES**3}
    ax = plots.over_time(lines, "share", log=True, mark=0.5)
    drawn = [line for line in ax.lines if len(line.get_xdata()) == len(SHARES)]
    assert [list(line.get_ydata()) for line in drawn] == [v.tolist() for v in lines.values()]
    assert len({line.get_linestyle() for line in drawn}) == 4
    assert words(ax) == list(lines) and ax.get_yscale() == "log"
    assert any(list(line.get_ydata()) == [0.5, 0.5] for line in ax.lines)


def test_over_time_refuses_more_lines_than_it_has_strokes():
    with pytest.raises(ValueError, match="got 5 lines; draw at most 4"):
        plots.over_time({str(k): SHARES for k in range(5)}, "share")


def test_band_of_walks_is_two_deviations_around_the_mean():
    ax = plots.walks(torch.zeros(len(SHARES), 3), SHARES, x0=0.8)
    edges = ax.collections[0].get_paths()[0].vertices
    last = edges[edges[:, 0] == len(SHARES) - 1][:, 1]
    mean, deviation = 0.8 * float(SHARES[-1]) ** 0.5, float(1 - SHARES[-1]) ** 0.5
    assert last.min() == pytest.approx(mean - 2 * deviation)
    assert last.max() == pytest.approx(mean + 2 * deviation)


def test_histogram_of_normal_values_lies_on_the_normal_curve():
    values = torch.randn(200_000, generator=torch.Generator().manual_seed(0))
    ax = plots.value_histograms({"noise": values})
    curve = ax.lines[0].get_ydata()
    hill = ax.collections[0].get_paths()[0].vertices
    heights = np.array([hill[np.isclose(hill[:, 0], x), 1].max() for x in ax.lines[0].get_xdata()])
    assert np.abs(heights - curve).max() < 0.06


def test_patches_are_drawn_on_logarithmic_scales_with_their_sizes():
    ax = plots.surviving_detail([1, 4, 16], [0.6, 0.5, 0.4], {"noise": [4, 1, 0.25]})
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert [label.get_text() for label in ax.get_xticklabels()] == ["1", "4", "16"]
    assert list(ax.lines[1].get_ydata()) == [4, 1, 0.25]


def test_other_pictures_are_a_band_that_holds_nine_tenths_of_them():
    others = torch.linspace(1, 2, 101)[:, None].expand(101, 3)
    ax = plots.noising.surviving_detail([1, 4, 16], [0.6, 0.5, 0.4], {}, others=others)
    edges = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert (edges.min(), edges.max()) == (pytest.approx(1.05), pytest.approx(1.95))
    assert "101 landscapes" in words(ax)


def test_leak_has_a_dot_for_each_picture_and_schedule():
    before = torch.tensor([0.1, 0.5])
    ax = plots.brightness_leak(before, {"a": before / 10, "b": 0 * before})
    first, second = (dots.get_offsets() for dots in ax.collections)
    np.testing.assert_allclose(first, [[0.1, 0.01], [0.5, 0.05]], rtol=1e-6)
    np.testing.assert_allclose(second, [[0.1, 0], [0.5, 0]], rtol=1e-6)


def test_page_of_the_explorer_shows_both_pictures_and_the_place_of_t():
    pictures = {"left": plain("red"), "right": plain("blue")}
    left, right, curve = plots.noise_page(pictures, SHARES, 20).axes
    assert (left.get_title(), right.get_title()) == ("left", "right")
    assert tuple(left.images[0].get_array()[0, 0]) == (255, 0, 0)
    assert list(curve.lines[0].get_xdata()) == [20, 20]


@pytest.mark.parametrize(
    "draw",
    [
        lambda ax: plots.noise_strip([[plain("red")]], ["t"], ax=ax),
        lambda ax: plots.over_time({"a": SHARES}, "share", ax=ax),
        lambda ax: plots.walks(torch.zeros(len(SHARES), 2), SHARES, 0.5, ax=ax),
        lambda ax: plots.value_histograms({"a": SHARES}, ax=ax),
        lambda ax: plots.surviving_detail([1, 2], [1, 1], {"n": [2, 1]}, ax=ax),
        lambda ax: plots.brightness_leak(SHARES, {"a": SHARES}, ax=ax),
    ],
)
def test_drawing_on_given_axes_makes_no_new_figure(draw):
    _, ax = plt.subplots()
    assert draw(ax) is ax
    assert plt.get_fignums() == [ax.figure.number]
