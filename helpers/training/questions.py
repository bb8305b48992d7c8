"""What an evaluation asks the model: captions that no training ever used, with their scenes."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import torch

from .. import landscapes
from ..landscapes import ATTRIBUTES, Scene
from .data import to_tensor

ATTEMPTS = 1000  # captions tried for one scene; one in twenty is kept back for testing


@dataclass(frozen=True)
class Question:
    """A caption, the scene it was written for, and which attributes it tells."""

    scene: Scene
    prompt: str
    language: str
    told: tuple[str, ...]
    seed: int

    def drawing(self) -> torch.Tensor:
        """A real drawing of the scene: float32 (3, 128, 128) in [0, 1]."""
        return to_tensor(landscapes.render(self.scene, self.seed)).float() / 255


def ask(scene: Scene, seed: int, language: str, needed: tuple[str, ...] = ()) -> Question | None:
    """A test caption of the scene that tells the needed attributes; None if there is hardly one."""
    for attempt in range(seed * ATTEMPTS, (seed + 1) * ATTEMPTS):
        told = landscapes.mentioned(scene, attempt, language)
        if not set(needed) <= set(told):
            continue
        prompt = landscapes.describe(scene, attempt, language)
        if landscapes.is_test_caption(prompt):
            return Question(scene, prompt, language, told, 2**40 + seed)
    return None


def questions(
    count: int, accept: Callable[[Scene], bool], needed: tuple[str, ...] = ()
) -> list[Question]:
    """The first `count` questions about acceptable scenes of the test stream, half in Japanese."""
    return list(itertools.islice(_questions(accept, needed), count))


def _questions(accept: Callable[[Scene], bool], needed: tuple[str, ...]) -> Iterator[Question]:
    languages = itertools.cycle(("en", "ja"))
    language = next(languages)
    for index in itertools.count():
        scene = landscapes.sample(index, "test").scene
        if accept(scene) and (question := ask(scene, index, language, needed)):
            yield question
            language = next(languages)


def seen_questions(count: int) -> list[Question]:
    """Questions about scenes whose combinations occur in training."""
    return questions(count, lambda scene: not landscapes.is_held_out(scene))


def held_out_questions(pair: dict[str, str], count: int) -> tuple[list[Question], list[Question]]:
    """Questions that ask for a held-out pair, and as many that ask for one half of it.

    The second list is the fair comparison: the same two attributes are told, one of them with the
    pair's value, the other with any value that occurs beside it in training.
    """
    needed = tuple(pair)

    def half(scene: Scene) -> bool:
        matches = sum(getattr(scene, name) == value for name, value in pair.items())
        there = all(getattr(scene, name) != "none" for name in pair)
        return matches == 1 and there and not landscapes.is_held_out(scene)

    def whole(scene: Scene) -> bool:
        return all(getattr(scene, name) == value for name, value in pair.items())

    return questions(count, whole, needed), questions(count, half, needed)


def scenes_with(values: dict[str, str], count: int, seed: int = 0) -> list[Scene]:
    """Random scenes that have the given attributes and no held-out combination."""
    rng = random.Random(f"scenes {seed} {sorted(values.items())}")
    found: list[Scene] = []
    while len(found) < count:
        try:
            scene = replace(landscapes.random_scene(rng), **values)
        except ValueError:  # the values contradict the rest: another rest
            continue
        if not landscapes.is_held_out(scene):
            found.append(scene)
    return found


def scenes_like(values: dict[str, str], count: int, seed: int = 0) -> list[Scene]:
    """Scenes of the training stream for which a caption could tell these attributes and no more.

    They come as often as such captions leave the rest of them unsaid.
    """
    rng = random.Random(f"like {seed} {sorted(values.items())}")
    found: list[Scene] = []
    while len(found) < count:
        scene = landscapes.training_scene(rng)
        asked = all(getattr(scene, name) == value for name, value in values.items())
        if asked and rng.random() < landscapes.unsaid(scene, values):
            found.append(scene)
    return found


def told_mask(asked: list[Question]) -> torch.Tensor:
    """Which attributes each caption tells: bool (N, 12)."""
    return torch.tensor([[name in question.told for name in ATTRIBUTES] for question in asked])


def labels(asked: list[Question]) -> torch.Tensor:
    """The right answers: (N, 12)."""
    return torch.tensor([question.scene.labels for question in asked])


def right_of_told(read: torch.Tensor, asked: list[Question]) -> tuple[int, int]:
    """(right, told): how many attributes the captions tell, and how many of them were read right.

    Args:
        read: what the judge reads in the pictures, (N, 12).
        asked: the captions, N of them.
    """
    told = told_mask(asked)
    return int(((read == labels(asked)) & told).sum()), int(told.sum())
