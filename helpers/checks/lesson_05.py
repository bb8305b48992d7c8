"""Exercises of lesson 05, Transformers read text."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor
from transformers import CLIPTextModel, CLIPTokenizer

from .. import transformer
from .core import Hint, exercise, outcome, solution

__all__ = ["attention_weights", "changed", "cosine_similarity", "fill_places", "head", "solution"]


@exercise(
    "5.1",
    task="write fill_places(ids, start, end, places), which returns a list of `places` numbers.",
    reference=transformer.fill_places,
)
def fill_places(answer: Callable[..., list[int]]) -> str:
    """Examines a function (ids, start, end, places) -> list, with short, fitting and long texts."""
    short = _numbers(outcome(answer, [5, 6, 7], 1, 2, 8))
    if short != [1, 5, 6, 7, 2, 2, 2, 2]:
        raise Hint(_short_text(short))
    fitting = _numbers(answer([3, 4, 5, 6, 7, 8], 1, 2, 8))
    if fitting != [1, 3, 4, 5, 6, 7, 8, 2]:
        raise Hint(f"six words fit into 8 places just so, but {fitting} came. Check the - 2.")
    long = _numbers(answer([3, 4, 5, 6, 7, 8, 9], 1, 2, 8))
    if long != [1, 3, 4, 5, 6, 7, 8, 2]:
        raise Hint(_long_text(long))
    if _numbers(answer([], 1, 2, 4)) != [1, 2, 2, 2]:
        raise Hint("without any word, the start mark and three end marks should come.")
    return "Short or long, a prompt always fills all its places."


def _numbers(result: Iterable[int]) -> list[int]:
    if isinstance(result, str) or not isinstance(result, Iterable):
        raise Hint(f"expected a list of numbers, got {type(result).__name__}.")
    return [int(number) for number in result]


def _short_text(found: list[int]) -> str:
    """What is wrong with the places of [5, 6, 7] with marks 1 and 2 in 8 places."""
    told = f"the words [5, 6, 7] with the marks 1 and 2 in 8 places gave {found}. "
    if len(found) < 8:
        return told + f"These are {len(found)} numbers: fill the places that stay free."
    if len(found) > 8:
        return told + f"These are {len(found)} numbers: the marks need places too."
    if found == [1, 5, 6, 7, 2, 0, 0, 0]:
        return told + "CLIP fills free places with the end mark, not with 0."
    if found == [1, 5, 6, 7, 2, 1, 1, 1]:
        return told + "CLIP fills free places with the end mark, not with the start mark."
    if found[:4] != [1, 5, 6, 7]:
        return told + "The start mark comes first, then the words, and the filling at the end."
    return told + "After the words there are only end marks."


def _long_text(found: list[int]) -> str:
    """What is wrong with the places of seven words in 8 places."""
    told = f"seven words in 8 places gave {found}. "
    if len(found) > 8:
        return told + f"These are {len(found)} numbers: cut off what does not fit."
    if found and found[-1] != 2:
        return told + "The end mark was cut off: keep only `places - 2` words."
    if found[1:2] != [3]:
        return told + "Cut at the end of the text, not at its beginning."
    return told + "The start mark, the first six words and the end mark should stay."


@exercise(
    "5.2",
    task="write attention_weights(q, k, mask), which returns a table whose rows sum to 1.",
    reference=transformer.attention_weights,
)
def attention_weights(answer: Callable[[Tensor, Tensor, Tensor], Tensor]) -> str:
    """Examines a function (q, k, mask) -> weights, on one head and on a batch of heads."""
    q, k = _random(0, 5, 9), _random(1, 5, 9)
    mask = transformer.causal_mask(5)
    found = _tensor(outcome(answer, q, k, mask), (5, 5))
    if not _same(found, transformer.attention_weights(q, k, mask)):
        raise Hint(_recognised(found, _wrong_weights(q, k, mask)) or _about_rows(found))
    if not _serves_many_heads(answer, mask):
        raise Hint(
            "it is right for one head, but not for (batch, heads, places, d). Count dimensions "
            "from the end: k.transpose(-2, -1) and softmax(dim=-1)."
        )
    return "Every row sums to 1, and nobody looks ahead."


def _serves_many_heads(answer: Callable[[Tensor, Tensor, Tensor], Tensor], mask: Tensor) -> bool:
    q, k = _random(2, 2, 3, 5, 4), _random(3, 2, 3, 5, 4)  # (B, heads, T, d)
    try:
        found = answer(q, k, mask)
    except (RuntimeError, IndexError):  # k.T, say, turns round all four dimensions
        return False
    return _same(found, transformer.attention_weights(q, k, mask))


def _wrong_weights(q: Tensor, k: Tensor, mask: Tensor) -> dict[str, Tensor]:
    """Plausible mistakes: hint -> what comes out."""
    scores, root = q @ k.T, q.shape[-1] ** 0.5
    free = (scores / root).softmax(-1)
    return {
        "the scale is missing: divide the scores by the root of d.": (scores + mask).softmax(-1),
        "you divided by d. Divide by its root: d ** 0.5.": (scores / root**2 + mask).softmax(-1),
        "you multiplied by the root of d. Divide by it.": (scores * root + mask).softmax(-1),
        "you took the root of the number of places. d is the length of one query, q.shape[-1].": (
            scores / len(q) ** 0.5 + mask
        ).softmax(-1),
        "the mask has no effect: later places are still seen. Add it to the scores.": free,
        "the mask came after the softmax. Add it to the scores before.": free + mask,
        "the later places were set to 0 after the softmax, so the rows no longer sum to 1. "
        "Add the mask to the scores before.": free * (mask == 0),
        "the mask is on the wrong side: places look ahead and not back. Do not transpose it.": (
            scores / root + mask.T
        ).softmax(-1),
        "the softmax runs down the columns. Each row must sum to 1: dim=-1.": (
            scores / root + mask
        ).softmax(-2),
        "queries and keys are swapped. Row i belongs to query i: q @ k.T.": (
            scores.T / root + mask
        ).softmax(-1),
        "these are the scores. The softmax is missing.": scores / root + mask,
    }


def _about_rows(found: Tensor) -> str:
    """What can be said of weights that no known mistake explains."""
    if not bool(torch.isfinite(found).all()):
        return "some weights are nan or inf. The mask is added, not multiplied: -inf · 0 is nan."
    if not _same(found.sum(-1), torch.ones(len(found))):
        return f"the first row sums to {float(found[0].sum()):.2f}, not to 1."
    return "the rows sum to 1, but the weights are others. Scores, scale, mask, softmax: in order?"


@exercise(
    "5.3",
    task="write head(x, weights, number, heads, mask), which returns (B, T, d).",
    reference=transformer.head,
)
def head(answer: Callable[..., Tensor]) -> str:
    """Examines a function (x, weights, number, heads, mask) -> gathered values of one head."""
    x, weights, mask = _random(0, 2, 5, 12), random_projections(12), transformer.causal_mask(5)
    given = (x, weights, 1, 3, mask)  # the second of three heads, 4 wide
    found = _tensor(outcome(answer, *given), (2, 5, 4))
    if not _same(found, transformer.head(*given)):
        raise Hint(
            _recognised(found, _wrong_heads(*given))
            or "the shape is right, the numbers are not. First q, k and v, then the attention "
            "weights of q and k, then weights @ v."
        )
    if not _same(answer(x, weights, 2, 3, mask), transformer.head(x, weights, 2, 3, mask)):
        raise Hint("head 1 is right, head 2 is not. Pass your argument `number` on.")
    return "That is one head, whole. CLIP has nothing more mysterious inside."


def random_projections(width: int) -> dict[str, Tensor]:
    """Weights of the three matrices of an attention, as a layer of a `CLIPTextModel` names them."""
    weights = {}
    for seed, name in enumerate("qkv"):
        weights[f"self_attn.{name}_proj.weight"] = _random(10 + seed, width, width) / width**0.5
        weights[f"self_attn.{name}_proj.bias"] = _random(20 + seed, width)
    return weights


def _wrong_heads(
    x: Tensor, weights: dict[str, Tensor], number: int, heads: int, mask: Tensor
) -> dict[str, Tensor]:
    """Plausible mistakes: hint -> what comes out."""
    q, k, v = transformer.queries_keys_values(x, weights, number, heads)
    look = transformer.attention_weights
    return {
        "every place looked ahead. Pass the mask on to attention_weights.": (
            look(q, k, torch.zeros_like(mask)) @ v
        ),
        "you mixed the keys. What is mixed are the values: weights @ v.": look(q, k, mask) @ k,
        "you mixed the queries. What is mixed are the values: weights @ v.": look(q, k, mask) @ q,
        "queries and keys are swapped: attention_weights(q, k, mask).": look(k, q, mask) @ v,
        "these are the values as they were. Mix them: weights @ v.": v,
        "this is head 0, whatever was asked for. Pass your argument `number` on.": (
            transformer.head(x, weights, 0, heads, mask)
        ),
        "the weights are transposed: row i of the weights belongs to place i.": (
            look(q, k, mask).transpose(-2, -1) @ v
        ),
    }


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
    if isinstance(answer, int):
        answer = [answer]
    if isinstance(answer, str) or not isinstance(answer, Iterable):
        raise Hint(f"expected a list of numbers such as [0, 1], got {type(answer).__name__}.")
    told, last = {int(place) for place in answer}, max(moved)
    if told == moved:
        return f"Places {sorted(moved)} change. All before them stay what they were, to the bit."
    if not told <= set(range(last + 1)):
        raise Hint(f"the prompt with its two marks fills the places 0 to {last}. Stay within.")
    if told == set(range(last + 1)):
        raise Hint("not all of them: the mask forbids to look ahead. Who can see the last word?")
    if told == {min(moved)}:
        raise Hint("that one, of course. But does nobody after it look back at it?")
    if told == moved - {min(moved)}:
        raise Hint("the changed word itself has another row of the table, so it changes too.")
    if not told & moved:
        raise Hint("the other way round: a place sees what stands before it, and itself.")
    raise Hint("go through the places one by one: may this one look at the last word?")


def changed_places(
    encoder: CLIPTextModel, tokenizer: CLIPTokenizer, before: str, after: str
) -> set[int]:
    """The places, up to the end mark, at which the vectors of the two prompts differ."""
    ids = tokenizer([before, after], padding="max_length", return_tensors="pt").input_ids
    with torch.no_grad():
        x = encoder(ids).last_hidden_state  # (2, 77, D)
    end = int((ids[0] == tokenizer.eos_token_id).int().argmax())
    moved = (x[0] - x[1]).abs().amax(dim=-1)[: end + 1] > 0
    return {int(place) for place in moved.nonzero().flatten()}


@exercise(
    "5.5",
    task="write cosine_similarity(a, b), which returns a table (N, M) with numbers in [-1, 1].",
    reference=transformer.cosine_similarity,
)
def cosine_similarity(answer: Callable[[Tensor, Tensor], Tensor]) -> str:
    """Examines a function (N, D), (M, D) -> (N, M), with unlike counts of vectors."""
    a, b = _random(0, 3, 6), _random(1, 4, 6)
    result = outcome(answer, a, b)
    if isinstance(result, Tensor) and result.shape == (4, 3):
        raise Hint("the table has the shape (M, N). Row i belongs to vector i of a: a @ b.T.")
    found = _tensor(result, (3, 4))
    if not _same(found, transformer.cosine_similarity(a, b)):
        raise Hint(
            _recognised(found, _wrong_cosines(a, b))
            or "the shape is right, the numbers are not. Divide each vector by its own length, "
            "then multiply every pair: a @ b.T."
        )
    return "Lengths no longer count, only directions."


def _wrong_cosines(a: Tensor, b: Tensor) -> dict[str, Tensor]:
    """Plausible mistakes: hint -> what comes out."""
    dots, long_a, long_b = a @ b.T, a.norm(dim=-1, keepdim=True), b.norm(dim=-1, keepdim=True)
    return {
        "these are the plain products. Divide by both lengths.": dots,
        "only a was divided by its length. Do the same with b.": dots / long_a,
        "only b was divided by its length. Do the same with a.": dots / long_b.T,
        "you divided by the squares of the lengths. Take the root: norm does.": (
            dots / long_a**2 / long_b.T**2
        ),
        "you divided by one length for all. Each vector has its own: norm(dim=-1, keepdim=True).": (
            dots / a.norm() / b.norm()
        ),
        "the lengths run down the columns. The numbers of one vector stand in a row: dim=-1.": (
            (a / a.norm(dim=0)) @ (b / b.norm(dim=0)).T
        ),
        "these are distances. Two equal directions should give 1.": torch.cdist(a, b),
    }


def _random(seed: int, *shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def _tensor(result: Tensor, shape: tuple[int, ...]) -> Tensor:
    """The result as it is.

    Raises:
        Hint: it is no tensor of that shape.
    """
    if not isinstance(result, Tensor):
        raise Hint(f"expected a tensor, got {type(result).__name__}.")
    if result.shape != shape:
        raise Hint(f"expected the shape {shape}, got {tuple(result.shape)}.")
    return result


def _same(a: Tensor, b: Tensor) -> bool:
    return a.shape == b.shape and torch.allclose(a, b, atol=1e-5)


def _recognised(found: Tensor, mistakes: dict[str, Tensor]) -> str | None:
    """The hint of the mistake that gives just this result, if it is a known one."""
    return next((hint for hint, wrong in mistakes.items() if _same(found, wrong)), None)
