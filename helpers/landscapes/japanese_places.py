"""Japanese phrases of place: how one thing stands to another, true in every drawing.

`PLACES` say where something is, for a verb to follow: "湖 の ほとり に". `MODIFIERS` stand before a
noun: "湖 の ほとり の" 家. A key says what is placed and by what; the most exact key counts.
"""

from __future__ import annotations

from .words import Phrases, phrases

_SHORE: Phrases = ("海辺 に", "海岸 に", "砂浜 に", "浜辺 に", "海 の そば に")

PLACES: dict[str, Phrases] = {
    "building>water:lake": phrases(
        "{x} の ほとり に, {x} の そば に, {x} の 隣 に, {x} の 横 に, {x} の 近く に, 湖畔 に, "
        "{x} の 岸辺 に"
    ),
    "building>water:river": phrases(
        "{x} の そば に, {x} の ほとり に, {x} の 隣 に, {x} の 横 に, {x} の 近く に, 川辺 に, "
        "川沿い に"
    ),
    "building>water:road": phrases(
        "{x} の そば に, {x} の 横 に, {x} の 隣 に, {x} の 近く に, 道 の わき に"
    ),
    "building:boat>water": ("{x} に", "{x} に", "{x} の 上 に", "{x} の 水面 に"),
    "building:boat>ground:sea": ("海 に", "海 に", "海 の 上 に", "海原 に"),
    "building>ground:sea": (*_SHORE, "海 の 近く に", "海 の 隣 に"),
    "trees>ground:sea": _SHORE,
    "*>ground:meadow": ("草原 に", "草原 の 中 に", "野原 に", "緑の 草原 に", "草 の 上 に"),
    "*>ground:desert": ("砂漠 に", "砂漠 の 中 に", "砂 の 上 に"),
    "*>ground:snow": ("雪 の 中 に", "雪原 に", "雪 の 上 に", "雪 の 野原 に", "雪 の 大地 に"),
    "*>terrain:mountains": ("{x} の 前 に", "{x} の 手前 に", "{x} の ふもと に"),
    "*>terrain:hills": ("{x} の 前 に", "{x} の 手前 に"),
}

MODIFIERS: dict[str, Phrases] = {
    # under the sky
    "building:middle>trees": ("{x} の 間 の",),
    "building>sky": ("{x} の 下 の",),
    "building>sky:moon": ("{x} の 下 の", "月明かり の 下 の", "{x} に 照らされた"),
    "building>sky:lightning": ("{x} の 光る 空 の 下 の",),
    "*>sky": ("{x} の 下 の", "{x} が 浮かぶ", "{x} の 浮かぶ", "{x} の 見える"),
    "*>sky:sun": ("{x} が 輝く", "{x} の 下 の", "{x} に 照らされた"),
    "*>sky:moon": phrases(
        "{x} の 下 の, {x} が 浮かぶ, 月明かり の, {x} が 輝く, {x} に 照らされた"
    ),
    "*>sky:stars": ("{x} の 下 の", "{x} が 輝く", "{x} の きらめく", "{x} の 見える"),
    "*>sky:rainbow": ("{x} の かかった", "{x} が かかる", "{x} の かかる", "{x} の 下 の"),
    "*>sky:balloon": ("{x} の 浮かぶ", "{x} が 飛ぶ", "{x} が 浮かんで いる", "{x} の 下 の"),
    "*>sky:lightning": ("{x} の 光る", "{x} が 走る", "{x} の 鳴る"),
    "*>weather:rain": phrases(
        "雨 の, 雨 が 降る, 雨 の 降る, 雨 の 中 の, 雨 が 降って いる, 大雨 の, 土砂降り の, "
        "あめ の 降る"
    ),
    "*>weather:snow": (
        "雪 が 降る",
        "雪 の 降る",
        "雪 が 降って いる",
        "降る 雪 の 中 の",
        "ゆき の 降る",
    ),
    # before the land behind
    "*>terrain": ("{x} の 前 の", "{x} の 手前 の", "{x} を 背景 に した"),
    "*>terrain:mountains": phrases(
        "{x} の 前 の, {x} の ふもと の, {x} の 手前 の, {x} を 背景 に した"
    ),
    "ground>terrain": ("{x} の 見える", "{x} が 見える", "{x} の 前 の", "{x} の ある"),
    "water:road>terrain": ("{x} へ 続く", "{x} に 続く"),
    "water:river>terrain": ("{x} から 流れる", "{x} の 前 を 流れる"),
    "terrain>ground": ("{x} の 向こう の", "{x} の 奥 の", "{x} の 後ろ の"),
    "terrain>water": ("{x} の 向こう の", "{x} の 奥 の", "{x} の 後ろ の"),
    "terrain>trees": ("{x} の 向こう の", "{x} の 後ろ の"),
    "sky>ground": ("{x} の 上 の",),
    "sky>terrain": ("{x} の 上 の",),
    "sky>water": ("{x} の 上 の",),
    "sky>building": ("{x} の 上 の",),
    "sky>trees": ("{x} の 上 の",),
    # in a place
    "water:river>ground": ("{x} を 流れる", "{x} の 中 を 流れる"),
    "water>ground": ("{x} の", "{x} の 中 の"),
    "water>trees": ("{x} の 間 の", "{x} の ある"),
    "trees>water:lake": ("{x} の 前 の", "{x} の 手前 の"),
    "trees>water": ("{x} の 両側 の", "{x} の 横 の"),
    "ground>water:river": ("{x} が 流れる", "{x} の 流れる"),
    "ground>water:road": ("{x} の 続く", "{x} が 続く"),
    "*>trees": ("{x} の ある", "{x} が 立つ", "{x} の 並ぶ"),
    "*>water": ("{x} の ある",),
    "*>building": ("{x} の ある", "{x} が 見える"),
    "*>ground": ("{x} の",),
}

