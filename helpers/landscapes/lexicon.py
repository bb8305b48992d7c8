"""The closed vocabulary: every word of the captions, and what each of them promises.

A word is known only if it is tied to values of attributes (`MEANINGS`), says how things stand to
each other (`RELATIONS`), promises nothing that could be missed (`HARMLESS`), or stands in a title.
Because the vocabulary is closed, it can be said which words of a prompt the model has never seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from types import ModuleType

from . import english, english_places, japanese, japanese_places
from .scenes import ATTRIBUTES, PAINTINGS, SINGLES

ENGLISH, JAPANESE = english.NOUNS, japanese.NOUNS

RELATIONS: frozenset[str] = frozenset(
    """
    above across all around at background back bank before behind below beneath beside
    between beyond both by centre center coming distance edge end foot foreground from
    front high horizon in into left middle near next of on out over right side
    side sides sky through to toward towards under water when while

    are drift drifting drifts falls fall falling float floating floats flashes
    flies flying flowing flows glow glows glowing grow growing grows hang hanging hangs
    is leading leads lie lies lying rise rises rising running runs shine shines
    shining stand standing stands stretch stretches stretching strikes tower
    towering towers twinkle twinkling winding winds

    no not without any or but treeless cloudless moonless starless

    上 下 前 中 中央 真ん中 手前 奥 後ろ 向こう 横 隣 そば 近く ほとり 岸辺 わき ふもと 間 両側 左右
    左 左側 右 右側 ほう 遠く 背景 一面 どこまでも まで 空 水 水面 地平線 へ から 向かって

    ある あり 立つ 立って 立ち 建つ 建って 建ち 浮かぶ 浮かんで 浮かび 浮く 浮いて 浮き
    漂う 漂って 漂い そびえる そびえて そびえ 見える 見え 広がる 広がって 広がり 続く 続いて 続き
    流れる 流れて 流れ 輝く 輝いて 輝き きらめく きらめいて きらめき 光る 光って 光り
    かかる かかって かかり かかった 降る 降って 降り 並ぶ
    並んで 並び 出る 出て 飛ぶ 飛んで 飛び 走る 走って 走り 生える 生えて 生え 照らされた 鳴る 昇る
    沈む した いる

    も は ない なし いない 降らない
    """.split()
)
"""Words of place and the verbs that go with them; what they say holds in every drawing."""

HARMLESS: frozenset[str] = frozenset(
    """
    a an the and with it there here them some many few like full pair range another
     as down early late i me want would see like please draw paint show imagine
    create make picture painting image drawing drawn painted art style landscape scene view scenery
    beautiful big huge bright calm charming clear colourful colorful colours colors cosy
    cozy cute deep empty giant gentle great heavy large little lonely long lovely low nice
    old open peaceful pretty quiet simple single small soft still tall tiny vast wide wonderful
    distant far away land light ground goes majestic

    の と や を で が に な です ください 描いて 描いた 絵 画像 見せて 見たい お願い します 風景
    景色 情景 一つ 一軒 たくさん 大きな 大きい 小さな 小さい 古い かわいい 可愛い 素敵な 美しい
    きれいな 綺麗な 静かな のどかな 穏やかな 懐かしい 寂しい 広い 高い 低い 遠い 雄大な 明るい
    ちいさな おおきな ふるい かいて ほしい ぽつんと 背 日 大地 ような 風 っぽい なだらかな
    """.split()
)
"""Words that promise nothing which could be missed: articles, wishes, praise, size."""

TITLES: frozenset[str] = frozenset(" ".join([*PAINTINGS, *SINGLES]).lower().split())
"""Words of the titled pictures."""

Value = tuple[str, str]
"""An attribute and one of its values."""

_SLOT = re.compile(r"\{\w\}|\[(?=\w+\])|(?<=\w)\]")
_WORD = re.compile(r"[^\W\d_]+")


def _tables(language: ModuleType, places: ModuleType) -> Iterator[tuple[str, Iterable[Value]]]:
    """Every phrase of a language, with the values of attributes that it is used for."""
    for name, values in language.NOUNS.items():
        yield from ((phrase, [(name, v)]) for v, phrases in values.items() for phrase in phrases)
    yield language.SNOWY_MOUNTAINS, [("terrain", "mountains"), ("ground", "snow")]
    for colour, phrases in language.COLOURS.items():
        yield from ((phrase, _colour(colour)) for phrase in phrases)
    for name, table in (("building_side", language.SIDES), ("time", language.OVER)):
        yield from ((phrase, [(name, v)]) for v, phrases in table.items() for phrase in phrases)
    for value, styles in language.STYLES.items():
        yield from ((phrase, [("style", value)]) for phrases in styles for phrase in phrases)
    for value, times in language.TIMES.items():
        yield from ((p, [("time", value)]) for phrases in times.values() for p in phrases)
    for (time, key), phrases in language.TOGETHER.items():
        yield from ((phrase, [("time", time), *_value(key)]) for phrase in phrases)
    for table in (language.KINDS, places.CLAUSES, places.PLACES, places.MODIFIERS):
        yield from ((p, _value(key)) for key, phrases in table.items() for p in phrases)
    for table in (language.VERBS, language.ADJECTIVES):
        yield from ((phrase, ()) for phrases in table.values() for phrase in phrases)
    for phrases in language.ABSENT.values():
        yield from ((phrase, ()) for phrase in phrases)
    for phrases in (language.SCENES, language.MOODS, language.REQUESTS, language.GLUE):
        yield from ((phrase, ()) for phrase in phrases)


def _colour(colour: str) -> list[Value]:
    names = ("terrain_colour", "building_colour")
    return [(name, colour) for name in names if colour in ATTRIBUTES[name]]


def _value(key: str) -> list[Value]:
    """ "building>water:lake" -> [("water", "lake")]; nothing where no value is named."""
    name, _, value = key.rpartition(">")[2].partition(":")
    return [(name, value)] if value else []


def _meanings() -> dict[str, frozenset[Value]]:
    """The values that each word is used for; none for words of place and harmless ones."""
    found: dict[str, set[Value]] = {word: set() for word in TITLES}
    for language, places in ((english, english_places), (japanese, japanese_places)):
        for phrase, values in _tables(language, places):
            for word in _WORD.findall(_SLOT.sub(" ", phrase).lower()):
                for spelt in {word, english.american(word)}:
                    found.setdefault(spelt, set()).update(values)
    free = RELATIONS | HARMLESS
    return {word: frozenset(() if word in free else values) for word, values in found.items()}


MEANINGS: dict[str, frozenset[Value]] = _meanings()
"""Every word of the captions, and the values that it is tied to; empty for all other words."""

VOCABULARY: frozenset[str] = frozenset(MEANINGS)
"""Every word of the captions, English (lower case) and Japanese."""


def prefix_pairs(vocabulary: Iterable[str] = VOCABULARY) -> list[tuple[str, str]]:
    """Japanese words and the longer ones that begin with them: ("夜", "夜明け").

    Where words are written without spaces, only the longest match keeps such two apart.
    """
    words = sorted(word for word in vocabulary if not word.isascii())
    return [(a, b) for a in words for b in words if a != b and b.startswith(a)]


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
