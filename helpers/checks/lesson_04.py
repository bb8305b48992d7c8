"""Exercises of lesson 04, Watching denoising."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from numbers import Real

import torch
from torch import Tensor

from .. import metrics
from ..loading import StableDiffusionPipeline
from ..records import StepRecord
from ..sampling import denoise
from .core import Hint, exercise, outcome, solution

__all__ = ["fewest_steps", "fixed_from", "guesses", "project", "same_picture", "solution"]

_GUESSES_CODE = """\
import torch
from helpers import denoise


def guesses(pipe, prompt, seed, steps):
    run = denoise(pipe, prompt, seed=seed, steps=steps)
    return torch.stack([step.x0_hat[0] for step in run])  # (N, 4, 16, 16)
"""


@exercise(
    "4.1",
    task="write guesses(pipe, prompt, seed, steps): every x0_hat of a run in one tensor (N, C, h, "
    "w).",
    reference=_GUESSES_CODE,
)
def guesses(answer: Callable[..., Tensor], pipe: StableDiffusionPipeline) -> str:
    """Examines a function (pipe, prompt, seed, steps) -> (N, C, h, w), on a run of four steps."""
    prompt, seed, steps = "a lake at night", 5, 4
    result = outcome(answer, pipe, prompt, seed, steps)
    run = list(denoise(pipe, prompt, seed=seed, steps=steps))
    right = torch.cat([step.x0_hat for step in run])  # (N, C, h, w)
    result = _stacked(result, right)
    if not _close(result, right):
        raise Hint(_other_run(result, run, pipe))
    return f"{len(run)} steps, {len(run)} guesses, in the order of the run."


def _stacked(result: object, right: Tensor) -> Tensor:
    """The result, if it is one tensor of the right shape.

    Raises:
        Hint: it is something else.
    """
    shape = tuple(right.shape)
    if isinstance(result, list):
        raise Hint(f"you return a list of {len(result)}. torch.stack(...) makes it one tensor.")
    if not isinstance(result, Tensor):
        raise Hint(f"expected a tensor, got {type(result).__name__}.")
    got = tuple(result.shape)
    if got == shape:
        return result
    if got == (shape[0], 1, *shape[1:]):
        raise Hint(f"{got} still has the axis of the batch. Take step.x0_hat[0], the only picture.")
    if got in (shape[1:], (1, *shape[1:])):
        raise Hint(f"{got} is one guess. Collect one at every step of the loop.")
    if got[1:] == shape[1:]:
        raise Hint(f"{shape[0]} steps were asked for, you return {got[0]}. Pass steps on: is the "
                   "first or the last one missing?")  # fmt: skip
    raise Hint(f"expected the shape {shape}, got {got}.")


def _other_run(result: Tensor, run: list[StepRecord], pipe: StableDiffusionPipeline) -> str:
    """The hint for a tensor of the right shape with other numbers in it."""
    advice = {
        "x_t": "the canvas. The guess is step.x0_hat",
        "x_prev": "the canvas after the step. The guess is step.x0_hat",
        "eps": "the noise. The guess of the picture is step.x0_hat",
        "eps_cond": "the noise. The guess of the picture is step.x0_hat",
    }
    for name, words in advice.items():
        if _close(result, torch.cat([getattr(step, name) for step in run])):
            return f"these are the {name} of the run, {words}."
    expected = torch.cat([step.x0_hat for step in run])
    if _close(result, expected.flip(0)):
        return "the order is reversed. The run goes from noise to picture, and so do the records."
    of_zero = denoise(pipe, "a lake at night", seed=0, steps=len(run))
    if _close(result, torch.cat([step.x0_hat for step in of_zero])):
        return "seed 5 gave the run of seed 0. Pass your argument on: seed=seed."
    return (
        "right shape, other numbers. Pass prompt, seed and steps on to denoise(...), leave its "
        "other arguments alone, and collect step.x0_hat."
    )


TOLERANCE = 4
"""Steps that a prediction may be off: the exact step depends on the prompt and on the model."""


@exercise(
    "4.2", task="set fixed_from to a number of steps, from 0 to 20.", reference="fixed_from = 7"
)
def fixed_from(answer: int, kept: dict[int, float], enough: float = 0.9) -> str:
    """Examines a prediction against {steps before the change: layout kept}."""
    last = max(kept) if kept else 0
    if not isinstance(answer, Real) or isinstance(answer, bool):
        raise Hint(f"expected a number of steps, got {answer!r}.")
    if answer > 20:
        raise Hint(f"{answer:g} looks like a timestep t. Count steps: the run has 20.")
    if answer < 0 or 0 < answer < 1:
        raise Hint(f"expected a number of steps from 0 to 20, got {answer:g}.")
    measured = round(first_reaching(kept, enough))
    told = f"the layout is kept to {enough} from about step {measured} on"
    if answer < measured - TOLERANCE:
        raise Hint(f"too early: {told}. At step {answer:g} the canvas is still mostly noise.")
    if answer > measured + TOLERANCE:
        late = min(answer, last)
        raise Hint(f"too late: {told}. Long before step {late:g} the guess has its layout.")
    return f"{told[0].upper()}{told[1:]}. You said {answer:g}."


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


@exercise(
    "4.3",
    task="write fewest_steps(distances, tolerance), the smallest number of steps that is close "
    "enough.",
    reference=_FEWEST_CODE,
)
def fewest_steps(answer: Callable[[dict[int, float], float], int]) -> str:
    """Examines a function ({steps: distance}, tolerance) -> steps."""
    measured = {50: 0.04, 20: 0.08, 100: 0.02, 5: 0.30, 2: 0.70, 10: 0.10}
    result = outcome(answer, dict(measured), 0.10)
    if not isinstance(result, Real):
        raise Hint(f"expected one number of steps, got {type(result).__name__}.")
    hints = {
        20: "a distance equal to the tolerance is close enough: <=, not <.",
        50: "this is the first entry that is close enough. Entries come in any order: take min.",
        100: "this is the most exact one. Asked for is the *cheapest* that is close enough: min.",
        5: "5 steps are 0.3 away, more than the tolerance. Which side of it do you keep?",
        2: "2 steps are 0.7 away, more than the tolerance. Keep only those within it.",
        6: "this counts the entries. Return the number of steps, a key of the dictionary.",
        4: "this counts the entries that are close enough. Return the smallest of their keys.",
    }
    if result != 10:
        far = "this is a distance. Return the number of steps, a key of the dictionary."
        for_any = f"at tolerance 0.1 expected 10 for {measured}, got {result}."
        raise Hint(hints.get(result, far if result in measured.values() else for_any))
    if answer(dict(measured), 0.50) != 5:
        raise Hint("another tolerance, 0.5, should give 5. Compare with your argument tolerance.")
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
    if not isinstance(answer, dict) or answer.keys() != _PAIRS.keys():
        raise Hint("expected the dictionary with its four pairs. Change only what follows a colon.")
    for pair, said in answer.items():
        if not isinstance(said, bool):
            raise Hint(f"{pair}: expected True or False, got {said!r}.")
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


@exercise(
    "4.5",
    task="write project(points), which takes (N, D) to (N, 2) along the two widest directions.",
    reference=metrics.project,
)
def project(answer: Callable[[Tensor], Tensor]) -> str:
    """Examines a function (N, D) -> (N, 2), up to the signs of the two axes."""
    generator = torch.Generator().manual_seed(4)
    widths = torch.tensor([0.3, 4.0, 1.0, 2.0, 0.1])
    offset = torch.tensor([3.0, -6.0, 1.0, 9.0, 2.0])
    points = torch.randn(9, 5, generator=generator) * widths + offset  # (9, 5)
    result = outcome(answer, points.clone())
    if not isinstance(result, Tensor):
        raise Hint(f"expected a tensor, got {type(result).__name__}.")
    if result.shape != (9, 2):
        raise Hint(_shape_hint(tuple(result.shape)))
    if not _same_up_to_sign(result, metrics.project(points)):
        for wrong, words in _projection_mistakes(points):
            if _same_up_to_sign(result, wrong):
                raise Hint(words)
        raise Hint("these are not the coordinates along the two widest axes: (points - mean) @ V.")
    return "You have done a principal component analysis by hand."


def _shape_hint(got: tuple[int, ...]) -> str:
    known = {
        (2, 9): "turn it round: one row for each point.",
        (2, 5): "these are the two axes. Now project: (points - mean) @ axes.T.",
        (5, 2): "these are the two axes. Now project: (points - mean) @ axes.T.",
        (9, 5): "all five coordinates are there. Keep the first two.",
        (9,): "this is one coordinate. Keep two axes: [:2].",
    }
    advice = known.get(got, "two coordinates for each of the nine points.")
    return f"for 9 points of 5 numbers expected the shape (9, 2), got {got}: {advice}"


def _projection_mistakes(points: Tensor) -> list[tuple[Tensor, str]]:
    """What project returns by a mistake, and the hint for it."""
    centred = points - points.mean(dim=0)
    left, widths, axes = torch.linalg.svd(centred, full_matrices=False)
    raw = torch.linalg.svd(points, full_matrices=False).Vh
    by_point = points - points.mean(dim=1, keepdim=True)
    overall = points - points.mean()
    mean_first = "take away the mean of each column first: points.mean(dim=0)."
    unscaled = "the columns of U all have length 1. Scale them: U[:, :2] * S[:2]."
    columns = "linalg.svd returns V transposed: its *rows* are the axes, so take [:2], then .T."
    narrow = "these are the two narrowest axes. S falls, so the widest come first: [:2]."
    return [
        (points @ raw[:2].T, f"the points are not centred: {mean_first}"),
        (points @ axes[:2].T, "the axes are right, but the points you project are not centred."),
        (_plane(by_point), f"you took away the mean of each point (dim=1): {mean_first}"),
        (_plane(overall), f"you took away one mean of all numbers: {mean_first}"),
        (left[:, :2], unscaled),
        (centred @ axes[:, :2], columns),
        (centred @ axes[-2:].T, narrow),
        (centred @ axes[-2:].flip(0).T, narrow),
        (left[:, :2] * widths[:2].square(), "you scale with S squared. The coordinates are U S."),
        (
            points[:, :2],
            "these are the first two numbers of each point. Find the axes with an SVD.",
        ),
    ]


def _plane(points: Tensor) -> Tensor:
    """Coordinates along the two widest axes of points as they are, not centred."""
    return points @ torch.linalg.svd(points, full_matrices=False).Vh[:2].T


def _same_up_to_sign(a: Tensor, b: Tensor) -> bool:
    """Whether (N, 2) agree, each column up to its sign."""
    signs = torch.where((a.double() * b.double()).sum(0) < 0, -1.0, 1.0)
    return torch.allclose(a.double() * signs, b.double(), rtol=1e-3, atol=1e-3)


def _close(a: Tensor, b: Tensor) -> bool:
    return torch.allclose(a.float(), b.float(), rtol=1e-3, atol=1e-3)
