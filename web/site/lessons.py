"""A stored lesson as the inside of a page: nbconvert turns its cells into HTML, and what a site
needs besides is added here: anchors, sections, links to other lessons, pictures as files."""

from __future__ import annotations

import base64
import hashlib
import html
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from bs4 import BeautifulSoup, NavigableString, Tag
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from PIL import Image

from helpers import repository_url

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
COURSE = ROOT / "course"
LANGUAGES = ("en", "ja")
ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "video/mp4": "mp4"}
MENTION = re.compile(r"(?:[Ll]esson\s|レッスン ?)(\d\d)(?!\d)")
OWN_WORDS = ["a", "code", "pre", "h2", "h3", "figure", "summary"]
"""Elements in which the mention of a lesson is no link."""

COLAB = re.compile(re.escape(repository_url.BADGE) + r"\(([^)]*)\)\n*")


@dataclass(frozen=True)
class Section:
    """A heading of a page, and the words until the next one.

    Attributes:
        name: of the anchor; the same in every language.
        level: 1 for the beginning of a page, 2 for a section, 3 for a part of one.
        title: as plain text.
        words: as plain text, alternative texts included.
    """

    name: str
    level: int
    title: str
    words: str


@dataclass(frozen=True)
class Lesson:
    """A lesson ready to be put into a page.

    In its body formulas are still `<span class="tex">`, and addresses inside the site begin with
    `site:` (a file) or `lesson:` (a page in the same language, where there is one).
    """

    file: str
    language: str
    kicker: str
    title: str
    colab: str
    body: str
    sections: list[Section]

    @property
    def number(self) -> str:
        return self.file[:2]


class Renderer(IPythonRenderer):
    """Markdown as HTML; a keyboard can scroll its code, and its formulas are marked for later."""

    def block_code(self, code: str, info: str | None = None) -> str:
        return super().block_code(code, info).replace("<pre", '<pre tabindex="0"', 1)

    def inline_math(self, body: str) -> str:
        return f'<span class="tex">{html.escape(body)}</span>'

    def block_math(self, body: str) -> str:
        return f'<span class="tex display">{html.escape(body)}</span>'


def markdown(text: str) -> str:
    """Returns the HTML of a Markdown text, as notebooks understand it."""
    return MarkdownWithMath(renderer=Renderer(escape=False, exclude_anchor_links=True)).render(text)


class Pictures:
    """The pictures of the site, each a file that is named after its content."""

    def __init__(self, folder: Path):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder

    def keep(self, data: bytes, ending: str) -> str:
        """Writes a file and returns its name; equal files have one."""
        name = f"{hashlib.sha256(data).hexdigest()[:16]}.{ending}"
        (self.folder / name).write_bytes(data)
        return f"{self.folder.name}/{name}"

    def of_output(self, output: nbformat.NotebookNode) -> dict[str, Any] | None:
        """What a template needs of an output's picture; None if it has none."""
        kind = next((kind for kind in ENDINGS if kind in output.get("data", {})), None)
        if kind is None:
            return None
        data = base64.b64decode(output.data[kind])
        width, height = Image.open(io.BytesIO(data)).size
        options = output.metadata.get(kind, {})
        shown = options.get("width", width)
        return {
            "file": self.keep(data, ENDINGS[kind]),
            "alt": options["alt"],
            "width": shown,
            "height": round(height * shown / width),
            "enlarged": shown > width,
        }

    def of_html(self, text: str) -> str:
        """HTML in which films are files of the site, in place of lying in the page."""

        def film(found: re.Match[str]) -> str:
            return "site:" + self.keep(base64.b64decode(found[2]), ENDINGS[found[1]])

        return re.sub(r"data:(video/mp4);base64,([\w+/=]+)", film, text)


def role(cell: nbformat.NotebookNode) -> str:
    """What a code cell is for: "first" (common to all lessons), "task", "check", or ""."""
    if "install_missing()" in cell.source:
        return "first"
    marks = cell.metadata.get("nbgrader", {})
    return "task" if marks.get("solution") else "check" if marks.get("grade") else ""


def files(language: str) -> list[Path]:
    """The lessons of a language, in the course's order: that of their names."""
    folder = COURSE if language == "en" else COURSE / language
    return sorted(folder.glob("[0-9][0-9]_*.ipynb"))


