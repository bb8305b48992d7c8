"""What can be measured on a recorded run: distances, spectra, paths.

Plain tensors in, numbers out; latents are scaled, (B, C, h, w). A *wave* is one whole period across
the picture: wave 1 is light above and dark below, high waves are fine detail.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def distance(a: Tensor, b: Tensor) -> float:
    """Root of the mean squared difference: 0 for equal latents, about 1 for unrelated ones.

    Args:
        a, b: latents of one shape.

    Raises:
        ValueError: the shapes differ (broadcasting would hide that).
    """
    _same_shape("distance", a, b)
    return float((a - b).square().mean().sqrt())


def away(pictures: Tensor, original: Tensor, others: Tensor) -> Tensor:
    """How far each picture is from an original: 0 is the same, 1 as far as other drawings of its
    scene; the course calls a picture below one half a copy.

    Args:
        pictures: (B, 3, H, W) in [0, 1].
        original: (3, H, W).
        others: drawings of the original's scene, (N, 3, H, W).

    Returns:
        Root mean square differences of the pixels, as shares of the mean one of others, (B,).
    """
    return differences(pictures, original) / differences(others, original).mean()


def differences(pictures: Tensor, original: Tensor) -> Tensor:
    """Root mean square difference of the pixels of each picture to one, (B,)."""
    return (pictures - original).square().mean((1, 2, 3)).sqrt()


def radial_power(x: Tensor) -> Tensor:
    """Mean power of waves 0, 1, 2, ... across the picture, all directions and channels together.

    Power is |FFT|^2 / (h w), so white noise of variance 1 has power 1 at every wave, and the powers
    of all frequencies sum to the sum of squares (Parseval).

    Args:
        x: square latents or pictures, (..., n, n).

    Returns:
        (n // 2 + 1,): waves 0 to n / 2, the finest that a grid of n can hold in every direction.

    Raises:
        ValueError: x is not square.
    """
    rings = _rings(x)  # (n, n), the wave number of each frequency
    power = torch.fft.fft2(x).abs().square() / rings.numel()  # (..., n, n)
    power = power.reshape(-1, *rings.shape).mean(0)  # (n, n)
    return torch.stack([power[rings == wave].mean() for wave in range(len(rings) // 2 + 1)])


def layout(x: Tensor, cells: int = 4) -> Tensor:
    """What is left when you squint, without the overall colour: (..., C, h, w) -> (..., C, 4, 4).

    Means over a grid of cells, and each channel's own mean taken away from them.
    """
    grid = F.adaptive_avg_pool2d(x, cells)
    return grid - grid.mean(dim=(-2, -1), keepdim=True)


def layout_kept(a: Tensor, b: Tensor, common: Tensor | float = 0.0) -> float:
    """Correlation of two layouts: 1 for the same.

    Args:
        a, b: latents of one shape, (..., C, h, w).
        common: a layout, (C, 4, 4), that is taken away from both first, such as the mean of many
            pictures of one prompt: they are alike anyway, with the sky above the ground.

    Raises:
        ValueError: the shapes differ.
    """
    _same_shape("layout_kept", a, b)
    pair = [(layout(x) - common).flatten() for x in (a, b)]
    return float(torch.corrcoef(torch.stack(pair))[0, 1])


def project(points: Tensor) -> Tensor:
    """The points seen from where they spread most (principal component analysis), in the plane.

    With the mean taken away, points = U S V^T; the rows of V^T are the axes, the widest first.

    Args:
        points: (N, D), one point in each row.

    Returns:
        (N, 2): coordinates along the first two axes; the sign of an axis is arbitrary.
    """
    centred = points - points.mean(dim=0)  # (N, D)
    _, _, axes = torch.linalg.svd(centred, full_matrices=False)  # axes: (min(N, D), D)
    return centred @ axes[:2].T  # (N, 2)


def _rings(x: Tensor) -> Tensor:
    """The wave number of each frequency of an FFT of x, (n, n): its distance from 0, rounded."""
    height, width = x.shape[-2:]
    if height != width:
        raise ValueError(f"x must be square, (..., n, n), got {tuple(x.shape)}; crop it first")
    line = torch.fft.fftfreq(height) * height  # (n,): 0, 1, ..., -2, -1
    return torch.hypot(line[:, None], line[None, :]).round().long()


def _same_shape(name: str, a: Tensor, b: Tensor) -> None:
    if a.shape != b.shape:
        raise ValueError(
            f"{name}: a and b must have one shape, got {tuple(a.shape)} and {tuple(b.shape)}; "
            "pick the same pictures of both"
        )
