"""Lesson 06: references are right, stubs not done, every plausible mistake gets its own hint."""

from __future__ import annotations

import pytest
import torch

from helpers import generate, maths
from helpers.attention import word_heat
from helpers.checks import core, lesson_06


@pytest.fixture(scope="module")
def given(tiny_random_pipe) -> dict[str, tuple]:
    """What each check is given besides the answer."""
    prompts = ["a snowfield by day", "a red castle at night"]
    pair = generate(
        tiny_random_pipe, prompts, guidance_scale=0, steps=2, seed=[4, 4], progress=False
    )
    return {"6.1": (pair.images,), "6.2": (), "6.3": (tiny_random_pipe,), "6.4": (), "6.5": ()}


CHECKS = {
    "6.1": lesson_06.prediction,
    "6.2": lesson_06.guide,
    "6.3": lesson_06.silent_scale,
    "6.4": lesson_06.heat,
    "6.5": lesson_06.keep,
}
NAMES = {
    "6.1": "prediction",
    "6.2": "guide",
    "6.3": "silent_scale",
    "6.4": "word_heat",
    "6.5": "keep",
}


@pytest.mark.parametrize("number", CHECKS)
def test_every_reference_is_right(number, given, capsys):
    names: dict = {}
    exec(core.EXERCISES[number].reference, names)
    CHECKS[number](names[NAMES[number]], *given[number])
    assert capsys.readouterr().out.startswith(f"✔ {number} right.")


def stub(*_): ...


@pytest.mark.parametrize("number", CHECKS)
def test_every_stub_is_not_done_yet_and_tells_the_task(number, given, capsys):
    CHECKS[number](... if number in ("6.1", "6.3") else stub, *given[number])
    out = capsys.readouterr().out
    assert out.startswith(f"○ {number} not done yet.") and core.EXERCISES[number].task in out


def edit(early=None, late=None, border=None):
    """A `keep` that does something else early, late, or at t = 200."""

    def keep(weights, t):
        act = border if t == 200 and border else early if t >= 200 else late
        return act(weights) if act else weights

    return keep


def take_first(weights):
    return weights[:1].expand_as(weights)


WRONG = [
    ("6.1", "different", "what is left of eps_cond?"),
    ("6.1", "alike", "difference between the two pictures is 0"),
    ("6.1", "same", "expected one of 'equal', 'alike', 'different', got 'same'"),
    ("6.2", lambda u, c, w: c + w * (c - u), "started from eps_cond"),
    ("6.2", lambda u, c, w: c + w * (u - c), "the two are swapped"),
    ("6.2", lambda u, c, w: u + w * (u - c), "the arrow points the wrong way"),
    ("6.2", lambda u, c, w: w * (c - u), "Add eps_uncond"),
    ("6.2", lambda u, c, w: u + w * c, "not w times eps_cond"),
    ("6.2", lambda u, c, w: c, "guidance_scale is not used"),
    ("6.2", lambda u, c, w: u, "the answer is 2.45"),
    ("6.2", lambda u, c, w: 2.45, "expected a tensor, got float"),
    ("6.3", 0, "only the negative prompt is left"),
    ("6.3", 7.5, "For which w does u cancel"),
    ("6.3", "1", "expected a number, got '1'"),
    ("6.3", True, "expected a number, got True"),
    ("6.4", lambda a, p, h, w: word_heat(a, p, h, w) / len(p), "tokens are averaged"),
    ("6.4", lambda a, p, h, w: word_heat(a, p, h, w) * len(a), "heads are added up"),
    ("6.4", lambda a, p, h, w: word_heat(a, p[:1], h, w), "one of the word's two tokens only"),
    ("6.4", lambda a, p, h, w: word_heat(a, p[-1:], h, w), "one of the word's two tokens only"),
    ("6.4", lambda a, p, h, w: a[..., p].sum(-1).mean(0), "Fold them: .view(height, width)"),
    ("6.4", lambda a, p, h, w: word_heat(a, p, w, h), "height and width are swapped"),
    ("6.4", lambda a, p, h, w: word_heat(a, p, w, h).T, "folded column after column"),
    ("6.4", lambda a, p, h, w: a[..., p].sum(-1).view(-1, h, w), "expected the shape (2, 3)"),
    ("6.4", lambda a, p, h, w: word_heat(a[:1], p, h, w), "that is a single head"),
    ("6.4", lambda a, p, h, w: normed(word_heat(a, p, h, w)), "scaled to end at 1"),
    ("6.4", lambda a, p, h, w: word_heat(a, [9, 10], h, w), "take weights[..., places]"),
    ("6.5", edit(early=lambda a: a[1:].expand_as(a)), "The other way round"),
    ("6.5", edit(late=take_first), "acts late and not early"),
    ("6.5", edit(early=take_first, late=take_first), "Below 200 return them as they came"),
    ("6.5", edit(early=take_first, border=torch.clone), "t >= 200"),
    ("6.5", edit(), "nothing was changed"),
    ("6.5", edit(early=lambda a: a[:, :1].expand_as(a)), "the second axis holds the heads"),
    ("6.5", edit(early=lambda a: a.mean(0, keepdim=True).expand_as(a)), "should equal weights[0]"),
    ("6.5", lambda weights, t: print(end=""), "returns nothing"),
    ("6.5", edit(early=lambda a: a[0]), "expected the shape (2, 2, 6, 77), got (2, 6, 77)"),
]


def normed(heat):
    return heat / heat.max()


@pytest.mark.parametrize(("number", "answer", "hint"), WRONG)
def test_wrong_answers_get_the_hint_that_fits(number, answer, hint, given, capsys):
    CHECKS[number](answer, *given[number])
    out = capsys.readouterr().out
    assert out.startswith(f"✘ {number} not right yet:") and hint in out


def test_the_same_formula_in_another_form_is_right(capsys):
    lesson_06.guide(lambda u, c, w: (1 - w) * u + w * c)
    lesson_06.guide(maths.guide)
    assert capsys.readouterr().out.count("✔ 6.2 right.") == 2
