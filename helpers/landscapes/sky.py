"""The sky: colours of the hour, and sun, moons, stars, clouds and more."""

from __future__ import annotations

import math

from PIL import Image, ImageDraw

from .easel import SCALE, SIZE, Colour, Easel, gradient, mix, times
from .layout import Spot


def paint_sky(e: Easel) -> None:
    """The sky of the hour, and what stands in it."""
    x, horizon = e.layout.light_x, e.layout.horizon
    e.image.paste(gradient(e.hour.sky, round((horizon + 4) * SCALE), SIZE * SCALE), (0, 0))
    if e.scene.time == "dawn":
        e.glow(x, horizon, 84, (255, 244, 214), 0.8, 52)
    elif e.scene.time == "sunset":
        e.glow(x, horizon, 84, (255, 220, 120), 0.85, 48)
    elif e.scene.time == "fantasy":
        _ribbons(e)
    elif e.scene.time == "storm":
        _thunderheads(e)
    if e.scene.sky != "none":
        _OBJECTS[e.scene.sky](e)


def _ribbons(e: Easel) -> None:
    """Bands of light, as of an aurora."""
    rng = e.rng("ribbons")
    for k in range(3):
        y, phase = 10 + 12 * k + rng.uniform(-3, 3), rng.uniform(0, 6)
        for width, share in ((8, 0.10), (5, 0.2), (2, 0.3)):
            colour = mix(e.hour.sky[1], (150, 255, 235), share + 0.05 * k)
            points = [(x, y + 5 * math.sin(x / 24 + phase)) for x in range(-4, 136, 4)]
            e.line(points, colour, width)


def _thunderheads(e: Easel) -> None:
    """Heavy clouds along the upper edge, darker towards it."""
    rng = e.rng("thunderheads")
    for row, (y, count, colour) in enumerate(
        ((20, 5, (92, 102, 114)), (11, 5, (66, 75, 88)), (1, 4, (46, 52, 64)))
    ):
        for k in range(count):
            x = (k + 0.5) * 128 / count + rng.uniform(-7, 7)
            rx, ry = rng.uniform(19, 25), rng.uniform(8, 11)
            e.ellipse(x, y + rng.uniform(-2, 2), rx, ry, colour)
            e.glow(x, y + 4, rx, times(colour, (0.7, 0.72, 0.76)), 0.5 - 0.1 * row, ry)


def _sun(e: Easel) -> None:
    sun = e.layout.sky[0]
    halo = {"sunset": (255, 214, 120), "dawn": (255, 250, 226)}.get(e.scene.time, (255, 252, 220))
    disc = {"sunset": (255, 240, 160), "dawn": (255, 214, 130)}.get(e.scene.time, (255, 228, 96))
    e.glow(sun.x, sun.y, 42, halo, 0.9)
    e.ellipse(sun.x, sun.y, 12, 12, disc)
    e.ellipse(sun.x - 0.8, sun.y - 0.8, 9.6, 9.6, mix(disc, (255, 255, 236), 0.5))


def _one_moon(e: Easel, moon: Spot, colour: Colour) -> None:
    x, y, r = moon.x, moon.y, moon.size
    e.glow(x, y, r * 3, (220, 230, 255), 0.55)
    e.ellipse(x, y, r, r, colour)
    shaded = times(colour, (0.88, 0.88, 0.92))
    for dx, dy, size in ((-0.36, -0.22, 0.26), (0.3, 0.32, 0.32), (0.26, -0.46, 0.18)):
        e.ellipse(x + dx * r, y + dy * r, size * r, size * r, shaded)


def _moon(e: Easel) -> None:
    _one_moon(e, e.layout.sky[0], (252, 250, 232))


def _two_moons(e: Easel) -> None:
    _one_moon(e, e.layout.sky[0], (252, 250, 232))
    _one_moon(e, e.layout.sky[1], (255, 206, 150))


