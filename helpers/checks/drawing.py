"""What a pipeline was asked to draw: seen at its U-Net, whichever way a learner's code took."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn

from ..loading import StableDiffusionPipeline


@dataclass
class Drawn:
    """A picture, and what the U-Net was given for it.

    Attributes:
        picture: what the code returned.
        noise: the first latents, of spread 1, (C, h, w); empty if the U-Net was not asked.
        words: vectors of the prompt, (77, D); empty if the U-Net was not asked.
        negative: vectors of the negative prompt; None if the run was not guided.
        steps: how often the U-Net was asked.
    """

    picture: Image.Image = field(init=False)  # comes last
    noise: Tensor = field(default_factory=lambda: torch.empty(0))
    words: Tensor = field(default_factory=lambda: torch.empty(0))
    negative: Tensor | None = None
    steps: int = 0


def drawn_by(pipe: StableDiffusionPipeline, draw: Callable[[], Image.Image]) -> Drawn:
    """What the code draws with this pipeline, watched at its U-Net."""
    drawn = Drawn()

    def watch(unet: nn.Module, given: tuple, named: dict[str, Any]) -> None:
        drawn.steps += 1
        if drawn.steps > 1:
            return
        words = named.get("encoder_hidden_states", given[2] if len(given) > 2 else None)
        if words is None:
            return  # the U-Net says itself what it lacks
        latents = (named["sample"] if "sample" in named else given[0]).detach().float().cpu()
        words = words.detach().float().cpu()  # (1 or 2, 77, D), negative ones first
        drawn.noise = latents[-1] / latents[-1].std()
        drawn.words, drawn.negative = words[-1], words[0] if len(words) == 2 else None

    handle = pipe.unet.register_forward_pre_hook(watch, with_kwargs=True)
    try:
        drawn.picture = draw()
    finally:
        handle.remove()
    return drawn
