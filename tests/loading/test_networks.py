"""A network loads with all of its weights, by whatever name, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from diffusers import AutoencoderKL
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.testing import assert_close

from helpers import loading

from .hub_models import checked_pipe

Change = Callable[[dict[str, Tensor]], dict[str, Tensor]]
FILES = {
    "unet": "diffusion_pytorch_model.safetensors",
    "vae": "diffusion_pytorch_model.safetensors",
    "text_encoder": "model.safetensors",
    "safety_checker": "model.safetensors",
}


@pytest.fixture(scope="module")
def saved(make_random_pipe, tmp_path_factory) -> Path:
    """A model with all four networks; its VAE has attention, as real ones have."""
    pipe = checked_pipe(make_random_pipe)
    torch.manual_seed(0)
    pipe.vae = AutoencoderKL.from_config({**pipe.vae.config, "mid_block_add_attention": True})
    folder = tmp_path_factory.mktemp("saved")
    pipe.save_pretrained(folder)
    return folder


def with_change(saved: Path, folder: Path, part: str, change: Change) -> Path:
    """A copy of the model in which one file of weights is changed."""
    for path in saved.rglob("*"):
        if path.is_file():
            copy = folder / path.relative_to(saved)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    file = folder / part / FILES[part]
    tensors = change(load_file(saved / part / FILES[part]))
    save_file(tensors, file, {"format": "pt"})
    return folder


def without_two(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {key: tensors[key] for key in sorted(tensors)[2:]}


def renamed(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {f"my.{key}": value for key, value in tensors.items()}


def other_shape(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return tensors | {sorted(tensors)[-1]: torch.zeros(3, 3)}


WRONG = {
    without_two: "2 weights are missing from {0} of",
    renamed: r"weights are missing from {0} of .* it holds others instead, such as my\.",
    other_shape: r"1 weights in {0} of .* is \(3, 3\) and should be",
}


@pytest.mark.parametrize("change", WRONG, ids=lambda change: change.__name__)
@pytest.mark.parametrize("part", FILES)
def test_weights_that_are_not_there_are_named(saved, tmp_path, part, change) -> None:
    folder = with_change(saved, tmp_path, part, change)
    with pytest.raises(ValueError, match=WRONG[change].format(f"{part}/{FILES[part]}")):
        loading.load(folder, device="cpu")


def old_text(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    old = {f"text_model.{key.removeprefix('text_model.')}": t for key, t in tensors.items()}
    return old | {"text_model.embeddings.position_ids": torch.arange(77)[None]}


def old_checker(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    old = {key.replace("vision_model.", "vision_model.vision_model.", 1): t
           for key, t in tensors.items()}  # fmt: skip
    return old | {"vision_model.vision_model.embeddings.position_ids": torch.arange(5)[None]}


def old_vae(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    names = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}
    old = {}
    for key, tensor in tensors.items():
        for new, former in names.items():
            key = key.replace(f".{new}.", f".{former}.")
        old[key] = tensor
    assert old.keys() != tensors.keys()
    return old


FORMER = {"text_encoder": old_text, "safety_checker": old_checker, "vae": old_vae}


@pytest.mark.parametrize("part", FORMER)
def test_former_names_are_the_same_weights(saved: Path, tmp_path: Path, part: str) -> None:
    """As published with Stable Diffusion 1.4, 1.5 and 2.1, whose names the libraries have left."""
    expected = getattr(loading.load(saved, device="cpu"), part).state_dict()
    folder = with_change(saved, tmp_path, part, FORMER[part])
    found = getattr(loading.load(folder, device="cpu"), part).state_dict()
    assert_close(found, expected, rtol=0, atol=0)


def test_a_tokenizer_without_its_vocabulary(saved: Path, tmp_path: Path) -> None:
    folder = with_change(saved, tmp_path, "unet", dict)
    (folder / "tokenizer" / "tokenizer.json").unlink()
    assert list((folder / "tokenizer").iterdir())
    with pytest.raises(FileNotFoundError, match="files of tokenizer are missing"):
        loading.load(folder, device="cpu")


ODD = {
    "unet/config.json": b'{"block_out_channels": "wide"}',
    "vae/config.json": b'{"down_block_types": [1, 2]}',
    "text_encoder/config.json": b'{"hidden_size": 32, "num_attention_heads": "many"}',
    "scheduler/scheduler_config.json": b'{"beta_schedule": 7}',
    "tokenizer/tokenizer.json": b'{"model": 7}',
}


@pytest.mark.parametrize("path", ODD)
def test_files_that_do_not_fit_together_are_told(saved: Path, tmp_path: Path, path: str) -> None:
    """Whatever error they raise deep in the libraries."""
    folder = with_change(saved, tmp_path, "unet", dict)
    (folder / path).write_bytes(ODD[path])
    with pytest.raises(ValueError, match="model: .*(fetch the model again, or use another|words)"):
        loading.load(folder, device="cpu")
