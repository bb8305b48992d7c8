"""Schedulers for exercise 8.1: they refuse what goes well only by luck, with a batch of one."""

from __future__ import annotations

from typing import Any

from diffusers import DDIMScheduler, EulerDiscreteScheduler, SchedulerMixin
from torch import Tensor

from ..language import _
from .core import Hint


class _Watched(SchedulerMixin):
    """Part of a scheduler that tells what a loop does wrong.

    Attributes:
        ready: whether its timesteps are set, and shall stay so.
    """

    ready = False

    def set_timesteps(self, num_inference_steps: int, *args: Any, **options: Any) -> None:
        if self.ready and num_inference_steps != len(self.timesteps):
            raise Hint(
                _(
                    "the scheduler comes with its timesteps set. Leave set_timesteps out, and go "
                    "through scheduler.timesteps."
                )
            )
        super().set_timesteps(num_inference_steps, *args, **options)

    def step(self, model_output: Tensor, timestep: Tensor, sample: Tensor, **options: Any) -> Any:
        came = getattr(model_output, "shape", None)
        if came is not None and came != sample.shape:
            raise Hint(
                _(
                    "scheduler.step was given noise of shape {came} for latents of shape {right}. "
                    "`.chunk(2)` gives two halves with all four axes, and guidance makes one of "
                    "them.",
                    came=tuple(came),
                    right=tuple(sample.shape),
                )
            )
        return super().step(model_output, timestep, sample, **options)


class WatchedEuler(_Watched, EulerDiscreteScheduler):
    """Its latents are larger than the U-Net wants them."""


class WatchedDDIM(_Watched, DDIMScheduler):
    """Its latents are as the U-Net wants them."""
