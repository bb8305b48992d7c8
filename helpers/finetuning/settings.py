"""What is trained, from what, and what came of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from ..arguments import real_number, told, whole_number
from ..loading import StableDiffusionPipeline
from ..runtime import MAX_SEED


@dataclass(frozen=True)
class Example:
    """A picture, float32 (3, S, S) in [0, 1], and what it is called."""

    picture: Tensor
    caption: str


@dataclass(frozen=True)
class FinetuneConfig:
    """What is trained, and how long.

    Attributes:
        word: the new word; it stands in every new caption.
        rank, alpha: of the LoRA, W + (alpha / rank) B A; alpha None is the rank.
        layers: of the U-Net that get one: "all" or "attention".
        steps, batch_size: pictures seen are their product.
        learning_rate: of the LoRA's weights.
        row_rate: of the word's vector.
        cooldown: share of the steps, at the end, over which both rates fall towards 0 in a straight
            line, so that the weights come to rest; 0 keeps the rates to the last step.
        embedding: train the word's vector (textual inversion).
        lora: train a LoRA of the U-Net.
        prior: share of old pictures in each batch, where some are given.
        begin_like: known word whose vector the new one begins with; None for the mean of all.
        seed: of everything that is drawn at random.

    Raises:
        TypeError: the word is no text, or a number none.
        ValueError: a value is out of range, or nothing would be trained.
    """

    word: str
    rank: int = 4
    alpha: float | None = None
    layers: str = "all"
    steps: int = 300
    batch_size: int = 8
    learning_rate: float = 2e-3
    row_rate: float = 5e-3
    cooldown: float = 0.0
    embedding: bool = True
    lora: bool = True
    prior: float = 0.5
    begin_like: str | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.word, str):
            raise TypeError(f"FinetuneConfig: word must be a text, got {type(self.word).__name__}")
        for name in ("rank", "steps", "batch_size", "seed"):
            self._settle(name, whole_number(f"FinetuneConfig: {name}", getattr(self, name)))
        for name in ("learning_rate", "row_rate", "prior", "cooldown", "alpha"):
            if name != "alpha" or self.alpha is not None:
                self._settle(name, real_number(f"FinetuneConfig: {name}", getattr(self, name)))
        for name in ("rank", "steps", "batch_size", "learning_rate", "row_rate"):
            value = getattr(self, name)
            if not (value > 0 and math.isfinite(value)):
                raise ValueError(f"FinetuneConfig: {name} must be above 0, got {told(value)}")
        if not 0 <= self.seed <= MAX_SEED:
            raise ValueError(
                f"FinetuneConfig: seed must lie in 0 ... {MAX_SEED}, got {told(self.seed)}"
            )
        if not 0 <= self.prior < 1:
            raise ValueError(
                f"FinetuneConfig: prior={self.prior} is not allowed; 0 (no old pictures) up to "
                "below 1, for some of each batch must be new"
            )
        if not 0 <= self.cooldown <= 1:
            raise ValueError(
                f"FinetuneConfig: cooldown={self.cooldown} is not allowed; 0 (none) up to 1, for "
                "it is a share of the steps"
            )
        if not (self.embedding or self.lora):
            raise ValueError(
                "FinetuneConfig: embedding=False and lora=False leave nothing to train; switch "
                "one of them on"
            )

    def _settle(self, name: str, value: float) -> None:
        """A plain number in place of one of NumPy or PyTorch, so that it can be written down."""
        object.__setattr__(self, name, value)


@dataclass
class Moment:
    """A training at one step, as `on_step` sees it.

    Attributes:
        step: steps done.
        loss: of the last one.
        save_state: call it for a state that `finetune(resume=...)` goes on from.
    """

    step: int
    loss: float
    save_state: Callable[[], dict[str, Any]]


@dataclass
class History:
    """What a training was like.

    Attributes:
        losses: of each step.
        state: to go on from, as `resume`.
    """

    losses: list[float] = field(default_factory=list)
    state: dict[str, Any] = field(default_factory=dict)


def check(
    pipe: StableDiffusionPipeline,
    examples: Sequence[Example],
    kept: Sequence[Example],
    config: FinetuneConfig,
) -> None:
    """Refuses what cannot be learned from, before anything is changed.

    Raises:
        ValueError: as `loop.finetune` says.
    """
    if not examples:
        raise ValueError("examples: got none; give some pictures of the new thing, a dozen is good")
    if pipe.unet.dtype == torch.float16:
        raise ValueError(
            "pipe: in float16 small steps vanish; load the model with dtype=\"float32\", or "
            "\"bfloat16\" where the card can do it"
        )  # fmt: skip
    side = pipe.unet.config.sample_size * pipe.vae_scale_factor
    for name, group in (("examples", examples), ("kept", kept)):
        for number, example in enumerate(group):
            if example.picture.shape != (3, side, side):
                raise ValueError(
                    f"{name}: picture {number} has shape {tuple(example.picture.shape)}; this "
                    f"model paints (3, {side}, {side})"
                )
            if name == "examples" and config.word.lower() not in example.caption.lower():
                raise ValueError(
                    f"examples: caption {number}, {example.caption!r}, does not have the word "
                    f"{config.word!r}, which could then not be learned from its picture"
                )
