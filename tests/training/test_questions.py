"""Questions of the evaluation: never trained on, rightly labelled, fairly compared."""

from __future__ import annotations

import torch

from helpers import landscapes
from helpers.landscapes import ATTRIBUTES
from helpers.training.questions import (
    held_out_questions,
    labels,
    right_of_told,
    scenes_with,
    seen_questions,
    told_mask,
)


def test_captions_are_kept_back_from_training_and_half_japanese() -> None:
    asked = seen_questions(20)
    assert all(landscapes.is_test_caption(question.prompt) for question in asked)
    assert [question.language for question in asked] == ["en", "ja"] * 10
    assert not any(landscapes.is_held_out(question.scene) for question in asked)
    assert len({question.prompt for question in asked}) > 15


def test_masks_and_labels_follow_the_captions() -> None:
    asked = seen_questions(6)
    mask = told_mask(asked)
    for row, question in zip(mask, asked, strict=True):
        names = [name for name, told in zip(ATTRIBUTES, row, strict=True) if told]
        assert names == list(question.told)
    assert labels(asked).tolist() == [list(question.scene.labels) for question in asked]


def test_a_question_s_drawing_is_of_its_scene() -> None:
    question = seen_questions(1)[0]
    drawing = question.drawing()
    assert drawing.shape == (3, 128, 128)
    assert 0 <= drawing.min() and drawing.max() <= 1
    torch.testing.assert_close(drawing, seen_questions(1)[0].drawing())


def test_held_out_questions_ask_for_the_pair_and_their_rivals_for_one_half() -> None:
    pair = landscapes.HELD_OUT[0]
    whole, half = held_out_questions(pair, 4)
    assert len(whole) == len(half) == 4
    for question in (*whole, *half):
        assert set(pair) <= set(question.told)
    assert all(landscapes.is_held_out(question.scene) for question in whole)
    for question in half:
        assert sum(getattr(question.scene, name) == value for name, value in pair.items()) == 1
        assert not landscapes.is_held_out(question.scene)


def test_scenes_with_given_values_vary_in_the_rest() -> None:
    scenes = scenes_with({"time": "fantasy", "water": "river"}, 12)
    assert {(scene.time, scene.water) for scene in scenes} == {("fantasy", "river")}
    assert len({scene.terrain_colour for scene in scenes}) > 2
    assert not any(map(landscapes.is_held_out, scenes))


def test_only_what_a_caption_tells_can_be_right() -> None:
    asked = seen_questions(20)
    told, truth = told_mask(asked), labels(asked)
    assert right_of_told(truth, asked) == (int(told.sum()), int(told.sum()))
    untold = torch.where(told, truth, truth + 1)
    assert right_of_told(untold, asked) == (int(told.sum()), int(told.sum()))
    wrong = torch.where(told, truth + 1, truth)
    wrong[0] = truth[0]
    assert right_of_told(wrong, asked) == (int(told[0].sum()), int(told.sum()))
