"""From latents to pictures and back: exactly, with the VAE, or roughly, with a linear map.

One convention for ranges holds everywhere: latents are scaled (variance about 1, as the U-Net sees
them), images are float32 in [0, 1], of shape (B, 3, height, width), on the CPU.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from .language import _
from .pictures import as_seen
from .runtime import device_of, eval_mode, in_float32, undisturbed, warn_caller
from .serving.client import Remote

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


@undisturbed()
def encode(pipe: StableDiffusionPipeline, images: Tensor) -> Tensor:
    """The latents that the VAE makes of pictures: (B, 3, 8 h, 8 w) in [0, 1] -> (B, 4, h, w).

    The encoder answers with a normal distribution for each latent. This is its mean, scaled as the
    U-Net sees it, float32, on the CPU; `decode` is the way back.

    Args:
        pipe: a pipeline, for its VAE.
        images: (B, 3, height, width) or (3, height, width); sides are multiples of 8 pixels.

    Raises:
        ValueError: another shape, a side that is no multiple of 8, or values outside [0, 1].
    """
    vae = pipe.vae
    factor = 2 ** (len(vae.config.block_out_channels) - 1)
    batch = _checked_images(images)  # (B, 3, H, W) in [0, 1]
    if batch.shape[2] % factor or batch.shape[3] % factor:
        raise ValueError(
            _(
                "images must have sides that are multiples of {factor}, got {height} x {width}; "
                "crop or resize them",
                factor=factor,
                height=batch.shape[2],
                width=batch.shape[3],
            )
        )
    with eval_mode(vae):
        moments = vae.encode((2 * batch - 1).to(device_of(pipe), vae.dtype)).latent_dist
    latents = moments.mean * vae.config.scaling_factor
    return latents.to("cpu", torch.float32).contiguous()  # as a learner expects it, for `view`


@undisturbed()
def decode(pipe: StableDiffusionPipeline | Remote, latents: Tensor) -> Tensor:
    """The pictures that the VAE makes of latents: (B, 4, h, w) -> (B, 3, 8 h, 8 w) in [0, 1].

    Args:
        pipe: a pipeline, for its VAE; or a teacher's machine.
        latents: scaled latents, (B, C, h, w); one picture may come as (C, h, w). A run's finished
            latents, or any x0_hat. For noisy latents pass x_t, not a sigma-space scheduler's own
            latents.

    Raises:
        ValueError: the shape is not that of latents of this VAE.
    """
    if isinstance(pipe, Remote):
        return pipe.decode(_batched(latents, latents.shape[-3]).to("cpu", torch.float32))
    vae = pipe.vae
    batch = _batched(latents, vae.config.latent_channels)
    pixels = _decoded(pipe, batch)
    if not _finite(pixels) and _finite(batch) and vae.dtype != torch.float32:
        warn_caller(
            _(
                "the VAE overflowed in {dtype}, which makes pictures black; decoded again in "
                "float32",
                dtype=vae.dtype,
            )
        )
        with in_float32(vae):
            pixels = _decoded(pipe, batch)
    if not _finite(pixels):
        warn_caller(_not_finite(batch), RuntimeWarning)
        pixels = torch.nan_to_num(pixels, nan=-1.0)
    return (pixels / 2 + 0.5).clamp(0, 1).contiguous()


@undisturbed()
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


def fit_preview(latents: Tensor, images: Tensor) -> Tensor:
    """The table of the best linear `preview`: least squares from latents to colours, (C + 1, 3).

    Row c says what one unit of channel c adds to (red, green, blue), the last row is the constant.
    The colour of a latent pixel is the mean of the square of image pixels that it stands for.

    Args:
        latents: (B, C, h, w).
        images: the same pictures, (B, 3, f h, f w), in [0, 1].

    Raises:
        ValueError: the two do not belong together.
    """
    factor = images.shape[-1] // latents.shape[-1]
    small = F.avg_pool2d(images, factor) if factor else images  # (B, 3, h, w)
    if small.shape != (len(latents), 3, *latents.shape[2:]):
        raise ValueError(
            f"fit_preview: latents {tuple(latents.shape)} and images {tuple(images.shape)} do not "
            "belong together; give (B, C, h, w) and the same pictures as (B, 3, f h, f w)"
        )
    inputs = latents.permute(0, 2, 3, 1).flatten(0, 2)  # (B h w, C)
    inputs = F.pad(inputs, (0, 1), value=1.0)  # (B h w, C + 1): a column of ones
    colours = small.permute(0, 2, 3, 1).flatten(0, 2)  # (B h w, 3)
    return torch.linalg.lstsq(inputs, colours).solution


def psnr(a: Tensor, b: Tensor) -> Tensor:
    """Peak signal-to-noise ratio in dB of pictures in [0, 1]: twice (B, 3, H, W) -> (B,).

    It is -10 log10 of the mean squared error; 100 is the most that is told.
    """
    mse = ((a - b) ** 2).mean(dim=(1, 2, 3))  # (B,)
    return -10 * torch.log10(mse.clamp_min(1e-10))


def from_pil(pictures: Image.Image | Sequence[Image.Image]) -> Tensor:
    """Pictures of one size as a tensor, the way back from `to_pil`: (B, 3, H, W) in [0, 1].

    Each is taken as a person sees it: upright, 16 bits scaled to 8, transparency laid on white
    (`helpers.pictures.as_seen`).

    Raises:
        TypeError: something else than a Pillow image.
        ValueError: no picture, pictures of different sizes, or one that cannot be read.
    """
    given = [pictures] if isinstance(pictures, Image.Image) else pictures
    seen = [as_seen(picture, "pictures: each") for picture in given]
    sizes = {picture.size for picture in seen}
    if len(sizes) != 1:
        raise ValueError(
            _(
                "pictures must be one or more of one size, got {sizes}; resize them",
                sizes=sorted(sizes) or _("none"),
            )
        )
    pixels = np.stack([np.asarray(picture) for picture in seen])  # (B, H, W, 3)
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255


def to_pil(images: Tensor) -> list[Image.Image]:
    """Pictures to show or save: (B, 3, H, W) or (3, H, W) in [0, 1] -> a list of RGB images.

    Raises:
        ValueError: not three channels, or values outside [0, 1].
    """
    batch = _checked_images(images)
    pixels = np.round(batch.permute(0, 2, 3, 1).numpy() * 255).astype(np.uint8)  # (B, H, W, 3)
    return [Image.fromarray(picture) for picture in pixels]


def _checked_images(images: Tensor) -> Tensor:
    """Pictures as (B, 3, H, W), float32, on the CPU; refuses other shapes and ranges."""
    batch = images.detach().cpu().float()
    batch = batch.unsqueeze(0) if batch.ndim == 3 else batch
    if batch.ndim != 4 or batch.shape[1] != 3:
        raise ValueError(
            _(
                "images must be (B, 3, height, width), got {shape}; decode latents first",
                shape=tuple(images.shape),
            )
        )
    if not bool(((batch >= 0) & (batch <= 1)).all()):
        raise ValueError(
            _(
                "images must lie in [0, 1], got {low:.3g} ... {high:.3g}; map a range of [-1, 1] "
                "with x / 2 + 0.5",
                low=float(batch.min()),
                high=float(batch.max()),
            )
        )
    return batch


@undisturbed()
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
        images=images.clone(), clip_input=pixels.to(device_of(pipe), checker.dtype)
    )
    if any(flagged):
        numbers = ", ".join(str(k) for k, hit in enumerate(flagged) if hit)
        warn_caller(
            _(
                "the safety checker made picture {numbers} black: it takes it for offensive, and "
                "it errs often; try another seed or other words",
                numbers=numbers,
            )
        )
    return checked, [bool(hit) for hit in flagged]


def _batched(latents: Tensor, channels: int) -> Tensor:
    batch = latents.detach()
    batch = batch.unsqueeze(0) if batch.ndim == 3 else batch
    if batch.ndim != 4 or batch.shape[1] != channels:
        raise ValueError(
            _(
                "latents must be (B, {channels}, height, width), got {shape}",
                channels=channels,
                shape=tuple(latents.shape),
            )
        )
    return batch


def _decoded(pipe: StableDiffusionPipeline, batch: Tensor) -> Tensor:
    """What the VAE answers, (B, 3, H, W), about [-1, 1], float32, on the CPU."""
    vae = pipe.vae
    with eval_mode(vae):
        unscaled = batch.to(device_of(pipe), vae.dtype) / vae.config.scaling_factor
        pixels = vae.decode(unscaled, return_dict=False)[0]
    return pixels.to("cpu", torch.float32)


def _finite(tensor: Tensor) -> bool:
    return bool(torch.isfinite(tensor).all())


def _not_finite(latents: Tensor) -> str:
    if _finite(latents):
        return _("the VAE overflowed, so part of the picture is black: its weights may be damaged")
    return _(
        "the latents are not finite (nan or inf), so part of the picture is black: see the run"
    )
