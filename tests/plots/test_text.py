"""Figures of text: what is drawn is what was given, in letters that can be read."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgba
from PIL import Image

from helpers import plots
from helpers.plots import text
from helpers.plots.style import GREY, ORANGE, SKY


def written(ax) -> list[str]:
    return [item.get_text() for item in ax.texts]


def test_every_position_has_its_box_its_number_and_its_colour():
    tokens = ["<s>", "lake", "night", "<e>", "<e>", "<e>"]
    ax = plots.token_strip(tokens, ("<s>", "<e>"), columns=4)
    assert written(ax)[::2] == ["0", "1", "2", "3", "4", "5"]
    assert written(ax)[1::2] == ["start", "lake", "night", "end", "end", "end"]
    edges = [box.get_edgecolor() for box in ax.patches]
    assert edges == [to_rgba(c) for c in (ORANGE, SKY, SKY, ORANGE, GREY, GREY)]
    assert ax.get_ylim() == (2, 0)  # two rows, the first on top


def test_a_prompt_that_was_cut_off_has_no_padding():
    ax = plots.token_strip(["<s>", "lake"], ("<s>", "<e>"))
    assert [box.get_edgecolor() for box in ax.patches] == [to_rgba(ORANGE), to_rgba(SKY)]


def test_attention_hides_what_may_not_be_seen():
    weights = torch.tensor([[1.0, 0, 0], [0.27, 0.73, 0], [0.5, 0.48, 0.02]])
    ax = plots.attention_map(weights, ["a", "b", "c"], title="three")
    shown = ax.images[0].get_array()
    assert np.ma.getmaskarray(np.ma.masked_invalid(shown)).tolist() == [
        [False, True, True], [False, False, True], [False, False, False],
    ]  # fmt: skip
    assert written(ax) == ["1.00", "0.27", "0.73", "0.50", "0.48"]  # nothing below 0.05
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b", "c"]


def test_a_map_that_hides_nothing_shows_what_lies_ahead():
    weights = torch.tensor([[0.6, 0.4], [0.02, 0.98]])
    ax = plots.attention_map(weights, ["a", "b"], hide_ahead=False)
    assert written(ax) == ["0.60", "0.40", "0.98"]
    assert not np.ma.getmaskarray(np.ma.masked_invalid(ax.images[0].get_array())).any()


def test_maps_of_several_heads_hide_nothing_and_have_their_titles():
    weights = torch.tensor([[0.6, 0.4], [0.3, 0.7]])
    figure = plots.attention_maps({"A": weights, "B": weights.T}, ["a", "b"])
    assert [ax.get_title() for ax in figure.axes] == ["A", "B"]
    assert written(figure.axes[1]) == ["0.60", "0.30", "0.40", "0.70"]


def test_similarity_writes_every_number_and_no_negative_zero():
    table = torch.tensor([[1.0, -0.4, 0.2], [-0.4, 1.0, -0.01], [0.2, -0.01, 1.0]])
    ax = plots.similarity_map(table, ["lake", "desert", "pond"], title="t")
    assert written(ax) == ["1.0", "−0.4", "0.2", "−0.4", "1.0", "0.0", "0.2", "0.0", "1.0"]
    assert ax.images[0].get_clim() == (-1, 1)
    torch.testing.assert_close(torch.tensor(np.array(ax.images[0].get_array())), table)


def test_similarity_maps_share_words_and_one_colour_bar():
    tables = {"raw": torch.eye(2), "centred": -torch.eye(2)}
    first, second, bar = plots.similarity_maps(tables, ["a", "山"], readings={"山": "yama"}).axes
    assert [label.get_text() for label in first.get_yticklabels()] == ["a", "yama"]
    assert [ax.get_title() for ax in (first, second)] == ["raw", "centred"]
    assert [ax.images[0].get_clim() for ax in (first, second)] == [(-1, 1)] * 2
    assert not second.get_yticklabels()
    assert [label.get_text() for label in bar.get_yticklabels()] == [
        "−1 opposite", "0 unrelated", "1 the same",
    ]  # fmt: skip


def test_a_word_with_a_reading_is_shown_in_latin_letters_and_any_other_as_it_is():
    ax = plots.similarity_map(torch.eye(2), ["山", "lake"], readings={"山": "yama"})
    assert [label.get_text() for label in ax.get_xticklabels()] == ["yama", "lake"]
    assert text.legible(["川"], {"山": "yama"}) == ["川"]


def test_a_position_that_did_not_move_says_so():
    ax = plots.change_by_position(torch.tensor([0.0, 2e-7, 2.5]), ["a", "b", "c"])
    assert ax.patches[2].get_height() == 2.5
    assert [(item.get_position()[0], item.get_text()) for item in ax.texts] == [(0, "0"), (1, "0")]


def test_the_best_caption_of_each_picture_has_a_frame():
    table = torch.tensor([[-9.0, -1.0, -5.0], [3.0, 1.0, 2.0]])
    pictures = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    ax = plots.matching_map(table, pictures, ["one", "two", "three"])
    frames = [(patch.get_x() + 0.46, patch.get_y() + 0.46) for patch in ax.patches]
    np.testing.assert_allclose(frames, [(1, 0), (0, 1)])
    heat, *thumbnails = ax.images
    (bar,) = [other for other in ax.figure.axes if other is not ax]
    assert [t.get_text() for t in bar.get_yticklabels()] == [
        "worst\nof its row",
        "best\nof its row",
    ]
    np.testing.assert_allclose(heat.get_array(), [[0, 1, 0.5], [1, 0, 0.5]])
    assert [tuple(image.get_array()[0, 0]) for image in thumbnails] == [(255, 0, 0), (0, 0, 255)]
    assert [image.get_extent()[2:] for image in thumbnails] == [[0.46, -0.46], [1.46, 0.54]]
