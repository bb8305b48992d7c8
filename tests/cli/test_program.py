"""The command line: with the small random pipeline here, and its start-up in a fresh process."""

from __future__ import annotations

import inspect
import io
import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import helpers.doctor
import helpers.loading
import helpers.training.evaluate
from helpers import cli
from helpers.cli import options, program
from helpers.doctor import Finding
from helpers.records import Trajectory
from helpers.sampling import again, generate
from helpers.sampling.settings import read_settings
from helpers.training import stages
from helpers.training.config import TrainConfig
from helpers.training.table import Evaluation, Row

JAPANESE = "山と川のある幻想的な風景"


@pytest.fixture
def random_model(tiny_random_pipe, monkeypatch):
    """`load` answers with the small random pipeline, whatever the model is called."""
    monkeypatch.setattr(helpers.loading, "load", lambda model, **_: tiny_random_pipe)
    return tiny_random_pipe


@pytest.mark.parametrize("command", ["doctor", "generate", "train", "evaluate"])
def test_help_of_each_command_describes_it(command, capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main([command, "--help"])
    assert stop.value.code == 0
    assert f"usage: python -m helpers {command}" in capsys.readouterr().out


def test_help_tells_defaults_but_no_none(capsys):
    with pytest.raises(SystemExit):
        cli.main(["generate", "--help"])
    told = " ".join(capsys.readouterr().out.split())
    assert "(default: 2 for tiny, 1 for tiny-turbo, else 7.5)" in told
    assert "(default: 0)" in told and "(default: out)" in told
    assert "None" not in told and "(default: )" not in told


def test_help_loads_nothing_heavy():
    code = (
        "import sys; from helpers.cli import program; program.build_parser().format_help(); "
        "print([m for m in ('torch', 'diffusers', 'transformers', 'matplotlib', 'numpy', 'PIL') "
        "if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True
    )
    assert done.stdout.strip() == "[]"


def test_module_starts_the_command_line():
    done = subprocess.run(
        [sys.executable, "-m", "helpers", "--help"],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert done.stdout.startswith("usage: python -m helpers")


@pytest.mark.parametrize(
    ("option", "argument"),
    [("steps", "steps"), ("guidance_scale", "guidance_scale"), ("negative", "negative_prompt")],
)
def test_defaults_are_those_of_the_function(option, argument):
    given = program.build_parser().parse_args(["generate", "a castle"])
    assert getattr(given, option) == inspect.signature(generate).parameters[argument].default


def test_generate_leaves_picture_steps_and_trajectory(random_model, tmp_path, capsys):
    out = tmp_path / "new" / "folder"
    words = ["generate", "a castle at night", "--steps", "3", "--seed", "5", "--out", str(out)]
    assert cli.main(words) == 0
    names = {"picture.png", "steps.png", "trajectory.safetensors"}
    assert {path.name for path in out.iterdir()} == names
    assert {Path(line).name for line in capsys.readouterr().out.splitlines()} == names
    run = Trajectory.load(out / "trajectory.safetensors")
    assert len(run) == 3
    stored = np.asarray(Image.open(out / "picture.png"), dtype=np.float32) / 255  # (H, W, 3)
    finished = run.images[0].permute(1, 2, 0).numpy()  # (H, W, 3)
    np.testing.assert_allclose(stored, finished, atol=0.5 / 255 + 1e-6)
    assert np.asarray(Image.open(out / "steps.png").convert("L")).std() > 5  # not blank


def test_picture_carries_the_settings_that_make_it_again(random_model, tmp_path):
    words = ["--negative", "snow", "--steps", "2", "--seed", "7", "--scheduler", "euler"]
    assert cli.main(["generate", JAPANESE, *words, "--out", str(tmp_path)]) == 0
    settings = read_settings(tmp_path / "picture.png")
    first = Trajectory.load(tmp_path / "trajectory.safetensors")
    assert settings["prompt"] == JAPANESE
    assert again(random_model, settings, progress=False).images.equal(first.images)


def test_several_pictures_are_numbered_and_know_their_own_seed(random_model, tmp_path):
    words = ["--count", "2", "--steps", "1", "--seed", "3", "--size", "32"]
    assert cli.main(["generate", "a river", *words, "--out", str(tmp_path)]) == 0
    pictures = [tmp_path / "picture-0.png", tmp_path / "picture-1.png"]
    assert [read_settings(path)["seed"] for path in pictures] == [3, 4]
    assert [read_settings(path)["prompt"] for path in pictures] == ["a river", "a river"]
    assert pictures[0].read_bytes() != pictures[1].read_bytes()
    strips = [(tmp_path / f"steps-{number}.png").read_bytes() for number in (0, 1)]
    assert strips[0] != strips[1]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--steps", "0"], "steps must lie in"),
        (["--guidance-scale", "nan"], "guidance_scale must be a finite number"),
        (["--seed", "-1"], "seed"),
        (["--scheduler", "warp"], "scheduler"),
        (["--size", "33"], "divisible by 8"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(random_model, tmp_path, capsys, words, told):
    assert cli.main(["generate", "a castle", *words, "--out", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ") and told in said and said.count("\n") == 1


def test_unknown_model_is_one_line(tmp_path, capsys):
    assert cli.main(["generate", "a castle", "--model", "tinny", "--out", str(tmp_path)]) == 2
    assert 'did you mean "tiny"' in capsys.readouterr().err


def test_out_that_is_a_file_is_told_before_the_model_is_loaded(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(helpers.loading, "load", lambda model, **_: pytest.fail("loaded"))
    file = tmp_path / "out"
    file.touch()
    assert cli.main(["generate", "a castle", "--out", str(file)]) == 2
    assert str(file) in capsys.readouterr().err


def test_count_below_one_is_refused(capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["generate", "a castle", "--count", "0"])
    assert stop.value.code == 2
    assert "must be 1 or more, got 0" in capsys.readouterr().err


def test_a_warning_is_one_line_without_a_file(monkeypatch, capsys):
    def warn():
        warnings.warn("this word\nis unknown", stacklevel=1)
        return iter(())

    monkeypatch.setattr(helpers.doctor, "examine", warn)
    before = warnings.showwarning
    assert cli.main(["doctor"]) == 0
    assert capsys.readouterr().err == "warning: this word is unknown\n"
    assert warnings.showwarning is before


def test_interrupt_ends_quietly(monkeypatch, capsys):
    def stop():
        raise KeyboardInterrupt

    monkeypatch.setattr(helpers.doctor, "examine", stop)
    assert cli.main(["doctor"]) == 130
    assert capsys.readouterr().err == "stopped\n"


@pytest.mark.parametrize(("ok", "code"), [(True, 0), (False, 1)])
def test_doctor_fails_with_any_finding(ok, code, monkeypatch, capsys):
    findings = [Finding(ok, "disk", "0.1 GiB free"), Finding(True, "Python", "3.11")]
    monkeypatch.setattr(helpers.doctor, "examine", lambda: iter(findings))
    assert cli.main(["doctor"]) == code
    assert capsys.readouterr().out == f"{findings[0]}\n{findings[1]}\n"


@pytest.mark.parametrize(
    ("ok", "said"), [(True, "2 checks, all right\n"), (False, "[FAIL] b: x\n1 of 2 are right\n")]
)
def test_a_brief_doctor_prints_the_failures_and_one_line(ok, said, monkeypatch, capsys):
    findings = [Finding(True, "a", "x"), Finding(ok, "b", "x")]
    monkeypatch.setattr(helpers.doctor, "examine", lambda: iter(findings))
    assert cli.main(["doctor", "--brief"]) == (0 if ok else 1)
    assert capsys.readouterr().out == said


def test_train_hands_every_option_to_the_stage(monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr(stages, "train", lambda stage, config: seen.append((stage, config)))
    options = ["--steps", "4", "--minutes", "2", "--batch-size", "3", "--learning-rate", "0.01"]
    options += ["--precision", "no", "--device", "cpu", "--seed", "9", "--pictures", "12"]
    options += ["--workers", "0", "--resume", "--freeze-text", "--out", str(tmp_path)]
    assert cli.main(["train", "unet", *options]) == 0
    config = TrainConfig(
        out=tmp_path,
        steps=4,
        minutes=2,
        batch_size=3,
        learning_rate=0.01,
        precision="no",
        device="cpu",
        seed=9,
        pictures=12,
        workers=0,
        resume=True,
        freeze_text=True,
    )
    assert seen == [("unet", config)]


def test_train_without_a_budget_is_told(tmp_path, capsys):
    assert cli.main(["train", "vae", "--out", str(tmp_path)]) == 2
    assert "budget" in capsys.readouterr().err


@pytest.fixture
def measured(monkeypatch):
    """`evaluate` answers at once with one row; the list says what it was asked."""
    asked = []
    row = Row("size", 30.0, "MB", "<=", 36, "all weight files together")

    def measure(model, *, pictures):
        asked.append((model, pictures))
        return Evaluation((row,), {"pictures": pictures})

    monkeypatch.setattr(helpers.training.evaluate, "evaluate", measure)
    return asked


def test_evaluate_prints_the_table_and_writes_json(measured, tmp_path, capsys):
    file = tmp_path / "quality.json"
    words = ["--model", "runs/x/model", "--pictures", "20", "--json", str(file)]
    assert cli.main(["evaluate", *words]) == 0
    assert measured == [("runs/x/model", 20)]
    assert "| size | 30.0 MB | ≤ 36 | yes |" in capsys.readouterr().out
    assert json.loads(file.read_text(encoding="utf-8"))["rows"][0]["name"] == "size"


def test_evaluate_refuses_a_missing_folder_before_it_works(measured, tmp_path, capsys):
    assert cli.main(["evaluate", "--json", str(tmp_path / "nowhere" / "quality.json")]) == 2
    assert measured == [] and "make it first" in capsys.readouterr().err


CONSOLES = ["ascii", "cp1252", "latin-1", "cp932"]


def on_console(encoding: str, *words: str) -> subprocess.CompletedProcess[bytes]:
    """The command line in a fresh Python whose console has this encoding."""
    surroundings = os.environ | {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    return subprocess.run(
        [sys.executable, "-m", "helpers", *words], capture_output=True, env=surroundings
    )


@pytest.mark.parametrize("encoding", CONSOLES)
def test_help_can_be_written_on_every_console(encoding):
    """It holds a prompt in Japanese; what a console lacks comes out as its number."""
    done = on_console(encoding, "generate", "--help")
    assert done.returncode == 0 and not done.stderr
    told = done.stdout.decode(encoding)
    assert ("山と川" if encoding == "cp932" else r"\u5c71\u3068\u5ddd") in told


def ascii_console(monkeypatch) -> io.BytesIO:
    """From now on standard output can write nothing but ASCII; here is what was written."""
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, "ascii", write_through=True))
    return written


def test_success_is_success_where_the_console_cannot_write_the_folder(
    random_model, tmp_path, monkeypatch
):
    out, written = tmp_path / "風景", ascii_console(monkeypatch)
    assert cli.main(["generate", "a lake", "--steps", "1", "--out", str(out)]) == 0
    assert (out / "picture.png").is_file()
    assert rb"\u98a8\u666f" in written.getvalue()


def test_evaluate_prints_its_table_on_every_console(measured, monkeypatch):
    written = ascii_console(monkeypatch)
    assert cli.main(["evaluate"]) == 0
    assert rb"\u2264 36" in written.getvalue()


def test_evaluate_saves_before_it_prints(measured, tmp_path, monkeypatch):
    monkeypatch.setattr(Evaluation, "table", lambda report: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        cli.main(["evaluate", "--json", str(tmp_path / "quality.json")])
    assert (tmp_path / "quality.json").is_file()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--count", "x"], "argument --count: must be a whole number, got 'x'"),
        (["--count", "1e30"], "argument --count: must be a whole number, got '1e30'"),
        (["--count", "1" + "0" * 30], "argument --count: must be 1000 or less, got 1000"),
        (["--count", "9" * 5000], "argument --count: must be a whole number, got '999"),
        (["--seed", "x"], "argument --seed: must be a whole number, got 'x'"),
        (["--steps", "2.5"], "argument --steps: must be a whole number, got '2.5'"),
        (["--size", ""], "argument --size: must be a whole number, got ''"),
        (["--guidance-scale", "seven"], "--guidance-scale: must be a number, got 'seven'"),
    ],
)
def test_what_is_no_number_is_a_sentence(capsys, words, told):
    with pytest.raises(SystemExit) as stop:
        cli.main(["generate", "a castle", *words])
    assert stop.value.code == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert told in last and len(last) < 250 and "invalid" not in last


@pytest.mark.parametrize("command", [["generate", "a"], ["train", "vae", "--minutes", "1"]])
def test_out_that_cannot_be_is_told_by_its_name(command, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(helpers.loading, "load", lambda model, **_: pytest.fail("loaded"))
    file = tmp_path / "out"
    file.touch()
    for out in (file, file / "deeper"):
        assert cli.main([*command, "--out", str(out)]) == 2
        assert f"error: --out: {file} is a file; name a folder" in capsys.readouterr().err


def test_out_where_nothing_may_be_written_is_told(tmp_path, capsys, monkeypatch):
    def refuse(dir: Path) -> None:
        raise PermissionError(13, "Permission denied", str(dir))

    monkeypatch.setattr(options.tempfile, "TemporaryFile", refuse)
    monkeypatch.setattr(helpers.loading, "load", lambda model, **_: pytest.fail("loaded"))
    out = tmp_path / "new" / "folder"
    assert cli.main(["generate", "a castle", "--out", str(out)]) == 2
    told = capsys.readouterr().err
    assert f"--out: nothing can be written in {tmp_path} (Permission denied)" in told
    assert not out.parent.exists()


def test_evaluate_refuses_a_model_of_another_size(tiny_random_pipe, monkeypatch, capsys):
    module = sys.modules["helpers.training.evaluate"]
    monkeypatch.setattr(module, "load", lambda model, dtype: tiny_random_pipe)
    assert cli.main(["evaluate"]) == 2
    assert "draws 32 x 32 pixels, and the judge reads 128 x 128" in capsys.readouterr().err


@pytest.mark.parametrize("reading", ["helpers.cli.program", "torch"])
def test_ctrl_c_ends_quietly_while_modules_are_read(reading):
    code = f"""
import runpy, sys
class CtrlC:
    def find_spec(name, path=None, target=None):
        if name == "{reading}":
            raise KeyboardInterrupt
sys.meta_path.insert(0, CtrlC)
sys.argv = ["helpers", "generate", "a castle"]
runpy.run_module("helpers", run_name="__main__")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8")
    assert (done.returncode, done.stderr) == (130, "stopped\n")
