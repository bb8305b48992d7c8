"""What learners write for lesson 03 by mistake: hint -> a function that makes the mistake."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from ..decoding import fit_preview

Mistakes = Mapping[str, Callable | tuple[Callable, ...]]

_BOTH_SIDES = "Width *and* height shrink by the factor, so it counts twice."

COMPRESSION: Mistakes = {
    "A pixel has three numbers: red, green and blue.": lambda s, f, c: f**2 / c,
    _BOTH_SIDES: (lambda s, f, c: 3 * f / c, lambda s, f, c: 3 * s * s / (c * (s // f))),
    "The picture has side * side pixels, of three numbers each.":
        lambda s, f, c: 3 * s / (c * (s // f) ** 2),
    "Each place of the latents holds as many numbers as there are channels.":
        lambda s, f, c: 3 * f**2,
    "You multiplied by the channels. Each place holds so many latents, so divide by them.":
        lambda s, f, c: 3 * f**2 * c,
    "You counted places. Each holds 3 numbers in the picture, channels in the latents.":
        lambda s, f, c: f**2,
    "The latents have a channel for each color only if channels is 3. Use both numbers.":
        lambda s, f, c: c * f**2 / 3,
    "You divided the latents by the picture. Turn it over.": lambda s, f, c: c / (3 * f**2),
    "This is how many latents there are. Divide the numbers of the picture by it.":
        lambda s, f, c: c * (s / f) ** 2,
    "This is how many numbers the picture has. Divide it by those of the latents.":
        lambda s, f, c: 3 * s * s,
    "This is a difference. How many come to one is a fraction.":
        lambda s, f, c: 3 * s * s - c * (s / f) ** 2,
    "You rounded. Divide with /, not //.": (
        lambda s, f, c: 3 * s * s // (c * (s // f) ** 2),
        lambda s, f, c: round(3 * f * f / c),
    ),
    "Python goes from left to right: put the numbers of the latents into brackets.": (
        lambda s, f, c: 3 * s**2 / c * (s / f) ** 2,
        lambda s, f, c: 3 * s**2 / c * s / f**2,
    ),
}  # fmt: skip
"""Of 3.1, (side, factor, channels) -> how many times fewer numbers."""

_SCALED = "These are the scaled latents. Return the factor alone, one number."
_ONE_FACTOR = "One factor serves all channels and all pictures: z.std() without dimensions."

SCALING: Mistakes = {
    "This is the standard deviation. The latents are *multiplied* by the factor: 1 / std.":
        lambda z: z.std(),
    "You divided by the variance. The spread of z is its root, z.std().": lambda z: 1 / z.var(),
    "This is the variance. Which factor makes the standard deviation one?": lambda z: z.var(),
    "One root too many: z.std() is the root of the variance already.": lambda z: z.std() ** -0.5,
    "You took the root of the mean square, which also counts the mean. The standard deviation is "
    "taken around the mean: z.std().": lambda z: z.square().mean() ** -0.5,
    "You divided by the mean square. The standard deviation is taken around the mean: z.std().":
        lambda z: 1 / z.square().mean(),
    "You took the mean size. The standard deviation is z.std().": lambda z: 1 / z.abs().mean(),
    "You divided by the mean. The spread is z.std().": lambda z: 1 / z.mean(),
    "You took the range. The standard deviation is z.std().": lambda z: 1 / (z.max() - z.min()),
    "You took the largest number. The standard deviation is z.std().": (
        lambda z: 1 / z.max(),
        lambda z: 1 / z.abs().max(),
    ),
    "You measured the first picture only. Use all of z.": lambda z: 1 / z[0].std(),
    "You measured the first channel only. Use all of z.": lambda z: 1 / z[:, 0].std(),
    "You took a mean of several spreads. Take one spread of all numbers: z.std().": (
        lambda z: 1 / z.std(dim=(0, 2, 3)).mean(),
        lambda z: (1 / z.std(dim=(0, 2, 3))).mean(),
        lambda z: 1 / z.std(dim=(1, 2, 3)).mean(),
        lambda z: (1 / z.std(dim=(1, 2, 3))).mean(),
        lambda z: 1 / z.std(dim=0).mean(),
        lambda z: 1 / z.std(dim=1).mean(),
    ),
    _ONE_FACTOR: (
        lambda z: 1 / z.std(dim=(0, 2, 3)),
        lambda z: 1 / z.std(dim=(0, 2, 3), keepdim=True),
        lambda z: 1 / z.std(dim=(1, 2, 3)),
        lambda z: 1 / z.std(dim=(1, 2, 3), keepdim=True),
        lambda z: 1 / z.std(dim=(2, 3)),
        lambda z: 1 / z.std(dim=0),
        lambda z: 1 / z.std(dim=1),
    ),
    _SCALED: (
        lambda z: z / z.std(),
        lambda z: (z - z.mean()) / z.std(),
    ),
}  # fmt: skip
"""Of 3.2, z -> factor."""


def _rows(values: Tensor) -> Tensor:
    """Pixels under each other, (B, C, h, w) -> (B h w, C)."""
    return values.permute(0, 2, 3, 1).flatten(0, 2)


def _cut(values: Tensor) -> Tensor:
    """The wrong rows, which cut through the channels, (B, C, h, w) -> (B h w, C)."""
    return values.reshape(-1, values.shape[1])


def _ones(rows: Tensor) -> Tensor:
    return F.pad(rows, (0, 1), value=1.0)


def _solved(rows: Tensor, colours: Tensor) -> Tensor:
    return torch.linalg.lstsq(rows, colours).solution


def _coloured(change: Callable[[Tensor], Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    """The right table of pictures that were changed."""
    return lambda z, x: fit_preview(z, change(x))


PREVIEW: Mistakes = {
    "Turn it over: a row for each channel, a column for each colour.":
        lambda z, x: fit_preview(z, x).T,
    "The constant is missing: give the latents a fifth column of ones.":
        lambda z, x: _solved(_rows(z), _rows(F.avg_pool2d(x, 8))),
    "Only the constant is missing at the end. Return all five rows.":
        lambda z, x: fit_preview(z, x)[:-1],
    "The constant stands first. Put the ones last.": lambda z, x: fit_preview(z, x).roll(1, 0),
    "The rows are mixed up: reshape alone cuts through the channels. Put them last first, with "
    ".permute(0, 2, 3, 1), for latents and pictures.": (
        lambda z, x: _solved(_ones(_cut(z)), _rows(F.avg_pool2d(x, 8))),
        lambda z, x: _solved(_ones(_rows(z)), _cut(F.avg_pool2d(x, 8))),
        lambda z, x: _solved(_ones(_cut(z)), _cut(F.avg_pool2d(x, 8))),
    ),
    "The rows of latents and colours go through the picture in different orders. Permute both with "
    "(0, 2, 3, 1).": (
        lambda z, x: _solved(_ones(_rows(z.mT)), _rows(F.avg_pool2d(x, 8))),
        lambda z, x: _solved(_ones(_rows(z)), _rows(F.avg_pool2d(x, 8).mT)),
    ),
    "Every latent pixel is a row of its own. These are the rows: now solve for the table.":
        lambda z, x: _ones(_rows(z)),
    "These are the colours as the table guesses them. Return the table itself.":
        lambda z, x: _ones(_rows(z)) @ fit_preview(z, x),
    "These are the mean colours. The table takes latents to them.":
        lambda z, x: _rows(F.avg_pool2d(x, 8)),
    "You took one pixel of each patch. Take the mean of its 8 × 8 pixels: F.avg_pool2d(images, 8).":
        _coloured(lambda x: x[..., ::8, ::8]),
    "You took the few pixels in the middle of each patch. Take the mean: F.avg_pool2d(images, 8).":
        _coloured(lambda x: F.interpolate(x, scale_factor=1 / 8, mode="bilinear")),
    "You took the brightest pixel of each patch. Take the mean: F.avg_pool2d(images, 8).":
        _coloured(lambda x: F.max_pool2d(x, 8)),
    "The colours came from [-1, 1]. Fit them in [0, 1].": _coloured(lambda x: 2 * x - 1),
    "The colours came from 0 ... 255. Fit them in [0, 1].": _coloured(lambda x: 255 * x),
    "The colours stand in the order blue, green, red. Keep red first.":
        _coloured(lambda x: x.flip(1)),
    "Only the first picture was fitted. Use all of them.":
        lambda z, x: fit_preview(z[:1], x[:1]),
    "The two have changed places: lstsq(A, Y) with the latents first.":
        lambda z, x: _solved(_ones(_rows(F.avg_pool2d(x, 8))), _rows(z)),
}  # fmt: skip
"""Of 3.3, (latents, images) -> table (5, 3)."""


def _mse(a: Tensor, b: Tensor, dim: tuple[int, ...] = (1, 2, 3)) -> Tensor:
    return (a - b).square().mean(dim=dim)


def _decibels(error: Callable[[Tensor, Tensor], Tensor], factor: float = -10.0) -> Callable:
    """PSNR of another error, or with another factor."""
    return lambda a, b: factor * torch.log10(error(a, b))


_SQUARE = "You took the mean size of the difference. Square it first, then 10 times the logarithm."
_PEAK = "The pictures lie in [0, 1], so the peak is 1, not {}."

PSNR: Mistakes = {
    "This is the mean squared error. Its logarithm is missing: -10 * torch.log10(...)": _mse,
    "The sign is turned over: smaller errors must give larger numbers.": _decibels(_mse, 10),
    "These are bels. A decibel is a tenth of one: multiply by 10.": _decibels(_mse, -1),
    "These are bels, with the sign turned over: multiply the logarithm by -10.": _decibels(_mse, 1),
    "You took the root of the error (or 5 for 10). The mean *squared* error goes into the "
    "logarithm, with no root.": _decibels(_mse, -5),
    "20 belongs to the root of the mean squared error. For the mean squared error itself it is 10.":
        _decibels(_mse, -20),
    "torch.log is the natural logarithm; decibels take torch.log10.":
        lambda a, b: -10 * torch.log(_mse(a, b)),
    "torch.log2 has the base 2; decibels take torch.log10.":
        lambda a, b: -10 * torch.log2(_mse(a, b)),
    _SQUARE: (
        _decibels(lambda a, b: (a - b).abs().mean(dim=(1, 2, 3))),
        _decibels(lambda a, b: (a - b).abs().mean(dim=(1, 2, 3)), -20),
    ),
    "You squared the mean. Take the mean of the squares.":
        _decibels(lambda a, b: (a - b).mean(dim=(1, 2, 3)) ** 2),
    "You forgot to take the mean before the logarithm: the mean comes first.":
        lambda a, b: (-10 * torch.log10((a - b).square())).mean(dim=(1, 2, 3)),
    "You added the squares up. Take their mean.":
        _decibels(lambda a, b: (a - b).square().sum(dim=(1, 2, 3))),
    "The mean goes over all pairs. Take it inside each picture: .mean(dim=(1, 2, 3)).": (
        _decibels(lambda a, b: (a - b).square().mean()),
        lambda a, b: -10 * torch.log10(_mse(a, b)).mean(),
    ),
    "The mean is missing: .mean(dim=(1, 2, 3)) inside each picture, before the logarithm.":
        lambda a, b: -10 * torch.log10((a - b).square()),
    "Without keepdim: the result has the shape (B,).":
        _decibels(lambda a, b: (a - b).square().mean(dim=(1, 2, 3), keepdim=True)),
    "You took the mean for each colour. Take it for each picture: .mean(dim=(1, 2, 3)).":
        _decibels(lambda a, b: _mse(a, b, (0, 2, 3))),
    "Each colour of each picture has its own number. Take the mean over colours, too: dim 1.": (
        _decibels(lambda a, b: _mse(a, b, (2, 3))),
        lambda a, b: -10 * torch.log10(_mse(a, b, (2, 3))).mean(dim=1),
    ),
    _PEAK.format(255): lambda a, b: 20 * math.log10(255) - 10 * torch.log10(_mse(a, b)),
    _PEAK.format(2): lambda a, b: 20 * math.log10(2) - 10 * torch.log10(_mse(a, b)),
    "The peak is 1, the largest value that can be, not the largest that is there.": (
        lambda a, b: 10 * torch.log10(a.max() ** 2 / _mse(a, b)),
        lambda a, b: 10 * torch.log10(b.max() ** 2 / _mse(a, b)),
        lambda a, b: 10 * torch.log10(a.amax(dim=(1, 2, 3)) ** 2 / _mse(a, b)),
    ),
}  # fmt: skip
"""Of 3.5, (a, b) -> dB (B,)."""
