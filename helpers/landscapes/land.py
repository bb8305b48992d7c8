"""Mountains and hills, the four grounds, and river, lake and road."""

from __future__ import annotations

import math

from PIL import Image, ImageDraw

from .easel import GROUND, SCALE, SIZE, SKY, TERRAIN, Colour, Easel, gradient, mix, shade


def paint_land(e: Easel) -> None:
    """Mountains or hills, the ground before them, and the river, lake or road in it."""
    (_mountains if e.scene.terrain == "mountains" else _hills)(e)
    _ground(e)
    _water(e)


def _mountains(e: Easel) -> None:
    base = TERRAIN[e.scene.terrain_colour]
    for distance, count, low, high in ((0.45, 4, 20, 32), (0.1, 3, 28, 46)):
        colour, xs = (
            e.lit(base, distance),
            [(k + 0.5) * 128 / count + e.rng.uniform(-12, 12) for k in range(count)],
        )
        for x in sorted(xs, key=lambda _: e.rng.random()):
            _peak(e, x, e.rng.uniform(low, high), colour, e.lit((250, 251, 255), distance * 0.6))


def _peak(e: Easel, x: float, height: float, colour: Colour, snow: Colour) -> None:
    """One mountain: a lit face and a shaded one, parted by a ragged ridge, with a cap of snow."""
    top, foot = e.horizon - height, e.horizon + 5
    left, right = x - height * e.rng.uniform(0.75, 1.05), x + height * e.rng.uniform(0.75, 1.05)
    ridge = [(x, top)] + [
        (x + side * height * 0.09, top + height * f)
        for f, side in ((0.25, 1), (0.5, -1), (0.75, 1))
    ]
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
        crest = [
            (x, e.horizon - height - 5 * math.sin(x / 19 + a) - 3 * math.sin(x / 9.5 + b))
            for x in range(-2, 134, 4)
        ]
        colour = e.lit(base, distance)
        e.polygon([*crest, (132, e.horizon + 6), (-2, e.horizon + 6)], colour)
        e.line(crest, shade(colour, 1.16), 2)


def _ground(e: Easel) -> None:
    colour, height = GROUND[e.scene.ground], SIZE * SCALE - round(e.horizon * SCALE)
    if e.scene.ground == "sea":
        _reflection(e, None, 0.6)
        for k in range(10):  # glitter
            s = (k + 0.5) / 10
            x, w = e.light_x + e.rng.uniform(-34, 34) * s, 5 + 9 * s
            e.line(
                [(x - w, e.bank(s)), (x + w, e.bank(s))],
                mix(SKY[e.scene.time][2], e.lit((200, 226, 240)), 0.5),
                1,
            )
        shore = [(x, e.bank(0.72) + 5 * math.sin(x / 30 + e.light_x)) for x in range(-2, 134, 4)]
        e.line(shore, e.lit((240, 248, 250)), 3)
        e.polygon([*shore, (132, 130), (-2, 130)], e.lit((234, 208, 150)))
        return
    far, near = e.lit(mix(colour, (255, 255, 255), 0.1), 0.22), e.lit(shade(colour, 0.86))
    e.image.paste(gradient((far, near), height, SIZE * SCALE), (0, round(e.horizon * SCALE)))
    amplitude = {"meadow": 2.5, "desert": 5.0, "snow": 4.0}[e.scene.ground]
    for k, s in enumerate((0.2, 0.45, 0.74)):
        a = e.rng.uniform(0, 6)
        crest = [(x, e.bank(s) + amplitude * math.sin(x / 24 + a)) for x in range(-2, 134, 4)]
        swell = (
            shade(e.lit(colour), (1.06, 1.0, 0.93)[k])
            if e.scene.ground != "snow"
            else mix(e.lit(colour), e.lit((176, 200, 232)), 0.12 + 0.1 * k)
        )
        e.polygon([*crest, (132, 130), (-2, 130)], swell)
        if e.scene.ground == "desert":
            e.line(crest, e.lit((250, 222, 158)), 1.6)


def _reflection(e: Easel, mask: Image.Image | None, tint: float) -> None:
    """The land mirrored below the horizon and tinted like water, where the mask is white."""
    top = round(e.horizon * SCALE)
    depth = SIZE * SCALE - top
    mirrored = e.image.crop((0, max(0, top - depth), SIZE * SCALE, top)).transpose(
        Image.Transpose.FLIP_TOP_BOTTOM
    )
    mirrored = mirrored.resize((SIZE * SCALE, depth))
    water = gradient((e.lit((120, 186, 224)), e.lit(GROUND["sea"])), depth, SIZE * SCALE)
    e.image.paste(
        Image.blend(mirrored, water, tint),
        (0, top),
        mask.crop((0, top, SIZE * SCALE, SIZE * SCALE)) if mask else None,
    )


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
        pen.ellipse([v * SCALE for v in (x - rx, y - ry, x + rx, y + ry)], fill=255)
        _reflection(e, mask, 0.5)
        for k in (-0.35, 0.2, 0.6):
            e.line(
                [(x + k * 20 - 9, y + k * ry), (x + k * 20 + 9, y + k * ry)],
                e.lit((206, 232, 244)),
                1,
            )
        return
    xs, ws, ys = _course(e, 22 if e.scene.water == "river" else 15)
    outer = [(x - w - 1.5, y) for x, w, y in zip(xs, ws, ys, strict=True)] + [
        (x + w + 1.5, y) for x, w, y in zip(xs, ws, ys, strict=True)
    ][::-1]
    inner = [(x - w, y) for x, w, y in zip(xs, ws, ys, strict=True)] + [
        (x + w, y) for x, w, y in zip(xs, ws, ys, strict=True)
    ][::-1]
    if e.scene.water == "road":
        e.polygon(outer, e.lit((104, 78, 58)))
        e.polygon(inner, e.lit((158, 124, 98)))
        for k in range(3, 14, 2):
            e.line(
                [(xs[k], ys[k]), (xs[k + 1], ys[k + 1])], e.lit((250, 236, 196)), 0.5 + ws[k] / 7
            )
        return
    e.polygon(outer, e.lit(bank))
    pen.polygon([(x * SCALE, y * SCALE) for x, y in inner], fill=255)
    _reflection(e, mask, 0.72)
    for k in range(4, 14, 3):
        e.line(
            [(xs[k] - ws[k] * 0.4, ys[k]), (xs[k] + ws[k] * 0.5, ys[k])], e.lit((214, 238, 248)), 1
        )
