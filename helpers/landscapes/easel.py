"""A picture twice the final size, its colours and light, and the strokes that all painters use.

Positions are in picture units: (0, 0) is the top left corner, (128, 128) the bottom right one.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image, ImageDraw

from .layout import SIZE, Layout, bank, lay_out, part_rng
from .scenes import Scene

SCALE = 2

Colour = tuple[int, int, int]
Point = tuple[float, float]


@dataclass(frozen=True)
class Hour:
    """The colours of a time of day.

    Attributes:
        sky: from the top to the horizon.
        haze: the air before far things.
        light: what it does to the colours of things, per channel.
        glow: the colour that things turn to where the light falls.
        dusk: what it does to colours in the shade, per channel.
    """

    sky: tuple[Colour, Colour, Colour, Colour]
    haze: Colour
    light: tuple[float, float, float]
    glow: Colour
    dusk: tuple[float, float, float]


HOURS: dict[str, Hour] = {
    "day": Hour(
        ((72, 148, 224), (118, 188, 240), (176, 220, 246), (228, 242, 242)),
        (226, 240, 244),
        (1.0, 1.0, 0.98),
        (255, 250, 214),
        (0.66, 0.72, 0.86),
    ),
    "dawn": Hour(
        ((178, 196, 238), (226, 202, 232), (255, 204, 204), (255, 232, 200)),
        (255, 226, 210),
        (1.0, 0.92, 0.9),
        (255, 232, 206),
        (0.78, 0.70, 0.84),
    ),
    "sunset": Hour(
        ((76, 48, 128), (158, 66, 132), (238, 106, 78), (255, 184, 84)),
        (236, 142, 118),
        (0.98, 0.80, 0.72),
        (255, 190, 100),
        (0.64, 0.50, 0.70),
    ),
    "night": Hour(
        ((8, 14, 54), (16, 34, 92), (36, 66, 136), (74, 108, 174)),
        (70, 102, 168),
        (0.54, 0.60, 0.80),
        (176, 204, 250),
        (0.56, 0.60, 0.78),
    ),
    "storm": Hour(
        ((40, 46, 58), (64, 74, 86), (96, 108, 118), (142, 152, 154)),
        (142, 152, 154),
        (0.68, 0.72, 0.76),
        (206, 214, 216),
        (0.62, 0.66, 0.74),
    ),
    "fantasy": Hour(
        ((54, 24, 120), (112, 54, 176), (184, 108, 208), (134, 230, 222)),
        (206, 186, 232),
        (0.92, 0.82, 1.0),
        (240, 228, 255),
        (0.60, 0.50, 0.84),
    ),
}
TERRAIN: dict[str, Colour] = {
    "blue": (52, 98, 194),
    "purple": (126, 62, 170),
    "green": (56, 136, 78),
    "red": (198, 66, 54),
    "grey": (130, 130, 128),
}
GROUND: dict[str, Colour] = {
    "meadow": (124, 184, 78),
    "desert": (234, 194, 118),
    "snow": (240, 244, 250),
    "sea": (40, 122, 178),
}
SAND: Colour = (236, 212, 158)
PAINT: dict[str, Colour] = {
    "red": (212, 48, 42),
    "blue": (44, 92, 214),
    "yellow": (250, 204, 48),
    "white": (250, 248, 242),
}
LAMP: Colour = (255, 218, 118)


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """The colour `share` of the way from a to b."""
    red, green, blue = (round(x + (y - x) * share) for x, y in zip(a, b, strict=True))
    return red, green, blue


def times(colour: Colour, factors: tuple[float, float, float]) -> Colour:
    """The colour with every channel made darker by its factor."""
    red, green, blue = (round(c * f) for c, f in zip(colour, factors, strict=True))
    return red, green, blue


@dataclass
class Easel:
    """The picture being painted, and what all its parts agree on."""

    scene: Scene
    seed: int
    layout: Layout
    image: Image.Image
    draw: ImageDraw.ImageDraw

    @classmethod
    def for_scene(cls, scene: Scene, seed: int) -> Easel:
        image = Image.new("RGB", (SIZE * SCALE, SIZE * SCALE))
        return cls(scene, seed, lay_out(scene, seed), image, ImageDraw.Draw(image))

    @property
    def hour(self) -> Hour:
        return HOURS[self.scene.time]

    @property
    def dark(self) -> bool:
        """Whether lamps are lit."""
        return self.scene.time in ("night", "storm", "sunset", "fantasy")

    def rng(self, part: str) -> random.Random:
        """Random numbers of one part of the drawing, whatever else is in it."""
        return part_rng(self.seed, f"paint {part}")

    def bank(self, s: float) -> float:
        """Height of the ground at depth s: 0 at the horizon, 1 at the lower edge."""
        return bank(self.layout.horizon, s)

    def side(self, x: float) -> int:
        """The side from which something at x is lit: -1 from the left, 1 from the right."""
        return -1 if self.layout.light_x < x else 1

    def lit(self, colour: Colour, distance: float = 0.0) -> Colour:
        """A colour in the light of the hour, fading into the haze with distance, 0 to 1."""
        return mix(times(colour, self.hour.light), self.hour.haze, distance)

    def painted(self, colour: Colour, share: float, distance: float = 0.0) -> Colour:
        """Like `lit`, but `share` of the way back to itself, to be told apart at every hour."""
        return mix(self.lit(colour, distance), colour, share)

    def tone(self, colour: Colour, amount: float) -> Colour:
        """A lit colour turned to the light (amount 0 to 1) or into the shade (0 to -1)."""
        if amount >= 0:
            return mix(colour, self.hour.glow, amount)
        return mix(colour, times(colour, self.hour.dusk), -amount)

    def polygon(self, points: Sequence[Point], colour: Colour) -> None:
        self.draw.polygon([(x * SCALE, y * SCALE) for x, y in points], fill=colour)

    def wash(self, points: Sequence[Point], top: Colour, bottom: Colour) -> None:
        """A polygon whose colour runs from its highest to its lowest point."""
        xs, ys = [x * SCALE for x, _ in points], [y * SCALE for _, y in points]
        left, upper = max(0, int(min(xs))), max(0, int(min(ys)))
        width = min(SIZE * SCALE, int(max(xs)) + 1) - left
        height = min(SIZE * SCALE, int(max(ys)) + 1) - upper
        if width <= 0 or height <= 0:
            return
        mask = Image.new("L", (width, height))
        ImageDraw.Draw(mask).polygon(
            [(x - left, y - upper) for x, y in zip(xs, ys, strict=True)], fill=255
        )
        self.image.paste(gradient((top, bottom), height, width), (left, upper), mask)

    def line(self, points: Sequence[Point], colour: Colour, width: float) -> None:
        self.draw.line(
            [(x * SCALE, y * SCALE) for x, y in points],
            colour,
            max(1, round(width * SCALE)),
            "curve",
        )

    def ellipse(self, x: float, y: float, rx: float, ry: float, colour: Colour) -> None:
        self.draw.ellipse([v * SCALE for v in (x - rx, y - ry, x + rx, y + ry)], fill=colour)

    def box(self, x0: float, y0: float, x1: float, y1: float, colour: Colour) -> None:
        self.draw.rectangle([v * SCALE for v in (x0, y0, x1, y1)], fill=colour)

    def glow(
        self, x: float, y: float, rx: float, colour: Colour, strength: float, ry: float = 0.0
    ) -> None:
        """A soft light (or shadow), round unless ry is given."""
        ry = ry or rx
        size = (max(1, round(2 * rx * SCALE)), max(1, round(2 * ry * SCALE)))
        soft = _disc(strength).resize(size, Image.Resampling.BILINEAR)
        self.image.paste(colour, (round((x - rx) * SCALE), round((y - ry) * SCALE)), soft)

    def veil(self, top: float, bottom: float, colour: Colour, strength: float) -> None:
        """Air across the whole width: nothing at the top, `strength` (0 to 1) at the bottom."""
        first, height = round(top * SCALE), round(bottom * SCALE) - round(top * SCALE)
        ramp = _ramp(strength).resize((SIZE * SCALE, height), Image.Resampling.BILINEAR)
        self.image.paste(colour, (0, first), ramp)


@cache
def _disc(strength: float) -> Image.Image:
    """A soft disc on black, `strength` (0 to 1) in its middle."""
    y, x = np.mgrid[-1:1:64j, -1:1:64j]
    light = np.clip(1 - np.sqrt(x * x + y * y), 0, 1)
    return Image.fromarray((255 * strength * light * light).astype(np.uint8))


@cache
def _ramp(strength: float) -> Image.Image:
    """From nothing above to `strength` (0 to 1) below."""
    return Image.linear_gradient("L").point([round(v * strength) for v in range(256)])


def gradient(colours: tuple[Colour, ...], height: int, width: int) -> Image.Image:
    """Colours from top to bottom, blended evenly."""
    where = np.arange(height) * ((len(colours) - 1) / max(1, height - 1))
    knots = range(len(colours))
    rows = np.stack([np.interp(where, knots, channel) for channel in zip(*colours, strict=True)], 1)
    column = Image.fromarray(rows[:, None].round().astype(np.uint8))
    return column.resize((width, height), Image.Resampling.NEAREST)
