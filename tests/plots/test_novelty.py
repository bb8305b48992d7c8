"""The chart of copies: a dot for each seed, the mean as a line, chance in the right half."""

from __future__ import annotations

import numpy as np
import pytest

from helpers import plots

DISTANCES = {"copies": [0.0, 0.1], "network": [0.3, 0.5]}
FRACTIONS = {"copies": [1.0, 0.9], "network": [0.5, 0.6]}


def test_dots_and_means_stand_in_their_row():
    axes = plots.novelty_chart(DISTANCES, FRACTIONS).figure.axes
    for ax, rows in zip(axes, (DISTANCES, FRACTIONS), strict=True):
        for height, (dots, values) in enumerate(zip(ax.collections, rows.values(), strict=True)):
            np.testing.assert_allclose(dots.get_offsets(), [(v, height) for v in values])
            assert ax.lines[height].get_xdata()[0] == pytest.approx(np.mean(values))
    assert [tick.get_text() for tick in axes[0].get_yticklabels()] == list(DISTANCES)
    assert axes[0].get_ylim()[0] > axes[0].get_ylim()[1]  # the first row on top
    assert list(axes[1].lines[-1].get_xdata()) == [0.5, 0.5]


def test_both_measures_are_of_the_same_things():
    with pytest.raises(ValueError, match="the same names in the same order"):
        plots.novelty_chart(DISTANCES, {"network": [0.5]})
