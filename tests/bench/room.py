"""A class on one machine: do many kernels together draw as much as one alone, in what memory?

    taskset -c 0,1 python -m tests.bench.room             1, 4, 8 and 16 kernels, 5 pictures each

Each kernel is a process of its own that has imported what a lesson imports. All start at once, as
they do when a lesson begins, and draw when the last is ready. Exit code 1 if a number of kernels
draws fewer pictures a second than `BAR` of what one does. Linux only: it alone says how much memory
processes share. Nothing else may compute meanwhile; the load before each row is printed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KERNELS = (1, 4, 8, 16)
BAR = 0.8
"""Least part of one kernel's pictures a second that any number of kernels must draw together."""

KERNEL = """
import sys
import ipykernel.kernelapp
import helpers
from helpers import generate, load, plots, threads
pipe = load()
plots.film_strip
print("ready", threads.in_force(), flush=True)
for line in sys.stdin:
    pictures, steps = map(int, line.split())
    for seed in range(pictures):
        generate(pipe, "a castle at night", seed=seed, steps=steps, progress=False)
    print("drawn", flush=True)
"""
"""What a learner's kernel does: it gets ready, says so, and draws when it is asked to."""


@dataclass(frozen=True)
class Row:
    """What so many kernels did.

    Attributes:
        kernels: how many.
        rate: pictures a second of all together.
        memory: bytes of each, what they share divided among them (PSS).
        threads: what each decided, in words.
        load: processes that computed before, averaged over a minute.
    """

    kernels: int
    rate: float
    memory: float
    threads: tuple[str, ...]
    load: float

    def told(self, alone: Row) -> str:
        """One line of the table."""
        chosen = sorted({words.split()[0] for words in self.threads})
        return (
            f"{self.kernels:7d} {'/'.join(chosen):>8} {self.rate:11.2f} "
            f"{self.rate / alone.rate:9.2f} {self.memory / 2**20:11.0f} "
            f"{2**30 / self.memory:13.1f} {self.load:11.1f}"
        )


HEAD = "kernels  threads  pictures/s  of alone  MiB/kernel  learners/GiB  load before"


def shared_fairly(process: int) -> int:
    """Bytes of a process, with its part of what others map too (PSS)."""
    text = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="utf-8")
    return 1024 * next(int(line.split()[1]) for line in text.splitlines() if line[:4] == "Pss:")


def draw(kernels: int, pictures: int, steps: int) -> Row:
    """Starts the kernels, lets them draw, and measures."""
    load = os.getloadavg()[0]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "COURSE_DEVICE": "cpu"}
    running = [
        subprocess.Popen(
            [sys.executable, "-c", KERNEL], env=environment, encoding="utf-8",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=1,
        )
        for _ in range(kernels)
    ]  # fmt: skip
    try:
        threads = tuple(_answer(each, "ready") for each in running)
        start = time.perf_counter()
        for each in running:
            print(pictures, steps, file=each.stdin)
        for each in running:
            _answer(each, "drawn")
        seconds = time.perf_counter() - start
        memory = sum(shared_fairly(each.pid) for each in running) / kernels
    finally:
        for each in running:
            each.kill()
            each.communicate()
    return Row(kernels, kernels * pictures / seconds, memory, threads, load)


def _answer(kernel: subprocess.Popen, word: str) -> str:
    """What a kernel says after the word that is waited for."""
    for line in kernel.stdout:
        if line.startswith(word):
            return line.removeprefix(word).strip()
    raise RuntimeError(f"a kernel ended with code {kernel.wait()} before it was {word}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table; 0 if no row is below `BAR`."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.room",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("kernels", type=int, nargs="*", default=KERNELS, help="how many; the first is the measure")
    add("--pictures", type=int, default=5, help="that each draws; %(default)s")
    add("--steps", type=int, default=20, help="of a picture; %(default)s")
    asked = parser.parse_args(arguments)
    print(HEAD)
    rows: list[Row] = []
    for kernels in asked.kernels:
        rows.append(draw(kernels, asked.pictures, asked.steps))
        print(rows[-1].told(rows[0]), flush=True)
    print("decided:", *sorted({words for row in rows for words in row.threads}), sep="\n  ")
    worst = min(row.rate for row in rows) / rows[0].rate
    print(f"least of what one kernel draws alone: {worst:.2f}; wanted: {BAR}")
    return int(worst < BAR)


if __name__ == "__main__":
    raise SystemExit(main())
