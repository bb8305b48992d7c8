"""Lesson 04: references are right, stubs not done, every plausible mistake gets its own hint."""

from __future__ import annotations

import pytest
import torch

from helpers import denoise, metrics
from helpers.checks import core, lesson_04

KEPT = {0: 0.3, 4: 0.6, 8: 0.85, 12: 0.95, 16: 0.99}  # reaches 0.9 between 8 and 12, at 10
APART = 1.0
SAME, OTHER = torch.zeros(1, 4, 4, 4), torch.ones(1, 4, 4, 4)
FINISHED = {"ddim": SAME, "euler": SAME, "dpm++": SAME, "ddpm": OTHER, "euler ancestral": OTHER}
CHECKS = {
    "4.1": lesson_04.guesses,
    "4.2": lesson_04.fixed_from,
    "4.3": lesson_04.fewest_steps,
    "4.4": lesson_04.same_picture,
    "4.5": lesson_04.project,
}


@pytest.fixture
def verdict(tiny_random_pipe, capsys):
    """What the check of an exercise says to an answer."""
    given = {"4.1": (tiny_random_pipe,), "4.2": (KEPT,), "4.4": (FINISHED, APART)}

    def ask(number, answer) -> str:
        CHECKS[number](answer, *given.get(number, ()))
        return capsys.readouterr().out

    return ask


@pytest.mark.parametrize("number", CHECKS)
def test_every_reference_is_right(number, verdict):
    names: dict = {}
    exec(core.EXERCISES[number].reference, names)
    said = verdict(number, names[CHECKS[number].__name__])
    assert said.startswith(f"✔ {number} right.")


def stub_guesses(pipe, prompt, seed, steps): ...


def stub_fewest(distances, tolerance): ...


def stub_project(points): ...


STUBS = {
    "4.1": stub_guesses,
    "4.2": ...,
    "4.3": stub_fewest,
    "4.4": {pair: ... for pair in lesson_04._PAIRS},
    "4.5": stub_project,
}


@pytest.mark.parametrize("number", CHECKS)
def test_every_stub_is_not_done_yet_and_tells_the_task(number, verdict):
    said = verdict(number, STUBS[number])
    assert said.startswith(f"○ {number} not done yet.")
    assert core.EXERCISES[number].task in said


def collected(name="x0_hat", seed=None, join=torch.cat, keep=slice(None), **more):
    """A learner's `guesses` that collects `name`, with one thing or another changed."""

    def guesses(pipe, prompt, its_seed, steps):
        options = {"seed": its_seed if seed is None else seed, "steps": steps} | more
        run = list(denoise(pipe, prompt, **options))[keep]
        return join([getattr(step, name) for step in run])

    return guesses


def svd(points):
    return torch.linalg.svd(points - points.mean(0), full_matrices=False)


def centred(points):
    return points - points.mean(0)


def pairs(**changed):
    """The right answer to 4.4, but for the pairs named "a_b"."""
    return {
        pair: changed.get(f"{pair[0]}_{pair[1]}", same) for pair, same in lesson_04._PAIRS.items()
    }


