"""What learners write for exercise 8.3 by mistake, and the hint that each deserves."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from .. import maths
from ..language import _

Begin = Callable[..., tuple[Tensor, Tensor]]


def _left(
    skipped: Callable[[int, float], int],
    keep: Callable[[Tensor, int], Tensor] = lambda every, k: every[k:],
) -> Begin:
    """A beginning that leaves other timesteps: those that `keep` takes, given how many to skip."""

    def begin(scheduler: Any, clean: Tensor, noise: Tensor, steps: int, strength: float) -> tuple:
        scheduler.set_timesteps(steps)
        return clean, keep(scheduler.timesteps, skipped(steps, strength))

    return begin


def _skipped(steps: int, strength: float) -> int:
    return steps - int(steps * strength)


def _as_set_to(
    count: Callable[[int, float], int | None], keep: Callable[[Tensor, int, float], Tensor]
) -> Begin:
    """A beginning that sets another number of timesteps, or none at all."""

    def begin(scheduler: Any, clean: Tensor, noise: Tensor, steps: int, strength: float) -> tuple:
        if (number := count(steps, strength)) is not None:
            scheduler.set_timesteps(number)
        return clean, keep(scheduler.timesteps, steps, strength)

    return begin


_SET = _("the timesteps are not set: scheduler.set_timesteps(steps) comes first.")
_DOWN = _("Round down the steps that are run: steps - int(steps * strength) are skipped.")
TIMESTEPS: dict[str, Begin] = {
    _("you keep the first steps, where there is nearly only noise. Keep the last."): (
        _left(lambda n, s: int(n * s), lambda every, k: every[:k])
    ),
    _("all timesteps are left. Cut off the first ones."): _left(lambda n, s: 0),
    _("you cut off what should be run, and keep the rest."): _left(lambda n, s: int(n * s)),
    _("these are the timesteps that are skipped. Return the others."): (
        _left(_skipped, lambda every, k: every[:k])
    ),
    _("sometimes there is a step too many. {down}", down=_DOWN): _left(
        lambda n, s: n - round(n * s)
    ),
    _("there is a step too many. {down}", down=_DOWN): _left(lambda n, s: n - math.ceil(n * s)),
    _("there is a step too few. {down}", down=_DOWN): _left(lambda n, s: _skipped(n, s) + 1),
    _("this is the first timestep alone. Return all that are left."): (
        _left(_skipped, lambda every, k: every[k : k + 1])
    ),
    _(
        "the timesteps are turned round. They run from noise to picture, as the scheduler has them."
    ): (_left(_skipped, lambda every, k: every[k:].flip(0))),
    _("these are the numbers of the steps. Return their timesteps: scheduler.timesteps[...]."): (
        _left(_skipped, lambda every, k: torch.arange(k, len(every)))
    ),
    _SET: _as_set_to(lambda n, s: None, lambda every, n, s: every[_skipped(n, s) :]),
    _("these are the last timesteps of a scheduler that has others: {set}", set=_SET): (
        _as_set_to(lambda n, s: None, lambda every, n, s: every[-int(n * s) :])
    ),
    _(
        "you set as many timesteps as are run, from nearly only noise to the picture. Set all "
        "`steps`, then skip the first."
    ): _as_set_to(lambda n, s: int(n * s), lambda every, n, s: every),
    _("these are 20 steps at strength 0.6, whatever was asked for. Use steps and strength."): (
        _as_set_to(lambda n, s: 20, lambda every, n, s: every[8:])
    ),
    _("these are 20 steps, whatever was asked for. Use your argument steps."): (
        _as_set_to(lambda n, s: 20, lambda every, n, s: every[_skipped(20, s) :])
    ),
    _("strength is always 0.6. Use your argument strength."): _left(lambda n, s: _skipped(n, 0.6)),
}
"""Of 8.3: which timesteps are left. The latents that come beside them are not looked at."""


def _mixed(mix: Callable[[Tensor, Tensor, Tensor], Tensor], shift: int | None = 0) -> Begin:
    """A beginning that mixes otherwise, mix(clean, noise, alpha_bar), or at another timestep."""

    def begin(scheduler: Any, clean: Tensor, noise: Tensor, steps: int, strength: float) -> tuple:
        scheduler.set_timesteps(steps)
        skipped = _skipped(steps, strength)
        t = scheduler.timesteps[0 if shift is None else min(skipped + shift, steps - 1)]
        return mix(clean, noise, scheduler.alphas_cumprod[t]), scheduler.timesteps[skipped:]

    return begin


def _for_each_step(
    scheduler: Any, clean: Tensor, noise: Tensor, steps: int, strength: float
) -> tuple[Tensor, Tensor]:
    scheduler.set_timesteps(steps)
    left = scheduler.timesteps[_skipped(steps, strength) :]
    return scheduler.add_noise(clean, noise, left), left


def _at_number_of_step(
    scheduler: Any, clean: Tensor, noise: Tensor, steps: int, strength: float
) -> tuple[Tensor, Tensor]:
    scheduler.set_timesteps(steps)
    skipped = _skipped(steps, strength)
    return scheduler.add_noise(clean, noise, torch.tensor([skipped])), scheduler.timesteps[skipped:]


_NEXT = _("Take the first of the timesteps that are left: timesteps[:1].")
LATENTS: dict[str, Begin] = {
    _("the noise is missing: the U-Net expects latents as noisy as t says."): (
        _mixed(lambda clean, noise, a: clean)
    ),
    _("this is noise alone. Mix it with clean: scheduler.add_noise(clean, noise, t)."): (
        _mixed(lambda clean, noise, a: noise)
    ),
    _("clean and noise are swapped in add_noise: the clean latents come first."): (
        _mixed(lambda clean, noise, a: maths.add_noise(noise, clean, a))
    ),
    _("a plain sum. scheduler.add_noise(clean, noise, t) weighs the two."): (
        _mixed(lambda clean, noise, a: clean + noise)
    ),
    _("the roots are missing. scheduler.add_noise(clean, noise, t) takes them."): (
        _mixed(lambda clean, noise, a: a * clean + (1 - a) * noise)
    ),
    _("clean and noise are mixed by strength. scheduler.add_noise(clean, noise, t) mixes by t."): (
        lambda s, clean, noise, steps, strength: ((1 - strength) * clean + strength * noise, clean)
    ),
    _("clean is not made smaller. scheduler.add_noise(clean, noise, t) weighs both."): (
        _mixed(lambda clean, noise, a: clean + (1 - a) ** 0.5 * noise)
    ),
    _("this is as noisy as at the very first step of all. {next}", next=_NEXT):
        _mixed(maths.add_noise, None),
    _("this is as noisy as at the very last step. {next}", next=_NEXT):
        _mixed(maths.add_noise, 10**6),
    _("this is as noisy as one step before. {next}", next=_NEXT): _mixed(maths.add_noise, -1),
    _("this is as noisy as one step later. {next}", next=_NEXT): _mixed(maths.add_noise, 1),
    _("the number of a step was taken for its timestep. {next}", next=_NEXT): _at_number_of_step,
    _("add_noise was given all timesteps, so it made latents for each. {next}", next=_NEXT):
        _for_each_step,
}  # fmt: skip
"""Of 8.3: the latents. The timesteps that come beside them are not looked at."""
