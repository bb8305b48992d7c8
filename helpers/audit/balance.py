"""Balanced fine-tuning: castles at every time of day, and what it changes besides.

    python -m helpers.audit.balance

draws castles where the training stream has houses, tents and lighthouses, trains a LoRA on them
(lesson 10), beside as many old pictures, and asks the model the same prompts before and after. It
takes some ten minutes on two cores, so lesson 11 shows what was recorded.
"""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from tqdm import trange

from .. import landscapes
from ..finetuning.lora import add_lora
from ..finetuning.losses import Latents, denoising_loss
from ..finetuning.settings import Example
from ..landscapes import Sample, Scene
from ..loading import StableDiffusionPipeline, load
from ..sampling import generate
from ..training.data import to_tensor
from ..training.questions import labels, seen_questions, told_mask
from .reading import judge, read, shares
from .results import write

PICTURES, STEPS, BATCH, RANK, RATE = 320, 160, 16, 8, 4e-3
SEEDS, QUESTIONS = 24, 24
PROMPTS = ("a castle", "a house")


def balanced_castles(count: int, seed: int = 0) -> list[Scene]:
    """Castles as often at each time of day as other buildings, and never in the desert.

    Each stands where the training stream has a house, a tent or a lighthouse.
    """
    rng = random.Random(f"balanced {seed}")
    found: list[Scene] = []
    while len(found) < count:
        scene = landscapes.training_scene(rng)
        if scene.building in ("house", "tent", "lighthouse"):
            castle = replace(scene, building="castle")
            found += [] if landscapes.is_held_out(castle) else [castle]
    return found


def old_scenes(count: int, seed: int = 0) -> list[Scene]:
    """Scenes of the training stream without castles, so that little is forgotten."""
    rng = random.Random(f"old {seed}")
    found: list[Scene] = []
    while len(found) < count:
        scene = landscapes.training_scene(rng)
        found += [] if scene.building == "castle" else [scene]
    return found


def examples(scenes: list[Scene], first: int) -> list[Example]:
    """Drawings with captions of the training's kind, half of them Japanese."""
    made = []
    for number, scene in enumerate(scenes, first):
        language = ("en", "ja")[number % 2]
        caption = landscapes.training_caption(Sample(scene, number), number, language)
        made.append(Example(to_tensor(landscapes.render(scene, number)) / 255, caption))
    return made


def train(pipe: StableDiffusionPipeline, steps: int = STEPS) -> list[float]:
    """A LoRA of the U-Net, in place, on castles and old pictures in equal parts; the losses."""
    torch.manual_seed(0)  # peft draws A from PyTorch's own generator
    weights = add_lora(pipe.unet, "balanced", RANK)
    optimizer = torch.optim.AdamW(weights, lr=RATE, weight_decay=0.0)
    generator = torch.Generator().manual_seed(0)
    alpha_bar = torch.as_tensor(pipe.scheduler.alphas_cumprod).float()
    new = Latents(pipe, examples(balanced_castles(PICTURES), 2**42))
    old = Latents(pipe, examples(old_scenes(PICTURES), 2**43))
    losses = []
    for _ in trange(steps, desc="steps"):
        parts = [group.draw(BATCH // 2, generator) for group in (new, old)]
        x0, tokens = (torch.cat(each) for each in zip(*parts, strict=True))
        loss = denoising_loss(pipe, x0, tokens, alpha_bar, generator)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def examine(pipe: StableDiffusionPipeline) -> dict[str, object]:
    """What the judge reads: times of day for each prompt, and attributes asked for elsewhere."""
    how: dict[str, Any] = {"steps": 10, "guidance_scale": 4.0, "progress": False}
    found: dict[str, object] = {}
    for prompt in PROMPTS:
        seen = read(generate(pipe, prompt, seed=range(SEEDS), **how).images)
        found[prompt] = {"time": shares(seen, "time"), "building": shares(seen, "building")}
    asked = seen_questions(QUESTIONS)
    made = [
        generate(pipe, question.prompt, seed=k, **how).images for k, question in enumerate(asked)
    ]
    right: Tensor = judge().read(torch.cat(made)) == labels(asked)
    told = told_mask(asked)
    found["asked for elsewhere"] = [int((right & told).sum()), int(told.sum())]
    return found


def compare() -> dict[str, object]:
    """The same model before and after."""
    pipe = load("tiny")
    before = examine(pipe)
    losses = train(pipe)
    after = examine(pipe)
    settings = {"pictures": 2 * PICTURES, "steps": STEPS, "batch": BATCH, "rank": RANK}
    ends = [round(sum(part) / len(part), 3) for part in (losses[:20], losses[-20:])]
    return settings | {"seeds": SEEDS, "loss": ends, "before": before, "after": after}


if __name__ == "__main__":
    write("balance", compare())
