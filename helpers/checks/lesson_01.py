"""Exercises of lesson 01, Noising."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ..language import _
from . import reading
from .core import Hint, exercise, solution, yours
from .mistakes_01 import BATCHES, PATCH_CODE, PATCHES, PRODUCTS

__all__ = [
    "add_noise_at", "alpha_bar", "broken_loops", "culprits", "half_noise", "smallest_patch",
    "solution", "yours",
]  # fmt: skip


CURVES = {"A": 2, "B": 3, "C": 1}
"""Curve -> number of the mistake that makes it, as on the page."""

RESTS = {
    1: _("it rests where v = (1 - beta)**2 v + beta. For a small beta, how large is v?"),
    2: _("it rests where v = (1 - beta) v + beta**2. How large is v?"),
    3: _(
        "its noise is the same in every step, not independent. Then not the variances add up, but "
        "the values themselves. Is the rest higher or lower than 1?"
    ),
}
"""Mistake -> where its loop comes to rest."""


def broken_loops(x0: Tensor, betas: Tensor) -> dict[str, Tensor]:
    """Curve -> variance of x before the first step and after every one, (T + 1,), for each mistake.

    Args:
        x0: a clean picture.
        betas: variance of the noise of each step, (T,).
    """
    generator = torch.Generator().manual_seed(4)
    noise = torch.randn(x0.shape, generator=generator)
    x = {1: x0, 2: x0, 3: x0}
    variances = {mistake: [x0.var()] for mistake in x}
    for beta in betas:
        fresh = torch.randn(x0.shape, generator=generator)
        x[1] = (1 - beta) * x[1] + beta**0.5 * fresh
        x[2] = (1 - beta) ** 0.5 * x[2] + beta * fresh
        x[3] = (1 - beta) ** 0.5 * x[3] + beta**0.5 * noise
        for mistake, now in x.items():
            variances[mistake].append(now.var())
    names = {curve: _("curve {curve}", curve=curve) for curve in CURVES}
    return {names[curve]: torch.stack(variances[mistake]) for curve, mistake in CURVES.items()}


@exercise(
    "1.1",
    task=_("write the number of the mistake, 1, 2 or 3, next to each curve."),
    reference='culprits = {"A": 2, "B": 3, "C": 1}',
)
def culprits(answer: Any) -> str:
    """Examines {curve: number of the mistake that made it}."""
    answer = reading.keyed(answer, {one: one for one in CURVES}) if isinstance(answer, dict) else {}
    if answer.keys() != CURVES.keys():
        raise Hint(_("expected the dictionary with its three curves. Change only the dots."))
    said = {curve: reading.whole(answer[curve]) for curve in CURVES}
    if strange := [number for number in said.values() if number not in RESTS]:
        came = reading.shown(strange[0])
        raise Hint(_("the mistakes are numbered 1, 2 and 3, got {came}.", came=came))
    wrong = [curve for curve, mistake in CURVES.items() if said[curve] != mistake]
    if wrong:
        mistake, right = said[wrong[0]], len(CURVES) - len(wrong)
        raise Hint(
            _(
                "curve {curve} is not that of mistake {mistake}: {rest} {right} of 3 are right.",
                curve=wrong[0],
                mistake=mistake,
                rest=RESTS[mistake],
                right=right,
            )
        )
    return _("One rests near 1/2, one at beta itself, and one adds values instead of variances.")


@exercise(
    "1.2",
    task=_("write alpha_bar(betas), the share of the picture's variance that is left at every t."),
    reference="""\
import torch


def alpha_bar(betas):
    return torch.cumprod(1 - betas, dim=0)
""",
)
def alpha_bar(answer: Callable[[Tensor], Tensor]) -> str:
    """Examines a function betas (T,) -> alpha_bar (T,), on few and large betas."""
    PRODUCTS.put_to(answer)
    return _("A product of a thousand factors, one cumprod.")


@exercise(
    "1.3",
    task=_("write add_noise_at(x0, eps, t, alpha_bar), which noises each picture to its own t."),
    reference="""\
def add_noise_at(x0, eps, t, alpha_bar):
    level = alpha_bar[t].view(-1, 1, 1, 1)  # (B,) -> (B, 1, 1, 1)
    return level**0.5 * x0 + (1 - level) ** 0.5 * eps
""",
)
def add_noise_at(answer: Callable[..., Tensor]) -> str:
    """Examines a function (x0, eps, t, alpha_bar) -> x_t of batches."""
    BATCHES.put_to(answer)
    return _("Four pictures, four noise levels, one line.")


NEAR = 40
"""How many timesteps a prediction may be off."""


@exercise(
    "1.4",
    task=_("set prediction to the timestep at which half of the variance is noise."),
    reference="prediction = 354",
)
def half_noise(answer: Any, alpha_bar: Tensor) -> str:
    """Examines a guess of the first t with alpha_bar below one half."""
    last = len(alpha_bar) - 1
    half, quarter = (int((alpha_bar < share).nonzero()[0]) for share in (0.5, 0.25))
    guess = reading.number(answer)
    if 0 < guess < 1:
        raise Hint(
            _("expected a timestep, not a share: a whole number from 0 to {last}.", last=last)
        )
    if not 0 <= guess <= last:
        raise Hint(_("expected a timestep from 0 to {last}, got {came}.",
                     last=last, came=reading.shown(guess)))  # fmt: skip
    t = reading.whole(guess)
    if abs(t - half) <= NEAR:
        return _("It happens at t = {t}: after a third of the way, not after half of it.", t=half)
    raise Hint(_about_timestep(t, float(alpha_bar[t]), last, half, quarter))


def _about_timestep(t: int, share: float, last: int, half: int, quarter: int) -> str:
    """The hint for a wrong timestep."""
    if abs(t - last / 2) <= 15:
        return _(
            "halfway is the natural guess, but at t = {t} alpha_bar is {share:.2f}, so more than "
            "half is noise already. Every step takes its share of what is left. Look at the curve "
            "and correct yourself.",
            t=t,
            share=share,
        )
    if abs(t - quarter) <= 15:
        return _(
            "at t = {t} alpha_bar is {share:.2f}: here the factor sqrt(alpha_bar) is one half. "
            "Asked is for the variance.",
            t=t,
            share=share,
        )
    if t > half:
        return _("too late: at t = {t} alpha_bar is {share:.2f}. Look at the curve and correct "
                 "yourself.", t=t, share=share)  # fmt: skip
    return _("too early: at t = {t} alpha_bar is {share:.2f}. Look at the curve and correct "
             "yourself.", t=t, share=share)  # fmt: skip


@exercise(
    "1.5",
    task=_("write smallest_patch(alpha_bar, contrast), the side at which a picture stands out."),
    reference=PATCH_CODE,
)
def smallest_patch(answer: Callable[[float, float], int]) -> str:
    """Examines a function (alpha_bar, contrast) -> n, the first with sigma / n < contrast."""
    PATCHES.put_to(answer)
    return _("You derived how coarsely one must look to see through the noise.")
