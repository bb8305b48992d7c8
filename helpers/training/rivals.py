"""Three small networks, trained alike: a diffusion and a flow U-Net, and a flow DiT.

Same drawings, captions, noise, optimiser and number of items: what one step of one run sees, the
same step of the others sees too.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL
from torch import nn
from transformers import CLIPTextModel

from .. import flow, landscapes, maths
from ..loading import TINY, StableDiffusionPipeline, load
from ..rivals import PLACES, TIMESTEPS, Rival, make, save
from .checkpoints import written_beside
from .config import Sizes, TrainConfig
from .data import cached_drawings, draw
from .latents import CaptionedLatents, cached_latents
from .loop import Stage, fit, make_accelerator
from .sheets import save_rows
from .text import tokenize
from .unet import GAMMA
from .vae import encode

UNSEEN = 128  # scenes for the loss on unseen scenes
SHEET_STEPS, SHEET_GUIDANCE = 20, 4.0
PROMPTS = (
    "green hills by day",
    "a lake at dawn with pine trees",
    "the sea at sunset",
    "a desert at night with stars",
    "a red house in a meadow",
    "purple mountains with a river",
    "a castle at night, pixel art",
    "snowy ground with falling snow",
)
"""Prompts of the sample sheet, always the same, with the seeds 0 to 7."""


class EnglishLatents(CaptionedLatents):
    """The same stream with its English captions alone: so little training is short for two."""

    def _captioned(self, item: int, position: int) -> tuple[int, str]:
        item, text = super()._captioned(item, position)
        if text:
            text = landscapes.training_caption(landscapes.sample(item), position, "en")
        return item, text


class RivalLoss(nn.Module):
    """Squared error of what a rival predicts, at moments spread evenly over its own time.

    The flow's error is that of eps - x0, unweighted, at t even in 0 ... 1 (Lipman et al. 2023,
    eq. 23; Liu et al. 2023, eq. 1). The diffusion's is that of the course's own U-Net, with its
    weights; see `DiffusionLoss`.
    """

    alpha_bar: torch.Tensor

    def __init__(self, rival: Rival, text_encoder: CLIPTextModel, scaling_factor: float) -> None:
        super().__init__()
        self.rival = rival
        self.text_encoder = text_encoder.requires_grad_(False)
        self.scaling_factor = scaling_factor
        alpha_bar = maths.alpha_bar(maths.scaled_linear_betas(TIMESTEPS)).float()
        self.register_buffer("alpha_bar", alpha_bar, persistent=False)

    def forward(self, batch: dict[str, torch.Tensor], progress: float) -> dict[str, torch.Tensor]:
        mean, std = batch["mean"].float(), batch["std"].float()
        x0 = (mean + std * torch.randn_like(mean)) * self.scaling_factor  # (B, 4, 16, 16)
        eps = torch.randn_like(x0)
        share = (torch.arange(len(x0)) + torch.rand(len(x0))) / len(x0)  # one in each part
        return {"loss": self.errors(x0, eps, share.to(x0.device), batch["tokens"]).mean()}

    def errors(
        self, x0: torch.Tensor, eps: torch.Tensor, share: torch.Tensor, tokens: torch.Tensor
    ) -> torch.Tensor:
        """The weighted error of each item, (B,).

        Args:
            x0: scaled latents, (B, 4, 16, 16).
            eps: noise of the same shape.
            share: of the way from data to noise, in time, 0 ... 1, (B,).
            tokens: token numbers, (B, 77); the first `PLACES` are read.
        """
        with torch.no_grad():
            words = self.text_encoder(input_ids=tokens[:, :PLACES])[0]  # (B, PLACES, width)
        if self.rival.name != "unet-diffusion":
            x_t = flow.mix(x0, eps, share.view(-1, 1, 1, 1))
            v = self.rival.answer(x_t, TIMESTEPS * share, words).float()
            return (v - flow.velocity(x0, eps)).square().mean((1, 2, 3))
        t = (share * TIMESTEPS).long().clamp(max=TIMESTEPS - 1)
        alpha_bar = self.alpha_bar[t].view(-1, 1, 1, 1)
        v = self.rival.answer(maths.add_noise(x0, eps, alpha_bar), t, words).float()
        error = (v - maths.velocity(x0, eps, alpha_bar)).square().mean((1, 2, 3))
        snr = torch.as_tensor(maths.snr(alpha_bar)).flatten()
        return (snr + 1).clamp(max=GAMMA) / (snr + 1) * error


class Report:
    """Its own loss on unseen scenes, a sheet of the fixed prompts, and the weights, halved."""

    def __init__(
        self, loss: RivalLoss, pipe: StableDiffusionPipeline, sizes: dict[str, Any], out: Path
    ) -> None:
        self.loss, self.pipe, self.sizes, self.out = loss, pipe, sizes, out
        scenes = [landscapes.sample(i, "test").scene for i in range(UNSEEN)]
        texts = [landscapes.describe(scene, i, "en") for i, scene in enumerate(scenes)]
        self.tokens = tokenize(pipe.tokenizer, texts)
        drawings = torch.stack([draw(i, "test") for i in range(UNSEEN)])
        self.x0 = encode(pipe.vae, drawings)[0] * pipe.vae.config.scaling_factor
        self.eps = torch.randn(self.x0.shape, generator=torch.Generator().manual_seed(0))

    def __call__(self) -> dict[str, float]:
        device = self.loss.alpha_bar.device
        shares = (torch.arange(UNSEEN) + 0.5) / UNSEEN
        parts = (self.x0, self.eps, shares, self.tokens)
        unseen = self.loss.errors(*(part.to(device) for part in parts)).mean().item()
        self.write_sheet(device)
        with written_beside(self.out / f"{self.loss.rival.name}.safetensors") as place:
            save(self.loss.rival, self.sizes, place)
        return {"unseen_loss": unseen}

    def write_sheet(self, device: torch.device) -> None:
        tokens = tokenize(self.pipe.tokenizer, ["", *PROMPTS])[:, :PLACES].to(device)
        words = self.loss.text_encoder(input_ids=tokens)[0]
        field = self.loss.rival.guided(words[1:], words[:1], SHEET_GUIDANCE)
        noise = torch.stack(
            [
                torch.randn(self.x0.shape[1:], generator=torch.Generator().manual_seed(seed))
                for seed in range(len(PROMPTS))
            ]
        )
        moments = flow.times(SHEET_STEPS, self.loss.rival.start)
        latents = flow.run(field, moments[0].item() * noise.to(device), moments)[-1]
        vae: AutoencoderKL = self.pipe.vae
        pictures = vae.decode(latents.to(vae.device) / vae.config.scaling_factor).sample
        rows = list((pictures / 2 + 0.5).clamp(0, 1).float().cpu().split(4))
        save_rows(rows, self.out / f"{self.loss.rival.name}.png")


def train_rival(config: TrainConfig, name: str) -> dict[str, object]:
    """Train one rival; its weights go to `config.out`/name.safetensors.

    Args:
        config: `start_from` is the model that VAE and text encoder are taken from; None takes the
            embedded one.
        name: one of `RIVALS`.
    """
    torch.manual_seed(config.seed)
    accelerator = make_accelerator(config)
    pipe = load(config.start_from or TINY, device="cpu", dtype="float32")
    pipe.vae.to(accelerator.device)
    with accelerator.main_process_first():  # one process makes the caches, the others read them
        drawings = cached_drawings(config.out, config.pictures, config.workers)
        latents = cached_latents(
            config.out / "latents.safetensors", pipe.vae, drawings, accelerator.autocast
        )
    pipe.text_encoder.set_attn_implementation("eager")
    sizes = sizes_of(name, config.sizes, pipe.text_encoder.config.hidden_size)
    torch.manual_seed(config.seed)  # the same first weights whether the caches were there or not
    rival = make(name, sizes)
    loss = RivalLoss(rival, pipe.text_encoder, pipe.vae.config.scaling_factor)
    stage = Stage(
        name,
        loss,
        EnglishLatents(latents, pipe.tokenizer),
        Report(loss, pipe, sizes, config.out),
        batch_size=32,
        learning_rate=1e-3,
        weight_decay=0.01,
        average=0.995,
        floor=0.01,
        warm_up=50,
        length=config.pictures,
        workers=config.workers,
    )
    return fit(stage, config)


def sizes_of(name: str, sizes: Sizes, words: int) -> dict[str, Any]:
    """What `rivals.make` is told of a rival, in plain JSON values."""
    if name == "dit-flow":
        return {"width": sizes.rival_width, "depth": sizes.rival_depth, "words": words}
    return {"channels": list(sizes.rival_channels), "words": words}


TRAINERS = {
    name: functools.partial(train_rival, name=name)
    for name in ("unet-diffusion", "unet-flow", "dit-flow")
}
