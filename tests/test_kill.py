"""A short round of `tests/kill.py`: killed in whatever it does, nothing is lost."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.skipif(os.name != "posix", reason="forks and kills as in POSIX")
def test_killed_at_any_moment_nothing_is_lost() -> None:
    root = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-m", "tests.kill", "2"], cwd=root, capture_output=True, check=False,
        text=True, encoding="utf-8", env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    kinds = [line.split()[0] for line in done.stdout.splitlines() if "'killed': " in line]
    assert kinds == ["saving", "sweeping", "training", "teach_word"]
