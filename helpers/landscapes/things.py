"""What stands in the landscape: trees and one building."""

from __future__ import annotations

from .easel import GROUND, PAINT, Colour, Easel, mix, shade


def paint_trees(e: Easel, behind: bool) -> None:
    """Trees to the left and right: small ones behind the building, large ones before it."""
    painter = {"pine": _pine, "round": _round_tree, "palm": _palm}.get(e.scene.trees)
    if not painter:
        return
    if behind:
        spots = (
            []
            if e.scene.ground == "sea"
            else [
                (e.rng.uniform(4, 22), 0.16, 15),
                (e.rng.uniform(104, 124), 0.14, 15),
                (e.rng.uniform(24, 38), 0.12, 13),
            ]
        )
    else:
        s = 0.86 if e.scene.ground == "sea" else 0.74
        spots = [(e.rng.uniform(10, 20), s, 40), (e.rng.uniform(106, 118), s + 0.06, 36)]
        spots += [(e.rng.uniform(30, 38), s + 0.12, 28)] if e.rng.random() < 0.5 else []
    for x, s, height in spots:
        e.ellipse(
            x,
            e.bank(s),
            height * 0.28,
            height * 0.06,
            shade(
                e.lit(GROUND[e.scene.ground] if e.scene.ground != "sea" else (210, 180, 124)), 0.72
            ),
        )
        painter(e, x, e.bank(s), height * e.rng.uniform(0.92, 1.08))


def _pine(e: Easel, x: float, y: float, h: float) -> None:
    colour = e.lit(mix((30, 96, 66), (255, 255, 255), 0.2 if e.scene.ground == "snow" else 0.0))
    side = -1 if e.light_x < x else 1
    e.box(x - h * 0.05, y - h * 0.2, x + h * 0.05, y, e.lit((96, 66, 44)))
    for top, foot, half in ((0.42, 0.12, 0.30), (0.7, 0.34, 0.24), (1.0, 0.58, 0.17)):
        e.polygon(
            [(x, y - h * top), (x - h * half, y - h * foot), (x + h * half, y - h * foot)],
            shade(colour, 0.8),
        )
        e.polygon(
            [(x, y - h * top), (x + side * h * half, y - h * foot), (x, y - h * foot)],
            shade(colour, 1.2),
        )


def _round_tree(e: Easel, x: float, y: float, h: float) -> None:
    colour = e.lit((70, 146, 58))
    side = -1 if e.light_x < x else 1
    e.polygon(
        [
            (x - h * 0.06, y),
            (x - h * 0.04, y - h * 0.5),
            (x + h * 0.04, y - h * 0.5),
            (x + h * 0.06, y),
        ],
        e.lit((110, 74, 46)),
    )
    for dx, dy, r in ((-0.15, 0.55, 0.2), (0.15, 0.55, 0.2), (0, 0.72, 0.27)):
        e.ellipse(x + dx * h, y - dy * h, r * h, r * h, shade(colour, 0.8))
    for dx, dy, r in ((0.05, 0.76, 0.19), (0.18, 0.6, 0.1)):
        e.ellipse(x + side * dx * h, y - dy * h, r * h, r * h, shade(colour, 1.14))


def _palm(e: Easel, x: float, y: float, h: float) -> None:
    lean = h * (0.16 if x < 64 else -0.16)
    trunk = [(x + lean * s**2, y - h * 0.75 * s) for s in (0, 0.25, 0.5, 0.75, 1)]
    e.line(trunk, e.lit((142, 98, 58)), h * 0.075)
    cx, cy = trunk[-1]
    for k, (dx, dy) in enumerate(
        ((-0.42, 0.16), (0.42, 0.16), (-0.36, -0.1), (0.36, -0.1), (-0.16, -0.26), (0.18, -0.26))
    ):
        tip, lift = (cx + dx * h, cy + dy * h), (cx + dx * h * 0.5, cy + dy * h * 0.5 - h * 0.17)
        e.polygon(
            [(cx, cy), lift, tip, (lift[0], lift[1] + h * 0.1)],
            e.lit(shade((58, 140, 72), 1.2 if k % 2 else 0.86)),
        )


def paint_building(e: Easel) -> None:
    """The house, castle, lighthouse, boat or tent, in its colour."""
    painter = {
        "house": _house,
        "castle": _castle,
        "lighthouse": _lighthouse,
        "boat": _boat,
        "tent": _tent,
    }.get(e.scene.building)
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
        e.polygon(
            [(cx - half - 2.5, y - height), (cx, y - height - 15), (cx + half + 2.5, y - height)],
            roof,
        )
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
        e.polygon(
            [(x + wl * 0.35, low), (x + wh * 0.35, high), (x + wh, high), (x + wl, low)],
            shade(band, 0.8),
        )
    e.box(x - 9, y - 47, x + 9, y - 45, e.lit((60, 60, 70)))
    e.box(x - 5, y - 55, x + 5, y - 47, (255, 236, 150))
    e.polygon([(x - 7, y - 55), (x, y - 62), (x + 7, y - 55)], colour)


def _boat(e: Easel, x: float, y: float, colour: Colour) -> None:
    e.ellipse(x, y + 4, 21, 2.6, e.lit((24, 62, 100)))
    e.polygon(
        [(x - 21, y - 5), (x + 21, y - 5), (x + 13, y + 5), (x - 15, y + 5)], e.lit((112, 70, 44))
    )
    e.polygon(
        [(x - 21, y - 5), (x + 21, y - 5), (x + 19, y - 2), (x - 19, y - 2)], e.lit((156, 104, 66))
    )
    e.box(x - 1, y - 42, x + 0.6, y - 4, e.lit((84, 56, 40)))
    e.polygon([(x + 2, y - 41), (x + 21, y - 9), (x + 2, y - 9)], colour)
    e.polygon([(x - 3, y - 36), (x - 3, y - 9), (x - 17, y - 9)], shade(colour, 0.84))


def _tent(e: Easel, x: float, y: float, colour: Colour) -> None:
    e.ellipse(x + 3, y, 27, 3, e.lit((70, 84, 66)))
    e.polygon([(x - 20, y), (x - 2, y - 28), (x + 14, y)], colour)
    e.polygon(
        [(x - 2, y - 28), (x + 16, y - 24), (x + 29, y - 2), (x + 14, y)], shade(colour, 0.74)
    )
    e.polygon([(x - 8, y), (x - 2, y - 19), (x + 4, y)], e.lit((66, 46, 40)))
