"""How far a number is from where it would be shown, rounded or decided differently.

Everything is measured in units of the last digit that is shown: `up` is the way to the rounding
edge above, `down` to the one below, in (0, 1]. Of many numbers the nearest counts.
"""

from __future__ import annotations

import re
import sys
from math import floor, log10
from typing import Any

import numpy as np

Measured = dict[str, Any]
"""A line of the log: "kind", and what is known of "up", "down", "value", "count", "share"."""

SPEC = re.compile(r"(?:\.(\d+))?([a-zA-Z%]?)$")
MOST = 1000
"""Numbers that are logged as they are; of more only the nearest to an edge is."""


def numbers(value: Any) -> np.ndarray | None:
    """All numbers in a value, flat and in float64; None where it holds something else."""
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        return None if value.is_complex() else value.detach().double().cpu().numpy().ravel()
    if isinstance(value, (list, tuple)):
        parts = [numbers(part) for part in value]
        known = bool(parts) and all(part is not None for part in parts)
        return np.concatenate(parts) if known else None
    if isinstance(value, (int, float, np.number, np.ndarray)) and not isinstance(value, bool):
        array = np.asarray(value)
        return array.astype(np.float64).ravel() if array.dtype.kind in "buif" else None
    return None


def whole(value: Any) -> bool:
    """Whether all numbers in a value are integers by type: they are counted, not rounded."""
    if isinstance(value, (list, tuple)):
        return all(whole(part) for part in value)
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        return not value.is_floating_point()
    return np.asarray(value).dtype.kind in "bui"


def shown(value: Any, spec: str | None) -> Measured | None:
    """A value on the page: with a format such as ".2f", or (None) as print writes it."""
    found = numbers(value)
    if found is None or not found.size:
        return None
    if whole(value):
        return edges(found, 1.0)
    unit = unit_of(value, spec or "")
    return (
        {"kind": "in full", "value": found[:MOST].tolist()} if unit is None else edges(found, unit)
    )


def unit_of(value: Any, spec: str) -> float | None:
    """The last digit that is shown of a value, such as 0.01; None if all its digits are."""
    digits, letter = SPEC.search(spec).groups()
    if not digits and not letter:
        return _unit_of_arrays(value)
    count = int(digits) if digits else 6
    if letter in ("f", "F"):
        return 10.0**-count
    if letter == "%":
        return 10.0 ** -(count + 2)
    size = abs(float(value))
    place = floor(log10(size)) if size else 0
    return 10.0 ** (place - count + (letter not in ("e", "E")))


def _unit_of_arrays(value: Any) -> float | None:
    """The last digit of printed tensors and arrays, as their libraries are set."""
    torch = sys.modules.get("torch")
    if isinstance(value, (list, tuple)):
        units = [_unit_of_arrays(part) for part in value]
        return None if None in units else max(units)
    if torch is not None and isinstance(value, torch.Tensor) and value.ndim:
        return 10.0**-torch._tensor_str.PRINT_OPTS.precision
    if isinstance(value, np.ndarray) and value.ndim:
        return 10.0 ** -np.get_printoptions()["precision"]
    return None


def edges(found: np.ndarray, unit: float, shift: float = 0.5) -> Measured:
    """The way to the next edges: half-way between two shown numbers, or (shift 0) at each."""
    finite = found[np.isfinite(found)] / unit
    over = np.mod(finite + shift, 1.0)
    if not finite.size:
        return {"kind": "in full", "value": [str(one) for one in found[:MOST]]}
    nearest = finite[np.argmin(np.minimum(over, 1 - over))] * unit
    return {
        "kind": "rounded", "unit": unit, "count": int(found.size), "value": [float(nearest)],
        "up": float((1 - over).min()), "down": float(over.min()),
    }  # fmt: skip


def compared(left: Any, right: Any, bound: int | None = None) -> Measured | None:
    """The two sides of a comparison; `bound` says which of them, 0 or 1, is a written number."""
    a, b = numbers(left), numbers(right)
    if (
        a is None
        or b is None
        or not a.size
        or not b.size
        or (a.size != b.size and 1 not in (a.size, b.size))
    ):
        return None
    apart = a - b
    above, below = apart[apart > 0], -apart[apart < 0]
    measured: Measured = {
        "kind": "compared", "value": [float(a[0]), float(b[0])], "count": int(apart.size),
        "up": float(below.min()) if below.size else None,
        "down": float(above.min()) if above.size else None,
        "equal": int((apart == 0).sum()),
    }  # fmt: skip
    limit = None if bound is None else float((a, b)[bound][0])
    if limit:
        sizes = np.abs((b, a)[bound] / limit)
        measured["share"] = [float(sizes.min()), float(sizes.max())]
    return measured


def of_print(*values: Any, **_: Any) -> Measured | None:
    """The numbers among the arguments of print."""
    found = [shown(value, None) for value in values if not isinstance(value, str)]
    found = [one for one in found if one]
    in_full = [one for one in found if one["kind"] == "in full"]
    if in_full:
        return {"kind": "in full", "value": sum((one["value"] for one in in_full), [])}
    return min(found, key=lambda one: min(one["up"], one["down"]), default=None)


def of_round(
    value: Any, ndigits: int | None = 0, *, decimals: int | None = None
) -> Measured | None:
    """`round(x, 2)`, `x.round(decimals=2)`."""
    found = numbers(value)
    digits = ndigits or 0 if decimals is None else decimals
    return None if found is None or not found.size else edges(found, 10.0**-digits)


def of_int(value: Any = 0, *_: Any) -> Measured | None:
    """What is cut off to a whole number: the edges are at the whole numbers."""
    found = numbers(value)
    return None if found is None or not found.size or whole(value) else edges(found, 1.0, shift=0)


of_long = of_floor = of_ceil = of_int


def of_allclose(
    one: Any, other: Any, rtol: float = 1e-5, atol: float = 1e-8, **_: Any
) -> Measured | None:
    """The largest used share of the tolerance, against all of it."""
    a, b = numbers(one), numbers(other)
    if a is None or b is None or a.size != b.size:
        return None
    used = np.abs(a - b) / (atol + rtol * np.abs(b))
    return compared(float(used.max()), 1.0, bound=1)


def of_argmax(value: Any, axis: int | None = None, **options: Any) -> Measured | None:
    """How far the largest number is ahead of the next one, in the closest race."""
    found = numbers(value)
    if found is None or whole(value) or found.size < 2:
        return None
    axis = options.get("dim", axis)
    table = found.reshape(value.shape) if axis is not None else found[None]
    ordered = np.sort(table, axis=-1 if axis is None else axis)
    first, second = (np.take(ordered, n, axis=-1 if axis is None else axis) for n in (-1, -2))
    return compared(first, second)


def of_argmin(value: Any, axis: int | None = None, **options: Any) -> Measured | None:
    """As `of_argmax`, for the smallest."""
    return None if whole(value) else of_argmax(-value, axis, **options)
