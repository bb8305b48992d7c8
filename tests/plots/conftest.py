"""Shared by the tests of figures: drawn without a screen, and nothing is left behind."""

from __future__ import annotations

from collections.abc import Iterator

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt  # noqa: E402
import pytest  # noqa: E402


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """No test may leave changed `rcParams`; figures that it opened are closed."""
    before = dict(matplotlib.rcParams)
    yield
    changed = {name for name, value in matplotlib.rcParams.items() if before[name] != value}
    plt.close("all")
    assert not changed
