"""The schedulers that the loop can run, how to ask for one, and what its numbers mean.

A scheduler carries state from step to step, so a run always works on a fresh copy of its own.
"""

from __future__ import annotations

import copy
import difflib
import inspect
import re
from typing import Any, TypeAlias

import diffusers
import torch
from diffusers import SchedulerMixin
from torch import Tensor

SCHEDULERS: dict[str, type[SchedulerMixin]] = {
    "ddim": diffusers.DDIMScheduler,
    "ddim parallel": diffusers.DDIMParallelScheduler,
    "ddpm": diffusers.DDPMScheduler,
    "ddpm parallel": diffusers.DDPMParallelScheduler,
    "deis": diffusers.DEISMultistepScheduler,
    "dpm++": diffusers.DPMSolverMultistepScheduler,
    "dpm++ singlestep": diffusers.DPMSolverSinglestepScheduler,
    "euler": diffusers.EulerDiscreteScheduler,
    "euler ancestral": diffusers.EulerAncestralDiscreteScheduler,
    "heun": diffusers.HeunDiscreteScheduler,
    "kdpm2": diffusers.KDPM2DiscreteScheduler,
    "kdpm2 ancestral": diffusers.KDPM2AncestralDiscreteScheduler,
    "lcm": diffusers.LCMScheduler,
    "lms": diffusers.LMSDiscreteScheduler,
    "pndm": diffusers.PNDMScheduler,
    "sa": diffusers.SASolverScheduler,
    "tcd": diffusers.TCDScheduler,
    "unipc": diffusers.UniPCMultistepScheduler,
}
"""Short name -> class: every scheduler of diffusers for Stable Diffusion's own noise schedule.

The others are for other models. Flow matching and discrete tokens fail in the pipeline; EDM,
consistency, IPNDM and CogVideoX schedulers bring a noise schedule that the U-Net was not trained
on. DPMSolverSDE draws its noise from a source that no seed of ours reaches.
"""

SchedulerLike: TypeAlias = str | type[SchedulerMixin] | SchedulerMixin | None
"""What may be passed as `scheduler`: a short name, a class name, a class, an object, or None for
the pipeline's own."""


def fresh_scheduler(scheduler: SchedulerLike, own: SchedulerMixin) -> SchedulerMixin:
    """A new scheduler without history, on the same noise schedule.

    Args:
        scheduler: short name or class name (capitals do not matter), class, object, or None for a
            copy of `own`. A name or class takes its configuration from `own`; an object keeps its
            own configuration.
        own: the pipeline's scheduler; it is only read.

    Raises:
        TypeError: scheduler is none of these.
        ValueError: the loop cannot run it, or it needs a package that is not installed.
    """
    if scheduler is None:
        scheduler = own
    if isinstance(scheduler, str):
        kind, config = type_by_name(scheduler), own.config
    elif isinstance(scheduler, type):
        kind, config = scheduler, own.config
    elif hasattr(scheduler, "config"):
        kind, config = type(scheduler), scheduler.config
    else:
        raise TypeError(
            f"scheduler must be a name, a scheduler class or a scheduler, got {scheduler!r} "
            f"({type(scheduler).__name__})"
        )
    if not any(issubclass(kind, known) for known in SCHEDULERS.values()):
        raise ValueError(
            f"scheduler: {kind.__name__} is not made for Stable Diffusion's noise schedule; "
            f"{_allowed()}"
        )
    try:
        return kind.from_config(config)
    except ImportError as error:
        needs = " ".join(str(error).split())
        raise ValueError(f"scheduler: {kind.__name__} cannot run here: {needs}") from error


def set_timesteps(
    scheduler: SchedulerMixin, steps: int, first: int = 0, device: torch.device | str = "cpu"
) -> int:
    """The number of the timestep that step `first` starts with, after the scheduler got its steps.

    It is told with which it starts, so that it counts instead of searching.

    Raises:
        ValueError: the scheduler cannot make so few steps, or cannot start with another than the
            first.
    """
    try:
        scheduler.set_timesteps(steps, device=device)
    except (ValueError, IndexError, RuntimeError) as error:
        raise ValueError(
            f"steps: {type(scheduler).__name__} cannot make {steps} steps ({error}); try more"
        ) from error
    if first and isinstance(scheduler, diffusers.PNDMScheduler):
        if not scheduler.config.skip_prk_steps:
            raise ValueError(
                "scheduler: PNDM with Runge-Kutta steps can only start with its first step; set "
                "skip_prk_steps=True in its configuration, or take another scheduler"
            )
    begin = first * scheduler.order
    if hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(begin)
    return begin


def step_options(scheduler: SchedulerMixin, drawn: list[torch.Generator]) -> dict[str, Any]:
    """What the scheduler's step takes of the options that StableDiffusionPipeline passes: random
    numbers, and eta = 0 as in DDIM."""
    options = {"generator": drawn, "eta": 0.0}
    accepted = inspect.signature(scheduler.step).parameters
    return {name: value for name, value in options.items() if name in accepted}


