"""The command `serve`: tokens, and what is missing; the rest is in `tests/serving`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from helpers import cli, serving
from helpers.cli.serve import tokens_of

LONG = "a-token-of-the-class"


def test_a_token_comes_from_the_option_the_environment_or_is_new(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("COURSE_TOKEN", raising=False)
    assert tokens_of(LONG, None) == {"class": LONG}
    one, other = (tokens_of(None, None)["class"] for _ in range(2))
    assert len(one) == 22 and one != other
    monkeypatch.setenv("COURSE_TOKEN", LONG[::-1])
    assert tokens_of(None, None) == {"class": LONG[::-1]}


def test_a_file_has_a_line_for_each_class(tmp_path: Path) -> None:
    file = tmp_path / "classes.txt"
    file.write_text(f"# mine\n7b {LONG}\n\n8a {LONG}2  # on Fridays\n", encoding="utf-8")
    assert tokens_of(None, file) == {"7b": LONG, "8a": f"{LONG}2"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "pass at least one token"),
        (f"7b {LONG}\n8a {LONG}", "another one for each name"),
        (f"7b {LONG}\n7b {LONG}2", "a line is a new name and a token, got '7b'"),
        (f"{LONG}", "a line is a new name and a token"),
        ("7b short", "token of 7b must be 12 or more"),
        ("7b a/token:with@signs", "token of 7b must be 12 or more"),
    ],
)
def test_a_line_that_is_none_is_told(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "classes.txt"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=told):
        tokens_of(None, file)
    with pytest.raises(ValueError, match="not both"):
        tokens_of(LONG, file)


@pytest.mark.parametrize("own", ["short", LONG])
def test_the_teachers_password_is_long_and_no_class_knows_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, own: str
) -> None:
    monkeypatch.setenv("COURSE_TEACHER_TOKEN", own)
    assert cli.main(["serve", "--token", LONG]) == 2
    assert "COURSE_TEACHER_TOKEN must have 12 or more letters" in capsys.readouterr().err


def test_without_ray_it_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.delitem(sys.modules, "helpers.serving.app", raising=False)
    monkeypatch.delattr(serving, "app", raising=False)  # where another test has imported it
    assert cli.main(["serve"]) == 2
    said = capsys.readouterr().err
    assert 'pip install -e ".[serve]"' in said and said.count("\n") == 1
