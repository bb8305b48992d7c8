"""Exercises of lesson 07, Full generation."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import torch
from diffusers import DDIMScheduler, EulerDiscreteScheduler
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from torch import Tensor

from .. import maths
from ..decoding import to_pil
from ..loading import StableDiffusionPipeline
from ..sampling import generate, start
from ..sampling.settings import save_picture
from .core import Hint, exercise, outcome, solution

__all__ = ["begin", "blend", "denoise_loop", "make_again", "prediction", "solution"]

STEPS, STRENGTH = 20, 0.6
"""Of exercises 7.2 and 7.3."""

_LOOP_CODE = """\
import torch


def denoise_loop(unet, scheduler, words, latents, guidance_scale):
    for t in scheduler.timesteps:
        x_t = scheduler.scale_model_input(latents, t)
        uncond, cond = unet(torch.cat([x_t, x_t]), t, words).sample.chunk(2)
        guided = uncond + guidance_scale * (cond - uncond)
        latents = scheduler.step(guided, t, latents).prev_sample
    return latents
"""

Combine = Callable[[Tensor, Tensor], Tensor]
SCALE = 3.0
"""Guidance of the examination; no usual number, so that a number written into the code is seen."""

COMBINED: list[tuple[Combine, str]] = [
    (lambda u, c: maths.guide(c, u, SCALE), 'the halves are swapped: that of "" comes first.'),
    (lambda u, c: SCALE * (c - u), "you add the scaled difference to nothing: start from uncond."),
    (lambda u, c: u + SCALE * c, "you scale cond. Scale the difference (cond - uncond)."),
    (lambda u, c: c, "the guidance is missing: only cond is used."),
    (lambda u, c: u, "the prompt has no effect: only uncond is used."),
    (lambda u, c: maths.guide(u, c, 7.5), "you guide with 7.5. Use the argument guidance_scale."),
]
"""How the two halves are wrongly combined, and the hint."""


@exercise("7.1", task="write the loop: scale, ask the U-Net, guide, step.", reference=_LOOP_CODE)
def denoise_loop(answer: Callable[..., Tensor], pipe: StableDiffusionPipeline) -> str:
    """Examines a loop with the Euler scheduler, whose latents must be scaled for the U-Net."""
    with torch.no_grad():
        words, latents = _words_and_noise(pipe)
        result = outcome(answer, pipe.unet, _euler(pipe), words, latents.clone(), SCALE)
        _check_latents(result, latents)

        def same(combine: Combine, **changes: bool) -> bool:
            return _close(result, _looped(pipe, words, latents, combine, **changes))

        def right(uncond: Tensor, cond: Tensor) -> Tensor:
            return maths.guide(uncond, cond, SCALE)

        if same(right):
            return "Four lines, and every picture of this course comes out of them."
        if same(right, scaled=False):
            raise Hint("the U-Net gets latents that are too large: use scale_model_input.")
        if same(right, step_scaled=True):
            raise Hint("scheduler.step wants the latents as they were, not the scaled ones.")
        if same(right, once=True):
            raise Hint("only the first step was made. Is `return` inside the loop?")
        for combine, hint in COMBINED:
            if same(combine):
                raise Hint(hint)
    raise Hint("the latents are not those of the pipeline. Go through the four lines once more.")


def _words_and_noise(pipe: StableDiffusionPipeline) -> tuple[Tensor, Tensor]:
    """(words of "" and of a prompt, initial latents for Euler)."""
    cond, uncond = pipe.encode_prompt("a lake at night", pipe.device, 1, True, "")
    side = pipe.unet.config.sample_size
    noise = torch.randn(1, 4, side, side, generator=torch.Generator().manual_seed(1)).to(cond)
    return torch.cat([uncond, cond]), noise * _euler(pipe).init_noise_sigma


def _euler(pipe: StableDiffusionPipeline) -> EulerDiscreteScheduler:
    scheduler = EulerDiscreteScheduler.from_config(pipe.scheduler.config)
    scheduler.set_timesteps(3, device=pipe.device)
    return scheduler


def _looped(
    pipe: StableDiffusionPipeline,
    words: Tensor,
    latents: Tensor,
    combine: Combine,
    *,
    scaled: bool = True,
    step_scaled: bool = False,
    once: bool = False,
) -> Tensor:
    """The loop with one thing changed."""
    scheduler = _euler(pipe)
    for t in scheduler.timesteps[: 1 if once else None]:
        x_t = scheduler.scale_model_input(latents, t)
        asked = x_t if scaled else latents
        uncond, cond = pipe.unet(torch.cat([asked, asked]), t, words).sample.chunk(2)
        from_ = x_t if step_scaled else latents
        latents = scheduler.step(combine(uncond, cond), t, from_).prev_sample
    return latents


def _check_latents(result: object, latents: Tensor) -> None:
    """Refuses what are no latents, or the given ones."""
    if hasattr(result, "prev_sample"):
        raise Hint("scheduler.step returns an object. Take its .prev_sample.")
    _of_shape(result, latents)
    if _close(result, latents):
        raise Hint("the latents came back as they were. Give them the scheduler's step.")


def _of_shape(result: object, latents: Tensor) -> None:
    if not isinstance(result, Tensor) or result.shape != latents.shape:
        came = tuple(result.shape) if isinstance(result, Tensor) else type(result).__name__
        raise Hint(f"expected latents of shape {tuple(latents.shape)}, got {came}.")


def _close(a: Tensor, b: Tensor) -> bool:
    return bool(torch.allclose(a, b, rtol=1e-3, atol=1e-3 * float(b.abs().max())))


@exercise("7.2", task="set prediction to a whole number of steps.", reference="prediction = 12")
def prediction(answer: int) -> str:
    """Examines how many of 20 steps are run at strength 0.6."""
    run = int(STEPS * STRENGTH)
    if not isinstance(answer, int) or isinstance(answer, bool):
        raise Hint(f"expected a whole number, got {answer!r}.")
    if answer == STEPS - run:
        raise Hint(f"{answer} steps are skipped. How many are left?")
    if answer == STEPS:
        raise Hint("20 would be all of them, at strength 1. Here the run starts in the middle.")
    if answer != run:
        raise Hint("strength is the share of the steps that are run: multiply.")
    return f"{STRENGTH} x {STEPS} = {run} steps are run, the first {STEPS - run} are skipped."


_BEGIN_CODE = """\
def begin(scheduler, clean, noise, steps, strength):
    scheduler.set_timesteps(steps)
    skipped = steps - int(steps * strength)
    timesteps = scheduler.timesteps[skipped:]
    return scheduler.add_noise(clean, noise, timesteps[:1]), timesteps
