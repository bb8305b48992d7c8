"""Checkpoints in one file, with the keys that the original programs gave their weights."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import torch
from diffusers import AutoencoderKL, StableDiffusionPipeline, UNet2DConditionModel
from torch import Tensor
from transformers import CLIPTextModel

Renames = Sequence[tuple[str, str]]

_RESNET = (
    ("norm1", "in_layers.0"), ("conv1", "in_layers.2"), ("time_emb_proj", "emb_layers.1"),
    ("norm2", "out_layers.0"), ("conv2", "out_layers.3"), ("conv_shortcut", "skip_connection"),
)  # fmt: skip
_VAE_ATTENTION = (
    ("group_norm", "norm"), ("to_q", "q"), ("to_k", "k"), ("to_v", "v"), ("to_out.0", "proj_out"),
)  # fmt: skip
_OPEN_CLIP = (
    ("layer_norm1", "ln_1"), ("layer_norm2", "ln_2"), ("mlp.fc1", "mlp.c_fc"),
    ("mlp.fc2", "mlp.c_proj"), ("self_attn.out_proj", "attn.out_proj"),
)  # fmt: skip


def checkpoint(pipe: StableDiffusionPipeline, second: bool = False) -> dict[str, Tensor]:
    """All weights of a pipeline under their original keys: of 1.x, or of 2.x with OpenCLIP."""
    text = _open_clip(pipe.text_encoder) if second else _clip(pipe.text_encoder)
    found = {f"model.diffusion_model.{k}": v for k, v in _unet(pipe.unet).items()}
    found |= {f"first_stage_model.{k}": v for k, v in _vae(pipe.vae).items()}
    found |= {f"cond_stage_model.{k}": v for k, v in text.items()}
    found["alphas_cumprod"] = torch.linspace(1, 0, 1000)  # such files hold more than weights
    return {key: value.contiguous() for key, value in found.items()}


def _renamed(key: str, renames: Renames) -> str:
    for new, old in renames:
        key = re.sub(rf"(?<=\.){re.escape(new)}(?=\.)", old, key)
    return key


def _unet(unet: UNet2DConditionModel) -> dict[str, Tensor]:
    each = unet.config.layers_per_block + 1
    places = {"conv_in": "input_blocks.0.0", "conv_norm_out": "out.0", "conv_out": "out.2",
              "time_embedding.linear_1": "time_embed.0", "time_embedding.linear_2": "time_embed.2",
              "mid_block.resnets.0": "middle_block.0", "mid_block.attentions.0": "middle_block.1",
              "mid_block.resnets.1": "middle_block.2"}  # fmt: skip
    for i in range(len(unet.config.block_out_channels)):
        places[f"down_blocks.{i}.downsamplers.0.conv"] = f"input_blocks.{each * (i + 1)}.0.op"
        attends = "CrossAttn" in unet.config.up_block_types[i]
        places[f"up_blocks.{i}.upsamplers.0.conv"] = (
            f"output_blocks.{each * (i + 1) - 1}.{1 + attends}.conv"
        )
        for j in range(each):
            for place, part in enumerate(("resnets", "attentions")):
                places[f"down_blocks.{i}.{part}.{j}"] = f"input_blocks.{each * i + j + 1}.{place}"
                places[f"up_blocks.{i}.{part}.{j}"] = f"output_blocks.{each * i + j}.{place}"
    return {_renamed(key, _RESNET) if "resnets" in old else key: value
            for old, key, value in _moved(unet.state_dict(), places)}  # fmt: skip


def _vae(vae: AutoencoderKL) -> dict[str, Tensor]:
    count = len(vae.config.block_out_channels)
    places = {"quant_conv": "quant_conv", "post_quant_conv": "post_quant_conv"}
    for half, blocks, sampler in (("encoder", "down", "down"), ("decoder", "up", "up")):
        places |= {f"{half}.{k}": f"{half}.{k}" for k in ("conv_in", "conv_out")}
        places |= {f"{half}.conv_norm_out": f"{half}.norm_out",
                   f"{half}.mid_block.resnets.0": f"{half}.mid.block_1",
                   f"{half}.mid_block.resnets.1": f"{half}.mid.block_2",
                   f"{half}.mid_block.attentions.0": f"{half}.mid.attn_1"}  # fmt: skip
        for i in range(count):
            old = i if blocks == "down" else count - 1 - i
            places[f"{half}.{blocks}_blocks.{i}.{sampler}samplers.0"] = (
                f"{half}.{blocks}.{old}.{sampler}sample"
            )
            for j in range(vae.config.layers_per_block + 1):
                places[f"{half}.{blocks}_blocks.{i}.resnets.{j}"] = (
                    f"{half}.{blocks}.{old}.block.{j}"
                )
    found = {}
    for old, key, value in _moved(vae.state_dict(), places):
        if "attentions" in old:
            key = _renamed(key, _VAE_ATTENTION)
            value = value[:, :, None, None] if value.ndim == 2 else value  # once convolutions
        found[_renamed(key, (("conv_shortcut", "nin_shortcut"),))] = value
    return found


def _moved(tensors: Mapping[str, Tensor], places: Mapping[str, str]) -> list[tuple]:
    """(old key, new key, tensor) with the beginning of each key replaced; none may be left over."""
    moved = []
    for key, value in tensors.items():
        (begin,) = [place for place in places if key.startswith(f"{place}.")]
        moved.append((key, places[begin] + key[len(begin) :], value))
    return moved


def _clip(text: CLIPTextModel) -> dict[str, Tensor]:
    found = {f"transformer.text_model.{key.removeprefix('text_model.')}": value
             for key, value in text.state_dict().items()}  # fmt: skip
    positions = torch.arange(text.config.max_position_embeddings)[None]
    return found | {"transformer.text_model.embeddings.position_ids": positions}


def _open_clip(text: CLIPTextModel) -> dict[str, Tensor]:
    own = {key.removeprefix("text_model."): value for key, value in text.state_dict().items()}
    width = text.config.hidden_size
    found = {
        "token_embedding.weight": own.pop("embeddings.token_embedding.weight"),
        "positional_embedding": own.pop("embeddings.position_embedding.weight"),
        "ln_final.weight": own.pop("final_layer_norm.weight"),
        "ln_final.bias": own.pop("final_layer_norm.bias"),
        "text_projection": torch.eye(width),
        "logit_scale": torch.tensor(4.6),
    }
    for layer in range(text.config.num_hidden_layers):
        begin = f"encoder.layers.{layer}.self_attn"
        for kind in ("weight", "bias"):
            three = [own.pop(f"{begin}.{name}_proj.{kind}") for name in "qkv"]
            found[f"transformer.resblocks.{layer}.attn.in_proj_{kind}"] = torch.cat(three)
    for key, value in own.items():
        old = _renamed(key, _OPEN_CLIP).replace("encoder.layers.", "transformer.resblocks.")
        found[old] = value
    return {f"model.{key}": value for key, value in found.items()}