WRONG = [
    ("4.1", collected("x_t"), "these are the x_t of the run, the canvas"),
    ("4.1", collected("x_prev"), "these are the x_prev of the run"),
    ("4.1", collected("eps"), "these are the eps of the run, the noise"),
    ("4.1", collected(join=torch.stack), "still has the axis of the batch"),
    ("4.1", collected(join=list), "a list of 4. torch.stack"),
    ("4.1", collected(join=lambda found: found[-1]), "is one guess. Collect one at every step"),
    ("4.1", collected(keep=slice(1, None)), "4 steps were asked for, you return 3"),
    ("4.1", collected(steps=20), "4 steps were asked for, you return 20"),
    ("4.1", collected(keep=slice(None, None, -1)), "the order is reversed"),
    ("4.1", collected(seed=0), "seed 5 gave the run of seed 0"),
    ("4.1", collected(guidance_scale=1), "leave its other arguments alone"),
    ("4.1", collected(join=len), "expected a tensor, got int"),
    ("4.1", collected(join=lambda found: torch.cat(found).flatten(1)), "expected the shape (4, "),
    ("4.2", 2, "too early: the layout is kept to 0.9 from about step 10 on"),
    ("4.2", 19, "too late: the layout is kept to 0.9 from about step 10 on"),
    ("4.2", 500, "500 looks like a timestep t"),
    ("4.2", 0.5, "a number of steps from 0 to 20, got 0.5"),
    ("4.2", "ten", "expected a number of steps, got 'ten'"),
    ("4.3", lambda d, tol: min(n for n in d if d[n] < tol), "<=, not <"),
    ("4.3", lambda d, tol: next(n for n in d if d[n] <= tol), "the first entry"),
    ("4.3", lambda d, tol: max(d), "the most exact one"),
    ("4.3", lambda d, tol: min(d), "2 steps are 0.7 away"),
    ("4.3", lambda d, tol: max(n for n in d if d[n] > tol), "5 steps are 0.3 away"),
    ("4.3", lambda d, tol: max(x for x in d.values() if x <= tol), "this is a distance"),
    ("4.3", lambda d, tol: sum(x <= tol for x in d.values()), "entries that are close enough"),
    ("4.3", lambda d, tol: [n for n in d if d[n] <= tol], "one number of steps, got list"),
    ("4.3", lambda d, tol: min(n for n in d if d[n] <= 0.1), "argument tolerance"),
    ("4.4", pairs(ddim_euler=False), "Neither draws noise on its way, and both"),
    ("4.4", {pair: pair != ("ddim", "dpm++") for pair in pairs()}, "dpm++ solves ddim's equation"),
    ("4.4", pairs(ddim_ddpm=True), "One of them adds fresh noise"),
    ("4.4", pairs() | {("ddpm", "euler ancestral"): False}, "from one seed it is the same noise"),
    ("4.4", pairs(ddim_euler="yes"), "expected True or False, got 'yes'"),
    ("4.4", {"ddim": True}, "Change only what follows a colon"),
    ("4.5", lambda p: p @ torch.linalg.svd(p, full_matrices=False).Vh[:2].T, "not centred: take"),
    ("4.5", lambda p: p @ svd(p).Vh[:2].T, "the points you project are not centred"),
    ("4.5", lambda p: lesson_04._plane(p - p.mean(1, keepdim=True)), "each point (dim=1)"),
    ("4.5", lambda p: lesson_04._plane(p - p.mean()), "one mean of all numbers"),
    ("4.5", lambda p: svd(p).U[:, :2], "Scale them: U[:, :2] * S[:2]"),
    ("4.5", lambda p: centred(p) @ svd(p).Vh[:, :2], "its *rows* are the axes"),
    ("4.5", lambda p: centred(p) @ svd(p).Vh[-2:].T, "the two narrowest axes"),
    ("4.5", lambda p: svd(p).U[:, :2] * svd(p).S[:2] ** 2, "S squared"),
    ("4.5", lambda p: p[:, :2], "the first two numbers of each point"),
    ("4.5", lambda p: svd(p).Vh[:2], "these are the two axes. Now project"),
    ("4.5", lambda p: (centred(p) @ svd(p).Vh[:2].T).T, "turn it round"),
    ("4.5", lambda p: centred(p) @ svd(p).Vh.T, "Keep the first two"),
]


@pytest.mark.parametrize(("number", "answer", "hint"), WRONG)
def test_wrong_answers_get_the_hint_that_fits(number, answer, hint, verdict):
    said = verdict(number, answer)
    assert said.startswith(f"✘ {number} not right yet:") and hint in said, said


def test_a_projection_is_right_whatever_the_signs_of_its_axes(verdict):
    signs = torch.tensor([-1.0, 1.0])
    assert verdict("4.5", lambda points: metrics.project(points) * signs).startswith("✔")
    uneven = torch.linspace(-1, 1, 9).sign()[:, None]  # signs that change from point to point
    assert verdict("4.5", lambda points: metrics.project(points) * uneven).startswith("✘")


@pytest.mark.parametrize(("answer", "mark"), [(6, "✔"), (5.9, "✘"), (14, "✔"), (14.1, "✘")])
def test_a_prediction_may_be_off_by_four_steps(answer, mark, verdict):
    assert verdict("4.2", answer).startswith(mark)


def test_first_reaching_is_read_off_between_the_measured_points():
    assert lesson_04.first_reaching(KEPT, 0.9) == pytest.approx(10)
    assert lesson_04.first_reaching(KEPT, 0.2) == 0
    assert lesson_04.first_reaching(KEPT, 0.999) == 16


def test_schedulers_are_judged_by_what_was_measured(verdict, capsys):
    """If all five ended in one picture, "False" would be wrong."""
    lesson_04.same_picture(pairs(), dict.fromkeys(FINISHED, SAME), APART)
    assert "ddim and ddpm end 0.0 apart, two seeds 1.0" in capsys.readouterr().out
