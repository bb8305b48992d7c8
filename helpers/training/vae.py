"""The autoencoder: drawings to latents of an eighth of the size and back (f = 8)."""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL
from torch import nn

from ..decoding import fit_preview, psnr
from ..loading import load
from .checkpoints import written_beside
from .config import Sizes, TrainConfig
from .data import Drawings, draw, to_unit
from .export import assemble, export
from .loop import Stage, fit, make_accelerator
from .sheets import save_rows

CROP = 64  # pixels; a multiple of the VAE's factor 8
CROPS = 4  # crops of a picture; four of 64 x 64 cost as much as the whole picture
CROPS_UNTIL = (
    0.6  # share of the budget trained on crops; then whole pictures, as the VAE will be used
)
SCENES = 64  # unseen scenes of a report

KL_WEIGHT = 1e-5
GRADIENT_WEIGHT = 0.5


def make_vae(sizes: Sizes) -> AutoencoderKL:
    """An untrained AutoencoderKL for 128 x 128 pictures."""
    depth = len(sizes.vae_channels)
    return AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * depth,
        up_block_types=("UpDecoderBlock2D",) * depth,
        block_out_channels=sizes.vae_channels,
        layers_per_block=1,
        latent_channels=4,
        norm_num_groups=8,
        sample_size=128,
        mid_block_add_attention=False,
    )


def busyness(pictures: torch.Tensor) -> torch.Tensor:
    """How much happens around each pixel: the gradient's size, blurred, of mean 1.

    (B, 3, H, W) -> (B, 1, H, W)
    """
    grey = pictures.mean(1, keepdim=True)
    dx, dy = F.pad(grey.diff(dim=3), (0, 1)), F.pad(grey.diff(dim=2), (0, 0, 0, 1))
    energy = F.avg_pool2d(dx.abs() + dy.abs(), 9, stride=1, padding=4)
    return energy / energy.mean(dim=(1, 2, 3), keepdim=True).clamp_min(1e-6)


