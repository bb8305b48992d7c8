"""Draws a `Scene`, back to front: sky, land, things, then weather and style.

What is true in every drawing, and may be said of it:

* The mountains or hills lie behind everything else on the ground, right across the picture.
* What is in the sky is above them; sun, moons, planet and balloon are wholly in sight.
* A river or road winds from the lower edge, in front, to the foot of the mountains.
* A lake lies before the mountains, in the middle.
* The sea reaches to the mountains, and a beach lies in front.
* Large trees stand in front, to the left and to the right.
* There is one building, and no tree hides it; its middle is where `building_side` says: 30 to 42,
  58 to 70 or 86 to 98 of 128 units from the left edge.
* A boat is on the water. Any other building stands on dry ground: beside the river or road, on
  the near shore of the lake, on the beach of the sea.
"""

from __future__ import annotations

from PIL import Image

from .easel import SCALE, Easel
from .land import paint_land, paint_water
from .layout import SIZE
from .scenes import Scene
from .sky import paint_sky
from .styles import apply_style
from .things import paint_building, paint_trees

__all__ = ["SIZE", "render"]


def render(scene: Scene, seed: int) -> Image.Image:
    """The scene as an RGB picture of 128 × 128, the same everywhere for a scene and a seed."""
    easel = Easel.for_scene(scene, seed)
    paint_sky(easel)
    paint_land(easel)
    paint_trees(easel, easel.layout.far)
    paint_water(easel)
    paint_building(easel)
    paint_trees(easel, easel.layout.near)
    return apply_style(easel.image.reduce(SCALE), scene.style, scene.weather)
