"""Exercises of lesson 04, Watching denoising."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from .. import metrics
from ..loading import StableDiffusionPipeline
from ..records import StepRecord
from ..sampling import denoise
from . import mistakes_04, reading
from .core import Hint, exercise, solution, yours
from .lending import lent
from .questions import Questions

__all__ = ["fewest_steps", "fixed_from", "guesses", "project", "same_picture", "solution", "yours"]

_GUESSES_CODE = """\
import torch
from helpers import denoise


def guesses(pipe, prompt, seed, steps):
    run = denoise(pipe, prompt, seed=seed, steps=steps)
    return torch.stack([step.x0_hat[0] for step in run])  # (N, 4, 16, 16)
"""

RUNS = [("a lake at night", 5, 3), ("a red house in the snow", 11, 2)]
"""Prompt, seed and steps of the two runs of 4.1."""


def guesses_questions(pipe: StableDiffusionPipeline) -> Questions:
    """What 4.1 asks, and what comes out of the runs by a mistake."""

    @functools.cache
    def records(prompt: str, seed: int, steps: int, **changes: Any) -> list[StepRecord]:
        return list(denoise(pipe, prompt, seed=seed, steps=steps, **changes))

    def right(pipe: StableDiffusionPipeline, prompt: str, seed: int, steps: int) -> Tensor:
        return torch.cat([step.x0_hat for step in records(prompt, seed, steps)])

    return Questions(
        reference=right,
        cases=[(pipe, *run) for run in RUNS],
        mistakes=mistakes_04.guesses(records),
        read=_one_tensor,
        advice="Pass prompt, seed and steps on to denoise(...), leave its other arguments alone, "
        "and collect step.x0_hat.",
    )


@exercise(
    "4.1",
    task="write guesses(pipe, prompt, seed, steps): every x0_hat of a run in one tensor (N, C, h, "
    "w).",
    reference=_GUESSES_CODE,
)
def guesses(answer: Callable[..., Tensor], pipe: StableDiffusionPipeline) -> str:
    """Examines a function (pipe, prompt, seed, steps) -> (N, C, h, w), on two short runs."""
    with lent(pipe):
        guesses_questions(pipe).put_to(answer)
    return "A guess for each step, in the order of the run."


def _one_tensor(answer: Any) -> Tensor:
    """The answer as a tensor; a list of tensors is none yet."""
    if isinstance(answer, tuple | list):
        raise Hint(f"you return a {type(answer).__name__} of {len(answer)}. torch.stack(...) makes "
                   "it one tensor.")  # fmt: skip
    return reading.tensor(answer)


TOLERANCE = 4
"""Steps that a prediction may be off: the exact step depends on the prompt and on the model."""


@exercise(
    "4.2", task="set fixed_from to a number of steps, from 0 to 20.", reference="fixed_from = 11"
)
def fixed_from(answer: float, kept: dict[int, float], enough: float = 0.9) -> str:
    """Examines a prediction against {steps before the change: layout kept}."""
    said, last = reading.number(answer), max(kept)
    if said > 20:
        raise Hint(f"{reading.shown(said)} looks like a timestep t. Count steps: the run has 20.")
    if said < 0 or 0 < said < 1:
        raise Hint(f"expected a number of steps from 0 to 20, got {said:g}.")
    measured = round(first_reaching(kept, enough))
    told = f"the layout is kept to {enough} from about step {measured} on"
    if said < measured - TOLERANCE:
        raise Hint(f"too early: {told}. At step {said:g} the canvas is still mostly noise.")
    if said > measured + TOLERANCE:
        late = min(said, last)
        raise Hint(f"too late: {told}. Long before step {late:g} the guess has its layout.")
    return f"{told[0].upper()}{told[1:]}. You said {said:g}."


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


_FEWEST_CODE = """\
def fewest_steps(distances, tolerance):
    return min(steps for steps, distance in distances.items() if distance <= tolerance)
