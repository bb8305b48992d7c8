"""A sweep's plan: every prompt with every seed, and what all pictures have in common."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import islice
from numbers import Integral
from pathlib import Path
from typing import Any, NamedTuple

from ..arguments import told
from ..sampling.rules import RULES, is_list

MOST_JOBS = 1_000_000


class Job(NamedTuple):
    """One picture to make."""

    prompt: str
    seed: int

    @property
    def file(self) -> str:
        """Name of its picture: some words, a check sum of all of them, the seed."""
        words = "-".join(re.findall(r"\w+", self.prompt.lower()))[:40]
        digest = hashlib.sha256(self.prompt.encode()).hexdigest()[:8]
        return f"{words}-{digest}-seed{self.seed}.png"


def _check(name: str, value: Any) -> None:
    """One value, by the rule that settings from a file follow too."""
    allowed, rule = RULES[name]
    if is_list(value) or not allowed(value):
        raise ValueError(f"{name} must be {rule}, got {told(value)}")


def _collected(name: str, values: Any) -> tuple[Any, ...]:
    """The values of a list, a tuple, a range or the like; of an endless row, an error."""
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise TypeError(f"{name} must be a list, got {told(values)} ({type(values).__name__})")
    found = tuple(islice(values, MOST_JOBS + 1))
    if len(found) > MOST_JOBS:
        raise ValueError(f"{name}: got more than {MOST_JOBS:,}; make several sweeps")
    return found


@dataclass(frozen=True)
class Sweep:
    """What to make.

    Attributes:
        prompts: texts.
        seeds: numbers; each prompt is drawn with each.
        out: folder of the results.
        model, steps, guidance_scale, scheduler, size: as for `load` and `generate`.
        batch: pictures side by side in each process; None for as many as memory allows.

    Raises:
        TypeError: prompts or seeds is no list.
        ValueError: a value is not what it can be; the message names it.
    """

    prompts: tuple[str, ...]
    seeds: tuple[int, ...]
    out: Path
    model: str = "tiny"
    steps: int | None = None
    guidance_scale: float | None = None
    scheduler: str | None = None
    size: int | None = None
    batch: int | None = None

    def __post_init__(self) -> None:
        for name in ("prompts", "seeds"):
            object.__setattr__(self, name, _collected(name, getattr(self, name)))
        if self.batch is not None and not (isinstance(self.batch, Integral) and self.batch >= 1):
            raise ValueError(f"batch must be 1 or more, got {told(self.batch)}")
        for name in ("steps", "guidance_scale", "size"):
            if getattr(self, name) is not None:
                _check(name, getattr(self, name))
        for prompt in self.prompts:
            _check("prompt", prompt)
        for seed in self.seeds:
            _check("seed", seed)
        self._make_plain()
        if not (self.prompts and self.seeds):
            raise ValueError("prompts, seeds: a sweep needs at least one of each")
        if len(self.prompts) * len(self.seeds) > MOST_JOBS:
            raise ValueError(
                f"prompts, seeds: {len(self.prompts):,} prompts with {len(self.seeds):,} seeds are "
                f"more than {MOST_JOBS:,} pictures; make several sweeps"
            )

    def _make_plain(self) -> None:
        """Numbers of NumPy become Python's, which JSON can hold."""
        plain: dict[str, Any] = {"seeds": tuple(map(int, self.seeds))}
        kinds = {"steps": int, "guidance_scale": float, "size": int, "batch": int}
        for name, kind in kinds.items():
            value = getattr(self, name)
            plain[name] = None if value is None else kind(value)
        for name, value in plain.items():
            object.__setattr__(self, name, value)

    @property
    def jobs(self) -> list[Job]:
        """Every picture, once, in the order of the contact sheet."""
        return list(dict.fromkeys(Job(text, seed) for text in self.prompts for seed in self.seeds))

    @property
    def settings(self) -> dict[str, Any]:
        """What all pictures have in common; a folder holds pictures of one kind only."""
        names = ("model", "steps", "guidance_scale", "scheduler", "size")
        return {name: value for name, value in asdict(self).items() if name in names}