CLAUSES: dict[str, Phrases] = {
    "building": phrases(
        "{x} が [立つ], {x} が [立つ], {x} が [ある], {x} が [見える], {x} が [建つ]"
    ),
    "building:castle": ("{x} が [立つ]", "{x} が [そびえる]", "{x} が [ある]", "{x} が [建つ]"),
    "building:lighthouse": ("{x} が [立つ]", "{x} が [ある]", "{x} が [そびえる]"),
    "building:tent": ("{x} が [ある]", "{x} が [立つ]", "{x} が [見える]"),
    "building:boat": ("{x} が [浮かぶ]", "{x} が [浮く]", "{x} が [漂う]", "{x} が [見える]"),
    "terrain:mountains": phrases(
        "遠く に {x} が [見える], 奥 に {x} が [そびえる], 後ろ に {x} が [ある], "
        "向こう に {x} が [見える], 背景 に {x} が [ある], 遠く に {x} が [そびえる], "
        "地平線 に {x} が [見える]"
    ),
    "terrain:hills": phrases(
        "遠く に {x} が [見える], 奥 に {x} が [ある], 後ろ に {x} が [続く], "
        "向こう に {x} が [広がる], 背景 に {x} が [ある]"
    ),
    "water:river": ("{x} が [流れる]", "真ん中 を {x} が [流れる]", "手前 に {x} が [流れる]"),
    "water:lake": ("{x} が [ある]", "{x} が [広がる]"),
    "water:road": phrases(
        "{x} が [続く], 遠く へ {x} が [続く], 奥 へ {x} が [続く], 向こう へ {x} が [続く]"
    ),
    "trees": phrases(
        "左右 に {x} が [立つ], 手前 に {x} が [ある], 両側 に {x} が [並ぶ], "
        "前 に {x} が [立つ], 手前 に {x} が [生える], 左 と 右 に {x} が [ある]"
    ),
    "ground": ("{x} が [広がる]", "一面 に {x} が [広がる]", "どこまでも {x} が [続く]"),
    "ground:sea": ("{x} が [広がる]", "一面 に {x} が [広がる]", "水平線 まで {x} が [広がる]"),
    "sky": ("空 に {x} が [浮かぶ]", "上 に {x} が [見える]", "空 に {x} が [見える]"),
    "sky:sun": ("空 に {x} が [輝く]", "{x} が [光る]", "空 に {x} が [出る]", "{x} が [輝く]"),
    "sky:moon": phrases(
        "空 に {x} が [浮かぶ], {x} が [輝く], 空 に {x} が [出る], {x} が [光る], "
        "上 に {x} が [見える]"
    ),
    "sky:two moons": ("空 に {x} が [浮かぶ]", "{x} が [輝く]", "空 に {x} が [光る]"),
    "sky:stars": ("空 に {x} が [輝く]", "{x} が [光る]", "{x} が [きらめく]"),
    "sky:clouds": ("空 に {x} が [浮かぶ]", "空 を {x} が [流れる]", "空 に {x} が [漂う]"),
    "sky:rainbow": ("空 に {x} が [かかる]", "{x} が [かかる]", "空 に {x} が [出る]"),
    "sky:balloon": ("空 に {x} が [浮かぶ]", "空 を {x} が [飛ぶ]", "上 に {x} が [浮く]"),
    "sky:lightning": ("空 に {x} が [光る]", "{x} が [走る]", "空 に {x} が [走る]"),
    "weather:rain": (
        "雨 が [降る]",
        "雨 が [降る]",
        "小雨 が [降る]",
        "大雨 が [降る]",
        "あめ が [降る]",
    ),
    "weather:snow": ("雪 が [降る]", "雪 が [降る]", "粉雪 が [降る]", "ゆき が [降る]"),
}
