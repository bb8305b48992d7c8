"""The training: noise on pictures, the error of the U-Net's answer, a step of the few new weights.

    loss = mean over new and old pictures of w (v_hat(x_t, t, caption) - v)^2

The old pictures with their old captions are prior preservation (Ruiz et al. 2023, arXiv 2208.12242,
section 3.3): without them the model drifts away from what it knew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from typing import Any

import torch
from diffusers.models.attention_processor import AttnProcessor
from torch import Tensor
from tqdm import tqdm

from ..loading import StableDiffusionPipeline
from . import lora, words
from .losses import Latents, denoising_loss
from .settings import Example, FinetuneConfig, History, Moment, check

__all__ = ["Example", "FinetuneConfig", "History", "Moment", "finetune"]


def finetune(
    pipe: StableDiffusionPipeline,
    examples: Sequence[Example],
    config: FinetuneConfig,
    *,
    kept: Sequence[Example] = (),
    resume: dict[str, Any] | None = None,
    on_step: Callable[[Moment], bool | None] | None = None,
    progress: bool = True,
) -> History:  # fmt: skip
    """Teach a model the word of the examples, in place.

    The U-Net gets a LoRA named like the word, the text encoder a vector for it; all other weights
    stay as they are. The same seed gives the same training on the same machine.

    Args:
        pipe: in float32 or bfloat16.
        examples: new pictures, each with the word in its caption.
        config: what to train and how long.
        kept: old pictures with their captions, so that little is forgotten.
        resume: `History.state`, or that of a `Moment`; the training goes on as if it had not
            stopped. The pipeline is the same one, or a fresh one of the same model.
        on_step: called after each step; True stops the training.
        progress: whether to show a bar.

    Raises:
        ValueError: no examples, a caption without the word, pictures of a wrong size, a pipeline in
            float16, or a state of another training.
    """
    check(pipe, examples, kept, config)
    training = _Training(pipe, examples, kept, config)
    if resume is not None:
        training.load_state(resume)
    left = range(training.step, config.steps)
    with training_mode(pipe):
        for _ in tqdm(left, disable=not progress, desc=config.word, unit="step"):
            loss = training.take_step()
            if on_step and on_step(Moment(training.step, loss, training.state)):
                break
    training.finish()
    return History(training.losses, training.state())


class _Training:
    """The weights that learn, and everything that must come back when a training is resumed."""

    def __init__(
        self,
        pipe: StableDiffusionPipeline,
        examples: Sequence[Example],
        kept: Sequence[Example],
        config: FinetuneConfig,
    ) -> None:
        self.pipe, self.config = pipe, config
        self.step, self.losses = 0, list[float]()
        if config.word.lower() not in words.new_words(pipe):
            words.add_word(pipe, config.word, config.begin_like)
        self.row = torch.nn.Parameter(words.row_of(pipe, config.word).float(), config.embedding)
        self.weights = _lora_weights(pipe, config) if config.lora else []
        self.generator = torch.Generator().manual_seed(config.seed)
        self.new = Latents(pipe, examples)
        self.old = Latents(pipe, kept) if kept and config.prior else None
        groups = [{"params": self.weights, "lr": config.learning_rate}] if self.weights else []
        groups += [{"params": [self.row], "lr": config.row_rate}] if config.embedding else []
        self.optimizer = torch.optim.AdamW(groups, weight_decay=0.0)
        self.rates = [group["lr"] for group in self.optimizer.param_groups]
        self.alpha_bar = torch.as_tensor(pipe.scheduler.alphas_cumprod).float()

    def take_step(self) -> float:
        """One batch, one step; the loss."""
        x0, tokens = self._batch()
        with words.row_in_place(self.pipe, self.config.word, self.row):
            loss = denoising_loss(self.pipe, x0, tokens, self.alpha_bar, self.generator)
        self.optimizer.zero_grad()
        loss.backward()
        for group, rate in zip(self.optimizer.param_groups, self.rates, strict=True):
            group["lr"] = rate * self._heat()
        self.optimizer.step()
        self.step += 1
        self.losses.append(loss.item())
        return self.losses[-1]

    def _heat(self) -> float:
        """The share of its rates that this step takes: 1, and in the cooldown down to 0."""
        left, last = self.config.steps - self.step, self.config.cooldown * self.config.steps
        return left / last if left < last else 1.0

    def _batch(self) -> tuple[Tensor, Tensor]:
        """Scaled latents and token numbers, new pictures first."""
        count = self.config.batch_size
        old = min(round(count * self.config.prior), count - 1) if self.old else 0
        parts = [self.new.draw(count - old, self.generator)]
        if self.old and old:
            parts.append(self.old.draw(old, self.generator))
        x0, tokens = (torch.cat(each) for each in zip(*parts, strict=True))
        return x0.to(self.pipe.device), tokens.to(self.pipe.device)

    def state(self) -> dict[str, Any]:
        """All of it, copied."""
        return {
            "config": {each.name: getattr(self.config, each.name) for each in fields(self.config)},
            "step": self.step,
            "losses": list(self.losses),
            "row": self.row.detach().cpu().clone(),
            "weights": [weight.detach().cpu().clone() for weight in self.weights],
            "optimizer": _copied(self.optimizer.state_dict()),
            "generator": self.generator.get_state(),
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from there.

        Raises:
            ValueError: it is of another training.
        """
        wanted = {each.name: getattr(self.config, each.name) for each in fields(self.config)}
        other = [name for name, value in wanted.items() if state["config"].get(name) != value]
        if set(other) - {"steps"}:
            told = ", ".join(f"{name}={state['config'].get(name)}" for name in other)
            raise ValueError(
                f"resume: this state is of a training with {told}; give the same configuration "
                "(steps alone may differ), or begin anew without resume"
            )
        with torch.no_grad():
            for mine, stored in zip(
                [self.row, *self.weights], [state["row"], *state["weights"]], strict=True
            ):
                mine.copy_(stored)
        self.optimizer.load_state_dict(_copied(state["optimizer"]))
        self.generator.set_state(state["generator"])
        self.step, self.losses = state["step"], list(state["losses"])

    def finish(self) -> None:
        """Put the learned vector into the text encoder's table; nothing learns any more."""
        words.set_row(self.pipe, self.config.word, self.row.detach())
        for weight in self.weights:
            weight.grad = None
            weight.requires_grad_(False)


