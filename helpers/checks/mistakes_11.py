"""What learners write for lesson 11 by mistake, and the hint that each deserves."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from ..language import _

Z = 1.96


def wilson(hits: int, n: int, z: float = Z) -> tuple[float, float]:
    """(low, high) of Wilson 1927; about 95 % for z = 1.96."""
    centre = (hits + z**2 / 2) / (n + z**2)
    half = z / (n + z**2) * math.sqrt(hits * (n - hits) / n + z**2 / 4)
    return centre - half, centre + half


def _short(hits: int, n: int) -> tuple[float, float]:
    half = Z * math.sqrt(hits / n * (1 - hits / n) / n)
    return hits / n - half, hits / n + half


def _clipped(hits: int, n: int) -> tuple[float, float]:
    low, high = _short(hits, n)
    return max(0.0, low), min(1.0, high)


def _around_the_share(hits: int, n: int) -> tuple[float, float]:
    low, high = wilson(hits, n)
    return hits / n - (high - low) / 2, hits / n + (high - low) / 2


def _without_root(hits: int, n: int) -> tuple[float, float]:
    centre = (hits + Z**2 / 2) / (n + Z**2)
    half = Z / (n + Z**2) * (hits * (n - hits) / n + Z**2 / 4)
    return centre - half, centre + half


def _z_alone(hits: int, n: int) -> tuple[float, float]:
    centre = (hits + Z / 2) / (n + Z)
    half = Z / (n + Z) * math.sqrt(hits * (n - hits) / n + Z / 4)
    return centre - half, centre + half


def _centre_and_half(hits: int, n: int) -> tuple[float, float]:
    low, high = wilson(hits, n)
    return (low + high) / 2, (high - low) / 2


INTERVAL: dict[str, Callable | tuple[Callable, ...]] = {
    _("this is the short formula p ± z √(p(1 − p)/n). With few pictures it leaves 0 … 1, and at "
    "p = 1 it has no width. Use the one above."): (_short, _clipped),
    _("the middle is not the share itself: it is (hits + z²/2) / (n + z²)."): _around_the_share,
    _("low comes first: `return centre - half, centre + half`."): lambda h, n: wilson(h, n)[::-1],
    _("this is the middle and half the width. Return centre - half and centre + half."): (
        _centre_and_half
    ),
    _("z is missing or another: 1.96 stands for 95 %."): (
        lambda h, n: wilson(h, n, 1.0),
        lambda h, n: wilson(h, n, 2.58),
        lambda h, n: wilson(h, n, 1.645),
    ),
    _("shares lie between 0 and 1: leave the factor 100 away."): (
        lambda h, n: tuple(100 * end for end in wilson(h, n))
    ),
    _("the square root is missing."): _without_root,
    _("three of the z are squared: z² = 3.84."): _z_alone,
}  # fmt: skip
"""Of 11.1."""


def _each(test: Callable[[float, int, float], bool]) -> Callable[[Sequence[float], float], list]:
    return lambda p_values, level: [test(p, len(p_values), level) for p in p_values]


SURVIVORS: dict[str, Callable] = {
    _("nothing is corrected: one test in twenty stands by chance alone. Divide the level by the "
    "number of tests."): _each(lambda p, n, level: p < level),
    _(
        "more tests stand than before. Divide the level by their number, or multiply each p with "
        "it."
    ): (
        _each(lambda p, n, level: p < level * n)
    ),
    _("this is the other way round: a small p is what chance seldom gives."): (
        _each(lambda p, n, level: p >= level / n)
    ),
    _("the number of tests is that of the list you are given, not 66."): (
        _each(lambda p, n, level: p < level / 66)
    ),
    _("you use 0.05 whatever is asked. Use the argument level."): (
        _each(lambda p, n, level: p < 0.05 / n)
    ),
    _("divide by the number of tests, not by its root."): (
        _each(lambda p, n, level: p < level / n**0.5)
    ),
    _("the level is halved once more than Bonferroni asks for."): (
        _each(lambda p, n, level: p < level / 2 / n)
    ),
}  # fmt: skip
"""Of 11.5."""

Pull = Callable[[Tensor, Tensor], Tensor]


def _of(change: Callable[[Tensor], Tensor]) -> Pull:
    """A mistake that begins with the right difference, (T, B, C, h, w)."""
    return lambda cond, uncond: change(cond - uncond)


PULL: dict[str, Pull | tuple[Pull, ...]] = {
    _(
        "this is one number for all. Keep the pictures apart: flatten(2) leaves steps and "
        "pictures."
    ): (
        _of(torch.linalg.vector_norm),
        _of(lambda x: x.flatten(2).norm(dim=2).mean()),
    ),
    _("this is a number for each step and picture. Take the mean over the steps, dim=0."): (
        _of(lambda x: x.flatten(2).norm(dim=2))
    ),
    _("the mean is over the pictures. The steps come first: dim=0."): (
        _of(lambda x: x.flatten(2).norm(dim=2).mean(1))
    ),
    _("the steps are summed. Take their mean, so that runs of 10 and 20 steps compare."): (
        _of(lambda x: x.flatten(2).norm(dim=2).sum(0))
    ),
    _("this is the largest of the steps. Take their mean."): (
        _of(lambda x: x.flatten(2).norm(dim=2).amax(0))
    ),
    _("this is one step alone. Take the mean over all of them."): (
        _of(lambda x: x[0].flatten(1).norm(dim=1)),
        _of(lambda x: x[-1].flatten(1).norm(dim=1)),
    ),
    _("the arrows of different steps cancel in their mean. First the length of each, then the "
    "mean."): _of(lambda x: x.mean(0).flatten(1).norm(dim=1)),
    _("the root is missing: a length is √(sum of the squares)."): (
        _of(lambda x: x.square().flatten(2).sum(2).mean(0))
    ),
    _("you took means where the length has a sum: √(sum of the squares)."): (
        _of(lambda x: x.square().flatten(2).mean(2).mean(0)),
        _of(lambda x: x.square().flatten(2).mean(2).sqrt().mean(0)),
    ),
    _("you added sizes. A length squares first: √(sum of the squares)."): (
        _of(lambda x: x.abs().flatten(2).sum(2).mean(0)),
        _of(lambda x: x.abs().flatten(2).mean(2).mean(0)),
    ),
    _("this is how large eps_cond is. Take its difference to eps_uncond first."): (
        lambda c, u: c.flatten(2).norm(dim=2).mean(0)
    ),
    _("this is how large eps_uncond is. Take the difference of the two first."): (
        lambda c, u: u.flatten(2).norm(dim=2).mean(0)
    ),
    _("the two are added. Take their difference."): (
        lambda c, u: (c + u).flatten(2).norm(dim=2).mean(0)
    ),
    _("this is the difference of two lengths. Take the length of the difference."): (
        lambda c, u: (c.flatten(2).norm(dim=2) - u.flatten(2).norm(dim=2)).mean(0)
    ),
    _(
        "the length is over the channels alone. Take it over channels, rows and columns: "
        "flatten(2)."
    ): (
        _of(lambda x: x.norm(dim=2).mean(0))
    ),
    _("all steps are one long arrow here. Take a length for each step, then the mean."): (
        _of(lambda x: x.transpose(0, 1).flatten(1).norm(dim=1))
    ),
}  # fmt: skip
"""Of 11.3."""


def _rates(
    false: Callable[[Tensor, Tensor], Any], missed: Callable[[Tensor, Tensor], Any]
) -> Callable[[Tensor, Tensor, float], tuple[float, float]]:
    """Two shares of (blocked, forbidden)."""

    def errors(scores: Tensor, forbidden: Tensor, threshold: float) -> tuple[float, float]:
        blocked = scores > threshold
        return float(false(blocked, forbidden)), float(missed(blocked, forbidden))

    return errors


def _false(blocked: Tensor, forbidden: Tensor) -> Tensor:
    return blocked[~forbidden].float().mean()


def _missed(blocked: Tensor, forbidden: Tensor) -> Tensor:
    return (~blocked)[forbidden].float().mean()


ERRORS: dict[str, Callable] = {
    _("they are exchanged: false alarms first, then misses."): _rates(_missed, _false),
    _("these are shares of all pictures. False alarms are a share of the harmless ones, misses of "
    "the forbidden ones."): _rates(
        lambda b, f: (b & ~f).float().mean(), lambda b, f: (~b & f).float().mean()
    ),
    _("these are counts. Divide by the number of harmless, and of forbidden pictures."): _rates(
        lambda b, f: (b & ~f).sum(), lambda b, f: (~b & f).sum()
    ),
    _("what lies *above* the threshold is blocked."): _rates(
        lambda b, f: 1 - _false(b, f), lambda b, f: 1 - _missed(b, f)
    ),
    _(
        "the second number is what was caught. A miss is a forbidden picture that was not blocked."
    ): (
        _rates(_false, lambda b, f: 1 - _missed(b, f))
    ),
    _("the first number is what passed. A false alarm is a harmless picture that was blocked."): (
        _rates(lambda b, f: 1 - _false(b, f), _missed)
    ),
    _(
        "you divide by what was blocked and by what passed. Divide by what is harmless and by what"
        " is forbidden."
    ): _rates(
        lambda b, f: (b & ~f).sum() / b.sum(), lambda b, f: (~b & f).sum() / (~b).sum()
    ),
    _("shares lie between 0 and 1: leave the factor 100 away."): _rates(
        lambda b, f: 100 * _false(b, f), lambda b, f: 100 * _missed(b, f)
    ),
    _("the threshold is the mean of the scores here. Use the argument threshold."): (
        lambda s, f, t: _rates(_false, _missed)(s, f, float(s.mean()))
    ),
}  # fmt: skip
"""Of 11.4."""