def read(
    path: Path,
    language: str,
    pictures: Pictures,
    words: dict[str, str],
    boxes: dict[str, str],
    players: dict[str, str],
) -> Lesson:
    """Returns a lesson as the inside of a page.

    Args:
        path: of the notebook.
        language: of the notebook.
        pictures: where its pictures go.
        words: the site's own words in that language.
        boxes: cell to the HTML that stands after it, and is no part of the lesson.
        players: cell to the HTML that moves in place of its picture, where scripts run.

    Raises:
        ValueError: the first cell has no title or no badge.
    """
    notebook = nbformat.read(path, as_version=4)
    badge = COLAB.search(notebook.cells[0].source)
    if not badge:
        raise ValueError(f"{path}: the first cell needs its Colab badge; run: make address")
    notebook.cells[0].source = COLAB.sub("", notebook.cells[0].source)
    exporter = HTMLExporter(
        template_file=str(HERE / "templates" / "cells.html.j2"),
        filters={
            "markdown2html": markdown,
            "picture": pictures.of_output,
            "films": pictures.of_html,
            "role": role,
        },
    )
    text, _ = exporter.from_notebook_node(notebook, {"words": words})
    soup = BeautifulSoup(text, "html.parser")
    heading = soup.h1
    if heading is None or " · " not in heading.text:
        raise ValueError(f'{path}: the first cell needs a title such as "# Lesson 00 · Start here"')
    kicker, title = heading.text.split(" · ", 1)
    opening = Section(notebook.cells[0].id, 1, kicker, words_after(heading))
    heading.extract()
    frame_tables(soup, words["table"])
    for cell, player in players.items():
        still = soup.select(f'section[id="{cell}"] figure > img')[-1]
        still.insert_after(BeautifulSoup(player, "html.parser"))
    sections = [opening, *name_headings(soup)]
    link_lessons(soup, path.stem)
    for cell in soup.find_all("section", id=list(boxes)):
        cell.insert_after(BeautifulSoup(boxes[cell["id"]], "html.parser"))
    return Lesson(path.stem, language, kicker, title, badge[1], str(soup), sections)


def frame_tables(soup: BeautifulSoup, label: str) -> None:
    """Puts each table into a frame that scrolls, which a keyboard can reach."""
    for table in soup.find_all("table"):
        table.wrap(
            soup.new_tag(
                "div",
                attrs={"class": "table", "role": "region", "tabindex": 0, "aria-label": label},
            )
        )


def name_headings(soup: BeautifulSoup) -> list[Section]:
    """Gives each heading an anchor, made from its cell, and returns the sections of a page.

    The twins of a lesson have the same cells: a place in one is the same place in the other.
    """
    sections = []
    for heading in soup.find_all(["h2", "h3"]):
        cell = heading.find_parent("section")
        place = cell.find_all(["h2", "h3"]).index(heading)
        name = f"{cell['id']}-{place + 1}"
        heading["id"] = name
        title = heading.get_text()
        anchor = soup.new_tag(
            "a", attrs={"href": f"#{name}", "class": "anchor", "aria-label": title}
        )
        anchor.string = "#"
        sections.append(Section(name, int(heading.name[1]), title, words_after(heading)))
        heading.append(anchor)
    return sections


def words_after(heading: Tag) -> str:
    """The text from a heading to the next, code and alternative texts included."""
    found = []
    for element in heading.next_elements:
        if isinstance(element, Tag):
            if element.name in ("h2", "h3"):
                break
            found.append(f" {element.get('alt', '')} " if element.name == "img" else "")
        elif isinstance(element, NavigableString) and heading not in element.parents:
            found.append(str(element))
    return " ".join("".join(found).split())


def link_lessons(soup: BeautifulSoup, here: str) -> None:
    """Turns each mention of another lesson, such as "lesson 05", into a link to its page."""
    others = {path.stem[:2]: path.stem for path in files("en") if path.stem != here}
    for text in soup.find_all(string=MENTION):
        if text.find_parent(OWN_WORDS) or text.find_parent(class_="tex"):
            continue

        def link(found: re.Match[str]) -> str:
            page = others.get(found[1])
            return f'<a href="lesson:{page}">{found[0]}</a>' if page else found[0]

        linked = MENTION.sub(link, html.escape(str(text), quote=False))
        text.replace_with(BeautifulSoup(linked, "html.parser"))
