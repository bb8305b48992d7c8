"""LoRA files as several programs write them, with layers that differ in rank and alpha."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from diffusers import StableDiffusionPipeline
from torch import Tensor, nn

Update = dict[str, tuple[Tensor, Tensor, float]]
"""Layer as "unet.conv_in" -> down, up, alpha."""

PARTS = ("unet", "text_encoder")


def layers(pipe: StableDiffusionPipeline, kinds: str) -> Iterator[tuple[str, nn.Module]]:
    """Layers that programs train: (a)ttention and what follows it, (c)onvolutions, (t)ext."""
    for name, module in pipe.unet.named_modules():
        linear = isinstance(module, nn.Linear) and ".transformer_blocks." in name
        if ("a" in kinds and linear) or ("c" in kinds and isinstance(module, nn.Conv2d)):
            yield f"unet.{name}", module
    for name, module in pipe.text_encoder.named_modules() if "t" in kinds else ():
        if isinstance(module, nn.Linear):
            yield f"text_encoder.{name.removeprefix('text_model.')}", module


def update(pipe: StableDiffusionPipeline, kinds: str = "a", even: bool = False) -> Update:
    """Numbers for each layer: of ranks 1 to 3 and alphas 0.5 to 3, or all of rank 2 and alpha 1."""
    rng, found = torch.Generator().manual_seed(0), {}
    for number, (name, module) in enumerate(layers(pipe, kinds)):
        rank, alpha = (2, 1.0) if even else (1 + number % 3, (0.5, 1.0, 2.0, 3.0)[number % 4])
        out, *inside = module.weight.shape
        up = (out, rank) + (1, 1) * (len(inside) == 3)
        down = torch.randn(rank, *inside, generator=rng) * 0.3
        found[name] = (down, torch.randn(up, generator=rng) * 0.3, alpha)
    return found


def kohya(numbers: Update) -> dict[str, Tensor]:
    """As kohya's scripts write it, for Stable Diffusion 1.x."""
    found = {}
    for name, (down, up, alpha) in numbers.items():
        part, _, layer = name.partition(".")
        begin = "lora_unet_" if part == "unet" else "lora_te_text_model_"
        flat = begin + layer.replace(".", "_")
        found |= {f"{flat}.lora_down.weight": down, f"{flat}.lora_up.weight": up}
        found[f"{flat}.alpha"] = torch.tensor(alpha)
    return found


def halves(numbers: Update, down: str, up: str, begin: str = "") -> dict[str, Tensor]:
    """Keys with a layer's own name before them, as diffusers and peft write them."""
    found = {}
    for name, tensors in numbers.items():
        for ending, tensor in zip((down, up), tensors, strict=False):
            found[f"{begin}{name}.{ending}.weight"] = tensor.contiguous()
    return found


def old_diffusers(numbers: Update) -> dict[str, Tensor]:
    """As diffusers wrote the LoRA of attention before it used peft."""
    found = halves(numbers, "lora.down", "lora.up")
    renamed = {}
    for key, value in found.items():
        key = key.replace(".to_out.0.lora.", ".processor.to_out_lora.")
        for letter in "qkv":
            key = key.replace(f".to_{letter}.lora.", f".processor.to_{letter}_lora.")
        renamed[key] = value
    return renamed


@torch.no_grad()
def merged(pipe: StableDiffusionPipeline, numbers: Update, scale: float = 1) -> None:
    """The formula itself: W + scale alpha / r up down, in the weights of a pipeline."""
    for name, (down, up, alpha) in numbers.items():
        part, _, layer = name.partition(".")
        modules = getattr(pipe, part).named_modules()
        named = {key.removeprefix("text_model."): module for key, module in modules}
        product = torch.einsum("or,rn->on", up.flatten(1), down.flatten(1))
        weight = named[layer].weight
        weight += (scale * alpha / len(down)) * product.view(weight.shape)
