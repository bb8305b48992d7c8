"""Latents to pictures: the VAE, the linear preview, Pillow, and the safety checker."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKL
from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
from PIL import Image
from torch.testing import assert_close
from transformers import CLIPConfig, CLIPImageProcessor

from helpers import decoding


@pytest.fixture
def latents() -> torch.Tensor:
    return torch.randn(2, 4, 4, 4, generator=torch.Generator().manual_seed(3))


def test_decoding_equals_the_pipeline(tiny_random_pipe, latents: torch.Tensor) -> None:
    pipe = tiny_random_pipe
    with torch.no_grad():
        raw = pipe.vae.decode(latents / pipe.vae.config.scaling_factor).sample
    expected = pipe.image_processor.postprocess(raw, output_type="pt")
    images = decoding.decode(pipe, latents)
    assert images.shape == (2, 3, 32, 32) and not images.requires_grad
    assert_close(images, expected, rtol=0, atol=0)


def test_one_picture_may_come_without_a_batch(tiny_random_pipe, latents: torch.Tensor) -> None:
    alone = decoding.decode(tiny_random_pipe, latents[1])
    assert_close(alone, decoding.decode(tiny_random_pipe, latents[1:]), rtol=0, atol=0)


@pytest.mark.parametrize("shape", [(2, 3, 4, 4), (4, 4), (1, 2, 4, 4, 4)])
def test_other_shapes_are_refused(tiny_random_pipe, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"latents must be \(B, 4, height, width\), got"):
        decoding.decode(tiny_random_pipe, torch.zeros(shape))
    with pytest.raises(ValueError, match=r"latents must be \(B, 4, height, width\), got"):
        decoding.preview(torch.zeros(shape))


def test_broken_latents_are_told_and_black(tiny_random_pipe, latents: torch.Tensor) -> None:
    latents[1] = torch.nan
    with pytest.warns(RuntimeWarning, match="the latents are not finite") as caught:
        images = decoding.decode(tiny_random_pipe, latents)
    assert caught[0].filename == __file__  # it points to the caller's line
    assert not images[1].any() and images[0].any()


def test_an_overflowing_vae_is_told_apart(
    tiny_random_pipe, latents: torch.Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = torch.full((2, 3, 32, 32), torch.inf)
    monkeypatch.setattr(tiny_random_pipe.vae, "decode", lambda z, return_dict: (broken,))
    with pytest.warns(RuntimeWarning, match=r"VAE overflowed in torch.float32.*vae.float\(\)"):
        decoding.decode(tiny_random_pipe, latents)


def test_the_preview_reads_its_coefficients_from_the_vae(make_random_pipe, tmp_path: Path) -> None:
    vae = make_random_pipe().vae
    rows = [[1.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0], [0, 0, 0], [0.25, 0.5, 0.75]]
    vae.register_to_config(_latents_to_rgb=rows)
    vae.save_pretrained(tmp_path)
    vae = AutoencoderKL.from_pretrained(tmp_path)
    latents = torch.zeros(1, 4, 2, 2)
    latents[0, 0, 0, 0] = 0.5
    latents[0, 1, 0, 1] = 9.0  # beyond white
    images = decoding.preview(latents, vae)
    assert images.shape == (1, 3, 2, 2)
    assert images[0, :, 0, 0].tolist() == [0.75, 0.5, 0.75]
    assert images[0, :, 0, 1].tolist() == [0.25, 1.0, 0.75]


def test_the_preview_of_nothing_is_grey_for_stable_diffusion() -> None:
    assert decoding.preview(torch.zeros(4, 3, 2)).tolist() == torch.full((1, 3, 3, 2), 0.5).tolist()


def test_to_pil_keeps_places_channels_and_values() -> None:
    images = torch.zeros(1, 3, 2, 3)
    images[0, 0, 1, 2] = 1.0
    images[0, 2, 0, 1] = 0.5
    (picture,) = decoding.to_pil(images)
    assert isinstance(picture, Image.Image) and picture.size == (3, 2) and picture.mode == "RGB"
    assert picture.getpixel((2, 1)) == (255, 0, 0)
    assert picture.getpixel((1, 0)) == (0, 0, 128)
    (single,) = decoding.to_pil(images[0])
    assert np.array_equal(np.asarray(single), np.asarray(picture))


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_to_pil_refuses_other_ranges(value: float) -> None:
    with pytest.raises(ValueError, match=r"images must lie in \[0, 1\].*x / 2 \+ 0.5"):
        decoding.to_pil(torch.full((1, 3, 2, 2), value))


def test_to_pil_refuses_latents() -> None:
    with pytest.raises(ValueError, match="images must be .*decode latents first"):
        decoding.to_pil(torch.zeros(1, 4, 8, 8))


@pytest.fixture
def checked_pipe(make_random_pipe):
    """A pipeline with a real safety checker, small and random, that flags nothing yet."""
    pipe = make_random_pipe()
    small = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1}
    config = CLIPConfig(
        text_config=small | {"num_attention_heads": 1},
        vision_config=small | {"num_attention_heads": 1, "image_size": 32, "patch_size": 16},
        projection_dim=8,
    )
    checker = StableDiffusionSafetyChecker(config).eval()
    checker.concept_embeds_weights.data.fill_(2.0)  # a cosine is never above 2
    checker.special_care_embeds_weights.data.fill_(2.0)
    processor = CLIPImageProcessor(
        size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}
    )
    pipe.register_modules(safety_checker=checker, feature_extractor=processor)
    return pipe


def test_without_a_checker_nothing_changes(tiny_random_pipe) -> None:
    images = torch.rand(2, 3, 32, 32)
    screened, flagged = decoding.screen(tiny_random_pipe, images)
    assert screened is images and flagged == [False, False]


def test_pictures_pass_the_safety_checker(checked_pipe) -> None:
    images = torch.rand(2, 3, 32, 32)
    screened, flagged = decoding.screen(checked_pipe, images)
    assert flagged == [False, False] and torch.equal(screened, images)


def test_flagged_pictures_are_black_and_told(checked_pipe) -> None:
    checked_pipe.safety_checker.concept_embeds_weights.data.fill_(-2.0)  # every cosine is above
    images = torch.rand(2, 3, 32, 32)
    before = images.clone()
    with pytest.warns(UserWarning, match="safety checker made picture 0, 1 black"):
        screened, flagged = decoding.screen(checked_pipe, images)
    assert flagged == [True, True] and not screened.any()
    assert torch.equal(images, before)
