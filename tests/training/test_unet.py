"""The U-Net: its loss against the formulas, its latents, its export."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from diffusers import AutoencoderKL, StableDiffusionPipeline
from safetensors.torch import load_file

from helpers import landscapes
from helpers.training import Sizes, TrainConfig, train_unet
from helpers.training.data import cached_drawings, caption
from helpers.training.latents import CaptionedLatents, cached_latents
from helpers.training.text import tokenize
from helpers.training.tokenizer import make_tokenizer
from helpers.training.unet import (
    GAMMA,
    DiffusionLoss,
    load_parts,
    make_unet,
    seen_places,
    spread,
)
from helpers.training.vae import encode, make_vae


class Oracle(torch.nn.Module):
    """Knows x0, so its velocity is exact: (sqrt(ab) x_t - x0) / sqrt(1 - ab)."""

    def __init__(self, x0: torch.Tensor, alpha_bar: torch.Tensor) -> None:
        super().__init__()
        self.x0, self.alpha_bar = x0, alpha_bar

    def forward(
        self, x_t: torch.Tensor, t: torch.Tensor, encoder_hidden_states: torch.Tensor, **_: object
    ) -> SimpleNamespace:
        ab = self.alpha_bar[t][:, None, None, None]
        return SimpleNamespace(sample=(ab.sqrt() * x_t - self.x0) / (1 - ab).sqrt())


class Words(torch.nn.Module):
    """Stands in for a text encoder."""

    def forward(self, input_ids: torch.Tensor) -> tuple[torch.Tensor]:
        return (torch.zeros(len(input_ids), 77, 8),)


def test_the_exact_velocity_has_no_error_and_weights_are_bounded() -> None:
    loss = DiffusionLoss(torch.nn.Identity(), Words(), 1.0)
    x0, eps = torch.randn(4, 4, 16, 16), torch.randn(4, 4, 16, 16)
    t = torch.tensor([0, 100, 500, 999])
    loss.unet = Oracle(x0, loss.alpha_bar)
    error, weight = loss.errors(x0, eps, t, torch.zeros(4, 77, dtype=torch.long))
    torch.testing.assert_close(error, torch.zeros(4), atol=1e-4, rtol=0)
    snr = loss.alpha_bar[t] / (1 - loss.alpha_bar[t])
    torch.testing.assert_close(weight, torch.minimum(snr + 1, torch.tensor(GAMMA)) / (snr + 1))
    loss.unet = Oracle(x0 + 1, loss.alpha_bar)
    assert (loss.errors(x0, eps, t, torch.zeros(4, 77, dtype=torch.long))[0] > 0.5).all()


def test_the_schedule_is_stable_diffusion_s() -> None:
    alpha_bar = DiffusionLoss(torch.nn.Identity(), Words(), 1.0).alpha_bar
    assert len(alpha_bar) == 1000
    assert (alpha_bar[-1] / (1 - alpha_bar[-1])).item() == pytest.approx(0.004682, rel=1e-3)


def test_half_of_the_items_show_the_unet_the_words_alone() -> None:
    torch.manual_seed(0)
    tokens = torch.full((1000, 77), 9)  # 9 is the end mark, which fills up
    tokens[:, 0], tokens[:, 1:4] = 8, torch.tensor([3, 5, 4])
    seen = seen_places(tokens, 0.5)
    hidden = ~seen.all(1)
    assert hidden.float().mean() == pytest.approx(0.5, abs=0.05)
    assert seen[hidden][:, :4].all() and not seen[hidden][:, 4:].any()
    assert seen_places(tokens, 0.0).all()


def test_the_unet_does_not_see_hidden_places() -> None:
    torch.manual_seed(0)
    unet = make_unet(Sizes.tiny()).eval()
    words, x_t = torch.randn(1, 77, 16), torch.randn(1, 4, 16, 16)
    seen = torch.arange(77)[None] < 5
    changed = torch.where(seen[..., None], words, torch.randn(1, 77, 16))

    def answer(states: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        return unet(x_t, 500, states, encoder_attention_mask=mask).sample

    with torch.no_grad():
        torch.testing.assert_close(answer(words, seen), answer(changed, seen))
        assert (answer(words, None) - answer(changed, None)).abs().max() > 1e-4


def test_timesteps_are_spread_over_all_parts() -> None:
    t = spread(10, 1000)
    assert (t // 100).tolist() == list(range(10))


def test_latents_are_encoded_once_for_the_same_vae(tmp_path: Path) -> None:
    torch.manual_seed(0)
    vae, drawings = make_vae(Sizes.tiny()), cached_drawings(tmp_path, 10, workers=0)
    path = tmp_path / "latents.safetensors"
    found = cached_latents(path, vae, drawings, torch.no_grad)
    mean, _ = encode(vae, torch.from_numpy(drawings[:2].copy()))
    torch.testing.assert_close(found["mean"][:2].float(), mean, atol=2e-3, rtol=2e-3)
    stamp = path.stat().st_mtime_ns
    torch.testing.assert_close(cached_latents(path, vae, drawings, torch.no_grad), found)
    assert path.stat().st_mtime_ns == stamp
    other = make_vae(Sizes.tiny())
    assert not torch.equal(
        cached_latents(path, other, drawings, torch.no_grad)["mean"], found["mean"]
    )


def numbered(count: int) -> CaptionedLatents:
    """Latents whose mean is their item's number."""
    mean = torch.arange(count).float().view(-1, 1, 1, 1).expand(-1, 4, 16, 16)
    return CaptionedLatents({"mean": mean, "std": torch.zeros_like(mean)}, make_tokenizer())


