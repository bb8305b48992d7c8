"""Exercises of lesson 02, Denoising."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from .. import maths
from . import mistakes_02, reading
from .core import Hint, exercise, solution, yours
from .questions import Questions

__all__ = [
    "ddim_step", "ddpm_step", "predict_x0", "prediction", "solution", "yours", "x0_from_velocity",
]  # fmt: skip


def _moment(seed: int, *shape: int, now: float, after: float) -> dict[str, Tensor]:
    """A moment of a run at levels that have no easy root: the arguments of all exercises here."""
    x0, eps, fresh = torch.randn(3, *shape, generator=torch.Generator().manual_seed(seed))
    level = torch.tensor(now)
    return {
        "x_t": maths.add_noise(x0, eps, level),
        "eps": eps,
        "v": maths.velocity(x0, eps, level),
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


_WORKED = "Do the worked number of this section once more with your code."

FROM_NOISE = Questions(
    reference=maths.predict_x0,
    cases=_cases("x_t", "eps", "alpha_bar"),
    mistakes=mistakes_02.FROM_NOISE,
    advice=_WORKED,
)


@exercise(
    "2.1",
    task="write predict_x0(x_t, eps, alpha_bar), which solves the mixture for x0.",
    reference=maths.predict_x0,
)
def predict_x0(answer: Callable[..., Tensor]) -> str:
    """Examines a function (x_t, eps, alpha_bar) -> x0_hat."""
    FROM_NOISE.put_to(answer)
    return "From a noisy picture and its noise you get the picture back."


FROM_VELOCITY = Questions(
    reference=maths.x0_from_velocity,
    cases=_cases("x_t", "v", "alpha_bar"),
    mistakes=mistakes_02.FROM_VELOCITY,
    advice="It is alpha_bar ** 0.5 times x_t minus (1 - alpha_bar) ** 0.5 times v.",
)


@exercise(
    "2.2",
    task="write x0_from_velocity(x_t, v, alpha_bar), which finds x0 from v.",
    reference=maths.x0_from_velocity,
)
def x0_from_velocity(answer: Callable[..., Tensor]) -> str:
    """Examines a function (x_t, v, alpha_bar) -> x0_hat."""
    FROM_VELOCITY.put_to(answer)
    return "Without any division, so nothing can blow up."


CHOICES = ("one digit", "the mean of all digits", "noise")


@exercise(
    "2.3",
    task=f"set prediction to {', '.join(map(repr, CHOICES[:2]))} or {CHOICES[2]!r}.",
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
            f"a pixel of the guess differs by {far:.1f} from {said}, by {near:.1f} from {seen}. "
            "Nearly all is noise: how many digits are still possible?"
        )
    return "When any digit is possible, the guess with the least error is the mean of them all."


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
    "2.4",
    task="write ddim_step(x_t, eps, alpha_bar, alpha_bar_prev): guess x0, then mix it again.",
    reference=maths.ddim_step,
)
def ddim_step(answer: Callable[..., Tensor]) -> str:
    """Examines a function (x_t, eps, alpha_bar, alpha_bar_prev) -> x_prev."""
    STEPS.put_to(answer)
    return "This is the whole of DDIM. A loop around it draws pictures."


NOISY_STEPS = Questions(
    reference=maths.ddpm_step,
    cases=_cases("x_t", "eps", "alpha_bar", "alpha_bar_prev", "fresh_noise"),
    mistakes=mistakes_02.DDPM,
    advice="Guess x0, take posterior_mean, and add the root of posterior_variance times "
    "fresh_noise.",
)


@exercise(
    "2.5",
    task="write ddpm_step(x_t, eps, alpha_bar, alpha_bar_prev, fresh_noise): the mean of the "
    "posterior, and noise of its standard deviation.",
    reference=maths.ddpm_step,
)
def ddpm_step(answer: Callable[..., Tensor]) -> str:
    """Examines a function (x_t, eps, alpha_bar, alpha_bar_prev, fresh_noise) -> x_prev."""
    NOISY_STEPS.put_to(answer)
    return "Part of the old noise leaves, and a little fresh noise comes in."