def random_crops(pictures: torch.Tensor, size: int = CROP, count: int = CROPS) -> torch.Tensor:
    """`count` crops of each picture, likelier where much happens, corners on multiples of 8.

    (B, 3, H, W) -> (B * count, 3, size, size)
    """
    energy = F.avg_pool2d(
        busyness(pictures), size, stride=8
    )  # (B, 1, rows, columns) of crop corners
    columns = energy.shape[3]
    corners = torch.multinomial(energy.flatten(1) + 0.1, count, replacement=True)  # (B, count)
    crops = [
        picture[:, 8 * (k // columns) :, 8 * (k % columns) :][:, :size, :size]
        for picture, row in zip(pictures, corners.tolist(), strict=True)
        for k in row
    ]
    return torch.stack(crops)


class ReconstructionLoss(nn.Module):
    """Charbonnier loss on pixels and their differences, heavier where much happens; a little KL.

    The gradient part and the weights keep small things (windows, boats, raindrops) that a plain
    mean forgets.
    """

    def __init__(self, vae: AutoencoderKL) -> None:
        super().__init__()
        self.vae = vae

    def forward(self, pictures: torch.Tensor, progress: float) -> dict[str, torch.Tensor]:
        x = to_unit(pictures)  # (B, 3, 128, 128) in [-1, 1]
        if torch.rand(()) < 0.5:
            x = x.flip(3)
        if progress < CROPS_UNTIL:
            x = random_crops(x)
        x = x.contiguous(memory_format=memory_format(x.device))
        posterior = self.vae.encode(x).latent_dist
        y = self.vae.decode(posterior.sample()).sample.float()
        weight = 0.7 + 0.3 * busyness(x).clamp_max(4)
        pixels = (weight * charbonnier(y - x)).mean()
        gradients = (
            charbonnier((y - x).diff(dim=3)).mean() + charbonnier((y - x).diff(dim=2)).mean()
        )
        kl = (
            0.5
            * (
                posterior.mean.float() ** 2 + posterior.var.float() - 1 - posterior.logvar.float()
            ).mean()
        )
        loss = pixels + GRADIENT_WEIGHT * gradients + KL_WEIGHT * kl
        mse = ((y.detach() - x) ** 2).mean()
        return {"loss": loss, "pixels": pixels, "kl": kl, "psnr": 10 * torch.log10(4 / mse)}


class DecoderLoss(nn.Module):
    """Minus the PSNR of what the decoder makes of the latents of a VAE whose encoder is frozen.

    The latents stay what they were, and with them every U-Net trained on them, as when Stable
    Diffusion's decoder was trained on (https://huggingface.co/stabilityai/sd-vae-ft-mse). PSNR is
    taken picture by picture (the loss of Chen et al. 2021, HINet, arXiv 2105.06086): a plain
    squared error would be ruled by the few busiest pictures.
    """

    def __init__(self, vae: AutoencoderKL) -> None:
        super().__init__()
        self.vae = vae
        for part in (vae.encoder, vae.quant_conv):
            part.requires_grad_(False)

    def forward(self, pictures: torch.Tensor, progress: float) -> dict[str, torch.Tensor]:
        x = to_unit(pictures)  # (B, 3, 128, 128) in [-1, 1]
        if torch.rand(()) < 0.5:
            x = x.flip(3)
        with torch.no_grad():
            latents = self.vae.encode(x).latent_dist.sample()
        mse = (self.vae.decode(latents).sample.float() - x).square().mean(dim=(1, 2, 3))
        psnr = (10 * torch.log10(4 / mse)).mean()
        return {"loss": -psnr, "psnr": psnr.detach()}


def memory_format(device: torch.device) -> torch.memory_format:
    """The layout in which a device trains convolutions faster; on two cores by a sixth."""
    return torch.contiguous_format if device.type == "cpu" else torch.channels_last


def charbonnier(difference: torch.Tensor, epsilon: float = 0.03) -> torch.Tensor:
    """A smooth absolute value: quadratic below epsilon, linear above."""
    return (difference**2 + epsilon**2).sqrt() - epsilon


@torch.no_grad()
def encode(
    vae: AutoencoderKL, pictures: torch.Tensor, batch_size: int = 32
) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and standard deviation of the unscaled latents of uint8 pictures.

    (N, 3, H, W) -> two (N, 4, H/8, W/8)
    """
    device = next(vae.parameters()).device
    parts = [
        vae.encode(to_unit(part.to(device))).latent_dist for part in pictures.split(batch_size)
    ]
    return torch.cat([p.mean.float().cpu() for p in parts]), torch.cat(
        [p.std.float().cpu() for p in parts]
    )


@torch.no_grad()
def decode(vae: AutoencoderKL, latents: torch.Tensor, batch_size: int = 32) -> torch.Tensor:
    """Pictures in [0, 1] from unscaled latents, rounded to 256 levels as a saved picture is."""
    device = next(vae.parameters()).device
    parts = [vae.decode(part.to(device)).sample.float().cpu() for part in latents.split(batch_size)]
    return ((torch.cat(parts).clamp(-1, 1) + 1) * 127.5).round() / 255


def measure_latents(vae: AutoencoderKL, pictures: torch.Tensor) -> None:
    """Write into the VAE's configuration what only its training data tell.

    `scaling_factor` is 1 / standard deviation of the latents, so that the U-Net sees unit variance
    (Rombach et al. 2022, appendix G). `_latents_to_rgb` holds five rows of (red, green, blue): one
    for each channel of the *scaled* latents and a constant; `latents @ rows[:4] + rows[4]` is the
    best linear preview of a picture, in [0, 1], which `helpers.preview` draws. Its name begins with
    "_" because diffusers warns of any other name that it does not know.
    """
    mean, std = encode(vae, pictures)
    latents = mean + std * torch.randn(mean.shape, generator=torch.Generator().manual_seed(0))
    scale = 1 / latents.std().item()
    rows = fit_preview(latents * scale, pictures.float() / 255)
    rounded = [[round(v, 4) for v in row] for row in rows.tolist()]
    vae.register_to_config(scaling_factor=round(scale, 5), _latents_to_rgb=rounded)


class Report:
    """PSNR on unseen scenes, a sheet of drawings above reconstructions, the exported network.

    With `model`, the folder of one whose encoder this VAE kept, that model is exported with it too.
    """

    def __init__(self, vae: AutoencoderKL, out: Path, model: Path | None = None) -> None:
        self.vae, self.out, self.model = vae, out, model
        self.unseen = torch.stack([draw(i, "test") for i in range(SCENES)])
        self.seen = torch.stack([draw(i) for i in range(SCENES)])

    def __call__(self) -> dict[str, float]:
        if self.model is None:
            measure_latents(self.vae, self.seen)
        mean, _ = encode(self.vae, self.unseen)
        rebuilt = decode(self.vae, mean)
        values = psnr(rebuilt, self.unseen.float() / 255)
        rows = [
            part
            for k in range(0, 32, 8)
            for part in (self.unseen[k : k + 8].float() / 255, rebuilt[k : k + 8])
        ]
        save_rows(rows, self.out / "vae.png")
        with written_beside(self.out / "vae") as place:
            self.vae.save_pretrained(place)
        if self.model is not None:
            pipe = load(self.model, "cpu")
            parts = pipe.text_encoder, pipe.tokenizer, pipe.unet
            export(assemble(self.vae, *parts), self.out / "model")
        return {"psnr": values.mean().item(), "worst_psnr": values.min().item()}


def train_vae(config: TrainConfig) -> dict[str, object]:
    """Train the autoencoder and export it to `config.out`/vae; the facts of the run.

    With `config.freeze_encoder` only the decoder learns, and `config.out`/model is the model of
    `config.start_from` with the new VAE.
    """
    torch.manual_seed(config.seed)
    vae = make_vae(config.sizes)
    if config.start_from:
        vae = AutoencoderKL.from_pretrained(config.start_from / "vae", dtype=torch.float32)
    device = make_accelerator(config).device
    vae = vae.train().to(memory_format=memory_format(device))
    stage = Stage(
        "vae",
        DecoderLoss(vae) if config.freeze_encoder else ReconstructionLoss(vae),
        Drawings(),
        Report(vae, config.out, config.start_from if config.freeze_encoder else None),
        batch_size=8,
        learning_rate=3e-3,
        workers=config.workers,
    )
    return fit(stage, config)
