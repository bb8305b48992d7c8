"""The engine's exact parts, run by node: what they answer equals what Python's libraries answer.

Tokens and unknown words must be the same; noise and schedulers count in float64 between float32
tensors, where PyTorch counts in float32, so they agree to rounding.
"""

from __future__ import annotations

import io
import random

import numpy as np
import pytest
import torch
from diffusers.utils.torch_utils import randn_tensor
from PIL import Image

from helpers.attention import token_places
from helpers.export_onnx import OFFERED, index
from helpers.landscapes import unknown_words
from helpers.loading import load, quiet
from helpers.sampling.checked import checked, scheduler_of
from helpers.sampling.schedulers import alpha_bars, fresh_scheduler, set_timesteps
from helpers.sampling.settings import read_settings

from .building import answers
from .hostile import MARKUP, addresses

ADDRESS = (
    "model=tiny&prompt=a%20tent%20%3Cscript%3E%20%E5%B1%B1&prompt2=a%20hut&negative=trees&seed=9223372036854775807"
    "&steps=9&guidance=3.5&scheduler=ddim"
)
USUAL = {
    "model": "tiny", "prompt": "", "prompt2": "", "negativePrompt": "", "seed": "0", "steps": 20,
    "guidanceScale": 2, "scheduler": "dpm++", "start": None,
}  # fmt: skip
BAD = [
    "", "=", "&&&", "%", "%ff%fe", "model=__proto__", "model=constructor", "scheduler=toString",
    "scheduler=lcm", "seed=-1", "seed=9223372036854775808", "seed=1e3", "seed=0x10", "seed=1n",
    "seed=" + "9" * 5000, "steps=0", "steps=-3", "steps=2.5", "steps=NaN", "steps=1e9",
    "steps=Infinity", "steps=", "guidance=-1", "guidance=NaN", "guidance=1e400", "guidance=21",
    "guidance=two", "__proto__=1", "model[]=tiny",
]  # fmt: skip
HOSTILE = 200
LONG = "%F0%9F%8F%94" * 2000
SEEDS = (0, 1, 42, 2**31, 2**32 - 1, 2**32, 2**53 + 1, 2**63 - 1)
SENTENCES = ("a white lighthouse beside one tent", "雪の中に青い灯台")
ODD = [
    "", " ", "It's a castle's night, don't you'll see 1234 m²", "Grüße, ΑΣ ΟΔΟΣ İstanbul ǅ",
    "e\u0301clat \u00e9clat", "<|endoftext|> a tent <|STARTOFTEXT|> b", "🏔️ mountains & 川",
    "half ½ Ⅷ", "tabs\tand\u3000wide\u0085spaces\ufeffhere", "夜明けの山と川、風車。",
    "雪ゆき蝶々の飛ぶ風景 x", "ｶﾞ ガ が か\u3099",
    "a_b snake_case __x__ 山_川", "!!!'s ''s 's's", "a tent " * 60, "zebra Zebra 999 zebra's",
    "constructor __proto__ toString",
]  # fmt: skip


@pytest.fixture(scope="module")
def texts() -> list[str]:
    """Odd ones, and mixtures of known words, letters of many scripts and marks."""
    known, rng = load("tiny").tokenizer.init_kwargs["known_words"], random.Random(0)
    letters = [chr(code) for code in (*range(32, 1500), *range(0x3000, 0x3100)) if chr(code)]
    mixed = []
    for _ in range(300):
        words = rng.choices(known, k=6) + ["".join(rng.choices(letters, k=4)) for _ in range(3)]
        rng.shuffle(words)
        mixed.append(rng.choice(["", " ", ", "]).join(words))
    return [*SENTENCES, *ODD, *mixed]


@pytest.fixture(scope="module")
def schedules():
    """(model, scheduler, steps)."""
    few, many = (1, 2, 3, 4, 5, 6, 7, 8), (1, 2, 3, 7, 20, 49)
    return [
        (model, name, steps)
        for model, offered in OFFERED.items()
        for name in offered
        for steps in (few if name == "lcm" else many)
    ]


@pytest.fixture(scope="module")
def told(tmp_path_factory, texts, schedules):
    data = index({name: load(name) for name in OFFERED})
    offered = {name: model["schedulers"] for name, model in data["models"].items()}
    png = io.BytesIO()
    Image.new("RGB", (data["pixels"],) * 2, "teal").save(png, "PNG")
    cases = {
        "index": data | {"files": {}},
        "addresses": [ADDRESS, *BAD, "steps=999", "model=tiny-turbo&steps=999", "prompt=" + LONG],
        "hostile": list(addresses(HOSTILE)),
        "png": list(png.getvalue()),
        "texts": texts,
        "seeds": [str(seed) for seed in SEEDS],
        "count": 2048,
        "schedules": [
            {"scheduler": offered[model][name], "steps": steps} for model, name, steps in schedules
        ],
    }
    return answers(cases, tmp_path_factory.mktemp("parts"))


def test_tokens_are_the_tokenizers(told, texts):
    tokenizer = load("tiny").tokenizer
    for text, numbers, count in zip(texts, told["tokens"], told["counts"], strict=True):
        with quiet():
            assert len(tokenizer(text).input_ids) == count, text
        padded = tokenizer(text, padding="max_length", truncation=True).input_ids
        assert padded == numbers, text


