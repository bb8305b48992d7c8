"""Do the lessons say the same on every machine? `python -m tests.portable [LESSON ...]`

Runs each lesson as on several machines (instruction sets, ways through the BLAS, numbers of
threads), compares every text output with the stored one, and looks for numbers that another machine
might print otherwise; the rule is at the top of judge.py. Exit code 1 if anything was found.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from helpers.threads import usable_cores

from .judge import Finding, judge, read
from .machines import MACHINES
from .run import ROOT, Run, run


def lessons(names: Sequence[str]) -> list[Path]:
    """The notebooks of course/ whose names begin so; all of them for no name.

    Raises:
        ValueError: no lesson begins so.
    """
    every = sorted((ROOT / "course").glob("*.ipynb"))
    unknown = [name for name in names if not any(path.stem.startswith(name) for path in every)]
    if unknown:
        known = ", ".join(path.stem for path in every)
        raise ValueError(f"lessons: none begins with {unknown[0]!r}; there are {known}")
    return [path for path in every if not names or path.stem.startswith(tuple(names))]


def table(runs: Sequence[Run], findings: dict[Path, list[Finding]]) -> Iterator[str]:
    """The lines of the report: what differs from the page, by machine, and what might."""
    machines = list(dict.fromkeys(one.machine for one in runs))
    yield " ".join(
        ["cells that differ".ljust(26), *(f"{name:>11}" for name in machines), " at risk"]
    )
    for lesson in findings:
        counts = {one.machine: len(one.failures) for one in runs if one.lesson == lesson}
        cells = (f"{counts[name]:>11}" for name in machines)
        yield " ".join([lesson.stem.ljust(26), *cells, f"{len(findings[lesson]):>8}"])
    for one in runs:
        for cell, message in one.failures.items():
            yield f"\n{one.lesson.stem} on {one.machine}, {cell}\n{message}"
    for lesson, found in findings.items():
        yield from (f"\n{lesson.stem}, {one}" for one in found)


def main(argv: list[str] | None = None) -> int:
    """Runs the lessons on the machines; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.portable", description=__doc__.split("\n\n", 1)[1]
    )
    add = parser.add_argument
    add("lessons", nargs="*", help="beginnings of names, such as 02; default: all")
    add("--machines", default=",".join(MACHINES), help="names with commas; default: %(default)s")
    add("--jobs", type=int, default=min(2, usable_cores()), help="lessons at once; %(default)s")
    options = parser.parse_args(argv)
    machines = options.machines.split(",")
    try:
        chosen = lessons(options.lessons)
        if unknown := set(machines) - set(MACHINES):
            raise ValueError(f"machines: {unknown} unknown; allowed are {', '.join(MACHINES)}")
    except ValueError as error:
        parser.error(str(error))
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(options.jobs) as pool:
        plan = [(path, name, Path(folder)) for path in chosen for name in machines]
        runs = []
        for one in pool.map(lambda arguments: run(*arguments), plan):
            print(one, flush=True)
            runs.append(one)
        findings = {
            path: judge([read(one.log) for one in runs if one.lesson == path]) for path in chosen
        }
    print("", *table(runs, findings), sep="\n")
    return int(any(one.failures for one in runs) or any(findings.values()))


if __name__ == "__main__":
    sys.exit(main())
