"""Shares with intervals, dots, ROC curves and thresholds."""

from __future__ import annotations

import numpy as np
import pytest

from helpers import plots

SHARES = {"castle": (0.75, 0.55, 0.88), "house": (0.0, -1e-17, 0.14), "tent": (1.0, 0.86, 1.0)}


def test_a_share_is_a_dot_on_its_interval():
    ax = plots.share_chart(SHARES, "at night", marks={"data": 0.76})
    lines = ax.lines
    for height, (share, low, high) in enumerate(SHARES.values()):
        np.testing.assert_allclose(lines[2 * height].get_xdata(), (low, high))
        assert (lines[2 * height + 1].get_xdata()[0], lines[2 * height + 1].get_ydata()[0]) == (
            share,
            height,
        )
    assert list(lines[-1].get_xdata()) == [0.76, 0.76]
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the first row on top
    assert [tick.get_text() for tick in ax.get_yticklabels()] == list(SHARES)


@pytest.mark.parametrize("row", [(0.5, 0.6, 0.7), (0.5, 0.4, 0.45), (1.2, 0.9, 1.3), (75, 55, 88)])
def test_a_share_lies_in_its_interval(row):
    with pytest.raises(ValueError, match="with 0 <= low <= share <= high <= 1"):
        plots.share_chart({"castle": row}, "at night")


def test_every_value_is_a_dot_and_the_mean_a_line():
    rows = {"one": [1.0, 2.0, 6.0], "other": [4.0]}
    ax = plots.dot_rows(rows, "wrong bits", line=(5.5, "limit"))
    for height, (dots, values) in enumerate(zip(ax.collections, rows.values(), strict=True)):
        np.testing.assert_allclose(dots.get_offsets(), [(v, height) for v in values])
        assert ax.lines[height].get_xdata()[0] == pytest.approx(np.mean(values))
    assert list(ax.lines[-1].get_xdata()) == [5.5, 5.5]


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: plots.share_chart({}, "x"), "share_chart: there are no rows"),
        (lambda: plots.dot_rows({}, "x"), "dot_rows: there are no rows"),
        (lambda: plots.dot_rows({"a": []}, "x"), "row 'a' is empty"),
        (lambda: plots.roc_chart({}), "curves is empty"),
        (lambda: plots.threshold_page({"a": [1]}, "b", 0.5), "forbidden must be one of 'a'"),
    ],
)
def test_nothing_to_draw_is_told(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()


def test_a_curve_is_drawn_in_steps_above_the_line_of_guessing():
    ax = plots.roc_chart({"whole": ([0, 0, 1], [0, 1, 1])})
    guess, curve = ax.lines
    assert list(guess.get_xdata()) == [0, 1]
    assert list(curve.get_ydata()) == [0, 1, 1] and curve.get_drawstyle() == "steps-post"
    words = [text.get_text() for text in ax.get_legend().get_texts()]
    assert words == ["guessing", "whole"]


def test_the_blocked_are_counted_beside_their_group():
    ax = plots.threshold_page({"bad": [0.7, 0.9], "good": [0.1, 0.2, 0.8]}, "bad", 0.75)
    words = [tick.get_text() for tick in ax.get_yticklabels()]
    assert words == ["bad\n1 of 2 blocked", "good\n1 of 3 blocked"]
    assert list(ax.lines[-1].get_xdata()) == [0.75, 0.75]
    assert [len(dots.get_offsets()) for dots in ax.collections] == [2, 3]
