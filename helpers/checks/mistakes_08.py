"""What learners write for 8.1 and 8.5 by mistake, and the hint that each deserves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from .. import maths
from ..language import _
from ..sampling.settings import read_settings

Combine = Callable[[Tensor, Tensor, float], Tensor]


def _loop(
    combine: Combine = maths.guide,
    *,
    asked: Callable[[Tensor, Tensor], Tensor] = lambda x_t, latents: x_t,
    stepped: Callable[[Tensor, Tensor], Tensor] = lambda x_t, latents: latents,
    rounds: slice = slice(None),
    taken: str = "prev_sample",
) -> Callable[..., Tensor]:
    """The loop with one thing changed: how the answers are combined, what the U-Net and the
    scheduler are given, which timesteps are gone through, what is taken of the step."""

    def denoise_loop(
        unet: Callable, scheduler: Any, words: Tensor, latents: Tensor, guidance_scale: float
    ) -> Tensor:
        for t in scheduler.timesteps[rounds]:
            x_t = scheduler.scale_model_input(latents, t)
            seen = asked(x_t, latents)
            uncond, cond = unet(torch.cat([seen, seen]), t, words).sample.chunk(2)
            guided = combine(uncond, cond, guidance_scale)
            made = scheduler.step(guided, t, stepped(x_t, latents))
            latents = getattr(made, taken)
        return latents

    return denoise_loop


def _never_stepping(
    unet: Callable, scheduler: Any, words: Tensor, latents: Tensor, w: float
) -> Tensor:
    for t in scheduler.timesteps:
        x_t = scheduler.scale_model_input(latents, t)
        uncond, cond = unet(torch.cat([x_t, x_t]), t, words).sample.chunk(2)
        latents = maths.guide(uncond, cond, w)
    return latents


def _beginning_anew(
    unet: Callable, scheduler: Any, words: Tensor, latents: Tensor, w: float
) -> Tensor:
    """The loop that forgets what each step made."""
    for t in scheduler.timesteps:
        x_t = scheduler.scale_model_input(latents, t)
        uncond, cond = unet(torch.cat([x_t, x_t]), t, words).sample.chunk(2)
        guided = maths.guide(uncond, cond, w)
        made = scheduler.step(guided, t, latents).prev_sample
    return made


def _without_sample(
    unet: Callable, scheduler: Any, words: Tensor, latents: Tensor, w: float
) -> Tensor:
    t = scheduler.timesteps[0]
    x_t = scheduler.scale_model_input(latents, t)
    return unet(torch.cat([x_t, x_t]), t, words).chunk(2)


def _without_prev_sample(
    unet: Callable, scheduler: Any, words: Tensor, latents: Tensor, w: float
) -> Tensor:
    for t in scheduler.timesteps:
        x_t = scheduler.scale_model_input(latents, t)
        uncond, cond = unet(torch.cat([x_t, x_t]), t, words).sample.chunk(2)
        guided = maths.guide(uncond, cond, w)
        latents = scheduler.step(guided, t, latents)
    return latents


def _asking_once(
    unet: Callable, scheduler: Any, words: Tensor, latents: Tensor, w: float
) -> Tensor:
    t = scheduler.timesteps[0]
    return unet(scheduler.scale_model_input(latents, t), t, words).sample


def _larger(unet: Callable, scheduler: Any, words: Tensor, latents: Tensor, w: float) -> Tensor:
    """The loop with latents that are brought to the scheduler's size a second time."""
    return _loop()(unet, scheduler, words, latents * scheduler.init_noise_sigma, w)


