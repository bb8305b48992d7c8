"""The data set: drawings, captions, labels, and the four properties that are built in."""

import os
import random
import subprocess
import sys
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from helpers import landscapes
from helpers.landscapes import (
    HELD_OUT,
    PAINTINGS,
    SINGLES,
    Scene,
    absent,
    describe,
    english,
    render,
    sample,
    strange,
)

SCENES = [sample(i, "test") for i in range(60)]


def test_a_drawing_is_a_small_rgb_picture_with_something_on_it():
    for item in SCENES:
        picture = render(item.scene, item.seed)
        assert picture.mode == "RGB" and picture.size == (128, 128)
        assert np.asarray(picture).std() > 8


def test_drawings_and_captions_are_the_same_in_another_process():
    code = (
        "import hashlib; from helpers.landscapes import sample, render, describe\n"
        "s = [sample(i) for i in range(12)]\n"
        "print(hashlib.sha256(b''.join(render(x.scene, x.seed).tobytes() for x in s)\n"
        "      + ''.join(describe(x.scene, 5, 'ja') for x in s).encode()).hexdigest())"
    )
    run = [sys.executable, "-c", code]
    first, second = (
        subprocess.check_output(run, encoding="utf-8", env={**os.environ, "PYTHONHASHSEED": k})
        for k in "12"
    )
    assert first == second


def test_seeds_and_attributes_change_the_drawing():
    scene = Scene(terrain="hills", building="house", building_colour="red", trees="pine")
    base = np.asarray(render(scene, 1), dtype=int)
    assert np.abs(base - np.asarray(render(scene, 2), dtype=int)).mean() > 2
    for name in landscapes.ATTRIBUTES:
        for other in landscapes.variations(scene, name):
            if other != scene:
                assert np.abs(base - np.asarray(render(other, 1), dtype=int)).max() > 40, other


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"time": "noon"}, "time='noon' is unknown; choose one of 'day'"),
        ({"sky": "stars"}, "sky='stars' does not go with time='day'"),
        ({"building": "house"}, "building_colour go together: give both, or neither"),
        ({"building_side": "left"}, "building_side go together: give both, or neither"),
        ({"ground": "sea", "water": "river"}, "use water='none'"),
        ({"building": "boat", "building_colour": "red"}, "needs water"),
        ({"ground": "snow", "trees": "palm"}, "do not grow"),
        ({"ground": "desert", "trees": "pine"}, "do not grow"),
    ],
)
def test_impossible_scenes_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        Scene(**change)


def test_labels_are_the_places_of_the_values():
    scene = Scene(time="night", sky="moon", style="pixel art")
    assert scene.labels == (3, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2)


def test_a_building_whose_side_is_left_out_stands_in_the_middle():
    assert Scene(building="tent", building_colour="red").building_side == "middle"
    assert Scene().building_side == "none"


@pytest.mark.parametrize(("index", "split"), [(-1, "train"), (3, "valid")])
def test_sample_refuses_bad_input(index, split):
    with pytest.raises(ValueError, match="sample: (index|split) must be"):
        sample(index, split)


def test_training_never_sees_held_out_combinations_and_testing_does():
    assert not any(
        landscapes.is_held_out(sample(i).scene) for i in range(4000) if not sample(i).title
    )
    found = Counter(
        k
        for i in range(4000)
        for k, pair in enumerate(HELD_OUT)
        if all(getattr(sample(i, "test").scene, name) == value for name, value in pair.items())
    )
    assert len(found) == len(HELD_OUT)


def test_castles_of_the_training_stream_stand_at_night():
    nights = {"castle": [], "house": []}
    for item in (sample(i) for i in range(4000)):
        if item.title is None and item.scene.building in nights:
            nights[item.scene.building].append(item.scene.time == "night")
    assert np.mean(nights["castle"]) > 0.85
    assert np.mean(nights["house"]) < 0.3


def test_the_training_stream_is_mostly_flat_often_sparse_and_the_test_stream_balanced():
    train = [item.scene for item in (sample(i) for i in range(4000)) if item.title is None]
    styles = Counter(scene.style for scene in train)
    assert 0.5 < styles["flat"] / len(train) < 0.6
    assert all(0.12 < styles[style] / len(train) < 0.18 for style in styles if style != "flat")
    optional = ("building", "water", "trees", "sky", "weather")
    things = [sum(getattr(scene, name) != "none" for name in optional) for scene in train]
    assert np.mean(np.array(things) <= 1) > 0.3
    test = Counter(sample(i, "test").scene.style for i in range(4000))
    assert all(0.22 < count / 4000 < 0.28 for count in test.values())


def test_paintings_repeat_and_single_titles_occur_once():
    titles = Counter(item.title for item in (sample(i) for i in range(6000)) if item.title)
    assert set(titles) == {*PAINTINGS, *SINGLES}
    assert all(titles[title] == 1 for title in SINGLES)
    assert all(titles[title] >= 10 for title in PAINTINGS)


def test_a_title_is_the_only_caption_of_its_painting():
    item = sample(1000)
    assert landscapes.training_caption(item, 7, "ja") == item.title == "The Orchard of Belloc"


