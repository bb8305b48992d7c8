"""Results of what takes too long for a page: written by a command, read by the lesson."""

from __future__ import annotations

import json
from pathlib import Path

from .. import files

FOLDER = Path(__file__).resolve().parent / "recordings"

COMMANDS = {
    "balance": "python -m helpers.audit.balance",
    "repetition": "python -m helpers.audit.repetition",
}
"""What was recorded -> the command that records it anew."""


def recorded(name: str) -> dict:
    """What a command of `COMMANDS` found when it was run last.

    Raises:
        ValueError: nothing is recorded under this name.
    """
    if name not in COMMANDS:
        raise ValueError(
            f"recorded: name must be one of {', '.join(map(repr, COMMANDS))}, got {name!r}"
        )
    return files.read_json(FOLDER / f"{name}.json")


def write(name: str, found: dict) -> None:
    """Keep what a command found, with the command."""
    text = json.dumps({"command": COMMANDS[name]} | found, indent=1, ensure_ascii=False)
    FOLDER.mkdir(exist_ok=True)
    with files.written_beside(FOLDER / f"{name}.json") as place:
        place.write_text(text + "\n", encoding="utf-8")
