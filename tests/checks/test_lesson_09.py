"""Lesson 09: references are right, stubs not done, every plausible mistake gets its own hint."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from helpers.checks import core, lesson_09, mistakes_09
from helpers.publish import contrast, luminance

from .cases import lesson_09 as cases
from .variants import RIGHT, SPOILT, in_place

NAMES = {
    "9.1": "choose",
    "9.2": "seam",
    "9.3": "contrast",
    "9.4": "least_opacity",
    "9.5": "missed",
}
FUNCTIONS = ["9.1", "9.2", "9.3", "9.4"]


@pytest.fixture
def verdict(capsys):
    def told(number, answer) -> str:
        getattr(lesson_09, NAMES[number])(answer)
        return capsys.readouterr().out

    return told


def made(number, source):
    """What an answer's source gives on a page that has imported torch and the luminance."""
    names: dict = {"torch": torch, "F": torch.nn.functional, "luminance": luminance}
    names["likeness"] = lambda drafts: 0.5
    exec(source, names)
    return names[NAMES[number]]


def reference(number):
    return made(number, core.EXERCISES[number].reference)


@pytest.mark.parametrize("number", NAMES)
def test_every_reference_is_right(number, verdict):
    assert verdict(number, reference(number)).startswith(f"✔ {number} right.")


@pytest.mark.parametrize("number", NAMES)
def test_every_stub_is_not_done_yet_and_tells_the_task(number, verdict):
    def stub(*args): ...

    answer = {"house": ..., "castle": "day"} if number == "9.5" else stub
    out = verdict(number, answer)
    assert out.startswith(f"○ {number} not done yet.") and core.EXERCISES[number].task in out


RIGHT_CASES = [(n, name) for n, both in cases.CASES.items() for name in both["right"]]
WRONG_CASES = [(n, name) for n, both in cases.CASES.items() for name in both["wrong"]]


@pytest.mark.parametrize(("number", "name"), RIGHT_CASES)
def test_other_ways_to_be_right(number, name, verdict):
    said = verdict(number, made(number, cases.CASES[number]["right"][name]))
    assert said.startswith(f"✔ {number} right."), said


@pytest.mark.parametrize(("number", "name"), WRONG_CASES)
def test_no_wrong_answer_passes(number, name, verdict):
    said = verdict(number, made(number, cases.CASES[number]["wrong"][name]))
    assert said.startswith((f"✘ {number} not right yet:", f"○ {number} not done yet.")), said


@pytest.mark.parametrize(
    ("number", "mistakes"),
    [("9.1", mistakes_09.CHOOSE), ("9.2", mistakes_09.SEAM), ("9.3", mistakes_09.CONTRAST),
     ("9.4", mistakes_09.OPACITY)],
)  # fmt: skip
def test_every_known_mistake_gets_its_own_hint(number, mistakes, verdict):
    for hint, several in mistakes.items():
        for mistake in several if isinstance(several, tuple) else (several,):
            assert verdict(number, mistake) == f"✘ {number} not right yet: {hint}\n"


@pytest.mark.parametrize("name", RIGHT)
@pytest.mark.parametrize("number", ["9.2", "9.3"])
def test_precision_and_type_are_no_mistakes(number, name, verdict):
    said = verdict(number, RIGHT[name](reference(number)))
    assert said.startswith(f"✔ {number} right."), said


@pytest.mark.parametrize("name", SPOILT)
@pytest.mark.parametrize("number", FUNCTIONS)
def test_a_spoilt_function_gets_its_hint(number, name, verdict):
    spoil, hint = SPOILT[name]
    said = verdict(number, spoil(reference(number)))
    assert said.startswith(f"✘ {number} not right yet:") and hint in said, said


@pytest.mark.parametrize(
    ("number", "place"), [("9.1", 1), ("9.2", 0), ("9.3", 0), ("9.3", 1), ("9.4", 0), ("9.4", 2)]
)
def test_an_answer_that_changes_what_it_is_given_is_told(number, place, verdict):
    assert "changes what it was given" in verdict(number, in_place(reference(number), place))
    assert verdict(number, reference(number)).startswith("✔")


def test_truth_values_are_no_choice(verdict):
    said = verdict("9.1", lambda right, alike: right.all(2).all(0))
    assert "these are the seeds that are right. Choose one of them" in said


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        ({"house": "day", "castle": "night"}, "just the other way round"),
        ({"house": "day", "castle": "day"}, "the house is missed by night"),
        ({"house": "night", "castle": "night"}, "the castle is missed by day"),
        ({"house": "noon", "castle": "day"}, 'house: expected "day" or "night", got \'noon\''),
        ({"house": "night"}, "expected the dictionary with its two buildings"),
    ],
)
def test_a_wrong_prediction_is_told_where_to_look(answer, hint, verdict):
    assert hint in verdict("9.5", answer)


def test_the_worked_numbers_of_the_page():
    """What stands on the page as computed by hand."""
    assert float(reference("9.2")(torch.tensor([0.2, 0.3, 0.4, 0.6]).expand(3, 2, 4))) == (
        pytest.approx(3)
    )
    black, white, grey = (torch.full((3,), value) for value in (0.0, 1.0, 0.5))
    assert float(contrast(black, white)) == pytest.approx(21)
    assert float(luminance(grey)) == pytest.approx(0.214, abs=5e-4)
    assert float(contrast(grey, white)) == pytest.approx(4.0, abs=0.05)


def test_cases_have_one_answer_each():
    """Of 9.1 the best and the second best lie well apart; of 9.4 the worst pixel, too."""
    for right, alike in lesson_09._CHOOSE.cases:
        left = np.sort(alike[right.all(2).all(0)].numpy())
        assert len(left) >= 2 and left[-1] - left[-2] > 0.05
    for under, panel, ink in lesson_09._OPACITY.cases:
        ratios = [float(contrast(torch.lerp(under, panel.expand_as(under), k / 20), ink).min())
                  for k in range(21)]  # fmt: skip
        assert min(abs(ratio / 4.5 - 1) for ratio in ratios) > 1e-3
