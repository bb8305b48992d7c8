"""Exercises of lesson 06, Text steers the picture."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from ..language import _
from ..loading import StableDiffusionPipeline
from ..sampling import generate
from . import mistakes_06, reading
from .core import Hint, exercise, solution, yours
from .questions import Questions

__all__ = [
    "guide", "heat", "captions_needed", "prediction", "silent_scale", "solution", "yours"
]  # fmt: skip

CHOICES = {"equal": _("equal"), "alike": _("alike"), "different": _("different")}
SHADE = 1 / 255
"""One shade of grey: pictures that differ by less than half of it are equal. Rows of one batch need
not agree to the last bit, for another processor may add them up in another order."""


@exercise(
    "6.1",
    task=_('set prediction to "equal", "alike" or "different".'),
    reference='prediction = "equal"',
)
def prediction(answer: str, images: Tensor) -> str:
    """Examines what was expected of two pictures, (2, 3, H, W), made with guidance 0."""
    said = reading.choice(answer, CHOICES)
    difference = float((images[0] - images[1]).abs().max())
    equal = difference < SHADE / 2
    if said != ("equal" if equal else "different"):
        seen = _("less than {size:.2g}", size=SHADE / 2) if equal else f"{difference:.2g}"
        raise Hint(
            _(
                "the largest difference between the two pictures is {seen}, and a shade of grey is "
                "{shade:.2g}. Put w = 0 into the formula: what is left of eps_cond?",
                seen=seen,
                shade=SHADE,
            )
        )
    return _("With w = 0 the formula keeps eps_uncond alone, and that never saw the prompt.")


def _noises(seed: int, *shape: int) -> tuple[Tensor, Tensor]:
    u, c = torch.randn(2, *shape, generator=torch.Generator().manual_seed(seed))
    return u, c


_GUIDE_CODE = """\
def guide(eps_uncond, eps_cond, guidance_scale):
    return eps_uncond + guidance_scale * (eps_cond - eps_uncond)
"""

_GUIDE = Questions(
    reference=_GUIDE_CODE,
    cases=[(*_noises(6, 1, 4, 8, 8), 3.0), (*_noises(7, 2, 3), 1.6)],
    mistakes=mistakes_06.GUIDE,
    advice=_("For eps_uncond = 0.2, eps_cond = 0.5 and w = 7.5 the answer is 2.45. Is yours?"),
)


@exercise(
    "6.2",
    task=_("write guide(eps_uncond, eps_cond, guidance_scale), which returns the guided noise."),
    reference=_GUIDE_CODE,
)
def guide(answer: Callable[..., Tensor]) -> str:
    """Examines a function (eps_uncond, eps_cond, guidance_scale) -> guided eps."""
    _GUIDE.put_to(answer)
    return _("It gives eps_uncond at 0, eps_cond at 1, and goes on beyond it above 1.")


@exercise(
    "6.3",
    task=_("set silent_scale to the guidance_scale at which the negative prompt does nothing."),
    reference="silent_scale = 1",
)
def silent_scale(answer: float, pipe: StableDiffusionPipeline) -> str:
    """Examines a scale; a wrong one is shown what two negative prompts do there."""
    scale = reading.number(answer)
    if math.isclose(scale, 1, rel_tol=1e-6):
        return _(
            "u + 1 (c - u) = c: what the negative prompt says cancels, so it isn't even computed."
        )
    seen = _seen(scale, pipe)
    if scale == 0:
        raise Hint(
            _(
                "at 0 it is the other way round: only the negative prompt is left, and it is "
                "drawn. {seen}",
                seen=seen,
            )
        )
    raise Hint(_("{seen} For which w does u cancel in u + w (c - u)?", seen=seen))


def _seen(scale: float, pipe: StableDiffusionPipeline) -> str:
    """How far two negative prompts lead apart at a scale, or that no run can be made."""
    if not 0 <= scale <= 100:
        return _("{came} is no usual scale: this lesson uses 0 to 20.", came=reading.shown(scale))
    negatives = ["", "a desert at sunset"]
    images = generate(pipe, "a lake", negative_prompt=negatives, guidance_scale=scale,
                      steps=2, seed=6, progress=False).images  # fmt: skip
    difference = float((images[0] - images[1]).abs().max())
    return _("there two negative prompts gave pictures that differ by up to {difference:.2g}.",
             difference=difference)  # fmt: skip


def _attention(seed: int, *shape: int) -> Tensor:
    """Weights of 77 tokens that sum to 1."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, 77, generator=generator).softmax(-1)


_HEAT_CODE = """\
def word_heat(weights, places, height, width):
    of_word = weights[..., places].sum(-1)  # (heads, height * width)
    return of_word.mean(0).view(height, width)
"""

_HEAT = Questions(
    reference=_HEAT_CODE,
    cases=[
        (_attention(6, 2, 3 * 4), [2, 5, 6], 3, 4),
        (_attention(7, 5, 4 * 2), [9, 30], 4, 2),
        (_attention(8, 3, 2 * 5), [7], 2, 5),
    ],
    mistakes=mistakes_06.WORD_HEAT,
    advice=_("Take weights[..., places], add up the tokens, average the heads, then fold."),
)


@exercise(
    "6.4",
    task=_("write word_heat(weights, places, height, width), which returns the map of a word."),
    reference=_HEAT_CODE,
)
def heat(answer: Callable[..., Tensor]) -> str:
    """Examines a function (weights, places, height, width) -> (height, width)."""
    _HEAT.put_to(answer)
    return _("Tokens added up, heads averaged, locations folded into a picture.")


def _scattered(seed: int, number: int, width: float, middle: float) -> Tensor:
    """Differences of that standard deviation and that mean."""
    x = torch.randn(number, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return ((x - x.mean()) / x.std() * width + middle).float()


_NEEDED_CODE = """\
import math


def captions_needed(differences, effect):
    s = float(differences.std())
    return math.ceil((1.96 * s / effect) ** 2)
"""

_NEEDED = Questions(
    reference=_NEEDED_CODE,
    cases=[  # with n - 1 or with n below the root: the same whole number
        (_scattered(1, 300, 0.11, 0.05), 0.017),
        (_scattered(2, 500, 0.31, -0.02), 0.052),
        (_scattered(3, 250, 0.2, 0.3), 0.1),
    ],
    mistakes=mistakes_06.CAPTIONS_NEEDED,
    read=reading.number,
    precision=1e-4,
    advice=_("Solve 1.96 s / sqrt(n) <= effect for n, then round up."),
)


@exercise(
    "6.5",
    task=_("write captions_needed(differences, effect), which returns a whole number of captions."),
    reference=_NEEDED_CODE,
)
def captions_needed(answer: Callable[..., int]) -> str:
    """Examines a function (differences, effect) -> the number of captions of an experiment."""
    _NEEDED.put_to(answer)
    return _("Half the effect needs four times the captions.")
