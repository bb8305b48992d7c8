"""What a sweep is asked for: prompts from a file, seeds from a text, each with its limits."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from ..runtime import MAX_SEED

MOST_SEEDS = 100_000
MOST_BYTES = 100_000_000


def read_prompts(path: Path) -> tuple[str, ...]:
    """The lines of a text file, without empty ones and those that begin with #.

    UTF-8, or UTF-16 where the file begins with its mark, as Windows' editors write it.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it holds no prompt, or is no text in one of these encodings.
    """
    if not path.is_file():
        raise FileNotFoundError(f"prompts: there is no file {path}; write one prompt a line")
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(f"prompts: {path} is larger than {MOST_BYTES:,} bytes; divide it")
    lines = [line.strip() for line in _text(path, path.read_bytes()).splitlines()]
    prompts = tuple(line for line in lines if line and not line.startswith("#"))
    if not prompts:
        raise ValueError(f"prompts: {path} holds no prompt; write one a line")
    return prompts


def _text(path: Path, data: bytes) -> str:
    marked = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = data.decode("utf-16" if marked else "utf-8-sig")
        wrong = text.find("\0")  # UTF-16 or UTF-32 without a mark, or no text at all
        line = None if wrong < 0 else 1 + text.count("\n", 0, wrong)
    except UnicodeDecodeError as error:
        line = 1 + data.count(b"\n", 0, error.start)
    if line is not None:
        raise ValueError(
            f"prompts: {path}, line {line}, is not in UTF-8; save the file as UTF-8 (in an editor: "
            "Save as, Encoding: UTF-8)"
        )
    return text


def read_seeds(text: str) -> tuple[int, ...]:
    """The numbers that a text such as "0-99" or "1,5,10-12" stands for.

    Raises:
        ValueError: it is no list of whole numbers and ranges, or stands for more than a sweep can
            hold.
    """
    ranges = [_range(text, part) for part in text.split(",")]
    if (count := sum(map(len, ranges))) > MOST_SEEDS:
        raise ValueError(
            f"seeds: {_short(text)} are {count:,} seeds, and a sweep takes {MOST_SEEDS:,}; make "
            "several sweeps"
        )
    return tuple(seed for each in ranges for seed in each)


def _range(text: str, part: str) -> range:
    found = re.fullmatch(r"\s*(\d+)\s*(?:-\s*(\d+)\s*)?", part)
    first, last = (found[1], found[2] or found[1]) if found else ("1", "0")
    if max(len(first), len(last)) > len(str(MAX_SEED)) or int(last) > MAX_SEED:
        raise ValueError(f"seeds: a seed must lie in 0 ... 2**63 - 1, got {_short(part)}")
    if int(last) < int(first):
        raise ValueError(
            f'seeds: {_short(text)} is no list of numbers and ranges such as "0-99,200"'
        )
    return range(int(first), int(last) + 1)


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:57]}...")
