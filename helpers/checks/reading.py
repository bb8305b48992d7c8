"""Readers: an answer of any sensible type, brought to the form that a check compares.

A number may come as Python's, NumPy's or PyTorch's, a tensor in any precision, on any device, or as
a list. Text is no number, and True is none either. Texts are read in `text`, which
takes letters and digits of full width, as Japanese keyboards type them, for the usual ones. What
does not have the form that is asked for is a `Hint`: what came, and what is expected.
"""

from __future__ import annotations

import math
import sys
import unicodedata
from collections.abc import Iterable, Mapping
from decimal import Decimal
from itertools import islice
from numbers import Rational, Real
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ..language import _
from .core import Hint, shortened

LARGEST = int(sys.float_info.max)
MOST_NUMBERS = 100_000
"""Of a list: no exercise asks for more than a picture's pixels."""


def _size(value: Rational) -> int:
    """The whole part, without its sign: a float could not hold it."""
    return abs(int(value.numerator)) // int(value.denominator)


def text(answer: str) -> str:
    """A text as it was meant: no space around it, and none of its letters, digits or marks wide."""
    return unicodedata.normalize("NFKC", answer).strip()


def keyed(answer: Mapping, keys: Mapping[str, str]) -> dict:
    """An answer with the keys that were asked for.

    Args:
        answer: key -> value.
        keys: those asked for -> as they are called in the language that is spoken. An answer may
            use either; any other key is left as it is.
    """
    known = {text(name): key for key, word in keys.items() for name in (word, key)}
    return {
        known.get(text(key), key) if isinstance(key, str) else key: value
        for key, value in answer.items()
    }


def tensor(answer: Any) -> Tensor:
    """The numbers of a tensor, an array, a list or a single number, on the CPU.

    Raises:
        Hint: it is something else, or does not hold numbers.
    """
    if isinstance(answer, str | bytes | Mapping | Image.Image):
        raise Hint(_("expected a tensor, got {came}.", came=shown(answer)))
    try:
        if isinstance(answer, tuple | list) and any(isinstance(item, Tensor) for item in answer):
            answer = torch.stack([torch.as_tensor(item).detach().cpu() for item in answer])
        found = torch.as_tensor(answer).detach().to("cpu")
    except Exception:  # torch has an error class of its own for every kind of thing
        raise Hint(_("expected a tensor, got {came}.", came=shown(answer))) from None
    if found.dtype == torch.bool:
        raise Hint(_("expected a tensor of numbers, got one of True and False."))
    if found.is_complex():
        raise Hint(_("expected a tensor of numbers, got one of complex numbers."))
    return found.to_dense() if found.layout != torch.strided else found


def number(answer: Any) -> float:
    """The number that an answer is; a whole one as `int`.

    Raises:
        Hint: it is a text, a truth value, several numbers, or not finite.
    """
    if isinstance(answer, str):
        digits = text(answer).lstrip("+-").replace(".", "", 1).isdigit()
        if digits:
            raise Hint(_("a number is asked, and {came} is a text. Leave the quotes away.",
                         came=shown(answer)))  # fmt: skip
        raise Hint(_("a number is asked, and {came} is a text. Write it in digits, without quotes.",
                     came=shown(answer)))  # fmt: skip
    value = _single(answer)
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real | Decimal | np.number):
        raise Hint(_("a number is asked, got {came}.", came=shown(answer)))
    if isinstance(value, Rational) and _size(value) > LARGEST:
        raise Hint(_("a number is asked, and this one is larger than any float."))
    if isinstance(value, Rational | np.integer):
        return int(value.numerator) if value.denominator == 1 else float(value)
    value = float(value)
    if not math.isfinite(value):
        raise Hint(_("a number is asked, and {value} is not finite.", value=value))
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _single(answer: Any) -> Any:
    """The one value of a tensor or an array; all else as it is."""
    if not isinstance(answer, Tensor | np.ndarray):
        if isinstance(answer, tuple | list | set) and len(answer) == 1:
            raise Hint(_("a number is asked, got {came}. Leave bracket and comma away.",
                         came=shown(answer)))  # fmt: skip
        return answer
    count = math.prod(answer.shape)
    if count != 1:
        raise Hint(_("one number is asked, got {came}.", came=shown(answer)))
    return answer.item()


def number_or_tensor(answer: Any) -> float | Tensor:
    """The number that an answer is, or several as a tensor, so that a mistake can be recognised.

    Raises:
        Hint: it is neither.
    """
    several = isinstance(answer, Tensor | np.ndarray) and math.prod(answer.shape) != 1
    return tensor(answer) if several else number(answer)


def whole(answer: Any) -> int:
    """The whole number that an answer is; 12.0 is one.

    Raises:
        Hint: it is no number, or not whole.
    """
    value = number(answer)
    if not isinstance(value, int):
        raise Hint(_("a whole number is asked, got {value:.4g}.", value=value))
    return value


