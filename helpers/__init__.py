"""Stable Diffusion, one step at a time: a small model, its loop, every step in your hands.

    import helpers

    pipe = helpers.load()
    for step in helpers.denoise(pipe, "a castle at night"):
        print(step.t, step.x0_hat.std())

Importing the package is quick: each name below loads its module when it is first used. Import it
before PyTorch: it sees to it that PyTorch's threads do not fight other programs for the cores.
"""

from __future__ import annotations

import importlib
import logging

from . import threads

threads.prepare()  # before anything imports PyTorch, which reads these settings once


def _needed(record: logging.LogRecord) -> bool:
    """All but the advice to install torchvision, which nothing here needs."""
    return "requires torchvision" not in str(record.msg)


logging.getLogger("transformers.utils.import_utils").addFilter(_needed)

_HOME = {
    "load": "loading",
    "speak": "language",
    "denoise": "sampling",
    "generate": "sampling",
    "again": "sampling",
    "Start": "sampling.start",
    "SCHEDULERS": "sampling.schedulers",
    "StepRecord": "records",
    "Trajectory": "records",
    "decode": "decoding",
    "preview": "decoding",
    "to_pil": "decoding",
    "Scene": "landscapes",
    "render": "landscapes",
    "describe": "landscapes",
}

__all__ = list(_HOME)


def __getattr__(name: str) -> object:
    """The public name, from the module that it lives in (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(
            f"module {__name__!r} has no attribute {name!r}; it offers {', '.join(_HOME)}"
        )
    value = getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
