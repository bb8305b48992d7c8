"""Figures of the opened U-Net: numbers under a kernel, maps, damage, costs, and its features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from PIL import Image, ImageDraw
from torch import Tensor

from ..language import _
from .attention import HEAT, SIGNED, heat_picture
from .runs import GAP
from .style import BLUE, GREEN, GREY, INK, ORANGE, PAPER, SKY, VERMILLION, literal, new_axes

KIND_NAMES = {
    "3 × 3 convolution": _("3 × 3 convolution"),
    "self-attention": _("self-attention"),
    "cross-attention": _("cross-attention"),
    "each location alone": _("each location alone"),
    "time": _("time"),
}
"""What `unet.KINDS` are called in a figure."""


def kernel_by_hand(patch: Tensor, kernel: Tensor, *, ax: Axes | None = None) -> Axes:
    """Nine numbers of a canvas, nine of a kernel, their nine products, and the sum of those.

    Args:
        patch, kernel: (3, 3) each.
        ax: axes to draw on.

    Raises:
        ValueError: another shape.
    """
    if patch.shape != (3, 3) or kernel.shape != (3, 3):
        raise ValueError(
            f"kernel_by_hand: 3 x 3 numbers are drawn, got {tuple(patch.shape)} and "
            f"{tuple(kernel.shape)}"
        )
    ax = new_axes(9, 2.7) if ax is None else ax
    ax.set_axis_off()
    products = patch * kernel
    names = (_("nine numbers\nof the canvas"), _("the kernel"), _("their products"))
    for left, grid, name in zip((0, 4.4, 8.8), (patch, kernel, products), names, strict=True):
        _numbers(ax, grid, left)
        ax.text(left + 1.5, -0.2, name, ha="center", va="top", fontsize=13, color=INK)
    for left, sign in ((3.7, "×"), (8.1, "="), (12.5, "→")):
        ax.text(left, 1.5, sign, ha="center", va="center", fontsize=22, color=INK)
    ax.text(14, 1.5, f"{float(products.sum()):g}", ha="center", va="center", fontsize=22,
            weight="bold", color=VERMILLION)  # fmt: skip
    ax.text(14, -0.2, _("their sum"), ha="center", va="top", fontsize=13, color=INK)
    ax.set(xlim=(-0.1, 15.2), ylim=(-1.3, 3.1), aspect="equal")
    return ax


def _numbers(ax: Axes, grid: Tensor, left: float) -> None:
    """Three by three numbers in squares, the first row on top."""
    for row in range(3):
        for column in range(3):
            value = float(grid[row, column])
            shade = (ORANGE, 0.45) if value > 0 else (SKY, 0.45) if value < 0 else (GREY, 0.08)
            x, y = left + column, 2 - row
            ax.fill([x, x + 1, x + 1, x], [y, y, y + 1, y + 1], fc=shade, ec=INK, lw=1)
            ax.text(x + 0.5, y + 0.5, f"{value:g}", ha="center", va="center", fontsize=14,
                    color=INK)  # fmt: skip


def heat_maps(
    maps: Mapping[str, Tensor],
    *,
    signed: bool = False,
    orders: int = 0,
    label: str = "",
    columns: int = 4,
    ax: Axes | None = None,
) -> Axes:
    """Maps side by side on one common scale, whose bar stands at the right.

    Args:
        maps: title -> (h, w).
        signed: purple below zero, orange above, white at zero; otherwise dark for little.
        orders: powers of ten of a logarithmic scale below its largest value; 0 for a linear one.
        label: what the bar counts.
        columns: maps in a row.
        ax: axes to draw on; each map gets axes of its own inside them.

    Raises:
        ValueError: no maps.
    """
    if not maps:
        raise ValueError("heat_maps: maps is empty; give at least one")
    across = min(columns, len(maps))
    down = -(-len(maps) // across)
    ax = new_axes(1.1 + 1.95 * across, 2.25 * down) if ax is None else ax
    ax.set_axis_off()
    most = max(float(values.abs().max()) for values in maps.values()) or 1.0
    scale: Normalize = Normalize(-most if signed else 0, most)
    if orders:
        scale = LogNorm(most * 10.0**-orders, most, clip=True)
    colours = SIGNED + "_r" if signed else HEAT
    for number, (title, values) in enumerate(maps.items()):
        row, column = divmod(number, across)
        place = (column / across, 1 - (row + 1) / down, 0.94 / across, 0.86 / down)
        inner = ax.inset_axes(place)
        shown = values.clamp(min=most * 10.0**-orders) if orders else values
        drawn = inner.imshow(shown.numpy(), cmap=colours, norm=scale)
        inner.set_title(literal(title), fontsize=11, color=INK)
        inner.set(xticks=[], yticks=[])
    bar = ax.figure.colorbar(drawn, cax=ax.inset_axes((1.0, 0.06, 0.025, 0.74)))
    bar.set_label(literal(label), fontsize=11, color=INK)
    return ax


def time_waves(codes: Tensor, times: Sequence[int], *, ax: Axes | None = None) -> Axes:
    """The code of each timestep as a row of colours: purple for -1, orange for 1.

    Args:
        codes: (T, D), in [-1, 1].
        times: T timesteps.
        ax: axes to draw on.
    """
    ax = new_axes(8.5, 3.4) if ax is None else ax
    extent = (-0.5, codes.shape[1] - 0.5, times[-1], times[0])
    drawn = ax.imshow(codes.numpy(), cmap=SIGNED + "_r", norm=Normalize(-1, 1), extent=extent,
                      aspect="auto", interpolation="nearest")  # fmt: skip
    ax.set_xlabel(_("number in the code"), fontsize=12, color=INK)
    ax.set_ylabel(_("timestep t"), fontsize=12, color=INK)
    ax.figure.colorbar(drawn, ax=ax, label=_("value"))
    return ax


def looked_at(
    image: Image.Image, heat: Tensor, place: tuple[int, int], *, high: float | None = None
) -> Image.Image:
    """Where one location looks: `heat_picture` with a white square around that location.

    Args:
        image: the picture.
        heat: (h, w), how much it looks at each location.
        place: its row and column.
        high: heat of the brightest colour.
    """
    shown = heat_picture(image, heat, low=0.0, high=high)
    side = shown.width / heat.shape[1]
    left, top = place[1] * side, place[0] * side
    draw = ImageDraw.Draw(shown)
    draw.rectangle((left - 1, top - 1, left + side, top + side), outline="white", width=2)
    return shown


def damage(
    errors: Mapping[str, Mapping[int, Tensor]], *, intact: str, ax: Axes | None = None
) -> Axes:
    """How wrong the guess is without a part: a panel a timestep, a row a part.

    A dot is the mean over the pictures, a bar reaches from the least to the largest error. The
    dashed line is the mean of the whole network.

    Args:
        errors: what was changed -> {timestep: one error a picture}.
        intact: the key of the whole network.
        ax: axes to draw on; each timestep gets axes of its own inside them.
    """
    times = list(errors[intact])
    ax = new_axes(9, 0.33 * len(errors) + 1.1) if ax is None else ax
    ax.set_axis_off()
    most = max(float(values.max()) for row in errors.values() for values in row.values())
    for number, t in enumerate(times):
        left = number / len(times)
        panel = ax.inset_axes((left, 0, 0.94 / len(times), 1))
        panel.axvline(float(errors[intact][t].mean()), color=INK, lw=1, ls="--")
        for row, (name, found) in enumerate(errors.items()):
            colour = INK if name == intact else BLUE
            low, mean, high = (float(f(found[t])) for f in (torch.min, torch.mean, torch.max))
            panel.plot([low, high], [row, row], color=colour, lw=3, alpha=0.35)
            panel.plot(mean, row, "o", color=colour, markersize=6)
        panel.set_yticks(range(len(errors)), [literal(name) for name in errors] if not number
                         else [""] * len(errors), fontsize=12)  # fmt: skip
        panel.set_title(f"t = {t}", fontsize=12, color=INK)
        panel.set_xlabel(_("error of the guess"), fontsize=11, color=INK)
        panel.set(xlim=(0, most * 1.04), ylim=(len(errors) - 0.5, -0.5), facecolor=PAPER)
        panel.locator_params(axis="x", nbins=4)
        panel.spines[["top", "right"]].set_visible(False)
        panel.grid(axis="x", alpha=0.3)
    return ax


def cost_bars(
    costs: Mapping[str, Mapping[str, tuple[int, int]]], *, ax: Axes | None = None
) -> Axes:
    """Which kind of layer has which fraction of the parameters and of the multiplications.

    Args:
        costs: network -> {kind of layer: (parameters, multiplications)}, from `unet.costs`.
        ax: axes to draw on.
    """
    ax = new_axes(9, 0.62 * 2 * len(costs) + 1.3) if ax is None else ax
    rows = [
        (
            _("{network},\n{what}", network=network, what=what),
            {kind: pair[number] for kind, pair in kinds.items()},
        )
        for network, kinds in costs.items()
        for number, what in enumerate((_("parameters"), _("multiplications")))
    ]
    colours = (BLUE, ORANGE, VERMILLION, GREEN, GREY)
    style: dict[str, Any] = {"height": 0.66, "edgecolor": "white"}
    left = np.zeros(len(rows))
    for colour, kind in zip(colours, rows[0][1], strict=False):
        parts = np.array([row[kind] / sum(row.values()) for _name, row in rows])
        style["label"] = KIND_NAMES.get(kind, kind)
        bars = ax.barh(range(len(rows)), parts, left=left, color=colour, alpha=0.75, **style)
        ax.bar_label(bars, [f"{part:.0%}" if part > 0.035 else "" for part in parts],
                     label_type="center", fontsize=11, color=INK)  # fmt: skip
        left += parts
    ax.set_yticks(range(len(rows)), [literal(name) for name, _parts in rows], fontsize=11)
    ax.set(xlim=(0, 1), ylim=(len(rows) - 0.5, -0.5))
    ax.set_xlabel(_("fraction of the whole network"), fontsize=11, color=INK)
    ax.xaxis.set_major_formatter(lambda value, _place: f"{value:.0%}")
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.legend(loc="lower center", bbox_to_anchor=(0.45, 1), ncols=3, frameon=False, fontsize=11)
    return ax


def feature_colours(features: Tensor, *, side: int = 128) -> Image.Image:
    """Many channels as colours: locations with like features get like colours.

    The three directions in which the features of all pictures differ most become red, green and
    blue (a principal component analysis). The colours of two calls mean different things.

    Args:
        features: (B, C, h, w), with at least three channels and three locations.
        side: of each picture in pixels; they stand side by side.
    """
    points = features.permute(0, 2, 3, 1).flatten(0, 2).double()  # (B h w, C)
    centred = points - points.mean(0)
    axes = torch.linalg.eigh(centred.T @ centred).eigenvectors
    best = axes[:, -3:].flip(1)  # (C, 3)
    best = best * torch.where(best.sum(0) < 0, -1.0, 1.0)  # signs are free: fix them
    found = centred @ best  # (B h w, 3)
    low, high = found.quantile(0.02, dim=0), found.quantile(0.98, dim=0)
    scaled = ((found - low) / (high - low).clamp(min=1e-9)).clamp(0, 1)
    batch, _channels, height, width = features.shape
    pixels = (scaled.view(batch, height, width, 3) * 255).round().to(torch.uint8).numpy()
    sheet = Image.new("RGB", (batch * (side + GAP) - GAP, side), PAPER)
    for number, one in enumerate(pixels):
        large = Image.fromarray(one).resize((side, side), Image.Resampling.NEAREST)
        sheet.paste(large, (number * (side + GAP), 0))
    return sheet
