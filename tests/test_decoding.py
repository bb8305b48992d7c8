"""Latents to pictures and back: VAE, linear preview, Pillow, and the safety checker."""

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


@pytest.fixture
def images() -> torch.Tensor:
    return torch.rand(2, 3, 32, 48, generator=torch.Generator().manual_seed(4))


def test_encoding_equals_diffusers(tiny_random_pipe, images: torch.Tensor) -> None:
    pipe = tiny_random_pipe
    with torch.no_grad():
        moments = pipe.vae.encode(pipe.image_processor.preprocess(images)).latent_dist
    latents = decoding.encode(pipe, images)
    assert latents.shape == (2, 4, 4, 6) and not latents.requires_grad
    assert_close(latents, moments.mode() * pipe.vae.config.scaling_factor, rtol=0, atol=0)
    assert_close(decoding.encode(pipe, images[1]), latents[1:])


@pytest.mark.parametrize("shape", [(1, 3, 36, 32), (3, 32, 20)])
def test_sides_that_the_vae_cannot_halve_are_refused(tiny_random_pipe, shape) -> None:
    with pytest.raises(ValueError, match="sides that are multiples of 8, got .*crop or resize"):
        decoding.encode(tiny_random_pipe, torch.zeros(shape))


def test_encoding_refuses_pictures_in_another_range(tiny_random_pipe, images) -> None:
    with pytest.raises(ValueError, match=r"images must lie in \[0, 1\]"):
        decoding.encode(tiny_random_pipe, 2 * images - 1)


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
    with pytest.warns(RuntimeWarning, match="VAE overflowed, so .* weights may be damaged"):
        decoding.decode(tiny_random_pipe, latents)


def test_an_overflow_in_half_precision_is_cured_in_float32(make_random_pipe) -> None:
    """A real one: the first layer's output is above 65504, the largest number of float16."""
    pipe = make_random_pipe()
    pipe.vae.half()
    with torch.no_grad():
        pipe.vae.decoder.conv_in.weight.mul_(6e4)  # a norm follows, so float32 is unharmed
    latents = 10 * torch.randn(1, 4, 4, 4, generator=torch.Generator().manual_seed(0))
    before = {key: value.clone() for key, value in pipe.vae.state_dict().items()}
    with pytest.warns(UserWarning, match="overflowed in torch.float16, .*decoded again in float32"):
        images = decoding.decode(pipe, latents)
    assert float(images.std()) > 0.01  # not black
    assert pipe.vae.dtype == torch.float16
    assert all(torch.equal(value, before[key]) for key, value in pipe.vae.state_dict().items())


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


def test_the_fitted_preview_is_the_best_one() -> None:
    """Equal to NumPy's solution, row by row; with no error, the table that made the pictures."""
    rng = torch.Generator().manual_seed(5)
    latents, table = torch.randn(2, 4, 3, 5, generator=rng), torch.rand(5, 3, generator=rng)
    colours = torch.einsum("bchw,cr->brhw", latents, table[:4]) + table[4].view(1, 3, 1, 1)
    images = colours.repeat_interleave(8, 2).repeat_interleave(8, 3)  # (2, 3, 24, 40)
    assert_close(decoding.fit_preview(latents, images), table, rtol=1e-4, atol=1e-5)
    noisy = images + torch.randn(images.shape, generator=rng)
    rows = [[*latents[b, :, y, x].tolist(), 1.0]
            for b in range(2) for y in range(3) for x in range(5)]  # fmt: skip
    means = [noisy[b, :, 8 * y : 8 * y + 8, 8 * x : 8 * x + 8].mean((1, 2)).tolist()
             for b in range(2) for y in range(3) for x in range(5)]  # fmt: skip
    expected = np.linalg.lstsq(np.array(rows), np.array(means), rcond=None)[0]
    fitted = decoding.fit_preview(latents, noisy)
    assert_close(fitted.double(), torch.from_numpy(expected), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("shape", [(1, 3, 32, 32), (2, 3, 32, 24), (2, 3, 2, 2)])
def test_a_preview_is_fitted_to_the_same_pictures_only(shape) -> None:
    with pytest.raises(ValueError, match="fit_preview: latents .* do not belong together"):
        decoding.fit_preview(torch.zeros(2, 4, 4, 4), torch.zeros(shape))


def test_psnr_of_known_errors() -> None:
    black = torch.zeros(3, 3, 8, 8)
    grey = black + torch.tensor([0.1, 0.01, 0])[:, None, None, None]
    assert_close(decoding.psnr(black, grey), torch.tensor([20.0, 40.0, 100.0]))


def test_from_pil_is_the_way_back() -> None:
    levels = torch.randint(256, (2, 3, 4, 6), generator=torch.Generator().manual_seed(6)) / 255
    assert_close(decoding.from_pil(decoding.to_pil(levels)), levels, rtol=0, atol=0)
    assert decoding.from_pil([Image.new("L", (5, 2))]).shape == (1, 3, 2, 5)


@pytest.mark.parametrize("sizes", [[], [(4, 4), (4, 8)]])
def test_from_pil_wants_pictures_of_one_size(sizes) -> None:
    with pytest.raises(ValueError, match="pictures must be one or more of one size"):
        decoding.from_pil([Image.new("RGB", size) for size in sizes])


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
