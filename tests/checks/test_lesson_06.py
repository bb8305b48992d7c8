"""Lesson 06: references are right, stubs not done, every plausible mistake gets its own hint."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from helpers import generate, maths
from helpers.attention import word_heat
from helpers.checks import core, lesson_06, mistakes_06

from .variants import RIGHT, SPOILT, in_place


@pytest.fixture(scope="module")
def given(tiny_random_pipe) -> dict[str, tuple]:
    """What each check is given besides the answer."""
    prompts = ["a snowfield by day", "a red castle at night"]
    pair = generate(
        tiny_random_pipe, prompts, guidance_scale=0, steps=2, seed=[4, 4], progress=False
    )
    return {"6.1": (pair.images,), "6.3": (tiny_random_pipe,)}


CHECKS = {
    "6.1": lesson_06.prediction,
    "6.2": lesson_06.guide,
    "6.3": lesson_06.silent_scale,
    "6.4": lesson_06.heat,
    "6.5": lesson_06.captions_needed,
}
NAMES = {
    "6.1": "prediction",
    "6.2": "guide",
    "6.3": "silent_scale",
    "6.4": "word_heat",
    "6.5": "captions_needed",
}
FUNCTIONS = ["6.2", "6.4", "6.5"]
MISTAKES = {
    "6.2": mistakes_06.GUIDE,
    "6.4": mistakes_06.WORD_HEAT,
    "6.5": mistakes_06.CAPTIONS_NEEDED,
}


@pytest.fixture
def verdict(given, capsys):
    """What the check of an exercise says to an answer."""

    def ask(number, answer) -> str:
        CHECKS[number](answer, *given.get(number, ()))
        return capsys.readouterr().out

    return ask


def reference(number):
    names: dict = {}
    exec(core.EXERCISES[number].reference, names)
    return names[NAMES[number]]


@pytest.mark.parametrize("number", CHECKS)
def test_every_reference_is_right(number, verdict):
    assert verdict(number, reference(number)).startswith(f"✔ {number} right.")


def stub(*_): ...


@pytest.mark.parametrize("number", CHECKS)
def test_every_stub_is_not_done_yet_and_tells_the_task(number, verdict):
    out = verdict(number, ... if number in ("6.1", "6.3") else stub)
    assert out.startswith(f"○ {number} not done yet.") and core.EXERCISES[number].task in out


def by_loops(weights, places, height, width):
    heads = len(weights)
    found = torch.zeros(height, width)
    for head in range(heads):
        for y in range(height):
            for x in range(width):
                found[y, x] += sum(weights[head, y * width + x, place] for place in places) / heads
    return found


def by_numpy(weights, places, height, width):
    return weights.numpy()[:, :, places].sum(axis=2).mean(axis=0).reshape(height, width)


def by_search(differences, effect):
    n = 1
    while 1.96 * float(differences.double().std()) / n**0.5 > effect:
        n += 1
    return n


RIGHT_ANSWERS = [
    ("6.1", "Equal"),
    ("6.1", " equal "),
    ("6.2", lambda u, c, w: (1 - w) * u + w * c),
    ("6.2", lambda u, c, w: torch.lerp(u, c, w)),
    ("6.2", lambda u, c, w: u.double() + w * (c.double() - u.double())),
    ("6.2", lambda u, c, w: u.numpy() + w * (c.numpy() - u.numpy())),
    ("6.3", 1.0),
    ("6.3", np.float32(1)),
    ("6.3", torch.tensor([1])),
    ("6.3", torch.tensor(1.0, dtype=torch.float16)),
    ("6.4", by_loops),
    ("6.4", by_numpy),
    ("6.4", lambda a, p, h, w: sum(a[..., n] for n in p).mean(0).reshape(h, -1)),
    ("6.5", by_search),
    ("6.5", lambda d, effect: np.ceil((1.96 * np.std(d.numpy()) / effect) ** 2)),
    ("6.5", lambda d, effect: torch.ceil((1.96 * d.std() / effect) ** 2)),
]


@pytest.mark.parametrize(("number", "answer"), RIGHT_ANSWERS)
def test_other_ways_to_be_right(number, answer, verdict):
    said = verdict(number, answer)
    assert said.startswith(f"✔ {number} right."), said


@pytest.mark.parametrize("name", RIGHT)
@pytest.mark.parametrize("number", FUNCTIONS)
def test_precision_and_type_are_no_mistakes(number, name, verdict):
    said = verdict(number, RIGHT[name](reference(number)))
    assert said.startswith(f"✔ {number} right."), said


@pytest.mark.parametrize("name", SPOILT)
@pytest.mark.parametrize("number", FUNCTIONS)
def test_a_spoilt_function_gets_its_hint(number, name, verdict):
    spoil, hint = SPOILT[name]
    said = verdict(number, spoil(reference(number)))
    assert said.startswith(f"✘ {number} not right yet:") and hint in said, said


@pytest.mark.parametrize("number", ["6.2", "6.4"])
def test_an_answer_that_changes_what_it_is_given_is_told(number, verdict):
    assert "changes what it was given" in verdict(number, in_place(reference(number)))
    assert verdict(number, reference(number)).startswith("✔")


@pytest.mark.parametrize("number", MISTAKES)
def test_every_known_mistake_gets_its_own_hint(number, verdict):
    for hint, mistakes in MISTAKES[number].items():
        for mistake in mistakes if isinstance(mistakes, tuple) else (mistakes,):
            assert verdict(number, mistake) == f"✘ {number} not right yet: {hint}\n"


def no_return(eps_uncond, eps_cond, guidance_scale):
    eps_uncond + guidance_scale * (eps_cond - eps_uncond)


scale, step = 7.5, torch.zeros(1, 4, 16, 16)  # of the page


WRONG = [
    ("6.1", "different", "what is left of eps_cond?"),
    ("6.1", "alike", "the largest difference between the two pictures is less than 0.002"),
    ("6.1", "same", 'expected "equal", "alike" or "different", got \'same\''),
    ("6.1", ["equal"], "Write it in quotes"),
    ("6.1", True, 'expected "equal", "alike" or "different", got True'),
    ("6.1", "the two pictures are equal in every pixel, " * 9, "…"),
    ("6.2", no_return, "your function returns nothing"),
    ("6.2", lambda u, c, w: u + w * c * 1.5, "the answer is 2.45"),
    ("6.2", lambda u, c, w: 2.45, "expected the shape (1, 4, 8, 8), got one number"),
    ("6.2", lambda u, c, w: u + 2 * (c - u), "never uses its argument w"),
    ("6.2", lambda u, c, w: u + scale * 0.3 * (c - u), "uses scale of the page"),
    ("6.2", lambda u, c, w: step, "expected the shape (1, 4, 8, 8), got (1, 4, 16, 16)"),
    ("6.3", 0, "only the negative prompt is left"),
    ("6.3", 7.5, "For which w does u cancel"),
    ("6.3", 0.99, "For which w does u cancel"),
    ("6.3", -1, "no usual scale"),
    ("6.3", 1e30, "no usual scale"),
    ("6.3", float("inf"), "not finite"),
    ("6.3", float("nan"), "not finite"),
    ("6.3", "1", "is a text"),
    ("6.3", True, "a number is asked, got True"),
    ("6.4", lambda a, p, h, w: 2 * by_loops(a, p[1:], h, w), "average the heads, then fold"),
    ("6.4", lambda a, p, h, w: a[..., [p[0], p[1]]].sum(-1).mean(0).view(h, w), "IndexError"),
    ("6.5", lambda d, effect: print(end=""), "returns nothing"),
    ("6.5", lambda d, effect: 3 * by_search(d, effect), "Solve 1.96 s / sqrt(n) <= effect for n"),
    ("6.5", lambda d, effect: d, "one number is asked"),
    ("6.5", lambda d: len(d), "is called with 2"),
]


@pytest.mark.parametrize(("number", "answer", "hint"), WRONG)
def test_wrong_answers_get_the_hint_that_fits(number, answer, hint, verdict):
    out = verdict(number, answer)
    assert out.startswith(f"✘ {number} not right yet:") and hint in out, out


def test_verdicts_stay_short(verdict):
    assert len(verdict("6.1", "equal " * 200)) < 200
    assert len(verdict("6.2", lambda u, c, w: [[1.0] * 500] * 500)) < 350


def test_half_a_shade_of_grey_counts_as_equal(given, capsys):
    """Rows of a batch differ a little where another processor adds them up in another order."""
    (images,) = given["6.1"]
    noisy = images + 1e-6 * torch.randn(images.shape, generator=torch.Generator().manual_seed(1))
    lesson_06.prediction("equal", noisy)
    assert capsys.readouterr().out.startswith("✔")
    lesson_06.prediction("different", noisy)
    assert capsys.readouterr().out.startswith("✘")
    lesson_06.prediction("equal", torch.stack([images[0], images[0] + 2 / 255]))
    assert capsys.readouterr().out.startswith("✘")


def test_the_silent_scale_is_1_whatever_two_rows_of_a_batch_add_up_to(given, monkeypatch, capsys):
    def noisy(*args, **options):
        run = generate(*args, **options)
        run.images.add_(1e-6 * torch.randn(run.images.shape))
        return run

    monkeypatch.setattr(lesson_06, "generate", noisy)
    for answer, mark in ((1, "✔"), (1.01, "✘"), (0, "✘")):
        lesson_06.silent_scale(answer, *given["6.3"])
        assert capsys.readouterr().out.startswith(mark)


def test_the_same_formula_in_another_form_is_right(verdict):
    assert verdict("6.2", maths.guide).startswith("✔")
    assert verdict("6.4", word_heat).startswith("✔")
