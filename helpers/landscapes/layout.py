"""Where everything stands in a drawing; the painters paint it, and tests measure it.

Positions are in picture units: (0, 0) is the top left corner, (128, 128) the bottom right one.
A depth s runs over the ground from 0 at the horizon to 1 at the lower edge. Every part draws its
own random numbers, so that a thing left out changes nothing but what gives way to it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from .scenes import Scene

SIZE = 128
"""Width and height of a drawing in pixels."""

SIDES: dict[str, tuple[float, float]] = {
    "left": (30.0, 42.0),
    "middle": (58.0, 70.0),
    "right": (86.0, 98.0),
}
"""Where the middle of a building can be, in units from the left edge."""

HALF_WIDTH = {"house": 16.0, "castle": 22.0, "lighthouse": 12.0, "boat": 18.0, "tent": 19.0}


@dataclass(frozen=True)
class Spot:
    """Something at (x, y); `size` is a radius, half width or height, as its owner says."""

    x: float
    y: float
    size: float


@dataclass(frozen=True)
class Course:
    """A river or road from the horizon to the lower edge: its middle and half width by height."""

    xs: tuple[float, ...]
    halves: tuple[float, ...]
    ys: tuple[float, ...]

    def edges(self, margin: float = 0.0) -> list[tuple[float, float]]:
        """Its outline, `margin` units outside the banks."""
        rows = list(zip(self.xs, self.halves, self.ys, strict=True))
        left = [(x - half - margin, y) for x, half, y in rows]
        return left + [(x + half + margin, y) for x, half, y in reversed(rows)]

    def at(self, y: float) -> tuple[float, float]:
        """Middle and half width at the height nearest to y."""
        k = min(range(len(self.ys)), key=lambda i: abs(self.ys[i] - y))
        return self.xs[k], self.halves[k]


@dataclass(frozen=True)
class Layout:
    """One composition.

    Attributes:
        horizon: its height.
        light_x: where the light comes from.
        sky: discs in the sky (sun, moons, planet, balloon); `size` is the radius.
        building: its foot and half width, or None.
        course: the river or road, or None.
        lake: its middle and half width, or None; its half depth is 0.23 of that.
        near: the large trees in front; `size` is the height.
        far: the small trees at the foot of the mountains.
    """

    horizon: float
    light_x: float
    sky: tuple[Spot, ...]
    building: Spot | None
    course: Course | None
    lake: Spot | None
    near: tuple[Spot, ...]
    far: tuple[Spot, ...]


def lay_out(scene: Scene, seed: int) -> Layout:
    """The composition of a scene, the same for the same scene and seed."""
    rng = part_rng(seed, "light")
    horizon = rng.uniform(65, 73)
    light_x = rng.choice((rng.uniform(22, 48), rng.uniform(80, 106)))
    building = _building(scene, part_rng(seed, "building"), horizon)
    course = lake = None
    if scene.water == "lake":
        lake = _lake(scene, part_rng(seed, "lake"), horizon, building)
    elif scene.water != "none":
        course = _course(scene, part_rng(seed, "course"), horizon, building)
    near, far = _trees(scene, part_rng(seed, "trees"), horizon, building, course)
    sky = _discs(scene, part_rng(seed, "sky"), light_x)
    return Layout(horizon, light_x, sky, building, course, lake, near, far)


def part_rng(seed: int, part: str) -> random.Random:
    """Random numbers of one part of one drawing."""
    return random.Random(f"{seed} {part}")


def bank(horizon: float, s: float) -> float:
    """Height of the ground at depth s: 0 at the horizon, 1 at the lower edge."""
    return horizon + s * (SIZE - horizon)


def _discs(scene: Scene, rng: random.Random, light_x: float) -> tuple[Spot, ...]:
    low = scene.time in ("dawn", "sunset")
    if scene.sky == "sun":
        return (Spot(light_x, rng.uniform(25, 30) if low else rng.uniform(17, 24), 12),)
    if scene.sky == "moon":
        return (Spot(light_x, rng.uniform(18, 25), 12),)
    if scene.sky == "two moons":
        inward = 1 if light_x < 64 else -1
        x = light_x + inward * rng.uniform(36, 44)
        return (Spot(light_x, rng.uniform(19, 25), 12), Spot(x, rng.uniform(13, 18), 8.5))
    if scene.sky == "planet":
        return (Spot(min(max(light_x, 28), 100), rng.uniform(21, 26), 14),)
    if scene.sky == "balloon":
        return (Spot(rng.uniform(28, 100), rng.uniform(17, 20), 13),)
    return ()


def _building(scene: Scene, rng: random.Random, horizon: float) -> Spot | None:
    if scene.building == "none":
        return None
    x = rng.uniform(*SIDES[scene.building_side])
    boat = scene.building == "boat"
    if scene.ground == "sea":
        s = 0.36 if boat else 0.82
    elif scene.water == "lake":
        s = 0.38 if boat else 0.79
    else:
        s = 0.6 if boat else 0.5
    small = 0.8 if boat and scene.water == "river" else 1.0
    return Spot(x, bank(horizon, s), HALF_WIDTH[scene.building] * small)


def _lake(scene: Scene, rng: random.Random, horizon: float, building: Spot | None) -> Spot:
    """A lake in the middle, drawn a little towards a boat and away from any other building."""
    x = rng.uniform(58, 70)
    if building:
        x = 64 + (building.x - 64) * (0.3 if scene.building == "boat" else -rng.uniform(0, 0.3))
    return Spot(x, bank(horizon, 0.36), rng.uniform(48, 54))


def _course(scene: Scene, rng: random.Random, horizon: float, building: Spot | None) -> Course:
    """A winding course that passes just beside the building, or widens under the boat."""
    knots = _knots(scene, rng, horizon, building)
    wide = 2.1 if scene.building == "boat" else 1.0
    depths = [k / 28 for k in range(29)]
    return Course(
        tuple(_through(knots, s) for s in depths),
        tuple(_half(s) * wide for s in depths),
        tuple(bank(horizon, s) for s in depths),
    )


def _knots(
    scene: Scene, rng: random.Random, horizon: float, building: Spot | None
) -> list[tuple[float, float]]:
    """Depths, and where the middle of the course is there."""
    start, turn = rng.uniform(56, 72), rng.choice((-1, 1))
    if building is None:
        return [
            (0.0, start),
            (0.2, start + turn * rng.uniform(6, 10)),
            (0.5, start - turn * rng.uniform(10, 16)),
            (1.0, 64 + turn * rng.uniform(2, 16)),
        ]
    s = (building.y - horizon) / (SIZE - horizon)
    off = building.x - 64
    if scene.building == "boat":
        return [(0.0, 64 + off * 0.3), (s, building.x), (1.0, 64 + off * 0.1)]
    away = turn if abs(off) < 14 else (1 if off < 0 else -1)
    beside = building.x + away * (building.size + _half(s) + 3)
    start = 64 + (beside - 64) * 0.5
    return [
        (0.0, start),
        (0.22, start + away * rng.uniform(3, 8)),
        (s, beside),
        (1.0, beside - away * rng.uniform(12, 22)),
    ]


def _half(s: float) -> float:
    """Half the width of a course at depth s."""
    return 1.2 + 15 * s * (0.35 + 0.65 * s)


def _through(knots: list[tuple[float, float]], s: float) -> float:
    """A smooth curve through the knots."""
    for (a, x), (b, y) in zip(knots, knots[1:], strict=False):
        if s <= b:
            t = (s - a) / (b - a)
            return x + (y - x) * t * t * (3 - 2 * t)
    return knots[-1][1]


def _trees(
    scene: Scene,
    rng: random.Random,
    horizon: float,
    building: Spot | None,
    course: Course | None,
) -> tuple[tuple[Spot, ...], tuple[Spot, ...]]:
    """Large trees left and right in front, small ones far away; they give way to the rest."""
    near, far = [], []
    for side in (-1, 1):
        edge = 64 + side * 64
        crowded = building is not None and side * (building.x - 64) > 15
        inward = rng.uniform(10, 19)
        height, s = rng.uniform(36, 42), rng.uniform(0.74, 0.82)
        x = edge - side * (inward * 0.4 if crowded else inward)
        near.append(Spot(x, bank(horizon, 0.9 if scene.ground == "sea" else s), height))
        companion = rng.random() < 0.5
        if companion and not crowded and scene.ground != "sea":
            near.append(Spot(edge - side * (inward + 11), bank(horizon, 0.9), height * 0.6))
        for _ in range(2):
            far.append(
                Spot(
                    edge - side * rng.uniform(4, 30),
                    bank(horizon, rng.uniform(0.09, 0.15)),
                    rng.uniform(12, 16),
                )
            )
    if course:
        near = [tree for tree in near if _dry(tree, course)]  # only companions stand so far in
        far = [tree for tree in far if _dry(tree, course)]
    if scene.ground == "sea":
        far = []
    if building:
        far = [tree for tree in far if abs(tree.x - building.x) > building.size + 5]
    return tuple(sorted(near, key=lambda t: t.y)), tuple(sorted(far, key=lambda t: t.y))


def _dry(tree: Spot, course: Course) -> bool:
    middle, half = course.at(tree.y)
    return abs(tree.x - middle) > half + tree.size * 0.1
