"""Measuring: seconds, peak memory and arithmetic of anything that makes pictures."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from torch.utils.flop_counter import FlopCounterMode

from ..loading import StableDiffusionPipeline

MATMUL = 8192
"""Side of the matrices that tell a card's arithmetic limit."""


@dataclass(frozen=True)
class Variant:
    """One way to make pictures: its name for the table, and how it is run.

    Attributes:
        name: for the table.
        run: makes the pictures.
        pictures: how many.
        weights: bytes of its networks.
    """

    name: str
    run: Callable[[], Any]
    pictures: int
    weights: int


@dataclass(frozen=True)
class Row:
    """What was measured of a variant.

    Attributes:
        name: of the variant.
        pictures: made in a run.
        first_seconds: of the run that warms up: it also loads kernels and, if so asked, compiles.
        seconds: of each run after it.
        peak_bytes: networks and working memory; None on the CPU.
    """

    name: str
    pictures: int
    first_seconds: float
    seconds: tuple[float, ...]
    peak_bytes: int | None

    @property
    def median(self) -> float:
        """Seconds of a run."""
        return statistics.median(self.seconds)


def measure(variants: Sequence[Variant], device: torch.device, rounds: int) -> list[Row]:
    """One row for each variant: a run that warms up, then `rounds` in which they take turns."""
    first = [_first(variant, device) for variant in variants]
    times: list[list[float]] = [[] for _ in variants]
    for _ in range(rounds):
        for variant, seconds in zip(variants, times, strict=True):
            seconds.append(timed(variant.run, device))
    return [
        Row(variant.name, variant.pictures, warm, tuple(seconds), peak)
        for variant, (warm, peak), seconds in zip(variants, first, times, strict=True)
    ]


def _first(variant: Variant, device: torch.device) -> tuple[float, int | None]:
    """(seconds, peak memory) of a first run; other variants' networks are not counted."""
    if device.type != "cuda":
        return timed(variant.run, device), None
    torch.cuda.reset_peak_memory_stats(device)
    before = torch.cuda.memory_allocated(device)
    seconds = timed(variant.run, device)
    return seconds, torch.cuda.max_memory_allocated(device) - before + variant.weights


def timed(run: Callable[[], Any], device: torch.device) -> float:
    """Seconds of one run, from an idle device to an idle device."""
    wait(device)
    start = time.perf_counter()
    run()
    wait(device)
    return time.perf_counter() - start


def wait(device: torch.device) -> None:
    """Returns when the device has done all that it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def picture_flops(pipe: StableDiffusionPipeline, steps: int, size: int | None = None) -> int:
    """Multiplications and additions for a guided picture: the U-Net at each step, and the decoder.

    Counted with shapes alone, on the meta device.
    """
    side = pipe.unet.config.sample_size if size is None else size // pipe.vae_scale_factor
    with torch.device("meta"):
        unet = UNet2DConditionModel.from_config(pipe.unet.config)
        vae = AutoencoderKL.from_config(pipe.vae.config)
        latents = torch.empty(2, unet.config.in_channels, side, side)
        words = torch.empty(2, 77, unet.config.cross_attention_dim)
        with torch.no_grad(), FlopCounterMode(display=False) as step:
            unet(latents, torch.zeros(()), encoder_hidden_states=words)
        with torch.no_grad(), FlopCounterMode(display=False) as decoding:
            vae.decode(latents[:1])
    return steps * step.get_total_flops() + decoding.get_total_flops()


def matmul_rate(device: torch.device, dtype: torch.dtype, side: int = MATMUL) -> float:
    """Multiplications and additions a second of the device in a large matrix product."""
    matrix = torch.randn(side, side, device=device, dtype=dtype)
    seconds = [timed(lambda: matrix @ matrix, device) for _ in range(12)]
    return 2 * side**3 / statistics.median(seconds[2:])
