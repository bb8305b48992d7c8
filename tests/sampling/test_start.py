"""Picture to picture and inpainting: equal to diffusers' pipelines, and what is refused."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
import torch
from diffusers import (
    StableDiffusionImg2ImgPipeline,
    StableDiffusionInpaintPipeline,
    StableDiffusionPipeline,
)
from PIL import Image
from torch.testing import assert_close

from helpers import maths
from helpers.sampling import again, denoise, generate
from helpers.sampling.schedulers import SCHEDULERS
from helpers.sampling.start import Start, blend

PROMPTS = ["a castle at night", "a river"]
SEEDS = [3, 4]
STEPS = 6


def drawing(seed: int, size: tuple[int, int] = (32, 32)) -> Image.Image:
    """A picture of random colours, (width, height)."""
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def right_half(size: tuple[int, int] = (32, 32)) -> Image.Image:
    """A mask: black on the left, white on the right."""
    mask = Image.new("L", size)
    mask.paste(255, (size[0] // 2, 0, *size))
    return mask


PICTURES = [drawing(0), drawing(1)]


def by_diffusers(kind: type, pipe: StableDiffusionPipeline, scheduler, **options) -> torch.Tensor:
    """Finished latents of one of diffusers' own pipelines, for PROMPTS and SEEDS."""
    theirs = kind(**pipe.components | {"scheduler": scheduler}, requires_safety_checker=False)
    theirs.set_progress_bar_config(disable=True)
    return theirs(
        PROMPTS,
        negative_prompt=["rain", "rain"],
        generator=[torch.Generator().manual_seed(seed) for seed in SEEDS],
        num_inference_steps=STEPS,
        output_type="latent",
        **options,
    ).images


def by_us(pipe: StableDiffusionPipeline, **options) -> torch.Tensor:
    *_, last = denoise(pipe, PROMPTS, negative_prompt="rain", seed=SEEDS, steps=STEPS, **options)
    return last.x_prev


def scheduler_of(pipe: StableDiffusionPipeline, name: str):
    changes = {"skip_prk_steps": True} if name == "pndm" else {}
    return SCHEDULERS[name].from_config(pipe.scheduler.config, **changes)


@pytest.mark.parametrize("strength", [0.5, 1.0])
def test_a_run_from_a_picture_equals_the_pipeline(
    tiny_random_pipe: StableDiffusionPipeline, scheduler_name: str, strength: float
) -> None:
    scheduler = scheduler_of(tiny_random_pipe, scheduler_name)
    expected = by_diffusers(
        StableDiffusionImg2ImgPipeline, tiny_random_pipe, scheduler, image=PICTURES,
        strength=strength,
    )  # fmt: skip
    ours = by_us(tiny_random_pipe, scheduler=scheduler, start=Start(PICTURES, strength))
    assert bool(torch.isfinite(expected).all())
    assert_close(ours, expected, rtol=0, atol=0)


@pytest.mark.parametrize("guidance_scale", [1.0, 7.5])
@pytest.mark.parametrize("strength", [0.5, 1.0])
def test_inpainting_equals_the_pipeline(
    tiny_random_pipe: StableDiffusionPipeline,
    scheduler_name: str,
    strength: float,
    guidance_scale: float,
) -> None:
    scheduler = scheduler_of(tiny_random_pipe, scheduler_name)
    mask = right_half()
    expected = by_diffusers(
        StableDiffusionInpaintPipeline, tiny_random_pipe, scheduler, image=PICTURES,
        mask_image=mask, strength=strength, height=32, width=32, guidance_scale=guidance_scale,
    )  # fmt: skip
    start = Start(PICTURES, strength, mask)
    ours = by_us(tiny_random_pipe, scheduler=scheduler, start=start, guidance_scale=guidance_scale)
    assert bool(torch.isfinite(expected).all())
    assert_close(ours, expected, rtol=0, atol=0)


