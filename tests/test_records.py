"""Saved runs: equal after the round trip, complete or not there, and never trusted."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import pickle
from pathlib import Path

import pytest
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from helpers import records
from helpers.records import StepRecord, Trajectory

FIELDS = tuple(field.name for field in dataclasses.fields(StepRecord))


def make_run(calls: int = 3, guided: bool = True) -> Trajectory:
    """A run of random numbers that hangs together as a real one does."""
    generator = torch.Generator().manual_seed(0)
    x_t, latents, eps, cond, uncond, x0 = torch.randn(6, calls + 1, 2, 4, 2, 2, generator=generator)
    steps = tuple(
        StepRecord(
            index=k,
            step=k // 2,
            t=999.5 - k,
            alpha_bar=0.1 * (k + 1),
            x_t=x_t[k],
            latents=latents[k],
            eps_uncond=uncond[k] if guided else None,
            eps_cond=cond[k],
            eps=eps[k],
            x0_hat=x0[k],
            x_prev=x_t[k + 1],
        )
        for k in range(calls)
    )
    images = torch.rand(2, 3, 16, 16, generator=generator)
    settings = {"prompt": ["山と川", "a river"], "low": float("-inf"), "guidance_scale": 7.5}
    return Trajectory(latents, steps, images, settings)


def rewrite(path: Path, change) -> None:
    """Change a saved file: `change` gets its tensors and its header, and alters them."""
    with safe_open(path, framework="pt") as file:
        header, tensors = file.metadata(), {name: file.get_tensor(name) for name in file.keys()}
    change(tensors, header)
    save_file(tensors, path, metadata=header)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    return make_run().save(tmp_path / "run.safetensors")


def assert_same(a: Trajectory, b: Trajectory) -> None:
    assert torch.equal(a.latents, b.latents) and torch.equal(a.images, b.images)
    assert a.settings == b.settings and len(a) == len(b)
    for one, other in zip(a, b, strict=True):
        for name in FIELDS:
            left, right = getattr(one, name), getattr(other, name)
            same = torch.equal(left, right) if isinstance(left, torch.Tensor) else left == right
            assert same, name


@pytest.mark.parametrize("guided", [True, False])
@pytest.mark.parametrize("calls", [1, 4])
def test_a_run_is_the_same_after_saving(tmp_path: Path, calls: int, guided: bool) -> None:
    run = make_run(calls, guided)
    assert_same(run, Trajectory.load(run.save(tmp_path / "run.safetensors")))


def test_records_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        make_run().records[0].t = 3.0


def test_the_file_is_plain_safetensors_with_a_json_header(saved: Path) -> None:
    with safe_open(saved, framework="pt") as file:
        header = file.metadata()
    assert (header["format"], header["version"]) == ("stable-diffusion-trajectory", "1")
    assert json.loads(header["settings"])["prompt"] == ["山と川", "a river"]


def test_saving_leaves_nothing_else_behind(saved: Path) -> None:
    make_run(calls=1).save(saved)
    assert [path.name for path in saved.parent.iterdir()] == ["run.safetensors"]
    assert len(Trajectory.load(saved)) == 1


def test_a_full_disk_keeps_the_older_file(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def half_way(tensors: dict, path: Path, metadata: dict) -> None:
        path.write_bytes(b"half")
        raise SafetensorError("I/O error: No space left on device")

    monkeypatch.setattr(records, "save_file", half_way)
    with pytest.raises(OSError, match="could not be written.*No space left.*is the disk full"):
        make_run(calls=1).save(saved)
    assert [path.name for path in saved.parent.iterdir()] == ["run.safetensors"]
    assert len(Trajectory.load(saved)) == 3


@pytest.mark.skipif(os.name != "posix", reason="modes as in POSIX")
def test_a_saved_run_has_the_mode_of_any_file_and_a_replaced_one_keeps_its_own(saved: Path) -> None:
    ordinary = saved.with_name("ordinary")
    ordinary.touch()
    assert saved.stat().st_mode == ordinary.stat().st_mode
    saved.chmod(0o640)
    make_run(calls=1).save(saved)
    assert saved.stat().st_mode & 0o777 == 0o640


def test_a_loaded_run_is_independent_of_its_file(saved: Path) -> None:
    run = Trajectory.load(saved)
    with saved.open("r+b") as file:  # the same file, not another that took its name
        file.write(bytes(saved.stat().st_size))
    assert_same(run, make_run())
    os.truncate(saved, 10)  # what is mapped would now end the process
    assert_same(run, make_run())


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        make_run().save(tmp_path / "nowhere" / "run.safetensors")


def test_settings_must_be_json(tmp_path: Path) -> None:
    run = dataclasses.replace(make_run(), settings={"device": torch.device("cpu")})
    with pytest.raises(ValueError, match="settings must be plain JSON values.*device"):
        run.save(tmp_path / "run.safetensors")
    assert not list(tmp_path.iterdir())


def changed(run: Trajectory, number: int, **fields: object) -> Trajectory:
    """The run with one of its records changed."""
    records = list(run.records)
    records[number] = dataclasses.replace(records[number], **fields)
    return dataclasses.replace(run, records=tuple(records))


RUN = make_run()
UNSAVED = {
    "half": (dataclasses.replace(RUN, images=RUN.images.half()), "images .*float16, expected .*32"),
    "double": (changed(RUN, 0, eps=RUN.records[0].eps.double()), "eps has the wrong type"),
    "size": (dataclasses.replace(RUN, images=torch.rand(2, 3, 16, 15)), "images .* does not fit"),
    "fewer": (dataclasses.replace(RUN, latents=RUN.latents[:-1]), "parts .* do not fit together"),
    "shapes": (changed(RUN, 1, eps=torch.zeros(2)), "records: eps must be a tensor of one shape"),
    "first": (changed(RUN, 0, eps_uncond=None), "records: eps_uncond must be a tensor"),
    "last": (changed(RUN, 2, eps_uncond=None), "records: eps_uncond must be a tensor"),
    "time": (changed(RUN, 0, t=math.nan), "t must be finite numbers from 0"),
    "digits": (dataclasses.replace(RUN, settings={"seed": 10**50}), "settings .* 51 digits"),
    "many": (dataclasses.replace(RUN, settings={"x": [0] * 200_001}), "settings .*200,000 values"),
}


@pytest.mark.parametrize("name", UNSAVED)
def test_what_could_not_be_loaded_is_not_saved(tmp_path: Path, name: str) -> None:
    run, message = UNSAVED[name]
    with pytest.raises(ValueError, match=message):
        run.save(tmp_path / "run.safetensors")
    assert not list(tmp_path.iterdir())


def test_prompts_full_of_commas_come_back(tmp_path: Path) -> None:
    run = dataclasses.replace(RUN, settings={"prompt": ["a," * 13_000] * 16})
    assert Trajectory.load(run.save(tmp_path / "run.safetensors")).settings == run.settings


def test_a_run_without_records_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="without records cannot be saved"):
        dataclasses.replace(make_run(), records=()).save(tmp_path / "run.safetensors")


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="run.safetensors: there is no such file"):
        Trajectory.load(tmp_path / "run.safetensors")


@pytest.mark.parametrize("keep", [0, 5, 300, -1])
def test_a_file_that_was_cut_off(saved: Path, keep: int) -> None:
    saved.write_bytes(saved.read_bytes()[:keep])
    with pytest.raises(ValueError, match="run.safetensors: cut off, or no safetensors"):
        Trajectory.load(saved)


def test_a_pickle_is_not_executed(tmp_path: Path) -> None:
    mark = tmp_path / "executed"

    class Evil:
        def __reduce__(self) -> tuple:
            return Path.touch, (mark,)

    path = tmp_path / "run.safetensors"
    path.write_bytes(pickle.dumps(Evil()))
    with pytest.raises(ValueError, match="no safetensors file"):
        Trajectory.load(path)
    assert not mark.exists()


@pytest.mark.parametrize("header", [None, {"format": "pt"}])
def test_another_programs_file(tmp_path: Path, header: dict | None) -> None:
    path = tmp_path / "model.safetensors"
    save_file({"weight": torch.zeros(2)}, path, metadata=header)
    with pytest.raises(ValueError, match="model.safetensors: a safetensors file, but not a traj"):
        Trajectory.load(path)


HEADERS = [
    ("version", "2", "written in version 2 of the format, this program reads version 1"),
    ("settings", "{not json", "settings in the header are missing or not JSON"),
    ("settings", "[1]", "settings in the header must be a JSON object"),
]


@pytest.mark.parametrize(("key", "value", "message"), HEADERS)
def test_a_header_that_is_not_ours(saved: Path, key: str, value: str, message: str) -> None:
    rewrite(saved, lambda tensors, header: header.update({key: value}))
    with pytest.raises(ValueError, match=message):
        Trajectory.load(saved)


def test_a_header_without_settings(saved: Path) -> None:
    rewrite(saved, lambda tensors, header: header.pop("settings"))
    with pytest.raises(ValueError, match="settings in the header are missing"):
        Trajectory.load(saved)


SHAPES = [
    ("eps", torch.zeros(3, 2, 4, 2, 1), r"eps is \(3, 2, 4, 2, 1\), expected \(3, 2, 4, 2, 2\)"),
    ("x_t", torch.zeros(3, 2, 4, 2, 2), r"x_t is \(3, .*expected \(4,"),
    ("t", torch.zeros(4, dtype=torch.float64), r"t is \(4,\), expected \(3,\)"),
    ("extra", torch.zeros(1), r"extra is \(1,\), expected None"),
    ("latents", torch.zeros(4, 2, 2, 2), "latents .*are missing"),
    ("latents", torch.zeros(1, 2, 4, 2, 2), "latents .*are missing"),
    ("images", torch.zeros(3, 16, 16), r"images is \(3, 16, 16\), expected \(2, 3, 16\)"),
    (
        "eps",
        torch.zeros(3, 2, 4, 2, 2, dtype=torch.float16),
        "eps has the wrong type torch.float16",
    ),
    ("step", torch.zeros(3, dtype=torch.int64), "step has the wrong type torch.int64"),
]


@pytest.mark.parametrize(("name", "tensor", "message"), SHAPES)
def test_parts_that_do_not_fit(saved: Path, name: str, tensor: torch.Tensor, message: str) -> None:
    rewrite(saved, lambda tensors, header: tensors.update({name: tensor}))
    with pytest.raises(ValueError, match=f"run.safetensors: .*{message}.*save the run again"):
        Trajectory.load(saved)


NUMBERS = [
    ("alpha_bar", [0.1, 1.0, 0.3], r"alpha_bar must lie in \[0, 1\), got 0.1, 1, 0.3"),
    ("alpha_bar", [0.1, -0.1, 0.3], "alpha_bar must lie in"),
    ("alpha_bar", [0.1, math.nan, 0.3], "alpha_bar must lie in"),
    ("t", [3.0, -1.0, 0.0], "t must be finite numbers from 0"),
    ("t", [3.0, math.inf, 0.0], "t must be finite numbers from 0"),
    ("t", [math.nan, 1.0, 0.0], "t must be finite numbers from 0"),
    ("step", [0.0, 2.0, 1.0], "step must be whole numbers from 0 that do not fall, got 0, 2, 1"),
    ("step", [-1.0, 0.0, 1.0], "step must be whole numbers"),
    ("step", [0.0, 0.5, 1.0], "step must be whole numbers"),
    ("step", [0.0, 1.0, math.inf], "step must be whole numbers"),
    ("step", [0.0, 1.0, math.nan], "step must be whole numbers"),
    ("step", [0.0, 1.0, 1e300], "step must be whole numbers"),
]


@pytest.mark.parametrize(("name", "values", "message"), NUMBERS)
def test_numbers_outside_what_they_can_be(
    saved: Path, name: str, values: list[float], message: str
) -> None:
    tensor = torch.tensor(values, dtype=torch.float64)
    rewrite(saved, lambda tensors, header: tensors.update({name: tensor}))
    with pytest.raises(ValueError, match=f"run.safetensors: {message}.*save the run again"):
        Trajectory.load(saved)


def test_pure_noise_and_times_between_two_and_nan_in_tensors_are_honest(saved: Path) -> None:
    """Zero terminal SNR starts at alpha_bar 0; half precision can leave nan."""
    half = {"alpha_bar": [0.0, 0.5, 0.9], "t": [999.0, 499.5, 0.0]}
    changed = {name: torch.tensor(each, dtype=torch.float64) for name, each in half.items()}
    changed["eps"] = torch.full((3, 2, 4, 2, 2), math.nan)
    rewrite(saved, lambda tensors, header: tensors.update(changed))
    run = Trajectory.load(saved)
    assert [record.alpha_bar for record in run] == half["alpha_bar"]
    assert run.records[0].eps.isnan().all()


@pytest.mark.parametrize("shape", [(2, 3, 16, 15), (2, 3, 16, 32), (2, 3, 1, 1), (2, 3, 0, 16)])
def test_pictures_that_no_latents_become(saved: Path, shape: tuple[int, ...]) -> None:
    rewrite(saved, lambda tensors, header: tensors.update(images=torch.zeros(shape)))
    with pytest.raises(ValueError, match="images are .*, which does not fit latents"):
        Trajectory.load(saved)


@pytest.mark.parametrize("settings", ["[" * 10_000, '{"seed": 1' + "0" * 5000 + "}"])
def test_hostile_settings_in_the_header(saved: Path, settings: str) -> None:
    rewrite(saved, lambda tensors, header: header.update(settings=settings))
    with pytest.raises(ValueError, match="settings in the header are missing or not JSON"):
        Trajectory.load(saved)


@pytest.mark.parametrize("name", ["images", "x0_hat", "alpha_bar"])
def test_a_missing_part(saved: Path, name: str) -> None:
    rewrite(saved, lambda tensors, header: tensors.pop(name))
    with pytest.raises(ValueError, match=name):
        Trajectory.load(saved)
