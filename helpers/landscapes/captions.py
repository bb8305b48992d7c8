"""Scenes in words: English and Japanese captions of varying order, completeness and vocabulary.

A caption names nearly every thing of its drawing, so that a model learns not to add any. What it
often leaves unsaid has a default that the training stream makes likely: day, the flat style, a
meadow, hills; colours and the building's side are free.
"""

from __future__ import annotations

import random
import zlib

from .english_sentences import english
from .japanese_sentences import japanese
from .scenes import ATTRIBUTES, Scene
from .stream import Sample

TOLD: dict[str, float] = {
    "building": 0.99,
    "water": 0.985,
    "trees": 0.985,
    "sky": 0.985,
    "weather": 0.99,
    "terrain": 0.975,
    "ground": 0.98,
    "time": 0.9,
    "time:day": 0.33,
    "time:dawn": 0.8,
    "time:sunset": 0.8,
    "style": 0.88,
    "style:flat": 0.15,
}
"""How often a caption tells what is there; "attribute:value" where a value has its own share."""

TERSE = 0.22
"""How often a caption is short: hills and meadow, the plainest land, and all details go unsaid."""

COLOUR_TOLD, SIDE_TOLD = 0.55, 0.35
"""How often the colour of a thing that is told is told too, and the side of a building."""

UNNAMED_WATER = 0.08
"""How often a boat is said to be on the water, and not on which."""


def mentioned(scene: Scene, seed: int, language: str = "en") -> tuple[str, ...]:
    """The attributes that `describe(scene, seed, language)` tells, in the order of `ATTRIBUTES`."""
    told = _choose(scene, _rng(scene, seed, language))
    return tuple(name for name in ATTRIBUTES if name in told)


def describe(scene: Scene, seed: int, language: str = "en") -> str:
    """One caption of the scene; other seeds give other words, order and completeness.

    Raises:
        ValueError: unknown language.
    """
    rng = _rng(scene, seed, language)
    told = _choose(scene, rng)
    return english(scene, told, rng) if language == "en" else "".join(japanese(scene, told, rng))


def is_test_caption(caption: str) -> bool:
    """Whether a caption is kept back for testing: one in twenty, by a checksum of its text."""
    return zlib.crc32(caption.casefold().encode()) % 20 == 0


def training_caption(item: Sample, seed: int, language: str = "en") -> str:
    """A caption of a training item, never a test caption; a titled painting goes by its title."""
    if item.title is not None:
        return item.title
    attempt = seed
    while is_test_caption(caption := describe(item.scene, attempt, language)):
        attempt += 1_000_003
    return caption


def _rng(scene: Scene, seed: int, language: str) -> random.Random:
    if language not in ("en", "ja"):
        raise ValueError(f"describe: language must be 'en' or 'ja', got {language!r}")
    return random.Random(f"{language} {seed} {scene.labels}")


def _choose(scene: Scene, rng: random.Random) -> set[str]:
    """Which attributes a caption tells: nearly every thing, at least one, the rest by chance."""
    present = {name: value for name in ATTRIBUTES if (value := getattr(scene, name)) != "none"}
    told = {
        name
        for name, value in present.items()
        if rng.random() < TOLD.get(f"{name}:{value}", TOLD.get(name, 0.0))
    }
    terse = rng.random() < TERSE
    if terse:
        told -= {name for name in ("terrain", "ground") if present[name] in ("hills", "meadow")}
    if not told - {"time", "style"}:
        told.add(rng.choice(("terrain", "ground")))
    for name in ("terrain", "building"):
        if name in told and not terse and rng.random() < COLOUR_TOLD:
            told.add(f"{name}_colour")
    if "building" in told and not terse and rng.random() < SIDE_TOLD:
        told.add("building_side")
    if scene.building == "boat" and "building" in told and rng.random() < UNNAMED_WATER:
        told -= {"water"} | ({"ground"} if scene.ground == "sea" else set())
    return told
