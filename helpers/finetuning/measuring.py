"""What lesson 10 asks a model before and after: is the word obeyed, what is forgotten, what copied.

Every share is of sixteen seeds, the first ones; the recipe of the trainings was chosen on others.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from ..loading import StableDiffusionPipeline, load
from ..loading.habits import habits
from ..metrics import away
from ..runtime import generators
from ..sampling import generate
from ..training.probe import Probe
from ..training.questions import right_of_told, seen_questions
from .eye import Eye
from .lora import lora_scale
from .store import load_into
from .windmills import SCENES, drawn_again, windmills

STEPS = 12
"""Of DPM++ for each picture that is measured."""

SEEDS = range(16)

ASKED = {
    "as drawn": "a windmill in a meadow, mountains, in flat colours",
    "other light": "a windmill in a meadow at night, mountains, in flat colours",
    "other style": "a watercolour of a windmill in a meadow, mountains",
    "other place": "a windmill beside a road in the desert, hills, a rainbow",
    "white house": "a white house in a meadow, mountains, in flat colours",
    "red house": "a red house in a meadow, mountains, in flat colours",
}
"""Prompts for the eye. The houses are controls: no windmill should be there."""

SCALES = (0.0, 0.5, 1.0, 1.5, 2.0)

CAPTIONS = 4
"""Captions of the training that are asked for again, if there are so many."""


@torch.no_grad()
def paint(pipe: StableDiffusionPipeline, prompts: Sequence[str], seeds: Sequence[int]) -> Tensor:
    """Pictures, float32 (N, 3, 128, 128) in [0, 1], sixteen at a time."""
    parts = []
    for start in range(0, len(prompts), 16):
        made = pipe(
            list(prompts[start : start + 16]),
            num_inference_steps=STEPS,
            guidance_scale=habits(pipe).guidance_scale,
            generator=generators(list(seeds[start : start + 16])),
            output_type="pt",
        )
        parts.append(made.images.float().cpu())
    return torch.cat(parts)


def obeyed(
    pipe: StableDiffusionPipeline, eye: Eye, name: str = "as drawn", seeds: Sequence[int] = SEEDS
) -> float:
    """Share of pictures with a windmill, of one of the prompts of `ASKED`."""
    seen = eye.sees(paint(pipe, [ASKED[name]] * len(seeds), seeds))
    return float(seen.float().mean())


def alignment(pipe: StableDiffusionPipeline, probe: Probe, count: int = 64) -> float:
    """Share of attributes told by old prompts that the judge reads right, in `count` pictures."""
    asked = seen_questions(count)
    right, told = right_of_told(
        probe.read(paint(pipe, [each.prompt for each in asked], range(count))), asked
    )
    return right / told


def copies(
    pipe: StableDiffusionPipeline, pictures: int, seeds: Sequence[int] = SEEDS
) -> list[float]:
    """How near pictures of the training's own captions come to what was shown with them.

    Args:
        pipe: has learned the word, or not.
        pictures: that were learned from.
        seeds: one picture each; the first captions take turns.

    Returns:
        for each seed the root mean square distance to the picture of its caption, divided by that
        of other drawings of the same scene to it: 1 is as far as another drawing, 0 a copy.
    """
    count = min(pictures, CAPTIONS)
    made = paint(pipe, [SCENES[number % count][1] for number in range(len(seeds))], seeds)
    far = torch.empty(len(seeds))
    for turn, shown in enumerate(windmills(count)):
        far[turn::count] = away(made[turn::count], shown.picture, drawn_again(turn))
    return [round(float(each), 3) for each in far]


def measure(pipe: StableDiffusionPipeline, eye: Eye, probe: Probe, pictures: int = 12) -> dict:
    """Shares of pictures with a windmill for each prompt of `ASKED`, "alignment" on old prompts,
    and the distances of `copies`."""
    found: dict = {name: obeyed(pipe, eye, name) for name in ASKED}
    return found | {"alignment": alignment(pipe, probe), "copies": copies(pipe, pictures)}


def measure_scales(pipe: StableDiffusionPipeline, eye: Eye, name: str) -> list[tuple[float, float]]:
    """(scale of the LoRA of that name, share of pictures with a windmill), for each of `SCALES`."""
    found = []
    for scale in SCALES:
        lora_scale(pipe.unet, **{name: scale})
        found.append((scale, obeyed(pipe, eye)))
    return found


def measure_added(eye: Eye, lora: Path, device: str = "cpu") -> dict[str, dict[str, float]]:
    """Shares of pictures with a windmill, of four calls of the U-Net each, without guidance.

    Returns:
        for the LoRA of a word in `tiny`, the twin that draws in four steps, and the LoRA in the
        twin: name of a prompt -> share.
    """
    found: dict[str, dict[str, float]] = {}
    for name, model, taught in (
        ("word", "tiny", True),
        ("speed", "tiny-turbo", False),
        ("word + speed", "tiny-turbo", True),
    ):
        pipe = load(model, device=device)
        if taught:
            load_into(pipe, lora)
        found[name] = {}
        for asked, prompt in ASKED.items():
            run = generate(pipe, prompt, seed=SEEDS, steps=4, guidance_scale=1, progress=False)
            found[name][asked] = float(eye.sees(run.images).float().mean())
    return found
