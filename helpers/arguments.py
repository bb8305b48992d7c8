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
        return "a huge number"


def whole_number(name: str, value: Any, allowed: str = "a whole number") -> int:
    """The whole number that an argument is: an int, or one of NumPy or PyTorch without dimensions.

    Args:
        name: of the argument, for the message.
        value: what was passed.
        allowed: what may be passed, for the message.

    Raises:
        TypeError: it is none.
    """
    number = _unboxed(value)
    if not isinstance(number, Integral) or isinstance(number, bool):
        raise TypeError(f"{name} must be {allowed}, got {told(value)} ({type(value).__name__})")
    return int(number)


def real_number(name: str, value: Any) -> float:
    """The number that an argument is, infinite where it is too large for a float.

    Raises:
        TypeError: it is none.
    """
    number = _unboxed(value)
    if not isinstance(number, Real) or isinstance(number, bool):
        raise TypeError(f"{name} must be a number, got {told(value)} ({type(value).__name__})")
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
            f"{name}: got more than {MOST_PICTURES} at once; make that many pictures in several "
            "calls, or with `python -m helpers sweep`"
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
        raise TypeError(
            f"{name} must be a text or a list of texts, got {told(value)} ({type(value).__name__})"
        )
    if not found:
        raise ValueError(f'{name}: the list is empty; pass at least one text ("" is allowed)')
    return [_readable(name, str(text)) for text in few(name, found)]


def _readable(name: str, text: str) -> str:
    if len(text) > MOST_LETTERS:
        raise ValueError(
            f"{name} must have at most {MOST_LETTERS:,} letters, got {len(text):,}; the model "
            "reads only the first few dozen words"
        )
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(
            f"{name} holds half a character, {text[error.start]!a} at place {error.start}, as when "
            "an emoji is cut in two; take it out, or copy the text again"
        ) from None
    return text
