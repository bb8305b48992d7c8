"""Text is read and written as UTF-8, and each call says so: else the machine's locale decides."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted(
    path
    for folder in ("helpers", "tests", "course")
    for path in (ROOT / folder).rglob("*.py")
    if ".ipynb_checkpoints" not in path.parts
)
MODE = "rwxabt+"
POSITION = {"read_text": 1, "write_text": 2}
"""Method -> how many arguments it has when the encoding is among them without its name."""


def silent(source: str) -> Iterator[int]:
    """Lines of the calls that leave a text's encoding to the locale."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and _is_silent(node):
            yield node.lineno


def _is_silent(call: ast.Call) -> bool:
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    named = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
    if "encoding" in named:
        return False
    if name in POSITION:
        return len(call.args) < POSITION[name]
    if name in ("run", "Popen", "check_output"):
        return "True" in (named.get("text"), named.get("universal_newlines"))
    if name == "open" and not (isinstance(call.func, ast.Attribute) and _is_library(call.func)):
        modes = [ast.unparse(argument).strip("'\"") for argument in call.args]
        modes = [
            mode for mode in [*modes, named.get("mode", "")] if mode and set(mode) <= set(MODE)
        ]
        return not any("b" in mode for mode in modes)
    return False


LIBRARIES = ("Image", "imageio", "os", "zipfile", "tarfile", "webbrowser")
"""Their `open` opens no text."""


def _is_library(function: ast.Attribute) -> bool:
    return isinstance(function.value, ast.Name) and function.value.id in LIBRARIES


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_text_says_its_encoding(path: Path) -> None:
    lines = list(silent(path.read_text(encoding="utf-8")))
    assert not lines, f"{path.name}, lines {lines}: add encoding='utf-8'"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("path.read_text()", True),
        ("path.read_text(encoding='utf-8')", False),
        ("path.write_text(text)", True),
        ("open(name)", True),
        ("path.open('w')", True),
        ("path.open('rb')", False),
        ("Image.open(name)", False),
        ("subprocess.run(command, text=True)", True),
        ("subprocess.run(command, encoding='utf-8')", False),
    ],
)
def test_the_lint_sees_what_leaves_it_to_the_locale(source: str, found: bool) -> None:
    assert bool(list(silent(source))) is found
