"""Arguments as people pass them: numbers and texts, checked and told in one way everywhere.

What plainly is a number counts as one, whether it comes from Python, NumPy or PyTorch; a truth
value and a text of digits do not. Nothing endless or huge is collected before it is refused.
"""

from __future__ import annotations

import math
import reprlib
from collections.abc import Iterable
from itertools import islice
from numbers import Integral, Real
from typing import Any

from .language import _

MOST_PICTURES = 1000
"""Pictures of one call; a sweep makes more, a few at a time."""

MOST_LETTERS = 100_000
"""Of a text; the models read a few hundred at most."""

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 80


def told(value: object) -> str:
    """A value for a message: short, whatever it is."""
    try:
        return _SHORT.repr(value)
    except ValueError:  # Python writes out no whole number of more than 4300 digits
        return _("a huge number")


def wrong_kind(name: str, allowed: str, value: object) -> str:
    """The message that an argument is of the wrong type."""
    return _(
        "{name} must be {allowed}, got {value} ({kind})",
        name=name,
        allowed=allowed,
        value=told(value),
        kind=type(value).__name__,
    )


def whole_number(name: str, value: Any, allowed: str = "") -> int:
    """The whole number that an argument is: an int, or one of NumPy or PyTorch without dimensions.

    Args:
        name: of the argument, for the message.
        value: what was passed.
        allowed: what may be passed, for the message; "a whole number" by default.

    Raises:
        TypeError: it is none.
    """
    number = _unboxed(value)
    if not isinstance(number, Integral) or isinstance(number, bool):
        raise TypeError(wrong_kind(name, allowed or _("a whole number"), value))
    return int(number)


def real_number(name: str, value: Any) -> float:
    """The number that an argument is, infinite where it is too large for a float.

    Raises:
        TypeError: it is none.
    """
    number = _unboxed(value)
    if not isinstance(number, Real) or isinstance(number, bool):
        raise TypeError(wrong_kind(name, _("a number"), value))
    try:
        return float(number)
    except OverflowError:
        return -math.inf if number < 0 else math.inf


def _unboxed(value: Any) -> Any:
    """What an array or a tensor without dimensions holds; anything else as it is."""
    if getattr(value, "shape", None) != () or getattr(value, "is_meta", False):
        return value
    return value.item() if hasattr(value, "item") else value


def few(name: str, values: Iterable[Any]) -> list[Any]:
    """The values as a list, at most one for each picture that a call can make.

    Raises:
        ValueError: there are more; of an endless row no more than that is taken.
    """
    found = list(islice(values, MOST_PICTURES + 1))
    if len(found) > MOST_PICTURES:
        raise ValueError(
            _(
                "{name}: got more than {most} at once; make that many pictures in several calls, "
                "or with `python -m helpers sweep`",
                name=name,
                most=MOST_PICTURES,
            )
        )
    return found


def texts(name: str, value: Any) -> list[str]:
    """A text or several, as a list; an array of texts counts as a list.

    Raises:
        TypeError: it is something else.
        ValueError: the list is empty or too long, or a text cannot be read.
    """
    array = getattr(getattr(value, "dtype", None), "kind", "") in ("U", "T", "O")  # NumPy's texts
    given = value.tolist() if array else value
    found = [given] if isinstance(given, str) else given
    if not isinstance(found, (list, tuple)) or not all(isinstance(text, str) for text in found):
        raise TypeError(wrong_kind(name, _("a text or a list of texts"), value))
    if not found:
        raise ValueError(
            _('{name}: the list is empty; pass at least one text ("" is allowed)', name=name)
        )
    return [_readable(name, str(text)) for text in few(name, found)]


def _readable(name: str, text: str) -> str:
    if len(text) > MOST_LETTERS:
        raise ValueError(
            _(
                "{name} must have at most {most:,} letters, got {count:,}; the model reads only "
                "the first few dozen words",
                name=name,
                most=MOST_LETTERS,
                count=len(text),
            )
        )
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(
            _(
                "{name} holds half a character, {half!a} at place {place}, as when an emoji is cut "
                "in two; take it out, or copy the text again",
                name=name,
                half=text[error.start],
                place=error.start,
            )
        ) from None
    return text
