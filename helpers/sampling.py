"""The loop of Stable Diffusion, unrolled: every step of a run in your hands.

`denoise` yields one `StepRecord` per call of the U-Net, `generate` collects them into a
`Trajectory`. The loop itself is `unroll`. It does what `StableDiffusionPipeline.__call__` does, to
the last bit, and hands over what the pipeline keeps to itself. The pipeline is only read: it keeps
its scheduler, processors and modes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import diffusers
import torch
from diffusers import SchedulerMixin
from torch import Tensor
from tqdm.auto import tqdm

from . import maths
from .decoding import decode, screen
from .inputs import Run, prepare
from .loading import TINY, StableDiffusionPipeline
from .records import StepRecord, Trajectory
from .runtime import eval_mode
from .schedulers import SCHEDULERS, SchedulerLike, alpha_bar_now

__all__ = ["SCHEDULERS", "denoise", "generate", "unroll"]


def denoise(
    pipe: StableDiffusionPipeline,
    prompt: str | Sequence[str],
    *,
    negative_prompt: str | Sequence[str] = "",
    steps: int = 20,
    guidance_scale: float = 7.5,
    seed: int | Sequence[int] = 0,
    scheduler: SchedulerLike = None,
    size: int | tuple[int, int] | None = None,
    latents: Tensor | None = None,
) -> Iterator[StepRecord]:
    """An iterator over the run, one record per call of the U-Net; arguments are checked at once.

    Several pictures are made side by side: many prompts with one seed, one prompt with many seeds,
    or as many of both. Picture k depends on its own prompt and seed alone.

    Args:
        pipe: a Stable Diffusion pipeline, as `load` gives.
        prompt: what to draw; a list for several pictures.
        negative_prompt: what to steer away from; one for all pictures or one for each.
        steps: from 1 to the number of timesteps of the training (1000).
        guidance_scale: w in `maths.guide`, from 0: 0 ignores the prompt, 1 follows it (the negative
            prompt is not used, and not computed), 7.5 is Stable Diffusion's habit.
        seed: where the noise comes from; a list or a range for several pictures.
        scheduler: a name of `SCHEDULERS`, a class or an object of diffusers; None for the
            pipeline's own.
        size: height and width in pixels, or one number for both; None for the size of the training.
        latents: noise to start from instead of the seeds', (B, C, height / 8, width / 8), of
            variance 1. The seeds then only feed schedulers that draw noise on their way.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: an argument has a value that is not allowed; the message says which are.
    """
    run = prepare(
        pipe,
        prompt,
        negative_prompt=negative_prompt,
        steps=steps,
        guidance_scale=guidance_scale,
        seed=seed,
        scheduler=scheduler,
        size=size,
        latents=latents,
    )
    return unroll(pipe, run)


@torch.no_grad()
def unroll(pipe: StableDiffusionPipeline, run: Run) -> Iterator[StepRecord]:
    """The loop itself: ask the U-Net, guide, let the scheduler step; a record of each round.

    Args:
        pipe: for its U-Net.
        run: words, noise and a scheduler of its own, as `prepare` gives; it can be unrolled once.
    """
    scheduler, latents = run.scheduler, run.latents  # (B, 4, h, w)
    with eval_mode(pipe.unet):
        for index, t in enumerate(scheduler.timesteps):
            alpha_bar = alpha_bar_now(scheduler, t)
            x_t = _seen_by_unet(scheduler, latents, index)  # (B, 4, h, w), variance 1
            asked = torch.cat([x_t, x_t]) if run.guided else x_t  # (2B, 4, h, w)
            output = pipe.unet(asked, t, encoder_hidden_states=run.words, return_dict=False)[0]
            uncond, cond = output.chunk(2) if run.guided else (None, output)  # negative ones first
            output = maths.guide(uncond, cond, run.guidance_scale) if run.guided else cond
            stepped = scheduler.step(output, t, latents, **run.step_options, return_dict=False)[0]
            x_prev = _seen_by_unet(scheduler, stepped, index + 1)
            yield _record(run, index, alpha_bar, (x_t, latents, x_prev), (uncond, cond, output))
            latents = stepped


def generate(
    pipe: StableDiffusionPipeline,
    prompt: str | Sequence[str],
    *,
    negative_prompt: str | Sequence[str] = "",
    steps: int = 20,
    guidance_scale: float = 7.5,
    seed: int | Sequence[int] = 0,
    scheduler: SchedulerLike = None,
    size: int | tuple[int, int] | None = None,
    latents: Tensor | None = None,
    progress: bool = True,
) -> Trajectory:
    """The whole run at once, with its finished pictures.

    Args:
        pipe, prompt, negative_prompt, steps, guidance_scale, seed, scheduler, size, latents: as for
            `denoise`.
        progress: whether to show a progress bar.

    Raises:
        TypeError, ValueError: as for `denoise`.
    """
    run = prepare(
        pipe,
        prompt,
        negative_prompt=negative_prompt,
        steps=steps,
        guidance_scale=guidance_scale,
        seed=seed,
        scheduler=scheduler,
        size=size,
        latents=latents,
    )
    with closing(unroll(pipe, run)) as calls:
        records = tuple(tqdm(calls, total=len(run.step_of_call), disable=not progress))
    finished = records[-1].x_prev
    images, flagged = screen(pipe, decode(pipe, finished))
    return Trajectory(
        latents=torch.stack([*(record.latents for record in records), finished]),
        records=records,
        images=images,
        settings=_settings(
            pipe, run, images, flagged=flagged, noise="seeds" if latents is None else "given"
        ),
    )


def _seen_by_unet(scheduler: SchedulerMixin, latents: Tensor, index: int) -> Tensor:
    """The scheduler's latents at variance 1, as call `index` sees them."""
    if index == len(scheduler.timesteps):
        return latents  # finished
    return scheduler.scale_model_input(latents, scheduler.timesteps[index])


