"""Exercises of lesson 01, Noising."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real

import torch
from torch import Tensor

from .. import maths
from .core import Hint, exercise, outcome, solution

__all__ = ["add_noise_at", "alpha_bar", "half_noise", "snr", "solution", "timestep_at"]


def _close(answer: Tensor, expected: Tensor) -> bool:
    """Whether two tensors agree in shape and, to single precision, in every value."""
    return answer.shape == expected.shape and torch.allclose(
        answer.double(), expected.double(), rtol=1e-4, atol=1e-6
    )


def _tensor(answer: object, shape: tuple[int, ...]) -> Tensor:
    """The answer, if it is a tensor of that shape."""
    if not isinstance(answer, Tensor):
        raise Hint(f"expected a tensor, got {type(answer).__name__}.")
    if answer.shape != shape:
        raise Hint(f"expected a tensor of shape {shape}, got {tuple(answer.shape)}.")
    return answer


def _recognise(answer: Tensor, mistakes: list[tuple[Tensor, str]], otherwise: str) -> None:
    """Tells the mistake whose result this is.

    Raises:
        Hint: always.
    """
    for result, words in mistakes:
        if _close(answer, result):
            raise Hint(words)
    raise Hint(otherwise)


@exercise(
    "1.1",
    task="write alpha_bar(betas), the share of the picture's variance that is left at every t.",
    reference=maths.alpha_bar,
)
def alpha_bar(answer: Callable[[Tensor], Tensor]) -> str:
    """Examines a function betas (T,) -> alpha_bar (T,), on four large betas."""
    betas = torch.tensor([0.19, 0.36, 0.5, 0.75], dtype=torch.float64)
    result = outcome(answer, betas)
    if isinstance(result, Tensor) and result.shape == ():
        raise Hint("you return one number. Every t needs its own: torch.cumprod keeps them all.")
    result, right = _tensor(result, (4,)), maths.alpha_bar(betas)
    if not _close(result, right):
        values = ", ".join(f"{value:.4g}" for value in right.tolist())
        expected = f"for betas 0.19, 0.36, 0.5, 0.75 expected {values}."
        _recognise(result, _product_mistakes(betas, right), expected)
    return "A product of a thousand factors, one cumprod."


def _product_mistakes(betas: Tensor, right: Tensor) -> list[tuple[Tensor, str]]:
    """What alpha_bar becomes by a mistake, and the hint for it."""
    late = torch.cat([torch.ones(1, dtype=betas.dtype), right[:-1]])
    return [
        (
            torch.cumprod(betas, 0),
            "you multiply the betas. The picture is multiplied by what is left of it: 1 - beta.",
        ),
        (
            1 - betas,
            "this is alpha_t, what one step leaves. After t steps all the factors up to t count.",
        ),
        (
            right.sqrt(),
            "this is the square root of alpha_bar. Leave the root out: alpha_bar is a share of "
            "the variance.",
        ),
        (
            1 - torch.cumsum(betas, 0),
            "you add the betas up. Each step takes its share of what is left, so multiply.",
        ),
        (torch.cumsum(1 - betas, 0), "you add up where you should multiply: torch.cumprod."),
        (1 - right, "this is the share of the noise. The share of the picture is 1 minus that."),
        (late, "off by one: at t the factor 1 - beta_t itself belongs to the product."),
    ]


@exercise(
    "1.2",
    task="write add_noise_at(x0, eps, t, alpha_bar), which noises each picture to its own t.",
    reference=maths.add_noise_at,
)
def add_noise_at(answer: Callable[..., Tensor]) -> str:
    """Examines a function on a batch whose size is also its width, so that no shape error helps."""
    generator = torch.Generator().manual_seed(0)
    x0, eps = torch.randn(2, 4, 3, 4, 4, generator=generator, dtype=torch.float64)
    t, shares = torch.tensor([1, 3, 0, 2]), torch.tensor([0.9, 0.6, 0.3, 0.05]).double()
    result = _tensor(outcome(answer, x0, eps, t, shares), (4, 3, 4, 4))
    if not _close(result, maths.add_noise_at(x0, eps, t, shares)):
        mistakes = _factor_mistakes(x0, eps, shares[t].view(-1, 1, 1, 1))
        mistakes += _place_mistakes(x0, eps, t, shares)
        expected = "sqrt(alpha_bar) x0 + sqrt(1 - alpha_bar) eps, with alpha_bar[t] of each picture"
        _recognise(result, mistakes, f"expected {expected}.")
    return "Four pictures, four noise levels, one line."


def _factor_mistakes(x0: Tensor, eps: Tensor, level: Tensor) -> list[tuple[Tensor, str]]:
    """What x_t becomes by wrong factors, and the hint for each."""
    a, b = level.sqrt(), (1 - level).sqrt()  # (B, 1, 1, 1)
    return [
        (a * x0, "the noise is missing: add sqrt(1 - alpha_bar) times eps."),
        (b * x0 + a * eps, "the two factors are swapped: sqrt(alpha_bar) belongs to x0."),
        (
            level * x0 + (1 - level) * eps,
            "you mix with alpha_bar itself. It is a share of the variance; values are multiplied "
            "by its square root.",
        ),
        (
            a * x0 + (1 - level) * eps,
            "the noise is multiplied by its variance, 1 - alpha_bar. Take the square root of it.",
        ),
        (
            level * x0 + b * eps,
            "the picture is multiplied by alpha_bar. Take the square root of it.",
        ),
        (
            a * x0 + (1 - a) * eps,
            "the factor of the noise is not 1 - sqrt(alpha_bar) but sqrt(1 - alpha_bar).",
        ),
    ]


def _place_mistakes(x0: Tensor, eps: Tensor, t: Tensor, shares: Tensor) -> list[tuple[Tensor, str]]:
    """What x_t becomes by levels at wrong places, and the hint for each."""
    return [
        (
            maths.add_noise(x0, eps, shares[t]),
            "alpha_bar[t] has shape (B,) and was spread over the columns of every picture. Give "
            "it the shape (B, 1, 1, 1) with .view(-1, 1, 1, 1).",
        ),
        (
            maths.add_noise(x0, eps, shares[t[0]]),
            "all pictures got the noise level of the first. Each has its own t.",
        ),
        (
            maths.add_noise_at(x0, eps, t - 1, shares),
            "off by one: take alpha_bar[t]. Index 0 is the first timestep.",
        ),
        (
            maths.add_noise(x0, eps, shares.view(-1, 1, 1, 1)),
            "you take the levels by place in the batch. Take alpha_bar[t].",
        ),
    ]


NEAR = 40
"""How many timesteps a prediction may be off."""


@exercise(
    "1.3",
    task="set prediction to the timestep at which half of the variance is noise.",
    reference="prediction = 354",
)
def half_noise(answer: float, alpha_bar: Tensor) -> str:
    """Examines a guess of the first t with alpha_bar below one half."""
    last = len(alpha_bar) - 1
    if isinstance(answer, bool) or not isinstance(answer, Real) or not 0 <= answer <= last:
        raise Hint(f"expected a timestep from 0 to {last}, got {answer!r}.")
    if 0 < answer < 1:
        raise Hint(f"expected a timestep, not a share: a whole number from 0 to {last}.")
    half, quarter = (int((alpha_bar < share).nonzero()[0]) for share in (0.5, 0.25))
    share = float(alpha_bar[round(answer)])
    found = f"at t = {answer} alpha_bar is {share:.2f}"
    if abs(answer - half) <= NEAR:
        return f"It happens at t = {half}: after a third of the way, not after half of it."
    if abs(answer - last / 2) <= 15:
        raise Hint(
            f"halfway is the natural guess, but {found}, so more than half is noise already. "
            "Every step takes its share of what is left. Look at the curve and correct yourself."
        )
    if abs(answer - quarter) <= 15:
        raise Hint(
            f"{found}: here the factor sqrt(alpha_bar) is one half. Asked is for the variance."
        )
    way = "too late" if answer > half else "too early"
    raise Hint(f"{way}: {found}. Look at the curve and correct yourself.")


@exercise("1.4", task="write snr(alpha_bar), the signal-to-noise ratio.", reference=maths.snr)
def snr(answer: Callable[[Tensor], Tensor]) -> str:
    """Examines a function alpha_bar -> SNR."""
    share = torch.tensor([0.8, 0.5, 0.2, 0.1], dtype=torch.float64)
    result, right = _tensor(outcome(answer, share), (4,)), maths.snr(share)
    if not _close(result, right):
        expected = "at alpha_bar = 0.8 expected 0.8 / 0.2 = 4."
        _recognise(result, _ratio_mistakes(share, right), expected)
    return "Four parts picture to one part noise at alpha_bar = 0.8."


def _ratio_mistakes(share: Tensor, right: Tensor) -> list[tuple[Tensor, str]]:
    """What the SNR becomes by a mistake, and the hint for it."""
    logarithm = "this is the logarithm of the SNR. Return the SNR itself."
    return [
        (1 / right, "this is noise over signal. Turn the fraction over."),
        (
            right.sqrt(),
            "this is the ratio of the factors. SNR is the ratio of the variances: no root.",
        ),
        (
            right.rsqrt(),
            "this is sigma, the ratio of the factors of noise and signal. Turn it over, and take "
            "no root.",
        ),
        (
            share / (1 - share).sqrt(),
            "you divide by sqrt(1 - alpha_bar). The variance of the noise is 1 - alpha_bar itself.",
        ),
        (share, "you divide by signal plus noise, which is 1. Divide by the noise alone."),
        (share - (1 - share), "this is a difference. A ratio is a fraction."),
        (right.log(), logarithm),
        (right.log10(), logarithm),
        (10 * right.log10(), "this is the SNR in decibels. Return the ratio itself."),
    ]


_TIMESTEP_CODE = """\
def timestep_at(wanted, alpha_bar):
    ratio = alpha_bar / (1 - alpha_bar)
    return int((ratio <= wanted).nonzero()[0])
