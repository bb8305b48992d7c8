"""Questions of all lessons: no mistake is right in every case, and no two of them are one."""

from __future__ import annotations

import importlib
import pkgutil
import re
from dataclasses import replace
from itertools import combinations

import pytest
import torch

from helpers import checks
from helpers.checks import reading
from helpers.checks.core import Hint
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


def outcomes(questions, function):
    return [questions.outcome(function, case) for case in questions.cases]


@pytest.mark.parametrize("name", ALL)
def test_two_cases_and_more_and_no_mistake_is_right_in_all_of_them(name):
    questions = ALL[name]
    right = questions.results(questions.solve)
    assert len(right) >= 2
    for hint, mistake in questions.known_mistakes():
        assert not questions.agree(outcomes(questions, mistake), right, FAR), hint


@pytest.mark.parametrize("name", ALL)
def test_no_two_mistakes_with_different_hints_give_the_same(name):
    questions = ALL[name]
    results = [(hint, outcomes(questions, each)) for hint, each in questions.known_mistakes()]
    for (one, first), (other, second) in combinations(results, 2):
        assert one == other or not questions.agree(first, second), (one, other)


SHORTER = "the lengths have lost their axis: keepdim=True."
LENGTHS = Questions(
    reference=lambda a: a / a.norm(dim=-1, keepdim=True),
    cases=[(torch.arange(6.0).view(2, 3),), (torch.arange(1.0, 9.0).view(4, 2),)],
    mistakes={SHORTER: lambda a: a / a.norm(dim=-1), "never asked": lambda a: a},
)


def test_a_mistake_that_stops_is_recognised_by_the_words_of_its_error():
    def answer(a):
        return a / a.norm(dim=1)

    with pytest.raises(Hint, match=re.escape(SHORTER)):
        LENGTHS.put_to(answer)


def test_another_stop_is_told_with_its_line():
    def answer(a):
        return a.view(7)

    with pytest.raises(Hint, match=r"stopped with RuntimeError.*`return a.view\(7\)`"):
        LENGTHS.put_to(answer)


def test_a_mistake_that_gives_something_else_in_the_first_case_is_not_computed_further():
    asked = []

    def mistake(a):
        asked.append(len(a))
        return a

    questions = replace(LENGTHS, mistakes={"the lengths are missing.": mistake})
    with pytest.raises(Hint, match="expected"):
        questions.put_to(lambda a: 2 * a)
    assert asked == [2]


@pytest.mark.parametrize(
    ("result", "told"),
    [
        ([1, 2], r"expected 3 values, got the list \[1, 2\]"),
        ([1, 2, 4], "expected 3 at place 2, got 4"),
    ],
)
def test_lists_are_told_apart_by_length_or_by_the_first_place_that_differs(result, told):
    questions = Questions(lambda n: [1, 2, n], [(3,), (3,)], read=reading.numbers)
    with pytest.raises(Hint, match=told):
        questions.put_to(lambda n: result)


def test_a_result_without_any_number_is_told_by_its_shape():
    with pytest.raises(Hint, match=r"expected the shape \(2, 3\), got \(2, 0\)"):
        LENGTHS.put_to(lambda a: a[:, :0])
