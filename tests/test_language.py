"""Messages in another language: looked up, filled in, complete, and never behind the code."""

from __future__ import annotations

import os
import string
import subprocess
import sys

import pytest

from helpers import language

from . import catalogues

TRANSLATED = language.languages()[1:]
every_catalogue = pytest.mark.parametrize(
    ("spoken", "domain"), [(one, domain) for one in TRANSLATED for domain in catalogues.DOMAINS]
)


@pytest.fixture
def catalogue(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A language of this test alone."""
    found = {"{count} steps of {name}": "{name}の{count}ステップ", "noise": "ノイズ"}
    monkeypatch.setattr(language, "_catalogue", lambda spoken: found)
    monkeypatch.setattr(language, "_spoken", ["ja"])
    return found


def test_a_message_is_looked_up_and_its_fields_follow_the_translation(catalogue: dict) -> None:
    assert language._("noise") == "ノイズ"
    assert language._("{count} steps of {name}", count=3, name="DDIM") == "DDIMの3ステップ"


def test_what_has_no_translation_stays_english(catalogue: dict) -> None:
    assert language._("{count} more", count=2) == "2 more"
    assert language._("a {brace} of no message") == "a {brace} of no message"


def python(code: str, **variables: str) -> subprocess.CompletedProcess:
    """A fresh process, for the language is settled once."""
    clean = {name: value for name, value in os.environ.items() if name != "COURSE_LANGUAGE"}
    return subprocess.run(
        [sys.executable, "-c", code],
        env=clean | {"PYTHONUTF8": "1"} | variables,
        capture_output=True,
        encoding="utf-8",
    )


SPOKEN = "from helpers.language import spoken; print(spoken())"


def test_the_language_is_english_unless_told_otherwise() -> None:
    assert python(SPOKEN).stdout == "en\n"
    assert python(SPOKEN, COURSE_LANGUAGE="ja").stdout == "ja\n"
    assert python("import helpers; helpers.speak('ja');" + SPOKEN).stdout == "ja\n"
    assert (
        python("import helpers; helpers.speak('ja');" + SPOKEN, COURSE_LANGUAGE="en").stdout
        == "ja\n"
    )


def test_a_language_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="language must be one of en, ja.*got 'tlh'"):
        language.speak("tlh")
    told = python(SPOKEN, COURSE_LANGUAGE="tlh")
    assert "COURSE_LANGUAGE must be one of en, ja, got 'tlh'" in told.stderr


def test_a_language_that_comes_too_late_is_refused() -> None:
    told = python("import helpers, helpers.checks.lesson_00; helpers.speak('ja')")
    assert "run the first cell before the others" in told.stderr


@every_catalogue
def test_catalogues_hold_the_messages_of_the_code(spoken: str, domain: str) -> None:
    place = language.LOCALE / spoken / f"{domain}.po"
    stored = dict(catalogues.updated())[place]
    assert place.read_bytes() == stored, "run `python -m tests.catalogues`"


def fields(text: str) -> list[str]:
    """The fields of a message with their formats, in order of their names."""
    found = [
        (name, form) for _, name, form, _ in string.Formatter().parse(text) if name is not None
    ]
    return sorted(f"{name}:{form}" for name, form in found)


@every_catalogue
def test_every_message_is_translated_with_its_fields(spoken: str, domain: str) -> None:
    for entry in catalogues.read(spoken, domain):
        if entry.id:
            assert entry.string and not entry.fuzzy, f"not translated: {entry.id}"
            if "python-brace-format" in entry.flags or "{" in entry.id:
                assert fields(entry.string) == fields(entry.id), entry.id


def test_a_message_is_one_literal() -> None:
    """What is glued together or filled in before it is looked up has no entry."""
    import ast

    for file in sorted(catalogues.HELPERS.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "_":
                (message,) = node.args
                assert isinstance(message, ast.Constant), f"{file.name}, line {node.lineno}"
                told = {keyword.arg for keyword in node.keywords}
                asked = {one.split(":")[0] for one in fields(message.value)} if told else set()
                assert told == asked, f"{file.name}, line {node.lineno}"
