"""A windmill: drawn here, and never shown to the embedded model, its judge or its tests.

Lesson 10 teaches it to the model. It stands where the scene has its building, in the colour of
that building. The training stream knows nothing of it.
"""

from __future__ import annotations

import math

from PIL import Image

from .easel import PAINT, SCALE, Colour, Easel
from .land import paint_land, paint_water
from .scenes import Scene
from .sky import paint_sky
from .styles import apply_style
from .things import WOOD, faces, paint_shadow, paint_trees, shape

ENGLISH, JAPANESE = "windmill", "風車"
"""Its names; no caption of the training stream has them."""

HUB, REACH, SAIL = 33.0, 21.0, 6.5
"""Height of the hub, length and width of a sail, in picture units."""


def render_windmill(scene: Scene, seed: int) -> Image.Image:
    """The scene with a windmill in its building's place: an RGB picture of 128 × 128.

    Args:
        scene: has a building, though not a boat, for a windmill stands on land.
        seed: of the drawing, as for `render`.

    Raises:
        ValueError: the scene has no building, or a boat.
    """
    if scene.building in ("none", "boat"):
        raise ValueError(
            f"render_windmill: building={scene.building!r}; the windmill takes the place of a "
            "house, castle, lighthouse or tent, so the scene must have one"
        )
    easel = Easel.for_scene(scene, seed)
    paint_sky(easel)
    paint_land(easel)
    paint_trees(easel, easel.layout.far)
    paint_water(easel)
    _paint_windmill(easel)
    paint_trees(easel, easel.layout.near)
    return apply_style(easel.image.reduce(SCALE), scene.style, scene.weather)


def _paint_windmill(e: Easel) -> None:
    """A tower that narrows upwards, a cap, and four sails in front of it."""
    spot = e.layout.building
    assert spot is not None  # the scene has one
    x, y, away = spot.x, spot.y, -e.side(spot.x)
    left, right = faces(e, x, e.painted(PAINT[e.scene.building_colour], 0.62))
    paint_shadow(e, x, y, 14)
    e.polygon(shape(x, y, (-10, 0), (-6, 32), (6, 32), (10, 0)), left)
    e.polygon(shape(x, y, (2.5 * away, 0), (1.5 * away, 32), (6 * away, 32), (10 * away, 0)),
              right if away > 0 else left)  # fmt: skip
    e.ellipse(x, y - 32, 7, 6, e.lit((92, 62, 56)))
    e.box(x - 2.6, y - 9, x + 2.6, y, e.lit(WOOD))
    _paint_sails(e, x, y - HUB)


def _paint_sails(e: Easel, x: float, y: float) -> None:
    """Four sails around the hub at (x, y), turned by a random angle: cloth beside a pole."""
    turn = e.rng("windmill").uniform(0.2, math.pi / 2 - 0.2)
    cloth, pole = e.painted((250, 244, 226), 0.5), e.lit((84, 54, 40))
    for quarter in range(4):
        angle = turn + quarter * math.pi / 2
        out, across = (math.cos(angle), math.sin(angle)), (-math.sin(angle), math.cos(angle))
        corners = ((5.0, 0.0), (REACH, 0.0), (REACH, SAIL), (5.0, SAIL))
        e.polygon([_along(x, y, out, across, *corner) for corner in corners], cloth)
        e.line([(x, y), _along(x, y, out, across, REACH + 1, 0.0)], pole, 1.6)
    e.ellipse(x, y, 2.2, 2.2, pole)


def _along(
    x: float, y: float, out: Colour | tuple[float, float], across: tuple[float, float],
    far: float, wide: float,
) -> tuple[float, float]:  # fmt: skip
    """The point `far` from the hub along a sail and `wide` beside its pole."""
    return x + far * out[0] + wide * across[0], y + far * out[1] + wide * across[1]
