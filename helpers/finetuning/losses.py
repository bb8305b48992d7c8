"""Pictures as latents, and how far the U-Net's answer on them is off."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from .. import maths
from ..loading import StableDiffusionPipeline
from .settings import Example

GAMMA = 5.0
"""The largest weight of an error in x0, as the embedded model was trained (`training.unet`)."""

ENCODED = 16  # pictures that go through the VAE at a time


class Latents:
    """Pictures as the VAE sees them, encoded once, with the tokens of their captions."""

    def __init__(self, pipe: StableDiffusionPipeline, examples: Sequence[Example]) -> None:
        self.factor = pipe.vae.config.scaling_factor
        pictures = torch.stack([example.picture for example in examples])
        self.mean, self.std = _encode(pipe, pictures)
        self.tokens = pipe.tokenizer(
            [example.caption for example in examples],
            padding="max_length",
            truncation=True,
            return_tensors="pt",
        ).input_ids

    def draw(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Any of them: scaled latents (count, 4, S/8, S/8) and tokens (count, 77)."""
        chosen = torch.randint(len(self.mean), (count,), generator=generator)
        noise = torch.randn(self.mean[chosen].shape, generator=generator)
        return (self.mean[chosen] + self.std[chosen] * noise) * self.factor, self.tokens[chosen]


def denoising_loss(
    pipe: StableDiffusionPipeline,
    x0: Tensor,
    tokens: Tensor,
    alpha_bar: Tensor,
    generator: torch.Generator,
) -> Tensor:
    """Mean weighted squared error of what the U-Net predicts, v or noise, over a batch.

    Args:
        pipe: text encoder and U-Net; its scheduler says what is predicted.
        x0: scaled latents, (B, 4, S, S).
        tokens: (B, 77).
        alpha_bar: share of the signal at every timestep, (T,).
        generator: draws timesteps, spread evenly over the batch, and noise.
    """
    count, total = len(x0), len(alpha_bar)
    order = torch.randperm(count, generator=generator)  # whatever stands first meets all levels
    places = (order + torch.rand(count, generator=generator)) / count
    t = (places * total).long()  # (B,)
    eps = torch.randn(x0.shape, generator=generator).to(x0)
    level = alpha_bar[t].to(x0.device)[:, None, None, None]  # (B, 1, 1, 1)
    x_t = maths.add_noise(x0, eps, level).to(pipe.unet.dtype)
    vectors = pipe.text_encoder(tokens)[0]  # (B, 77, D)
    answer = pipe.unet(x_t, t.to(x0.device), vectors).sample.float()
    if pipe.scheduler.config.prediction_type != "v_prediction":
        return (answer - eps).square().mean()
    error = (answer - maths.velocity(x0, eps, level)).square().mean((1, 2, 3))
    weight = (1 / (1 - level.flatten())).clamp(max=GAMMA) * (1 - level.flatten())  # SNR + 1
    return (weight * error).mean()


@torch.no_grad()
def _encode(pipe: StableDiffusionPipeline, pictures: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of the unscaled latents, two float32 (N, 4, S/8, S/8)."""
    parts = [
        pipe.vae.encode((part * 2 - 1).to(pipe.device, pipe.vae.dtype)).latent_dist
        for part in pictures.split(ENCODED)
    ]
    return (
        torch.cat([part.mean.float().cpu() for part in parts]),
        torch.cat([part.std.float().cpu() for part in parts]),
    )
