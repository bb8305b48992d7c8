"""The alternative texts of the lessons' figures: out of the code cells, where they would tell the
answer before the learner has drawn the picture, and in one file for each lesson and language."""

from __future__ import annotations

import difflib
import functools
import json
import re
from pathlib import Path

from ..language import spoken

FOLDER = Path(__file__).with_name("alt_texts")
KEY = re.compile(r"(\d\d)\.[a-z0-9-]+")


@functools.cache
def catalogue(lesson: str, language: str = "en") -> dict[str, str]:
    """{name of a figure: its alternative text} of a lesson, such as "04"; may be empty."""
    path = FOLDER / language / f"{lesson}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def alt_text(alt: str) -> str:
    """The text behind a key such as "04.film-strip"; any other text is its own.

    It is in the language that is spoken, or in English where it is not translated.

    Raises:
        ValueError: no text, or a key that no catalogue has.
    """
    if not alt.strip():
        raise ValueError("show: alt is empty; say in one sentence what the picture shows")
    found = KEY.fullmatch(alt)
    if not found:
        return alt
    lesson = found[1]
    both = catalogue(lesson, "en") | catalogue(lesson, spoken())
    texts = {f"{lesson}.{name}": text for name, text in both.items()}
    if alt not in texts:
        near = ", ".join(difflib.get_close_matches(alt, texts, n=3, cutoff=0)) or "none"
        raise ValueError(
            f'show: no alternative text is called "{alt}" (near it: {near}); add it to '
            f"helpers/plots/alt_texts/en/{lesson}.json, or give a sentence instead of a key"
        )
    return texts[alt]
