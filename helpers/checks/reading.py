"""Readers: an answer of any sensible type, brought to the form that a check compares.

A number may come as Python's, NumPy's or PyTorch's, a tensor in any precision, on any device, or as
a list. Text is no number, and True is none either. What does not have the form that is asked for
is a `Hint`: what came, and what is expected.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Mapping
from decimal import Decimal
from itertools import islice
from numbers import Rational, Real
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from .core import Hint, shortened

LARGEST = int(sys.float_info.max)
MOST_NUMBERS = 100_000
"""Of a list: no exercise asks for more than a picture's pixels."""


def _size(value: Rational) -> int:
    """The whole part, without its sign: a float could not hold it."""
    return abs(int(value.numerator)) // int(value.denominator)


def tensor(answer: Any) -> Tensor:
    """The numbers of a tensor, an array, a list or a single number, on the CPU.

    Raises:
        Hint: it is something else, or does not hold numbers.
    """
    if isinstance(answer, str | bytes | Mapping | Image.Image):
        raise Hint(f"expected a tensor, got {shown(answer)}.")
    try:
        if isinstance(answer, tuple | list) and any(isinstance(item, Tensor) for item in answer):
            answer = torch.stack([torch.as_tensor(item).detach().cpu() for item in answer])
        found = torch.as_tensor(answer).detach().to("cpu")
    except Exception:  # torch has an error class of its own for every kind of thing
        raise Hint(f"expected a tensor, got {shown(answer)}.") from None
    if found.dtype == torch.bool or found.is_complex():
        kind = "True and False" if found.dtype == torch.bool else "complex numbers"
        raise Hint(f"expected a tensor of numbers, got one of {kind}.")
    return found.to_dense() if found.layout != torch.strided else found


def number(answer: Any) -> float:
    """The number that an answer is; a whole one as `int`.

    Raises:
        Hint: it is a text, a truth value, several numbers, or not finite.
    """
    if isinstance(answer, str):
        digits = answer.strip().lstrip("+-").replace(".", "", 1).isdigit()
        advice = "Leave the quotes away." if digits else "Write it in digits, without quotes."
        raise Hint(f"a number is asked, and {shown(answer)} is a text. {advice}")
    value = _single(answer)
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real | Decimal | np.number):
        raise Hint(f"a number is asked, got {shown(answer)}.")
    if isinstance(value, Rational) and _size(value) > LARGEST:
        raise Hint("a number is asked, and this one is larger than any float.")
    if isinstance(value, Rational | np.integer):
        return int(value.numerator) if value.denominator == 1 else float(value)
    value = float(value)
    if not math.isfinite(value):
        raise Hint(f"a number is asked, and {value} is not finite.")
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _single(answer: Any) -> Any:
    """The one value of a tensor or an array; all else as it is."""
    if not isinstance(answer, Tensor | np.ndarray):
        if isinstance(answer, tuple | list | set) and len(answer) == 1:
            raise Hint(f"a number is asked, got {shown(answer)}. Leave bracket and comma away.")
        return answer
    count = math.prod(answer.shape)
    if count != 1:
        raise Hint(f"one number is asked, got {shown(answer)}.")
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
        raise Hint(f"a whole number is asked, got {value:.4g}.")
    return value


def truth(answer: Any) -> bool:
    """True or False, from Python, NumPy or PyTorch.

    Raises:
        Hint: it is something else.
    """
    value = _single(answer)
    if isinstance(value, str):
        raise Hint(f"True or False is asked, and {shown(answer)} is a text. Leave the quotes away.")
    if not isinstance(value, bool | np.bool_):
        raise Hint(f"True or False is asked, got {shown(answer)}.")
    return bool(value)


def numbers(answer: Any) -> list[float]:
    """The numbers of a list, a tuple, a set, a range, an array or a tensor with one axis, in order.

    Raises:
        Hint: it is something else, longer than any answer, or one of them is no number.
    """
    if isinstance(answer, Tensor | np.ndarray):
        if len(answer.shape) != 1:
            raise Hint(f"expected a list of numbers, got {shown(answer)}.")
        answer = answer.tolist()
    if isinstance(answer, str | bytes | Mapping) or not isinstance(answer, Iterable):
        raise Hint(f"expected a list of numbers, got {shown(answer)}.")
    if iter(answer) is answer:  # map(...), zip(...): used up by the first look
        raise Hint(f"expected a list of numbers, got {shown(answer)}. Put list(...) around it.")
    found = list(islice(answer, MOST_NUMBERS + 1))
    if len(found) > MOST_NUMBERS:
        raise Hint(f"expected a short list of numbers, got {shown(answer)}.")
    return [number(item) for item in found]


def choice(answer: Any, options: Iterable[str]) -> str:
    """The option that an answer names; capital letters and spaces around it do not count.

    Raises:
        Hint: it is none of them.
    """
    options = list(options)
    known = {option.casefold(): option for option in options}
    if not isinstance(answer, str) or answer.strip().casefold() not in known:
        quoted = [f'"{option}"' for option in options]
        asked = f"expected {', '.join(quoted[:-1])} or {quoted[-1]}"
        quotes = "" if isinstance(answer, str) else " Write it in quotes."
        raise Hint(f"{asked}, got {shown(answer)}.{quotes}")
    return known[answer.strip().casefold()]


def picture(answer: Any) -> Image.Image:
    """One Pillow picture.

    Raises:
        Hint: it is something else.
    """
    if not isinstance(answer, Image.Image):
        advice = {
            list: " to_pil(...) returns a list: take one of it, the first is [0].",
            Tensor: " to_pil(...) makes pictures from a tensor.",
        }.get(type(answer), "")
        if hasattr(answer, "images"):
            advice = " Its pictures are .images: to_pil(run.images)[0] is the first of a run."
        raise Hint(f"expected one Pillow picture, got {shown(answer)}.{advice}")
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
        kind = "tensor" if isinstance(value, Tensor) else "array"
        return f"a {kind} of shape {tuple(value.shape)}"
    if isinstance(value, bool) or value is None:
        return repr(value)
    if isinstance(value, float | np.floating):
        return f"{value:.4g}"
    if isinstance(value, str | int | np.number):
        return repr(value) if isinstance(value, str) else str(value)
    if isinstance(value, tuple | list | set | frozenset | dict):
        first = ", ".join(_shown(item) for item in list(value)[:MOST])
        more = f", … ({len(value)} in all)" if len(value) > MOST else ""
        brackets = {tuple: "()", list: "[]"}.get(type(value), "{}")
        return f"the {type(value).__name__} {brackets[0]}{first}{more}{brackets[1]}"
    return f"an object of type {type(value).__name__}"
