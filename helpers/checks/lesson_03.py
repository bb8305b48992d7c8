"""Exercises of lesson 03, Latents."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from .. import decoding
from ..loading import StableDiffusionPipeline
from .core import Hint, exercise, outcome, solution

__all__ = [
    "compression",
    "fit_preview",
    "prediction",
    "psnr",
    "scaling_factor",
    "solution",
]

_COMPRESSION_CODE = """\
def compression(side, factor, channels):
    pixels = 3 * side * side
    latents = channels * (side // factor) ** 2
    return pixels / latents
"""


@exercise(
    "3.1",
    task="write compression(side, factor, channels): numbers of the picture for each latent.",
    reference=_COMPRESSION_CODE,
)
def compression(answer: Callable[[int, int, int], float]) -> str:
    """Examines a function with three sizes of which no two mistakes give the same number."""
    for side, factor, channels in ((128, 8, 4), (256, 4, 3), (1024, 8, 16)):
        expected = 3 * factor**2 / channels
        mistakes = {
            factor**2 / channels: "A pixel has three numbers: red, green and blue.",
            3 * factor / channels: "Width *and* height shrink by the factor, so it counts twice.",
            3 * factor**2: "Each place of the latents holds as many numbers as there are channels.",
            factor**2: "You counted places. Each holds 3 numbers in the picture, channels in the "
            "latents.",
            1 / expected: "You divided the latents by the picture. Turn it over.",
            channels * (side / factor) ** 2: "This is how many latents there are. Divide the "
            "numbers of the picture by it.",
        }
        came = float(outcome(answer, side, factor, channels))
        if not math.isclose(came, expected, rel_tol=1e-6):
            told = f"compression({side}, {factor}, {channels}) gave {came:g}"
            raise Hint(f"{told}, expected {expected:g}. {_known(came, mistakes)}")
    return "The side cancels out: 48 at 128 × 128 pixels, and 48 at 512 × 512."


def _known(came: float, mistakes: dict[float, str]) -> str:
    """The words for the mistake that gives just this number, or general advice."""
    found = [words for value, words in mistakes.items() if math.isclose(came, value, rel_tol=1e-3)]
    return found[0] if found else "Go through the worked number above, line by line."


_SCALING_CODE = """\
def scaling_factor(z):
    return 1 / z.std()
"""


@exercise(
    "3.2",
    task="write scaling_factor(z): what makes the standard deviation of z one.",
    reference=_SCALING_CODE,
)
def scaling_factor(answer: Callable[[Tensor], Tensor]) -> str:
    """Examines a function with latents whose mean is not 0 and whose channels differ."""
    z = torch.randn(8, 4, 6, 6, generator=torch.Generator().manual_seed(0))
    z = z * torch.tensor([2.0, 3.0, 4.0, 5.0]).view(1, 4, 1, 1) + 6
    came = torch.as_tensor(outcome(answer, z))
    if came.numel() != 1:
        raise Hint(
            f"expected one number, got a tensor of shape {list(came.shape)}. One factor serves all "
            "channels and all pictures: z.std() without dimensions."
        )
    std, var = float(z.std()), float(z.var())
    mistakes = {
        std: "This is the standard deviation. The latents are *multiplied* by the factor: 1 / std.",
        1 / var: "You divided by the variance. The spread of z is its root, z.std().",
        var: "This is the variance. Which factor makes the standard deviation one?",
        float(z.square().mean()) ** -0.5: "You took the root of the mean square, which also counts "
        "the mean. The standard deviation is taken around the mean: z.std().",
        1 / float(z.abs().mean()): "You took the mean size. The standard deviation is z.std().",
        1 / float(z[0].std()): "You measured the first picture only. Use all of z.",
        1 / float(z.amax() - z.amin()): "You took the range. The standard deviation is z.std().",
    }
    if not math.isclose(float(came), 1 / std, rel_tol=1e-2):
        told = f"for latents of standard deviation {std:.3f} it gave {float(came):.3f}"
        raise Hint(f"{told}, expected {1 / std:.3f}. {_known(float(came), mistakes)}")
    return "After multiplying, one step of the latents is one step of the noise."


@exercise(
    "3.3",
    task="write fit_preview(latents, images): the table of the best colours, (C + 1, 3).",
    reference=decoding.fit_preview,
)
def fit_preview(answer: Callable[[Tensor, Tensor], Tensor]) -> str:
    """Examines a function with noisy pictures of which every mistake gives another table."""
    rng = torch.Generator().manual_seed(1)
    latents = torch.randn(3, 4, 5, 6, generator=rng)  # height and width differ on purpose
    table = torch.rand(5, 3, generator=rng) / 4
    colours = torch.einsum("bchw,cr->brhw", latents, table[:4]) + table[4].view(1, 3, 1, 1)
    images = F.interpolate(colours, scale_factor=8)  # (3, 3, 40, 48)
    images = images + 0.2 * torch.randn(images.shape, generator=rng)
    came = outcome(answer, latents, images)
    expected = decoding.fit_preview(latents, images)
    if not isinstance(came, Tensor):
        raise Hint(
            f"expected a tensor, got {type(came).__name__}. torch.linalg.lstsq returns several "
            "things; the table is its .solution."
        )
    if came.shape != expected.shape:
        raise Hint(f"expected a table of shape [5, 3], got {list(came.shape)}. {_shape_hint(came)}")
    if not torch.allclose(came, expected, atol=1e-3):
        raise Hint(_table_hint(came, latents, images))
    return "Fifteen numbers, found from pictures alone."


def _shape_hint(came: Tensor) -> str:
    """What a table of another shape than (5, 3) lacks."""
    if came.shape == (3, 5):
        return "Turn it over: a row for each channel, a column for each colour."
    if came.shape == (4, 3):
        return "The constant is missing: give the latents a fifth column of ones."
    if len(came) > 5:
        return "Every latent pixel is a row of its own, of four numbers: permute, then flatten."
    return "It has a row for each of the 4 channels and one for the constant."


def _table_hint(came: Tensor, latents: Tensor, images: Tensor) -> str:
    """Which mistake gives just this table."""
    fit = decoding.fit_preview
    first = latents.permute(0, 2, 3, 1).flatten(0, 2)  # the right rows
    colours = F.avg_pool2d(images, 8).permute(0, 2, 3, 1).flatten(0, 2)
    ones = F.pad(latents.reshape(-1, 4), (0, 1), value=1.0)  # the wrong rows: (B, C, h, w) as it is
    wrong_rows = torch.linalg.lstsq(ones, colours).solution
    both = torch.linalg.lstsq(ones, F.avg_pool2d(images, 8).reshape(-1, 3)).solution
    no_permute = (
        "The rows are mixed up: reshape alone cuts through the channels. Put them last first, "
        "with .permute(0, 2, 3, 1), for latents and pictures."
    )
    known = (
        (wrong_rows, no_permute),
        (both, no_permute),
        (fit(latents, images).roll(1, 0), "The constant stands first. Put the ones last."),
        (fit(latents, images[..., ::8, ::8]), "You took one pixel of each patch. Take the mean of "
         "its 8 × 8 pixels: F.avg_pool2d(images, 8)."),
        (fit(latents, 2 * images - 1), "The colours came from [-1, 1]. Fit them in [0, 1]."),
        (fit(latents, 255 * images), "The colours came from 0 ... 255. Fit them in [0, 1]."),
        (F.pad(torch.linalg.lstsq(first, colours).solution, (0, 0, 0, 1)),
         "Your constant is 0: fit it together with the rest, through a column of ones."),
    )  # fmt: skip
    for table, words in known:
        if torch.allclose(came, table, atol=1e-3):
            return words
    return (
        "a table of the right shape, but another one gives smaller errors. Does row k of the "
        "latents belong to row k of the colours, and is the last column all ones?"
    )


@exercise(
    "3.4",
    task='set prediction to "double exposure" or to "new landscape".',
    reference='prediction = "double exposure"',
)
def prediction(answer: str, pipe: StableDiffusionPipeline, first: Tensor, second: Tensor) -> str:
    """Examines what halfway between two pictures' latents looks like, by measuring it.

    A double exposure is nearer to the mean of the two pictures than to either of them.
    """
    if answer not in ("double exposure", "new landscape"):
        raise Hint(f'expected "double exposure" or "new landscape", got {answer!r}.')
    halfway = decoding.encode(pipe, torch.cat([first, second])).mean(0, keepdim=True)
    halfway = decoding.decode(pipe, halfway)
    both, *single = (
        float(decoding.psnr(halfway, image)) for image in ((first + second) / 2, first, second)
    )
    seen = "double exposure" if both > max(single) else "new landscape"
    if answer != seen:
        raise Hint(
            f"measured, it is a {seen}: the halfway picture is {both:.0f} dB near the two pictures "
            f"laid over each other, and {max(single):.0f} dB near the nearer one of them. Which "
            "part of a picture does one latent pixel stand for?"
        )
    return f"It is {both:.0f} dB near the two pictures laid over each other."


@exercise(
    "3.5",
    task="write psnr(a, b): one number in dB for each pair of pictures.",
    reference=decoding.psnr,
)
def psnr(answer: Callable[[Tensor, Tensor], Tensor]) -> str:
    """Examines a function with two pairs whose errors differ."""
    rng = torch.Generator().manual_seed(2)
    a = torch.rand(2, 3, 8, 8, generator=rng)
    b = a + torch.tensor([0.2, 0.02]).view(2, 1, 1, 1) * torch.randn(a.shape, generator=rng)
    came = torch.as_tensor(outcome(answer, a, b))
    if came.shape != (2,):
        raise Hint(
            f"for two pairs it gave shape {list(came.shape)}, expected [2]. "
            + ("Take the mean inside each picture: " if came.numel() == 1 else "Take the mean: ")
            + ".mean(dim=(1, 2, 3))."
        )
    error = (a - b).square().mean(dim=(1, 2, 3))  # (2,)
    right = -10 * torch.log10(error)
    for value, words in _psnr_mistakes(a, b, error):
        if torch.allclose(came, value, rtol=1e-3):
            raise Hint(words)
    if not torch.allclose(came, right, rtol=1e-3):
        told = f"got {came[0]:.2f} and {came[1]:.2f} dB, expected {right[0]:.2f} and {right[1]:.2f}"
        raise Hint(f"{told}. Square the difference, take the mean, then -10 times its log10.")
    return "Ten times smaller errors are 20 dB more."


def _psnr_mistakes(a: Tensor, b: Tensor, error: Tensor) -> list[tuple[Tensor, str]]:
    """(what comes out, what to say) of plausible mistakes."""
    right = -10 * torch.log10(error)
    size = (a - b).abs().mean(dim=(1, 2, 3))
    return [
        (error, "This is the mean squared error. Its logarithm is missing: -10 * torch.log10(...)"),
        (-right, "The sign is turned over: smaller errors must give larger numbers."),
        (right / 10, "These are bels. A decibel is a tenth of one: multiply by 10."),
        (right / 2, "You took the root of the error (or 5 for 10). The mean *squared* error goes "
         "into the logarithm, with no root."),
        (right * 2, "20 belongs to the root of the mean squared error. For the mean squared error "
         "itself it is 10."),
        (-10 * torch.log(error), "torch.log is the natural logarithm; decibels take torch.log10."),
        (-10 * torch.log10(size), "You took the mean size of the difference. Square it first."),
        (-20 * torch.log10(size), "You took the mean size of the difference. Square it first, then "
         "take 10 times the logarithm of the mean."),
        (right - 10 * math.log10(a[0].numel()), "You added the squares up. Take their mean."),
        (right + 20 * math.log10(255), "The pictures lie in [0, 1], so the peak is 1, not 255."),
        (right + 20 * math.log10(2), "The pictures lie in [0, 1], so the peak is 1, not 2."),
    ]  # fmt: skip
