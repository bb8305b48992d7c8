"""What learners may answer: for each exercise wrong answers and right ones, with no look at the
checks.

Each `lesson_NN` holds `CASES`: exercise -> {"wrong": {name: source}, "right": {name: source}}. A
source stands in the place of the exercise's cell. It is judged by the page alone: a wrong answer
breaks what the exercise asks for, a right one fulfils it, in whatever way. The table is a yardstick
for the checks, so a case is changed only where the page's text says that the case itself is
mistaken.

    python -m tests.checks.cases          the table of all lessons
    python -m tests.checks.cases 02 05    of some
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

Cases = dict[str, dict[str, dict[str, str]]]
"""Exercise, "1.1" -> "wrong" or "right" -> name -> source."""

LESSONS = tuple(sorted(path.stem[-2:] for path in Path(__file__).parent.glob("lesson_*.py")))
"""The numbers of the lessons that have cases: "00", "01" ..."""


def cases_of(lesson: str) -> Cases:
    """The cases of one lesson, "00"."""
    return import_module(f"{__name__}.lesson_{lesson}").CASES
