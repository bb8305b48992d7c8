"""How tests and lessons run; loaded before all else, also by `pytest course`.

Lessons are stored as this computer's own instructions compute them, and tested with others: a
number that depends on the processor is found on the machine that would store it. Kernels inherit
these settings. What is set already stays; COURSE_NUMERICS=native tests without other instructions.

Twins have the same code, so each language is run in a way of its own. English lessons run as they
are stored. Japanese ones run with every exercise solved, where a wrong or missing answer stops the
lesson, and on this computer's own instructions. Outputs are compared in both, but for those that
an answer changes: of the exercises, their checks, and the cells that take them up.
"""

import os

import pytest

FOREIGN = {"MKL_CBWR": "COMPATIBLE", "ATEN_CPU_CAPABILITY": "default"}
"""Sums in another order (Intel's library), and PyTorch without vector instructions of its own."""

STEADY = {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE", "COURSE_DEVICE": "cpu"}
"""One thread is quick and the same everywhere (more of them wait as `helpers` lets them), and a
graphics card would compute other numbers."""

native = os.environ.get("COURSE_NUMERICS") == "native"
wanted = STEADY if native else STEADY | FOREIGN
OWN = {name: value for name, value in wanted.items() if name not in os.environ}
os.environ.update(OWN)  # before PyTorch is imported, which reads them once

SOLVED = {"COURSE_GRADING": "1"}
"""A wrong or missing answer stops the lesson."""

OWN |= {name: value for name, value in SOLVED.items() if name not in os.environ}

FOUND = (
    "\nfrom helpers.checks import core\nassert '{number}' in core.RIGHT, 'no check found it right'"
)
"""After a check: that it was reached and said yes."""


def pytest_collectstart(collector):
    """Do not compare stderr: progress bars and library notices differ from run to run."""
    if hasattr(collector, "skip_compare"):
        collector.skip_compare += ("stderr",)


def is_solved(item):
    """Whether an item is a cell of a lesson that runs with its exercises solved."""
    return item.path.suffix == ".ipynb" and item.path.parent.name == "ja"


def pytest_collection_modifyitems(items):
    """Puts the answers in; what an answer changes is not compared with what is stored."""
    cells = [item for item in items if is_solved(item)]
    if not cells:
        return
    from tests.checks.everything import EXERCISES  # PyTorch comes with it, after the settings above

    for item in cells:
        kind, _, number = item.cell.metadata.get("nbgrader", {}).get("grade_id", "").partition("-")
        number = number.replace("-", ".")
        if kind == "exercise":
            if number not in EXERCISES:
                raise pytest.UsageError(f"{item.path}: exercise {number} is declared in no module "
                                        "of helpers/checks")  # fmt: skip
            item.cell.source = EXERCISES[number].reference
        elif kind == "check":
            item.cell.source += FOUND.format(number=number)
        if kind or "check.yours(" in item.cell.source:
            item.options["check"] = False


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """What the kernel inherits that nbval starts for the first cell of a lesson."""
    solved = is_solved(item)
    for name, value in OWN.items():
        if name in (FOREIGN if solved else SOLVED):
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
