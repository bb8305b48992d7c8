"""Rows of the quality table: a value, its bar and its definition; as Markdown and as JSON."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field
from pathlib import Path

from .checkpoints import written_beside


@dataclass(frozen=True)
class Row:
    """One measured quality.

    Args:
        name: what is measured.
        value: the number; nan where there was nothing to measure.
        unit: its unit.
        sense: ">=" if more is better, "<=" if less is.
        bar: what it should reach.
        definition: how it is measured, in one sentence.
        parts: the numbers it is made of.
    """

    name: str
    value: float
    unit: str
    sense: str
    bar: float
    definition: str
    parts: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.sense not in (">=", "<="):
            raise ValueError(f"Row: sense must be '>=' or '<=', got {self.sense!r}")

    @property
    def met(self) -> bool:
        """Whether the value reaches the bar; nan never does."""
        return self.value >= self.bar if self.sense == ">=" else self.value <= self.bar


@dataclass(frozen=True)
class Evaluation:
    """All rows of an evaluation, and the settings that they were measured with."""

    rows: tuple[Row, ...]
    settings: dict[str, object]

    def table(self) -> str:
        """The table for people, each row with its definition."""
        lines = ["| what | value | bar | met | definition |", "|---|---:|---:|---|---|"]
        for row in self.rows:
            sign = {">=": "≥", "<=": "≤"}[row.sense]
            lines.append(
                f"| {row.name} | {_number(row.value)} {row.unit} | {sign} {row.bar:g} | "
                f"{'yes' if row.met else 'no'} | {row.definition} |"
            )
        return "\n".join(lines)

    def json(self) -> str:
        """Rows and settings as JSON; nan becomes null."""
        rows = [
            asdict(row)
            | {"met": row.met, "value": _null(row.value)}
            | {"parts": {name: _null(value) for name, value in row.parts.items()}}
            for row in self.rows
        ]
        content = {"settings": self.settings, "rows": rows}
        return json.dumps(content, indent=1, ensure_ascii=False) + "\n"

    def save(self, path: Path) -> None:
        """Write the JSON to a file.

        Raises:
            OSError: the file cannot be written.
        """
        with written_beside(path) as place:
            place.write_text(self.json(), "utf-8")

    @classmethod
    def load(cls, path: Path) -> Evaluation:
        """The evaluation from its JSON file."""
        content = json.loads(path.read_text("utf-8"))
        for row in content["rows"]:
            del row["met"]
            row["value"] = _nan(row["value"])
            row["parts"] = {name: _nan(value) for name, value in row["parts"].items()}
        return cls(tuple(Row(**row) for row in content["rows"]), content["settings"])


def _null(value: float) -> float | None:
    return None if math.isnan(value) else value


def _nan(value: float | None) -> float:
    return float("nan") if value is None else value


def _number(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.3g}" if abs(value) < 10 else f"{value:.1f}"
