"""The loop of Stable Diffusion, unrolled: every step of a run in your hands.

`denoise` yields one `StepRecord` per call of the U-Net, `generate` collects them into a
`Trajectory`. The loop itself is `unroll`. It does what `StableDiffusionPipeline.__call__` does, to
the last bit, and hands over what the pipeline keeps to itself. The pipeline is only read: it keeps
its scheduler, processors and modes.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any, NamedTuple

import torch
from torch import Tensor
from tqdm.auto import tqdm

from .. import maths
from ..decoding import decode, screen
from ..loading import StableDiffusionPipeline
from ..loading.memory import out_of_memory_told
from ..records import StepRecord, Trajectory
from ..runtime import eval_mode, undisturbed
from ..serving.client import Remote
from .inputs import Run, prepare
from .remote import as_asked
from .schedulers import SchedulerLike
from .settings import arguments_of, settings_of_run, threads
from .start import Start


def denoise(
    pipe: StableDiffusionPipeline | Remote,
    prompt: str | Sequence[str],
    *,
    negative_prompt: str | Sequence[str] = "",
    steps: int | None = None,
    guidance_scale: float | None = None,
    seed: int | Sequence[int] = 0,
    scheduler: SchedulerLike = None,
    size: int | tuple[int, int] | None = None,
    latents: Tensor | None = None,
    start: Start | None = None,
) -> Iterator[StepRecord]:
    """An iterator over the run, one record per call of the U-Net; arguments are checked at once.

    Several pictures are made side by side: many prompts with one seed, one prompt with many seeds,
    or as many of both. Picture k depends on its own prompt and seed alone.

    Args:
        pipe: a Stable Diffusion pipeline, or a teacher's machine, as `load` gives.
        prompt: what to draw; a list for several pictures.
        negative_prompt: what to steer away from; one for all pictures or one for each.
        steps: from 1 to the number of timesteps of the training (1000). None for what the
            pipeline was made for: 20, or 4 for a few-step model such as "tiny-turbo".
        guidance_scale: w in `maths.guide`, from 0: 0 ignores the prompt (and warns of it), 1
            follows it (the negative prompt is not used, and not computed), 7.5 is Stable
            Diffusion's habit. None for what the pipeline was made for: 7.5, 2 for the embedded
            model, or 1 for a few-step model, which has learned its guidance; another value there
            warns.
        seed: where the noise comes from; a list or a range for several pictures, at most
            `MOST_PICTURES`.
        scheduler: a name of `SCHEDULERS` or one that other programs use, a class or an object of
            diffusers; None for the pipeline's own.
        size: height and width in pixels, or one number for both; None for the size of the training.
        latents: noise to start from instead of the seeds', (B, C, height / 8, width / 8), of
            variance 1. The seeds then only feed schedulers that draw noise on their way.
        start: a picture to start from, how much of it to redo, and a mask that says where.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: an argument has a value that is not allowed; the message says which are.
    """
    options: dict[str, Any] = {
        "negative_prompt": negative_prompt,
        "steps": steps,
        "guidance_scale": guidance_scale,
        "seed": seed,
        "scheduler": scheduler,
        "size": size,
        "latents": latents,
        "start": start,
    }
    if isinstance(pipe, Remote):
        return pipe.denoise(as_asked(prompt, **options, factor=pipe.vae_scale_factor))
    return unroll(pipe, prepare(pipe, prompt, **options))


def unroll(pipe: StableDiffusionPipeline, run: Run) -> Iterator[StepRecord]:
    """The loop itself: ask the U-Net, guide, let the scheduler step; a record of each round.

    Args:
        pipe: for its U-Net.
        run: words, noise and a scheduler of its own, as `prepare` gives; it can be unrolled once.
    """
    with closing(_rounds(pipe, run)) as rounds:
        for made in rounds:
            yield _record(run, made)


class _Round(NamedTuple):
    """What one call of the U-Net leaves, where and as it was computed, (B, C, h, w) each."""

    call: int
    x_t: Tensor
    latents: Tensor
    uncond: Tensor | None
    cond: Tensor
    output: Tensor
    x_prev: Tensor


def _rounds(pipe: StableDiffusionPipeline, run: Run) -> Generator[_Round, None, None]:
    """The rounds of the loop; nothing here waits for a graphics card."""
    latents, x_t = run.latents, None  # (B, 4, h, w)
    with eval_mode(pipe.unet):
        for index in range(len(run.timesteps)):
            made, latents = _round(pipe, run, index, latents, x_t)
            yield made
            x_t = made.x_prev


@undisturbed()
def _round(
    pipe: StableDiffusionPipeline, run: Run, index: int, latents: Tensor, x_t: Tensor | None
) -> tuple[_Round, Tensor]:
    """One round, and the latents as the scheduler hands them on; all tensors (B, 4, h, w)."""
    scheduler, t = run.scheduler, run.timesteps[index]
    x_t = _seen_by_unet(run, latents, index) if x_t is None else x_t  # variance 1
    asked = torch.cat([x_t, x_t]) if run.guided else x_t  # (2B, 4, h, w)
    output = pipe.unet(asked, t, encoder_hidden_states=run.words, return_dict=False)[0]
    uncond, cond = output.chunk(2) if run.guided else (None, output)  # negative ones first
    output = cond if uncond is None else maths.guide(uncond, cond, run.guidance_scale)
    stepped = scheduler.step(output, t, latents, **run.step_options, return_dict=False)[0]
    if run.keep:
        following = run.timesteps[index + 1] if index + 1 < len(run.timesteps) else None
        stepped = run.keep.put_back(stepped, scheduler, following)
    x_prev = _seen_by_unet(run, stepped, index + 1)
    return _Round(index, x_t, latents, uncond, cond, output, x_prev), stepped


def generate(
    pipe: StableDiffusionPipeline | Remote,
    prompt: str | Sequence[str],
    *,
    negative_prompt: str | Sequence[str] = "",
    steps: int | None = None,
    guidance_scale: float | None = None,
    seed: int | Sequence[int] = 0,
    scheduler: SchedulerLike = None,
    size: int | tuple[int, int] | None = None,
    latents: Tensor | None = None,
    start: Start | None = None,
    progress: bool = True,
) -> Trajectory:
    """The whole run at once, with its finished pictures.

    Args:
        pipe, prompt, negative_prompt, steps, guidance_scale, seed, scheduler, size, latents, start:
            as for `denoise`.
        progress: whether to show a progress bar.

    Raises:
        TypeError, ValueError: as for `denoise`.
        MemoryError: there is not enough memory; the pipeline can be used as before.
    """
    options: dict[str, Any] = {
        "negative_prompt": negative_prompt,
        "steps": steps,
        "guidance_scale": guidance_scale,
        "seed": seed,
        "scheduler": scheduler,
        "size": size,
        "latents": latents,
        "start": start,
    }
    if isinstance(pipe, Remote):
        return pipe.generate(as_asked(prompt, **options, factor=pipe.vae_scale_factor), progress)
    with out_of_memory_told(pipe):
        run = prepare(pipe, prompt, **options)
        return _collected(pipe, run, latents, start, progress)


@undisturbed()
def _collected(
    pipe: StableDiffusionPipeline,
    run: Run,
    latents: Tensor | None,
    start: Start | None,
    progress: bool,
) -> Trajectory:
    """All rounds of a run that is ready, with its finished pictures."""
    with closing(_rounds(pipe, run)) as rounds:
        made = list(tqdm(rounds, total=len(run.timesteps), disable=not progress))
    records = tuple(_record(run, each) for each in made)  # a graphics card is waited for only now
    finished = records[-1].x_prev
    images, flagged = screen(pipe, decode(pipe, finished))
    return Trajectory(
        latents=torch.stack([*(record.latents for record in records), finished]),
        records=records,
        images=images,
        settings=settings_of_run(pipe, run, latents, start) | {"flagged": flagged},
    )


def again(
    pipe: StableDiffusionPipeline, settings: Mapping[str, Any], *, progress: bool = True
) -> Trajectory:
    """The run that left these settings, once more: the same to the last bit on the same machine.

    Args:
        pipe: the same model.
        settings: `Trajectory.settings`, or what `read_settings` found in a picture. A picture comes
            back together with those beside which it was made, as number `settings["picture"]`: the
            last bits depend on the size of the batch.
        progress: whether to show a progress bar.

    Raises:
        ValueError: the settings are incomplete, or were made with another model.
    """
    arguments = arguments_of(settings, pipe)
    with threads(settings["threads"]):
        return generate(pipe, **arguments, progress=progress)


def _seen_by_unet(run: Run, latents: Tensor, index: int) -> Tensor:
    """The scheduler's latents at variance 1, as call `index` sees them."""
    if index == len(run.timesteps):
        return latents  # finished
    return run.scheduler.scale_model_input(latents, run.timesteps[index])


