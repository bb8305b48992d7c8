"""The U-Net: predicts the velocity in noisy latents from the words, trained on cached latents."""

from __future__ import annotations

from pathlib import Path

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor
from torch import nn
from transformers import CLIPTextModel, CLIPTokenizer

from .. import landscapes, maths
from ..loading import StableDiffusionPipeline
from .config import Sizes, TrainConfig
from .data import cached_drawings, draw
from .export import assemble, export, make_scheduler
from .latents import CaptionedLatents, cached_latents
from .loop import Stage, fit, make_accelerator
from .sheets import save_rows
from .text import tokenize, with_words_of
from .tokenizer import make_tokenizer
from .vae import encode

GAMMA = 5.0  # the largest weight of an error in x0
WORDS_ONLY = 0.5  # share of items whose places after the last word are hidden
UNSEEN = 128  # scenes for the loss on unseen scenes

PROMPTS = (
    "A fantasy landscape with mountains and a river",
    "山と川のある幻想的な風景",
    "a red house in a meadow by day",
    "a white lighthouse by the sea at night with two moons",
    "pixel art of a castle at night",
    "a watercolour of a lake at dawn with pine trees",
    "a pencil sketch of purple mountains with a road",
    "砂漠とヤシの木と赤いテントのある風景",
    "a boat on the sea at sunset",
    "snowy ground with pine trees and falling snow",
    "lightning over green hills in a storm",
    "a rainbow over a meadow with round trees",
    "a hot air balloon over blue hills by day",
    "青い城のある夜の風景",
    "a ringed planet in a fantasy world with a desert",
    "a yellow house at night with stars",
)
"""Prompts of the sample sheets, always the same, with the seeds 0 to 15."""


def make_unet(sizes: Sizes) -> UNet2DConditionModel:
    """An untrained U-Net with cross-attention in all blocks but the innermost."""
    inner = len(sizes.unet_channels) - 1
    return UNet2DConditionModel(
        sample_size=landscapes.SIZE // 8,
        down_block_types=("CrossAttnDownBlock2D",) * inner + ("DownBlock2D",),
        up_block_types=("UpBlock2D",) + ("CrossAttnUpBlock2D",) * inner,
        block_out_channels=sizes.unet_channels,
        layers_per_block=1,
        cross_attention_dim=sizes.text_width,
        attention_head_dim=sizes.unet_heads,  # the number of heads, as in Stable Diffusion 1.x
        norm_num_groups=16,
    )


