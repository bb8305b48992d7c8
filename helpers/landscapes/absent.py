"""What a landscape lacks, so far as a caption may say so: true of the drawing, never a guess."""

from __future__ import annotations

import random
from collections.abc import Iterable

from .scenes import Scene

ABSENT = ("building", "trees", "water", "sky", "weather")
"""Attributes that can be "none"; told as absent, they are "no_building", "no_trees" and so on."""

_BY_HOUR: dict[str, tuple[str, ...]] = {
    "night": ("stars", "moon", "clouds"),
    "fantasy": ("clouds", "stars", "moon"),
    "storm": ("lightning",),  # its heavy clouds are always there
}


def can_lack(scene: Scene) -> list[str]:
    """Attributes of the scene that are "none"."""
    return [name for name in ABSENT if getattr(scene, name) == "none"]


def lacking(scene: Scene, told: Iterable[str], rng: random.Random) -> list[str]:
    """One kind of thing for each absence told ("no_trees" -> "trees"), in any order."""
    names = sorted(name for name in told if name.startswith("no_"))
    rng.shuffle(names)
    return [rng.choice(kinds(scene, name.removeprefix("no_"))) for name in names]


def kinds(scene: Scene, name: str) -> tuple[str, ...]:
    """Kinds of things that are not in the drawing of a scene whose attribute `name` is "none"."""
    if name == "building":
        return ("house", "house", "castle", "lighthouse", "boat", "tent")
    if name == "trees":
        return ("trees",)
    if name == "water":
        sea = scene.ground == "sea"
        return ("river", "river", "lake", "road", "road" if sea else "water")
    if name == "sky":
        return _BY_HOUR.get(scene.time, ("clouds",))
    snow = scene.ground == "snow" or scene.terrain == "mountains"  # mountains have caps of snow
    return ("rain", "rain", "snowfall" if snow else "snow")
