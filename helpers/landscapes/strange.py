"""Strange words: people type words that no caption has, and they must not move the picture.

A word outside the vocabulary falls apart into letters and bytes. Training captions carry
meaningless ones now and then, so that a model learns that spelled-out letters promise nothing.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from .lexicon import VOCABULARY, segments

STRANGE = 0.15
"""How often a training caption carries strange words: one to three."""

_ONSETS = (
    "b c d f g h j k l m n p q r s t v w x y z b c d f g h j k l m n p r s t v w z "
    "bl br ch cl cr dr fl fr gh gl gr kh kn ph pl pr ps "
    "qu rh sc sch sh sk sl sm sn sp spr st str sw th tr ts tw wh wr zh"
).split() + ["", ""]
_VOWELS = "a a e e i i o o u u y ai au ay ea ee ei eu ia ie io oa oi oo ou oy ua ue ui".split()
_CODAS = (
    "b c d f g h k l m n p r s t v w x z ck ct ft ght ld lf lk ll lm lt mb mp nd ng nk nt pt rb rd "
    "rk rl rm rn rp rs rt sk sm sp ss st th tt zz"
).split() + [""] * 50
_ENDINGS = ("",) * 26 + ("'s", "'s", "!", "?", "2", "7")
_KANA = [chr(k) for k in (*range(0x3042, 0x3094), *range(0x30A2, 0x30F5))] + ["ー"]


def strange_words(rng: random.Random, language: str, most: int = 3) -> list[str]:
    """One to three words that mean nothing; none of them, nor a part of one, is in a caption."""
    make = _japanese if language == "ja" else _english
    return [_unknown(make, rng) for _ in range(min(most, rng.choice((1, 1, 2, 3))))]


def with_strange_words(caption: list[str], rng: random.Random, language: str) -> list[str]:
    """The words of a caption, with strange ones at the start, at the end or in between.

    English words stand apart; Japanese ones are joined afterwards.
    """
    words = strange_words(rng, language, 3 if len(caption) < 25 else 1)
    comma = "、" if language == "ja" else ","
    place = rng.choice(("start", "end", "between"))
    if place == "between":
        for word in words:
            at = rng.randrange(len(caption))
            caption = [*caption[:at], word, *caption[at:]]
        return caption
    if language == "ja":
        start = [*words, comma]
    else:
        start = [*words[:-1], words[-1] + comma]
    end = words if caption[-1].endswith((".", "。")) else [comma, *words]
    return [*start, *caption] if place == "start" else [*caption, *end]


def _english(rng: random.Random) -> str:
    """A word that can be spoken: vantrosk, oyleph's, 4quib."""
    choice = rng.choice
    parts = [
        choice(_ONSETS) + choice(_VOWELS) + choice(_CODAS)
        for _ in range(choice((2, 2, 2, 3, 3, 4)))
    ]
    word = "".join(parts) + choice(_ENDINGS)
    return f"{rng.randrange(100)}{word}" if rng.random() < 0.05 else word


def _japanese(rng: random.Random) -> str:
    """Two to five signs: kana, or kanji from anywhere, so that every byte of them is met."""
    length = rng.choice((2, 2, 3, 3, 4, 5))
    if rng.random() < 0.5:
        return "".join(rng.choice(_KANA) for _ in range(length))
    return "".join(
        chr(rng.randrange(0x4E00, 0x9FA1)) if rng.random() < 0.7 else rng.choice(_KANA)
        for _ in range(length)
    )


def _unknown(make: Callable[[random.Random], str], rng: random.Random) -> str:
    """The first word made that has no known word in it."""
    while True:
        word = make(rng)
        if not VOCABULARY.intersection(segments(word)):
            return word
