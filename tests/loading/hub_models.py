"""Tiny random models in the layouts that real repositories have: old keys, variants, shards."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import torch
from diffusers import PNDMScheduler, StableDiffusionPipeline
from diffusers.pipelines.stable_diffusion import StableDiffusionSafetyChecker
from safetensors.torch import load, save
from transformers import CLIPConfig, CLIPImageProcessor

from .hub_server import folder_files

UNET = "unet/diffusion_pytorch_model"
TEXT = "text_encoder/model"


def checked_pipe(make: Callable[..., StableDiffusionPipeline]) -> StableDiffusionPipeline:
    """The random pipeline with PNDM and a random safety checker, as Stable Diffusion 1.x has."""
    pipe = make(prediction_type="epsilon")
    pipe.scheduler = PNDMScheduler(
        beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012,
        skip_prk_steps=True, set_alpha_to_one=False, steps_offset=1,
    )  # fmt: skip
    small = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1}
    config = CLIPConfig(
        text_config=small | {"num_attention_heads": 1},
        vision_config=small | {"num_attention_heads": 1, "image_size": 32, "patch_size": 16},
        projection_dim=8,
    )
    checker = StableDiffusionSafetyChecker(config).eval()
    checker.concept_embeds_weights.data.fill_(2.0)  # a cosine is never above 2: nothing is flagged
    checker.special_care_embeds_weights.data.fill_(2.0)
    side = {"height": 32, "width": 32}
    processor = CLIPImageProcessor(size={"shortest_edge": 32}, crop_size=side)
    pipe.register_modules(safety_checker=checker, feature_extractor=processor)
    return pipe


def as_on_the_hub(pipe: StableDiffusionPipeline, folder: Path) -> dict[str, bytes]:
    """Files of a pipeline as Stable Diffusion 1.x is published: path -> content.

    Weights with the keys of old releases, in full and in half size, beside other formats that must
    not be fetched; the vocabulary in two files; the image processor under its former name.
    """
    pipe.save_pretrained(folder)
    files = folder_files(folder)
    files[f"{TEXT}.safetensors"] = _old_text(files[f"{TEXT}.safetensors"])
    checker = "safety_checker/model.safetensors"
    files[checker] = _old_checker(files[checker])
    for path in [path for path in files if path.endswith(".safetensors")]:
        half = {key: value.half() if value.is_floating_point() else value
                for key, value in load(files[path]).items()}  # fmt: skip
        files[path.replace(".safetensors", ".fp16.safetensors")] = save(half, {"format": "pt"})
    files |= _old_tokenizer(files)
    del files["tokenizer/tokenizer.json"]
    index = json.loads(files["model_index.json"])
    index["feature_extractor"] = ["transformers", "CLIPFeatureExtractor"]
    files["model_index.json"] = json.dumps(index).encode()
    unwanted = ["sd-v1-4.ckpt", f"{UNET}.bin", f"{UNET}.non_ema.safetensors", "README.md",
                "unet/diffusion_flax_model.msgpack", "sd-v1-4.safetensors"]  # fmt: skip
    return files | dict.fromkeys(unwanted, b"not to be fetched")


def _old_text(content: bytes) -> bytes:
    """Keys under "text_model.", and a table of positions that later releases dropped."""
    old = {f"text_model.{key}": value for key, value in load(content).items()}
    return save(old | {"text_model.embeddings.position_ids": torch.arange(77)[None]},
                {"format": "pt"})  # fmt: skip


def _old_checker(content: bytes) -> bytes:
    old = {key.replace("vision_model.", "vision_model.vision_model."): value
           for key, value in load(content).items()}  # fmt: skip
    return save(old, {"format": "pt"})


def _old_tokenizer(files: dict[str, bytes]) -> dict[str, bytes]:
    """vocab.json, merges.txt and special_tokens_map.json in place of tokenizer.json."""
    model = json.loads(files["tokenizer/tokenizer.json"])["model"]
    merges = [pair if isinstance(pair, str) else " ".join(pair) for pair in model["merges"]]
    end = "<|endoftext|>"
    special = {"bos_token": "<|startoftext|>", "eos_token": end, "pad_token": end, "unk_token": end}
    return {
        "tokenizer/vocab.json": json.dumps(model["vocab"]).encode(),
        "tokenizer/merges.txt": "\n".join(["#version: 0.2", *merges, ""]).encode(),
        "tokenizer/special_tokens_map.json": json.dumps(special).encode(),
    }


def in_shards(pipe: StableDiffusionPipeline, folder: Path) -> dict[str, bytes]:
    """Files of a pipeline whose U-Net and text encoder are cut into several half-size files."""
    pipe.to(dtype=torch.float16).save_pretrained(folder, variant="fp16", max_shard_size="100KB")
    files = folder_files(folder)
    assert sum("-of-" in path for path in files) >= 4
    return files
