"""What a model learned besides what it was asked to: association, copies, and balanced data.

`reading` lets the judge put pictures into words, `neighbours` compares them with the drawings of
the training stream, `balance` fine-tunes on balanced castles, `repetition` on paintings that come
again and again. The last two, which share `tuning`, take long and were run beforehand; `results`
keeps what came of them, with the command. Names are loaded when first used.
"""

from __future__ import annotations

import importlib

_HOME = {
    "distances_to_drawings": "neighbours",
    "painting": "neighbours",
    "read": "reading",
    "recorded": "results",
    "shares": "reading",
}

__all__ = list(_HOME)


def __getattr__(name: str) -> object:
    """The public name, from the module that it lives in (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(
            f"module {__name__!r} has no attribute {name!r}; it offers {', '.join(_HOME)}"
        )
    return getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
