"""Grades what a class has handed in, with the learners' code kept away from the teacher's files.

    python classroom/grade.py 00_start_here --class ~/class

`~/class` is an nbgrader course folder with `nbgrader_config.py`, where the lesson was released by
`nbgrader generate_assignment` and the answers lie in `submitted/<learner>/<lesson>/`. nbgrader does
the grading; it alone would run learners' code with all that the teacher may do. Here each kernel
runs in bubblewrap (`apt install bubblewrap`): it sees the disk read-only, and of the class folder,
nbgrader's exchange, home folders and what programs listen at nothing; it has no network, writes to
a folder that is thrown away, and has limits of memory and time.
Its check counts if it says "✔"; nbgrader alone takes a check that never ran for a right one.

It leaves `feedback/<learner>/<lesson>/`, pages with what checks said and no other outputs, and
`marks.csv`, where a remark tells of a notebook that ended early. Exit code 1 if a submission could
not be graded; its row has no points.

What it does not keep from: code that runs beside the check can also make it say "✔".
"""

from __future__ import annotations

import argparse
import csv
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from threading import Timer
from typing import Any

from jupyter_client import AsyncKernelManager
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader import preprocessors
from nbgrader.api import MissingEntry
from nbgrader.apps import NbGraderAPI
from nbgrader.converters import Autograde, GenerateFeedback
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_grade
from traitlets import Bool, Integer, List, Unicode
from traitlets.config import Config, PyFileConfigLoader

ROOT = Path(__file__).resolve().parents[1]

KEPT = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "NBGRADER_EXECUTION")
"""Variables of the teacher's that a learner's kernel gets, besides those with COURSE_ in front."""

ERROR = re.compile(r"^\s*([\w.]+Error: .+)", re.MULTILINE)
"""A line of nbgrader's log that says why."""

ENDED = "ended early, what came after was not run"
"""What is remarked of a notebook whose kernel died or had to be stopped; its points count."""

VERDICT = re.compile(r"^[✔✘○] \d", re.MULTILINE)
"""How a check begins what it says."""

PRIVATE = ("/home", "/root", "/run", "/tmp")
"""Where private files lie, and sockets, from which a read-only disk does not keep."""

EXCHANGE = "/srv/nbgrader"
"""Where nbgrader's exchange lies unless told otherwise."""

GIB = 2**30
LARGEST = GIB
"""Bytes of the largest file that a learner's code can write."""


class FencedKernel(AsyncKernelManager):
    """A kernel with limits, in a folder of its own that goes away with it."""

    memory = Integer(4 * GIB, help="bytes that it may take").tag(config=True)
    seconds = Integer(1800, help="of the processor, and on the clock, for a notebook").tag(
        config=True
    )
    hidden = List(Unicode(), help="folders that it does not see").tag(config=True)
    fence = Bool(True, help="whether bubblewrap keeps it from all else").tag(config=True)

    async def start_kernel(self, **kw: Any) -> None:
        """Starts it; what was handed in beside the notebook is copied into its folder."""
        self.folder = Path(tempfile.mkdtemp(prefix="grading-"))
        shutil.copytree(kw["cwd"], self.folder, dirs_exist_ok=True,
                        symlinks=True, ignore=shutil.ignore_patterns("*.ipynb"))  # fmt: skip
        self.transport, self.ip = "ipc", str(self.folder / "kernel")  # no network is needed for it
        self.connection_file = str(self.folder / "kernel.json")
        self.timer = Timer(self.seconds, self._end)
        around = kw.get("env", os.environ)
        kept = {k: v for k, v in around.items() if k in KEPT or k.startswith("COURSE_")}
        place = dict.fromkeys(("HOME", "TMPDIR", "IPYTHONDIR", "MPLCONFIGDIR"), str(self.folder))
        kw |= {
            "cwd": str(self.folder),
            "env": {"COURSE_THREADS": "1", "HF_HUB_OFFLINE": "1"} | kept | place,
            "stdout": subprocess.DEVNULL,  # where a kernel says how to end it by hand
            "preexec_fn": partial(limit, self.memory, self.seconds),
        }
        await super().start_kernel(**kw)
        self.timer.start()

    def _end(self) -> None:
        """Ends a kernel that goes on when it is interrupted."""
        self.provisioner.process.kill()

    async def _async_launch_kernel(self, kernel_cmd: list[str], **kw: Any) -> None:
        self.kernel_spec.interrupt_mode = "message"  # a signal would not reach it behind the fence
        around = fenced(self.folder, self.hidden) if self.fence else []
        await super()._async_launch_kernel([*around, *kernel_cmd], **kw)

    async def _async_cleanup_resources(self, restart: bool = False) -> None:
        """Throws its folder away."""
        await super()._async_cleanup_resources(restart=restart)
        self.timer.cancel()
        shutil.rmtree(self.folder, ignore_errors=True)

    cleanup_resources = _async_cleanup_resources


