"""What a model learned besides: the judge's words, distances to drawings, balanced castles."""

from __future__ import annotations

import json

import pytest
import torch

from helpers import audit
from helpers.audit import balance, neighbours, reading, repetition, results, tuning
from helpers.landscapes import SINGLES, is_held_out, render, sample
from helpers.training.data import to_tensor


def test_names_are_loaded_when_first_used():
    assert audit.read is reading.read
    with pytest.raises(AttributeError, match="it offers distances_to_drawings"):
        audit.nothing  # noqa: B018


def test_the_judge_reads_drawings_as_they_were_meant():
    items = [sample(number, "test") for number in range(6)]
    images = torch.stack([to_tensor(render(item.scene, item.seed)) / 255 for item in items])
    found = reading.read(images)
    right = [getattr(item.scene, name) == picture[name]
             for item, picture in zip(items, found, strict=True) for name in picture]  # fmt: skip
    assert sum(right) >= 70 and len(right) == 72


def test_shares_are_counts_the_most_frequent_first():
    found = [{"time": "day"}, {"time": "night"}, {"time": "night"}]
    assert list(reading.shares(found, "time").items()) == [("night", 2), ("day", 1)]
    with pytest.raises(ValueError, match="attribute must be one of time, sky"):
        reading.shares(found, "colour")


@pytest.mark.parametrize("shape", [(3, 128, 128), (1, 3, 64, 64), (1, 4, 128, 128)])
def test_pictures_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match=r"read: images must have the shape \(B, 3, 128, 128\)"):
        reading.read(torch.zeros(shape))
    with pytest.raises(ValueError, match="distances_to_drawings: pictures must have the shape"):
        neighbours.distances_to_drawings(torch.zeros(shape), range(1), progress=False)


def test_a_drawing_is_its_own_nearest_neighbour():
    pictures = torch.stack([neighbours.drawing(3), neighbours.drawing(5)])
    far = neighbours.distances_to_drawings(pictures, range(2, 6), progress=False)
    assert far.shape == (2, 4)
    assert far.argmin(1).tolist() == [1, 3] and float(far.amin(1).max()) == 0
    by_hand = (pictures[0] - neighbours.drawing(2)).square().mean().sqrt()
    torch.testing.assert_close(far[0, 0], by_hand)


def test_no_place_is_told():
    with pytest.raises(ValueError, match="places is empty"):
        neighbours.distances_to_drawings(torch.zeros(1, 3, 128, 128), [], progress=False)


def test_paintings_go_by_their_titles():
    title = next(iter(SINGLES))
    torch.testing.assert_close(neighbours.painting(title), neighbours.drawing(1000))
    with pytest.raises(ValueError, match="title must be one of 'The Lantern of Maravel'"):
        neighbours.painting("The Night Watch")


def test_balanced_castles_stand_at_every_time_and_where_they_may():
    scenes = balance.balanced_castles(300)
    night = sum(scene.time == "night" for scene in scenes) / 300
    assert {scene.building for scene in scenes} == {"castle"}
    assert 0.1 < night < 0.25 and not any(map(is_held_out, scenes))
    assert not [scene for scene in balance.old_scenes(50) if scene.building == "castle"]


def test_examples_are_drawings_with_captions_in_both_languages():
    first, second = tuning.examples(balance.balanced_castles(2), 2**42)
    assert first.picture.shape == (3, 128, 128) and 0 <= float(first.picture.min())
    assert float(first.picture.max()) <= 1 and first.caption.isascii()
    assert not second.caption.isascii()


def test_over_four_trainings_each_painting_comes_at_each_number():
    dealt = [repetition.dealt(training) for training in range(4)]
    for title in SINGLES:
        assert sorted(one[title] for one in dealt) == [1, 4, 16, 64]
    assert all(sorted(one.values()) == [1, 4, 16, 64] for one in dealt)


def test_a_copy_is_at_0_and_another_drawing_of_the_scene_at_1():
    title, (scene, _) = next(iter(SINGLES.items()))
    others = [to_tensor(render(scene, 20_000 + k)) / 255 for k in range(repetition.DRAWINGS)]
    away = repetition.far(torch.stack([neighbours.painting(title), *others]), title)
    assert away[0] == 0 and sum(away[1:]) / len(others) == pytest.approx(1, abs=0.2)


def test_a_recording_comes_back_with_its_command(tmp_path, monkeypatch):
    monkeypatch.setattr(results, "FOLDER", tmp_path / "recordings")
    results.write("balance", {"steps": 3})
    assert results.recorded("balance") == {"command": results.COMMANDS["balance"], "steps": 3}
    with pytest.raises(ValueError, match="name must be one of 'balance'"):
        results.recorded("energy")


def test_what_lesson_11_shows_was_recorded():
    for name, command in results.COMMANDS.items():
        found = results.recorded(name)
        assert found["command"] == command
        assert json.dumps(found)  # plain values only
