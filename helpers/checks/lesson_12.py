"""Exercises of lesson 12, Beyond."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from ..language import _
from . import mistakes_12, reading
from .calling import ask
from .core import Hint, exercise, solution, yours
from .questions import Questions

__all__ = ["bending", "euler", "far", "flow_loss", "patchify", "solution", "yours"]

_CHOICES = ("straighter", "alike", "more bent")
CHOICES = dict(zip(_CHOICES, _("straighter, alike, more bent").split(", "), strict=True))
"""What an answer to 12.3 may say -> the same as it is spoken; pictures that are "alike" (6.1) are
another thing than paths that are."""

ALIKE = 1.25
"""Paths whose bends differ by less than this factor are alike."""


def _points(seed: int, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def _turned(x: Tensor, t: Tensor) -> Tensor:
    """A network: it turns, pulls to the origin, and knows the time."""
    return torch.roll(x, 1, -1) * 0.7 - 0.4 * x + 0.3 * t


def _bowed(x: Tensor, t: Tensor) -> Tensor:
    return (1.1 * x + 0.5).sin() - t * x


_LOSS_CODE = """\
def flow_loss(network, x0, eps, t):
    x_t = (1 - t) * x0 + t * eps
    return (network(x_t, t) - (eps - x0)).square().mean()
"""

_LOSS = Questions(
    reference=_LOSS_CODE,
    cases=[
        (_turned, _points(1, 4, 2), _points(2, 4, 2), torch.tensor([[0.1], [0.3], [0.6], [0.8]])),
        (_bowed, _points(3, 3, 2) + 1, _points(4, 3, 2), torch.tensor([[0.7], [0.2], [0.45]])),
    ],
    mistakes=mistakes_12.FLOW_LOSS,
    advice=_("For x0 = 2, eps = -1 and t = 0.25 the network is asked at 1.25, and shall say -3."),
)  # fmt: skip


@exercise(
    "12.1",
    task=_("write flow_loss(network, x0, eps, t), the mean squared error of the direction."),
    reference=_LOSS_CODE,
)
def flow_loss(answer: Callable[..., Tensor]) -> str:
    """Examines a function (network, x0, eps, t) -> one number."""
    _LOSS.put_to(answer)
    x0, eps, t = _LOSS.cases[0][1:]
    weight = torch.tensor(0.7, requires_grad=True)
    loss = ask(answer, lambda x, t: weight * x, x0, eps, t)
    if not (isinstance(loss, Tensor) and loss.requires_grad):
        raise Hint(
            _(
                "the number is right, but no gradient leads back from it to the network. Return "
                "the tensor as it is, without torch.no_grad(), .item(), .detach() or NumPy."
            )
        )
    return _(
        "Mix on the line, ask for its direction, square the error. That is all of flow matching."
    )


_EULER_CODE = """\
def euler(field, x, steps):
    for k in range(steps):
        t, t_next = 1 - k / steps, 1 - (k + 1) / steps
        x = x + (t_next - t) * field(x, t)
    return x
"""


def _swirl(x: Tensor, t: float) -> Tensor:
    return torch.roll(x, 1, -1) * (0.5 + t) - 0.3 * x + 0.2


def _drift(x: Tensor, t: float) -> Tensor:
    return (x * (1 + t * t)).cos() + t


_EULER = Questions(
    reference=_EULER_CODE,
    cases=[
        (_swirl, _points(5, 4, 2), 3),
        (_drift, _points(6, 2, 2), 7),
        (_swirl, _points(7, 3, 2), 2),
    ],
    mistakes=mistakes_12.EULER,
    advice=_(
        "With the field v = 2 x, two steps from x = 4: first 4 - 0.5 * 8 = 0. Is yours 0 there?"
    ),
)  # fmt: skip


@exercise(
    "12.2",
    task=_("write euler(field, x, steps), which walks from t = 1 to t = 0 and returns x."),
    reference=_EULER_CODE,
)
def euler(answer: Callable[..., Tensor]) -> str:
    """Examines a function (field, x, steps) -> x at t = 0."""
    _EULER.put_to(answer)
    return _("Equal steps from 1 to 0, each along the velocity where it begins.")


@exercise(
    "12.3",
    task=_('set prediction to "straighter", "alike" or "more bent".'),
    reference='prediction = "more bent"',
)
def bending(answer: str, bends: Sequence[float]) -> str:
    """Examines what guidance was expected to do; `bends` without guidance, and with it."""
    said = reading.choice(answer, CHOICES)
    without, guided = bends
    seen = "alike"
    if max(guided, without) > ALIKE * min(guided, without):
        seen = "more bent" if guided > without else "straighter"
    if said != seen:
        raise Hint(
            _(
                "measured: bend {without:.2f} without guidance, {guided:.2f} with it. Guidance "
                "goes beyond what the model learned, w times the difference, and that difference "
                "is another one at each step.",
                without=without,
                guided=guided,
            )
        )
    return _(
        "The model learned the paths of w = 1. Guidance leaves them, by more or less at each step."
    )


_PATCHIFY_CODE = """\
def patchify(latents, size):
    b, c, h, w = latents.shape
    cut = latents.reshape(b, c, h // size, size, w // size, size)
    cut = cut.permute(0, 2, 4, 3, 5, 1)  # (B, rows, columns, size, size, C)
    return cut.reshape(b, (h // size) * (w // size), size * size * c)
"""

_PATCHIFY = Questions(
    reference=_PATCHIFY_CODE,
    cases=[(_points(8, 2, 3, 4, 8), 2), (_points(9, 3, 4, 6, 9), 3)],
    mistakes=mistakes_12.PATCHIFY,
    advice=_("Cut H and W into (…, size) each, permute to (B, rows, columns, size, size, C)."),
)


@exercise(
    "12.4",
    task=_("write patchify(latents, size), which returns tokens (B, N, size * size * C)."),
    reference=_PATCHIFY_CODE,
)
def patchify(answer: Callable[..., Tensor]) -> str:
    """Examines a function (latents, size) -> tokens."""
    _PATCHIFY.put_to(answer)
    return _("Each token is a square with all its channels, and nothing is lost.")


_FAR_CODE = """\
import torch


def far(jump, path, times):
    answers = torch.stack([jump(x, t) for x, t in zip(path, times)])
    return (answers - path[-1]).square().flatten(1).mean(1).sqrt()  # (K,)
"""

_FAR = Questions(
    reference=_FAR_CODE,
    cases=[
        (lambda x, t: 0.6 * x - t, _points(10, 4, 2, 3), torch.tensor([0.9, 0.6, 0.3, 0.05])),
        (lambda x, t: x.sin() + 0.2 * t, _points(11, 3, 1, 2, 2), torch.tensor([0.8, 0.4, 0.1])),
    ],
    mistakes=mistakes_12.FAR,
    advice=_("For each point: jump(x, t) minus path[-1], squared, mean, root."),
)


@exercise(
    "12.5",
    task=_("write far(jump, path, times), one number for each point of the path."),
    reference=_FAR_CODE,
)
def far(answer: Callable[..., Tensor]) -> str:
    """Examines a function (jump, path, times) -> (K,) distances from the path's end."""
    _FAR.put_to(answer)
    return _("A perfectly consistent model has 0 at every point.")
