"""From latents to pictures: exactly, with the VAE, or roughly and at no cost, with a linear map.

One convention for ranges holds everywhere: latents are scaled (variance about 1, as the U-Net sees
them), images are float32 in [0, 1], of shape (B, 3, height, width), on the CPU.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from .runtime import eval_mode

if TYPE_CHECKING:
    from diffusers import AutoencoderKL, StableDiffusionPipeline

STABLE_DIFFUSION_RGB = (
    (0.149, 0.104, 0.104),
    (0.094, 0.143, 0.087),
    (-0.079, 0.095, 0.132),
    (-0.092, -0.136, -0.237),
    (0.5, 0.5, 0.5),
)
"""What one unit of each latent channel adds to (red, green, blue) in [0, 1], and the constant.

For Stable Diffusion 1.x, where a VAE does not bring its own. Fitted by "keturn", "Decoding latents
to RGB without upscaling", discuss.huggingface.co, thread 23204 (2022); halved, for this range.
"""


@torch.no_grad()
def decode(pipe: StableDiffusionPipeline, latents: Tensor) -> Tensor:
    """The pictures that the VAE makes of latents: (B, 4, h, w) -> (B, 3, 8 h, 8 w) in [0, 1].

    Args:
        pipe: a pipeline, for its VAE.
        latents: scaled latents, (B, C, h, w); one picture may come as (C, h, w). A run's finished
            latents, or any x0_hat. For noisy latents pass x_t, not a sigma-space scheduler's own
            latents.

    Raises:
        ValueError: the shape is not that of latents of this VAE.
    """
    vae = pipe.vae
    batch = _batched(latents, vae.config.latent_channels)
    with eval_mode(vae):
        unscaled = batch.to(vae.device, vae.dtype) / vae.config.scaling_factor
        pixels = vae.decode(unscaled, return_dict=False)[0]  # (B, 3, H, W), about [-1, 1]
    pixels = pixels.to("cpu", torch.float32)
    if not bool(torch.isfinite(pixels).all()):
        warnings.warn(_not_finite(batch, vae.dtype), RuntimeWarning, stacklevel=3)
        pixels = torch.nan_to_num(pixels, nan=-1.0)
    return (pixels / 2 + 0.5).clamp(0, 1)


def preview(latents: Tensor, vae: AutoencoderKL | None = None) -> Tensor:
    """A rough picture, one colour per latent pixel: (B, 4, h, w) -> (B, 3, h, w) in [0, 1].

    Args:
        latents: scaled latents, (B, C, h, w) or (C, h, w).
        vae: where the coefficients are read: `_latents_to_rgb` in its configuration, a row of three
            for each channel and one of constants. Without it, and for a VAE that brings none, those
            of Stable Diffusion 1.x.

    Raises:
        ValueError: the latents have not as many channels as there are coefficients.
    """
    own = vae.config.get("_latents_to_rgb") if vae is not None else None
    table = torch.tensor(own or STABLE_DIFFUSION_RGB)  # (C + 1, 3)
    batch = _batched(latents, len(table) - 1).to("cpu", torch.float32)
    pixels = torch.einsum("bchw,cr->brhw", batch, table[:-1]) + table[-1].view(1, 3, 1, 1)
    return pixels.clamp(0, 1)


def to_pil(images: Tensor) -> list[Image.Image]:
    """Pictures to show or save: (B, 3, H, W) or (3, H, W) in [0, 1] -> a list of RGB images.

    Raises:
        ValueError: not three channels, or values outside [0, 1].
    """
    batch = images.detach().cpu().float()
    batch = batch.unsqueeze(0) if batch.ndim == 3 else batch
    if batch.ndim != 4 or batch.shape[1] != 3:
        raise ValueError(
            f"images must be (B, 3, height, width), got {tuple(images.shape)}; decode latents first"
        )
    if not bool(((batch >= 0) & (batch <= 1)).all()):
        raise ValueError(
            f"images must lie in [0, 1], got {float(batch.min()):.3g} ... {float(batch.max()):.3g}"
            "; map a range of [-1, 1] with x / 2 + 0.5"
        )
    pixels = np.round(batch.permute(0, 2, 3, 1).numpy() * 255).astype(np.uint8)  # (B, H, W, 3)
    return [Image.fromarray(picture) for picture in pixels]


@torch.no_grad()
def screen(pipe: StableDiffusionPipeline, images: Tensor) -> tuple[Tensor, list[bool]]:
    """The pictures after the safety checker: flagged ones are black, and the list says which.

    Args:
        pipe: a pipeline; if it has no safety checker (the embedded model needs none), nothing is
            changed.
        images: (B, 3, height, width) in [0, 1].
    """
    if pipe.safety_checker is None:
        return images, [False] * len(images)
    checker = pipe.safety_checker
    pixels = pipe.feature_extractor(to_pil(images), return_tensors="pt").pixel_values
    checked, flagged = checker(
        images=images.clone(), clip_input=pixels.to(checker.device, checker.dtype)
    )
    if any(flagged):
        numbers = ", ".join(str(k) for k, hit in enumerate(flagged) if hit)
        warnings.warn(
            f"the safety checker made picture {numbers} black: it takes it for offensive, and it "
            "errs often; try another seed or other words",
            stacklevel=3,
        )
    return checked, [bool(hit) for hit in flagged]


def _batched(latents: Tensor, channels: int) -> Tensor:
    batch = latents.detach()
    batch = batch.unsqueeze(0) if batch.ndim == 3 else batch
    if batch.ndim != 4 or batch.shape[1] != channels:
        raise ValueError(
            f"latents must be (B, {channels}, height, width), got {tuple(latents.shape)}"
        )
    return batch


def _not_finite(latents: Tensor, dtype: torch.dtype) -> str:
    if not bool(torch.isfinite(latents).all()):
        return (
            "the latents are not finite (nan or inf), so part of the picture is black: see the run"
        )
    return f"the VAE overflowed in {dtype}, so part of the picture is black: try pipe.vae.float()"
