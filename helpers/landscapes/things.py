"""What stands in the landscape: trees and one building."""

from __future__ import annotations

from .easel import GROUND, LAMP, PAINT, SAND, Colour, Easel, Point, mix
from .layout import Spot

WOOD: Colour = (112, 76, 52)


def paint_trees(e: Easel, spots: tuple[Spot, ...]) -> None:
    """Trees with their feet at the spots, each on its shadow."""
    painter = {"pine": _pine, "round": _round_tree, "palm": _palm}.get(e.scene.trees)
    if painter:
        for spot in spots:
            paint_shadow(e, spot.x, spot.y, spot.size * 0.3)
            painter(e, spot.x, spot.y, spot.size)


def paint_shadow(e: Easel, x: float, y: float, half: float) -> None:
    """The shadow on the ground, drawn out away from the light."""
    ground = SAND if e.scene.ground == "sea" else GROUND[e.scene.ground]
    shade = e.tone(e.lit(ground), -1)
    e.glow(
        x - e.side(x) * half * 0.3, y, half * 1.7, mix(shade, (30, 34, 60), 0.25), 0.9, half * 0.36
    )


def _pine(e: Easel, x: float, y: float, h: float) -> None:
    needles = mix((28, 102, 70), (230, 240, 255), 0.16 if e.scene.ground == "snow" else 0.0)
    colour, side = e.lit(needles), e.side(x)
    e.box(x - h * 0.045, y - h * 0.16, x + h * 0.045, y, e.lit(WOOD))
    tiers = ((0.48, 0.10, 0.30), (0.72, 0.32, 0.25), (1.0, 0.55, 0.185))
    for k, (top, foot, half) in enumerate(tiers):
        apex, low = (x, y - h * top), y - h * foot
        skirt = [
            (x + h * half * f, low - h * lift) for f, lift in ((1, 0), (0.45, -0.03), (0, 0.01))
        ]
        dark = [(2 * x - px, py) for px, py in skirt] if side > 0 else skirt
        bright = skirt if side > 0 else [(2 * x - px, py) for px, py in skirt]
        e.wash([apex, *dark], e.tone(colour, -0.45 + 0.1 * k), e.tone(colour, -0.85))
        e.wash([apex, *bright], e.tone(colour, 0.3), e.tone(colour, -0.1))


def _round_tree(e: Easel, x: float, y: float, h: float) -> None:
    colour, side, trunk = e.lit((74, 152, 60)), e.side(x), e.lit(WOOD)
    e.polygon(
        [
            (x - h * 0.065, y),
            (x - h * 0.035, y - h * 0.5),
            (x + h * 0.035, y - h * 0.5),
            (x + h * 0.065, y),
        ],
        trunk,
    )
    lobes = ((-0.17, 0.52, 0.19), (0.17, 0.52, 0.19), (0, 0.71, 0.27), (-0.12, 0.64, 0.22))
    for shift, shrink, tone in ((0.0, 1.0, -0.75), (0.025, 0.88, 0.0), (0.07, 0.5, 0.34)):
        for dx, dy, r in lobes:
            cx, cy = x + (dx * shrink**0.5 + side * shift) * h, y - (dy + shift) * h
            e.ellipse(cx, cy, r * h * shrink, r * h * shrink, e.tone(colour, tone))


def _palm(e: Easel, x: float, y: float, h: float) -> None:
    lean = h * (0.16 if 10 < x < 118 else 0.04) * (1 if x < 64 else -1)
    trunk = [(x + lean * s * s, y - h * 0.74 * s) for s in (0, 0.25, 0.5, 0.75, 1)]
    e.line(trunk, e.tone(e.lit((150, 106, 66)), -0.5), h * 0.085)
    e.line([(px + e.side(x) * h * 0.016, py) for px, py in trunk], e.lit((168, 122, 78)), h * 0.045)
    cx, cy = trunk[-1]
    leaf = e.lit((62, 152, 78))
    for reach, drop in ((0.42, 0.18), (0.26, 0.3), (0.4, -0.04), (0.2, -0.2)):
        for side in (-1, 1):
            dx = side * reach
            arch = (cx + dx * h * 0.55, cy + min(drop, 0.1) * h * 0.5 - h * 0.13)
            under = (arch[0] - dx * h * 0.06, arch[1] + h * 0.11)
            tone = (0.25 if side == e.side(x) else -0.3) - 0.15 * (drop > 0)
            e.polygon([(cx, cy), arch, (cx + dx * h, cy + drop * h), under], e.tone(leaf, tone))
    e.ellipse(cx, cy + h * 0.02, h * 0.045, h * 0.045, e.lit((110, 74, 46)))


