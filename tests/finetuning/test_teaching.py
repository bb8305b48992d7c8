"""From a folder of pictures to files to load: stopped, resumed, and refused where it must be."""

from __future__ import annotations

import itertools
import json
import logging
import os
import signal
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from helpers.finetuning import FinetuneConfig, checkpoints, teaching
from helpers.finetuning.teaching import Teaching, teach
from helpers.loading import adapters, words

KNOWN = ["a", "castle", "house", "meadow", "night"]
FILES = {"pytorch_lora_weights.safetensors", "learned_embeds.safetensors", "training.json",
         "README.md", "samples.png", "state"}  # fmt: skip


@pytest.fixture
def make_model(make_random_pipe: Callable) -> Callable:
    """A fresh small pipeline that knows few words, as `load` gives it to a training."""

    def make(*_: object, **__: object) -> object:
        pipe = make_random_pipe()
        pipe.tokenizer.init_kwargs["known_words"] = list(KNOWN)
        return pipe

    return make


@pytest.fixture
def plan(tmp_path: Path, make_model: Callable, monkeypatch: pytest.MonkeyPatch) -> Teaching:
    """Six steps on four pictures."""
    monkeypatch.setattr(teaching, "load", make_model)
    monkeypatch.setattr(teaching, "OLD", 3)
    folder = tmp_path / "pictures"
    folder.mkdir()
    rng = torch.Generator().manual_seed(0)
    for number in range(4):
        pixels = torch.randint(256, (32, 32, 3), generator=rng, dtype=torch.uint8)
        Image.fromarray(pixels.numpy()).save(folder / f"{number}.png")
    config = FinetuneConfig("windmill", rank=2, steps=6, batch_size=2)
    return Teaching(folder, tmp_path / "out", config, samples=2, checkpoint_minutes=60)


def learned(out: Path) -> dict[str, torch.Tensor]:
    """All numbers that were learned."""
    return load_file(out / "pytorch_lora_weights.safetensors") | load_file(
        out / "learned_embeds.safetensors"
    )


