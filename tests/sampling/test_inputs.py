"""Arguments of a run: what is refused, before any work, and what is warned about."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from itertools import count

import diffusers
import numpy as np
import pytest
import torch
from diffusers import StableDiffusionPipeline

from helpers.sampling import denoise, generate

NAN, FLAT = float("nan"), torch.zeros(1, 4, 4, 4)
WRONG = [
    ({"prompt": []}, ValueError, "prompt: the list is empty"),
    ({"prompt": 3}, TypeError, r"prompt must be a text or a list of texts, got 3 \(int\)"),
    ({"prompt": ["a", None]}, TypeError, "prompt must be a text or a list of texts"),
    ({"negative_prompt": None}, TypeError, "negative_prompt must be a text or a list"),
    ({"negative_prompt": []}, ValueError, "negative_prompt: the list is empty"),
    ({"prompt": ["a", "b"], "seed": [1, 2, 3]}, ValueError, "do not match: 2 x prompt, .*3 x seed"),
    ({"negative_prompt": ["a", "b"], "seed": [1, 2, 3]}, ValueError, "2 x negative_prompt, 3 x"),
    ({"steps": 0}, ValueError, r"steps must lie in 1 \.\.\. 1000, .* got 0"),
    ({"steps": 1001}, ValueError, r"steps must lie in 1 \.\.\. 1000, .* got 1001"),
    ({"steps": 2.5}, TypeError, r"steps must be a whole number, got 2.5 \(float\)"),
    ({"steps": True}, TypeError, "steps must be a whole number"),
    ({"guidance_scale": NAN}, ValueError, "guidance_scale must be a finite number from 0, got nan"),
    ({"guidance_scale": float("inf")}, ValueError, "finite number from 0, got inf"),
    ({"guidance_scale": -1}, ValueError, "from 0, got -1; .*negative_prompt"),
    ({"guidance_scale": "7"}, TypeError, r"guidance_scale must be a number, got '7' \(str\)"),
    ({"seed": -1}, ValueError, "seed must lie in 0"),
    ({"seed": []}, ValueError, "list of seeds is empty"),
    ({"seed": 0.5}, TypeError, "seed must be a whole number"),
    ({"size": 100}, ValueError, r"divisible by 8, got 100; possible is \(96, 96\)"),
    ({"size": (32, 0)}, ValueError, "size must be positive and divisible by 8"),
    ({"size": (32, 32, 3)}, TypeError, r"size must be a whole number of pixels or \(height, width"),
    ({"size": 32.0}, TypeError, "size must be a whole number"),
    ({"scheduler": "eular"}, ValueError, 'there is no "eular"; did you mean "euler"?.*allowed are'),
    ({"scheduler": "xyz"}, ValueError, 'there is no "xyz"; allowed are ddim, '),
    ({"scheduler": 3}, TypeError, r"scheduler must be a name, .* got 3 \(int\)"),
    ({"scheduler": torch.nn.Linear}, ValueError, "Linear is not made for Stable Diffusion's"),
    ({"scheduler": "lcm", "steps": 60}, ValueError, "LCMScheduler cannot make 60 steps"),
    ({"latents": "noise"}, TypeError, "latents must be a tensor, got str"),
    ({"latents": torch.zeros(2, 4, 4, 4)}, ValueError, r"shape \(1, 4, 4, 4\).*got \(2, 4, 4, 4\)"),
    ({"latents": torch.zeros(1, 4, 4, 4), "size": 16}, ValueError, r"shape \(1, 4, 2, 2\)"),
    ({"latents": torch.full((1, 4, 4, 4), NAN)}, ValueError, "latents must be finite"),
    ({"latents": FLAT.to(torch.complex64)}, ValueError, "latents must be a dense tensor of real"),
    ({"latents": FLAT.to_sparse()}, ValueError, "latents must be a dense tensor.*sparse_coo"),
    ({"latents": FLAT.to("meta")}, ValueError, "latents must be a dense tensor.*meta"),
    ({"latents": torch.zeros(1, 4, 0, 0)}, ValueError, r"latents must have the shape \(B, C, h, w"),
    ({"latents": FLAT.double() + 1e300}, ValueError, "latents must be finite numbers in float32"),
    ({"guidance_scale": 10**400}, ValueError, "guidance_scale must be a finite number from 0"),
    ({"guidance_scale": True}, TypeError, "guidance_scale must be a number, got True"),
    ({"steps": 10**5000}, ValueError, "steps must lie in 1 .* got a huge number|got 1000"),
    ({"size": 800_000}, ValueError, r"possible is \(8192, 8192\), and 8192 is the most"),
    ({"size": (32, True)}, TypeError, "size must be a whole number of pixels"),
    ({"seed": b"abc"}, TypeError, "seed must be a whole number or a list of them, got b'abc'"),
    ({"seed": count()}, ValueError, "seed: got more than 1000 at once"),
    ({"prompt": "half an emoji \ud83c"}, ValueError, "prompt holds half a character"),
    ({"negative_prompt": "\udfff"}, ValueError, "negative_prompt holds half a character"),
    ({"prompt": "a" * 10**6}, ValueError, "prompt must have at most 100,000 letters"),
    ({"scheduler": "DPM++ 2M Karras"}, ValueError, 'mean "dpm.."[?] Karras.* use_karras_sigmas=Tr'),
]


@pytest.mark.parametrize(("change", "error", "message"), WRONG)
@pytest.mark.parametrize("verb", [denoise, generate])
def test_bad_input_is_refused_before_any_work(
    tiny_random_pipe: StableDiffusionPipeline,
    verb: Callable,
    change: dict,
    error: type[Exception],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def work(*args: object, **options: object) -> None:
        pytest.fail("a network was asked before the arguments were checked")

    monkeypatch.setattr(tiny_random_pipe.unet, "forward", work)
    monkeypatch.setattr(tiny_random_pipe.text_encoder, "forward", work)
    arguments = {"prompt": "a castle"} | change
    with pytest.raises(error, match=message):
        verb(tiny_random_pipe, **arguments)


@pytest.mark.parametrize(
    ("change", "plain"),
    [
        ({"seed": np.array(3)}, {"seed": 3}),
        ({"size": np.int64(16)}, {"size": 16}),
        ({"size": [np.int64(16), torch.tensor(24)]}, {"size": (16, 24)}),
        ({"steps": np.array(2)}, {"steps": 2}),
        ({"guidance_scale": torch.tensor(3.0)}, {"guidance_scale": 3}),
        ({"prompt": np.str_("a lake")}, {"prompt": "a lake"}),
        ({"latents": (FLAT + 1).double().requires_grad_()}, {"latents": FLAT + 1}),
        ({"scheduler": "Euler a"}, {"scheduler": "euler ancestral"}),
    ],
)
def test_what_plainly_is_meant_is_taken(
    tiny_random_pipe: StableDiffusionPipeline, change: dict, plain: dict
) -> None:
    runs = [
        generate(tiny_random_pipe, **{"prompt": "a", "steps": 2} | options, progress=False)
        for options in (change, plain)
    ]
    assert torch.equal(runs[0].images, runs[1].images)
    names = ("prompt", "seed", "steps", "size", "guidance_scale", "scheduler")
    assert [runs[0].settings[name] for name in names] == [runs[1].settings[name] for name in names]
    json.dumps(runs[0].settings)


def test_something_else_than_a_pipeline_is_refused(tiny_random_pipe) -> None:
    with pytest.raises(TypeError, match=r"pipe must be .* got UNet2D.*helpers.load\(\) gives one"):
        denoise(tiny_random_pipe.unet, "a castle")


def test_an_inpainting_model_is_refused(make_random_pipe: Callable) -> None:
    pipe = make_random_pipe()
    pipe.unet.register_to_config(in_channels=9)
    with pytest.raises(ValueError, match="takes 9 channels for latents of 4.*inpainting"):
        denoise(pipe, "a castle")


def test_a_pipeline_with_a_foreign_scheduler_is_refused(make_random_pipe: Callable) -> None:
    pipe = make_random_pipe()
    pipe.scheduler = diffusers.FlowMatchEulerDiscreteScheduler()
    with pytest.raises(ValueError, match="FlowMatchEulerDiscreteScheduler is not made for"):
        denoise(pipe, "a castle")


@pytest.mark.parametrize("verb", [denoise, generate])
def test_a_long_prompt_is_cut_and_told(
    tiny_random_pipe: StableDiffusionPipeline,
    verb: Callable,
    capfd: pytest.CaptureFixture,
) -> None:
    fits = " ".join(["a"] * 75)
    with pytest.warns(UserWarning, match='the model reads 77; .*"castle night"') as told:
        *_, cut = verb(tiny_random_pipe, f"{fits} castle night", steps=1)
    assert [hint.filename for hint in told if hint.category is UserWarning] == [__file__]
    assert "truncated" not in capfd.readouterr().err  # it is said once, not twice
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        *_, whole = denoise(tiny_random_pipe, fits, steps=1)
    assert torch.equal(cut.x_prev, whole.x_prev)


def test_unknown_words_are_told(
    tiny_random_pipe: StableDiffusionPipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = ["a", "castle", "river", "川"]
    monkeypatch.setitem(tiny_random_pipe.tokenizer.init_kwargs, "known_words", known)
    with pytest.warns(UserWarning, match="never saw these words.*: dragon, submarine") as told:
        denoise(tiny_random_pipe, ["a dragon submarine", "a river"], negative_prompt="castle")
    assert [hint.category for hint in told].count(UserWarning) == 1
    with pytest.warns(UserWarning, match=": rain"):
        denoise(tiny_random_pipe, "a castle", negative_prompt="rain")
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        denoise(tiny_random_pipe, ["A castle, a river.", "川"])