"""


@exercise(
    "1.5",
    task="write timestep_at(wanted, alpha_bar), the first t whose SNR is at most wanted.",
    reference=_TIMESTEP_CODE,
)
def timestep_at(answer: Callable[[float, Tensor], int]) -> str:
    """Examines a function (SNR, alpha_bar) -> t, where nearest, last and first differ."""
    for share, wanted in _searches():
        ratio = maths.snr(share)
        first = int((ratio <= wanted).nonzero()[0])
        t = _whole(outcome(answer, wanted, share), float(ratio[first]))
        if t != first:
            hints = dict(reversed(_search_mistakes(wanted, share, first)))
            raise Hint(hints.get(t, f"expected t = {first} for an SNR of {wanted:.4g}, got {t}."))
    return "You can now ask for a noise level and get its t."


def _searches() -> list[tuple[Tensor, float]]:
    """(alpha_bar, wanted SNR): for each, the nearest t lies before the first that is low enough."""
    share = maths.alpha_bar(maths.scaled_linear_betas())
    ratio = maths.snr(share)
    return [(share, float(0.9 * ratio[t - 1] + 0.1 * ratio[t])) for t in (700, 120)]


def _whole(result: object, reached: float) -> int:
    """The timestep that was returned; `reached` is the SNR there, for those who return that."""
    if isinstance(result, Tensor) and result.numel() != 1:
        raise Hint("you return many timesteps. Take the first of them, [0].")
    value = float(result)
    if abs(value - reached) < 1e-6:
        raise Hint("you return the SNR at the place. Return the place, t.")
    if value != int(value):
        raise Hint(f"expected a timestep, a whole number, got {value:.4g}.")
    return int(value)


def _search_mistakes(wanted: float, share: Tensor, first: int) -> list[tuple[int, str]]:
    """Which timestep a mistake finds, and the hint for it."""
    ratio = maths.snr(share)
    return [
        (
            first - 1,
            f"there the SNR is still a little above {wanted:.4g}. Nearest is not asked for: "
            "asked is the first t at which it is at most that.",
        ),
        (first + 1, "off by one: timesteps count from 0."),
        (len(share) - 1, "this is the last t with so small an SNR. Asked is the first."),
        (0, "at t = 0 the SNR is largest. Turn the comparison round (<=), or the fraction."),
        (
            int((share <= wanted).nonzero()[0]),
            "you compare alpha_bar with the wanted SNR. Compare alpha_bar / (1 - alpha_bar).",
        ),
        (
            int((ratio.sqrt() <= wanted).nonzero()[0]),
            "you compare the root of the SNR. SNR is a ratio of variances: no root.",
        ),
    ]
