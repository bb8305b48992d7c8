"""Rows of the quality table on prompts as people type them, with no look at the caption program.

The prompts lie in `plain_prompts.json`: they were written before a model was measured by them and
are never trained on. Of each picture the judge reads a value for every attribute.

* An attribute is *obeyed* if the value read is one of those that the prompt's words allow. Nothing
  is taken off for the judge's own errors: there is no drawing of these prompts to compare with.
* A *whole* prompt is obeyed in a picture that obeys every attribute asked for.
* A thing is *unasked* if sky, water, trees, building or weather is read as present though the
  prompt neither asks for it nor leads one to expect it (`fair_also`). Ground and terrain are in
  every picture and do not count.

The training data is held to the last rule too, its captions as prompts and its scenes as what was
read; a caption has no `fair_also`, so that a sunset's sun counts there.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

from .. import landscapes
from ..files import read_json
from ..landscapes import ATTRIBUTES
from .examiner import FULL, Examiner
from .table import Row

THINGS = ("sky", "water", "trees", "building", "weather")
"""What can be in a picture unasked."""

SEEDS = 4
"""Pictures of each prompt in a full evaluation."""


@dataclass(frozen=True)
class Plain:
    """A prompt, and what a picture of it must and may show.

    Args:
        text: the prompt.
        language: "en-US", "en-GB" or "ja".
        asks: attribute -> the values that are fair readings of the words.
        fair_also: the things of `THINGS` that may be there unasked.
    """

    text: str
    language: str
    asks: dict[str, list[str]]
    fair_also: tuple[str, ...] = ()

    def missed(self, read: dict[str, str]) -> list[str]:
        """The attributes asked for whose value, as read, is no fair reading of the words."""
        return [name for name, fair in self.asks.items() if read[name] not in fair]

    def unasked(self, read: dict[str, str]) -> list[str]:
        """The things read as present that were neither asked for nor to be expected."""
        expected = {*self.asks, *self.fair_also}
        return [name for name in THINGS if read[name] != "none" and name not in expected]


Answer = tuple[Plain, dict[str, str]]
"""A prompt and, of one of its pictures, attribute -> value read."""


def plain_prompts() -> list[Plain]:
    """The hundred prompts: English as in the United States, as in Britain, then Japanese."""
    content = read_json(Path(__file__).with_name("plain_prompts.json"))
    return [Plain(**prompt) for prompt in content["prompts"]]


def plain_rows(examiner: Examiner) -> list[Row]:
    """Does the model understand words that its caption program would not have chosen?"""
    prompts = plain_prompts()
    count = examiner.count(SEEDS * len(prompts), 10)
    asked = [prompts[k * len(prompts) // count] for k in range(count)]
    made = examiner.generate([prompt.text for prompt in asked], list(range(count)))
    answers = list(zip(asked, named(examiner.probe.read(made)), strict=True))
    drawn = list(itertools.islice(training_answers(), examiner.count(FULL, 50)))
    return [*obeyed_rows(answers), *freedom_rows(answers, drawn)]


def obeyed_rows(answers: list[Answer]) -> list[Row]:
    """Is what was asked for there?"""
    languages = [
        [answer for answer in answers if (answer[0].language == "ja") == japanese]
        for japanese in (False, True)
    ]
    definition = (
        "attributes asked for by prompts written by hand and read in the picture with a value "
        "that the words allow, as share of those asked for"
    )
    return [
        Row(
            "plain prompts",
            _obeyed(answers),
            "%",
            ">=",
            95,
            f"{definition}; {len(answers)} pictures",
            {name: _obeyed(answers, name) for name in ATTRIBUTES},
        ),
        Row("plain English prompts", _obeyed(languages[0]), "%", ">=", 93, "the same in English"),
        Row("plain Japanese prompts", _obeyed(languages[1]), "%", ">=", 93, "the same in Japanese"),
        Row(
            "whole plain prompts",
            _share(not prompt.missed(read) for prompt, read in answers),
            "%",
            ">=",
            80,
            "pictures of these prompts in which every attribute asked for is read so",
            misses(answers),
        ),
    ]


def freedom_rows(answers: list[Answer], drawn: list[Answer]) -> list[Row]:
    """What does the model do where the words leave it free, and the training data with it?

    Args:
        answers: the model's pictures.
        drawn: the training data, as `training_answers` gives it.
    """
    unasked = [_unasked(each) for each in (answers, drawn)]
    flat = [_flat(each) for each in (answers, drawn)]
    return [
        Row(
            "unasked things",
            sum(unasked[0].values()),
            "a picture",
            "<=",
            0.4,
            "sky, water, trees, building and weather read as present in pictures of these prompts, "
            "neither asked for nor to be expected; training drawings have "
            f"{sum(unasked[1].values()):.2f} that their captions do not tell",
            {
                f"{name}{where}": share
                for where, shares in zip(("", " in training"), unasked, strict=True)
                for name, share in shares.items()
            },
        ),
        Row(
            "flat unless told",
            flat[0],
            "%",
            ">=",
            75,
            "pictures read as flat among those of these prompts that name no style; of training "
            f"drawings whose captions name none, {flat[1]:.0f} % are",
            {"in training": flat[1]},
        ),
    ]


def misses(answers: list[Answer]) -> dict[str, float]:
    """What was read in place of what was asked: "prompt: attribute value" -> % of its pictures."""
    pictures = Counter(prompt.text for prompt, _ in answers)
    found = Counter(
        (prompt.text, f"{name} {read[name]}")
        for prompt, read in answers
        for name in prompt.missed(read)
    )
    return {
        f"{text}: {wrong}": 100 * count / pictures[text]
        for (text, wrong), count in found.most_common()
    }


def named(labels: torch.Tensor) -> list[dict[str, str]]:
    """Labels (N, 12) in words: attribute -> value, for each picture."""
    return [
        {name: ATTRIBUTES[name][label] for name, label in zip(ATTRIBUTES, row, strict=True)}
        for row in labels.tolist()
    ]


def training_answers() -> Iterator[Answer]:
    """The training stream without its titled paintings, each scene as what its caption got."""
    languages = itertools.cycle(("en", "ja"))
    for index in itertools.count():
        item, language = landscapes.sample(index), next(languages)
        caption = landscapes.describe(item.scene, index, language)
        if item.title is None and not landscapes.is_test_caption(caption):
            read = named(torch.tensor([item.scene.labels]))[0]
            told = landscapes.mentioned(item.scene, index, language)
            yield Plain(caption, language, {name: [read[name]] for name in told}), read


def _obeyed(answers: list[Answer], name: str | None = None) -> float:
    """Share of the attributes asked for that are obeyed, in %; of one attribute if named."""
    return _share(
        attribute not in prompt.missed(read)
        for prompt, read in answers
        for attribute in prompt.asks
        if name in (None, attribute)
    )


def _unasked(answers: list[Answer]) -> dict[str, float]:
    """Thing -> how many of it there are unasked, a picture."""
    found = Counter(name for prompt, read in answers for name in prompt.unasked(read))
    return {name: found[name] / len(answers) for name in THINGS}


def _flat(answers: list[Answer]) -> float:
    """Share of flat pictures where no style is named, in %."""
    return _share(read["style"] == "flat" for prompt, read in answers if "style" not in prompt.asks)


def _share(hits: Iterable[bool]) -> float:
    """Share of what is true, in %; nan of nothing."""
    found = list(hits)
    return 100 * sum(found) / len(found) if found else float("nan")
