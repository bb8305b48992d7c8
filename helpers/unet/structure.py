"""What a U-Net consists of: its parts in the order in which a call passes through them."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers import UNet2DConditionModel
from diffusers.models.downsampling import Downsample2D
from diffusers.models.resnet import ResnetBlock2D
from diffusers.models.transformers import Transformer2DModel
from diffusers.models.upsampling import Upsample2D
from torch import Tensor, nn

_KINDS: dict[type[nn.Module], str] = {
    ResnetBlock2D: "residual",
    Transformer2DModel: "attention",
    Downsample2D: "halve",
    Upsample2D: "double",
}
CONFIGURATIONS = Path(__file__).parents[1] / "weights" / "stable-diffusion"
WORDS = 77
"""Positions of a prompt."""


@dataclass(frozen=True)
class Stop:
    """One part of a U-Net, and what leaves it for one picture.

    Attributes:
        name: as the U-Net calls it, such as "down_blocks.0.resnets.0".
        part: "in", "down", "mid", "up" or "out".
        kind: "conv", "residual", "attention", "halve" or "double".
        shape: channels, height and width of what leaves it.
        saved: whether what leaves it is also put aside, as a skip connection.
        joined: channels that it is given from a skip connection, beside what comes from below.
    """

    name: str
    part: str
    kind: str
    shape: tuple[int, int, int]
    saved: bool = False
    joined: int = 0


def blank(config: Mapping[str, Any]) -> UNet2DConditionModel:
    """A U-Net without any numbers, from its configuration: it takes no memory, but has shapes."""
    with torch.device("meta"):
        return UNet2DConditionModel.from_config(dict(config))


def stable_diffusion(version: str = "1.x") -> UNet2DConditionModel:
    """Stable Diffusion's U-Net without any numbers, from the configuration kept here.

    Args:
        version: "1.x" or "2.x".

    Raises:
        ValueError: another version.
    """
    path = CONFIGURATIONS / version / "unet" / "config.json"
    if version not in ("1.x", "2.x"):
        raise ValueError(f'version must be "1.x" or "2.x", got {version!r}')
    return blank(json.loads(path.read_text(encoding="utf-8")))


def shapeless(unet: UNet2DConditionModel) -> UNet2DConditionModel:
    """The same network without its numbers, to be asked for shapes at no cost."""
    return blank(unet.config)


def ask(unet: UNet2DConditionModel) -> None:
    """One call with one picture of the trained size, on the U-Net's own device."""
    config, device = unet.config, unet.device
    side = config.sample_size
    size = (side, side) if isinstance(side, int) else tuple(side)
    latents = torch.zeros(1, config.in_channels, *size, device=device)
    words = torch.zeros(1, WORDS, config.cross_attention_dim, device=device)
    with torch.no_grad():
        unet(latents, torch.zeros(1, device=device), words)


def stops(unet: UNet2DConditionModel) -> list[Stop]:
    """The parts that one call passes through, in that order, with the shapes that leave them.

    Nothing is computed: an empty copy of the network is asked.
    """
    empty = shapeless(unet)
    found: list[Stop] = []
    joined = {f"up_blocks.{i}.resnets.{j}": count for (i, j), count in skips(unet).items()}

    def passed(name: str, kind: str, _: nn.Module, args: tuple, output: Any) -> None:
        tensor: Tensor = output if isinstance(output, Tensor) else output[0]
        channels, height, width = tensor.shape[1:]
        shape = (channels, height, width)
        found.append(Stop(name, _part(name), kind, shape, joined=joined.get(name, 0)))

    for name, module in empty.named_modules():
        kind = "conv" if name in ("conv_in", "conv_out") else _KINDS.get(type(module), "")
        if kind:
            module.register_forward_hook(functools.partial(passed, name, kind))
    ask(empty)
    return [_marked(stop, after) for stop, after in zip(found, [*found[1:], None], strict=True)]


def skips(unet: UNet2DConditionModel) -> dict[tuple[int, int], int]:
    """(block, number in it) of each residual block on the way up -> channels that it is given from
    the way down, in the order in which they are used: the last one saved comes first."""
    found = {}
    before = unet.config.block_out_channels[-1]
    for i, block in enumerate(unet.up_blocks):
        for j, resnet in enumerate(block.resnets):
            found[i, j] = resnet.in_channels - before
            before = resnet.out_channels
    return found


def _part(name: str) -> str:
    return {"conv_in": "in", "conv_out": "out"}.get(name, name.split("_")[0])


def _marked(stop: Stop, after: Stop | None) -> Stop:
    """On the way down, what a pair of residual block and attention gives is saved, and what
    halving gives; so is what leaves the first convolution."""
    ends = after is None or after.kind != "attention"
    saved = stop.part == "in" or (stop.part == "down" and ends)
    return Stop(stop.name, stop.part, stop.kind, stop.shape, saved, stop.joined)
