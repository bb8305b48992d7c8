"""Pages for print: A4, as a PNG of 300 dots an inch and as a PDF whose letters stay letters."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from PIL import Image

from ..arguments import whole_number
from ..files import written_beside
from .lettering import FONT, check_letters

DOTS = 300
"""Dots an inch of a page for print."""

MILLIMETRES = 25.4
"""Of an inch."""

WIDTH, HEIGHT = 210.0, 297.0
"""A4, in millimetres."""

TOP, GAP, CAPTION = 58.0, 8.0, 10.0
"""Millimetres above the pictures, between two, and below each for its caption."""

INK = "#22262b"


def enlarge(picture: Image.Image, factor: int, smooth: bool = True) -> Image.Image:
    """Each pixel as `factor` x `factor` dots; nothing that was not there comes in.

    Args:
        picture: of any size.
        factor: 1 or more.
        smooth: edges between two pixels blurred (Lanczos), or left as squares.

    Raises:
        ValueError: the factor is less than 1.
    """
    factor = whole_number("factor", factor)
    if factor < 1:
        raise ValueError(f"factor must be 1 or more, got {factor}")
    how = Image.Resampling.LANCZOS if smooth else Image.Resampling.NEAREST
    return picture.resize((picture.width * factor, picture.height * factor), how)


def page(
    pictures: Sequence[Image.Image], captions: Sequence[str], title: str, text: str, foot: str
) -> Figure:
    """An A4 page: title, a line of text, the pictures two in a row, a caption below each, a foot.

    Each pixel of a picture is one dot of 300 an inch, so `enlarge` decides how large it is.

    Args:
        pictures: of one size, together no larger than the page.
        captions: one for each.
        title, text, foot: of the page, set as they are; they may have several lines.

    Raises:
        ValueError: another number of captions, pictures that differ in size, none, or too many for
            the page; a text that is empty or has letters that the font lacks.
    """
    columns, rows, side = _fitting(pictures, captions)
    figure = plt.figure(figsize=(WIDTH / MILLIMETRES, HEIGHT / MILLIMETRES), facecolor="white")
    left = (WIDTH - columns * side[0] - (columns - 1) * GAP) / 2
    for number, picture in enumerate(pictures):
        row, column = divmod(number, columns)
        x = left + column * (side[0] + GAP)
        y = HEIGHT - TOP - (row + 1) * side[1] - row * (GAP + CAPTION)
        box = (x / WIDTH, y / HEIGHT, side[0] / WIDTH, side[1] / HEIGHT)
        ax = figure.add_axes(box)
        ax.imshow(picture, interpolation="none")
        ax.set_axis_off()
        _write(figure, x, y - 3, captions[number], 11)
    _write(figure, left, HEIGHT - 22, title, 26)
    _write(figure, left, HEIGHT - 38, text, 11)
    _write(figure, left, 20, foot, 8)
    return figure


def _fitting(
    pictures: Sequence[Image.Image], captions: Sequence[str]
) -> tuple[int, int, tuple[float, float]]:
    """(columns, rows, (width, height) of a picture in millimetres)."""
    if not pictures or len(captions) != len(pictures):
        raise ValueError(
            f"page: got {len(pictures)} pictures and {len(captions)} captions; give one or more "
            "pictures and a caption for each"
        )
    if len({picture.size for picture in pictures}) > 1:
        raise ValueError("page: the pictures differ in size; enlarge all in the same way")
    width, height = (length / DOTS * MILLIMETRES for length in pictures[0].size)
    columns = min(2, len(pictures))
    rows = -(-len(pictures) // columns)
    across = columns * width + (columns - 1) * GAP
    along = TOP + rows * (height + CAPTION) + (rows - 1) * GAP + 20
    if across > WIDTH - 20 or along > HEIGHT:
        raise ValueError(
            f"page: the pictures take {across:.0f} x {along:.0f} mm with title and foot, and the "
            f"page has {WIDTH - 20:.0f} x {HEIGHT:.0f}; take fewer, or enlarge them less"
        )
    return columns, rows, (width, height)


def _write(figure: Figure, x: float, y: float, text: str, points: float) -> None:
    """Letters whose upper left corner is x, y millimetres from the lower left of the page."""
    figure.text(
        x / WIDTH, y / HEIGHT, check_letters("page: a text", text), fontsize=points, color=INK,
        va="top", ha="left", linespacing=1.5, parse_math=False,
        fontproperties=FontProperties(fname=str(FONT), size=points),
    )  # fmt: skip


def save_page(figure: Figure, path: str | os.PathLike[str], title: str) -> tuple[Path, Path]:
    """Writes a page as `path`.png and `path`.pdf and closes it; returns both paths.

    Args:
        figure: as `page` gives.
        path: without an ending.
        title: what a reader's window shows; kept in both files.

    Raises:
        ValueError: the path has an ending.
        OSError: it cannot be written.
    """
    path = Path(path)
    if path.suffix:
        raise ValueError(f'path gets its endings here: leave "{path.suffix}" out')
    made = path.with_suffix(".png"), path.with_suffix(".pdf")
    notes = ({"Title": title}, {"Title": title, "CreationDate": None})
    with rc_context({"pdf.fonttype": 3}):
        for one, note in zip(made, notes, strict=True):
            with written_beside(one) as place:
                figure.savefig(place, dpi=DOTS, metadata=note, facecolor="white")
    plt.close(figure)
    return made
