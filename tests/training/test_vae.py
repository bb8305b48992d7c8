"""The autoencoder: its shape, its loss, what is measured on it, and its export."""

from __future__ import annotations

import json
import logging
import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL
from safetensors.torch import load_file

from helpers.decoding import preview, psnr
from helpers.doctor import WEIGHTS
from helpers.training import Sizes, TrainConfig, train_vae, vae
from helpers.training.data import draw, to_unit
from helpers.training.vae import (
    DecoderLoss,
    ReconstructionLoss,
    busyness,
    charbonnier,
    decode,
    encode,
    make_vae,
    measure_latents,
    random_crops,
)


@pytest.fixture(scope="module")
def pictures() -> torch.Tensor:
    return torch.stack([draw(index) for index in range(4)])


def test_latents_are_an_eighth_of_the_size(pictures: torch.Tensor) -> None:
    network = make_vae(Sizes.tiny())
    mean, std = encode(network, pictures)
    assert mean.shape == std.shape == (4, 4, 16, 16)
    rebuilt = decode(network, mean)
    assert rebuilt.shape == (4, 3, 128, 128)
    assert 0 <= rebuilt.min() and rebuilt.max() <= 1


def test_charbonnier_is_quadratic_near_zero_and_linear_far_away() -> None:
    assert charbonnier(torch.tensor(0.0)) == 0
    small, large = charbonnier(torch.tensor([0.001, 10.0]), epsilon=0.1)
    assert small == pytest.approx(0.001**2 / 0.2, rel=0.01)
    assert large == pytest.approx(10 - 0.1, rel=0.001)


def test_busyness_is_high_where_something_happens() -> None:
    picture = torch.zeros(1, 3, 64, 64)
    picture[..., 40:44, 40:44] = 1
    busy = busyness(picture)
    assert busy.mean() == pytest.approx(1)
    assert busy[0, 0, 42, 42] > 10
    assert busy[0, 0, 10, 10] == 0


def test_crops_start_at_multiples_of_eight_and_prefer_busy_places() -> None:
    rows, columns = torch.meshgrid(torch.arange(128.0), torch.arange(128.0), indexing="ij")
    picture = torch.stack([rows, columns, torch.zeros_like(rows)])[None] / 1000
    picture[:, 2, 100:120, 100:120] = torch.rand(20, 20, generator=torch.manual_seed(0)) * 50
    torch.manual_seed(0)
    crops = random_crops(picture, size=64, count=100)
    assert crops.shape == (100, 3, 64, 64)
    corners = (crops[:, :2, 0, 0] * 1000).round().int()
    assert (corners % 8 == 0).all()
    assert (corners <= 64).all()
    assert corners.float().mean() > 40  # evenly spread corners would average 32


