"""Trains the embedded model from nothing, and measures it. Names are loaded when first used.

from helpers.training import TrainConfig, train_all

train_all(TrainConfig("run", minutes=240))
"""

from __future__ import annotations

import importlib

_HOME = {
    "STAGES": "config",
    "Sizes": "config",
    "TrainConfig": "config",
    "train": "stages",
    "train_all": "stages",
    "train_probe": "probe",
    "train_text": "text",
    "train_unet": "unet",
    "train_vae": "vae",
    "write_card": "card",
    "write_samples": "card",
}

__all__ = list(_HOME)


def __getattr__(name: str) -> object:
    """The public name, from the module that it lives in (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(
            f"module {__name__!r} has no attribute {name!r}; it offers {', '.join(_HOME)}"
        )
    return getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
