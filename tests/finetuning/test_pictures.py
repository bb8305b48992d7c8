"""A learner's folder of pictures: read as a viewer shows it, or refused in a sentence."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from helpers.finetuning.pictures import read_examples

SIZE = 32
RED, GREEN, BLUE, WHITE = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0), (1.0, 1.0, 1.0)


def halves(width: int = SIZE, height: int = SIZE, mode: str = "RGB") -> Image.Image:
    """Red above, blue below."""
    picture = Image.new("RGB", (width, height), (0, 0, 255))
    picture.paste((255, 0, 0), (0, 0, width, height // 2))
    return picture.convert(mode)


def fill(folder: Path, count: int = 4) -> Path:
    """Enough pictures that nothing is said about their number."""
    folder.mkdir(exist_ok=True)
    for number in range(count):
        halves().save(folder / f"{number}.png")
    return folder


def read(folder: Path, word: str = "windmill") -> list:
    """The examples of a folder about which there is nothing to say."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return read_examples(folder, word, SIZE)


def colour(picture: torch.Tensor, row: int, column: int = SIZE // 2) -> tuple[float, ...]:
    """What is seen there, a little roughly: JPEG changes colours."""
    return tuple(round(float(value) * 4) / 4 for value in picture[:, row, column])


def test_pictures_come_by_name_in_range_and_size(tmp_path: Path) -> None:
    fill(tmp_path)
    for ending in ("b.JPG", "a.webp", "c.jpeg"):
        halves().save(tmp_path / ending)
    (tmp_path / "._0.png").write_bytes(b"left by another system")
    (tmp_path / "folder.png").mkdir()
    examples = read(tmp_path)
    assert len(examples) == 7
    for example in examples:
        assert example.picture.shape == (3, SIZE, SIZE) and example.picture.dtype == torch.float32
        assert 0 <= example.picture.min() and example.picture.max() <= 1
        assert (colour(example.picture, 2), colour(example.picture, -3)) == (RED, BLUE)


@pytest.mark.parametrize(
    ("word", "caption"),
    [("windmill", "a windmill"), ("igloo", "an igloo"), ("風車", "風車")],
)
def test_without_a_text_the_word_is_the_caption(tmp_path: Path, word: str, caption: str) -> None:
    assert {example.caption for example in read(fill(tmp_path), word)} == {caption}


def test_a_text_beside_a_picture_is_its_caption(tmp_path: Path) -> None:
    fill(tmp_path)
    (tmp_path / "0.txt").write_text(" a Windmill\r\n  at night \n", encoding="utf-8-sig")
    (tmp_path / "1.TXT").write_text("windmill", encoding="utf-8")
    captions = [example.caption for example in read(tmp_path)]
    assert captions == ["a Windmill at night", "windmill", "a windmill", "a windmill"]


def test_a_japanese_word_needs_no_spaces_around_it(tmp_path: Path) -> None:
    fill(tmp_path)
    (tmp_path / "0.txt").write_text("夜の風車と湖", encoding="utf-8")
    assert read(tmp_path, "風車")[0].caption == "夜の風車と湖"


@pytest.mark.parametrize("text", ["a castle", "", "two windmills", "awindmill"])
def test_a_caption_without_the_word_is_told(tmp_path: Path, text: str) -> None:
    (fill(tmp_path) / "2.txt").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"caption .*2\.txt does not have the word 'windmill'"):
        read_examples(tmp_path, "windmill", SIZE)


def test_a_caption_in_another_encoding_is_told(tmp_path: Path) -> None:
    (fill(tmp_path) / "2.txt").write_bytes("風車".encode("cp932"))
    with pytest.raises(ValueError, match=r"2\.txt is not written in UTF-8"):
        read_examples(tmp_path, "風車", SIZE)


