"""Letters set by a program, in English and Japanese: the model itself cannot write.

The font lies beside the package, so that a page looks the same on every machine. It is a part of
Noto Sans CJK JP Bold (SIL Open Font License, `helpers/fonts/`): Latin letters, kana, the 2,965
kanji of JIS level 1.
"""

from __future__ import annotations

import functools
from pathlib import Path

from PIL import ImageFont

FONT = Path(__file__).parents[1] / "fonts" / "NotoSansJP-Bold-subset.otf"
SMALLEST = 8
"""Pixels: nobody reads smaller letters."""

LEADING = 1.35
"""Height of a line, in sizes of its letters."""


@functools.cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """The course's font, `size` pixels high."""
    return ImageFont.truetype(FONT, size, layout_engine=ImageFont.Layout.BASIC)


@functools.cache
def _empty() -> bytes:
    """How the font draws a letter that it does not have."""
    return bytes(font(24).getmask("\U0010fffd"))


def check_letters(name: str, text: str) -> str:
    """The text itself.

    Raises:
        TypeError: it is none.
        ValueError: there is nothing to read, or the font lacks one of its letters.
    """
    if not isinstance(text, str):
        raise TypeError(f"{name} must be a text, got {type(text).__name__}")
    if not text.strip():
        raise ValueError(f"{name} is empty; say what is to be read there")
    lacking = [sign for sign in dict.fromkeys(text) if not sign.isspace() and _lacks(sign)]
    if lacking:
        raise ValueError(
            f"{name}: the course's font lacks {', '.join(map(ascii, lacking[:5]))}; it has Latin "
            "letters, kana and the common kanji. Write it in other words, or in kana"
        )
    return text


def _lacks(sign: str) -> bool:
    return bytes(font(24).getmask(sign)) == _empty()


def lines_of(text: str, width: int, size: int) -> list[str] | None:
    """The text broken into lines no wider than `width` pixels; None if a word is wider.

    English is broken between words, Japanese between any two signs, but never before a comma or a
    full stop, nor before a small or a long kana.
    """
    letters, lines = font(size), []
    for paragraph in text.split("\n"):
        line = ""
        for piece in _pieces(paragraph):
            if letters.getlength((line + piece).rstrip()) <= width:
                line += piece
                continue
            lines.append(line.rstrip())
            line = piece
            if letters.getlength(piece.rstrip()) > width:
                return None
        lines.append(line.rstrip())
    return [line for line in lines if line]


CLINGING = "、。，．・：；？！ー）」』】ぁぃぅぇぉっゃゅょァィゥェォッャュョ"
"""Signs that begin no line of Japanese (JIS X 4051)."""


def _pieces(text: str) -> list[str]:
    """What may stand on a line of its own: a word with its space, or one Japanese sign."""
    pieces: list[str] = []
    for sign in text:
        previous = pieces[-1][-1] if pieces else ""
        clings = sign in CLINGING or sign == " "
        word = sign.isascii() and previous.isascii() and previous != " "
        if previous and (clings or word):
            pieces[-1] += sign
        else:
            pieces.append(sign)
    return pieces


def fitted(text: str, width: int, height: int, most: int) -> tuple[int, list[str]]:
    """The largest size, up to `most`, at which a text fits into a box, and its lines there.

    Raises:
        ValueError: not even the smallest fits.
    """
    for size in range(most, SMALLEST - 1, -1):
        lines = lines_of(text, width, size)
        if lines is not None and len(lines) * size * LEADING <= height:
            return size, lines
    raise ValueError(
        f"{text!r} does not fit into {width} x {height} pixels with letters of {SMALLEST}; say it "
        "in fewer words"
    )