def test_the_loss_is_nothing_but_kl_for_a_perfect_autoencoder(
    pictures: torch.Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Perfect:
        def encode(self, x: torch.Tensor) -> object:
            self.x, zero = x, torch.zeros(1)
            latent = type("L", (), {"mean": zero, "var": zero + 1, "logvar": zero})()
            latent.sample = lambda: x
            return type("E", (), {"latent_dist": latent})()

        def decode(self, latents: torch.Tensor) -> object:
            return type("D", (), {"sample": latents})()

    loss = ReconstructionLoss(make_vae(Sizes.tiny()))
    monkeypatch.setattr(loss, "_modules", {})
    loss.vae = Perfect()
    values = loss(pictures, progress=0.0)
    assert values["loss"] == pytest.approx(0, abs=1e-6)
    assert loss.vae.x.shape == (16, 3, 64, 64)  # crops at first
    loss(pictures, progress=0.9)
    assert loss.vae.x.shape == (4, 3, 128, 128)  # whole pictures at last


def test_scaled_latents_have_unit_variance(pictures: torch.Tensor) -> None:
    torch.manual_seed(0)
    network = make_vae(Sizes.tiny())
    measure_latents(network, pictures)
    mean, std = encode(network, pictures)
    sampled = (mean + std * torch.randn_like(mean)) * network.config.scaling_factor
    assert sampled.std().item() == pytest.approx(1, rel=0.05)


def test_preview_rows_beat_any_constant(pictures: torch.Tensor) -> None:
    torch.manual_seed(0)
    network = make_vae(Sizes.tiny())
    measure_latents(network, pictures)
    latents = encode(network, pictures)[0] * network.config.scaling_factor
    guess = preview(latents, network)
    truth = F.avg_pool2d(pictures.float() / 255, 8)
    constant = truth.mean((0, 2, 3), keepdim=True)
    assert (guess - truth).square().mean() < (constant - truth).square().mean()


def test_the_export_is_read_back_without_a_warning(
    run: Path, caplog: pytest.LogCaptureFixture
) -> None:
    logging.getLogger("diffusers").addHandler(caplog.handler)
    network = AutoencoderKL.from_pretrained(run / "vae")
    logging.getLogger("diffusers").removeHandler(caplog.handler)
    assert "not expected" not in caplog.text
    assert network.config.scaling_factor != 0.18215
    assert len(network.config["_latents_to_rgb"]) == 5
    assert (run / "vae.png").stat().st_size > 10_000


def test_an_interrupted_training_ends_where_an_uninterrupted_one_does(
    config: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With moments in the wrong memory layout (channels last) the two would differ."""
    monkeypatch.setattr(vae, "SCENES", 2)
    whole = replace(config, batch_size=2, steps=4)
    train_vae(whole)
    parts = replace(whole, out=tmp_path / "parts")
    forward, calls = ReconstructionLoss.forward, []

    def stop(self: ReconstructionLoss, *inputs: object) -> dict[str, torch.Tensor]:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return forward(self, *inputs)

    monkeypatch.setattr(ReconstructionLoss, "forward", stop)
    with pytest.raises(KeyboardInterrupt):
        train_vae(parts)
    train_vae(replace(parts, resume=True))
    ends = [load_file(c.out / "state" / "vae.safetensors") for c in (whole, parts)]
    torch.testing.assert_close(ends[1], ends[0], rtol=0, atol=0)


def test_a_frozen_encoder_keeps_its_latents_while_the_decoder_learns(
    run: Path, config: TrainConfig
) -> None:
    model = run / "model"
    train_vae(replace(config, start_from=model, freeze_encoder=True))
    old, new = (AutoencoderKL.from_pretrained(m / "vae") for m in (model, config.out / "model"))
    assert new.config.scaling_factor == old.config.scaling_factor
    assert new.config["_latents_to_rgb"] == old.config["_latents_to_rgb"]
    same = {
        name: torch.equal(weight, old.state_dict()[name])
        for name, weight in new.state_dict().items()
    }
    assert all(same[name] for name in same if name.startswith(("encoder.", "quant_conv.")))
    assert not any(
        same[name] for name in same if name.endswith("conv_out.weight") and "dec" in name
    )
    for part in ("unet/diffusion_pytorch_model", "text_encoder/model"):
        before, after = (
            load_file(m / f"{part}.safetensors") for m in (model, config.out / "model")
        )
        torch.testing.assert_close(after, before, rtol=0, atol=0)


def test_the_shipped_vae_is_as_good_as_its_table_says() -> None:
    rows = json.loads(
        (WEIGHTS / "tiny-landscapes" / "evaluation.json").read_text(encoding="utf-8")
    )["rows"]
    said = next(row["value"] for row in rows if row["name"] == "VAE reconstruction")
    network = AutoencoderKL.from_pretrained(
        WEIGHTS / "tiny-landscapes" / "vae", dtype=torch.float32
    )
    unseen = torch.stack([draw(i, "test") for i in range(64)])
    values = psnr(vae.decode(network, vae.encode(network, unseen)[0]), unseen.float() / 255)
    assert values.mean().item() == pytest.approx(said, abs=0.5)  # 64 drawings in place of 500


def test_the_decoder_is_trained_for_the_psnr_of_each_picture() -> None:
    pictures = torch.tensor([255, 128], dtype=torch.uint8).view(2, 1, 1, 1).repeat(1, 3, 16, 16)
    network = make_vae(Sizes.tiny())
    loss = DecoderLoss(network)
    torch.manual_seed(0)
    values = loss(pictures, progress=0.5)
    torch.manual_seed(0)
    torch.rand(())  # the coin for the mirror image
    with torch.no_grad():
        latents = network.encode(to_unit(pictures)).latent_dist.sample()
        made = network.decode(latents).sample
    each = [
        10 * math.log10(4 / (a - b).square().mean())
        for a, b in zip(made, to_unit(pictures), strict=True)
    ]
    assert abs(each[0] - each[1]) > 1  # a mean over both pictures' squares would differ
    assert values["psnr"] == pytest.approx(sum(each) / 2, rel=1e-4)
    assert values["loss"].item() == pytest.approx(-values["psnr"].item())
    values["loss"].backward()
    frozen = [*network.encoder.parameters(), *network.quant_conv.parameters()]
    assert not any(weight.requires_grad for weight in frozen)  # or several processes wait for them
    assert all(weight.grad is not None for weight in network.decoder.parameters())
