"""Settings: complete enough to make a run again to the bit, in a PNG and out of it."""

from __future__ import annotations

import struct
import tracemalloc
import zlib

import numpy as np
import pytest
import torch
from diffusers import StableDiffusionPipeline
from PIL import Image

from helpers import loading
from helpers.decoding import to_pil
from helpers.sampling import again, generate, packed, settings
from helpers.sampling.settings import read_settings, save_picture
from helpers.sampling.start import Start

SHORT = {"steps": 3, "progress": False}


def drawing(seed: int) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def half() -> Image.Image:
    mask = Image.new("L", (32, 32))
    mask.paste(255, (16, 0, 32, 32))
    return mask


NOISE = torch.randn(1, 4, 4, 4, generator=torch.Generator().manual_seed(5))
RUNS = {
    "a prompt and a seed": {"seed": 7},
    "a negative prompt": {"negative_prompt": "rain", "guidance_scale": 3.0},
    "a scheduler's name": {"scheduler": "euler ancestral"},
    "another size": {"size": (24, 40)},
    "given noise": {"latents": NOISE, "scheduler": "ddpm"},
    "a picture": {"start": Start(drawing(0), 0.7), "scheduler": "ddpm"},
    "latents": {"start": Start(NOISE, 0.7)},
    "a mask": {"start": Start(drawing(0), 0.7, half())},
}


@pytest.mark.parametrize("name", RUNS)
def test_a_saved_picture_is_made_again_from_its_own_text(
    tiny_random_pipe: StableDiffusionPipeline, tmp_path, name: str
) -> None:
    run = generate(tiny_random_pipe, "山と川", **SHORT, **RUNS[name])
    kept = read_settings(save_picture(run, tmp_path / "picture.png"))
    once_more = again(tiny_random_pipe, kept, progress=False)
    assert torch.equal(once_more.latents, run.latents)
    with Image.open(tmp_path / "picture.png") as stored:
        assert to_pil(once_more.images)[kept["picture"]].tobytes() == stored.tobytes()


def test_a_scheduler_of_ones_own_comes_back(tiny_random_pipe: StableDiffusionPipeline) -> None:
    own = type(tiny_random_pipe.scheduler).from_config(
        tiny_random_pipe.scheduler.config, use_karras_sigmas=True
    )
    run = generate(tiny_random_pipe, "a", scheduler=own, **SHORT)
    assert torch.equal(again(tiny_random_pipe, run.settings, progress=False).latents, run.latents)
    plain = generate(tiny_random_pipe, "a", **SHORT)
    assert not torch.equal(plain.latents, run.latents)


def test_a_picture_of_a_batch_comes_back_to_the_bit(
    tiny_random_pipe: StableDiffusionPipeline, tmp_path
) -> None:
    run = generate(tiny_random_pipe, ["a", "a river"], seed=[3, 4], **SHORT)
    kept = read_settings(save_picture(run, tmp_path / "p.png", 1))
    assert (kept["prompt"], kept["seed"], kept["picture"]) == ("a river", 4, 1)
    once_more = again(tiny_random_pipe, kept, progress=False)
    assert torch.equal(once_more.images, run.images)


def test_a_single_picture_has_no_batch(tiny_random_pipe: StableDiffusionPipeline) -> None:
    run = generate(tiny_random_pipe, "a", **SHORT)
    assert "batch" not in settings.settings_of_picture(run.settings, 0)


def test_the_number_of_threads_is_that_of_then_and_comes_back(
    tiny_random_pipe: StableDiffusionPipeline,
) -> None:
    run = generate(tiny_random_pipe, "a", **SHORT)
    assert run.settings["threads"] == torch.get_num_threads() == 1
    seen = []
    hook = tiny_random_pipe.unet.register_forward_pre_hook(
        lambda *_: seen.append(torch.get_num_threads())
    )
    with hook:
        again(tiny_random_pipe, {**run.settings, "threads": 2}, progress=False)
    assert seen == [2, 2, 2] and torch.get_num_threads() == 1


def test_the_number_of_threads_comes_back_after_an_error() -> None:
    with pytest.raises(KeyboardInterrupt), settings.threads(2):
        raise KeyboardInterrupt
    assert torch.get_num_threads() == 1


