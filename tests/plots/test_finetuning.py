"""The figures of lesson 10: what stands where, and what is refused."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pytest
import torch

from helpers.plots import learning_curves, share_bars, singular_values


def test_every_row_begins_at_one() -> None:
    ax = singular_values({"a": torch.tensor([4.0, 2.0]), "noise": torch.tensor([3.0, 3.0, 1.5])})
    assert [list(line.get_ydata()) for line in ax.lines] == [[1, 0.5], [1, 1, 0.5]]
    assert [list(line.get_xdata()) for line in ax.lines] == [[1, 2], [1, 2, 3]]
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["a", "noise"]


@pytest.mark.parametrize("row", [[], [0.0, 0.0]])
def test_a_row_of_nothing_is_told(row: list[float]) -> None:
    with pytest.raises(ValueError, match="'a' has no value above 0"):
        singular_values({"a": torch.tensor(row)})


def test_bars_have_their_heights_and_numbers_side_by_side() -> None:
    ax = share_bars({"before": [0.0, 0.5], "after": [0.875, 1.0]}, ["one", "two"])
    assert [bar.get_height() for bar in ax.patches] == [0.0, 0.5, 0.875, 1.0]
    assert [text.get_text() for text in ax.texts] == ["0", "50", "88", "100"]
    centres = sorted(bar.get_x() + bar.get_width() / 2 for bar in ax.patches)
    assert all(b - a > 0.3 for a, b in zip(centres, centres[1:], strict=False))


def test_another_number_of_shares_is_told() -> None:
    with pytest.raises(ValueError, match="'a' has 1 shares for 2 groups"):
        share_bars({"a": [0.5]}, ["one", "two"])


def test_a_curve_goes_through_its_points() -> None:
    ax = learning_curves({"a": [(0, 0.0), (50, 0.25)], "b": [(50, 1.0)]})
    assert [line.get_xydata().tolist() for line in ax.lines] == [[[0, 0], [50, 0.25]], [[50, 1]]]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b"]
    with pytest.raises(ValueError, match="'c' is empty"):
        learning_curves({"c": []})


def test_they_draw_on_given_axes() -> None:
    _, ax = plt.subplots()
    assert share_bars({"a": [0.5]}, ["one"], ax=ax) is ax
    assert singular_values({"a": torch.ones(2)}, ax=ax) is ax