def _stars(e: Easel) -> None:
    rng = e.rng("stars")
    for k in range(15):
        x, y = (k % 5) * 26 + 12 + rng.uniform(-8, 8), (k // 5) * 14 + 8 + rng.uniform(-4, 4)
        r = rng.choice((1.6, 2.4, 3.4))
        star = [
            (
                x + (r if i % 2 == 0 else r * 0.42) * math.sin(i * math.pi / 4),
                y - (r if i % 2 == 0 else r * 0.42) * math.cos(i * math.pi / 4),
            )
            for i in range(8)
        ]
        e.glow(x, y, r * 2.4, (255, 250, 220), 0.5)
        e.polygon(star, (255, 250, 216))


def _clouds(e: Easel) -> None:
    rng = e.rng("clouds")
    white = mix((255, 255, 255), e.hour.glow, 0.35)
    shaded = mix(white, e.hour.sky[1], 0.4)
    side = 0.9 * (1 if e.layout.light_x > 64 else -1)
    for x, y, size in (
        (rng.uniform(18, 38), rng.uniform(18, 26), 1.0),
        (rng.uniform(86, 108), rng.uniform(14, 22), 0.9),
        (rng.uniform(54, 72), rng.uniform(31, 35), 0.65),
    ):
        puffs = ((-13, 2, 8, 6), (-3, -4, 10, 9), (9, -1, 9, 7), (0, 4, 21, 5))
        for shift, colour in ((0.0, shaded), (-2.0, white)):
            for dx, dy, rx, ry in puffs:
                across = x + (dx - shift * side * 0.4) * size
                shrink = 1 if shift == 0 else 0.9
                e.ellipse(
                    across, y + (dy + shift) * size, rx * size * shrink, ry * size * shrink, colour
                )


def _rainbow(e: Easel) -> None:
    rng = e.rng("rainbow")
    x, y, radius = rng.uniform(54, 74), e.layout.horizon + 4, rng.uniform(53, 58)
    bands = (
        (238, 78, 78),
        (250, 158, 62),
        (252, 228, 92),
        (104, 200, 110),
        (80, 146, 232),
        (150, 98, 206),
    )
    behind = e.image.copy()
    for k, colour in enumerate(bands):
        e.ellipse(x, y, radius - 3 * k, radius - 3 * k, colour)
    inner = Image.new("L", e.image.size, 0)
    r = radius - 3 * len(bands)
    ImageDraw.Draw(inner).ellipse([v * SCALE for v in (x - r, y - r, x + r, y + r)], fill=255)
    e.image.paste(behind, (0, 0), inner)
    e.image.paste(Image.blend(e.image, behind, 0.3))


def _balloon(e: Easel) -> None:
    x, y, r = (spot := e.layout.sky[0]).x, spot.y, spot.size
    red, cream = e.lit((236, 84, 62)), e.lit((255, 240, 206))
    rope, basket = e.lit((96, 64, 44)), e.lit((140, 90, 48))
    for k, colour in enumerate((red, cream, red, cream)):
        w = 1 - 0.28 * k
        cone = [(x - 11 * w, y + 7), (x + 11 * w, y + 7), (x + 3 * w, y + 16), (x - 3 * w, y + 16)]
        e.polygon(cone, colour)
        e.ellipse(x, y, r * w, r, colour)
    e.glow(x + e.side(x) * r * 0.4, y - r * 0.35, r * 0.8, e.hour.glow, 0.6)
    for side in (-1, 1):
        e.line([(x + side * 2.6, y + 15), (x + side * 2.2, y + 19)], rope, 0.8)
    e.box(x - 3.2, y + 18, x + 3.2, y + 22, basket)


def _planet(e: Easel) -> None:
    x, y, r = (spot := e.layout.sky[0]).x, spot.y, spot.size
    body, ring = (236, 170, 104), (252, 230, 188)
    e.glow(x, y, 34, (255, 220, 178), 0.45)
    _ring(e, x, y, ring, (math.pi, 2 * math.pi))
    e.ellipse(x, y, r, r, body)
    box = [v * SCALE for v in (x - r, y - r, x + r, y + r)]
    e.draw.chord(box, 25, 155, fill=times(body, (0.82, 0.76, 0.76)))
    e.draw.chord(box, 205, 335, fill=mix(body, (255, 236, 190), 0.4))
    _ring(e, x, y, ring, (0, math.pi))


def _ring(e: Easel, x: float, y: float, colour: Colour, between: tuple[float, float]) -> None:
    """Half of a planet's tilted ring: 0 to pi lies before it, pi to 2 pi behind."""
    low, high = between
    angles = [low + (high - low) * k / 24 for k in range(25)]
    arc = [(x + 25 * math.cos(a), y + 6.5 * math.sin(a) - 6 * math.cos(a)) for a in angles]
    e.line(arc, colour, 2.6)


def _lightning(e: Easel) -> None:
    rng = e.rng("lightning")
    x, y = rng.uniform(34, 94), 12.0
    e.glow(x, y + 14, 46, (240, 236, 255), 0.65)
    points, step = [(x, y)], rng.choice((-1, 1))
    while points[-1][1] < e.layout.horizon:
        x, y = points[-1]
        points.append((x + step * rng.uniform(4, 9), y + rng.uniform(8, 12)))
        step = -step
    fork = points[2]
    branch = [fork, (fork[0] - step * 9, fork[1] + 9), (fork[0] - step * 7, fork[1] + 18)]
    e.line(branch, (255, 246, 176), 1.8)
    e.line(points, (255, 248, 186), 3)


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
