"""What may be asked for: complete requests come out, anything else is refused in a sentence."""

from __future__ import annotations

import json
from typing import Any

import pytest
import torch

from helpers.sampling.packed import pack
from helpers.serving.asked import About, Limits, read_request

ABOUT = About("tiny", 20, 2.0, (128, 128), 8, 4, "DDIMScheduler", ("DDIMScheduler", "LCMScheduler"))

WATCHED = {
    "layers": ["up"],
    "reduce": "mean",
    "max_side": 16,
    "max_bytes": 2**40,
    "dtype": "float16",
}


def read(**given: Any) -> Any:
    return read_request(json.dumps({"want": "run", **given}).encode(), ABOUT, Limits())


def test_what_is_left_open_is_settled() -> None:
    asked = read(prompt="a castle", seed=[1, 2])
    assert (asked.prompt, asked.negative_prompt, asked.seed) == (["a castle"] * 2, [""] * 2, [1, 2])
    assert (asked.steps, asked.guidance_scale, asked.size) == (20, 2.0, (128, 128))
    assert asked.scheduler == "DDIMScheduler" and (asked.pictures, asked.cost) == (2, 40)
    assert read(attention=WATCHED).attention == WATCHED | {"max_bytes": Limits().attention_bytes}


def test_equal_loops_have_equal_keys() -> None:
    first = read(prompt="a", steps=3)
    assert first.key == read(prompt="b", steps=3, seed=4, guidance_scale=2, size=128).key
    for other in ({"steps": 4}, {"guidance_scale": 3}, {"size": 64}, {"scheduler": "LCMScheduler"}):
        assert first.key != read(prompt="a", **{"steps": 3} | other).key
    noise = pack(torch.zeros(1, 4, 16, 16))
    assert read(latents=noise).key != read(latents=noise).key
    assert read(attention=WATCHED).key != read(attention=WATCHED).key


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"want": "all"}, "want must be one of run, steps, pictures, got 'all'"),
        ({"eta": 1}, "'eta' is not known"),
        ({"prompt": 3}, "prompt must be a text"),
        ({"prompt": "\ud800"}, "prompt must be a text"),
        ({"prompt": ["a"] * 9}, "at most 8 pictures"),
        ({"prompt": ["a"] * 3, "seed": [1, 2]}, "seed: pass one, or as many as .* 3"),
        ({"prompt": []}, "prompt must be"),
        ({"seed": -1}, "seed must be"),
        ({"seed": 1.5}, "seed must be"),
        ({"steps": 51}, "steps: at most 50 here, got 51"),
        ({"steps": 0}, "steps must be"),
        ({"steps": True}, "steps must be"),
        ({"guidance_scale": float("nan")}, "guidance_scale must be"),
        ({"guidance_scale": -1}, "guidance_scale must be"),
        ({"size": 4096}, "size: at most 32,768 pixels here, got 4096 x 4096"),
        ({"size": 100}, "divisible by 8, got 100 x 100"),
        ({"size": [64]}, "size must be"),
        ({"scheduler": "os.system"}, "scheduler: there is no 'os.system' here"),
        ({"latents": "x"}, "latents cannot be unpacked"),
        ({"latents": pack(torch.zeros(1, 4, 8, 8))}, r"latents must be \(1, 4, 16, 16\) here"),
        ({"latents": pack(torch.full((1, 4, 16, 16), torch.nan))}, "finite"),
        ({"start": {"strength": 2, "picture": ["x"], "mask": None}}, "start must be"),
        ({"start": {"strength": 0.5, "picture": ["x"], "mask": None}}, "start: picture cannot"),
        (
            {"start": {"strength": 0.5, "picture": ["x"] * 9, "mask": None}},
            "one picture, or 1, got 9",
        ),
        ({"want": "pictures"}, "latents: there are none"),
        ({"attention": True}, "attention must be null, or layers"),
        ({"attention": WATCHED | {"eta": 1}}, "attention must be null, or layers"),
        ({"attention": WATCHED | {"reduce": ["mean"]}}, "attention must be null, or layers"),
        ({"attention": WATCHED | {"layers": [3]}}, "attention must be null, or layers"),
        ({"attention": WATCHED | {"max_side": 0}}, "attention must be null, or layers"),
        ({"attention": WATCHED | {"dtype": "save"}}, "attention must be null, or layers"),
        ({"attention": WATCHED | {"max_bytes": -1}}, "attention must be null, or layers"),
        (
            {"want": "pictures", "latents": pack(torch.zeros(1, 4, 16, 16)), "attention": WATCHED},
            "attention: pictures of given latents have none",
        ),
    ],
)
def test_what_cannot_be_is_told_by_its_name(given: dict, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        read(**given)


@pytest.mark.parametrize(
    "body", [b"", b"\xff", b"[]", b"3", b"{", b"[" * 100_000, b'{"want": ' + b"9" * 5000 + b"}"]
)
def test_what_is_no_request_is_told(body: bytes) -> None:
    with pytest.raises(ValueError, match="the request must be|want must be"):
        read_request(body, ABOUT, Limits())
