"""Prompts as people type them: well-formed, never trained on, rightly counted."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from types import SimpleNamespace

import pytest
import torch

from helpers import landscapes
from helpers.landscapes import ATTRIBUTES
from helpers.training.data import caption
from helpers.training.examiner import Examiner
from helpers.training.plain import (
    THINGS,
    Plain,
    freedom_rows,
    misses,
    named,
    obeyed_rows,
    plain_prompts,
    plain_rows,
    training_answers,
)
from helpers.training.questions import scenes_with
from helpers.training.table import Row

PROMPTS = plain_prompts()
EMPTY = {name: allowed[0] for name, allowed in ATTRIBUTES.items()}
HOUSE = Plain("a red house", "en-US", {"building": ["house"], "building_colour": ["red"]})
DUSK = Plain("夕暮れの絵", "ja", {"time": ["sunset", "night"], "style": ["flat"]}, ("sky",))
DONE = {"building": "house", "building_colour": "red", "time": "sunset", "sky": "sun"}


def values(rows: list[Row]) -> dict[str, float]:
    return {row.name: row.value for row in rows}


def readings(prompt: Plain) -> list[dict[str, str]]:
    """Each way in which the prompt may fairly be read."""
    return [dict(zip(prompt.asks, each, strict=True)) for each in product(*prompt.asks.values())]


def test_there_are_enough_of_them_half_japanese_and_none_twice() -> None:
    languages = [prompt.language for prompt in PROMPTS]
    assert len(PROMPTS) >= 80
    assert languages.count("ja") == len(PROMPTS) / 2
    assert languages.count("en-US") == languages.count("en-GB") == len(PROMPTS) / 4
    assert len({"".join(prompt.text.casefold().split()) for prompt in PROMPTS}) == len(PROMPTS)


def test_every_value_is_asked_for() -> None:
    asked = {(name, value) for p in PROMPTS for name, fair in p.asks.items() for value in fair}
    known = {(name, value) for name, allowed in ATTRIBUTES.items() for value in allowed}
    sides = {
        (name, value) for name, value in known if name == "building_side"
    }  # an attribute since
    assert asked == known - sides - {("building_colour", "none")}  # told by "no building"


@pytest.mark.parametrize("prompt", PROMPTS, ids=lambda prompt: prompt.text)
def test_a_prompt_can_be_drawn_and_no_way_to_read_it_is_held_out(prompt: Plain) -> None:
    assert prompt.asks and all(prompt.asks.values())
    assert set(prompt.fair_also) <= set(THINGS) - set(prompt.asks)
    for reading in readings(prompt):
        assert not any(pair.items() <= reading.items() for pair in landscapes.HELD_OUT)
        assert prompt.missed(EMPTY | reading) == []
    scene = scenes_with(fitting(prompt), 1)[0]
    assert prompt.missed({name: getattr(scene, name) for name in ATTRIBUTES}) == []


def fitting(prompt: Plain) -> dict[str, str]:
    """A reading of the prompt that some scene has, with what it cannot be without."""
    for reading, time in product(readings(prompt), ATTRIBUTES["time"]):
        values = {"time": time} | reading
        if values.get("building", "none") != "none":
            values = {"building_colour": "red", "building_side": "middle"} | values
        try:
            replace(landscapes.Scene(), **values)
        except ValueError:
            continue
        return values
    raise AssertionError(f"no scene fits {prompt}")


def test_none_is_a_caption_of_the_training_stream() -> None:
    captions = {caption(item, item).casefold() for item in range(4000)}
    assert not captions & {prompt.text.casefold() for prompt in PROMPTS}


def test_a_picture_of_all_that_was_asked_obeys() -> None:
    answers = [(HOUSE, EMPTY | DONE), (DUSK, EMPTY | DONE)]
    assert values(obeyed_rows(answers)) == {
        "plain prompts": 100,
        "plain English prompts": 100,
        "plain Japanese prompts": 100,
        "whole plain prompts": 100,
    }
    assert misses(answers) == {}


def test_what_is_missed_is_counted_by_language_and_shown() -> None:
    blue = EMPTY | DONE | {"building_colour": "blue"}
    rows = obeyed_rows([(HOUSE, blue), (HOUSE, EMPTY | DONE), (DUSK, EMPTY | {"time": "dawn"})])
    assert values(rows) == {
        "plain prompts": pytest.approx(100 * 4 / 6),
        "plain English prompts": 75,
        "plain Japanese prompts": 50,
        "whole plain prompts": pytest.approx(100 / 3),
    }
    assert rows[0].parts["building_colour"] == 50
    assert rows[-1].parts == {"a red house: building_colour blue": 50, "夕暮れの絵: time dawn": 100}


def test_any_fair_reading_obeys() -> None:
    assert DUSK.missed(EMPTY | {"time": "night"}) == []
    assert DUSK.missed(EMPTY | {"time": "day"}) == ["time"]


def test_unasked_things_are_those_neither_asked_for_nor_to_be_expected() -> None:
    full = EMPTY | DONE | {"water": "lake", "trees": "pine", "weather": "rain", "ground": "snow"}
    assert HOUSE.unasked(full) == ["sky", "water", "trees", "weather"]
    assert DUSK.unasked(full) == ["water", "trees", "building", "weather"]
    assert HOUSE.unasked(EMPTY | {"building": "tent"}) == []  # asked for, if otherwise


def test_freedom_is_compared_with_the_training_data() -> None:
    sketch = EMPTY | DONE | {"style": "pencil sketch"}
    rows = freedom_rows([(HOUSE, EMPTY | DONE), (HOUSE, sketch), (DUSK, sketch)], [(HOUSE, sketch)])
    assert values(rows) == {"unasked things": 1, "flat unless told": 50}  # sky, sky, building
    assert rows[0].parts["building"] == pytest.approx(1 / 3)
    assert rows[0].parts["sky in training"] == 1
    assert rows[1].parts == {"in training": 0}


def test_nothing_to_measure_is_nan_and_misses_its_bar() -> None:
    rows = obeyed_rows([(HOUSE, EMPTY)])
    assert not rows[2].met and rows[2].value != rows[2].value


def test_training_captions_obey_their_own_scenes() -> None:
    """The comparison is honest: captions as training reads them, with what they tell."""
    found = [answer for answer, _ in zip(training_answers(), range(100), strict=False)]
    assert all(prompt.asks and prompt.missed(read) == [] for prompt, read in found)
    assert not any(landscapes.is_test_caption(prompt.text) for prompt, _ in found)
    assert {prompt.language for prompt, _ in found} == {"en", "ja"}
    assert not {prompt.text for prompt, _ in found} & set(landscapes.PAINTINGS)


def test_labels_are_put_into_words() -> None:
    scene = landscapes.sample(3, "test").scene
    assert named(torch.tensor([scene.labels])) == [
        {name: getattr(scene, name) for name in ATTRIBUTES}
    ]


@pytest.mark.parametrize(("pictures", "count"), [(500, 400), (250, 200), (20, 16), (10, 10)])
def test_a_smaller_evaluation_takes_its_prompts_from_the_whole_list(
    pictures: int, count: int
) -> None:
    """The model here draws nothing but empty scenes, and the judge reads them so."""
    seen: list[tuple[str, int]] = []
    exam = Examiner(SimpleNamespace(), SimpleNamespace(), pictures)
    exam.generate = lambda prompts, seeds: seen.extend(zip(prompts, seeds, strict=True))
    exam.probe.read = lambda made: torch.zeros(len(seen), len(ATTRIBUTES)).long()
    rows = plain_rows(exam)
    assert len(seen) == count == len({seed for _, seed in seen})
    japanese = {prompt.text for prompt in PROMPTS if prompt.language == "ja"}
    assert sum(text in japanese for text, _ in seen) == count / 2
    assert len({text for text, _ in seen}) == min(count, len(PROMPTS))
    assert values(rows)["unasked things"] == 0
    assert values(rows)["flat unless told"] == 100
    assert rows[0].definition.endswith(f"; {count} pictures")
