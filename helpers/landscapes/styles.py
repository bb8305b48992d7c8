"""What happens to a drawing last: weather, and the four styles.

Arrays are (128, 128, 3), float32, 0 to 1. Everything is soft, or in steps of 4 pixels, and what
falls is always in the same places, in the middle of cells of 8 pixels: a picture squeezed 48 times
can say "rain", but not where each drop is, and fine grain would only cost it the rest. Only sums,
products and roots decide pixels, so that every machine draws the same.
"""

from __future__ import annotations

import random
from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from .layout import SIZE

PAPER = np.array([0.985, 0.968, 0.932], dtype=np.float32)
GREY = np.array([0.299, 0.587, 0.114], dtype=np.float32)
SOFTEN = ImageFilter.BoxBlur(0.5)
"""Weights 1, 2, 1: edges two pixels wide, which a latent an eighth of the size can hold."""

BLOCK = 4
COLOURS = 28
NO_DITHER = Image.Dither.NONE


def apply_style(picture: Image.Image, style: str, weather: str) -> Image.Image:
    """The drawing with its weather, in one of the four styles."""
    if style == "pixel art":
        return _pixel_art(picture, weather)
    pixels = np.asarray(picture.filter(SOFTEN), dtype=np.float32) / 255
    pixels = _veil(pixels, weather)
    if style == "watercolour":
        pixels = _watercolour(pixels)
    elif style == "pencil sketch":
        pixels = _pencil(pixels)
    return _image(_fall(pixels, weather, style))


def _image(pixels: np.ndarray) -> Image.Image:
    return Image.fromarray((pixels.clip(0, 1) * 255).round().astype(np.uint8))


def _blur(pixels: np.ndarray, radius: float) -> np.ndarray:
    return np.asarray(_image(pixels).filter(ImageFilter.BoxBlur(radius)), dtype=np.float32) / 255


def _grey(pixels: np.ndarray) -> np.ndarray:
    """Brightness, (128, 128, 1)."""
    r, g, b = GREY
    return r * pixels[..., :1] + g * pixels[..., 1:2] + b * pixels[..., 2:]


@cache
def _cloudy(name: str, cells: int) -> np.ndarray:
    """A smooth field of `cells` × `cells` random values, -1 to 1; (128, 128, 1)."""
    rng = random.Random(name)
    grid = Image.new("L", (cells, cells))
    grid.putdata([rng.randrange(256) for _ in range(cells * cells)])
    smooth = np.asarray(grid.resize((SIZE, SIZE), Image.Resampling.BICUBIC), dtype=np.float32)
    return smooth[..., None] / 127.5 - 1


# Weather


def _veil(pixels: np.ndarray, weather: str) -> np.ndarray:
    """Rain and snow dull what lies behind them."""
    if weather == "rain":
        return pixels * 0.82 + 0.18 * np.array([0.44, 0.49, 0.55], dtype=np.float32)
    if weather == "snow":
        return pixels * 0.92 + 0.08 * np.array([0.62, 0.68, 0.76], dtype=np.float32)
    return pixels


def _fall(pixels: np.ndarray, weather: str, style: str) -> np.ndarray:
    """Drops or flakes over the picture."""
    if weather == "none":
        return pixels
    ink = 0.4 if weather == "rain" and style == "pencil sketch" else 0.97
    return pixels + (ink - pixels) * _drops(weather)


@cache
def _places(weather: str) -> tuple[tuple[int, int], ...]:
    """Column and row of the cells of 8 pixels in which something falls: 56 of 16 × 16, spread."""
    rng, chosen = random.Random(weather), [(0, 0)]
    while len(chosen) < 56:
        tries = [(rng.randrange(16), rng.randrange(16)) for _ in range(12)]
        chosen.append(max(tries, key=lambda one: min(_apart(one, other) for other in chosen)))
    return tuple(chosen)