def paint_building(e: Easel) -> None:
    """The house, castle, lighthouse, boat or tent, in its colour."""
    spot = e.layout.building
    if spot is None:
        return
    colour = e.painted(PAINT[e.scene.building_colour], 0.62)
    if e.scene.building != "boat":
        paint_shadow(e, spot.x, spot.y, spot.size)
    _PAINTERS[e.scene.building](e, spot, colour)


def faces(e: Easel, x: float, colour: Colour) -> tuple[Colour, Colour]:
    """A wall's colour on its left and on its right side, by the light."""
    bright, shaded = e.tone(colour, 0.12), e.tone(colour, -0.62)
    return (bright, shaded) if e.side(x) < 0 else (shaded, bright)


def shape(x: float, y: float, *corners: Point, unit: float = 1.0) -> list[Point]:
    """Corners given as (units to the right of x, units above y), in the picture."""
    return [(x + dx * unit, y - up * unit) for dx, up in corners]


def _window(e: Easel, x: float, y: float, w: float, h: float) -> None:
    if e.dark:
        e.glow(x, y, 3.2 * w, LAMP, 0.8)
    e.box(x - w, y - h, x + w, y + h, LAMP if e.dark else e.lit((62, 76, 104)))


def _house(e: Easel, spot: Spot, colour: Colour) -> None:
    """A gabled front to the left, a long wall under the roof to the right."""
    x, y = spot.x - 1, spot.y
    front, wall = faces(e, spot.x, colour)
    left, right = faces(e, spot.x, e.lit((104, 74, 78)))
    gable = shape(x, y, (-14, 0), (-14, 16), (-6, 26), (2, 16), (2, 0))
    long_wall = shape(x, y, (2, 0), (2, 16), (15, 16), (15, 0))
    slope = shape(x, y, (-6, 28), (9, 28), (18, 14), (3, 14))
    e.box(x + 8, y - 31, x + 11.5, y - 20, e.lit((140, 104, 92)))  # chimney
    e.wash(gable, front, e.tone(front, -0.2))
    e.wash(long_wall, wall, e.tone(wall, -0.2))
    e.wash(slope, e.tone(right, 0.12), right)
    e.line(shape(x, y, (-16.5, 14), (-6, 27.4), (3.5, 14.6)), left, 2.2)
    e.box(x - 9, y - 10, x - 3.5, y, e.lit((88, 56, 42)))
    _window(e, x - 6, y - 16.6, 2, 2.2)
    _window(e, x + 8.5, y - 8, 2.8, 2.6)


def _castle(e: Easel, spot: Spot, colour: Colour) -> None:
    """A keep between two towers."""
    x, y = spot.x, spot.y
    wall = shape(x, y, (-16, 0), (-16, 20), (16, 20), (16, 0))
    e.wash(wall, colour, e.tone(colour, -0.3))
    for k in (-11, -5, 3, 9):  # merlons
        e.box(x + k, y - 23, x + k + 3, y - 20, colour)
    for dx, height, half in ((-16, 31, 6), (16, 31, 6), (0, 37, 7)):
        _tower(e, Spot(x + dx, y, half), height, colour)
    e.ellipse(x, y - 8, 4.5, 4.5, e.lit((64, 48, 46)))
    e.box(x - 4.5, y - 8, x + 4.5, y, e.lit((64, 48, 46)))


