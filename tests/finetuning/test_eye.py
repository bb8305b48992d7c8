"""The eye for windmills: what it looks at, what it is shown, and its file. How well it sees is
measured by `helpers.finetuning.recorded`."""

from __future__ import annotations

import pytest
import torch

from helpers.finetuning.eye import TRAINED, UNSEEN, Eye, drawings, load_eye, save_eye, train_eye
from helpers.finetuning.recorded import ASKED, VARIANTS, main
from helpers.finetuning.windmills import FIRST_SEED
from helpers.landscapes import unknown_words
from helpers.loading import TINY
from helpers.training.probe import Probe, load_probe


@pytest.fixture(scope="module")
def probe() -> Probe:
    return load_probe(TINY.with_name("probe.safetensors"))


def test_it_looks_at_the_judges_maps_and_leaves_the_judge_alone(probe):
    before = {name: value.clone() for name, value in probe.state_dict().items()}
    eye = train_eye(probe, count=8, steps=2)
    assert eye.maps(torch.zeros(2, 3, 128, 128)).shape == (2, 96, 16, 16)
    assert eye.sees(torch.rand(3, 3, 128, 128)).shape == (3,)
    assert all(torch.equal(value, before[name]) for name, value in probe.state_dict().items())
    assert not any(name.startswith("probe") for name, _ in eye.named_parameters())


def test_its_training_is_the_same_each_time(probe):
    first, second = (train_eye(probe, count=8, steps=2).state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_it_can_learn(probe):
    """A head alone tells eight drawings apart after some steps."""
    pictures, truth = drawings(8, TRAINED)
    assert truth.tolist() == [True, False] * 4
    eye = train_eye(probe, count=8, steps=60)
    assert bool((eye.sees(pictures) == truth).all())


def test_it_is_read_back(probe, tmp_path):
    eye = train_eye(probe, count=8, steps=2)
    save_eye(eye, tmp_path / "eye.safetensors")
    found = load_eye(tmp_path / "eye.safetensors", probe)
    x = torch.rand(2, 96, 16, 16)
    torch.testing.assert_close(found(x), eye(x), atol=1e-2, rtol=1e-2)
    with pytest.raises(FileNotFoundError, match="is missing: make it with"):
        load_eye(tmp_path / "none", probe)


def test_another_judge_is_told():
    eye = Eye(Probe((8, 16, 16, 16)))
    with pytest.raises(ValueError, match="has no maps of 96 x 16 x 16"):
        eye.maps(torch.zeros(1, 3, 128, 128))


def test_no_drawing_is_used_twice():
    """Drawings to learn from, to test with, and of the lesson have seeds of their own."""
    assert len({TRAINED, UNSEEN, FIRST_SEED}) == 3
    assert min(abs(a - b) for a in (TRAINED, UNSEEN) for b in (FIRST_SEED,)) > 10**6


def test_the_prompts_have_one_unknown_word_and_the_control_none():
    for name, prompt in ASKED.items():
        assert unknown_words(prompt) == ([] if "house" in name else ["windmill"]), prompt


def test_a_variant_that_is_not_there_is_told(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main([str(tmp_path), "seed-9"])
    assert "unknown: seed-9; there are seed-0" in capsys.readouterr().err
    assert {"seed-0", "seed-1", "seed-2", "word-alone", "without-old-0"} <= set(VARIANTS)
