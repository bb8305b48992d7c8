"""A sweep's folder: refused as it was, repaired where it was cut, and one sweep at a time."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from helpers.files import only_one
from helpers.loading import TINY
from helpers.records import Trajectory
from helpers.sampling import generate
from helpers.sweep import Sweep, folder, jobs, sweep
from helpers.sweep.folder import SETTINGS, SHEET, finished
from helpers.sweep.plan import Job


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tiny_random_pipe) -> object:
    """`load` answers with the small random pipeline."""
    monkeypatch.setattr(jobs, "load", lambda *_, **__: tiny_random_pipe)
    return tiny_random_pipe


@pytest.fixture
def out(small, tmp_path: Path) -> Path:
    """Folder of a finished sweep of two pictures, in two runs."""
    sweep(plan(tmp_path / "out"))
    return tmp_path / "out"


def plan(out: Path, **changes: object) -> Sweep:
    return Sweep(
        **{"prompts": ("a",), "seeds": (0, 1), "out": out, "steps": 1, "batch": 1, **changes}
    )


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b""
            for path in folder.rglob("*")}  # fmt: skip


REFUSED = {
    "steps": ({"steps": 0}, "steps must be a whole number"),
    "more steps than timesteps": ({"steps": 1001}, "steps must lie in 1"),
    "size": ({"size": 33}, "size must be positive and divisible by 8"),
    "huge size": ({"size": 10**9}, "size must be height and width"),
    "scheduler": ({"scheduler": "warp"}, 'there is no "warp"'),
    "guidance": ({"guidance_scale": float("nan")}, "guidance_scale must be a finite number"),
    "batch": ({"batch": 0}, "batch must be 1 or more, got 0"),
    "no prompts": ({"prompts": ()}, "at least one of each"),
    "a long prompt": ({"prompts": ("a" * 119_999,)}, "prompt must be .* most 100,000 letters"),
    "half an emoji": ({"prompts": ("\ud83d",)}, "prompt must be a text"),
    "a seed": ({"seeds": (-1,)}, "seed must be a whole number"),
    "too many": ({"seeds": range(100_000), "prompts": ("a",) * 11}, "more than 1,000,000 pictures"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refused_sweep_leaves_no_folder(small, tmp_path: Path, name: str) -> None:
    change, message = REFUSED[name]
    with pytest.raises(ValueError, match=message):
        sweep(plan(tmp_path / "out", **change))
    assert not list(tmp_path.iterdir())


def test_a_misspelt_model_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="did you mean"):
        sweep(plan(tmp_path / "out", model="sd-14"))
    assert not list(tmp_path.iterdir())


def test_a_sweep_with_other_settings_leaves_the_folder_as_it_was(out: Path) -> None:
    before = content(out)
    with pytest.raises(ValueError, match="holds a sweep with steps 1, and this one has steps 2"):
        sweep(plan(out, steps=2))
    assert content(out) == before


@pytest.mark.parametrize("text", ["", '{"model": "ti', "\0\0\0\0"])
def test_settings_that_were_cut_off_are_told_and_written_anew(
    out: Path, text: str, monkeypatch: pytest.MonkeyPatch, caplog
) -> None:
    (out / SETTINGS).write_text(text, encoding="utf-8")
    monkeypatch.setattr(jobs, "generate", lambda *_, **__: pytest.fail("made again"))
    folder._warn_once.cache_clear()
    with caplog.at_level(logging.WARNING):
        sweep(plan(out))
    assert json.loads((out / SETTINGS).read_text(encoding="utf-8")) == plan(out).settings
    assert "sweep.json: not JSON" in caplog.text and "written anew" in caplog.text


@pytest.mark.parametrize("text", ["", None])
def test_without_settings_the_finished_runs_tell_whose_folder_it_is(
    out: Path, text: str | None
) -> None:
    (out / SETTINGS).unlink() if text is None else (out / SETTINGS).write_bytes(b"")
    with pytest.raises(ValueError, match="holds pictures with steps 1, and this sweep has .*steps"):
        sweep(plan(out, steps=2))


def with_settings(path: Path, **changes: object) -> None:
    run = Trajectory.load(path)
    Trajectory(run.latents, run.records, run.images, {**run.settings, **changes}).save(path)


@pytest.mark.parametrize("text", [None, '{"model": "ti'])
@pytest.mark.parametrize(
    ("noted", "asked", "told"),
    [
        (
            {},
            {"scheduler": "ddpm"},
            "with scheduler DPMSolverM.*, and this sweep has scheduler ddpm;",
        ),
        ({"model": "a/b"}, {}, "with model a/b, and this sweep has model tiny;"),
        ({"model": "tiny"}, {"model": "sd-1.4"}, "with model tiny, .* has model sd-1.4;"),
    ],
)
def test_without_settings_model_and_scheduler_are_compared_too(
    out: Path, text: str | None, noted: dict, asked: dict, told: str
) -> None:
    (out / SETTINGS).unlink() if text is None else (out / SETTINGS).write_text(text, "utf-8")
    for path in out.glob("shard-0/*.safetensors"):
        with_settings(path, **noted)
    before = content(out)
    with pytest.raises(ValueError, match=told):
        sweep(plan(out, **asked))
    assert content(out) == before


@pytest.mark.parametrize(
    ("noted", "asked"),
    [
        ({}, {"scheduler": "DPM++"}),
        ({}, {"scheduler": "DPMSolverMultistepScheduler"}),
        ({"model": "CompVis/stable-diffusion-v1-4"}, {"model": "sd-1.4"}),
        ({"model": "tiny"}, {}),
        ({"model": "tiny"}, {"model": str(TINY)}),
    ],
)
def test_without_settings_the_same_sweep_goes_on_under_any_name(
    out: Path, noted: dict, asked: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    (out / SETTINGS).unlink()
    for path in out.glob("shard-0/*.safetensors"):
        with_settings(path, **noted)
    monkeypatch.setattr(jobs, "generate", lambda *_, **__: pytest.fail("made again"))
    sweep(plan(out, **asked))


@pytest.mark.parametrize("text", ["[1]", '{"name": "theirs"}', "5"])
def test_foreign_settings_are_told(out: Path, text: str) -> None:
    (out / SETTINGS).write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="choose another folder"):
        sweep(plan(out))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


def other_steps(path: Path) -> None:
    with_settings(path, steps=9)


BROKEN = {
    "empty": lambda path: path.write_bytes(b""),
    "cut": cut,
    "no safetensors": lambda path: path.write_bytes(b"hello" * 100),
    "weights": lambda path: save_file({"weight": torch.zeros(2)}, path),
    "another run": other_steps,
    "nested": lambda path: save_file(
        {"x": torch.zeros(1)},
        path,
        {"format": "stable-diffusion-trajectory", "settings": "[" * 9999},
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_run_is_told_and_its_picture_made_anew(out: Path, name: str, caplog) -> None:
    whole, broken = sorted(out.glob("shard-0/*.safetensors"))
    kept = whole.read_bytes()
    BROKEN[name](broken)
    left = broken.read_bytes()
    folder._warn_once.cache_clear()
    with caplog.at_level(logging.WARNING):
        sweep(plan(out))
    assert caplog.text.count("00001.safetensors") == 1
    done = finished(out, plan(out).settings)
    assert set(done) == {Job("a", 0), Job("a", 1)} and done[Job("a", 1)][0].stem == "00002"
    assert whole.read_bytes() == kept and broken.read_bytes() == left


def test_a_foreign_name_is_no_obstacle(out: Path) -> None:
    save_file({"weight": torch.zeros(2)}, out / "shard-0" / "mine.safetensors")
    sweep(plan(out, seeds=(0, 1, 2)))
    assert len(finished(out)) == 3


@pytest.mark.parametrize("keep", [0, 100, -4])
def test_a_picture_that_was_cut_off_comes_from_its_run(out: Path, keep: int) -> None:
    picture = out / "shard-0" / Job("a", 1).file
    before = picture.read_bytes()
    picture.write_bytes(before[:keep])
    sweep(plan(out))
    assert picture.read_bytes() == before


def test_a_damaged_run_is_told_with_what_to_do(out: Path) -> None:
    path = sorted(out.glob("shard-0/*.safetensors"))[1]
    with safe_open(path, "pt") as file:
        header = file.metadata()
        tensors = {name: file.get_tensor(name).clone() for name in file.keys()}
    save_file(tensors | {"alpha_bar": torch.full_like(tensors["alpha_bar"], 2)}, path, header)
    (out / "shard-0" / Job("a", 1).file).unlink()
    with pytest.raises(ValueError, match="00001.safetensors: alpha_bar .*delete it and start the"):
        sweep(plan(out))


def test_two_sweeps_in_one_folder_are_one_too_many(out: Path) -> None:
    before = content(out)
    with only_one(out, "a sweep"):
        with pytest.raises(OSError, match="is in use: a sweep runs there since .*choose another"):
            sweep(plan(out))
    assert content(out) == before


def test_a_full_disk_keeps_what_is_there(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (out / SHEET).read_bytes()

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("helpers.files.os.fsync", full)
    with pytest.raises(OSError, match="could not be written: No space left.*is the disk full"):
        sweep(plan(out, seeds=(0, 1, 2)))
    assert (out / SHEET).read_bytes() == before and len(finished(out)) == 2


def test_a_picture_is_the_one_of_its_run_whatever_the_warnings(small, tmp_path: Path) -> None:
    """Checking what is asked before writing draws nothing that would change the first picture."""
    sweep(plan(tmp_path / "out"))
    alone = generate(small, "a", seed=0, steps=1, progress=False)
    stored = Trajectory.load(tmp_path / "out" / "shard-0" / "00000.safetensors")
    assert torch.equal(stored.images, alone.images)
