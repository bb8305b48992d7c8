"""Pictures that people bring, as a person sees them: upright, without holes, eight bits a colour.

A file holds more than its pixels: a camera notes which side is up, a drawing program keeps what is
transparent, a scanner writes 16 bits. A viewer heeds all that, and so does this module.
"""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageOps

from .language import _

PLAIN = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "HSV")
"""Modes of Pillow that have eight bits a colour, or fewer."""

DEEP = ("I", "I;16", "I;16L", "I;16B", "I;16N")
"""Modes that hold 16 bits of grey."""


def as_seen(picture: Image.Image, name: str = "picture") -> Image.Image:
    """A picture as on a white page, in mode RGB.

    It is turned as its camera noted (EXIF). What is transparent shows the white page. Sixteen bits
    of grey are scaled from 0 ... 65535; mode I with no number above 255 is taken as eight bits. Of
    an animation the frame counts at which it stands.

    Args:
        picture: of any size.
        name: what to call it in a message.

    Raises:
        TypeError: it is no Pillow image.
        ValueError: it has no pixels, cannot be read, or is of a mode without a known range.
    """
    return _laid_on("white", picture, name)


def as_mask(picture: Image.Image, name: str = "mask") -> Image.Image:
    """A mask in mode L; as `as_seen`, but what is transparent is not painted, so it is black."""
    return _laid_on("black", picture, name).convert("L")


def _laid_on(page: str, picture: Image.Image, name: str) -> Image.Image:
    if not isinstance(picture, Image.Image):
        raise TypeError(
            _(
                "{name} must be a Pillow image, got {kind}; Image.open(path) reads one, "
                "Image.fromarray(array) makes one",
                name=name,
                kind=type(picture).__name__,
            )
        )
    if 0 in picture.size:
        raise ValueError(
            _(
                "{name} has no pixels: it is {width} x {height}",
                name=name,
                width=picture.width,
                height=picture.height,
            )
        )
    upright = _upright(picture, name)
    if upright.mode in DEEP:
        upright = _eight_bits(upright, name)
    if upright.mode not in PLAIN:
        raise ValueError(
            _(
                "{name} is of Pillow's mode {mode}, whose numbers have no fixed range; turn it "
                "into 8 bits a colour, for example Image.fromarray((255 * x).round().astype"
                '("uint8")) for numbers x from 0 to 1',
                name=name,
                mode=upright.mode,
            )
        )
    if not upright.has_transparency_data:
        return upright.convert("RGB")
    clear = upright.convert("RGBA")
    sheet = Image.new("RGBA", clear.size, page)
    sheet.alpha_composite(clear)
    return sheet.convert("RGB")


def _upright(picture: Image.Image, name: str) -> Image.Image:
    """A copy that is read from its file, turned as the camera noted."""
    try:
        return ImageOps.exif_transpose(picture)
    except MemoryError:
        raise
    except Exception as error:  # a damaged file can provoke anything in Pillow's readers
        raise ValueError(
            _(
                "{name} cannot be read ({cause}); its file may be cut or closed: open it again, "
                "or save it anew",
                name=name,
                cause=str(error) or _("its file is closed"),
            )
        ) from error


def _eight_bits(picture: Image.Image, name: str) -> Image.Image:
    values = np.asarray(picture).astype(np.int64)  # (H, W)
    low, high = int(values.min()), int(values.max())
    if low < 0 or high > 65535:
        raise ValueError(
            _(
                "{name} is of Pillow's mode {mode} with numbers from {low} to {high}; grey must "
                "lie in 0 ... 65535",
                name=name,
                mode=picture.mode,
                low=low,
                high=high,
            )
        )
    whole = 255 if picture.mode == "I" and high <= 255 else 65535
    return Image.fromarray(np.round(values * (255 / whole)).astype(np.uint8))