DENOISE_LOOP: dict[str, Callable[..., Tensor]] = {
    _("the U-Net gets latents that are too large: use scale_model_input."): (
        _loop(asked=lambda x_t, latents: latents)
    ),
    _("scheduler.step wants the latents as they were, not the scaled ones."): (
        _loop(stepped=lambda x_t, latents: x_t)
    ),
    _("only the first step was made. Is `return` inside the loop?"): _loop(rounds=slice(0, 1)),
    _("the last step is missing. Go through all of scheduler.timesteps."):
        _loop(rounds=slice(0, -1)),
    _("the first step is missing. Go through all of scheduler.timesteps."): (
        _loop(rounds=slice(1, None))
    ),
    _('the halves are swapped: that of "" comes first.'): _loop(lambda u, c, w: c + w * (u - c)),
    _("you add the scaled difference to nothing: start from uncond."): (
        _loop(lambda u, c, w: w * (c - u))
    ),
    _("you scale cond. Scale the difference (cond - uncond)."): _loop(lambda u, c, w: u + w * c),
    _("the noise is w times cond. Are the brackets missing? uncond + w * (cond - uncond)."): (
        _loop(lambda u, c, w: w * c)
    ),
    _("you start from cond, so every scale counts one too much. Start from uncond."): (
        _loop(lambda u, c, w: c + w * (c - u))
    ),
    _("the arrow points the wrong way: cond - uncond."): _loop(lambda u, c, w: u + w * (u - c)),
    _("you scale with w - 1. In the formula it is w itself: 1 gives cond."): (
        _loop(lambda u, c, w: u + (w - 1) * (c - u))
    ),
    _("the guidance is missing: only cond is used."): _loop(lambda u, c, w: c),
    _("the prompt has no effect: only uncond is used."): _loop(lambda u, c, w: u),
    _("the noise is the mean of both halves. Guide: uncond + w * (cond - uncond)."): (
        _loop(lambda u, c, w: (u + c) / 2)
    ),
    _("you guide with 7.5. Use the argument guidance_scale."): (
        _loop(lambda u, c, w: maths.guide(u, c, 7.5))
    ),
    _("the U-Net returns an object. Take its .sample, then .chunk(2)."): _without_sample,
    _("scheduler.step returns an object. Take its .prev_sample."): _without_prev_sample,
    _("the U-Net is asked with one canvas, and words for two. Give it two: torch.cat([x_t, "
      "x_t])."): (
        _asking_once
    ),
    _("the latents came back as they were. Give them the scheduler's step."): (
        lambda unet, scheduler, words, latents, w: latents
    ),
    _("each step begins with the first latents again. Give the name `latents` to what a step "
      "made."): (
        _beginning_anew
    ),
    _("the latents are multiplied with init_noise_sigma once more. They are as large as the "
    "scheduler wants them already."): _larger,
    _("this is the guided noise. Give it to scheduler.step, and return what that makes."): (
        _never_stepping
    ),
    _("this is the guess of the finished picture. Take .prev_sample of the step."): (
        _loop(taken="pred_original_sample")
    ),
}  # fmt: skip
"""Of 8.1."""

Pictures = Callable[..., Sequence[Any]]


def make_again(pictures: Pictures) -> dict[str, Callable]:
    """Of 8.5, given what makes all pictures of the run anew; its arguments change how."""
    ours = _('It was made in a batch: take number settings["picture"].')

    def always(number: int) -> Callable:
        return lambda pipe, path: pictures()[number]

    def changed(**settings: Any) -> Callable:
        return lambda pipe, path: pictures(**settings)[read_settings(path)["picture"]]

    return {
        _("you opened the picture. Make it anew: its pixels were painted over here."): (
            lambda pipe, path: Image.open(path)
        ),
        _("this is the first of its batch, always. {ours}", ours=ours): always(0),
        _("this is number 1 of its batch, always. {ours}", ours=ours): always(1),
        _("this is the last of its batch, always. {ours}", ours=ours): always(-1),
        _("the scheduler is another than in the settings: use again(pipe, settings)."): (
            changed(scheduler=None)
        ),
        _("the guidance is another than in the settings: use again(pipe, settings)."): (
            changed(guidance_scale=7.5)
        ),
        _("the negative prompt is missing: use again(pipe, settings)."): changed(
            negative_prompt=""
        ),
        _("the seed is another than in the settings: use again(pipe, settings)."): (
            changed(seed=0)
        ),
    }