def equal(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


def test_a_folder_becomes_a_word_that_can_be_loaded(plan: Teaching, make_model: Callable) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        out = teach(plan)
    assert {path.name for path in out.iterdir()} == FILES
    pipe = make_model()
    assert adapters.add(pipe, out) == ["windmill"]
    assert words.is_known(pipe, "Windmill") and len(adapters.told(pipe)) == 1
    facts = json.loads((out / "training.json").read_text(encoding="utf-8"))
    assert (facts["word"], facts["steps"], facts["pictures"]) == ("windmill", 6, 4)
    assert facts["old_pictures"] == 3 and facts["loss_last_tenth"] > 0
    with Image.open(out / "samples.png") as sheet:
        assert sheet.size == (2 * 32 + 4, 2 * 32 + 4)


def test_the_card_says_how_to_use_it(plan: Teaching) -> None:
    card = (teach(plan) / "README.md").read_text(encoding="utf-8")
    for told in ('helpers.load("tiny", lora="out")', "--model tiny --lora out", "from 4 pictures",
                 'load_lora_weights("out")', 'load_textual_inversion("out", weight_name="learned_',
                 "num_inference_steps=20, guidance_scale=", "| rank | 2 |", "samples.png",
                 "| old pictures | 3 |"):  # fmt: skip
        assert told in card
    assert "None" not in card and str(plan.out.parent) not in card


def test_without_samples_the_card_shows_none(plan: Teaching) -> None:
    out = teach(replace(plan, samples=0))
    assert "samples" not in (out / "README.md").read_text(encoding="utf-8")
    assert not (out / "samples.png").exists()


@pytest.mark.parametrize(
    ("changes", "missing"),
    [({"lora": False}, "pytorch_lora_weights.safetensors"),
     ({"embedding": False}, None)],
)  # fmt: skip
def test_half_of_it_alone(plan: Teaching, changes: dict, missing: str | None) -> None:
    out = teach(replace(plan, config=replace(plan.config, **changes)))
    assert FILES - {path.name for path in out.iterdir()} == ({missing} if missing else set())
    card = (out / "README.md").read_text(encoding="utf-8")
    assert ("load_lora_weights" in card) == (missing is None)


def stop_at(monkeypatch: pytest.MonkeyPatch, step: int, how: Callable[[], None]) -> None:
    """Does something within `step`, before it is done."""
    real, seen = teaching.finetune, []

    def patched(pipe, *given, on_step, **options):
        real_forward = pipe.unet.forward

        def forward(*inside, **more):
            seen.append(1)
            if len(seen) == step:
                how()
            return real_forward(*inside, **more)

        monkeypatch.setattr(pipe.unet, "forward", forward)
        return real(pipe, *given, on_step=on_step, **options)

    monkeypatch.setattr(teaching, "finetune", patched)


def test_stopped_by_ctrl_c_it_goes_on_to_the_same_result(
    plan: Teaching, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    whole = learned(teach(replace(plan, out=plan.out.with_name("whole"))))
    before = signal.getsignal(signal.SIGINT)
    with monkeypatch.context() as patch, caplog.at_level(logging.INFO):
        stop_at(patch, 3, lambda: signal.raise_signal(signal.SIGINT))
        with pytest.raises(KeyboardInterrupt):
            teach(plan)
    assert signal.getsignal(signal.SIGINT) is before
    assert "saved after step 3; --resume goes on" in caplog.text
    assert checkpoints.read(plan.checkpoint)[0]["step"] == 3
    assert not equal(learned(plan.out), whole)
    caplog.clear()
    with caplog.at_level(logging.INFO):
        teach(replace(plan, resume=True))
    assert "continue at step 3" in caplog.text
    assert equal(learned(plan.out), whole)
    assert {path.name for path in plan.out.iterdir()} == FILES


def test_a_second_ctrl_c_stops_at_once(plan: Teaching, monkeypatch: pytest.MonkeyPatch) -> None:
    def twice() -> None:
        before = signal.getsignal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        while signal.getsignal(signal.SIGINT) is before:
            pass  # Python has not taken up the first yet, and two at once would be one
        signal.raise_signal(signal.SIGINT)

    stop_at(monkeypatch, 3, twice)
    with pytest.raises(KeyboardInterrupt):
        teach(plan)
    assert not plan.checkpoint.exists()


def test_what_fails_between_checkpoints_goes_on_from_the_last(
    plan: Teaching, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = learned(teach(replace(plan, out=plan.out.with_name("whole"))))
    often = replace(plan, checkpoint_minutes=0)
    with monkeypatch.context() as patch:
        stop_at(patch, 5, lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            teach(often)
    assert checkpoints.read(plan.checkpoint)[0]["step"] == 4
    assert equal(learned(teach(replace(often, resume=True))), whole)


def test_more_steps_can_be_added(plan: Teaching) -> None:
    whole = learned(teach(replace(plan, out=plan.out.with_name("whole"))))
    teach(replace(plan, config=replace(plan.config, steps=2)))
    assert equal(learned(teach(replace(plan, resume=True))), whole)


def test_a_budget_of_minutes_ends_it(plan: Teaching, monkeypatch: pytest.MonkeyPatch) -> None:
    now = itertools.count(time.monotonic(), 20)  # twenty seconds pass whenever the clock is read
    monkeypatch.setattr("helpers.training.budget.time.monotonic", lambda: next(now))
    config = replace(plan.config, steps=teaching.ENDLESS)
    out = teach(replace(plan, config=config, minutes=3.0, samples=0))
    facts = json.loads((out / "training.json").read_text(encoding="utf-8"))
    assert 1 <= facts["steps"] < 9


def test_a_second_training_is_not_written_over_the_first(plan: Teaching) -> None:
    teach(plan)
    with pytest.raises(
        FileExistsError, match="checkpoint of an earlier run: continue it with --re"
    ):
        teach(plan)
    plan.checkpoint.unlink()
    for resume in (False, True):
        with pytest.raises(FileExistsError, match="something learned already .*another --out"):
            teach(replace(plan, resume=resume))


def test_two_at_once_are_told(plan: Teaching) -> None:
    from helpers.files import only_one

    with only_one(plan.out, "a training"), pytest.raises(OSError, match="a training runs there"):
        teach(plan)


def test_another_configuration_is_not_resumed(plan: Teaching) -> None:
    teach(plan)
    for change in ({"rank": 4}, {"word": "lighthouse"}):
        config = replace(plan.config, **change)
        with pytest.raises(ValueError, match="resume: this state is of a training with"):
            teach(replace(plan, config=config, resume=True))


def test_other_pictures_are_told_when_it_goes_on(
    plan: Teaching, caplog: pytest.LogCaptureFixture
) -> None:
    teach(plan)
    Image.new("RGB", (32, 32)).save(plan.pictures / "5.png")
    with caplog.at_level(logging.WARNING):
        teach(replace(plan, resume=True))
    assert "other ones than those that this training began with" in caplog.text


def test_a_damaged_checkpoint_is_told(plan: Teaching) -> None:
    plan.checkpoint.parent.mkdir(parents=True)
    plan.checkpoint.write_bytes(b"cut")
    with pytest.raises(ValueError, match="no checkpoint that can be read .*delete it"):
        teach(replace(plan, resume=True))


def test_a_known_word_is_refused_and_nothing_is_left(plan: Teaching) -> None:
    with pytest.raises(ValueError, match="the model knows 'castle' already"):
        teach(replace(plan, config=replace(plan.config, word="castle")))
    assert not plan.out.exists()


def test_a_bad_folder_is_told_before_the_model_is_loaded(
    plan: Teaching, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(teaching, "load", lambda *_: pytest.fail("loaded"))
    with pytest.raises(ValueError, match="pictures: .*nowhere is not there"):
        teach(replace(plan, pictures=plan.pictures / "nowhere"))
    assert not plan.out.exists()


def test_a_loss_that_is_no_number_is_told(plan: Teaching) -> None:
    wild = replace(plan.config, learning_rate=1e30)
    with pytest.raises(
        FloatingPointError, match="another --out, with a --learning-rate lower than"
    ):
        teach(replace(plan, config=replace(wild, steps=30)))


def test_a_full_disk_is_told_and_what_was_there_stays(
    plan: Teaching, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    teach(replace(plan, config=replace(plan.config, steps=2)))
    before = learned(plan.out)
    monkeypatch.setattr(checkpoints, "save_file", full)
    with pytest.raises(OSError, match="No space left .*continue with --resume"):
        teach(replace(plan, resume=True))
    assert equal(learned(plan.out), before)
    assert not [path for path in plan.out.rglob(".unfinished*")]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"minutes": 0.0}, "minutes must be above 0"),
        ({"minutes": float("nan")}, "minutes must be above 0"),
        ({"samples": -1}, "samples must lie in 0"),
    ],
)
def test_odd_plans_are_told(tmp_path: Path, change: dict, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Teaching(tmp_path, tmp_path, FinetuneConfig("windmill"), **change)


@pytest.mark.skipif(os.name != "posix", reason="modes as in POSIX")
def test_results_have_the_usual_modes(plan: Teaching) -> None:
    out = teach(plan)
    modes = {path.stat().st_mode & 0o777 for path in out.rglob("*") if path.is_file()}
    (plan.pictures / "x").touch()
    assert modes == {(plan.pictures / "x").stat().st_mode & 0o777}