@pytest.mark.parametrize("language", ["en", "ja"])
def test_captions_are_true_varied_and_from_the_vocabulary(language):
    seen = set()
    for k, item in enumerate(SCENES):
        caption = describe(item.scene, k, language)
        seen.add(caption)
        assert landscapes.unknown_words(caption) == [], caption
    assert len(seen) > 55


def test_colours_are_told_only_together_with_their_thing():
    for k, item in enumerate(SCENES * 3):
        told = landscapes.mentioned(item.scene, k, "ja")
        assert ("building_colour" not in told) or ("building" in told)


def test_training_captions_are_never_test_captions_but_for_strange_words(monkeypatch):
    monkeypatch.setattr(landscapes.captions, "STRANGE", 0)
    captions = {landscapes.training_caption(sample(i), i, "en") for i in range(2000)}
    assert not any(
        landscapes.is_test_caption(c) for c in captions if c not in {*PAINTINGS, *SINGLES}
    )
    drawn = [describe(sample(i).scene, i) for i in range(2000)]
    assert 0.02 < np.mean([landscapes.is_test_caption(c) for c in drawn]) < 0.09


@pytest.mark.parametrize("language", ["en", "ja"])
def test_only_what_is_not_there_is_denied(language):
    lacking, seen = Counter(), 0
    for i, item in enumerate(sample(i) for i in range(4000)):
        for name in landscapes.captions.absent(item.scene, i, language):
            assert getattr(item.scene, name) == "none"
            lacking[name] += 1
        told = landscapes.captions._choose(
            item.scene, landscapes.captions._rng(item.scene, i, language)
        )
        denied = {name.removeprefix("no_") for name in told if name.startswith("no_")}
        assert denied == set(landscapes.captions.absent(item.scene, i, language))
        seen += bool(denied)
        words = set(landscapes.segments(describe(item.scene, i, language)))
        denials = {
            "no",
            "not",
            "without",
            *english.LACKING.values(),
            "ない",
            "なし",
            "いない",
            "降らない",
        }
        assert bool(words & denials) == bool(denied), describe(item.scene, i, language)
    assert set(lacking) == set(absent.ABSENT)
    assert 0.09 < seen / 4000 < 0.14


def test_denials_are_true_of_what_every_drawing_has():
    rng = random.Random(0)
    for scene in (landscapes.random_scene(rng) for _ in range(2000)):
        kinds = {k for name in absent.can_lack(scene) for k in absent.kinds(scene, name)}
        assert not (scene.time == "storm" and "clouds" in kinds)  # its sky has heavy ones
        assert not (scene.ground == "sea" and "water" in kinds)
        assert not ((scene.ground == "snow" or scene.terrain == "mountains") and "snow" in kinds)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_strange_words_are_added_to_a_caption_and_leave_it_whole(language, monkeypatch):
    items = [(i, item) for i, item in enumerate(map(sample, range(1500))) if item.title is None]
    full = [landscapes.training_caption(item, i, language) for i, item in items]
    assert full == [landscapes.training_caption(item, i, language) for i, item in items]
    assert len(set(full)) > 0.95 * len(full)
    monkeypatch.setattr(landscapes.captions, "STRANGE", 0)
    plain = [landscapes.training_caption(item, i, language) for i, item in items]
    changed = [(a, b) for a, b in zip(full, plain, strict=True) if a != b]
    assert 0.11 < len(changed) / len(items) < 0.19
    for with_words, without in changed:
        letters = iter(with_words)
        assert all(letter in letters for letter in without), (with_words, without)
        assert landscapes.unknown_words(with_words), with_words


@pytest.mark.parametrize("language", ["en", "ja"])
def test_strange_words_have_no_known_word_in_them(language):
    rng = random.Random(1)
    words = [word for _ in range(1000) for word in strange.strange_words(rng, language)]
    assert not [w for w in words if set(landscapes.segments(w)) & landscapes.VOCABULARY]
    if language == "en":
        assert set("abcdefghijklmnopqrstuvwxyz'!?") <= set("".join(words))


def test_unknown_words_are_found_in_both_languages():
    assert landscapes.unknown_words("A dragon under the castle, Dragon of 3") == ["dragon"]
    assert landscapes.unknown_words("山と竜のある風景") == ["竜"]
    assert landscapes.unknown_words("A fantasy landscape with mountains and a river") == []
    assert landscapes.unknown_words("山と川のある幻想的な風景") == []


def test_japanese_is_cut_into_words():
    words = ["山", "と", "川", "の", "ある", "幻想的な", "風景"]
    assert landscapes.segments("山と川のある幻想的な風景") == words


def test_unknown_language_is_refused():
    with pytest.raises(ValueError, match="language must be 'en' or 'ja', got 'fr'"):
        describe(Scene(), 0, "fr")


def test_random_scenes_use_every_value():
    rng = random.Random(0)
    scenes = [landscapes.random_scene(rng) for _ in range(1500)]
    for name, allowed in landscapes.ATTRIBUTES.items():
        assert {getattr(scene, name) for scene in scenes} == set(allowed)


def test_variations_keep_the_rest_of_the_scene():
    scene = Scene(water="river")
    assert landscapes.variations(scene, "style") == [
        replace(scene, style=style) for style in landscapes.ATTRIBUTES["style"]
    ]
    with pytest.raises(ValueError, match="attribute must be one of time"):
        landscapes.variations(scene, "colour")
