"""A teacher's round: release a lesson, take in answers, grade them. Two learners with nbgrader's
own commands, and a class of thirty, of whom some are careless and some malicious, with
classroom/grade.py.

The thirty answer two exercises of lesson 01, without its other cells: what takes time is to start a
kernel for each, about three minutes in all.
"""

from __future__ import annotations

import csv
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from traitlets.config import Config

from helpers.checks import core, lesson_00, lesson_01  # noqa: F401  (fill core.EXERCISES)

from .portable.machines import environment

COURSE = Path(__file__).resolve().parents[1] / "course"
LESSON = "00_start_here"
NEEDED = ("start-01", "start-03", "start-05", "start-23")
"""What the exercises of lesson 00 need of its other cells; these are run with the lesson itself."""

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


def answered(release: Path, answers: Mapping[str, str], path: Path) -> None:
    """Saves a released lesson with some cells filled in, as a learner would hand it in.

    Args:
        release: the lesson.
        answers: number of an exercise, or whole name of a cell -> what stands there.
        path: where to.
    """
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
    lesson = nbformat.read(COURSE / source.name, as_version=4)
    lesson.cells = [
        cell
        for cell in lesson.cells
        if cell.cell_type == "markdown" or "nbgrader" in cell.metadata or cell.id in NEEDED
    ]
    nbformat.write(lesson, source)
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


@dataclass(frozen=True)
class Kind:
    """Learners who hand in the same.

    Attributes:
        count: how many.
        points: for exercises 1.1 and 1.2; None if what they hand in is no notebook.
        answers: as for `answered`, with CLASS for the path of the teacher's folder.
        language: of their lesson.
    """

    count: int
    points: tuple[int, int] | None
    answers: Mapping[str, str]
    language: str = "en"


RIGHT = {number: core.EXERCISES[number].reference for number in ("1.1", "1.2")}
"""What solves each exercise."""

MINE, GOOD = RIGHT["1.1"], RIGHT["1.2"]
NOT_GOOD = "def alpha_bar(betas):\n    return 1 - betas"
STUBBORN = """
import time
while True:
    try:
        time.sleep(1)
    except KeyboardInterrupt:
        pass
"""
MUTE = "check = type('Mute', (), {'__getattr__': lambda self, name: lambda *answer: None})()"
CHATTY = GOOD.replace(":\n", ":\n    print('a note of mine')\n", 1)
KINDS = {
    "right": Kind(7, (1, 1), RIGHT),
    "chatty": Kind(1, (1, 1), {"1.1": MINE, "1.2": CHATTY}),
    "wrong": Kind(5, (0, 0), {"1.1": MINE.replace("2", "1"), "1.2": NOT_GOOD}),
    "half": Kind(3, (1, 0), {"1.1": MINE, "1.2": NOT_GOOD}),
    "empty": Kind(2, (0, 0), {}),
    "hanging": Kind(1, (1, 0), {"1.1": MINE, "1.2": "while True:\n    pass"}),
    "crashing": Kind(1, (1, 0), {"1.1": MINE, "1.2": "import os\nos._exit(1)"}),
    "deleting": Kind(1, (1, 1), RIGHT | {"1.1": f"import shutil\nfor folder in ('CLASS', '.'):\n"
                                               f"    shutil.rmtree(folder, True)\n{MINE}"}),
    "printing": Kind(1, (0, 0), {"1.1": "check.solution('1.1')\ncheck.solution('1.2')"}),
    "editing": Kind(1, (0, 0), {"check-1-1": "print('✔ 1.1 right.')", "check-1-2": ""}),
    "muting": Kind(1, (0, 0), {"1.1": MUTE}),
    "greedy": Kind(1, (1, 0), {"1.1": MINE, "1.2": f"full = bytearray(6 * 2**30)\n{GOOD}"}),
    "garbled": Kind(1, None, {}),
    "ja-right": Kind(1, (1, 1), RIGHT, "ja"),
    "ja-wrong": Kind(1, (1, 0), {"1.1": MINE, "1.2": NOT_GOOD}, "ja"),
    "ja-empty": Kind(1, (0, 0), {}, "ja"),
    "ja-stubborn": Kind(1, (1, 0), {"1.1": MINE, "1.2": STUBBORN}, "ja"),
}  # fmt: skip
CELL, NOTEBOOK = 45, 150
"""Seconds that are allowed; an import of PyTorch on a busy machine must fit."""

LANGUAGES = {"en": COURSE, "ja": COURSE / "ja"}


