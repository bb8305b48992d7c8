"""Pictures that people bring: upright, on white, eight bits; or refused with the reason."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from torch.testing import assert_close

from helpers.decoding import from_pil
from helpers.pictures import as_mask, as_seen

RED, WHITE, BLACK = (255, 0, 0), (255, 255, 255), (0, 0, 0)


def corner(mode: str = "RGB") -> Image.Image:
    """4 wide, 2 high: blue, with red in the top left pixel."""
    picture = Image.new("RGB", (4, 2), "blue")
    picture.putpixel((0, 0), RED)
    return picture.convert(mode)


def stored(picture: Image.Image, kind: str, **options: object) -> Image.Image:
    """The picture as it comes back from a file."""
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return Image.open(io.BytesIO(file.getvalue()))


@pytest.mark.parametrize(
    ("orientation", "place"),
    [(1, (0, 0)), (2, (3, 0)), (3, (3, 1)), (4, (0, 1)),
     (5, (0, 0)), (6, (1, 0)), (7, (1, 3)), (8, (0, 3))],
)  # fmt: skip
def test_a_picture_is_turned_as_the_camera_noted(orientation, place):
    """The eight orientations of EXIF: where the first stored pixel is seen."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    seen = as_seen(stored(corner(), "PNG", exif=exif))
    assert seen.size == ((2, 4) if orientation > 4 else (4, 2))
    assert seen.getpixel(place) == RED
    assert as_mask(stored(corner(), "PNG", exif=exif)).size == seen.size


def half_clear(mode: str) -> Image.Image:
    """Dark all over, but transparent in the left pixel of two."""
    if mode in ("P", "L", "RGB"):  # one colour of the file stands for transparency
        picture = Image.new("RGB", (2, 1), (51, 51, 51))
        picture.putpixel((0, 0), BLACK)
        picture = picture.convert(mode)
        return stored(picture, "PNG", transparency=picture.getpixel((0, 0)))
    picture = Image.new("RGBA", (2, 1), (51, 51, 51, 255))
    picture.putpixel((0, 0), (51, 51, 51, 0))
    return picture.convert(mode)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "RGBa", "P", "L", "RGB"])
def test_what_is_transparent_lies_on_white(mode):
    seen = as_seen(half_clear(mode))
    assert seen.mode == "RGB" and seen.getpixel((0, 0)) == WHITE
    assert seen.getpixel((1, 0)) == (51, 51, 51)


def test_half_transparency_mixes():
    assert as_seen(Image.new("RGBA", (1, 1), (0, 0, 0, 128))).getpixel((0, 0)) == (127,) * 3
    palette = Image.new("PA", (1, 1))
    palette.putpalette([0, 0, 0])
    palette.putpixel((0, 0), (0, 0))
    assert as_seen(palette).getpixel((0, 0)) == WHITE


def test_an_opaque_picture_keeps_every_value():
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    for mode in ("RGB", "RGBA"):
        assert np.array_equal(as_seen(Image.fromarray(pixels).convert(mode)), pixels)


DEEP = np.array([[0, 128, 257, 32896, 65535]], dtype=np.uint16)
SCALED = [0, 0, 1, 128, 255]


@pytest.mark.parametrize(
    "picture",
    [
        Image.fromarray(DEEP),
        stored(Image.fromarray(DEEP), "PNG"),
        stored(Image.fromarray(DEEP), "TIFF"),
        Image.frombytes("I;16B", (5, 1), DEEP.astype(">u2").tobytes()),
        Image.fromarray(DEEP.astype(np.int32)),
    ],
    ids=["I;16", "PNG", "TIFF", "I;16B", "I"],
)
def test_sixteen_bits_are_scaled_by_their_range(picture):
    assert [value[0] for value in np.asarray(as_seen(picture))[0].tolist()] == SCALED
    assert np.asarray(as_mask(picture))[0].tolist() == SCALED


def test_mode_i_up_to_255_is_eight_bits():
    """As `convert("I")` makes it of an ordinary picture."""
    assert np.asarray(as_mask(corner("L").convert("I"))).max() == np.asarray(corner("L")).max()


def test_a_mask_is_what_is_painted():
    """White on transparent white is a shape; on white paper it would be a blank page."""
    mask = Image.new("RGBA", (2, 1), (255, 255, 255, 0))
    mask.putpixel((1, 0), (255, 255, 255, 255))
    assert np.asarray(as_mask(mask)).tolist() == [[0, 255]]
    assert np.asarray(as_mask(Image.new("1", (1, 1), 1))).tolist() == [[255]]


def test_an_animation_counts_as_the_frame_at_which_it_stands():
    pages = [Image.new("RGB", (2, 2), colour) for colour in ("red", "blue")]
    film = stored(pages[0], "GIF", save_all=True, append_images=pages[1:])
    assert as_seen(film).getpixel((0, 0)) == RED
    film.seek(1)
    assert as_seen(film).getpixel((0, 0)) == (0, 0, 255)


def cut_off(kind: str) -> Image.Image:
    """A picture whose file ends in the middle."""
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, kind)
    return Image.open(io.BytesIO(file.getvalue()[:2000]))


def closed() -> Image.Image:
    picture = stored(corner(), "PNG")
    picture.close()
    return picture


@pytest.mark.parametrize(
    ("picture", "message"),
    [
        (cut_off("PNG"), r"start: picture cannot be read \(.*truncated.*open it again"),
        (cut_off("JPEG"), r"cannot be read \(.*truncated"),
        (closed(), "cannot be read"),
        (Image.new("F", (2, 2)), r"mode F, whose numbers have no fixed range; .*uint8"),
        (Image.new("LAB", (2, 2)), "mode LAB"),
        (Image.new("La", (2, 2)), "mode La"),
        (Image.fromarray(np.array([[-1]], dtype=np.int32)), r"mode I with numbers from -1 to -1"),
        (Image.fromarray(np.array([[65536]], dtype=np.int32)), r"must lie in 0 \.\.\. 65535"),
        (Image.new("RGB", (0, 3)), "has no pixels: it is 0 x 3"),
    ],
)
def test_what_cannot_be_seen_is_refused(picture, message):
    with pytest.raises(ValueError, match=message):
        as_seen(picture, "start: picture")


def test_something_else_is_refused():
    with pytest.raises(TypeError, match="picture must be a Pillow image, got ndarray; Image.open"):
        as_seen(np.zeros((2, 2)))


def test_from_pil_sees_the_same():
    deep, clear = Image.fromarray(DEEP), Image.new("RGBA", (5, 1))
    assert_close(from_pil([deep, clear])[:, 0, 0].tolist(), [[v / 255 for v in SCALED], [1.0] * 5])
    assert from_pil(corner()).shape == (1, 3, 2, 4)
    with pytest.raises(ValueError, match="pictures: each is of Pillow's mode F"):
        from_pil([Image.new("F", (2, 2))])
