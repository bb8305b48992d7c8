"""Lesson 04: references are right, stubs not done, every plausible mistake gets its own hint."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from helpers import denoise, generate, metrics
from helpers.checks import core, lesson_04, mistakes_04

from .variants import RIGHT, SPOILT, assert_told_apart, in_place

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


def reference(number):
    names: dict = {}
    exec(core.EXERCISES[number].reference, names)
    return names[CHECKS[number].__name__]


@pytest.mark.parametrize("number", CHECKS)
def test_every_reference_is_right(number, verdict):
    assert verdict(number, reference(number)).startswith(f"✔ {number} right.")


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


def pairs(**changed):
    """The right answer to 4.4, but for the pairs named "a_b"."""
    return {
        pair: changed.get(f"{pair[0]}_{pair[1]}", same) for pair, same in lesson_04._PAIRS.items()
    }


def by_generate(pipe, prompt, seed, steps):
    run = generate(pipe, prompt, seed=seed, steps=steps, progress=False)
    return torch.stack([step.x0_hat for step in run.records]).squeeze(1)


def filled(pipe, prompt, seed, steps):
    found = torch.empty(steps, 4, *[pipe.unet.config.sample_size] * 2)
    for k, step in enumerate(denoise(pipe, prompt, seed=seed, steps=steps)):
        found[k] = step.x0_hat
    return found


def by_hand(distances, tolerance):
    best = None
    for steps, distance in distances.items():
        if distance <= tolerance and (best is None or steps < best):
            best = steps
    return best


def by_numpy(distances, tolerance):
    steps, far = np.array(list(distances)), np.array(list(distances.values()))
    return steps[far <= tolerance].min()


def by_torch(distances, tolerance):
    steps, far = torch.tensor(list(distances)), torch.tensor(list(distances.values()))
    return steps[far <= tolerance].min()


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
    ("4.1", by_generate),
    ("4.1", filled),
    ("4.2", 10.0),
    ("4.2", np.int64(9)),
    ("4.2", torch.tensor([8])),
    ("4.2", torch.tensor(8.0)),
    ("4.3", by_hand),
    ("4.3", by_numpy),
    ("4.3", by_torch),
    ("4.3", lambda d, tol: sorted(n for n in d if d[n] <= tol)[0]),
    ("4.3", lambda d, tol: float(by_hand(d, tol))),
    ("4.3", lambda d, tol: by_torch(d, tol)[None]),
    ("4.4", {pair: np.bool_(same) for pair, same in pairs().items()}),
    ("4.4", {pair: torch.tensor(same) for pair, same in pairs().items()}),
    ("4.4", dict(reversed(pairs().items()))),
    ("4.5", by_eigenvectors),
    ("4.5", by_us),
    ("4.5", by_numpy_svd),
    ("4.5", by_lowrank),
    ("4.5", lambda points: metrics.project(points).tolist()),
]


@pytest.mark.parametrize(("number", "answer"), RIGHT_ANSWERS)
def test_other_ways_to_be_right(number, answer, verdict):
    said = verdict(number, answer)
    assert said.startswith(f"✔ {number} right."), said


@pytest.mark.parametrize("name", RIGHT)
@pytest.mark.parametrize("number", ["4.1", "4.3", "4.5"])
def test_precision_and_type_are_no_mistakes(number, name, verdict):
    said = verdict(number, RIGHT[name](reference(number)))
    assert said.startswith(f"✔ {number} right."), said


@pytest.mark.parametrize("name", SPOILT)
@pytest.mark.parametrize("number", ["4.1", "4.3", "4.5"])
def test_a_spoilt_function_gets_its_hint(number, name, verdict):
    spoil, hint = SPOILT[name]
    said = verdict(number, spoil(reference(number)))
    assert said.startswith(f"✘ {number} not right yet:") and hint in said, said


@pytest.mark.parametrize("number", ["4.3", "4.5"])
def test_an_answer_that_changes_what_it_is_given_is_told(number, verdict):
    said = verdict(number, in_place(reference(number)))
    assert "changes what it was given" in said
    assert verdict(number, reference(number)).startswith("✔")


@pytest.mark.parametrize(
    ("number", "mistakes"), [("4.3", mistakes_04.FEWEST_STEPS), ("4.5", mistakes_04.PROJECT)]
)
def test_every_known_mistake_gets_its_own_hint(number, mistakes, verdict):
    for hint, mistake in mistakes.items():
        assert verdict(number, mistake) == f"✘ {number} not right yet: {hint}\n"


def test_the_known_mistakes_of_the_guesses_are_told_apart(tiny_random_pipe):
    assert_told_apart(lesson_04.guesses_questions(tiny_random_pipe))


def collected(name="x0_hat", join=torch.cat, **more):
    """A learner's `guesses` that collects `name`, with one thing or another changed."""

    def guesses(pipe, prompt, seed, steps):
        run = denoise(pipe, prompt, **{"seed": seed, "steps": steps} | more)
        return join([getattr(step, name) for step in run])

    return guesses


