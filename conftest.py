"""How tests and lessons run; loaded before all else, also by `pytest course`.

Lessons are stored as this computer's own instructions compute them, and tested with others: a
number that depends on the processor is found on the machine that would store it. Kernels inherit
these settings. What is set already stays; COURSE_NUMERICS=native tests without other instructions.
"""

import os

FOREIGN = {"MKL_CBWR": "COMPATIBLE", "ATEN_CPU_CAPABILITY": "default"}
"""Sums in another order (Intel's library), and PyTorch without vector instructions of its own."""

STEADY = {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE", "COURSE_DEVICE": "cpu"}
"""One thread is quick and the same everywhere (more of them wait as `helpers` lets them), and a
graphics card would compute other numbers."""

native = os.environ.get("COURSE_NUMERICS") == "native"
for name, value in (STEADY if native else STEADY | FOREIGN).items():
    os.environ.setdefault(name, value)  # before PyTorch is imported, which reads them once


def pytest_collectstart(collector):
    """Do not compare stderr: progress bars and library notices differ from run to run."""
    if hasattr(collector, "skip_compare"):
        collector.skip_compare += ("stderr",)
