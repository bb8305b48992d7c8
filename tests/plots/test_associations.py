"""The table of pairs, and ranges over powers of ten."""

from __future__ import annotations

import numpy as np
import pytest

from helpers import plots

STRENGTHS = {("a", "b"): 0.3, ("a", "c"): 0.1, ("b", "c"): 0.2}


def test_each_pair_has_its_square_and_its_mark():
    ax = plots.pair_table(STRENGTHS, found=[("a", "b"), ("b", "c")], known=[("b", "c")])
    (table,) = ax.images
    np.testing.assert_allclose(table.get_array().filled(-1), [[0.3, -1], [0.1, 0.2]])
    (frame,) = ax.patches
    assert (frame.get_x() + frame.get_width() / 2, frame.get_y() + frame.get_height() / 2) == (
        pytest.approx(0),
        pytest.approx(0),
    )
    (cross,) = ax.lines
    assert (cross.get_xdata()[0], cross.get_ydata()[0]) == (1, 1)
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["a", "b"]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["b", "c"]


def test_ranges_lie_on_a_logarithmic_scale_with_their_numbers():
    ax = plots.range_chart({"picture": (0.0012, 0.0054), "training": (12.0, 1234.0)}, "Wh")
    assert ax.get_xscale() == "log"
    for line, ends in zip(ax.lines[::2], [(0.0012, 0.0054), (12.0, 1234.0)], strict=True):
        np.testing.assert_allclose(line.get_xdata(), ends)
    assert [text.get_text() for text in ax.texts] == ["0.0012 to 0.0054", "12 to 1,200"]


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: plots.pair_table({}), "strengths is empty"),
        (lambda: plots.range_chart({}, "Wh"), "rows is empty"),
        (lambda: plots.range_chart({"a": (0, 1)}, "Wh"), "0 < lowest <= highest"),
        (lambda: plots.range_chart({"a": (2, 1)}, "Wh"), "0 < lowest <= highest"),
    ],
)
def test_what_cannot_be_drawn_is_told(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()
