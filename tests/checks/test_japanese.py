"""The checks in Japanese: the same verdicts as in English, and no English sentence in them."""

from __future__ import annotations

import functools
import json
import os
import re
import subprocess
import sys

import pytest

from tests import catalogues

JAPANESE = re.compile(r"[぀-ヿ一-鿿]")
NO_PROSE = re.compile(
    r"`[^`]*`|\"[^\"]*\"|'[^']*'"  # code, and what was answered or may be
    r"|\{\w+[^}]*\}"  # fields
    r"|(?<=で止まりました：)[^（]*"  # Python's own words for an error
)
SENTENCE = re.compile(r"[A-Za-z][a-z']+(?:,? [a-z][a-z']*){2,}")
"""Three words and more in a row, without the marks that code has."""

START = {
    "stub": "○ {} まだです。やること：",
    "right": "✔ {} 正解です。",
    "wrong": "✘ {} まだ正しくありません：",
}


@functools.cache
def said(language: str) -> dict:
    """What `tests.checks.speaking` prints in a language."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if name not in ("COURSE_GRADING", "NBGRADER_EXECUTION")
    }
    process = subprocess.run(
        [sys.executable, "-m", "tests.checks.speaking"],
        env=clean | {"COURSE_LANGUAGE": language, "PYTHONUTF8": "1"},
        cwd=catalogues.HELPERS.parent,
        capture_output=True,
        encoding="utf-8",
    )
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout)


def english(text: str) -> list[str]:
    """English sentences within a Japanese text."""
    return SENTENCE.findall(NO_PROSE.sub(" ", text))


def test_every_answer_gets_the_verdict_that_it_gets_in_english() -> None:
    in_english, in_japanese = said("en"), said("ja")
    signs = {"stub": "○", "right": "✔", "wrong": "✘"}
    assert in_english.keys() == in_japanese.keys()
    for number, kinds in in_japanese.items():
        for kind, lines in kinds.items() if number != "mistakes" else ():
            other = in_english[number][kind]
            assert len(lines) == len(other) >= 1
            for line, twin in zip(lines, other, strict=True):
                assert line[0] == twin[0] == signs[kind], (number, line, twin)
                assert line.startswith(START[kind].format(number)), line


def test_no_verdict_holds_an_english_sentence() -> None:
    for number, kinds in said("ja").items():
        for line in sum(kinds.values(), []) if number != "mistakes" else ():
            assert JAPANESE.search(line) and not english(line), line


def test_no_two_mistakes_share_a_hint_in_japanese_that_have_two_in_english() -> None:
    assert said("ja")["mistakes"] == said("en")["mistakes"]


def test_the_catalogue_holds_no_english_sentence() -> None:
    for entry in catalogues.read("ja", "checks"):
        if entry.id and entry.id not in (
            '"{option}" ({word})',
            "{seen} {reason}",
            "{name}: {hint}",
        ):
            assert JAPANESE.search(entry.string) or entry.string == "、", entry.id
            assert not english(entry.string), entry.string


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("○ 1.1 まだです。やること：write the loop: scale", 1),
        ("パッチの一辺を求める smallest_patch(alpha_bar, contrast) を書きます。", 0),
        ('"a lake at night" を頼まれた', 0),
        ("コードが TypeError で止まりました：it has no end（`x` の行）。Leave the quotes away.", 1),
    ],
)
def test_an_english_sentence_is_found_where_there_is_one(text: str, found: int) -> None:
    assert len(english(text)) == found
