"""Whether pairs of prompts make a fair test of word order: the examiner of exercise 5.5."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from transformers import CLIPTokenizer

from ..landscapes import unknown_words
from . import reading
from .core import Hint

KINDS = ("other meaning", "same meaning")
FEWEST = 4
_JOIN = re.compile(r"\s*,\s*|\s+and\s+")
_NO_END = {"a", "an", "the", "and", "with", "of", "in", "at", "on", "without", "no", "by", "near"}

Pair = tuple[str, str]


def read_pairs(answer: Any) -> dict[str, list[Pair]]:
    """kind -> pairs of prompts.

    Raises:
        Hint: it has another form, or a kind has too few pairs.
    """
    if not isinstance(answer, Mapping):
        raise Hint(f"expected a dictionary with two lists, got {reading.shown(answer)}.")
    if missing := [kind for kind in KINDS if kind not in answer]:
        raise Hint(f'the list "{missing[0]}" is missing. A test needs its control.')
    found = {kind: _pairs(kind, answer[kind]) for kind in KINDS}
    for kind, pairs in found.items():
        different = {frozenset(map(_plain, pair)) for pair in pairs}
        if len(different) < len(pairs):
            raise Hint(f'"{kind}" holds a pair twice. Turned round it is the same pair.')
        if len(pairs) < FEWEST:
            raise Hint(f'"{kind}" has {len(pairs)} pairs. One sample proves little: take {FEWEST}.')
    return found


def _pairs(kind: str, given: Any) -> list[Pair]:
    given = list(given.items()) if isinstance(given, Mapping) else given
    if not isinstance(given, list | tuple | set):
        raise Hint(f'"{kind}" should be a list of pairs, got {reading.shown(given)}.')
    for pair in given:
        texts = isinstance(pair, list | tuple) and all(isinstance(text, str) for text in pair)
        if not texts or len(pair) != 2:
            raise Hint(f'in "{kind}" expected pairs ("…", "…"), got {reading.shown(pair)}.')
    return [(first, second) for first, second in given]


def _plain(text: str) -> str:
    return " ".join(text.lower().split())


def examine_pair(kind: str, pair: Pair, tokenizer: CLIPTokenizer) -> None:
    """Nothing, if the pair tests what its kind says.

    Raises:
        Hint: it has an unknown word, other words, the same order, or belongs to the other kind.
    """
    said = reading.shown(pair[1], 60)
    for text in pair:
        if unknown := unknown_words(text):
            raise Hint(f"the model never met {unknown[0]!r}, so it can't tell anything about it.")
        if not text.split() or _plain(text).split()[-1] in _NO_END:
            raise Hint(f"{reading.shown(text, 60)} is not a phrase that somebody would write.")
    first, second = (tokenizer(text).input_ids for text in pair)
    if first == second:
        raise Hint(f"the two prompts of a pair are one and the same for the model: {said}.")
    if sorted(first) != sorted(second):
        raise Hint(
            f"{reading.shown(pair[0], 60)} and {said} don't have the same words, so it is not the "
            "order alone that differs. Articles and commas count, too."
        )
    parts = [sorted(_JOIN.split(_plain(text))) for text in pair]
    if kind == "other meaning" and parts[0] == parts[1]:
        raise Hint(f'{said} lists the same things as its partner: that pair is for "same meaning".')
    if kind == "same meaning" and parts[0] != parts[1]:
        raise Hint(
            f"does {said} surely mean what its partner means? For the control, exchange only whole "
            'things on both sides of "and".'
        )
