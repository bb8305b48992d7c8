"""What happens to a drawing last: weather, and the four styles.

Arrays are (128, 128, 3), float, 0 to 1. Hatching and falling drops stand on fixed lattices of 8 to
32 pixels (one to four places of the latent grid): a picture squeezed 48 times can say "rain", but
not where each drop is.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

PAPER = np.array([0.985, 0.965, 0.925], dtype=np.float32)


def apply_style(picture: Image.Image, style: str, weather: str) -> Image.Image:
    """The drawing with its weather, in one of the four styles."""
    if style == "watercolour":
        picture = picture.filter(ImageFilter.ModeFilter(5))
    pixels = np.asarray(picture, dtype=np.float32) / 255
    if style == "watercolour":
        pixels = _watercolour(pixels)
    elif style == "pencil sketch":
        pixels = _pencil(pixels)
    if style == "pixel art":
        return _pixel_art(pixels, weather)
    return _image(_weather(pixels, weather, style))


def _image(pixels: np.ndarray) -> Image.Image:
    return Image.fromarray((pixels.clip(0, 1) * 255).round().astype(np.uint8))


def _weather(pixels: np.ndarray, weather: str, style: str) -> np.ndarray:
    """Drops or flakes over the picture, on a fixed lattice."""
    if weather == "none":
        return pixels
    if weather == "rain":
        pixels = pixels * 0.88 + 0.05
    ink = 0.35 if weather == "rain" and style == "pencil sketch" else 0.97
    return pixels + (ink - pixels) * _drops(weather)[..., None]


@cache
def _drops(weather: str) -> np.ndarray:
    """(128, 128) opacity of the falling rain or snow."""
    tile = Image.new("L", (128, 128))  # four times the lattice's 32 pixels
    pen = ImageDraw.Draw(tile)
    if weather == "rain":
        for x, y in ((12, 4), (76, 36), (44, 68), (108, 100)):
            for dx, dy in ((0, 0), (-128, 0), (128, 0), (0, -128)):
                pen.line([(x + dx, y + dy), (x + dx - 10, y + dy + 28)], fill=180, width=4)
    else:
        for x, y, r in (
            (16, 20, 8),
            (80, 44, 6),
            (40, 84, 6),
            (104, 108, 8),
            (60, 124, 4),
            (112, 12, 4),
        ):
            pen.ellipse([x - r, y - r, x + r, y + r], fill=245)
    return np.tile(np.asarray(tile.reduce(4), dtype=np.float32) / 255, (4, 4))


def _blur(pixels: np.ndarray, radius: float) -> np.ndarray:
    return np.asarray(_image(pixels).filter(ImageFilter.BoxBlur(radius)), dtype=np.float32) / 255


@cache
def _frame() -> np.ndarray:
    """(128, 128, 1) how much paint there is: 1 inside, 0 at the ragged paper edge."""
    y, x = np.mgrid[0:128, 0:128].astype(np.float32)
    wobble = 1.6 * np.sin(x / 5.1) + 1.3 * np.sin(y / 4.3 + 1) + 1.1 * np.sin((x + y) / 7.7)
    inside = np.minimum(np.minimum(x, 127 - x), np.minimum(y, 127 - y)) - 6 + wobble
    return np.clip(inside / 2.5, 0, 1)[..., None]


def _watercolour(pixels: np.ndarray) -> np.ndarray:
    """Pale washes with dark rims, running out into the white of the paper."""
    soft = _blur(pixels, 1)
    rims = np.abs(soft - _blur(pixels, 3)).mean(-1, keepdims=True)
    wash = 1 - (1 - soft) * 0.80 - 0.7 * np.clip(rims - 0.02, 0, 0.2)
    return PAPER + (wash - PAPER) * _frame()


@cache
def _hatching() -> tuple[np.ndarray, np.ndarray]:
    """Two (128, 128) patterns of slanting lines, 8 pixels apart."""
    y, x = np.mgrid[0:128, 0:128]
    return ((x + y) % 8 < 2).astype(np.float32), ((x - y) % 8 < 2).astype(np.float32)


def _pencil(pixels: np.ndarray) -> np.ndarray:
    """Coloured pencil on paper: outlines, hatched shadows, a little colour."""
    grey = _blur(pixels, 1).mean(-1)
    slope_y, slope_x = np.gradient(grey)
    ink = np.clip(np.hypot(slope_x, slope_y) * 5.5 - 0.12, 0, 0.85)
    once, twice = _hatching()
    ink = np.maximum(ink, once * np.clip(0.62 - grey, 0, 0.4) * 0.8)
    ink = np.maximum(ink, twice * np.clip(0.36 - grey, 0, 0.4) * 0.9)
    peak = pixels.max(-1, keepdims=True)
    colour = 1 - (peak - pixels) / np.maximum(peak, 0.25)  # full brightness, same hue
    tint = 1 - (1 - colour) * 0.62
    shadow = 0.72 + 0.28 * np.clip(grey * 1.3, 0, 1)
    return PAPER * tint * shadow[..., None] * (1 - ink[..., None] * 0.85)


def _pixel_art(pixels: np.ndarray, weather: str) -> Image.Image:
    """Blocks of 4 × 4 pixels in few, strong colours."""
    middle = pixels.mean(-1, keepdims=True)
    small = np.asarray(_image(middle + (pixels - middle) * 1.25).reduce(4), dtype=np.float32)
    few = np.clip(np.round(small / 28) * 28, 0, 255)
    y, x = np.mgrid[0:32, 0:32]
    if weather == "rain":
        falling = ((2 * x + y) % 8 == 0) & (y % 4 < 2)
        few[falling] = few[falling] * 0.4 + 140
    elif weather == "snow":
        few[((x % 8 == 1) & (y % 8 == 2)) | ((x % 8 == 5) & (y % 8 == 6))] = 252
    return Image.fromarray(few.astype(np.uint8)).resize((128, 128), Image.Resampling.NEAREST)
