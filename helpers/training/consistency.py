"""The formulas of latent consistency distillation: many small steps learned as one jump.

A diffusion model follows a path from noise to a picture. A consistency model f names the path's
end from any place on it, so that all places of one path have the same answer (Song et al. 2023,
arXiv 2303.01469, definition 1). It is learned from a teacher: f at one place shall say what f says
a little later on the path, where the teacher's own step leads; at the end, f is right by
construction. Latent consistency models do this on latents, with guidance inside the teacher's step
and over `skip` timesteps at once (Luo et al. 2023, arXiv 2310.04378, sections 4.1 to 4.3 and
algorithm 1).

Names are those of `helpers.maths`; its x_t is the paper's z, sqrt(alpha_bar) its alpha and
sqrt(1 - alpha_bar) its sigma, and its guidance_scale is the paper's omega + 1.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .. import maths

SIGMA_DATA = 0.5  # of the boundary scalings; diffusers' LCMScheduler has the same two numbers
TIMESTEP_SCALING = 10.0
HUBER = 0.001  # where the loss turns from square to absolute, as in LCM's own training


def path(points: int, steps: int = 1000) -> Tensor:
    """The timesteps at which f is learned, rising: int64 (points,), the last one steps - 1.

    They lie `steps // points` apart, as `LCMScheduler` counts its `original_inference_steps`.

    Raises:
        ValueError: points does not lie in 1 ... steps.
    """
    if not 1 <= points <= steps:
        raise ValueError(f"path: points must lie in 1 ... {steps}, the timesteps, got {points}")
    return torch.arange(1, points + 1) * (steps // points) - 1


def later(t: Tensor, skip: int) -> Tensor:
    """The timesteps `skip` nearer to the picture, not below 0, where f is the identity: (B,)."""
    return (t - skip).clamp_min(0)


def boundary_scalings(t: Tensor) -> tuple[Tensor, Tensor]:
    """c_skip and c_out, so that f(x, 0) = x whatever the network says: two tensors shaped like t.

    c_skip(0) = 1 and c_out(0) = 0; from t = 1 on they are nearly 0 and 1. The form is that of Song
    et al. 2023, appendix C, the numbers are those with which diffusers' `LCMScheduler` samples.

    Args:
        t: timesteps from 0, such as (B,).
    """
    scaled = TIMESTEP_SCALING * t
    c_skip = SIGMA_DATA**2 / (scaled**2 + SIGMA_DATA**2)
    c_out = scaled / (scaled**2 + SIGMA_DATA**2) ** 0.5
    return c_skip, c_out


def consistency(x_t: Tensor, x0_hat: Tensor, t: Tensor) -> Tensor:
    """f(x_t, t) = c_skip(t) x_t + c_out(t) x0_hat: where the path through x_t ends, (B, C, h, w).

    Song et al. 2023, eq. 5; Luo et al. 2023, section 4.1, for any prediction turned into x0_hat.

    Args:
        x_t: noisy latents, (B, C, h, w).
        x0_hat: the clean latents that the network's prediction implies, same shape.
        t: timesteps, (B,).
    """
    c_skip, c_out = (scaling.view(-1, 1, 1, 1) for scaling in boundary_scalings(t))
    return c_skip * x_t + c_out * x0_hat


def guided_step(
    x_t: Tensor,
    v_uncond: Tensor,
    v_cond: Tensor,
    alpha_bar: maths.Level,
    alpha_bar_later: maths.Level,
    guidance_scale: float,
) -> Tensor:
    """Where a teacher's guided path comes by later: one DDIM step over `skip` timesteps.

    The learner's one call stands for both calls of the teacher: guidance is folded in. Luo et al.
    2023, sections 4.2 and 4.3, with DDIM as the solver. To guide v is to guide eps: at a given x_t
    one is a linear function of the other.

    Args:
        x_t: noisy latents, (B, C, h, w).
        v_uncond: the teacher's velocity for the empty prompt, same shape.
        v_cond: its velocity for the prompt, same shape.
        alpha_bar, alpha_bar_later: share of the signal here and there, in (0, 1); it grows.
        guidance_scale: w in `maths.guide`.
    """
    v = maths.guide(v_uncond, v_cond, guidance_scale)
    eps = maths.eps_from_velocity(x_t, v, alpha_bar)
    return maths.ddim_step(x_t, eps, alpha_bar, alpha_bar_later)


def pseudo_huber(prediction: Tensor, target: Tensor, width: float = HUBER) -> Tensor:
    """sqrt(d^2 + width^2) - width of each difference d, as large as the two.

    It is about d^2 below width and |d| above, so that the places far off, as at the noisiest
    timesteps, do not rule the sum as with squares (Song & Dhariwal 2023, arXiv 2310.14189, section
    3.3; here for each number alone).
    """
    return ((prediction - target) ** 2 + width**2) ** 0.5 - width
