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
        "sun": ("the sun", "a bright sun", "a sun", "a golden sun", "a sunny sky"),
        "moon": ("the moon", "a full moon", "a moon", "a bright moon", "a glowing moon"),
        "two moons": ("two moons", "twin moons", "a pair of moons"),
        "stars": ("stars", "a starry sky", "many stars", "twinkling stars", "a sky full of stars"),
        "clouds": ("clouds", "white clouds", "a cloudy sky", "fluffy clouds", "a few clouds"),
        "rainbow": ("a rainbow", "a colourful rainbow", "a bright rainbow"),
        "balloon": ("a balloon", "a hot air balloon", "a hot-air balloon"),
        "planet": phrases(
            "a planet, a ringed planet, a giant planet, a planet with rings, a planet like Saturn"
        ),
        "lightning": ("lightning", "a bolt of lightning", "a lightning bolt", "bright lightning"),
    },
    "terrain": {
        "mountains": phrases(
            "{c} mountains, tall {c} mountains, {c} peaks, high {c} mountains, "
            "{c} mountain peaks, a {c} mountain range, snow-capped {c} mountains, "
            "distant {c} mountains, a {c} mountain"
        ),
        "hills": phrases(
            "{c} hills, rolling {c} hills, gentle {c} hills, distant {c} hills, low {c} hills, "
            "a {c} hill"
        ),
    },
    "ground": {
        "meadow": phrases(
            "a meadow, a green meadow, grass, a field, a grassy field, green grass, "
            "a field of grass, grassland, a green valley, a grassy meadow"
        ),
        "desert": phrases(
            "a desert, a sandy desert, sand, the desert, sand dunes, desert dunes, desert sand"
        ),
        "snow": phrases(
            "a snowfield, snowy ground, a field of snow, a snowy field, a snow-covered field, "
            "white snow, deep snow, a winter field"
        ),
        "sea": phrases("the sea, the ocean, a beach, the coast, a sandy beach, the seashore"),
    },
    "water": {
        "river": ("a river", "a winding river", "a stream", "a creek", "a brook"),
        "lake": ("a lake", "a still lake", "a pond", "a clear lake"),
        "road": ("a road", "a winding road", "a path", "a trail", "a country road", "a highway"),
    },
    "trees": {
        "pine": phrases(
            "pine trees, pines, fir trees, some pine trees, a few pine trees, evergreen trees, "
            "firs, a pine forest, a pine tree"
        ),
        "round": phrases(
            "trees, round trees, leafy trees, some trees, a few trees, a forest, the woods, a tree"
        ),
        "palm": phrases(
            "palm trees, palms, some palm trees, a few palm trees, tropical palm trees, "
            "coconut palms, a palm tree"
        ),
    },
    "building": {
        "house": ("a {c} house", "a {c} cottage", "a {c} cabin", "a {c} hut", "a {c} home"),
        "castle": ("a {c} castle", "a {c} fortress", "a {c} palace", "a {c} fort"),
        "lighthouse": ("a {c} lighthouse", "a tall {c} lighthouse", "a {c} lighthouse tower"),
        "boat": phrases(
            "a {c} boat, a {c} sailing boat, a {c} ship, a {c} sailboat, a {c} sailing ship, "
            "a boat with {c} sails"
        ),
        "tent": ("a {c} tent", "a {c} camping tent", "a {c} canvas tent"),
    },
    "weather": {
        "rain": ("rain", "falling rain", "rainy weather", "heavy rain", "drizzle", "raindrops"),
        "snow": ("falling snow", "snowfall", "snowflakes", "falling snowflakes"),
    },
}

SNOWY_MOUNTAINS = "snowy {c} mountains"  # tells of mountains and of snow on the ground

ADJECTIVES: dict[str, Phrases] = {
    "building": phrases(
        "small, little, big, old, lonely, tiny, lovely, pretty, large, beautiful, charming, cosy, "
        "nice, simple, quiet, single, cute"
    ),
    "water": ("quiet", "small", "beautiful", "peaceful", "calm", "little", "wide", "long", "big"),
    "terrain": ("beautiful", "great", "big", "large", "majestic"),
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
            "in daylight"
        ),
        "name": ("daytime", "day", "noon", "blue sky", "daylight", "afternoon"),
    },
    "dawn": {
        "before": ("morning", "sunrise", "early morning", "dawn"),
        "after": phrases(
            "at dawn, at sunrise, in the morning, at daybreak, in the early morning, "
            "in the morning light, early in the morning, under a pink sky"
        ),
        "name": ("dawn", "sunrise", "morning", "daybreak", "morning light"),
    },
    "sunset": {
        "before": ("sunset", "evening", "twilight"),
        "after": phrases(
            "at sunset, at dusk, in the evening, at twilight, at sundown, in the evening light, "
            "under an orange sky"
        ),
        "name": ("sunset", "dusk", "evening", "twilight", "orange sky", "sundown"),
    },
    "night": {
        "before": ("night", "nighttime", "midnight"),
        "after": phrases(
            "at night, by night, in the night, at midnight, under the night sky, late at night, "
            "under a dark sky, in the dark"
        ),
        "name": ("night", "midnight", "night sky", "dark night"),
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
            "in a dream world, on another world, in an enchanted land"
        ),
        "name": ("fantasy", "magical", "fairy tale", "dreamlike", "fantasy world", "dreamy"),
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
    ("storm", "sky:lightning"): ("in a thunderstorm", "in a storm with thunder and lightning"),
    ("storm", "weather:rain"): ("in a rainstorm",),
    ("storm", "weather:snow"): ("in a snowstorm", "in a blizzard"),
}

STYLES: dict[str, tuple[Phrases, Phrases]] = {  # (before the rest, after it)
    "flat": (
        phrases(
            "a flat illustration of, an illustration of, a vector illustration of, a poster of, "
            "flat vector art of"
        ),
        phrases(
            "flat illustration, in flat colours, vector art, in flat style, flat design, "
            "vector illustration, poster"
        ),
    ),
    "watercolour": (
        phrases(
            "a watercolour of, a watercolour painting of, a watercolour picture of, "
            "a soft watercolour of"
        ),
        phrases(
            "watercolour, in watercolour, watercolour painting, watercolour style, "
            "painted in watercolours"
        ),
    ),
    "pixel art": (
        phrases(
            "pixel art of, a pixel art picture of, 8-bit pixel art of, retro game art of, "
            "pixel-art of"
        ),
        phrases(
            "pixel art, in pixel art style, 8-bit style, like a retro game, pixelated, "
            "retro video game style, in pixels"
        ),
    ),
    "pencil sketch": (
        phrases(
            "a pencil sketch of, a pencil drawing of, a sketch of, a graphite drawing of, "
            "a hand-drawn sketch of"
        ),
        phrases(
            "pencil sketch, drawn in pencil, pencil drawing, in pencil, sketched in pencil, "
            "graphite sketch, sketch"
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
    "sky:clouds": ("drift|drift|drifting", "float|float|floating", "hang|hang|hanging"),
    "sky:rainbow": ("stretches|stretch|stretching", "shines|shine|shining", "hangs|hang|hanging"),
    "sky:balloon": ("floats|float|floating", "drifts|drift|drifting", "flies|"),
    "sky:planet": ("hangs|hang|hanging", "floats|float|floating", "glows|glow|glowing"),
    "sky:lightning": ("flashes|", "strikes|"),
}

GLUE: Phrases = ("a an and with over please there is are on the water",)
"""Words between the phrases."""


def american(text: str) -> str:
    """The text in American spelling."""
    return _BRITISH.sub(lambda match: AMERICAN[match[0]], text)
