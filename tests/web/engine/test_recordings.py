"""Recorded runs in the browser: read as the helpers read them, and refused as they refuse them."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from helpers.records import StepRecord, Trajectory

from .building import evaluated
from .hostile import KINDS, MARKUP, parts, recordings, whole

CALLS, PICTURES, CHANNELS, HEIGHT, WIDTH, SCALE = 3, 2, 4, 6, 5, 4
PROMPTS = ["a tent", MARKUP]
COUNT = 200
REASONS = {"noTensors", "noRun", "otherVersion", "noSettings", "misfit", "badNumbers"}


@pytest.fixture(scope="module")
def run() -> Trajectory:
    """Pictures whose colours are exactly linear in the finished latents."""
    drawn = torch.Generator().manual_seed(0)

    def noise() -> torch.Tensor:
        return torch.randn(PICTURES, CHANNELS, HEIGHT, WIDTH, generator=drawn)

    x = [noise() for _ in range(CALLS + 1)]
    records = tuple(
        StepRecord(
            k, k, 900.5 - 300 * k, 0.1 + 0.3 * k, x[k], x[k], *(noise() for _ in range(4)), x[k + 1]
        )
        for k in range(CALLS)
    )
    table = torch.randn(3, CHANNELS, generator=drawn) / 20
    small = torch.einsum("rc,bchw->brhw", table, x[-1]) + 0.5
    images = small.repeat_interleave(SCALE, 2).repeat_interleave(SCALE, 3).clamp(0, 1)
    return Trajectory(torch.stack(x), records, images, {"prompt": PROMPTS, "seed": [1, 2**63 - 1]})


@pytest.fixture(scope="module")
def good(run, tmp_path_factory) -> bytes:
    return run.save(tmp_path_factory.mktemp("run") / "run.safetensors").read_bytes()


def honest(good: bytes) -> list[bytes]:
    """Runs that are read: unguided, padded as safetensors pads, with infinity from half precision,
    with settings that name nothing."""
    header, numbers = parts(good)
    begin, end = header.pop("eps_uncond")["data_offsets"]
    for told in header.values():
        if "data_offsets" in told and told["data_offsets"][0] >= end:
            told["data_offsets"] = [at - (end - begin) for at in told["data_offsets"]]
    unguided = whole(header, numbers[:begin] + numbers[end:])
    header, numbers = parts(good)
    padded = whole(json.dumps(header).encode() + b"   ", numbers)
    at = header["x0_hat"]["data_offsets"][0]
    infinite = whole(header, numbers[:at] + struct.pack("<f", float("inf")) + numbers[at + 4 :])
    header["__metadata__"]["settings"] = '{"prompt": 7, "__proto__": {"prompt": "x"}}'
    return [good, unguided, padded, infinite, whole(header, numbers)]


@pytest.fixture(scope="module")
def damaged(good) -> list[tuple[str, bytes]]:
    return list(recordings(good, COUNT))


def opened(files: list[bytes], folder: Path) -> list[dict]:
    """What the engine makes of each file."""
    for number, file in enumerate(files):
        (folder / f"{number}.safetensors").write_bytes(file)
    code = (
        f"const found = []; for (let n = 0; n < {len(files)}; n++) {{"
        "found.push(await engine.opened(new Uint8Array(readFileSync(`${n}.safetensors`)))); }"
        "return found;"
    )
    return evaluated("testing/recordings.ts", code, folder)


@pytest.fixture(scope="module")
def told(good, damaged, tmp_path_factory) -> list[dict]:
    """What the engine makes of each file, the honest ones first."""
    files = [*honest(good), *(file for _, file in damaged)]
    return opened(files, tmp_path_factory.mktemp("recordings"))


def test_a_recorded_run_is_read_as_the_helpers_read_it(run, told):
    first = told[0]
    assert first["size"] == [HEIGHT, WIDTH] and first["pixels"] == [SCALE * HEIGHT, SCALE * WIDTH]
    assert [picture["prompt"] for picture in first["pictures"]] == PROMPTS
    for number, picture in enumerate(first["pictures"]):
        assert_close(torch.tensor(picture["image"]), run.images[number].flatten())
        for step, record in zip(picture["steps"], run, strict=True):
            assert (step["t"], step["alphaBar"]) == (record.t, record.alpha_bar)
            assert_close(torch.tensor(step["xT"]), record.x_t[number].flatten())
            assert_close(torch.tensor(step["x0Hat"]), record.x0_hat[number].flatten())


def test_colours_of_latents_are_those_that_the_picture_has(run, told):
    for number, picture in enumerate(told[0]["pictures"]):
        latents = run.latents[-1, number].flatten(1).numpy()
        table = np.array(picture["colours"])
        expected = run.images[number, :, ::SCALE, ::SCALE].flatten(1).numpy()
        np.testing.assert_allclose(table[:-1].T @ latents + table[-1:].T, expected, atol=0.01)
        assert len(picture["steps"][0]["seen"]) == 4 * HEIGHT * WIDTH


def test_every_honest_run_is_read(good, told, tmp_path):
    for number, file in enumerate(honest(good)):
        assert "pictures" in told[number], told[number]
        path = tmp_path / f"{number}.safetensors"
        path.write_bytes(file)
        assert len(Trajectory.load(path)) == CALLS
    assert [picture["prompt"] for picture in told[4]["pictures"]] == ["", ""]


def test_a_damaged_run_is_refused_with_a_sentence_and_never_a_crash(damaged, told):
    assert {kind for kind, _ in damaged} == {kind.__name__ for kind in KINDS}
    found = told[-COUNT:]
    for (kind, _), answer in zip(damaged, found, strict=True):
        assert answer.get("reason") in REASONS, (kind, answer)
        assert all(len(value) <= 40 for value in answer["fields"].values()), (kind, answer)
    assert {answer["reason"] for answer in found} == REASONS


def test_what_the_browser_refuses_the_helpers_refuse_too(damaged, tmp_path):
    path = tmp_path / "damaged.safetensors"
    for kind, file in damaged:
        path.write_bytes(file)
        with pytest.raises(ValueError, match=r"damaged\.safetensors"):
            Trajectory.load(path)
            pytest.fail(kind)


@pytest.mark.parametrize(("channels", "side"), [(65, 1), (1, 4097)])
def test_a_run_too_large_for_a_page_is_refused(tmp_path, channels, side):
    x = torch.zeros(1, channels, side, 1)
    path = tmp_path / "large.safetensors"
    records = (StepRecord(0, 0, 0.0, 0.0, x, x, None, x, x, x, x),)
    Trajectory(torch.stack([x, x]), records, torch.zeros(1, 3, side, 1), {}).save(path)
    (answer,) = opened([path.read_bytes()], tmp_path)
    assert answer == {"reason": "tooLarge", "fields": {"pixels": "4096", "channels": "64"}}
