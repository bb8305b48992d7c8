"""Model and judge together: pictures made, attributes read."""

from __future__ import annotations

import torch
from tqdm import tqdm

from .. import landscapes
from ..landscapes import Scene
from ..loading import StableDiffusionPipeline
from ..loading.habits import Habits, habits
from ..runtime import generators
from .data import draw, to_tensor
from .probe import Probe
from .questions import Question, labels

BATCH = 16
FULL = 500  # pictures of a full evaluation; all other counts shrink with `pictures`


class Examiner:
    """Model and judge, and the counts of an evaluation of a given size."""

    def __init__(self, pipe: StableDiffusionPipeline, probe: Probe, pictures: int) -> None:
        self.pipe, self.probe, self.pictures = pipe, probe, pictures
        self.bar = tqdm(desc="pictures", unit="", disable=None)

    def count(self, full: int, least: int = 2) -> int:
        """How many of `full` to take when fewer than 500 pictures were asked for."""
        return max(least, min(full, round(full * self.pictures / FULL)))

    @property
    def habits(self) -> Habits:
        """Steps and guidance that the model was made for."""
        return habits(self.pipe)

    def generate(
        self, prompts: list[str], seeds: list[int], guidance_scale: float | None = None
    ) -> torch.Tensor:
        """Pictures for prompts, one seed each: float32 (N, 3, 128, 128) in [0, 1]."""
        steps, usual = self.habits
        parts = []
        for start in range(0, len(prompts), BATCH):
            made = self.pipe(
                prompts[start : start + BATCH],
                num_inference_steps=steps,
                guidance_scale=usual if guidance_scale is None else guidance_scale,
                output_type="pt",
                generator=generators(seeds[start : start + BATCH]),
            ).images
            parts.append(made.float().cpu())
            self.bar.update(len(made))
        return torch.cat(parts)

    def answer(self, asked: list[Question], guidance_scale: float | None = None) -> torch.Tensor:
        """A picture for each question; question k gets seed k."""
        prompts = [question.prompt for question in asked]
        return self.generate(prompts, list(range(len(prompts))), guidance_scale)

    def right(self, pictures: torch.Tensor, asked: list[Question]) -> torch.Tensor:
        """Which attributes the judge reads as the scene has them: bool (N, 12)."""
        return self.probe.read(pictures) == labels(asked)


def unseen_drawings(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The test stream's first drawings, uint8 (N, 3, 128, 128), and their labels (N, 12)."""
    truth = [landscapes.sample(index, "test").scene.labels for index in range(count)]
    return torch.stack([draw(index, "test") for index in range(count)]), torch.tensor(truth)


def drawings_of(scenes: list[Scene]) -> torch.Tensor:
    """A drawing of each scene, number k with seed k: float32 (N, 3, 128, 128) in [0, 1]."""
    pictures = [to_tensor(landscapes.render(scene, k)) for k, scene in enumerate(scenes)]
    return torch.stack(pictures) / 255


def relative(right: torch.Tensor, drawn: torch.Tensor, told: torch.Tensor) -> float:
    """Attributes read right in pictures, in % of those read right in drawings, where told."""
    best = (drawn & told).sum().item()
    return 100 * (right & told).sum().item() / best if best else float("nan")