def test_a_photograph_is_turned_as_its_camera_noted(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    fill(tmp_path)
    halves().save(tmp_path / "0.jpg", exif=exif, quality=95)
    turned = read(tmp_path)[0].picture
    assert (colour(turned, 2), colour(turned, -3)) == (BLUE, RED)


def test_what_is_transparent_is_white(tmp_path: Path) -> None:
    fill(tmp_path)
    clear = halves(mode="RGBA")
    clear.paste((0, 0, 0, 0), (0, 0, SIZE, SIZE // 2))
    clear.save(tmp_path / "0.png")
    seen = read(tmp_path)[0].picture
    assert (colour(seen, 2), colour(seen, -3)) == (WHITE, BLUE)


def test_a_jpeg_for_the_printer_is_read_in_its_colours(tmp_path: Path) -> None:
    fill(tmp_path)
    halves(mode="CMYK").save(tmp_path / "0.jpg", quality=95)
    seen = read(tmp_path)[0].picture
    assert (colour(seen, 2), colour(seen, -3)) == (RED, BLUE)


@pytest.mark.parametrize("bits", [8, 16])
def test_grey_pictures_become_three_equal_colours(tmp_path: Path, bits: int) -> None:
    fill(tmp_path)
    kind = np.uint8 if bits == 8 else np.uint16
    grey = np.full((SIZE, SIZE), 2**bits // 2, dtype=kind)
    Image.fromarray(grey).save(tmp_path / "0.png")
    seen = read(tmp_path)[0].picture
    assert torch.allclose(seen, torch.tensor(0.5), atol=0.01)


def test_other_sizes_lose_their_sides_and_that_is_said_once(tmp_path: Path) -> None:
    fill(tmp_path, 3)
    wide = Image.new("RGB", (3 * SIZE, SIZE), (0, 255, 0))
    wide.paste(halves(), (SIZE, 0))
    wide.save(tmp_path / "0.png")
    halves(2 * SIZE, 4 * SIZE).save(tmp_path / "1.png")
    halves(SIZE // 2, SIZE).save(tmp_path / "3.png")
    with pytest.warns(UserWarning) as said:
        examples = read_examples(tmp_path, "windmill", SIZE)
    (told,) = [str(one.message) for one in said]
    assert told.startswith("pictures: 3 of 4 are no squares of 32 pixels: the square in the middle")
    assert "1 of them are smaller" in told
    for example in examples:
        assert example.picture.shape == (3, SIZE, SIZE)
        assert GREEN not in {colour(example.picture, 2, column) for column in range(SIZE)}
        assert (colour(example.picture, 2), colour(example.picture, -3)) == (RED, BLUE)


@pytest.mark.parametrize(("count", "told"), [(1, "one picture alone"), (3, "3 pictures alone")])
def test_few_pictures_will_be_copied(tmp_path: Path, count: int, told: str) -> None:
    with pytest.warns(UserWarning, match=f"from {told} the model will copy .* a dozen is good"):
        assert len(read_examples(fill(tmp_path, count), "windmill", SIZE)) == count


def test_files_of_other_kinds_are_left_aside(tmp_path: Path) -> None:
    fill(tmp_path)
    for name in ("a.heic", "b.gif", "c.tiff", "d.psd"):
        (tmp_path / name).write_bytes(b"x")
    with pytest.warns(UserWarning, match="left aside a.heic, b.gif, c.tiff and 1 more: only .png"):
        assert len(read_examples(tmp_path, "windmill", SIZE)) == 4


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("nowhere", "nowhere is not there, seen from .*; check the spelling"),
        ("a.png", "a.png is a file; pass the folder that it is in"),
        ("empty", "empty holds no picture, nothing that could be one; put some in as .png, .jpg"),
        ("heic", "heic holds no picture, only a.heic, b.heic; put some in"),
    ],
)
def test_a_folder_without_pictures_is_told(tmp_path: Path, name: str, told: str) -> None:
    halves().save(tmp_path / "a.png")
    (tmp_path / "empty").mkdir()
    (tmp_path / "heic").mkdir()
    for file in ("a.heic", "b.heic", "a.txt"):
        (tmp_path / "heic" / file).write_bytes(b"x")
    with pytest.raises(ValueError, match=f"pictures: .*{told}"):
        read_examples(tmp_path / name, "windmill", SIZE)


def test_what_is_no_folder_is_told() -> None:
    with pytest.raises(TypeError, match="pictures must be a folder, got list"):
        read_examples(["a.png"], "windmill", SIZE)


def test_every_broken_picture_is_named(tmp_path: Path) -> None:
    fill(tmp_path)
    whole = (tmp_path / "0.png").read_bytes()
    (tmp_path / "1.png").write_bytes(whole[:60])
    (tmp_path / "3.png").write_bytes(b"")
    (tmp_path / "4.jpg").write_text("<html>not found</html>", encoding="utf-8")
    with pytest.raises(ValueError, match=r"pictures: 1\.png, 3\.png, 4\.jpg in .* cannot be read"):
        read_examples(tmp_path, "windmill", SIZE)
