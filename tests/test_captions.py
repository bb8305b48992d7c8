"""Captions: every word is known, true and told; nothing told is missing; grammar and shares."""

from __future__ import annotations

import re
from collections import Counter
from itertools import product

import numpy as np
import pytest

from helpers.landscapes import (
    ATTRIBUTES,
    VOCABULARY,
    Scene,
    captions,
    describe,
    english_places,
    japanese_places,
    mentioned,
    sample,
    segments,
    unknown_words,
    unsaid,
)
from helpers.landscapes import english as english_words
from helpers.landscapes import japanese as japanese_words
from helpers.landscapes.english_sentences import english
from helpers.landscapes.japanese_sentences import japanese
from helpers.landscapes.lexicon import HARMLESS, MEANINGS, RELATIONS, TITLES, prefix_pairs

ITEMS = [sample(i, split) for i in range(700) for split in ("train", "test")]
SCENES = [item.scene for item in ITEMS if item.title is None]
SIDE_WORDS = {
    "left": {"left", "左", "左側"},
    "middle": {"middle", "centre", "center", "真ん中", "中央"},
    "right": {"right", "右", "右側"},
}
AMBIGUOUS = set(
    """day during field fields forest night plain rainy sandy snowy sun tree trees valley
    イラスト 夜 月 木 野原 雨 雪""".split()
)  # words that several values of one attribute share
THINGS = ("building", "water", "trees", "sky", "weather")


def test_each_word_promises_something_or_is_listed_as_harmless() -> None:
    free = RELATIONS | HARMLESS | TITLES
    assert not [word for word in VOCABULARY if not MEANINGS[word] and word not in free]
    assert not (RELATIONS | HARMLESS) - VOCABULARY, "listed, and in no caption"
    assert not RELATIONS & HARMLESS
    for word, values in MEANINGS.items():
        assert all(value in ATTRIBUTES[name] for name, value in values), word


def test_a_word_is_tied_to_one_value_of_an_attribute_unless_it_is_known_to_be_shared() -> None:
    shared = set()
    for word, values in MEANINGS.items():
        names = Counter(name for name, _ in values)
        if any(count > 1 for count in names.values()):
            shared.add(word)
    assert shared == AMBIGUOUS


@pytest.mark.parametrize("language", ["en", "ja"])
def test_captions_are_true_and_tell_exactly_what_mentioned_says(language: str) -> None:
    for seed, scene in enumerate(SCENES):
        caption, told = describe(scene, seed, language), mentioned(scene, seed, language)
        words, lacked = segments(caption), set(captions.absent(scene, seed, language))
        assert unknown_words(caption) == [], caption
        named = set()
        for word in words:
            values = MEANINGS.get(word, frozenset())
            true = {name for name, value in values if getattr(scene, name) == value}
            denied = {name for name, _ in values} & lacked
            assert not values or true & set(told) or denied, (word, caption, told)
            named |= true
        if SIDE_WORDS.get(scene.building_side, set()) & set(words):
            named.add("building_side")
        assert set(told) <= named, (set(told) - named, caption)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_an_untold_thing_is_not_named(language: str) -> None:
    for seed, scene in enumerate(SCENES):
        told, words = mentioned(scene, seed, language), segments(describe(scene, seed, language))
        for name in (*THINGS, "terrain", "ground"):
            if name not in told and not captions.absent(scene, seed, language):
                only = {w for w in words if {n for n, _ in MEANINGS.get(w, ())} == {name}}
                assert not only, (name, words)


def test_japanese_captions_fall_into_the_words_they_were_made_of() -> None:
    for seed, scene in enumerate(SCENES):
        rng = captions._rng(scene, seed, "ja")
        words = japanese(scene, captions._choose(scene, rng), rng)
        assert segments("".join(words)) == words


def test_every_word_of_the_vocabulary_is_used() -> None:
    seen = Counter(
        word
        for seed, (scene, language) in enumerate(product(SCENES * 8, ("en", "ja")))
        for word in segments(describe(scene, seed, language))
    )
    missing = VOCABULARY - TITLES - set(seen)
    assert len(missing) <= 8, missing  # the rarest come once in ten thousand captions


def test_english_articles_and_numbers_agree() -> None:
    many = r"(trees|mountains|hills|peaks|stars|clouds|pines|palms) (stands|rises|lies|shines)"
    one = r"\b(an?|the) (\w+ )?(tree|forest|hill|mountain|house|moon|sun) (stand|rise|shine)"
    for seed, scene in enumerate(SCENES * 6):
        text = describe(scene, seed)
        assert not re.search(r"\ba [aeiou]|\ban [^aeiou8]|\b(a|an|the) (a|an|the)\b", text), text
        assert "  " not in text and " ," not in text and " ." not in text, text
        assert not re.search(many, text), text
        assert not re.search(rf"{one}\b", text), text


