"""Figures and pictures on the page, each with its alternative text."""

from __future__ import annotations

import base64
import io
from typing import TypeAlias

import matplotlib.pyplot as plt
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from .alt import alt_text

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


def encode(picture: Drawable) -> tuple[str, bytes]:
    """(type, bytes) of a picture as PNG, or as JPEG where that is shorter.

    A figure is closed, so that the notebook does not draw it a second time.
    """
    if not isinstance(picture, Image.Image):
        picture = to_image(picture)
    png, jpeg = io.BytesIO(), io.BytesIO()
    picture.save(png, "PNG", optimize=True)
    picture.convert("RGB").save(jpeg, "JPEG", quality=85, subsampling=0, optimize=True)
    if jpeg.tell() < png.tell():
        return "image/jpeg", jpeg.getvalue()
    return "image/png", png.getvalue()


def to_image(figure: Axes | Figure) -> Image.Image:
    """The figure as a picture of 100 pixels an inch; it is closed."""
    whole = figure.figure.get_figure(root=True)  # wherever the axes stand
    buffer = io.BytesIO()
    whole.savefig(buffer, format="png", dpi=100, facecolor=whole.get_facecolor())
    plt.close(whole)
    return Image.open(buffer)
