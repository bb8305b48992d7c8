"""Japanese captions: what is told, as a noun phrase, as sentences, or as a list."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable

from .absent import lacking
from .japanese import (
    ABSENT,
    ADJECTIVES,
    COLOURS,
    KINDS,
    MOODS,
    NOUNS,
    REQUESTS,
    SCENES,
    SIDES,
    SNOWY_MOUNTAINS,
    STYLES,
    TIMES,
    TOGETHER,
    VERBS,
)
from .japanese_places import CLAUSES, MODIFIERS, PLACES
from .scenes import Scene
from .words import Phrases, found, pick

_VERB = re.compile(r"\[(\w+)\]")
_ORDER = ("sky", "weather", "terrain", "ground", "trees", "water", "building")  # nearest last


def japanese(scene: Scene, told: Iterable[str], rng: random.Random) -> list[str]:
    """The words of one Japanese caption that tells exactly the attributes `told` of the scene."""
    return _Japanese(scene, set(told), rng).caption().split()


class _Japanese:
    """Writes one caption; `things` are those told, and shrink when a phrase tells two at once."""

    def __init__(self, scene: Scene, told: set[str], rng: random.Random) -> None:
        self.scene, self.told, self.rng = scene, told, rng
        self.things = [name for name in NOUNS if name in told]
        rng.shuffle(self.things)
        self.lacking = lacking(scene, told, rng)

    def caption(self) -> str:
        forms = ("landscape", "placed", "placed", "seen", "sentences", "list")
        form = self.rng.choice(forms) if self.things else "landscape"
        if "few words" in self.told and self.things:
            form = self.rng.choice(("placed", "list"))
        land = len(self.things) == 1 and self.things[0] in ("terrain", "ground", "water")
        if form == "placed" and (len(self.things) > 3 or (self.lacking and not land)):
            form = "seen"
        text = getattr(self, f"_{form}")()
        if form in ("landscape", "placed", "seen"):
            text = self._asked_for(text, bare=form == "placed")
        return text

    # Forms

    def _landscape(self) -> str:
        """山 と 川 の ある 夜 の 風景"""
        rng, scene = self.rng, pick(SCENES, self.rng)
        kinds = [n for n in self.things if self._key(n) in KINDS and f"{n}_colour" not in self.told]
        if kinds and rng.random() < 0.3:
            self.things.remove(kinds[0])
            scene = pick(KINDS[self._key(kinds[0])], rng)
        time = self._time() if "time" in self.told else ""
        mood = rng.choice(MOODS) if rng.random() < 0.2 else ""
        nouns = [self._noun(name) for name in self.things]
        joint = "と" if any(noun.startswith("し") for noun in nouns) else rng.choice("とととや")
        things = f" {joint} ".join(nouns)
        there = rng.choice(("の ある", "の ある", "が ある", "の 見える", "が 見える"))
        return f"{things} {there if things else ''} {self._without()} {time} {mood} {scene}"

    def _placed(self) -> str:
        """湖 の ほとり の 赤い 家"""
        anchor = self._anchor()
        time = self._time() if "time" in self.told else ""
        others = [name for name in _ORDER if name in self.things and name != anchor]
        between = self.scene.building_side == "middle" and self.rng.random() < 0.4
        rest = ["trees"] if anchor == "building" and "trees" in others and not between else []
        modifiers = [self._modifier(anchor, name) for name in others if name not in rest]
        if len(modifiers) > 1 and time and "time" in self.told and self.things:
            time = self._when(time)
        nouns = " と ".join(map(self._noun, (anchor, *rest)))
        return f"{time} {' '.join(modifiers)} {self._without()} {nouns}"

    def _seen(self) -> str:
        """湖 の ほとり に 赤い 家 が 立ち 、 遠く に 山 が 見える 夜 の 風景"""
        time = self._time() if "time" in self.told else ""
        clauses = self._clauses()
        without = f"、 {self._without()}" if self.lacking else ""
        verbs = [2] * (len(clauses) - 1) + [2 if without else self.rng.choice((0, 0, 1))]
        text = " 、 ".join(_conjugated(c, v) for c, v in zip(clauses, verbs, strict=True))
        return f"{text} {without} {time} {pick(SCENES, self.rng)}"

    def _sentences(self) -> str:
        """湖 の ほとり に 赤い 家 が 立って いる 。 遠く に 山 が 見える 。"""
        rng = self.rng
        time = self._when(self._time()) if "time" in self.told else ""
        clauses = self._clauses()
        sentences = []
        while clauses:
            pair = len(clauses) > 1 and rng.random() < 0.4
            first = f"{_conjugated(clauses[0], 2)} 、 " if pair else ""
            sentences.append(first + _conjugated(clauses[int(pair)], rng.choice((0, 1, 1))))
            clauses = clauses[1 + int(pair) :]
        sentences[0] = f"{time} {sentences[0]}"
        sentences += self._denial()
        if "style" in self.told:
            sentences.append(pick(STYLES[self.scene.style][0], rng))
        return " 。 ".join(sentences) + " 。"

    def _list(self) -> str:
        """赤い 家 、 湖 、 夕焼け"""
        rng, words = self.rng, [self._noun(name) for name in self.things]
        if "time" in self.told:
            words.append(pick(TIMES[self.scene.time]["name"], rng))
        words += [f"{self._lacked(kind)} なし" for kind in self.lacking]
        rng.shuffle(words)
        if "style" in self.told:
            words.insert(rng.choice((0, len(words))), pick(STYLES[self.scene.style][0], rng))
        return " 、 ".join(words)

    # What is not there

    def _lacked(self, kind: str) -> str:
        return self.rng.choice(ABSENT[kind])

    def _without(self) -> str:
        """木 の ない; 家 も 木 も ない; empty where nothing absent is told."""
        if not self.lacking:
            return ""
        if len(self.lacking) > 1:
            return f"{' も '.join(map(self._lacked, self.lacking))} も ない"
        kind = self.lacking[0]
        if kind in ("rain", "snowfall") and self.rng.random() < 0.7:
            return f"{ABSENT[kind][0].removeprefix('降る ')} の 降らない"
        return f"{self._lacked(kind)} {self.rng.choice(('の', 'の', 'が'))} ない"

    def _denial(self) -> list[str]:
        """木 は ない; 雨 は 降って いない"""
        if len(self.lacking) == 1 and self.lacking[0] in ("rain", "snowfall"):
            return [f"{ABSENT[self.lacking[0]][0].removeprefix('降る ')} は 降って いない"]
        if len(self.lacking) == 1:
            return [f"{self._lacked(self.lacking[0])} は ない"]
        return [self._without()] if self.lacking else []

    # Parts

    def _asked_for(self, text: str, bare: bool) -> str:
        """The noun phrase with its style, as a bare phrase or as a wish."""
        rng = self.rng
        wish = rng.choice(REQUESTS) if rng.random() < (0.35 if bare else 0.15) else ""
        wish = "" if "few words" in self.told else wish
        if "style" not in self.told:
            return f"{text} {wish}"
        name, way = (pick(options, rng) for options in STYLES[self.scene.style])
        form = rng.choice(("of", "of", "first", "first" if " 、 " in f" {text} " else "way"))
        if form == "of":
            wish = "" if wish.startswith("の") else wish
            return f"{text} の {name} {wish}"
        if form == "first":
            return f"{name} 、 {text} {wish}"
        return f"{way} 描いた {text} {wish}"

    def _key(self, name: str) -> str:
        return f"{name}:{getattr(self.scene, name)}"

    def _noun(self, name: str, side: bool = True) -> str:
        """The thing as a noun phrase, with the colour and the side that are told of it."""
        rng, options = self.rng, NOUNS[name][getattr(self.scene, name)]
        text = pick(options, rng)
        snowy = self.scene.ground == "snow" and "ground" in self.told
        if self._key(name) == "terrain:mountains" and snowy and rng.random() < 0.3:
            text = SNOWY_MOUNTAINS
        if name in ADJECTIVES and text == options[0] and rng.random() < 0.25:
            text = f"{rng.choice(ADJECTIVES[name])} {text}"
        if side and name == "building" and self._afloat():
            text = f"{rng.choice(('水 に 浮かぶ', '水 の 上 の', '水面 に 浮かぶ'))} {text}"
        if f"{name}_colour" in self.told:
            colour = pick(COLOURS[getattr(self.scene, f"{name}_colour")], rng)
        else:
            colour = ""
        if side and name == "building" and "building_side" in self.told:
            text = f"{self._side()} の {text}"
        return text.format(c=colour)

    def _afloat(self) -> bool:
        """Whether it is a boat, and nothing else says on which water."""
        if self.scene.building != "boat":
            return False
        return "water" not in self.told and (
            self.scene.ground != "sea" or "ground" not in self.told
        )

    def _side(self) -> str:
        return pick(SIDES[self.scene.building_side], self.rng).removesuffix(" に")

    def _time(self) -> str:
        """When it is, before a noun; now and then in one phrase with a thing of sky or weather."""
        for name in ("sky", "weather"):
            together = TOGETHER.get((self.scene.time, self._key(name)))
            if (
                together
                and name in self.things
                and len(self.things) > 1
                and self.rng.random() < 0.4
            ):
                self.things.remove(name)
                return self.rng.choice(together)
        return pick(TIMES[self.scene.time]["of"], self.rng)

    def _when(self, time: str) -> str:
        """The time before a whole sentence: 夜 の -> 夜 、"""
        if time in TIMES[self.scene.time]["of"]:
            return pick(TIMES[self.scene.time]["when"], self.rng)
        return f"{time} 空 の 下 、"

    def _anchor(self) -> str:
        """What the caption is about: a building if there is one, sky and weather by themselves."""
        things = [name for name in self.things if name != "weather"] or self.things
        land = [name for name in things if name != "sky"]
        if "building" in things:
            return "building"
        return self.rng.choice(land if land and self.rng.random() < 0.8 else things)

    def _modifier(self, anchor: str, name: str) -> str:
        noun, place = self._noun(name), ""
        ashore = name == "ground" and self.scene.ground != "sea"
        if self._key(anchor) == "building:boat" and ashore:
            return f"{noun} の"
        if anchor in ("building", "trees") and name in ("ground", "water"):
            place = self._place(anchor, name, noun)
        if not place:
            return pick(self._options(MODIFIERS, anchor, name), self.rng).format(x=noun)
        if anchor == "building" and name == "ground" and "water" in self.things:
            return f"{place.removesuffix(' に')} の"
        boat = self.scene.building == "boat" and anchor == "building"
        verb = self.rng.choice(VERBS["浮かぶ" if boat else "立つ"][:2])
        return f"{place} {verb}" if self.rng.random() < 0.5 else f"{place.removesuffix(' に')} の"

    def _options(self, table: dict[str, Phrases], anchor: str, name: str) -> Phrases:
        key = self._key(name)
        whos = (f"{anchor}:{self.scene.building_side}", self._key(anchor), anchor, "*")
        return found(table, *(f"{who}>{what}" for who in whos for what in (key, name)))

    def _place(self, anchor: str, name: str, noun: str) -> str:
        options = self._options(PLACES, anchor, name)
        return pick(options, self.rng).format(x=noun) if options else ""

    def _clauses(self) -> list[str]:
        """A clause for each thing; the building's says where it stands."""
        names, first = list(self.things), []
        if "building" in names:
            names.remove("building")
            boat = self.scene.building == "boat" and self.scene.ground != "sea"
            near = [name for name in ("water", *(() if boat else ("ground",))) if name in names][:1]
            names = [name for name in names if name not in near]
            first = [self._building(near)]
        elif "trees" in names and "ground" in names and self.rng.random() < 0.5:
            names.remove("trees")
            names.remove("ground")
            place = self._place("trees", "ground", self._noun("ground"))
            first = [f"{place} {self._noun('trees')} が {self.rng.choice(('[立つ]', '[生える]'))}"]
        return first + [self._clause(name) for name in names]

    def _building(self, near: list[str]) -> str:
        """左 に 湖 の ほとり の 赤い 家 が [ある]"""
        place = self._place("building", near[0], self._noun(near[0])) if near else ""
        if self._afloat():
            place = self.rng.choice(("水 の 上 に", "水面 に"))
        noun = self._noun("building", side=False)
        if "building_side" in self.told:
            if near and self.scene.building == "boat":
                water = "海" if near == ["ground"] else self._noun("water")
                place = f"{water} の {self._side()} に"
            else:
                noun = f"{place.removesuffix(' に')} の {noun}" if place else noun
                place = f"{self._side()} に"
        text = pick(found(CLAUSES, self._key("building"), "building"), self.rng)
        return f"{place} {text.format(x=noun)}"

    def _clause(self, name: str) -> str:
        noun, options = self._noun(name), found(CLAUSES, self._key(name), name)
        if "空" in noun:
            return f"{noun} が [広がる]"
        river_or_road = name == "water" and "terrain" in self.told and self.rng.random() < 0.4
        if river_or_road and self.scene.water != "lake":
            land = "山" if self.scene.terrain == "mountains" else "丘"
            ways = {"road": ("へ", "へ", "に 向かって"), "river": ("から", "の 前 を")}
            verb = "[続く]" if self.scene.water == "road" else "[流れる]"
            return f"{land} {self.rng.choice(ways[self.scene.water])} {noun} が {verb}"
        if "遠い" in noun:
            options = tuple(option for option in options if "遠く" not in option)
        text = pick(options, self.rng)
        if noun.endswith(("森", "林", "もり")):
            text = _VERB.sub("[ある]", text)
        return text.format(x=noun)


def _conjugated(clause: str, form: int) -> str:
    """The clause with its verb plain (0), lasting (1), or going on to another clause (2)."""
    return _VERB.sub(lambda match: VERBS[match[1]][form], clause)
