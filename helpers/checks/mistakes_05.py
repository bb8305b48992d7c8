"""What learners write for exercise 5.1 by mistake, and the hint that each deserves."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from .. import transformer
from ..language import _

Weights = dict[str, Tensor]


def _weighed(change: Callable[..., Tensor]) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """Attention weights with one thing changed: change(scores, d, mask) -> weights."""
    return lambda q, k, mask: change(q @ k.transpose(-2, -1), q.shape[-1], mask)


def _look(scores: Tensor, d: float, mask: Tensor) -> Tensor:
    return (scores / d**0.5 + mask).softmax(-1)


def _ahead(mask: Tensor) -> Tensor:
    return transformer.causal_mask(len(mask))


_PRECEDENCE = _("`** 1 / 2` is (d ** 1) / 2, for powers come first. Write d ** 0.5.")
_OWN_MASK = _(
    "your function has a mask of its own. Add the argument: here other positions are hidden."
)
_ARGUMENTS = _("Row i belongs to query i, column j to key j: q @ k.transpose(-2, -1).")
WEIGHTS: dict[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    _("the scale is missing: divide the scores by the root of d."): _weighed(
        lambda s, d, m: (s + m).softmax(-1)
    ),
    _("you divided by d. Divide by its root: d ** 0.5."): _weighed(
        lambda s, d, m: (s / d + m).softmax(-1)
    ),
    _("you multiplied by the root of d. Divide by it."): _weighed(
        lambda s, d, m: (s * d**0.5 + m).softmax(-1)
    ),
    _("you divided by d / 2: {precedence}", precedence=_PRECEDENCE): _weighed(
        lambda s, d, m: (s / (d / 2) + m).softmax(-1)
    ),
    _("you divided by 2 d: {precedence}", precedence=_PRECEDENCE): _weighed(
        lambda s, d, m: (s / d / 2 + m).softmax(-1)
    ),
    _("you divided by 2, the root of the d of the page. Here d is q.shape[-1]."): _weighed(
        lambda s, d, m: (s / 2 + m).softmax(-1)
    ),
    _(
        "you took the number of positions for d. d is the length of one query, q.shape[-1]."
    ): _weighed(lambda s, d, m: _look(s, len(m), m)),
    _("you divided after the softmax. Divide the scores before it."): _weighed(
        lambda s, d, m: (s + m).softmax(-1) / d**0.5
    ),
    _OWN_MASK: _weighed(lambda s, d, m: _look(s, d, _ahead(m))),
    _("-inf stays in the result. Add the mask to the scores, then take the softmax."): _weighed(
        lambda s, d, m: (s / d**0.5).softmax(-1) + m
    ),
    _(
        "hidden positions were set to 0 after the softmax, so the rows no longer sum to 1. Add the "
        "mask to the scores before."
    ): _weighed(lambda s, d, m: (s / d**0.5).softmax(-1) * (m == 0)),
    _("positions are set to 0 after the softmax, and {own_mask}", own_mask=_OWN_MASK): _weighed(
        lambda s, d, m: (s / d**0.5).softmax(-1).tril()
    ),
    _("the mask is on the wrong side. Do not transpose it."): _weighed(
        lambda s, d, m: _look(s, d, m.T)
    ),
    _("the mask is subtracted. Add it: -inf hides a position."): _weighed(
        lambda s, d, m: (s / d**0.5 - m).softmax(-1)
    ),
    _("the mask is multiplied, and -inf · 0 is nan. Add it to the scores."): _weighed(
        lambda s, d, m: (s / d**0.5 * m).softmax(-1)
    ),
    _("the softmax runs down the columns. Each row must sum to 1: dim=-1."): _weighed(
        lambda s, d, m: (s / d**0.5 + m).softmax(-2)
    ),
    _("the softmax runs over the whole table. Each row must sum to 1: dim=-1."): _weighed(
        lambda s, d, m: (s / d**0.5 + m).flatten().softmax(0).view_as(s)
    ),
    _("the queries are multiplied with themselves. {arguments}", arguments=_ARGUMENTS): (
        lambda q, k, m: _look(q @ q.mT, q.shape[-1], m)
    ),
    _("the keys are multiplied with themselves. {arguments}", arguments=_ARGUMENTS): (
        lambda q, k, m: _look(k @ k.mT, q.shape[-1], m)
    ),
    _("the keys are not transposed. Every query meets every key in q @ k.transpose(-2, -1)."): (
        lambda q, k, m: q @ k
    ),
    _("a mask of your own is added to that of the argument. Add the argument alone."): _weighed(
        lambda s, d, m: _look(s, d, m + _ahead(m))
    ),
    _("these are the exponentials. Divide each row by its sum, or take softmax(dim=-1)."): _weighed(
        lambda s, d, m: (s / d**0.5 + m).exp()
    ),
    _("the softmax was taken twice."): _weighed(lambda s, d, m: _look(s, d, m).softmax(-1)),
}
"""Of the attention weights within a head."""


def _mixed(change: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """A head with one thing changed: change(q, k, v, mask) -> (B, T, d)."""
    return lambda x, weights, number, heads, mask: change(
        *transformer.queries_keys_values(x, weights, number, heads), mask
    )


def _head(weights: Callable[[Weights], Weights]) -> Callable[..., Tensor]:
    """A head that uses the weights in another way."""
    return lambda x, w, number, heads, mask: transformer.head(x, weights(w), number, heads, mask)


def _each(change: Callable[[str, Tensor], Tensor]) -> Callable[[Weights], Weights]:
    return lambda weights: {name: change(name, value) for name, value in weights.items()}


def _interleaved(x: Tensor, weights: Weights, number: int, heads: int, mask: Tensor) -> Tensor:
    """A head that takes every `heads`-th row of the matrices."""
    own = {name: value[number::heads] for name, value in weights.items()}
    return transformer.head(x, own, 0, 1, mask)


_attend = transformer.attention_weights
_OWN: dict[str, Callable[..., Tensor]] = {
    _("hidden positions are seen. Add the mask to the scores."): _mixed(
        lambda q, k, v, m: _attend(q, k, 0 * m.nan_to_num(0, 0, 0)) @ v
    ),
    _OWN_MASK: _mixed(lambda q, k, v, m: _attend(q, k, _ahead(m)) @ v),
    _("you mixed the keys. What is mixed are the values: weights @ v."): _mixed(
        lambda q, k, v, m: _attend(q, k, m) @ k
    ),
    _("you mixed the queries. What is mixed are the values: weights @ v."): _mixed(
        lambda q, k, v, m: _attend(q, k, m) @ q
    ),
    _("you mixed x. What is mixed are the values: weights @ v."): (
        lambda x, w, number, heads, m: (
            _attend(*transformer.queries_keys_values(x, w, number, heads)[:2], m) @ x
        )
    ),
    _("queries and keys are swapped: q @ k.transpose(-2, -1)."): _mixed(
        lambda q, k, v, m: _attend(k, q, m) @ v
    ),
    _("keys and values are swapped. queries_keys_values gives q, k, v in this order."): _mixed(
        lambda q, k, v, m: _attend(q, v, m) @ k
    ),
    _("queries and values are swapped. queries_keys_values gives q, k, v in this order."): _mixed(
        lambda q, k, v, m: _attend(v, k, m) @ q
    ),
    _("these are the values as they were. Mix them: weights @ v."): _mixed(lambda q, k, v, m: v),
    _("these are the attention weights. Mix the values with them: weights @ v."): _mixed(
        lambda q, k, v, m: _attend(q, k, m)
    ),
    _("the scale is missing: divide the scores by the root of d."): _mixed(
        lambda q, k, v, m: (q @ k.mT + m).softmax(-1) @ v
    ),
    _("the scores are divided by the root of D. Divide by the root of d = D / heads."): (
        lambda x, w, number, heads, m: _mixed(
            lambda q, k, v, m: (q @ k.mT / x.shape[-1] ** 0.5 + m).softmax(-1) @ v
        )(x, w, number, heads, m)
    ),
    _("the scores are mixed, not the weights. The softmax is missing."): _mixed(
        lambda q, k, v, m: (q @ k.mT / q.shape[-1] ** 0.5) @ v
    ),
    _("this is head 0, whatever was asked for. Pass your argument `number` on."): (
        lambda x, w, number, heads, m: transformer.head(x, w, 0, heads, m)
    ),
    _("this is the head before the one asked for. Heads are counted from 0."): (
        lambda x, w, number, heads, m: transformer.head(x, w, number - 1, heads, m)
    ),
    _("this is the head after the one asked for. Heads are counted from 0."): (
        lambda x, w, number, heads, m: transformer.head(x, w, number + 1, heads, m)
    ),
    _("these are all heads side by side. Return the one asked for."): (
        lambda x, w, number, heads, m: torch.cat(
            [transformer.head(x, w, n, heads, m) for n in range(heads)], dim=-1
        )
    ),
    _(
        "all is taken for one head. The matrices hold `heads` of them, each of d = D / heads rows."
    ): (lambda x, w, number, heads, m: transformer.head(x, w, 0, 1, m)),
    _("a head has d rows in a row: the first d belong to head 0. You took every `heads`-th one."): (
        _interleaved
    ),
    _("the shift is missing: add the bias to q, k and v."): _head(
        _each(lambda name, value: value * (not name.endswith("bias")))
    ),
    _("the matrices are transposed. x W^T: each row of W makes one number."): _head(
        _each(lambda name, value: value.T if value.ndim == 2 else value)
    ),
    _("the weights are transposed: row i of the weights belongs to position i."): _mixed(
        lambda q, k, v, m: _attend(q, k, m).mT @ v
    ),
}
"""Of what a head does besides."""


def _with(weigh: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Callable[..., Tensor]:
    return _mixed(lambda q, k, v, mask: weigh(q, k, mask) @ v)


HEAD: dict[str, Callable[..., Tensor]] = _OWN | {
    hint: _with(weigh) for hint, weigh in WEIGHTS.items() if hint not in _OWN
}
"""Of 5.1, one head's (B, T, d)."""
