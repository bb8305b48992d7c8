"""Figures of lesson 04 on waves: a sum of two, and one step of a run with its spectrum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from PIL import Image
from torch import Tensor

from ..language import _
from ..metrics import radial_power
from ..records import StepRecord
from .style import BLUE, GREY, INK, PAPER, VERMILLION, Sheet, literal
from .trajectories import HAT, named


def wave_sum(waves: Mapping[str, Tensor], power: Sequence[float]) -> Axes:
    """Waves as shades of grey, their sum, and how much power each wave has in the sum.

    Args:
        waves: name -> (n, n), two or more of one size.
        power: of waves 0, 1, 2, ... in the sum.

    Returns:
        The axes of the chart.
    """
    total = torch.stack(list(waves.values())).sum(0)
    pictures = {**waves, _("their sum"): total}
    size: dict[str, Any] = {"figsize": (8.6, 2.4), "facecolor": PAPER, "layout": "constrained",
                            "FigureClass": Sheet}  # fmt: skip
    widths = [1.0] * len(pictures) + [1.6]
    figure, axes = plt.subplots(1, len(widths), width_ratios=widths, **size)
    deepest = float(total.abs().max())  # one scale of grey for all
    signs = ["+"] * (len(waves) - 1) + ["="]
    for ax, (name, picture) in zip(axes, pictures.items(), strict=False):
        ax.imshow(picture, cmap="gray", vmin=-deepest, vmax=deepest)
        ax.set_title(literal(name), fontsize=13, color=INK)
        ax.set_axis_off()
    for ax, sign in zip(axes, signs, strict=False):
        where = {"xy": (1.0, 0.5), "xytext": (4, 0), "xycoords": "axes fraction"}
        style = {"ha": "left", "va": "center", "fontsize": 16, "color": INK}
        ax.annotate(sign, textcoords="offset points", annotation_clip=False, **where, **style)
    figure.get_layout_engine().set(wspace=0.1)
    chart = axes[-1]
    chart.set_facecolor(PAPER)
    chart.bar(range(len(power)), power, color=BLUE)
    named(chart, _("waves across the picture"), _("power"), "")
    return chart


def step_page(step: StepRecord, noisy: Image.Image, clean: Image.Image) -> Axes:
    """One step on a page: `x_t`, `x0_hat` and the power of every wave in both.

    Args:
        step: the record.
        noisy: its `x_t`, decoded.
        clean: its `x0_hat`, decoded.
    """
    size: dict[str, Any] = {"figsize": (6.8, 2.6), "facecolor": PAPER, "layout": "constrained",
                            "FigureClass": Sheet}  # fmt: skip
    figure, axes = plt.subplots(1, 3, width_ratios=(1, 1, 1.5), **size)
    figure.set_layout_engine("constrained", h_pad=0.1)  # inches: the hat would be cut off
    for ax, picture, name in zip(axes, (noisy, clean), ("$x_t$", HAT), strict=False):
        ax.imshow(np.asarray(picture))
        ax.set_title(name, fontsize=15, color=INK)
        ax.set_axis_off()
    chart = axes[2]
    chart.plot(radial_power(step.x_t), color=VERMILLION, marker="s", lw=2.2, label="$x_t$")
    chart.plot(radial_power(step.x0_hat), color=BLUE, marker="o", lw=2.2, label=HAT)
    chart.axhline(1 - step.alpha_bar, color=GREY, ls="--", label=_(r"noise, $1-\bar\alpha$"))
    chart.set_ylim(0.01, 300)
    _waves(chart, "")
    chart.legend(fontsize=11, frameon=False, loc="upper right")
    return chart


def _waves(ax: Axes, title: str) -> None:
    """Axes of a spectrum: waves across the picture, power on a logarithmic scale."""
    ax.set_facecolor(PAPER)
    ax.set_yscale("log")
    named(ax, _("waves across the picture"), _("power"), title)
