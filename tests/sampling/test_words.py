"""Words without effect are told: once for each line that asks, and where it asks."""

from __future__ import annotations

import warnings

import pytest

from helpers.sampling import denoise, generate
from helpers.sampling.words import WEIGHTS


def heard(pipe, prompt: str, times: int = 1, **options) -> list[str]:
    """What a line that draws so many times is told, as Python shows it to a learner."""
    with warnings.catch_warnings(record=True) as told:
        warnings.resetwarnings()
        warnings.simplefilter("default")
        for _ in range(times):
            generate(pipe, prompt, steps=1, progress=False, **options)
    assert all(hint.filename == __file__ for hint in told)
    return [str(hint.message) for hint in told]


@pytest.mark.parametrize("scale", [0, 0.0])
def test_guidance_zero_is_told_once(tiny_random_pipe, scale):
    told = heard(tiny_random_pipe, "a castle on a hill", times=3, guidance_scale=scale)
    assert len(told) == 1
    assert told[0].startswith("guidance_scale is 0: the prompt has no effect")
    assert "7.5 is usual" in told[0]


@pytest.mark.parametrize(("prompt", "scale"), [("", 0), (" ", 0), ("a hill", 1), ("a hill", 0.1)])
def test_nothing_is_told_where_nothing_is_lost(tiny_random_pipe, prompt, scale):
    assert heard(tiny_random_pipe, prompt, guidance_scale=scale) == []


@pytest.mark.parametrize(
    "prompt", ["a (castle:1.4)", "[night] sky", "a ((red)) castle", "(castle on a hill: .8)",
               "a lake <lora:castles:0.8>"],
)  # fmt: skip
def test_marks_that_weigh_words_are_told_once(tiny_random_pipe, prompt):
    (told,) = heard(tiny_random_pipe, prompt, times=2)
    assert WEIGHTS.search(prompt)[0] in told and "do not weigh words here" in told


@pytest.mark.parametrize(
    "prompt",
    ["a castle (at night)", "a hill (at 12:30)", "16:9, a lake", "a lake :)", "a 2:1 hill ()"],
)
def test_plain_signs_are_left_alone(prompt):
    assert not WEIGHTS.search(prompt)


def test_marks_in_the_negative_prompt_are_told_too(tiny_random_pipe):
    (told,) = heard(tiny_random_pipe, ["a", "b"], negative_prompt="(rain:1.2)", times=2)
    assert told.startswith("(rain:1.2): brackets")


def test_what_was_cut_off_is_told_in_short(tiny_random_pipe):
    (told,) = heard(tiny_random_pipe, "castle " * 5000)
    assert "5002 tokens" in told and len(told) < 400


def test_the_line_that_asked_is_named_through_the_iterator(tiny_random_pipe):
    with pytest.warns(UserWarning, match="guidance_scale is 0") as told:
        denoise(tiny_random_pipe, "a castle", guidance_scale=0)
    assert [hint.filename for hint in told] == [__file__]
