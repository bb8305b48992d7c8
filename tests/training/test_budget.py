"""Learning rate, clock and log."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from helpers.training.budget import Clock, Log, rate


def test_rate_warms_up_over_steps() -> None:
    assert rate(0.0, step=0, warm_up=9, floor=0.01) == pytest.approx(0.1)
    assert rate(0.0, step=9, warm_up=9, floor=0.01) == pytest.approx(1.0)


def test_rate_falls_like_half_a_cosine_to_the_floor() -> None:
    rates = [rate(progress, step=10_000, warm_up=9, floor=0.02) for progress in (0, 0.5, 1)]
    assert rates == pytest.approx([1.0, 0.51, 0.02])


def test_the_budget_that_is_spent_first_counts() -> None:
    clock = Clock(minutes=60, steps=10, step=5, earlier=15)
    assert clock.progress == pytest.approx(0.5)
    assert Clock(minutes=60, steps=10, step=1, earlier=45).progress == pytest.approx(0.75, abs=0.01)


def test_progress_never_passes_one() -> None:
    assert Clock(minutes=None, steps=10, step=11).progress == 1


def test_log_has_one_header_and_appends(tmp_path: Path) -> None:
    clock = Clock(None, 10, step=3)
    for value in (0.5, 0.25):
        Log(tmp_path / "log.csv", "vae").write(clock, {"loss": value})
    rows = list(csv.DictReader((tmp_path / "log.csv").open(encoding="utf-8")))
    assert [(row["stage"], row["step"], row["name"], row["value"]) for row in rows] == [
        ("vae", "3", "loss", "0.5"),
        ("vae", "3", "loss", "0.25"),
    ]
