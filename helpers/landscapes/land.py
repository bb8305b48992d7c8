"""Mountains and hills, the four grounds, and river, lake and road."""

from __future__ import annotations

import math
import random

from PIL import Image, ImageDraw

from .easel import GROUND, SAND, SCALE, SIZE, TERRAIN, Colour, Easel, Point, gradient, mix

WATER_FAR: Colour = (150, 208, 232)


def paint_land(e: Easel) -> None:
    """Mountains or hills, and the ground before them."""
    (_mountains if e.scene.terrain == "mountains" else _hills)(e)
    (_sea if e.scene.ground == "sea" else _ground)(e)


def paint_water(e: Easel) -> None:
    """The river, lake or road in the ground."""
    if e.layout.lake:
        _lake(e)
    elif e.scene.water == "river":
        _river(e)
    elif e.scene.water == "road":
        _road(e)


def _mountains(e: Easel) -> None:
    rng, base, horizon = e.rng("mountains"), TERRAIN[e.scene.terrain_colour], e.layout.horizon
    for distance, count, low, high in ((0.42, 4, 22, 34), (0.08, 3, 26, 42)):
        colour, snow = e.painted(base, 0.5, distance), e.lit((252, 252, 255), distance * 0.6)
        xs = [(k + 0.5) * 128 / count + rng.uniform(-12, 12) for k in range(count)]
        for x in sorted(xs, key=lambda _: rng.random()):
            _peak(e, rng, (x, max(horizon - rng.uniform(low, high), _clear(e, x))), colour, snow)
        e.veil(horizon - 20, horizon + 4, e.hour.haze, 0.36)


def _clear(e: Easel, x: float) -> float:
    """How high a peak at x may reach without hiding what hangs in the sky."""
    drop = 23 if e.scene.sky == "balloon" else 12
    return max(
        [spot.y + drop for spot in e.layout.sky if abs(spot.x - x) < spot.size + 9], default=0.0
    )


def _peak(e: Easel, rng: random.Random, top: Point, colour: Colour, snow: Colour) -> None:
    """One mountain: a lit face and a shaded one, parted by a ragged ridge, with a cap of snow."""
    x, y = top
    foot = e.layout.horizon + 5
    height = foot - y
    ridge = [(x, y)] + [
        (x + side * height * 0.08, y + height * f)
        for f, side in ((0.22, 1), (0.42, -1), (0.7, 1), (1.0, 0.3))
    ]
    for side in (-1, 1):
        reach = side * height * rng.uniform(0.8, 1.1)
        bulge, cap = rng.uniform(0.44, 0.56), rng.uniform(0.32, 0.38)
        lit = side == e.side(x)
        face, white = e.tone(colour, 0.2 if lit else -0.8), e.tone(snow, 0.3 if lit else -0.5)
        slope = [(x + reach, foot), (x + reach * bulge, y + height * 0.55)]
        e.wash([*slope, *ridge], face, e.tone(colour, 0.04 if lit else -0.55))
        edge = x + reach * cap * (bulge / 0.55)
        teeth = [
            (edge, y + height * cap),
            (x + (edge - x) * 0.66, y + height * (cap - 0.07)),
            (x + (edge - x) * 0.36, y + height * (cap + 0.07)),
            (x - side * height * 0.04, y + height * (cap - 0.03)),
        ]
        e.polygon([(x, y), *teeth, ridge[1]], white)


def _hills(e: Easel) -> None:
    rng, base, horizon = e.rng("hills"), TERRAIN[e.scene.terrain_colour], e.layout.horizon
    lowest = max((_clear(e, spot.x) for spot in e.layout.sky), default=0.0)
    flat = min(1.0, (horizon - lowest + 2) / 34)  # so that they stay below what hangs in the sky
    for distance, height in ((0.45, 26), (0.24, 18), (0.05, 9)):
        a, b = rng.uniform(0, 6), rng.uniform(0, 6)
        crest = [
            (x, horizon - flat * (height + 5 * math.sin(x / 19 + a) + 2.5 * math.sin(x / 10 + b)))
            for x in range(-2, 134, 3)
        ]
        colour, feet = e.painted(base, 0.5, distance), [(132, horizon + 6), (-2, horizon + 6)]
        e.wash([*crest, *feet], e.tone(colour, 0.28), e.tone(colour, -0.1))
        shift = -e.side(64)  # the light falls over the crest from its side
        inner = [(x + 2 * shift, y + 2.2) for x, y in crest]
        e.wash([*inner, *feet], e.tone(colour, 0.1), e.tone(colour, -0.3))
        e.veil(horizon - 16, horizon + 4, e.hour.haze, 0.22)


