"""The checks judge the answers of `tests.checks.cases` as the page's text does."""

from __future__ import annotations

import pytest

from tests.checks.cases import LESSONS, cases_of
from tests.checks.cases.page import Cell, code_cells, needed_cells
from tests.checks.cases.runner import outcomes

EXERCISES = [(lesson, number) for lesson in LESSONS for number in cases_of(lesson)]


@pytest.mark.parametrize(("lesson", "exercise"), EXERCISES, ids=[number for _, number in EXERCISES])
def test_the_check_refuses_what_is_wrong_and_accepts_what_is_right(lesson, exercise):
    found = outcomes(lesson)[exercise]
    missed = [str(outcome) for outcome in found if outcome.missed]
    assert found
    assert not missed, "\n" + "\n".join(missed)


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_exercise_of_the_page_has_a_dozen_of_each_kind(lesson):
    on_page = {cell.exercise for cell in code_cells(lesson) if cell.name}
    counts = {
        number: (len(both["wrong"]), len(both["right"]))
        for number, both in cases_of(lesson).items()
    }
    assert set(counts) == on_page
    assert {number: few for number, few in counts.items() if min(few) < 12} == {}


def test_only_cells_that_a_check_or_an_answer_needs_are_run():
    cells = [
        Cell("", "import torch\nx = torch.zeros(2)"),
        Cell("", "x = None\nfor k in range(3):\n    y = k"),
        Cell("", "show(x)"),
        Cell("", "log = []"),
        Cell("", "log.append(y)\nx = 1"),
        Cell("exercise-1-1", "f = ..."),
        Cell("check-1-1", "check(f)"),
    ]
    kept = needed_cells(cells, {"1.1": ["def f(x):\n    return x, log"]})
    assert [cells.index(cell) for cell in kept] == [1, 3, 4, 5, 6]
