"""Figures of the latents: to scale, channel by channel, mixed, and what a copy has lost.

What flows through the VAE, layer by layer, is drawn by `layers.py`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import FancyArrowPatch, Rectangle
from PIL import Image
from torch import Tensor

from ..decoding import psnr, to_pil
from ..language import _
from .runs import GAP, _centre, _mosaic
from .style import BLUE, GREEN, GREY, INK, ORANGE, PURPLE, VERMILLION, literal, literals, new_axes

LEVELS = LinearSegmentedColormap.from_list("levels", [BLUE, "white", VERMILLION])
LIMIT = 3.0
"""Latents from -3 (blue) over 0 (white) to 3 (orange): three standard deviations."""

ERRORS = LinearSegmentedColormap.from_list("errors", ["black", VERMILLION, ORANGE, "white"])
FULL_ERROR = 0.4
"""Mean error of the three colours that is drawn white; 1 would be black for white."""

LINES = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE)


def bottleneck(
    picture: Image.Image, latents: Tensor, rebuilt: Image.Image, *, ax: Axes | None = None
) -> Axes:
    """A picture, its latents and the picture rebuilt from them, all drawn to the same scale.

    Args:
        picture: what the encoder is given.
        latents: (C, h, w).
        rebuilt: what the decoder makes of them, of the picture's size.
        ax: axes to draw on.
    """
    channels, height, width = latents.shape
    side, gap = picture.height, height // 2
    column = picture.width + 0.75 * side  # centre of the latents
    right = picture.width + 1.5 * side
    ax = new_axes(6.8, 2.65) if ax is None else ax
    ax.set_axis_off()
    ax.imshow(np.asarray(picture), extent=(0, picture.width, 0, side))
    ax.imshow(np.asarray(rebuilt), extent=(right, right + picture.width, 0, side))
    top = side / 2 + (channels * (height + gap) - gap) / 2
    for number, tile in enumerate(latents):
        low = top - height - number * (height + gap)
        place = (column - width / 2, column + width / 2, low, low + height)
        ax.imshow(tile.numpy(), extent=place, cmap=LEVELS, vmin=-LIMIT, vmax=LIMIT)
        ax.add_patch(Rectangle((place[0], low), width, height, fill=False, ec=GREY, lw=0.8))
    _labelled_arrow(ax, picture.width + 4, column - width / 2 - 4, side / 2, _("encoder"))
    _labelled_arrow(ax, column + width / 2 + 4, right - 4, side / 2, _("decoder"))
    whole, small = _size(3, side, picture.width), _size(channels, height, width)
    for x, words in ((picture.width / 2, whole), (column, small), (right + side / 2, whole)):
        ax.text(x, -0.05 * side, words, ha="center", va="top", fontsize=13, color=INK)
    ax.set(xlim=(-2, right + picture.width + 2), ylim=(-0.27 * side, side + 2))
    return ax


def _size(channels: int, height: int, width: int) -> str:
    """The shape of a tensor, and how many numbers that makes."""
    return _(
        "{channels} × {height} × {width}\n= {count:,} numbers",
        channels=channels,
        height=height,
        width=width,
        count=channels * height * width,
    )


def _labelled_arrow(ax: Axes, start: float, end: float, height: float, words: str) -> None:
    style: dict[str, Any] = {"arrowstyle": "-|>", "mutation_scale": 18, "lw": 2, "color": INK}
    ax.add_patch(FancyArrowPatch((start, height), (end, height), shrinkA=0, shrinkB=0, **style))
    ax.text((start + end) / 2, height + 5, words, ha="center", fontsize=14, color=INK)


def channel_maps(picture: Image.Image, latents: Tensor, *, ax: Axes | None = None) -> Axes:
    """A picture, and beside it each channel of its latents, blue below 0 and red above.

    Args:
        picture: square.
        latents: (C, h, w).
        ax: axes to draw on.
    """
    ax = new_axes(8, 2.05) if ax is None else ax
    ax.imshow(np.asarray(picture), extent=(0, 1, 0, 1))
    for number, tile in enumerate(latents, start=1):
        place = (1.07 * number, 1.07 * number + 1, 0, 1)
        drawn = ax.imshow(tile.numpy(), extent=place, cmap=LEVELS, vmin=-LIMIT, vmax=LIMIT)
    names = [_("picture"), *(_("channel {number}", number=k) for k in range(len(latents)))]
    ax.set_xticks([1.07 * k + 0.5 for k in range(len(names))], names, fontsize=14)
    ax.set(yticks=[], xlim=(0, 1.07 * len(latents) + 1), ylim=(0, 1))
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    ax.figure.colorbar(drawn, ax=ax, shrink=0.75, pad=0.01, ticks=[-LIMIT, 0, LIMIT])
    return ax


def bell_curves(bells: Sequence[tuple[float, float]], *, ax: Axes | None = None) -> Axes:
    """Normal distributions over the standard one, each with its KL divergence from it.

    Args:
        bells: (mean, standard deviation) of each.
        ax: axes to draw on.
    """
    ax = new_axes(6.6, 3.1) if ax is None else ax
    x = np.linspace(-4.5, 4.5, 1801)
    ax.fill_between(x, _normal(x, 0, 1), color=GREY, alpha=0.35, lw=0, label="N(0, 1)")
    for (mean, std), colour in zip(bells, LINES, strict=False):
        kl = 0.5 * (mean**2 + std**2 - 1 - math.log(std**2))
        label = f"μ = {mean:g}, σ = {std:g}: KL = {kl:.2f}"
        ax.plot(x, _normal(x, mean, std), color=colour, lw=2.5, label=label)
    ax.legend(fontsize=13, frameon=False, labelcolor=INK, loc="upper left")
    ax.set(yticks=[], xlim=(-4.5, 4.5), ylim=(0, None))
    ax.set_xlabel(_("value of one latent"), fontsize=14, color=INK)
    ax.set_ylabel(_("how likely"), fontsize=14, color=INK)
    ax.tick_params(labelsize=13)
    ax.spines[["left", "top", "right"]].set_visible(False)
    return ax


def latent_histogram(values: Mapping[str, Tensor], *, ax: Axes | None = None) -> Axes:
    """How often each value occurs, one outline for each tensor, over the standard normal curve."""
    ax = new_axes(6.6, 3.1) if ax is None else ax
    reach = 3 * max(float(tensor.std()) for tensor in values.values())
    x = np.linspace(-reach, reach, 801)
    ax.fill_between(x, _normal(x, 0, 1), color=GREY, alpha=0.35, lw=0, label="N(0, 1)")
    bins = np.linspace(-reach, reach, 121).tolist()
    for (name, tensor), colour in zip(values.items(), LINES, strict=False):
        label = _("{name}: std {std:.1f}", name=literal(name), std=float(tensor.std()))
        style: dict[str, Any] = {"histtype": "step", "lw": 2.5, "color": colour, "density": True}
        ax.hist(tensor.flatten().numpy(), bins, label=label, **style)
    ax.legend(fontsize=13, frameon=False, labelcolor=INK, loc="upper left")
    ax.set(yticks=[], xlim=(-reach, reach))
    ax.set_xlabel(_("value of a latent"), fontsize=14, color=INK)
    ax.set_ylabel(_("how often"), fontsize=14, color=INK)
    ax.tick_params(labelsize=13)
    ax.spines[["left", "top", "right"]].set_visible(False)
    return ax


def _normal(x: np.ndarray, mean: float, std: float) -> np.ndarray:
    """Density of a normal distribution."""
    return np.exp(-0.5 * ((x - mean) / std) ** 2) / (std * math.sqrt(2 * math.pi))


def picture_rows(
    rows: Mapping[str, Sequence[Image.Image]], columns: Sequence[str], *, ax: Axes | None = None
) -> Axes:
    """Rows of pictures of one size, a name to the left of each row and one below each column.

    Args:
        rows: name -> as many pictures as there are columns.
        columns: names of the columns.
        ax: axes to draw on.

    Raises:
        ValueError: a row has another number of pictures than there are columns.
    """
    for name, pictures in rows.items():
        if len(pictures) != len(columns):
            raise ValueError(
                f"picture_rows: row {name!r} has {len(pictures)} pictures, but there are "
                f"{len(columns)} columns; give as many of both"
            )
    width, height = next(iter(rows.values()))[0].size
    if ax is None:
        inches = min(1.34 * len(columns), 6.7)  # a picture of 128 pixels and its gap, dot for dot
        ax = new_axes(inches + 0.9, inches / len(columns) * len(rows) * height / width + 0.5)
    ax = _mosaic(list(rows.values()), ax)
    ax.set_xticks([_centre(k, width) for k in range(len(columns))], literals(columns), fontsize=12)
    ax.set_yticks([_centre(k, height) for k in range(len(rows))], literals(rows), fontsize=12)
    ax.tick_params(length=0, pad=6)
    return ax


def error_maps(
    images: Tensor, rebuilt: Tensor, names: Sequence[str], *, ax: Axes | None = None
) -> Axes:
    """Pictures, their copies, and where they differ (black: equal), with the PSNR of each.

    Args:
        images: (B, 3, H, W) in [0, 1].
        rebuilt: the copies, same shape and range.
        names: B words.
        ax: axes to draw on.
    """
    errors = (images - rebuilt).abs().mean(1) / FULL_ERROR  # (B, H, W)
    maps = [Image.fromarray(ERRORS(e.numpy(), bytes=True)[..., :3].copy()) for e in errors]
    rows = {_("picture"): to_pil(images), _("copy"): to_pil(rebuilt), _("error"): maps}
    values = psnr(images, rebuilt)  # (B,)
    columns = [f"{name}\n{value:.0f} dB" for name, value in zip(names, values, strict=True)]
    return picture_rows(rows, columns, ax=ax)


def touched(
    before: Image.Image,
    after: Image.Image,
    cell: tuple[int, int],
    *,
    factor: int = 8,
    ax: Axes | None = None,
) -> Axes:
    """Two pictures and where they differ, with a frame around the patch of one latent pixel.

    The change is drawn as its root, so that the faint rest around the patch can be seen, too.

    Args:
        before: square.
        after: of the same size.
        cell: row and column of the latent pixel.
        factor: side of its patch in image pixels.
        ax: axes to draw on.
    """
    pair = [np.asarray(picture, dtype=float) / 255 for picture in (before, after)]
    change = np.abs(pair[1] - pair[0]).mean(-1)  # (H, W)
    root = np.sqrt(change / max(change.max(), 1e-6))
    strong = Image.fromarray(ERRORS(root, bytes=True)[..., :3].copy())
    names = [_("before"), _("after"), _("the change")]
    ax = picture_rows({"": [before, after, strong]}, names, ax=ax)
    for number in range(3):
        corner = number * (before.width + GAP) + factor * cell[1] - 0.5, factor * cell[0] - 0.5
        for colour, line in (("white", 2.5), (INK, 1)):
            ax.add_patch(Rectangle(corner, factor, factor, fill=False, ec=colour, lw=line))
    return ax


def mixture_strength(
    ratios: Sequence[float], lines: Mapping[str, Sequence[float]], *, ax: Axes | None = None
) -> Axes:
    """How large mixtures are: standard deviation over the mixing ratio of the second part.

    Args:
        ratios: from 0 to 1.
        lines: name -> a standard deviation for each ratio.
        ax: axes to draw on.
    """
    ax = new_axes(6.6, 2.7) if ax is None else ax
    for (name, values), colour, mark in zip(lines.items(), LINES, "os^Dv", strict=False):
        ax.plot(ratios, values, color=colour, lw=2.5, marker=mark, ms=8, label=literal(name))
    ax.legend(fontsize=13, frameon=False, labelcolor=INK)
    ax.set_xlabel(_("mixing ratio s of the second noise"), fontsize=14, color=INK)
    ax.set_ylabel(_("standard deviation"), fontsize=14, color=INK)
    ax.tick_params(labelsize=13)
    ax.set_ylim(0, 1.2)
    ax.spines[["top", "right"]].set_visible(False)
    return ax
