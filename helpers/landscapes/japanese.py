"""The words and turns of phrase of the Japanese captions.

Words stand apart here, because each becomes one token; captions are written without spaces. "{c}"
is where a colour goes, "{x}" where a thing does, and a verb in brackets is one of `VERBS`. The
first of several is the plainest, and the most frequent. As in English, what phrases of place say
holds in every drawing.
"""

from __future__ import annotations

from .words import Phrases, phrases

NOUNS: dict[str, dict[str, Phrases]] = {
    "sky": {
        "sun": ("太陽", "明るい 太陽", "お日様", "晴れた 空"),
        "moon": ("月", "満月", "一つ の 月", "お月様", "明るい 月"),
        "two moons": ("二つ の 月", "ふたつ の 月", "2 つ の 月"),
        "stars": ("星", "星空", "たくさん の 星", "星々", "満天 の 星"),
        "clouds": ("雲", "白い 雲", "大きな 雲", "曇り空"),
        "rainbow": ("虹", "大きな 虹", "七色 の 虹"),
        "balloon": ("気球", "熱気球"),
        "planet": ("惑星", "大きな 惑星", "輪 の ある 惑星", "土星 の ような 惑星"),
        "lightning": ("稲妻", "雷", "イナズマ"),
    },
    "terrain": {
        "mountains": ("{c} 山", "{c} 山", "{c} 山々", "{c} 山脈", "高い {c} 山"),
        "hills": ("{c} 丘", "なだらかな {c} 丘", "低い {c} 丘"),
    },
    "ground": {
        "meadow": ("草原", "野原", "緑の 草原", "原っぱ", "草地"),
        "desert": ("砂漠", "砂 の 大地", "砂丘"),
        "snow": ("雪原", "雪 の 野原", "雪 の 大地", "雪 の 積もった 野原"),
        "sea": ("海", "海辺", "海岸", "砂浜", "浜辺"),
    },
    "water": {
        "river": ("川", "小川", "川 の 流れ"),
        "lake": ("湖", "池", "みずうみ"),
        "road": ("道", "小道", "一本道"),
    },
    "trees": {
        "pine": ("松 の 木", "松", "モミ の 木", "針葉樹", "松林"),
        "round": ("木", "丸い 木", "木々", "森", "林", "樹木"),
        "palm": ("ヤシ の 木", "ヤシ", "椰子 の 木", "やし の 木"),
    },
    "building": {
        "house": ("{c} 家", "{c} 小屋", "一軒 の {c} 家", "{c} おうち", "{c} 一軒家"),
        "castle": ("{c} 城", "{c} お城", "{c} 宮殿"),
        "lighthouse": ("{c} 灯台", "背 の 高い {c} 灯台"),
        "boat": ("{c} 船", "{c} 帆船", "{c} ヨット", "{c} 帆 の 船", "{c} 舟"),
        "tent": ("{c} テント",),
    },
    "weather": {
        "rain": ("雨", "降る 雨", "小雨"),
        "snow": ("降る 雪", "雪", "粉雪"),
    },
}

COLOURS: dict[str, Phrases] = {
    "blue": ("青い", "青色の"),
    "purple": ("紫の", "紫色の"),
    "green": ("緑の", "緑色の"),
    "red": ("赤い", "赤色の"),
    "grey": ("灰色の", "グレーの"),
    "yellow": ("黄色い", "黄色の"),
    "white": ("白い",),
}

SNOWY_MOUNTAINS = "{c} 雪山"  # tells of mountains and of snow on the ground

ADJECTIVES: dict[str, Phrases] = {
    "building": phrases(
        "小さな, 大きな, 古い, かわいい, 素敵な, 美しい, 小さい, 大きい, 可愛い, きれいな, "
        "ぽつんと した"
    ),
    "water": ("静かな", "きれいな", "小さな", "大きな", "綺麗な", "美しい"),
    "terrain": ("遠い", "大きな", "美しい", "雄大な"),
    "trees": ("大きな", "高い", "背 の 高い"),
    "ground": ("広い", "静かな", "美しい", "きれいな", "穏やかな"),
}
"""Words that promise nothing which could be missed."""

SIDES: dict[str, Phrases] = {
    "left": ("左 に", "左側 に", "左 の ほう に"),
    "middle": ("真ん中 に", "中央 に"),
    "right": ("右 に", "右側 に", "右 の ほう に"),
}

SCENES: Phrases = ("風景", "風景", "景色", "情景")
MOODS: Phrases = phrases(
    "美しい, 静かな, きれいな, 素敵な, 綺麗な, のどかな, 穏やかな, 懐かしい, 寂しい"
)
KINDS: dict[str, Phrases] = {  # words for the whole scene, instead of the thing
    "ground:snow": ("雪景色", "冬 の 風景", "冬 の 景色", "雪国 の 風景"),
    "weather:rain": ("雨 の 風景", "雨 の 降る 風景"),
    "weather:snow": ("雪 の 降る 風景",),
    "terrain:mountains": ("山 の 風景",),
    "ground:sea": ("海辺 の 風景", "海 の 風景", "海 の 景色"),
    "ground:desert": ("砂漠 の 風景", "砂漠 の 景色"),
    "ground:meadow": ("草原 の 風景",),
}

