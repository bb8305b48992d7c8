"""What a pipeline wants where nobody says, and what is told where somebody wants otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest
from diffusers import DDIMScheduler, DPMSolverMultistepScheduler, LCMScheduler, TCDScheduler

from helpers.loading import TINY, StableDiffusionPipeline, habits, load


def asked(pipe: StableDiffusionPipeline, kind: type) -> habits.Habits:
    """What a pipeline is made for if it brings another scheduler."""
    pipe.scheduler = kind.from_config(pipe.scheduler.config)
    assert habits.few_step(pipe.scheduler) == (kind in (LCMScheduler, TCDScheduler))
    return habits.habits(pipe)


@pytest.mark.parametrize("kind", [DDIMScheduler, DPMSolverMultistepScheduler])
def test_usual_pipelines_take_twenty_guided_steps(make_random_pipe, kind: type) -> None:
    assert asked(make_random_pipe(), kind) == (20, 7.5)


@pytest.mark.parametrize("kind", [LCMScheduler, TCDScheduler])
def test_few_step_pipelines_take_four_without_guidance(make_random_pipe, kind: type) -> None:
    assert asked(make_random_pipe(), kind) == (4, 1)


def test_a_model_brings_its_own_guidance(tmp_path: Path) -> None:
    assert habits.habits(load("tiny")) == (20, 2)
    assert habits.habits(load("tiny-turbo")) == (4, 1)


def test_a_call_with_another_guidance_changes_nothing_for_the_next(tmp_path: Path) -> None:
    pipe = load("tiny")
    pipe("a lake", num_inference_steps=1, guidance_scale=9.0)
    assert habits.habits(pipe) == (20, 2)


def test_a_copy_brings_it_too(tmp_path: Path) -> None:
    load("tiny").save_pretrained(tmp_path / "copy")
    assert habits.habits(load(tmp_path / "copy")) == (20, 2)


def test_diffusers_passes_over_it_in_silence(caplog: pytest.LogCaptureFixture) -> None:
    assert "_usual_guidance_scale" in (TINY / "model_index.json").read_text(encoding="utf-8")
    StableDiffusionPipeline.from_pretrained(TINY)
    assert "_usual_guidance_scale" not in caplog.text


@pytest.mark.parametrize("scale", ['"2"', "-1", "true", "[2]", "NaN", "1e999"])
def test_a_guidance_that_is_no_number_is_named(scale: str) -> None:
    told = "model_index.json of here says .* for _usual_guidance_scale; it must be a number from 0"
    with pytest.raises(ValueError, match=told):
        habits.guidance_of(f'{{"_usual_guidance_scale": {scale}}}', "here")
    assert habits.guidance_of("{}", "here") is None


def test_what_spoils_a_few_step_picture_is_told() -> None:
    assert habits.misused(1, ["", " "]) is None
    assert "wants 1; at 7.5 it is guided twice" in str(habits.misused(7.5, [""]))
    assert "negative_prompt: it has no effect" in str(habits.misused(1, ["", "snow"]))
