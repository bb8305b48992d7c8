"""Single-file checkpoints: the same weights as from a folder, told apart by their keys alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from diffusers import AutoencoderKL, PNDMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from safetensors.torch import save_file
from torch import Tensor
from torch.testing import assert_close
from transformers import CLIPTextConfig, CLIPTextModel

from helpers import loading
from helpers.loading import hub, networks, single_file
from helpers.sampling import generate

from .single_files import checkpoint

END = "<|endoftext|>"


def small(second: bool = False) -> StableDiffusionPipeline:
    """A random model in the layout of 1.x or 2.x, small, with CLIP's whole vocabulary."""
    torch.manual_seed(0)
    width = 48 if second else 32
    text = CLIPTextConfig(
        vocab_size=49408, hidden_size=width, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=2, projection_dim=32, eos_token_id=2,
    )  # fmt: skip
    unet = UNet2DConditionModel(
        sample_size=4, block_out_channels=(16, 32), layers_per_block=1, norm_num_groups=8,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"), cross_attention_dim=width,
        attention_head_dim=(2, 4) if second else 4, use_linear_projection=second,
    )  # fmt: skip
    vae = AutoencoderKL(
        block_out_channels=(8, 8, 16, 16), down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4, norm_num_groups=4, sample_size=32,
    )  # fmt: skip
    return StableDiffusionPipeline(
        vae=vae.eval(), text_encoder=CLIPTextModel(text).eval(), unet=unet.eval(),
        tokenizer=single_file.tokenizer("!" if second else END),
        scheduler=PNDMScheduler(
            beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012, steps_offset=1,
            skip_prk_steps=True,
        ),
        safety_checker=None, feature_extractor=None, requires_safety_checker=False,
    )  # fmt: skip


@pytest.fixture(scope="module", params=[False, True], ids=["1.x", "2.x"])
def original(request, tmp_path_factory) -> tuple[StableDiffusionPipeline, dict, Path]:
    """(pipeline, its checkpoint, folder with its configurations) for each generation."""
    pipe, folder = small(request.param), tmp_path_factory.mktemp("configurations")
    pipe.save_pretrained(folder)
    for weights in folder.rglob("*.safetensors"):
        weights.unlink()
    return pipe, checkpoint(pipe, request.param), folder


@pytest.fixture
def known(original, monkeypatch: pytest.MonkeyPatch) -> None:
    """The small model's generation is one that `load` knows, and nothing is asked at the hub."""
    pipe, _, folder = original
    pad = "!" if pipe.unet.config.use_linear_projection else END
    width = pipe.unet.config.cross_attention_dim
    own = {width: single_file.Generation(str(folder), pad)}
    monkeypatch.setattr(single_file, "GENERATIONS", own)
    monkeypatch.setattr(hub, "fetch", lambda *_: pytest.fail("the hub was asked"))


def test_a_checkpoint_gives_the_same_model(original, known, tmp_path, monkeypatch) -> None:
    pipe, tensors, _ = original
    monkeypatch.chdir(tmp_path)
    save_file(tensors, "model.safetensors")
    loaded = loading.load("model.safetensors", device="cpu")  # a relative path that exists
    for part in ("unet", "vae", "text_encoder"):
        own, found = getattr(pipe, part), getattr(loaded, part)
        assert_close(found.state_dict(), own.state_dict(), rtol=0, atol=0)
        assert not found.training
    assert type(loaded.scheduler).__name__ == "DPMSolverMultistepScheduler"
    assert loaded.safety_checker is None and loaded.name_or_path == "model.safetensors"
    run = generate(loaded, "a castle", steps=2, progress=False)
    assert run.images.shape == (1, 3, 32, 32)


