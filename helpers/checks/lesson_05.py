"""Exercises of lesson 05, Transformers read text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import Tensor
from transformers import CLIPTextModel, CLIPTokenizer

from ..language import _
from . import mistakes_05, order_pairs, reading
from .broken_heads import FAULTS, KINDS, five_heads
from .core import Hint, exercise, solution, yours
from .questions import Questions

__all__ = [
    "changed",
    "faults",
    "five_heads",
    "head",
    "pairs",
    "solution",
    "yours",
]


def _random(seed: int, *shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def _mask(*hidden: str) -> Tensor:
    """0 and -inf, (T, T), from a text for each row with "x" where one is hidden. Not causal, so
    that a mask of the function's own is seen."""
    return torch.tensor([[-torch.inf if seen == "x" else 0.0 for seen in row] for row in hidden])


FIVE = _mask(".x.x.", "x..xx", "..x.x", "x.x..", ".x...")
SIX = _mask("x..x.x", ".x...x", "..xx..", "x....x", ".x.x.x", "...x.x")
SEVEN = _mask(".x.x..x", "x...x.x", "..x.x..", ".xx..x.", "x..x...", ".x..xx.", "x.x...x")


def random_projections(width: int, seed: int = 0) -> dict[str, Tensor]:
    """Weights of the three matrices of an attention, as a layer of a `CLIPTextModel` names them."""
    weights = {}
    for number, name in enumerate("qkv", seed + 10):
        weights[f"self_attn.{name}_proj.weight"] = _random(number, width, width) / width**0.5
        weights[f"self_attn.{name}_proj.bias"] = _random(number + 10, width)
    return weights


_HEAD_CODE = """\
from helpers import transformer


def head(x, weights, number, heads, mask):
    q, k, v = transformer.queries_keys_values(x, weights, number, heads)  # (B, T, d) each
    scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5  # (B, T, T)
    looks = (scores + mask).softmax(dim=-1)  # each row sums to 1
    return looks @ v  # (B, T, d)
"""
_HEAD = Questions(
    reference=_HEAD_CODE,
    cases=[  # the second of three heads, 4 wide, and the fourth of five, 2 wide
        (_random(0, 2, 5, 12), random_projections(12), 1, 3, FIVE),
        (_random(1, 3, 6, 10), random_projections(10, 30), 3, 5, SIX),
    ],
    mistakes=mistakes_05.HEAD,
    advice=_("First q, k and v. Then scores, scale, mask, softmax, mix: in this order?"),
)


@exercise(
    "5.1",
    task=_("write head(x, weights, number, heads, mask), which returns (B, T, d)."),
    reference=_HEAD_CODE,
)
def head(answer: Callable[..., Tensor]) -> str:
    """Examines a function (x, weights, number, heads, mask) -> gathered values of one head."""
    _HEAD.put_to(answer)
    return _("That is one head, whole. CLIP has nothing more mysterious inside.")


_EVIDENCE = {
    "A": _("in map A nothing is odd about the sums. Compare how evenly its rows are spread with "
           "C's."),
    "B": _("add up the rows of map B, one after the other."),
    "C": _("test map C on all counts: sums of rows, what lies above the diagonal, how sharp it "
           "is."),
    "D": _("add up the columns of map D, then its rows."),
    "E": _("in map E, who looks at words that come later?"),
}  # fmt: skip
"""Where to look in each map."""


@exercise(
    "5.2",
    task=_("say for each map, A to E, which of the five it is."),
    reference="faults = {\n"
    + "".join(f'    "{letter}": "{fault}",\n' for letter, fault in FAULTS.items())
    + "}",
)
def faults(answer: Mapping[str, str]) -> str:
    """Examines a diagnosis: letter of a map -> what is behind it."""
    if not isinstance(answer, Mapping):
        raise Hint(_("expected a dictionary, letter: words, got {came}.",
                     came=reading.shown(answer)))  # fmt: skip
    told = {reading.text(str(letter)).upper(): value for letter, value in answer.items()}
    if missing := [letter for letter in FAULTS if letter not in told]:
        raise Hint(_("map {letter} is missing.", letter=missing[0]))
    said = {letter: reading.choice(told[letter], KINDS) for letter in FAULTS}
    wrong = [letter for letter in FAULTS if said[letter] != FAULTS[letter]]
    if not wrong:
        return _("Each fault leaves its mark on the map: on sums, on the corner, on the sharpness.")
    twice = [kind for kind in KINDS if list(said.values()).count(kind) > 1]
    if twice:
        raise Hint(_("{kind} is said of more than one map. Each of the five occurs once.",
                     kind=reading.quoted(twice[0], KINDS)))  # fmt: skip
    raise Hint(_("{right} of 5 maps are read rightly. Look again: {evidence}",
                 right=5 - len(wrong), evidence=_EVIDENCE[wrong[0]]))  # fmt: skip