def two_exercises(lesson: Path) -> nbformat.NotebookNode:
    """Of a lesson 01 its first cell, and exercises 1.1 and 1.2 with their checks."""
    notebook = nbformat.read(lesson, as_version=4)
    wanted = {f"{kind}-1-{number}" for kind in ("exercise", "check") for number in (1, 2)}
    first = next(cell for cell in notebook.cells if cell.cell_type == "code")
    cells = [c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") in wanted]
    assert len(cells) == 4
    load = nbformat.v4.new_code_cell("from helpers.checks import lesson_01 as check")
    notebook.cells = [first, load, *cells]
    return notebook


def fence_works() -> bool:
    """Whether bubblewrap is there and allowed to do what it does."""
    command = shutil.which("bwrap")
    return (
        bool(command)
        and not subprocess.run(
            [command, "--ro-bind", "/", "/", "--unshare-all", "true"], capture_output=True
        ).returncode
    )


@pytest.fixture(scope="module")
def thirty(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, dict[str, str]]]:
    """(folder of the class, learner -> row of marks) after a round in both languages."""
    grade = pytest.importorskip("classroom.grade", reason="grade.py needs Linux")
    if not fence_works():
        pytest.skip("bubblewrap is missing, or may not work here: apt install bubblewrap")
    folder = tmp_path_factory.mktemp("thirty")
    shutil.copy(COURSE / "nbgrader_config.py", folder)
    config = Config()
    config.Execute.timeout = CELL
    config.FencedKernel.seconds = NOTEBOOK
    marks = {}
    with pytest.MonkeyPatch.context() as patch:
        for name in set(os.environ) - environment("native-1", dict(os.environ)).keys():
            patch.delenv(name)
        for name, value in environment("native-1", {}).items():
            patch.setenv(name, value)
        patch.setenv("PYTHONPATH", str(COURSE.parent))
        patch.setenv("PATH", os.environ["PATH"])  # the same again when this is over
        for language, course in LANGUAGES.items():
            lesson = f"noising-{language}"
            source = folder / "source" / lesson / f"{lesson}.ipynb"
            source.parent.mkdir(parents=True)
            nbformat.write(two_exercises(course / "01_noising.ipynb"), source)
            teacher = grade.api(folder, config)
            done = teacher.generate_assignment(lesson)
            assert done["success"], done
            release = folder / "release" / lesson / source.name
            for name, kind in KINDS.items():
                for number in range(kind.count if kind.language == language else 0):
                    path = folder / "submitted" / f"{name}-{number}" / lesson / source.name
                    answers = {k: v.replace("CLASS", str(folder)) for k, v in kind.answers.items()}
                    answered(release, answers, path)
                    if kind.points is None:
                        path.write_text("{", encoding="utf-8")
            faults, early = grade.grade(teacher, lesson)
            grade.write_marks(teacher, lesson, faults, early, folder / "marks.csv")
            with (folder / "marks.csv").open(encoding="utf-8-sig", newline="") as file:
                marks |= {
                    row["learner"]: row | {"language": language}
                    for row in csv.DictReader(file)
                    if row["remark"] != "nothing handed in"
                }
    return folder, marks


def test_thirty_hand_in_and_each_gets_the_points_that_are_due(thirty):
    _, marks = thirty
    assert len(marks) == sum(kind.count for kind in KINDS.values()) == 30
    given = {
        learner: (row["check-1-1"], row["check-1-2"], row["points"], row["language"])
        for learner, row in marks.items()
    }
    due = {}
    for name, kind in KINDS.items():
        words = (
            ("", "", "") if kind.points is None else (*map(str, kind.points), str(sum(kind.points)))
        )
        due |= {f"{name}-{number}": (*words, kind.language) for number in range(kind.count)}
    assert given == due


def test_a_remark_tells_what_was_not_graded_or_ended_early_and_nothing_else(thirty):
    _, marks = thirty
    told = {learner: row["remark"] for learner, row in marks.items() if row["remark"]}
    early = {learner for learner, remark in told.items() if remark.startswith("ended early")}
    assert early == {"crashing-0", "ja-stubborn-0"} and told.keys() - early == {"garbled-0"}


def test_the_teacher_s_files_are_untouched(thirty):
    folder, _ = thirty
    for language in LANGUAGES:
        assert (folder / "source" / f"noising-{language}" / f"noising-{language}.ipynb").is_file()
    assert len(list(folder.glob("submitted/*/*/*.ipynb"))) == 30


@pytest.mark.parametrize("name", ["wrong", "empty", "printing", "editing", "muting", "ja-empty"])
def test_feedback_tells_verdicts_and_no_solution(thirty, name):
    folder, _ = thirty
    lesson = f"noising-{KINDS[name].language}"
    page = (folder / "feedback" / f"{name}-0" / lesson / f"{lesson}.html").read_text("utf-8")
    assert "cumprod" not in page and "&quot;A&quot;: 2" not in page
    assert "AssertionError" in page or "NoVerdict" in page


def test_feedback_leaves_out_what_a_right_answer_prints(thirty):
    page = thirty[0] / "feedback" / "chatty-0" / "noising-en" / "noising-en.html"
    told = page.read_text("utf-8")
    assert "✔ 1.2" in told and told.count("a note of mine") == 1  # in the code alone


def test_behind_the_fence_are_no_private_files_and_nobody_who_listens(tmp_path):
    grade = pytest.importorskip("classroom.grade", reason="grade.py needs Linux")
    if not fence_works():
        pytest.skip("bubblewrap is missing, or may not work here: apt install bubblewrap")
    own, others = tmp_path / "own", tmp_path / "class"
    own.mkdir()
    others.mkdir()
    (others / "answer").write_text("of another", encoding="utf-8")
    code = f"""if True:
        import os, socket
        import helpers.threads  # the course is there
        def can(do, *given):
            try:
                do(*given)
                return True
            except OSError:
                return False
        print(os.listdir("{others}"), os.listdir("/home"), os.path.exists("{tmp_path}/door"),
              can(socket.socket(socket.AF_UNIX).connect, "{tmp_path}/door"),
              can(open, "/tmp/new", "w"), can(open, "{others}/new", "w"), can(open, "new", "w"))
    """
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(tmp_path / "door"))
        door.listen()
        found = subprocess.run(
            [*grade.fenced(own, [str(others)]), sys.executable, "-c", code],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(COURSE.parent)},
            capture_output=True,
            text=True,
            encoding="utf-8",
        )
    assert found.stdout.split() == ["[]", "[]", *["False"] * 4, "True"], found.stderr


def test_feedback_speaks_the_language_of_the_lesson(thirty):
    folder, _ = thirty
    page = folder / "feedback" / "ja-wrong-0" / "noising-ja" / "noising-ja.html"
    assert "✔ 1.1 正解です" in page.read_text("utf-8")
