"""What learners write for lesson 12 by mistake, and the hint that each deserves."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor

from .. import dit, flow
from ..language import _

Network = Callable[[Tensor, Tensor], Tensor]
Loss = Callable[[Network, Tensor, Tensor, Tensor], Tensor]


def _square(difference: Tensor) -> Tensor:
    return difference.square().mean()


FLOW_LOSS: dict[str, Loss] = {
    _("the ends are swapped: at t = 0 the mixture is x0, at t = 1 noise. So (1 - t) x0 + t eps."): (
        lambda n, x0, eps, t: _square(n(t * x0 + (1 - t) * eps, t) - (eps - x0))
    ),
    _(
        "the target points from noise to data. Along growing t the way leads from x0 to eps: eps - "
        "x0."
    ): lambda n, x0, eps, t: _square(n(flow.mix(x0, eps, t), t) - (x0 - eps)),
    _("the network shall name the direction eps - x0, not the noise."): (
        lambda n, x0, eps, t: _square(n(flow.mix(x0, eps, t), t) - eps)
    ),
    _("the network shall name the direction eps - x0, not the clean point."): (
        lambda n, x0, eps, t: _square(n(flow.mix(x0, eps, t), t) - x0)
    ),
    _(
        "this is the mixture of a diffusion, with roots. On a straight line the weights are 1 - t "
        "and t."
    ): lambda n, x0, eps, t: _square(n((1 - t) ** 0.5 * x0 + t**0.5 * eps, t) - (eps - x0)),
    _("the network is asked at x0. Ask it at the mixture x_t."): (
        lambda n, x0, eps, t: _square(n(x0, t) - (eps - x0))
    ),
    _("the network is asked at the noise. Ask it at the mixture x_t."): (
        lambda n, x0, eps, t: _square(n(eps, t) - (eps - x0))
    ),
    _("the target is scaled with t. The direction is the same at every t: eps - x0."): (
        lambda n, x0, eps, t: _square(n(flow.mix(x0, eps, t), t) - t * (eps - x0))
    ),
    _("these are squares added up. Take their mean, which does not grow with the batch."): (
        lambda n, x0, eps, t: (n(flow.mix(x0, eps, t), t) - (eps - x0)).square().sum()
    ),
    _("this is the mean absolute difference. Flow matching squares it."): (
        lambda n, x0, eps, t: (n(flow.mix(x0, eps, t), t) - (eps - x0)).abs().mean()
    ),
    _("these are the squares one by one. One number is asked: their mean."): (
        lambda n, x0, eps, t: (n(flow.mix(x0, eps, t), t) - (eps - x0)).square()
    ),
    _("this is the mean difference, in which errors of both signs cancel. Square it first."): (
        lambda n, x0, eps, t: (n(flow.mix(x0, eps, t), t) - (eps - x0)).mean()
    ),
    _("the target is x0 + eps. The direction is a difference: eps - x0."): (
        lambda n, x0, eps, t: _square(n(flow.mix(x0, eps, t), t) - (eps + x0))
    ),
}
"""Of 12.1."""

Field = Callable[[Tensor, float], Tensor]
Euler = Callable[[Field, Tensor, int], Tensor]


def _walked(move: Callable[[Field, Tensor, float, float], Tensor], times: Callable) -> Euler:
    """An Euler loop with another step or other times."""

    def euler(field: Field, x: Tensor, steps: int) -> Tensor:
        for now, after in pairwise(times(steps)):
            x = move(field, x, now, after)
        return x

    return euler


def _right_times(steps: int) -> list[float]:
    return [1 - k / steps for k in range(steps + 1)]


EULER: dict[str, Euler | tuple[Euler, ...]] = {
    _(
        "it walks the wrong way: t falls, so t_next - t is negative. Add (t_next - t) times the "
        "velocity."
    ): _walked(lambda f, x, t, s: x - (s - t) * f(x, t), _right_times),
    _("it starts at t = 0. Noise is at t = 1: let t fall from 1 to 0."): _walked(
        lambda f, x, t, s: x + (s - t) * f(x, t), lambda n: [k / n for k in range(n + 1)]
    ),
    _("the velocity is asked at the end of the step. Euler asks where the step begins."): _walked(
        lambda f, x, t, s: x + (s - t) * f(x, s), _right_times
    ),
    _("one step is missing: `steps` steps need steps + 1 times, 1 and 0 included."): (
        _walked(
            lambda f, x, t, s: x + (s - t) * f(x, t),
            lambda n: [1 - k / n for k in range(n)],
        ),
        _walked(
            lambda f, x, t, s: x + (s - t) * f(x, t),
            lambda n: [1 - k / max(n - 1, 1) for k in range(n)],
        ),
    ),
    _("the velocity is asked once, at the start. Ask it again at every step."): (
        lambda f, x, n: x - f(x, 1.0)
    ),
    _("each step has length 1. It has length 1 / steps."): _walked(
        lambda f, x, t, s: x - f(x, t), _right_times
    ),
    _("it jumps to the end in every step. Go only as far as t_next."): _walked(
        lambda f, x, t, s: x - t * f(x, t), _right_times
    ),
    _("x is not moved: give the new x to the next step, and return it after the last."): (
        lambda f, x, n: x
    ),
}
"""Of 12.2."""


def _cut(latents: Tensor, size: int, order: tuple[int, ...]) -> Tensor:
    b, c, h, w = latents.shape
    cut = latents.reshape(b, c, h // size, size, w // size, size).permute(*order)
    return cut.reshape(b, (h // size) * (w // size), size * size * c)


PATCHIFY: dict[str, Callable[[Tensor, int], Tensor]] = {
    _(
        "the shape is right, but it is only reshaped: a token must hold neighbours in both "
        "directions. Cut height and width, then permute."
    ): (lambda x, p: x.reshape(len(x), -1, p * p * x.shape[1])),
    _(
        "the numbers of a token are channel by channel. The channels of one location belong "
        "together: C comes last."
    ): lambda x, p: _cut(x, p, (0, 2, 4, 1, 3, 5)),
    _("the squares are counted column by column. Count them row by row."): (
        lambda x, p: _cut(x, p, (0, 4, 2, 3, 5, 1))
    ),
    _("inside a square you go down first. Go along a row first: p1 before p2."): (
        lambda x, p: _cut(x, p, (0, 2, 4, 5, 3, 1))
    ),
    _("axes are mixed up: rows of squares and rows inside a square have changed places."): (
        lambda x, p: _cut(x, p, (0, 3, 5, 2, 4, 1))
    ),
    _("tokens and their numbers are swapped: (B, tokens, numbers), please."): (
        lambda x, p: dit.patchify(x, p).mT
    ),
    _("one picture only came back. Keep the axis of the batch."): (
        lambda x, p: dit.patchify(x, p)[0]
    ),
    _("a patch is averaged. Keep all its numbers: a token has size * size * C of them."): (
        lambda x, p: torch.nn.functional.avg_pool2d(x, p).flatten(2).mT
    ),
}
"""Of 12.4."""

Jump = Callable[[Tensor, Tensor], Tensor]
Far = Callable[[Jump, Tensor, Tensor], Tensor]


def _each(measure: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Far:
    """measure(answer, x_t, end) for each point of a path."""

    def far(jump: Jump, path: Tensor, times: Tensor) -> Tensor:
        found = [measure(jump(x, t), x, path[-1]) for x, t in zip(path, times, strict=True)]
        return torch.stack(found)

    return far


FAR: dict[str, Far] = {
    _("you compare the answers with the path's start. Its end is path[-1]."): (
        lambda j, path, times: torch.stack(
            [_square(j(x, t) - path[0]).sqrt() for x, t in zip(path, times, strict=True)]
        )
    ),
    _("you compare the points themselves with the end. Compare what jump answers there."): _each(
        lambda answer, x, end: _square(x - end).sqrt()
    ),
    _("you compare each answer with the point where it was given. Compare it with the end."): _each(
        lambda answer, x, end: _square(answer - x).sqrt()
    ),
    _("the root is missing: this is the mean square."): _each(
        lambda answer, x, end: _square(answer - end)
    ),
    _("this is the mean absolute difference. Take the root of the mean square."): _each(
        lambda answer, x, end: (answer - end).abs().mean()
    ),
    _("differences of both signs cancel. Square before the mean."): _each(
        lambda answer, x, end: (answer - end).mean()
    ),
    _("this is one number for the whole path. One for each point is asked."): (
        lambda j, path, times: torch.stack(
            [_square(j(x, t) - path[-1]).sqrt() for x, t in zip(path, times, strict=True)]
        ).mean()
    ),
    _(
        "this is the length of the difference, which grows with the size of the latents. Take the "
        "root of the *mean* square."
    ): _each(lambda answer, x, end: (answer - end).norm()),
}
"""Of 12.5."""
