"""Attention and guidance as pictures: heat over a picture, tokens' shares, guidance taken apart."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from PIL import Image
from torch import Tensor

from ..language import _
from ..records import StepRecord
from .runs import GAP, in_a_row, picture_grid, title_band
from .style import BLUE, GREY, INK, PAPER, literals, new_axes

HEAT = "inferno"
SIGNED = "PuOr"


def heat_picture(
    image: Image.Image,
    heat: Tensor,
    *,
    low: float | None = None,
    high: float | None = None,
    region: Tensor | None = None,
) -> Image.Image:
    """A picture in grey, coloured where the heat is: dark for little, yellow for much.

    Args:
        image: the picture.
        heat: (h, w), from `word_map`; it is enlarged to the picture.
        low, high: heat of the darkest and of the brightest colour; the map's own ends by default.
        region: (H, W), above 0.5 inside; its outline is drawn.
    """
    low = float(heat.min()) if low is None else low
    high = float(heat.max()) if high is None else high
    scaled = ((heat.float() - low) / max(high - low, 1e-9)).clamp(0, 1).numpy()
    large = Image.fromarray(scaled).resize(image.size, Image.Resampling.BICUBIC)
    colours = matplotlib.colormaps[HEAT](np.asarray(large).clip(0, 1))[..., :3]  # (H, W, 3)
    grey = np.asarray(image.convert("L"), dtype=float)[..., None] / 255
    mixed = 0.35 * grey + 0.65 * colours
    if region is not None:
        mixed[_outline(region)] = 1
    return Image.fromarray((mixed * 255).round().astype(np.uint8))


def word_sheet(images: Sequence[Image.Image], titles: Sequence[str], *, columns: int = 4) -> Axes:
    """`picture_grid` on a sheet of at most 6.8 inches, for pages with many pictures.

    Args:
        images: one picture or more, of one size.
        titles: one for each picture, of one or two lines.
        columns: pictures in a row.

    Raises:
        TypeError: columns is no whole number.
        ValueError: no picture, another number of titles than of pictures, or fewer than one column.
    """
    if not images:
        raise ValueError("word_sheet: images is empty; give at least one picture")
    width, height = images[0].size
    across = min(in_a_row("word_sheet", columns), len(images))
    down = -(-len(images) // across)
    inches = min(6.8, 1.7 * across)
    shape = (height + title_band(height, titles) + GAP) * down / ((width + GAP) * across)
    ax = picture_grid(images, titles, columns=columns, ax=new_axes(inches, inches * shape))
    for text in ax.texts:
        text.set_fontsize(8.5)  # two lines fit below a picture of this size
    return ax


def token_shares(
    shares: Sequence[float],
    tokens: Sequence[str],
    *,
    ranges: Sequence[tuple[float, float]] = (),
    ax: Axes | None = None,
) -> Axes:
    """Bars: how much of all attention goes to each token.

    Args:
        shares: one for each token, from 0 to 1.
        tokens: their texts, the marks for start and end in angle brackets.
        ranges: the lowest and the highest value of each, where several pictures were measured.
        ax: axes to draw on.

    Raises:
        ValueError: another number of shares than of tokens.
    """
    if len(shares) != len(tokens):
        raise ValueError(f"token_shares: got {len(shares)} shares for {len(tokens)} tokens")
    ax = new_axes(8, 0.34 * len(tokens) + 0.9) if ax is None else ax
    colours = [GREY if token.startswith("<") else BLUE for token in tokens]
    ax.barh(range(len(tokens)), shares, color=colours, height=0.7)
    ends = [high for _low, high in ranges] or list(shares)
    for row, (low, high) in enumerate(ranges):
        ax.plot([low, high], [row, row], color=INK, linewidth=2.5)
    for row, (share, end) in enumerate(zip(shares, ends, strict=True)):
        ax.annotate(f"{share:.1%}", (end, row), (6, 0), textcoords="offset points",
                    va="center", fontsize=13, color=INK)  # fmt: skip
    ax.set_yticks(range(len(tokens)), literals(tokens), fontsize=14)
    ax.set_xlabel(_("fraction of all attention"), fontsize=13, color=INK)
    ax.set_xlim(0, max(ends) * 1.14)
    ax.invert_yaxis()
    _plain(ax)
    return ax


def guidance_parts(
    records: Sequence[StepRecord], *, picture: int = 0, channel: int = 0, ax: Axes | None = None
) -> Axes:
    """Guidance taken apart, a row a step: eps_uncond, eps_cond, their difference, the result.

    One channel of the latents is shown, purple below zero and orange above. The difference has a
    scale of its own, written under it, because it is so small.

    Args:
        records: steps of a guided run.
        picture: number in the batch.
        channel: which channel of the latents.
        ax: axes to draw on.

    Raises:
        ValueError: the run was not guided, so there is no eps_uncond.
    """
    rows, notes = [], []
    for step in records:
        if step.eps_uncond is None:
            raise ValueError("guidance_parts: the run has no eps_uncond; its guidance was 1")
        uncond, cond, guided = (
            part[picture, channel].numpy() for part in (step.eps_uncond, step.eps_cond, step.eps)
        )
        difference, top = cond - uncond, float(np.abs(cond - uncond).max())
        rows.append([_signed(uncond, 3), _signed(cond, 3), _signed(difference, top),
                     _signed(guided, 3)])  # fmt: skip
        notes.append([f"t = {step.t:.0f}", "", _("colours end at ±{top:.2g}", top=top), ""])
    names = ["eps_uncond", "eps_cond", "eps_cond − eps_uncond", _("guided eps")]
    titles = [f"{name}\n{note}" if note else name
              for line in notes for name, note in zip(names, line, strict=True)]  # fmt: skip
    pictures = [one for row in rows for one in row]
    return word_sheet(pictures, titles) if ax is None else picture_grid(pictures, titles, ax=ax)


def _signed(values: np.ndarray, top: float) -> Image.Image:
    """(h, w) as colours: purple at -top, white at 0, orange at +top."""
    scaled = (0.5 - values / (2 * max(top, 1e-9))).clip(0, 1)
    colours = matplotlib.colormaps[SIGNED](scaled)[..., :3]
    small = Image.fromarray((colours * 255).round().astype(np.uint8))
    return small.resize((160, round(160 * small.height / small.width)), Image.Resampling.NEAREST)


def _outline(region: Tensor) -> np.ndarray:
    """(H, W), true on the pixels of a region that have a neighbour outside it."""
    inside = region.numpy() > 0.5
    padded = np.pad(inside, 1)
    neighbours = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return inside & ~neighbours


def _plain(ax: Axes) -> None:
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize=13, colors=INK)
    ax.set_facecolor(PAPER)
