"""The name "tiny-turbo": the embedded model with its update, whatever folder holds the two."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from diffusers import LCMScheduler, StableDiffusionPipeline
from safetensors.torch import save_file
from torch.testing import assert_close

from helpers import loading, lowrank
from helpers.loading import models, twin
from helpers.runtime import generators
from helpers.sampling import again, denoise, generate, settings

PROMPTS, SEEDS = ["a castle at night", "a river"], [3, 4]


@pytest.fixture(scope="module")
def turbo(make_random_pipe: Callable, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a twin; the folder of its base, "tiny", lies beside it."""
    there = tmp_path_factory.mktemp("weights")
    pipe = make_random_pipe()
    pipe.save_pretrained(there / "tiny")
    lowrank.add_low_rank(pipe.unet, 4)
    for name, weight in pipe.unet.named_parameters():
        if name.endswith("up"):
            torch.nn.init.normal_(weight, std=0.1)
    folder = there / "tiny-turbo"
    same = {name: pipe.scheduler.config[name] for name in ("beta_schedule", "prediction_type")}
    LCMScheduler(**same, original_inference_steps=20, steps_offset=1).save_pretrained(
        folder / "scheduler"
    )
    header = {twin.BASE: twin.base_sum(there / "tiny")}
    save_file(lowrank.low_rank_tensors(pipe.unet), folder / lowrank.FILE, header)
    return folder


@pytest.fixture(autouse=True)
def embedded(turbo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both in place of the embedded models."""
    for module in (models, settings):
        monkeypatch.setattr(module, "TINY", turbo.with_name("tiny"))
        monkeypatch.setattr(module, "TURBO", turbo)


@pytest.fixture
def pipe() -> StableDiffusionPipeline:
    return loading.load("tiny-turbo")


def test_the_twin_is_the_base_with_its_update(pipe: StableDiffusionPipeline, turbo: Path) -> None:
    base = loading.load("tiny")
    assert isinstance(pipe.scheduler, LCMScheduler) and not isinstance(base.scheduler, LCMScheduler)
    assert pipe.scheduler.config.original_inference_steps == 20
    assert pipe.device.type == "cpu" and pipe.unet.dtype == torch.float32
    assert_close(pipe.vae.state_dict(), base.vae.state_dict(), rtol=0, atol=0)
    moved = [name for name, w in base.unet.state_dict().items()
             if not torch.equal(w, pipe.unet.state_dict()[name])]  # fmt: skip
    assert {f"unet.{name.removesuffix('.weight')}.{lowrank.UP}" for name in moved} <= set(
        twin_tensors(turbo)
    )
    assert len(moved) == len(twin_tensors(turbo)) / 2


def twin_tensors(folder: Path) -> dict[str, torch.Tensor]:
    from safetensors.torch import load_file

    return load_file(folder / lowrank.FILE)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_the_twin_comes_in_half_precision(dtype: torch.dtype) -> None:
    half, full = (loading.load("tiny-turbo", dtype=kind) for kind in (dtype, "float32"))
    assert {half.unet.dtype, half.vae.dtype} == {dtype}
    close = {"rtol": 0.02, "atol": 0.02}
    assert_close(half.unet.conv_in.weight.float(), full.unet.conv_in.weight, **close)


def test_four_steps_without_guidance_need_not_be_asked_for(pipe: StableDiffusionPipeline) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run = generate(pipe, PROMPTS[0], progress=False)
    assert len(run) == 4 and run.settings["steps"] == 4
    assert run.settings["guidance_scale"] == 1
    assert run.records[0].eps_uncond is None
    usual = denoise(loading.load("tiny"), PROMPTS[0])
    assert next(usual).eps_uncond is not None and sum(1 for _ in usual) == 19


def test_the_loop_equals_the_pipeline_with_noise_of_each_picture(
    pipe: StableDiffusionPipeline,
) -> None:
    *_, last = denoise(pipe, PROMPTS, seed=SEEDS)
    theirs = pipe(
        PROMPTS,
        num_inference_steps=4,
        guidance_scale=1.0,
        generator=generators(SEEDS),
        output_type="latent",
    ).images
    assert_close(last.x_prev, theirs, rtol=0, atol=0)
    *_, alone = denoise(pipe, PROMPTS[1], seed=SEEDS[1])
    assert_close(alone.x_prev, last.x_prev[1:], rtol=1e-4, atol=1e-4)


def test_a_run_knows_its_model_by_name(pipe: StableDiffusionPipeline) -> None:
    run = generate(pipe, PROMPTS, seed=SEEDS, progress=False)
    assert run.settings["model"] == "tiny-turbo"
    assert again(pipe, run.settings, progress=False).images.equal(run.images)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"guidance_scale": 7.5}, "guidance_scale: this few-step model .* wants 1; at 7.5"),
        ({"negative_prompt": "snow"}, "negative_prompt: it has no effect on this few-step model"),
    ],
)
def test_what_spoils_the_picture_is_told(
    pipe: StableDiffusionPipeline, options: dict, told: str
) -> None:
    with pytest.warns(UserWarning, match=told):
        denoise(pipe, PROMPTS[0], **options)


def test_without_weights_the_twin_is_not_offered(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match='did you mean "tiny-turbo"'):
        loading.load("tiny-turbp")
    monkeypatch.setattr(models, "TURBO", tmp_path)
    with pytest.raises(ValueError, match='"tiny-turbo" has no weights in .*train turbo.*"tiny"'):
        loading.load("tiny-turbo")
    with pytest.raises(ValueError, match="Allowed are tiny, sd-1.4"):
        loading.load("a b/c")


def test_an_update_of_other_weights_is_refused(
    turbo: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, make_random_pipe: Callable
) -> None:
    other = make_random_pipe()
    torch.nn.init.normal_(other.unet.conv_in.weight)
    other.save_pretrained(tmp_path / "tiny")
    monkeypatch.setattr(models, "TINY", tmp_path / "tiny")
    with pytest.raises(ValueError, match="was trained on another U-Net than .*train turbo"):
        loading.load("tiny-turbo")


@pytest.mark.parametrize("content", [b"", b"numbers" * 100])
def test_a_damaged_update_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / lowrank.FILE).write_bytes(content)
    monkeypatch.setattr(models, "TURBO", tmp_path)
    with pytest.raises(ValueError, match=f"{lowrank.FILE} is damaged.*fetch the repository again"):
        loading.load("tiny-turbo")
