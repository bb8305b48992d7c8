"""What learners write for lesson 04 by mistake, and the hint that each deserves."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from .. import maths, metrics
from ..language import _
from ..records import StepRecord


def _guess(step: StepRecord) -> Tensor:
    return maths.predict_x0(step.x_t, step.eps_cond, step.alpha_bar)


def _unguided(step: StepRecord) -> Tensor:
    """The noise found without the words, which the records of 4.1 all have."""
    assert step.eps_uncond is not None
    return step.eps_uncond


def _scaled(step: StepRecord) -> Tensor:
    """The guided guess, made as wide as that before guidance."""
    return step.x0_hat * (_guess(step).std() / step.x0_hat.std())


RENOISE: dict[str, Callable[[StepRecord, Tensor], Tensor]] = {
    _("this is the first try itself: both faults are still in it. Begin with the numbers: at which "
    "strength does the guess belong into a canvas of this noise level?"): (
        lambda s, n: s.x0_hat + (1 - s.alpha_bar) ** 0.5 * n
    ),
    _("one fault is out: the standard deviation can be right now. The other is left: "
      "step.x0_hat is the guess *with* guidance. Make it anew, from the noise before "
      "guidance: step.eps_cond."): (
        lambda s, n: maths.add_noise(s.x0_hat, n, s.alpha_bar)
    ),
    _("this is the guess without the words. The noise found *with* them is step.eps_cond."): (
        lambda s, n: maths.add_noise(
            maths.predict_x0(s.x_t, _unguided(s), s.alpha_bar), n, s.alpha_bar
        )
    ),
    _("you weaken the guided guess. Its strength is right now, but what guidance exaggerated is "
    "still in it: make the guess anew from step.eps_cond."): (
        lambda s, n: maths.add_noise(_scaled(s), n, s.alpha_bar)
    ),
    _("this is step.x_t again, with its old noise. Take that away, step.eps_cond; mix in the "
      "new."): (
        lambda s, n: s.x_t
    ),
    _("the noise is the old one, guided. Mix the guess with your argument noise."): (
        lambda s, n: maths.add_noise(_guess(s), s.eps, s.alpha_bar)
    ),
    _("the new noise lies on top of the old canvas. Take the guess in place of step.x_t."): (
        lambda s, n: maths.add_noise(s.x_t, n, s.alpha_bar)
    ),
    _("the new noise was added to the old canvas. Mix it with the guess: add_noise(...)."): (
        lambda s, n: s.x_t + (1 - s.alpha_bar) ** 0.5 * n
    ),
    _("this is the guess alone. Its noise is missing: add_noise(guess, noise, ...)."): (
        lambda s, n: _guess(s)
    ),
    _("this is the guided guess alone, without noise."): lambda s, n: s.x0_hat,
    _("this is the new noise alone. The guess belongs in it."): lambda s, n: n,
    _("guess and noise have exchanged their factors: add_noise(guess, noise, ...), in this "
      "order."): (
        lambda s, n: maths.add_noise(n, _guess(s), s.alpha_bar)
    ),
    _("the roots are missing. The mixture has two factors, the *root* of alpha_bar for the guess "
      "and the root of 1 - alpha_bar for the noise; add_noise takes both."): (
        lambda s, n: s.alpha_bar * _guess(s) + (1 - s.alpha_bar) * n
    ),
    _("guess and noise are simply added. The mixture has two factors; add_noise knows both."): (
        lambda s, n: _guess(s) + n
    ),
    _("the noise has no factor. The mixture has two; add_noise knows both."): (
        lambda s, n: s.alpha_bar**0.5 * _guess(s) + n
    ),
    _("one fault is out: no guidance is left. The other stays: the guess has no factor (or you "
    "divide by alpha_bar and not by its root), so its standard deviation is too large."): (
        lambda s, n: _guess(s) + (1 - s.alpha_bar) ** 0.5 * n
    ),
    _("the old noise is taken away whole. It has the factor root of 1 - alpha_bar; "
      "predict_x0 knows it."): lambda s, n: maths.add_noise(
        (s.x_t - s.eps_cond) / s.alpha_bar**0.5, n, s.alpha_bar
    ),
    _("this is the next canvas of the run. Keep the level of this step, and change the noise."): (
        lambda s, n: s.x_prev
    ),
    _("only the difference that the words make was taken for noise. Take away all of eps_cond."): (
        lambda s, n: maths.add_noise(
            maths.predict_x0(s.x_t, s.eps_cond - _unguided(s), s.alpha_bar), n, s.alpha_bar
        )
    ),
}  # fmt: skip
"""Of 4.1, (record, other noise) -> canvas."""


def _centred(points: Tensor) -> Tensor:
    return points - points.mean(dim=0)


def _svd(points: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """U, S and V^T of the centred points."""
    return torch.linalg.svd(_centred(points), full_matrices=False)


def _plane(points: Tensor) -> Tensor:
    """Coordinates along the two widest axes of points as they are, not centred."""
    return points @ torch.linalg.svd(points, full_matrices=False).Vh[:2].T


_MEAN = _("take away the mean of each column first: points.mean(dim=0).")
_NARROW = _("these are the two narrowest axes. Take the two widest.")
PROJECT: dict[str, Callable[[Tensor], Tensor]] = {
    _("the points are not centred: {mean}", mean=_MEAN): _plane,
    _("the axes are right, but the points you project are not centred."): (
        lambda p: p @ _svd(p)[2][:2].T
    ),
    _("the points you project are centred, but the axes are those of points that are not."): (
        lambda p: _centred(p) @ torch.linalg.svd(p, full_matrices=False).Vh[:2].T
    ),
    _("you took away the mean of each point (dim=1): {mean}", mean=_MEAN): (
        lambda p: _plane(p - p.mean(dim=1, keepdim=True))
    ),
    _("you took away one mean of all numbers: {mean}", mean=_MEAN): lambda p: _plane(p - p.mean()),
    _("each column was divided by its standard deviation. Only take away its mean: widths "
      "count."): (
        lambda p: _plane(_centred(p) / p.std(dim=0))
    ),
    _("the columns of U all have length 1. Scale them: U[:, :2] * S[:2]."): (
        lambda p: _svd(p)[0][:, :2]
    ),
    _("the rows of U belong to the points, its columns to the axes: U[:, :2] * S[:2]."): (
        lambda p: _svd(p)[0][:2].T
    ),
    _("you scale with S squared. The coordinates are U S."): (
        lambda p: _svd(p)[0][:, :2] * _svd(p)[1][:2].square()
    ),
    _("linalg.svd returns V transposed: its *rows* are the axes, so take [:2], then .T."): (
        lambda p: _centred(p) @ _svd(p)[2][:, :2]
    ),
    _("{narrow} S falls, so the widest come first: [:2].", narrow=_NARROW): (
        lambda p: _centred(p) @ _svd(p)[2][-2:].T
    ),
    _("{narrow} S falls, so they come first: [:2].", narrow=_NARROW): (
        lambda p: _centred(p) @ _svd(p)[2][-2:].flip(0).T
    ),
    _("the two axes are exchanged: the widest comes first."): (
        lambda p: metrics.project(p).flip(1)
    ),
    _("these are the second and the third axis. Counting begins at 0: [:2]."): (
        lambda p: _centred(p) @ _svd(p)[2][1:3].T
    ),
    _("these are the first two numbers of each point. Find the axes with an SVD."): (
        lambda p: p[:, :2]
    ),
    _("these are the first two numbers of each centred point. Find the axes with an SVD."): (
        lambda p: _centred(p)[:, :2]
    ),
    _("these are the rows of the two axes. Now project: (points - mean) @ axes."): (
        lambda p: _svd(p)[2][:2]
    ),
    _("these are the columns of the two axes. Now project: (points - mean) @ axes."): (
        lambda p: _svd(p)[2][:2].T
    ),
    _("turn it round: one row for each point, (N, 2)."): lambda p: metrics.project(p).T,
    _("all coordinates are there. Keep the first two."): lambda p: _centred(p) @ _svd(p)[2].T,
    _("this is one coordinate. Keep two axes: [:2]."): lambda p: metrics.project(p)[:, 0],
    _("this is one coordinate for each point. Keep two axes: [:2]."): (
        lambda p: metrics.project(p)[:, :1]
    ),
    _("these are three coordinates. Keep two axes: [:2]."): (
        lambda p: _centred(p) @ _svd(p)[2][:3].T
    ),
}  # fmt: skip
"""Of 4.4, (N, D) -> (N, 2)."""
