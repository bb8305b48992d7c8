"""What the functions of lesson 01 are asked, and the usual mistakes, each with its hint."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from .. import maths
from ..language import _
from . import reading
from .questions import Questions


def _doubles(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


PRODUCTS = Questions(
    reference=maths.alpha_bar,
    cases=[(_doubles(0.3, 0.12, 0.55, 0.7),), (_doubles(0.05, 0.4, 0.25, 0.1, 0.15, 0.6, 0.35),)],
    mistakes={
        _("you return one number. Every t needs its own: torch.cumprod keeps them all."):
            lambda betas: (1 - betas).prod(),
        _("you multiply the betas. The picture is multiplied by what is left of it: 1 - beta."):
            lambda betas: torch.cumprod(betas, 0),
        _("you multiply the betas, and take that from 1. Take each beta from 1 first, then "
          "multiply."):
            lambda betas: 1 - torch.cumprod(betas, 0),
        _("this is alpha_t, what one step leaves. After t steps all the factors up to t count."):
            lambda betas: 1 - betas,
        _("this is the square root of alpha_bar. Leave the root out: alpha_bar is a share of the "
        "variance."): lambda betas: torch.cumprod(1 - betas, 0).sqrt(),
        _("this is the square of alpha_bar. 1 - beta is a share of the variance already."):
            lambda betas: torch.cumprod(1 - betas, 0) ** 2,
        _("you add the betas up. Each step takes its share of what is left, so multiply."):
            lambda betas: 1 - torch.cumsum(betas, 0),
        _("you add up where you should multiply: torch.cumprod."):
            lambda betas: torch.cumsum(1 - betas, 0),
        _("this is the share of the noise. The share of the picture is 1 minus that."):
            lambda betas: 1 - torch.cumprod(1 - betas, 0),
        _("off by one: at t the factor 1 - beta_t itself belongs to the product."):
            lambda betas: torch.cumprod(torch.cat([betas[:1] * 0, betas[:-1]]).neg() + 1, 0),
        _("one value is missing. ᾱ has the shape of betas: its first value is 1 - beta of t = 0."):
            lambda betas: torch.cumprod(1 - betas, 0)[1:],
        _("the product begins at the last timestep. Begin at t = 0, with betas as they come."):
            lambda betas: torch.cumprod((1 - betas).flip(0), 0).flip(0),
        _("the order is turned round. ᾱ falls: its first value belongs to t = 0."):
            lambda betas: torch.cumprod(1 - betas, 0).flip(0),
    },
    advice=_("ᾱ at t is the product of all 1 - beta up to t, and of that of t itself."),
)  # fmt: skip


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
    """A function as in exercise 1.3, from a mixture (x0, eps, level) at the right levels."""
    return lambda x0, eps, t, alpha_bar: mix(x0, eps, _level(t, alpha_bar))


_SPREAD = _("Give it the shape (B, 1, 1, 1) with .view(-1, 1, 1, 1).")

BATCHES = Questions(
    reference=maths.add_noise_at,
    cases=[
        _batch(4, [5, 1, 6, 2], 0.93, 0.81, 0.66, 0.47, 0.29, 0.17, 0.08),
        _batch(3, [4, 0, 3], 0.88, 0.71, 0.44, 0.26, 0.12),
        _batch(1, [2], 0.9, 0.6, 0.35, 0.2),  # one picture is a batch, too
    ],
    mistakes={
        _("the noise is missing: add sqrt(1 - alpha_bar) times eps."):
            _at_level(lambda x0, eps, a: a**0.5 * x0),
        _("the picture is missing: add sqrt(alpha_bar) times x0."):
            _at_level(lambda x0, eps, a: (1 - a) ** 0.5 * eps),
        _("the two factors are swapped: sqrt(alpha_bar) belongs to x0."):
            _at_level(lambda x0, eps, a: (1 - a) ** 0.5 * x0 + a**0.5 * eps),
        _("you mix with alpha_bar itself. It is a share of the variance; values are multiplied by "
        "its square root."): _at_level(lambda x0, eps, a: a * x0 + (1 - a) * eps),
        _("the noise is multiplied by its variance, 1 - alpha_bar. Take the square root of it."):
            _at_level(lambda x0, eps, a: a**0.5 * x0 + (1 - a) * eps),
        _("the picture is multiplied by alpha_bar. Take the square root of it."):
            _at_level(lambda x0, eps, a: a * x0 + (1 - a) ** 0.5 * eps),
        _("`** 1/2` is half of the first power, for Python goes from left to right. Write ** 0.5."):
            _at_level(lambda x0, eps, a: a**1 / 2 * x0 + (1 - a) ** 1 / 2 * eps),
        _("the factor of the noise is not 1 - sqrt(alpha_bar) but sqrt(1 - alpha_bar)."):
            _at_level(lambda x0, eps, a: a**0.5 * x0 + (1 - a**0.5) * eps),
        _("the noise is taken away. It is added: a plus sign."):
            _at_level(lambda x0, eps, a: a**0.5 * x0 - (1 - a) ** 0.5 * eps),
        _("both factors are missing: sqrt(alpha_bar) x0 + sqrt(1 - alpha_bar) eps."):
            lambda x0, eps, t, alpha_bar: x0 + eps,
        _("the noise has its full size. Multiply it by sqrt(1 - alpha_bar)."):
            _at_level(lambda x0, eps, a: a**0.5 * x0 + eps),
        _("the picture has its full size. Multiply it by sqrt(alpha_bar)."):
            _at_level(lambda x0, eps, a: x0 + (1 - a) ** 0.5 * eps),
        _("alpha_bar[t] has shape (B,) and was spread over the columns of every picture. {spread}",
          spread=_SPREAD):
            lambda x0, eps, t, alpha_bar: maths.add_noise(x0, eps, alpha_bar[t]),
        _("the levels were spread over the rows of every picture. {spread}", spread=_SPREAD):
            lambda x0, eps, t, alpha_bar: maths.add_noise(x0, eps, alpha_bar[t].view(-1, 1)),
        _("the levels were spread over the channels of every picture. {spread}", spread=_SPREAD):
            lambda x0, eps, t, alpha_bar: maths.add_noise(x0, eps, alpha_bar[t].view(-1, 1, 1)),
        _("all pictures got the noise level of the first. Each has its own t."):
            lambda x0, eps, t, alpha_bar: maths.add_noise(x0, eps, alpha_bar[t[0]]),
        _("off by one: take alpha_bar[t]. Index 0 is the first timestep."):
            lambda x0, eps, t, alpha_bar: maths.add_noise_at(x0, eps, t - 1, alpha_bar),
        _("you take the levels by place in the batch. Take alpha_bar[t]."):
            lambda x0, eps, t, alpha_bar: maths.add_noise(
                x0, eps, alpha_bar[: len(t)].view(-1, 1, 1, 1)
            ),
        _("alpha_bar holds the shares already, so no further product: take alpha_bar[t]."):
            lambda x0, eps, t, alpha_bar: maths.add_noise_at(x0, eps, t, alpha_bar.cumprod(0)),
    },
    advice=_("It is sqrt(alpha_bar) x0 + sqrt(1 - alpha_bar) eps, with alpha_bar[t] of each "
             "picture."),
)  # fmt: skip


PATCH_CODE = """\
def smallest_patch(alpha_bar, contrast):
    sigma = ((1 - alpha_bar) / alpha_bar) ** 0.5  # noise in units of the picture
    return int(sigma / contrast) + 1  # sigma / n is below contrast
