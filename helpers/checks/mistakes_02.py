"""What learners write for lesson 02 by mistake: hint -> a function that makes the mistake."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torch import Tensor

from .. import maths
from ..maths import Level, noise, posterior_mean, posterior_variance, signal

Mistakes = Mapping[str, Callable | tuple[Callable, ...]]

_HALF = "`** 1/2` is half of the first power, for Python goes from left to right. Write ** 0.5."
_ROOTS = (
    "alpha_bar is used without its root. Picture and noise are weighted with "
    "alpha_bar ** 0.5 and (1 - alpha_bar) ** 0.5."
)
_OTHER_FACTOR = "the factor of {} is not 1 - alpha_bar ** 0.5 but (1 - alpha_bar) ** 0.5."
_EPS_ROOT = "the weight of eps is a root, too: (1 - alpha_bar) ** 0.5. A root is missing."

FROM_NOISE: Mistakes = {
    _ROOTS: lambda x, e, a: (x - (1 - a) * e) / a,
    _EPS_ROOT: lambda x, e, a: (x - (1 - a) * e) / a**0.5,
    "you divided by alpha_bar. Divide by its root, alpha_bar ** 0.5.":
        lambda x, e, a: (x - (1 - a) ** 0.5 * e) / a,
    _HALF: (
        lambda x, e, a: (x - (1 - a) ** 1 / 2 * e) / a**1 / 2,
        lambda x, e, a: (x - (1 - a) ** 1 / 2 * e) / (a**1 / 2),
    ),
    _OTHER_FACTOR.format("eps"): lambda x, e, a: (x - (1 - a**0.5) * e) / a**0.5,
    "the two roots have changed places: the noise is weighted with (1 - alpha_bar) ** 0.5, the "
    "picture with alpha_bar ** 0.5.": lambda x, e, a: (x - a**0.5 * e) / (1 - a) ** 0.5,
    "the noise is weighted with (1 - alpha_bar) ** 0.5, not with alpha_bar ** 0.5.":
        lambda x, e, a: (x - a**0.5 * e) / a**0.5,
    "divide by alpha_bar ** 0.5, the weight of the picture, not by that of the noise.":
        lambda x, e, a: (x - (1 - a) ** 0.5 * e) / (1 - a) ** 0.5,
    "the noise is gone, but what is left is alpha_bar ** 0.5 times x0. Divide by it.":
        lambda x, e, a: x - (1 - a) ** 0.5 * e,
    "you multiplied by alpha_bar ** 0.5. To undo a factor, divide by it.":
        lambda x, e, a: (x - (1 - a) ** 0.5 * e) * a**0.5,
    "you added the noise once more. It has to go: a minus sign.":
        lambda x, e, a: (x + (1 - a) ** 0.5 * e) / a**0.5,
    "the signs are turned over: x_t minus the noise, not the noise minus x_t.":
        lambda x, e, a: ((1 - a) ** 0.5 * e - x) / a**0.5,
    "only the noise was divided. Put x_t - noise into brackets first.":
        lambda x, e, a: x - (1 - a) ** 0.5 * e / a**0.5,
    "only x_t was divided. Take the noise away first, then divide.":
        lambda x, e, a: x / a**0.5 - (1 - a) ** 0.5 * e,
    "x_t holds only (1 - alpha_bar) ** 0.5 of eps, and you took away all of it.":
        (lambda x, e, a: x - e, lambda x, e, a: (x - e) / a**0.5),
    "the noise is still there. Take (1 - alpha_bar) ** 0.5 of eps away before you divide.":
        lambda x, e, a: x / a**0.5,
    "this adds still more noise. Solve the mixture for x0.": maths.add_noise,
    "x_t and eps have changed places.": lambda x, e, a: maths.predict_x0(e, x, a),
}  # fmt: skip
"""Of 2.1, (x_t, eps, alpha_bar) -> x0_hat."""

FROM_VELOCITY: Mistakes = {
    _ROOTS: lambda x, v, a: a * x - (1 - a) * v,
    "v is weighted with (1 - alpha_bar) ** 0.5: a root is missing.":
        lambda x, v, a: a**0.5 * x - (1 - a) * v,
    "x_t is weighted with alpha_bar ** 0.5: a root is missing.":
        lambda x, v, a: a * x - (1 - a) ** 0.5 * v,
    _HALF: lambda x, v, a: a**1 / 2 * x - (1 - a) ** 1 / 2 * v,
    _OTHER_FACTOR.format("v"): lambda x, v, a: a**0.5 * x - (1 - a**0.5) * v,
    "the two roots have changed places: x_t gets alpha_bar ** 0.5, v the other.":
        lambda x, v, a: (1 - a) ** 0.5 * x - a**0.5 * v,
    "the sign of v is wrong: x0 lies against the direction of v.":
        lambda x, v, a: a**0.5 * x + (1 - a) ** 0.5 * v,
    "both signs are turned over: x_t counts with a plus, v with a minus.":
        lambda x, v, a: (1 - a) ** 0.5 * v - a**0.5 * x,
    "that is eps, not x0. Solve the two equations for the other unknown.":
        maths.eps_from_velocity,
    "x_t and v have changed places: x_t gets alpha_bar ** 0.5.":
        lambda x, v, a: a**0.5 * v - (1 - a) ** 0.5 * x,
    "you used v as if it were eps. It is a mixture of eps and x0.": maths.predict_x0,
    "no division here: multiply x_t by alpha_bar ** 0.5.":
        lambda x, v, a: x / a**0.5 - (1 - a) ** 0.5 * v,
    "x_t has a factor, too: multiply it by alpha_bar ** 0.5.":
        lambda x, v, a: x - (1 - a) ** 0.5 * v,
    "v has a factor, too: multiply it by (1 - alpha_bar) ** 0.5.": lambda x, v, a: a**0.5 * x - v,
    "v is missing: take (1 - alpha_bar) ** 0.5 of it away.": lambda x, v, a: a**0.5 * x,
    "no division at the end: the squares of the two roots add up to 1 already.":
        lambda x, v, a: (a**0.5 * x - (1 - a) ** 0.5 * v) / a**0.5,
}  # fmt: skip
"""Of 2.2, (x_t, v, alpha_bar) -> x0_hat."""


def _remixed(mix: Callable) -> Callable:
    """A function as in 2.4, from a mixture (x0_hat, eps, alpha_bar, alpha_bar_prev)."""
    return lambda x, e, a, b: mix(maths.predict_x0(x, e, a), e, a, b)


DDIM: Mistakes = {
    "that is x0_hat, the guess itself. Now mix it with eps again, at alpha_bar_prev.":
        _remixed(lambda x0, e, a, b: x0),
    "alpha_bar and alpha_bar_prev have changed places: guess with alpha_bar, then mix with "
    "alpha_bar_prev.": lambda x, e, a, b: maths.ddim_step(x, e, b, a),
    "guess and mixture have the same level, so nothing has changed. Guess with alpha_bar, mix with "
    "alpha_bar_prev.": lambda x, e, a, b: x,
    "you put the old amount of noise back. Both factors of the new mixture come from "
    "alpha_bar_prev.": _remixed(lambda x0, e, a, b: signal(b) * x0 + noise(a) * e),
    "x0_hat has the old factor. Both factors of the new mixture come from alpha_bar_prev.":
        _remixed(lambda x0, e, a, b: signal(a) * x0 + noise(b) * e),
    _ROOTS: _remixed(lambda x0, e, a, b: b * x0 + (1 - b) * e),
    _EPS_ROOT: _remixed(lambda x0, e, a, b: signal(b) * x0 + (1 - b) * e),
    "x0_hat is weighted with alpha_bar_prev ** 0.5: a root is missing.":
        _remixed(lambda x0, e, a, b: b * x0 + noise(b) * e),
    _HALF: _remixed(lambda x0, e, a, b: b**1 / 2 * x0 + (1 - b) ** 1 / 2 * e),
    "no noise was put back, and x_prev must still hold (1 - alpha_bar_prev) ** 0.5 of eps.":
        _remixed(lambda x0, e, a, b: signal(b) * x0),
    "the guess is missing: x_prev holds alpha_bar_prev ** 0.5 of x0_hat.":
        lambda x, e, a, b: noise(b) * e,
    "the noise was taken away once more. Put it back, with a plus.":
        _remixed(lambda x0, e, a, b: signal(b) * x0 - noise(b) * e),
    "the noise was put back at full size. Multiply it by (1 - alpha_bar_prev) ** 0.5.":
        _remixed(lambda x0, e, a, b: signal(b) * x0 + e),
    "you mixed x_t with eps. First find x0_hat, then mix that.":
        lambda x, e, a, b: maths.add_noise(x, e, b),
    "you mixed x0_hat with x_t. Mix it with eps.":
        lambda x, e, a, b: maths.add_noise(maths.predict_x0(x, e, a), x, b),
    "x0_hat and eps have changed weights: maths.add_noise(x0_hat, eps, alpha_bar_prev), in this "
    "order, and without 1 -.": _remixed(lambda x0, e, a, b: maths.add_noise(e, x0, b)),
    "x_t and eps have changed places in the guess: maths.predict_x0(x_t, eps, alpha_bar).":
        lambda x, e, a, b: maths.add_noise(maths.predict_x0(e, x, a), e, b),
    "in x0_hat the division by alpha_bar ** 0.5 is missing.":
        lambda x, e, a, b: maths.add_noise(x - noise(a) * e, e, b),
}  # fmt: skip
"""Of 2.4, (x_t, eps, alpha_bar, alpha_bar_prev) -> x_prev."""


def _about_mean(mix: Callable) -> Callable:
    """A function as in 2.5, made of (right mean, right variance, eps, a, b, fresh noise)."""

    def step(x: Tensor, e: Tensor, a: Level, b: Level, f: Tensor) -> Tensor:
        mean = posterior_mean(x, maths.predict_x0(x, e, a), a, b)
        return mix(mean, posterior_variance(a, b), e, a, b, f)

    return step


def _with_mean(mean: Callable) -> Callable:
    """A function as in 2.5, right but for its mean, which is made of (x_t, eps, a, b)."""
    return lambda x, e, a, b, f: mean(x, e, a, b) + posterior_variance(a, b) ** 0.5 * f


DDPM: Mistakes = {
    "posterior_variance is a variance. Noise is multiplied by a standard deviation: its root.":
        _about_mean(lambda mean, variance, e, a, b, f: mean + variance * f),
    _HALF: _about_mean(lambda mean, variance, e, a, b, f: mean + variance**1 / 2 * f),
    "that is the mean alone. Add fresh_noise times the standard deviation.":
        _about_mean(lambda mean, variance, e, a, b, f: mean),
    "that is the noise alone. Add it to posterior_mean.":
        _about_mean(lambda mean, variance, e, a, b, f: variance**0.5 * f),
    "fresh_noise was added at full strength. Multiply it by the standard deviation.":
        _about_mean(lambda mean, variance, e, a, b, f: mean + f),
    "you added eps, the noise that is in x_t already. Use fresh_noise.":
        _about_mean(lambda mean, variance, e, a, b, f: mean + variance**0.5 * e),
    "the fresh noise was taken away instead of added. For the picture that is as good, but use "
    "a plus, so that numbers agree.":
        _about_mean(lambda mean, variance, e, a, b, f: mean - variance**0.5 * f),
    "that is the noise of one forward step, beta ** 0.5. DDPM allows it, but here the root of "
    "posterior_variance is asked for.":
        _about_mean(lambda mean, variance, e, a, b, f: mean + (1 - a / b) ** 0.5 * f),
    "that is as much noise as x_prev holds in all. Only the root of posterior_variance is fresh.":
        _about_mean(lambda mean, variance, e, a, b, f: mean + noise(b) * f),
    "posterior_variance gives what noise is there, not what is left: no 1 - before the root.":
        _about_mean(lambda mean, variance, e, a, b, f: mean + (1 - variance) ** 0.5 * f),
    "posterior_mean wants x0_hat, and got eps. First find x0_hat with predict_x0.":
        _with_mean(posterior_mean),
    "posterior_mean wants x0_hat, and got x_t twice. First find x0_hat with predict_x0.":
        _with_mean(lambda x, e, a, b: posterior_mean(x, x, a, b)),
    "x_t and x0_hat have changed places in posterior_mean: x_t comes first.":
        _with_mean(lambda x, e, a, b: posterior_mean(maths.predict_x0(x, e, a), x, a, b)),
    "alpha_bar and alpha_bar_prev have changed places in the mean.":
        _with_mean(lambda x, e, a, b: posterior_mean(x, maths.predict_x0(x, e, a), b, a)),
    "the guess was made with alpha_bar_prev. x_t lies at alpha_bar: predict_x0(x_t, eps, "
    "alpha_bar).":
        _with_mean(lambda x, e, a, b: posterior_mean(x, maths.predict_x0(x, e, b), a, b)),
    "x_t and eps have changed places in predict_x0.":
        _with_mean(lambda x, e, a, b: posterior_mean(x, maths.predict_x0(e, x, a), a, b)),
    "the mean is that of x0_hat. Take posterior_mean, which stays nearer to x_t.":
        _with_mean(lambda x, e, a, b: maths.predict_x0(x, e, a)),
    "the result is nan, the root of a negative number: in posterior_variance, alpha_bar and "
    "alpha_bar_prev have changed places. alpha_bar comes first.":
        lambda x, e, a, b, f: x * posterior_variance(b, a) ** 0.5,
    "all old noise was thrown away and replaced. Take posterior_mean, which keeps a part.":
        lambda x, e, a, b, f: maths.add_noise(maths.predict_x0(x, e, a), f, b),
    "that is the DDIM step: it puts eps back and uses no fresh noise.":
        lambda x, e, a, b, f: maths.ddim_step(x, e, a, b),
}  # fmt: skip
"""Of 2.5, (x_t, eps, alpha_bar, alpha_bar_prev, fresh_noise) -> x_prev."""
