"""Brings the catalogues of messages up to date: `python -m tests.catalogues`.

Every `_("...")` of helpers/ is a message. Those of `checks`, of `plots`, and of all the rest have a
catalogue each in `helpers/locale/LANGUAGE/`. New messages come in untranslated; one that is hardly
changed keeps its translation, marked as fuzzy, and is not spoken until somebody has looked at it.
`--check` writes nothing, and exits with 1 if anything would change.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from helpers.files import written_beside
from helpers.language import LOCALE, languages

HELPERS = LOCALE.parent
DOMAINS = ("checks", "plots", "helpers")


def domain_of(file: str) -> str:
    """The catalogue of a module: "checks", "plots", or "helpers" for all others."""
    first = Path(file).parts[0]
    return first if first in DOMAINS else "helpers"


def messages() -> dict[str, Catalog]:
    """{catalogue: the messages of the code, in English}."""
    found = {domain: Catalog() for domain in DOMAINS}
    for file, _line, message, _comments, context in extract_from_dir(
        HELPERS, method_map=[("**.py", "python")], keywords={"_": None}
    ):
        found[domain_of(file)].add(message, locations=[(file, None)], context=context)
    return found


def read(language: str, domain: str) -> Catalog:
    """A catalogue as it lies on the disk; empty if it does not."""
    path = LOCALE / language / f"{domain}.po"
    if not path.exists():
        return Catalog(locale=language)
    with open(path, "rb") as file:
        return read_po(file, locale=language)


def text_of(catalogue: Catalog) -> bytes:
    """A catalogue as a file: by place in the code, without dates that change each time."""
    catalogue.project, catalogue.version, catalogue.fuzzy = "The course", "1", False
    catalogue.header_comment = f"# Messages of the course in {catalogue.locale.english_name}."
    stream = io.BytesIO()
    write_po(
        stream, catalogue, width=100, omit_header=False, include_lineno=False, sort_by_file=True
    )
    lines = stream.getvalue().decode().splitlines(keepends=True)
    dull = (
        '"POT-Creation-Date',
        '"PO-Revision-Date',
        '"Generated-By',
        '"Last-Translator',
        '"Language-Team',
    )
    return "".join(line for line in lines if not line.startswith(dull)).encode()


def updated() -> Iterator[tuple[Path, bytes]]:
    """(place, what belongs there) of each catalogue of each language."""
    for language in languages()[1:]:
        for domain, template in messages().items():
            catalogue = read(language, domain)
            catalogue.update(template)
            catalogue.obsolete.clear()
            yield LOCALE / language / f"{domain}.po", text_of(catalogue)


def main(argv: list[str] | None = None) -> int:
    """Updates or checks; 1 if `--check` finds a difference."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    arguments, changed = parser.parse_args(argv), []
    for path, text in updated():
        if not path.exists() or path.read_bytes() != text:
            changed.append(path)
            if not arguments.check:
                with written_beside(path) as place:
                    place.write_bytes(text)
    for path in changed:
        print(f"{path.relative_to(HELPERS.parent)} {'is stale' if arguments.check else 'is new'}")
    return 1 if arguments.check and changed else 0


if __name__ == "__main__":
    sys.exit(main())
