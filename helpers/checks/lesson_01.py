"""Exercises of lesson 01, Noising."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from .. import maths
from . import reading
from .core import Hint, exercise, solution, yours
from .questions import Questions

__all__ = ["add_noise_at", "alpha_bar", "half_noise", "snr", "solution", "yours", "timestep_at"]


def _doubles(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


PRODUCTS = Questions(
    reference=maths.alpha_bar,
    cases=[(_doubles(0.3, 0.12, 0.55, 0.7),), (_doubles(0.05, 0.4, 0.25, 0.1, 0.15, 0.6, 0.35),)],
    mistakes={
        "you return one number. Every t needs its own: torch.cumprod keeps them all.":
            lambda betas: (1 - betas).prod(),
        "you multiply the betas. The picture is multiplied by what is left of it: 1 - beta.":
            lambda betas: torch.cumprod(betas, 0),
        "you multiply the betas, and take that from 1. Take each beta from 1 first, then multiply.":
            lambda betas: 1 - torch.cumprod(betas, 0),
        "this is alpha_t, what one step leaves. After t steps all the factors up to t count.":
            lambda betas: 1 - betas,
        "this is the square root of alpha_bar. Leave the root out: alpha_bar is a share of the "
        "variance.": lambda betas: torch.cumprod(1 - betas, 0).sqrt(),
        "this is the square of alpha_bar. 1 - beta is a share of the variance already.":
            lambda betas: torch.cumprod(1 - betas, 0) ** 2,
        "you add the betas up. Each step takes its share of what is left, so multiply.":
            lambda betas: 1 - torch.cumsum(betas, 0),
        "you add up where you should multiply: torch.cumprod.":
            lambda betas: torch.cumsum(1 - betas, 0),
        "this is the share of the noise. The share of the picture is 1 minus that.":
            lambda betas: 1 - torch.cumprod(1 - betas, 0),
        "off by one: at t the factor 1 - beta_t itself belongs to the product.":
            lambda betas: torch.cumprod(torch.cat([betas[:1] * 0, betas[:-1]]).neg() + 1, 0),
        "one value is missing. ᾱ has the shape of betas: its first value is 1 - beta of t = 0.":
            lambda betas: torch.cumprod(1 - betas, 0)[1:],
        "the product begins at the last timestep. Begin at t = 0, with betas as they come.":
            lambda betas: torch.cumprod((1 - betas).flip(0), 0).flip(0),
        "the order is turned round. ᾱ falls: its first value belongs to t = 0.":
            lambda betas: torch.cumprod(1 - betas, 0).flip(0),
    },
    advice="ᾱ at t is the product of all 1 - beta up to t, and of that of t itself.",
)  # fmt: skip


@exercise(
    "1.1",
    task="write alpha_bar(betas), the share of the picture's variance that is left at every t.",
    reference=maths.alpha_bar,
)
def alpha_bar(answer: Callable[[Tensor], Tensor]) -> str:
    """Examines a function betas (T,) -> alpha_bar (T,), on few and large betas."""
    PRODUCTS.put_to(answer)
    return "A product of a thousand factors, one cumprod."


def _batch(size: int, t: list[int], *shares: float) -> tuple[Tensor, ...]:
    """(x0, eps, t, alpha_bar) of as many pictures as they have channels, rows and columns, so that
    no error tells of levels that were spread over another axis.
    """
    generator = torch.Generator().manual_seed(size)
    x0, eps = torch.randn(2, size, size, size, size, generator=generator)
    return x0, eps, torch.tensor(t), _doubles(*shares)


def _level(t: Tensor, alpha_bar: Tensor) -> Tensor:
    """alpha_bar of each picture, (B, 1, 1, 1)."""
    return alpha_bar[t].view(-1, 1, 1, 1)


def _at_level(mix: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Callable[..., Tensor]:
    """A function as in exercise 1.2, from a mixture (x0, eps, level) at the right levels."""
    return lambda x0, eps, t, alpha_bar: mix(x0, eps, _level(t, alpha_bar))


_SPREAD = "Give it the shape (B, 1, 1, 1) with .view(-1, 1, 1, 1)."

BATCHES = Questions(
    reference=maths.add_noise_at,
    cases=[
        _batch(4, [5, 1, 6, 2], 0.93, 0.81, 0.66, 0.47, 0.29, 0.17, 0.08),
        _batch(3, [4, 0, 3], 0.88, 0.71, 0.44, 0.26, 0.12),
        _batch(1, [2], 0.9, 0.6, 0.35, 0.2),  # one picture is a batch, too
    ],
    mistakes={
        "the noise is missing: add sqrt(1 - alpha_bar) times eps.":
            _at_level(lambda x0, eps, a: a**0.5 * x0),
        "the picture is missing: add sqrt(alpha_bar) times x0.":
            _at_level(lambda x0, eps, a: (1 - a) ** 0.5 * eps),
        "the two factors are swapped: sqrt(alpha_bar) belongs to x0.":
            _at_level(lambda x0, eps, a: (1 - a) ** 0.5 * x0 + a**0.5 * eps),
        "you mix with alpha_bar itself. It is a share of the variance; values are multiplied by "
        "its square root.": _at_level(lambda x0, eps, a: a * x0 + (1 - a) * eps),
        "the noise is multiplied by its variance, 1 - alpha_bar. Take the square root of it.":
            _at_level(lambda x0, eps, a: a**0.5 * x0 + (1 - a) * eps),
        "the picture is multiplied by alpha_bar. Take the square root of it.":
            _at_level(lambda x0, eps, a: a * x0 + (1 - a) ** 0.5 * eps),
        "`** 1/2` is half of the first power, for Python goes from left to right. Write ** 0.5.":
            _at_level(lambda x0, eps, a: a**1 / 2 * x0 + (1 - a) ** 1 / 2 * eps),
        "the factor of the noise is not 1 - sqrt(alpha_bar) but sqrt(1 - alpha_bar).":
            _at_level(lambda x0, eps, a: a**0.5 * x0 + (1 - a**0.5) * eps),
        "the noise is taken away. It is added: a plus sign.":
            _at_level(lambda x0, eps, a: a**0.5 * x0 - (1 - a) ** 0.5 * eps),
        "both factors are missing: sqrt(alpha_bar) x0 + sqrt(1 - alpha_bar) eps.":
            lambda x0, eps, t, alpha_bar: x0 + eps,
        "the noise has its full size. Multiply it by sqrt(1 - alpha_bar).":
            _at_level(lambda x0, eps, a: a**0.5 * x0 + eps),
        "the picture has its full size. Multiply it by sqrt(alpha_bar).":
            _at_level(lambda x0, eps, a: x0 + (1 - a) ** 0.5 * eps),
        f"alpha_bar[t] has shape (B,) and was spread over the columns of every picture. {_SPREAD}":
            lambda x0, eps, t, alpha_bar: maths.add_noise(x0, eps, alpha_bar[t]),
        f"the levels were spread over the rows of every picture. {_SPREAD}":
            lambda x0, eps, t, alpha_bar: maths.add_noise(x0, eps, alpha_bar[t].view(-1, 1)),
        f"the levels were spread over the channels of every picture. {_SPREAD}":
            lambda x0, eps, t, alpha_bar: maths.add_noise(x0, eps, alpha_bar[t].view(-1, 1, 1)),
        "all pictures got the noise level of the first. Each has its own t.":
            lambda x0, eps, t, alpha_bar: maths.add_noise(x0, eps, alpha_bar[t[0]]),
        "off by one: take alpha_bar[t]. Index 0 is the first timestep.":
            lambda x0, eps, t, alpha_bar: maths.add_noise_at(x0, eps, t - 1, alpha_bar),
        "you take the levels by place in the batch. Take alpha_bar[t].":
            lambda x0, eps, t, alpha_bar: maths.add_noise(
                x0, eps, alpha_bar[: len(t)].view(-1, 1, 1, 1)
            ),
        "alpha_bar holds the shares already, so no further product: take alpha_bar[t].":
            lambda x0, eps, t, alpha_bar: maths.add_noise_at(x0, eps, t, alpha_bar.cumprod(0)),
    },
    advice="It is sqrt(alpha_bar) x0 + sqrt(1 - alpha_bar) eps, with alpha_bar[t] of each picture.",
)  # fmt: skip


@exercise(
    "1.2",
    task="write add_noise_at(x0, eps, t, alpha_bar), which noises each picture to its own t.",
    reference=maths.add_noise_at,
)
def add_noise_at(answer: Callable[..., Tensor]) -> str:
    """Examines a function (x0, eps, t, alpha_bar) -> x_t of batches."""
    BATCHES.put_to(answer)
    return "Four pictures, four noise levels, one line."


NEAR = 40
"""How many timesteps a prediction may be off."""


@exercise(
    "1.3",
    task="set prediction to the timestep at which half of the variance is noise.",
    reference="prediction = 354",
)
def half_noise(answer: Any, alpha_bar: Tensor) -> str:
    """Examines a guess of the first t with alpha_bar below one half."""
    last = len(alpha_bar) - 1
    half, quarter = (int((alpha_bar < share).nonzero()[0]) for share in (0.5, 0.25))
    guess = reading.number(answer)
    if 0 < guess < 1:
        raise Hint(f"expected a timestep, not a share: a whole number from 0 to {last}.")
    if not 0 <= guess <= last:
        raise Hint(f"expected a timestep from 0 to {last}, got {reading.shown(guess)}.")
    t = reading.whole(guess)
    found = f"at t = {t} alpha_bar is {float(alpha_bar[t]):.2f}"
    if abs(t - half) <= NEAR:
        return f"It happens at t = {half}: after a third of the way, not after half of it."
    if abs(t - last / 2) <= 15:
        raise Hint(
            f"halfway is the natural guess, but {found}, so more than half is noise already. "
            "Every step takes its share of what is left. Look at the curve and correct yourself."
        )
    if abs(t - quarter) <= 15:
        raise Hint(
            f"{found}: here the factor sqrt(alpha_bar) is one half. Asked is for the variance."
        )
    way = "too late" if t > half else "too early"
    raise Hint(f"{way}: {found}. Look at the curve and correct yourself.")


RATIOS = Questions(
    reference=maths.snr,
    cases=[(_doubles(0.83, 0.55, 0.31, 0.07),), (_doubles(0.91, 0.64, 0.12),)],
    mistakes={
        "this is noise over signal. Turn the fraction over.": lambda a: (1 - a) / a,
        "this is the ratio of the factors. SNR is the ratio of the variances: no root.":
            lambda a: (a / (1 - a)) ** 0.5,
        "this is sigma, the ratio of the factors of noise and signal. Turn it over, and take no "
        "root.": lambda a: ((1 - a) / a) ** 0.5,
        "you divide by sqrt(1 - alpha_bar). The variance of the noise is 1 - alpha_bar itself.":
            lambda a: a / (1 - a) ** 0.5,
        "the signal has a root too much: its variance is alpha_bar itself.":
            lambda a: a**0.5 / (1 - a),
        "you took the squares. Both are variances already.": lambda a: (a / (1 - a)) ** 2,
        "Python divides first, then takes away. Put 1 - alpha_bar into brackets.":
            lambda a: a / 1 - a,
        "you divide by signal plus noise, which is 1. Divide by the noise alone.": lambda a: a,
        "this is the share of the noise alone. Divide the share of the picture by it.":
            lambda a: 1 - a,
        "above the line belongs alpha_bar, the share of the picture.": lambda a: 1 / (1 - a),
        "this is a difference. A ratio is a fraction.": lambda a: a - (1 - a),
        "this is the logarithm of the SNR. Return the SNR itself.": lambda a: (a / (1 - a)).log(),
        "this is the logarithm to the base 10. Return the SNR itself.":
            lambda a: (a / (1 - a)).log10(),
        "this is the SNR in decibels. Return the ratio itself.":
            lambda a: 10 * (a / (1 - a)).log10(),
        "this is one number for all. Every alpha_bar has its own SNR: no sum, no mean.":
            lambda a: (a / (1 - a)).mean(),
    },
    advice="At alpha_bar = 0.8 it is 0.8 / 0.2 = 4.",
)  # fmt: skip


@exercise("1.4", task="write snr(alpha_bar), the signal-to-noise ratio.", reference=maths.snr)
def snr(answer: Callable[[Tensor], Tensor]) -> str:
    """Examines a function alpha_bar -> SNR."""
    RATIOS.put_to(answer)
    return "Four parts picture to one part noise at alpha_bar = 0.8."


_TIMESTEP_CODE = """\
def timestep_at(wanted, alpha_bar):
    ratio = alpha_bar / (1 - alpha_bar)
    return int((ratio <= wanted).nonzero()[0])
