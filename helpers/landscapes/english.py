"""The words and turns of phrase of the English captions.

"{c}" is where a colour goes, "{x}" where a thing does; "stands|stand|standing" are a verb's forms
for one, for many, and beside a noun. The first of several is the plainest, and the most frequent.
Prose is British; captions take the American spelling half of the time (`AMERICAN`).

What phrases of place say holds in every drawing (`helpers.landscapes.drawing` lists it): land rises
behind all else, the sky's things are above it, roads and rivers come from there to the front, trees
stand at the front on both sides, buildings beside water, boats on it.
"""

from __future__ import annotations

import re

from .words import Phrases, phrases

NOUNS: dict[str, dict[str, Phrases]] = {
    "sky": {
        "sun": ("the sun", "a bright sun", "a sun", "a golden sun", "a sunny sky", "a yellow sun"),
        "moon": ("the moon", "a full moon", "a moon", "a bright moon", "a glowing moon"),
        "two moons": ("two moons", "twin moons", "a pair of moons"),
        "stars": phrases(
            "stars, a starry sky, many stars, twinkling stars, a sky full of stars, bright stars, "
            "countless stars"
        ),
        "clouds": phrases(
            "clouds, white clouds, a cloudy sky, fluffy clouds, a few clouds, a cloud"
        ),
        "rainbow": ("a rainbow", "a colourful rainbow", "a bright rainbow"),
        "balloon": ("a balloon", "a hot air balloon", "a hot-air balloon"),
        "planet": phrases(
            "a planet, a ringed planet, a giant planet, a planet with rings, a planet like Saturn, "
            "a huge planet, Saturn"
        ),
        "lightning": phrases(
            "lightning, a bolt of lightning, a lightning bolt, bright lightning, a thunderbolt"
        ),
    },
    "terrain": {
        "mountains": phrases(
            "{c} mountains, tall {c} mountains, {c} peaks, high {c} mountains, "
            "{c} mountain peaks, a {c} mountain range, snow-capped {c} mountains, "
            "distant {c} mountains, a {c} mountain, rocky {c} mountains, {c} summits, a {c} peak"
        ),
        "hills": phrases(
            "{c} hills, rolling {c} hills, gentle {c} hills, distant {c} hills, low {c} hills, "
            "a {c} hill, a {c} hillside, {c} hilltops, {c} slopes"
        ),
    },
    "ground": {
        "meadow": phrases(
            "a meadow, a green meadow, grass, a field, a grassy field, green grass, "
            "a field of grass, grassland, a green valley, a grassy meadow, a pasture, a prairie, "
            "a lawn, farmland, a green plain"
        ),
        "desert": phrases(
            "a desert, a sandy desert, sand, the desert, sand dunes, desert dunes, desert sand, "
            "dunes"
        ),
        "snow": phrases(
            "a snowfield, snowy ground, a field of snow, a snowy field, a snow-covered field, "
            "white snow, deep snow, a winter field, snow, snow, a snowy plain, a snowy valley, "
            "snowdrifts"
        ),
        "sea": phrases(
            "the sea, the ocean, a beach, the coast, a sandy beach, the seashore, the seaside, "
            "the shore, a bay, waves, ocean waves"
        ),
    },
    "water": {
        "river": ("a river", "a winding river", "a stream", "a creek", "a brook", "a rivulet"),
        "lake": ("a lake", "a still lake", "a pond", "a clear lake", "a pool"),
        "road": phrases(
            "a road, a winding road, a path, a trail, a country road, a highway, a lane, "
            "a country lane, a dirt road, a track, a footpath, a street"
        ),
    },
    "trees": {
        "pine": phrases(
            "pine trees, pines, fir trees, some pine trees, a few pine trees, evergreen trees, "
            "firs, a pine forest, a pine tree, conifers, spruce trees, spruces"
        ),
        "round": phrases(
            "trees, round trees, leafy trees, some trees, a few trees, a forest, the woods, "
            "a tree, oak trees, oaks, woodland, a grove, bushy trees, green trees"
        ),
        "palm": phrases(
            "palm trees, palms, some palm trees, a few palm trees, tropical palm trees, "
            "coconut palms, a palm tree"
        ),
    },
    "building": {
        "house": phrases(
            "a {c} house, a {c} cottage, a {c} cabin, a {c} hut, a {c} home, a {c} farmhouse, "
            "a {c} lodge, a {c} chalet, a {c} villa, a {c} bungalow"
        ),
        "castle": phrases(
            "a {c} castle, a {c} fortress, a {c} palace, a {c} fort, a {c} citadel, "
            "a {c} stronghold"
        ),
        "lighthouse": phrases(
            "a {c} lighthouse, a tall {c} lighthouse, a {c} lighthouse tower, a {c} beacon"
        ),
        "boat": phrases(
            "a {c} boat, a {c} sailing boat, a {c} ship, a {c} sailboat, a {c} sailing ship, "
            "a boat with {c} sails, a {c} yacht, a {c} fishing boat, a {c} rowing boat, "
            "a {c} rowboat"
        ),
        "tent": phrases(
            "a {c} tent, a {c} camping tent, a {c} canvas tent, a camp with a {c} tent"
        ),
    },
    "weather": {
        "rain": phrases(
            "rain, falling rain, rainy weather, heavy rain, drizzle, raindrops, showers, "
            "pouring rain"
        ),
        "snow": ("falling snow", "snowfall", "snowflakes", "falling snowflakes"),
    },
}