"""


def _one_number(answer: Any) -> float:
    """The number that 4.3 asks for."""
    if isinstance(answer, tuple) and len(answer) == 2:
        raise Hint(f"you return a pair, {reading.shown(answer)}. Return its number of steps alone.")
    if isinstance(answer, tuple | list | set | dict):
        raise Hint(f"expected one number of steps, got {reading.shown(answer)}. min(...) takes the "
                   "smallest.")  # fmt: skip
    return reading.number(answer)


_FEWEST = Questions(
    reference=_FEWEST_CODE,
    cases=[  # more steps are not always nearer, and a distance may equal the tolerance
        ({60: 0.08, 12: 0.4, 30: 0.12, 90: 0.2, 8: 0.25, 75: 0.02, 45: 0.11, 150: 0.3, 3: 0.9,
          5: 0.5}, 0.25),
        ({40: 0.55, 7: 0.75, 25: 0.3, 9: 0.64, 16: 0.8, 80: 0.5, 32: 0.07}, 0.625),
    ],
    mistakes=mistakes_04.FEWEST_STEPS,
    read=_one_number,
    advice="Keep the steps whose distance is at most the tolerance, then take the smallest.",
)  # fmt: skip


@exercise(
    "4.3",
    task="write fewest_steps(distances, tolerance), the smallest number of steps that is close "
    "enough.",
    reference=_FEWEST_CODE,
)
def fewest_steps(answer: Callable[[dict[int, float], float], int]) -> str:
    """Examines a function ({steps: distance}, tolerance) -> steps."""
    _FEWEST.put_to(answer)
    return "The fewest steps that are close enough: that is how a scheduler earns its place."


_PAIRS = {
    ("ddim", "euler"): True,
    ("ddim", "dpm++"): True,
    ("ddim", "ddpm"): False,
    ("ddpm", "euler ancestral"): True,
}

_PAIRS_CODE = (
    "same_picture = {\n" + "".join(f"    {pair}: {same},\n" for pair, same in _PAIRS.items()) + "}"
)


@exercise("4.4", task="write True or False next to each pair of schedulers.", reference=_PAIRS_CODE)
def same_picture(
    answer: dict[tuple[str, str], bool], finished: dict[str, Tensor], apart: float
) -> str:
    """Examines {pair: same?} by measuring: the same, if less than half as far as two seeds are."""
    if not isinstance(answer, Mapping) or set(answer) != set(_PAIRS):
        raise Hint("expected the dictionary with its four pairs. Change only what follows a colon.")
    for pair in _PAIRS:
        try:
            said = reading.truth(answer[pair])
        except Hint as hint:
            raise Hint(f"{pair}: {hint}") from None
        far = metrics.distance(*(finished[name] for name in pair))
        if said != (far < apart / 2):
            raise Hint(_why(pair, far, apart))
    return "Solvers of one equation meet. Fresh noise leads elsewhere, unless it is the same noise."


def _why(pair: tuple[str, str], far: float, apart: float) -> str:
    """What a pair teaches, with its measured distance."""
    measured = f"{pair[0]} and {pair[1]} end {far:.1f} apart, two seeds {apart:.1f}."
    reason = {
        ("ddim", "euler"): "Neither draws noise on its way, and both solve the same equation.",
        ("ddim", "dpm++"): "Neither draws noise on its way: dpm++ solves ddim's equation faster.",
        ("ddim", "ddpm"): "One of them adds fresh noise in every step.",
        ("ddpm", "euler ancestral"): (
            "Both add fresh noise, but from one seed it is the same noise, and their formula is "
            "the same too."
        ),
    }
    return f"{measured} {reason[pair]}"


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


_PROJECT = Questions(
    reference=metrics.project,
    cases=[
        (_points(4, 9, [0.3, 6.0, 0.5, 2.5, 0.1]),),
        (_points(5, 12, [0.1, 0.4, 2.0, 0.2, 0.1, 0.3, 7.0]),),
    ],
    mistakes=mistakes_04.PROJECT,
    read=_up_to_sign,
    advice="Asked for are the coordinates along the two widest axes: (points - mean) @ V[:, :2].",
)


@exercise(
    "4.5",
    task="write project(points), which takes (N, D) to (N, 2) along the two widest directions.",
    reference=metrics.project,
)
def project(answer: Callable[[Tensor], Tensor]) -> str:
    """Examines a function (N, D) -> (N, 2), up to the signs of the two axes."""
    _PROJECT.put_to(answer)
    return "You have done a principal component analysis by hand."
