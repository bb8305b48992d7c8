"""Pictures whose left edge continues their right one: tiles and endless strips.

A convolution at the edge has no neighbours there, so zeros are put in their place. Inside
`seamless` it is given the picture's other edge instead: for the network the picture is a ring. The
weights stay as they are. The model never saw such a picture, so what it knew of edges is lost.
"""

from __future__ import annotations

import types
from collections.abc import Iterator
from contextlib import contextmanager

import torch.nn.functional as F
from diffusers import StableDiffusionPipeline
from torch import Tensor, nn


@contextmanager
def seamless(
    pipe: StableDiffusionPipeline, *, across: bool = True, down: bool = False
) -> Iterator[None]:
    """Inside `with`, the pipe's U-Net and VAE work on a ring; afterwards all is as before.

    Args:
        pipe: its convolutions are changed, in place, while the block runs.
        across: whether the right edge goes on at the left one.
        down: whether the lower edge goes on at the upper one.

    Raises:
        RuntimeError: the pipe is seamless already.
    """
    layers = [
        layer
        for network in (pipe.unet, pipe.vae)
        for layer in network.modules()
        if isinstance(layer, nn.Conv2d) and any(layer.padding)
    ]
    if any("_conv_forward" in vars(layer) for layer in layers):
        raise RuntimeError("seamless: this pipe is seamless already; leave the other block first")
    modes = ("circular" if down else "constant", "circular" if across else "constant")
    try:
        for layer in layers:
            vars(layer)["_conv_forward"] = types.MethodType(_ring(*modes), layer)
        yield
    finally:
        for layer in layers:
            vars(layer).pop("_conv_forward", None)


def _ring(mode_down: str, mode_across: str) -> types.FunctionType:
    """What a convolution does in place of its own `_conv_forward`: pad, each axis in its way."""

    def forward(layer: nn.Conv2d, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        down, across = (int(width) for width in layer.padding)
        x = F.pad(x, (across, across, 0, 0), mode=mode_across)  # (B, C, h, w + 2 across)
        x = F.pad(x, (0, 0, down, down), mode=mode_down)
        return F.conv2d(x, weight, bias, layer.stride, 0, layer.dilation, layer.groups)

    return forward  # type: ignore[return-value]
