"""What lesson 10 measures: copies have distance 0, and prompts ask for what they should."""

from __future__ import annotations

import pytest
import torch

from helpers.finetuning import measuring
from helpers.finetuning.windmills import drawn_again, windmills
from helpers.landscapes import unknown_words


def test_the_training_pictures_themselves_have_distance_0(monkeypatch):
    asked = []

    def painted(pipe, prompts, seeds):
        asked.extend(prompts)
        known = {each.caption: each.picture for each in windmills()}
        return torch.stack([known[prompt] for prompt in prompts])

    monkeypatch.setattr(measuring, "paint", painted)
    assert measuring.copies(None, 12, range(6)) == [0.0] * 6
    captions = [each.caption for each in windmills(4)]
    assert asked == [*captions, *captions[:2]]


def test_another_drawing_of_the_scene_has_distance_1(monkeypatch):
    def painted(pipe, prompts, seeds):
        return drawn_again(0)[: len(prompts)]

    monkeypatch.setattr(measuring, "paint", painted)
    far = measuring.copies(None, 1, range(8))
    assert sum(far) / 8 == pytest.approx(1, abs=0.01)


def test_prompts_ask_for_the_new_word_alone_and_the_controls_for_none():
    for name, prompt in measuring.ASKED.items():
        assert unknown_words(prompt) == ([] if "house" in name else ["windmill"])