def truth(answer: Any) -> bool:
    """True or False, from Python, NumPy or PyTorch.

    Raises:
        Hint: it is something else.
    """
    value = _single(answer)
    if isinstance(value, str):
        raise Hint(_("True or False is asked, and {came} is a text. Leave the quotes away.",
                     came=shown(answer)))  # fmt: skip
    if not isinstance(value, bool | np.bool_):
        raise Hint(_("True or False is asked, got {came}.", came=shown(answer)))
    return bool(value)


def numbers(answer: Any) -> list[float]:
    """The numbers of a list, a tuple, a set, a range, an array or a tensor with one axis, in order.

    Raises:
        Hint: it is something else, longer than any answer, or one of them is no number.
    """
    if isinstance(answer, Tensor | np.ndarray):
        if len(answer.shape) != 1:
            raise Hint(_("expected a list of numbers, got {came}.", came=shown(answer)))
        answer = answer.tolist()
    if isinstance(answer, str | bytes | Mapping) or not isinstance(answer, Iterable):
        raise Hint(_("expected a list of numbers, got {came}.", came=shown(answer)))
    if iter(answer) is answer:  # map(...), zip(...): used up by the first look
        raise Hint(_("expected a list of numbers, got {came}. Put list(...) around it.",
                     came=shown(answer)))  # fmt: skip
    found = list(islice(answer, MOST_NUMBERS + 1))
    if len(found) > MOST_NUMBERS:
        raise Hint(_("expected a short list of numbers, got {came}.", came=shown(answer)))
    return [number(item) for item in found]


def choice(answer: Any, options: Mapping[str, str] | Iterable[str]) -> str:
    """The option that an answer names; capital letters and spaces around it do not count.

    Args:
        answer: the learner's.
        options: what may be said; or that -> the same in the language that is spoken, which is as
            good.

    Raises:
        Hint: it is none of them.
    """
    options = options if isinstance(options, Mapping) else {option: option for option in options}
    known = {
        text(name).casefold(): option for option, word in options.items() for name in (word, option)
    }
    said = text(answer).casefold() if isinstance(answer, str) else ""
    if said not in known:
        *first, last = (quoted(option, options) for option in options)
        asked = _("{several} or {last}", several=_(", ").join(first), last=last)
        if not isinstance(answer, str):
            raise Hint(_("expected {options}, got {came}. Write it in quotes.",
                         options=asked, came=shown(answer)))  # fmt: skip
        raise Hint(_("expected {options}, got {came}.", options=asked, came=shown(answer)))
    return known[said]


def quoted(option: str, options: Mapping[str, str]) -> str:
    """An option of `choice` as it is written, and what that means, where it is another language."""
    word = options[option]
    return f'"{option}"' if word == option else _('"{option}" ({word})', option=option, word=word)


def picture(answer: Any) -> Image.Image:
    """One Pillow picture.

    Raises:
        Hint: it is something else.
    """
    if not isinstance(answer, Image.Image):
        advice = {
            list: _("to_pil(...) returns a list: take one of it, the first is [0]."),
            Tensor: _("to_pil(...) makes pictures from a tensor."),
        }.get(type(answer), "")
        if hasattr(answer, "images"):
            advice = _("Its pictures are .images: to_pil(run.images)[0] is the first of a run.")
        seen = _("expected one Pillow picture, got {came}.", came=shown(answer))
        raise Hint(_("{seen} {reason}", seen=seen, reason=advice) if advice else seen)
    return answer


MOST = 4
"""How many values of a list are shown."""


def shown(value: Any, longest: int = 80) -> str:
    """A value in a few words for a verdict: the first values, then an ellipsis."""
    try:
        return shortened(_shown(value), longest)
    except Exception:  # a class of the learner's may fail when it is printed
        return type(value).__name__


def _shown(value: Any) -> str:
    if isinstance(value, Tensor | np.ndarray):
        if isinstance(value, Tensor):
            return _("a tensor of shape {shape}", shape=tuple(value.shape))
        return _("an array of shape {shape}", shape=tuple(value.shape))
    if isinstance(value, bool) or value is None:
        return repr(value)
    if isinstance(value, float | np.floating):
        return f"{value:.4g}"
    if isinstance(value, str | int | np.number):
        return repr(value) if isinstance(value, str) else str(value)
    if isinstance(value, tuple | list | set | frozenset | dict):
        first = ", ".join(_shown(item) for item in list(value)[:MOST])
        more = _(", … ({count} in all)", count=len(value)) if len(value) > MOST else ""
        brackets = {tuple: "()", list: "[]"}.get(type(value), "{}")
        values = f"{brackets[0]}{first}{more}{brackets[1]}"
        return _("the {kind} {values}", kind=type(value).__name__, values=values)
    return _("an object of type {kind}", kind=type(value).__name__)