def fenced(folder: Path, hidden: Sequence[str]) -> list[str]:
    """The command of bubblewrap: only `folder` is written to; `hidden` and `PRIVATE` are empty, but
    for Python and the course; no network."""
    empty = [place for place in (*PRIVATE, *hidden) if Path(place).is_dir()]
    needed = {Path(place).resolve() for place in (sys.base_prefix, sys.prefix, ROOT)}
    seen = [str(place) for place in sorted(needed)]  # a folder before those in it
    private = [place for place in empty if place in PRIVATE]
    return [
        *("bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"),
        *(word for place in private for word in ("--tmpfs", place)),
        *(word for place in seen for word in ("--ro-bind", place, place)),
        *(word for place in empty if place not in private for word in ("--tmpfs", place)),
        *("--bind", str(folder), str(folder), "--chdir", str(folder)),
        *(word for place in empty for word in ("--remount-ro", place)),
        *("--unshare-all", "--die-with-parent"),
        *("--unsetenv", "JPY_PARENT_PID"),  # it would look for that process, see none, and stop
    ]


def limit(memory: int, seconds: int) -> None:
    """Limits this process and those that it starts."""
    for kind, most in (
        (resource.RLIMIT_DATA, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, LARGEST),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))


class Execute(preprocessors.Execute):
    """Runs a notebook to its end or its kernel's; a check that said no "✔" has failed."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named | {"kernel_manager_class": FencedKernel})

    def preprocess(self, nb: NotebookNode, resources: dict, **kw: Any) -> tuple[Any, Any]:
        """Runs all cells, or those before the one that ended the kernel."""
        try:
            nb, resources = super().preprocess(nb, resources, **kw)
        except (DeadKernelError, CellTimeoutError) as error:  # it ended, or cannot be interrupted
            self.log.warning("%s: %s", ENDED, error)
        for cell in filter(is_grade, nb.cells):
            if cell.cell_type == "code" and not said_right(cell):
                told = "this check gave no verdict: it did not run, or something stopped it"
                cell.outputs = [out for out in cell.outputs if out.output_type == "error"] or [
                    new_output("error", ename="NoVerdict", evalue=told, traceback=[told])
                ]
        return nb, resources


class OnlyVerdicts(NbGraderPreprocessor):
    """Leaves of all outputs what the checks say: a learner's code may print whatever it reads."""

    def preprocess_cell(self, cell: NotebookNode, resources: dict, index: int) -> tuple[Any, Any]:
        """Clears a cell, or shortens a check's outputs to its verdict."""
        if cell.cell_type == "code" and not is_grade(cell):
            cell.outputs = []
        elif cell.cell_type == "code":
            cell.outputs = [short for each in cell.outputs for short in shortened(each)]
        return cell, resources


def shortened(output: NotebookNode) -> Iterator[NotebookNode]:
    """What a check printed from its verdict on, an error without its way there, nothing else."""
    if output.output_type == "error":
        output.traceback = [f"{output.ename}: {output.evalue}"]
        yield output
    elif output.output_type == "stream" and (verdict := VERDICT.search(output.text)):
        yield new_output("stream", name="stdout", text=output.text[verdict.start() :])


def said_right(cell: NotebookNode) -> bool:
    """Whether a check, such as check-0-1, printed that its exercise is right, and no error came."""
    number = cell.metadata.nbgrader.grade_id.removeprefix("check-").replace("-", ".")
    printed = [o.text for o in cell.outputs if o.output_type == "stream" and o.name == "stdout"]
    failed = any(output.output_type == "error" for output in cell.outputs)
    lines = [line for text in printed for line in text.splitlines()]  # it may print, too
    return not failed and any(line.startswith(f"✔ {number} ") for line in lines)


