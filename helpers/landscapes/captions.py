"""Scenes in words: English and Japanese captions of varying order, completeness and vocabulary.

A caption names most things of its drawing, buildings and weather nearly always, so that a model
learns to add few. What it often leaves unsaid has a default that the training stream makes likely:
day, the flat style, a meadow, hills; colours and the building's side are free.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterable

from .absent import can_lack
from .english_sentences import english
from .japanese_sentences import japanese
from .scenes import ATTRIBUTES, Scene
from .strange import STRANGE, with_strange_words
from .stream import Sample

TOLD: dict[str, float] = {
    "building": 0.985,
    "water": 0.9,
    "trees": 0.85,
    "sky": 0.75,
    "weather": 0.985,
    "terrain": 0.8,
    "terrain:hills": 0.5,
    "ground": 0.9,
    "ground:meadow": 0.5,
    "time": 0.9,
    "time:day": 0.33,
    "time:dawn": 0.8,
    "time:sunset": 0.8,
    "style": 0.8,
    "style:flat": 0.15,
}
"""How often a caption tells what is there; "attribute:value" where a value has its own share."""

PLAIN = ("hills", "meadow")
"""The plainest land."""

TERSE, BARE = 0.4, 0.5
"""How often a caption is short: hills and meadow, the plainest land, go unsaid; and how often a
short one leaves out all details too, and is put in few words."""

COLOUR_TOLD, SIDE_TOLD = 0.55, 0.35
"""How often the colour of a thing that is told is told too, and the side of a building."""

ABSENT_TOLD = 0.12
"""How often a caption also tells of one or two things that are not there."""

UNNAMED_WATER = 0.08
"""How often a boat is said to be on the water, and not on which."""


def mentioned(scene: Scene, seed: int, language: str = "en") -> tuple[str, ...]:
    """The attributes that `describe(scene, seed, language)` tells, in the order of `ATTRIBUTES`."""
    told = _choose(scene, _rng(scene, seed, language))
    return tuple(name for name in ATTRIBUTES if name in told)


def unsaid(scene: Scene, but: Iterable[str] = ()) -> float:
    """How likely a caption leaves a scene unsaid: 0 … 1, the higher the plainer the scene.

    Args:
        but: attributes that may be told.
    """
    likely = 1.0
    for name in set(ATTRIBUTES) - set(but):
        value = getattr(scene, name)
        if value != "none":
            likely *= 1 - _share(name, value) * (1 - TERSE if value in PLAIN else 1)
    return likely


def absent(scene: Scene, seed: int, language: str = "en") -> tuple[str, ...]:
    """The attributes that `describe(scene, seed, language)` says are not there."""
    told = _choose(scene, _rng(scene, seed, language))
    return tuple(name for name in can_lack(scene) if f"no_{name}" in told)


def describe(scene: Scene, seed: int, language: str = "en") -> str:
    """One caption of the scene; other seeds give other words, order and completeness.

    Raises:
        ValueError: unknown language.
    """
    return _joined(_words(scene, seed, language), language)


def is_test_caption(caption: str) -> bool:
    """Whether a caption is kept back for testing: one in twenty, by a checksum of its text."""
    return zlib.crc32(caption.casefold().encode()) % 20 == 0


def training_caption(item: Sample, seed: int, language: str = "en") -> str:
    """A caption of a training item, never a test caption; a titled painting goes by its title.

    Now and then it carries strange words, which mean nothing (`helpers.landscapes.strange`).
    """
    if item.title is not None:
        return item.title
    attempt = seed
    while is_test_caption(_joined(words := _words(item.scene, attempt, language), language)):
        attempt += 1_000_003
    luck = zlib.crc32(f"strange {language} {seed} {item.seed}".encode())
    if luck < STRANGE * 2**32:
        words = with_strange_words(words, random.Random(luck), language)
    return _joined(words, language)


def _words(scene: Scene, seed: int, language: str) -> list[str]:
    """The words of `describe(scene, seed, language)`, punctuation included."""
    rng = _rng(scene, seed, language)
    told = _choose(scene, rng)
    return english(scene, told, rng).split() if language == "en" else japanese(scene, told, rng)


def _joined(words: list[str], language: str) -> str:
    return " ".join(words).replace(" ,", ",") if language == "en" else "".join(words)


def _rng(scene: Scene, seed: int, language: str) -> random.Random:
    if language not in ("en", "ja"):
        raise ValueError(f"describe: language must be 'en' or 'ja', got {language!r}")
    return random.Random(f"{language} {seed} {scene.labels}")


def _share(name: str, value: str) -> float:
    return TOLD.get(f"{name}:{value}", TOLD.get(name, 0.0))


def _choose(scene: Scene, rng: random.Random) -> set[str]:
    """Which attributes a caption tells: nearly every thing, at least one, the rest by chance."""
    present = {name: value for name in ATTRIBUTES if (value := getattr(scene, name)) != "none"}
    told = {name for name, value in present.items() if rng.random() < _share(name, value)}
    terse = rng.random() < TERSE
    if terse:
        told -= {name for name in ("terrain", "ground") if present[name] in PLAIN}
    bare = terse and rng.random() < BARE
    told |= {"few words"} if bare else set()
    if not told - {"time", "style", "few words"}:
        told.add(rng.choice(("terrain", "ground")))
    for name in ("terrain", "building"):
        if name in told and not bare and rng.random() < COLOUR_TOLD:
            told.add(f"{name}_colour")
    if "building" in told and not bare and rng.random() < SIDE_TOLD:
        told.add("building_side")
    if scene.building == "boat" and "building" in told and rng.random() < UNNAMED_WATER:
        told -= {"water"} | ({"ground"} if scene.ground == "sea" else set())
    if (lacked := can_lack(scene)) and rng.random() < ABSENT_TOLD:
        told |= {
            f"no_{name}" for name in rng.sample(lacked, min(len(lacked), rng.choice((1, 1, 2))))
        }
    return told
