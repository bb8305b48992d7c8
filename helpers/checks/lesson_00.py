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
from ..language import _
from ..loading import StableDiffusionPipeline
from ..records import Trajectory
from ..sampling import generate
from . import reading
from .calling import ask
from .core import Hint, exercise, solution, yours
from .drawing import Drawn, drawn_by
from .lending import lent

__all__ = ["paint", "pair", "parts", "prediction", "solution", "yours"]

PARTS = {
    "the list of numbers stops after the first word": "tokenizer",
    "the numbers are right, but red and blue become the same vector": "text_encoder",
    "the mountain is taken for noise": "unet",
    "the noise is found, but stays where it is": "scheduler",
    "the latents are right, the picture is plain grey": "vae",
}

FAULTS = {
    "the list of numbers stops after the first word": _(
        "the list of numbers stops after the first word"
    ),
    "the numbers are right, but red and blue become the same vector": _(
        "the numbers are right, but red and blue become the same vector"
    ),
    "the mountain is taken for noise": _("the mountain is taken for noise"),
    "the noise is found, but stays where it is": _("the noise is found, but stays where it is"),
    "the latents are right, the picture is plain grey": _(
        "the latents are right, the picture is plain grey"
    ),
}
"""The faults -> the same as it is spoken; an answer may have either as its keys."""

_PAIR_CODE = "\n".join(
    [
        "pair = (",
        '    "' + _("a red house and a lake by day") + '",',
        '    "' + _("a white house and a lake by day") + '",',
        ")",
    ]
)

_PARTS_CODE = (
    "parts = {\n"
    + "".join(f'    "{FAULTS[job]}": "{part}",\n' for job, part in PARTS.items())
    + "}"
)


@exercise("0.1", task=_("write next to each fault the part that causes it."), reference=_PARTS_CODE)
def parts(answer: Any) -> str:
    """Examines {fault: part}."""
    answer = reading.keyed(answer, FAULTS) if isinstance(answer, dict) else answer
    if not isinstance(answer, dict) or answer.keys() != PARTS.keys():
        raise Hint(
            _(
                "expected the dictionary with its five faults. Change only what stands behind the "
                "colons."
            )
        )
    said = {fault: _part(answer[fault]) for fault in PARTS}
    wrong = [fault for fault, part in PARTS.items() if said[fault] != part]
    if wrong:
        fault, right = wrong[0], len(PARTS) - len(wrong)
        pair = {said[fault], PARTS[fault]}
        advice = _("What goes into it, and what comes out? Follow the arrows of the map.")
        if pair == {"unet", "scheduler"}:
            advice = _("One of the two says where noise is, the other takes a part of it away.")
        if pair == {"tokenizer", "text_encoder"}:
            advice = _("One of the two gives numbers, the other makes vectors of them.")
        if list(said.values()).count(said[fault]) > 1:
            advice = _("Each of the five parts has one fault. Follow the arrows of the map.")
        raise Hint(
            _(
                '"{fault}": that is not the {part}. {advice} {right} of 5 are right.',
                fault=FAULTS[fault],
                part=NAMES[said[fault]],
                advice=advice,
                right=right,
            )
        )
    return _("You can tell the five parts by what they do.")


NAMES = {
    "tokenizer": _("tokenizer"),
    "text_encoder": _("text encoder"),
    "unet": "U-Net",
    "scheduler": _("scheduler"),
    "vae": _("VAE decoder"),
}
"""Attribute of the pipeline -> name on the map."""


def _part(said: Any) -> str:
    """The part that is named; "U-Net" and "text encoder" are names, too."""
    names = {_letters(name): part for part in NAMES for name in (part, NAMES[part])}
    names["vaedecoder"] = "vae"
    plain = _letters(reading.text(said)) if isinstance(said, str) else ""
    if plain not in names:
        came, parts = reading.shown(said), ", ".join(NAMES)
        if not isinstance(said, str):
            raise Hint(_("{came} is none of the five parts. Choose from {parts}, in quotes.",
                         came=came, parts=parts))  # fmt: skip
        raise Hint(_("{came} is none of the five parts. Choose from {parts}.",
                     came=came, parts=parts))  # fmt: skip
    return names[plain]


def _letters(name: str) -> str:
    return "".join(filter(str.isalpha, name)).lower()


def roughness(latents: Tensor) -> float:
    """Mean difference between neighbouring latents, in standard deviations: 2.3 for noise."""
    across, down = (latents.diff(dim=axis).abs().mean() for axis in (-1, -2))
    return float((across + down) / latents.std().clamp(min=1e-6))


LOOKS = {
    "speckle": _("as rough as the noise itself"),
    "blur": _("large soft shapes, and far from finished"),
    "finished": _("nearly the finished picture"),
}
CHOICES = {"speckle": _("speckle"), "blur": _("blur"), "finished": _("finished")}


@exercise(
    "0.2",
    task=_('set prediction to "speckle", "blur" or "finished".'),
    reference='prediction = "blur"',
)
def prediction(answer: Any, run: Trajectory) -> str:
    """Examines what the first guess of a run looks like, by measuring it."""
    first, finished = run.records[0], run.latents[-1]
    off = float((first.x0_hat - finished).square().mean().sqrt() / finished.std())
    looks = "blur" if off > 0.3 else "finished"
    if roughness(first.x0_hat) > 0.8 * roughness(first.x_t):
        looks = "speckle"
    said = reading.choice(answer, CHOICES)
    if said != looks:
        raise Hint(
            _(
                "measured, the first guess is {name}: {look}. A prediction may be wrong: run the "
                "next cells, look at the first column, and then change your answer.",
                name=reading.quoted(looks, CHOICES),
                look=LOOKS[looks],
            )
        )
    return _("Measured, the first guess is {look}.", look=LOOKS[looks])


