"""What the kinds of layers cost: numbers to be learned, and multiplications in one call.

The kinds are told apart by what they let meet: a location and its neighbours, all locations, a
location and the words, or nothing but the channels of one location.
"""

from __future__ import annotations

import functools
from collections import Counter
from typing import Any

from diffusers import UNet2DConditionModel
from diffusers.models.attention_processor import Attention
from torch import Tensor, nn

from .structure import ask, shapeless

KINDS = ("3 × 3 convolution", "self-attention", "cross-attention", "each location alone", "time")
"""In "each location alone" are convolutions of 1 × 1, feed-forward layers and normalisations."""


def costs(unet: UNet2DConditionModel) -> dict[str, tuple[int, int]]:
    """Kind of layer -> (parameters, multiplications of one call with one picture).

    Counted are the multiplications of convolutions, linear layers and the two matrix products of
    attention; activations and normalisations cost little beside them and are left out.
    """
    empty = shapeless(unet)
    parameters: Counter[str] = Counter()
    work: Counter[str] = Counter()

    def layer(kind: str, module: nn.Module, args: tuple, output: Tensor) -> None:
        if isinstance(module, nn.Conv2d):
            each = module.weight[0].numel()  # channels * height * width of the kernel
        else:
            each = module.in_features  # type: ignore[assignment]
        work[kind] += output.numel() * each

    def products(kind: str, module: Attention, args: tuple, kwargs: dict, output: Tensor) -> None:
        places = args[0] if args else kwargs["hidden_states"]  # (1, n, C)
        words = kwargs.get("encoder_hidden_states")
        seen = places if words is None else words  # (1, m, D)
        work[kind] += 2 * places.shape[1] * seen.shape[1] * module.inner_dim

    for name, module in empty.named_modules():
        kind = kind_of(name, module)
        parameters[kind] += sum(p.numel() for p in module.parameters(recurse=False))
        if isinstance(module, nn.Conv2d | nn.Linear):
            module.register_forward_hook(functools.partial(layer, kind))
        elif isinstance(module, Attention):
            told: Any = functools.partial(products, kind)
            module.register_forward_hook(told, with_kwargs=True)
    ask(empty)
    return {kind: (parameters[kind], work[kind]) for kind in KINDS}


def kind_of(name: str, module: nn.Module) -> str:
    """Which of `KINDS` a module of that name belongs to."""
    if "attn1" in name:
        return "self-attention"
    if "attn2" in name:
        return "cross-attention"
    if "time_" in name:
        return "time"
    wide = isinstance(module, nn.Conv2d) and module.kernel_size != (1, 1)
    return "3 × 3 convolution" if wide else "each location alone"
