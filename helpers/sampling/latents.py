"""Latents that somebody passes: a dense tensor of finite numbers, or a clear refusal."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def real_latents(name: str, value: Any) -> Tensor:
    """Latents that a run can work with, cut from any graph: (B, C, h, w), at least one number.

    Raises:
        TypeError: it is no tensor.
        ValueError: another shape, or not plain finite numbers.
    """
    if not isinstance(value, Tensor):
        raise TypeError(
            f"{name} must be a tensor, got {type(value).__name__}; torch.as_tensor makes one"
        )
    if value.ndim != 4 or not value.numel():
        raise ValueError(
            f"{name} must have the shape (B, C, h, w), got {tuple(value.shape)}; none of the four "
            "may be 0, and a picture is passed as a Pillow image (`to_pil`)"
        )
    if value.layout != torch.strided or value.is_meta or value.is_complex():
        kind = "meta" if value.is_meta else f"{value.layout}, {value.dtype}".replace("torch.", "")
        raise ValueError(f"{name} must be a dense tensor of real numbers, got one of {kind}")
    latents = value.detach()
    if not bool(torch.isfinite(latents.to(torch.float32)).all()):
        raise ValueError(f"{name} must be finite numbers in float32, got nan, inf or larger ones")
    return latents
