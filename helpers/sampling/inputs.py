"""What comes before the loop: every argument checked, the words encoded, the noise drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from diffusers import SchedulerMixin
from torch import Tensor

from ..arguments import real_number, texts, told, whole_number
from ..language import _
from ..loading import StableDiffusionPipeline
from ..loading.habits import few_step, habits, misused
from ..loading.suitability import misfit
from ..runtime import device_of, generators, seed_list, undisturbed, warn_caller
from .latents import real_latents
from .schedulers import (
    SchedulerLike,
    calls_to_steps,
    finite_alpha_bars,
    fresh_scheduler,
    set_timesteps,
    step_options,
)
from .start import (
    Keep,
    Start,
    clean_latents,
    first_step,
    mask_of,
    size_of,
    starting_latents,
)
from .words import encode_words, warn_about_words

MOST_PIXELS = 8192
"""Of a side; larger pictures are a slip of the keyboard, not a wish that memory can grant."""


@dataclass(frozen=True, eq=False)
class Run:
    """A run that is ready to start, once: its scheduler and its generators carry state.

    Attributes:
        prompts: B prompts, one for each picture.
        negative_prompts: B of them.
        seeds: B seeds.
        steps: number of steps asked for.
        guidance_scale: w in `maths.guide`.
        scheduler: a fresh one with its timesteps set.
        timesteps: those that are run, one for each call of the U-Net; all but the first ones if the
            run starts from a picture.
        alpha_bars: share of the signal at each of them.
        step_of_call: for each call of the U-Net the step that it belongs to.
        step_options: what scheduler.step takes besides: generators, and eta = 0 as in DDIM.
        words: encoded prompts, (B, 77, D), or with guidance (2B, 77, D), negative prompts first.
        latents: where the run starts, as large as the scheduler wants it, (B, C, h, w): noise, or
            a picture with noise.
        keep: what is put back after every step; None without a mask.
    """

    prompts: list[str]
    negative_prompts: list[str]
    seeds: list[int]
    steps: int
    guidance_scale: float
    scheduler: SchedulerMixin
    timesteps: Tensor
    alpha_bars: list[float]
    step_of_call: list[int]
    step_options: dict[str, Any]
    words: Tensor
    latents: Tensor
    keep: Keep | None

    @property
    def guided(self) -> bool:
        """Whether the U-Net is asked twice: at guidance 1 the negative prompt would cancel out."""
        return self.guidance_scale != 1


@undisturbed()
def prepare(
    pipe: StableDiffusionPipeline,
    prompt: str | Sequence[str],
    *,
    negative_prompt: str | Sequence[str],
    steps: int | None,
    guidance_scale: float | None,
    seed: int | Sequence[int],
    scheduler: SchedulerLike,
    size: int | tuple[int, int] | None,
    latents: Tensor | None,
    start: Start | None = None,
) -> Run:
    """A run that is ready to start; arguments and errors are those of `sampling.denoise`.

    Everything is checked before the first network is asked.
    """
    check_pipe(pipe)
    beside = _checked_lists(prompt, negative_prompt, seed, start)
    prompts, negatives, seeds = (beside[name] for name in ("prompt", "negative_prompt", "seed"))
    usual = habits(pipe)
    scale = _checked_guidance(usual.guidance_scale if guidance_scale is None else guidance_scale)
    own = fresh_scheduler(scheduler, pipe.scheduler)
    steps = _checked_steps(usual.steps if steps is None else steps, own.config.num_train_timesteps)
    size = _checked_size(size, pipe.vae_scale_factor)
    size = size_of(start, pipe, size) if start else size
    shape = (len(prompts), pipe.unet.config.in_channels, *_latent_size(pipe, size, latents))
    given = None if latents is None else _checked_latents(latents, shape)
    mask = mask_of(pipe, beside["mask"], size) if size and "mask" in beside else None
    device = device_of(pipe)  # asked once: diffusers looks through every module for it
    begin = set_timesteps(own, steps, first_step(start, steps) if start else 0, device)
    shares = finite_alpha_bars(own, begin)
    warn_about_words(pipe, prompts, negatives, scale)
    if few_step(pipe.scheduler) and (wrong := misused(scale, negatives)):
        warn_caller(wrong)

    words = encode_words(pipe, prompts, negatives, scale != 1, device)
    drawn = generators(seeds)
    clean = clean_latents(pipe, beside["picture"], drawn).to(words) if start else None
    noise = (_noise(shape, drawn) if given is None else given).to(words)
    keep = None
    if mask is not None and clean is not None:
        clean = clean.contiguous()  # the layout in memory decides last bits
        keep = Keep(clean, noise, mask.to(words))
        _noise(shape, drawn)  # diffusers draws here for U-Nets of nine channels; in step with it
    return Run(
        prompts, negatives, seeds, steps, scale, own,
        timesteps=own.timesteps[begin:],
        alpha_bars=shares,
        step_of_call=calls_to_steps(own, steps)[begin:],
        step_options=step_options(own, drawn),
        words=words,
        latents=starting_latents(own, begin, noise, clean, masked=keep is not None),
        keep=keep,
    )  # fmt: skip


def check_pipe(pipe: StableDiffusionPipeline) -> None:
    """None, if the loop can run this pipeline.

    Raises:
        TypeError: it is no StableDiffusionPipeline.
        ValueError: its U-Net wants more than latents, a timestep and words.
    """
    if not isinstance(pipe, StableDiffusionPipeline):
        raise TypeError(
            _(
                "pipe must be a StableDiffusionPipeline, got {kind}; helpers.load() gives one",
                kind=type(pipe).__name__,
            )
        )
    why = misfit(pipe.unet.config, pipe.vae.config)
    if why is not None:
        raise ValueError(
            f"pipe: its U-Net {why}; use a Stable Diffusion 1.x or 2.x for text to picture"
        )


def _checked_lists(
    prompt: str | Sequence[str],
    negative_prompt: str | Sequence[str],
    seed: int | Sequence[int],
    start: Start | None,
) -> dict[str, list]:
    """Name -> B entries: what each picture has of its own; pictures and masks only with a start."""
    if start is not None and not isinstance(start, Start):
        raise TypeError(
            _(
                "start must be a Start(picture, strength, mask), got {kind}",
                kind=type(start).__name__,
            )
        )
    lists: dict[str, list] = {
        "prompt": texts("prompt", prompt),
        "negative_prompt": texts("negative_prompt", negative_prompt),
        "seed": seed_list(seed),
    }
    return _side_by_side(lists | (start.lists if start else {}))


def _side_by_side(lists: dict[str, list]) -> dict[str, list]:
    """The lists, those of one entry repeated, so that entry k of each belongs to picture k."""
    count = max(map(len, lists.values()))
    if any(len(entries) not in (1, count) for entries in lists.values()):
        counted = ", ".join(f"{len(entries)} x {name}" for name, entries in lists.items())
        raise ValueError(
            _(
                "{names} do not match: {counted}; pass one of each, or equally many",
                names=", ".join(lists),
                counted=counted,
            )
        )
    return {name: entries * (count // len(entries)) for name, entries in lists.items()}


def _checked_steps(steps: int, most: int) -> int:
    number = whole_number("steps", steps)
    if not 1 <= number <= most:
        raise ValueError(
            _(
                "steps must lie in 1 ... {most}, the timesteps of the training, got {value}",
                most=most,
                value=told(number),
            )
        )
    return number


def _checked_guidance(guidance_scale: float) -> float:
    scale = real_number("guidance_scale", guidance_scale)
    if not (math.isfinite(scale) and scale >= 0):
        raise ValueError(
            _(
                "guidance_scale must be a finite number from 0, got {value}; 7.5 is usual, 1 is "
                "none; to steer away from words pass them as negative_prompt",
                value=told(guidance_scale),
            )
        )
    return scale


def _checked_size(size: Any, factor: int) -> tuple[int, int] | None:
    """Height and width in pixels; None if no size is asked for."""
    if size is None:
        return None
    sides = tuple(size) if isinstance(size, (tuple, list)) else (size, size)
    allowed = _("a whole number of pixels or (height, width)")
    if len(sides) != 2:
        raise TypeError(_("size must be {allowed}, got {value}", allowed=allowed, value=told(size)))
    height, width = (whole_number("size", side, allowed) for side in sides)
    pixels = (height, width)
    if any(side <= 0 or side % factor or side > MOST_PIXELS for side in pixels):
        near = tuple(max(1, min(side, MOST_PIXELS) // factor) * factor for side in pixels)
        raise ValueError(
            _(
                "size must be positive and divisible by {factor}, got {value}; possible is {near}, "
                "and {most} is the most",
                factor=factor,
                value=told(size),
                near=near,
                most=MOST_PIXELS,
            )
        )
    return pixels


def _latent_size(
    pipe: StableDiffusionPipeline, size: tuple[int, int] | None, latents: Tensor | None
) -> tuple[int, int]:
    """Height and width of the latents: as asked for, or as given, or as in the training."""
    if size is not None:
        return size[0] // pipe.vae_scale_factor, size[1] // pipe.vae_scale_factor
    if isinstance(latents, Tensor) and latents.ndim == 4:
        return latents.shape[2], latents.shape[3]
    trained = pipe.unet.config.sample_size
    return (trained, trained) if isinstance(trained, int) else tuple(trained)


def _checked_latents(latents: Tensor, shape: tuple[int, ...]) -> Tensor:
    given = real_latents("latents", latents)
    if tuple(given.shape) != shape:
        raise ValueError(
            _(
                "latents must have the shape {shape} (pictures, channels, h, w), got {given}",
                shape=shape,
                given=tuple(given.shape),
            )
        )
    return given


def _noise(shape: tuple[int, ...], drawn: list[torch.Generator]) -> Tensor:
    """Standard normal noise, (B, C, h, w), float32, CPU; each picture's from its own generator."""
    kind: dict[str, Any] = {"dtype": torch.float32, "device": "cpu"}
    return torch.stack([torch.randn(shape[1:], generator=one, **kind) for one in drawn])
