"""Settings from somewhere else: refused whole and by name, before anything is done with them."""

from __future__ import annotations

import base64
import io
import json
import math
import struct
import zlib
from collections.abc import Callable
from typing import Any

import pytest
import safetensors.torch
import torch
from diffusers import StableDiffusionPipeline
from PIL import Image
from PIL.PngImagePlugin import PngImageFile

from helpers.arguments import MOST_LETTERS, MOST_PICTURES
from helpers.sampling import again, generate
from helpers.sampling.packed import PNG, SAFETENSORS, pack, unpack
from helpers.sampling.start import Start


def address(kind: str, data: bytes) -> str:
    return f"{kind};base64,{base64.b64encode(data).decode()}"


def png(width: int = 32, height: int = 32) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height)).save(buffer, "PNG")
    return buffer.getvalue()


def declared(width: int, height: int) -> bytes:
    """A small PNG whose header says that it is another size."""
    data = png()
    header = b"IHDR" + struct.pack(">II", width, height) + data[24:29]
    return data[:12] + header + struct.pack(">I", zlib.crc32(header)) + data[33:]


def tensors(**named: torch.Tensor) -> str:
    return address(SAFETENSORS, safetensors.torch.save(named))


NOISE = torch.zeros(1, 4, 4, 4)
GOOD = {"strength": 0.5, "picture": [address(PNG, png())], "mask": None}
HUGE = address(PNG, declared(8192, 8192))
BATCH = {"prompt": ["a", "b"], "negative_prompt": ["", ""], "seed": [1, 2]}


def config(**changes: Any) -> Callable[[dict], dict]:
    return lambda kept: {"scheduler_config": {**kept["scheduler_config"], **changes}}


def start(**changes: Any) -> dict[str, Any]:
    return {"start": {**GOOD, **changes}}


