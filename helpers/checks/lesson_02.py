"""Exercises of lesson 02, Denoising."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from .. import maths
from ..maths import noise, signal
from .core import Hint, exercise, outcome, solution

__all__ = [
    "ddim_step", "ddpm_step", "predict_x0", "prediction", "solution", "x0_from_velocity",
]  # fmt: skip

NOW, NEXT = torch.tensor(0.36), torch.tensor(0.64)
"""Levels of the examination. Both have easy roots, and every mistake below gives another result."""

_generator = torch.Generator().manual_seed(2)
X0, EPS, FRESH = torch.randn(3, 2, 1, 8, 8, generator=_generator)
X_T, V = maths.add_noise(X0, EPS, NOW), maths.velocity(X0, EPS, NOW)


def examine(
    answer: Callable[..., Tensor], given: tuple, expected: Tensor, mistakes: Mapping[str, Tensor]
) -> None:
    """Nothing, if the function returns what is expected.

    Args:
        answer: the learner's function.
        given: its arguments.
        expected: what it should return.
        mistakes: hint -> what a function with that mistake returns.

    Raises:
        Hint: it returns something else; the hint that fits, if the mistake is a known one.
    """
    result = outcome(answer, *given)
    if not isinstance(result, Tensor):
        raise Hint(f"expected a tensor, got {type(result).__name__}. Return one tensor.")
    if result.shape != expected.shape:
        raise Hint(
            f"expected the shape of x_t, {tuple(expected.shape)}, got {tuple(result.shape)}. "
            "The formula works on all pixels at once: no sum, no loop, no index."
        )
    if bool(result.isnan().any()):
        raise Hint(
            "the result holds nan, as the root of a negative number does. Have alpha_bar and "
            "alpha_bar_prev changed places? alpha_bar_prev is the larger one."
        )
    if not torch.allclose(result, outcome(answer, *given)):
        raise Hint(
            "the same input gave two results. No random numbers inside: all noise that you need "
            "comes in as an argument."
        )
    if torch.allclose(result, expected, atol=1e-4):
        return
    for hint, wrong in mistakes.items():
        if torch.allclose(result, wrong, atol=1e-4):
            raise Hint(hint)
    raise Hint(_first_number(result, expected))


def _first_number(result: Tensor, expected: Tensor) -> str:
    got, right = float(result.flatten()[0]), float(expected.flatten()[0])
    return (
        f"the first pixel should be {right:.3f}, and yours is {got:.3f}. "
        "Do the worked number of this section once more with your code."
    )


ROOTS = (
    "alpha_bar is used without its root. Picture and noise are weighted with "
    "alpha_bar ** 0.5 and (1 - alpha_bar) ** 0.5."
)


@exercise(
    "2.1",
    task="write predict_x0(x_t, eps, alpha_bar), which solves the mixture for x0.",
    reference=maths.predict_x0,
)
def predict_x0(answer: Callable[..., Tensor]) -> str:
    """Examines a function (x_t, eps, alpha_bar) -> x0_hat."""
    a, b = signal(NOW), noise(NOW)
    swapped = "the two roots have changed places: the noise is weighted with (1 - alpha_bar) ** 0.5"
    mistakes = {
        ROOTS: (X_T - (1 - NOW) * EPS) / NOW,
        f"{swapped}, the picture with alpha_bar ** 0.5.": (X_T - a * EPS) / b,
        "the noise is gone, but what is left is alpha_bar ** 0.5 times x0. Divide by it.": a * X0,
        "you multiplied by alpha_bar ** 0.5. To undo a factor, divide by it.": a * a * X0,
        "you added the noise once more. It has to go: a minus sign.": (X_T + b * EPS) / a,
        "only the noise was divided. Put x_t - noise into brackets first.": X_T - b * EPS / a,
        "x_t holds only (1 - alpha_bar) ** 0.5 of eps, and you took away all of it.": X_T - EPS,
        "x_t holds only (1 - alpha_bar) ** 0.5 of eps, and you took away all.": (X_T - EPS) / a,
    }
    examine(answer, (X_T, EPS, NOW), X0, mistakes)
    return "From a noisy picture and its noise you get the picture back."


@exercise(
    "2.2",
    task="write x0_from_velocity(x_t, v, alpha_bar), which finds x0 from v.",
    reference=maths.x0_from_velocity,
)
def x0_from_velocity(answer: Callable[..., Tensor]) -> str:
    """Examines a function (x_t, v, alpha_bar) -> x0_hat."""
    a, b = signal(NOW), noise(NOW)
    mistakes = {
        ROOTS: NOW * X_T - (1 - NOW) * V,
        "the two roots have changed places: x_t gets alpha_bar ** 0.5, v the other.": b * X_T
        - a * V,
        "the sign of v is wrong: x0 lies against the direction of v.": a * X_T + b * V,
        "that is eps, not x0. Solve the two equations for the other unknown.": EPS,
        "you used v as if it were eps. It is a mixture of eps and x0.": (X_T - b * V) / a,
        "no division here: multiply x_t by alpha_bar ** 0.5.": (X_T - b * V),
    }
    examine(answer, (X_T, V, NOW), X0, mistakes)
    return "Without any division, so nothing can blow up."


CHOICES = ("one digit", "the mean of all digits", "noise")


@exercise(
    "2.3",
    task=f"set prediction to {', '.join(map(repr, CHOICES[:2]))} or {CHOICES[2]!r}.",
    reference='prediction = "the mean of all digits"',
)
def prediction(answer: str, data: Tensor) -> str:
    """Examines what the ideal denoiser shows at t = 999, by measuring what its guess is closest to.

    `data` are all clean digits, (N, 1, 8, 8).
    """
    if answer not in CHOICES:
        raise Hint(f"expected one of {', '.join(map(repr, CHOICES))}, got {answer!r}.")
    distances = guess_distances(data)
    seen = min(distances, key=distances.__getitem__)
    if answer != seen:
        far, near = distances[answer], distances[seen]
        raise Hint(
            f"a pixel of the guess differs by {far:.1f} from {answer}, by {near:.1f} from {seen}. "
            "Nearly all is noise: how many digits are still possible?"
        )
    return "When any digit is possible, the guess with the least error is the mean of them all."


def guess_distances(data: Tensor) -> dict[str, float]:
    """Root mean squared difference of the ideal guess at t = 999 from each of the choices."""
    alpha_bar = maths.alpha_bar(maths.scaled_linear_betas())[-1]
    x_t = maths.add_noise(data[:1], EPS[:1], alpha_bar)
    guess = maths.ideal_denoiser(x_t, data, alpha_bar)
    candidates = zip(CHOICES, (data, data.mean(dim=0, keepdim=True), x_t), strict=True)
    return {name: float((guess - each).pow(2).mean(dim=(1, 2, 3)).min()) ** 0.5
            for name, each in candidates}  # fmt: skip


@exercise(
    "2.4",
    task="write ddim_step(x_t, eps, alpha_bar, alpha_bar_prev): guess x0, then mix it again.",
    reference=maths.ddim_step,
)
def ddim_step(answer: Callable[..., Tensor]) -> str:
    """Examines a function (x_t, eps, alpha_bar, alpha_bar_prev) -> x_prev."""
    mixed = maths.add_noise(X0, EPS, NEXT)
    mistakes = {
        "that is x0_hat, the guess itself. Now mix it with eps again, at alpha_bar_prev.": X0,
        "alpha_bar and alpha_bar_prev have changed places: guess with alpha_bar, then mix with "
        "alpha_bar_prev.": maths.ddim_step(X_T, EPS, NEXT, NOW),
        "you mixed with alpha_bar again, so nothing has changed. Mix with alpha_bar_prev.": X_T,
        "you put the old amount of noise back. Both factors of the new mixture come from "
        "alpha_bar_prev.": signal(NEXT) * X0 + noise(NOW) * EPS,
        ROOTS: NEXT * X0 + (1 - NEXT) * EPS,
        "no noise was put back, and x_prev must still hold (1 - alpha_bar_prev) ** 0.5 of eps.":
            signal(NEXT) * X0,
        "you mixed x_t with eps. First find x0_hat, then mix that.":
            maths.add_noise(X_T, EPS, NEXT),
        "in x0_hat the division by alpha_bar ** 0.5 is missing.":
            maths.add_noise(signal(NOW) * X0, EPS, NEXT),
    }  # fmt: skip
    examine(answer, (X_T, EPS, NOW, NEXT), mixed, mistakes)
    return "This is the whole of DDIM. A loop around it draws pictures."


@exercise(
    "2.5",
    task="write ddpm_step(x_t, eps, alpha_bar, alpha_bar_prev, fresh_noise): the mean of the "
    "posterior, and noise of its standard deviation.",
    reference=maths.ddpm_step,
)
def ddpm_step(answer: Callable[..., Tensor]) -> str:
    """Examines a function (x_t, eps, alpha_bar, alpha_bar_prev, fresh_noise) -> x_prev."""
    mean = maths.posterior_mean(X_T, X0, NOW, NEXT)
    variance = maths.posterior_variance(NOW, NEXT)
    mistakes = {
        "posterior_variance is a variance. Noise is multiplied by a standard deviation: its root.":
            mean + variance * FRESH,
        "that is the mean alone. Add fresh_noise times the standard deviation.": mean,
        "fresh_noise was added at full strength. Multiply it by the standard deviation.":
            mean + FRESH,
        "you added eps, the noise that is in x_t already. Use fresh_noise.":
            mean + variance**0.5 * EPS,
        "posterior_mean wants x0_hat, and got eps. First find x0_hat with predict_x0.":
            maths.posterior_mean(X_T, EPS, NOW, NEXT) + variance**0.5 * FRESH,
        "alpha_bar and alpha_bar_prev have changed places in the mean.":
            maths.posterior_mean(X_T, X0, NEXT, NOW) + variance**0.5 * FRESH,
        "that is the noise of one forward step, beta ** 0.5. DDPM allows it, but here the root of "
        "posterior_variance is asked for.": mean + (1 - NOW / NEXT) ** 0.5 * FRESH,
        "all old noise was thrown away and replaced. Take posterior_mean, which keeps a part.":
            maths.add_noise(X0, FRESH, NEXT),
        "that is the DDIM step: it puts eps back and uses no fresh noise.":
            maths.add_noise(X0, EPS, NEXT),
        "the fresh noise was taken away instead of added. For the picture that is as good, but use "
        "a plus, so that numbers agree.": mean - variance**0.5 * FRESH,
    }  # fmt: skip
    expected = maths.ddpm_step(X_T, EPS, NOW, NEXT, FRESH)
    examine(answer, (X_T, EPS, NOW, NEXT, FRESH), expected, mistakes)
    return "Part of the old noise leaves, and a little fresh noise comes in."