@undisturbed()
def _record(run: Run, made: _Round) -> StepRecord:
    """One round as a learner reads it: float32 copies on the CPU, every prediction as noise."""
    predicts, alpha_bar = run.scheduler.config.prediction_type, run.alpha_bars[made.call]
    x_t, output = _kept(made.x_t), _kept(made.output)

    def eps(prediction: Tensor) -> Tensor:
        return _as_eps(predicts, x_t, _kept(prediction), alpha_bar)

    return StepRecord(
        index=made.call,
        step=run.step_of_call[made.call],
        t=float(run.timesteps[made.call]),
        alpha_bar=alpha_bar,
        x_t=x_t,
        latents=_kept(made.latents),
        eps_uncond=None if made.uncond is None else eps(made.uncond),
        eps_cond=eps(made.cond),
        eps=eps(made.output),
        x0_hat=_as_x0(predicts, x_t, output, alpha_bar),
        x_prev=_kept(made.x_prev),
    )


def _as_eps(predicts: str, x_t: Tensor, output: Tensor, alpha_bar: float) -> Tensor:
    """eps that an output of the U-Net implies, whether it predicts eps, v or x0."""
    if predicts == "epsilon":
        return output
    turn = maths.predict_eps if predicts == "sample" else maths.eps_from_velocity
    return turn(x_t, output, alpha_bar)


def _as_x0(predicts: str, x_t: Tensor, output: Tensor, alpha_bar: float) -> Tensor:
    """x0_hat that an output of the U-Net implies, whether it predicts eps, v or x0."""
    if predicts == "sample":
        return output
    turn = maths.predict_x0 if predicts == "epsilon" else maths.x0_from_velocity
    return turn(x_t, output, alpha_bar)


def _kept(tensor: Tensor) -> Tensor:
    contiguous = torch.contiguous_format  # as a learner expects it, for `view`
    return tensor.detach().to("cpu", torch.float32, copy=True, memory_format=contiguous)
