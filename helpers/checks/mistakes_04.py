"""What learners write for lesson 04 by mistake, and the hint that each deserves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from .. import metrics
from ..records import StepRecord

Distances = dict[int, float]


def guesses(records: Callable[..., list[StepRecord]]) -> dict[str, Callable[..., Tensor]]:
    """Plausible mistakes of 4.1: hint -> what comes out."""

    def collect(name: str = "x0_hat", keep: slice = slice(None), **changes: Any) -> Callable:
        return lambda _, prompt, seed, steps: torch.cat(
            [getattr(step, name) for step in records(prompt, seed, steps, **changes)[keep]]
        )

    noise = "the noise. The guess of the picture is step.x0_hat."
    canvas = "the canvas before the step. The guess of the picture is step.x0_hat."
    after = "the canvas after the step. The guess of the picture is step.x0_hat."
    other = {"x_t": canvas, "x_prev": after} | dict.fromkeys(
        ("eps", "eps_cond", "eps_uncond"), noise
    )
    guess = collect()
    return {f"these are the {n} of the run, {words}": collect(n) for n, words in other.items()} | {
        "the axis of the batch is still there. Take step.x0_hat[0], the only picture.": (
            lambda *run: guess(*run)[:, None]
        ),
        "this is one guess, the first. Collect one at every step, and return after the loop.": (
            lambda *run: guess(*run)[0]
        ),
        "this is one guess, the first, as a batch. Collect one at every step, and return after the "
        "loop.": lambda *run: guess(*run)[:1],
        "this is one guess, the last. Collect one at every step of the loop.": (
            lambda *run: guess(*run)[-1]
        ),
        "this is one guess, the last, as a batch. Collect one at every step of the loop.": (
            lambda *run: guess(*run)[-1:]
        ),
        "the first step is missing.": collect(keep=slice(1, None)),
        "the last step is missing.": collect(keep=slice(None, -1)),
        "the order is reversed. The run goes from noise to picture, and so do the records.": (
            lambda *run: guess(*run).flip(0)
        ),
        "the channels are missing: step.x0_hat[0] is a picture, step.x0_hat[0][0] one channel.": (
            lambda *run: guess(*run)[:, 0]
        ),
        "all runs come from seed 0. Pass your argument on: seed=seed.": (
            lambda pipe, prompt, seed, steps: guess(pipe, prompt, 0, steps)
        ),
        "these are the guesses of a run with ddim. Leave the scheduler to the pipeline: pass on "
        "prompt, seed and steps alone.": collect(scheduler="ddim"),
    }  # fmt: skip


def _within(distances: Distances, tolerance: float) -> Distances:
    return {steps: far for steps, far in distances.items() if far <= tolerance}


_KEY = "Return the number of steps, a key of the dictionary."
_FAR = "that many steps are further away than the tolerance. Keep only those within it."
FEWEST_STEPS: dict[str, Callable] = {
    "a distance equal to the tolerance is close enough: <=, not <.": (
        lambda d, tol: min(n for n in d if d[n] < tol)
    ),
    "this is the first entry that is close enough. Entries come in any order: take min(...).": (
        lambda d, tol: next(iter(_within(d, tol)))
    ),
    "this is the last entry that is close enough. Entries come in any order: take min(...).": (
        lambda d, tol: [*_within(d, tol)][-1]
    ),
    "this is the largest number of steps that is close enough. Asked for is the smallest: "
    "min(...).": lambda d, tol: max(_within(d, tol)),
    "this is the entry that is nearest of all. Asked for is the smallest number of steps that "
    "is close enough: min(...) over the steps.": lambda d, tol: min(d, key=d.get),
    "this is the entry whose distance is nearest to the tolerance. Of all that are close enough "
    "take the smallest number of steps.": lambda d, tol: max(_within(d, tol), key=d.get),
    f"this is the smallest of all. But {_FAR}": lambda d, tol: min(d),
    f"this is the largest of all. But {_FAR}": lambda d, tol: max(d),
    f"you keep the wrong side: {_FAR}": lambda d, tol: max(n for n in d if d[n] > tol),
    f"this is the smallest distance. {_KEY}": lambda d, tol: min(d.values()),
    f"this is the largest distance that is close enough. {_KEY}": (
        lambda d, tol: max(_within(d, tol).values())
    ),
    f"this is the distance of the right entry. {_KEY}": lambda d, tol: d[min(_within(d, tol))],
    f"this counts the entries that are close enough. {_KEY}": lambda d, tol: len(_within(d, tol)),
    f"this counts all entries. {_KEY}": lambda d, tol: len(d),
}  # fmt: skip
"""Of 4.3."""


def _centred(points: Tensor) -> Tensor:
    return points - points.mean(dim=0)


def _svd(points: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """U, S and V^T of the centred points."""
    return torch.linalg.svd(_centred(points), full_matrices=False)


def _plane(points: Tensor) -> Tensor:
    """Coordinates along the two widest axes of points as they are, not centred."""
    return points @ torch.linalg.svd(points, full_matrices=False).Vh[:2].T


_MEAN = "take away the mean of each column first: points.mean(dim=0)."
_AXES = "of the two axes. Now project: (points - mean) @ axes."
_NARROW = "these are the two narrowest axes. Take the two widest."
PROJECT: dict[str, Callable[[Tensor], Tensor]] = {
    f"the points are not centred: {_MEAN}": _plane,
    "the axes are right, but the points you project are not centred.": (
        lambda p: p @ _svd(p)[2][:2].T
    ),
    "the points you project are centred, but the axes are those of points that are not.": (
        lambda p: _centred(p) @ torch.linalg.svd(p, full_matrices=False).Vh[:2].T
    ),
    f"you took away the mean of each point (dim=1): {_MEAN}": (
        lambda p: _plane(p - p.mean(dim=1, keepdim=True))
    ),
    f"you took away one mean of all numbers: {_MEAN}": lambda p: _plane(p - p.mean()),
    "each column was divided by its spread. Take away its mean only: the widths count.": (
        lambda p: _plane(_centred(p) / p.std(dim=0))
    ),
    "the columns of U all have length 1. Scale them: U[:, :2] * S[:2].": (
        lambda p: _svd(p)[0][:, :2]
    ),
    "the rows of U belong to the points, its columns to the axes: U[:, :2] * S[:2].": (
        lambda p: _svd(p)[0][:2].T
    ),
    "you scale with S squared. The coordinates are U S.": (
        lambda p: _svd(p)[0][:, :2] * _svd(p)[1][:2].square()
    ),
    "linalg.svd returns V transposed: its *rows* are the axes, so take [:2], then .T.": (
        lambda p: _centred(p) @ _svd(p)[2][:, :2]
    ),
    f"{_NARROW} S falls, so the widest come first: [:2].": (
        lambda p: _centred(p) @ _svd(p)[2][-2:].T
    ),
    f"{_NARROW} S falls, so they come first: [:2].": (
        lambda p: _centred(p) @ _svd(p)[2][-2:].flip(0).T
    ),
    "the two axes are exchanged: the widest comes first.": (
        lambda p: metrics.project(p).flip(1)
    ),
    "these are the second and the third axis. Counting begins at 0: [:2].": (
        lambda p: _centred(p) @ _svd(p)[2][1:3].T
    ),
    "these are the first two numbers of each point. Find the axes with an SVD.": (
        lambda p: p[:, :2]
    ),
    "these are the first two numbers of each centred point. Find the axes with an SVD.": (
        lambda p: _centred(p)[:, :2]
    ),
    f"these are the rows {_AXES}": lambda p: _svd(p)[2][:2],
    f"these are the columns {_AXES}": lambda p: _svd(p)[2][:2].T,
    "turn it round: one row for each point, (N, 2).": lambda p: metrics.project(p).T,
    "all coordinates are there. Keep the first two.": lambda p: _centred(p) @ _svd(p)[2].T,
    "this is one coordinate. Keep two axes: [:2].": lambda p: metrics.project(p)[:, 0],
    "this is one coordinate for each point. Keep two axes: [:2].": (
        lambda p: metrics.project(p)[:, :1]
    ),
    "these are three coordinates. Keep two axes: [:2].": (
        lambda p: _centred(p) @ _svd(p)[2][:3].T
    ),
}  # fmt: skip
"""Of 4.5, (N, D) -> (N, 2)."""