"""


@exercise(
    "7.3",
    task="return the noisy latents and the timesteps that are left.",
    reference=_BEGIN_CODE,
)
def begin(answer: Callable[..., tuple[Tensor, Tensor]]) -> str:
    """Examines (scheduler, clean, noise, steps, strength) -> (latents, timesteps), with DDIM."""
    scheduler = DDIMScheduler(beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012)
    scheduler.set_timesteps(STEPS)
    clean, noise = torch.randn(2, 1, 4, 4, 4, generator=torch.Generator().manual_seed(2))
    result = outcome(answer, scheduler, clean, noise, STEPS, STRENGTH)
    if not isinstance(result, tuple) or len(result) != 2:
        raise Hint("expected two things: `return latents, timesteps`.")
    latents, left = torch.as_tensor(result[0]), torch.as_tensor(result[1])
    every, run = scheduler.timesteps, int(STEPS * STRENGTH)
    _check_timesteps(left.tolist() if left.ndim else [left.item()], every.tolist(), run)
    _of_shape(latents, clean)
    _check_mixture(latents, clean, noise, scheduler.alphas_cumprod[every])
    return f"The run starts at t = {every[STEPS - run]} and has {run} steps left."


def _check_timesteps(left: list[int], every: list[int], run: int) -> None:
    skipped = len(every) - run
    if left == every[skipped:]:
        return
    if left == every[:run]:
        raise Hint("you keep the first steps, where there is nearly only noise. Keep the last.")
    if left == every:
        raise Hint("all timesteps are left. Cut off the first ones.")
    if left == every[run:]:
        raise Hint(f"{len(left)} steps are left, {run} should be: you cut off what should be run.")
    if abs(len(left) - run) == 1:
        raise Hint(f"off by one: {len(left)} steps are left, {run} should be.")
    raise Hint(f"expected the last {run} of the scheduler's timesteps, got {len(left)} of them.")


def _check_mixture(latents: Tensor, clean: Tensor, noise: Tensor, shares: Tensor) -> None:
    """Recognises how clean and noise were mixed; `shares` is alpha_bar at each timestep."""
    first = len(shares) - int(STEPS * STRENGTH)
    if torch.allclose(latents, maths.add_noise(clean, noise, shares[first]), atol=1e-4):
        return
    if torch.equal(latents, clean):
        raise Hint("the noise is missing: the U-Net expects latents as noisy as t says.")
    if torch.allclose(latents, maths.add_noise(noise, clean, shares[first]), atol=1e-4):
        raise Hint("clean and noise are swapped in add_noise: the clean latents come first.")
    if torch.allclose(latents, clean + noise, atol=1e-4):
        raise Hint("a plain sum. scheduler.add_noise(clean, noise, t) weighs the two.")
    for place, share in enumerate(shares):
        if torch.allclose(latents, maths.add_noise(clean, noise, share), atol=1e-4):
            raise Hint(
                f"this is as noisy as at step {place + 1}. The first step that is run is number "
                f"{first + 1}: take the first of the timesteps that are left."
            )
    raise Hint("mix with scheduler.add_noise(clean, noise, t), t being the first timestep left.")


@exercise(
    "7.4",
    task="return latents where the mask is 1, kept where it is 0.",
    reference=start.blend,
)
def blend(answer: Callable[[Tensor, Tensor, Tensor], Tensor]) -> str:
    """Examines (latents, kept, mask) -> latents, with a mask that also holds a half."""
    latents, kept = torch.randn(2, 1, 4, 2, 3, generator=torch.Generator().manual_seed(3))
    mask = torch.tensor([0.0, 1.0, 0.5]).expand(1, 1, 2, 3)
    result = outcome(answer, latents.clone(), kept.clone(), mask.clone())
    _of_shape(result, latents)
    mistakes = [
        (
            start.blend(kept, latents, mask),
            "the sides are swapped: the mask is 1 where to repaint.",
        ),
        (mask * latents, "where the mask is 0 nothing is left. Add kept there."),
        (mask * latents + kept, "kept is added everywhere. Weigh it with (1 - mask)."),
        (latents + (1 - mask) * kept, "latents stay everywhere. Weigh them with mask."),
        (latents, "the mask has no effect: these are the latents as they came."),
        (kept, "the mask has no effect: everything is kept."),
    ]
    for wrong, hint in mistakes:
        if torch.allclose(result, wrong, atol=1e-5):
            raise Hint(hint)
    right = start.blend(latents, kept, mask)
    if torch.allclose(result[..., :2], right[..., :2], atol=1e-5) and not _close(result, right):
        raise Hint("right for 0 and 1, but a mask of a half should give half of each.")
    if not torch.allclose(result, right, atol=1e-5):
        raise Hint("expected a weighted sum: mask times the one plus (1 - mask) times the other.")
    return "This one line, after every step, is inpainting."


_AGAIN_CODE = """\
from helpers import again, to_pil
from helpers.sampling.settings import read_settings