SNOWY_MOUNTAINS = "snowy {c} mountains"  # tells of mountains and of snow on the ground

ADJECTIVES: dict[str, Phrases] = {
    "building": phrases(
        "small, little, big, old, lonely, tiny, lovely, pretty, large, beautiful, charming, cosy, "
        "nice, simple, quiet, single, cute, huge"
    ),
    "water": ("quiet", "small", "beautiful", "peaceful", "calm", "little", "wide", "long", "big"),
    "terrain": ("beautiful", "great", "big", "large", "majestic", "huge"),
    "trees": ("tall", "big", "beautiful", "old", "small"),
    "ground": ("wide", "beautiful", "quiet", "vast", "peaceful", "empty", "lonely", "calm"),
}
"""Words that promise nothing which could be missed."""

COLOURS: dict[str, Phrases] = {
    **{name: (name,) for name in ("blue", "green", "red", "grey", "yellow", "white")},
    "purple": ("purple", "violet"),
}

AMERICAN = {
    "colour": "color",
    "grey": "gray",
    "centre": "center",
    "cosy": "cozy",
    "towards": "toward",
}
"""British letters, and the American ones in their place."""

_BRITISH = re.compile("|".join(AMERICAN))

SIDES: dict[str, Phrases] = {
    "left": ("on the left", "on the left side", "to the left", "at the left"),
    "middle": ("in the middle", "in the centre"),
    "right": ("on the right", "on the right side", "to the right", "at the right"),
}

SCENES = ("landscape", "landscape", "landscape", "scene", "view", "scenery")
MOODS = phrases(
    "beautiful, quiet, peaceful, lovely, nice, wonderful, calm, pretty, lonely, simple, charming"
)
KINDS: dict[str, Phrases] = {  # before "landscape", and before the hour where in QUALITIES
    "terrain:mountains": ("mountain",),
    "terrain:hills": ("hilly",),
    "ground:desert": ("desert", "sandy"),
    "ground:snow": ("snowy", "winter", "wintry", "snow-covered"),
    "ground:sea": ("coastal", "seaside"),
    "ground:meadow": ("grassy",),
    "weather:rain": ("rainy",),
    "sky:clouds": ("cloudy",),
}
QUALITIES = frozenset("hilly sandy snowy wintry snow-covered coastal grassy rainy cloudy".split())

