"""What learners write for exercises 5.1 and 5.5 by mistake, and the hint that each deserves."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from .. import transformer

_MARKS = "Keep `places - 2` words, so that both marks have a place."
FILL_PLACES: dict[str, Callable | tuple[Callable, ...]] = {
    "CLIP fills free places with the end mark, not with 0.": (
        lambda ids, start, end, places: _filled(ids, start, end, places, 0)
    ),
    "CLIP fills free places with the end mark, not with the start mark.": (
        lambda ids, start, end, places: _filled(ids, start, end, places, start)
    ),
    "0 fills the places before the end mark. CLIP fills with the end mark, up to the last place.": (
        lambda ids, start, end, places: _before_end(ids, start, end, places, 0)
    ),
    "the filling stands at the front. The start mark comes first, the filling last.": (
        lambda ids, start, end, places: _free(ids, end, places) + [start, *ids[: places - 2], end]
    ),
    "the free places are not filled: add [end] * (places - how many numbers there are).": (
        lambda ids, start, end, places: [start, *ids[: places - 2], end]
    ),
    "these are too many: the marks need places too. `places` counts all numbers together.": (
        lambda ids, start, end, places: [start, *ids[:places], end] + [end] * (places - len(ids))
    ),
    "these are two too many when the words fill all places. " + _MARKS: (
        lambda ids, start, end, places: _long([start, *ids[:places], end], end, places)
    ),
    "there is one too many when the words fill all places. " + _MARKS: (
        lambda ids, start, end, places: _long([start, *ids[: places - 1], end], end, places)
    ),
    "a long text is not cut off. " + _MARKS: (
        lambda ids, start, end, places: _long([start, *ids, end], end, places),
        lambda ids, start, end, places: _long([start, *ids], end, places),
    ),
    "there is one number too few. The end mark counts, and the filling comes after it.": (
        lambda ids, start, end, places: [start, *ids[: places - 2], *_free(ids, end, places)],
        lambda ids, start, end, places: (
            [start, *ids[: places - 2], end] + [end] * (places - len(ids) - 3)
        ),
    ),
    "of a long text the end mark is cut off. " + _MARKS: (
        lambda ids, start, end, places: _long([start, *ids, end], end, places)[:places]
    ),
    "one word that would fit is cut off. " + _MARKS: (
        lambda ids, start, end, places: _long([start, *ids[: places - 3], end], end, places)
    ),
    "a long text is cut at its beginning. Cut it at its end: ids[: places - 2].": (
        lambda ids, start, end, places: _long([start, *_last(ids, places - 2), end], end, places)
    ),
    "the start mark is missing. It comes first.": (
        lambda ids, start, end, places: _long([*ids[: places - 1], end], end, places)
    ),
    "the start mark is missing. It comes first, and needs a place.": (
        lambda ids, start, end, places: _long([*ids[: places - 2], end], end, places)
    ),
    "start and end mark are exchanged.": (
        lambda ids, start, end, places: _filled(ids, end, start, places, start)
    ),
}
"""Of 5.1."""


def _free(ids: list[int], filling: int, places: int) -> list[int]:
    return [filling] * (places - 2 - len(ids))


def _filled(ids: list[int], start: int, end: int, places: int, filling: int) -> list[int]:
    return [start, *ids[: places - 2], end, *_free(ids, filling, places)]


def _before_end(ids: list[int], start: int, end: int, places: int, filling: int) -> list[int]:
    return [start, *ids[: places - 2], *_free(ids, filling, places), end]


def _long(kept: list[int], end: int, places: int) -> list[int]:
    return kept + [end] * (places - len(kept))


def _last(ids: list[int], count: int) -> list[int]:
    return ids[max(0, len(ids) - count) :]


def _by(length: Callable[[Tensor], Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    """Each vector divided by what is taken for its length, then all products."""
    return lambda a, b: (a / length(a)) @ (b / length(b)).T


def _norms(a: Tensor) -> Tensor:
    return a.norm(dim=-1, keepdim=True)


def _cosines(a: Tensor, b: Tensor) -> Tensor:
    return transformer.cosine_similarity(a, b)


_OWN_LENGTH = "Each vector has its own: norm(dim=-1, keepdim=True)."
COSINE_SIMILARITY: dict[str, Callable | tuple[Callable, ...]] = {
    "the table has the shape (M, N). Row i belongs to vector i of a: a @ b.T.": (
        lambda a, b: _cosines(a, b).T
    ),
    "these are the plain products. Divide by both lengths.": lambda a, b: a @ b.T,
    "the second table is not turned round. Every a meets every b in a @ b.T.": (
        lambda a, b: a / _norms(a) @ (b / _norms(b))
    ),
    "the rows of a and those of b do not fit: there are N and M of them. Divide both by their "
    "lengths first, then multiply every pair: a @ b.T.": (
        lambda a, b: a @ b.T / _norms(a) / _norms(b),
        lambda a, b: a @ b.T / (_norms(a) * _norms(b)),
    ),
    "only a was divided by its length. Do the same with b.": lambda a, b: a / _norms(a) @ b.T,
    "only b was divided by its length. Do the same with a.": lambda a, b: a @ (b / _norms(b)).T,
    "you divided by the squares of the lengths. Take the root: norm does.": _by(
        lambda a: _norms(a) ** 2
    ),
    "you multiplied with the lengths. Divide by them.": _by(lambda a: 1 / _norms(a)),
    "you divided by the roots of the lengths. norm has taken the root already.": _by(
        lambda a: _norms(a) ** 0.5
    ),
    "you divided by the sum of the two lengths. Divide by their product.": (
        lambda a, b: a @ b.T / (_norms(a) + _norms(b).T)
    ),
    f"you divided by one length for all. {_OWN_LENGTH}": _by(lambda a: a.norm()),
    "the lengths have lost their axis, so they don't divide row by row: keepdim=True.": (
        _by(lambda a: a.norm(dim=-1))
    ),
    "the lengths run down the columns. The numbers of one vector stand in a row: dim=-1.": _by(
        lambda a: a.norm(dim=0)
    ),
    "you divided by the sum of the numbers. The length is the root of the sum of squares: norm.": (
        _by(lambda a: a.sum(dim=-1, keepdim=True))
    ),
    "you divided by the sum of sizes, |x| + |y| + ... The length is the root of the sum of "
    "squares: norm.": _by(lambda a: a.abs().sum(dim=-1, keepdim=True)),
    "you divided by the largest number. The length is the root of the sum of squares: norm.": (
        _by(lambda a: a.abs().amax(dim=-1, keepdim=True))
    ),
    "you divided by the root of the mean of squares. Take their sum: norm.": _by(
        lambda a: _norms(a) / a.shape[-1] ** 0.5
    ),
    "you took away the mean of each vector first: that is a correlation. Leave it.": (
        lambda a, b: _cosines(a - a.mean(-1, keepdim=True), b - b.mean(-1, keepdim=True))
    ),
    "these are distances. Two equal directions should give 1.": torch.cdist,
    "this is 1 - cos, a distance. Two equal directions should give 1.": (
        lambda a, b: 1 - _cosines(a, b)
    ),
    "the sign is turned round. Two equal directions should give 1.": lambda a, b: -_cosines(a, b),
    "the sign is lost. Opposite directions should give -1: no absolute value.": (
        lambda a, b: _cosines(a, b).abs()
    ),
    "these are angles. Their cosine is asked.": lambda a, b: _cosines(a, b).acos(),
    "these are similarities of a with itself. Multiply with b: a @ b.T.": (
        lambda a, b: _cosines(a, a)
    ),
    "these are similarities of b with itself. Multiply a with b: a @ b.T.": (
        lambda a, b: _cosines(b, b)
    ),
}
"""Of 5.5, (N, D), (M, D) -> (N, M)."""
