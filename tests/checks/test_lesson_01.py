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
    "1.1": lesson_01.alpha_bar,
    "1.2": lesson_01.add_noise_at,
    "1.4": lesson_01.snr,
    "1.5": lesson_01.timestep_at,
}
REFERENCES = {number: compiled(core.EXERCISES[number].reference) for number in FUNCTIONS}


def stub(x0, eps=None, t=None, alpha_bar=None): ...


@pytest.mark.parametrize("number", [*FUNCTIONS, "1.3"])
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
    for answer, hint in told_everywhere(REFERENCES[number]):
        out = verdict(FUNCTIONS[number], answer)
        assert out.startswith(f"✘ {number} not right yet:") and hint in out


def by_loop(betas):
    left, result = 1.0, []
    for beta in betas:
        left = left * (1 - beta)
        result.append(left)
    return result


RIGHT = [
    ("1.1", by_loop),
    ("1.1", lambda b: [float(v) for v in by_loop(b)]),
    ("1.1", lambda b: np.cumprod(1 - b.numpy())),
    ("1.1", lambda b: torch.exp(torch.cumsum(torch.log(1 - b), 0))),
    ("1.2", lambda x, e, t, a: torch.stack(
        [maths.add_noise(x[k], e[k], a[t[k]]) for k in range(len(t))])),
    ("1.2", lambda x, e, t, a: [maths.add_noise(x[k], e[k], a[t[k]]) for k in range(len(t))]),
    ("1.4", lambda a: 1 / (1 / a - 1)),
    ("1.4", lambda a: [float(value / (1 - value)) for value in a]),
    ("1.5", lambda w, a: (maths.snr(a) <= w).nonzero()[0]),
    ("1.5", lambda w, a: int((maths.snr(a) > w).sum())),
    ("1.5", lambda w, a: np.argmax(maths.snr(a).numpy() <= w)),
    ("1.5", lambda w, a: next(t for t, s in enumerate(a) if s / (1 - s) <= w)),
    ("1.5", lambda w, a: int((a <= w / (1 + w)).nonzero()[0])),
]  # fmt: skip


@pytest.mark.parametrize(("number", "answer"), RIGHT)
def test_another_way_is_right_too(number, answer, verdict):
    assert verdict(FUNCTIONS[number], answer).startswith(f"✔ {number} right.")


def level(t, shares):
    return shares[t].view(-1, 1, 1, 1)


def first(found):
    return int(found.nonzero()[0])


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
RATIO = [
    (lambda a: (1 - a) / a, "Turn the fraction over"),
    (lambda a: (a / (1 - a)).sqrt(), "ratio of the variances: no root"),
    (maths.sigma, "this is sigma"),
    (lambda a: a / (1 - a) ** 0.5, "you divide by sqrt(1 - alpha_bar)"),
    (lambda a: a**0.5 / (1 - a), "the signal has a root too much"),
    (lambda a: a**2 / (1 - a) ** 2, "you took the squares"),
    (lambda a: a / 1 - a, "into brackets"),
    (lambda a: a / (a + 1 - a), "Divide by the noise alone"),
    (lambda a: 1 - a, "the share of the noise alone"),
    (lambda a: 1 / (1 - a), "above the line belongs alpha_bar"),
    (lambda a: a - (1 - a), "this is a difference"),
    (lambda a: (a / (1 - a)).log(), "the logarithm of the SNR"),
    (lambda a: (a / (1 - a)).log10(), "the logarithm to the base 10"),
    (lambda a: 10 * (a / (1 - a)).log10(), "decibels"),
    (lambda a: (a / (1 - a)).mean(), "one number for all"),
    (lambda a: a * 3, "At alpha_bar = 0.8 it is 0.8 / 0.2 = 4"),
    (lambda a: 4.0, "expected the shape (4,), got one number"),
    (lambda a: alpha_bars / (1 - alpha_bars), "uses alpha_bars of the page"),
]
SEARCH = [
    (lambda w, a: int((maths.snr(a) - w).abs().argmin()), "nearest, on either side"),
    (lambda w, a: first(maths.snr(a) <= w) - 1, "this is the t before"),
    (lambda w, a: first(maths.snr(a) < w), "<=, not <"),
    (lambda w, a: first(maths.snr(a) <= w) + 1, "timesteps count from 0"),
    (lambda w, a: int((maths.snr(a) <= w).nonzero()[-1]), "this is the last t"),
    (lambda w, a: first(maths.snr(a) >= w), "Turn the comparison round"),
    (lambda w, a: first(a <= min(w, 0.99)) if w < 1 else 0, "you compare alpha_bar with"),
    (lambda w, a: first(maths.signal(a) / maths.noise(a) <= w), "you compare the root"),
    (lambda w, a: maths.snr(a)[first(maths.snr(a) <= w)], "you return the SNR at the place"),
    (lambda w, a: a[first(maths.snr(a) <= w)], "you return alpha_bar at the place"),
    (lambda w, a: int((maths.snr(a) <= w).sum()), "how many timesteps"),
    (lambda w, a: (maths.snr(a) <= w).nonzero(), "you return many timesteps"),
    (lambda w, a: maths.snr(a) <= w, "you return many timesteps"),
    (lambda w, a: w + 0.5, "never uses its argument a"),
    (lambda w, a: 700, "expected 210, got 700"),
    (lambda w, a: first(maths.snr(alpha_bars) <= w), "uses alpha_bars of the page"),
    (lambda w, a: "210", "'210' is a text. Leave the quotes away"),
    (lambda w, a: True, "a number is asked, got True"),
    (lambda w, a: math.inf, "not finite"),
]
WRONG = [
    (number, answer, hint)
    for number, rows in zip(FUNCTIONS, (PRODUCT, BATCH, RATIO, SEARCH), strict=True)
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
    assert out.startswith("✘ 1.3 not right yet:") and hint in out


@pytest.mark.parametrize(
    "guess", [320, 354, 390, 354.0, np.int64(354), torch.tensor([354]), torch.tensor(354.0)]
)
def test_a_good_guess_of_the_half_is_enough(guess, verdict):
    assert "It happens at t = 354" in verdict(lesson_01.half_noise, guess, SHARES)
