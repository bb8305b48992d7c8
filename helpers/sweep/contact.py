"""A contact sheet: many pictures small on one page, a row for each prompt."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

COLUMNS = 10
SIDE = 128
GAP = 4
HEADER = 22
MOST_PIXELS = 40_000_000


def contact_sheet(rows: Mapping[str, Sequence[Path]]) -> Image.Image:
    """One page with all pictures; many pictures of a prompt take several lines.

    Args:
        rows: prompt -> its picture files.

    Raises:
        ValueError: there is no picture, or one is damaged.
    """
    count = sum(map(len, rows.values()))
    if not count:
        raise ValueError("rows: there is no picture to show; make some first")
    columns = min(COLUMNS, max(map(len, rows.values())))
    lines = {prompt: math.ceil(len(files) / columns) for prompt, files in rows.items()}
    fitting = int(math.sqrt(MOST_PIXELS / (columns * sum(lines.values()))))
    side = max(8, min(SIDE, fitting))
    width = columns * (side + GAP) + GAP
    height = sum(HEADER + count * (side + GAP) for count in lines.values()) + GAP
    page = Image.new("RGB", (width, height), "white")
    top = 0
    for number, (prompt, files) in enumerate(rows.items(), 1):
        _header(page, top, number, prompt)
        top += HEADER
        for index, file in enumerate(files):
            row, column = divmod(index, columns)
            place = (GAP + column * (side + GAP), top + row * (side + GAP))
            page.paste(_small(file, side), place)
        top += lines[prompt] * (side + GAP)
    return page


def _header(page: Image.Image, top: int, number: int, prompt: str) -> None:
    """The prompt above its pictures; its number alone where Pillow's own font lacks the letters."""
    text = f"{number}  {prompt}" if prompt.isascii() else f"{number}"
    ImageDraw.Draw(page).text((GAP, top + 4), text, fill="black", font=ImageFont.load_default(13))


def _small(file: Path, side: int) -> Image.Image:
    try:
        with Image.open(file) as picture:
            picture.thumbnail((side, side))
            return picture.convert("RGB")
    except (OSError, SyntaxError, ValueError) as error:
        raise ValueError(
            f"{file} is damaged ({error}); delete it, and start the sweep again"
        ) from error
