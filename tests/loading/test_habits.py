"""What a pipeline wants where nobody says, and what is told where somebody wants otherwise."""

from __future__ import annotations

import pytest
from diffusers import DDIMScheduler, DPMSolverMultistepScheduler, LCMScheduler, TCDScheduler

from helpers.loading import habits


@pytest.mark.parametrize("kind", [DDIMScheduler, DPMSolverMultistepScheduler])
def test_usual_pipelines_take_twenty_guided_steps(kind: type) -> None:
    assert habits.habits(kind()) == (20, 7.5)
    assert not habits.few_step(kind())


@pytest.mark.parametrize("kind", [LCMScheduler, TCDScheduler])
def test_few_step_pipelines_take_four_without_guidance(kind: type) -> None:
    assert habits.habits(kind()) == (4, 1)
    assert habits.few_step(kind())


def test_what_spoils_a_few_step_picture_is_told() -> None:
    assert habits.misused(1, ["", " "]) is None
    assert "wants 1; at 7.5 it is guided twice" in str(habits.misused(7.5, [""]))
    assert "negative_prompt: it has no effect" in str(habits.misused(1, ["", "snow"]))
