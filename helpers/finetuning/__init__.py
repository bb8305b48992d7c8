"""Teaches a model one new word from a few pictures. Names are loaded when first used.

from helpers.finetuning import Example, FinetuneConfig, finetune, save

finetune(pipe, [Example(picture, "a windmill in a meadow"), ...], FinetuneConfig("windmill"))
save(pipe, "windmill")
"""

from __future__ import annotations

import importlib

_HOME = {
    "Example": "loop",
    "FinetuneConfig": "loop",
    "History": "loop",
    "Moment": "loop",
    "add_lora": "lora",
    "add_word": "words",
    "finetune": "loop",
    "load_into": "store",
    "lora_scale": "lora",
    "merge_lora": "lora",
    "remove_lora": "lora",
    "save": "store",
}

__all__ = list(_HOME)


def __getattr__(name: str) -> object:
    """The public name, from the module that it lives in (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(
            f"module {__name__!r} has no attribute {name!r}; it offers {', '.join(_HOME)}"
        )
    return getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
