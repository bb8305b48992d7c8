"""The bars of lesson 08: which are hollow, and where the arrow points."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pytest
from matplotlib.colors import to_rgba

from helpers.plots import steps_left
from helpers.plots.style import BLUE

SHARES = [0.1, 0.2, 0.5, 0.8, 0.9]


@pytest.mark.parametrize("first", [0, 2, 4])
def test_skipped_steps_are_hollow_and_the_arrow_points_at_the_first_that_runs(first: int) -> None:
    ax = steps_left(SHARES, first)
    filled = [bar.get_facecolor() == to_rgba(BLUE) for bar in ax.patches]
    assert filled == [step >= first for step in range(5)]
    assert [bar.get_height() for bar in ax.patches] == SHARES
    assert ax.texts[0].xy[0] == first + 1 and ax.texts[0].xyann[1] <= 1


def test_it_draws_on_given_axes() -> None:
    _, ax = plt.subplots()
    assert steps_left(SHARES, 1, ax=ax) is ax


@pytest.mark.parametrize("first", [-1, 5])
def test_a_step_that_is_not_there(first: int) -> None:
    with pytest.raises(ValueError, match=rf"first must lie in 0 \.\.\. 4 here, got {first}"):
        steps_left(SHARES, first)
