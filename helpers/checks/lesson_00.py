"""Exercises of lesson 00, Start here."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ..decoding import to_pil
from ..landscapes import VOCABULARY, segments, unknown_words
from ..loading import StableDiffusionPipeline
from ..records import Trajectory
from ..sampling import generate
from . import reading
from .calling import ask
from .core import Hint, exercise, solution, yours
from .drawing import Drawn, drawn_by
from .lending import lent

__all__ = ["my_prompt", "paint", "parts", "prediction", "solution", "yours"]

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
def parts(answer: Any) -> str:
    """Examines {job: part}."""
    if not isinstance(answer, dict) or answer.keys() != PARTS.keys():
        raise Hint(
            "expected the dictionary with its five jobs. Change only what stands behind the colons."
        )
    said = {job: _part(job, answer[job]) for job in PARTS}
    wrong = [job for job, part in PARTS.items() if said[job] != part]
    if wrong:
        job, right = wrong[0], len(PARTS) - len(wrong)
        advice = "Follow the arrows of the map."
        if {said[job], PARTS[job]} == {"unet", "scheduler"}:
            advice = "One of the two says where noise is, the other takes a little of it away."
        if list(said.values()).count(said[job]) > 1:
            advice = "Each of the five parts has one job. Follow the arrows of the map."
        raise Hint(f"{said[job]!r} is not what {job}. {advice} {right} of 5 are right.")
    return "You can name the five parts."


def _part(job: str, said: Any) -> str:
    """The part that is named behind a job; "U-Net" and "text encoder" are names, too."""
    names = {part.replace("_", ""): part for part in PARTS.values()}
    plain = "".join(filter(str.isalpha, said)).lower() if isinstance(said, str) else ""
    if plain not in names:
        quotes = "" if isinstance(said, str) else ", in quotes"
        choice = f"Choose from {', '.join(sorted(names.values()))}{quotes}."
        raise Hint(f"{reading.shown(said)} is not what {job}. {choice}")
    return names[plain]


def roughness(latents: Tensor) -> float:
    """Mean difference between neighbouring latents, (B, C, h, w): large for noise."""
    return float(latents.diff(dim=-1).abs().mean() + latents.diff(dim=-2).abs().mean())


@exercise("0.2", task='set prediction to "x_t" or to "x0_hat".', reference='prediction = "x0_hat"')
def prediction(answer: Any, run: Trajectory) -> str:
    """Examines which of the two is calmer halfway through the run, by measuring it."""
    middle = run.records[len(run.records) // 2]
    rough = {"x_t": roughness(middle.x_t), "x0_hat": roughness(middle.x0_hat)}
    calmer = min(rough, key=rough.__getitem__)
    if reading.choice(answer, rough) != calmer:
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

WORDS, SEEDS = ("a lake at night", "a desert by day"), (5, 6)
"""What `paint` is asked to draw: the first words with both seeds, and both words with the first."""


@exercise(
    "0.3", task="write paint(pipe, prompt, seed), which returns one picture.", reference=_PAINT_CODE
)
def paint(answer: Callable[..., Image.Image], pipe: StableDiffusionPipeline) -> str:
    """Examines a function (pipe, prompt, seed) -> picture, by what the U-Net was given.

    Steps, guidance and scheduler are the learner's choice, so pictures are not compared with the
    course's own, but with one another; and so are the words, the noise and the number of steps.
    """
    with lent(pipe):
        right = drawn_by(pipe, lambda: _right(pipe, WORDS[0], SEEDS[0]))
        first = _painted(answer, pipe, WORDS[0], SEEDS[0])
        again = _painted(answer, pipe, WORDS[0], SEEDS[0])
        other_seed = _painted(answer, pipe, WORDS[0], SEEDS[1])
        other_words = _painted(answer, pipe, WORDS[1], SEEDS[0])
    if first.steps == 0:
        raise Hint("nothing was drawn by the pipe that you were given. Hand it to generate(...).")
    if not same(first.picture, again.picture):
        raise Hint("the same seed gave two different pictures. Does generate(...) get seed=seed?")
    _refuse_lost_seed(first, other_seed)
    _refuse_lost_words(first, other_words)
    _refuse_other_start(first, right)
    return "Same seed, same picture; another seed or other words, another picture."


def _right(pipe: StableDiffusionPipeline, prompt: str, seed: int) -> Image.Image:
    """What `paint` should begin with; one step is enough to see that."""
    return to_pil(generate(pipe, prompt, seed=seed, steps=1, progress=False).images)[0]


def _painted(answer: Callable, pipe: StableDiffusionPipeline, prompt: str, seed: int) -> Drawn:
    return drawn_by(pipe, lambda: reading.picture(ask(answer, pipe, prompt, seed)))


def same(a: Image.Image, b: Image.Image) -> bool:
    """Whether two pictures agree in every value."""
    return np.array_equal(np.asarray(a), np.asarray(b))


def _refuse_lost_seed(first: Drawn, other: Drawn) -> None:
    """Refuses what the seed did not change, or changed in another way than by the noise."""
    if same(first.picture, other.picture):
        raise Hint(
            "seeds 5 and 6 gave the same picture. Pass the seed on: seed=seed, not a fixed number."
        )
    if first.steps != other.steps:
        raise Hint(
            f"seeds 5 and 6 made runs of {first.steps} and {other.steps} steps. The seed went to "
            "another argument: write seed=seed."
        )
    if close(first.noise, other.noise):
        raise Hint(
            "seeds 5 and 6 gave two pictures, but both began with the same noise. The seed went to "
            "another argument: write seed=seed."
        )


def _refuse_lost_words(first: Drawn, other: Drawn) -> None:
    """Refuses what the prompt did not change, or changed as a negative prompt."""
    if same(first.picture, other.picture):
        raise Hint(
            "two prompts gave the same picture. Pass your argument prompt on to generate(...)."
        )
    if close(first.words, other.words):
        raise Hint(
            "two prompts gave two pictures, but the model was asked for the same words. Did the "
            "prompt become the negative prompt? Write generate(pipe, prompt, ...)."
        )


def _refuse_other_start(first: Drawn, right: Drawn) -> None:
    """Refuses another prompt, or noise of another seed, than was asked for."""
    if not close(first.words, right.words):
        raise Hint(
            f'asked for "{WORDS[0]}", the model was given other words. Pass your argument prompt '
            "on as it is."
        )
    if first.noise.shape == right.noise.shape and not close(first.noise, right.noise):
        raise Hint("it does not begin with the noise of seed 5. Pass on seed=seed as it is.")
    if first.negative is not None and not close(first.negative, right.negative):
        raise Hint(
            "the picture was steered away from some words. paint has no negative prompt: leave it "
            "empty."
        )


def close(a: Tensor, b: Tensor | None) -> bool:
    """Whether words or noises agree, up to the last bits."""
    return b is not None and a.shape == b.shape and torch.allclose(a, b, rtol=1e-2, atol=1e-2)


@exercise(
    "0.4",
    task="write a prompt of at least five words that the tiny model knows.",
    reference='my_prompt = "a yellow tent and a quiet lake at dawn"',
)
def my_prompt(answer: Any) -> str:
    """Examines a prompt: a text, five words or more, every one of them known."""
    if not isinstance(answer, str):
        raise Hint(f"expected a text in quotes, got {reading.shown(answer)}.")
    if unknown := unknown_words(answer):
        close_ones = difflib.get_close_matches(unknown[0], VOCABULARY, n=3)
        meant = f"Did you mean {' or '.join(close_ones)}?"
        advice = meant if close_ones else "Take words from the table above."
        more = ", …" if len(unknown) > 4 else ""
        raise Hint(f"the model has never seen {', '.join(unknown[:4])}{more}. {advice}")
    words = [word for word in segments(answer) if word.isalpha()]
    if len(words) < 5:
        raise Hint(
            f"expected at least five words, got {len(words)}. "
            "Add a time of day, water, trees or a style."
        )
    return f"The model knows all {len(words)} words."
