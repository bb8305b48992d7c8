"""Exercises of lesson 03, Latents."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL
from torch import Tensor

from .. import decoding
from ..language import _
from ..loading import StableDiffusionPipeline
from . import mistakes_03, reading
from .calling import ask
from .core import Hint, exercise, solution, yours
from .questions import Questions

__all__ = [
    "fit_preview",
    "mix_noise",
    "prediction",
    "round_trip",
    "solution",
    "yours",
]

_ROUND_TRIP_CODE = """\
def round_trip(vae, images, factor):
    z = vae.encode(2 * images - 1).latent_dist.mean
    latents = factor * z
    pixels = vae.decode(latents / factor).sample
    return latents, (pixels / 2 + 0.5).clamp(0, 1)
"""


def _small_vae(seed: int, factor: float) -> AutoencoderKL:
    """An untrained VAE of a few numbers, whose pixels go beyond [-1, 1] on both sides."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        vae = AutoencoderKL(
            block_out_channels=(8, 8),
            down_block_types=("DownEncoderBlock2D",) * 2,
            up_block_types=("UpDecoderBlock2D",) * 2,
            norm_num_groups=4,
            mid_block_add_attention=False,
            scaling_factor=factor,
        ).eval()
    last = vae.decoder.conv_out
    with torch.no_grad():
        last.weight.mul_(4)
        last.bias.fill_(-0.2)
    return vae.requires_grad_(False)


def _trips() -> list[tuple]:
    """Other sizes, factors and VAEs than the page's; the factor is not that of the VAE."""
    rng = torch.Generator().manual_seed(0)
    small, large = torch.rand(2, 3, 8, 12, generator=rng), torch.rand(3, 3, 6, 4, generator=rng)
    return [(_small_vae(1, 0.9), small, 0.4), (_small_vae(2, 0.3), large, 2.5)]


def _latents_and_pictures(answer: Any) -> list[Tensor]:
    """The two tensors, in order."""
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        came = reading.shown(answer)
        raise Hint(_("expected two tensors, latents and pictures, got {came}.", came=came))
    return [reading.tensor(part) for part in answer]


TRIPS = Questions(
    reference=_ROUND_TRIP_CODE,
    cases=_trips(),
    mistakes=mistakes_03.ROUND_TRIP,
    read=_latents_and_pictures,
    advice=_("Go through the four lines: which range, and times or divided by what?"),
)


@exercise(
    "3.1",
    task=_("write round_trip(vae, images, factor) without the two mistakes."),
    reference=_ROUND_TRIP_CODE,
)
def round_trip(answer: Callable[[AutoencoderKL, Tensor, float], tuple[Tensor, Tensor]]) -> str:
    """Examines a function with two small VAEs, of other factors than their own."""
    TRIPS.put_to(answer)
    return _("A picture can be right although the latents on the way are not.")


CHOICES = {"double exposure": _("double exposure"), "new landscape": _("new landscape")}


@exercise(
    "3.2",
    task=_('set prediction to "double exposure" or to "new landscape".'),
    reference='prediction = "double exposure"',
)
def prediction(answer: Any, pipe: StableDiffusionPipeline, first: Tensor, second: Tensor) -> str:
    """Examines what halfway between two pictures' latents looks like, by measuring it.

    A double exposure is nearer to the mean of the two pictures than to either of them.
    """
    said = reading.choice(answer, CHOICES)
    halfway = decoding.encode(pipe, torch.cat([first, second])).mean(0, keepdim=True)
    halfway = decoding.decode(pipe, halfway)
    both, *single = (
        float((halfway - image).abs().mean()) for image in ((first + second) / 2, first, second)
    )
    seen = "double exposure" if both < min(single) else "new landscape"
    if said != seen:
        raise Hint(
            _(
                "measured, it is a {seen}: the halfway picture is {both:.0f} of 255 levels away "
                "from the two pictures laid over each other, and {single:.0f} from the nearer one "
                "of them. Which part of a picture does one latent pixel stand for?",
                seen=CHOICES[seen],
                both=255 * both,
                single=255 * min(single),
            )
        )
    return _(
        "It is only {both:.0f} of 255 levels away from the two laid over each other.",
        both=255 * both,
    )


_MIX_CODE = """\
def mix_noise(first, second, s):
    mixture = (1 - s) * first + s * second
    return mixture / ((1 - s) ** 2 + s**2) ** 0.5
"""

MIXING_RATIOS = (0.0, 0.2, 0.5, 0.7, 1.0)
END_OFF = 0.04
"""What an end of the way may be off: brought to a standard deviation of exactly 1, it is 0.01."""

STD_OFF = 0.01
"""What a standard deviation may be off, measured or as the two weights say: slerp is by 0.004."""

REST = 0.02
"""The standard deviation that anything else in a mixture may have."""


def _noises(seed: int, *shape: int) -> tuple[Tensor, Tensor]:
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=rng), torch.randn(shape, generator=rng)


