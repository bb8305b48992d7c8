"""The command `finetune`, and `generate --lora`: what is asked reaches the functions."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest
from PIL import Image
from safetensors.torch import save_file

import helpers.loading
from helpers import cli
from helpers.finetuning import FinetuneConfig, teaching
from helpers.finetuning.teaching import Teaching
from helpers.loading import adapters
from helpers.records import Trajectory
from helpers.sampling.settings import read_settings
from tests.loading.lora_files import kohya, update


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Teaching]:
    """`teach` answers at once; the list says what it was asked."""
    plans: list[Teaching] = []

    def teach(plan: Teaching) -> Path:
        plans.append(plan)
        return plan.out

    monkeypatch.setattr(teaching, "teach", teach)
    return plans


def test_every_option_reaches_the_training(asked: list, tmp_path: Path) -> None:
    words = ["pics", "--word", "windmill", "--out", str(tmp_path), "--model", "sd-1.5"]
    words += ["--begin-like", "house", "--rank", "8", "--steps", "20", "--minutes", "2"]
    words += ["--batch-size", "4", "--learning-rate", "0.01", "--no-prior", "--seed", "7"]
    words += ["--samples", "2", "--device", "cpu", "--resume", "--only", "lora"]
    assert cli.main(["finetune", *words]) == 0
    config = FinetuneConfig(
        "windmill", rank=8, steps=20, batch_size=4, learning_rate=0.01, embedding=False,
        prior=0.0, begin_like="house", seed=7,
    )  # fmt: skip
    plan = Teaching(
        Path("pics"), tmp_path, config, model="sd-1.5", device="cpu", minutes=2.0, resume=True,
        samples=2,
    )  # fmt: skip
    assert asked == [plan]


def test_without_options_the_defaults_are_those_of_the_function(
    asked: list, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    assert cli.main(["finetune", "pics", "--word", "風車", "--out", str(tmp_path)]) == 0
    assert asked == [Teaching(Path("pics"), tmp_path, FinetuneConfig("風車"))]
    told = capsys.readouterr().out
    assert f"python -m helpers generate 夜の風車 --lora {tmp_path}" in told


def test_minutes_alone_take_away_the_limit_of_steps(asked: list, tmp_path: Path) -> None:
    words = ["pics", "--word", "mill", "--out", str(tmp_path), "--minutes", "3", "--only", "word"]
    assert cli.main(["finetune", *words]) == 0
    assert asked[0].config.steps == teaching.ENDLESS and asked[0].minutes == 3
    assert not asked[0].config.lora and asked[0].config.embedding


def test_help_tells_the_defaults_as_they_are(capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit):
        cli.main(["finetune", "--help"])
    told = " ".join(capsys.readouterr().out.split())
    defaults = {field.name: field.default for field in fields(FinetuneConfig)}
    for name in ("rank", "steps", "batch_size", "learning_rate"):
        option = rf"--{name.replace('_', '-')} {name.upper()} .*?\(default: ([\d.]*\d)"
        assert float(re.search(option, told)[1]) == defaults[name], name
    assert "None" not in told


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--rank", "0"], "must be 1 or more, got 0"),
        (["--steps", "x"], "must be a whole number, got 'x'"),
        (["--only", "both"], "invalid choice"),
    ],
)
def test_what_cannot_be_is_told_by_the_option(
    asked: list, tmp_path: Path, capsys: pytest.CaptureFixture, words: list, told: str
) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(["finetune", "pics", "--word", "mill", "--out", str(tmp_path), *words])
    assert stop.value.code == 2 and told in capsys.readouterr().err and not asked


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "error: pictures: nowhere is not there, seen from"),
        (["--minutes", "nan"], "error: minutes must be above 0, got nan"),
        (["--learning-rate", "-1"], "error: FinetuneConfig: learning_rate must be above 0"),
        (["--samples", "100"], "error: samples must lie in 0"),
    ],
)
def test_a_mistake_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture, words: list, told: str
) -> None:
    out = tmp_path / "out"
    assert cli.main(["finetune", "nowhere", "--word", "mill", "--out", str(out), *words]) == 2
    said = capsys.readouterr().err
    assert said.startswith(told) and said.count("\n") == 1 and not out.exists()


def test_out_that_is_a_file_is_told(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    file = tmp_path / "out"
    file.touch()
    assert cli.main(["finetune", "pics", "--word", "mill", "--out", str(file)]) == 2
    assert f"--out: {file} is a file; name a folder" in capsys.readouterr().err


def test_from_pictures_to_a_picture_on_the_command_line(
    make_random_pipe: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:  # fmt: skip
    def load(model: str, *_: object, lora: object = None, **__: object) -> object:
        pipe = make_random_pipe()
        pipe.tokenizer.init_kwargs["known_words"] = ["a", "castle"]
        for path, scale in (lora or {}).items():
            adapters.add(pipe, path, scale)
        return pipe

    monkeypatch.setattr(teaching, "load", load)
    monkeypatch.setattr(helpers.loading, "load", load)
    monkeypatch.setattr(teaching, "OLD", 2)
    pictures, out = tmp_path / "pictures", tmp_path / "mill"
    pictures.mkdir()
    for number in range(4):
        Image.new("RGB", (40, 40), (60 * number, 9, 9)).save(pictures / f"{number}.png")
    words = ["--word", "windmill", "--out", str(out), "--steps", "2", "--batch-size", "2"]
    assert cli.main(["finetune", str(pictures), *words, "--samples", "1"]) == 0
    told = capsys.readouterr()
    assert "4 of 4 are no squares of 32 pixels" in told.err
    assert f'generate "a windmill at night" --lora {out}' in told.out
    words = ["--lora", str(out), "--lora-scale", "0.5", "--steps", "1", "--out", str(tmp_path)]
    assert cli.main(["generate", "a windmill", *words]) == 0
    assert "never saw these words" not in capsys.readouterr().err
    (lora,) = read_settings(tmp_path / "picture.png")["lora"]
    assert (lora["path"], lora["scale"]) == (str(out), 0.5)
    assert cli.main(["finetune", str(pictures), "--word", "windmill", "--out", str(out)]) == 2
    assert "continue it with --resume, or choose another --out" in capsys.readouterr().err


def test_a_lora_of_another_model_is_one_line(
    make_random_pipe: Callable, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    save_file(kohya(update(make_random_pipe())), tmp_path / "x.safetensors")
    words = ["--lora", str(tmp_path / "x.safetensors"), "--out", str(tmp_path / "out")]
    assert cli.main(["generate", "a castle", *words]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: lora: x.safetensors was made for another model")
    assert said.count("\n") == 1
    assert not list((tmp_path / "out").iterdir())


def test_without_a_lora_nothing_is_noted(
    tiny_random_pipe: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(helpers.loading, "load", lambda model, lora: tiny_random_pipe)
    words = ["generate", "a castle", "--steps", "1", "--out", str(tmp_path)]
    assert cli.main(words) == 0
    run = Trajectory.load(tmp_path / "trajectory.safetensors")
    assert run.settings["lora"] is None