TIMES: dict[str, dict[str, Phrases]] = {
    "day": {
        "of": ("昼 の", "昼間 の", "青空 の", "青空 の 下 の", "真昼 の"),
        "when": ("昼 、", "昼間 、", "青空 の 下 、"),
        "name": ("昼", "青空", "昼間"),
    },
    "dawn": {
        "of": phrases("夜明け の, 朝 の, 朝焼け の, 早朝 の, 明け方 の, ピンク色 の 空 の 下 の"),
        "when": ("夜明け 、", "朝 、", "夜明け に 、", "朝焼け の 空 の 下 、"),
        "name": ("夜明け", "朝焼け", "朝", "早朝"),
    },
    "sunset": {
        "of": phrases(
            "夕焼け の, 夕暮れ の, 夕方 の, 日没 の, 夕暮れ時 の, オレンジ色 の 空 の 下 の"
        ),
        "when": ("夕方 、", "夕暮れ に 、", "夕焼け の 空 の 下 、", "夕暮れ時 、"),
        "name": ("夕焼け", "夕暮れ", "夕方", "夕焼け空"),
    },
    "night": {
        "of": ("夜 の", "真夜中 の", "夜空 の 下 の", "深夜 の"),
        "when": ("夜 、", "真夜中 、", "夜空 の 下 、", "夜 に 、"),
        "name": ("夜", "夜空", "真夜中", "夜景", "暗い 夜"),
    },
    "storm": {
        "of": ("嵐 の", "嵐 の 中 の", "嵐 の 日 の"),
        "when": ("嵐 の 中 、", "嵐 の 日 、"),
        "name": ("嵐",),
    },
    "fantasy": {
        "of": phrases(
            "幻想的な, 不思議な, ファンタジー の, 夢 の ような, 魔法 の, 神秘的な, おとぎ話 の, "
            "異世界 の"
        ),
        "when": ("不思議な 世界 で 、", "魔法 の 世界 で 、", "夢 の 中 、"),
        "name": ("ファンタジー", "幻想的な 世界", "魔法 の 世界", "異世界"),
    },
}

TOGETHER: dict[tuple[str, str], Phrases] = {  # one phrase tells the time and another thing
    ("night", "sky:moon"): ("月夜 の", "満月 の 夜 の"),
    ("night", "sky:stars"): ("星空 の 夜 の", "星 の 輝く 夜 の"),
    ("night", "weather:rain"): ("雨 の 夜 の", "雨 が 降る 夜 の"),
    ("night", "weather:snow"): ("雪 の 降る 夜 の",),
    ("day", "sky:sun"): ("晴れ の 日 の", "晴れた 日 の"),
    ("day", "sky:clouds"): ("曇り の 日 の",),
    ("day", "weather:rain"): ("雨 の 日 の",),
    ("day", "weather:snow"): ("雪 の 日 の",),
    ("dawn", "sky:sun"): ("朝日 の", "朝日 の 昇る"),
    ("sunset", "sky:sun"): ("夕日 の", "夕日 が 沈む", "夕陽 の"),
    ("storm", "sky:lightning"): ("雷 の 鳴る 嵐 の",),
    ("storm", "weather:rain"): ("嵐 の 雨 の",),
    ("storm", "weather:snow"): ("吹雪 の",),
}

STYLES: dict[str, tuple[Phrases, Phrases]] = {  # (what it is, how it is drawn)
    "flat": (
        ("イラスト", "フラット イラスト", "ポスター"),
        ("フラット な イラスト で", "イラスト 風 に"),
    ),
    "watercolour": (
        ("水彩画", "水彩", "水彩 の 絵", "水彩画 風 の 絵", "水彩画 っぽい 絵"),
        ("水彩 で", "水彩画 風 に", "水彩 絵の具 で"),
    ),
    "pixel art": (
        ("ドット絵", "ピクセル アート", "レトロ ゲーム 風 の 絵", "ドット絵 っぽい 絵"),
        ("ドット絵 で", "ドット絵 風 に", "ピクセル アート で"),
    ),
    "pencil sketch": (
        ("鉛筆画", "鉛筆 スケッチ", "スケッチ", "鉛筆 の 絵", "デッサン"),
        ("鉛筆 で", "鉛筆 スケッチ で", "スケッチ 風 に"),
    ),
}

REQUESTS: Phrases = phrases(
    "の 絵, の 絵, の 絵 を 描いて, の 絵 を 描いて ください, の 絵 を ください, "
    "を 描いて ください, を 描いて, を 見せて ください, が 見たい です, を お願い します, "
    "の 画像, です"
)

VERBS: dict[str, Phrases] = {  # (plain, lasting, going on)
    "ある": ("ある", "ある", "あり"),
    "立つ": ("立つ", "立って いる", "立ち"),
    "建つ": ("建つ", "建って いる", "建ち"),
    "浮かぶ": ("浮かぶ", "浮かんで いる", "浮かび"),
    "浮く": ("浮く", "浮いて いる", "浮き"),
    "漂う": ("漂う", "漂って いる", "漂い"),
    "そびえる": ("そびえる", "そびえて いる", "そびえ"),
    "見える": ("見える", "見える", "見え"),
    "広がる": ("広がる", "広がって いる", "広がり"),
    "続く": ("続く", "続いて いる", "続き"),
    "流れる": ("流れる", "流れて いる", "流れ"),
    "輝く": ("輝く", "輝いて いる", "輝き"),
    "きらめく": ("きらめく", "きらめいて いる", "きらめき"),
    "光る": ("光る", "光って いる", "光り"),
    "かかる": ("かかる", "かかって いる", "かかり"),
    "降る": ("降る", "降って いる", "降り"),
    "並ぶ": ("並ぶ", "並んで いる", "並び"),
    "出る": ("出る", "出て いる", "出て"),
    "飛ぶ": ("飛ぶ", "飛んで いる", "飛び"),
    "走る": ("走る", "走って いる", "走り"),
    "生える": ("生える", "生えて いる", "生え"),
}

OVER: dict[str, Phrases] = {}  # English alone has the hour as a subject

GLUE: Phrases = ("の と や に が を へ から ある 描いた 空 下 上 水 水面 浮かぶ 向かって",)
"""Words between the phrases."""