class DiffusionLoss(nn.Module):
    """Weighted squared error of the predicted velocity.

    The plain error weighs a step's error in x0 by SNR + 1 (Salimans & Ho 2022, arXiv 2202.00512,
    section 4). The weight min(SNR + 1, gamma) / (SNR + 1) limits that to gamma, as Hang et al. 2023
    (arXiv 2303.09556) limit SNR: the nearly clean steps do not rule the sum, and the very noisy
    ones, where the words decide what is drawn where, keep their full share.
    """

    alpha_bar: torch.Tensor

    def __init__(
        self, unet: UNet2DConditionModel, text_encoder: CLIPTextModel, scaling_factor: float
    ) -> None:
        super().__init__()
        self.unet, self.text_encoder, self.scaling_factor = unet, text_encoder, scaling_factor
        self.register_buffer("alpha_bar", make_scheduler().alphas_cumprod.float(), persistent=False)

    def forward(self, batch: dict[str, torch.Tensor], progress: float) -> dict[str, torch.Tensor]:
        mean, std = batch["mean"].float(), batch["std"].float()
        x0 = (mean + std * torch.randn_like(mean)) * self.scaling_factor  # (B, 4, 16, 16)
        eps = torch.randn_like(x0)
        t, tokens = spread(len(x0), len(self.alpha_bar)), batch["tokens"]
        error, weight = self.errors(x0, eps, t, tokens, seen_places(tokens, WORDS_ONLY))
        return {"loss": (weight * error).mean(), "v_loss": error.mean()}

    def errors(
        self,
        x0: torch.Tensor,
        eps: torch.Tensor,
        t: torch.Tensor,
        tokens: torch.Tensor,
        seen: torch.Tensor | None = None,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Squared error of v of each item, and its weight: two (B,).

        Args:
            x0: scaled latents, (B, 4, 16, 16).
            eps: noise of the same shape.
            t: timesteps, (B,).
            tokens: token numbers, (B, 77).
            seen: the places that the U-Net may look at, bool (B, 77); None for all, as in use.
        """
        t = t.to(x0.device)
        alpha_bar = self.alpha_bar[t][:, None, None, None]
        words = self.text_encoder(input_ids=tokens)[0]  # (B, 77, width)
        x_t = maths.add_noise(x0, eps, alpha_bar)
        v = self.unet(
            x_t, t, encoder_hidden_states=words, encoder_attention_mask=seen
        ).sample.float()
        error = (v - maths.velocity(x0, eps, alpha_bar)).square().mean((1, 2, 3))
        snr = torch.as_tensor(maths.snr(alpha_bar)).flatten()  # (B,)
        return error, (snr + 1).clamp(max=GAMMA) / (snr + 1)


def seen_places(tokens: torch.Tensor, words_only: float) -> torch.Tensor:
    """All places, or in a random share `words_only` of the items those up to the last word.

    A causal text encoder gathers the whole sentence in the end mark, which fills all places after
    the last word. A U-Net that could always look there would not learn to look at the words.

    (B, 77) token numbers -> bool (B, 77)
    """
    everything = torch.rand(len(tokens), 1, device=tokens.device) >= words_only
    return everything | (tokens != tokens[:, -1:])


def spread(count: int, steps: int) -> torch.Tensor:
    """Random timesteps, one in each of `count` equal parts of 0…steps - 1, so no part is missed."""
    return ((torch.arange(count) + torch.rand(count)) / count * steps).long()


class Report:
    """Loss on unseen scenes, a sheet of the fixed prompts, and the exported pipeline."""

    def __init__(self, loss: DiffusionLoss, pipe: StableDiffusionPipeline, out: Path) -> None:
        self.loss, self.pipe, self.out = loss, pipe, out
        scenes = [landscapes.sample(i, "test").scene for i in range(UNSEEN)]
        texts = [landscapes.describe(s, i, ("en", "ja")[i % 2]) for i, s in enumerate(scenes)]
        self.tokens = tokenize(pipe.tokenizer, texts)
        mean, _ = encode(pipe.vae, torch.stack([draw(i, "test") for i in range(UNSEEN)]))
        self.x0 = mean * loss.scaling_factor
        random = torch.Generator().manual_seed(0)
        self.eps = torch.randn(self.x0.shape, generator=random)

    def __call__(self) -> dict[str, float]:
        device = self.pipe.unet.device
        t = torch.linspace(0, len(self.loss.alpha_bar) - 1, UNSEEN).long()
        inputs = (value.to(device) for value in (self.x0, self.eps, t, self.tokens))
        error, weight = self.loss.errors(*inputs)
        self.save_sheet()
        export(self.pipe, self.out / "model")
        return {"unseen_v_loss": error.mean().item(), "unseen_loss": (weight * error).mean().item()}

    def save_sheet(self) -> None:
        generators = [torch.Generator().manual_seed(seed) for seed in range(len(PROMPTS))]
        pictures = self.pipe(
            list(PROMPTS),
            num_inference_steps=20,
            guidance_scale=5.0,
            generator=generators,
            output_type="pt",
        ).images.cpu()
        save_rows(list(pictures.split(4)), self.out / "unet.png")


def train_unet(config: TrainConfig) -> dict[str, object]:
    """Train the U-Net, and the text encoder with it; the pipeline goes to `config.out`/model.

    Raises:
        FileNotFoundError: the VAE or the text encoder is not in `config.out` yet.
    """
    torch.manual_seed(config.seed)
    accelerator = make_accelerator(config)
    vae, text_encoder, tokenizer = load_parts(config.out, config.start_from)
    vae.to(accelerator.device)
    with accelerator.main_process_first():  # one process makes the caches, the others read them
        drawings = cached_drawings(config.out, config.pictures, config.workers)
        latents = cached_latents(
            config.out / "latents.safetensors", vae, drawings, accelerator.autocast
        )
    if config.start_from and not config.freeze_text:
        before, tokenizer = tokenizer, make_tokenizer(config.sizes.vocabulary)
        text_encoder = with_words_of(text_encoder, before, tokenizer)
    text_encoder.requires_grad_(not config.freeze_text)
    unet = make_unet(config.sizes)
    if config.start_from:
        unet = UNet2DConditionModel.from_pretrained(config.start_from / "unet", dtype=torch.float32)
    if accelerator.device.type == "cpu":
        use_plain_attention(unet, text_encoder)
    loss = DiffusionLoss(unet, text_encoder, vae.config.scaling_factor)
    pipe = assemble(vae, text_encoder, tokenizer, unet)
    stage = Stage(
        "unet",
        loss,
        CaptionedLatents(latents, tokenizer),
        Report(loss, pipe, config.out),
        batch_size=64,
        learning_rate=1e-3,
        weight_decay=0.01,
        average=0.998,
        floor=0.001,
        length=config.pictures,
        workers=config.workers,
        slow=list(text_encoder.parameters()),
        compiled=[unet, text_encoder],
    )
    return fit(stage, config)


def use_plain_attention(unet: UNet2DConditionModel, text_encoder: CLIPTextModel) -> None:
    """Attention as softmax(q k^T) v, step by step: 31 samples a second on one core in place of 23.

    On a CPU the fused kernel's way back is slow.
    """
    unet.set_attn_processor(AttnProcessor())
    text_encoder.set_attn_implementation("eager")


def load_parts(
    folder: Path, start_from: Path | None = None
) -> tuple[AutoencoderKL, CLIPTextModel, CLIPTokenizer]:
    """The trained VAE, text encoder and tokenizer from a run's folder.

    Args:
        folder: of the run.
        start_from: folder of a model; its text encoder and tokenizer are taken, since its U-Net
            knows no others, and its VAE where the run has trained none.

    Raises:
        FileNotFoundError: a part is missing, with the command that makes it.
    """
    words = start_from or folder
    places = {"vae": folder, "text_encoder": words, "tokenizer": words}
    if start_from and not (folder / "vae").is_dir():
        places["vae"] = start_from
    for name, place in places.items():
        if not (place / name).is_dir():
            stage = "vae" if name == "vae" else "text"
            raise FileNotFoundError(
                f"{place / name} is missing: run `python -m helpers train {stage}` into the same "
                "--out first"
            )
    vae = AutoencoderKL.from_pretrained(places["vae"] / "vae", dtype=torch.float32)
    text_encoder = CLIPTextModel.from_pretrained(words / "text_encoder", dtype=torch.float32)
    tokenizer = CLIPTokenizer.from_pretrained(words / "tokenizer")
    return vae.eval().requires_grad_(False), text_encoder, tokenizer