@exercise(
    "5.3",
    task=_("set changed to the list of positions from 0 to 6 whose vectors will change."),
    reference="changed = [5, 6]",
)
def changed(
    answer: Iterable[int], encoder: CLIPTextModel, tokenizer: CLIPTokenizer, *prompts: str
) -> str:
    """Examines a prediction by encoding both prompts: which differ, up to the end mark."""
    moved = changed_positions(encoder, tokenizer, *prompts)
    told, first, last = _told_positions(answer), min(moved), max(moved)
    if told == moved:
        return _("Positions {positions} change. All before them stay what they were.",
                 positions=sorted(moved))  # fmt: skip
    if not told <= set(range(last + 1)):
        raise Hint(
            _(
                "the prompt with its two marks fills the positions 0 to {last}. Stay within.",
                last=last,
            )
        )
    if not told:
        raise Hint(_("one word differs, so at least one vector does. At which position?"))
    if told == set(range(last + 1)):
        raise Hint(_("not all of them: the mask forbids to look ahead. Who can see the last word?"))
    if told == {first}:
        raise Hint(_("that one, of course. But does nobody after it look back at it?"))
    if too_early := sorted(told - moved):
        raise Hint(
            _(
                "position {early} stands before the changed word, at {first}. May it look ahead? A "
                "position sees what stands before it, and itself.",
                early=too_early[0],
                first=first,
            )
        )
    if first not in told:
        raise Hint(_("the changed word itself has another row of the table, so it changes too."))
    missing = min(moved - told)
    raise Hint(
        _(
            "position {missing} stands after the changed word. May it look back at it?",
            missing=missing,
        )
    )


def _told_positions(answer: Any) -> set[int]:
    """The positions that an answer names."""
    if isinstance(answer, tuple | list | set) and any(isinstance(item, str) for item in answer):
        raise Hint(
            _(
                "expected the numbers of positions such as [0, 1], got {came}.",
                came=reading.shown(answer),
            )
        )
    if isinstance(answer, str):
        raise Hint(_("expected a list of numbers such as [0, 1], got {came}.",
                     came=reading.shown(answer)))  # fmt: skip
    try:
        said = [reading.number(answer)]
    except Hint:
        said = reading.numbers(answer)
    return {reading.whole(position) for position in said}


def changed_positions(
    encoder: CLIPTextModel, tokenizer: CLIPTokenizer, before: str, after: str
) -> set[int]:
    """The positions, up to the end mark, at which the vectors of the two prompts differ.

    Rows of one batch may be added up in another order, so a hundredth of the largest change counts
    as none.
    """
    ids = tokenizer([before, after], padding="max_length", return_tensors="pt").input_ids
    with torch.no_grad():
        x = encoder(ids.to(encoder.device)).last_hidden_state.float()  # (2, 77, D)
    end = int((ids[0] == tokenizer.eos_token_id).int().argmax())
    change = (x[0] - x[1]).abs().amax(dim=-1)[: end + 1]  # (end + 1,)
    return {int(position) for position in (change > change.max() / 100).nonzero()}


@exercise(
    "5.4",
    task=_("give four pairs of prompts or more for each list: the same words in another order."),
    reference="""\
pairs = {
    "other meaning": [
        ("a red house and green hills", "a green house and red hills"),
        ("a white castle and a blue tent", "a blue castle and a white tent"),
        ("red mountains and a white house", "white mountains and a red house"),
        ("a house without trees and a river", "a river without trees and a house"),
    ],
    "same meaning": [
        ("a red house and green hills", "green hills and a red house"),
        ("a white castle and a lake", "a lake and a white castle"),
        ("mountains and a white house", "a white house and mountains"),
        ("pine trees and a river", "a river and pine trees"),
    ],
}""",
)
def pairs(answer: Mapping[str, list], tokenizer: CLIPTokenizer) -> str:
    """Examines the design of a test of word order: pairs for the test, pairs for its control."""
    found = order_pairs.read_pairs(answer)
    for kind, several in found.items():
        for pair in several:
            order_pairs.examine_pair(kind, pair, tokenizer)
    return _("The words are the same, the order is not, and the control can prove you wrong.")
