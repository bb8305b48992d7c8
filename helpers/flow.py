"""Flow matching: straight lines from noise to data, and a network that learns their direction.

| here | meaning                                   | what others call it                         |
|------|-------------------------------------------|---------------------------------------------|
| t    | 0 (data) ... 1 (noise), a real number     | both papers below run it the other way      |
| x_t  | (1 - t) x0 + t eps, a point on the line   | diffusers: sample; its sigma is our t       |
| v    | eps - x0, the direction of the whole line | velocity; the papers': data minus noise     |

Every function takes and returns plain tensors. Sources: Lipman et al. 2023, arXiv 2210.02747,
section 4.1 (example II); Liu et al. 2023, arXiv 2209.03003, section 2. The v of `helpers.maths` is
another quantity: that of a diffusion whose x_t keeps variance 1.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor

Time = Tensor | float
"""A moment: a number in [0, 1], or a tensor that broadcasts against x_t."""

Field = Callable[[Tensor, Tensor], Tensor]
"""field(x_t, t) is the velocity at x_t, (B, ...), at the moments t, (B,)."""


def mix(x0: Tensor, eps: Tensor, t: Time) -> Tensor:
    """x_t = (1 - t) x0 + t eps, on the straight line from data to noise.

    Args:
        x0: data, (B, ...).
        eps: standard normal noise of the same shape.
        t: 0 for data, 1 for noise.
    """
    return (1 - t) * x0 + t * eps


def velocity(x0: Tensor, eps: Tensor) -> Tensor:
    """dx_t/dt = eps - x0, the same all along the line: what the network learns, (B, ...)."""
    return eps - x0


def step(x_t: Tensor, v: Tensor, t: Time, t_next: Time) -> Tensor:
    """Euler's step along v: x_t + (t_next - t) v. To sample, t falls from 1 to 0."""
    return x_t + (t_next - t) * v


def ends(x_t: Tensor, v: Tensor, t: Time) -> tuple[Tensor, Tensor]:
    """Where the straight line through x_t with direction v ends: x0_hat and eps_hat."""
    return x_t - t * v, x_t + (1 - t) * v


def times(steps: int, start: float = 1.0) -> Tensor:
    """start, ..., 0 in `steps` equal steps: (steps + 1,), float64.

    Raises:
        ValueError: steps is below 1, or start outside (0, 1].
    """
    if steps < 1:
        raise ValueError(f"times: steps must be 1 or more, got {steps}")
    if not 0 < start <= 1:
        raise ValueError(f"times: start must lie in (0, 1], where 1 is pure noise, got {start}")
    return torch.linspace(start, 0, steps + 1, dtype=torch.float64)


def run(field: Field, x: Tensor, moments: Tensor) -> Tensor:
    """Every x_t of a run of Euler steps, the start first: (K, B, ...).

    Args:
        field: the velocity.
        x: where the run starts, (B, ...).
        moments: t of every x_t, (K,), falling.
    """
    found = [x]
    for now, after in pairwise(moments.tolist()):
        v = field(found[-1], torch.full((len(x),), now, dtype=x.dtype))
        found.append(step(found[-1], v, now, after))
    return torch.stack(found)


def bend(path: Tensor, moments: Tensor) -> float:
    """How far paths are from straight lines walked at even speed: 0 where all are.

    The mean of |v - (end - start) / duration|^2 over paths and time, as a share of the straight
    lines' own mean |velocity|^2: the straightness S of Liu et al. 2023, section 2.2, free of units.

    Args:
        path: from `run`, (K, B, ...).
        moments: its times, (K,).
    """
    flat, moments = path.flatten(2).double(), moments.double()
    spans = (moments[1:] - moments[:-1])[:, None, None]
    whole = (flat[-1] - flat[0]) / (moments[-1] - moments[0])  # (B, n)
    off = ((flat[1:] - flat[:-1]) / spans - whole).square().sum(2)  # (K - 1, B)
    share = spans[..., 0] / spans.sum()
    return float((share * off).sum(0).mean() / whole.square().sum(1).mean())


def time_of(alpha_bar: Time) -> Time:
    """The t with the noise level of a diffusion's alpha_bar: t / (1 - t) = sigma."""
    noise, signal = (1 - alpha_bar) ** 0.5, alpha_bar**0.5
    return noise / (signal + noise)


def alpha_bar_of(t: Time) -> Time:
    """The alpha_bar with the noise level of t; the inverse of `time_of`."""
    return (1 - t) ** 2 / ((1 - t) ** 2 + t**2)


def scale_of(alpha_bar: Time) -> Time:
    """What turns a diffusion's x_t into the flow's at the same noise level: a factor.

    sqrt(alpha_bar) x0 + sqrt(1 - alpha_bar) eps, divided by the sum of both weights, has weights
    that add up to 1, and that is (1 - t) x0 + t eps.
    """
    return 1 / (alpha_bar**0.5 + (1 - alpha_bar) ** 0.5)
