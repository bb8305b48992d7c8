"""What learners write for 7.2, 7.3 and 7.4 by mistake, and the hint that each deserves."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..language import _

Layers = Iterable[tuple[int, int]]


def _grown(
    start: int = 1,
    add: Callable[[int], float] = lambda kernel: kernel - 1,
    jump: Callable[[int], float] = lambda stride: stride,
    *,
    stride_first: bool = False,
) -> Callable[[Layers], float]:
    """The loop with one thing changed."""

    def field(layers: Layers) -> float:
        side, step = float(start), 1.0
        for kernel, stride in layers:
            if stride_first:
                step *= jump(stride)
            side += add(kernel) * step
            if not stride_first:
                step *= jump(stride)
        return side

    return field


FIELD: dict[str, Callable[[Layers], float] | tuple[Callable[[Layers], float], ...]] = {
    _("the strides have no effect. After a stride of 2 each layer reaches twice as far."): (
        _grown(jump=lambda stride: 1)
    ),
    _("a layer's own stride comes too early: it counts for the layers after it."): (
        _grown(stride_first=True)
    ),
    _("you begin with 0. Before any layer one number depends on itself: begin with 1."): (
        _grown(start=0)
    ),
    _("each layer adds its whole kernel. The number in the middle is there already: kernel - 1."): (
        _grown(add=lambda kernel: kernel),
        _grown(start=0, add=lambda kernel: kernel),
    ),
    _("each layer adds to one side only. It reaches (kernel - 1) / 2 to the left and to the "
      "right."): (
        _grown(add=lambda kernel: kernel // 2)
    ),
    _("strides multiply, they don't add up: after 2 and 3 a step is 6 latents."): (
        lambda layers: _added(list(layers))
    ),
    _("you multiply the kernels. 3 after 3 is 5, not 9: each layer adds to what there is."): (
        lambda layers: math.prod(kernel for kernel, stride in layers)
    ),
    _("this is the product of the strides. Asked for is the side of the region."): (
        lambda layers: math.prod(stride for kernel, stride in layers)
    ),
    _("this is the number of latents in the region. Asked for is its side."): (
        lambda layers: _grown()(layers) ** 2
    ),
    _("only the first layer counts. Is `return` inside the loop?"): (
        lambda layers: _grown()(list(layers)[:1])
    ),
    _("only the last layer counts. Add to what the layers before gave."): (
        lambda layers: _grown()(list(layers)[-1:])
    ),
    _("the last layer is missing."): lambda layers: _grown()(list(layers)[:-1]),
    _("the layers are gone through backwards."): lambda layers: _grown()(list(layers)[::-1]),
}  # fmt: skip
"""Of 7.2."""


def _added(layers: Sequence[tuple[int, int]]) -> float:
    side, step = 1, 1
    for kernel, stride in layers:
        side += (kernel - 1) * step
        step += stride - 1
    return side


def _same(x: Tensor) -> Tensor:
    return x


def _block(
    *,
    silu1: Callable = F.silu,
    silu2: Callable = F.silu,
    silu_time: Callable = F.silu,
    norm1: bool = True,
    norm2: bool = True,
    before: float = 1.0,
    after: float = 0.0,
    plus: float = 1.0,
    swapped: bool = False,
    result: Callable[[Tensor], Tensor] = _same,
) -> Callable[[Any, Tensor, Tensor], Tensor]:
    """The block with one thing changed: a function left out, the time at another place."""

    def residual(block: Any, x: Tensor, time: Tensor) -> Tensor:
        shift = block.time_emb_proj(silu_time(time))[:, :, None, None]
        h = block.norm1(x) if norm1 else x
        h = block.norm1(silu1(x)) if swapped else silu1(h)
        h = block.conv1(h) + before * shift
        h = (block.norm2(h) if norm2 else h) if not swapped else block.norm2(silu2(h))
        h = block.conv2(h if swapped else silu2(h)) + after * shift
        kept = x if block.conv_shortcut is None else block.conv_shortcut(x)
        return result(plus * kept + h)

    return residual


def _without_shortcut(block: Any, x: Tensor, time: Tensor) -> Tensor:
    shift = block.time_emb_proj(F.silu(time))[:, :, None, None]
    h = block.conv1(F.silu(block.norm1(x))) + shift
    return x + block.conv2(F.silu(block.norm2(h)))


def _flat_time(block: Any, x: Tensor, time: Tensor) -> Tensor:
    return block.conv1(F.silu(block.norm1(x))) + block.time_emb_proj(F.silu(time))


def _first_half(block: Any, x: Tensor, time: Tensor) -> Tensor:
    shift = block.time_emb_proj(F.silu(time))[:, :, None, None]
    return block.conv1(F.silu(block.norm1(x))) + shift


RESIDUAL: dict[str, Callable[[Any, Tensor, Tensor], Tensor]] = {
    _("this is the broken block still: the time is added after the second convolution. Add it "
    "before norm2."): _block(before=0, after=1),
    _("the time is added twice. Once is enough: after conv1."): _block(before=1, after=1),
    _("the time has no effect. Add the shift after conv1."): _block(before=0),
    _("the time's SiLU is missing: block.time_emb_proj(F.silu(time))."): _block(silu_time=_same),
    _("the input is missing at the end. A residual block adds x to what it has worked out."): (
        _block(plus=0)
    ),
    _("the input is taken away at the end. Add it."): _block(plus=-1),
    _("the first SiLU is missing."): _block(silu1=_same),
    _("the second SiLU is missing."): _block(silu2=_same),
    _("both SiLUs are missing, so the convolutions melt into one."):
        _block(silu1=_same, silu2=_same),
    _("the first norm is missing."): _block(norm1=False),
    _("the second norm is missing."): _block(norm2=False),
    _("SiLU comes before the norm. First the norm, then SiLU."): _block(swapped=True),
    _("this is ReLU. The block was trained with SiLU."): (
        _block(silu1=torch.relu, silu2=torch.relu, silu_time=torch.relu)
    ),
    _("the shift lacks two axes: [:, :, None, None] makes (B, C) into (B, C, 1, 1)."): _flat_time,
    _("the second half is missing: norm2, SiLU, conv2, and the input."): _first_half,
    _("x has another number of channels than h here. Where the block has a conv_shortcut, send x "
    "through it before you add it."): _without_shortcut,
    _("the sum is halved. It is x + h."): _block(result=lambda y: y / 2),
}  # fmt: skip
"""Of 7.3."""

Measure = Callable[[int | None, int], Tensor]


def _ranked(
    harm: Callable[[Measure, int, Sequence[int]], float], *, most_first: bool = True
) -> Callable[[Measure, Sequence[int], Sequence[int]], list]:
    def most_needed(measure: Measure, skips: Sequence[int], times: Sequence[int]) -> list:
        return sorted(skips, key=lambda k: harm(measure, k, times), reverse=most_first)

    return most_needed


def _mean(measure: Measure, skip: int, times: Sequence[int]) -> float:
    return sum(float(measure(skip, t).mean()) for t in times)


MOST_NEEDED: dict[str, Callable[[Measure, Sequence[int], Sequence[int]], list]] = {
    _("the order is turned round. The one that is missed most comes first: reverse=True."): (
        _ranked(_mean, most_first=False)
    ),
    _("only the first time counts. Go through all of times."): (
        _ranked(lambda measure, k, times: _mean(measure, k, times[:1]))
    ),
    _("only the last time counts. Add up over all of times."): (
        _ranked(lambda measure, k, times: _mean(measure, k, times[-1:]))
    ),
    _("only the first picture counts. Take the mean over the pictures."): (
        _ranked(lambda measure, k, times: sum(float(measure(k, t)[0]) for t in times))
    ),
    _("the worst picture decides. Take the mean over all."): (
        _ranked(lambda measure, k, times: max(float(measure(k, t).max()) for t in times))
    ),
    _("the skips came back as they were. Sort them by their harm."): (
        lambda measure, skips, times: list(skips)
    ),
    _("they are sorted by their numbers. Sort them by their harm: key=...."): (
        lambda measure, skips, times: sorted(skips)
    ),
    _("they are sorted by their numbers, backwards. Sort them by their harm: key=...."): (
        lambda measure, skips, times: sorted(skips, reverse=True)
    ),
    _("these are the errors, sorted. Return the numbers of the skips."): (
        lambda measure, skips, times: sorted([_mean(measure, k, times) for k in skips])[::-1]
    ),
}  # fmt: skip
"""Of 7.4."""
