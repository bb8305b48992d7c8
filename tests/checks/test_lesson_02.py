"""Lesson 02: references are right, stubs not done, every plausible mistake gets its own hint."""

from __future__ import annotations

import math
from itertools import combinations

import pytest
import torch

from helpers import digits_lab, maths
from helpers.checks import core, lesson_02
from helpers.maths import noise, signal

DIGITS = digits_lab.digits()
CHECKS = {
    "2.1": (lesson_02.predict_x0, ()),
    "2.2": (lesson_02.x0_from_velocity, ()),
    "2.3": (lesson_02.prediction, (DIGITS,)),
    "2.4": (lesson_02.ddim_step, ()),
    "2.5": (lesson_02.ddpm_step, ()),
}


def verdict(number, answer, capsys) -> str:
    check, given = CHECKS[number]
    check(answer, *given)
    return capsys.readouterr().out


@pytest.mark.parametrize("number", CHECKS)
def test_every_reference_is_right(number, capsys):
    names: dict = {}
    exec(core.EXERCISES[number].reference, names)
    answer = names[CHECKS[number][0].__name__]
    assert verdict(number, answer, capsys).startswith(f"✔ {number} right.")


def stub(x_t, eps=None, alpha_bar=None, alpha_bar_prev=None, fresh_noise=None): ...


@pytest.mark.parametrize("number", CHECKS)
def test_every_stub_is_not_done_yet_and_tells_the_task(number, capsys):
    out = verdict(number, ... if number == "2.3" else stub, capsys)
    assert out.startswith(f"○ {number} not done yet.") and core.EXERCISES[number].task in out


@pytest.mark.parametrize("root", [torch.sqrt, math.sqrt, lambda number: number**0.5])
def test_any_root_will_do(root, capsys):
    def answer(x_t, eps, alpha_bar):
        return (x_t - root(1 - alpha_bar) * eps) / root(alpha_bar)

    assert verdict("2.1", answer, capsys).startswith("✔ 2.1 right.")


def mean_of(x_t, eps, now, after):
    return maths.posterior_mean(x_t, maths.predict_x0(x_t, eps, now), now, after)


def deviation(now, after):
    return maths.posterior_variance(now, after) ** 0.5


def mixed_with_fresh(x, e, a, b, f):
    return maths.add_noise(maths.predict_x0(x, e, a), f, b)


