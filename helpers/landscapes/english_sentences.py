"""English captions: what is told, as a noun phrase, as sentences, or as a list of tags."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable

from .absent import lacking
from .english import (
    ABSENT,
    ADJECTIVES,
    COLOURS,
    KINDS,
    LACKING,
    MOODS,
    NOT_FALLING,
    NOUNS,
    OVER,
    QUALITIES,
    REQUESTS,
    SCENES,
    SIDES,
    SNOWY_MOUNTAINS,
    STYLES,
    TIMES,
    TOGETHER,
    VERBS,
    american,
)
from .english_places import CLAUSES, PLACES, TOWARDS
from .scenes import Scene
from .words import Phrases, found, pick

_ARTICLE = re.compile(r"\b([aA]) (?=[aeiou8])")
_NUMBER = re.compile(r"(\w+)\|(\w+)")
_HEAD = re.compile(r" (?:of|with|like|on|to|at|in) ")

CLASHES: dict[str, Phrases] = {  # a word of a noun phrase, and phrases that do not go with it
    " sky": ("sky",),
    "distant": ("distance", "far"),
    "": ("between", "both", "left and right"),  # one thing alone
}


def english(scene: Scene, told: Iterable[str], rng: random.Random) -> str:
    """One English caption that tells exactly the attributes `told` of the scene."""
    return _English(scene, set(told), rng).caption()


class _English:
    """Writes one caption; `things` are those told, and shrink when a phrase tells two at once."""

    def __init__(self, scene: Scene, told: set[str], rng: random.Random) -> None:
        self.scene, self.told, self.rng = scene, told, rng
        self.things = [name for name in NOUNS if name in told]
        rng.shuffle(self.things)
        self.lacking = lacking(scene, told, rng)

    def caption(self) -> str:
        forms = ("landscape", "placed", "placed", "sentences", "tags") if self.things else ()
        form = self.rng.choice((*forms, "landscape"))
        if "few words" in self.told and self.things:
            form = self.rng.choice(("placed", "tags"))
        text = getattr(self, f"_{form}")()
        if form in ("landscape", "placed"):
            text = self._asked_for(text + self._without())
        text = _ARTICLE.sub(r"\1n ", " ".join(text.split()).replace(" ,", ","))
        return american(text) if self.rng.random() < 0.5 else text

    # Forms

    def _landscape(self) -> str:
        """A landscape with this and that."""
        rng, words = self.rng, [pick(SCENES, self.rng)]
        article = "" if words == ["scenery"] else "a"
        kinds = [
            name
            for name in self.things
            if self._key(name) in KINDS and f"{name}_colour" not in self.told
        ]
        if kinds and rng.random() < 0.4:
            self.things.remove(kinds[0])
            words.insert(0, rng.choice(KINDS[self._key(kinds[0])]))
        early = "time" in self.told and (not self.things or rng.random() < 0.5)
        if early:
            words.insert(int(words[0] in QUALITIES), pick(TIMES[self.scene.time]["before"], rng))
        if self.lacking and self.lacking[0] in LACKING and rng.random() < 0.4:
            words.insert(0, LACKING[self.lacking.pop(0)])
        if rng.random() < 0.2:
            words.insert(0, rng.choice(MOODS))
        end = self._time() if "time" in self.told and not early else ""
        things = [self._noun(name) for name in self.things]
        text = f"{article} {' '.join(words)}" + (f" with {_joined(things)}" if things else "")
        return f"{text} {end}"

    def _placed(self) -> str:
        """One thing, and where it is."""
        if hour := self._over():
            return hour
        time = self._time() if "time" in self.told else ""
        if not self.things:
            return f"a {pick(SCENES, self.rng)} {time}"
        anchor = self._anchor()
        before, behind = self._around(anchor, self._others(anchor))
        text = self._noun(anchor)
        if before and " sky" not in text and self.rng.random() < 0.25:
            text += self._standing(anchor, before[0])
        parts = [*before, *([f"with {_joined(behind)}"] if behind else [])]
        if time:
            parts.insert(self.rng.choice((min(1, len(before)), len(parts))), time)
        return f"{text} {_strung(parts)}"

    def _over(self) -> str:
        """A sunset over the sea; empty where it does not fit, or by chance."""
        names = [name for name in ("ground", "terrain") if name in self.things]
        if "time" not in self.told or self.scene.time not in OVER or not names:
            return ""
        if "building" in self.things or self.rng.random() < 0.6:
            return ""
        rest = [self._noun(name) for name in self.things if name != names[0]]
        text = f"{self.rng.choice(OVER[self.scene.time])} over {self._noun(names[0])}"
        return text + (f" with {_joined(rest)}" if rest else "")

    def _sentences(self) -> str:
        """A red house stands beside a lake. Mountains rise in the distance."""
        rng = self.rng
        time = self._time() if "time" in self.told else ""
        if not self.things:
            return f"a {pick(SCENES, rng)} {time}{self._without()}"
        anchor = self._anchor()
        near = [name for name in self._others(anchor) if name in ("ground", "water")]
        before, behind = (
            self._around(anchor, near) if anchor not in ("sky", "weather") else ([], [])
        )
        rest = [n for n in self.things if n != anchor and (n not in near or not (before + behind))]
        clauses = [self._stands(anchor, before, behind), *(self._clause(name) for name in rest)]
        if time:
            clauses[0] = f"{clauses[0]} {time}" if rng.random() < 0.6 else f"{time}, {clauses[0]}"
        sentences = []
        while clauses:
            pair = len(clauses) > 1 and rng.random() < 0.4
            sentences.append(" and ".join(clauses[: 2 if pair else 1]))
            clauses = clauses[2 if pair else 1 :]
        sentences += self._denials()
        if "style" in self.told:
            front, behind_style = STYLES[self.scene.style]
            if rng.random() < 0.4:
                sentences[0] = f"{pick(front, rng).removesuffix(' of')}: {sentences[0]}"
            else:
                sentences.append(pick(behind_style, rng))
        return " ".join(f"{s[0].upper()}{s[1:]}." for s in sentences)

    def _tags(self) -> str:
        """Red house, lake, mountains, sunset."""
        tags = [re.sub(r"^(a few|some|a|an|the) ", "", self._noun(name)) for name in self.things]
        if "time" in self.told:
            tags.append(pick(TIMES[self.scene.time]["name"], self.rng))
        nouns = [self._lacked(kind) for kind in self.lacking]
        tags += [
            f"no {_bare(noun)}" if self.rng.random() < 0.7 else f"without {noun}" for noun in nouns
        ]
        self.rng.shuffle(tags)
        if "style" in self.told:
            tags.insert(
                self.rng.choice((0, len(tags))), pick(STYLES[self.scene.style][1], self.rng)
            )
        return ", ".join(tags)

    # What is not there

    def _lacked(self, kind: str) -> str:
        return self.rng.choice(ABSENT[kind])

    def _without(self) -> str:
        """, without trees; but no river or clouds."""
        if not self.lacking:
            return ""
        start, no, and_no = self.rng.choice(
            (
                (" without ", "", " or "),
                (" without ", "", " and without "),
                (", without ", "", " or "),
                (" without any ", "bare", " or "),
                (" with no ", "bare", " and no "),
                (" with no ", "bare", " or "),
                (", no ", "bare", ", no "),
                (" but no ", "bare", " and no "),
            )
        )
        nouns = [self._lacked(kind) for kind in self.lacking]
        return start + and_no.join(_bare(noun) if no else noun for noun in nouns)

    def _denials(self) -> list[str]:
        """There are no trees."""
        nouns = {kind: self._lacked(kind) for kind in self.lacking}
        said = [
            NOT_FALLING[kind]
            if kind in NOT_FALLING and self.rng.random() < 0.5
            else f"there {_agreeing('is|are', noun)} no {_bare(noun)}"
            for kind, noun in nouns.items()
        ]
        return [" and ".join(said)] if said and self.rng.random() < 0.6 else said

    # Parts

    def _asked_for(self, text: str) -> str:
        """The noun phrase with its style, as a bare phrase or as a wish."""
        rng, front = self.rng, False
        if "style" in self.told:
            before, after = STYLES[self.scene.style]
            front = rng.random() < 0.5
            text = f"{pick(before, rng)} {text}" if front else f"{text}, {pick(after, rng)}"
        if "few words" not in self.told and rng.random() < 0.2:
            wishes = [wish for wish in REQUESTS if not (front and wish.endswith("of"))]
            if not text.startswith(("a ", "the ")):
                wishes.remove("here is")
            text = f"{rng.choice(wishes)} {text}"
        return f"{text}, please" if rng.random() < 0.02 else text

    def _key(self, name: str) -> str:
        return f"{name}:{getattr(self.scene, name)}"

    def _noun(self, name: str, side: bool = True) -> str:
        """The thing as a noun phrase, with the colour and the side that are told of it."""
        rng, options = self.rng, NOUNS[name][getattr(self.scene, name)]
        text = pick(options, rng)
        snowy = self.scene.ground == "snow" and "ground" in self.told
        if self._key(name) == "terrain:mountains" and snowy and rng.random() < 0.3:
            text = SNOWY_MOUNTAINS
        if name in ADJECTIVES and text == options[0] != "the sea" and rng.random() < 0.25:
            adjective = rng.choice(ADJECTIVES[name])
            text = f"a {adjective} {text[2:]}" if text.startswith("a ") else f"{adjective} {text}"
        colour = getattr(self.scene, f"{name}_colour") if f"{name}_colour" in self.told else ""
        text = text.format(c=pick(COLOURS[colour], rng) if colour else "")
        if name == "building" and self._afloat():
            text += " on the water"
        if name == "building" and side and "building_side" in self.told:
            text += f" {pick(SIDES[self.scene.building_side], rng)}"
        return " ".join(text.split())

    def _afloat(self) -> bool:
        """Whether it is a boat, and nothing else says on which water."""
        if self.scene.building != "boat":
            return False
        return "water" not in self.told and (
            self.scene.ground != "sea" or "ground" not in self.told
        )

    def _time(self) -> str:
        """When it is; now and then in one phrase with a thing of the sky or the weather."""
        for name in ("sky", "weather"):
            together = TOGETHER.get((self.scene.time, self._key(name)))
            if together and name in self.things and self.rng.random() < 0.4:
                self.things.remove(name)
                return self.rng.choice(together)
        return pick(TIMES[self.scene.time]["after"], self.rng)

    def _anchor(self) -> str:
        """What the caption is about: a building if there is one, the weather only by itself."""
        if "building" in self.things and self.rng.random() < 0.85:
            return "building"
        return next((name for name in self.things if name != "weather"), self.things[0])

    def _others(self, anchor: str) -> list[str]:
        """The other things, where it stands first."""
        others = [name for name in self.things if name != anchor]
        return sorted(others, key=lambda name: name not in ("ground", "water"))

    def _around(self, anchor: str, names: list[str]) -> tuple[list[str], list[str]]:
        """Phrases that place the anchor, and those that go after "with"."""
        before: list[str] = []
        behind: list[str] = []
        for name in names:
            whos = (f"{anchor}:{self.scene.building_side}", self._key(anchor), anchor, "*")
            keys = [f"{who}>{what}" for who in whos for what in (self._key(name), name)]
            text = self._filled(found(PLACES, *keys), self._noun(name))
            (behind if text[0] == "+" else before).append(text.removeprefix("+"))
        return before, behind

    def _filled(self, options: Phrases, noun: str, **words: str) -> str:
        """One of the phrases with the noun in it, but not "a starry sky in the sky"."""
        for word, clashing in CLASHES.items():
            if word in noun or (word == "" and not _many(noun)):
                options = tuple(o for o in options if not any(c in o for c in clashing)) or options
        return pick(options, self.rng).format(x=noun, **words)

    def _standing(self, anchor: str, place: str) -> str:
        forms = self.rng.choice(found(VERBS, self._key(anchor), anchor) or ("",)).split("|")
        return f" {forms[2]}" if len(forms) == 3 and not _moving(place) else ""

    def _stands(self, anchor: str, before: list[str], behind: list[str]) -> str:
        """The first clause: the anchor and what is near it."""
        if not before + behind:
            return self._clause(anchor)
        first = anchor == "building" and "building_side" in self.told and self.rng.random() < 0.4
        noun = self._noun(anchor, side=not first)
        start = f"{pick(SIDES[self.scene.building_side], self.rng)}, " if first else ""
        verb = self.rng.choice(found(VERBS, self._key(anchor), anchor))
        if not before or _moving(before[0]) or self.rng.random() < 0.25:
            text = f"{start}there {_agreeing('is|are', noun)} {noun}"
        else:
            text = f"{start}{noun} {_agreeing(verb, noun)}"
        return " ".join([text, *before, *([f"with {_joined(behind)}"] if behind else [])])

    def _clause(self, name: str) -> str:
        """A clause about one thing."""
        noun, key = self._noun(name), self._key(name)
        if " sky" in noun:
            return f"above, there is {noun}"
        verb = self.rng.choice(found(VERBS, key, name) or ("",))
        options = found(CLAUSES, key, name)
        if name == "water" and "terrain" in self.told and self.rng.random() < 0.4:
            options = found(TOWARDS, key) or options
        text = self._filled(options, noun, v=_agreeing(verb, noun), land=self.scene.terrain)
        return _agreeing(text, noun)


def _bare(noun: str) -> str:
    return noun.removeprefix("a ")


def _moving(place: str) -> bool:
    """Whether a phrase of place has a verb of its own: "leading to the mountains"."""
    return place.split(" ")[0].endswith("ing")


def _agreeing(text: str, noun: str) -> str:
    """The verb in the noun's number: "stands|stand|standing" -> "stands"."""
    many = _many(noun)
    if " " not in text:
        forms = text.split("|")
        return forms[min(int(many), len(forms) - 1)]
    return _NUMBER.sub(lambda match: match[2 if many else 1], text)


def _many(noun: str) -> bool:
    """Whether a noun phrase is plural."""
    if noun.startswith(("a few ", "some ", "many ")):
        return True
    head = _HEAD.split(noun)[0]
    return not head.startswith(("a ", "an ")) and head.endswith("s") and not head.endswith("ss")


def _joined(things: list[str]) -> str:
    return things[0] if len(things) == 1 else f"{', '.join(things[:-1])} and {things[-1]}"


def _strung(parts: list[str]) -> str:
    """Two parts in a row, more with commas."""
    if len(parts) < 3:
        return " ".join(parts)
    return ", ".join([" ".join(parts[:1]), *parts[1:]])
