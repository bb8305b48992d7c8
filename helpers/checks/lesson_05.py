"""Exercises of lesson 05, Transformers read text."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from transformers import CLIPTextModel, CLIPTokenizer

from .. import transformer
from . import mistakes_05, mistakes_05_attention, reading
from .core import Hint, exercise, solution, yours
from .questions import Questions

__all__ = [
    "attention_weights",
    "changed",
    "cosine_similarity",
    "fill_places",
    "head",
    "solution",
    "yours",
]


def _token_numbers(answer: Any) -> list[float]:
    """The list that 5.1 asks for."""
    if isinstance(answer, tuple | list) and any(isinstance(x, tuple | list) for x in answer):
        raise Hint(
            f"there is a list inside your list: {reading.shown(answer)}. Put its numbers in: *ids, "
            "or lists added with +."
        )
    return reading.numbers(answer)


_FILL = Questions(
    reference=transformer.fill_places,
    cases=[
        ([6, 5, 7], 90, 91, 8),
        ([34, 31, 33, 32], 11, 12, 6),  # fits just so
        ([47, 42, 49, 44, 41, 46, 43, 48, 45], 21, 22, 7),
        ([28, 26, 25, 29, 27], 13, 14, 6),  # one too many
        ([], 3, 4, 5),
    ],
    mistakes=mistakes_05.FILL_PLACES,
    read=_token_numbers,
    advice="The start mark, the words that fit, the end mark, and the end mark in all free places.",
)


@exercise(
    "5.1",
    task="write fill_places(ids, start, end, places), which returns a list of `places` numbers.",
    reference=transformer.fill_places,
)
def fill_places(answer: Callable[..., list[int]]) -> str:
    """Examines a function (ids, start, end, places) -> list, with short, fitting and long texts."""
    _FILL.put_to(answer)
    return "Short or long, a prompt always fills all its places."


def _random(seed: int, *shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def _mask(*hidden: str) -> Tensor:
    """0 and -inf, (T, T), from a text for each row with "x" where a place is hidden. Not causal, so
    that a mask of the function's own is seen."""
    return torch.tensor([[-torch.inf if place == "x" else 0.0 for place in row] for row in hidden])


FIVE = _mask(".x.x.", "x..xx", "..x.x", "x.x..", ".x...")
SIX = _mask("x..x.x", ".x...x", "..xx..", "x....x", ".x.x.x", "...x.x")
SEVEN = _mask(".x.x..x", "x...x.x", "..x.x..", ".xx..x.", "x..x...", ".x..xx.", "x.x...x")

_WEIGHTS = Questions(
    reference=transformer.attention_weights,
    cases=[
        (_random(0, 5, 9), _random(1, 5, 9), FIVE),
        (_random(2, 7, 3), _random(3, 7, 3), SEVEN),
    ],
    mistakes=mistakes_05_attention.ATTENTION_WEIGHTS,
    advice="Scores, scale, mask, softmax: in this order?",
)
_MANY_HEADS = Questions(
    reference=transformer.attention_weights,
    cases=[
        (_random(4, 2, 3, 5, 7), _random(5, 2, 3, 5, 7), FIVE),  # (B, heads, T, d)
        (_random(6, 4, 6, 2), _random(7, 4, 6, 2), SIX),
    ],
)


@exercise(
    "5.2",
    task="write attention_weights(q, k, mask), which returns a table whose rows sum to 1.",
    reference=transformer.attention_weights,
)
def attention_weights(answer: Callable[[Tensor, Tensor, Tensor], Tensor]) -> str:
    """Examines a function (q, k, mask) -> weights, on one head and on batches of heads."""
    _WEIGHTS.put_to(answer)
    try:
        _MANY_HEADS.put_to(answer)
    except Hint as hint:
        raise Hint(
            "it is right for one head, but not for (batch, heads, places, d). Count dimensions "
            f"from the end: k.transpose(-2, -1) and softmax(dim=-1). Seen: {hint}"
        ) from None
    return "Every row sums to 1, and no place looks where the mask forbids it."


def random_projections(width: int, seed: int = 0) -> dict[str, Tensor]:
    """Weights of the three matrices of an attention, as a layer of a `CLIPTextModel` names them."""
    weights = {}
    for number, name in enumerate("qkv", seed + 10):
        weights[f"self_attn.{name}_proj.weight"] = _random(number, width, width) / width**0.5
        weights[f"self_attn.{name}_proj.bias"] = _random(number + 10, width)
    return weights


