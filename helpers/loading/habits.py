"""Steps and guidance where nobody says: what a pipeline was made for."""

from __future__ import annotations

import json
import math
from typing import NamedTuple

from diffusers import LCMScheduler, SchedulerMixin, StableDiffusionPipeline, TCDScheduler

from ..arguments import told
from ..language import _


class Habits(NamedTuple):
    """Steps, and guidance_scale as in `maths.guide`."""

    steps: int
    guidance_scale: float


OWN = "_usual_guidance_scale"
"""In model_index.json: the guidance that a model was made for. diffusers passes over names that
begin with _, and takes 7.5 unless told otherwise. (It sets the attribute `_guidance_scale` at each
call, and with it an entry of the configuration that is called so.)"""

USUAL = Habits(20, 7.5)
"""Stable Diffusion's guidance, and the steps that DPM++ needs."""

FEW_STEPS = Habits(4, 1.0)
"""Of consistency models: what they learned was guided already (Luo et al. 2023, arXiv 2310.04378,
section 4.2), so the U-Net is asked once a step."""


def few_step(own: SchedulerMixin) -> bool:
    """Whether a pipeline that brings this scheduler is a few-step model, such as "tiny-turbo"."""
    return isinstance(own, LCMScheduler | TCDScheduler)


def habits(pipe: StableDiffusionPipeline) -> Habits:
    """Steps and guidance of a pipeline, told by the scheduler and the index that it brings."""
    if few_step(pipe.scheduler):
        return FEW_STEPS
    return USUAL._replace(guidance_scale=pipe.config.get(OWN, USUAL.guidance_scale))


def guidance_of(text: str, name: str) -> float | None:
    """The guidance scale that a pipeline's index asks for; None where it asks for none.

    Args:
        text: what is in model_index.json; a dictionary in JSON.
        name: of the model, for messages.

    Raises:
        ValueError: it is no number from 0.
    """
    asked = json.loads(text).get(OWN)
    if asked is None:
        return None
    number = isinstance(asked, int | float) and not isinstance(asked, bool)
    if not number or not 0 <= asked < math.inf:
        raise ValueError(
            f"model: model_index.json of {name} says {told(asked)} for {OWN}; it must be a number "
            "from 0, such as 7.5. Correct it, or take the line out"
        )
    return float(asked)


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
