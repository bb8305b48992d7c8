"""Whether pairs of prompts make a fair test of word order: the examiner of exercise 5.5."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from transformers import CLIPTokenizer

from ..landscapes import unknown_words
from ..language import _
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
        raise Hint(_("expected a dictionary with two lists, got {came}.",
                     came=reading.shown(answer)))  # fmt: skip
    if missing := [kind for kind in KINDS if kind not in answer]:
        raise Hint(_('the list "{kind}" is missing. A test needs its control.', kind=missing[0]))
    found = {kind: _pairs(kind, answer[kind]) for kind in KINDS}
    for kind, pairs in found.items():
        different = {frozenset(map(_plain, pair)) for pair in pairs}
        if len(different) < len(pairs):
            raise Hint(
                _('"{kind}" holds a pair twice. Turned round it is the same pair.', kind=kind)
            )
        if len(pairs) < FEWEST:
            raise Hint(_('"{kind}" has {count} pairs. One sample proves little: take {fewest}.',
                         kind=kind, count=len(pairs), fewest=FEWEST))  # fmt: skip
    return found


def _pairs(kind: str, given: Any) -> list[Pair]:
    given = list(given.items()) if isinstance(given, Mapping) else given
    if not isinstance(given, list | tuple | set):
        raise Hint(_('"{kind}" should be a list of pairs, got {came}.',
                     kind=kind, came=reading.shown(given)))  # fmt: skip
    for pair in given:
        texts = isinstance(pair, list | tuple) and all(isinstance(text, str) for text in pair)
        if not texts or len(pair) != 2:
            raise Hint(_('in "{kind}" expected pairs ("…", "…"), got {came}.',
                         kind=kind, came=reading.shown(pair)))  # fmt: skip
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
            raise Hint(_("the model never met {word!r}, so it can't tell anything about it.",
                         word=unknown[0]))  # fmt: skip
        if not text.split() or _plain(text).split()[-1] in _NO_END:
            raise Hint(_("{text} is not a phrase that somebody would write.",
                         text=reading.shown(text, 60)))  # fmt: skip
    first, second = (tokenizer(text).input_ids for text in pair)
    if first == second:
        raise Hint(
            _("the two prompts of a pair are one and the same for the model: {said}.", said=said)
        )
    if sorted(first) != sorted(second):
        raise Hint(
            _(
                "{first} and {said} don't have the same words, so it is not the order alone that "
                "differs. Articles and commas count, too.",
                first=reading.shown(pair[0], 60),
                said=said,
            )
        )
    parts = [sorted(_JOIN.split(_plain(text))) for text in pair]
    if kind == "other meaning" and parts[0] == parts[1]:
        raise Hint(
            _(
                '{said} lists the same things as its partner: that pair is for "same meaning".',
                said=said,
            )
        )
    if kind == "same meaning" and parts[0] != parts[1]:
        raise Hint(
            _(
                "does {said} surely mean what its partner means? For the control, exchange only "
                'whole things on both sides of "and".',
                said=said,
            )
        )
