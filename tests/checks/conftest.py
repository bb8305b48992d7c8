"""Shared by the tests of exercise checks: they answer as they do to a learner."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pytest

LONGEST = 330
"""Letters of a verdict: the longest hint, and what stands around it."""


@pytest.fixture(autouse=True)
def not_grading(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hint is printed, not raised, even where the tests themselves run while grading."""
    monkeypatch.delenv("COURSE_GRADING", raising=False)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)


@pytest.fixture
def verdict(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """`verdict(check, answer, *given)`: the line that the check prints, which is never too long.

    No check may warn, and none may stop on an answer: both would be a fault of the check.
    """

    def ask(check: Callable[..., None], answer: Any, *given: Any) -> str:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.filterwarnings("ignore", "__array", DeprecationWarning)  # of the libraries
            assert check(answer, *given) is None
        line = capsys.readouterr().out.splitlines()[-1]
        assert len(line) <= LONGEST and "could not read your answer" not in line, line
        return line

    return ask
