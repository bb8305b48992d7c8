"""LoRA on a U-Net: beside the frozen weight W of a layer stands B A, scaled by alpha / rank.

The layer's answer is W x + (alpha / rank) B A x, with A (rank, in), B (out, rank), and B = 0 at
first (Hu et al. 2021, arXiv 2106.09685, section 4.1). The layers are those of the library peft.
"""

from __future__ import annotations

import warnings

import torch
from diffusers import UNet2DConditionModel
from peft import LoraConfig
from peft.tuners.tuners_utils import BaseTunerLayer

ATTENTION = ("to_q", "to_k", "to_v", "to_out.0")
"""Ends of the names of attention's layers: the paper's choice, for a model that has large ones."""

ALL = (*ATTENTION, "ff.net.0.proj", "ff.net.2", "conv1", "conv2")
"""And those of the layers between, and of the convolutions, which do most of a small model's
drawing."""

TARGETS = {"attention": ATTENTION, "all": ALL}


def add_lora(
    unet: UNet2DConditionModel,
    name: str,
    rank: int = 4,
    alpha: float | None = None,
    layers: str = "all",
) -> list[torch.nn.Parameter]:
    """Freeze a U-Net and put LoRA layers into it, in place; their weights, float32, to be trained.

    Args:
        unet: changes nothing in its answers yet, for B begins at 0.
        name: of the LoRA; several may stand side by side.
        rank: rows of A and columns of B.
        alpha: None is the rank, so that alpha / rank is 1.
        layers: which get one, "attention" or "all".

    Raises:
        ValueError: rank, alpha or layers is not allowed, or the name is taken or holds a dot.
    """
    if rank < 1:
        raise ValueError(f"rank: got {rank}; allowed is 1 or more, 4 is a good start")
    alpha = float(rank) if alpha is None else alpha
    if not alpha > 0:
        raise ValueError(f"alpha: got {alpha}; allowed is more than 0, the rank is usual")
    if layers not in TARGETS:
        raise ValueError(f"layers: got {layers!r}; allowed are {', '.join(map(repr, TARGETS))}")
    if "." in name or not name:
        raise ValueError(f"name: got {name!r}; a name without dots is needed")
    if name in names(unet):
        raise ValueError(f"name: a LoRA {name!r} is there already; remove it, or choose another")
    unet.requires_grad_(False)
    config = LoraConfig(r=rank, lora_alpha=alpha, target_modules=list(TARGETS[layers]))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Already found a `peft_config`")  # several are allowed
        unet.add_adapter(config, adapter_name=name)
    weights = [weight for weight in unet.parameters() if weight.requires_grad]
    for weight in weights:
        weight.data = weight.data.float()  # half precision would swallow small steps
    return weights


def names(unet: UNet2DConditionModel) -> list[str]:
    """The names of the LoRAs in a U-Net, oldest first."""
    return list(getattr(unet, "peft_config", {}))


def lora_scale(unet: UNet2DConditionModel, **scales: float) -> None:
    """How strongly each LoRA counts, in place: W + scale (alpha / rank) B A.

    Args:
        unet: with LoRAs.
        **scales: name of a LoRA = its scale. 1 is as it was trained, 0 leaves it out; what is not
            named is left out. Several add up.

    Raises:
        ValueError: the U-Net has no LoRA of that name.
    """
    there = names(unet)
    for name in scales:
        if name not in there:
            raise ValueError(
                f"lora_scale: there is no LoRA {name!r}; this U-Net has "
                f"{', '.join(there) or 'none'}"
            )
    unet.set_adapters(there, [float(scales.get(name, 0)) for name in there])
    unet.requires_grad_(False)


def merge_lora(unet: UNet2DConditionModel) -> None:
    """Add the LoRAs, as they are scaled, to the weights for good, and take their layers out.

    Raises:
        ValueError: there is none.
    """
    if not names(unet):
        raise ValueError("merge_lora: this U-Net has no LoRA; load one with load_into first")
    unet.fuse_lora()
    unet.unload_lora()


def remove_lora(unet: UNet2DConditionModel) -> None:
    """Take all LoRA layers out: the U-Net is as it was before. Does nothing where there is none."""
    if names(unet):
        for layer in unet.modules():
            if isinstance(layer, BaseTunerLayer) and layer.merged:
                layer.unmerge()
        unet.unload_lora()
