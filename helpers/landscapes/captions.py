"""Scenes in words: English and Japanese captions of varying order, completeness and vocabulary."""

from __future__ import annotations

import random
import zlib

from .lexicon import (
    ENGLISH,
    ENGLISH_NOUNS,
    ENGLISH_STYLE,
    ENGLISH_TIME,
    JAPANESE,
    JAPANESE_COLOURS,
    JAPANESE_NOUNS,
    JAPANESE_STYLE,
    JAPANESE_TIME,
)
from .scenes import ATTRIBUTES, Sample, Scene

THINGS = ("building", "terrain", "water", "trees", "ground", "sky", "weather")


def mentioned(scene: Scene, seed: int, language: str = "en") -> tuple[str, ...]:
    """The attributes that `describe(scene, seed, language)` tells, in the order of `ATTRIBUTES`."""
    return tuple(name for name in ATTRIBUTES if name in _choose(scene, _rng(scene, seed, language)))


def describe(scene: Scene, seed: int, language: str = "en") -> str:
    """One caption of the scene; other seeds give other words, order and completeness.

    Raises:
        ValueError: unknown language.
    """
    rng = _rng(scene, seed, language)
    told = _choose(scene, rng)
    return _english(scene, told, rng) if language == "en" else "".join(_japanese(scene, told, rng))


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
    """Which attributes a caption tells: few, about half, or nearly all of those that are there."""
    share = rng.choice((0.3, 0.55, 0.9))
    present = [name for name in (*THINGS, "time") if getattr(scene, name) != "none"]
    told = {name for name in present if rng.random() < share} or {rng.choice(present)}
    for colour in ("terrain_colour", "building_colour"):
        if colour.removesuffix("_colour") in told and rng.random() < 0.6:
            told.add(colour)
    if rng.random() < 0.45:
        told.add("style")
    return told


def _phrases(
    scene: Scene, told: set[str], rng: random.Random, words: dict, colours: dict | None = None
) -> dict[str, str]:
    """A noun phrase for each thing told, colours filled in."""
    phrases = {}
    for name in THINGS:
        if name in told:
            phrase = rng.choice(words[name][getattr(scene, name)])
            colour = getattr(scene, f"{name}_colour") if f"{name}_colour" in told else ""
            phrases[name] = " ".join(
                phrase.format(c=colours[colour] if colours and colour else colour).split()
            )
    return phrases


def _english(scene: Scene, told: set[str], rng: random.Random) -> str:
    phrases = _phrases(scene, told, rng, ENGLISH)
    before, after = ENGLISH_TIME[scene.time]
    things = rng.sample(list(phrases.values()), len(phrases))
    form = rng.choice(("landscape", "landscape", "thing", "list")) if phrases else "landscape"
    time = "time" in told
    if form == "landscape":
        early = time and (not things or rng.random() < 0.6)
        adjective = rng.choice(before) + " " if early else ""
        text = _article(f"{adjective}{rng.choice(ENGLISH_NOUNS)}")
        text += f" with {_join(things)}" if things else ""
        text += f" {rng.choice(after)}" if time and not early else ""
    elif form == "thing":
        place = phrases.pop("ground", None)
        things = rng.sample(list(phrases.values()), len(phrases))
        if things:
            on = "on" if scene.ground in ("sea", "snow") else "in"
            text = things.pop(0) + (f" {on} {place}" if place else "")
        else:
            text = place or ""
        text += f" {rng.choice(after)}" if time else ""
        text += f" with {_join(things)}" if things else ""
    else:
        words = things + ([rng.choice(before + after)] if time else [])
        text = ", ".join(rng.sample(words, len(words)))
    if "style" in told:
        front, behind = ENGLISH_STYLE[scene.style]
        text = (
            f"{rng.choice(front)} {text}" if rng.random() < 0.5 else f"{text}, {rng.choice(behind)}"
        )
    return text


def _japanese(scene: Scene, told: set[str], rng: random.Random) -> list[str]:
    things = list(_phrases(scene, told, rng, JAPANESE, JAPANESE_COLOURS).values())
    rng.shuffle(things)
    time = rng.choice(JAPANESE_TIME[scene.time]).split() if "time" in told else []
    noun = rng.choice(JAPANESE_NOUNS)
    form = rng.choice(("landscape", "landscape", "thing", "list")) if things else "landscape"
    if form == "landscape":
        words = [*_listed(things, "と"), *(["の", "ある"] if things else []), *time, noun]
    elif form == "thing":
        words = [*time, *_listed(things, "と")]
    else:
        words = [*_listed(things, "、"), *(["、", *time, noun] if time else [])]
    if "style" in told:
        style = rng.choice(JAPANESE_STYLE[scene.style]).split()
        words = rng.choice(
            ([*words, "の", *style], [*style, "、", *words], [*style, "で", "描いた", *words])
        )
    return words


def _listed(phrases: list[str], between: str) -> list[str]:
    words: list[str] = []
    for phrase in phrases:
        words += ([between] if words else []) + phrase.split()
    return words


def _join(things: list[str]) -> str:
    return things[0] if len(things) == 1 else f"{', '.join(things[:-1])} and {things[-1]}"


def _article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
