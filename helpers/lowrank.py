"""Low-rank updates (LoRA): a trained change of a network, in a file of a few megabytes.

A layer's weight W, read as a matrix (out, in), becomes W + B A with A (rank, in) and B (out, rank):
Hu et al. 2021, arXiv 2106.09685, section 4.1. For a convolution "in" is channels x height x width.
The files are those that diffusers' `pipe.load_lora_weights(folder)` reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

FILE = "pytorch_lora_weights.safetensors"
"""The name under which diffusers looks for the updates of a folder."""

DOWN, UP = "lora_A.weight", "lora_B.weight"


class LowRank(nn.Module):
    """A parametrization: the weight that it is given, plus B A. It begins as no change, B = 0.

    Args:
        weight: what it is for, (out, in) or (out, in, height, width).
        rank: rows of A.
    """

    def __init__(self, weight: Tensor, rank: int) -> None:
        super().__init__()
        rows, columns = weight.flatten(1).shape
        self.down = nn.Parameter(torch.randn(rank, columns) / columns**0.5)  # A
        self.up = nn.Parameter(torch.zeros(rows, rank))  # B

    def forward(self, weight: Tensor) -> Tensor:
        return weight + (self.up @ self.down).view_as(weight)


def add_low_rank(network: nn.Module, rank: int) -> None:
    """Freeze a network, and give every linear layer and convolution a trainable `LowRank`.

    Raises:
        ValueError: rank is below 1.
    """
    if rank < 1:
        raise ValueError(f"rank must be 1 or more, got {rank}")
    network.requires_grad_(False)
    for _, layer in list(_layers(network)):
        parametrize.register_parametrization(layer, "weight", LowRank(layer.weight, rank))


def low_rank_tensors(network: nn.Module, prefix: str = "unet") -> dict[str, Tensor]:
    """The updates of a network that `add_low_rank` prepared, float16, under diffusers' names.

    For a convolution A is itself one, (rank, in, height, width), and B one of 1 x 1.
    """
    found: dict[str, Tensor] = {}
    for name, layer in _layers(network):
        for update in layer.parametrizations.weight:  # type: ignore[union-attr]
            down = update.down.view(-1, *layer.weight.shape[1:])
            up = update.up.view(*update.up.shape, *(1 for _ in layer.weight.shape[2:]))
            found |= {f"{prefix}.{name}.{DOWN}": down, f"{prefix}.{name}.{UP}": up}
    return {name: value.detach().half().cpu().contiguous() for name, value in found.items()}


@torch.no_grad()
def merge(network: nn.Module, tensors: Mapping[str, Tensor], prefix: str = "unet") -> None:
    """Add stored updates to a plain network's weights, in place: W + B A, rounded once.

    Args:
        network: without parametrizations.
        tensors: as `low_rank_tensors` gives.
        prefix: of their names.

    Raises:
        ValueError: the updates are of another network; nothing is changed then.
    """
    layers = dict(_layers(network))
    names = {f"{prefix}.{name}.{half}": name for name in layers for half in (DOWN, UP)}
    if strange := sorted(set(tensors) - set(names)):
        raise ValueError(f"{strange[0]} fits no layer of the {type(network).__name__}")
    sums = {}
    for name in sorted({names[key] for key in tensors}):
        weight, keys = layers[name].weight, [f"{prefix}.{name}.{half}" for half in (UP, DOWN)]
        try:
            up, down = (tensors[key].float().flatten(1).to(weight.device) for key in keys)
            sums[name] = weight.float() + (up @ down).view_as(weight)
        except (KeyError, RuntimeError) as error:
            raise ValueError(f"{keys[0]} and {keys[1]} do not fit the layer {name}") from error
    for name, total in sums.items():
        layers[name].weight.copy_(total)


def _layers(network: nn.Module) -> Iterator[tuple[str, nn.Linear | nn.Conv2d]]:
    """The layers whose weights can be read as a matrix, by name."""
    for name, layer in network.named_modules():
        if isinstance(layer, nn.Linear | nn.Conv2d):
            yield name, layer
