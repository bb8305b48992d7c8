"""Taking a part of a U-Net away for a while: skip connections, attention, the true time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from diffusers import UNet2DConditionModel
from torch import Tensor, nn

from .structure import skips as joined

ATTENTION = {"self": ".attn1", "cross": ".attn2"}
"""Ending of the layers' names."""


@contextmanager
def altered(
    unet: UNet2DConditionModel,
    *,
    skips: Iterable[int] = (),
    change: Callable[[Tensor], Tensor] = torch.zeros_like,
    attention: str | None = None,
    time: Callable[[Tensor], Tensor] | None = None,
) -> Iterator[None]:
    """Inside, the U-Net works without some of its connections; afterwards it is as it was.

    Args:
        unet: its numbers are not touched.
        skips: numbers of skip connections, from 0, in the order in which the way down saves them.
        change: what becomes of them, (B, C, h, w) -> (B, C, h, w); zeros by default.
        attention: "self" or "cross": these layers add nothing.
        time: the timestep that the network is told, from the true one, (B,) -> (B,).

    Raises:
        ValueError: there is no such skip connection, or `attention` is neither.
    """
    widths = list(joined(unet).items())[::-1]  # in the order of saving
    chosen = list(skips)
    if any(number not in range(len(widths)) for number in chosen):
        raise ValueError(f"skips: numbers from 0 to {len(widths) - 1} are allowed, got {chosen}")
    if attention is not None and attention not in ATTENTION:
        raise ValueError(f'attention must be "self", "cross" or None, got {attention!r}')
    hooks: list[Any] = []
    try:
        for number in chosen:
            (i, j), width = widths[number]
            resnet = unet.up_blocks[i].resnets[j]
            hooks.append(resnet.register_forward_pre_hook(_changing(change, width)))
        if attention is not None:
            hooks += [module.register_forward_hook(_nothing)
                      for name, module in unet.named_modules()
                      if name.endswith(ATTENTION[attention])]  # fmt: skip
        if time is not None:
            hooks.append(unet.time_proj.register_forward_pre_hook(_telling(time)))
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _changing(change: Callable[[Tensor], Tensor], width: int) -> Callable:
    """A hook before a residual block: of what it is given, the last `width` channels are saved."""

    def hook(_: nn.Module, args: tuple) -> tuple:
        below, saved = args[0][:, :-width], args[0][:, -width:]
        return (torch.cat([below, change(saved)], dim=1), *args[1:])

    return hook


def _telling(time: Callable[[Tensor], Tensor]) -> Callable:
    """A hook before the time is turned into sines and cosines."""
    return lambda module, args: (time(args[0]), *args[1:])


def _nothing(_: nn.Module, args: tuple, output: Tensor) -> Tensor:
    return torch.zeros_like(output)
