"""What comes before the loop: every argument checked, the words encoded, the noise drawn."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import torch
from diffusers import SchedulerMixin
from torch import Tensor

from ..landscapes import unknown_words
from ..loading import StableDiffusionPipeline, quiet
from ..loading.suitability import misfit
from ..runtime import device_of, eval_mode, generators, seed_list
from .schedulers import (
    SchedulerLike,
    alpha_bars,
    calls_to_steps,
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


def prepare(
    pipe: StableDiffusionPipeline,
    prompt: str | Sequence[str],
    *,
    negative_prompt: str | Sequence[str],
    steps: int,
    guidance_scale: float,
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
    scale = _checked_guidance(guidance_scale)
    own = fresh_scheduler(scheduler, pipe.scheduler)
    steps = _checked_steps(steps, own.config.num_train_timesteps)
    size = size_of(start, pipe, size) if start else size
    shape = (len(prompts), pipe.unet.config.in_channels, *_latent_size(pipe, size, latents))
    given = None if latents is None else _checked_latents(latents, shape)
    mask = mask_of(pipe, beside["mask"], size) if "mask" in beside else None
    device = device_of(pipe)  # asked once: diffusers looks through every module for it
    begin = set_timesteps(own, steps, first_step(start, steps) if start else 0, device)
    _warn_about_words(pipe, prompts + negatives)

    words = _encode(pipe, prompts, negatives, scale != 1, device)
    drawn = generators(seeds)
    clean = clean_latents(pipe, beside["picture"], drawn).to(words) if start else None
    noise = (_noise(shape, drawn) if given is None else given).to(words)
    if mask is not None:
        mask, clean = mask.to(words), clean.contiguous()  # the layout in memory decides last bits
        _noise(shape, drawn)  # diffusers draws here for U-Nets of nine channels; in step with it
    return Run(
        prompts, negatives, seeds, steps, scale, own,
        timesteps=own.timesteps[begin:],
        alpha_bars=alpha_bars(own, begin),
        step_of_call=calls_to_steps(own, steps)[begin:],
        step_options=step_options(own, drawn),
        words=words,
        latents=starting_latents(own, begin, noise, clean, masked=mask is not None),
        keep=None if mask is None else Keep(clean, noise, mask),
    )  # fmt: skip


def check_pipe(pipe: StableDiffusionPipeline) -> None:
    """None, if the loop can run this pipeline.

    Raises:
        TypeError: it is no StableDiffusionPipeline.
        ValueError: its U-Net wants more than latents, a timestep and words.
    """
    if not isinstance(pipe, StableDiffusionPipeline):
        raise TypeError(
            f"pipe must be a StableDiffusionPipeline, got {type(pipe).__name__}; helpers.load() "
            "gives one"
        )
    why = misfit(pipe.unet.config, pipe.vae.config)
    if why is not None:
        raise ValueError(
            f"pipe: its U-Net {why}; use a Stable Diffusion 1.x or 2.x for text to picture"
        )


def _texts(name: str, value: str | Sequence[str]) -> list[str]:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, (list, tuple)) or not all(isinstance(text, str) for text in texts):
        raise TypeError(
            f"{name} must be a text or a list of texts, got {value!r} ({type(value).__name__})"
        )
    if not texts:
        raise ValueError(f'{name}: the list is empty; pass at least one text ("" is allowed)')
    return list(texts)


def _checked_lists(
    prompt: str | Sequence[str],
    negative_prompt: str | Sequence[str],
    seed: int | Sequence[int],
    start: Start | None,
) -> dict[str, list]:
    """Name -> B entries: what each picture has of its own; pictures and masks only with a start."""
    if start is not None and not isinstance(start, Start):
        raise TypeError(
            f"start must be a Start(picture, strength, mask), got {type(start).__name__}"
        )
    lists = {
        "prompt": _texts("prompt", prompt),
        "negative_prompt": _texts("negative_prompt", negative_prompt),
        "seed": seed_list(seed),
    }
    return _side_by_side(lists | (start.lists if start else {}))


def _side_by_side(lists: dict[str, list]) -> dict[str, list]:
    """The lists, those of one entry repeated, so that entry k of each belongs to picture k."""
    count = max(map(len, lists.values()))
    if any(len(entries) not in (1, count) for entries in lists.values()):
        told = ", ".join(f"{len(entries)} x {name}" for name, entries in lists.items())
        raise ValueError(
            f"{', '.join(lists)} do not match: {told}; pass one of each, or equally many"
        )
    return {name: entries * (count // len(entries)) for name, entries in lists.items()}


def _checked_steps(steps: int, most: int) -> int:
    if not isinstance(steps, Integral) or isinstance(steps, bool):
        raise TypeError(f"steps must be a whole number, got {steps!r} ({type(steps).__name__})")
    if not 1 <= steps <= most:
        raise ValueError(
            f"steps must lie in 1 ... {most}, the timesteps of the training, got {steps}"
        )
    return int(steps)


def _checked_guidance(guidance_scale: float) -> float:
    if not isinstance(guidance_scale, Real) or isinstance(guidance_scale, bool):
        raise TypeError(
            f"guidance_scale must be a number, got {guidance_scale!r} "
            f"({type(guidance_scale).__name__})"
        )
    if not (math.isfinite(guidance_scale) and guidance_scale >= 0):
        raise ValueError(
            f"guidance_scale must be a finite number from 0, got {guidance_scale}; 7.5 is usual, "
            "1 is none; to steer away from words pass them as negative_prompt"
        )
    return float(guidance_scale)


def _latent_size(
    pipe: StableDiffusionPipeline, size: int | tuple[int, int] | None, latents: Tensor | None
) -> tuple[int, int]:
    """Height and width of the latents: as asked for, or as given, or as in the training."""
    if size is None and isinstance(latents, Tensor) and latents.ndim == 4:
        return tuple(latents.shape[2:])
    if size is None:
        trained = pipe.unet.config.sample_size
        return (trained, trained) if isinstance(trained, int) else tuple(trained)
    pixels = tuple(size) if isinstance(size, (tuple, list)) else (size, size)
    if len(pixels) != 2 or not all(
        isinstance(side, Integral) and not isinstance(side, bool) for side in pixels
    ):
        raise TypeError(f"size must be a whole number of pixels or (height, width), got {size!r}")
    factor = pipe.vae_scale_factor
    if any(side <= 0 or side % factor for side in pixels):
        low = [max(1, side // factor) * factor for side in pixels]
        raise ValueError(
            f"size must be positive and divisible by {factor}, got {size}; possible is {tuple(low)}"
        )
    return pixels[0] // factor, pixels[1] // factor


def _checked_latents(latents: Tensor, shape: tuple[int, ...]) -> Tensor:
    if not isinstance(latents, Tensor):
        raise TypeError(f"latents must be a tensor, got {type(latents).__name__}")
    if tuple(latents.shape) != shape:
        raise ValueError(
            f"latents must have the shape {shape} (pictures, channels, h, w), got "
            f"{tuple(latents.shape)}"
        )
    if not bool(torch.isfinite(latents).all()):
        raise ValueError("latents must be finite numbers, got nan or inf")
    return latents.detach()


def _noise(shape: tuple[int, ...], drawn: list[torch.Generator]) -> Tensor:
    """Standard normal noise, (B, C, h, w), float32, CPU; each picture's from its own generator."""
    return torch.stack([torch.randn(shape[1:], generator=generator) for generator in drawn])