def api(folder: Path, config: Config | None = None) -> NbGraderAPI:
    """nbgrader for a class folder, with its own settings, those given, and the steps above.

    Raises:
        ValueError: there is no such folder, or it has no settings.
    """
    if not (folder / "nbgrader_config.py").is_file():
        raise ValueError(
            f"class: {folder} has no nbgrader_config.py; copy course/nbgrader_config.py there"
        )
    settings = PyFileConfigLoader("nbgrader_config.py", path=str(folder)).load_config()
    settings.CourseDirectory.root = str(folder)
    settings.FencedKernel.hidden = [
        str(Path(place).resolve()) for place in (folder, settings.Exchange.get("root", EXCHANGE))
    ]
    settings.Autograde.autograde_preprocessors = [
        Execute if step is preprocessors.Execute else step
        for step in Autograde().autograde_preprocessors
    ]
    settings.GenerateFeedback.preprocessors = [OnlyVerdicts, *GenerateFeedback().preprocessors]
    settings.merge(config or Config())
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # alembic
    return NbGraderAPI(CourseDirectory(config=settings), config=settings)


def grade(teacher: NbGraderAPI, lesson: str) -> tuple[dict[str, str], set[str]]:
    """Learner -> why their submission could not be graded, for those that could not; and whose
    notebooks ended early."""
    faults, early = {}, set()
    for learner in sorted(teacher.get_submitted_students(lesson)):
        done = teacher.autograde(lesson, learner)
        if re.search(rf"^\[\w+\] {re.escape(ENDED)}: ", done.get("log") or "", re.MULTILINE):
            early.add(learner)
        if done["success"]:
            done = teacher.generate_feedback(lesson, learner)
        if not done["success"]:
            told = ERROR.findall(done.get("log") or "") or [done.get("error") or "no reason given"]
            faults[learner] = told[-1].strip().splitlines()[-1]
    return faults, early


def write_marks(
    teacher: NbGraderAPI, lesson: str, faults: dict[str, str], early: set[str], file: Path
) -> None:
    """A row for each learner: the points of each check, their sum, the most there is, a remark.

    UTF-8 with a mark in front, by which spreadsheets know it.
    """
    beside = file.with_name(f".{file.name}.unfinished")
    with teacher.gradebook as book, beside.open("w", newline="", encoding="utf-8-sig") as out:
        checks = [cell.name for cell in book.find_notebook(lesson, lesson).grade_cells]
        most = book.find_assignment(lesson).max_score
        rows = csv.writer(out)
        rows.writerow(["learner", *checks, "points", "of", "remark"])
        for learner in sorted({*(one.id for one in book.students), *faults}):
            points: dict[str, float] = {}
            remark = faults.get(learner, "")
            try:
                handed_in = book.find_submission_notebook(lesson, lesson, learner)
            except MissingEntry:
                remark = remark or "nothing handed in"
            else:
                points = {} if remark else {g.name: g.score for g in handed_in.grades}
                remark = remark or (ENDED if learner in early else "")
            cells = [f"{points[name]:g}" if name in points else "" for name in checks]
            total = f"{sum(points.values()):g}" if points else ""
            rows.writerow([learner, *cells, total, f"{most:g}", remark])
    beside.replace(file)


def main(arguments: Sequence[str] | None = None) -> int:
    """Grades a lesson; 0 if every submission has its points."""
    parser = argparse.ArgumentParser(
        prog="classroom/grade.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("lesson", help="such as 00_start_here")
    add("--class", dest="folder", type=Path, default=Path(), help="the folder of the class")
    add("--memory", type=float, default=4, help="GiB for a kernel; %(default)s")
    add("--minutes", type=float, default=30, help="for a notebook; %(default)s")
    add("--unfenced", action="store_true",
        help="without bubblewrap: learners' code may do all that you may")  # fmt: skip
    asked = parser.parse_args(arguments)
    if not asked.unfenced and not shutil.which("bwrap"):
        parser.error("bubblewrap is missing: apt install bubblewrap (Linux), or, for code that you "
                     "trust or in a container, --unfenced")  # fmt: skip
    config = Config()
    config.FencedKernel.memory = int(asked.memory * GIB)
    config.FencedKernel.seconds = int(asked.minutes * 60)
    config.FencedKernel.fence = not asked.unfenced
    folder = asked.folder.resolve()
    try:
        teacher = api(folder, config)
    except ValueError as error:
        parser.error(str(error))
    faults, early = grade(teacher, asked.lesson)
    write_marks(teacher, asked.lesson, faults, early, folder / "marks.csv")
    print(f"{folder / 'marks.csv'}; not graded: {len(faults)}")
    for learner, why in faults.items():
        print(f"  {learner}: {why}")
    return int(bool(faults))


if __name__ == "__main__":
    raise SystemExit(main())
