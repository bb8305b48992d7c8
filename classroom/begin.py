"""Begins a learner's server on the hub: copies of the lessons, limits, then JupyterLab.

    python begin.py GIB [arguments of jupyterhub-singleuser]

JupyterHub runs it as the learner, so nothing here can do more than the learner may.
"""

from __future__ import annotations

import os
import resource
import shutil
import sys
import tempfile
from pathlib import Path

COURSE = Path(__file__).resolve().parents[1] / "course"
PROCESSES = 512  # of one learner, threads included


def copy_missing(course: Path, own: Path) -> None:
    """Copies the lessons that a learner does not have yet; what they have is theirs and stays."""
    for lesson in sorted([*course.glob("*.ipynb"), *course.glob("ja/*.ipynb")]):
        mine = own / lesson.relative_to(course)
        if not mine.exists():
            mine.parent.mkdir(parents=True, exist_ok=True)
            beside = mine.with_name(f".{mine.name}.unfinished")
            shutil.copyfile(lesson, beside)  # not the mode: the original is read-only
            beside.replace(mine)


def limit(gib: float) -> None:
    """Limits each process of the learner to so much memory, and all to a number of processes."""
    for kind, most in (
        (resource.RLIMIT_DATA, int(gib * 2**30)),
        (resource.RLIMIT_NPROC, PROCESSES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))


def main() -> None:
    """Becomes the learner's server."""
    os.umask(0o077)  # what a learner writes, no other learner reads
    copy_missing(COURSE, Path.home() / "course")
    limit(float(sys.argv[1]))
    # Kernels listen at sockets here: private, and a socket's path has at most 107 letters.
    os.environ["JUPYTER_RUNTIME_DIR"] = tempfile.mkdtemp(prefix="jupyter-")
    python = sys.executable
    server = str(Path(python).with_name("jupyterhub-singleuser"))  # -m would import from the home
    os.execv(python, [python, server, *sys.argv[2:]])


if __name__ == "__main__":
    main()
