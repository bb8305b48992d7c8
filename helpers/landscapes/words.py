"""What the tables of both languages are made of, and how captions pick from them."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

Phrases = tuple[str, ...]


def phrases(text: str) -> Phrases:
    """The phrases of a list with commas."""
    return tuple(text.split(", "))


def pick(options: Sequence[str], rng: random.Random) -> str:
    """The first, plainest one in four of ten cases, else any."""
    return options[0] if rng.random() < 0.4 else rng.choice(options)


def found(table: Mapping[str, Phrases], *keys: str) -> Phrases:
    """The entry of the first key that the table has; empty if it has none."""
    return next((table[key] for key in keys if key in table), ())
