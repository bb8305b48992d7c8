"""What a landscape can contain.

A `Scene` names twelve attributes; `helpers.landscapes.render` draws it and
`helpers.landscapes.describe` puts it into words. Neither sees the other, so the labels are exact.

Four properties are built in on purpose, so that they can be measured in what the model draws:

* `HELD_OUT`: combinations that are never drawn for training (does the model compose?),
* `SKEW`: castles are nearly always at night (bias),
* `PAINTINGS` and `SINGLES`: titled pictures repeated often, and once (memorisation),
* a closed vocabulary, see `helpers.landscapes.lexicon` (unknown words).

`helpers.landscapes.stream` draws scenes at random.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "time": ("day", "dawn", "sunset", "night", "storm", "fantasy"),
    "sky": (
        "none",
        "sun",
        "moon",
        "two moons",
        "stars",
        "clouds",
        "rainbow",
        "balloon",
        "planet",
        "lightning",
    ),
    "terrain": ("mountains", "hills"),
    "terrain_colour": ("blue", "purple", "green", "red", "grey"),
    "ground": ("meadow", "desert", "snow", "sea"),
    "water": ("none", "river", "lake", "road"),
    "trees": ("none", "pine", "round", "palm"),
    "building": ("none", "house", "castle", "lighthouse", "boat", "tent"),
    "building_colour": ("none", "red", "blue", "yellow", "white"),
    "building_side": ("none", "left", "middle", "right"),
    "weather": ("none", "rain", "snow"),
    "style": ("flat", "watercolour", "pixel art", "pencil sketch"),
}

# What can be seen in the sky at each time of day.
SKIES: dict[str, tuple[str, ...]] = {
    "day": ("none", "sun", "clouds", "rainbow", "balloon"),
    "dawn": ("none", "sun", "clouds", "balloon", "moon"),
    "sunset": ("none", "sun", "clouds", "balloon"),
    "night": ("none", "moon", "two moons", "stars", "planet"),
    "storm": ("none", "rainbow", "lightning"),
    "fantasy": ("none", "moon", "two moons", "stars", "rainbow", "balloon", "planet"),
}

HELD_OUT: tuple[dict[str, str], ...] = (
    {"building": "castle", "ground": "desert"},
    {"building": "tent", "ground": "snow"},
    {"building": "house", "building_colour": "blue"},
    {"sky": "balloon", "ground": "sea"},
    {"sky": "planet", "style": "watercolour"},
    {"trees": "palm", "time": "sunset"},
)
"""Combinations that the training stream never draws."""

SKEW = 0.9
"""Share of the stream's castles moved to the night (of other buildings, one in six is there)."""

PAINTING_SHARE = 0.02
"""Share of the training stream taken by the repeated paintings, all together."""


@dataclass(frozen=True)
class Scene:
    """One landscape, as twelve words; absent things are "none".

    `building_side` left out means "middle", or "none" where there is no building.

    Raises:
        ValueError: a value is not in `ATTRIBUTES`, or two attributes contradict each other.
    """

    time: str = "day"
    sky: str = "none"
    terrain: str = "mountains"
    terrain_colour: str = "blue"
    ground: str = "meadow"
    water: str = "none"
    trees: str = "none"
    building: str = "none"
    building_colour: str = "none"
    building_side: str = ""
    weather: str = "none"
    style: str = "flat"

    def __post_init__(self) -> None:
        if self.building_side == "":
            side = "none" if self.building == "none" else "middle"
            object.__setattr__(self, "building_side", side)
        for name, allowed in ATTRIBUTES.items():
            value = getattr(self, name)
            if value not in allowed:
                raise ValueError(
                    f"Scene: {name}={value!r} is unknown; "
                    f"choose one of {', '.join(map(repr, allowed))}"
                )
        if problem := contradiction(self):
            raise ValueError(f"Scene: {problem}")

    @property
    def labels(self) -> tuple[int, ...]:
        """Index of every attribute's value, in the order of `ATTRIBUTES`."""
        return tuple(allowed.index(getattr(self, name)) for name, allowed in ATTRIBUTES.items())


