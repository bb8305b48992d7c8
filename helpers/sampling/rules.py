"""What each setting of a run can be: types, ranges and lengths, for settings from anywhere."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable, Mapping
from numbers import Integral, Real
from typing import Any

from ..arguments import MOST_LETTERS, MOST_PICTURES
from ..runtime import MAX_SEED

OWN = ("prompt", "negative_prompt", "seed")
"""What each picture of a run has of its own."""

ARGUMENTS = (*OWN, "steps", "guidance_scale", "size")
"""What `generate` takes as it is."""

MOST_SIDE = 8192
MOST_RUN_PIXELS = 2**30
"""Of all pictures of a run: a thousand of 1024 x 1024, more than the largest cards make at once."""

MOST_START_PIXELS = 2**28
"""Of all pictures and masks that a run starts from: a thousand of 512 x 512, 1 GiB unpacked."""

MOST_TIMESTEPS = 10_000
MOST_THREADS = 2**31 - 1
"""What PyTorch can be told; no more than this machine has are started (`settings.threads`)."""


def is_list(value: Any) -> bool:
    """JSON gives lists; settings made by hand may hold tuples and ranges."""
    return isinstance(value, (list, tuple, range))


def _whole(low: int, high: int) -> Callable[[Any], bool]:
    return lambda value: _is_whole(value) and low <= value <= high


def _is_whole(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _is_text(value: Any, most: int = MOST_LETTERS) -> bool:
    """A text that can be written down: JSON can hold half an emoji."""
    if not isinstance(value, str) or len(value) > most:
        return False
    return not any("\ud800" <= letter <= "\udfff" for letter in value)


def _is_note(value: Any) -> bool:
    return _is_text(value, 200)


def _list_of(
    allowed: Callable[[Any], bool], least: int = 1, most: int = MOST_PICTURES
) -> Callable[[Any], bool]:
    return lambda value: is_list(value) and least <= len(value) <= most and all(map(allowed, value))


def _one_or_list(allowed: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: allowed(value) or _list_of(allowed)(value)


def _or_none(allowed: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or allowed(value)


def _is_batch(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and set(value) == set(OWN)
        and all(is_list(value[name]) and RULES[name][0](value[name]) for name in OWN)
        and len({len(value[name]) for name in OWN}) == 1
    )


def _is_start(value: Any) -> bool:
    entries = _list_of(lambda entry: isinstance(entry, str))
    return (
        isinstance(value, Mapping)
        and set(value) == {"picture", "strength", "mask"}
        and _is_number(value["strength"])
        and 0 < value["strength"] <= 1
        and entries(value["picture"])
        and (value["mask"] is None or entries(value["mask"]))
    )


def _is_plain(value: Any) -> bool:
    """What stands in a scheduler's configuration: nothing that makes it take much memory."""
    if _is_number(value):
        return not math.isnan(value) and (abs(value) <= 1_000_000 or value in (-math.inf, math.inf))
    return value is None or isinstance(value, bool) or _is_note(value)


def _is_config(value: Any) -> bool:
    """A plain object: of a text, diffusers would take a folder or a model's name on the hub."""
    return (
        isinstance(value, Mapping)
        and len(value) <= 200
        and all(_is_note(key) and key.isidentifier() and key[0] != "_" for key in value)
        and all(_list_of(_is_plain, 0, MOST_TIMESTEPS)(v) or _is_plain(v) for v in value.values())
        and _whole(1, MOST_TIMESTEPS)(value.get("num_train_timesteps", 1))
    )


def _is_digest(value: Any) -> bool:
    return _is_note(value) and re.fullmatch("[0-9a-f]{64}", value) is not None


def _is_lora(value: Any) -> bool:
    scale = _one_or_list(lambda one: _is_number(one) and math.isfinite(one))
    return (
        isinstance(value, Mapping)
        and set(value) == {"path", "scale", "sha256"}
        and (value["path"] is None or _is_text(value["path"], 4096))
        and scale(value["scale"])
        and _is_digest(value["sha256"])
    )


def _is_words(value: Any) -> bool:
    return isinstance(value, Mapping) and len(value) <= 100 and all(
        _is_note(word) and _is_digest(digest) for word, digest in value.items()
    )  # fmt: skip


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping) and len(value) <= 100 and all(
        _is_note(part) for pair in value.items() for part in pair
    )  # fmt: skip


_TEXTS = _one_or_list(_is_text)
_TEXTS_TOLD = (
    f"a text of at most {MOST_LETTERS:,} letters, or a list of 1 to {MOST_PICTURES:,} such texts"
)

RULES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "model": (_or_none(lambda value: _is_text(value, 4096)), "a text, or null"),
    "lora": (
        _or_none(_list_of(_is_lora)),
        "null, or a list of path (a text or null), scale (a number) and sha256 (64 digits)",
    ),
    "words": (_or_none(_is_words), "null, or a table of words and their sha256"),
    "prompt": (_TEXTS, _TEXTS_TOLD),
    "negative_prompt": (_TEXTS, _TEXTS_TOLD),
    "seed": (_one_or_list(_whole(0, MAX_SEED)), "a whole number in 0 ... 2**63 - 1, or a list"),
    "steps": (_whole(1, MOST_TIMESTEPS), "a whole number from 1, at most the timesteps trained"),
    "guidance_scale": (
        lambda value: _is_number(value) and 0 <= value <= sys.float_info.max,
        "a finite number from 0",
    ),
    "size": (
        lambda value: _whole(1, MOST_SIDE)(value) or _list_of(_whole(1, MOST_SIDE), 2, 2)(value),
        f"height and width in pixels, 1 ... {MOST_SIDE}",
    ),
    "scheduler": (_is_note, "the name of a scheduler's class"),
    "scheduler_config": (
        _is_config,
        "an object of plain values (texts, numbers to a million, lists of these) with "
        f"num_train_timesteps in 1 ... {MOST_TIMESTEPS:,}",
    ),
    "threads": (_whole(1, MOST_THREADS), f"a whole number in 1 ... {MOST_THREADS}"),
    "latents": (_or_none(lambda value: isinstance(value, str)), "a packed tensor, or null"),
    "start": (
        _or_none(_is_start),
        "null, or strength in (0, 1], picture (a list of packed pictures) and mask (the same, or "
        "null)",
    ),
    "picture": (_whole(0, MOST_PICTURES - 1), "the number of a picture, from 0"),
    "batch": (_is_batch, f"lists of equal length for {', '.join(OWN)}, and nothing else"),
    "flagged": (_one_or_list(lambda value: isinstance(value, bool)), "true, false, or a list"),
    "dtype": (_is_note, "the name of a precision"),
    "device": (_is_note, "the name of a kind of device"),
    "versions": (_is_table, "names of libraries and their versions, all texts"),
}
"""Setting -> whether a value can be true, and what is allowed in words."""