@pytest.mark.usefixtures("bfloat16_computes")
def test_a_checkpoint_in_another_precision(original, known, tmp_path: Path) -> None:
    pipe, tensors, _ = original
    path = tmp_path / "model.safetensors"
    save_file({key: value.half() for key, value in tensors.items()}, path)
    unet = loading.load(path, device="cpu", dtype="bfloat16").unet
    assert unet.dtype == torch.bfloat16
    assert_close(unet.conv_in.weight, pipe.unet.conv_in.weight.half().bfloat16(), rtol=0, atol=0)


GONE = {
    "out.2.weight": "conv_out.weight",
    "encoder.norm_out.bias": "encoder.conv_norm_out.bias",
    "position": "embeddings.position_embedding.weight",
}
"""Original key, or a part of it -> key in the libraries."""


@pytest.mark.parametrize("key", GONE)
def test_missing_weights_are_named(original, known, tmp_path: Path, key: str) -> None:
    _, tensors, _ = original
    kept = {name: value for name, value in tensors.items() if key not in name}
    save_file(kept, tmp_path / "model.safetensors")
    message = f"1 weights are missing from model.safetensors: {GONE[key]}"
    with pytest.raises(ValueError, match=message):
        loading.load(tmp_path / "model.safetensors", device="cpu")


def test_other_shapes_are_named(original, known, tmp_path: Path) -> None:
    _, tensors, _ = original
    changed = tensors | {"model.diffusion_model.out.2.bias": torch.zeros(8)}
    save_file(changed, tmp_path / "model.safetensors")
    with pytest.raises(ValueError, match=r"conv_out.bias is \(8,\) and should be \(4,\)"):
        loading.load(tmp_path / "model.safetensors", device="cpu")


def test_a_checkpoint_that_was_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    save_file({"a": torch.zeros(100)}, path)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(OSError, match="is damaged or no safetensors file .*fetch it again"):
        loading.load(path, device="cpu")


# Which model it is

FIRST = "model.diffusion_model.input_blocks.0.0.weight"
WORDS = "model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"


def shapes(takes: int = 4, words: int = 768, *more: str) -> dict[str, tuple[int, ...]]:
    return {FIRST: (320, takes, 3, 3), WORDS: (320, words)} | dict.fromkeys(more, (1,))


def test_generations_are_told_by_the_width_of_their_words() -> None:
    names = [single_file.generation_of(shapes(words=w), "sdxl-v2.safetensors").name
             for w in (768, 1024)]  # fmt: skip
    assert names == ["1.x", "2.x"]


OTHERS = {
    "inpainting": (shapes(9), "an inpainting model: its U-Net takes 9 channels, not 4"),
    "instructions": (shapes(8), "edits pictures by instruction"),
    "strange channels": (shapes(16), "takes 16 channels"),
    "XL": (shapes(4, 2048, "conditioner.embedders.1.model.ln_final.bias"), "Diffusion XL;"),
    "XL, U-Net": (
        shapes(4, 2048, "model.diffusion_model.label_emb.0.0.bias"),
        "Diffusion XL; only",
    ),
    "refiner": (shapes(4, 1280, "conditioner.embedders.0.model.ln_final.bias"), "the refiner"),
    "SD 3": ({"model.diffusion_model.joint_blocks.0.x_block.attn.proj.bias": (1,)}, "Diffusion 3"),
    "Flux": ({"double_blocks.0.img_attn.norm.key_norm.scale": (1,)}, "is Flux"),
    "LCM": (shapes(4, 768, "model.diffusion_model.time_embed.cond_proj.weight"), "a distilled"),
    "ControlNet": ({"control_model.time_embed.0.weight": (1,)}, "a ControlNet"),
    "new word": ({"emb_params": (1, 768)}, "a textual inversion"),
    "other words": (shapes(4, 999), "reads words of 999"),
    "no words": ({FIRST: (320, 4, 3, 3)}, "reads words of None"),
    "U-Net alone": ({"conv_in.weight": (320, 4, 3, 3)}, "pass the folder with model_index.json"),
    "VAE alone": ({"encoder.conv_in.weight": (128, 3, 3, 3)}, "a VAE or a text encoder alone"),
    "nothing known": ({"x": (1,)}, "is no whole model"),
    "LoRA of kohya": ({"lora_unet_mid_block.lora_down.weight": (4, 320)}, "is a LoRA: .*lora="),
    "LoRA of peft": ({"unet.down_blocks.0.to_q.lora_A.weight": (4, 320)}, "is a LoRA"),
}


