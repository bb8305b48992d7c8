"""Lesson 04: references are right, stubs not done, every plausible mistake gets its own hint."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from helpers import maths, metrics
from helpers.checks import core, lesson_04, mistakes_04

from .variants import RIGHT, SPOILT, assert_told_apart

KEPT = {0: 0.3, 4: 0.6, 8: 0.85, 12: 0.95, 16: 0.99}  # reaches 0.9 between 8 and 12, at 10
APART = 1.0
SAME, OTHER = torch.zeros(1, 4, 4, 4), torch.ones(1, 4, 4, 4)
FINISHED = {"ddim": SAME, "euler": SAME, "dpm++": SAME, "ddpm": OTHER, "euler ancestral": OTHER}
CHECKS = {
    "4.1": lesson_04.renoise,
    "4.3": lesson_04.fixed_from,
    "4.2": lesson_04.same_picture,
    "4.4": lesson_04.project,
}


@pytest.fixture
def verdict(capsys):
    """What the check of an exercise says to an answer."""
    given = {"4.3": (KEPT,), "4.2": (FINISHED, APART)}

    def ask(number, answer) -> str:
        CHECKS[number](answer, *given.get(number, ()))
        return capsys.readouterr().out

    return ask


def reference(number):
    names: dict = {}
    exec(core.EXERCISES[number].reference, names)
    return names[CHECKS[number].__name__]


@pytest.mark.parametrize("number", CHECKS)
def test_every_reference_is_right(number, verdict):
    assert verdict(number, reference(number)).startswith(f"✔ {number} right.")


def stub_renoise(step, noise): ...


def stub_project(points): ...


STUBS = {
    "4.1": stub_renoise,
    "4.3": ...,
    "4.2": {pair: ... for pair in lesson_04._PAIRS},
    "4.4": stub_project,
}


@pytest.mark.parametrize("number", CHECKS)
def test_every_stub_is_not_done_yet_and_tells_the_task(number, verdict):
    said = verdict(number, STUBS[number])
    assert said.startswith(f"○ {number} not done yet.")
    assert core.EXERCISES[number].task in said


def pairs(**changed):
    """The right answer to 4.2, but for the pairs named "a_b"."""
    return {
        pair: changed.get(f"{pair[0]}_{pair[1]}", same) for pair, same in lesson_04._PAIRS.items()
    }


def exchanged(step, noise):
    return step.x_t + (1 - step.alpha_bar) ** 0.5 * (noise - step.eps_cond)


def by_a_record(step, noise):
    guess = maths.predict_x0(step.x_t, step.eps_cond, step.alpha_bar)
    step = dataclasses.replace(step, x0_hat=guess)
    return maths.add_noise(step.x0_hat, noise, step.alpha_bar)


def by_eigenvectors(points):
    centred = points - points.mean(0)
    return centred @ torch.linalg.eigh(centred.T @ centred).eigenvectors[:, [-1, -2]]


def by_us(points):
    u, s, _ = torch.linalg.svd(points - points.mean(0, keepdim=True))
    return u[:, :2] * s[:2]


def by_numpy_svd(points):
    rows = points.numpy() - points.numpy().mean(axis=0)
    return rows @ np.linalg.svd(rows, full_matrices=False)[2][:2].T


def by_lowrank(points):
    torch.manual_seed(0)
    u, s, _ = torch.pca_lowrank(points, q=2)
    return u * s


RIGHT_ANSWERS = [
    ("4.1", exchanged),
    ("4.1", by_a_record),
    ("4.3", 10.0),
    ("4.3", np.int64(9)),
    ("4.3", torch.tensor([8])),
    ("4.3", torch.tensor(8.0)),
    ("4.2", {pair: np.bool_(same) for pair, same in pairs().items()}),
    ("4.2", {pair: torch.tensor(same) for pair, same in pairs().items()}),
    ("4.2", dict(reversed(pairs().items()))),
    ("4.4", by_eigenvectors),
    ("4.4", by_us),
    ("4.4", by_numpy_svd),
    ("4.4", by_lowrank),
    ("4.4", lambda points: metrics.project(points).tolist()),
]


@pytest.mark.parametrize(("number", "answer"), RIGHT_ANSWERS)
def test_other_ways_to_be_right(number, answer, verdict):
    said = verdict(number, answer)
    assert said.startswith(f"✔ {number} right."), said


@pytest.mark.parametrize("name", RIGHT)
@pytest.mark.parametrize("number", ["4.1", "4.4"])
def test_precision_and_type_are_no_mistakes(number, name, verdict):
    said = verdict(number, RIGHT[name](reference(number)))
    assert said.startswith(f"✔ {number} right."), said


@pytest.mark.parametrize("name", SPOILT)
@pytest.mark.parametrize("number", ["4.1", "4.4"])
def test_a_spoilt_function_gets_its_hint(number, name, verdict):
    spoil, hint = SPOILT[name]
    said = verdict(number, spoil(reference(number)))
    assert said.startswith(f"✘ {number} not right yet:") and hint in said, said


def test_an_answer_that_changes_what_it_is_given_is_told(verdict):
    def renoise(step, noise):
        canvas = reference("4.1")(step, noise)
        noise.zero_()
        return canvas

    def project(points):
        flat = metrics.project(points)
        points.zero_()
        return flat

    for number, answer in (("4.1", renoise), ("4.4", project)):
        assert "changes what it was given" in verdict(number, answer)
        assert verdict(number, reference(number)).startswith("✔")


@pytest.mark.parametrize(
    ("number", "mistakes"), [("4.1", mistakes_04.RENOISE), ("4.4", mistakes_04.PROJECT)]
)
def test_every_known_mistake_gets_its_own_hint(number, mistakes, verdict):
    for hint, mistake in mistakes.items():
        assert verdict(number, mistake) == f"✘ {number} not right yet: {hint}\n"


@pytest.mark.parametrize("questions", [lesson_04._RENOISE, lesson_04._PROJECT])
def test_the_known_mistakes_are_told_apart(questions):
    assert_told_apart(questions)


def test_the_made_up_records_obey_the_rules_of_a_record():
    for step, noise in lesson_04._RENOISE.cases:
        assert noise.shape == step.x_t.shape and not torch.equal(noise, step.eps)
        mixed = maths.add_noise(step.x0_hat, step.eps, step.alpha_bar)
        torch.testing.assert_close(mixed, step.x_t)
        far = metrics.distance(
            step.x0_hat, maths.predict_x0(step.x_t, step.eps_cond, step.alpha_bar)
        )
        assert far > 0.5  # guidance matters


def other_noise(step, noise):
    return lesson_04._RENOISE.solve(step, noise.flip(0).roll(1, -1))


WRONG = [
    ("4.1", other_noise, "First the guess with eps_cond, then add_noise"),
    ("4.1", lambda step, noise: step, "got"),
    ("4.1", lambda step, noise: (step.x_t, noise), "got (2, 2, 4, 6, 6)"),
    ("4.1", lambda step: step.x_t, "is called with 2"),
    ("4.1", lambda step, noise: noise[:, :1], "expected the shape (2, 4, 6, 6)"),
    ("4.1", lambda step, noise: step.x0hat, "x0hat"),
    ("4.3", 2, "too early: the layout is kept to 0.9 from about step 10 on"),
    ("4.3", 19, "too late: the layout is kept to 0.9 from about step 10 on"),
    ("4.3", 500, "500 looks like a timestep t"),
    ("4.3", 0.5, "a number of steps from 0 to 20, got 0.5"),
    ("4.3", -1, "a number of steps from 0 to 20, got -1"),
    ("4.3", "10", "is a text"),
    ("4.3", True, "a number is asked, got True"),
    ("4.3", float("nan"), "not finite"),
    ("4.3", [10], "Leave bracket and comma away"),
    ("4.2", pairs(ddim_euler=False), "Neither draws noise on its way, and both"),
    ("4.2", {pair: pair != ("ddim", "dpm++") for pair in pairs()}, "dpm++ solves ddim's equation"),
    ("4.2", pairs(ddim_ddpm=True), "One of them adds fresh noise"),
    ("4.2", pairs() | {("ddpm", "euler ancestral"): False}, "from one seed it is the same noise"),
    ("4.2", pairs(ddim_euler="True"), "('ddim', 'euler'): True or False is asked"),
    ("4.2", {"ddim": True}, "Change only what follows a colon"),
    ("4.2", [True, True, False, True], "Change only what follows a colon"),
    ("4.4", lambda p: metrics.project(p) / 2, "expected"),
    ("4.4", lambda p: metrics.project(p) + 1, "(points - mean) @ V[:, :2]"),
    ("4.4", lambda p: 3.0, "expected the shape (9, 2), got one number"),
]


@pytest.mark.parametrize(("number", "answer", "hint"), WRONG)
def test_wrong_answers_get_the_hint_that_fits(number, answer, hint, verdict):
    said = verdict(number, answer)
    assert said.startswith(f"✘ {number} not right yet:") and hint in said, said


def test_a_projection_is_right_whatever_the_signs_of_its_axes(verdict):
    signs = torch.tensor([-1.0, 1.0])
    assert verdict("4.4", lambda points: metrics.project(points) * signs).startswith("✔")
    uneven = torch.linspace(-1, 1, 9).sign()[:, None]  # signs that change from point to point
    changing = lambda points: metrics.project(points) * uneven[: len(points)]  # noqa: E731
    assert verdict("4.4", changing).startswith("✘")


@pytest.mark.parametrize(("answer", "mark"), [(7, "✔"), (6.9, "✘"), (13, "✔"), (13.1, "✘")])
def test_a_prediction_may_be_off_by_three_steps(answer, mark, verdict):
    assert verdict("4.3", answer).startswith(mark)


def test_first_reaching_is_read_off_between_the_measured_points():
    assert lesson_04.first_reaching(KEPT, 0.9) == pytest.approx(10)
    assert lesson_04.first_reaching(KEPT, 0.2) == 0
    assert lesson_04.first_reaching(KEPT, 0.999) == 16


def test_schedulers_are_judged_by_what_was_measured(verdict, capsys):
    """If all five ended in one picture, "False" would be wrong."""
    lesson_04.same_picture(pairs(), dict.fromkeys(FINISHED, SAME), APART)
    assert "ddim and ddpm end 0.0 apart, two seeds 1.0" in capsys.readouterr().out
