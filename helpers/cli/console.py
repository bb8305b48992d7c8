"""What is said on a terminal: warnings and errors of one line, in signs that it can write."""

from __future__ import annotations

import sys


def escape_unknown_signs() -> None:
    """Signs that a console cannot write, such as Japanese ones in ASCII, come out as \\u5c71."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a notebook's streams are of another kind
            stream.reconfigure(errors="backslashreplace")


def show_warning(message: Warning | str, *_: object, **__: object) -> None:
    """A warning as the reader of a terminal wants it: no file, no line of source."""
    print(f"warning: {one_line(message)}", file=sys.stderr)


def one_line(message: object) -> str:
    """A message without its line breaks; its kind, where it says nothing."""
    return " ".join(str(message).split()) or type(message).__name__
