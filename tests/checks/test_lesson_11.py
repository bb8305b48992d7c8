"""Lesson 11: references are right in any form, and every plausible mistake gets its own hint."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from helpers.checks import core, lesson_11, mistakes_11
from helpers.checks.questions import compiled

CHECKS = {
    "11.1": lesson_11.interval,
    "11.2": lesson_11.prediction,
    "11.3": lesson_11.pull,
    "11.4": lesson_11.errors,
    "11.5": lesson_11.survivors,
}
FUNCTIONS = ["11.1", "11.3", "11.4", "11.5"]
MISTAKES = {
    "11.1": mistakes_11.INTERVAL,
    "11.3": mistakes_11.PULL,
    "11.4": mistakes_11.ERRORS,
    "11.5": mistakes_11.SURVIVORS,
}


@pytest.fixture
def verdict(capsys):
    """What the check of an exercise says to an answer."""

    def ask(number, answer) -> str:
        CHECKS[number](answer)
        return capsys.readouterr().out

    return ask


def reference(number):
    return compiled(core.EXERCISES[number].reference)


def stub(*_): ...


@pytest.mark.parametrize("number", CHECKS)
def test_every_stub_is_not_done_yet_and_tells_the_task(number, verdict):
    out = verdict(number, ... if number == "11.2" else stub)
    assert out.startswith(f"○ {number} not done yet.") and core.EXERCISES[number].task in out


@pytest.mark.parametrize("number", FUNCTIONS)
def test_every_reference_is_right(number, verdict):
    assert verdict(number, reference(number)).startswith(f"✔ {number} right.")


@pytest.mark.parametrize("number", MISTAKES)
def test_every_known_mistake_gets_its_own_hint(number, verdict):
    for hint, mistakes in MISTAKES[number].items():
        for mistake in mistakes if isinstance(mistakes, tuple) else (mistakes,):
            assert verdict(number, mistake) == f"✘ {number} not right yet: {hint}\n"


def by_the_quadratic(hits, n):
    z, p = 1.96, hits / n
    a, b, c = 1 + z**2 / n, -(2 * p + z**2 / n), p**2
    root = math.sqrt(b**2 - 4 * a * c)
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


RIGHT_ANSWERS = [
    ("11.1", by_the_quadratic),
    ("11.1", lambda hits, n: torch.tensor(by_the_quadratic(hits, n))),
    ("11.1", lambda hits, n: np.array(by_the_quadratic(hits, n))),
    ("11.2", "Rises"),
    ("11.2", " rises "),
    ("11.3", lambda c, u: (u - c).double().square().sum((2, 3, 4)).sqrt().mean(0)),
    ("11.3", lambda c, u: np.sqrt(((c - u).numpy() ** 2).sum((2, 3, 4))).mean(0)),
    ("11.3", lambda c, u: torch.stack([(c - u)[:, k].flatten(1).norm(dim=1).mean()
                                       for k in range(c.shape[1])])),
    ("11.4", lambda s, f, t: ((s[~f] > t).double().mean(), (s[f] <= t).double().mean())),
    ("11.4", lambda s, f, t: [(s[~f] >= t).numpy().mean(), (s[f] < t).numpy().mean()]),
    ("11.5", lambda p, level: np.array(p) * len(p) < level),
    ("11.5", lambda p, level: torch.tensor(p) <= level / len(p)),
    ("11.5", lambda p, level: tuple(x < level / len(p) for x in p)),
]  # fmt: skip


@pytest.mark.parametrize(("number", "answer"), RIGHT_ANSWERS)
def test_other_ways_to_be_right(number, answer, verdict):
    said = verdict(number, answer)
    assert said.startswith(f"✔ {number} right."), said


WRONG = [
    ("11.1", lambda h, n: 0.5, "expected two numbers, `return low, high`"),
    ("11.1", lambda h, n: (0.551, 0.880), "never uses its argument h"),
    ("11.1", lambda h, n: (0.1, "0.9"), "is a text"),
    ("11.2", "falls", "what the words mean"),
    ("11.2", "stays", "nine of ten at night"),
    ("11.2", "grows", 'expected "rises", "stays" or "falls"'),
    ("11.3", lambda c, u: (c - u).abs().amax((2, 3, 4)).mean(0), "then the mean over the steps"),
    ("11.4", lambda s, f, t: (s > t) != f, "return false_alarms, misses"),
    ("11.4", lambda s, f, t: (0.0, 0.0), "never uses its argument s"),
    ("11.5", lambda p, level: [x for x in p if x < level / len(p)], "True or False is asked"),
    ("11.5", lambda p, level: sum(x < level / len(p) for x in p), "expected a list with True"),
    ("11.5", lambda p, level: [p[0] < level / len(p)], "expected 7 values"),
]


@pytest.mark.parametrize(("number", "answer", "hint"), WRONG)
def test_wrong_answers_get_the_hint_that_fits(number, answer, hint, verdict):
    out = verdict(number, answer)
    assert out.startswith(f"✘ {number} not right yet:") and hint in out, out


def test_the_formula_of_the_page_is_wilsons():
    """Of 18 among 24, against the two shares that lie z standard errors away."""
    low, high = reference("11.1")(18, 24)
    for p in (low, high):
        assert abs(18 / 24 - p) == pytest.approx(1.96 * math.sqrt(p * (1 - p) / 24))
    assert (round(low, 3), round(high, 3)) == (0.551, 0.880)
    assert reference("11.1")(12, 12)[0] == pytest.approx(0.757, abs=1e-3)