def _ground(e: Easel) -> None:
    rng, colour = e.rng("ground"), GROUND[e.scene.ground]
    top = round(e.layout.horizon * SCALE)
    far = e.tone(e.painted(colour, 0.2, 0.2), 0.15)
    e.image.paste(
        gradient((far, e.painted(colour, 0.2)), SIZE * SCALE - top, SIZE * SCALE), (0, top)
    )
    height = {"meadow": 2.6, "desert": 4.5, "snow": 3.6}[e.scene.ground]
    for k, s in enumerate((0.16, 0.4, 0.72)):
        phase = rng.uniform(0, 6)
        crest = [(x, e.bank(s) + height * math.sin(x / 26 + phase)) for x in range(-2, 134, 3)]
        swell = e.painted(colour, 0.2, 0.14 - 0.07 * k)
        light, shade = e.tone(swell, 0.2), e.tone(swell, -0.34 - 0.08 * k)
        e.wash([*crest, (132, SIZE + 12), (-2, SIZE + 12)], light, shade)
        if e.scene.ground == "desert":
            e.line(crest, e.tone(swell, 0.45), 1)


def _sea(e: Easel) -> None:
    """The sea before the mountains, and a beach in front."""
    horizon, light_x = e.layout.horizon, e.layout.light_x
    _reflect(e, horizon, None, 0.62)
    e.veil(horizon, e.bank(0.7), e.lit((20, 84, 140)), 0.35)
    for k in range(6):  # a path of light
        s = 0.05 + 0.115 * k
        e.glow(
            light_x, e.bank(s), 9 + 22 * s, mix(e.hour.haze, e.hour.glow, 0.5), 0.55, 1 + 1.6 * s
        )
    shore = [(x, e.bank(0.69) + 3 * math.sin(x / 30 + light_x)) for x in range(-2, 134, 3)]
    foot = [(132, SIZE + 4), (-2, SIZE + 4)]
    e.polygon([*[(x, y - 3) for x, y in shore], *foot], e.lit((118, 196, 206)))
    e.polygon([*shore, *foot], e.lit((250, 252, 248)))
    sand = e.lit(SAND)
    e.wash([*[(x, y + 2) for x, y in shore], *foot], e.tone(sand, -0.25), e.tone(sand, 0.15))


def _reflect(e: Easel, axis: float, mask: Image.Image | None, tint: float) -> None:
    """What is above the axis, mirrored below it and tinted like water, where the mask is white."""
    top, size = round(axis * SCALE), SIZE * SCALE
    depth = size - top
    mirrored = e.image.crop((0, max(0, top - depth), size, top))
    mirrored = mirrored.transpose(Image.Transpose.FLIP_TOP_BOTTOM).resize((size, depth))
    tints = e.painted(WATER_FAR, 0.2), e.painted(GROUND["sea"], 0.4)
    water = gradient(tints, depth, size)
    below = mask.crop((0, top, size, size)) if mask else None
    e.image.paste(Image.blend(mirrored, water, tint), (0, top), below)


def _bank_colour(e: Easel) -> Colour:
    bank = {"snow": (206, 222, 242), "desert": (204, 156, 88)}.get(e.scene.ground, (88, 146, 64))
    return e.lit(bank)


def _lake(e: Easel) -> None:
    """A lake with the mountains in it; light along its far shore."""
    lake = e.layout.lake
    assert lake is not None
    x, y, rx, ry = lake.x, lake.y, lake.size, lake.size * 0.23
    e.ellipse(x, y + 0.4, rx + 1.4, ry + 1.0, e.tone(_bank_colour(e), -0.15))
    mask = Image.new("L", e.image.size)
    ImageDraw.Draw(mask).ellipse([v * SCALE for v in (x - rx, y - ry, x + rx, y + ry)], fill=255)
    _reflect(e, e.layout.horizon + 3, mask, 0.5)
    sheen = mix(e.hour.haze, e.hour.glow, 0.5)
    for dx, dy, w in ((-0.3, -0.45, 0.4), (0.25, 0.1, 0.45), (-0.1, 0.62, 0.35)):
        e.glow(x + dx * rx, y + dy * ry, w * rx, sheen, 0.6, 1.4)


def _river(e: Easel) -> None:
    course = e.layout.course
    assert course is not None
    e.polygon(course.edges(1.5), e.tone(_bank_colour(e), -0.3))
    mask = Image.new("L", e.image.size)
    ImageDraw.Draw(mask).polygon([(x * SCALE, y * SCALE) for x, y in course.edges()], fill=255)
    _reflect(e, e.layout.horizon, mask, 0.72)
    sheen = mix(e.hour.haze, e.hour.glow, 0.5)
    for k in range(5, 28, 5):
        x, half, y = course.xs[k], course.halves[k], course.ys[k]
        e.glow(x, y, half * 0.8, sheen, 0.6, 0.8 + half * 0.08)


def _road(e: Easel) -> None:
    """A beaten track with two ruts."""
    course = e.layout.course
    assert course is not None
    top, bottom = e.lit((186, 146, 110), 0.12), e.lit((160, 120, 90))
    e.polygon(course.edges(1.5), e.lit((112, 82, 62)))
    e.wash(course.edges(), top, bottom)
    rows = list(zip(course.xs, course.halves, course.ys, strict=True))
    for inner, outer in ((-0.55, -0.2), (0.2, 0.55)):
        rut = [(x + inner * half, y) for x, half, y in rows]
        rut += [(x + outer * half, y) for x, half, y in reversed(rows)]
        e.wash(rut, e.lit((214, 180, 142), 0.1), e.lit((198, 160, 124)))
