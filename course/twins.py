"""Keeps the lessons of another language equal to the English ones: `python course/twins.py [ja]`.

A lesson's twin has the same name, in a folder named after its language, and the same cells by id.
Its code is never written by hand: it is the English code with the literals and comments exchanged
that the language's catalogue, such as `ja/strings/00.json`, translates. Its text is, and each text
cell remembers which English text it was made from. So a change of the English lesson carries over
by itself where it is code, and is reported where a person must look.

    python course/twins.py ja                 # writes the twins' code; names text that is stale
    python course/twins.py ja --give 04       # the stale cells of lesson 04, to be translated
    python course/twins.py ja --take text.md  # puts translated cells in, as current

Then `python course/build.py course/ja/04_*.ipynb` runs the twin.

README.md and TEACHING.md are translated by hand as a whole. `ja/documents.json` remembers from
which text of each section; what has changed since is named, until it is said to be current:

    python course/twins.py ja --current README.md
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import io
import itertools
import json
import re
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from helpers.files import written_beside

COURSE = Path(__file__).resolve().parent
SPEAK = '\n\nhelpers.speak("{language}")'
"""Ends the common first cell of a twin."""

MARK = "import helpers  # noqa: F401"
"""Ends the common first cell of every lesson."""

BLOCK = re.compile(r"^<!-- (\d\d) ([\w-]+) -->\n(.*?)(?=^<!-- \d\d [\w-]+ -->$|\Z)", re.M | re.S)
"""A cell in a file of texts: lesson, id, text."""

ADDRESS = re.compile(r"(?<=colab\.research\.google\.com/github/)[\w.-]+/[\w.-]+(?=/blob/)")
"""The repository in a Colab badge, as the address tool writes it."""

DOCUMENTS = {
    "README.md": "README.{language}.md",
    "course/TEACHING.md": "course/{language}/TEACHING.md",
}
"""Documents that are translated as a whole, and where; from the repository's root."""

HEADING = re.compile(r"^```.*?^```$|^#+ (.+?)$", re.M | re.S)
"""A block of code, or a heading and its words."""

FILLED = re.compile(r"<!-- (address:\w+) -->.*?<!-- /\1 -->", re.S)
"""What the address tool fills."""


def digest(text: str) -> str:
    """What a twin's cell remembers of the English text: 12 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def pieces(code: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, key) of each literal text and comment of a cell, in order, in letters.

    The key is a literal's value, or for one with fields in braces its source; for a comment, what
    is written. A cell with a line for the shell has none.
    """
    try:
        literals = list(_literals(ast.parse(code)))
    except SyntaxError:
        return
    lines = code.splitlines(keepends=True)
    starts = [0, *itertools.accumulate(map(len, lines))]

    def place(row: int, column: int) -> int:  # ast counts columns in bytes
        return starts[row - 1] + len(lines[row - 1].encode()[:column].decode())

    found = []
    for node in literals:
        start = place(node.lineno, node.col_offset)
        end = place(node.end_lineno, node.end_col_offset)
        found.append((start, end, getattr(node, "value", code[start:end])))
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type == tokenize.COMMENT:
            start = starts[token.start[0] - 1] + token.start[1]
            found.append((start, start + len(token.string), token.string))
    yield from sorted(found)