@pytest.mark.parametrize("case", OTHERS)
def test_other_models_are_refused_by_name(case: str) -> None:
    found, message = OTHERS[case]
    with pytest.raises(ValueError, match=message):
        single_file.generation_of(found, "v1-5.safetensors")


# What the configurations and the vocabulary are


@pytest.mark.parametrize(
    ("width", "million", "heads"),
    [(768, (860, 84, 123), 8), (1024, (866, 84, 340), [5, 10, 20, 20])],
)
def test_the_published_models_are_known_in_full_size(
    width: int, million: tuple[int, ...], heads: object
) -> None:
    """Their parameters are counted, and all their original keys are found, with shapes alone."""
    generation = single_file.GENERATIONS[width]
    folder = generation.folder
    with torch.device("meta"):
        made = [
            UNet2DConditionModel.from_config(UNet2DConditionModel.load_config(folder / "unet")),
            AutoencoderKL.from_config(AutoencoderKL.load_config(folder / "vae")),
            CLIPTextModel(CLIPTextConfig.from_pretrained(folder / "text_encoder")),
        ]
        parts = dict(zip(("unet", "vae", "text_encoder"), made, strict=True))
        tensors = checkpoint(SimpleNamespace(**parts), second=width == 1024)
    assert tuple(round(sum(p.numel() for p in n.parameters()) / 1e6) for n in made) == million
    assert made[0].config.attention_head_dim == heads
    shapes = {key: tuple(tensor.shape) for key, tensor in tensors.items()}
    assert single_file.generation_of(shapes, "some name") == generation
    single_file.check_weights(shapes, folder, "some name")


def test_the_vocabulary_is_that_of_clip() -> None:
    """Numbers that the papers' own program gives for these texts."""
    tokenizer = single_file.tokenizer(END)
    assert len(tokenizer) == 49408 and tokenizer.pad_token_id == 49407
    assert tokenizer("a photo of a cat").input_ids == [49406, 320, 1125, 539, 320, 2368, 49407]
    padded = single_file.tokenizer("!")("a cat", padding="max_length").input_ids
    assert padded == [49406, 320, 2368, 49407] + 73 * [0]


# What the U-Net predicts


def test_the_embedded_model_is_seen_to_predict_v(tiny_pipe) -> None:
    assert not single_file.predicts_noise(tiny_pipe)


@pytest.mark.parametrize("sign", [1, -1])
def test_what_is_predicted_is_measured(sign: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A U-Net that gives back what came in predicts eps: at the end x_T is eps."""
    pipe = small(second=True)
    monkeypatch.setattr(pipe.text_encoder.config, "hidden_size", 1024)

    def forward(x: Tensor, t: int, encoder_hidden_states: Tensor) -> SimpleNamespace:
        return SimpleNamespace(sample=sign * x)

    monkeypatch.setattr(pipe.unet, "forward", forward)
    single_file.settle_prediction(pipe)
    expected = ("epsilon", 4) if sign == 1 else ("v_prediction", 96)
    found = pipe.scheduler.config.prediction_type, pipe.unet.config.sample_size
    assert found == expected


def test_the_report_that_decides_is_the_librarys() -> None:
    check: Callable[..., None] = networks.check_report
    check({"missing_keys": set()}, "file", "configuration")
    with pytest.raises(ValueError, match="2 weights are missing from file: a, b; .* such as c"):
        check({"missing_keys": {"b", "a"}, "unexpected_keys": {"c"}}, "file", "configuration")
