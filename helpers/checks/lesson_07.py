"""Exercises of lesson 07, Inside the U-Net."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import torch
from diffusers import UNet2DConditionModel
from diffusers.models.resnet import ResnetBlock2D
from torch import Tensor, nn

from ..language import _
from . import mistakes_07, reading
from .core import Hint, exercise, solution, yours
from .questions import Questions

__all__ = ["factors", "field", "most_needed", "residual", "shapes", "solution", "yours"]

CANVAS = (24, 40)
"""Height and width of the latents in 7.1."""

LAST = "given to the last residual block"
"""The stop of 7.1 that lies before a part, not after it."""

STOPS = {
    "after the first convolution": _("after the first convolution"),
    "in the middle": _("in the middle"),
    "after the first doubling": _("after the first doubling"),
    LAST: _("given to the last residual block"),
    "the answer": _("the answer"),
}
"""The stops of 7.1 -> the same as it is spoken; an answer may have either as its keys."""

_SHAPES = [(64, 24, 40), (192, 6, 10), (192, 12, 20), (128, 24, 40), (4, 24, 40)]
_SHAPES_CODE = (
    "shapes = {\n"
    + "".join(f'    "{stop}": {one},\n' for stop, one in zip(STOPS.values(), _SHAPES, strict=True))
    + "}"
)


def measured_shapes(unet: UNet2DConditionModel) -> dict[str, tuple[int, ...]]:
    """What 7.1 asks for: one call with a canvas of another size, and a look at five parts."""
    seen: dict[str, tuple[int, ...]] = {}

    def entering(name: str, part: nn.Module, args: tuple) -> None:
        seen[name] = tuple(args[0].shape[1:])

    def leaving(name: str, part: nn.Module, args: tuple, output: Tensor) -> None:
        seen[name] = tuple(output.shape[1:])

    after = {
        "after the first convolution": unet.conv_in,
        "in the middle": unet.mid_block,
        "after the first doubling": unet.up_blocks[0].upsamplers[0],
        "the answer": unet.conv_out,
    }
    hooks: list[Any] = [
        part.register_forward_hook(functools.partial(leaving, name)) for name, part in after.items()
    ]
    given = functools.partial(entering, LAST)
    hooks.append(unet.up_blocks[-1].resnets[-1].register_forward_pre_hook(given))
    try:
        with torch.no_grad():
            latents = torch.zeros(1, unet.config.in_channels, *CANVAS, device=unet.device)
            words = torch.zeros(1, 77, unet.config.cross_attention_dim, device=unet.device)
            unet(latents.to(unet.dtype), 500, words.to(unet.dtype))
    finally:
        for hook in hooks:
            hook.remove()
    return seen


@exercise(
    "7.1", task=_("fill in the five shapes (channels, height, width)."), reference=_SHAPES_CODE
)
def shapes(answer: dict[str, tuple[int, int, int]], unet: UNet2DConditionModel) -> str:
    """Examines {stop: shape} by one call of the U-Net with a canvas of that size."""
    right = measured_shapes(unet)
    answer = reading.keyed(answer, STOPS) if isinstance(answer, Mapping) else answer
    if not isinstance(answer, Mapping) or set(answer) != set(right):
        raise Hint(
            _("expected the dictionary with its five stops. Change only what follows a colon.")
        )
    for name, shape in right.items():
        said = _shape(STOPS[name], answer[name])
        if said != list(shape):
            hint = _about_shape(name, said, list(shape), unet)
            raise Hint(_("{name}: {hint}", name=STOPS[name], hint=hint))
    return _("The network itself says the same, on a canvas that it was never trained on.")


def _shape(name: str, answer: Any) -> list[int]:
    """Three whole numbers."""
    try:
        found = [reading.whole(number) for number in reading.numbers(answer)]
    except Hint as hint:
        raise Hint(_("{name}: {hint}", name=name, hint=hint)) from None
    if len(found) == 4:
        raise Hint(
            _(
                "{name}: four numbers came. Leave the batch out: (channels, height, width).",
                name=name,
            )
        )
    if len(found) != 3:
        raise Hint(_("{name}: three numbers are asked, (channels, height, width).", name=name))
    return found


def _about_shape(name: str, said: list[int], right: list[int], unet: UNet2DConditionModel) -> str:
    """The hint for a wrong shape, without the right one."""
    if sorted(said) == sorted(right):
        return _("the right numbers in another order. It is (channels, height, width).")
    if said[1:] != right[1:]:
        if said[1] * right[2] != said[2] * right[1]:
            return _("height and width are always halved or doubled together. The canvas is "
                     "24 × 40.")  # fmt: skip
        return _(
            "the side is not right. Start from 24 × 40, and count the green boxes on the way: each "
            "halves or doubles."
        )
    block = unet.up_blocks[-1].resnets[-1]
    if name == LAST and said[0] == block.out_channels:
        return _(
            "{count} channels come from below. What does the line over the box bring? It is put "
            "beside them.",
            count=said[0],
        )
    return _("the side is right, the number of channels is not. It stands in a box of the map.")


_FIELD_CODE = """\
def field(layers):
    side, jump = 1, 1
    for kernel, stride in layers:
        side = side + (kernel - 1) * jump
        jump = jump * stride
    return side