def _literals(tree: ast.AST) -> Iterator[ast.Constant | ast.JoinedStr]:
    """The literal texts of a tree; those inside a literal with fields are a part of it."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.JoinedStr) or (
            isinstance(node, ast.Constant) and isinstance(node.value, str)
        ):
            yield node
        else:
            yield from _literals(node)


def translated(code: str, strings: dict[str, str]) -> str:
    """A cell's code with the texts exchanged that a catalogue names.

    The translation of a plain literal is its value; of any other piece, its source.
    """
    parts, at = [], 0
    for start, end, key in pieces(code):
        if key in strings:
            words = strings[key]
            plain = code[start:end] != key
            parts += [code[at:start], json.dumps(words, ensure_ascii=False) if plain else words]
            at = end
    return "".join([*parts, code[at:]])


def twin_of(english: NotebookNode, twin: NotebookNode | None, language: str, strings: dict) -> None:
    """Turns an English lesson, in place, into its twin, with the text that an old twin has.

    Text that has no translation yet stays English and remembers nothing.
    """
    old = {cell.id: cell for cell in twin.cells} if twin else {}
    for cell in english.cells:
        before = old.get(cell.id)
        if cell.cell_type == "code":
            cell.source = translated(cell.source, strings.get(cell.id, {}))
            if cell.source.endswith(MARK):
                cell.source += SPEAK.format(language=language)
            same = before is not None and before.get("source") == cell.source
            cell.outputs = before.outputs if same else []
            cell.execution_count = before.execution_count if same else None
        elif before is not None and before.metadata.get("of"):
            cell.source, cell.metadata.of = _at_the_address(before, cell.source)
        else:
            cell.metadata.of = ""
    english.metadata.language = language


def _at_the_address(before: NotebookNode, english: str) -> tuple[str, str]:
    """A translated cell's text, its badge at the address of the English one, and what it remembers.

    A new address by itself makes no text stale.
    """
    new, old = ADDRESS.search(english), ADDRESS.search(before.source)
    if not new or not old:
        return before.source, before.metadata.of
    current = digest(ADDRESS.sub(old[0], english)) == before.metadata.of
    return ADDRESS.sub(new[0], before.source), digest(english) if current else before.metadata.of


def stale(english: NotebookNode, twin: NotebookNode) -> list[str]:
    """Ids of the text cells whose English text is another than the one that was translated."""
    now = {cell.id: digest(cell.source) for cell in english.cells if cell.cell_type == "markdown"}
    return [
        cell.id
        for cell in twin.cells
        if cell.cell_type == "markdown" and cell.metadata.get("of") != now.get(cell.id)
    ]


def unused(english: NotebookNode, strings: dict[str, dict[str, str]]) -> list[str]:
    """Entries of a catalogue that fit no cell, each as "id: text"."""
    keys = {
        cell.id: {key for _, _, key in pieces(cell.source)}
        for cell in english.cells
        if cell.cell_type == "code"
    }
    return [
        f"{name}: {key}"
        for name, texts in strings.items()
        for key in texts
        if key not in keys.get(name, ())
    ]


def take(text: str, lessons: dict[str, tuple[NotebookNode, NotebookNode]]) -> None:
    """Puts translated cells into the twins, each remembered as made from the present English text.

    Args:
        text: of a file as `--give` writes it.
        lessons: number -> (English lesson, its twin).

    Raises:
        ValueError: it names a cell that is not there.
    """
    for number, name, words in BLOCK.findall(text):
        cells = [
            next((cell for cell in lesson.cells if cell.id == name), None)
            for lesson in lessons.get(number, ())
        ]
        if not all(cells) or not cells or cells[0].cell_type != "markdown":
            raise ValueError(
                f"lesson {number} has no text cell {name!r}; take the ids that --give writes"
            )
        cells[1].source = words.strip()
        cells[1].metadata.of = digest(cells[0].source)


def sections(text: str) -> dict[str, str]:
    """{heading: digest of the section} of a document, however its lines are broken."""
    text = FILLED.sub("", text)
    headings = [found for found in HEADING.finditer(text) if found[1]]
    ends = [*(found.start() for found in headings[1:]), len(text)]
    return {
        found[1]: digest(" ".join(text[found.start() : end].split()))
        for found, end in zip(headings, ends, strict=True)
    }


def stale_sections(english: str, remembered: dict[str, str]) -> list[str]:
    """Headings of a document whose section is another than the one that was translated."""
    now = sections(english)
    return [name for name in {**now, **remembered} if now.get(name) != remembered.get(name)]


def documents_of(language: str) -> dict[str, dict[str, str]]:
    """{document: {heading: digest}}: what the translated documents were made from."""
    path = COURSE / language / "documents.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def english_document(name: str) -> str:
    return (COURSE.parent / name).read_text(encoding="utf-8")


def _remember(name: str, language: str) -> None:
    """Takes the translation of a document as made from the present English text."""
    remembered = documents_of(language) | {name: sections(english_document(name))}
    with written_beside(COURSE / language / "documents.json") as beside:
        words = json.dumps(remembered, indent=1, ensure_ascii=False)
        beside.write_text(words + "\n", encoding="utf-8")


def read(path: Path) -> NotebookNode:
    return nbformat.read(path, as_version=4)


def strings_of(number: str, language: str) -> dict[str, dict[str, str]]:
    """{cell id: {English: translation}} of a lesson's code; may be empty."""
    path = COURSE / language / "strings" / f"{number}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def main(argv: list[str] | None = None) -> int:
    """Writes the twins of a language and reports; 1 if a text is stale or an entry unused."""
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("language", help="the folder of the twins, such as ja")
    parser.add_argument("--give", metavar="NN", help="print a lesson's stale text cells")
    parser.add_argument("--take", metavar="FILE", type=Path, help="put translated text cells in")
    parser.add_argument(
        "--current", metavar="DOCUMENT", choices=DOCUMENTS, help="say that its translation is"
    )
    arguments = parser.parse_args(argv)
    if arguments.current:
        _remember(arguments.current, arguments.language)
    lessons, wrong = {}, []
    for path in sorted(COURSE.glob("[0-9][0-9]_*.ipynb")):
        number, place = path.name[:2], COURSE / arguments.language / path.name
        english, twin = read(path), read(place) if place.exists() else None
        strings = strings_of(number, arguments.language)
        made = read(path)
        twin_of(made, twin, arguments.language, strings)
        lessons[number] = (english, made)
        wrong += [f"{number}: no longer in the code: {entry}" for entry in unused(english, strings)]
    if arguments.take:
        take(arguments.take.read_text(encoding="utf-8"), lessons)
    for number, (english, made) in lessons.items():
        names = stale(english, made)
        if number == arguments.give:
            words = {cell.id: cell.source for cell in english.cells}
            print("\n".join(f"<!-- {number} {name} -->\n{words[name]}\n" for name in names))
        wrong += [f"{number}: {len(names)} cells to translate: {', '.join(names)}"] if names else []
        if any(cell.metadata.get("of") for cell in made.cells):  # it has been begun
            _write(made, arguments.language, number)
    remembered = documents_of(arguments.language)
    for name in DOCUMENTS:
        if names := stale_sections(english_document(name), remembered.get(name, {})):
            wrong.append(f"{name}: sections to translate: {', '.join(names)}")
    if not arguments.give:
        print("\n".join(wrong) or "all twins are current")
    return 1 if wrong else 0


def _write(made: NotebookNode, language: str, number: str) -> None:
    (english,) = COURSE.glob(f"{number}_*.ipynb")
    place = COURSE / language / english.name
    place.parent.mkdir(exist_ok=True)
    with written_beside(place) as beside:
        beside.write_text(nbformat.writes(made, version=4) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