_PAINT_CODE = """\
from helpers import generate, to_pil


def paint(pipe, prompt, seed):
    run = generate(pipe, prompt, seed=seed, progress=False)
    return to_pil(run.images)[0]
"""

WORDS, SEEDS = ("a lake at night", "a desert by day"), (5, 6)
"""What `paint` is asked to draw: the first words with both seeds, and both words with the first."""


@exercise(
    "0.3",
    task=_("write paint(pipe, prompt, seed), which returns one picture."),
    reference=_PAINT_CODE,
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
        raise Hint(
            _("nothing was drawn by the pipe that you were given. Hand it to generate(...).")
        )
    if not same(first.picture, again.picture):
        raise Hint(
            _("the same seed gave two different pictures. Does generate(...) get seed=seed?")
        )
    _refuse_lost_seed(first, other_seed)
    _refuse_lost_words(first, other_words)
    _refuse_other_start(first, right)
    return _("Same seed, same picture; another seed or other words, another picture.")


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
            _(
                "seeds 5 and 6 gave the same picture. Pass the seed on: seed=seed, not a fixed "
                "number."
            )
        )
    if first.steps != other.steps:
        raise Hint(
            _(
                "seeds 5 and 6 made runs of {first} and {other} steps. The seed went to another "
                "argument: write seed=seed.",
                first=first.steps,
                other=other.steps,
            )
        )
    if close(first.noise, other.noise):
        raise Hint(
            _(
                "seeds 5 and 6 gave two pictures, but both began with the same noise. The seed "
                "went to another argument: write seed=seed."
            )
        )


def _refuse_lost_words(first: Drawn, other: Drawn) -> None:
    """Refuses what the prompt did not change, or changed as a negative prompt."""
    if same(first.picture, other.picture):
        raise Hint(
            _("two prompts gave the same picture. Pass your argument prompt on to generate(...).")
        )
    if close(first.words, other.words):
        raise Hint(
            _(
                "two prompts gave two pictures, but the model was asked for the same words. "
                "Did the prompt become the negative prompt? Write generate(pipe, prompt, ...)."
            )
        )


def _refuse_other_start(first: Drawn, right: Drawn) -> None:
    """Refuses another prompt, or noise of another seed, than was asked for."""
    if not close(first.words, right.words):
        raise Hint(
            _(
                'asked for "{prompt}", the model was given other words. Pass your argument prompt '
                "on as it is.",
                prompt=WORDS[0],
            )
        )
    if first.noise.shape == right.noise.shape and not close(first.noise, right.noise):
        raise Hint(_("it does not begin with the noise of seed 5. Pass on seed=seed as it is."))
    if first.negative is not None and not close(first.negative, right.negative):
        raise Hint(
            _(
                "the picture was steered away from some words. paint has no negative prompt: leave "
                "it empty."
            )
        )


def close(a: Tensor, b: Tensor | None) -> bool:
    """Whether words or noises agree, up to the last bits."""
    return b is not None and a.shape == b.shape and torch.allclose(a, b, rtol=1e-2, atol=1e-2)


@exercise(
    "0.4",
    task=_("set pair to two prompts that differ in exactly one word."),
    reference=_PAIR_CODE,
)
def pair(answer: Any) -> str:
    """Examines two prompts: known words, five or more, and one of them exchanged."""
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        raise Hint(_("expected two prompts in brackets, got {came}.", came=reading.shown(answer)))
    first, second = (_words(prompt) for prompt in answer)
    if len(first) != len(second):
        raise Hint(
            _(
                "one prompt has {first} words, the other {second}. Exchange one word for another, "
                "so that nothing else changes.",
                first=len(first),
                second=len(second),
            )
        )
    changed = [both for both in zip(first, second, strict=True) if both[0] != both[1]]
    if not changed:
        raise Hint(
            _("both prompts are the same. Exchange one word, then there is something to see.")
        )
    if len(changed) > 1:
        listed = _(", ").join(f"{old} → {new}" for old, new in changed[:3])
        raise Hint(
            _(
                "{count} words change: {listed}. Then nobody can say which of them made the "
                "difference. Change one.",
                count=len(changed),
                listed=listed,
            )
        )
    old, new = changed[0]
    return _("A fair test: only {old} → {new} changes.", old=old, new=new)


def _words(prompt: Any) -> list[str]:
    """The words of a prompt that says enough for a picture, all of them known."""
    if not isinstance(prompt, str):
        raise Hint(_("expected a text in quotes, got {came}.", came=reading.shown(prompt)))
    if unknown := unknown_words(prompt):
        close_ones = difflib.get_close_matches(reading.text(unknown[0]), VOCABULARY, n=3)
        advice = _("Take words from the list above.")
        if close_ones:
            advice = _("Did you mean {words}?", words=_(" or ").join(close_ones))
        listed = _(", ").join(unknown[:4] + ["…"] * (len(unknown) > 4))
        raise Hint(_("the model has never seen {words}. {advice}", words=listed, advice=advice))
    words = [word.lower() for word in segments(prompt) if word.isalpha()]
    if len(set(words)) < 5:
        raise Hint(
            _(
                "expected at least five different words in each prompt, got {count}. Add a time of "
                "day, water, trees or a style.",
                count=len(set(words)),
            )
        )
    return words
