"""Steps and guidance where nobody says: what a pipeline was made for."""

from __future__ import annotations

from typing import NamedTuple

from diffusers import LCMScheduler, SchedulerMixin, TCDScheduler

from ..language import _


class Habits(NamedTuple):
    """Steps, and guidance_scale as in `maths.guide`."""

    steps: int
    guidance_scale: float


USUAL = Habits(20, 7.5)
"""Stable Diffusion's guidance, and the steps that DPM++ needs."""

FEW_STEPS = Habits(4, 1.0)
"""Of consistency models: what they learned was guided already (Luo et al. 2023, arXiv 2310.04378,
section 4.2), so the U-Net is asked once a step."""


def few_step(own: SchedulerMixin) -> bool:
    """Whether a pipeline that brings this scheduler is a few-step model, such as "tiny-turbo"."""
    return isinstance(own, LCMScheduler | TCDScheduler)


def habits(own: SchedulerMixin) -> Habits:
    """Steps and guidance of a pipeline, told by the scheduler that it brings."""
    return FEW_STEPS if few_step(own) else USUAL


def misused(guidance_scale: float, negative_prompts: list[str]) -> str | None:
    """What a few-step model makes of these, as a sentence; None if it is right."""
    if guidance_scale != FEW_STEPS.guidance_scale:
        return _(
            "guidance_scale: this few-step model has learned its guidance and wants 1; at "
            "{scale:g} it is guided twice, asks the U-Net twice, and colours burn",
            scale=guidance_scale,
        )
    if any(map(str.strip, negative_prompts)):
        return _(
            "negative_prompt: it has no effect on this few-step model, which draws without "
            "guidance; say what to draw in the prompt, or use the model that it learned from"
        )
    return None
