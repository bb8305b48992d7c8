"""Balanced fine-tuning: castles at every time of day, and what it changes besides.

    python -m helpers.audit.balance

draws castles where the training stream has houses, tents and lighthouses, trains a LoRA on them
(lesson 10), beside as many old pictures, and asks the model the same prompts before and after. It
takes some ten minutes on two cores, so lesson 11 shows what was recorded.
"""

from __future__ import annotations

import random
from dataclasses import replace

from .. import landscapes
from ..finetuning.losses import Latents
from ..landscapes import Scene
from ..loading import StableDiffusionPipeline, load
from ..sampling import generate
from .reading import read, shares
from .results import write
from .tuning import HOW, examples, right_elsewhere, tuned

PICTURES, STEPS, BATCH, RANK, RATE = 320, 160, 16, 8, 4e-3
SEEDS = 24
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


def train(pipe: StableDiffusionPipeline, steps: int = STEPS) -> list[float]:
    """A LoRA of the U-Net, in place, on castles and old pictures in equal parts; the losses."""
    new = Latents(pipe, examples(balanced_castles(PICTURES), 2**42))
    old = Latents(pipe, examples(old_scenes(PICTURES), 2**43))
    return tuned(pipe, [(new, BATCH // 2), (old, BATCH // 2)], steps, RANK, RATE)


def examine(pipe: StableDiffusionPipeline) -> dict[str, object]:
    """What the judge reads: times of day for each prompt, and attributes asked for elsewhere."""
    found: dict[str, object] = {}
    for prompt in PROMPTS:
        seen = read(generate(pipe, prompt, seed=range(SEEDS), **HOW).images)
        found[prompt] = {"time": shares(seen, "time"), "building": shares(seen, "building")}
    return found | {"asked for elsewhere": right_elsewhere(pipe)}


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
