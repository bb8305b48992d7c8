"""Exercises of lesson 00, Start here."""

from __future__ import annotations

import difflib
from collections.abc import Callable

import numpy as np
from PIL import Image
from torch import Tensor

from ..landscapes import VOCABULARY, segments, unknown_words
from ..loading import StableDiffusionPipeline
from ..records import Trajectory
from .core import Hint, exercise, outcome, solution

__all__ = ["my_prompt", "paint", "parts", "prediction", "solution"]

PARTS = {
    "turns words into vectors": "text_encoder",
    "is where every picture starts": "latents",
    "finds the noise in the latents": "unet",
    "removes some of that noise": "scheduler",
    "turns latents into a picture": "vae",
}

_PARTS_CODE = (
    "parts = {\n" + "".join(f'    "{job}": "{part}",\n' for job, part in PARTS.items()) + "}"
)


@exercise("0.1", task="write next to each job the part that does it.", reference=_PARTS_CODE)
def parts(answer: dict[str, str]) -> str:
    """Examines {job: part}."""
    if not isinstance(answer, dict) or answer.keys() != PARTS.keys():
        raise Hint(
            "expected the dictionary with its five jobs. Change only what stands behind the colons."
        )
    wrong = [job for job, part in PARTS.items() if answer[job] != part]
    if wrong:
        job = wrong[0]
        unknown = answer[job] not in PARTS.values()
        choice = f"Choose from {', '.join(sorted(PARTS.values()))}."
        advice = choice if unknown else "Follow the arrows of the map."
        right = len(PARTS) - len(wrong)
        raise Hint(f"{answer[job]!r} is not what {job}. {advice} {right} of 5 are right.")
    return "You can name the five parts."


def roughness(latents: Tensor) -> float:
    """Mean difference between neighbouring latents, (B, C, h, w): large for noise."""
    return float(latents.diff(dim=-1).abs().mean() + latents.diff(dim=-2).abs().mean())


@exercise("0.2", task='set prediction to "x_t" or to "x0_hat".', reference='prediction = "x0_hat"')
def prediction(answer: str, run: Trajectory) -> str:
    """Examines which of the two is calmer halfway through the run, by measuring it."""
    middle = run.records[len(run.records) // 2]
    rough = {"x_t": roughness(middle.x_t), "x0_hat": roughness(middle.x0_hat)}
    if answer not in rough:
        raise Hint(f'expected "x_t" or "x0_hat", got {answer!r}.')
    calmer = min(rough, key=rough.__getitem__)
    if answer != calmer:
        raise Hint(
            f"halfway, {calmer} is the calmer one. "
            "Look at the two rows again: which of them still holds noise?"
        )
    return f"Halfway, {calmer} is already calm, and the other still holds much of the noise."


_PAINT_CODE = """\
def paint(pipe, prompt, seed):
    run = generate(pipe, prompt, seed=seed, progress=False)
    return to_pil(run.images)[0]
"""


@exercise(
    "0.3", task="write paint(pipe, prompt, seed), which returns one picture.", reference=_PAINT_CODE
)
def paint(answer: Callable[..., Image.Image], pipe: StableDiffusionPipeline) -> str:
    """Examines a function (pipe, prompt, seed) -> picture, with two prompts and two seeds."""
    first = outcome(answer, pipe, "a lake at night", 5)
    if not isinstance(first, Image.Image):
        raise Hint(
            f"expected one Pillow picture, got {type(first).__name__}. "
            "to_pil(...) returns a list: take its [0]."
        )
    again, other_seed = answer(pipe, "a lake at night", 5), answer(pipe, "a lake at night", 6)
    if not _same(first, again):
        raise Hint("the same seed gave two different pictures. Does generate(...) get seed=seed?")
    if _same(first, other_seed):
        raise Hint(
            "seeds 5 and 6 gave the same picture. Pass the seed on: seed=seed, not a fixed number."
        )
    if _same(first, answer(pipe, "a desert by day", 5)):
        raise Hint(
            "two prompts gave the same picture. Pass your argument prompt on to generate(...)."
        )
    return "Same seed, same picture; another seed or other words, another picture."


def _same(a: Image.Image, b: Image.Image) -> bool:
    return np.array_equal(np.asarray(a), np.asarray(b))


@exercise(
    "0.4",
    task="write a prompt of at least five words that the tiny model knows.",
    reference='my_prompt = "a yellow tent and a quiet lake at dawn"',
)
def my_prompt(answer: str) -> str:
    """Examines a prompt: a text, five words or more, every one of them known."""
    if not isinstance(answer, str):
        raise Hint(f"expected a text in quotes, got {type(answer).__name__}.")
    if unknown := unknown_words(answer):
        close = difflib.get_close_matches(unknown[0], VOCABULARY, n=3)
        meant = f"Did you mean {' or '.join(close)}?"
        advice = meant if close else "Take words from the table above."
        raise Hint(f"the model has never seen {', '.join(unknown)}. {advice}")
    words = [word for word in segments(answer) if word.isalpha()]
    if len(words) < 5:
        raise Hint(
            f"expected at least five words, got {len(words)}. "
            "Add a time of day, water, trees or a style."
        )
    return f"The model knows all {len(words)} words."