def test_a_run_may_start_from_latents(tiny_random_pipe: StableDiffusionPipeline) -> None:
    """As diffusers does, without the VAE; and each picture of a batch with its own."""
    latents = torch.randn(2, 4, 4, 4, generator=torch.Generator().manual_seed(9))
    scheduler = scheduler_of(tiny_random_pipe, "euler")
    expected = by_diffusers(
        StableDiffusionImg2ImgPipeline, tiny_random_pipe, scheduler, image=latents, strength=0.5
    )
    ours = by_us(tiny_random_pipe, scheduler=scheduler, start=Start(latents, 0.5))
    assert_close(ours, expected, rtol=0, atol=0)


@pytest.mark.parametrize("scheduler", ["ddim", "euler", "ddpm"])
def test_given_noise_is_mixed_with_the_picture(
    tiny_random_pipe: StableDiffusionPipeline, scheduler: str
) -> None:
    clean, noise = torch.randn(2, 1, 4, 4, 4, generator=torch.Generator().manual_seed(9))
    step = next(
        denoise(tiny_random_pipe, "a", scheduler=scheduler, latents=noise, start=Start(clean, 0.5))
    )
    assert step.step == 10 and 0 < step.alpha_bar < 1
    assert_close(step.x_t, maths.add_noise(clean, noise, step.alpha_bar), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("masked", [True, False])
def test_records_hold_together_with_a_start(
    tiny_random_pipe: StableDiffusionPipeline, scheduler_name: str, masked: bool
) -> None:
    """The identity of every record, and x_prev is what goes on, put-back parts included."""
    start = Start(PICTURES, 0.5, right_half() if masked else None)
    scheduler = scheduler_of(tiny_random_pipe, scheduler_name)
    steps = list(denoise(tiny_random_pipe, PROMPTS, steps=STEPS, scheduler=scheduler, start=start))
    numbers = [step.step for step in steps]
    assert numbers == sorted(numbers) and numbers[-1] == 5
    assert numbers[0] == (2 if scheduler_name == "pndm" else 3)  # its list has one t twice
    for step in steps:
        mixed = maths.add_noise(step.x0_hat, step.eps, step.alpha_bar)
        assert_close(step.x_t, mixed, rtol=1e-4, atol=1e-4)
    for step, following in zip(steps, steps[1:], strict=False):
        assert torch.equal(step.x_prev, following.x_t)


def test_what_the_mask_keeps_is_kept(tiny_random_pipe: StableDiffusionPipeline) -> None:
    clean, noise = torch.randn(2, 1, 4, 4, 4, generator=torch.Generator().manual_seed(9))
    steps = list(
        denoise(
            tiny_random_pipe, "a", steps=4, scheduler="ddim", latents=noise,
            start=Start(clean, mask=right_half()),
        )
    )  # fmt: skip
    for step, following in zip(steps, steps[1:], strict=False):
        kept = maths.add_noise(clean, noise, following.alpha_bar)
        assert_close(step.x_prev[..., :2], kept[..., :2], rtol=1e-4, atol=1e-5)
        assert not torch.allclose(step.x_prev[..., 2:], kept[..., 2:], atol=0.1)
    assert torch.equal(steps[-1].x_prev[..., :2], clean[..., :2])


@pytest.mark.parametrize(
    ("steps", "strength", "expected"), [(20, 0.6, 12), (20, 1.0, 20), (20, 0.05, 1), (7, 0.5, 3)]
)
def test_strength_is_the_share_of_steps_that_run(
    tiny_random_pipe: StableDiffusionPipeline, steps: int, strength: float, expected: int
) -> None:
    start = Start(PICTURES[0], strength)
    run = generate(tiny_random_pipe, "a", steps=steps, start=start, progress=False)
    assert len(run) == expected and run.records[0].step == steps - expected
    assert run.images.shape == (1, 3, 32, 32)


def test_one_prompt_and_many_pictures(tiny_random_pipe: StableDiffusionPipeline) -> None:
    """Pictures count like prompts and seeds; each draws from its own seed, as if it were alone."""
    *_, both = denoise(tiny_random_pipe, "a", steps=4, start=Start(PICTURES, 0.5))
    for k, picture in enumerate(PICTURES):
        *_, alone = denoise(tiny_random_pipe, "a", steps=4, start=Start(picture, 0.5))
        assert_close(both.x_prev[k], alone.x_prev[0], rtol=1e-3, atol=1e-4)


def test_the_size_is_the_pictures(tiny_random_pipe: StableDiffusionPipeline) -> None:
    start = Start(drawing(2, (40, 24)), 0.5, right_half((40, 24)))
    run = generate(tiny_random_pipe, "a", steps=2, start=start, progress=False)
    assert run.images.shape == (1, 3, 24, 40) and run.settings["size"] == [24, 40]


def test_pictures_are_seen_as_a_person_sees_them(
    tiny_random_pipe: StableDiffusionPipeline,
) -> None:
    """Transparency on white, orientation as noted; the settings hold what was seen."""
    holes = PICTURES[0].convert("RGBA")
    holes.paste((0, 0, 0, 0), (0, 0, 16, 32))
    on_white = PICTURES[0].copy()
    on_white.paste("white", (0, 0, 16, 32))
    turned, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6
    PICTURES[0].save(turned, "PNG", exif=exif)
    upright = PICTURES[0].rotate(-90)
    for expected, brought in ((on_white, holes), (upright, Image.open(turned))):
        start = Start(brought)
        assert np.array_equal(np.asarray(start.picture[0]), np.asarray(expected))
        runs = [
            generate(tiny_random_pipe, "a", steps=2, start=one, progress=False)
            for one in (start, Start(expected))
        ]
        assert torch.equal(runs[0].images, runs[1].images)
        assert torch.equal(
            again(tiny_random_pipe, runs[0].settings, progress=False).images, runs[0].images
        )


def test_a_mask_is_the_shape_that_was_painted(tiny_random_pipe: StableDiffusionPipeline) -> None:
    """White on transparent white repaints the shape, not everything."""
    layer = Image.new("RGBA", (32, 32), (255, 255, 255, 0))
    layer.paste((255, 255, 255, 255), (16, 0, 32, 32))
    start, plain = Start(PICTURES[0], 0.5, layer), Start(PICTURES[0], 0.5, right_half())
    *_, painted = denoise(tiny_random_pipe, "a", steps=2, start=start)
    *_, expected = denoise(tiny_random_pipe, "a", steps=2, start=plain)
    assert torch.equal(painted.x_prev, expected.x_prev)


def test_a_mask_that_keeps_nothing_is_told(tiny_random_pipe: StableDiffusionPipeline) -> None:
    start = Start(PICTURES[0], mask=Image.new("L", (32, 32), 255))
    with pytest.warns(UserWarning, match="the mask is white all over") as told:
        denoise(tiny_random_pipe, "a", steps=2, start=start)
    assert [hint.filename for hint in told] == [__file__]


def test_blend_takes_each_side_from_its_own() -> None:
    mask = torch.tensor([[[[0.0, 1.0]]]])
    made, kept = torch.full((1, 4, 1, 2), 5.0), torch.full((1, 4, 1, 2), 3.0)
    assert blend(made, kept, mask)[0, 0, 0].tolist() == [3.0, 5.0]


BLACK, FLAT = Image.new("L", (32, 32)), torch.zeros(1, 4, 4, 4)
DARK = Image.fromarray(np.full((32, 32), 300, dtype=np.uint16))
"""Sixteen bits, nearly black; cut off at eight bits it would be white."""
REFUSED_AT_ONCE = [
    ({"strength": 0}, ValueError, r"strength must lie in \(0, 1\], got 0"),
    ({"strength": 1.01}, ValueError, r"strength must lie in \(0, 1\], got 1.01"),
    ({"strength": float("nan")}, ValueError, r"strength must lie in \(0, 1\], got nan"),
    ({"strength": "0.5"}, TypeError, r"strength must be a number, got '0.5' \(str\)"),
    ({"picture": "a.png"}, TypeError, "picture must be a Pillow image or a list.*got str"),
    ({"picture": []}, ValueError, "the list of pictures is empty"),
    ({"picture": [BLACK, drawing(0, (8, 8))]}, ValueError, "one size, got 32 x 32, 8 x 8"),
    ({"picture": torch.zeros(3, 32, 32)}, ValueError, r"shape \(B, C, h, w\), got \(3, 32, 32\)"),
    ({"picture": FLAT / 0}, ValueError, "latents must be finite numbers"),
    ({"mask": FLAT}, TypeError, "mask must be a Pillow image or a list of them, got Tensor"),
    ({"picture": Image.new("F", (32, 32))}, ValueError, "start: picture is of Pillow's mode F"),
    ({"picture": Image.new("RGB", (0, 8))}, ValueError, "start: picture has no pixels"),
    ({"picture": FLAT.to_sparse()}, ValueError, "start: latents must be a dense tensor"),
    ({"picture": FLAT[:0]}, ValueError, "start: latents must have the shape"),
    ({"mask": Image.new("F", (32, 32))}, ValueError, "start: mask is of Pillow's mode F"),
    ({"strength": 10**400}, ValueError, r"strength must lie in \(0, 1\]"),
    ({"mask": right_half((16, 32))}, ValueError, "the mask is 16 x 32, the picture 32 x 32"),
]


@pytest.mark.parametrize(("change", "error", "message"), REFUSED_AT_ONCE)
def test_a_start_checks_itself(change: dict, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        Start(**({"picture": PICTURES[0]} | change))


REFUSED = [
    ({"start": PICTURES[0]}, TypeError, r"must be a Start\(picture, strength, mask\), got Image"),
    ({"start": Start(drawing(0, (30, 32)))}, ValueError, "divisible by 8, got 30 x 32; .*24 x 32"),
    ({"start": Start(PICTURES[0]), "size": 64}, ValueError, r"asked for \(64, 64\).*\(32, 32\)"),
    ({"start": Start(torch.zeros(1, 3, 32, 32))}, ValueError, "must have 4 channels here, got"),
    ({"start": Start(PICTURES[0], 0.04)}, ValueError, "0.04 of 20 steps leaves no step.*0.05.*25"),
    ({"start": Start(PICTURES[0], 1e-320)}, ValueError, "strength: 1e-320 of 20 steps leaves no"),
    ({"start": Start(Image.new("L", (1, 1)))}, ValueError, "divisible by 8, got 1 x 1; .*8 x 8"),
    ({"start": Start(PICTURES[0], mask=BLACK)}, ValueError, "mask has no white that counts"),
    ({"start": Start(PICTURES[0], mask=DARK)}, ValueError, "mask has no white that counts"),
    ({"start": Start(FLAT, mask=right_half((4, 4)))}, ValueError, "mask is 4 x 4, the picture 32"),
    ({"start": Start(PICTURES), "seed": [1, 2, 3]}, ValueError, "3 x seed, 2 x picture"),
    (
        {"start": Start(PICTURES[0]), "latents": torch.zeros(1, 4, 2, 2)},
        ValueError,
        "must have the",
    ),
    ({"start": Start(PICTURES[0]), "scheduler": "pndm"}, ValueError, "PNDM with Runge-Kutta"),
]


@pytest.mark.parametrize(("change", "error", "message"), REFUSED)
@pytest.mark.parametrize("verb", [denoise, generate])
def test_what_does_not_fit_is_refused_before_any_work(
    tiny_random_pipe: StableDiffusionPipeline,
    verb: Callable,
    change: dict,
    error: type[Exception],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def work(*args: object, **options: object) -> None:
        pytest.fail("a network was asked before the arguments were checked")

    for part in (tiny_random_pipe.unet, tiny_random_pipe.text_encoder, tiny_random_pipe.vae):
        monkeypatch.setattr(part, "forward", work)
    monkeypatch.setattr(tiny_random_pipe.vae, "encode", work)
    with pytest.raises(error, match=message):
        verb(tiny_random_pipe, "a castle", **change)


def test_a_thin_line_of_white_does_not_count(tiny_random_pipe: StableDiffusionPipeline) -> None:
    thin = Image.new("L", (32, 32))
    thin.paste(255, (9, 0, 15, 32))  # between two of the columns that are looked at, 8 and 16
    with pytest.raises(ValueError, match="no white that counts.*16 pixels wide or more"):
        denoise(tiny_random_pipe, "a", start=Start(PICTURES[0], mask=thin))
