"""Exercises of lesson 02, Denoising."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from .. import maths
from ..language import _
from . import mistakes_02, reading
from .core import Hint, exercise, solution, yours
from .questions import Questions

__all__ = ["ddim_step", "ddpm_step", "nearer_to_seen", "prediction", "solution", "yours"]


def _moment(seed: int, *shape: int, now: float, after: float) -> dict[str, Tensor]:
    """A moment of a run at levels that have no easy root: the arguments of all exercises here."""
    x0, eps, fresh = torch.randn(3, *shape, generator=torch.Generator().manual_seed(seed))
    level = torch.tensor(now)
    return {
        "x_t": maths.add_noise(x0, eps, level),
        "eps": eps,
        "alpha_bar": level,
        "alpha_bar_prev": torch.tensor(after),
        "fresh_noise": fresh,
    }


_MOMENTS = [
    _moment(2, 2, 1, 6, 8, now=0.31, after=0.57),
    _moment(3, 3, 4, 5, 5, now=0.83, after=0.92),
]


def _cases(*names: str) -> list[tuple[Tensor, ...]]:
    return [tuple(moment[name] for name in names) for moment in _MOMENTS]


_DDIM_CODE = """\
from helpers import maths


def ddim_step(x_t, eps, alpha_bar, alpha_bar_prev):
    x0_hat = (x_t - (1 - alpha_bar) ** 0.5 * eps) / alpha_bar**0.5
    return maths.add_noise(x0_hat, eps, alpha_bar_prev)
"""

_NEARER_CODE = """\
import torch


def nearer_to_seen(pictures, seen, unseen):
    count = min(len(seen), len(unseen))  # as many of the one as of the other
    to_seen = torch.cdist(pictures.flatten(1), seen[:count].flatten(1))
    to_unseen = torch.cdist(pictures.flatten(1), unseen[:count].flatten(1))
    nearer = to_seen.amin(dim=1) < to_unseen.amin(dim=1)  # (B,): True or False
    return nearer.float().mean()
"""

_DDPM_CODE = """\
from helpers import maths


def ddpm_step(x_t, eps, alpha_bar, alpha_bar_prev, fresh_noise):
    x0_hat = maths.predict_x0(x_t, eps, alpha_bar)
    mean = maths.posterior_mean(x_t, x0_hat, alpha_bar, alpha_bar_prev)
    variance = maths.posterior_variance(alpha_bar, alpha_bar_prev)
    return mean + variance**0.5 * fresh_noise  # the standard deviation, not the variance
"""

_WORKED = _("Do the worked number of this section once more with your code.")

CHOICES = {
    "one digit": _("one digit"),
    "the mean of all digits": _("the mean of all digits"),
    "noise": _("noise"),
}


@exercise(
    "2.1",
    task=_("set prediction to 'one digit', 'the mean of all digits' or 'noise'."),
    reference='prediction = "the mean of all digits"',
)
def prediction(answer: Any, data: Tensor) -> str:
    """Examines what the ideal denoiser shows at t = 999, by measuring what its guess is closest to.

    `data` are all clean digits, (N, 1, 8, 8).
    """
    distances = guess_distances(data)
    seen = min(distances, key=distances.__getitem__)
    said = reading.choice(answer, CHOICES)
    if said != seen:
        far, near = distances[said], distances[seen]
        raise Hint(
            _(
                "a pixel of the guess differs by {far:.1f} from {said}, by {near:.1f} from {seen}. "
                "Nearly all is noise: how many digits are still possible?",
                far=far,
                said=CHOICES[said],
                near=near,
                seen=CHOICES[seen],
            )
        )
    return _("When any digit is possible, the guess with the least error is the mean of them all.")


def guess_distances(data: Tensor) -> dict[str, float]:
    """Root mean squared difference of the ideal guess at t = 999 from each of the choices."""
    alpha_bar = maths.alpha_bar(maths.scaled_linear_betas())[-1]
    eps = torch.randn(data[:1].shape, generator=torch.Generator().manual_seed(2))
    x_t = maths.add_noise(data[:1], eps, alpha_bar)
    guess = maths.ideal_denoiser(x_t, data, alpha_bar)
    candidates = zip(CHOICES, (data, data.mean(dim=0, keepdim=True), x_t), strict=True)
    return {name: float((guess - each).pow(2).mean(dim=(1, 2, 3)).min()) ** 0.5
            for name, each in candidates}  # fmt: skip


STEPS = Questions(
    reference=maths.ddim_step,
    cases=_cases("x_t", "eps", "alpha_bar", "alpha_bar_prev"),
    mistakes=mistakes_02.DDIM,
    advice=_WORKED,
)


@exercise(
    "2.2",
    task=_("write ddim_step(x_t, eps, alpha_bar, alpha_bar_prev): guess x0, then mix it again."),
    reference=_DDIM_CODE,
)
def ddim_step(answer: Callable[..., Tensor]) -> str:
    """Examines a function (x_t, eps, alpha_bar, alpha_bar_prev) -> x_prev."""
    STEPS.put_to(answer)
    return _("This is the whole of DDIM. A loop around it draws pictures.")


def _piles(seed: int, drawn: int, seen: int, unseen: int) -> tuple[Tensor, ...]:
    """Small pictures, and two piles of different size to search in."""
    draw = torch.Generator().manual_seed(seed)
    return tuple(torch.randn(count, 1, 3, 5, generator=draw) for count in (drawn, seen, unseen))


CONTROL = Questions(
    reference=_NEARER_CODE,
    cases=[_piles(1, 23, 31, 12), _piles(4, 31, 9, 26), _piles(9, 17, 14, 14)],
    mistakes=mistakes_02.CONTROL,
    read=reading.number,
    advice=_(
        "For each picture one distance to the nearest seen and one to the nearest unseen digit; "
        "then the fraction in which the first is smaller."
    ),
)


@exercise(
    "2.3",
    task=_(
        "write nearer_to_seen(pictures, seen, unseen): the fraction of pictures whose nearest "
        "seen digit is nearer than the nearest unseen one, from equally large sets."
    ),
    reference=_NEARER_CODE,
)
def nearer_to_seen(answer: Callable[..., Any]) -> str:
    """Examines a function (pictures, seen, unseen) -> fraction."""
    CONTROL.put_to(answer)
    return _("A copy gives 1, a new picture is a matter of chance.")


NOISY_STEPS = Questions(
    reference=maths.ddpm_step,
    cases=_cases("x_t", "eps", "alpha_bar", "alpha_bar_prev", "fresh_noise"),
    mistakes=mistakes_02.DDPM,
    advice=_(
        "Guess x0, take posterior_mean, and add the root of posterior_variance times fresh_noise."
    ),
)


@exercise(
    "2.4",
    task=_(
        "write ddpm_step(x_t, eps, alpha_bar, alpha_bar_prev, fresh_noise): the broken step, "
        "repaired."
    ),
    reference=_DDPM_CODE,
)
def ddpm_step(answer: Callable[..., Tensor]) -> str:
    """Examines a function (x_t, eps, alpha_bar, alpha_bar_prev, fresh_noise) -> x_prev."""
    NOISY_STEPS.put_to(answer)
    return _("Part of the old noise leaves, just as much fresh noise comes in: the books balance.")