def _warn_about_words(pipe: StableDiffusionPipeline, texts: list[str]) -> None:
    """Say which words have no effect: those after the last place, and those never learned."""
    tokenizer = pipe.tokenizer
    places, known = tokenizer.model_max_length, tokenizer.init_kwargs.get("known_words")
    with quiet():
        tokens = {text: tokenizer(text).input_ids for text in texts}
    for text, ids in tokens.items():
        if len(ids) > places:
            cut = tokenizer.decode(ids[places - 1 : -1])
            _warn(
                f"the prompt has {len(ids)} tokens, the model reads {places}; this was cut off: "
                f'"{cut}"'
            )
        unknown = unknown_words(text, known) if known else []
        if unknown:
            _warn(f"the model never saw these words and cannot draw them: {', '.join(unknown)}")


def _warn(message: str) -> None:
    warnings.warn(message, stacklevel=5)  # _warn, _warn_about_words, prepare, denoise, the caller


@torch.no_grad()
def _encode(
    pipe: StableDiffusionPipeline,
    prompts: list[str],
    negatives: list[str],
    guided: bool,
    device: torch.device,
) -> Tensor:
    """The words as the U-Net wants them, (B, 77, D) or (2B, 77, D), negative prompts first."""
    with eval_mode(pipe.text_encoder), quiet():  # what was cut off has been said
        cond, uncond = pipe.encode_prompt(prompts, device, 1, guided, negatives)
    return torch.cat([uncond, cond]) if guided else cond
