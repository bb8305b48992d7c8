"""Pictures of exercise 8.2: what five loops paint, each with one line at fault, out of sight.

The loop is that of lesson 08. The page prints the five lines, numbered; here they are made, so that
a picture can be shown before anybody says which line it comes from.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from PIL import Image
from torch import Tensor

from .. import maths
from ..decoding import to_pil
from ..language import _
from ..loading import StableDiffusionPipeline
from ..runtime import device_of, eval_mode, generators

LINES = {"A": 4, "B": 3, "C": 5, "D": 1, "E": 2}
"""Row of the figure -> number of the line at fault, as the page counts them."""

LOOK = {
    "A": _("A is hardly more than noise. Which line ends the work too soon?"),
    "B": _("B is well painted, but shows anything. Which line forgets what was asked for?"),
    "C": _(
        "C shows what the right loop shows, in the wrong colours. Which line leaves the numbers "
        "too large or too small?"
    ),
    "D": _(
        "D is one good picture, four times. Which line decides what differs from one picture to "
        "the next?"
    ),
    "E": _("E is not what was asked for, and overdone. Which line turns guidance round?"),
}
"""Row -> where to look, if it is given another line."""

GUIDANCE = 7.5


@torch.no_grad()
def rows(
    pipe: StableDiffusionPipeline, prompt: str, seeds: Sequence[int], steps: int = 20
) -> dict[str, list[Image.Image]]:
    """The pictures of each row, "right" first, then those of `LINES`: one for each seed.

    Args:
        pipe: a Stable Diffusion pipeline.
        prompt: what all loops are asked for.
        seeds: one for each column.
        steps: of each loop.
    """
    words, empty = pipe.encode_prompt(prompt, device_of(pipe), len(seeds), True, "")  # (B, 77, D)
    side, factor = pipe.unet.config.sample_size, pipe.vae.config.scaling_factor
    shape = (1, pipe.unet.config.in_channels, side, side)
    drawn = [torch.randn(shape, generator=one) for one in generators(list(seeds))]
    noise = torch.cat(drawn).to(words)  # (B, 4, h, w)

    right, first = _loop(pipe, noise, empty, words, steps)
    by_line = {
        1: (right[:1] / factor).expand_as(right),
        2: _loop(pipe, noise, words, empty, steps)[0] / factor,
        3: _loop(pipe, noise, empty, empty, steps)[0] / factor,
        4: first / factor,
        5: right,
    }
    found = {_("right"): _decoded(pipe, right / factor)}
    return found | {row: _decoded(pipe, by_line[line]) for row, line in LINES.items()}


def _loop(
    pipe: StableDiffusionPipeline, noise: Tensor, uncond: Tensor, cond: Tensor, steps: int
) -> tuple[Tensor, Tensor]:
    """The finished latents, and those after the first step, (B, 4, h, w)."""
    scheduler = type(pipe.scheduler).from_config(pipe.scheduler.config)
    scheduler.set_timesteps(steps, device=noise.device)
    latents, words, after = noise * scheduler.init_noise_sigma, torch.cat([uncond, cond]), []
    with eval_mode(pipe.unet):
        for t in scheduler.timesteps:
            x_t = scheduler.scale_model_input(latents, t)
            uncond, cond = pipe.unet(torch.cat([x_t, x_t]), t, words).sample.chunk(2)
            latents = scheduler.step(maths.guide(uncond, cond, GUIDANCE), t, latents).prev_sample
            after.append(latents)
    return after[-1], after[0]


def _decoded(pipe: StableDiffusionPipeline, latents: Tensor) -> list[Image.Image]:
    """Pictures of latents that were divided by the factor, or should have been."""
    with eval_mode(pipe.vae):
        pixels = pipe.vae.decode(latents).sample  # (B, 3, 8 h, 8 w)
    return to_pil((pixels / 2 + 0.5).clamp(0, 1).float().cpu())