errors = {2: 0.6, 5: 0.3, 10: 0.1, 20: 0.05, 50: 0.02}  # of the page


def from_the_page(distances, tolerance):
    return min(n for n in errors if errors[n] <= tolerance)


WRONG = [
    ("4.1", collected(join=list), "a list of 3. torch.stack"),
    ("4.1", collected("x_prev"), "these are the x_prev of the run, the canvas after the step"),
    ("4.1", collected(join=torch.stack), "the axis of the batch is still there"),
    ("4.1", collected(steps=20), "got (20, 4, 4, 4). Pass prompt, seed and steps on"),
    ("4.1", collected(guidance_scale=1), "leave its other arguments alone"),
    ("4.1", collected(join=len), "expected the shape"),
    ("4.1", collected(join=lambda found: torch.cat(found).flatten(1)), "expected the shape (3, "),
    ("4.1", lambda pipe, prompt, seed: 0, "is called with 4"),
    ("4.2", 2, "too early: the layout is kept to 0.9 from about step 10 on"),
    ("4.2", 19, "too late: the layout is kept to 0.9 from about step 10 on"),
    ("4.2", 500, "500 looks like a timestep t"),
    ("4.2", 0.5, "a number of steps from 0 to 20, got 0.5"),
    ("4.2", -1, "a number of steps from 0 to 20, got -1"),
    ("4.2", "10", "is a text"),
    ("4.2", True, "a number is asked, got True"),
    ("4.2", float("nan"), "not finite"),
    ("4.2", [10], "Leave bracket and comma away"),
    ("4.3", lambda d, tol: [n for n in d if d[n] <= tol], "expected one number of steps"),
    ("4.3", lambda d, tol: min((n, x) for n, x in d.items() if x <= tol), "you return a pair"),
    ("4.3", lambda d, tol: min(n for n in d if d[n] <= 0.1), "never uses its argument tol"),
    ("4.3", from_the_page, "uses errors of the page"),
    ("4.3", lambda d, tol: min(n for n in d if n <= tol), "stopped with ValueError"),
    ("4.3", lambda d, tol: True, "a number is asked, got True"),
    ("4.4", pairs(ddim_euler=False), "Neither draws noise on its way, and both"),
    ("4.4", {pair: pair != ("ddim", "dpm++") for pair in pairs()}, "dpm++ solves ddim's equation"),
    ("4.4", pairs(ddim_ddpm=True), "One of them adds fresh noise"),
    ("4.4", pairs() | {("ddpm", "euler ancestral"): False}, "from one seed it is the same noise"),
    ("4.4", pairs(ddim_euler="True"), "('ddim', 'euler'): True or False is asked"),
    ("4.4", {"ddim": True}, "Change only what follows a colon"),
    ("4.4", [True, True, False, True], "Change only what follows a colon"),
    ("4.5", lambda p: metrics.project(p) / 2, "expected"),
    ("4.5", lambda p: metrics.project(p) + 1, "(points - mean) @ V[:, :2]"),
    ("4.5", lambda p: 3.0, "expected the shape (9, 2), got one number"),
]


@pytest.mark.parametrize(("number", "answer", "hint"), WRONG)
def test_wrong_answers_get_the_hint_that_fits(number, answer, hint, verdict):
    said = verdict(number, answer)
    assert said.startswith(f"✘ {number} not right yet:") and hint in said, said


def test_a_projection_is_right_whatever_the_signs_of_its_axes(verdict):
    signs = torch.tensor([-1.0, 1.0])
    assert verdict("4.5", lambda points: metrics.project(points) * signs).startswith("✔")
    uneven = torch.linspace(-1, 1, 9).sign()[:, None]  # signs that change from point to point
    changing = lambda points: metrics.project(points) * uneven[: len(points)]  # noqa: E731
    assert verdict("4.5", changing).startswith("✘")


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
