"""All stages in turn, the facts they note, and the model card made from them."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from helpers import landscapes
from helpers.files import only_one
from helpers.loading import load
from helpers.training import Sizes, TrainConfig, train, write_card, write_samples
from helpers.training import stages as program
from helpers.training.table import Evaluation, Row


def test_all_stages_leave_their_parts(run: Path) -> None:
    for name in ("vae", "text_encoder", "tokenizer", "clip", "model", "probe.safetensors"):
        assert (run / name).exists(), name
    facts = json.loads((run / "training.json").read_text("utf-8"))
    assert list(facts) == ["vae", "text", "unet", "probe"]
    assert {stage["step"] for stage in facts.values()} == {3}
    assert "torch" in facts["vae"]["versions"]


@pytest.mark.skipif(os.name != "posix", reason="modes as in POSIX")
def test_what_was_trained_can_be_read_by_whom_the_umask_allows(run: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    modes = [(tmp_path / name).stat().st_mode for name in ("file", "folder")]
    assert {path.stat().st_mode for path in run.rglob("*")} == set(modes)
    assert not list(run.rglob(".*"))


def test_a_finished_stage_resumes_to_itself(run: Path, tmp_path: Path) -> None:
    copy = tmp_path / "run"
    shutil.copytree(run, copy)
    facts = json.loads((copy / "training.json").read_text("utf-8"))["probe"]["config"]
    config = TrainConfig(
        copy,
        steps=3,
        resume=True,
        batch_size=4,
        pictures=24,
        workers=0,
        precision="no",
        device="cpu",
        sizes=replace(program.TrainConfig(copy, steps=1).sizes.tiny()),
    )
    assert facts["steps"] == 3
    assert train("probe", config)["probe"]["step"] == 3


def test_a_model_is_trained_on_and_its_earlier_runs_stay_in_the_card(
    run: Path, config: TrainConfig
) -> None:
    other = replace(config, start_from=run / "model", sizes=Sizes(), learning_rate=1e-9)
    facts = train("vae", other)["vae"]
    assert facts["earlier"]["step"] == 3
    assert "sizes" in facts["earlier"]["config"] and "sizes" not in facts["config"]
    train("unet", other)
    for part in ("vae", "unet", "text_encoder"):
        old, new = (load_file(next((folder / "model" / part).glob("*.safetensors")))
                    for folder in (run, config.out))  # fmt: skip
        assert old.keys() == new.keys()
        for name in old:  # half precision of weights that moved by 3 steps of 1e-9
            torch.testing.assert_close(old[name].float(), new[name].float(), atol=1e-4, rtol=2e-3)
    card = (config.out / "model" / "README.md").read_text("utf-8")
    rows = [line.split("|")[1].strip() for line in card.splitlines() if "| 1e-09 |" in line]
    assert rows == ["VAE", "U-Net with text encoder"]
    assert [line.startswith("| VAE") for line in card.splitlines()].count(True) == 2


def test_the_card_tells_which_run_was_of_the_decoder_alone(run: Path, tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(run / "model", model)
    told = "run of the decoder alone"
    assert told not in (model / "README.md").read_text("utf-8")
    facts = json.loads((model / "training.json").read_text("utf-8"))
    later = {**facts["vae"], "config": {**facts["vae"]["config"], "freeze_encoder": True}}
    del facts["vae"]["config"]  # as in facts noted by hand
    facts["vae"] = {**later, "earlier": facts["vae"]}
    (model / "training.json").write_text(json.dumps(facts), "utf-8")
    write_card(model)
    card = (model / "README.md").read_text("utf-8")
    rows = [line.split("|")[1].strip() for line in card.splitlines() if line.startswith("| VAE")]
    assert rows == ["VAE", "VAE, decoder alone"] and told in card


def test_time_is_divided_among_the_stages(
    config: TrainConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = {}

    def fake(stage: str):
        def run(config: TrainConfig) -> dict[str, object]:
            seen[stage] = config.minutes
            return {}

        return run

    monkeypatch.setattr(program, "TRAINERS", {name: fake(name) for name in program.TRAINERS})
    train("all", replace(config, minutes=100))
    assert list(seen) == ["vae", "text", "unet", "probe"]
    assert sum(seen.values()) == pytest.approx(100)


def test_a_second_training_in_the_same_folder_is_told_who_is_there(config: TrainConfig) -> None:
    with only_one(config.out, "a training"):
        told = rf"is in use: a training runs there since .*process {os.getpid()} .*choose another"
        with pytest.raises(OSError, match=told):
            train("probe", config)
        assert not (config.out / "state").exists()
    assert train("probe", config)["probe"]["step"] == 3
    assert not list(config.out.glob(".*"))


@pytest.mark.parametrize("text", ["", '{"vae": {"st', "[]"])
def test_notes_that_were_cut_off_are_named(config: TrainConfig, text: str) -> None:
    config.out.mkdir()
    (config.out / "training.json").write_text(text, "utf-8")
    with pytest.raises(ValueError, match="training.json: .*delete it, and training goes on"):
        train("probe", config)


def test_an_unknown_stage_is_refused(config: TrainConfig) -> None:
    told = "one of vae, text, unet, probe, turbo, .*dit-flow, all, got 'gan'"
    with pytest.raises(ValueError, match=told):
        train("gan", config)


def test_the_card_tells_the_facts(run: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(run / "model", folder)
    row = Row("text alignment", 93.25, "%", ">=", 92, "what it means")
    Evaluation((row,), {"pictures": 500}).save(folder / "evaluation.json")
    write_samples(load(folder), folder)
    write_card(folder)
    text = (folder / "README.md").read_text("utf-8")
    facts = json.loads((folder / "training.json").read_text("utf-8"))
    for stage in facts.values():
        assert f"| {stage['parameters']:,} | {stage['step']} | {stage['batch_size']} |" in text
        assert stage["measured"]
    assert f"worst psnr {facts['vae']['measured']['worst_psnr']:.3g} |" in text
    assert "not been judged yet" not in text
    assert "| text alignment | 93.2 % | ≥ 92 | yes | what it means |" in text
    assert all(title in text for title in (*landscapes.PAINTINGS, *landscapes.SINGLES))
    assert "building castle, ground desert" in text
    prompts = json.loads((folder / "samples.json").read_text("utf-8"))
    assert len(prompts) == 25
    assert all(prompt in text for prompt in prompts)
    with Image.open(folder / "samples.jpg") as sheet:
        assert sheet.size == (5 * 132 - 4, 5 * 132 - 4)


def test_a_card_says_that_a_model_has_not_been_judged(run: Path) -> None:
    assert "not been judged yet" in (run / "model" / "README.md").read_text("utf-8")


def test_a_card_needs_facts(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="training.json"):
        write_card(tmp_path)