def _lora_weights(
    pipe: StableDiffusionPipeline, config: FinetuneConfig
) -> list[torch.nn.Parameter]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)  # peft draws A from PyTorch's own generator
        name = lora.usable_name(config.word)
        if name in lora.names(pipe.unet):
            pipe.unet.delete_adapters(name)
        return lora.add_lora(pipe.unet, name, config.rank, config.alpha, config.layers)


def _copied(value: Any) -> Any:
    """Tensors in dictionaries and lists, copied."""
    if isinstance(value, Tensor):
        return value.detach().cpu().clone()
    if isinstance(value, dict):
        return {key: _copied(each) for key, each in value.items()}
    return [_copied(each) for each in value] if isinstance(value, list) else value


@contextmanager
def training_mode(pipe: StableDiffusionPipeline) -> Iterator[None]:
    """Old weights need no gradient, and on a CPU attention goes step by step: the fused kernel's
    way back is slow there. Afterwards all is as before."""
    encoder, unet = pipe.text_encoder, pipe.unet
    flags = [(weight, weight.requires_grad) for weight in encoder.parameters()]
    processors, attention = dict(unet.attn_processors), encoder.config._attn_implementation
    encoder.requires_grad_(False)
    try:
        if unet.device.type == "cpu":
            unet.set_attn_processor(AttnProcessor())
            encoder.set_attn_implementation("eager")
        yield
    finally:
        unet.set_attn_processor(processors)
        encoder.set_attn_implementation(attention)
        for weight, flag in flags:
            weight.requires_grad_(flag)