def _apart(one: tuple[int, int], other: tuple[int, int]) -> int:
    """Squared distance of two cells."""
    return (one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2


@cache
def _drops(weather: str) -> np.ndarray:
    """(128, 128, 1) opacity of the falling rain or snow."""
    field = Image.new("L", (4 * SIZE, 4 * SIZE))
    pen = ImageDraw.Draw(field)
    for k, (column, row) in enumerate(_places(weather)):
        x, y = 32 * column + 16, 32 * row + 16
        if weather == "rain":
            pen.line([(x + 6, y - 20), (x - 6, y + 20)], fill=135, width=7)
        else:
            r = (8, 11)[k % 2]
            pen.ellipse([x - r, y - r, x + r, y + r], fill=235)
    soft = field.filter(ImageFilter.BoxBlur(3)).reduce(4)
    return np.asarray(soft, dtype=np.float32)[..., None] / 255


# Watercolour


@cache
def _washed() -> np.ndarray:
    """(128, 128, 1) how much paint there is: 1, less where the paper breathes at the edge."""
    return np.clip((_inside() + 3 + 2.5 * _cloudy("edge", 5)) / 5, 0.45, 1)


@cache
def _inside() -> np.ndarray:
    """(128, 128, 1) pixels to the nearest edge of the picture."""
    y, x = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32)
    return np.minimum(np.minimum(x, SIZE - 1 - x), np.minimum(y, SIZE - 1 - y))[..., None]


def _watercolour(pixels: np.ndarray) -> np.ndarray:
    """Transparent washes with darker rims and blooms, on paper that shows at the edges."""
    soft = _blur(pixels, 1)
    grey = _grey(soft)
    bright = grey + (soft - grey) * 1.15
    rims = np.clip((_blur(soft, 3) - soft).max(-1, keepdims=True) - 0.015, 0, 0.14)
    pale = 1 - (1 - bright) * 0.78
    blooms = 1 + 0.16 * _cloudy("bloom", 6) + 0.05 * _cloudy("grain", 16)
    wash = 1 - (1 - pale + 0.9 * rims) * blooms
    return PAPER * (1 - (1 - wash) * _washed())


# Pencil


@cache
def _strokes() -> np.ndarray:
    """(128, 128, 1) broad slanting strokes, soft: -1 to 1."""
    field = Image.new("L", (SIZE, SIZE), 128)
    pen, rng = ImageDraw.Draw(field), random.Random("strokes")
    for _ in range(190):
        x, y, n = rng.randrange(-20, 148), rng.randrange(-20, 148), rng.randrange(12, 26)
        pen.line([(x, y), (x + n, y - n // 2)], fill=rng.choice((10, 70, 185, 245)), width=8)
    soft = field.filter(ImageFilter.BoxBlur(2)).filter(ImageFilter.BoxBlur(1))
    return np.asarray(soft, dtype=np.float32)[..., None] / 127.5 - 1


def _pencil(pixels: np.ndarray) -> np.ndarray:
    """Graphite and a little coloured pencil on paper: outlines, and soft strokes in the shade."""
    soft = _blur(pixels, 1)
    grey = _grey(soft)
    dy, dx = np.gradient(grey[..., 0])
    slope = np.sqrt(dx * dx + dy * dy)[..., None]
    outline = np.clip(slope * 6 - 0.12, 0, 0.7)
    dark = 0.58 * np.clip(1 - grey * 1.15, 0, 1)  # graphite is never black, and light is paper
    peak = soft.max(-1, keepdims=True)
    hue = 1 - (peak - soft) / np.maximum(peak, 0.25)  # full brightness, same hue
    lead = (1 - (1 - hue) * 0.58) * (1 - dark * (1 + 0.22 * _strokes()))
    drawn = np.clip((_inside() + 1) / 9 + 0.5 * _strokes(), 0, 1)
    lead = 1 - (1 - lead) * (0.25 + 0.75 * drawn)
    return PAPER * lead * (1 - outline * 0.7)


# Pixel art


def _pixel_art(picture: Image.Image, weather: str) -> Image.Image:
    """Blocks of 4 × 4 pixels in few, strong colours."""
    coarse = picture.reduce(BLOCK)
    small = np.asarray(coarse, dtype=np.float32) / 255
    wide = np.asarray(coarse.filter(ImageFilter.BoxBlur(1)), dtype=np.float32) / 255
    small = _veil(small + 0.4 * (small - wide), weather)
    grey = _grey(small)
    vivid = _image(grey + (small - grey) * 1.2)
    few = vivid.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, kmeans=2, dither=NO_DITHER)
    blocks = np.array(few.convert("RGB"))
    if weather != "none":
        _fall_in_blocks(blocks, weather)
    return Image.fromarray(blocks).resize((SIZE, SIZE), Image.Resampling.NEAREST)


def _fall_in_blocks(blocks: np.ndarray, weather: str) -> None:
    """Drops two blocks long, or flakes of one, into a (32, 32, 3) picture."""
    for column, row in _places(weather):
        drop = blocks[2 * row : 2 * row + (2 if weather == "rain" else 1), 2 * column]
        if weather == "rain":
            drop[:] = drop // 2 + np.array([104, 110, 118], dtype=np.uint8)
        else:
            drop[:] = 252
