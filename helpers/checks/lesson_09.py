"""Exercises of lesson 09, Make something."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..language import _
from . import mistakes_09, reading
from .core import Hint, exercise, solution, yours
from .questions import Questions

__all__ = ["choose", "contrast", "least_opacity", "missed", "seam", "solution", "yours"]

_CHOOSE_CODE = """\
import torch


def choose(right, alike):
    whole = right.all(dim=2).all(dim=0)  # (styles, seeds, attributes) -> (seeds,)
    return int(torch.where(whole, alike, -torch.inf).argmax())
"""


def _drafts(seed: int, shape: tuple[int, int, int], slips: tuple[int, int]) -> tuple:
    """(right, alike) of drafts of which the three most alike are not right.

    The most alike is wrong in everything, the next two have one slip each, in the given styles. In
    the last case what is right is unlike: its numbers lie below zero.
    """
    generator = torch.Generator().manual_seed(seed)
    right = torch.ones(shape, dtype=torch.bool)
    alike = torch.linspace(0.4, -0.4, shape[1])[torch.randperm(shape[1], generator=generator)]
    first, second, third = alike.argsort(descending=True)[:3]
    right[:, first] = False
    right[slips[0], second, -1] = False
    right[slips[1], third, 0] = False
    return right, alike


def _seed(answer: Any) -> float | Tensor:
    """The number of a seed that 9.1 asks for."""
    if isinstance(answer, Tensor | np.ndarray) and (answer.dtype in (torch.bool, bool)):
        raise Hint(_("these are the seeds that are right. Choose one of them, with alike."))
    return reading.number_or_tensor(answer)


_CHOOSE = Questions(
    reference=_CHOOSE_CODE,
    cases=[
        _drafts(91, (3, 7, 4), (2, 0)),
        _drafts(92, (2, 6, 3), (0, 1)),
        _drafts(93, (4, 5, 2), (3, 0)),
    ],  # fmt: skip
    mistakes=mistakes_09.CHOOSE,
    read=_seed,
    advice=_(
        "Asked for is the number of a seed: of those right in every style and every attribute, "
        "the one with the largest alike."
    ),
)


@exercise(
    "9.1",
    task=_("write choose(right, alike), which returns the number of the best seed."),
    reference=_CHOOSE_CODE,
)
def choose(answer: Callable[[Tensor, Tensor], int]) -> str:
    """Examines (right (S, N, A), alike (N,)) -> number of a seed."""
    _CHOOSE.put_to(answer)
    return _("First what the client asked for, then what makes it a series.")


_SEAM_CODE = """\
def seam(picture):
    inside = (picture[:, :, 1:] - picture[:, :, :-1]).abs().mean()
    across = (picture[:, :, 0] - picture[:, :, -1]).abs().mean()
    return across / inside
"""


def _slope(seed: int, height: int, width: int) -> tuple[Tensor]:
    """A picture that gets lighter to the right and darker downwards, with some noise."""
    noise = torch.rand(3, height, width, generator=torch.Generator().manual_seed(seed))
    across, down = torch.linspace(0, 0.5, width), torch.linspace(0.2, 0, height)[:, None]
    return (0.3 * noise + across + down,)


_SEAM = Questions(
    reference=_SEAM_CODE,
    cases=[_slope(94, 9, 14), _slope(95, 12, 7)],
    mistakes=mistakes_09.SEAM,
    read=reading.number_or_tensor,
    advice=_(
        "Asked for is the mean step from the last column to the first, divided by the mean step "
        "between two columns inside."
    ),
)


@exercise(
    "9.2",
    task=_("write seam(picture): the step across the edge, in steps inside."),
    reference=_SEAM_CODE,
)
def seam(answer: Callable[[Tensor], float]) -> str:
    """Examines picture (3, H, W) -> ratio."""
    _SEAM.put_to(answer)
    return _("1 means that nobody can find the edge by its step.")


_CONTRAST_CODE = """\
import torch
from helpers.publish import luminance


def contrast(one, other):
    a, b = luminance(one), luminance(other)
    return (torch.maximum(a, b) + 0.05) / (torch.minimum(a, b) + 0.05)