"""

_FIELD = Questions(
    reference=_FIELD_CODE,
    cases=[
        ([(3, 1), (5, 2), (3, 1), (3, 2), (7, 1)],),
        ([(5, 2), (1, 1), (3, 3), (5, 1)],),
        ([(7, 1), (3, 1), (5, 1)],),
    ],
    mistakes=mistakes_07.FIELD,
    read=reading.number,
    precision=1e-6,
    advice=_("Each layer adds (kernel - 1) times the product of all strides before it."),
)


@exercise(
    "7.2",
    task=_("write field(layers), the side of the receptive field in latents."),
    reference=_FIELD_CODE,
)
def field(answer: Callable[[list[tuple[int, int]]], int]) -> str:
    """Examines a function [(kernel, stride), ...] -> side."""
    _FIELD.put_to(answer)
    return _("The field grows with every layer, and faster after every halving.")


_RESIDUAL_CODE = """\
import torch.nn.functional as F


def residual(block, x, time):
    h = block.conv1(F.silu(block.norm1(x)))
    shift = block.time_emb_proj(F.silu(time))
    h = h + shift[:, :, None, None]
    h = block.conv2(F.silu(block.norm2(h)))
    if block.conv_shortcut is not None:
        x = block.conv_shortcut(x)
    return x + h
"""


class Opened(ResnetBlock2D):
    """A residual block that can't be called as a whole: 7.3 asks for its lines."""

    def forward(self, *given: Any, **named: Any) -> Tensor:
        raise Hint(_("you call the block itself. Write what it does, part by part."))


def _residual_case(seed: int, given: int, made: int, side: int) -> tuple[nn.Module, Tensor, Tensor]:
    """A block with random weights, features and a time vector; norms that do something."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        block = Opened(in_channels=given, out_channels=made, temb_channels=12, groups=4).eval()
        for norm in (block.norm1, block.norm2):
            nn.init.normal_(norm.weight, 1.0, 0.5)
            nn.init.normal_(norm.bias, 0.0, 0.5)
        x, time = 2 * torch.randn(2, given, side, side + 1), 3 * torch.randn(2, 12)
    return block.requires_grad_(False), x, time


_RESIDUAL = Questions(
    reference=_RESIDUAL_CODE,
    cases=[_residual_case(1, 8, 8, 5), _residual_case(2, 12, 8, 4)],
    mistakes=mistakes_07.RESIDUAL,
    advice=_("Norm, SiLU, convolution, plus time; norm, SiLU, convolution; plus what came in."),
)


@exercise(
    "7.3",
    task=_("write residual(block, x, time) without the mistake."),
    reference=_RESIDUAL_CODE,
)
def residual(answer: Callable[[nn.Module, Tensor, Tensor], Tensor]) -> str:
    """Examines (block, x, time) -> features, with a block that keeps the width and one that not."""
    _RESIDUAL.put_to(answer)
    return _("The time goes in between the convolutions, so the second one can act on it.")


_MOST_NEEDED_CODE = """\
def most_needed(measure, skips, times):
    def harm(skip):
        return sum(float((measure(skip, t) - measure(None, t)).mean()) for t in times)

    return sorted(skips, key=harm, reverse=True)
