"""Twins of the lessons: code made from the English one, text that knows what it was made from."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from helpers import language
from helpers.plots.alt import catalogue

from . import catalogues
from .checks.everything import EXERCISES

COURSE = Path(__file__).resolve().parents[1] / "course"
spec = importlib.util.spec_from_file_location("twins", COURSE / "twins.py")
assert spec and spec.loader
twins = importlib.util.module_from_spec(spec)
spec.loader.exec_module(twins)

LANGUAGES = [path.name for path in COURSE.iterdir() if (path / "strings").is_dir()]
TWINS = [path for language in LANGUAGES for path in sorted((COURSE / language).glob("*.ipynb"))]
every_twin = pytest.mark.parametrize(
    "path", TWINS, ids=lambda path: f"{path.parent.name}-{path.stem}"
)

CODE = """\
names = ["a lake", 'snow']  # what to draw
title = f"seed {names[0]}" "!"
print(title, names[1])"""
STRINGS = {
    "a lake": "湖",
    "# what to draw": "# 描くもの",
    'f"seed {names[0]}" "!"': 'f"シード {names[0]}!"',
}


def lesson(code: str = CODE, text: str = "## A lake") -> nbformat.NotebookNode:
    first = new_code_cell(f"import sys\n{twins.MARK}", id="x-01")
    return new_notebook(
        cells=[first, new_markdown_cell(text, id="x-02"), new_code_cell(code, id="x-03")]
    )


def made(
    english: nbformat.NotebookNode, old: nbformat.NotebookNode | None = None
) -> nbformat.NotebookNode:
    twin = nbformat.from_dict(json.loads(json.dumps(english)))
    twins.twin_of(twin, old, "ja", {"x-03": STRINGS})
    return twin


def test_literals_and_comments_are_exchanged_and_nothing_else() -> None:
    assert twins.translated(CODE, STRINGS) == (
        "names = [\"湖\", 'snow']  # 描くもの\n"
        'title = f"シード {names[0]}!"\n'
        "print(title, names[1])"
    )
    assert twins.translated(CODE, {}) == CODE


def test_letters_of_more_bytes_do_not_shift_what_follows() -> None:
    code = 'a, b = "湖と山", "a lake"  # 山\nc = "a lake"'
    assert twins.translated(code, STRINGS) == 'a, b = "湖と山", "湖"  # 山\nc = "湖"'


def test_a_line_for_the_shell_is_left_alone() -> None:
    code = '!"{sys.executable}" -m helpers doctor  # what to draw'
    assert twins.translated(code, STRINGS) == code


def test_a_translation_may_hold_quotes_and_new_lines() -> None:
    code = twins.translated('x = "a lake"', {"a lake": '「湖」\n"lake"'})
    space: dict = {}
    exec(code, space)
    assert space["x"] == '「湖」\n"lake"'


def test_the_first_cell_says_which_language() -> None:
    assert made(lesson()).cells[0].source.endswith('helpers  # noqa: F401\n\nhelpers.speak("ja")')


def test_text_is_stale_until_it_is_translated_and_when_the_english_changes() -> None:
    english = lesson()
    twin = made(english)
    assert twins.stale(english, twin) == ["x-02"]
    twins.take("<!-- 07 x-02 -->\n## 湖\n", {"07": (english, twin)})
    assert (twin.cells[1].source, twins.stale(english, twin)) == ("## 湖", [])
    changed = lesson(text="## A deep lake")
    again = made(changed, twin)
    assert again.cells[1].source == "## 湖"
    assert twins.stale(changed, again) == ["x-02"]


def test_changed_code_carries_over_and_loses_its_outputs() -> None:
    twin = made(lesson())
    for cell in (twin.cells[0], twin.cells[2]):
        cell.outputs = [nbformat.v4.new_output("stream", text="1\n")]
    changed = lesson(CODE.replace("print(title", "print(1, title"))
    again = made(changed, twin)
    assert "print(1, title" in again.cells[2].source and "湖" in again.cells[2].source
    assert again.cells[2].outputs == [] and again.cells[0].outputs


def test_a_new_address_reaches_the_badge_and_makes_no_text_stale() -> None:
    def badge(owner: str, path: str) -> str:
        return f"[badge](https://colab.research.google.com/github/{owner}/blob/main/{path})"

    english = lesson(text=f"# A lake\n{badge('a/b', 'course/x.ipynb')}")
    twin = made(english)
    twins.take(
        f"<!-- 07 x-02 -->\n# 湖\n{badge('a/b', 'course/ja/x.ipynb')}", {"07": (english, twin)}
    )
    moved = lesson(text=english.cells[1].source.replace("a/b", "c-d/e.f"))
    again = made(moved, twin)
    assert again.cells[1].source == f"# 湖\n{badge('c-d/e.f', 'course/ja/x.ipynb')}"
    assert twins.stale(moved, again) == []
    other = lesson(text=moved.cells[1].source.replace("A lake", "A deep lake"))
    assert twins.stale(other, made(other, again)) == ["x-02"]


def test_an_entry_that_fits_no_cell_is_named() -> None:
    strings = {"x-03": {"a lake": "湖", "a sea": "海"}, "x-99": {"a lake": "湖"}}
    assert twins.unused(lesson(), strings) == ["x-03: a sea", "x-99: a lake"]


def test_a_text_for_no_cell_is_refused() -> None:
    english = lesson()
    for text in ("<!-- 07 x-09 -->\n湖\n", "<!-- 07 x-03 -->\n湖\n", "<!-- 08 x-02 -->\n湖\n"):
        with pytest.raises(ValueError, match="has no text cell"):
            twins.take(text, {"07": (english, made(english))})


def test_texts_are_given_in_the_form_that_is_taken() -> None:
    text = "<!-- 07 x-02 -->\n## One\n\nmore\n\n<!-- 07 x-04 -->\n## Two\n"
    assert [block[1:] for block in twins.BLOCK.findall(text)] == [
        ("x-02", "## One\n\nmore\n\n"),
        ("x-04", "## Two\n"),
    ]


@every_twin
def test_the_figures_of_a_twin_have_alternative_texts_in_its_language(path: Path) -> None:
    texts = catalogue(path.stem[:2], path.parent.name)
    assert texts.keys() == catalogue(path.stem[:2]).keys()


@every_twin
def test_a_twin_is_what_the_tool_makes(path: Path) -> None:
    english, twin = twins.read(COURSE / path.name), twins.read(path)
    strings = twins.strings_of(path.name[:2], path.parent.name)
    rebuilt = twins.read(COURSE / path.name)
    twins.twin_of(rebuilt, twin, path.parent.name, strings)
    assert [(cell.id, cell.source) for cell in rebuilt.cells] == [
        (cell.id, cell.source) for cell in twin.cells
    ], f"run `python course/twins.py {path.parent.name}`"
    assert not twins.unused(english, strings)


@every_twin
def test_no_text_of_a_twin_is_stale(path: Path) -> None:
    assert twins.stale(twins.read(COURSE / path.name), twins.read(path)) == []


@every_twin
def test_the_checks_of_a_twin_are_stored_as_they_stand_before_an_answer(path: Path) -> None:
    """Its lesson is run with the answers, so these outputs are compared with nothing then."""
    words = language._catalogue(path.parent.name)
    for cell in (cell for cell in twins.read(path).cells if cell.cell_type == "code"):
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        if grade_id.startswith("check-"):
            number = grade_id.removeprefix("check-").replace("-", ".")
            task = EXERCISES[number].task
            told = words["○ {number} not done yet. Your job: {task}"]
            expected = told.format(number=number, task=words.get(task, task))
            assert [output.text for output in cell.outputs] == [f"{expected}\n"]
        for number in re.findall(r'check\.yours\("([\d.]+)"\)', cell.source):
            told = words["○ {number}: the course's {name} stands in until yours is right"]
            line = re.escape(told).replace(r"\{number\}", number).replace(r"\{name\}", r"\w+")
            printed = "".join(output.get("text", "") for output in cell.outputs)
            assert re.search(f"^{line}$", printed, re.MULTILINE)


def avoided() -> list[tuple[str, str]]:
    """(what is not written, the term) of the Japanese glossary."""
    table = (COURSE / "ja" / "GLOSSARY.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|]+) \| ([^|]*) \| ([^|]*) \|$", table, re.MULTILINE)[2:]
    return [
        (re.sub(r"（.*?）", "", word), term)
        for _, term, words in rows
        for word in words.split("、")
        if word.strip() and "（" not in word
    ]


def japanese() -> list[Path]:
    """The lessons, the documents and the site's own words in Japanese."""
    site = ("web/site/words.json", "web/engine/language.ts")
    names = [name.format(language="ja") for name in twins.DOCUMENTS.values()]
    documents = [COURSE.parent / name for name in (*names, *site)]
    return documents + [path for path in TWINS if path.parent.name == "ja"]


@pytest.mark.parametrize("path", japanese(), ids=lambda p: p.stem)
def test_japanese_keeps_to_the_glossary(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        cells = [cell for cell in twins.read(path).cells if cell.cell_type == "markdown"]
        text = "\n".join(cell.source for cell in cells)
    for word, term in avoided():
        assert word not in text, f"{word}: the glossary has {term}"


@pytest.mark.parametrize("domain", catalogues.DOMAINS)
def test_messages_keep_to_the_glossary(domain: str) -> None:
    for entry in catalogues.read("ja", domain):
        for word, term in avoided():
            assert word not in entry.string or not entry.id, f"{word}: the glossary has {term}"
