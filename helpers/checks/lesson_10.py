"""Exercises of lesson 10, Teach it a new word."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from ..language import _
from . import mistakes_10, reading
from .core import Hint, exercise, solution, yours
from .questions import Questions

__all__ = ["best_of_rank", "expected", "lora_layer", "merge", "preserving_loss", "solution",
           "yours"]  # fmt: skip


def _random(seed: int, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


_BEST_CODE = """\
import torch


def best_of_rank(change, rank):
    U, S, Vt = torch.linalg.svd(change, full_matrices=False)
    return U[:, :rank] * S[:rank] @ Vt[:rank]
"""

BEST_OF_RANK = Questions(
    reference=_BEST_CODE,
    cases=[(_random(1, 7, 5), 2), (_random(2, 6, 6), 3), (_random(3, 9, 6), 2)],
    mistakes=mistakes_10.BEST_OF_RANK,
    advice=_(
        "Take it apart with torch.linalg.svd(change, full_matrices=False), keep the first "
        "`rank` of each part, and multiply them again."
    ),
)


@exercise("10.1", task=_("return the matrix of this rank that is nearest."), reference=_BEST_CODE)
def best_of_rank(answer: Callable[[Tensor, int], Tensor]) -> str:
    """Examines (change, rank) -> matrix of the same shape (Eckart & Young 1936)."""
    BEST_OF_RANK.put_to(answer)
    return _("No other matrix of that rank comes nearer.")


_LAYER_CODE = """\
def lora_layer(x, weight, down, up, alpha):
    rank = len(down)
    return x @ weight.T + alpha / rank * (x @ down.T @ up.T)
"""


def _layer_case(seed: int, inside: int, outside: int, rank: int, alpha: float) -> tuple:
    """Arguments of a layer; nothing in it has the size of the rank."""
    x, weight = _random(seed, 3, inside), _random(seed + 50, outside, inside)
    down, up = _random(seed + 100, rank, inside), _random(seed + 150, outside, rank)
    return x, weight, down, up, alpha


LORA_LAYER = Questions(
    reference=_LAYER_CODE,
    cases=[_layer_case(4, 6, 5, 3, 7.0), _layer_case(5, 8, 7, 5, 1.5)],
    mistakes=mistakes_10.LORA_LAYER,
    advice=_("Asked for is W x + (α / r) B A x, for every row of x."),
)


@exercise("10.2", task=_("return W x + (α / r) B A x for every row of x."), reference=_LAYER_CODE)
def lora_layer(answer: Callable[..., Tensor]) -> str:
    """Examines (x, weight, down, up, alpha) -> (N, out): Hu et al. 2021, equation 3."""
    LORA_LAYER.put_to(answer)
    return _("This is all that a LoRA layer computes.")


_LOSS_CODE = """\
def preserving_loss(errors, old, weight):
    return errors[~old].mean() + weight * errors[old].mean()
"""


def _loss_case(seed: int, old: list[int], weight: float) -> tuple:
    return _random(seed, len(old)).square(), torch.tensor(old, dtype=torch.bool), weight


PRESERVING_LOSS = Questions(
    reference=_LOSS_CODE,
    cases=[
        _loss_case(6, [0, 0, 1, 0, 1], 0.7),
        _loss_case(7, [1, 0, 1, 1, 0, 1, 1], 1.6),
        _loss_case(8, [0, 1, 0], 0.2),
    ],
    mistakes=mistakes_10.PRESERVING_LOSS,
    advice=_("Asked for is the mean error of the new pictures plus weight times that of the old."),
)


@exercise(
    "10.3",
    task=_("return the mean error of the new pictures plus weight times that of the old ones."),
    reference=_LOSS_CODE,
)
def preserving_loss(answer: Callable[..., Tensor]) -> str:
    """Examines (errors, old, weight) -> number: Ruiz et al. 2023, equation 2."""
    PRESERVING_LOSS.put_to(answer)
    return _("The old pictures hold the model where it was.")


_MERGE_CODE = """\
def merge(weight, down, up, alpha, scale):
    return weight + scale * alpha / len(down) * up @ down
"""

MERGE = Questions(
    reference=_MERGE_CODE,
    cases=[
        (*_layer_case(9, 6, 5, 3, 7.0)[1:], 0.6),
        (*_layer_case(10, 4, 9, 2, 3.0)[1:], 1.7),
    ],
    mistakes=mistakes_10.MERGE,
    advice=_("Asked for is one matrix of the shape of W: W + scale · (α / r) B A."),
)


@exercise("10.4", task=_("return W + scale · (α / r) B A."), reference=_MERGE_CODE)
def merge(answer: Callable[..., Tensor]) -> str:
    """Examines (weight, down, up, alpha, scale) -> (out, in)."""
    MERGE.put_to(answer)
    return _("Merged, the LoRA costs nothing at all when the model draws.")


OFTEN = {"mostly": _("mostly"), "hardly": _("hardly")}
SHOWN = {
    "its own picture": _("its own picture"),
    "a windmill at night": _("a windmill at night"),
}
"""Those of 10.5 -> the same as it is spoken; an answer may have either."""

_EXPECTED = {"its own picture": "mostly", "a windmill at night": "hardly"}


@exercise(
    "10.5",
    task=_('write "mostly" or "hardly" behind each of the two.'),
    reference=f"expected = {json.dumps(_EXPECTED)}",
)
def expected(answer: Mapping[str, str]) -> str:
    """Examines {what is asked of a training on one picture: how often it is drawn}."""
    given = reading.keyed(answer, SHOWN) if isinstance(answer, Mapping) else {}
    if set(given) != set(_EXPECTED):
        raise Hint(
            _(
                "expected the dictionary with its two entries, got {came}. Change only what stands "
                "behind the colons.",
                came=reading.shown(answer),
            )
        )
    said = {name: _often(name, given[name]) for name in _EXPECTED}
    if said["its own picture"] != "mostly":
        raise Hint(
            _(
                "it saw one picture with this caption, thousands of times. Which answer to that "
                "caption makes the loss smallest?"
            )
        )
    if said["a windmill at night"] != "hardly":
        raise Hint(
            _(
                "all that it knows of the word is one picture, by day. What told it which part of "
                "that picture the word means?"
            )
        )
    return _("Whoever is shown one example learns the example. Now look.")


def _often(name: str, value: object) -> str:
    try:
        return reading.choice(value, OFTEN)
    except Hint as hint:
        raise Hint(_("{name}: {hint}", name=SHOWN[name], hint=hint)) from None
