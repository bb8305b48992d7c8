"""Bent files end in a sentence; how many of each kind are tried, `tests/fuzz.py` says."""

from __future__ import annotations

import random
from pathlib import Path

from helpers.records import Trajectory
from helpers.sampling.settings import read_settings
from tests import fuzz

RUNS, PICTURES = fuzz.counts("150,150")


def test_bent_runs_are_told(tmp_path: Path) -> None:
    ends = fuzz.runs(RUNS, tmp_path)
    assert ends["ValueError"] > RUNS / 2 and set(ends) == {"ValueError", "read"}


def test_bent_pictures_are_told(tmp_path: Path) -> None:
    ends = fuzz.pictures(PICTURES, tmp_path)
    assert ends["ValueError"] > PICTURES / 4 and set(ends) == {"ValueError", "read"}


def test_what_is_bent_was_honest(tmp_path: Path) -> None:
    """Guards the guard: the files are good before they are bent, and bent differently."""
    data = fuzz.honest_run(tmp_path / "run.safetensors")
    assert len(Trajectory.load(tmp_path / "run.safetensors")) == 3
    (tmp_path / "picture.png").write_bytes(fuzz.honest_picture())
    assert read_settings(tmp_path / "picture.png") == {"prompt": "山", "seed": 7}
    assert len({fuzz.bent_run(data, random.Random(number)) for number in range(50)}) > 40
