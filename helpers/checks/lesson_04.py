"""Exercises of lesson 04, Watching denoising."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from .. import maths, metrics
from ..language import _
from ..records import StepRecord
from . import mistakes_04, reading
from .core import Hint, exercise, solution, yours
from .questions import Questions

__all__ = ["fixed_from", "project", "renoise", "same_picture", "solution", "yours"]

_RENOISE_CODE = """\
from helpers.maths import add_noise, predict_x0


def renoise(step, noise):
    guess = predict_x0(step.x_t, step.eps_cond, step.alpha_bar)  # no guidance in it
    return add_noise(guess, noise, step.alpha_bar)
"""


def _step(seed: int, alpha_bar: float, shape: tuple[int, ...]) -> tuple[StepRecord, Tensor]:
    """A record whose tensors obey the rules of one, with guidance 6, and other noise for it."""
    generator = torch.Generator().manual_seed(seed)
    picture, eps_uncond, pull, noise = (
        torch.randn(shape, generator=generator) for each in range(4)
    )
    eps_cond = eps_uncond + 0.4 * pull
    eps = maths.guide(eps_uncond, eps_cond, 6.0)
    x_t = maths.add_noise(picture, eps_cond, alpha_bar)
    record = StepRecord(
        index=3, step=3, t=611, alpha_bar=alpha_bar, x_t=x_t, latents=x_t, eps_uncond=eps_uncond,
        eps_cond=eps_cond, eps=eps, x0_hat=maths.predict_x0(x_t, eps, alpha_bar),
        x_prev=maths.ddim_step(x_t, eps, alpha_bar, min(1.5 * alpha_bar, 0.99)),
    )  # fmt: skip
    return record, noise


_RENOISE = Questions(
    reference=_RENOISE_CODE,
    cases=[_step(41, 0.27, (2, 4, 6, 6)), _step(42, 0.73, (1, 4, 5, 5))],
    mistakes=mistakes_04.RENOISE,
    advice=_("First the guess with eps_cond, then add_noise(guess, noise, step.alpha_bar)."),
)


@exercise(
    "4.1",
    task=_(
        "write renoise(step, noise): the canvas of a step, its noise replaced, and nothing "
        "smuggled in."
    ),
    reference=_RENOISE_CODE,
)
def renoise(answer: Callable[[StepRecord, Tensor], Tensor]) -> str:
    """Examines a function (record of a step, other noise) -> canvas, on two made-up records."""
    _RENOISE.put_to(answer)
    return _("What the network made out itself, as strong as it was, in noise that is all new.")


TOLERANCE = 3
"""Steps that a prediction may be off: the exact step depends on the prompt and on the model."""


@exercise(
    "4.3", task=_("set fixed_from to a number of steps, from 0 to 20."), reference="fixed_from = 9"
)
def fixed_from(answer: float, kept: dict[int, float], enough: float = 0.9) -> str:
    """Examines a prediction against {steps before the change: layout kept}."""
    said, last = reading.number(answer), max(kept)
    if said > 20:
        raise Hint(_("{came} looks like a timestep t. Count steps: the run has 20.",
                     came=reading.shown(said)))  # fmt: skip
    if said < 0 or 0 < said < 1:
        raise Hint(_("expected a number of steps from 0 to 20, got {said:g}.", said=said))
    measured = round(first_reaching(kept, enough))
    if said < measured - TOLERANCE:
        raise Hint(
            _(
                "too early: the layout is kept to {enough} from about step {measured} on. At step "
                "{said:g} the canvas is still mostly noise.",
                enough=enough,
                measured=measured,
                said=said,
            )
        )
    if said > measured + TOLERANCE:
        raise Hint(
            _(
                "too late: the layout is kept to {enough} from about step {measured} on. Long "
                "before step {late:g} the guess has its layout.",
                enough=enough,
                measured=measured,
                late=min(said, last),
            )
        )
    return _("The layout is kept to {enough} from about step {measured} on. You said {said:g}.",
             enough=enough, measured=measured, said=said)  # fmt: skip


def first_reaching(kept: dict[int, float], enough: float) -> float:
    """Where the measured line first reaches `enough`, straight between its points.

    Args:
        kept: number of steps -> a measure that grows with it.
        enough: the level to reach; the last number of steps is returned if nothing reaches it.
    """
    points = sorted(kept.items())
    if points[0][1] >= enough:
        return points[0][0]
    for (before, low), (after, high) in pairwise(points):
        if high >= enough:
            return before + (after - before) * (enough - low) / (high - low)
    return points[-1][0]


_PAIRS = {
    ("ddim", "euler"): True,
    ("ddim", "dpm++"): True,
    ("ddim", "ddpm"): False,
    ("ddpm", "euler ancestral"): True,
}

_PAIRS_CODE = (
    "same_picture = {\n" + "".join(f"    {pair}: {same},\n" for pair, same in _PAIRS.items()) + "}"
)


@exercise(
    "4.2", task=_("write True or False next to each pair of schedulers."), reference=_PAIRS_CODE
)
def same_picture(
    answer: dict[tuple[str, str], bool], finished: dict[str, Tensor], apart: float
) -> str:
    """Examines {pair: same?} by measuring: the same, if less than half as far as two seeds are.

    The median of the seeds is taken, for a path may pass a fork and end in another picture.
    """
    if not isinstance(answer, Mapping) or set(answer) != set(_PAIRS):
        raise Hint(
            _("expected the dictionary with its four pairs. Change only what follows a colon.")
        )
    for pair in _PAIRS:
        try:
            said = reading.truth(answer[pair])
        except Hint as hint:
            raise Hint(_("{name}: {hint}", name=pair, hint=hint)) from None
        ends = zip(*(finished[name] for name in pair), strict=True)  # seed by seed
        far = statistics.median(metrics.distance(*end) for end in ends)
        if said != (far < apart / 2):
            raise Hint(_why(pair, far, apart))
    return _(
        "Solvers of one equation meet. Fresh noise leads elsewhere, unless it is the same noise."
    )


def _why(pair: tuple[str, str], far: float, apart: float) -> str:
    """What a pair teaches, with its measured distance."""
    reason = {
        ("ddim", "euler"): _("Neither draws noise on its way, and both solve the same equation."),
        ("ddim", "dpm++"): _(
            "Neither draws noise on its way: dpm++ solves ddim's equation faster."
        ),
        ("ddim", "ddpm"): _("One of them adds fresh noise in every step."),
        ("ddpm", "euler ancestral"): _(
            "Both add fresh noise, but from one seed it is the same noise, and their formula is "
            "the same too."
        ),
    }
    return _("{first} and {second} end {far:.1f} apart, two seeds {apart:.1f}. {reason}",
             first=pair[0], second=pair[1], far=far, apart=apart, reason=reason[pair])  # fmt: skip


def _points(seed: int, count: int, widths: list[float]) -> Tensor:
    """A cloud (N, D) that is wide in two directions, far from 0."""
    generator = torch.Generator().manual_seed(seed)
    shape = (count, len(widths))
    offset = 5 * torch.randn(1, len(widths), generator=generator)
    return torch.randn(shape, generator=generator) * torch.tensor(widths) + offset


def _up_to_sign(answer: Any) -> Tensor:
    """The answer, each column turned so that its largest number is positive, as signs are free."""
    found = reading.tensor(answer).double()
    if found.ndim != 2 or not found.numel():
        return found
    largest = found.gather(0, found.abs().argmax(dim=0, keepdim=True))  # (1, columns)
    return torch.where(largest < 0, -found, found)


_PROJECT_CODE = """\
import torch


def project(points):
    centred = points - points.mean(dim=0)
    U, S, Vt = torch.linalg.svd(centred, full_matrices=False)
    return centred @ Vt[:2].T  # (N, D) -> (N, 2)
"""

_PROJECT = Questions(
    reference=_PROJECT_CODE,
    cases=[
        (_points(4, 9, [0.3, 6.0, 0.5, 2.5, 0.1]),),
        (_points(5, 12, [0.1, 0.4, 2.0, 0.2, 0.1, 0.3, 7.0]),),
    ],
    mistakes=mistakes_04.PROJECT,
    read=_up_to_sign,
    advice=_(
        "Asked for are the coordinates along the two widest axes: (points - mean) @ V[:, :2]."
    ),
)


@exercise(
    "4.4",
    task=_("write project(points), which takes (N, D) to (N, 2) along the two widest directions."),
    reference=_PROJECT_CODE,
)
def project(answer: Callable[[Tensor], Tensor]) -> str:
    """Examines a function (N, D) -> (N, 2), up to the signs of the two axes."""
    _PROJECT.put_to(answer)
    return _("You have done a principal component analysis by hand.")