WRONG = [
    ("2.1", lambda x, e, a: (x - (1 - a) * e) / a, "without its root"),
    ("2.1", lambda x, e, a: (x - signal(a) * e) / noise(a), "changed places"),
    ("2.1", lambda x, e, a: x - noise(a) * e, "what is left is alpha_bar ** 0.5 times x0"),
    ("2.1", lambda x, e, a: (x - noise(a) * e) * signal(a), "you multiplied by"),
    ("2.1", lambda x, e, a: (x + noise(a) * e) / signal(a), "a minus sign"),
    ("2.1", lambda x, e, a: x - noise(a) * e / signal(a), "into brackets"),
    ("2.1", lambda x, e, a: x - e, "took away all of it"),
    ("2.1", lambda x, e, a: (x - e) / signal(a), "took away all."),
    ("2.1", lambda x, e, a: x, "the first pixel should be"),
    ("2.1", lambda x, e, a: x.mean(), "expected the shape of x_t, (2, 1, 8, 8), got ()"),
    ("2.1", lambda x, e, a: 0.3, "expected a tensor, got float"),
    ("2.1", lambda x, e, a: print(end=""), "returns nothing"),
    ("2.2", lambda x, v, a: a * x - (1 - a) * v, "without its root"),
    ("2.2", lambda x, v, a: noise(a) * x - signal(a) * v, "changed places"),
    ("2.2", lambda x, v, a: signal(a) * x + noise(a) * v, "sign of v"),
    ("2.2", maths.eps_from_velocity, "that is eps, not x0"),
    ("2.2", maths.predict_x0, "as if it were eps"),
    ("2.2", lambda x, v, a: x - noise(a) * v, "multiply x_t by"),
    ("2.3", "one digit", "how many digits are still possible?"),
    ("2.3", "noise", "from the mean of all digits"),
    ("2.3", "a blur", "expected one of 'one digit'"),
    ("2.4", lambda x, e, a, b: maths.predict_x0(x, e, a), "that is x0_hat"),
    ("2.4", lambda x, e, a, b: maths.ddim_step(x, e, b, a), "changed places: guess with"),
    ("2.4", lambda x, e, a, b: maths.ddim_step(x, e, a, a), "nothing has changed"),
    (
        "2.4",
        lambda x, e, a, b: signal(b) * maths.predict_x0(x, e, a) + noise(a) * e,
        "old amount of noise",
    ),
    ("2.4", lambda x, e, a, b: b * maths.predict_x0(x, e, a) + (1 - b) * e, "without its root"),
    ("2.4", lambda x, e, a, b: signal(b) * maths.predict_x0(x, e, a), "no noise was put back"),
    ("2.4", lambda x, e, a, b: maths.add_noise(x, e, b), "you mixed x_t with eps"),
    (
        "2.4",
        lambda x, e, a, b: maths.add_noise(x - noise(a) * e, e, b),
        "the division by alpha_bar ** 0.5 is missing",
    ),
    (
        "2.4",
        lambda x, e, a, b: maths.add_noise(maths.predict_x0(x, e, a), torch.randn_like(e), b),
        "No random numbers inside",
    ),
    (
        "2.5",
        lambda x, e, a, b, f: mean_of(x, e, a, b) + maths.posterior_variance(a, b) * f,
        "posterior_variance is a variance",
    ),
    ("2.5", lambda x, e, a, b, f: mean_of(x, e, a, b), "that is the mean alone"),
    ("2.5", lambda x, e, a, b, f: mean_of(x, e, a, b) + f, "at full strength"),
    (
        "2.5",
        lambda x, e, a, b, f: mean_of(x, e, a, b) + deviation(a, b) * e,
        "you added eps, the noise that is in x_t already",
    ),
    (
        "2.5",
        lambda x, e, a, b, f: maths.posterior_mean(x, e, a, b) + deviation(a, b) * f,
        "and got eps",
    ),
    (
        "2.5",
        lambda x, e, a, b, f: (
            maths.posterior_mean(x, maths.predict_x0(x, e, a), b, a) + deviation(a, b) * f
        ),
        "changed places in the mean",
    ),
    (
        "2.5",
        lambda x, e, a, b, f: mean_of(x, e, a, b) + (1 - a / b) ** 0.5 * f,
        "noise of one forward step",
    ),
    ("2.5", mixed_with_fresh, "all old noise was thrown away"),
    ("2.5", lambda x, e, a, b, f: maths.ddim_step(x, e, a, b), "that is the DDIM step"),
    (
        "2.5",
        lambda x, e, a, b, f: mean_of(x, e, a, b) - deviation(a, b) * f,
        "taken away instead of added",
    ),
    (
        "2.5",
        lambda x, e, a, b, f: mean_of(x, e, a, b) + deviation(b, a) * f,
        "Have alpha_bar and alpha_bar_prev changed places?",
    ),
    (
        "2.5",
        lambda x, e, a, b, f: mean_of(x, e, a, b) + deviation(a, b) * torch.randn_like(f),
        "No random numbers inside",
    ),
]


@pytest.mark.parametrize(("number", "answer", "hint"), WRONG)
def test_wrong_answers_get_the_hint_that_fits(number, answer, hint, capsys):
    out = verdict(number, answer, capsys)
    assert out.startswith(f"✘ {number} not right yet:") and hint in out


def test_the_hints_for_known_mistakes_are_told_apart(monkeypatch):
    """No two mistakes of an exercise give the same result, and none gives the right one."""
    seen = []
    monkeypatch.setattr(
        lesson_02, "examine", lambda answer, given, expected, mistakes: seen.append(
            [expected, *mistakes.values()]
        )
    )  # fmt: skip
    for number in ("2.1", "2.2", "2.4", "2.5"):
        CHECKS[number][0](stub)
    assert [len(results) for results in seen] == [9, 7, 9, 11]
    for results in seen:
        for one, other in combinations(results, 2):
            assert (one - other).abs().max() > 0.01


def test_the_guess_at_the_last_timestep_is_by_far_nearest_to_the_mean():
    distances = lesson_02.guess_distances(DIGITS)
    nearest, second = sorted(distances.values())[:2]
    assert distances["the mean of all digits"] == nearest < second / 3