HOSTILE: list[tuple[dict[str, Any] | Callable[[dict], dict], str]] = [
    ({"model": 5}, "model must be a text"),
    ({"model": "tiny"}, "made with the model 'tiny'"),
    ({"model": "../" * 5000}, "model must be a text"),
    ({"model": ["tiny"]}, "model must be a text"),
    ({"prompt": 5}, "prompt must be a text"),
    ({"prompt": None}, "prompt must be a text"),
    ({"prompt": []}, "prompt must be a text"),
    ({"prompt": ["a", 5]}, "prompt must be a text"),
    ({"prompt": ["a"] * (MOST_PICTURES + 1)}, "prompt must be .* list of 1 to 1,000"),
    ({"prompt": "a" * (MOST_LETTERS + 1)}, "prompt must be a text of at most 100,000 letters"),
    ({"prompt": "half \ud83d an emoji"}, "prompt must be a text"),
    ({"prompt": {"a": 1}}, "prompt must be a text"),
    ({"negative_prompt": 5}, "negative_prompt must be a text"),
    ({"prompt": ["a"] * 3, "negative_prompt": ["a", "b"]}, "must be one for all .* got 3, 2, 1 of"),
    ({"seed": "7"}, "seed must be a whole number"),
    ({"seed": -1}, "seed must be a whole number in 0"),
    ({"seed": 2**63}, "seed must be a whole number"),
    ({"seed": 10**5000}, "seed must be a whole number"),
    ({"seed": 1.5}, "seed must be a whole number"),
    ({"seed": True}, "seed must be a whole number"),
    ({"seed": [0, None]}, "seed must be a whole number"),
    ({"seed": list(range(MOST_PICTURES + 1))}, "seed must be a whole number"),
    ({"steps": 0}, "steps must be a whole number"),
    ({"steps": -3}, "steps must be a whole number"),
    ({"steps": 3.0}, "steps must be a whole number"),
    ({"steps": "3"}, "steps must be a whole number"),
    ({"steps": 10**9}, "steps must be a whole number"),
    ({"steps": None}, "steps must be a whole number"),
    ({"steps": 1001}, "1001"),
    ({"guidance_scale": "7"}, "guidance_scale must be a finite number"),
    ({"guidance_scale": math.nan}, "guidance_scale must be a finite number"),
    ({"guidance_scale": math.inf}, "guidance_scale must be a finite number"),
    ({"guidance_scale": -1}, "guidance_scale must be a finite number"),
    ({"guidance_scale": 10**400}, "guidance_scale must be a finite number"),
    ({"guidance_scale": [7.5]}, "guidance_scale must be a finite number"),
    ({"size": "32"}, "size must be height and width"),
    ({"size": [32]}, "size must be height and width"),
    ({"size": [32, 32, 32]}, "size must be height and width"),
    ({"size": [32, 32.0]}, "size must be height and width"),
    ({"size": [32, -32]}, "size must be height and width"),
    ({"size": [10**6, 10**6]}, "size must be height and width"),
    ({"size": [33, 33]}, "size must be positive and divisible by 8"),
    ({"threads": 2**31}, r"threads must be a whole number in 1 \.\.\. 2147483647"),
    ({"threads": 0}, "threads must be a whole number"),
    ({"threads": "2"}, "threads must be a whole number"),
    ({"threads": 2.5}, "threads must be a whole number"),
    ({"threads": None}, "threads must be a whole number"),
    ({"scheduler": "Warp"}, "no scheduler 'Warp'"),
    ({"scheduler": "__class__"}, "no scheduler '__class__'"),
    ({"scheduler": 5}, "scheduler must be the name"),
    ({"scheduler": "D" * 10_000}, "scheduler must be the name"),
    ({"scheduler": "UNet2DConditionModel"}, "no scheduler 'UNet2DConditionModel'"),
    ({"scheduler_config": "someone/a-model"}, "scheduler_config must be an object"),
    ({"scheduler_config": "/etc"}, "scheduler_config must be an object"),
    ({"scheduler_config": ["a"]}, "scheduler_config must be an object"),
    ({"scheduler_config": None}, "scheduler_config must be an object"),
    (config(_class_name="DDIMScheduler"), "scheduler_config must be an object"),
    (config(num_train_timesteps=10**12), "scheduler_config must be .* num_train_timesteps in 1"),
    (config(num_train_timesteps=0), "scheduler_config must be an object"),
    (config(num_train_timesteps="x"), "scheduler_config must be an object"),
    (config(trained_betas=[0.1] * 20_000), "scheduler_config must be an object"),
    (config(trained_betas=[[0.1]]), "scheduler_config must be an object"),
    (config(solver_order={"a": 1}), "scheduler_config must be an object"),
    (config(solver_order=10**9), "scheduler_config must be an object"),
    (config(beta_start=math.nan), "scheduler_config must be an object"),
    (config(beta_start="low"), "with this scheduler_config DPMSolver.* cannot make 2 steps"),
    (config(beta_start=-5.0), "with this scheduler_config .* cannot make 2 steps"),
    (config(beta_schedule="none"), "with this scheduler_config .* cannot make 2 steps"),
    (config(prediction_type="none"), "with this scheduler_config .* cannot make 2 steps"),
    (config(trained_betas=[2.0] * 1000), "with this scheduler_config .*alpha_bar must lie in"),
    (config(thresholding=True, dynamic_thresholding_ratio="x"), "with this scheduler_config"),
    ({"latents": 5}, "latents must be a packed tensor"),
    ({"latents": "data:text/html;base64,AAAA"}, "latents cannot be unpacked: it must begin with"),
    ({"latents": "file:///etc/passwd"}, "latents cannot be unpacked: it must begin with"),
    ({"latents": f"{SAFETENSORS};base64,*"}, "latents cannot be unpacked: .*not base64"),
    ({"latents": address(SAFETENSORS, b"no")}, "latents cannot be unpacked: .*no safetensors"),
    ({"latents": tensors(other=NOISE)}, 'latents cannot be unpacked: .*named "value"'),
    ({"latents": tensors(value=NOISE.bool())}, "latents cannot be unpacked: .*numbers"),
    ({"latents": tensors(value=NOISE / 0)}, "latents must hold finite numbers"),
    ({"latents": tensors(value=NOISE[0])}, "latents must have the shape"),
    ({"latents": address(PNG, png())}, "latents must hold a Tensor"),
    ({"start": "here"}, "start must be null, or strength"),
    ({"start": {}}, "start must be null, or strength"),
    (start(more=1), "start must be null, or strength"),
    (start(strength=0), "start must be null, or strength"),
    (start(strength="1"), "start must be null, or strength"),
    (start(picture=[]), "start must be null, or strength"),
    (start(picture=[5]), "start must be null, or strength"),
    (start(picture=[address(PNG, b"no")]), "start: picture cannot be unpacked: .*no PNG"),
    (start(picture=[address(PNG, png()[:-20])]), "start: picture cannot be unpacked: .*cut off"),
    (start(picture=[address(PNG, declared(60_000, 60_000))]), "start: picture cannot be unpacked"),
    (
        {"size": 8192, "start": {**GOOD, "picture": [HUGE] * 4, "mask": [HUGE]}},
        "start: 5 pictures of 8192",
    ),
    ({"size": 8192, "prompt": ["a"] * 1000}, "1,000 pictures of 8192 x 8192 pixels are more than"),
    (start(picture=[address(PNG, declared(9000, 9000))]), "9000 x 9000 pixels, size says 32 x 32"),
    (
        start(picture=[address(PNG, png(64, 32))]),
        "picture cannot .* of 32 x 64 pixels, size says 32 x 32",
    ),
    (start(picture=[tensors(value=NOISE[0]), address(PNG, png())]), "of one kind and size"),
    (start(mask=[tensors(value=NOISE[0])]), "start: mask must hold a Image"),
    (
        start(mask=[address(PNG, png(64, 32))]),
        "mask cannot .* of 32 x 64 pixels, size says 32 x 32",
    ),
    ({"picture": -1}, "picture must be the number"),
    ({"picture": "0"}, "picture must be the number"),
    ({"picture": 1}, r"picture must lie in 0 \.\.\. 0"),
    ({"picture": 2, "batch": BATCH}, r"picture must lie in 0 \.\.\. 1"),
    ({"batch": []}, "batch must be lists of equal length"),
    ({"batch": {**BATCH, "model": "other"}}, "batch must be lists of equal length"),
    ({"batch": {**BATCH, "seed": [1]}}, "batch must be lists of equal length"),
    ({"batch": {**BATCH, "seed": [1, "2"]}}, "batch must be lists of equal length"),
    ({"batch": {"threads": 5000}}, "batch must be lists of equal length"),
    ({"flagged": "no"}, "flagged must be true"),
    ({"dtype": ["float32"]}, "dtype must be the name"),
    ({"device": "c" * 1000}, "device must be the name"),
    ({"versions": "all"}, "versions must be names"),
    ({"versions": {"torch": 2}}, "versions must be names"),
]