TIMES: dict[str, dict[str, Phrases]] = {
    "day": {
        "before": ("daytime", "sunlit", "midday"),
        "after": phrases(
            "by day, in the daytime, during the day, at noon, in the afternoon, under a blue sky, "
            "in daylight, at midday"
        ),
        "name": ("daytime", "day", "noon", "blue sky", "daylight", "afternoon"),
    },
    "dawn": {
        "before": ("morning", "sunrise", "early morning", "dawn"),
        "after": phrases(
            "at dawn, at sunrise, in the morning, at daybreak, in the early morning, "
            "in the morning light, early in the morning, under a pink sky, at first light"
        ),
        "name": ("dawn", "sunrise", "morning", "daybreak", "morning light", "first light"),
    },
    "sunset": {
        "before": ("sunset", "evening", "twilight"),
        "after": phrases(
            "at sunset, at dusk, in the evening, at twilight, at sundown, in the evening light, "
            "under an orange sky, in the golden hour, at golden hour"
        ),
        "name": phrases("sunset, dusk, evening, twilight, orange sky, sundown, golden hour"),
    },
    "night": {
        "before": ("night", "nighttime", "midnight"),
        "after": phrases(
            "at night, by night, in the night, at midnight, under the night sky, late at night, "
            "under a dark sky, in the dark, after dark, at nightfall"
        ),
        "name": ("night", "midnight", "night sky", "dark night", "nightfall"),
    },
    "storm": {
        "before": ("stormy",),
        "after": phrases(
            "in a storm, in stormy weather, during a storm, under a stormy sky, in the storm, "
            "on a stormy day"
        ),
        "name": ("storm", "stormy weather", "stormy sky"),
    },
    "fantasy": {
        "before": phrases(
            "fantasy, magical, dreamlike, dreamy, enchanted, fairy-tale, otherworldly, fantastic, "
            "surreal, magic, mystical"
        ),
        "after": phrases(
            "in a fantasy world, in a magical world, in a dream, in a fairy tale, "
            "in a dream world, on another world, in an enchanted land, in a wonderland, "
            "in dreamland, in fairyland"
        ),
        "name": phrases(
            "fantasy, magical, fairy tale, dreamlike, fantasy world, dreamy, wonderland, "
            "dreamland, fairyland"
        ),
    },
}

TOGETHER: dict[tuple[str, str], Phrases] = {  # one phrase tells the time and another thing
    ("night", "sky:moon"): ("on a moonlit night", "on a night with a full moon"),
    ("night", "sky:stars"): ("on a starry night", "on a night full of stars"),
    ("night", "weather:rain"): ("on a rainy night",),
    ("night", "weather:snow"): ("on a snowy night",),
    ("day", "sky:sun"): ("on a sunny day", "in bright sunshine", "in the sunlight"),
    ("day", "sky:clouds"): ("on a cloudy day",),
    ("day", "weather:rain"): ("on a rainy day",),
    ("day", "weather:snow"): ("on a snowy day",),
    ("dawn", "sky:sun"): ("as the sun rises", "in the rising sun"),
    ("sunset", "sky:sun"): ("as the sun sets", "in the setting sun", "as the sun goes down"),
    ("storm", "sky:lightning"): phrases(
        "in a thunderstorm, in a storm with thunder and lightning, in a flash of lightning"
    ),
    ("storm", "weather:rain"): ("in a rainstorm",),
    ("storm", "weather:snow"): ("in a snowstorm", "in a blizzard"),
}

STYLES: dict[str, tuple[Phrases, Phrases]] = {  # (before the rest, after it)
    "flat": (
        phrases(
            "a flat illustration of, an illustration of, a vector illustration of, a poster of, "
            "flat vector art of, a minimal illustration of, a cartoon of"
        ),
        phrases(
            "flat illustration, in flat colours, vector art, in flat style, flat design, "
            "vector illustration, poster, minimal illustration, cartoon, cartoon style"
        ),
    ),
    "watercolour": (
        phrases(
            "a watercolour of, a watercolour painting of, a watercolour picture of, "
            "a soft watercolour of, an aquarelle of"
        ),
        phrases(
            "watercolour, in watercolour, watercolour painting, watercolour style, "
            "painted in watercolours, aquarelle"
        ),
    ),
    "pixel art": (
        phrases(
            "pixel art of, a pixel art picture of, 8-bit pixel art of, retro game art of, "
            "pixel-art of"
        ),
        phrases(
            "pixel art, in pixel art style, 8-bit style, like a retro game, pixelated, "
            "retro video game style, in pixels, 8-bit"
        ),
    ),
    "pencil sketch": (
        phrases(
            "a pencil sketch of, a pencil drawing of, a sketch of, a graphite drawing of, "
            "a hand-drawn sketch of, a line drawing of"
        ),
        phrases(
            "pencil sketch, drawn in pencil, pencil drawing, in pencil, sketched in pencil, "
            "graphite sketch, sketch, line drawing, sketched"
        ),
    ),
}