def test_an_item_is_its_latents_with_words() -> None:
    data = numbered(3)
    item = data[2, 7]
    assert item["mean"].unique().tolist() == [2]
    expected = tokenize(data.tokenizer, [caption(2, 7)])[0]
    torch.testing.assert_close(item["tokens"], expected)


def test_one_caption_in_ten_is_empty_and_of_a_plain_scene() -> None:
    """The plainer the oftener, as captions leave scenes unsaid; never of a titled painting."""
    data = numbered(1001)  # the last is a titled painting
    assert landscapes.sample(1000).title
    batch = data.__getitems__([(position % 1001, position) for position in range(2000)])
    empty = (batch["tokens"] == tokenize(data.tokenizer, [""])).all(1)
    assert 150 < empty.sum() < 250
    items = batch["mean"][:, 0, 0, 0].int()
    told = items == torch.arange(2000).remainder(1001)
    assert told[~empty].all() and told[empty].float().mean() < 0.05
    scenes = [landscapes.sample(item) for item in items[empty].tolist()]
    assert not any(each.title for each in scenes)
    found = [landscapes.unsaid(each.scene) for each in scenes]
    chances = torch.tensor([landscapes.unsaid(landscapes.sample(k).scene) for k in range(1000)])
    expected = (chances**2).sum() / chances.sum()  # mean, each drawn by its chance
    assert sum(found) / len(found) == pytest.approx(expected.item(), rel=0.25)


def test_the_stock_pipeline_loads_and_runs_the_export(run: Path) -> None:
    pipe = StableDiffusionPipeline.from_pretrained(run / "model")
    pipe.set_progress_bar_config(disable=True)
    assert {pipe.unet.dtype, pipe.vae.dtype, pipe.text_encoder.dtype} == {torch.float32}
    assert (
        pipe.vae.config.scaling_factor
        == AutoencoderKL.from_pretrained(run / "vae").config.scaling_factor
    )
    assert pipe.scheduler.config.prediction_type == "v_prediction"
    assert pipe.scheduler.timesteps[0] == 999
    assert "mountains" in pipe.tokenizer.init_kwargs["known_words"]
    picture = pipe("山と川", num_inference_steps=2).images[0]
    assert picture.size == (128, 128)


def test_the_export_names_no_folder_of_the_machine_that_trained_it(run: Path) -> None:
    configs = list((run / "model").rglob("*config.json"))
    assert len(configs) >= 4
    assert not any(str(run.parent) in path.read_text(encoding="utf-8") for path in configs)


def test_the_export_holds_the_averaged_weights_in_half_precision(run: Path) -> None:
    weights = load_file(run / "model" / "unet" / "diffusion_pytorch_model.safetensors")
    state = load_file(run / "state" / "unet.safetensors")
    assert {value.dtype for value in weights.values()} == {torch.float16}
    name = "conv_in.weight"
    torch.testing.assert_close(weights[name], state["average.0"].half())
    assert not torch.equal(weights[name], state[f"model.unet.{name}"].half())


def test_the_text_encoder_learns_too_unless_frozen(run: Path, config: TrainConfig) -> None:
    name = "encoder.layers.0.mlp.fc1.weight"
    before = load_file(run / "text_encoder" / "model.safetensors")[name]
    after = load_file(run / "state" / "unet.safetensors")[f"model.text_encoder.{name}"]
    assert not torch.equal(before, after)
    for part in ("vae", "text_encoder", "tokenizer"):
        shutil.copytree(run / part, config.out / part)
    train_unet(replace(config, freeze_text=True))
    frozen = load_file(config.out / "state" / "unet.safetensors")[f"model.text_encoder.{name}"]
    torch.testing.assert_close(frozen, before, rtol=0, atol=0)


def test_missing_parts_are_named_with_the_command_that_makes_them(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="vae is missing: run .*helpers train vae"):
        load_parts(tmp_path)
    (tmp_path / "vae").mkdir()
    with pytest.raises(
        FileNotFoundError, match="text_encoder is missing: run .*helpers train text"
    ):
        load_parts(tmp_path)


def test_the_shipped_sizes_fit_36_megabytes_in_half_precision() -> None:
    from helpers.training.text import make_clip

    with torch.device("meta"):
        parts = (
            make_unet(Sizes()),
            make_vae(Sizes()),
            make_clip(Sizes(), make_tokenizer()).text_model,
        )
    counts = [sum(p.numel() for p in part.parameters()) for part in parts]
    assert 8e6 <= counts[0] <= 13e6
    assert counts[1] <= 3e6
    assert 2 * sum(counts) <= 36e6
