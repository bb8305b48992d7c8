"""What learners write for lesson 03 by mistake: hint -> a function that makes the mistake."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL
from torch import Tensor

from ..decoding import fit_preview
from ..language import _

Mistakes = Mapping[str, Callable | tuple[Callable, ...]]

Pair = tuple[Tensor, Tensor]


def _mean(vae: AutoencoderKL, images: Tensor) -> Tensor:
    return vae.encode(2 * images - 1).latent_dist.mean


def _pictures(vae: AutoencoderKL, z: Tensor) -> Tensor:
    return (vae.decode(z).sample / 2 + 0.5).clamp(0, 1)


def _scaled(z: Callable[[Tensor, float], Tensor], back: Callable[[Tensor, float], Tensor]) -> Any:
    """A round trip with other sums on the way in, (means, factor), and out, (latents, factor)."""

    def trip(vae: AutoencoderKL, images: Tensor, factor: float) -> Pair:
        latents = z(_mean(vae, images), factor)
        return latents, _pictures(vae, back(latents, factor))

    return trip


def _ranges(
    into: Callable[[Tensor], Tensor] = lambda x: 2 * x - 1,
    out: Callable[[Tensor], Tensor] = lambda y: (y / 2 + 0.5).clamp(0, 1),
    scaled: bool = True,
) -> Callable[[AutoencoderKL, Tensor, float], Pair]:
    """A round trip with other ranges for the encoder's and the decoder's pixels."""

    def trip(vae: AutoencoderKL, images: Tensor, factor: float) -> Pair:
        z = vae.encode(into(images)).latent_dist.mean
        return (factor * z if scaled else z / factor), out(vae.decode(z).sample)

    return trip


def _own_factor(vae: AutoencoderKL, images: Tensor, factor: float) -> Pair:
    z = _mean(vae, images)
    return vae.config.scaling_factor * z, _pictures(vae, z)


_OUT = _(
    "The latents are right now, the pictures are not: the decoder answers in about [-1, 1]. Which "
    "sum takes -1 to 0 and 1 to 1?"
)
_IN = _(
    "The pictures are right. Now the number that was printed: after encoding, the latents should "
    "have a standard deviation near 1."
)

ROUND_TRIP: Mistakes = {
    _("Both mistakes are still there. One shows in the picture, the other in the printed number."):
        _ranges(out=lambda y: y.clamp(0, 1), scaled=False),
    _IN: (
        _scaled(lambda z, f: z / f, lambda z, f: z * f),
        _scaled(lambda z, f: z, lambda z, f: z),
    ),
    _OUT: (
        _ranges(out=lambda y: y.clamp(0, 1)),
        _ranges(out=lambda y: ((y + 1) / 2 + 0.5).clamp(0, 1)),
        _ranges(out=lambda y: (2 * y - 1).clamp(0, 1)),
        _ranges(out=lambda y: (y + 1).clamp(0, 1)),
        _ranges(out=lambda y: (y + 0.5).clamp(0, 1)),
        _ranges(out=lambda y: (y / 2).clamp(0, 1)),
    ),
    _("You cut off at 0 before the range was brought to [0, 1], so everything dark is lost."):
        _ranges(out=lambda y: y.clamp(0, 1) / 2 + 0.5),
    _("Nothing cuts the pictures off at 0 and 1 any more: .clamp(0, 1) comes last."):
        _ranges(out=lambda y: y / 2 + 0.5),
    _("These pixels are in [-1, 1]. Bring them to [0, 1]."): (
        _ranges(out=lambda y: y),
        _ranges(out=lambda y: y.clamp(-1, 1)),
    ),
    _("The encoder reads [-1, 1], as before: 2 * images - 1."): (
        _ranges(into=lambda x: x),
        _ranges(into=lambda x: x / 2 + 0.5),
        _ranges(into=lambda x: x * 2),
    ),
    _("The decoder expects the latents as the encoder made them. What undoes the factor?"): (
        _scaled(lambda z, f: f * z, lambda z, f: z),
        _scaled(lambda z, f: f * z, lambda z, f: f * z),
    ),
    _("The factor is undone twice before the decoder."):
        _scaled(lambda z, f: f * z, lambda z, f: z / f**2),
    _("You divided by the factor on the way in and on the way out."):
        _scaled(lambda z, f: z / f, lambda z, f: z / f),
    _("Use the argument factor, not the one that the VAE brings."): _own_factor,
    _("The two stand in the other order: latents first, then pictures."):
        lambda v, x, f: _scaled(lambda z, f: f * z, lambda z, f: z / f)(v, x, f)[::-1],
}  # fmt: skip
"""Of 3.1, (vae, images, factor) -> (latents, pictures)."""


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
    _("Turn it over: a row for each channel, a column for each colour."):
        lambda z, x: fit_preview(z, x).T,
    _("The constant is missing: give the latents a fifth column of ones."):
        lambda z, x: _solved(_rows(z), _rows(F.avg_pool2d(x, 8))),
    _("Only the constant is missing at the end. Return all five rows."):
        lambda z, x: fit_preview(z, x)[:-1],
    _("The constant stands first. Put the ones last."): lambda z, x: fit_preview(z, x).roll(1, 0),
    _("The rows are mixed up: reshape alone cuts through the channels. Put them last first, with "
    ".permute(0, 2, 3, 1), for latents and pictures."): (
        lambda z, x: _solved(_ones(_cut(z)), _rows(F.avg_pool2d(x, 8))),
        lambda z, x: _solved(_ones(_rows(z)), _cut(F.avg_pool2d(x, 8))),
        lambda z, x: _solved(_ones(_cut(z)), _cut(F.avg_pool2d(x, 8))),
    ),
    _("The rows of latents and colours go through the picture in different orders. Permute both "
      "with (0, 2, 3, 1)."): (
        lambda z, x: _solved(_ones(_rows(z.mT)), _rows(F.avg_pool2d(x, 8))),
        lambda z, x: _solved(_ones(_rows(z)), _rows(F.avg_pool2d(x, 8).mT)),
    ),
    _("Every latent pixel is a row of its own. These are the rows: now solve for the table."):
        lambda z, x: _ones(_rows(z)),
    _("These are the colours as the table guesses them. Return the table itself."):
        lambda z, x: _ones(_rows(z)) @ fit_preview(z, x),
    _("These are the mean colours. The table takes latents to them."):
        lambda z, x: _rows(F.avg_pool2d(x, 8)),
    _("You took one pixel of each patch. Take the mean of its 8 × 8 pixels: F.avg_pool2d(images, "
      "8)."):
        _coloured(lambda x: x[..., ::8, ::8]),
    _("You took the few pixels in the middle of each patch. Take the mean: "
      "F.avg_pool2d(images, 8)."):
        _coloured(lambda x: F.interpolate(x, scale_factor=1 / 8, mode="bilinear")),
    _("You took the brightest pixel of each patch. Take the mean: F.avg_pool2d(images, 8)."):
        _coloured(lambda x: F.max_pool2d(x, 8)),
    _("The colours came from [-1, 1]. Fit them in [0, 1]."): _coloured(lambda x: 2 * x - 1),
    _("The colours came from 0 ... 255. Fit them in [0, 1]."): _coloured(lambda x: 255 * x),
    _("The colours stand in the order blue, green, red. Keep red first."):
        _coloured(lambda x: x.flip(1)),
    _("Only the first picture was fitted. Use all of them."):
        lambda z, x: fit_preview(z[:1], x[:1]),
    _("The two have changed places: lstsq(A, Y) with the latents first."):
        lambda z, x: _solved(_ones(_rows(F.avg_pool2d(x, 8))), _rows(z)),
}  # fmt: skip
"""Of 3.4, (latents, images) -> table (5, 3)."""
