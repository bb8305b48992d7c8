"""The settings of the first conftest.py, which kernels and programs started by tests inherit."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from helpers.doctor import ROOT

NAMES = ("MKL_CBWR", "ATEN_CPU_CAPABILITY", "OMP_NUM_THREADS", "COURSE_DEVICE", "OMP_WAIT_POLICY")
READ = (
    "import json, os, runpy; runpy.run_path('conftest.py'); "
    f"print(json.dumps([os.environ.get(name) for name in {NAMES}]))"
)


@pytest.mark.parametrize(
    ("given", "set_to"),
    [
        ({}, ["COMPATIBLE", "default", "1", "cpu", "PASSIVE"]),
        ({"COURSE_NUMERICS": "native"}, [None, None, "1", "cpu", "PASSIVE"]),
        (dict.fromkeys(NAMES, "mine"), ["mine"] * len(NAMES)),
    ],
)
def test_tests_compute_with_foreign_numerics_unless_asked_otherwise(given, set_to):
    kept = {k: v for k, v in os.environ.items() if k not in (*NAMES, "COURSE_NUMERICS")}
    done = subprocess.run(
        [sys.executable, "-c", READ],
        cwd=ROOT, env=kept | given, capture_output=True, check=True, encoding="utf-8",
    )  # fmt: skip
    assert json.loads(done.stdout) == set_to


def test_they_are_in_force_in_this_test():
    assert os.environ["COURSE_DEVICE"] and os.environ["OMP_NUM_THREADS"]
    assert "MKL_CBWR" in os.environ or os.environ["COURSE_NUMERICS"] == "native"