"""


def _sigma(alpha_bar: float) -> float:
    return float(((1 - alpha_bar) / alpha_bar) ** 0.5)


def _above(side: float) -> int:
    """The first whole number above a side."""
    return int(side) + 1


PATCHES = Questions(
    reference=PATCH_CODE,
    cases=[(0.05, 0.35), (0.0123, 0.55), (0.3, 0.2), (0.7, 0.9), (0.004, 0.115)],
    read=reading.number,
    mistakes={
        _("this is how many pixels the patch holds, n * n. Asked is its side."):
            (lambda a, c: _above((_sigma(a) / c) ** 2), lambda a, c: _above(_sigma(a) / c) ** 2),
        _("noise in a mean of n * n pixels shrinks to 1 / n, not to its root."):
            lambda a, c: _above((_sigma(a) / c) ** 0.5),
        _("the picture is shrunk too, by sqrt(alpha_bar). Count the noise in units of the "
          "picture."):
            (lambda a, c: _above((1 - a) ** 0.5 / c), lambda a, c: _above((1 - a) / c)),
        _("you take the noise's variance. Compare standard deviations: a root."):
            lambda a, c: _above((1 - a) / a / c),
        _("you divide by alpha_bar. The picture is multiplied by its square root."):
            lambda a, c: _above((1 - a) ** 0.5 / a / c),
        _("this is signal over noise. Turn sigma's fraction over."):
            lambda a, c: _above(1 / _sigma(a) / c),
        _("a stronger contrast needs smaller patches: divide by it."):
            lambda a, c: _above(_sigma(a) * c),
        _("in patches of this side the noise is still the stronger one. Take the next whole "
          "number."):
            lambda a, c: int(_sigma(a) / c),
        _("half rounds up, the other half down, and there the noise is still stronger. Round up."):
            (lambda a, c: round(_sigma(a) / c), lambda a, c: max(1, round(_sigma(a) / c))),
        _("this is the side at which both are equal. Asked is the next whole number."):
            lambda a, c: _sigma(a) / c,
        _("one too large: there is a smaller side at which the noise is weaker already."):
            lambda a, c: _above(_sigma(a) / c) + 1,
        _("this is the noise before any mean. A mean of n * n pixels has 1 / n of it."):
            lambda a, c: _sigma(a),
        _("the contrast is not used: compare sigma / n with it, not with 1."):
            lambda a, c: _above(_sigma(a)),
    },
    advice=_("The noise has the standard deviation sigma before averaging, and sigma / n "
             "after it."),
)  # fmt: skip
