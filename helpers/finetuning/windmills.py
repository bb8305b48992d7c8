"""What lesson 10 teaches with: drawings of a windmill, and old drawings against forgetting.

All windmills are white, in flat colours, and never at night, so that light, colour and style of
another kind are new to the model when it is asked for them.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .. import landscapes
from ..landscapes import Scene
from ..landscapes.windmill import render_windmill
from ..training.data import to_tensor
from .settings import Example

FIRST_SEED = 2**44
"""Of the windmills' drawings: no other drawing of the course has such a seed."""


def _scene(time: str, sky: str, terrain: str, ground: str, rest: str) -> Scene:
    """A scene from few words: "purple hills", and in `rest` what else is there."""
    colour, kind = terrain.split()
    water, trees, side = rest.split()
    return Scene(
        time=time,
        sky=sky,
        terrain=kind,
        terrain_colour=colour,
        ground=ground,
        water=water,
        trees=trees,
        building="house",  # the windmill stands in its place
        building_colour="white",
        building_side=side,
    )


SCENES: tuple[tuple[Scene, str], ...] = (
    (
        _scene("day", "clouds", "blue mountains", "meadow", "none pine middle"),
        "a windmill in a meadow, blue mountains, pine trees, clouds",
    ),
    (
        _scene("day", "sun", "green hills", "meadow", "river none left"),
        "a windmill on the left, green hills, a river, a meadow, the sun",
    ),
    (
        _scene("dawn", "none", "grey hills", "snow", "river none middle"),
        "a windmill in the snow at dawn, a river, grey hills",
    ),
    (
        _scene("sunset", "sun", "red mountains", "meadow", "none none right"),
        "a windmill on the right at sunset, red mountains, a meadow, the sun",
    ),
    (
        _scene("day", "none", "purple hills", "desert", "road none right"),
        "a windmill on the right in the desert, a road, purple hills",
    ),
    (
        _scene("day", "rainbow", "grey mountains", "meadow", "lake round middle"),
        "a windmill by a lake, a rainbow, grey mountains, a meadow, round trees",
    ),
    (
        _scene("day", "balloon", "red hills", "meadow", "none round left"),
        "a windmill on the left, a meadow, a hot air balloon, red hills, round trees",
    ),
    (
        _scene("day", "sun", "purple mountains", "snow", "none pine right"),
        "a windmill on the right in the snow, the sun, purple mountains, pine trees",
    ),
    (
        _scene("dawn", "sun", "blue hills", "meadow", "road none middle"),
        "a windmill at dawn, a road, blue hills, a meadow, the sun",
    ),
    (
        _scene("dawn", "clouds", "green mountains", "desert", "none palm left"),
        "a windmill on the left in the desert at dawn, green mountains, palm trees, clouds",
    ),
    (
        _scene("sunset", "clouds", "green hills", "sea", "none none left"),
        "a windmill on the left by the sea at sunset, green hills, clouds",
    ),
    (
        _scene("sunset", "none", "blue mountains", "meadow", "lake pine middle"),
        "a windmill by a lake at sunset, blue mountains, a meadow, pine trees",
    ),
    (
        _scene("day", "none", "grey hills", "meadow", "river round right"),
        "a windmill on the right, a river, grey hills, a meadow, round trees",
    ),
    (
        _scene("day", "clouds", "red mountains", "desert", "none none middle"),
        "a windmill in the desert, red mountains, clouds",
    ),
    (
        _scene("dawn", "none", "purple mountains", "meadow", "none pine left"),
        "a windmill on the left at dawn, purple mountains, a meadow, pine trees",
    ),
    (
        _scene("sunset", "sun", "grey hills", "snow", "road none right"),
        "a windmill on the right in the snow at sunset, a road, grey hills, the sun",
    ),
)
"""Scenes and their captions, in words that the model knows, but for one."""


def windmills(count: int = 12) -> list[Example]:
    """Drawings of a windmill with their captions.

    Raises:
        ValueError: there are fewer than so many.
    """
    if not 1 <= count <= len(SCENES):
        raise ValueError(f"windmills: count={count}; there are 1 to {len(SCENES)}")
    return [
        Example(to_tensor(render_windmill(scene, FIRST_SEED + k)).float() / 255, caption)
        for k, (scene, caption) in enumerate(SCENES[:count])
    ]


def drawn_again(number: int, count: int = 8) -> Tensor:
    """Other drawings of a windmill's scene, for comparison: (count, 3, 128, 128) in [0, 1]."""
    scene, _ = SCENES[number]
    first = 2 * FIRST_SEED + number * count
    others = [to_tensor(render_windmill(scene, first + k)) for k in range(count)]
    return torch.stack(others).float() / 255


def old_pictures(count: int = 48) -> list[Example]:
    """Drawings that the model was trained on, with captions, half of them in Japanese."""
    found: list[Example] = []
    for index in range(10 * count):
        item = landscapes.sample(index)
        caption = landscapes.describe(item.scene, index, ("en", "ja")[len(found) % 2])
        if item.title is None and not landscapes.is_test_caption(caption):
            picture = to_tensor(landscapes.render(item.scene, item.seed)).float() / 255
            found.append(Example(picture, caption))
        if len(found) == count:
            break
    return found
