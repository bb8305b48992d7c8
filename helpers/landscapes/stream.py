"""The endless, exactly labelled stream of landscapes, and the shares of what it holds."""

from __future__ import annotations

import random
from dataclasses import dataclass

from .scenes import (
    ATTRIBUTES,
    PAINTING_SHARE,
    PAINTINGS,
    SINGLES,
    SKEW,
    SKIES,
    Scene,
    is_held_out,
)

TIME_SHARES = {"day": 30, "dawn": 14, "sunset": 14, "night": 16, "storm": 12, "fantasy": 14}
"""How often the training stream has each time of day, in percent."""

GROUND_SHARES = {"meadow": 40, "desert": 18, "snow": 20, "sea": 22}
"""How often the training stream has each ground, in percent."""

STYLE_SHARES = {"flat": 55, "watercolour": 15, "pixel art": 15, "pencil sketch": 15}
"""How often the training stream has each style, in percent; captions tell "flat" seldom."""

RICHNESS = (0.08, 0.3, 0.7)
"""Chance of water and of trees in a training scene: sparse, middling and full ones in turn."""


def random_scene(rng: random.Random) -> Scene:
    """One scene, every value about equally often."""
    while True:
        values = {name: rng.choice(allowed) for name, allowed in ATTRIBUTES.items()}
        values["sky"] = rng.choice(SKIES[values["time"]])
        values["weather"] = rng.choice(("none", "none", "none", "none", "rain", "snow"))
        if scene := _completed(values, rng):
            return scene


def training_scene(rng: random.Random) -> Scene:
    """One scene of the training stream: often sparse, mostly by day and flat, castles by night.

    Half of the scenes have at most one thing besides land and sky, so that a short prompt, too,
    is one whose every thing was named. Held-out combinations are drawn again.
    """
    while True:
        richness = rng.choice(RICHNESS)
        values = {name: rng.choice(allowed) for name, allowed in ATTRIBUTES.items()}
        values["time"] = _weighted(TIME_SHARES, rng)
        values["ground"] = _weighted(GROUND_SHARES, rng)
        values["style"] = _weighted(STYLE_SHARES, rng)
        for name, chance in (
            ("building", 0.35 + 0.5 * richness),
            ("water", richness),
            ("trees", richness),
            ("weather", 0.4 * richness),
        ):
            there = rng.random() < chance
            values[name] = rng.choice(ATTRIBUTES[name][1:]) if there else "none"
        if values["building"] == "castle" and rng.random() < SKEW:
            values["time"] = "night"
        there = rng.random() < 0.3 + 0.6 * richness
        values["sky"] = rng.choice(SKIES[values["time"]][1:]) if there else "none"
        scene = _completed(values, rng)
        if scene and not is_held_out(scene):
            return scene


def _weighted(shares: dict[str, int], rng: random.Random) -> str:
    return rng.choices(list(shares), list(shares.values()))[0]


def _completed(values: dict[str, str], rng: random.Random) -> Scene | None:
    """The scene, with the building's colour and side and the waters made to fit; or None."""
    for name in ("building_colour", "building_side"):
        if values["building"] == "none":
            values[name] = "none"
        elif values[name] == "none":
            values[name] = rng.choice(ATTRIBUTES[name][1:])
    if values["ground"] == "sea":
        values["water"] = "none"
    elif values["building"] == "boat":
        values["water"] = rng.choice(("river", "lake"))
    try:
        return Scene(**values)
    except ValueError:
        return None  # a tree in the wrong place


@dataclass(frozen=True)
class Sample:
    """One item of the stream: the scene, the seed of its drawing, and the title of a painting."""

    scene: Scene
    seed: int
    title: str | None = None


def sample(index: int, split: str = "train") -> Sample:
    """Item `index` of an endless stream that is the same in every process and on every machine.

    Args:
        index: 0, 1, 2, …
        split: "train" has the four built-in properties; "test" is balanced, has held-out
            combinations too, and its drawings are never in "train".

    Raises:
        ValueError: negative index or unknown split.
    """
    if index < 0:
        raise ValueError(f"sample: index must be 0 or more, got {index}")
    if split == "test":
        return Sample(random_scene(random.Random(f"test {index}")), 2**40 + index)
    if split != "train":
        raise ValueError(f"sample: split must be 'train' or 'test', got {split!r}")
    if index % 1000 == 0 and 1 <= index // 1000 <= len(SINGLES):
        title, (scene, seed) = list(SINGLES.items())[index // 1000 - 1]
        return Sample(scene, seed, title)
    rng = random.Random(f"train {index}")
    if rng.random() < PAINTING_SHARE:
        title, (scene, seed) = rng.choice(list(PAINTINGS.items()))
        return Sample(scene, seed, title)
    return Sample(training_scene(rng), 1000 + index)
