"""Draws a `Scene` with Pillow, back to front: sky, terrain, ground, water, things, weather, style.

Everything is drawn at twice the size and then halved, which smooths the edges. Positions are given in picture units:
(0, 0) is the top left corner, (128, 128) the bottom right one.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from .scenes import Scene
from .styles import apply_style

SIZE = 128
"""Width and height of a drawing in pixels."""

_SCALE = 2

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
    "day": (1.0, 1.0, 1.0), "dawn": (1.0, 0.91, 0.89), "sunset": (1.0, 0.78, 0.68),
    "night": (0.50, 0.54, 0.74), "storm": (0.68, 0.71, 0.74), "fantasy": (0.94, 0.82, 1.0),
}
TERRAIN: dict[str, Colour] = {
    "blue": (58, 104, 190), "purple": (122, 66, 160), "green": (62, 134, 76), "red": (192, 70, 56), "grey": (132, 132, 130),
}
GROUND: dict[str, Colour] = {
    "meadow": (126, 182, 76), "desert": (232, 192, 116), "snow": (238, 243, 250), "sea": (44, 116, 172),
}
PAINT: dict[str, Colour] = {
    "red": (208, 52, 44), "blue": (48, 92, 208), "yellow": (246, 200, 52), "white": (248, 246, 240),
}


def render(scene: Scene, seed: int) -> Image.Image:
    """The scene as an RGB picture of 128 × 128; the same scene and seed give the same picture everywhere."""
    easel = Easel.for_scene(scene, random.Random(seed))
    _sky(easel)
    _sky_object(easel)
    (_mountains if scene.terrain == "mountains" else _hills)(easel)
    _ground(easel)
    _water(easel)
    _trees(easel, behind=True)
    _building(easel)
    _trees(easel, behind=False)
    picture = easel.image.reduce(_SCALE)
    return apply_style(picture, scene.style, scene.weather)


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """The colour `share` of the way from a to b."""
    return tuple(round(x + (y - x) * share) for x, y in zip(a, b, strict=True))


def shade(colour: Colour, factor: float) -> Colour:
    """The colour made darker (factor < 1) or lighter (factor > 1)."""
    return tuple(min(255, round(x * factor)) for x in colour)


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
        image = Image.new("RGB", (SIZE * _SCALE, SIZE * _SCALE))
        horizon = rng.uniform(64, 74)
        return cls(scene, rng, image, ImageDraw.Draw(image), horizon, rng.choice((rng.uniform(22, 50), rng.uniform(78, 106))))

    def lit(self, colour: Colour, distance: float = 0.0) -> Colour:
        """A colour under the light of the hour, fading into the haze with distance (0 near … 1 far)."""
        colour = tuple(round(c * f) for c, f in zip(colour, LIGHT[self.scene.time], strict=True))
        return mix(colour, SKY[self.scene.time][2], distance)

    def polygon(self, points: list[Point], colour: Colour) -> None:
        self.draw.polygon([(x * _SCALE, y * _SCALE) for x, y in points], fill=colour)

    def line(self, points: list[Point], colour: Colour, width: float) -> None:
        self.draw.line([(x * _SCALE, y * _SCALE) for x, y in points], colour, max(1, round(width * _SCALE)), "curve")

    def ellipse(self, x: float, y: float, rx: float, ry: float, colour: Colour) -> None:
        self.draw.ellipse([v * _SCALE for v in (x - rx, y - ry, x + rx, y + ry)], fill=colour)

    def box(self, x0: float, y0: float, x1: float, y1: float, colour: Colour) -> None:
        self.draw.rectangle([v * _SCALE for v in (x0, y0, x1, y1)], fill=colour)

    def glow(self, x: float, y: float, radius: float, colour: Colour, strength: float) -> None:
        """A soft round light."""
        soft = _disc().resize((round(2 * radius * _SCALE),) * 2, Image.Resampling.BILINEAR).point(lambda v: v * strength)
        self.image.paste(colour, (round((x - radius) * _SCALE), round((y - radius) * _SCALE)), soft)

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


def _gradient(colours: tuple[Colour, ...], height: int, width: int) -> Image.Image:
    """Colours from top to bottom, blended evenly."""
    where = np.linspace(0, len(colours) - 1, height)
    rows = np.stack([np.interp(where, range(len(colours)), channel) for channel in zip(*colours, strict=True)], -1)
    return Image.fromarray(np.repeat(rows[:, None].round().astype(np.uint8), width, axis=1))


# --- sky -------------------------------------------------------------------------------------------------------------

def _sky(e: Easel) -> None:
    e.image.paste(_gradient(SKY[e.scene.time], round((e.horizon + 4) * _SCALE), SIZE * _SCALE), (0, 0))
    if e.scene.time in ("dawn", "sunset"):
        e.glow(e.light_x, e.horizon, 60, (255, 226, 150), 0.75)
    if e.scene.time == "fantasy":
        for k in range(3):  # ribbons of light
            y, a = 12 + 11 * k + e.rng.uniform(-3, 3), e.rng.uniform(0, 6)
            ribbon = [(x, y + 5 * math.sin(x / 22 + a)) for x in range(-4, 136, 4)]
            e.line(ribbon, mix(SKY["fantasy"][1], (150, 255, 235), 0.22 + 0.1 * k), 3.5)
    if e.scene.time == "storm":
        for k in range(9):
            x, y = k * 16 + e.rng.uniform(-6, 6), e.rng.uniform(-2, 13)
            e.ellipse(x, y, e.rng.uniform(15, 23), e.rng.uniform(8, 12), shade((54, 60, 70), e.rng.uniform(0.75, 1.3)))


def _sky_object(e: Easel) -> None:
    painter = {"sun": _sun, "moon": _moon, "two moons": _two_moons, "stars": _stars, "clouds": _clouds, "rainbow": _rainbow,
               "balloon": _balloon, "planet": _planet, "lightning": _lightning}.get(e.scene.sky)
    if painter:
        painter(e)


def _sun(e: Easel) -> None:
    low = e.scene.time != "day"
    x, y = e.light_x, e.rng.uniform(34, 40) if low else e.rng.uniform(18, 26)
    colour = {"sunset": (255, 236, 150), "dawn": (255, 246, 206)}.get(e.scene.time, (255, 240, 130))
    e.glow(x, y, 38, (255, 250, 214), 0.8)
    e.ellipse(x, y, 12, 12, colour)


def _one_moon(e: Easel, x: float, y: float, r: float, colour: Colour) -> None:
    e.glow(x, y, r * 3, (214, 224, 255), 0.55)
    e.ellipse(x, y, r, r, colour)
    for dx, dy, size in ((-0.35, -0.2, 0.24), (0.3, 0.3, 0.3), (0.2, -0.45, 0.16)):
        e.ellipse(x + dx * r, y + dy * r, size * r, size * r, shade(colour, 0.9))


def _moon(e: Easel) -> None:
    _one_moon(e, e.light_x, e.rng.uniform(20, 28), 11.5, (250, 248, 224))


def _two_moons(e: Easel) -> None:
    side = 1 if e.light_x < 64 else -1
    _one_moon(e, e.light_x, e.rng.uniform(22, 28), 11.5, (250, 248, 224))
    _one_moon(e, e.light_x + side * e.rng.uniform(34, 42), e.rng.uniform(13, 19), 8, (255, 206, 150))


def _stars(e: Easel) -> None:
    for k in range(20):
        x, y = (k % 5) * 26 + 12 + e.rng.uniform(-8, 8), (k // 5) * 11 + 8 + e.rng.uniform(-4, 4)
        r = e.rng.choice((1.5, 2.2, 3.2))
        star = [(x + (r if i % 2 == 0 else r * 0.42) * math.sin(i * math.pi / 4),
                 y - (r if i % 2 == 0 else r * 0.42) * math.cos(i * math.pi / 4)) for i in range(8)]
        e.glow(x, y, r * 2.2, (255, 250, 220), 0.5)
        e.polygon(star, (255, 250, 214))


def _clouds(e: Easel) -> None:
    white = mix((255, 255, 255), SKY[e.scene.time][1], 0.12)
    for x, y, size in ((e.rng.uniform(18, 40), e.rng.uniform(18, 26), 1.0), (e.rng.uniform(84, 108), e.rng.uniform(14, 22), 0.9),
                       (e.rng.uniform(50, 76), e.rng.uniform(32, 38), 0.7)):
        for dx, dy, rx, ry in ((-12, 2, 9, 6), (0, -3, 11, 9), (12, 1, 10, 7), (0, 4, 20, 5)):
            e.ellipse(x + dx * size, y + (dy + 1.6) * size, rx * size, ry * size, shade(white, 0.88))
        for dx, dy, rx, ry in ((-12, 1, 9, 6), (0, -4, 11, 9), (12, 0, 10, 7), (0, 2.6, 20, 5)):
            e.ellipse(x + dx * size, y + dy * size, rx * size, ry * size, white)


def _rainbow(e: Easel) -> None:
    x, y, radius = e.rng.uniform(52, 76), e.horizon + 4, e.rng.uniform(52, 58)
    bands = ((226, 70, 70), (244, 152, 56), (250, 222, 84), (98, 190, 100), (76, 138, 220), (140, 92, 190))
    behind = e.image.copy()
    for k, colour in enumerate(bands):
        r = radius - 3 * k
        e.ellipse(x, y, r, r, colour)
    inner = Image.new("L", e.image.size, 0)
    r = radius - 3 * len(bands)
    ImageDraw.Draw(inner).ellipse([v * _SCALE for v in (x - r, y - r, x + r, y + r)], fill=255)
    e.image.paste(behind, (0, 0), inner)
    e.image.paste(Image.blend(e.image, behind, 0.25))


def _balloon(e: Easel) -> None:
    x, y, r = e.rng.uniform(30, 98), e.rng.uniform(20, 26), 13
    red, cream = e.lit((232, 84, 62)), e.lit((255, 240, 206))
    e.polygon([(x - 10, y + 8), (x + 10, y + 8), (x + 3, y + 19), (x - 3, y + 19)], red)
    for k, colour in enumerate((red, cream, red, cream)):
        e.ellipse(x, y, r * (1 - 0.28 * k), r, colour)
    e.line([(x - 3, y + 15), (x - 2, y + 22)], e.lit((90, 60, 40)), 0.8)
    e.line([(x + 3, y + 15), (x + 2, y + 22)], e.lit((90, 60, 40)), 0.8)
    e.box(x - 3.5, y + 20, x + 3.5, y + 25, e.lit((132, 84, 44)))


def _planet(e: Easel) -> None:
    x, y, r = e.light_x, e.rng.uniform(24, 32), 15
    body, ring = (232, 168, 104), (250, 226, 182)
    e.glow(x, y, 32, (255, 216, 170), 0.4)
    e.ellipse(x, y, r, r, body)
    e.draw.chord([v * _SCALE for v in (x - r, y - r, x + r, y + r)], 20, 160, fill=shade(body, 0.82))
    e.draw.chord([v * _SCALE for v in (x - r, y - r, x + r, y + r)], 205, 335, fill=shade(body, 1.1))
    arc = [(x + 24 * math.cos(a), y + 7 * math.sin(a) - 0.25 * 24 * math.cos(a)) for a in np.linspace(-0.35, math.pi + 0.35, 24)]
    e.line(arc, ring, 2.6)


def _lightning(e: Easel) -> None:
    x, y = e.rng.uniform(34, 94), 12
    e.glow(x, y + 14, 40, (236, 232, 255), 0.5)
    points = [(x, y)]
    while points[-1][1] < e.horizon:
        points.append((points[-1][0] + e.rng.choice((-1, 1)) * e.rng.uniform(4, 9), points[-1][1] + e.rng.uniform(8, 12)))
    e.line(points, (255, 246, 170), 3)
    middle = points[2]
    e.line([middle, (middle[0] + 9, middle[1] + 10), (middle[0] + 6, middle[1] + 20)], (255, 246, 170), 1.8)


# --- land ------------------------------------------------------------------------------------------------------------

def _mountains(e: Easel) -> None:
    base = TERRAIN[e.scene.terrain_colour]
    for distance, count, low, high in ((0.45, 4, 20, 32), (0.1, 3, 28, 46)):
        colour, xs = e.lit(base, distance), [(k + 0.5) * 128 / count + e.rng.uniform(-12, 12) for k in range(count)]
        for x in sorted(xs, key=lambda _: e.rng.random()):
            _peak(e, x, e.rng.uniform(low, high), colour, e.lit((250, 251, 255), distance * 0.6))


def _peak(e: Easel, x: float, height: float, colour: Colour, snow: Colour) -> None:
    """One mountain: a lit face and a shaded one, parted by a ragged ridge, with a cap of snow."""
    top, foot = e.horizon - height, e.horizon + 5
    left, right = x - height * e.rng.uniform(0.75, 1.05), x + height * e.rng.uniform(0.75, 1.05)
    ridge = [(x, top)] + [(x + side * height * 0.09, top + height * f) for f, side in ((0.25, 1), (0.5, -1), (0.75, 1))]
    ridge.append((x, foot))
    light, dark = shade(colour, 1.16), shade(colour, 0.74)
    if e.light_x > x:
        light, dark = dark, light
    e.polygon([(left, foot), *ridge], light)
    e.polygon([(right, foot), *ridge], dark)
    cap = 0.34
    lx, rx, y = x + (left - x) * cap, x + (right - x) * cap, top + (foot - top) * cap
    teeth = [(lx, y), ((2 * lx + x) / 3, y - 3), ((lx + 2 * x) / 3, y + 3), (x, y - 1)]
    e.polygon([(x, top), *teeth], snow if e.light_x <= x else shade(snow, 0.82))
    teeth = [(rx, y), ((2 * rx + x) / 3, y - 3), ((rx + 2 * x) / 3, y + 3), (x, y - 1)]
    e.polygon([(x, top), *teeth], shade(snow, 0.82) if e.light_x <= x else snow)


def _hills(e: Easel) -> None:
    base = TERRAIN[e.scene.terrain_colour]
    for distance, height in ((0.5, 25), (0.28, 17), (0.06, 9)):
        a, b = e.rng.uniform(0, 6), e.rng.uniform(0, 6)
        crest = [(x, e.horizon - height - 5 * math.sin(x / 19 + a) - 3 * math.sin(x / 9.5 + b)) for x in range(-2, 134, 4)]
        colour = e.lit(base, distance)
        e.polygon([*crest, (132, e.horizon + 6), (-2, e.horizon + 6)], colour)
        e.line(crest, shade(colour, 1.16), 2)


def _ground(e: Easel) -> None:
    colour, height = GROUND[e.scene.ground], SIZE * _SCALE - round(e.horizon * _SCALE)
    if e.scene.ground == "sea":
        _reflection(e, None, 0.6)
        for k in range(10):  # glitter
            s = (k + 0.5) / 10
            x, w = e.light_x + e.rng.uniform(-34, 34) * s, 5 + 9 * s
            e.line([(x - w, e.bank(s)), (x + w, e.bank(s))], mix(SKY[e.scene.time][2], e.lit((200, 226, 240)), 0.5), 1)
        shore = [(x, e.bank(0.72) + 5 * math.sin(x / 30 + e.light_x)) for x in range(-2, 134, 4)]
        e.line(shore, e.lit((240, 248, 250)), 3)
        e.polygon([*shore, (132, 130), (-2, 130)], e.lit((234, 208, 150)))
        return
    far, near = e.lit(mix(colour, (255, 255, 255), 0.1), 0.22), e.lit(shade(colour, 0.86))
    e.image.paste(_gradient((far, near), height, SIZE * _SCALE), (0, round(e.horizon * _SCALE)))
    amplitude = {"meadow": 2.5, "desert": 5.0, "snow": 4.0}[e.scene.ground]
    for k, s in enumerate((0.2, 0.45, 0.74)):
        a = e.rng.uniform(0, 6)
        crest = [(x, e.bank(s) + amplitude * math.sin(x / 24 + a)) for x in range(-2, 134, 4)]
        swell = shade(e.lit(colour), (1.06, 1.0, 0.93)[k]) if e.scene.ground != "snow" else mix(e.lit(colour), e.lit((176, 200, 232)), 0.12 + 0.1 * k)
        e.polygon([*crest, (132, 130), (-2, 130)], swell)
        if e.scene.ground == "desert":
            e.line(crest, e.lit((250, 222, 158)), 1.6)


def _reflection(e: Easel, mask: Image.Image | None, tint: float) -> None:
    """The land above mirrored below the horizon, tinted with the colour of water, where the mask is white."""
    top = round(e.horizon * _SCALE)
    depth = SIZE * _SCALE - top
    mirrored = e.image.crop((0, max(0, top - depth), SIZE * _SCALE, top)).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    mirrored = mirrored.resize((SIZE * _SCALE, depth))
    water = _gradient((e.lit((120, 186, 224)), e.lit(GROUND["sea"])), depth, SIZE * _SCALE)
    e.image.paste(Image.blend(mirrored, water, tint), (0, top), mask.crop((0, top, SIZE * _SCALE, SIZE * _SCALE)) if mask else None)


def _course(e: Easel, swing: float) -> tuple[list[float], list[float], list[float]]:
    """Centre, half width and height of a river or road at twelve depths."""
    phase, start = e.rng.choice((0.0, math.pi)), e.rng.uniform(54, 74)
    depths = [k / 14 for k in range(15)]
    xs = [start + swing * s**0.8 * math.sin(phase + 5.2 * s**0.8) for s in depths]
    return xs, [1.2 + 17 * s**1.4 for s in depths], [e.bank(s) for s in depths]


def _water(e: Easel) -> None:
    if e.scene.water == "none":
        return
    mask = Image.new("L", e.image.size, 0)
    pen = ImageDraw.Draw(mask)
    bank = {"snow": (206, 222, 240), "desert": (206, 158, 84)}.get(e.scene.ground, (88, 142, 62))
    if e.scene.water == "lake":
        x, y, rx, ry = e.rng.uniform(52, 76), e.bank(0.36), e.rng.uniform(42, 50), 12.5
        e.ellipse(x, y, rx + 2, ry + 1.6, e.lit(bank))
        pen.ellipse([v * _SCALE for v in (x - rx, y - ry, x + rx, y + ry)], fill=255)
        _reflection(e, mask, 0.5)
        for k in (-0.35, 0.2, 0.6):
            e.line([(x + k * 20 - 9, y + k * ry), (x + k * 20 + 9, y + k * ry)], e.lit((206, 232, 244)), 1)
        return
    xs, ws, ys = _course(e, 22 if e.scene.water == "river" else 15)
    outer = [(x - w - 1.5, y) for x, w, y in zip(xs, ws, ys, strict=True)] + [(x + w + 1.5, y) for x, w, y in zip(xs, ws, ys, strict=True)][::-1]
    inner = [(x - w, y) for x, w, y in zip(xs, ws, ys, strict=True)] + [(x + w, y) for x, w, y in zip(xs, ws, ys, strict=True)][::-1]
    if e.scene.water == "road":
        e.polygon(outer, e.lit((104, 78, 58)))
        e.polygon(inner, e.lit((158, 124, 98)))
        for k in range(3, 14, 2):
            e.line([(xs[k], ys[k]), (xs[k + 1], ys[k + 1])], e.lit((250, 236, 196)), 0.5 + ws[k] / 7)
        return
    e.polygon(outer, e.lit(bank))
    pen.polygon([(x * _SCALE, y * _SCALE) for x, y in inner], fill=255)
    _reflection(e, mask, 0.72)
    for k in range(4, 14, 3):
        e.line([(xs[k] - ws[k] * 0.4, ys[k]), (xs[k] + ws[k] * 0.5, ys[k])], e.lit((214, 238, 248)), 1)


# --- things ----------------------------------------------------------------------------------------------------------

def _trees(e: Easel, behind: bool) -> None:
    """Trees to the left and right: small ones behind the building, large ones before it."""
    painter = {"pine": _pine, "round": _round_tree, "palm": _palm}.get(e.scene.trees)
    if not painter:
        return
    if behind:
        spots = [] if e.scene.ground == "sea" else [(e.rng.uniform(4, 22), 0.16, 15), (e.rng.uniform(104, 124), 0.14, 15),
                                                    (e.rng.uniform(24, 38), 0.12, 13)]
    else:
        s = 0.86 if e.scene.ground == "sea" else 0.74
        spots = [(e.rng.uniform(10, 20), s, 40), (e.rng.uniform(106, 118), s + 0.06, 36)]
        spots += [(e.rng.uniform(30, 38), s + 0.12, 28)] if e.rng.random() < 0.5 else []
    for x, s, height in spots:
        e.ellipse(x, e.bank(s), height * 0.28, height * 0.06, shade(e.lit(GROUND[e.scene.ground] if e.scene.ground != "sea" else (210, 180, 124)), 0.72))
        painter(e, x, e.bank(s), height * e.rng.uniform(0.92, 1.08))


def _pine(e: Easel, x: float, y: float, h: float) -> None:
    colour = e.lit(mix((30, 96, 66), (255, 255, 255), 0.2 if e.scene.ground == "snow" else 0.0))
    side = -1 if e.light_x < x else 1
    e.box(x - h * 0.05, y - h * 0.2, x + h * 0.05, y, e.lit((96, 66, 44)))
    for top, foot, half in ((0.42, 0.12, 0.30), (0.7, 0.34, 0.24), (1.0, 0.58, 0.17)):
        e.polygon([(x, y - h * top), (x - h * half, y - h * foot), (x + h * half, y - h * foot)], shade(colour, 0.8))
        e.polygon([(x, y - h * top), (x + side * h * half, y - h * foot), (x, y - h * foot)], shade(colour, 1.2))


def _round_tree(e: Easel, x: float, y: float, h: float) -> None:
    colour = e.lit((70, 146, 58))
    side = -1 if e.light_x < x else 1
    e.polygon([(x - h * 0.06, y), (x - h * 0.04, y - h * 0.5), (x + h * 0.04, y - h * 0.5), (x + h * 0.06, y)], e.lit((110, 74, 46)))
    for dx, dy, r in ((-0.15, 0.55, 0.2), (0.15, 0.55, 0.2), (0, 0.72, 0.27)):
        e.ellipse(x + dx * h, y - dy * h, r * h, r * h, shade(colour, 0.8))
    for dx, dy, r in ((0.05, 0.76, 0.19), (0.18, 0.6, 0.1)):
        e.ellipse(x + side * dx * h, y - dy * h, r * h, r * h, shade(colour, 1.14))


def _palm(e: Easel, x: float, y: float, h: float) -> None:
    lean = h * (0.16 if x < 64 else -0.16)
    trunk = [(x + lean * s**2, y - h * 0.75 * s) for s in (0, 0.25, 0.5, 0.75, 1)]
    e.line(trunk, e.lit((142, 98, 58)), h * 0.075)
    cx, cy = trunk[-1]
    for k, (dx, dy) in enumerate(((-0.42, 0.16), (0.42, 0.16), (-0.36, -0.1), (0.36, -0.1), (-0.16, -0.26), (0.18, -0.26))):
        tip, lift = (cx + dx * h, cy + dy * h), (cx + dx * h * 0.5, cy + dy * h * 0.5 - h * 0.17)
        e.polygon([(cx, cy), lift, tip, (lift[0], lift[1] + h * 0.1)], e.lit(shade((58, 140, 72), 1.2 if k % 2 else 0.86)))


def _building(e: Easel) -> None:
    painter = {"house": _house, "castle": _castle, "lighthouse": _lighthouse, "boat": _boat, "tent": _tent}.get(e.scene.building)
    if not painter:
        return
    on_water = e.scene.building == "boat"
    if e.scene.ground == "sea":
        x, s = e.rng.uniform(40, 90), 0.4 if on_water else 0.8
    elif on_water:
        x, s = e.rng.uniform(52, 76), 0.42 if e.scene.water == "lake" else 0.66
    else:
        x = e.rng.choice((e.rng.uniform(34, 44), e.rng.uniform(84, 94)))
        s = 0.52 if e.scene.water != "lake" else 0.76
    painter(e, x, e.bank(s), e.lit(PAINT[e.scene.building_colour]))


def _window(e: Easel, x: float, y: float, w: float, h: float) -> None:
    glowing = e.scene.time in ("night", "storm", "sunset", "fantasy")
    e.box(x - w, y - h, x + w, y + h, (255, 216, 110) if glowing else e.lit((58, 70, 92)))


def _house(e: Easel, x: float, y: float, colour: Colour) -> None:
    side = shade(colour, 0.76)
    roof = e.lit((104, 74, 66))
    e.ellipse(x + 3, y, 25, 3, e.lit((70, 84, 66)))
    e.polygon([(x - 16, y), (x - 16, y - 18), (x - 5, y - 30), (x + 6, y - 18), (x + 6, y)], colour)
    e.polygon([(x + 6, y), (x + 6, y - 18), (x + 24, y - 18), (x + 24, y)], side)
    e.box(x + 14, y - 36, x + 18, y - 26, e.lit((132, 96, 84)))
    e.polygon([(x - 5, y - 31), (x + 14, y - 31), (x + 27, y - 16), (x + 8, y - 16)], roof)
    e.line([(x - 19, y - 16), (x - 5, y - 31), (x + 8, y - 16)], shade(roof, 0.7), 2.4)
    e.box(x - 8, y - 11, x - 2, y, e.lit((84, 52, 36)))
    _window(e, x - 5, y - 19, 2.4, 2.6)
    _window(e, x + 15, y - 9, 3.2, 3.2)


def _castle(e: Easel, x: float, y: float, colour: Colour) -> None:
    dark, roof = shade(colour, 0.76), e.lit((70, 62, 96))
    e.ellipse(x, y, 27, 3, e.lit((70, 84, 66)))
    e.box(x - 20, y - 22, x + 20, y, colour)
    for k in range(-18, 20, 8):
        e.box(x + k, y - 26, x + k + 4, y - 22, colour)
    for cx, height, half in ((x - 20, 36, 6.5), (x + 20, 36, 6.5), (x, 46, 7.5)):
        e.box(cx - half, y - height, cx + half, y, colour)
        e.box(cx + half * 0.3, y - height, cx + half, y, dark)
        e.polygon([(cx - half - 2.5, y - height), (cx, y - height - 15), (cx + half + 2.5, y - height)], roof)
        _window(e, cx - 1, y - height + 9, 1.8, 3)
    e.box(x - 5, y - 9, x + 5, y, e.lit((60, 44, 40)))
    e.ellipse(x, y - 9, 5, 5, e.lit((60, 44, 40)))


def _lighthouse(e: Easel, x: float, y: float, colour: Colour) -> None:
    if e.scene.time in ("night", "storm", "sunset", "fantasy"):
        e.glow(x, y - 51, 22, (255, 240, 170), 0.9)
    e.ellipse(x, y, 17, 4, e.lit((98, 96, 98)))
    white = e.lit((206, 208, 212) if e.scene.building_colour == "white" else (246, 244, 238))
    for k in range(5):  # bands
        low, high = y - 9 * k, y - 9 * (k + 1)
        wl, wh = 10.5 - 0.9 * k, 10.5 - 0.9 * (k + 1)
        band = colour if k % 2 == 0 else white
        e.polygon([(x - wl, low), (x - wh, high), (x + wh, high), (x + wl, low)], band)
        e.polygon([(x + wl * 0.35, low), (x + wh * 0.35, high), (x + wh, high), (x + wl, low)], shade(band, 0.8))
    e.box(x - 9, y - 47, x + 9, y - 45, e.lit((60, 60, 70)))
    e.box(x - 5, y - 55, x + 5, y - 47, (255, 236, 150))
    e.polygon([(x - 7, y - 55), (x, y - 62), (x + 7, y - 55)], colour)


def _boat(e: Easel, x: float, y: float, colour: Colour) -> None:
    e.ellipse(x, y + 4, 21, 2.6, e.lit((24, 62, 100)))
    e.polygon([(x - 21, y - 5), (x + 21, y - 5), (x + 13, y + 5), (x - 15, y + 5)], e.lit((112, 70, 44)))
    e.polygon([(x - 21, y - 5), (x + 21, y - 5), (x + 19, y - 2), (x - 19, y - 2)], e.lit((156, 104, 66)))
    e.box(x - 1, y - 42, x + 0.6, y - 4, e.lit((84, 56, 40)))
    e.polygon([(x + 2, y - 41), (x + 21, y - 9), (x + 2, y - 9)], colour)
    e.polygon([(x - 3, y - 36), (x - 3, y - 9), (x - 17, y - 9)], shade(colour, 0.84))


def _tent(e: Easel, x: float, y: float, colour: Colour) -> None:
    e.ellipse(x + 3, y, 27, 3, e.lit((70, 84, 66)))
    e.polygon([(x - 20, y), (x - 2, y - 28), (x + 14, y)], colour)
    e.polygon([(x - 2, y - 28), (x + 16, y - 24), (x + 29, y - 2), (x + 14, y)], shade(colour, 0.74))
    e.polygon([(x - 8, y), (x - 2, y - 19), (x + 4, y)], e.lit((66, 46, 40)))
