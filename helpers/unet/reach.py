"""How far a change of one latent travels through a network, measured."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


@torch.no_grad()
def reach(
    function: Callable[[Tensor], Tensor], x: Tensor, place: tuple[int, int], step: float = 1.0
) -> Tensor:
    """How much each location of the output changes, if the latents of one location do.

    Args:
        function: (1, C, h, w) -> (1, D, h, w).
        x: what it is asked for, (1, C, h, w).
        place: row and column of the location whose latents are changed.
        step: what is added to each of its C numbers.

    Returns:
        (h, w): root of the summed squares over the channels.
    """
    row, column = place
    touched = x.clone()
    touched[:, :, row, column] += step
    return (function(touched) - function(x))[0].square().sum(0).sqrt()
