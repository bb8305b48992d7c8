"""At how many repetitions does copying begin? A painting 1, 4, 16 or 64 times among the pictures.

    python -m helpers.audit.repetition

The model saw four paintings once each, and copies none of them. Here a LoRA (lesson 10) is trained
on 400 drawings and these four, of which one comes once, one four times, one 16 and one 64 times;
then each title is asked for. In four trainings the paintings change places, so that each stands
once at each number. It takes some half an hour on two cores, so lesson 11 shows what was recorded.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..finetuning.losses import Latents
from ..finetuning.settings import Example
from ..landscapes import SINGLES, render
from ..loading import StableDiffusionPipeline, load
from ..metrics import away
from ..sampling import generate
from ..training.data import to_tensor
from .balance import old_scenes
from .neighbours import painting
from .results import write
from .tuning import HOW, examples, right_elsewhere, tuned

REPETITIONS = (1, 4, 16, 64)
OTHERS, STEPS, BATCH, RANK, RATE = 400, 400, 8, 16, 2e-3
SEEDS, DRAWINGS = 8, 8


def dealt(training: int) -> dict[str, int]:
    """Title -> how often its painting comes in a training; over four, each comes as often."""
    titles = list(SINGLES)
    return {
        titles[(place + training) % len(titles)]: count for place, count in enumerate(REPETITIONS)
    }


def far(images: Tensor, title: str) -> list[float]:
    """How far pictures are from a painting: 0 is a copy, 1 as far as another drawing of its scene.

    The rule of lesson 11 and of the model's card: root mean square difference of the pixels, and
    below one half is a copy.

    Args:
        images: (B, 3, 128, 128) in [0, 1].
        title: of the painting.
    """
    scene, _ = SINGLES[title]
    others = [to_tensor(render(scene, 10_000 + k)) / 255 for k in range(DRAWINGS)]
    found = away(images, painting(title), torch.stack(others))
    return [round(float(one), 3) for one in found]


def examine(pipe: StableDiffusionPipeline) -> dict[str, list[float]]:
    """Title -> how far each of its pictures is from its painting."""
    return {
        title: far(generate(pipe, title, seed=range(SEEDS), **HOW).images, title)
        for title in SINGLES
    }


def compare() -> dict[str, object]:
    """Each painting at each number of repetitions, and before."""
    pipe = load("tiny")
    distances: dict[int, dict[str, list[float]]] = {0: examine(pipe)}
    elsewhere = [right_elsewhere(pipe)]
    for training in range(len(REPETITIONS)):
        pipe = load("tiny")
        pool = examples(old_scenes(OTHERS, seed=training), 2**43 + training * OTHERS)
        for title, count in dealt(training).items():
            pool += [Example(painting(title), title)] * count
        tuned(pipe, [(Latents(pipe, pool), BATCH)], STEPS, RANK, RATE)
        found = examine(pipe)
        elsewhere.append(right_elsewhere(pipe))
        for title, count in dealt(training).items():
            distances.setdefault(count, {})[title] = found[title]
    shown = STEPS * BATCH / (OTHERS + sum(REPETITIONS))
    settings = {"others": OTHERS, "steps": STEPS, "batch": BATCH, "rank": RANK, "seeds": SEEDS}
    return settings | {
        "times each picture is shown": round(shown, 1),
        "far": {str(count): titles for count, titles in sorted(distances.items())},
        "asked for elsewhere": elsewhere,
    }


if __name__ == "__main__":
    write("repetition", compare())
