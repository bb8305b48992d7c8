"""Lesson 01: references are right in any form, and every plausible mistake gets its own hint."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from helpers import maths
from helpers.checks import core, lesson_01
from helpers.checks.questions import compiled

from .answers import number_variants, right_variants, told_everywhere

SHARES = maths.alpha_bar(maths.scaled_linear_betas())
FUNCTIONS = {
    "1.2": lesson_01.alpha_bar,
    "1.3": lesson_01.add_noise_at,
    "1.5": lesson_01.smallest_patch,
}
REFERENCES = {number: compiled(core.EXERCISES[number].reference) for number in FUNCTIONS}


def stub(x0, eps=None, t=None, alpha_bar=None): ...


@pytest.mark.parametrize("number", [*FUNCTIONS, "1.4"])
def test_every_stub_is_not_done_yet_and_tells_the_task(number, verdict):
    check, given = FUNCTIONS.get(number, lesson_01.half_noise), (stub,)
    out = verdict(check, *(given if number in FUNCTIONS else (..., SHARES)))
    assert out.startswith(f"○ {number} not done yet.") and core.EXERCISES[number].task in out


@pytest.mark.parametrize("number", FUNCTIONS)
def test_the_reference_is_right_in_any_precision_and_type(number, verdict):
    variants = number_variants if number == "1.5" else right_variants
    for name, answer in variants(REFERENCES[number]).items():
        assert verdict(FUNCTIONS[number], answer).startswith(f"✔ {number} right."), name


@pytest.mark.parametrize("number", FUNCTIONS)
def test_what_is_wrong_everywhere_is_told(number, verdict):
    for answer, hint in told_everywhere(REFERENCES[number], in_place=number != "1.5"):
        out = verdict(FUNCTIONS[number], answer)
        assert out.startswith(f"✘ {number} not right yet:") and hint in out


def by_loop(betas):
    left, result = 1.0, []
    for beta in betas:
        left = left * (1 - beta)
        result.append(left)
    return result


RIGHT = [
    ("1.2", by_loop),
    ("1.2", lambda b: [float(v) for v in by_loop(b)]),
    ("1.2", lambda b: np.cumprod(1 - b.numpy())),
    ("1.2", lambda b: torch.exp(torch.cumsum(torch.log(1 - b), 0))),
    ("1.3", lambda x, e, t, a: torch.stack(
        [maths.add_noise(x[k], e[k], a[t[k]]) for k in range(len(t))])),
    ("1.3", lambda x, e, t, a: [maths.add_noise(x[k], e[k], a[t[k]]) for k in range(len(t))]),
    ("1.5", lambda a, c: math.floor(maths.sigma(a) / c + 1)),
    ("1.5", lambda a, c: next(n for n in range(1, 999) if maths.sigma(a) / n < c)),
    ("1.5", lambda a, c: torch.tensor(maths.snr(a) ** -0.5 / c).ceil()),
    ("1.5", lambda a, c: np.ceil(((1 - a) / a) ** 0.5 / c)),
    ("1.5", lambda a, c: float(int(maths.sigma(a) / c) + 1)),
]  # fmt: skip


@pytest.mark.parametrize(("number", "answer"), RIGHT)
def test_another_way_is_right_too(number, answer, verdict):
    assert verdict(FUNCTIONS[number], answer).startswith(f"✔ {number} right.")


def level(t, shares):
    return shares[t].view(-1, 1, 1, 1)


betas, level_here, alpha_bars, t_here = torch.rand(4), 0.6, SHARES, torch.tensor([10, 400, 999])
"""Variables as they stand on the page."""

PRODUCT = [
    (lambda b: torch.cumprod(b, 0), "you multiply the betas. The picture"),
    (lambda b: 1 - torch.cumprod(b, 0), "Take each beta from 1 first"),
    (lambda b: 1 - b, "this is alpha_t, what one step leaves"),
    (lambda b: torch.cumprod((1 - b).sqrt(), 0), "Leave the root out"),
    (lambda b: torch.cumprod((1 - b) ** 2, 0), "the square of alpha_bar"),
    (lambda b: 1 - b.cumsum(0), "you add the betas up"),
    (lambda b: (1 - b).cumsum(0), "torch.cumprod"),
    (lambda b: (1 - b).prod(), "you return one number"),
    (lambda b: 1 - (1 - b).cumprod(0), "share of the noise"),
    (lambda b: torch.cat([b[:1] * 0 + 1, (1 - b).cumprod(0)[:-1]]), "off by one"),
    (lambda b: (1 - b).cumprod(0)[1:], "one value is missing"),
    (lambda b: (1 - b).flip(0).cumprod(0).flip(0), "begins at the last timestep"),
    (lambda b: (1 - b).cumprod(0).flip(0), "the order is turned round"),
    (lambda b: torch.exp(-b.cumsum(0)), "ᾱ at t is the product of all 1 - beta"),
    (lambda b: (1 - betas).cumprod(0), "uses betas of the page"),
    (lambda b: (1 - b).cumprod(0)[None], "expected the shape (4,), got (1, 4)"),
    (lambda b: "0.9", "expected a tensor, got '0.9'"),
    (lambda b: {"a": 1}, "expected a tensor, got the dict"),
    (lambda b: b > 0.5, "expected a tensor of numbers, got one of True and False"),
    (lambda b: (b - 1).log(), "the result is not finite"),
]
BATCH = [
    (lambda x, e, t, a: level(t, a).sqrt() * x, "the noise is missing"),
    (lambda x, e, t, a: (1 - level(t, a)).sqrt() * e, "the picture is missing"),
    (lambda x, e, t, a: maths.add_noise(e, x, level(t, a)), "swapped"),
    (lambda x, e, t, a: level(t, a) * x + (1 - level(t, a)) * e, "mix with alpha_bar itself"),
    (lambda x, e, t, a: level(t, a) ** 0.5 * x + (1 - level(t, a)) * e, "by its variance"),
    (
        lambda x, e, t, a: level(t, a) * x + (1 - level(t, a)) ** 0.5 * e,
        "picture is multiplied by alpha_bar",
    ),
    (
        lambda x, e, t, a: level(t, a) ** 0.5 * x + (1 - level(t, a) ** 0.5) * e,
        "not 1 - sqrt(alpha_bar) but sqrt(1 - alpha_bar)",
    ),
    (lambda x, e, t, a: level(t, a) ** 1 / 2 * x + (1 - level(t, a)) ** 1 / 2 * e, "`** 1/2`"),
    (lambda x, e, t, a: maths.add_noise(x, -e, level(t, a)), "a plus sign"),
    (lambda x, e, t, a: x + e, "both factors are missing"),
    (lambda x, e, t, a: level(t, a) ** 0.5 * x + e, "the noise has its full size"),
    (lambda x, e, t, a: x + (1 - level(t, a)) ** 0.5 * e, "the picture has its full size"),
    (lambda x, e, t, a: maths.add_noise(x, e, a[t]), "spread over the columns"),
    (lambda x, e, t, a: maths.add_noise(x, e, a[t][:, None]), "spread over the rows"),
    (lambda x, e, t, a: maths.add_noise(x, e, a[t][:, None, None]), "spread over the channels"),
    (lambda x, e, t, a: maths.add_noise(x, e, a[t[0]]), "noise level of the first"),
    (lambda x, e, t, a: maths.add_noise(x, e, level(t - 1, a)), "off by one"),
    (lambda x, e, t, a: maths.add_noise(x, e, a[: len(x)].view(-1, 1, 1, 1)), "by place in the"),
    (lambda x, e, t, a: maths.add_noise(x, e, level(t, a.cumprod(0))), "the shares already"),
    (lambda x, e, t, a: x * level(t, a) - e, "It is sqrt(alpha_bar) x0 + sqrt(1 - alpha_bar) eps"),
    (lambda x, e, t, a: maths.add_noise(x[0], e[0], a[t[0]]), "expected the shape (4, 4, 4, 4)"),
    (lambda x, e, t, a: maths.add_noise(x, e, level_here), "uses level_here of the page"),
    (lambda x, e, t, a: maths.add_noise(x, e, a.view(-1, 1, 1, 1)), "in the line `"),
    (lambda x, e, t, a: maths.add_noise(x, torch.randn_like(e), level(t, a)), "No random numbers"),
    (lambda eps, x0, t, alpha_bar: maths.add_noise(x0, eps, level(t, alpha_bar)), "swapped"),
]


def above(side):
    return int(side) + 1


PATCH = [
    (lambda a, c: int(maths.sigma(a) / c), "the noise is still the stronger one"),
    (lambda a, c: round(maths.sigma(a) / c), "Round up"),
    (lambda a, c: maths.sigma(a) / c, "Asked is the next whole number"),
    (lambda a, c: above(maths.sigma(a) / c) + 1, "one too large"),
    (lambda a, c: above((maths.sigma(a) / c) ** 2), "Asked is its side"),
    (lambda a, c: above(maths.sigma(a) / c) ** 2, "Asked is its side"),
    (lambda a, c: above((maths.sigma(a) / c) ** 0.5), "not to its root"),
    (lambda a, c: above((1 - a) ** 0.5 / c), "in units of the picture"),
    (lambda a, c: above((1 - a) / a / c), "Compare standard deviations"),
    (lambda a, c: above(maths.snr(a) ** 0.5 / c), "Turn sigma's fraction over"),
    (lambda a, c: above(maths.sigma(a) * c), "divide by it"),
    (lambda a, c: above(maths.sigma(a)), "the contrast is not used"),
    (lambda a, c: maths.sigma(a), "before any mean"),
    (lambda a, c: 25, "for alpha_bar = 0.05, contrast = 0.35 expected 13, got 25"),
    (lambda a, c: above(maths.sigma(float(alpha_bars[999])) / c), "uses alpha_bars of the page"),
    (lambda a, c: "13", "'13' is a text"),
    (lambda a, c: True, "a number is asked, got True"),
]
WRONG = [
    (number, answer, hint)
    for number, rows in zip(FUNCTIONS, (PRODUCT, BATCH, PATCH), strict=True)
    for answer, hint in rows
]


@pytest.mark.parametrize(("number", "answer", "hint"), WRONG)
def test_wrong_answers_get_the_hint_that_fits(number, answer, hint, verdict):
    out = verdict(FUNCTIONS[number], answer)
    assert out.startswith(f"✘ {number} not right yet:") and hint in out


HALF = [
    (500, "halfway is the natural guess, but at t = 500 alpha_bar is 0.28"),
    (521, "the factor sqrt(alpha_bar) is one half"),
    (800, "too late: at t = 800"),
    (torch.tensor(100.0), "too early: at t = 100"),
    (0.5, "a timestep, not a share"),
    (1000, "expected a timestep from 0 to 999, got 1000"),
    (-1, "expected a timestep from 0 to 999, got -1"),
    (354.4, "a whole number is asked, got 354.4"),
    ("half", "Write it in digits, without quotes"),
    ("354", "Leave the quotes away"),
    (True, "a number is asked, got True"),
    ([354], "Leave bracket and comma away"),
    (SHARES, "one number is asked, got a tensor of shape (1000,)"),
    (math.nan, "not finite"),
]


@pytest.mark.parametrize(("guess", "hint"), HALF)
def test_a_bad_guess_of_the_half_is_told_where_it_is(guess, hint, verdict):
    out = verdict(lesson_01.half_noise, guess, SHARES)
    assert out.startswith("✘ 1.4 not right yet:") and hint in out


@pytest.mark.parametrize(
    "guess", [320, 354, 390, 354.0, np.int64(354), torch.tensor([354]), torch.tensor(354.0)]
)
def test_a_good_guess_of_the_half_is_enough(guess, verdict):
    assert "It happens at t = 354" in verdict(lesson_01.half_noise, guess, SHARES)


CULPRITS = lesson_01.CURVES


@pytest.mark.parametrize(
    "answer",
    [
        CULPRITS,
        {key: np.int64(n) for key, n in CULPRITS.items()},
        {key: torch.tensor([float(n)]) for key, n in CULPRITS.items()},
    ],
)
def test_the_broken_loops_are_found(answer, verdict):
    assert verdict(lesson_01.culprits, dict(answer)).startswith("✔ 1.1 right.")


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (CULPRITS | {"A": 1, "C": 2}, "curve A is not that of mistake 1: it rests where v = (1"),
        (CULPRITS | {"B": 2, "A": 3}, "curve A is not that of mistake 3: its noise is the same"),
        (CULPRITS | {"B": 2}, "2 of 3 are right"),
        (CULPRITS | {"B": 0}, "numbered 1, 2 and 3, got 0"),
        (CULPRITS | {"B": "3"}, "Leave the quotes away"),
        (CULPRITS | {"D": 3}, "its three curves"),
        ([2, 3, 1], "its three curves"),
    ],
)
def test_a_wrong_culprit_is_told_where_its_loop_rests(answer, hint, verdict):
    out = verdict(lesson_01.culprits, answer)
    assert out.startswith("✘ 1.1 not right yet:") and hint in out


def test_the_curves_of_the_broken_loops_end_where_the_hints_say():
    x0 = torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(9))
    betas = maths.scaled_linear_betas()
    ends = {name: float(line[-1]) for name, line in lesson_01.broken_loops(x0, betas).items()}
    assert ends["curve A"] == pytest.approx(float(betas[-1]), rel=0.5)
    assert ends["curve C"] == pytest.approx(0.5, rel=0.05) and ends["curve B"] > 300


def test_solutions_stand_alone_and_are_what_a_learner_has_met():
    for number in ("1.2", "1.3", "1.5"):
        source = core.EXERCISES[number].reference
        assert "helpers" not in source and "-> Tensor" not in source and '"""' not in source