"""


def _colours(seed: int, *shape: int) -> Tensor:
    return torch.rand(*shape, 3, generator=torch.Generator().manual_seed(seed))


_CONTRAST = Questions(
    reference=_CONTRAST_CODE,
    cases=[
        (_colours(96, 5), torch.tensor([0.11, 0.07, 0.02])),
        (_colours(97, 2, 3), torch.tensor([0.93, 0.97, 0.88])),
        (torch.tensor([0.02, 0.03, 0.01]), torch.tensor([0.35, 0.6, 0.45])),
    ],
    mistakes=mistakes_09.CONTRAST,
    advice=_("Asked for is (lighter + 0.05) / (darker + 0.05), of the two luminances."),
)


@exercise(
    "9.3",
    task=_("write contrast(one, other), the ratio of two colours."),
    reference=_CONTRAST_CODE,
)
def contrast(answer: Callable[[Tensor, Tensor], Tensor]) -> str:
    """Examines colours (..., 3), (3,) -> ratios (...)."""
    _CONTRAST.put_to(answer)
    return _("From 1, nobody can read it, to 21, black on white.")


_OPACITY_CODE = """\
from helpers.publish import contrast


def least_opacity(under, panel, ink):
    for k in range(21):
        mixed = (1 - k / 20) * under + k / 20 * panel  # (N, 3)
        if contrast(mixed, ink).min() >= 4.5:
            return k / 20
    return 1.0
"""
_WHITE, _NAVY = torch.ones(3), torch.tensor([0.04, 0.1, 0.25])
_OPACITY = Questions(
    reference=_OPACITY_CODE,
    cases=[
        (torch.cat([0.5 + 0.2 * _colours(98, 40), 0.9 + 0.1 * _colours(101, 2)]), _NAVY, _WHITE),
        (0.02 + 0.35 * _colours(99, 30), _WHITE, _NAVY),
        (0.1 * _colours(100, 20), _NAVY, _WHITE),
    ],
    mistakes=mistakes_09.OPACITY,
    read=reading.number_or_tensor,
    precision=1e-3,
    advice=_("Asked for is the first of 0, 0.05, 0.1 ... 1 at which the worst pixel has 4.5."),
)


@exercise(
    "9.4",
    task=_("write least_opacity(under, panel, ink): as little panel as the letters need."),
    reference=_OPACITY_CODE,
)
def least_opacity(answer: Callable[[Tensor, Tensor, Tensor], float]) -> str:
    """Examines (pixels (N, 3), panel (3,), ink (3,)) -> opacity."""
    _OPACITY.put_to(answer)
    return _("Readable everywhere, and no more of the picture hidden than that takes.")


HOURS = {"day": _("day"), "night": _("night")}
BUILDINGS = {"house": _("house"), "castle": _("castle")}
"""Those of 9.5 -> the same as it is spoken; an answer may have either."""

_MISSED = {"house": "night", "castle": "day"}


@exercise(
    "9.5",
    task=_('write "day" or "night" behind each building.'),
    reference=f"missed = {json.dumps(_MISSED)}",
)
def missed(answer: Mapping[str, str]) -> str:
    """Examines {building: the hour at which it will be missed more often}."""
    given = reading.keyed(answer, BUILDINGS) if isinstance(answer, Mapping) else {}
    if set(given) != set(_MISSED):
        raise Hint(
            _(
                "expected the dictionary with its two buildings, got {came}. Change only what "
                "stands behind the colons.",
                came=reading.shown(answer),
            )
        )
    said = {building: _hour(building, given[building]) for building in _MISSED}
    wrong = [building for building in _MISSED if said[building] != _MISSED[building]]
    if len(wrong) == 2:
        raise Hint(
            _(
                "just the other way round. What does a classifier see of a castle by day that it "
                "saw in few castles, and in many houses, while it learned?"
            )
        )
    if wrong:
        (building,) = wrong
        raise Hint(
            _(
                "the {building} is missed by {hour}. Look at the counts again: at which hour did "
                "the classifier see hardly any {building}, and many of the other building?",
                building=BUILDINGS[building],
                hour=HOURS[_MISSED[building]],
            )
        )
    return _("Where one class is rare, the background decides for the other. Now look.")


def _hour(building: str, value: Any) -> str:
    try:
        return reading.choice(value, HOURS)
    except Hint as hint:
        raise Hint(_("{name}: {hint}", name=BUILDINGS[building], hint=hint)) from None
