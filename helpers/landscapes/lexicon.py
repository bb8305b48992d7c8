"""The words that captions are made of, English and Japanese: a closed vocabulary.

Because it is closed, it can be said which words of a prompt the model has never seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from .scenes import ATTRIBUTES, PAINTINGS, SINGLES

# Synonyms for each value; "{c}" is where a colour goes. The first is the plainest.
ENGLISH: dict[str, dict[str, tuple[str, ...]]] = {
    "sky": {
        "sun": ("the sun", "a bright sun", "a sun"),
        "moon": ("the moon", "a full moon", "a moon"),
        "two moons": ("two moons",),
        "stars": ("stars", "a starry sky", "many stars"),
        "clouds": ("clouds", "white clouds", "a cloudy sky"),
        "rainbow": ("a rainbow",),
        "balloon": ("a balloon", "a hot air balloon"),
        "planet": ("a planet", "a ringed planet", "a giant planet"),
        "lightning": ("lightning", "a bolt of lightning"),
    },
    "terrain": {
        "mountains": ("{c} mountains", "{c} mountains", "tall {c} mountains", "{c} peaks"),
        "hills": ("{c} hills", "{c} hills", "rolling {c} hills"),
    },
    "ground": {
        "meadow": ("a meadow", "a green meadow", "grass", "a field"),
        "desert": ("a desert", "a sandy desert", "sand"),
        "snow": ("a snowfield", "snowy ground", "a field of snow"),
        "sea": ("the sea", "the ocean", "a sea"),
    },
    "water": {
        "river": ("a river", "a winding river", "a stream"),
        "lake": ("a lake", "a quiet lake", "a pond"),
        "road": ("a road", "a winding road", "a path"),
    },
    "trees": {
        "pine": ("pine trees", "pines", "fir trees"),
        "round": ("round trees", "trees", "leafy trees"),
        "palm": ("palm trees", "palms"),
    },
    "building": {
        "house": ("a {c} house", "a {c} cottage", "a small {c} house"),
        "castle": ("a {c} castle", "a {c} fortress"),
        "lighthouse": ("a {c} lighthouse",),
        "boat": ("a {c} boat", "a {c} sailing boat", "a {c} ship"),
        "tent": ("a {c} tent",),
    },
    "weather": {
        "rain": ("rain", "falling rain", "rainy weather"),
        "snow": ("falling snow", "snowfall", "snowflakes"),
    },
}
ENGLISH_TIME: dict[
    str, tuple[tuple[str, ...], tuple[str, ...]]
] = {  # (before "landscape", after it)
    "day": (("daytime", "sunlit"), ("by day", "in the daytime")),
    "dawn": (("morning",), ("at dawn", "at sunrise", "in the morning")),
    "sunset": (("sunset", "evening"), ("at sunset", "at dusk", "in the evening")),
    "night": (("night",), ("at night", "by night")),
    "storm": (("stormy",), ("in a storm", "in stormy weather")),
    "fantasy": (("fantasy", "magical", "dreamlike"), ("in a fantasy world", "in a magical world")),
}
ENGLISH_STYLE: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {  # (before the rest, after it)
    "flat": (
        ("a flat illustration of", "an illustration of"),
        ("flat illustration", "in flat colours"),
    ),
    "watercolour": (
        ("a watercolour of", "a watercolour painting of"),
        ("watercolour", "in watercolour"),
    ),
    "pixel art": (("pixel art of", "a pixel art picture of"), ("pixel art", "in pixel art style")),
    "pencil sketch": (
        ("a pencil sketch of", "a pencil drawing of"),
        ("pencil sketch", "drawn in pencil"),
    ),
}
ENGLISH_NOUNS = ("landscape", "landscape", "scene", "view")

JAPANESE: dict[str, dict[str, tuple[str, ...]]] = {
    "sky": {
        "sun": ("太陽",),
        "moon": ("月", "満月"),
        "two moons": ("二つ の 月", "ふたつ の 月"),
        "stars": ("星", "星空"),
        "clouds": ("雲", "白い 雲"),
        "rainbow": ("虹",),
        "balloon": ("気球", "熱気球"),
        "planet": ("惑星", "大きな 惑星"),
        "lightning": ("稲妻", "雷"),
    },
    "terrain": {"mountains": ("{c} 山", "{c} 山", "{c} 山々"), "hills": ("{c} 丘",)},
    "ground": {
        "meadow": ("草原", "野原"),
        "desert": ("砂漠",),
        "snow": ("雪原", "雪 の 野原"),
        "sea": ("海",),
    },
    "water": {"river": ("川", "小川"), "lake": ("湖", "池"), "road": ("道", "小道")},
    "trees": {
        "pine": ("松 の 木", "松"),
        "round": ("木", "丸い 木"),
        "palm": ("ヤシ の 木", "ヤシ"),
    },
    "building": {
        "house": ("{c} 家", "{c} 小屋"),
        "castle": ("{c} 城",),
        "lighthouse": ("{c} 灯台",),
        "boat": ("{c} 船", "{c} 帆船"),
        "tent": ("{c} テント",),
    },
    "weather": {"rain": ("雨", "降る 雨"), "snow": ("降る 雪", "雪")},
}
JAPANESE_COLOURS = {
    "blue": "青い",
    "purple": "紫の",
    "green": "緑の",
    "red": "赤い",
    "grey": "灰色の",
    "yellow": "黄色い",
    "white": "白い",
}
JAPANESE_TIME: dict[str, tuple[str, ...]] = {
    "day": ("昼 の", "昼間 の"),
    "dawn": ("夜明け の", "朝 の"),
    "sunset": ("夕焼け の", "夕暮れ の"),
    "night": ("夜 の",),
    "storm": ("嵐 の",),
    "fantasy": ("幻想的な", "不思議な", "ファンタジー の"),
}
JAPANESE_STYLE: dict[str, tuple[str, ...]] = {
    "flat": ("イラスト",),
    "watercolour": ("水彩画", "水彩"),
    "pixel art": ("ドット絵",),
    "pencil sketch": ("鉛筆画", "鉛筆 スケッチ"),
}
JAPANESE_NOUNS = ("風景", "風景", "景色")
GLUE = ("の", "と", "ある", "が", "に", "で", "描いた", "、", "。", "の ある")


def _strings(tree: object) -> Iterable[str]:
    """All strings in a nest of dictionaries and tuples."""
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, dict):
        for branch in tree.values():
            yield from _strings(branch)
    elif isinstance(tree, tuple):
        for branch in tree:
            yield from _strings(branch)


def _lexicon() -> frozenset[str]:
    english = [
        *_strings((ENGLISH, ENGLISH_TIME, ENGLISH_STYLE, ENGLISH_NOUNS)),
        *PAINTINGS,
        *SINGLES,
    ]
    english += [
        "a an and with in on",
        *ATTRIBUTES["terrain_colour"],
        *ATTRIBUTES["building_colour"][1:],
    ]
    japanese = [
        *_strings((JAPANESE, JAPANESE_COLOURS, JAPANESE_TIME, JAPANESE_STYLE, JAPANESE_NOUNS)),
        *GLUE,
    ]
    words = " ".join(english + japanese).replace("{c}", "").lower().split()
    return frozenset(word for word in words if word not in "、。")


VOCABULARY: frozenset[str] = _lexicon()
"""Every word of the captions, English (lower case) and Japanese."""

_RUN = re.compile(r"[^\W\d_]+|\d+|[^\w\s]")


def segments(text: str, vocabulary: Iterable[str] = VOCABULARY) -> list[str]:
    """Words of a text: at spaces and punctuation, and inside Japanese by the longest known word."""
    vocabulary = frozenset(vocabulary)
    words: list[str] = []
    for run in _RUN.findall(text.lower()):
        words += [run] if run.isascii() or not run.isalpha() else _split(run, vocabulary)
    return words


def _split(run: str, vocabulary: frozenset[str]) -> list[str]:
    """Longest match from the left; letters that start no known word are kept together as one."""
    words, unknown, start = [], "", 0
    longest = max(map(len, vocabulary), default=1)
    while start < len(run):
        match = next(
            (
                run[start:end]
                for end in range(min(len(run), start + longest), start, -1)
                if run[start:end] in vocabulary
            ),
            None,
        )
        if match is None:
            unknown, start = unknown + run[start], start + 1
            continue
        words += ([unknown] if unknown else []) + [match]
        unknown, start = "", start + len(match)
    return words + ([unknown] if unknown else [])


def unknown_words(text: str, vocabulary: Iterable[str] = VOCABULARY) -> list[str]:
    """Words of a prompt that no caption uses, in order, each once; numbers do not count."""
    vocabulary = frozenset(vocabulary)
    found = [
        word for word in segments(text, vocabulary) if word.isalpha() and word not in vocabulary
    ]
    return list(dict.fromkeys(found))
