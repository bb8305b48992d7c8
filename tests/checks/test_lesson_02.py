"""Lesson 02: references are right in any form, and every plausible mistake gets its own hint."""

from __future__ import annotations

import pytest
import torch

from helpers import digits_lab, maths
from helpers.checks import core, lesson_02
from helpers.checks.questions import compiled
from helpers.maths import noise, signal

from .answers import number_variants, right_variants, told_everywhere

DIGITS = digits_lab.digits()
FUNCTIONS = {
    "2.2": lesson_02.ddim_step,
    "2.3": lesson_02.nearer_to_seen,
    "2.4": lesson_02.ddpm_step,
}
REFERENCES = {number: compiled(core.EXERCISES[number].reference) for number in FUNCTIONS}


def stub(x_t, eps=None, alpha_bar=None, alpha_bar_prev=None, fresh_noise=None): ...


TENSORS = ("2.2", "2.4")
"""Exercises whose answer is a tensor; that of 2.3 is a number."""


@pytest.mark.parametrize("number", [*FUNCTIONS, "2.1"])
def test_every_stub_is_not_done_yet_and_tells_the_task(number, verdict):
    given = (lesson_02.prediction, ..., DIGITS)
    out = verdict(*((FUNCTIONS[number], stub) if number in FUNCTIONS else given))
    assert out.startswith(f"○ {number} not done yet.") and core.EXERCISES[number].task in out


@pytest.mark.parametrize("number", TENSORS)
def test_the_reference_is_right_in_any_precision_and_type(number, verdict):
    for name, answer in right_variants(REFERENCES[number]).items():
        assert verdict(FUNCTIONS[number], answer).startswith(f"✔ {number} right."), name


@pytest.mark.parametrize("number", TENSORS)
def test_what_is_wrong_everywhere_is_told(number, verdict):
    for answer, hint in told_everywhere(REFERENCES[number]):
        out = verdict(FUNCTIONS[number], answer)
        assert out.startswith(f"✘ {number} not right yet:") and hint in out


def by_eps(x, e, a, b):
    x0 = (x - noise(a) * e) / signal(a)
    return signal(b) * x0 + noise(b) * maths.predict_eps(x, x0, a)


