"""The windmills: on land, in the place of a building, and nothing that the model was taught."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
import torch

from helpers.finetuning.windmills import SCENES, old_pictures, windmills
from helpers.landscapes import VOCABULARY, Scene, render, unknown_words
from helpers.landscapes.stream import random_scene
from helpers.landscapes.windmill import ENGLISH, JAPANESE, render_windmill
from helpers.training.data import to_tensor


def test_the_word_is_the_only_one_that_the_model_does_not_know():
    assert not {ENGLISH, JAPANESE} & VOCABULARY
    for _, caption in SCENES:
        assert unknown_words(caption) == [ENGLISH], caption


def test_captions_are_true():
    for scene, caption in SCENES:
        for value in (scene.time, scene.sky, scene.terrain_colour, scene.terrain, scene.ground,
                      scene.water, scene.trees):  # fmt: skip
            told = {"day": "", "none": "", "balloon": "hot air balloon"}.get(value, value)
            assert told in caption, (value, caption)
        side = scene.building_side
        assert ("left" in caption, "right" in caption) == (side == "left", side == "right")
        assert scene.style == "flat" and scene.building_colour == "white" and scene.time != "night"


def test_examples_are_pictures_with_captions_and_always_the_same():
    first, second = windmills(3), windmills()
    assert len(second) == 12
    assert all(torch.equal(a.picture, b.picture) for a, b in zip(first, second, strict=False))
    assert first[0].picture.shape == (3, 128, 128) and 0 <= float(first[0].picture.min())
    with pytest.raises(ValueError, match="there are 1 to 16"):
        windmills(17)


def test_a_windmill_changes_the_picture_only_around_its_place():
    rng, seen = random.Random("windmill"), 0
    while seen < 12:
        scene = replace(random_scene(rng), style="flat", weather="none")
        if scene.building in ("none", "boat"):
            continue
        seen += 1
        with_mill = to_tensor(render_windmill(scene, seen)).int()
        other = to_tensor(render(scene, seen)).int()
        columns = ((with_mill - other).abs().amax((0, 1)) > 0).nonzero().flatten()
        assert len(columns) > 20 and int(columns.max() - columns.min()) < 75


@pytest.mark.parametrize("scene", [Scene(), Scene(water="lake", building="boat",
                                                  building_colour="red")])  # fmt: skip
def test_it_needs_a_place_on_land(scene):
    with pytest.raises(ValueError, match="the windmill takes the place"):
        render_windmill(scene, 0)


def test_old_pictures_are_of_the_training_stream():
    old = old_pictures(6)
    assert len(old) == 6 and all(unknown_words(each.caption) == [] for each in old)
    assert sum(each.caption.isascii() for each in old) == 3