def _record(
    run: Run,
    index: int,
    alpha_bar: float,
    states: tuple[Tensor, Tensor, Tensor],
    outputs: tuple[Tensor | None, Tensor, Tensor],
) -> StepRecord:
    """One round as a learner reads it: float32 copies on the CPU, every prediction as noise."""
    x_t, latents, x_prev = map(_kept, states)
    predicts = run.scheduler.config.prediction_type
    estimates = [output if output is None else _estimates(predicts, x_t, _kept(output), alpha_bar)
                 for output in outputs]  # fmt: skip
    uncond, cond, guided = estimates
    return StepRecord(
        index=index,
        step=run.step_of_call[index],
        t=float(run.scheduler.timesteps[index]),
        alpha_bar=alpha_bar,
        x_t=x_t,
        latents=latents,
        eps_uncond=uncond[0] if uncond else None,
        eps_cond=cond[0],
        eps=guided[0],
        x0_hat=guided[1],
        x_prev=x_prev,
    )


def _estimates(
    predicts: str, x_t: Tensor, output: Tensor, alpha_bar: float
) -> tuple[Tensor, Tensor]:
    """(eps, x0_hat) that an output of the U-Net implies, whether it predicts eps, v or x0."""
    if predicts == "epsilon":
        return output, maths.predict_x0(x_t, output, alpha_bar)
    if predicts == "sample":
        return maths.predict_eps(x_t, output, alpha_bar), output
    eps = maths.eps_from_velocity(x_t, output, alpha_bar)
    return eps, maths.x0_from_velocity(x_t, output, alpha_bar)


def _kept(tensor: Tensor) -> Tensor:
    return tensor.detach().to("cpu", torch.float32, copy=True)


def _settings(
    pipe: StableDiffusionPipeline, run: Run, images: Tensor, **more: Any
) -> dict[str, Any]:
    """What it takes to make the run again, in plain JSON values."""
    scheduler = json.loads(run.scheduler.to_json_string())
    return {
        "model": _model_name(pipe.name_or_path),
        "prompt": run.prompts,
        "negative_prompt": run.negative_prompts,
        "seed": run.seeds,
        "steps": run.steps,
        "guidance_scale": run.guidance_scale,
        "scheduler": type(run.scheduler).__name__,
        "scheduler_config": {
            name: value for name, value in scheduler.items() if not name.startswith("_")
        },
        "size": list(images.shape[2:]),
        "dtype": str(pipe.unet.dtype).removeprefix("torch."),
        "versions": {"torch": torch.__version__, "diffusers": diffusers.__version__},
        **more,
    }


def _model_name(source: str | None) -> str | None:
    """What to tell `load`: "tiny", a hub id or a folder; None for a hand-made pipeline."""
    if source is None:
        return None
    return "tiny" if Path(source) == TINY else str(source)
