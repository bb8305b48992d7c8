"""Exercises of lesson 11, Responsible use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..language import _
from . import mistakes_11, reading
from .core import Hint, exercise, solution, yours
from .questions import Questions

__all__ = ["errors", "interval", "prediction", "pull", "solution", "survivors", "yours"]

_INTERVAL_CODE = """\
import math


def interval(hits, n):
    z = 1.96
    centre = (hits + z**2 / 2) / (n + z**2)
    half = z / (n + z**2) * math.sqrt(hits * (n - hits) / n + z**2 / 4)
    return centre - half, centre + half
"""


def _two(names: str) -> Callable[[Any], list[float]]:
    """A reader of two numbers: a pair, or a tensor with two."""

    def read(answer: Any) -> list[float]:
        if isinstance(answer, Tensor | np.ndarray) and answer.shape == (2,):
            answer = answer.tolist()
        if not isinstance(answer, tuple | list) or len(answer) != 2:
            raise Hint(_("expected two numbers, `return {names}`, got {came}.",
                         names=names, came=reading.shown(answer)))  # fmt: skip
        return [float(reading.number(value)) for value in answer]

    return read


INTERVAL = Questions(
    reference=_INTERVAL_CODE,
    cases=[(7, 40), (12, 12), (31, 50)],
    mistakes=mistakes_11.INTERVAL,
    read=_two("low, high"),
    precision=2e-4,
    advice=_("For 18 of 24 the interval goes from 0.551 to 0.880. Is yours so?"),
)


@exercise("11.1", task=_("write interval(hits, n): return low, high."), reference=_INTERVAL_CODE)
def interval(answer: Callable[[int, int], tuple[float, float]]) -> str:
    """Examines (hits, n) -> (low, high), the interval of Wilson."""
    INTERVAL.put_to(answer)
    return _("Even 12 of 12 is no certainty: its interval begins at 0.76.")


CHOICES = {"rises": _("rises"), "stays": _("stays"), "falls": _("falls")}


@exercise(
    "11.2",
    task=_('set prediction to "rises", "stays" or "falls".'),
    reference='prediction = "rises"',
)
def prediction(answer: str) -> str:
    """Examines what was expected of the share of night pictures when guidance gets stronger."""
    said = reading.choice(answer, CHOICES)
    if said != "rises":
        raise Hint(
            _(
                "you said {said}. Guidance goes from what is usual without words towards what the "
                'words mean. What does "castle" mean to a model that saw nine of ten at night?',
                said=reading.quoted(said, CHOICES),
            )
        )
    return _("Guidance strengthens all that the words mean, also what nobody asked for.")


_SURVIVORS_CODE = """\
def survivors(p_values, level):
    return [p < level / len(p_values) for p in p_values]
"""


def _truths(answer: Any) -> list[bool]:
    """True or False for each test."""
    if isinstance(answer, Tensor | np.ndarray):
        answer = answer.tolist()
    if not isinstance(answer, tuple | list):
        raise Hint(
            _(
                "expected a list with True or False for each test, got {came}.",
                came=reading.shown(answer),
            )
        )
    return [reading.truth(value) for value in answer]


SURVIVORS = Questions(
    reference=_SURVIVORS_CODE,
    cases=[
        ([0.03, 0.0008, 0.2, 0.011, 0.0062, 0.6, 0.0035], 0.05),
        ([0.004, 0.0007, 0.09, 0.0015, 0.3, 0.0001, 0.0022, 0.8, 0.02, 0.5, 0.7], 0.01),
        ([0.3, 0.07, 0.02], 0.2),
    ],
    mistakes=mistakes_11.SURVIVORS,
    read=_truths,
    advice=_("A test stands if its p is below level / number of tests."),
)


@exercise(
    "11.5",
    task=_("write survivors(p_values, level): True for each test that stands."),
    reference=_SURVIVORS_CODE,
)
def survivors(answer: Callable[[Sequence[float], float], Sequence[bool]]) -> str:
    """Examines (p_values, level) -> a truth value for each, after Bonferroni."""
    SURVIVORS.put_to(answer)
    return _("Ask sixty-six questions, and believe only what is rare even then.")


_PULL_CODE = """\
def pull(eps_cond, eps_uncond):
    apart = eps_cond - eps_uncond          # (T, B, 4, h, w)
    lengths = apart.flatten(2).norm(dim=2)  # (T, B)
    return lengths.mean(dim=0)             # (B,)
"""


def _noises(seed: int, *shape: int) -> tuple[Tensor, Tensor]:
    cond, uncond = torch.randn(2, *shape, generator=torch.Generator().manual_seed(seed))
    return cond, uncond


PULL = Questions(
    reference=_PULL_CODE,
    cases=[_noises(11, 3, 2, 4, 5, 6), _noises(12, 4, 3, 2, 3, 3)],
    mistakes=mistakes_11.PULL,
    advice=_(
        "For each step and picture the length of eps_cond - eps_uncond, then the mean over the "
        "steps."
    ),
)


@exercise(
    "11.3",
    task=_("write pull(eps_cond, eps_uncond): one number for each picture."),
    reference=_PULL_CODE,
)
def pull(answer: Callable[[Tensor, Tensor], Tensor]) -> str:
    """Examines (T, B, C, h, w) twice -> (B,)."""
    with torch.no_grad():
        PULL.put_to(answer)
    return _("One number for a picture, and no training data is needed for it.")


_ERRORS_CODE = """\
def errors(scores, forbidden, threshold):
    blocked = scores > threshold
    false_alarms = blocked[~forbidden].float().mean()
    misses = (~blocked)[forbidden].float().mean()
    return float(false_alarms), float(misses)
"""


def _scores(seed: int, count: int, bad: int, threshold: float) -> tuple[Tensor, Tensor, float]:
    """Scores of which the forbidden ones are higher on the whole, in mixed order."""
    generator = torch.Generator().manual_seed(seed)
    forbidden = torch.randperm(count, generator=generator) < bad
    scores = 0.55 + 0.08 * torch.randn(count, generator=generator) + 0.09 * forbidden
    return scores, forbidden, threshold


ERRORS = Questions(
    reference=_ERRORS_CODE,
    cases=[_scores(3, 23, 9, 0.58), _scores(5, 31, 8, 0.63)],
    mistakes=mistakes_11.ERRORS,
    read=_two("false_alarms, misses"),
    advice=_(
        "Blocked is what scores above the threshold. Count it among the harmless, and what is "
        "not blocked among the forbidden."
    ),
)


@exercise(
    "11.4",
    task=_("write errors(scores, forbidden, threshold): return false_alarms, misses."),
    reference=_ERRORS_CODE,
)
def errors(answer: Callable[[Tensor, Tensor, float], tuple[float, float]]) -> str:
    """Examines (scores, forbidden, threshold) -> the two shares of errors."""
    ERRORS.put_to(answer)
    return _("Two numbers, and a threshold only moves errors from one to the other.")
