"""Runs one lesson as on another machine: nbval compares its outputs, the hook logs its numbers."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from .hook import LOG
from .machines import environment

ROOT = Path(__file__).resolve().parents[2]
COLOUR = re.compile(r"#x1B\[\d+m")
"""Colours of the terminal, as XML writes them down."""

PATIENCE = ("--nbval-kernel-startup-timeout=600", "--nbval-cell-timeout=1800")
"""Seconds: the imitated machines are slow, and this one may be busy."""

STARTUP = '__import__("tests.portable.hook", fromlist=["install"]).install()\n'


@dataclass(frozen=True)
class Run:
    """One lesson on one machine.

    Attributes:
        lesson: the notebook.
        machine: as in `MACHINES`.
        log: the numbers that it rounded, printed and compared.
        failures: name of a cell -> how its output differs from the stored one.
        seconds: it took.
    """

    lesson: Path
    machine: str
    log: Path
    failures: dict[str, str]
    seconds: float

    def __str__(self) -> str:
        said = f"{len(self.failures)} cells differ" if self.failures else "as stored"
        return f"{self.lesson.stem:26} {self.machine:11} {said}, {self.seconds:.0f} s"


def run(lesson: Path, machine: str, folder: Path) -> Run:
    """Runs a lesson and returns what came out.

    Args:
        lesson: a notebook in course/.
        machine: as in `MACHINES`.
        folder: for logs; it must be there.

    Raises:
        RuntimeError: the lesson could not be run at all.
    """
    place = folder / f"{lesson.stem}.{machine}"
    startup = place / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "portable.py").write_text(STARTUP, encoding="utf-8")
    log, report = place / "numbers.jsonl", place / "report.xml"
    log.touch()
    around = {**os.environ, "IPYTHONDIR": str(place), LOG: str(log), "PYTHONPATH": str(ROOT)}
    begun = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", str(lesson), "-q", "-p", "no:cacheprovider",
         *PATIENCE, f"--junitxml={report}"],
        cwd=ROOT, env=environment(machine, around), capture_output=True, encoding="utf-8",
        errors="replace", check=False,
    )  # fmt: skip
    if done.returncode not in (0, 1):  # 1: some cells failed
        raise RuntimeError(f"{lesson.name} on {machine}: pytest did not run\n{done.stdout}")
    seconds = time.perf_counter() - begun
    return Run(lesson, machine, log, failures(report), seconds)


def failures(report: Path) -> dict[str, str]:
    """Name of a cell -> message, of all that failed in a report of pytest."""
    cases = ElementTree.parse(report).getroot().iter("testcase")
    found = ((case.get("name", ""), part) for case in cases for part in case)
    return {
        name: COLOUR.sub("", part.text or part.get("message", "")).strip()
        for name, part in found
        if part.tag in ("failure", "error")
    }
