"""Draws a `Scene`, back to front: sky, land, things, then weather and style."""

from __future__ import annotations

import random

from PIL import Image

from .easel import SCALE, SIZE, Easel
from .land import paint_land
from .scenes import Scene
from .sky import paint_sky
from .styles import apply_style
from .things import paint_building, paint_trees

__all__ = ["SIZE", "render"]


def render(scene: Scene, seed: int) -> Image.Image:
    """The scene as an RGB picture of 128 × 128, the same everywhere for a scene and a seed."""
    easel = Easel.for_scene(scene, random.Random(seed))
    paint_sky(easel)
    paint_land(easel)
    paint_trees(easel, behind=True)
    paint_building(easel)
    paint_trees(easel, behind=False)
    return apply_style(easel.image.reduce(SCALE), scene.style, scene.weather)
