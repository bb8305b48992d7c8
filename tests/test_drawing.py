"""The drawings: what is true in every one of them, measured by pixels or by the composition."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from helpers.landscapes import ATTRIBUTES, SIZE, Scene, render, sample
from helpers.landscapes.layout import SIDES, lay_out

ITEMS = [sample(i, "test") for i in range(400)]
BUILT = [item for item in ITEMS if item.scene.building != "none"]
TIMES, STYLES = ATTRIBUTES["time"], ATTRIBUTES["style"]


def pixels(scene, seed=1):
    return np.asarray(render(scene, seed), dtype=float)


def walls(scene, seed):
    """Where the building's paint is: what changes with its colour alone, (128, 128)."""
    red, blue = (pixels(replace(scene, building_colour=c), seed) for c in ("red", "blue"))
    return np.abs(red - blue).sum(-1) > 120


def test_every_value_is_drawn_in_every_style():
    for style, (name, values) in itertools.product(STYLES, ATTRIBUTES.items()):
        for value in values:
            fitting = (i for i in ITEMS if getattr(i.scene, name) == value)
            item = next(fitting)
            picture = render(replace(item.scene, style=style), item.seed)
            assert picture.mode == "RGB" and picture.size == (SIZE, SIZE)
            assert np.asarray(picture).std() > 8


@pytest.mark.parametrize("side", SIDES)
def test_a_building_stands_on_its_side_and_in_full_view(side):
    low, high = SIDES[side]
    found = [item for item in BUILT if item.scene.building_side == side][:20]
    for item in found:
        scene = replace(item.scene, style="flat", weather="none")
        painted = walls(scene, item.seed)
        columns = np.flatnonzero(painted.any(0))
        assert low - 5 <= (columns[0] + columns[-1]) / 2 <= high + 5, item
        assert columns[-1] - columns[0] >= 14, item
        bare = walls(replace(scene, trees="none"), item.seed)
        assert painted.sum() > 0.9 * bare.sum(), item


def test_a_boat_is_on_the_water_and_anything_else_stands_beside_it():
    for item in BUILT:
        plan = lay_out(item.scene, item.seed)
        x, y, half = plan.building.x, plan.building.y, plan.building.size
        boat = item.scene.building == "boat"
        if plan.course:
            middle, width = plan.course.at(y)
            gap = abs(middle - x) - width - half
            assert abs(middle - x) + half < width + 3 if boat else 0 < gap < 8, item
        if plan.lake:
            below = y - (plan.lake.y + 0.23 * plan.lake.size)
            inside = abs(x - plan.lake.x) + half < plan.lake.size
            assert below < 0 and inside if boat else 3 < below < 16, item


def test_water_lies_before_the_mountains_and_a_course_reaches_the_lower_edge():
    for item in ITEMS:
        plan = lay_out(item.scene, item.seed)
        if plan.lake:
            assert plan.lake.y - 0.23 * plan.lake.size > plan.horizon
            assert 0 < plan.lake.x - plan.lake.size * 0.75
            assert plan.lake.x + plan.lake.size * 0.75 < SIZE
        if plan.course:
            assert plan.course.ys[0] == plan.horizon and plan.course.ys[-1] == SIZE
            assert 20 < plan.course.xs[-1] < 108 and 40 < plan.course.xs[0] < 88
            assert min(plan.course.halves) > 0.5


def test_large_trees_stand_left_and_right_in_front_on_dry_ground():
    for item in ITEMS:
        plan = lay_out(item.scene, item.seed)
        for outer in (1, -1):
            assert any(outer * (64 - t.x) > 40 and t.size > 34 for t in plan.near), item
        for tree in plan.near:
            assert tree.y > plan.horizon + 0.7 * (SIZE - plan.horizon)
            if plan.course:
                middle, width = plan.course.at(tree.y)
                assert abs(tree.x - middle) > width, item
            if plan.lake:
                assert tree.y > plan.lake.y + 0.23 * plan.lake.size, item


def test_nothing_hides_what_hangs_in_the_sky():
    for item in ITEMS:
        plan = lay_out(item.scene, item.seed)
        plain = replace(item.scene, style="flat", weather="none", building="none",
                        building_colour="none", building_side="none")  # fmt: skip
        if item.scene.building == "boat":
            plain = replace(plain, water="none")
        if not plan.sky:
            continue
        low, high = (pixels(replace(plain, terrain=t), item.seed) for t in ("hills", "mountains"))
        y, x = np.mgrid[0:SIZE, 0:SIZE] + 0.5
        for disc in plan.sky:
            inside = (x - disc.x) ** 2 + (y - disc.y) ** 2 < (disc.size - 1) ** 2
            assert inside.sum() > 0.9 * np.pi * (disc.size - 1) ** 2, item
            hidden = (np.abs(low - high).sum(-1) > 9) & inside
            assert hidden.sum() < 0.12 * inside.sum(), item


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("time", TIMES)
def test_colours_can_be_told_apart_at_every_hour_in_every_style(time, style):
    scene = Scene(time, building="tent", building_colour="red", style=style)
    where = walls(replace(scene, style="flat"), 1)
    tents = [
        pixels(replace(scene, building_colour=c))[where].mean(0)
        for c in ATTRIBUTES["building_colour"][1:]
    ]
    red, green = (pixels(Scene(time, terrain_colour=c)) for c in ("red", "green"))
    where = np.abs(red - green).sum(-1) > 60
    mountains = [
        pixels(Scene(time, terrain_colour=c, style=style))[where].mean(0)
        for c in ATTRIBUTES["terrain_colour"]
    ]
    assert nearest(tents) > 40, nearest(tents)
    assert nearest(mountains) > 16, nearest(mountains)


def nearest(colours):
    """Smallest distance between two of the colours."""
    return min(np.linalg.norm(a - b) for a, b in itertools.combinations(colours, 2))


@pytest.mark.parametrize("style", STYLES)
def test_dawn_is_light_night_is_dark_and_sunset_is_red_above(style):
    sky = {t: pixels(Scene(t, style=style))[8:56].mean((0, 1)) for t in TIMES}
    assert sky["dawn"].mean() > max(sky["sunset"].mean(), sky["night"].mean()) + 50
    assert sky["night"].mean() < min(sky[t].mean() for t in TIMES if t not in ("night", "storm"))
    assert sky["sunset"][0] > sky["sunset"][2] + 15 > sky["day"][0] - sky["day"][2]
    assert sky["night"][2] > sky["night"][0] + 15


def test_a_thing_left_out_changes_only_its_place():
    scene = Scene("day", "sun", ground="sea", building="house", building_colour="red")
    bare = Scene("day", "sun", ground="sea")
    for seed in range(5):
        changed = np.abs(pixels(scene, seed) - pixels(bare, seed)).sum(-1) > 0
        rows, columns = np.flatnonzero(changed.any(1)), np.flatnonzero(changed.any(0))
        assert len(rows) < 50 and len(columns) < 64


@pytest.mark.parametrize("weather", ["rain", "snow"])
@pytest.mark.parametrize("style", STYLES)
def test_falling_drops_are_seen_all_over(weather, style):
    plain, falling = (pixels(Scene(style=style, weather=w)) for w in ("none", weather))
    drops = np.abs(falling - plain)
    drops = (drops - np.median(drops, (0, 1))).max(-1) > 25
    quarters = drops.reshape(4, 32, 4, 32).any((1, 3))
    assert quarters.all()