def test_another_model_is_refused(tiny_random_pipe: StableDiffusionPipeline) -> None:
    kept = generate(tiny_random_pipe, "a", **SHORT).settings
    with pytest.raises(ValueError, match=r"made with the model 'tiny', .* is None; .*load\('tiny'"):
        again(tiny_random_pipe, {**kept, "model": "tiny"}, progress=False)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"dtype": "float16"}, "dtype was float16, is float32"),
        ({"device": "cuda"}, "device was cuda, is cpu"),
        ({"versions": {}}, "versions was {}, is {'torch'"),
    ],
)
def test_another_surrounding_is_told(
    tiny_random_pipe: StableDiffusionPipeline, change: dict, told: str
) -> None:
    kept = generate(tiny_random_pipe, "a", **SHORT).settings
    with pytest.warns(UserWarning, match=f"may differ a little: {told}"):
        again(tiny_random_pipe, {**kept, **change}, progress=False)


def test_a_missing_setting_is_named(tiny_random_pipe: StableDiffusionPipeline) -> None:
    with pytest.raises(ValueError, match="settings: negative_prompt, .* missing; pass Trajectory"):
        again(tiny_random_pipe, {"prompt": "a", "seed": 1}, progress=False)


def test_an_unknown_scheduler_is_told(tiny_random_pipe: StableDiffusionPipeline) -> None:
    kept = generate(tiny_random_pipe, "a", **SHORT).settings
    with pytest.raises(ValueError, match="no scheduler 'Warp' here; known are DDIMScheduler, "):
        again(tiny_random_pipe, {**kept, "scheduler": "Warp"}, progress=False)


def test_names_of_models(make_random_pipe) -> None:
    pipe = make_random_pipe()
    names = []
    for source in (None, str(loading.TINY), "CompVis/stable-diffusion-v1-4"):
        pipe.register_to_config(_name_or_path=source)
        names.append(settings.model_name(pipe))
    assert names == [None, "tiny", "CompVis/stable-diffusion-v1-4"]


@pytest.mark.parametrize("text", [None, "not json", "[1]", '{"steps": 3}'])
def test_a_picture_without_settings_is_told(tmp_path, text: str | None) -> None:
    from PIL.PngImagePlugin import PngInfo

    chunk = PngInfo()
    if text is not None:
        chunk.add_itxt(settings.KEY, text)
    drawing(0).save(tmp_path / "p.png", pnginfo=chunk)
    with pytest.raises(ValueError, match="p.png: carries no settings"):
        read_settings(tmp_path / "p.png")


def test_a_jpeg_carries_none_either(tmp_path) -> None:
    drawing(0).save(tmp_path / "p.jpg")
    with pytest.raises(ValueError, match="p.jpg: carries no settings"):
        read_settings(tmp_path / "p.jpg")


def test_a_missing_file_is_a_missing_file(tmp_path) -> None:
    with pytest.raises(FileNotFoundError, match="p.png"):
        read_settings(tmp_path / "p.png")


@pytest.mark.parametrize(
    ("name", "picture", "message"),
    [("p.jpg", 0, 'must end in ".png", got "p.jpg"'), ("p.png", 1, r"lie in 0 \.\.\. 0 .* got 1")],
)
def test_what_cannot_be_saved(
    tiny_random_pipe: StableDiffusionPipeline, tmp_path, name: str, picture: int, message: str
) -> None:
    run = generate(tiny_random_pipe, "a", **SHORT)
    with pytest.raises(ValueError, match=message):
        save_picture(run, tmp_path / name, picture)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("picture", [0.0, "0", None, True])
def test_the_number_of_a_picture_is_whole(
    tiny_random_pipe: StableDiffusionPipeline, tmp_path, picture: object
) -> None:
    run = generate(tiny_random_pipe, "a", **SHORT)
    with pytest.raises(TypeError, match=f"^picture must be a whole number, got {picture!r}"):
        save_picture(run, tmp_path / "p.png", picture)
    save_picture(run, tmp_path / "p.png", np.int64(0))


