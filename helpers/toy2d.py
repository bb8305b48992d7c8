"""A data set that fits on a sheet of paper: points of a plane, in three labelled arms.

Two numbers a "picture" are enough for everything that denoising does, and all of it can be drawn.
`maths.ideal_denoiser` takes these points as it takes pictures.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor

from . import maths

ARMS = 3


def pinwheel(count: int = 210, *, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Points in three curved arms around the origin, and the arm of each.

    Args:
        count: how many points, a multiple of 3.
        seed: of the small random part of each location.

    Returns:
        The points, (count, 2), float32, of mean 0 and variance 1 along both axes, as x_0 has to be;
        their labels, (count,), whole numbers 0, 1, 2.

    Raises:
        ValueError: the arms would not be equally long.
    """
    if count < ARMS or count % ARMS:
        raise ValueError(f"pinwheel: count is {count}; give a multiple of {ARMS}, {ARMS} or more")
    labels = torch.arange(count) % ARMS
    along = torch.linspace(0, 1, count // ARMS, dtype=torch.float64).repeat_interleave(ARMS)
    wobble = torch.randn(
        2, count, generator=torch.Generator().manual_seed(seed), dtype=torch.float64
    )
    radius = 0.45 + 1.35 * along + 0.06 * wobble[0]
    angle = 0.2 + 2 * math.pi / ARMS * labels + 1.15 * along + 0.10 * wobble[1]
    points = torch.stack([radius * angle.cos(), radius * angle.sin()], dim=1)  # (N, 2)
    points = (points - points.mean(dim=0)) / points.std(dim=0, correction=0)
    return points.float(), labels


def walk(
    x_t: Tensor, data: Tensor, levels: Tensor, generator: torch.Generator | None = None
) -> Tensor:
    """Every x_t of a run with the ideal denoiser: (K, B, 2), the start first.

    Args:
        x_t: where the run starts, (B, 2).
        data: the clean points, (N, 2).
        levels: alpha_bar of every x_t, (K,), growing.
        generator: where the fresh noise of a DDPM run comes from; without one, the run is DDIM's.
    """
    run = [x_t]
    for now, after in pairwise(levels):
        eps = maths.predict_eps(run[-1], maths.ideal_denoiser(run[-1], data, now), now)
        if generator is None:
            run.append(maths.ddim_step(run[-1], eps, now, after))
        else:
            fresh = torch.randn(x_t.shape, generator=generator)
            run.append(maths.ddpm_step(run[-1], eps, now, after, fresh))
    return torch.stack(run)
