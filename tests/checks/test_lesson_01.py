"""Lesson 01: references are right, stubs not done, every plausible mistake gets its own hint."""

from __future__ import annotations

import pytest
import torch

from helpers import maths
from helpers.checks import core, lesson_01

SHARES = maths.alpha_bar(maths.scaled_linear_betas())
CHECKS = {
    "1.1": (lesson_01.alpha_bar, ()),
    "1.2": (lesson_01.add_noise_at, ()),
    "1.3": (lesson_01.half_noise, (SHARES,)),
    "1.4": (lesson_01.snr, ()),
    "1.5": (lesson_01.timestep_at, ()),
}
NAMES = {
    "1.1": "alpha_bar",
    "1.2": "add_noise_at",
    "1.3": "prediction",
    "1.4": "snr",
    "1.5": "timestep_at",
}


def verdict(number, answer, capsys) -> str:
    check, given = CHECKS[number]
    check(answer, *given)
    return capsys.readouterr().out


@pytest.mark.parametrize("number", CHECKS)
def test_every_reference_is_right(number, capsys):
    names: dict = {}
    exec(core.EXERCISES[number].reference, names)
    assert verdict(number, names[NAMES[number]], capsys).startswith(f"✔ {number} right.")


def stub(x0, eps=None, t=None, alpha_bar=None): ...


@pytest.mark.parametrize("number", CHECKS)
def test_every_stub_is_not_done_yet_and_tells_the_task(number, capsys):
    out = verdict(number, ... if number == "1.3" else stub, capsys)
    assert out.startswith(f"○ {number} not done yet.") and core.EXERCISES[number].task in out


def level(t, shares):
    return shares[t].view(-1, 1, 1, 1)


def first(found):
    return int(found.nonzero()[0])


PRODUCT = [
    (lambda b: torch.cumprod(b, 0), "you multiply the betas"),
    (lambda b: 1 - b, "this is alpha_t, what one step leaves"),
    (lambda b: torch.cumprod((1 - b).sqrt(), 0), "Leave the root out"),
    (lambda b: 1 - b.cumsum(0), "you add the betas up"),
    (lambda b: (1 - b).cumsum(0), "torch.cumprod"),
    (lambda b: (1 - b).prod(), "you return one number"),
    (lambda b: 1 - (1 - b).cumprod(0), "share of the noise"),
    (lambda b: torch.cat([b[:1] * 0 + 1, (1 - b).cumprod(0)[:-1]]), "off by one"),
    (lambda b: (1 - b).cumprod(0)[1:], "expected a tensor of shape (4,), got (3,)"),
    (lambda b: (1 - b).cumprod(0).tolist(), "expected a tensor, got list"),
    (lambda b: torch.exp(-b.cumsum(0)), "0.19, 0.36, 0.5, 0.75 expected 0.81, 0.5184,"),
]
BATCH = [
    (lambda x, e, t, a: level(t, a).sqrt() * x, "the noise is missing"),
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
    (lambda x, e, t, a: maths.add_noise(x, e, a[t]), "spread over the columns"),
    (lambda x, e, t, a: maths.add_noise(x, e, a[t[0]]), "noise level of the first"),
    (lambda x, e, t, a: maths.add_noise(x, e, level(t - 1, a)), "off by one"),
    (lambda x, e, t, a: maths.add_noise(x, e, a.view(-1, 1, 1, 1)), "by place in the batch"),
    (lambda x, e, t, a: x + e, "expected sqrt(alpha_bar) x0 + sqrt(1 - alpha_bar) eps"),
    (lambda x, e, t, a: maths.add_noise(x[0], e[0], a[t[0]]), "expected a tensor of shape"),
    (lambda x, e, t, a: print(end=""), "returns nothing"),
]
HALF = [
    (500, "halfway is the natural guess, but at t = 500 alpha_bar is 0.28"),
    (521, "the factor sqrt(alpha_bar) is one half"),
    (800, "too late: at t = 800"),
    (100, "too early: at t = 100"),
    (0.5, "a timestep, not a share"),
    (1000, "expected a timestep from 0 to 999, got 1000"),
    ("half", "expected a timestep from 0 to 999, got 'half'"),
]
RATIO = [
    (lambda a: (1 - a) / a, "Turn the fraction over"),
    (lambda a: (a / (1 - a)).sqrt(), "ratio of the variances: no root"),
    (maths.sigma, "this is sigma"),
    (lambda a: a / (1 - a) ** 0.5, "you divide by sqrt(1 - alpha_bar)"),
    (lambda a: a / (a + 1 - a), "Divide by the noise alone"),
    (lambda a: a - (1 - a), "this is a difference"),
    (lambda a: (a / (1 - a)).log(), "the logarithm of the SNR"),
    (lambda a: (a / (1 - a)).log10(), "the logarithm of the SNR"),
    (lambda a: 10 * (a / (1 - a)).log10(), "decibels"),
    (lambda a: a * 3, "at alpha_bar = 0.8 expected 0.8 / 0.2 = 4"),
]
SEARCH = [
    (lambda w, a: int((maths.snr(a) - w).abs().argmin()), "Nearest is not asked for"),
    (lambda w, a: first(maths.snr(a) <= w) + 1, "timesteps count from 0"),
    (lambda w, a: int((maths.snr(a) <= w).nonzero()[-1]), "this is the last t"),
    (lambda w, a: first(maths.snr(a) >= w), "Turn the comparison round"),
    (lambda w, a: first(a <= w), "you compare alpha_bar with the wanted SNR"),
    (lambda w, a: first(maths.signal(a) / maths.noise(a) <= w), "you compare the root"),
    (lambda w, a: maths.snr(a)[first(maths.snr(a) <= w)], "you return the SNR at the place"),
    (lambda w, a: (maths.snr(a) <= w).nonzero(), "you return many timesteps"),
    (lambda w, a: w + 0.5, "expected a timestep, a whole number"),
    (lambda w, a: 700, "expected t = 120 for an SNR of"),
]
WRONG = [
    (number, answer, hint)
    for number, rows in zip(CHECKS, (PRODUCT, BATCH, HALF, RATIO, SEARCH), strict=True)
    for answer, hint in rows
]


@pytest.mark.parametrize(("number", "answer", "hint"), WRONG)
def test_wrong_answers_get_the_hint_that_fits(number, answer, hint, capsys):
    out = verdict(number, answer, capsys)
    assert out.startswith(f"✘ {number} not right yet:") and hint in out


@pytest.mark.parametrize("guess", [320, 354, 390])
def test_a_good_guess_of_the_half_is_enough(guess, capsys):
    assert "It happens at t = 354" in verdict("1.3", guess, capsys)


def test_a_timestep_may_come_as_a_tensor_of_one_number(capsys):
    answer = lambda w, a: (maths.snr(a) <= w).nonzero()[0]  # noqa: E731
    assert verdict("1.5", answer, capsys).startswith("✔ 1.5 right.")
