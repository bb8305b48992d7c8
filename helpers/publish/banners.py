"""Banners: one picture, one headline, any size.

A wide banner has the picture at its left and the words beside it, a tall one has it on top; others
are covered by the picture, and the words lie over its upper part, where a landscape has its sky.
There a colour is laid over the picture first, as opaque as the words need it.
"""

from __future__ import annotations

from PIL import Image, ImageColor, ImageDraw, ImageOps

from ..arguments import real_number
from .lettering import LEADING, check_letters, fitted, font

Box = tuple[int, int, int, int]
"""Left, top, right, bottom, in pixels."""

WIDE, TALL = 2.2, 0.6
"""Width over height from which on picture and words stand side by side, or one above the other."""


def places(size: tuple[int, int]) -> tuple[Box, Box]:
    """(where the picture is, where the words are) in a banner of this size.

    Raises:
        ValueError: a side is shorter than 60 pixels.
    """
    width, height = size
    if min(size) < 60:
        raise ValueError(f"size must be 60 x 60 pixels or more, got {width} x {height}")
    if width / height >= WIDE:
        edge = min(2 * height, width // 3)
        return (0, 0, edge, height), (edge, 0, width, height)
    if width / height <= TALL:
        edge = min(width, height // 2)
        return (0, 0, width, edge), (0, edge, width, height)
    return (0, 0, width, height), (0, 0, width, round(0.42 * height))


def backdrop(
    picture: Image.Image, size: tuple[int, int], colour: str, opacity: float
) -> Image.Image:
    """The banner without its words: the picture, and the colour where the words will be.

    Args:
        picture: of any size; it is cropped to the shape of its place.
        size: (width, height) of the banner.
        colour: such as "#0b5d57".
        opacity: of the colour over the picture, 0 ... 1. Where there is no picture it is 1.

    Raises:
        ValueError: the opacity is not in 0 ... 1, the colour unknown, or the size too small.
    """
    share = real_number("opacity", opacity)
    if not 0 <= share <= 1:
        raise ValueError(f"opacity must lie in 0 ... 1, got {share:g}")
    seen, words = places(size)
    made = Image.new("RGB", size, ImageColor.getrgb(colour))
    shape = (seen[2] - seen[0], seen[3] - seen[1])
    made.paste(ImageOps.fit(picture.convert("RGB"), shape, centering=(0.5, 0.95)), seen[:2])
    under = made.crop(words)
    plain = Image.new("RGB", under.size, ImageColor.getrgb(colour))
    made.paste(Image.blend(under, plain, share), words[:2])
    return made


def headline_on(made: Image.Image, headline: str, note: str, *, ink: str, mark: str) -> Image.Image:
    """The banner with its words: the headline, a line below it, and who made the picture.

    Args:
        made: as `backdrop` gives.
        headline: as large as fits.
        note: what to do, or where; in smaller letters.
        ink: colour of the letters.
        mark: such as "picture made by AI", in the last line.

    Raises:
        ValueError: a text is empty, does not fit, or has letters that the font lacks.
    """
    for name, text in {"headline": headline, "note": note, "mark": mark}.items():
        check_letters(name, text)
    banner = made.copy()
    left, top, right, bottom = places(banner.size)[1]
    margin = max(6, min(right - left, bottom - top) // 12)
    width, height = right - left - 2 * margin, bottom - top - 2 * margin
    small = max(9, min(18, height // 7))
    shares = ((headline, 0.58, 4 * small), (note, 0.24, 2 * small), (mark, 0.18, small))
    pen, y = ImageDraw.Draw(banner), top + margin
    for text, share, most in shares:
        size, lines = fitted(text, width, max(round(share * height), 11), most)
        for line in lines:
            pen.text((left + margin, y), line, fill=ink, font=font(size))
            y += round(size * LEADING)
        y += small // 3
    return banner
