"""What the recorded trainings of lesson 11 share: drawings, a LoRA's training, other prompts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from tqdm import trange

from .. import landscapes
from ..finetuning.lora import add_lora
from ..finetuning.losses import Latents, denoising_loss
from ..finetuning.settings import Example
from ..landscapes import Sample, Scene
from ..loading import StableDiffusionPipeline
from ..sampling import generate
from ..training.data import to_tensor
from ..training.questions import right_of_told, seen_questions
from .reading import judge

HOW: dict[str, Any] = {"steps": 10, "guidance_scale": 4.0, "progress": False}
"""How lesson 11 makes its pictures."""


def examples(scenes: list[Scene], first: int) -> list[Example]:
    """Drawings with captions of the training's kind, half of them Japanese.

    Args:
        scenes: what is drawn.
        first: seed of the first drawing; the others follow.
    """
    made = []
    for number, scene in enumerate(scenes, first):
        language = ("en", "ja")[number % 2]
        caption = landscapes.training_caption(Sample(scene, number), number, language)
        made.append(Example(to_tensor(landscapes.render(scene, number)) / 255, caption))
    return made


def tuned(
    pipe: StableDiffusionPipeline,
    groups: Sequence[tuple[Latents, int]],
    steps: int,
    rank: int,
    rate: float,
) -> list[float]:
    """Train a LoRA of the U-Net, in place.

    Args:
        pipe: whose U-Net it is.
        groups: pictures, and how many of them a batch holds.
        steps: batches in all.
        rank: of the LoRA.
        rate: learning rate of AdamW.

    Returns:
        The loss of each step.
    """
    torch.manual_seed(0)  # peft draws A from PyTorch's own generator
    optimizer = torch.optim.AdamW(add_lora(pipe.unet, "tuned", rank), lr=rate, weight_decay=0.0)
    generator = torch.Generator().manual_seed(0)
    alpha_bar = torch.as_tensor(pipe.scheduler.alphas_cumprod).float()
    losses = []
    for _ in trange(steps, desc="steps"):
        parts = [pictures.draw(count, generator) for pictures, count in groups]
        x0, tokens = (torch.cat(each) for each in zip(*parts, strict=True))
        loss = denoising_loss(pipe, x0, tokens, alpha_bar, generator)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def right_elsewhere(pipe: StableDiffusionPipeline, questions: int = 24) -> list[int]:
    """[right, asked for]: attributes of other prompts, as the judge reads their pictures."""
    asked = seen_questions(questions)
    made = [
        generate(pipe, question.prompt, seed=k, **HOW).images for k, question in enumerate(asked)
    ]
    return list(right_of_told(judge().read(torch.cat(made)), asked))
