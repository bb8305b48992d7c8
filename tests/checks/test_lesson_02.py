"""Lesson 02: references are right in any form, and every plausible mistake gets its own hint."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from helpers import digits_lab, maths
from helpers.checks import core, lesson_02
from helpers.checks.questions import compiled
from helpers.maths import noise, signal

from .answers import right_variants, told_everywhere

DIGITS = digits_lab.digits()
FUNCTIONS = {
    "2.1": lesson_02.predict_x0,
    "2.2": lesson_02.x0_from_velocity,
    "2.4": lesson_02.ddim_step,
    "2.5": lesson_02.ddpm_step,
}
REFERENCES = {number: compiled(core.EXERCISES[number].reference) for number in FUNCTIONS}


def stub(x_t, eps=None, alpha_bar=None, alpha_bar_prev=None, fresh_noise=None): ...


@pytest.mark.parametrize("number", [*FUNCTIONS, "2.3"])
def test_every_stub_is_not_done_yet_and_tells_the_task(number, verdict):
    given = (lesson_02.prediction, ..., DIGITS)
    out = verdict(*((FUNCTIONS[number], stub) if number in FUNCTIONS else given))
    assert out.startswith(f"○ {number} not done yet.") and core.EXERCISES[number].task in out


@pytest.mark.parametrize("number", FUNCTIONS)
def test_the_reference_is_right_in_any_precision_and_type(number, verdict):
    for name, answer in right_variants(REFERENCES[number]).items():
        assert verdict(FUNCTIONS[number], answer).startswith(f"✔ {number} right."), name


@pytest.mark.parametrize("number", FUNCTIONS)
def test_what_is_wrong_everywhere_is_told(number, verdict):
    for answer, hint in told_everywhere(REFERENCES[number]):
        out = verdict(FUNCTIONS[number], answer)
        assert out.startswith(f"✘ {number} not right yet:") and hint in out


@pytest.mark.parametrize("root", [torch.sqrt, math.sqrt, np.sqrt, lambda number: number**0.5])
def test_any_root_will_do(root, verdict):
    def answer(x_t, eps, alpha_bar):
        return (x_t - root(1 - alpha_bar) * eps) / root(alpha_bar)

    assert verdict(FUNCTIONS["2.1"], answer).startswith("✔ 2.1 right.")


def in_half(x, e, a):
    return maths.predict_x0(x.half(), e.half(), a.half()).float()


def by_eps(x, e, a, b):
    x0 = (x - noise(a) * e) / signal(a)
    return signal(b) * x0 + noise(b) * maths.predict_eps(x, x0, a)


RIGHT = [
    ("2.1", in_half),
    ("2.1", lambda x, e, a: x / signal(a) - maths.sigma(a) * e),
    ("2.2", lambda x, v, a: maths.predict_x0(x, maths.eps_from_velocity(x, v, a), a)),
    ("2.4", by_eps),
    ("2.4", lambda x, e, a, b: x * signal(b / a) + (noise(b) - signal(b / a) * noise(a)) * e),
]


@pytest.mark.parametrize(("number", "answer"), RIGHT)
def test_another_way_is_right_too(number, answer, verdict):
    assert verdict(FUNCTIONS[number], answer).startswith(f"✔ {number} right.")


level, alpha_bar_now, digits = torch.tensor(0.36), 0.36, DIGITS[:4]
"""Variables as they stand on the page."""


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
    ("2.1", lambda x, e, a: (x - e) / signal(a), "took away all of it"),
    ("2.1", lambda x, e, a: x, "Your function never uses its argument e"),
    ("2.1", lambda x, e, a: (x - noise(a) * e) / (signal(a) + 1), "Do the worked number"),
    ("2.1", lambda x, e, a: x.mean(), "expected the shape (2, 1, 6, 8), got one number"),
    ("2.1", lambda x, e, a: 0.3, "got one number"),
    ("2.1", lambda x, e, a: (x - (1 - a) * e) / signal(a), "A root is missing"),
    ("2.1", lambda x, e, a: (x - noise(a) * e) / a, "Divide by its root"),
    ("2.1", lambda x, e, a: (x - (1 - a) ** 1 / 2 * e) / a**1 / 2, "`** 1/2`"),
    ("2.1", lambda x, e, a: (x - (1 - signal(a)) * e) / signal(a), "not 1 - alpha_bar ** 0.5"),
    ("2.1", lambda x, e, a: (x - signal(a) * e) / signal(a), "not with alpha_bar ** 0.5"),
    ("2.1", lambda x, e, a: (x - noise(a) * e) / noise(a), "the weight of the picture"),
    ("2.1", lambda x, e, a: (noise(a) * e - x) / signal(a), "not the noise minus x_t"),
    ("2.1", lambda x, e, a: x / signal(a) - noise(a) * e, "only x_t was divided"),
    ("2.1", lambda x, e, a: x / signal(a), "the noise is still there"),
    ("2.1", maths.add_noise, "still more noise"),
    ("2.1", lambda x, e, a: maths.predict_x0(e, x, a), "changed places"),
    ("2.1", lambda x, e, a: (x - 0.8 * e) / 0.6, "never uses its argument a"),
    ("2.1", lambda x, e, a: maths.predict_x0(x, e, level), "uses level of the page"),
    ("2.1", lambda x, e, a: maths.predict_x0(x, e, alpha_bar_now), "of the page"),
    ("2.1", lambda alpha_bar, eps, x_t: x_t * eps, "stand in another order than in the task"),
    ("2.1", lambda x, e, a: maths.predict_x0(x, e, a).bool(), "got one of True and False"),
    ("2.1", lambda x, e, a: maths.predict_x0(x, e, -a), "the result is not finite"),
    ("2.1", lambda x, e, a: maths.predict_x0(x, e, a)[:1], "got (1, 1, 6, 8)"),
    ("2.2", lambda x, v, a: a * x - (1 - a) * v, "without its root"),
    ("2.2", lambda x, v, a: noise(a) * x - signal(a) * v, "changed places"),
    ("2.2", lambda x, v, a: signal(a) * x + noise(a) * v, "sign of v"),
    ("2.2", maths.eps_from_velocity, "that is eps, not x0"),
    ("2.2", maths.predict_x0, "as if it were eps"),
    ("2.2", lambda x, v, a: x - noise(a) * v, "x_t has a factor, too"),
    ("2.2", lambda x, v, a: signal(a) * x - (1 - a) * v, "v is weighted with (1 - alpha_bar)"),
    ("2.2", lambda x, v, a: a * x - noise(a) * v, "x_t is weighted with alpha_bar ** 0.5"),
    ("2.2", lambda x, v, a: a**1 / 2 * x - (1 - a) ** 1 / 2 * v, "`** 1/2`"),
    ("2.2", lambda x, v, a: noise(a) * v - signal(a) * x, "both signs are turned over"),
    ("2.2", lambda x, v, a: x / signal(a) - noise(a) * v, "no division here"),
    ("2.2", lambda x, v, a: signal(a) * x - v, "v has a factor, too"),
    ("2.2", lambda x, v, a: signal(a) * x, "v is missing"),
    ("2.2", lambda x, v, a: maths.x0_from_velocity(v, x, a), "x_t and v have changed places"),
    ("2.2", lambda x, v, a: 0.6 * x - 0.8 * v, "never uses its argument a"),
    ("2.2", lambda x, v, a: x * v * a, "minus (1 - alpha_bar) ** 0.5 times v"),
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
    ("2.4", lambda x, e, a, b: maths.ddim_step(x, e, b, b), "nothing has changed"),
    ("2.4", lambda x, e, a, b: maths.add_noise(e, maths.predict_x0(x, e, a), b), "changed weights"),
    (
        "2.4",
        lambda x, e, a, b: maths.add_noise(maths.predict_x0(x, e, a), e, 1 - b),
        "changed weights",
    ),
    ("2.4", lambda x, e, a, b: maths.add_noise(maths.predict_x0(e, x, a), e, b), "in the guess"),
    ("2.4", lambda x, e, a, b: maths.ddim_step(x, e, 0.36, 0.64), "never uses its argument a"),
    ("2.4", lambda x, e, a, b: maths.add_noise(maths.predict_x0(x, e, a), x, b), "with x_t"),
    (
        "2.4",
        lambda x, e, a, b: signal(b) * maths.predict_x0(x, e, a) + (1 - b) * e,
        "A root is missing",
    ),
    ("2.5", lambda x, e, a, b, f: deviation(a, b) * f, "that is the noise alone"),
    (
        "2.5",
        lambda x, e, a, b, f: mean_of(x, e, a, b) + maths.posterior_variance(a, b) ** 1 / 2 * f,
        "`** 1/2`",
    ),
    ("2.5", lambda x, e, a, b, f: mean_of(x, e, a, b) + noise(b) * f, "in all"),
    (
        "2.5",
        lambda x, e, a, b, f: maths.posterior_mean(x, x, a, b) + deviation(a, b) * f,
        "got x_t twice",
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
        "in posterior_variance, alpha_bar and alpha_bar_prev have changed places",
    ),
    (
        "2.5",
        lambda x, e, a, b, f: mean_of(x, e, a, b) + deviation(a, b) * torch.randn_like(f),
        "No random numbers inside",
    ),
]


@pytest.mark.parametrize(("number", "answer", "hint"), WRONG)
def test_wrong_answers_get_the_hint_that_fits(number, answer, hint, verdict):
    out = verdict(FUNCTIONS[number], answer)
    assert out.startswith(f"✘ {number} not right yet:") and hint in out


@pytest.mark.parametrize("said", ["the mean of all digits", " The mean of all digits "])
def test_the_mean_is_what_the_ideal_denoiser_shows_at_the_end(said, verdict):
    assert verdict(lesson_02.prediction, said, DIGITS).startswith("✔ 2.3 right.")


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ("one digit", "how many digits are still possible?"),
        ("noise", "from the mean of all digits"),
        ("a blur", """expected "one digit", "the mean of all digits" or "noise", got 'a blur'"""),
        (["noise"], "Write it in quotes"),
        (DIGITS, "got a tensor of shape (1797, 1, 8, 8). Write it in quotes"),
        (2, "got 2. Write it in quotes"),
    ],
)
def test_other_predictions_are_told_what_was_measured(said, hint, verdict):
    out = verdict(lesson_02.prediction, said, DIGITS)
    assert out.startswith("✘ 2.3 not right yet:") and hint in out


def test_an_answer_that_alters_what_it_is_given_does_not_spoil_the_next(verdict):
    def in_place(x_t, eps, alpha_bar):
        x_t -= noise(alpha_bar) * eps
        alpha_bar.fill_(0.5)
        return x_t.div_(signal(alpha_bar))

    out = verdict(FUNCTIONS["2.1"], in_place)
    assert "your function changes what it was given: x_t is another one afterwards" in out
    assert verdict(FUNCTIONS["2.1"], maths.predict_x0).startswith("✔ 2.1 right.")


def test_the_guess_at_the_last_timestep_is_by_far_nearest_to_the_mean():
    distances = lesson_02.guess_distances(DIGITS)
    nearest, second = sorted(distances.values())[:2]
    assert distances["the mean of all digits"] == nearest < second / 3