def _tower(e: Easel, spot: Spot, height: float, colour: Colour) -> None:
    """A tower with a pointed roof and a window."""
    x, y, half = spot.x, spot.y, spot.size
    left, right = faces(e, x, colour)
    roof, away = e.lit((74, 66, 104)), -e.side(x)
    e.box(x - half, y - height, x + half, y, left)
    e.box(x + half * 0.2 * away, y - height, x + half, y, right)
    peak, low = (0, height + 15), height
    e.polygon(shape(x, y, (-half - 2, low), peak, (half + 2, low)), e.tone(roof, 0.15))
    e.polygon(shape(x, y, (0, low), peak, (away * (half + 2), low)), e.tone(roof, -0.6))
    _window(e, x, y - height + 8, 1.6, 2.6)


def _lighthouse(e: Easel, spot: Spot, colour: Colour) -> None:
    """A banded tower on a rock."""
    x, y, away = spot.x, spot.y, -e.side(spot.x)
    rock = e.lit((110, 108, 112))
    e.ellipse(x, y, 15, 3.6, e.tone(rock, -0.6))
    e.ellipse(x - away * 2, y - 1, 12, 2.4, rock)
    second = (196, 200, 208) if e.scene.building_colour == "white" else (248, 246, 240)
    for k in range(5):
        low, high = 1 + 8.4 * k, 9.4 + 8.4 * k
        wide, narrow = 9.6 - 0.8 * k, 8.8 - 0.8 * k
        left, right = faces(e, x, colour if k % 2 == 0 else e.painted(second, 0.4))
        for start, face in ((-1, left), (0.25 * away, right)):
            e.polygon(
                shape(
                    x, y, (start * wide, low), (start * narrow, high), (narrow, high), (wide, low)
                ),
                face,
            )
    if e.dark:
        e.glow(x, y - 47.5, 24, (255, 242, 180), 0.9)
    e.box(x - 4.4, y - 51, x + 4.4, y - 44, (255, 240, 164))
    e.box(x - 7.4, y - 44.6, x + 7.4, y - 42.6, e.lit((66, 64, 76)))
    e.polygon(shape(x, y, (-6.6, 50.5), (0, 57), (6.6, 50.5)), colour)


def _boat(e: Easel, spot: Spot, colour: Colour) -> None:
    """A sailing boat and the gleam of its sails in the water."""
    x, y, u = spot.x, spot.y, spot.size / 18
    left, right = faces(e, x, colour)
    e.glow(x, y + 5 * u, 19 * u, e.tone(e.lit((34, 84, 130)), -0.5), 0.9, 4 * u)
    e.glow(x + 3 * u, y + 10 * u, 11 * u, colour, 0.5, 7 * u)
    hull = shape(x, y, (-18, 5), (18, 5), (12, -4), (-13, -4), unit=u)
    main = shape(x, y, (1.6, 39), (11, 24), (17, 8), (1.6, 8), unit=u)
    jib = shape(x, y, (-2, 35), (-9, 22), (-15, 8), (-2, 8), unit=u)
    e.wash(hull, e.lit((150, 100, 66)), e.tone(e.lit((112, 70, 48)), -0.4))
    e.line(hull[:2], e.lit((206, 160, 112)), 1.4 * u)
    e.box(x - 0.8 * u, y - 40 * u, x + 0.8 * u, y - 5 * u, e.lit((92, 62, 46)))
    e.wash(main, e.tone(right, 0.08), e.tone(right, -0.12))
    e.wash(jib, e.tone(left, 0.08), e.tone(left, -0.12))


def _tent(e: Easel, spot: Spot, colour: Colour) -> None:
    """A tent with its door open; a lamp in it after dark."""
    x, y = spot.x, spot.y
    front, side = faces(e, x, colour)
    flank = shape(x, y, (9, 0), (-5, 27), (9, 23), (20, 2))
    e.wash(flank, side, e.tone(side, -0.25))
    e.wash(shape(x, y, (-19, 0), (-5, 27), (9, 0)), front, e.tone(front, -0.2))
    door = LAMP if e.dark else e.lit((74, 54, 48))
    e.polygon(shape(x, y, (-10, 0), (-5, 17), (0, 0)), door)
    if e.dark:
        e.glow(x - 5, y - 5, 11, LAMP, 0.5)


_PAINTERS = {
    "house": _house,
    "castle": _castle,
    "lighthouse": _lighthouse,
    "boat": _boat,
    "tent": _tent,
}