def make_again(pipe, path):
    settings = read_settings(path)
    run = again(pipe, settings, progress=False)
    return to_pil(run.images)[settings["picture"]]
"""


@exercise(
    "7.5", task="write make_again(pipe, path), which returns the picture.", reference=_AGAIN_CODE
)
def make_again(answer: Callable[..., Image.Image], pipe: StableDiffusionPipeline) -> str:
    """Examines (pipe, path) -> picture, with a file whose pixels were painted over."""
    run = generate(
        pipe, ["a lake", "a desert"], seed=[1, 2], steps=3, scheduler="euler ancestral",
        guidance_scale=3.0, progress=False,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        path = save_picture(run, Path(folder) / "picture.png", 1)
        _paint_over(path)
        result = outcome(answer, pipe, path)
    if not isinstance(result, Image.Image):
        raise Hint(
            f"expected one Pillow picture, got {type(result).__name__}. "
            'Take number settings["picture"] of to_pil(run.images).'
        )
    first, wanted = to_pil(run.images)
    if result.tobytes() == wanted.tobytes():
        return "The same picture, to the last bit, from the text in its file alone."
    if not any(result.convert("RGB").tobytes()):
        raise Hint("you opened the picture. Make it anew: its pixels were painted over here.")
    if result.tobytes() == first.tobytes():
        raise Hint(
            'this is its neighbour. It was made in a batch: take number settings["picture"].'
        )
    raise Hint("another picture. All settings matter, the scheduler and the batch too: use again.")


def _paint_over(path: Path) -> None:
    """Makes every pixel black; the text in the file stays."""
    with Image.open(path) as picture:
        text, size = dict(picture.text), picture.size
    chunk = PngInfo()
    for key, value in text.items():
        chunk.add_itxt(key, value)
    Image.new("RGB", size).save(path, pnginfo=chunk)
