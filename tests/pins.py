"""Do the pins resolve? `python -m tests.pins` asks the package index for every Python and system.

Prints the table of CONTRIBUTING.md; exit code 1 if a cell says no. Needs the network, and `uv`
(`pip install uv`), which evaluates markers for the Python and the system asked about. So it is no
test of the suite: a release runs it by hand.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tqdm import tqdm

ROOT = Path(__file__).resolve().parents[1]
FILES = ("requirements.txt", "requirements-tests.txt")
SYSTEMS = {
    "Linux x86-64": "x86_64-manylinux_2_28",
    "Linux aarch64": "aarch64-manylinux_2_28",
    "Windows x86-64": "x86_64-pc-windows-msvc",
    "macOS 14+ arm64": "aarch64-apple-darwin",
}
"""Name -> what uv calls it."""
OLDEST_MACOS = "14.0"
"""uv takes the oldest macOS that it is told of here; its own default is older than PyTorch's."""

PATCHES = {
    "3.10": (0, 20),
    "3.11": (0, 4, 5, 15),
    "3.12": (0, 13),
    "3.13": (0, 12),
    "3.14": (0, 4),
}
"""Patch releases that are asked about: first, last, and both sides of where a pin changes. Between
them nothing depends on the patch release; later ones can only be allowed more."""


def refusal(python: str, system: str) -> str:
    """Why the pins do not resolve, in the resolver's words; empty if they do.

    Args:
        python: a patch release, "3.11.2".
        system: as uv names it.
    """
    done = subprocess.run(
        [
            *("uv", "pip", "compile", *FILES, "-c", "constraints.txt"),
            *("--only-binary", ":all:", "--python-platform", system, "--python-version", python),
            *("--quiet", "--no-header", "--no-annotate"),
        ],
        cwd=ROOT,
        env=os.environ | {"MACOSX_DEPLOYMENT_TARGET": OLDEST_MACOS},
        capture_output=True,
        encoding="utf-8",
    )
    return "" if done.returncode == 0 else done.stderr.strip()


def cells(pythons: Sequence[str]) -> Iterator[tuple[str, str, list[str]]]:
    """(minor version, name of the system, "3.11.2: why" of each refused patch release)."""
    for minor in pythons:
        for name, system in SYSTEMS.items():
            asked = [f"{minor}.{patch}" for patch in PATCHES[minor]]
            shown = tqdm(asked, desc=f"{minor}, {name}", leave=False)
            told = {python: refusal(python, system) for python in shown}
            yield minor, name, [f"{python}: {why}" for python, why in told.items() if why]


def main(argv: Sequence[str] | None = None) -> int:
    """Prints the table; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.pins", description=__doc__)
    parser.add_argument("pythons", nargs="*", metavar="3.N", help="minor versions; default: all")
    pythons = parser.parse_args(argv).pythons or list(PATCHES)
    found = list(cells(pythons))
    names = [", ".join(f"{minor}.{patch}" for patch in PATCHES[minor]) for minor in pythons]
    print(f"| | {' | '.join(names)} |")
    print(f"|---|{'---|' * len(pythons)}")
    for system in SYSTEMS:
        row = ["no" if refused else "yes" for _, name, refused in found if name == system]
        print(f"| {system} | {' | '.join(row)} |")
    for _, name, refused in found:
        for line in refused:
            print(f"{name}, {line}", file=sys.stderr)
    return int(any(refused for _, _, refused in found))


if __name__ == "__main__":
    sys.exit(main())
