"""How far a training run is: its budget, the learning rate that follows from it, its log."""

from __future__ import annotations

import csv
import math
import time
from dataclasses import dataclass, field
from pathlib import Path


def rate(progress: float, step: int, warm_up: int, floor: float) -> float:
    """Share of the peak learning rate: warm-up over steps, then half a cosine over the budget.

    Args:
        progress: spent share of the budget, 0…1.
        step: number of steps done.
    """
    cosine = floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * min(progress, 1.0)))
    return cosine * min(1.0, (step + 1) / (warm_up + 1))


@dataclass
class Clock:
    """How much of the budget is spent; time before an interruption counts."""

    minutes: float | None
    steps: int | None
    step: int = 0
    earlier: float = 0.0  # minutes before the interruption
    started: float = field(default_factory=time.monotonic)

    @property
    def elapsed(self) -> float:
        """Minutes of training so far."""
        return self.earlier + (time.monotonic() - self.started) / 60

    @property
    def progress(self) -> float:
        """Spent share of the budget, 0…1."""
        shares = [0.0]
        if self.minutes is not None:
            shares.append(self.elapsed / self.minutes)
        if self.steps is not None:
            shares.append(self.step / self.steps)
        return min(1.0, max(shares))


class Log:
    """Appends tidy rows (stage, step, minutes, name, value) to out/log.csv."""

    def __init__(self, path: Path, stage: str) -> None:
        self.path, self.stage = path, stage

    def write(self, clock: Clock, values: dict[str, float]) -> None:
        new = not self.path.exists()
        with self.path.open("a", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            if new:
                rows.writerow(("stage", "step", "minutes", "name", "value"))
            rows.writerows(
                (self.stage, clock.step, f"{clock.elapsed:.3f}", name, f"{value:.6g}")
                for name, value in values.items()
            )