REQUESTS = phrases(
    "a picture of, a painting of, an image of, a drawing of, draw, please draw, draw me, paint, "
    "please paint, show me, please show me, I want, I want to see, I would like, imagine, create, "
    "make, here is"
)

OVER: dict[str, Phrases] = {  # the hour as the picture's subject
    "dawn": ("sunrise", "a sunrise", "dawn", "daybreak"),
    "sunset": ("a sunset", "sunset", "dusk", "twilight"),
    "night": ("night", "a dark night"),
    "storm": ("a storm",),
}

VERBS: dict[str, Phrases] = {
    "building": ("stands|stand|standing", "stands|stand|standing"),
    "building:castle": ("stands|stand|standing", "rises|rise|rising", "towers|tower|towering"),
    "building:lighthouse": ("stands|stand|standing", "rises|rise|rising"),
    "building:boat": phrases(
        "floats|float|floating, sails||sailing, drifts|drift|drifting, lies|lie|lying"
    ),
    "water:river": ("flows||flowing", "winds||winding", "runs||running"),
    "water:lake": ("lies|lie|lying", "shines|shine|shining"),
    "water:road": ("leads||leading", "winds||winding", "runs||running"),
    "trees": ("stands|stand|standing", "grows|grow|growing"),
    "ground": ("lies|lie|lying", "stretches|stretch|stretching"),
    "terrain:mountains": ("rises|rise|rising", "stands|stand|standing", "towers|tower|towering"),
    "terrain:hills": ("lies|lie|lying", "rises|rise|rising", "stretches|stretch|stretching"),
    "sky:sun": ("shines|shine|shining", "glows|glow|glowing"),
    "sky:moon": ("shines|shine|shining", "hangs|hang|hanging", "glows|glow|glowing"),
    "sky:two moons": ("shines|shine|shining", "hangs|hang|hanging", "floats|float|floating"),
    "sky:stars": ("shine|shine|shining", "twinkle|twinkle", "glow|glow|glowing"),
    "sky:clouds": phrases("drifts|drift|drifting, floats|float|floating, hangs|hang|hanging"),
    "sky:rainbow": ("stretches|stretch|stretching", "shines|shine|shining", "hangs|hang|hanging"),
    "sky:balloon": ("floats|float|floating", "drifts|drift|drifting", "flies|"),
    "sky:planet": ("hangs|hang|hanging", "floats|float|floating", "glows|glow|glowing"),
    "sky:lightning": ("flashes|", "strikes|"),
}

ABSENT: dict[str, Phrases] = {  # what can be missing, see `absent`; words that are said of it
    "house": ("a house", "a cottage", "a cabin"),
    "castle": ("a castle",),
    "lighthouse": ("a lighthouse",),
    "boat": ("a boat", "a ship"),
    "tent": ("a tent",),
    "trees": ("trees", "trees", "trees", "a forest"),
    "river": ("a river", "a stream"),
    "lake": ("a lake", "a pond"),
    "road": ("a road", "a path"),
    "water": ("water",),
    "clouds": ("clouds",),
    "stars": ("stars",),
    "moon": ("a moon",),
    "lightning": ("lightning",),
    "rain": ("rain",),
    "snow": ("snow", "snowfall", "falling snow"),
    "snowfall": ("snowfall", "falling snow"),
}
LACKING: dict[str, str] = {  # before "landscape"
    "trees": "treeless",
    "clouds": "cloudless",
    "stars": "starless",
    "moon": "moonless",
}
NOT_FALLING = {  # whole sentences
    "rain": "it is not raining",
    "snowfall": "it is not snowing",
    "snow": "there is no snow",
}

GLUE: Phrases = (
    "a an and with over please there is are on the water but without no not any or it "
    "treeless cloudless moonless starless",
)
"""Words between the phrases."""


def american(text: str) -> str:
    """The text in American spelling."""
    return _BRITISH.sub(lambda match: AMERICAN[match[0]], text)