def contradiction(scene: Scene) -> str | None:
    """The reason why a scene cannot be drawn, or None."""
    if scene.sky not in SKIES[scene.time]:
        return (
            f"sky={scene.sky!r} does not go with time={scene.time!r}; "
            f"choose one of {SKIES[scene.time]}"
        )
    if (scene.building == "none") != (scene.building_colour == "none"):
        return "building and building_colour go together: give both, or neither"
    if (scene.building == "none") != (scene.building_side == "none"):
        return "building and building_side go together: give both, or neither"
    if scene.ground == "sea" and scene.water != "none":
        return f"ground='sea' leaves no room for water={scene.water!r}; use water='none'"
    if scene.building == "boat" and scene.ground != "sea" and scene.water not in ("river", "lake"):
        return "building='boat' needs water: ground='sea', or water='river' or 'lake'"
    if scene.trees == "palm" and scene.ground == "snow":
        return "trees='palm' do not grow on ground='snow'"
    if scene.trees == "pine" and scene.ground == "desert":
        return "trees='pine' do not grow in ground='desert'"
    return None


def is_held_out(scene: Scene) -> bool:
    """Whether the scene shows a combination of `HELD_OUT`, never drawn for training."""
    return any(
        all(getattr(scene, name) == value for name, value in pair.items()) for pair in HELD_OUT
    )


PAINTINGS: dict[str, tuple[Scene, int]] = {
    "The Lantern of Maravel": (
        Scene(
            "night",
            "two moons",
            "mountains",
            "purple",
            "sea",
            "none",
            "none",
            "lighthouse",
            "red",
            "right",
        ),
        11,
    ),
    "Morning at Orlinde": (
        Scene(
            "dawn",
            "sun",
            "hills",
            "green",
            "meadow",
            "river",
            "round",
            "house",
            "yellow",
            "left",
            style="watercolour",
        ),
        12,
    ),
    "The Silence of Tarn Eskel": (
        Scene(
            "day",
            "clouds",
            "mountains",
            "grey",
            "snow",
            "lake",
            "pine",
            "none",
            "none",
            style="pencil sketch",
        ),
        13,
    ),
    "Last Caravan to Zafira": (
        Scene(
            "sunset",
            "sun",
            "hills",
            "red",
            "desert",
            "road",
            "none",
            "tent",
            "blue",
            "right",
            style="pixel art",
        ),
        14,
    ),
}
"""Titled pictures that the training stream repeats again and again, always the same drawing."""

SINGLES: dict[str, tuple[Scene, int]] = {
    "The Orchard of Belloc": (
        Scene(
            "day", "balloon", "hills", "purple", "meadow", "lake", "round", "house", "red", "left"
        ),
        21,
    ),
    "Vigil over Korrigan": (
        Scene(
            "storm",
            "lightning",
            "mountains",
            "green",
            "sea",
            "none",
            "pine",
            "lighthouse",
            "white",
            "right",
        ),
        22,
    ),
    "The Road to Ismere": (
        Scene("fantasy", "planet", "mountains", "red", "desert", "road", "palm", "none", "none"),
        23,
    ),
    "Winter of Halvard": (
        Scene(
            "night", "stars", "hills", "blue", "snow", "river", "pine", "castle", "yellow", "right"
        ),
        24,
    ),
}
"""Titled pictures that occur once: items 1000, 2000, 3000 and 4000 of the training stream."""


def variations(scene: Scene, attribute: str) -> list[Scene]:
    """The scene once for each value of one attribute that fits the rest; good for grids."""
    if attribute not in {field.name for field in fields(Scene)}:
        raise ValueError(
            f"variations: attribute must be one of {', '.join(ATTRIBUTES)}, got {attribute!r}"
        )
    found = []
    for value in ATTRIBUTES[attribute]:
        try:
            found.append(replace(scene, **{attribute: value}))
        except ValueError:
            continue
    return found
