"""Figures of attention and guidance: colours stand where the numbers are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from helpers import plots
from helpers.sampling import denoise

GREY = Image.new("RGB", (32, 32), (128, 128, 128))


def brightness(image: Image.Image, x: int, y: int) -> int:
    return sum(image.getpixel((x, y)))


def test_heat_is_bright_where_the_map_is_high():
    heat = torch.zeros(4, 4)
    heat[0, 3] = 0.2  # first row, last column: top right
    shown = plots.heat_picture(GREY, heat)
    assert shown.size == (32, 32)
    assert brightness(shown, 30, 1) > 2 * brightness(shown, 1, 30)


def test_a_common_scale_makes_weak_maps_dark():
    weak = torch.full((4, 4), 0.1)
    own = plots.heat_picture(GREY, weak, low=0.0, high=0.1)
    common = plots.heat_picture(GREY, weak, low=0.0, high=1.0)
    assert brightness(own, 16, 16) > 2 * brightness(common, 16, 16)


def test_an_even_map_is_drawn_without_dividing_by_zero():
    assert plots.heat_picture(GREY, torch.full((4, 4), 0.3)).size == (32, 32)


def test_the_outline_is_white_and_leaves_the_inside():
    region = torch.zeros(32, 32)
    region[8:20, 8:20] = 1
    shown = plots.heat_picture(GREY, torch.zeros(4, 4), region=region)
    assert shown.getpixel((8, 12)) == (255, 255, 255)
    assert shown.getpixel((14, 14)) != (255, 255, 255) != shown.getpixel((7, 12))


def test_bars_have_the_shares_and_the_tokens():
    ax = plots.token_shares([0.5, 0.2, 0.3], ["<start>", "river", "<end>"])
    assert [bar.get_width() for bar in ax.patches] == [0.5, 0.2, 0.3]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["<start>", "river", "<end>"]
    assert ax.patches[0].get_facecolor() == ax.patches[2].get_facecolor()
    assert ax.patches[0].get_facecolor() != ax.patches[1].get_facecolor()
    with pytest.raises(ValueError, match="got 1 shares for 2 tokens"):
        plots.token_shares([1.0], ["a", "b"])


def test_a_range_is_a_line_over_its_bar():
    ax = plots.token_shares([0.5, 0.2], ["a", "b"], ranges=[(0.4, 0.6), (0.1, 0.3)])
    drawn = [(line.get_xdata().tolist(), line.get_ydata().tolist()) for line in ax.lines]
    assert drawn == [([0.4, 0.6], [0, 0]), ([0.1, 0.3], [1, 1])]
    assert [text.get_text() for text in ax.texts] == ["50.0%", "20.0%"]


@pytest.fixture
def step(tiny_random_pipe):
    return next(denoise(tiny_random_pipe, "a lake", steps=1))


@pytest.mark.parametrize("title", ["river", "river\n0.2% to 8.6%"])
@pytest.mark.parametrize("columns", [2, 4])
def test_a_word_sheets_titles_touch_no_picture(title, columns):
    picture = Image.new("RGB", (128, 128))
    ax = plots.word_sheet([picture] * 8, [title] * 8, columns=columns)
    ax.figure.draw_without_rendering()
    row = (ax.get_images()[0].get_size()[0] + plots.runs.GAP) / (8 / columns)  # in pixels
    for place, text in enumerate(ax.texts):
        top, bottom = ax.transData.inverted().transform(text.get_window_extent())[::-1, 1]
        start = place // columns * row  # of this row of pictures; y grows downwards
        assert start + 128 < top < bottom < start + row


def test_guidance_parts_show_the_channel_and_scale_the_difference(step):
    uncond, cond = torch.zeros(1, 4, 4, 4), torch.zeros(1, 4, 4, 4)
    cond[0, 2, 0, 0], cond[0, 2, 3, 3] = 0.01, -0.01
    given = replace(step, eps_uncond=uncond, eps_cond=cond, eps=uncond)
    ax = plots.guidance_parts([given], channel=2)
    sheet = np.asarray(ax.images[0].get_array()).astype(int)
    side = 160 + 6
    first, last = sheet[20, 2 * side + 20], sheet[140, 2 * side + 140]
    assert first[0] > first[2] + 30 and last[2] > last[0]  # orange above zero, purple below
    assert sheet[20, 20].min() > 230  # eps_uncond is zero there: white
    assert sheet[20, side + 20].min() > 225  # 0.01 on the scale of the noise: nearly white
    assert "colours end at ±0.01" in "".join(text.get_text() for text in ax.texts)


def test_guidance_parts_need_guidance(step):
    with pytest.raises(ValueError, match="no eps_uncond; its guidance was 1"):
        plots.guidance_parts([replace(step, eps_uncond=None)])


def test_a_sheet_is_a_grid_with_words_in_readable_size():
    ax = plots.word_sheet([GREY] * 6, list("abcdef"))
    assert [text.get_text() for text in ax.texts] == list("abcdef")
    assert ax.figure.get_size_inches()[0] < 8
    narrow = plots.word_sheet([GREY] * 2, ["a", "b"])
    assert narrow.figure.get_size_inches()[0] < ax.figure.get_size_inches()[0]
