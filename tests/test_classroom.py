"""A teacher's round with nbgrader: release a lesson, take in two answers, grade them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from helpers.checks import core, lesson_00  # noqa: F401  (fills core.EXERCISES)

from .portable.machines import environment

COURSE = Path(__file__).resolve().parents[1] / "course"
LESSON = "00_start_here"
WRONG = {
    "0.1": core.EXERCISES["0.1"].reference.replace("text_encoder", "vae"),
    "0.2": 'prediction = "x_t"',
    "0.3": "def paint(pipe, prompt, seed):\n    ...",
}


def nbgrader(folder: Path, *arguments: str) -> str:
    """What one of nbgrader's commands prints in a course folder.

    Raises:
        AssertionError: it failed; with all that it said.
    """
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # it calls `alembic`
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        env=environment("native-1", dict(os.environ))
        | {"PYTHONPATH": str(COURSE.parent), "PATH": path},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stderr


def answered(release: Path, answers: dict[str, str], path: Path) -> None:
    """Saves a released lesson with some exercises answered, as a learner would hand it in."""
    notebook = nbformat.read(release, as_version=4)
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        number = name.removeprefix("exercise-").replace("-", ".")
        cell.source = answers.get(number, cell.source)
    path.parent.mkdir(parents=True)
    nbformat.write(notebook, path)


@pytest.fixture(scope="module")
def classroom(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course folder in which one learner has solved all, and another has made mistakes."""
    folder = tmp_path_factory.mktemp("classroom")
    shutil.copy(COURSE / "nbgrader_config.py", folder)
    source = folder / "source" / LESSON / f"{LESSON}.ipynb"
    source.parent.mkdir(parents=True)
    shutil.copy(COURSE / source.name, source)
    nbgrader(folder, "generate_assignment", LESSON)
    release = folder / "release" / LESSON / source.name
    right = {number: exercise.reference for number, exercise in core.EXERCISES.items()}
    wrong = right | WRONG
    for learner, answers in {"right": right, "wrong": wrong}.items():
        answered(release, answers, folder / "submitted" / learner / LESSON / source.name)
    nbgrader(folder, "autograde", LESSON)
    return folder


def test_the_released_lesson_still_holds_its_stubs_and_locks_its_checks(classroom):
    release = classroom / "release" / LESSON / f"{LESSON}.ipynb"
    cells = nbformat.read(release, as_version=4).cells
    grades = {c.metadata.nbgrader.grade_id: c for c in cells if "nbgrader" in c.metadata}
    assert '"the mountain is taken for noise": ...' in grades["exercise-0-1"].source
    assert "NotImplementedError" not in "".join(cell.source for cell in cells)
    assert grades["check-0-1"].metadata.editable is False


def test_points_are_given_for_right_answers_only(classroom):
    with Gradebook(f"sqlite:///{classroom / 'gradebook.db'}") as book:
        grades = {
            learner: {
                grade.name: grade.auto_score
                for grade in book.find_submission_notebook(LESSON, LESSON, learner).grades
            }
            for learner in ("right", "wrong")
        }
    assert grades["right"] == {f"check-0-{k}": 1 for k in (1, 2, 3, 4)}
    assert grades["wrong"] == {"check-0-1": 0, "check-0-2": 0, "check-0-3": 0, "check-0-4": 1}
