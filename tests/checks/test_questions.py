"""Questions of all lessons: no mistake is right in every case, and no two of them are one."""

from __future__ import annotations

import importlib
import pkgutil
from itertools import combinations

import pytest

from helpers import checks
from helpers.checks.questions import Questions

LESSONS = [
    importlib.import_module(f"helpers.checks.{module.name}")
    for module in pkgutil.iter_modules(checks.__path__)
    if module.name.startswith("lesson_")
]
ALL = {
    f"{lesson.__name__[-2:]} {name}": value
    for lesson in LESSONS
    for name, value in vars(lesson).items()
    if isinstance(value, Questions)
}
FAR = 0.02
"""How far apart a mistake must be from the right answer, and from other mistakes."""


@pytest.mark.parametrize("name", ALL)
def test_two_cases_and_more_and_no_mistake_is_right_in_all_of_them(name):
    questions = ALL[name]
    right = questions.results(questions.solve)
    assert len(right) >= 2
    for hint, mistake in questions.known_mistakes():
        assert not questions.agree(questions.results(mistake), right, FAR), hint


@pytest.mark.parametrize("name", ALL)
def test_no_two_mistakes_with_different_hints_give_the_same(name):
    questions = ALL[name]
    results = [(hint, questions.results(mistake)) for hint, mistake in questions.known_mistakes()]
    for (one, first), (other, second) in combinations(results, 2):
        assert one == other or not questions.agree(first, second), (one, other)
