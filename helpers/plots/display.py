"""Figures and pictures on the page, each with its alternative text."""

from __future__ import annotations

import base64
import io
from typing import TypeAlias

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox
from PIL import Image

from .alt import alt_text
from .style import spell

Drawable: TypeAlias = Axes | Figure | Image.Image


def show(picture: Drawable | bytes, alt: str, width: int | None = None) -> None:
    """Puts a picture on the page of the notebook; arguments and errors as for `bundle`."""
    data, metadata = bundle(picture, alt, width)
    display(data, metadata=metadata, raw=True)


def bundle(
    picture: Drawable | bytes, alt: str, width: int | None = None
) -> tuple[dict[str, str], dict[str, dict]]:
    """A picture as Jupyter's (data, metadata), its alternative text where pages look for it.

    Args:
        picture: axes, a figure (it is closed), a Pillow picture, or the bytes of a GIF.
        alt: what a reader who cannot see the picture needs to know: a sentence, or the key of one
            in the lesson's catalogue, such as "04.film-strip".
        width: in pixels on the page; the picture's own by default.

    Raises:
        ValueError: no alternative text.
    """
    alt = alt_text(alt)
    mime, data = ("image/gif", picture) if isinstance(picture, bytes) else encode(picture)
    options = {"alt": alt} | ({"width": width} if width else {})
    return {mime: base64.b64encode(data).decode(), "text/plain": alt}, {mime: options}


SMALL = 40_000
"""Bytes that a PNG may take whatever a JPEG would: a small picture shows every fringe."""

UNSEEN = 0.1
"""Grey levels that 256 colours may be off in the mean: of a chart it is a few pixels of edges."""


def encode(picture: Drawable) -> tuple[str, bytes]:
    """(type, bytes) of a picture: PNG if it is small or no longer than as JPEG.

    A figure is closed, so that the notebook does not draw it a second time.
    """
    if not isinstance(picture, Image.Image):
        exact = to_image(picture)
        picture = _in_few_colours(exact) or exact
    png, jpeg = io.BytesIO(), io.BytesIO()
    picture.save(png, "PNG", optimize=True)
    picture.convert("RGB").save(jpeg, "JPEG", quality=85, subsampling=0, optimize=True)
    if png.tell() > SMALL and jpeg.tell() < png.tell():
        return "image/jpeg", jpeg.getvalue()
    return "image/png", png.getvalue()


def _in_few_colours(figure: Image.Image) -> Image.Image | None:
    """An opaque figure in 256 colours, a third of its size, if nobody sees a difference."""
    exact = figure.convert("RGB")
    few = exact.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    off = np.abs(np.asarray(few.convert("RGB"), dtype=int) - np.asarray(exact, dtype=int))
    return few if off.mean() < UNSEEN else None


EDGE = 0.05
"""Inches around what would stick out of a figure."""

MOST = 0.5
"""How far a figure grows to each side, as a share of its size: what lies farther out stays out."""


def to_image(figure: Axes | Figure) -> Image.Image:
    """The figure, closed, as a picture of 100 pixels an inch; larger where words would be cut."""
    whole = figure.figure.get_figure(root=True)  # wherever the axes stand
    spell(whole)  # it may be a reader's own
    whole.draw_without_rendering()  # everything finds its place
    whole.set_layout_engine("none")
    size, inked = whole.bbox_inches, whole.get_tightbbox()
    least, most, first, last = np.array([size.min, size.max, inked.min, inked.max])
    low = np.where(first < least, first - EDGE, least)
    high = np.where(last > most, last + EDGE, most)
    room = MOST * (most - least)
    low, high = np.maximum(low, least - room), np.minimum(high, most + room)
    buffer = io.BytesIO()
    whole.savefig(buffer, format="png", dpi=100, facecolor=whole.get_facecolor(),
                  bbox_inches=Bbox([low, high]))  # fmt: skip
    plt.close(whole)
    return Image.open(buffer)
