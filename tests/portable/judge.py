"""Would the page still say the same on one more machine? Reads the logs of all imitated ones.

Each place of a lesson logged its numbers on every machine, in the same order. The spread of a
number is the most that it moved between any two of them. A finding is

- a number that is rounded nearer to its rounding edge than `FACTOR` times its spread;
- a number that is shown in full, though it is not the same everywhere;
- a comparison whose sides are nearer than `FACTOR` times the spread of their difference, unless one
  side is a written limit and the other keeps away from it by a factor of `APART`: what is left of
  rounding after two ways of computing is noise, and a tolerance may be used to a fifth;
- a place that was not reached equally often.

A number in the middle of nowhere that moves by nothing passes; so does an exact tie that no machine
moves, such as 0.125 shown with two digits.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

FACTOR = 100
APART = 5
Line = dict[str, Any]
Place = tuple[int, int, str]


@dataclass(frozen=True)
class Finding:
    """A place of a lesson that another machine may print otherwise."""

    cell: int
    line: int
    text: str
    reason: str

    def __str__(self) -> str:
        return f"cell {self.cell}, line {self.line}: {self.text}: {self.reason}"


def read(log: Path) -> dict[Place, list[Line]]:
    """The lines of a log, by the place that wrote them."""
    places: dict[Place, list[Line]] = defaultdict(list)
    for text in log.read_text(encoding="utf-8").splitlines():
        line = json.loads(text)
        places[line["cell"], line["line"], line["text"]].append(line)
    return places


def judge(logs: Sequence[dict[Place, list[Line]]]) -> list[Finding]:
    """The findings of a lesson, one at most for each place: the first time that it is at risk.

    Args:
        logs: of each machine, as from `read`.
    """
    findings = []
    for place in sorted(set().union(*logs)):
        counts = [len(log.get(place, ())) for log in logs]
        if len(set(counts)) > 1:
            reasons = iter([f"reached {min(counts)} to {max(counts)} times"])
        else:
            reasons = filter(None, map(risk, zip(*(log[place] for log in logs), strict=True)))
        findings += [Finding(*place, reason) for reason in list(reasons)[:1]]
    return findings


def risk(lines: Sequence[Line]) -> str:
    """What is wrong with one number, as all machines logged it; empty if nothing is."""
    kinds = {line["kind"] for line in lines}
    if len(kinds) > 1 or any(line.get("count") != lines[0].get("count") for line in lines):
        return f"not the same numbers everywhere ({', '.join(sorted(kinds))})"
    values = [line["value"] for line in lines]
    if kinds == {"in full"}:
        return "" if all(one == values[0] for one in values) else f"shown in full: {_few(values)}"
    if kinds == {"compared"} and (_far_apart(lines) or _always_equal(lines)):
        return ""
    distance, spread = margin(lines)
    if distance >= FACTOR * spread:
        return ""
    unit = "" if kinds == {"compared"} else " of the last digit"
    return f"{distance:.2g}{unit} from the edge, spread {spread:.2g}: {_few(values)}"


def margin(lines: Sequence[Line]) -> tuple[float, float]:
    """(the least way to an edge, the spread): over all machines, on both sides.

    The spread is infinite where an edge was crossed: by all numbers on one side, or by one of those
    that were equal.
    """
    sides = [[line[name] for line in lines] for name in ("up", "down")]
    ways = [way for side in sides for way in side if way is not None]
    crossed = any(None in side and set(side) != {None} for side in sides)
    if crossed or len({line.get("equal") for line in lines}) > 1:
        return min(ways, default=0.0), inf
    moved = max(map(_spread, sides))
    if (
        lines[0]["kind"] == "rounded" and lines[0]["count"] == 1
    ):  # it may have moved by whole digits
        moved = max(moved, _spread([line["value"][0] / line["unit"] for line in lines]))
    return min(ways, default=0.0), moved


def _spread(side: Sequence[float | None]) -> float:
    return 0.0 if None in side else max(side) - min(side)


def _far_apart(lines: Sequence[Line]) -> bool:
    """Whether a side keeps away from a written limit, below it or above it, on every machine."""
    if not all("share" in line for line in lines):
        return False
    smallest, largest = zip(*(line["share"] for line in lines), strict=True)
    return max(largest) <= 1 / APART or min(smallest) >= APART


def _always_equal(lines: Sequence[Line]) -> bool:
    return all(line["equal"] == line["count"] for line in lines)


def _few(values: Sequence[list]) -> str:
    """The different values, as they are."""
    different: Iterator[str] = dict.fromkeys(", ".join(map(str, one[:4])) for one in values)
    return " | ".join(different)