RIGHT = [
    ("2.2", by_eps),
    ("2.2", lambda x, e, a, b: x * signal(b / a) + (noise(b) - signal(b / a) * noise(a)) * e),
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
    ("2.2", lambda x, e, a, b: maths.predict_x0(x, e, a), "that is x0_hat"),
    ("2.2", lambda x, e, a, b: maths.ddim_step(x, e, b, a), "changed places: guess with"),
    ("2.2", lambda x, e, a, b: maths.ddim_step(x, e, a, a), "nothing has changed"),
    (
        "2.2",
        lambda x, e, a, b: signal(b) * maths.predict_x0(x, e, a) + noise(a) * e,
        "old amount of noise",
    ),
    ("2.2", lambda x, e, a, b: b * maths.predict_x0(x, e, a) + (1 - b) * e, "without its root"),
    ("2.2", lambda x, e, a, b: signal(b) * maths.predict_x0(x, e, a), "no noise was put back"),
    ("2.2", lambda x, e, a, b: maths.add_noise(x, e, b), "you mixed x_t with eps"),
    (
        "2.2",
        lambda x, e, a, b: maths.add_noise(x - noise(a) * e, e, b),
        "the division by alpha_bar ** 0.5 is missing",
    ),
    (
        "2.2",
        lambda x, e, a, b: maths.add_noise(maths.predict_x0(x, e, a), torch.randn_like(e), b),
        "No random numbers inside",
    ),
    (
        "2.4",
        lambda x, e, a, b, f: mean_of(x, e, a, b) + maths.posterior_variance(a, b) * f,
        "posterior_variance is a variance",
    ),
    ("2.4", lambda x, e, a, b, f: mean_of(x, e, a, b), "that is the mean alone"),
    ("2.4", lambda x, e, a, b, f: mean_of(x, e, a, b) + f, "at full strength"),
    (
        "2.4",
        lambda x, e, a, b, f: mean_of(x, e, a, b) + deviation(a, b) * e,
        "you added eps, the noise that is in x_t already",
    ),
    (
        "2.4",
        lambda x, e, a, b, f: maths.posterior_mean(x, e, a, b) + deviation(a, b) * f,
        "and got eps",
    ),
    (
        "2.4",
        lambda x, e, a, b, f: (
            maths.posterior_mean(x, maths.predict_x0(x, e, a), b, a) + deviation(a, b) * f
        ),
        "changed places in the mean",
    ),
    (
        "2.4",
        lambda x, e, a, b, f: mean_of(x, e, a, b) + (1 - a / b) ** 0.5 * f,
        "noise of one forward step",
    ),
    ("2.2", lambda x, e, a, b: maths.ddim_step(x, e, b, b), "nothing has changed"),
    ("2.2", lambda x, e, a, b: maths.add_noise(e, maths.predict_x0(x, e, a), b), "changed weights"),
    (
        "2.2",
        lambda x, e, a, b: maths.add_noise(maths.predict_x0(x, e, a), e, 1 - b),
        "changed weights",
    ),
    ("2.2", lambda x, e, a, b: maths.add_noise(maths.predict_x0(e, x, a), e, b), "in the guess"),
    ("2.2", lambda x, e, a, b: maths.ddim_step(x, e, 0.36, 0.64), "never uses its argument a"),
    ("2.2", lambda x, e, a, b: maths.add_noise(maths.predict_x0(x, e, a), x, b), "with x_t"),
    (
        "2.2",
        lambda x, e, a, b: signal(b) * maths.predict_x0(x, e, a) + (1 - b) * e,
        "A root is missing",
    ),
    ("2.4", lambda x, e, a, b, f: deviation(a, b) * f, "that is the noise alone"),
    (
        "2.4",
        lambda x, e, a, b, f: mean_of(x, e, a, b) + maths.posterior_variance(a, b) ** 1 / 2 * f,
        "`** 1/2`",
    ),
    ("2.4", lambda x, e, a, b, f: mean_of(x, e, a, b) + noise(b) * f, "in all"),
    (
        "2.4",
        lambda x, e, a, b, f: maths.posterior_mean(x, x, a, b) + deviation(a, b) * f,
        "got x_t twice",
    ),
    ("2.4", mixed_with_fresh, "all old noise was thrown away"),
    ("2.4", lambda x, e, a, b, f: maths.ddim_step(x, e, a, b), "that is the DDIM step"),
    (
        "2.4",
        lambda x, e, a, b, f: mean_of(x, e, a, b) - deviation(a, b) * f,
        "taken away instead of added",
    ),
    (
        "2.4",
        lambda x, e, a, b, f: mean_of(x, e, a, b) + deviation(b, a) * f,
        "in posterior_variance, alpha_bar and alpha_bar_prev have changed places",
    ),
    (
        "2.4",
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
    assert verdict(lesson_02.prediction, said, DIGITS).startswith("✔ 2.1 right.")


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
    assert out.startswith("✘ 2.1 not right yet:") and hint in out


def test_an_answer_that_alters_what_it_is_given_does_not_spoil_the_next(verdict):
    def in_place(x_t, eps, alpha_bar, alpha_bar_prev):
        x_t -= noise(alpha_bar) * eps
        x_t.div_(signal(alpha_bar))
        return maths.add_noise(x_t, eps, alpha_bar_prev)

    out = verdict(FUNCTIONS["2.2"], in_place)
    assert "your function changes what it was given: x_t is another one afterwards" in out
    assert verdict(FUNCTIONS["2.2"], maths.ddim_step).startswith("✔ 2.2 right.")


def test_the_guess_at_the_last_timestep_is_by_far_nearest_to_the_mean():
    distances = lesson_02.guess_distances(DIGITS)
    nearest, second = sorted(distances.values())[:2]
    assert distances["the mean of all digits"] == nearest < second / 3


NEARER = lesson_02.nearer_to_seen


def distances(pictures, data):
    return torch.cdist(pictures.flatten(1), data.flatten(1))


def cut(seen, unseen):
    count = min(len(seen), len(unseen))
    return seen[:count], unseen[:count]


def by_loop(pictures, seen, unseen):
    seen, unseen = cut(seen, unseen)
    nearer = 0
    for picture in pictures:
        to_seen = min(float((picture - each).square().sum()) for each in seen)
        to_unseen = min(float((picture - each).square().sum()) for each in unseen)
        nearer += to_seen < to_unseen
    return nearer / len(pictures)


def by_search(pictures, seen, unseen):
    seen, unseen = cut(seen, unseen)
    near, far = digits_lab.nearest(pictures, seen)[1], digits_lab.nearest(pictures, unseen)[1]
    return torch.mean((near - far < 0).float())


def by_one_argmin(pictures, seen, unseen):
    seen, unseen = cut(seen, unseen)
    place = distances(pictures, torch.cat([seen, unseen])).argmin(dim=1)
    return (place < len(seen)).double().mean().item()


@pytest.mark.parametrize("answer", [by_loop, by_search, by_one_argmin])
def test_any_way_to_count_will_do(answer, verdict):
    assert verdict(NEARER, answer).startswith("✔ 2.3 right.")


def test_the_fraction_may_come_in_any_type(verdict):
    for name, answer in number_variants(REFERENCES["2.3"]).items():
        assert verdict(NEARER, answer).startswith("✔ 2.3 right."), name


def of(compare):
    """An answer from what it makes of the distances to two sets of equal size."""

    def answer(pictures, seen, unseen):
        seen, unseen = cut(seen, unseen)
        return compare(distances(pictures, seen), distances(pictures, unseen))

    return answer


def all_of_them(pictures, seen, unseen):
    nearer = distances(pictures, seen).amin(1) < distances(pictures, unseen).amin(1)
    return nearer.float().mean()


def at_random(pictures, seen, unseen):
    count = min(len(seen), len(unseen))
    seen, unseen = (data[torch.randperm(len(data))[:count]] for data in (seen, unseen))
    return all_of_them(pictures, seen, unseen)


UNFAIR = [
    (all_of_them, "who has more to choose from finds a nearer digit"),
    (lambda p, s, u: 1 - all_of_them(p, s, u), "Turn the comparison over"),
    (of(lambda a, b: (a.amin(1) > b.amin(1)).double().mean()), "Turn the comparison over"),
    (of(lambda a, b: (a.amin(1) < b.amin(1)).sum()), "divide by the number of pictures"),
    (of(lambda a, b: (a.amin(1) < b.amin(1)).double().mean() * 100), "from 0 to 1"),
    (of(lambda a, b: (a.mean(1) < b.mean(1)).double().mean()), "amin, not mean"),
    (of(lambda a, b: (a.amax(1) < b.amax(1)).double().mean()), "The nearest is amin"),
    (of(lambda a, b: (a.amin(0) < b.amin(0)).double().mean()), "of each picture: over axis 1"),
    (of(lambda a, b: (a < b).double().mean()), "one by one"),
    (of(lambda a, b: a.amin(1).mean() - b.amin(1).mean()), "that is a mean distance"),
    (of(lambda a, b: a.amin(1) < b.amin(1)), "one number is asked"),
    (lambda p, s, u: 0.5, "never uses its argument p"),
    (lambda p, s, u: all_of_them(p, s.flip(0)[: len(u)], u.flip(0)[: len(s)]), "the last digits"),
    (at_random, "two results"),
]


@pytest.mark.parametrize(("answer", "hint"), UNFAIR)
def test_an_unfair_comparison_is_told(answer, hint, verdict):
    out = verdict(NEARER, answer)
    assert out.startswith("✘ 2.3 not right yet:") and hint in out


def test_the_broken_step_of_the_page_gets_its_hint(verdict):
    def broken_step(x_t, eps, alpha_bar, alpha_bar_prev, fresh_noise):
        x0_hat = maths.predict_x0(x_t, eps, alpha_bar)
        mean = maths.posterior_mean(x_t, x0_hat, alpha_bar, alpha_bar_prev)
        variance = maths.posterior_variance(alpha_bar, alpha_bar_prev)
        return mean + variance * fresh_noise

    assert "posterior_variance is a variance" in verdict(lesson_02.ddpm_step, broken_step)
