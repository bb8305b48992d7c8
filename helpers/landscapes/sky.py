"""The sky: colours of the hour, and sun, moons, stars, clouds and more."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageDraw

from .easel import SCALE, SIZE, SKY, Colour, Easel, gradient, mix, shade


def paint_sky(e: Easel) -> None:
    """The sky of the hour, and what stands in it."""
    e.image.paste(gradient(SKY[e.scene.time], round((e.horizon + 4) * SCALE), SIZE * SCALE), (0, 0))
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
            e.ellipse(
                x,
                y,
                e.rng.uniform(15, 23),
                e.rng.uniform(8, 12),
                shade((54, 60, 70), e.rng.uniform(0.75, 1.3)),
            )
    if e.scene.sky != "none":
        _OBJECTS[e.scene.sky](e)


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
    _one_moon(
        e, e.light_x + side * e.rng.uniform(34, 42), e.rng.uniform(13, 19), 8, (255, 206, 150)
    )


def _stars(e: Easel) -> None:
    for k in range(20):
        x, y = (k % 5) * 26 + 12 + e.rng.uniform(-8, 8), (k // 5) * 11 + 8 + e.rng.uniform(-4, 4)
        r = e.rng.choice((1.5, 2.2, 3.2))
        star = [
            (
                x + (r if i % 2 == 0 else r * 0.42) * math.sin(i * math.pi / 4),
                y - (r if i % 2 == 0 else r * 0.42) * math.cos(i * math.pi / 4),
            )
            for i in range(8)
        ]
        e.glow(x, y, r * 2.2, (255, 250, 220), 0.5)
        e.polygon(star, (255, 250, 214))


def _clouds(e: Easel) -> None:
    white = mix((255, 255, 255), SKY[e.scene.time][1], 0.12)
    for x, y, size in (
        (e.rng.uniform(18, 40), e.rng.uniform(18, 26), 1.0),
        (e.rng.uniform(84, 108), e.rng.uniform(14, 22), 0.9),
        (e.rng.uniform(50, 76), e.rng.uniform(32, 38), 0.7),
    ):
        for dx, dy, rx, ry in ((-12, 2, 9, 6), (0, -3, 11, 9), (12, 1, 10, 7), (0, 4, 20, 5)):
            e.ellipse(
                x + dx * size, y + (dy + 1.6) * size, rx * size, ry * size, shade(white, 0.88)
            )
        for dx, up, rx, ry in ((-12, 1, 9, 6), (0, -4, 11, 9), (12, 0, 10, 7), (0, 2.6, 20, 5)):
            e.ellipse(x + dx * size, y + up * size, rx * size, ry * size, white)


def _rainbow(e: Easel) -> None:
    x, y, radius = e.rng.uniform(52, 76), e.horizon + 4, e.rng.uniform(52, 58)
    bands = (
        (226, 70, 70),
        (244, 152, 56),
        (250, 222, 84),
        (98, 190, 100),
        (76, 138, 220),
        (140, 92, 190),
    )
    behind = e.image.copy()
    for k, colour in enumerate(bands):
        r = radius - 3 * k
        e.ellipse(x, y, r, r, colour)
    inner = Image.new("L", e.image.size, 0)
    r = radius - 3 * len(bands)
    ImageDraw.Draw(inner).ellipse([v * SCALE for v in (x - r, y - r, x + r, y + r)], fill=255)
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
    e.draw.chord([v * SCALE for v in (x - r, y - r, x + r, y + r)], 20, 160, fill=shade(body, 0.82))
    e.draw.chord([v * SCALE for v in (x - r, y - r, x + r, y + r)], 205, 335, fill=shade(body, 1.1))
    arc = [
        (x + 24 * math.cos(a), y + 7 * math.sin(a) - 0.25 * 24 * math.cos(a))
        for a in np.linspace(-0.35, math.pi + 0.35, 24)
    ]
    e.line(arc, ring, 2.6)


def _lightning(e: Easel) -> None:
    x, y = e.rng.uniform(34, 94), 12.0
    e.glow(x, y + 14, 40, (236, 232, 255), 0.5)
    points = [(x, y)]
    while points[-1][1] < e.horizon:
        points.append(
            (
                points[-1][0] + e.rng.choice((-1, 1)) * e.rng.uniform(4, 9),
                points[-1][1] + e.rng.uniform(8, 12),
            )
        )
    e.line(points, (255, 246, 170), 3)
    middle = points[2]
    e.line(
        [middle, (middle[0] + 9, middle[1] + 10), (middle[0] + 6, middle[1] + 20)],
        (255, 246, 170),
        1.8,
    )


_OBJECTS = {
    "sun": _sun,
    "moon": _moon,
    "two moons": _two_moons,
    "stars": _stars,
    "clouds": _clouds,
    "rainbow": _rainbow,
    "balloon": _balloon,
    "planet": _planet,
    "lightning": _lightning,
}
