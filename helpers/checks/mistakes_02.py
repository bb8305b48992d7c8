"""What learners write for lesson 02 by mistake: hint -> a function that makes the mistake."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from .. import maths
from ..language import _
from ..maths import Level, noise, posterior_mean, posterior_variance, signal

Mistakes = Mapping[str, Callable | tuple[Callable, ...]]

_HALF = _("`** 1/2` is half of the first power, for Python goes from left to right. Write ** 0.5.")
_ROOTS = _(
    "alpha_bar is used without its root. Picture and noise are weighted with "
    "alpha_bar ** 0.5 and (1 - alpha_bar) ** 0.5."
)
_EPS_ROOT = _("the weight of eps is a root, too: (1 - alpha_bar) ** 0.5. A root is missing.")


def _remixed(mix: Callable) -> Callable:
    """A function as in 2.2, from a mixture (x0_hat, eps, alpha_bar, alpha_bar_prev)."""
    return lambda x, e, a, b: mix(maths.predict_x0(x, e, a), e, a, b)


DDIM: Mistakes = {
    _("that is x0_hat, the guess itself. Now mix it with eps again, at alpha_bar_prev."):
        _remixed(lambda x0, e, a, b: x0),
    _("alpha_bar and alpha_bar_prev have changed places: guess with alpha_bar, then mix with "
    "alpha_bar_prev."): lambda x, e, a, b: maths.ddim_step(x, e, b, a),
    _("guess and mixture have the same level, so nothing has changed. Guess with alpha_bar, mix "
      "with alpha_bar_prev."): lambda x, e, a, b: x,
    _("you put the old amount of noise back. Both factors of the new mixture come from "
    "alpha_bar_prev."): _remixed(lambda x0, e, a, b: signal(b) * x0 + noise(a) * e),
    _("x0_hat has the old factor. Both factors of the new mixture come from alpha_bar_prev."):
        _remixed(lambda x0, e, a, b: signal(a) * x0 + noise(b) * e),
    _ROOTS: _remixed(lambda x0, e, a, b: b * x0 + (1 - b) * e),
    _EPS_ROOT: _remixed(lambda x0, e, a, b: signal(b) * x0 + (1 - b) * e),
    _("x0_hat is weighted with alpha_bar_prev ** 0.5: a root is missing."):
        _remixed(lambda x0, e, a, b: b * x0 + noise(b) * e),
    _HALF: _remixed(lambda x0, e, a, b: b**1 / 2 * x0 + (1 - b) ** 1 / 2 * e),
    _("no noise was put back, and x_prev must still hold (1 - alpha_bar_prev) ** 0.5 of eps."):
        _remixed(lambda x0, e, a, b: signal(b) * x0),
    _("the guess is missing: x_prev holds alpha_bar_prev ** 0.5 of x0_hat."):
        lambda x, e, a, b: noise(b) * e,
    _("the noise was taken away once more. Put it back, with a plus."):
        _remixed(lambda x0, e, a, b: signal(b) * x0 - noise(b) * e),
    _("the noise was put back at full size. Multiply it by (1 - alpha_bar_prev) ** 0.5."):
        _remixed(lambda x0, e, a, b: signal(b) * x0 + e),
    _("you mixed x_t with eps. First find x0_hat, then mix that."):
        lambda x, e, a, b: maths.add_noise(x, e, b),
    _("you mixed x0_hat with x_t. Mix it with eps."):
        lambda x, e, a, b: maths.add_noise(maths.predict_x0(x, e, a), x, b),
    _("x0_hat and eps have changed weights: maths.add_noise(x0_hat, eps, alpha_bar_prev), in this "
    "order, and without 1 -."): _remixed(lambda x0, e, a, b: maths.add_noise(e, x0, b)),
    _("x_t and eps have changed places in the guess: maths.predict_x0(x_t, eps, alpha_bar)."):
        lambda x, e, a, b: maths.add_noise(maths.predict_x0(e, x, a), e, b),
    _("in x0_hat the division by alpha_bar ** 0.5 is missing."):
        lambda x, e, a, b: maths.add_noise(x - noise(a) * e, e, b),
}  # fmt: skip
"""Of 2.2, (x_t, eps, alpha_bar, alpha_bar_prev) -> x_prev."""


def _about_mean(mix: Callable) -> Callable:
    """A function as in 2.4, made of (right mean, right variance, eps, a, b, fresh noise)."""

    def step(x: Tensor, e: Tensor, a: Level, b: Level, f: Tensor) -> Tensor:
        mean = posterior_mean(x, maths.predict_x0(x, e, a), a, b)
        return mix(mean, posterior_variance(a, b), e, a, b, f)

    return step


def _with_mean(mean: Callable) -> Callable:
    """A function as in 2.4, right but for its mean, which is made of (x_t, eps, a, b)."""
    return lambda x, e, a, b, f: mean(x, e, a, b) + posterior_variance(a, b) ** 0.5 * f


DDPM: Mistakes = {
    _("posterior_variance is a variance. Noise is multiplied by a standard deviation: its root."):
        _about_mean(lambda mean, variance, e, a, b, f: mean + variance * f),
    _HALF: _about_mean(lambda mean, variance, e, a, b, f: mean + variance**1 / 2 * f),
    _("that is the mean alone. Add fresh_noise times the standard deviation."):
        _about_mean(lambda mean, variance, e, a, b, f: mean),
    _("that is the noise alone. Add it to posterior_mean."):
        _about_mean(lambda mean, variance, e, a, b, f: variance**0.5 * f),
    _("fresh_noise was added at full strength. Multiply it by the standard deviation."):
        _about_mean(lambda mean, variance, e, a, b, f: mean + f),
    _("you added eps, the noise that is in x_t already. Use fresh_noise."):
        _about_mean(lambda mean, variance, e, a, b, f: mean + variance**0.5 * e),
    _("the fresh noise was taken away instead of added. For the picture that is as good, but use "
    "a plus, so that numbers agree."):
        _about_mean(lambda mean, variance, e, a, b, f: mean - variance**0.5 * f),
    _("that is the noise of one forward step, beta ** 0.5. DDPM allows it, but here the root of "
    "posterior_variance is asked for."):
        _about_mean(lambda mean, variance, e, a, b, f: mean + (1 - a / b) ** 0.5 * f),
    _("that is as much noise as x_prev holds in all. Only the root of posterior_variance is "
      "fresh."):
        _about_mean(lambda mean, variance, e, a, b, f: mean + noise(b) * f),
    _("posterior_variance gives what noise is there, not what is left: no 1 - before the root."):
        _about_mean(lambda mean, variance, e, a, b, f: mean + (1 - variance) ** 0.5 * f),
    _("posterior_mean wants x0_hat, and got eps. First find x0_hat with predict_x0."):
        _with_mean(posterior_mean),
    _("posterior_mean wants x0_hat, and got x_t twice. First find x0_hat with predict_x0."):
        _with_mean(lambda x, e, a, b: posterior_mean(x, x, a, b)),
    _("x_t and x0_hat have changed places in posterior_mean: x_t comes first."):
        _with_mean(lambda x, e, a, b: posterior_mean(maths.predict_x0(x, e, a), x, a, b)),
    _("alpha_bar and alpha_bar_prev have changed places in the mean."):
        _with_mean(lambda x, e, a, b: posterior_mean(x, maths.predict_x0(x, e, a), b, a)),
    _("the guess was made with alpha_bar_prev. x_t lies at alpha_bar: predict_x0(x_t, eps, "
    "alpha_bar)."):
        _with_mean(lambda x, e, a, b: posterior_mean(x, maths.predict_x0(x, e, b), a, b)),
    _("x_t and eps have changed places in predict_x0."):
        _with_mean(lambda x, e, a, b: posterior_mean(x, maths.predict_x0(e, x, a), a, b)),
    _("the mean is that of x0_hat. Take posterior_mean, which stays nearer to x_t."):
        _with_mean(lambda x, e, a, b: maths.predict_x0(x, e, a)),
    _("the result is nan, the root of a negative number: in posterior_variance, alpha_bar and "
    "alpha_bar_prev have changed places. alpha_bar comes first."):
        lambda x, e, a, b, f: x * posterior_variance(b, a) ** 0.5,
    _("all old noise was thrown away and replaced. Take posterior_mean, which keeps a part."):
        lambda x, e, a, b, f: maths.add_noise(maths.predict_x0(x, e, a), f, b),
    _("that is the DDIM step: it puts eps back and uses no fresh noise."):
        lambda x, e, a, b, f: maths.ddim_step(x, e, a, b),
}  # fmt: skip
"""Of 2.4, (x_t, eps, alpha_bar, alpha_bar_prev, fresh_noise) -> x_prev."""


def _distances(pictures: Tensor, data: Tensor) -> Tensor:
    return torch.cdist(pictures.flatten(1), data.flatten(1))


def _compared(compare: Callable[[Tensor, Tensor], Tensor | float], equal: bool = True) -> Callable:
    """A function as in 2.3, from what it makes of the distances to both sets, (B, N) each."""

    def fraction(pictures: Tensor, seen: Tensor, unseen: Tensor) -> Tensor | float:
        count = min(len(seen), len(unseen)) if equal else max(len(seen), len(unseen))
        return compare(_distances(pictures, seen[:count]), _distances(pictures, unseen[:count]))

    return fraction


def _fraction(nearer: Tensor) -> Tensor:
    return nearer.double().mean()


def _nearest(a: Tensor, b: Tensor) -> Tensor:
    return a.amin(1) < b.amin(1)


def _other_ones(pictures: Tensor, seen: Tensor, unseen: Tensor) -> Tensor:
    count = min(len(seen), len(unseen))
    nearer = _nearest(_distances(pictures, seen[-count:]), _distances(pictures, unseen[-count:]))
    return _fraction(nearer)


CONTROL: Mistakes = {
    _("one set is larger than the other here, and who has more to choose from finds a nearer "
      "digit. Use only the first digits of the larger set, as many as the smaller one has."):
        _compared(lambda a, b: _fraction(_nearest(a, b)), equal=False),
    _("that is the fraction nearer to an *unseen* digit. Turn the comparison over."): (
        _compared(lambda a, b: _fraction(_nearest(b, a))),
        _compared(lambda a, b: _fraction(_nearest(b, a)), equal=False),
    ),
    _("that is how many, not which fraction: divide by the number of pictures."): (
        _compared(lambda a, b: _nearest(a, b).sum()),
        _compared(lambda a, b: _nearest(a, b).sum(), equal=False),
    ),
    _("you count in percent. A fraction goes from 0 to 1."):
        _compared(lambda a, b: 100 * _fraction(_nearest(a, b))),
    _("you took the last digits of the larger set. Take the first ones."): _other_ones,
    _("you compare with the mean digit distance. Only the nearest digit of each set counts: amin, "
    "not mean."): (
        _compared(lambda a, b: _fraction(a.mean(1) < b.mean(1))),
        _compared(lambda a, b: _fraction(a.mean(1) < b.mean(1)), equal=False),
    ),
    _("amax finds the digit farthest away. The nearest is amin."):
        _compared(lambda a, b: _fraction(a.amax(1) < b.amax(1))),
    _("you looked for the nearest picture of each digit. Look for the nearest digit of each "
      "picture: over axis 1."): _compared(lambda a, b: _fraction(a.amin(0) < b.amin(0))),
    _("you compared all distances one by one. First find the nearest digit of each set, then "
    "compare."): _compared(lambda a, b: _fraction(a < b)),
    _("that is a mean distance. First ask of each picture which of its two digits is nearer, then "
    "take the mean of the answers."): (
        _compared(lambda a, b: a.amin(1).mean()),
        _compared(lambda a, b: a.amin(1).mean() - b.amin(1).mean()),
        _compared(lambda a, b: a.amin(1).mean() / b.amin(1).mean()),
        _compared(lambda a, b: (a.amin(1) - b.amin(1)).mean()),
        _compared(lambda a, b: (a.amin(1) / b.amin(1)).mean()),
        _compared(lambda a, b: float(a.amin(1).mean() < b.amin(1).mean())),
    ),
}  # fmt: skip
"""Of 2.3, (pictures, seen, unseen) -> fraction."""