_HEAD = Questions(
    reference=transformer.head,
    cases=[  # the second of three heads, 4 wide, and the fourth of five, 2 wide
        (_random(0, 2, 5, 12), random_projections(12), 1, 3, FIVE),
        (_random(1, 3, 6, 10), random_projections(10, 30), 3, 5, SIX),
    ],
    mistakes=mistakes_05_attention.HEAD,
    advice="First q, k and v, then the attention weights of q and k, then weights @ v.",
)


@exercise(
    "5.3",
    task="write head(x, weights, number, heads, mask), which returns (B, T, d).",
    reference=transformer.head,
)
def head(answer: Callable[..., Tensor]) -> str:
    """Examines a function (x, weights, number, heads, mask) -> gathered values of one head."""
    _HEAD.put_to(answer)
    return "That is one head, whole. CLIP has nothing more mysterious inside."


@exercise(
    "5.4",
    task="set changed to the list of places from 0 to 6 whose vectors will change.",
    reference="changed = [5, 6]",
)
def changed(
    answer: Iterable[int], encoder: CLIPTextModel, tokenizer: CLIPTokenizer, *prompts: str
) -> str:
    """Examines a prediction by encoding both prompts: which places differ, up to the end mark."""
    moved = changed_places(encoder, tokenizer, *prompts)
    told, first, last = _told_places(answer), min(moved), max(moved)
    if told == moved:
        return f"Places {sorted(moved)} change. All before them stay what they were."
    if not told <= set(range(last + 1)):
        raise Hint(f"the prompt with its two marks fills the places 0 to {last}. Stay within.")
    if not told:
        raise Hint("one word differs, so at least one vector does. At which place?")
    if told == set(range(last + 1)):
        raise Hint("not all of them: the mask forbids to look ahead. Who can see the last word?")
    if told == {first}:
        raise Hint("that one, of course. But does nobody after it look back at it?")
    if too_early := sorted(told - moved):
        raise Hint(
            f"place {too_early[0]} stands before the changed word, at {first}. May it look ahead? "
            "A place sees what stands before it, and itself."
        )
    if first not in told:
        raise Hint("the changed word itself has another row of the table, so it changes too.")
    missing = min(moved - told)
    raise Hint(f"place {missing} stands after the changed word. May it look back at it?")


def _told_places(answer: Any) -> set[int]:
    """The places that an answer names."""
    if isinstance(answer, tuple | list | set) and any(isinstance(item, str) for item in answer):
        raise Hint(f"expected the numbers of places such as [0, 1], got {reading.shown(answer)}.")
    if isinstance(answer, str):
        raise Hint(f"expected a list of numbers such as [0, 1], got {reading.shown(answer)}.")
    try:
        said = [reading.number(answer)]
    except Hint:
        said = reading.numbers(answer)
    return {reading.whole(place) for place in said}


def changed_places(
    encoder: CLIPTextModel, tokenizer: CLIPTokenizer, before: str, after: str
) -> set[int]:
    """The places, up to the end mark, at which the vectors of the two prompts differ.

    Rows of one batch may be added up in another order, so a hundredth of the largest change counts
    as none.
    """
    ids = tokenizer([before, after], padding="max_length", return_tensors="pt").input_ids
    with torch.no_grad():
        x = encoder(ids.to(encoder.device)).last_hidden_state.float()  # (2, 77, D)
    end = int((ids[0] == tokenizer.eos_token_id).int().argmax())
    change = (x[0] - x[1]).abs().amax(dim=-1)[: end + 1]  # (end + 1,)
    return {int(place) for place in (change > change.max() / 100).nonzero()}


_COSINES = Questions(
    reference=transformer.cosine_similarity,
    cases=[(_random(0, 3, 6), _random(1, 4, 6)), (_random(2, 5, 2), _random(3, 3, 2))],
    mistakes=mistakes_05.COSINE_SIMILARITY,
    advice="Divide each vector by its own length, then multiply every pair: a @ b.T.",
)


@exercise(
    "5.5",
    task="write cosine_similarity(a, b), which returns a table (N, M) with numbers in [-1, 1].",
    reference=transformer.cosine_similarity,
)
def cosine_similarity(answer: Callable[[Tensor, Tensor], Tensor]) -> str:
    """Examines a function (N, D), (M, D) -> (N, M), with unlike counts of vectors."""
    _COSINES.put_to(answer)
    return "Lengths no longer count, only directions."
