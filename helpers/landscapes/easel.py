"""A picture twice the final size, its colours and light, and the strokes that all painters use.

Positions are in picture units: (0, 0) is the top left corner, (128, 128) the bottom right one.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from .scenes import Scene

SIZE = 128
"""Width and height of a drawing in pixels."""

SCALE = 2

Colour = tuple[int, int, int]
Point = tuple[float, float]

# Sky from top to horizon, colour of the light on things, colour of the haze before far things.
SKY: dict[str, tuple[Colour, Colour, Colour]] = {
    "day": ((84, 158, 226), (146, 202, 240), (220, 240, 246)),
    "dawn": ((136, 158, 214), (236, 186, 204), (255, 226, 190)),
    "sunset": ((84, 52, 122), (222, 84, 84), (255, 178, 70)),
    "night": ((8, 14, 44), (22, 36, 86), (56, 80, 142)),
    "storm": ((44, 50, 60), (84, 94, 104), (140, 150, 154)),
    "fantasy": ((52, 22, 112), (158, 74, 196), (116, 228, 222)),
}
LIGHT: dict[str, tuple[float, float, float]] = {
    "day": (1.0, 1.0, 1.0),
    "dawn": (1.0, 0.91, 0.89),
    "sunset": (1.0, 0.78, 0.68),
    "night": (0.50, 0.54, 0.74),
    "storm": (0.68, 0.71, 0.74),
    "fantasy": (0.94, 0.82, 1.0),
}
TERRAIN: dict[str, Colour] = {
    "blue": (58, 104, 190),
    "purple": (122, 66, 160),
    "green": (62, 134, 76),
    "red": (192, 70, 56),
    "grey": (132, 132, 130),
}
GROUND: dict[str, Colour] = {
    "meadow": (126, 182, 76),
    "desert": (232, 192, 116),
    "snow": (238, 243, 250),
    "sea": (44, 116, 172),
}
PAINT: dict[str, Colour] = {
    "red": (208, 52, 44),
    "blue": (48, 92, 208),
    "yellow": (246, 200, 52),
    "white": (248, 246, 240),
}


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """The colour `share` of the way from a to b."""
    red, green, blue = (round(x + (y - x) * share) for x, y in zip(a, b, strict=True))
    return red, green, blue


def shade(colour: Colour, factor: float) -> Colour:
    """The colour made darker (factor < 1) or lighter (factor > 1)."""
    red, green, blue = (min(255, round(x * factor)) for x in colour)
    return red, green, blue


@dataclass
class Easel:
    """The picture being painted, and what all its parts agree on."""

    scene: Scene
    rng: random.Random
    image: Image.Image
    draw: ImageDraw.ImageDraw
    horizon: float  # height of the horizon, units from the top
    light_x: float  # where the sun or moon stands: it lights the sides that face it

    @classmethod
    def for_scene(cls, scene: Scene, rng: random.Random) -> Easel:
        image = Image.new("RGB", (SIZE * SCALE, SIZE * SCALE))
        horizon = rng.uniform(64, 74)
        return cls(
            scene,
            rng,
            image,
            ImageDraw.Draw(image),
            horizon,
            rng.choice((rng.uniform(22, 50), rng.uniform(78, 106))),
        )

    def lit(self, colour: Colour, distance: float = 0.0) -> Colour:
        """A colour in the light of the hour, fading into the haze with distance, 0 to 1."""
        light, haze = LIGHT[self.scene.time], SKY[self.scene.time][2]
        red, green, blue = (round(c * f) for c, f in zip(colour, light, strict=True))
        return mix((red, green, blue), haze, distance)

    def polygon(self, points: Sequence[Point], colour: Colour) -> None:
        self.draw.polygon([(x * SCALE, y * SCALE) for x, y in points], fill=colour)

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

    def glow(self, x: float, y: float, radius: float, colour: Colour, strength: float) -> None:
        """A soft round light."""
        soft = (
            _disc()
            .resize((round(2 * radius * SCALE),) * 2, Image.Resampling.BILINEAR)
            .point(lambda v: v * strength)
        )
        self.image.paste(colour, (round((x - radius) * SCALE), round((y - radius) * SCALE)), soft)

    def bank(self, s: float) -> float:
        """Height of the ground at depth s: 0 at the horizon, 1 at the lower edge."""
        return self.horizon + s * (SIZE - self.horizon)


_DISC: Image.Image | None = None


def _disc() -> Image.Image:
    """A soft white disc on black, made once."""
    global _DISC
    if _DISC is None:
        y, x = np.mgrid[-1:1:64j, -1:1:64j]
        _DISC = Image.fromarray((255 * np.clip(1 - np.hypot(x, y), 0, 1) ** 2).astype(np.uint8))
    return _DISC


def gradient(colours: tuple[Colour, ...], height: int, width: int) -> Image.Image:
    """Colours from top to bottom, blended evenly."""
    where = np.linspace(0, len(colours) - 1, height)
    rows = np.stack(
        [np.interp(where, range(len(colours)), channel) for channel in zip(*colours, strict=True)],
        -1,
    )
    return Image.fromarray(np.repeat(rows[:, None].round().astype(np.uint8), width, axis=1))