"""


class Table:
    """A `measure` of 7.4 with made-up errors, so that every short cut gives another order."""

    def __init__(self, rows: dict[int | None, dict[int, list[float]]]):
        self.rows = rows

    def __call__(self, skip: int | None, t: int) -> Tensor:
        if skip not in self.rows or t not in self.rows[None]:
            raise Hint(
                _(
                    "measure was asked for skip {skip} at t = {t}, and these are not among the "
                    "arguments. Go through skips and times as they are given.",
                    skip=reading.shown(skip),
                    t=reading.shown(t),
                )
            )
        return torch.tensor(self.rows[skip][t])


_TABLES = [
    Table({
        None: {930: [0.5, 0.5, 0.5], 410: [0.3, 0.3, 0.3], 60: [0.1, 0.1, 0.1]},
        12: {930: [0.6, 0.5, 0.55], 410: [0.4, 0.7, 0.7], 60: [0.2, 0.5, 0.5]},
        3: {930: [0.9, 0.5, 0.4], 410: [0.5, 0.4, 0.3], 60: [0.3, 0.2, 0.1]},
        8: {930: [0.5, 0.6, 0.6], 410: [0.35, 0.5, 0.5], 60: [0.5, 0.6, 0.7]},
        6: {930: [0.7, 1.2, 0.65], 410: [0.3, 0.3, 0.3], 60: [0.1, 0.1, 0.1]},
    }),
    Table({
        None: {700: [0.4, 0.2], 250: [0.2, 0.1]},
        21: {700: [0.4, 0.3], 250: [0.3, 0.8]},
        5: {700: [0.7, 0.7], 250: [0.25, 0.25]},
        14: {700: [0.5, 0.2], 250: [0.5, 0.2]},
    }),
]  # fmt: skip


def _numbers(answer: Any) -> list[float]:
    """The list that 7.4 asks for."""
    if isinstance(answer, int):
        raise Hint(
            _("one number came back. Asked for is the whole list, the most needed one first.")
        )
    if isinstance(answer, list | tuple) and answer and isinstance(answer[0], list | tuple):
        raise Hint(_("pairs came back. Return the numbers of the skips alone."))
    if isinstance(answer, Mapping):
        raise Hint(
            _("a dictionary came back. Return the list of its skips, the most needed first.")
        )
    return reading.numbers(answer)


_MOST_NEEDED = Questions(
    reference=_MOST_NEEDED_CODE,
    cases=[(_TABLES[0], [3, 6, 8, 12], [930, 410, 60]), (_TABLES[1], [14, 21, 5], [700, 250])],
    mistakes=mistakes_07.MOST_NEEDED,
    read=_numbers,
    advice=_(
        "The harm of a skip is the mean of the errors without it, over all pictures and all "
        "times. Sort by it, the largest first."
    ),
)


@exercise(
    "7.4",
    task=_("write most_needed(measure, skips, times), which sorts the skips."),
    reference=_MOST_NEEDED_CODE,
)
def most_needed(answer: Callable[..., list[int]]) -> str:
    """Examines (measure, skips, times) -> skips in order, with made-up measurements."""
    _MOST_NEEDED.put_to(answer)
    return _("All pictures, all times, and the whole network as the yardstick.")


_FACTORS = {
    "3 × 3 convolutions": 4,
    "self-attention, q with k": 16,
    "cross-attention, q with k": 4,
}
LINES = {
    "3 × 3 convolutions": _("3 × 3 convolutions"),
    "self-attention, q with k": _("self-attention, q with k"),
    "cross-attention, q with k": _("cross-attention, q with k"),
}
"""The lines of 7.5 -> the same as it is spoken; an answer may have either as its keys."""

_FACTORS_CODE = (
    "factors = {\n" + "".join(f'    "{LINES[name]}": {n},\n' for name, n in _FACTORS.items()) + "}"
)
_WHY = {
    "3 × 3 convolutions": _(
        "each location costs what it did before. How many locations are there?"
    ),
    "self-attention, q with k": _(
        "every location is compared with every location. Both numbers grow."
    ),
    "cross-attention, q with k": _("every location is compared with 77 positions, as before."),
}


@exercise("7.5", task=_("write down the three factors."), reference=_FACTORS_CODE)
def factors(answer: dict[str, float]) -> str:
    """Examines how the multiplications grow when the side of the canvas is doubled."""
    answer = reading.keyed(answer, LINES) if isinstance(answer, Mapping) else {}
    if set(answer) != set(_FACTORS):
        raise Hint(
            _("expected the dictionary with its three lines. Change only what follows a colon.")
        )
    for line, right in _FACTORS.items():
        name = LINES[line]
        try:
            said = reading.number(answer[line])
        except Hint as hint:
            raise Hint(_("{name}: {hint}", name=name, hint=hint)) from None
        if said == 2:
            raise Hint(_("{name}: twice the side, but not twice the locations.", name=name))
        if said != right:
            raise Hint(_("{name}: {said:g} is not it: {why}",
                         name=name, said=said, why=_WHY[line]))  # fmt: skip
    return _("Four times the locations, sixteen times the pairs of locations.")