def _mixture(answer: Callable, first: Tensor, second: Tensor, s: float) -> tuple[float, float]:
    """How much of each noise is in a mixture; refuses one of another size or of other things."""
    mixed = reading.tensor(ask(answer, first, second, s)).double()
    if mixed.shape != first.shape:
        raise Hint(_("expected the shape {right}, got {came}.",
                     right=tuple(first.shape), came=tuple(mixed.shape)))  # fmt: skip
    if not bool(mixed.isfinite().all()):
        raise Hint(_("at s = {s:g} the mixture is not finite: it holds nan or inf.", s=s))
    both = torch.stack([first.flatten(), second.flatten()], dim=1).double()  # (N, 2)
    weights = torch.linalg.lstsq(both, mixed.flatten()[:, None]).solution  # (2, 1)
    rest = mixed.flatten() - (both @ weights)[:, 0]
    for end, noise, hint in (
        (0.0, first, _("at s = 0 the mixture is to be the first noise itself, and it is another.")),
        (
            1.0,
            second,
            _("at s = 1 the mixture is to be the second noise itself, and it is another."),
        ),
    ):
        if s == end and float((mixed - noise).square().mean().sqrt()) > END_OFF:
            raise Hint(hint)
    if float(rest.std()) > REST:
        raise Hint(
            _("there is something else in the mixture than the two noises. Mix these alone.")
        )
    std = float(mixed.std())
    if min(abs(std - 1), abs(float(weights.norm()) - 1)) > STD_OFF:
        raise Hint(_("at s = {s:g} the standard deviation is {std:.2f}, not 1. {advice}",
                     s=s, std=std, advice=_advice(std, s)))  # fmt: skip
    return float(weights[0]), float(weights[1])


def _advice(std: float, s: float) -> str:
    """Why a mixture has this standard deviation."""
    line = ((1 - s) ** 2 + s**2) ** 0.5
    known = {
        line: _("This is still the straight line. By which number must it be divided?"),
        1 / line: _("You divided by the variance. The standard deviation is its root."),
        line**3: _("You multiplied by the variance. It has to go the other way."),
        line**2: _("You multiplied by the standard deviation. It has to go the other way."),
        2**0.5 * line: _("√2 is right for s = 0.5 alone. Here the line's own number is needed."),
    }
    near = min(known, key=lambda value: abs(value - std))
    if abs(near - std) < 0.02:
        return known[near]
    return _("The variances add: the squares of the two weights have to sum to 1.")


@exercise(
    "3.3",
    task=_("write mix_noise(first, second, s), always of standard deviation 1."),
    reference=_MIX_CODE,
)
def mix_noise(answer: Callable[[Tensor, Tensor, float], Tensor]) -> str:
    """Examines a function by what is asked of it alone: there are many right ones."""
    for number, shape in enumerate([(1, 4, 64, 60), (3, 4, 48, 56)]):
        noises = _noises(number, *shape)
        way = [_mixture(answer, *noises, s) for s in MIXING_RATIOS]
        if any(b[1] < a[1] + 0.005 or b[0] > a[0] - 0.005 for a, b in pairwise(way)):
            raise Hint(
                _(
                    "the way does not lead from the first noise to the second: with every larger s "
                    "there must be less of the first and more of the second."
                )
            )
    return _(
        "Yours is one of many right ways. All keep the squares of the two weights at a sum of 1."
    )


_PREVIEW_CODE = """\
import torch
import torch.nn.functional as F


def fit_preview(latents, images):
    A = latents.permute(0, 2, 3, 1).flatten(0, 2)  # (B h w, 4)
    A = F.pad(A, (0, 1), value=1.0)                # (B h w, 5)
    colours = F.avg_pool2d(images, 8)              # (B, 3, h, w)
    Y = colours.permute(0, 2, 3, 1).flatten(0, 2)  # (B h w, 3)
    return torch.linalg.lstsq(A, Y).solution       # (5, 3)
"""


def _noisy_pictures(seed: int, *shape: int) -> tuple[Tensor, Tensor]:
    """Latents (B, 4, h, w), and pictures (B, 3, 8 h, 8 w) in [0, 1] that follow them roughly."""
    rng = torch.Generator().manual_seed(seed)
    latents = torch.randn(shape, generator=rng)
    table = torch.rand(5, 3, generator=rng) / 2 - 0.25  # colours fall with a latent as well
    colours = torch.einsum("bchw,cr->brhw", latents, table[:4]) + 0.25 - table[4].view(1, 3, 1, 1)
    images = F.interpolate(colours, scale_factor=8)
    return latents, (images + 0.2 * torch.randn(images.shape, generator=rng) + 0.3).clamp(0, 1)


def _table(answer: Any) -> Tensor:
    """The table, from what `lstsq` gives, too, to be told apart."""
    if hasattr(answer, "solution"):
        raise Hint(_("torch.linalg.lstsq returns several things; the table is its .solution."))
    if isinstance(answer, tuple):
        raise Hint(_("expected one tensor, got {came}. Return the table alone.",
                     came=reading.shown(answer)))  # fmt: skip
    table = reading.tensor(answer)
    if table.shape == (5, 3) and not bool(table[-1].any()):
        # Told by this row alone: with a column of zeros, lstsq gives other rows now and then.
        raise Hint(
            _(
                "Your constant is 0. Fit it together with the rest, through a column of ones: "
                "F.pad appends zeros without value=1.0."
            )
        )
    return table


PREVIEWS = Questions(
    reference=_PREVIEW_CODE,
    cases=[_noisy_pictures(1, 3, 4, 5, 6), _noisy_pictures(2, 2, 4, 7, 4)],
    mistakes=mistakes_03.PREVIEW,
    read=_table,
    advice=_(
        "Does row k of the latents belong to row k of the colours, and is the last column all "
        "ones? The table has a row for each of the 4 channels and one for the constant."
    ),
)


@exercise(
    "3.4",
    task=_("write fit_preview(latents, images): the table of the best colours, (C + 1, 3)."),
    reference=_PREVIEW_CODE,
)
def fit_preview(answer: Callable[[Tensor, Tensor], Tensor]) -> str:
    """Examines a function with noisy pictures of which every mistake gives another table."""
    PREVIEWS.put_to(answer)
    return _("Fifteen numbers, found from pictures alone.")