"""


def _timestep(answer: Any) -> float:
    """The one number that came back."""
    if isinstance(answer, Tensor) and answer.numel() != 1:
        many = "many timesteps" if answer.numel() else "no timestep"
        raise Hint(f"you return {many}. Compare for every t, and take the first place, [0].")
    return reading.number(answer)


def _first(found: Tensor) -> int:
    """The first place of True, or the last of all if there is none."""
    return int(found.nonzero()[0]) if bool(found.any()) else len(found) - 1


_LINEAR = maths.alpha_bar(maths.linear_betas(830))
_RATIO = torch.as_tensor(maths.snr(_LINEAR))
_EXACT = _doubles(0.96875, 0.9375, 0.75, 0.6, 0.35, 0.3, 0.11)
"""The SNR begins with 31, 15 and 3, to the last bit."""

SEARCHES = Questions(
    reference=_TIMESTEP_CODE,
    cases=[
        (float(0.9 * _RATIO[209] + 0.1 * _RATIO[210]), _LINEAR),  # nearest: the one before
        (float(0.2 * _RATIO[87] + 0.8 * _RATIO[88]), _LINEAR),
        (0.2, maths.alpha_bar(maths.scaled_linear_betas(1100))),
        (3.0, _EXACT),
        (15.0, _EXACT),
        (31.0, _EXACT),  # already at t = 0
    ],
    read=_timestep,
    mistakes={
        "this is the t whose SNR is nearest, on either side. Asked is the first at which it is at "
        "most the wanted one.": lambda wanted, a: int((maths.snr(a) - wanted).abs().argmin()),
        "this is the t before, at which the SNR is still above the wanted one. Asked is the first "
        "at which it is at most that.": lambda wanted, a: _first(maths.snr(a) <= wanted) - 1,
        "an SNR equal to the wanted one is low enough: <=, not <.":
            lambda wanted, a: _first(maths.snr(a) < wanted),
        "off by one: timesteps count from 0.": lambda wanted, a: _first(maths.snr(a) <= wanted) + 1,
        "this is the last t with so small an SNR. Asked is the first.":
            lambda wanted, a: int((maths.snr(a) <= wanted).nonzero()[-1]),
        "at t = 0 the SNR is largest. Turn the comparison round (<=), or the fraction.":
            lambda wanted, a: 0,
        "you compare alpha_bar with the wanted SNR. Compare alpha_bar / (1 - alpha_bar).":
            lambda wanted, a: _first(a <= wanted),
        "you compare the root of the SNR. SNR is a ratio of variances: no root.":
            lambda wanted, a: _first(maths.snr(a) ** 0.5 <= wanted),
        "you return the SNR at the place. Return the place, t.":
            lambda wanted, a: maths.snr(a[_first(maths.snr(a) <= wanted)]),
        "you return alpha_bar at the place. Return the place, t.":
            lambda wanted, a: a[_first(maths.snr(a) <= wanted)],
        "this is how many timesteps have so small an SNR. Return the first of their places.":
            lambda wanted, a: (maths.snr(a) <= wanted).sum(),
    },
    advice="Compare the SNR of every t with wanted (<=), and take the first place of True.",
)  # fmt: skip


@exercise(
    "1.5",
    task="write timestep_at(wanted, alpha_bar), the first t whose SNR is at most wanted.",
    reference=_TIMESTEP_CODE,
)
def timestep_at(answer: Callable[[float, Tensor], int]) -> str:
    """Examines a function (SNR, alpha_bar) -> t, where nearest, last, first and equal differ."""
    SEARCHES.put_to(answer)
    return "You can now ask for a noise level and get its t."
