"""Exercises of lesson 08, Full generation."""

from __future__ import annotations

import functools
import json
import math
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import DDIMScheduler
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from torch import Tensor

from ..decoding import to_pil
from ..language import _
from ..loading import StableDiffusionPipeline
from ..sampling import generate
from ..sampling.settings import save_picture
from . import broken_loops, mistakes_08, mistakes_08_begin, mistakes_08_put_back, reading
from .core import Hint, exercise, solution, yours
from .lending import lent
from .questions import Questions
from .watched import WatchedDDIM, WatchedEuler

__all__ = [
    "begin", "crime_scene", "culprits", "denoise_loop", "make_again", "put_back", "solution",
    "yours",
]  # fmt: skip

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


def _loop_case(
    pipe: StableDiffusionPipeline,
    kind: type[WatchedDDIM | WatchedEuler],
    prompt: str,
    steps: int,
    guidance_scale: float,
) -> tuple:
    """Arguments of a loop: latents of half the usual side, drawn from the number of steps."""
    scheduler = kind.from_config(pipe.scheduler.config)
    scheduler.set_timesteps(steps, device=pipe.device)
    scheduler.ready = True
    cond, uncond = pipe.encode_prompt(prompt, pipe.device, 1, True, "")
    side = max(pipe.unet.config.sample_size // 2, 2)
    noise = torch.randn(1, 4, side, side, generator=torch.Generator().manual_seed(steps)).to(cond)
    latents = noise * scheduler.init_noise_sigma
    return pipe.unet, scheduler, torch.cat([uncond, cond]), latents, guidance_scale


def _latents(answer: Any) -> Tensor:
    """The latents that 8.1 asks for."""
    if hasattr(answer, "prev_sample"):
        raise Hint(_("scheduler.step returns an object. Take its .prev_sample."))
    return reading.tensor(answer)


def loop_questions(pipe: StableDiffusionPipeline) -> Questions:
    """What 8.1 asks: with no usual scales, so that a number written into the code is seen."""
    return Questions(
        reference=_LOOP_CODE,
        cases=[
            _loop_case(pipe, WatchedDDIM, "a red house in the snow", 2, 4.4),
            _loop_case(pipe, WatchedEuler, "a lake at night", 3, 3.0),
        ],
        mistakes=mistakes_08.DENOISE_LOOP,
        read=_latents,
        advice=_("Go through the four lines once more: scale, ask, guide, step."),
    )


@exercise("8.1", task=_("write the loop: scale, ask the U-Net, guide, step."), reference=_LOOP_CODE)
def denoise_loop(answer: Callable[..., Tensor], pipe: StableDiffusionPipeline) -> str:
    """Examines a loop with two schedulers; Euler's latents must be scaled for the U-Net."""
    with torch.no_grad(), lent(pipe):
        loop_questions(pipe).put_to(answer)
    return _("Four lines, and every picture of this course comes out of them.")


_CULPRITS_CODE = f"culprits = {json.dumps(broken_loops.LINES)}"


@exercise("8.2", task=_("write behind each row the number of its line."), reference=_CULPRITS_CODE)
def culprits(answer: dict[str, int]) -> str:
    """Examines {row: number of the line at fault}."""
    if not isinstance(answer, dict):
        raise Hint(_("expected the dictionary with its five rows, got {came}.",
                     came=reading.shown(answer)))  # fmt: skip
    said = {reading.text(str(row)).upper(): number for row, number in answer.items()}
    if said.keys() != broken_loops.LINES.keys():
        raise Hint(_("expected the rows A to E. Change only what stands behind the colons."))
    lines = {row: reading.whole(said[row]) for row in broken_loops.LINES}
    for row, line in lines.items():
        if not 1 <= line <= len(lines):
            raise Hint(
                _(
                    "row {row} is given {line}. The lines are numbered from 1 to 5.",
                    row=row,
                    line=line,
                )
            )
    wrong = [row for row, line in broken_loops.LINES.items() if lines[row] != line]
    if wrong:
        raise Hint(_("{right} of 5 are right. {look}",
                     right=len(lines) - len(wrong), look=broken_loops.LOOK[wrong[0]]))  # fmt: skip
    return _("You can read a mistake off its picture.")


def crime_scene(
    pipe: StableDiffusionPipeline, prompt: str, seeds: Sequence[int]
) -> dict[str, list[Image.Image]]:
    """The pictures of 8.2: rows "right", "A" ... "E", one picture for each seed."""
    return broken_loops.rows(pipe, prompt, seeds)


_BEGIN_CODE = """\
def begin(scheduler, clean, noise, steps, strength):
    scheduler.set_timesteps(steps)
    skipped = steps - int(steps * strength)
    timesteps = scheduler.timesteps[skipped:]
    return scheduler.add_noise(clean, noise, timesteps[:1]), timesteps
"""


def _begin_case(seed: int, set_to: int | None, steps: int, strength: float) -> tuple:
    """Arguments of a beginning; the scheduler was used for another number of steps, or is new."""
    scheduler = DDIMScheduler(beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012)
    if set_to is not None:
        scheduler.set_timesteps(set_to)
    clean, noise = torch.randn(2, 1, 4, 3, 5, generator=torch.Generator().manual_seed(seed))
    return scheduler, clean, noise, steps, strength


def _pair(answer: Any) -> tuple[Any, Any]:
    """The two things that 8.3 asks for."""
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        raise Hint(
            _(
                "expected two things, `return latents, timesteps`, got {came}.",
                came=reading.shown(answer),
            )
        )
    return answer[0], answer[1]


def _first_of_pair(answer: Any) -> Tensor:
    latents = reading.tensor(_pair(answer)[0])
    if latents.ndim < 2:
        raise Hint(_("the latents come first, then the timesteps: `return latents, timesteps`."))
    return latents


def _second_of_pair(answer: Any) -> Tensor:
    _first_of_pair(answer)
    return reading.tensor(_pair(answer)[1])


_CASES = [  # 3.7 of ten steps, 6.3 of fourteen: rounding is seen both ways
    _begin_case(2, None, 10, 0.37),
    _begin_case(3, 33, 14, 0.45),
]
_TIMESTEPS = Questions(
    reference=_BEGIN_CODE,
    cases=_CASES,
    mistakes=mistakes_08_begin.TIMESTEPS,
    read=_second_of_pair,
    precision=1e-6,
    advice=_("Asked for are the last int(steps * strength) of the scheduler's timesteps."),
)
_LATENTS = Questions(
    reference=_BEGIN_CODE,
    cases=_CASES,
    mistakes=mistakes_08_begin.LATENTS,
    read=_first_of_pair,
    advice=_("Mix with scheduler.add_noise(clean, noise, t), t being the first timestep left."),
)


@exercise(
    "8.3",
    task=_("return the noisy latents and the timesteps that are left."),
    reference=_BEGIN_CODE,
)
def begin(answer: Callable[..., tuple[Tensor, Tensor]]) -> str:
    """Examines (scheduler, clean, noise, steps, strength) -> (latents, timesteps), with DDIM."""
    _TIMESTEPS.put_to(answer)
    _LATENTS.put_to(answer)
    return _("The noise of the first step that is run, and the steps that are left.")


_PUT_BACK_CODE = """\
def put_back(made, clean, noise, mask, scheduler, left):
    kept = clean
    if len(left) > 0:
        kept = scheduler.add_noise(clean, noise, left[:1])
    return (1 - mask) * kept + mask * made
"""


def _put_back_case(seed: int, left: int, weights: list[float], *shape: int) -> tuple:
    """Arguments of `put_back` with so many steps left, of 12, and a mask of these weights."""
    scheduler = DDIMScheduler(beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012)
    scheduler.set_timesteps(12)
    made, clean, noise = torch.randn(3, *shape, generator=torch.Generator().manual_seed(seed))
    count = shape[0] * math.prod(shape[2:])
    mask = torch.tensor(weights).repeat(count)[:count].view(shape[0], 1, *shape[2:])
    return made, clean, noise, mask, scheduler, scheduler.timesteps[12 - left :]


PUT_BACK = Questions(
    reference=_PUT_BACK_CODE,
    cases=[
        _put_back_case(3, 7, [0.0, 1.0, 0.25, 0.8], 1, 4, 2, 3),
        _put_back_case(4, 3, [0.6, 0.1, 0.0, 0.7, 1.0], 1, 4, 3, 5),
        _put_back_case(5, 0, [1.0, 0.0, 0.35, 0.9], 1, 4, 3, 3),
    ],
    mistakes=mistakes_08_put_back.PUT_BACK,
    advice=_(
        "Asked for is a weighted sum: mask times made plus (1 - mask) times what is kept, and "
        "that is as noisy as the next step expects it."
    ),
)


@exercise(
    "8.4",
    task=_("return made where the mask is 1, the kept part with its noise where it is 0."),
    reference=_PUT_BACK_CODE,
)
def put_back(answer: Callable[..., Tensor]) -> str:
    """Examines (made, clean, noise, mask, scheduler, left) -> latents, also after the last step."""
    PUT_BACK.put_to(answer)
    return _("These lines, after every step, are inpainting.")


_AGAIN_CODE = """\
from helpers import again, to_pil
from helpers.sampling.settings import read_settings


def make_again(pipe, path):
    settings = read_settings(path)
    run = again(pipe, settings, progress=False)
    return to_pil(run.images)[settings["picture"]]
"""


@exercise(
    "8.5", task=_("write make_again(pipe, path), which returns the picture."), reference=_AGAIN_CODE
)
def make_again(answer: Callable[..., Image.Image], pipe: StableDiffusionPipeline) -> str:
    """Examines (pipe, path) -> picture, with two files of one batch, painted over."""
    side = pipe.unet.config.sample_size // 2 * pipe.vae_scale_factor
    settings = {"seed": [21, 22, 23], "steps": 3, "scheduler": "euler ancestral", "size": side,
                "guidance_scale": 3.0, "negative_prompt": "a castle at night"}  # fmt: skip
    prompts = ["a lake", "a desert at sunset", "a house in the snow"]

    @functools.cache
    def pictures(**changes: Any) -> list[Image.Image]:
        return to_pil(generate(pipe, prompts, **settings | changes, progress=False).images)

    run = generate(pipe, prompts, **settings, progress=False)
    wanted = dict(enumerate(to_pil(run.images)))
    with tempfile.TemporaryDirectory() as folder, lent(pipe):
        paths = {Path(folder) / f"picture{number}.png": number for number in (1, 0)}
        for path, number in paths.items():
            _paint_over(save_picture(run, path, number))
        Questions(
            reference=lambda pipe, path: wanted[paths[path]],
            cases=[(pipe, path) for path in paths],
            mistakes=mistakes_08.make_again(pictures),
            read=_pixels,
            precision=0.02,  # a shade or two of 255: other machines add up in another order
            advice=_("All settings matter, the scheduler too: use again(pipe, settings)."),
        ).put_to(answer)
    return _("The same picture, from the text in its file alone.")


def _pixels(answer: Any) -> Tensor:
    """The picture that 8.5 asks for, (H, W, 3), in [0, 1]."""
    if isinstance(answer, list):
        raise Hint(_('expected one picture, got {came}. Which of them was ours? Take number '
                     'settings["picture"].', came=reading.shown(answer)))  # fmt: skip
    if hasattr(answer, "images"):
        raise Hint(_('this is the run. Take number settings["picture"] of to_pil(run.images).'))
    picture = reading.picture(answer).convert("RGB")
    return torch.from_numpy(np.array(picture)).double() / 255


def _paint_over(path: Path) -> None:
    """Makes every pixel black; the text in the file stays."""
    with Image.open(path) as picture:
        text, size = dict(picture.text), picture.size
    chunk = PngInfo()
    for key, value in text.items():
        chunk.add_itxt(key, value)
    Image.new("RGB", size).save(path, pnginfo=chunk)
