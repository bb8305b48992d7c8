"""The attention layers of a U-Net: their names, where they stand, and the formula they share."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from diffusers import UNet2DConditionModel
from diffusers.models.attention_processor import Attention
from torch import Tensor

KINDS = ("cross", "self")

_FILLER = re.compile(r"_blocks?|\.attentions|\.transformer_blocks\.0|\.attn[12]$")


@dataclass(frozen=True, eq=False)
class Layer:
    """One attention layer.

    Attributes:
        name: short and unique, such as "down.0.0", "mid.0" or "up.2.1": part of the U-Net, number
            of the block, number in the block.
        attn: the layer itself.
        level: how often the latents have been halved where it stands: 0 sees all of them.
    """

    name: str
    attn: Attention
    level: int

    def grid(self, latents: tuple[int, int]) -> tuple[int, int]:
        """Height and width that the layer sees, for latents of that height and width.

        Each level halves both and rounds up, as its convolution of stride 2 does.
        """
        height, width = latents
        for _ in range(self.level):
            height, width = (height + 1) // 2, (width + 1) // 2
        return height, width


def attention_layers(
    unet: UNet2DConditionModel, layers: str | Sequence[str] | None = None, on: str = "cross"
) -> tuple[Layer, ...]:
    """The attention layers of a U-Net, in the order of its modules: down, up, mid.

    Args:
        unet: its structure is read, nothing is guessed from sizes.
        layers: beginnings of names, such as "up" or ["down.1", "mid"]; None for all.
        on: "cross" for those that look at the words, "self" for those that look at the picture.

    Raises:
        ValueError: `on` is neither, or a beginning fits no layer.
    """
    if on not in KINDS:
        raise ValueError(f'on must be "cross" or "self", got {on!r}')
    found = tuple(
        Layer(_FILLER.sub("", path), module, _level(path, len(unet.config.block_out_channels)))
        for path, module in unet.named_modules()
        if isinstance(module, Attention) and module.is_cross_attention == (on == "cross")
    )
    return found if layers is None else _chosen(found, layers)


def attention_weights(attn: Attention, query: Tensor, key: Tensor) -> Tensor:
    """softmax(q k^T / sqrt(d)) for each head: Vaswani et al. 2017, eq. 1; rows sum to 1.

    Args:
        attn: the layer, for its number of heads and its scale 1 / sqrt(d).
        query: projected places of the picture, (B, n, heads * d).
        key: projected words (or places, in self-attention), (B, m, heads * d).

    Returns:
        (B, heads, n, m), float32.
    """
    q, k = split_heads(attn, query).float(), split_heads(attn, key).float()
    return (q @ k.transpose(-1, -2) * attn.scale).softmax(-1)  # (B, heads, n, d) @ (B, heads, d, m)


def split_heads(attn: Attention, projected: Tensor) -> Tensor:
    """(B, n, heads * d) -> (B, heads, n, d)."""
    return projected.unflatten(-1, (attn.heads, -1)).transpose(1, 2)


def _level(path: str, levels: int) -> int:
    """down_blocks.i stands at level i, mid_block at the lowest, up_blocks count from there up."""
    part, number, *_ = path.split(".")
    if part == "down_blocks":
        return int(number)
    return levels - 1 if part == "mid_block" else levels - 1 - int(number)


def _chosen(found: tuple[Layer, ...], layers: str | Sequence[str]) -> tuple[Layer, ...]:
    beginnings = [layers] if isinstance(layers, str) else list(layers)
    for start in beginnings:
        if not any(layer.name.startswith(start) for layer in found):
            names = ", ".join(layer.name for layer in found)
            raise ValueError(f"layers: no layer begins with {start!r}; there are {names}")
    return tuple(layer for layer in found if layer.name.startswith(tuple(beginnings)))
