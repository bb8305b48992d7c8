"""In which language the course speaks to its learner: English, or one that has a catalogue.

Messages stand in the code in English. `_` looks a message up in the catalogue of the language, as
GNU gettext does, and puts its fields in afterwards, so that a translator may order them anew:

    _("row {row} is given {line}.", row="A", line=7)

The catalogues are the files `locale/LANGUAGE/*.po`; `python -m tests.catalogues` brings them up to
date. A message without a translation stays English. Exceptions of the package stay English too,
unless a learner meets them in a lesson.
"""

from __future__ import annotations

import functools
import os
import sys
from pathlib import Path

LOCALE = Path(__file__).with_name("locale")

_spoken: list[str] = []  # the language, once it is settled


def languages() -> list[str]:
    """The languages that can be spoken, English first: "en", and those with a catalogue."""
    return ["en", *sorted(path.name for path in LOCALE.iterdir() if path.is_dir())]


def spoken() -> str:
    """The language that is spoken: that of `speak`, else of `COURSE_LANGUAGE`, else "en".

    Raises:
        ValueError: `COURSE_LANGUAGE` names a language that there is not.
    """
    if not _spoken:
        _spoken.append(_known("COURSE_LANGUAGE", os.environ.get("COURSE_LANGUAGE") or "en"))
    return _spoken[0]


def speak(language: str) -> None:
    """Speak a language from here on: the line that ends the first cell of a translated lesson.

    Many messages are read once, when their module is imported, so this comes before all that.

    Raises:
        ValueError: there is no such language.
        RuntimeError: messages were read already, in another language.
    """
    language = _known("speak: language", language)
    if language != spoken() and f"{__package__}.checks" in sys.modules:
        raise RuntimeError(
            f"speak: the exercises were loaded already, in {spoken()!r}. Restart the kernel, and "
            "run the first cell before the others"
        )
    _spoken[:] = [language]
    os.environ["COURSE_LANGUAGE"] = language  # for the doctor, which a page runs as a process


def _known(name: str, language: str) -> str:
    if language not in languages():
        raise ValueError(f"{name} must be one of {', '.join(languages())}, got {language!r}")
    return language


def _(message: str, **fields: object) -> str:
    """The message in the language that is spoken, its {fields} filled in.

    Args:
        message: in English, as a literal, for it is looked up by its letters.
        fields: what stands in the braces; without any, braces are left as they are.
    """
    if spoken() != "en":
        message = _catalogue(spoken()).get(message) or message
    return message.format(**fields) if fields else message


@functools.cache
def _catalogue(language: str) -> dict[str, str]:
    """{English: translation}, of what is translated and was not marked as doubtful."""
    try:
        from babel.messages.pofile import read_po  # only where a language needs it
    except ImportError:
        return {}  # `doctor` tells that it is missing, in English

    found: dict[str, str] = {}
    for path in sorted((LOCALE / language).glob("*.po")):
        with open(path, "rb") as file:
            entries = read_po(file, locale=language)
        good = [one for one in entries if one.id and one.string and not one.fuzzy]
        found |= {str(one.id): str(one.string) for one in good}
    return found