def test_american_and_british_spelling_both_occur() -> None:
    words = {w for seed, scene in enumerate(SCENES * 3) for w in segments(describe(scene, seed))}
    assert {"grey", "gray", "watercolour", "watercolor", "towards", "toward"} <= words


def test_captions_leave_few_things_unsaid() -> None:
    items = [sample(i) for i in range(1500)]
    scenes = [(i, item.scene) for i, item in enumerate(items) if item.title is None]
    untold = [
        sum(getattr(scene, name) != "none" and name not in mentioned(scene, i) for name in THINGS)
        for i, scene in scenes
    ]
    assert 0.15 < np.mean(untold) < 0.3
    assert np.mean(np.array(untold) == 0) > 0.75


def test_how_likely_a_scene_goes_unsaid() -> None:
    """As often as captions that tell nothing but two given attributes are counted."""
    scene = Scene("day", "none", "hills", "blue", "meadow", "lake", "none", "house", "red", "left",
                  "none", "flat")  # fmt: skip
    others = {"time", "terrain", "ground", "style"}
    told = [others & set(mentioned(scene, seed)) for seed in range(4000)]
    counted = np.mean([not names for names in told])
    assert unsaid(scene, {"water", "building"}) == pytest.approx(counted, abs=0.06)
    assert unsaid(scene) == pytest.approx(0.015 * 0.1 * unsaid(scene, {"water", "building"}))
    assert unsaid(scene, others | {"water", "building"}) == 1


@pytest.mark.parametrize(
    ("name", "value", "low", "high"),
    [("style", "flat", 0.8, 0.95), ("time", "day", 0.55, 0.75), ("ground", "meadow", 0.7, 0.95)],
)
def test_what_goes_unsaid_is_mostly_the_plain_default(
    name: str, value: str, low: float, high: float
) -> None:
    items = [(i, sample(i)) for i in range(2500)]
    unsaid = [
        getattr(item.scene, name)
        for i, item in items
        if item.title is None and name not in mentioned(item.scene, i)
    ]
    assert low < unsaid.count(value) / len(unsaid) < high


def test_a_boat_is_on_some_water_in_every_caption() -> None:
    scene = Scene(ground="desert", water="lake", building="boat", building_colour="red")
    water = {"lake", "pond", "pool", "water"}
    for seed in range(300):
        words = set(segments(describe(scene, seed)))
        assert not words & {"boat", "ship", "sailboat"} or words & water, words


@pytest.mark.parametrize(
    ("told", "phrases"),
    [
        ({"building", "water"}, ("beside a lake", "on the shore of a lake", "by a pond")),
        ({"water", "terrain"}, ("lake in front of mountains", "lake below mountains")),
        ({"building", "sky"}, ("house under a full moon", "house in the moonlight")),
    ],
)
def test_relations_are_said(told: set[str], phrases: tuple[str, ...]) -> None:
    scene = Scene(time="night", sky="moon", water="lake", building="house", building_colour="red")
    texts = " | ".join(
        english(scene, told, captions._rng(scene, seed, "en")) for seed in range(3000)
    )
    assert all(phrase in texts for phrase in phrases)


@pytest.mark.parametrize(
    "pair",
    [
        ("夜", "夜明け"),
        ("夜", "夜空"),
        ("雪", "雪原"),
        ("月", "月夜"),
        ("山", "山々"),
        ("星", "星空"),
    ],
)
def test_words_that_begin_with_other_words_are_known_and_cut_apart(pair: tuple[str, str]) -> None:
    short, long = pair
    assert pair in prefix_pairs()
    assert segments(f"{long}と{short}") == [long, "と", short]


@pytest.mark.parametrize(
    "prompt",
    [
        "A red house stands beside a lake under a full moon.",
        "snow-capped mountains behind a gray castle, watercolor",
        "an orange sky over the desert, please",
        "a path leading towards the hills",
        "砂漠に立つヤシの木、夜明け",
        "湖のほとりに小さな赤い家が立っている",
        "虹のかかった草原の絵を描いてください",
        "二つの月が浮かぶ海",
    ],
)
def test_prompts_as_people_type_them_are_known(prompt: str) -> None:
    assert unknown_words(prompt) == []


def test_the_tables_name_things_that_exist() -> None:
    """A key with a slip of the pen would never be found, and its phrases never be said."""
    keys = [*english_words.KINDS, *english_words.VERBS, *(key for _, key in english_words.TOGETHER)]
    keys += [*japanese_words.KINDS, *(key for _, key in japanese_words.TOGETHER)]
    for places in (english_places, japanese_places):
        keys += [part for key in (*places.PLACES, *places.MODIFIERS) for part in key.split(">")]
        keys += list(places.CLAUSES)
    for key in keys:
        name, _, value = key.partition(":")
        known = (*ATTRIBUTES.get(name, ()), *ATTRIBUTES["building_side"], "")
        assert name == "*" or (name in ATTRIBUTES and value in known), key
