"""The checks judge the answers of `tests.checks.cases` as the page's text does.

Only of the lessons whose answers need no picture of the model: the others take minutes. CASES=all
asks them all; so does `python -m tests.checks.cases`, before a release.
"""

from __future__ import annotations

import os

import pytest
import torch

from tests.checks.cases import LESSONS, __main__, cases_of
from tests.checks.cases.page import Cell, code_cells, needed_cells
from tests.checks.cases.runner import judge, outcomes

QUICK = ("01", "02", "03", "05")
ASKED = LESSONS if os.environ.get("CASES") == "all" else QUICK
EXERCISES = [(lesson, number) for lesson in ASKED for number in cases_of(lesson)]


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


ZERO = Cell("check-1-1", "print('✔ right.' if float(x) == 0 else '✘ not right yet')")


@pytest.mark.parametrize(
    ("answer", "check", "verdict"),
    [
        ("pass", ZERO.source, "right"),
        ("x += 1", ZERO.source, "not right yet"),
        ("import sys; sys.exit()", ZERO.source, "right"),  # the cell ends, the check still runs
        ("pass", "print('○ not done yet')", "not done yet"),
        ("pass", "'✔ as the value of the cell'", "right"),
        ("pass", "print('done')", "silent"),
        ("pass", "raise SystemExit", "error"),
    ],
)
def test_the_verdict_is_the_first_sign_that_a_check_prints(answer, check, verdict):
    page = {"x": torch.zeros(1)}
    assert judge(Cell("check-1-1", check), "wrong", "", answer, page).verdict == verdict


def test_no_answer_sees_what_another_changed():
    page = {"x": torch.zeros(1), "y": [torch.zeros(1)]}
    before = torch.get_default_dtype(), torch.random.get_rng_state()
    spoilt = "import torch\nx += 1\ny[0] += 1\ntorch.manual_seed(5)\n"
    spoilt += "torch.set_default_dtype(torch.half)"
    assert judge(ZERO, "wrong", "", spoilt, page).verdict == "not right yet"
    assert judge(ZERO, "right", "", "x + y[0]", page).verdict == "right"
    assert float(page["y"][0]) == 0
    assert torch.get_default_dtype() == before[0]
    assert torch.equal(torch.random.get_rng_state(), before[1])


def test_what_an_answer_does_to_the_tensors_of_a_check_is_put_back():
    from helpers.checks import lesson_02

    held = [value for value in vars(lesson_02).values() if isinstance(value, torch.Tensor)]
    old = [value.clone() for value in held]
    spoils = Cell("check-2-1", "for value in held:\n    value.add_(1)\nprint('✔')")
    judge(spoils, "right", "", "pass", {"held": _Uncopied(held)})
    assert all(torch.equal(now, then) for now, then in zip(held, old, strict=True))


class _Uncopied:
    """A collection that the runner hands on as it is."""

    def __init__(self, parts):
        self.parts = parts

    def __iter__(self):
        return iter(self.parts)


@pytest.mark.parametrize(
    ("words", "told"),
    [(["--help"], "usage: python -m tests.checks.cases"), (["9"], "must be one of 00, 01")],
)
def test_the_command_says_what_it_takes(monkeypatch, capsys, words, told):
    monkeypatch.setattr(__main__, "outcomes", lambda lesson: pytest.fail(f"asked {lesson}"))
    with pytest.raises(SystemExit):
        __main__.main(words)
    assert told in "".join(capsys.readouterr())


@pytest.mark.parametrize(("words", "lessons"), [([], LESSONS), (["-v", "02"], ("02",))])
def test_the_command_asks_the_lessons_that_were_named(monkeypatch, words, lessons):
    asked = []
    monkeypatch.setattr(__main__, "outcomes", lambda lesson: asked.append(lesson) or {})
    __main__.main(words)
    assert tuple(asked) == lessons