@pytest.fixture(scope="module")
def kept(tiny_random_pipe: StableDiffusionPipeline) -> dict[str, Any]:
    """Settings of an honest run."""
    return dict(generate(tiny_random_pipe, "a", steps=2, progress=False).settings)


@pytest.mark.filterwarnings("ignore:the picture may differ")
@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_a_hostile_setting_is_refused_by_name_before_anything_is_done(
    tiny_random_pipe: StableDiffusionPipeline,
    kept: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    number: int,
) -> None:
    change, message = HOSTILE[number]
    for network in (tiny_random_pipe.unet, tiny_random_pipe.text_encoder):
        monkeypatch.setattr(network, "forward", lambda *_, **__: pytest.fail("it was run"))
    started: list[int] = []
    monkeypatch.setattr(torch, "set_num_threads", started.append)
    changed = {**kept, **(change(kept) if callable(change) else change)}
    with pytest.raises(ValueError, match=message) as told:
        again(tiny_random_pipe, changed, progress=False)
    assert len(str(told.value)) < 1000 and max(started, default=1) <= 1


@pytest.mark.parametrize("settings", [None, [1], "text", 5])
def test_what_is_no_object_is_refused(tiny_random_pipe, settings: object) -> None:
    with pytest.raises(ValueError, match="settings must be an object of names and values"):
        again(tiny_random_pipe, settings, progress=False)


def test_honest_settings_are_taken_in_any_form(tiny_random_pipe, kept: dict[str, Any]) -> None:
    run = again(tiny_random_pipe, json.loads(json.dumps(kept)), progress=False)
    form = {**kept, "prompt": "a", "negative_prompt": "", "seed": range(1), "size": (32, 32)}
    assert torch.equal(again(tiny_random_pipe, form, progress=False).images, run.images)


@pytest.mark.parametrize(
    "given",
    [Start(NOISE, 0.7), Start(Image.new("RGB", (32, 32)), 1.0, Image.new("L", (32, 32), 255))],
)
def test_honest_starts_are_taken(tiny_random_pipe, given: Start) -> None:
    run = generate(tiny_random_pipe, "a", steps=2, start=given, progress=False)
    once_more = again(tiny_random_pipe, json.loads(json.dumps(run.settings)), progress=False)
    assert torch.equal(once_more.images, run.images)


@pytest.mark.parametrize("name", ["picture", "mask"])
def test_a_start_of_another_size_is_refused_before_it_is_unpacked(
    tiny_random_pipe, kept: dict[str, Any], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    changed = {**kept, **start(**{name: [address(PNG, png(64, 32))]})}
    loaded: list[tuple[int, int]] = []
    load = PngImageFile.load
    monkeypatch.setattr(PngImageFile, "load", lambda one: (loaded.append(one.size), load(one))[1])
    with pytest.raises(ValueError, match="32 x 64 pixels, size says 32 x 32"):
        again(tiny_random_pipe, changed, progress=False)
    assert set(loaded) <= {(32, 32)}


def test_a_picture_too_large_to_be_true_is_not_unpacked() -> None:
    with pytest.raises(ValueError, match="9000 x 9000 pixels is too large"):
        unpack(address(PNG, declared(9000, 9000)))


@pytest.mark.parametrize("text", ["", "data:", pack(NOISE)[:-9], "data:image/png;base64,=" * 2])
def test_what_was_not_packed_is_told(text: str) -> None:
    with pytest.raises(ValueError):
        unpack(text)


@pytest.mark.parametrize("then", [64, 300, 2**31 - 1])
def test_not_more_threads_than_cores_are_started(
    tiny_random_pipe, kept: dict[str, Any], monkeypatch: pytest.MonkeyPatch, then: int
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    seen: list[int] = []
    hook = tiny_random_pipe.unet.register_forward_pre_hook(
        lambda *_: seen.append(torch.get_num_threads())
    )
    with hook, pytest.warns(UserWarning, match=f"threads was {then}, is 2"):
        again(tiny_random_pipe, {**kept, "threads": then}, progress=False)
    assert set(seen) == {2} and torch.get_num_threads() == 1
