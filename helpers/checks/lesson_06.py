"""Exercises of lesson 06, Text steers the picture."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real

import torch
from torch import Tensor

from .. import maths
from ..attention import word_heat
from ..loading import StableDiffusionPipeline
from ..sampling import generate
from .core import Hint, exercise, outcome, solution

__all__ = ["guide", "heat", "keep", "prediction", "silent_scale", "solution"]

CHOICES = ("equal", "alike", "different")


@exercise(
    "6.1",
    task='set prediction to "equal", "alike" or "different".',
    reference='prediction = "equal"',
)
def prediction(answer: str, images: Tensor) -> str:
    """Examines what was expected of two pictures, (2, 3, H, W), made with guidance 0."""
    if answer not in CHOICES:
        raise Hint(f"expected one of {', '.join(map(repr, CHOICES))}, got {answer!r}.")
    difference = float((images[0] - images[1]).abs().max())
    if answer != ("equal" if difference == 0 else "different"):
        raise Hint(
            f"the largest difference between the two pictures is {difference:.2g}. Put w = 0 into "
            "the formula: what is left of eps_cond?"
        )
    return "With w = 0 the formula keeps eps_uncond alone, and that never saw the prompt."


@exercise(
    "6.2",
    task="write guide(eps_uncond, eps_cond, guidance_scale), which returns the guided noise.",
    reference=maths.guide,
)
def guide(answer: Callable[..., Tensor]) -> str:
    """Examines a function (eps_uncond, eps_cond, guidance_scale) -> guided eps."""
    u, c = torch.randn(2, 1, 4, 8, 8, generator=torch.Generator().manual_seed(6))
    w = 3.0
    result = _tensor(outcome(answer, u, c, w), u.shape)
    mistakes = {
        "you started from eps_cond, so every scale counts one too much. Start from eps_uncond.": (
            c + w * (c - u)
        ),
        "the two are swapped: it starts from eps_cond and goes towards eps_uncond.": (
            c + w * (u - c)
        ),
        "the arrow points the wrong way: it must go from eps_uncond to eps_cond, so "
        "eps_cond - eps_uncond.": u + w * (u - c),
        "the step is right, but from where? Add eps_uncond.": w * (c - u),
        "take w times the difference eps_cond - eps_uncond, not w times eps_cond.": u + w * c,
        "this is eps_cond alone, guidance_scale is not used.": c,
    }
    for hint, wrong in mistakes.items():
        if torch.allclose(result, wrong, atol=1e-4):
            raise Hint(hint)
    if not torch.allclose(result, maths.guide(u, c, w), atol=1e-4):
        raise Hint("for eps_uncond = 0.2, eps_cond = 0.5 and w = 7.5 the answer is 2.45. Is yours?")
    return "It gives eps_uncond at 0, eps_cond at 1, and goes on beyond it above 1."


@exercise(
    "6.3",
    task="set silent_scale to the guidance_scale at which the negative prompt does nothing.",
    reference="silent_scale = 1",
)
def silent_scale(answer: float, pipe: StableDiffusionPipeline) -> str:
    """Examines a scale, by drawing with two negative prompts and comparing."""
    if not isinstance(answer, Real) or isinstance(answer, bool):
        raise Hint(f"expected a number, got {answer!r}.")
    negatives = ["", "a desert at sunset"]
    images = generate(pipe, "a lake", negative_prompt=negatives, guidance_scale=float(answer),
                      steps=2, seed=6, progress=False).images  # fmt: skip
    difference = float((images[0] - images[1]).abs().max())
    if answer == 0:
        raise Hint(
            "at 0 it is the other way round: only the negative prompt is left, and it is drawn. "
            f"Two of them gave pictures that differ by up to {difference:.2g}."
        )
    if difference > 0:
        raise Hint(
            f"two negative prompts gave pictures that differ by up to {difference:.2g}. For which "
            "w does u cancel in u + w (c - u)?"
        )
    return "u + 1 (c - u) = c: what the negative prompt says cancels, so it is not even computed."


@exercise(
    "6.4",
    task="write word_heat(weights, places, height, width), which returns the map of a word.",
    reference=word_heat,
)
def heat(answer: Callable[..., Tensor]) -> str:
    """Examines a function (weights, places, height, width) -> (height, width)."""
    scores = torch.randn(2, 6, 77, generator=torch.Generator().manual_seed(6))
    weights, places = scores.softmax(-1), [3, 4]  # two heads, 2 x 3 places, 77 tokens
    result = outcome(answer, weights.clone(), places, 2, 3)
    if isinstance(result, Tensor) and result.shape == (6,):
        raise Hint("the places still lie in one row. Fold them: .view(height, width).")
    if isinstance(result, Tensor) and result.shape == (3, 2):
        raise Hint("height and width are swapped: the places come row after row, height first.")
    result = _tensor(result, (2, 3))
    right = word_heat(weights, places, 2, 3)
    for hint, wrong in _heat_mistakes(weights, places, right).items():
        if torch.allclose(result, wrong, atol=1e-6):
            raise Hint(hint)
    if not torch.allclose(result, right, atol=1e-6):
        raise Hint("take weights[..., places], add up the tokens, average the heads, then fold.")
    return "Tokens added up, heads averaged, places folded into a picture."


def _heat_mistakes(weights: Tensor, places: list[int], right: Tensor) -> dict[str, Tensor]:
    """Hint -> the wrong map that calls for it."""
    first, last = (weights[..., place].mean(0).view(2, 3) for place in (places[0], places[-1]))
    only = "that is one of the word's two tokens only. Take all of places, and add them up."
    return {
        "the word's tokens are averaged. Together they are the word: add them up.": right / 2,
        "the heads are added up. Average them, or a place gives away more than all of its "
        "attention.": right * 2,
        only: first,
        f"{only} ": last,
        "the places are folded column after column. They come row after row: .view(height, width).":
        right.flatten().view(3, 2).T,
        "the map was scaled to end at 1. Leave it: a value is the share of a place's attention.":
        right / right.max(),
        "that is a single head. Average over all of them, the first axis.":
        weights[0][..., places].sum(-1).view(2, 3),
    }  # fmt: skip


_KEEP_CODE = """\
def keep(weights, t):
    if t >= 200:
        weights[1:] = weights[:1]
    return weights