def test_words_stand_where_the_tokenizer_has_them(told, texts):
    for text, words, count in zip(texts, told["words"], told["counts"], strict=True):
        places = [place for word in words for place in word["places"]]
        every = list(range(1, min(count, 77) - 1))
        assert places == sorted(set(places)) and set(places) <= set(every), text
        assert all(word["text"].strip("\ufeff\u200b \t") for word in words), text
        if count <= 77 and text.isprintable():
            assert places == every, text
    tokenizer = load("tiny").tokenizer
    for text in SENTENCES:
        words = told["words"][texts.index(text)]
        assert "".join(word["text"] for word in words) == text.replace(" ", "")
        for word in words:
            assert token_places(tokenizer, text, word["text"]) == word["places"], text
    japanese = told["words"][texts.index(SENTENCES[1])]
    assert [word["text"] for word in japanese] == ["雪", "の", "中", "に", "青い", "灯台"]


def test_unknown_words_are_the_helpers(told, texts):
    known = load("tiny").tokenizer.init_kwargs["known_words"]
    assert told["unknown"] == [unknown_words(text, known) for text in texts]


def test_noise_is_pytorchs(told):
    for seed, found in zip(SEEDS, told["noise"], strict=True):
        drawn = torch.Generator().manual_seed(seed)
        expected = torch.cat([torch.randn(1024, generator=drawn) for _ in range(2)])
        np.testing.assert_allclose(found, expected, rtol=0, atol=2e-6)


def test_schedulers_step_as_diffusers_do(told, schedules):
    for (model, name, steps), found in zip(schedules, told["runs"], strict=True):
        scheduler = fresh_scheduler(name, load(model).scheduler)
        set_timesteps(scheduler, steps)
        said, drawn = (torch.Generator().manual_seed(seed) for seed in (1, 0))
        x_t = randn_tensor((16,), generator=drawn)
        for t in scheduler.timesteps:
            v = torch.randn(16, generator=said)
            given = {"generator": drawn} if name == "lcm" else {}
            x_t = scheduler.step(v, t, x_t, **given).prev_sample
        label = f"{model}, {name}, {steps} steps"
        assert found["timesteps"] == scheduler.timesteps.tolist(), label
        fresh = fresh_scheduler(name, load(model).scheduler)
        set_timesteps(fresh, steps)
        np.testing.assert_allclose(found["alphaBars"], alpha_bars(fresh), rtol=1e-4, err_msg=label)
        np.testing.assert_allclose(found["latents"], x_t, rtol=0, atol=2e-4, err_msg=label)


def test_an_address_tells_every_setting_and_a_bad_one_the_usual(told):
    first, *bad = told["settings"]
    assert first == {
        "model": "tiny", "prompt": "a tent <script> 山", "prompt2": "a hut",
        "negativePrompt": "trees", "seed": str(2**63 - 1), "steps": 9, "guidanceScale": 3.5,
        "scheduler": "ddim", "start": None,
    }  # fmt: skip
    assert bad[: len(BAD)] == [USUAL] * len(BAD)
    many, turbo, long = bad[len(BAD) :]
    assert many == USUAL | {"steps": 50}
    assert (turbo["steps"], turbo["scheduler"], turbo["guidanceScale"]) == (8, "lcm", 1)
    assert long["prompt"] == "🏔" * 1000
    assert told["again"] == told["settings"]


def test_whatever_an_address_says_settings_stay_within_their_limits(told):
    names = {"tiny": ("dpm++", "ddim"), "tiny-turbo": ("lcm", "dpm++", "ddim")}
    assert len(told["hostile"]) == HOSTILE
    for address, found in zip(addresses(HOSTILE), told["hostile"], strict=True):
        assert "crash" not in found, (address, found)
        one = found["settings"]
        assert found["again"] == one and set(one) == set(USUAL), address
        assert one["scheduler"] in names[one["model"]], address
        assert type(one["steps"]) is int and 1 <= one["steps"] <= 50, address
        assert 0 <= one["guidanceScale"] <= 20 and 0 <= int(one["seed"]) < 2**63, address
        for text in (one["prompt"], one["prompt2"], one["negativePrompt"]):
            assert type(text) is str and len(text) <= 1000, address


def test_markup_in_an_address_stays_the_text_that_it_is(told):
    prompts = [found["settings"]["prompt"] for found in told["hostile"]]
    for text in (MARKUP, "</textarea><b>", "__proto__", "${7*7}", "<|endoftext|>"):
        assert text in prompts, text


def test_a_saved_picture_carries_settings_that_the_helpers_read(told, tmp_path):
    path = tmp_path / "saved.png"
    path.write_bytes(bytes(told["png"]))
    with Image.open(path) as picture:
        picture.load()
    settings = checked(read_settings(path))
    assert settings["prompt"] == "a tent <script> 山" and settings["seed"] == 2**63 - 1
    assert settings["scheduler"] == "DDIMScheduler" and settings["guidance_scale"] == 3.5
    scheduler = scheduler_of(settings)
    assert scheduler.config.timestep_spacing == load("tiny").scheduler.config.timestep_spacing
