"""README.md and TEACHING.md in other languages: the same headings, tables, commands and links."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from .test_twins import COURSE, LANGUAGES, twins

ROOT = COURSE.parent
CODE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
LINK = re.compile(r"\]\(([^)\s]+)\)")
COMMENT = re.compile(r"(^|\s+)#.*")
START = re.compile(r"#+ |\||- |\d+\. |> |<details>|<!-- \S+ -->")
"""How a line begins that is more than a piece of a paragraph."""

every_document = pytest.mark.parametrize(
    ("name", "language"), [(name, language) for name in twins.DOCUMENTS for language in LANGUAGES]
)


def place(name: str, language: str) -> Path:
    return ROOT / twins.DOCUMENTS[name].format(language=language)


def both(name: str, language: str) -> tuple[str, str]:
    """The English document and its translation."""
    return twins.english_document(name), place(name, language).read_text(encoding="utf-8")


def shape(text: str) -> list[str]:
    """What a document consists of, in order; of a table row, also its number of cells."""
    lines = [START.match(line) and line for line in CODE.sub("", text).splitlines()]
    rows = [START.match(line)[0] + "|" * line.count("|") for line in lines if line]
    return [
        row for row, before in zip(rows, ["", *rows], strict=False) if (row, before) != ("> ",) * 2
    ]


def commands(text: str, language: str) -> list[tuple[str, list[str]]]:
    """Each block of code as (kind, lines), without comments, and with the English lessons in it."""
    return [
        (kind, [COMMENT.sub("", in_english(line, language)).rstrip() for line in code.splitlines()])
        for kind, code in CODE.findall(text)
    ]


def in_english(text: str, language: str) -> str:
    """A path or a command with the lessons in English in place of those in another language."""
    return re.sub(rf"(?<=course)[/-]{language}\b|\.{language}(?=\.md)", "", text)


def anchors(text: str) -> list[str]:
    """The anchor of each heading, as GitHub makes it."""
    headings = [words for words in twins.HEADING.findall(text) if words]
    return [re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-") for words in headings]


def links(path: Path, language: str) -> Counter[str]:
    """Where a document's links lead: files from the root, headings by their number."""
    text, found = path.read_text(encoding="utf-8"), []
    for link in LINK.findall(text):
        if link.startswith("#"):
            found.append(f"heading {anchors(text).index(link[1:])}")
        elif link.startswith("https:"):
            found.append(in_english(link, language))
        else:
            file = (path.parent / link).resolve().relative_to(ROOT)
            found.append(in_english(file.as_posix(), language))
    return Counter(found)


@every_document
def test_a_translation_has_the_same_parts(name: str, language: str) -> None:
    english, translation = both(name, language)
    assert len(shape(english)) > 30 and shape(translation) == shape(english)


@every_document
def test_a_translation_has_the_same_commands(name: str, language: str) -> None:
    english, translation = both(name, language)
    assert commands(english, language) and commands(translation, language) == commands(
        english, language
    )


@every_document
def test_a_translation_has_the_same_links(name: str, language: str) -> None:
    theirs, ours = links(place(name, language), language), links(ROOT / name, language)
    assert ours and theirs == ours


@every_document
def test_files_that_a_document_links_exist(name: str, language: str) -> None:
    for path in (ROOT / name, place(name, language)):
        files = [
            link for link in LINK.findall(path.read_text("utf-8")) if not re.match("https:|#", link)
        ]
        assert files and [file for file in files if not (path.parent / file).exists()] == []


@every_document
def test_no_section_of_a_translation_is_stale(name: str, language: str) -> None:
    remembered = twins.documents_of(language)[name]
    names = twins.stale_sections(twins.english_document(name), remembered)
    assert names == [], f"translate, then run `python course/twins.py {language} --current {name}`"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_readme_names_lessons_by_their_titles(language: str) -> None:
    text = place("README.md", language).read_text(encoding="utf-8")
    named = dict(re.findall(r"\[\*\*\d\d (.+?)\*\*\]\((.+?)\)", text))
    titles = {
        twins.read(path).cells[0].source.splitlines()[0].split(" · ")[1]: path.relative_to(
            ROOT
        ).as_posix()
        for path in sorted((COURSE / language).glob("*.ipynb"))
    }
    assert titles and titles.items() <= named.items()


def test_sections_know_code_from_headings_and_do_not_mind_lines_or_addresses() -> None:
    text = "# One\n\n<!-- address:x -->\nhere\n<!-- /address:x -->\na\nb\n```\n# no\n```\n## Two\nc"
    assert list(twins.sections(text)) == ["One", "Two"]
    assert twins.sections(text.replace("a\nb", "a b").replace("here", "there")) == twins.sections(
        text
    )
    changed = text.replace("c", "d") + "\n## Three"
    assert twins.stale_sections(changed, twins.sections(text)) == ["Two", "Three"]
    assert twins.stale_sections(text, twins.sections(changed)) == ["Two", "Three"]


def test_a_document_is_said_to_be_current(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(twins, "COURSE", tmp_path / "course")
    (tmp_path / "course" / "ja").mkdir(parents=True)
    for name in twins.DOCUMENTS:
        (tmp_path / name).write_text("# Title\n\n## Part\n", encoding="utf-8")
    assert twins.main(["ja"]) == 1
    assert "README.md: sections to translate: Title, Part\n" in capsys.readouterr().out
    for name in twins.DOCUMENTS:
        status = twins.main(["ja", "--current", name])
    assert status == 0 and capsys.readouterr().out.endswith("all twins are current\n")