def calls_to_steps(scheduler: SchedulerMixin, steps: int) -> list[int]:
    """For each call of the U-Net, in order, the number of the step that it belongs to.

    Most schedulers call once a step. Heun and KDPM2 (order 2) call twice in every step but the
    last. PNDM starts with three Runge-Kutta steps of four calls each, or, as in Stable Diffusion's
    configuration (`skip_prk_steps`), calls twice in its first step.

    Args:
        scheduler: with its timesteps set.
        steps: the number of steps that were asked for.
    """
    calls = len(scheduler.timesteps)
    if scheduler.order > 1:
        return [call // scheduler.order for call in range(calls)]
    repeated = [4, 4, 4] if calls - steps == 9 else [1 + calls - steps]
    ahead = [step for step, count in enumerate(repeated) for _ in range(count)]
    return ahead + list(range(len(repeated), steps))


def alpha_bars(scheduler: SchedulerMixin, begin: int = 0) -> list[float]:
    """`alpha_bar_now` of every call ahead, the one of timestep number `begin` first.

    Known before the run, so that no step has to wait for it. The scheduler is only read.
    """
    found = []
    for call in range(begin, len(scheduler.timesteps)):
        probe = copy.copy(scheduler)
        if hasattr(probe, "set_begin_index"):
            probe.set_begin_index(call)
        if call % probe.order:
            probe.sample = probe.timesteps  # any will do: KDPM2 keeps one in the middle of a step
        found.append(alpha_bar_now(probe, probe.timesteps[call].cpu()))
    return found


def finite_alpha_bars(scheduler: SchedulerMixin, begin: int = 0) -> list[float]:
    """`alpha_bars`, where the scheduler can compute anything from them.

    Raises:
        ValueError: a step would divide by zero: at alpha_bar = 0 (zero terminal SNR) there is no
            picture in x_t, so the noise that the model predicts says nothing of x0.
    """
    shares, config = alpha_bars(scheduler, begin), scheduler.config
    lost = config.prediction_type == "epsilon" and not config.get("clip_sample") and 0 in shares
    if lost:
        raise ValueError(
            f"scheduler: {type(scheduler).__name__} starts from noise alone (alpha_bar = 0, by "
            "rescale_betas_zero_snr), where a model that predicts eps tells nothing of the picture "
            'and every number becomes nan; set rescale_betas_zero_snr=False, or take "euler" or '
            '"dpm++", which keep a little of the picture'
        )
    return shares


def alpha_bar_now(scheduler: SchedulerMixin, t: Tensor) -> float:
    """alpha_bar of the latents that the scheduler is about to step from, as it counts itself.

    Its own `add_noise` tells the factor of the signal, which is sqrt(alpha_bar), or 1 where latents
    are kept in sigma-space; there `scale_model_input` brings in 1 / sqrt(1 + sigma^2), which is 1
    everywhere else. The table `alphas_cumprod[t]` would be wrong wherever a scheduler's timesteps
    are rounded.

    Args:
        scheduler: at the step in question; for exactness with `set_begin_index(0)` called before
            the first.
        t: its timestep, shape ().
    """
    one = torch.ones(1, dtype=torch.float32, device=t.device)
    signal = scheduler.add_noise(one, torch.zeros_like(one), t[None])
    scaled = scheduler.scale_model_input(one, t)
    return float(signal * scaled) ** 2


ALIASES: dict[str, str] = {
    "euler a": "euler ancestral",
    "k euler": "euler",
    "k euler a": "euler ancestral",
    "k heun": "heun",
    "k lms": "lms",
    "dpm2": "kdpm2",
    "dpm2 a": "kdpm2 ancestral",
    "kdpm2 a": "kdpm2 ancestral",
    "dpm": "dpm++",
    "dpm++ 2m": "dpm++",
    "dpmpp 2m": "dpm++",
    "dpm++ 2s": "dpm++ singlestep",
    "plms": "pndm",
    "uni pc": "unipc",
}
"""What other programs call them -> short name."""


def type_by_name(name: str) -> type[SchedulerMixin]:
    """The class that a short name or a class name means, whatever its capitals.

    Raises:
        ValueError: there is none of this name.
    """
    classes = {kind.__name__.lower(): kind for kind in SCHEDULERS.values()}
    plain = re.sub(r"[\s_-]+", " ", name.strip().lower())
    found = (SCHEDULERS | classes).get(ALIASES.get(plain, plain))
    if found is not None:
        return found
    spaced = plain.removesuffix(" karras")
    close = difflib.get_close_matches(spaced, [*SCHEDULERS, *ALIASES], n=1)
    meant = ALIASES.get(close[0], close[0]) if close else ""
    hint = f'did you mean "{meant}"? ' if meant else ""
    if meant and spaced != plain:
        hint += (
            f"Karras' spacing is an option of its class: pass {SCHEDULERS[meant].__name__}"
            ".from_config(pipe.scheduler.config, use_karras_sigmas=True). "
        )
    raise ValueError(f'scheduler: there is no "{name[:80]}"; {hint}{_allowed()}')


def _allowed() -> str:
    names = ", ".join(SCHEDULERS)
    return f"allowed are {names}, their class names in diffusers, or None for the pipeline's own"