def test_settings_that_no_picture_can_carry_are_not_saved_and_told_when_read(
    tiny_random_pipe: StableDiffusionPipeline, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, run = tmp_path / "p.png", generate(tiny_random_pipe, "a", **SHORT)
    save_picture(run, path)
    kept = read_settings(path)
    with Image.open(path) as picture:
        length = len("parameters") + 5 + len(picture.text["parameters"].encode())
    monkeypatch.setattr(packed, "MOST_TEXT", length)
    save_picture(run, path)
    assert read_settings(path) == kept
    monkeypatch.setattr(packed, "MOST_TEXT", length - 1)
    told = f"{length:,} bytes of text, and "
    with pytest.raises(ValueError, match=rf"^settings: {told}.*Trajectory.save\(path\)"):
        save_picture(run, tmp_path / "other.png")
    with pytest.raises(ValueError, match=rf"p.png: its settings are too long \({told}.*; load the"):
        read_settings(path)
    assert [each.name for each in tmp_path.iterdir()] == ["p.png"]


def test_a_long_text_of_another_name_is_passed_over(tmp_path, monkeypatch) -> None:
    drawing(0).save(tmp_path / "p.png")
    data = (tmp_path / "p.png").read_bytes()
    added = chunk(b"tEXt", b"comment\0" + b"a" * 1000) + CHUNKS["plain"][0]
    (tmp_path / "p.png").write_bytes(data[:33] + added + data[33:])
    monkeypatch.setattr(packed, "MOST_TEXT", 500)
    assert read_settings(tmp_path / "p.png") == {"prompt": "山"}


@pytest.mark.parametrize("value", [drawing(1), half(), NOISE, NOISE[0, :, ::2]])
def test_packing_keeps_every_value(value: Image.Image | torch.Tensor) -> None:
    back = packed.unpack(packed.pack(value))
    if isinstance(value, torch.Tensor):
        assert torch.equal(back, value)
    else:
        assert (back.mode, back.size, back.tobytes()) == (value.mode, value.size, value.tobytes())


def test_a_full_disk_keeps_the_older_picture(
    tiny_random_pipe: StableDiffusionPipeline, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = generate(tiny_random_pipe, "a", **SHORT)
    before = save_picture(run, tmp_path / "p.png").read_bytes()

    def full(image: Image.Image, file: object, *_: object, **__: object) -> None:
        file.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(OSError, match="p.png could not be written: No space left.*disk full"):
        save_picture(run, tmp_path / "p.png")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [before]


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


TEXT = '{"prompt": "山"}'.encode()
CHUNKS = {
    "plain, Latin": (chunk(b"tEXt", b'parameters\0{"prompt": "a"}'), "a"),
    "packed, Latin": (chunk(b"zTXt", b"parameters\0\0" + zlib.compress(b'{"prompt": "a"}')), "a"),
    "plain": (chunk(b"iTXt", b"parameters\0\0\0ja\0key\0" + TEXT), "山"),
    "packed": (chunk(b"iTXt", b"parameters\0\1\0\0\0" + zlib.compress(TEXT)), "山"),
}


@pytest.mark.parametrize("name", CHUNKS)
@pytest.mark.parametrize("after", [False, True])
def test_settings_are_found_before_and_after_the_pixels_and_packed(
    tmp_path, name: str, after: bool
) -> None:
    """Other programs move and pack texts when they save a picture again."""
    drawing(0).save(tmp_path / "p.png")
    data, (added, prompt) = (tmp_path / "p.png").read_bytes(), CHUNKS[name]
    place = len(data) - 12 if after else 33
    (tmp_path / "p.png").write_bytes(data[:place] + added + data[place:])
    assert read_settings(tmp_path / "p.png") == {"prompt": prompt}
    with Image.open(tmp_path / "p.png") as picture:  # Pillow agrees
        assert prompt in picture.text["parameters"]


def test_a_picture_that_says_it_is_huge_is_not_unpacked(tmp_path, monkeypatch) -> None:
    drawing(0).save(tmp_path / "p.png")
    data = (tmp_path / "p.png").read_bytes()
    size = chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
    (tmp_path / "p.png").write_bytes(data[:8] + size + CHUNKS["plain"][0] + data[33:])
    assert read_settings(tmp_path / "p.png") == {"prompt": "山"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"[" * 10_000, r"carries no settings that can be read \(lists nested deeper"),
        (b'{"prompt": 1' + b"0" * 5000 + b"}", "a number of 5,001 digits"),
        (b"\xff", "carries no settings;"),
    ],
)
def test_hostile_texts_are_told(tmp_path, text: bytes, message: str) -> None:
    drawing(0).save(tmp_path / "p.png")
    data = (tmp_path / "p.png").read_bytes()
    added = chunk(b"iTXt", b"parameters\0\0\0\0\0" + text)
    (tmp_path / "p.png").write_bytes(data[:33] + added + data[33:])
    with pytest.raises(ValueError, match=f"p.png: .*{message}"):
        read_settings(tmp_path / "p.png")


def test_a_text_that_swells_is_cut_off(tmp_path) -> None:
    drawing(0).save(tmp_path / "p.png")
    data = (tmp_path / "p.png").read_bytes()
    bomb = zlib.compress(b'{"prompt": "' + b"a" * 50_000_000 + b'"}')
    added = chunk(b"zTXt", b"parameters\0\0" + bomb)
    (tmp_path / "p.png").write_bytes(data[:33] + added + data[33:])
    tracemalloc.start()
    with pytest.raises(ValueError, match="carries no settings that can be read"):
        read_settings(tmp_path / "p.png")
    assert tracemalloc.get_traced_memory()[1] < 50 * len(bomb)
    tracemalloc.stop()
