"""Exercises of lesson 03, Latents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from .. import decoding
from ..loading import StableDiffusionPipeline
from . import mistakes_03, reading
from .core import Hint, exercise, solution, yours
from .questions import Questions

__all__ = [
    "compression",
    "fit_preview",
    "prediction",
    "psnr",
    "scaling_factor",
    "solution",
    "yours",
]

_COMPRESSION_CODE = """\
def compression(side, factor, channels):
    pixels = 3 * side * side
    latents = channels * (side // factor) ** 2
    return pixels / latents
"""

SIZES = Questions(
    reference=_COMPRESSION_CODE,
    cases=[(96, 6, 5), (240, 4, 7), (1120, 16, 9)],
    mistakes=mistakes_03.COMPRESSION,
    read=reading.number_or_tensor,
    advice="Go through the worked number above, line by line.",
)


@exercise(
    "3.1",
    task="write compression(side, factor, channels): numbers of the picture for each latent.",
    reference=_COMPRESSION_CODE,
)
def compression(answer: Callable[[int, int, int], float]) -> str:
    """Examines a function with sizes of which no two mistakes give the same number."""
    SIZES.put_to(answer)
    return "The side cancels out: 48 at 128 × 128 pixels, and 48 at 512 × 512."


_SCALING_CODE = """\
def scaling_factor(z):
    return 1 / z.std()
"""


def _cloud(seed: int, shape: tuple[int, ...], spreads: tuple[float, ...], mean: float) -> Tensor:
    """Latents (B, 4, h, w) whose mean is not 0, and whose channels and pictures differ."""
    z = torch.randn(shape, generator=torch.Generator().manual_seed(seed))
    pictures = torch.linspace(0.6, 1.4, len(z)).view(-1, 1, 1, 1)
    return z * pictures * torch.tensor(spreads).view(1, 4, 1, 1) + mean


SPREADS = Questions(
    reference=_SCALING_CODE,
    cases=[
        (_cloud(0, (8, 4, 6, 6), (2.0, 3.0, 4.0, 9.0), 6.0),),
        (_cloud(1, (5, 4, 8, 7), (0.8, 0.1, 0.5, 0.2), -0.7),),
    ],
    mistakes=mistakes_03.SCALING,
    read=reading.number_or_tensor,
    advice="It is 1 / standard deviation, of all numbers of z at once.",
)


@exercise(
    "3.2",
    task="write scaling_factor(z): what makes the standard deviation of z one.",
    reference=_SCALING_CODE,
)
def scaling_factor(answer: Callable[[Tensor], Tensor]) -> str:
    """Examines a function with latents of several spreads in one batch."""
    SPREADS.put_to(answer)
    return "After multiplying, one step of the latents is one step of the noise."


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
        raise Hint("torch.linalg.lstsq returns several things; the table is its .solution.")
    if isinstance(answer, tuple):
        raise Hint(f"expected one tensor, got {reading.shown(answer)}. Return the table alone.")
    table = reading.tensor(answer)
    if table.shape == (5, 3) and not bool(table[-1].any()):
        # Told by this row alone: with a column of zeros, lstsq gives other rows now and then.
        raise Hint(
            "Your constant is 0. Fit it together with the rest, through a column of ones: F.pad "
            "appends zeros without value=1.0."
        )
    return table


PREVIEWS = Questions(
    reference=decoding.fit_preview,
    cases=[_noisy_pictures(1, 3, 4, 5, 6), _noisy_pictures(2, 2, 4, 7, 4)],
    mistakes=mistakes_03.PREVIEW,
    read=_table,
    advice="Does row k of the latents belong to row k of the colours, and is the last column all "
    "ones? The table has a row for each of the 4 channels and one for the constant.",
)


@exercise(
    "3.3",
    task="write fit_preview(latents, images): the table of the best colours, (C + 1, 3).",
    reference=decoding.fit_preview,
)
def fit_preview(answer: Callable[[Tensor, Tensor], Tensor]) -> str:
    """Examines a function with noisy pictures of which every mistake gives another table."""
    PREVIEWS.put_to(answer)
    return "Fifteen numbers, found from pictures alone."


@exercise(
    "3.4",
    task='set prediction to "double exposure" or to "new landscape".',
    reference='prediction = "double exposure"',
)
def prediction(answer: Any, pipe: StableDiffusionPipeline, first: Tensor, second: Tensor) -> str:
    """Examines what halfway between two pictures' latents looks like, by measuring it.

    A double exposure is nearer to the mean of the two pictures than to either of them.
    """
    said = reading.choice(answer, ("double exposure", "new landscape"))
    halfway = decoding.encode(pipe, torch.cat([first, second])).mean(0, keepdim=True)
    halfway = decoding.decode(pipe, halfway)
    both, *single = (
        float(decoding.psnr(halfway, image)) for image in ((first + second) / 2, first, second)
    )
    seen = "double exposure" if both > max(single) else "new landscape"
    if said != seen:
        raise Hint(
            f"measured, it is a {seen}: the halfway picture is {both:.0f} dB near the two pictures "
            f"laid over each other, and {max(single):.0f} dB near the nearer one of them. Which "
            "part of a picture does one latent pixel stand for?"
        )
    return f"It is {both:.0f} dB near the two pictures laid over each other."


def _pairs(seed: int, *sizes: float, side: int) -> tuple[Tensor, Tensor]:
    """Two batches (B, 3, H, W) in [0, 1], darker than white; errors of these sizes, with a bias."""
    rng = torch.Generator().manual_seed(seed)
    a = 0.1 + 0.6 * torch.rand(len(sizes), 3, side, side + 2, generator=rng)
    errors = torch.tensor(sizes).view(-1, 1, 1, 1) * (torch.randn(a.shape, generator=rng) + 0.7)
    return a, (a + errors * torch.tensor([0.4, 1.0, 1.6]).view(1, 3, 1, 1)).clamp(0, 0.8)


PAIRS = Questions(
    reference=decoding.psnr,
    cases=[
        _pairs(2, 0.1, 0.02, side=8),
        _pairs(3, 0.06, 0.15, 0.01, side=6),
        _pairs(4, 0.04, side=5),
    ],
    mistakes=mistakes_03.PSNR,
    precision=1e-3,  # a number rounded to one digit is no longer it
    advice="Square the difference, take the mean in each pair, then -10 times its log10.",
)


@exercise(
    "3.5",
    task="write psnr(a, b): one number in dB for each pair of pictures.",
    reference=decoding.psnr,
)
def psnr(answer: Callable[[Tensor, Tensor], Tensor]) -> str:
    """Examines a function with pairs whose errors differ, in as many pictures as colours, too."""
    PAIRS.put_to(answer)
    return "Ten times smaller errors are 20 dB more."