"""


@exercise(
    "6.5",
    task="write keep(weights, t): from t = 200 up, picture 1 looks where picture 0 does.",
    reference=_KEEP_CODE,
)
def keep(answer: Callable[..., Tensor]) -> str:
    """Examines an edit of attention, for two pictures, early and late in the run."""
    scores = torch.randn(2, 2, 6, 77, generator=torch.Generator().manual_seed(6))
    own = scores.softmax(-1)
    swapped = own[:1].expand(2, -1, -1, -1)
    early = _tensor(outcome(answer, own.clone(), 900.0), own.shape)
    late = _tensor(outcome(answer, own.clone(), 100.0), own.shape)
    if torch.equal(early, own) and torch.equal(late, swapped):
        raise Hint("it acts late and not early. t counts down, so the first steps have t >= 200.")
    if torch.equal(early, own[1:].expand(2, -1, -1, -1)):
        raise Hint("picture 0 now looks where picture 1 does. The other way round: weights[1:] = …")
    if torch.equal(early[:, 1], own[:, 0]):
        raise Hint("the second axis holds the heads. The pictures are the first: weights[1:].")
    if torch.equal(early, own):
        raise Hint("at t = 900 nothing was changed. Is the result what you return?")
    if not torch.equal(early, swapped):
        raise Hint("at t = 900, weights[1] should equal weights[0], and weights[0] stay as it was.")
    if not torch.equal(late, own):
        raise Hint("at t = 100 the weights were changed too. Below 200 return them as they came.")
    if not torch.equal(outcome(answer, own.clone(), 200.0), swapped):
        raise Hint("t = 200 itself still belongs to the part that is kept: t >= 200.")
    return "Early steps take the layout of picture 0; the last ones are free."


def _tensor(result: object, shape: tuple[int, ...]) -> Tensor:
    """The result, if it is a tensor of the shape expected; else a hint."""
    if not isinstance(result, Tensor):
        raise Hint(f"expected a tensor, got {type(result).__name__}.")
    if result.shape != shape:
        raise Hint(f"expected the shape {tuple(shape)}, got {tuple(result.shape)}.")
    return result
