"""The lessons as documents: executed, pictured, clean."""

from __future__ import annotations

import ast
import base64
import builtins
import io
import json
import re
import symtable
from collections.abc import Iterator
from pathlib import Path

import nbformat
import numpy as np
import pytest
from IPython.core.inputtransformer2 import TransformerManager
from nbconvert import ScriptExporter
from PIL import Image, ImageColor

from helpers import repository_url
from helpers.plots import alt
from helpers.plots.style import PAPER

from .checks.everything import EXERCISES

COURSE = Path(__file__).resolve().parents[1] / "course"
LESSONS = sorted(COURSE.glob("[0-9][0-9]_*.ipynb"))
PICTURES = {
    "00_start_here": 12,
    "01_noising": 13,
    "02_denoising": 16,
    "03_latents": 18,
    "04_watching_denoising": 15,
    "05_transformers_read_text": 12,
    "06_text_steers_the_picture": 15,
    "07_inside_the_unet": 13,
    "08_full_generation": 10,
    "09_make_something": 15,
    "10_teach_it_a_new_word": 18,
    "11_responsible_use": 17,
    "12_beyond": 9,
}
"""How many pictures each lesson must have on its page."""

KINDS = ("image/png", "image/jpeg", "image/gif")
LARGEST = 1_000_000
"""Bytes of a lesson, pictures included."""

LARGER = {
    "04_watching_denoising": 1_500_000,
    "06_text_steers_the_picture": 1_300_000,
    "09_make_something": 1_300_000,
}
"""Lessons whose claims rest on several seeds each, so that they show more pictures."""

every_lesson = pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def code_cells(path: Path) -> list[nbformat.NotebookNode]:
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


def pictures(path: Path) -> Iterator[tuple[bytes, str, dict]]:
    """(bytes, text in place of the picture, metadata) of every picture on the page."""
    for cell in code_cells(path):
        for output in cell.outputs:
            for kind in KINDS:
                if kind in output.get("data", {}):
                    data = base64.b64decode(output.data[kind])
                    yield data, output.data.get("text/plain", ""), output.metadata.get(kind, {})


def python(source: str) -> str:
    """A cell's source with the notebook's own commands (`!`, `%`) turned into Python."""
    return TransformerManager().transform_cell(source)


def test_the_course_has_lessons_and_each_is_known_here():
    assert [path.stem for path in LESSONS] == list(PICTURES)


@every_lesson
def test_outputs_are_stored_and_cells_ran_in_order(path):
    counts = [cell.execution_count for cell in code_cells(path)]
    assert counts == list(range(1, len(counts) + 1))
    assert not [o for cell in code_cells(path) for o in cell.outputs if o.output_type == "error"]


@every_lesson
def test_the_file_is_valid_light_and_free_of_widget_state(path):
    nbformat.validate(read(path))
    assert path.stat().st_size <= LARGER.get(path.stem, LARGEST)
    assert read(path).metadata == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python", "file_extension": ".py", "mimetype": "text/x-python"},
    }
    assert "widget-view" not in path.read_text(encoding="utf-8")


def test_nbconvert_names_a_script_as_one():
    """It takes the ending from the metadata; without it a lesson becomes a .txt."""
    _, resources = ScriptExporter().from_filename(str(LESSONS[0]))
    assert resources["output_extension"] == ".py"


def test_the_doctor_is_found_in_a_folder_with_a_space():
    """Outputs of that cell are not compared, so that it could fail unseen."""
    (call,) = [c.source for c in code_cells(LESSONS[0]) if "helpers doctor" in c.source]
    assert call == '!"{sys.executable}" -m helpers doctor --brief'


@every_lesson
def test_stored_outputs_tell_nothing_of_the_computer_that_made_them(path):
    text = json.dumps([cell.outputs for cell in code_cells(path)])
    assert not re.search(r"/(home|root|work|tmp|Users)/|\bit/s\]", text)


@every_lesson
def test_pictures_are_there_not_blank_and_have_words(path):
    found = list(pictures(path))
    assert len(found) == PICTURES[path.stem]
    for data, words, metadata in found:
        shown = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
        assert shown.std() > 8, words
        assert len(words) > 20 and metadata["alt"] == words


@pytest.mark.parametrize(
    "path", [*LESSONS, *sorted(COURSE.glob("ja/[0-9][0-9]_*.ipynb"))], ids=lambda path: path.stem
)
def test_no_words_of_a_figure_are_cut_at_its_edge(path):
    paper = np.array(ImageColor.getrgb(PAPER))
    for data, words, _ in pictures(path):
        shown = np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)
        corners = shown[[0, 0, -1, -1], [0, -1, 0, -1]]
        if np.abs(corners - paper).max() < 6:  # a figure, no picture that fills its frame
            edges = np.concatenate([shown[0], shown[-1], shown[:, 0], shown[:, -1]])
            assert np.abs(edges - paper).max() < 80, words


@every_lesson
def test_no_code_cell_tells_what_its_figure_shows(path):
    """A sentence in the cell would give it away. All stand in the lesson's catalogue, each once."""
    lesson = path.stem[:2]
    calls = [ast.walk(ast.parse(python(c.source))) for c in code_cells(path)]
    used = [
        k.value for nodes in calls for k in nodes if isinstance(k, ast.keyword) and k.arg == "alt"
    ]
    keys = [node.value for node in used if isinstance(node, ast.Constant)]
    assert len(keys) == len(used)
    assert sorted(keys) == sorted(f"{lesson}.{name}" for name in alt.catalogue(lesson))


@every_lesson
def test_the_first_code_cell_is_the_common_one(path):
    assert code_cells(path)[0].source == repository_url.first_cell(repository_url.repository())


@every_lesson
def test_the_form_of_a_lesson(path):
    words = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
    assert read(path).cells[0].source.startswith(f"# Lesson {path.stem[:2]} ")
    for part in (
        "**After this lesson you can**",
        "minutes",
        "**Your job:**",
        "**Hint:**",
        "### Sources",
    ):
        assert part in words, part
    assert words.count("<details>") == words.count("</details>") == 3
    assert any(cell.source.rstrip().endswith('MODEL = "tiny"') for cell in code_cells(path))


@every_lesson
def test_no_error_is_hidden_by_a_print(path):
    for cell in code_cells(path):
        for node in ast.walk(ast.parse(python(cell.source))):
            if isinstance(node, ast.ExceptHandler):
                calls = [call.func for call in ast.walk(node) if isinstance(call, ast.Call)]
                assert "print" not in [getattr(func, "id", None) for func in calls], cell.source


EXACT = {
    "steer-38": "a run with and without being watched",
    "full-19": "our two dozen lines and the library, picture by picture",
    "full-35": "our start from a picture and the library's",
    "full-55": "our inpainting and the library's",
}
"""Cells (by id) that print a difference as it is, and what of: computations of the same shapes in
the same order, which agree to the bit on every machine. Others state a tolerance."""

NOISY = {"abs", "norm", "amax", "max", "mean", "std", "var"}
"""What is computed by these is zero on one machine and 1e-6 on the next."""


def computed(node: ast.AST) -> set[str]:
    """The functions and methods that are called in an expression."""
    calls = [part.func for part in ast.walk(node) if isinstance(part, ast.Call)]
    return {getattr(call, "attr", getattr(call, "id", "")) for call in calls}


def noise_shown(source: str) -> list[str]:
    """What of a cell shows noise of rounding: a difference printed as it is, or held against 0."""
    found: list[ast.AST] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare):
            sides = (node.left, *node.comparators)
            zero = any(isinstance(side, ast.Constant) and side.value == 0 for side in sides)
            found += [node] if zero and computed(node) & NOISY else []
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print":
            for value in node.args:
                raw = computed(value) & {"max", "amax"} and computed(value) & {"abs", "norm"}
                said = any(isinstance(p, (ast.Compare, ast.JoinedStr)) for p in ast.walk(value))
                found += [value] if raw and not said else []
    return [ast.unparse(node) for node in found]


@every_lesson
def test_a_difference_has_a_tolerance(path):
    for cell in code_cells(path):
        assert cell.id in EXACT or noise_shown(python(cell.source)) == []


def test_the_lint_for_differences_sees_them():
    assert set(EXACT) <= {cell.id for path in LESSONS for cell in code_cells(path)}
    assert noise_shown("print('by', float((a - b).abs().max()))")
    assert noise_shown("(x - y).norm(dim=-1).max() == 0") and noise_shown("all(0 < d.abs())")
    assert not noise_shown("print((a - b).abs().max() < 1e-5, f'{d.abs().max():.1f}', n == 0)")


def global_reads(table: symtable.SymbolTable) -> set[str]:
    """Names that the functions of a cell take from outside themselves."""
    found = set()
    for child in table.get_children():
        if child.get_type() in ("function", "class"):
            found |= {name.get_name() for name in child.get_symbols() if name.is_global()}
        found |= global_reads(child)
    return found


def defined(source: str) -> set[str]:
    """Names that a cell imports, or gives to a function or a class."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            found |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
    return found


def comprehensions_inlined(source: str) -> str:
    """The functions and classes of a cell only: comprehensions at its top are no functions."""
    tree = ast.parse(source)
    kinds = (ast.FunctionDef, ast.ClassDef, ast.Lambda)
    tree.body = [ast.Expr(node) if isinstance(node, ast.Lambda) else node
                 for node in ast.walk(tree) if isinstance(node, kinds)]  # fmt: skip
    return ast.unparse(ast.fix_missing_locations(tree))


@every_lesson
def test_no_function_reads_a_variable_of_the_notebook(path):
    sources = [python(cell.source) for cell in code_cells(path)]
    known = set().union(*map(defined, sources)) | set(dir(builtins))
    known.add("__class__")  # read by super(), and no variable of the notebook
    for source in sources:
        table = symtable.symtable(comprehensions_inlined(source), path.name, "exec")
        assert not global_reads(table) - known, source


def test_the_lint_for_notebook_variables_sees_one():
    source = "import math\nx = 3\ndef f(y):\n    return math.sqrt(x) + max(y, 1)\n[x for _ in 'ab']"
    table = symtable.symtable(comprehensions_inlined(source), "cell", "exec")
    assert global_reads(table) - defined(source) - set(dir(builtins)) == {"x"}


def exercise_number(cell: nbformat.NotebookNode) -> str:
    """The number of the exercise whose answer a cell takes, "0.1", or nothing."""
    grade_id = cell.metadata.get("nbgrader", {}).get("grade_id", "")  # nbgrader allows no dots
    found = re.fullmatch(r"exercise-(\d+)-(\d+)", grade_id)
    return ".".join(found.groups()) if found else ""


def exercises(path: Path) -> dict[str, nbformat.NotebookNode]:
    """Number → the learner's cell."""
    return {number: cell for cell in code_cells(path) if (number := exercise_number(cell))}


@every_lesson
def test_each_exercise_is_a_stub_followed_by_its_check(path):
    cells = code_cells(path)
    assert 3 <= len(exercises(path)) <= 5
    for number, stub in exercises(path).items():
        assert number in EXERCISES and "..." in stub.source
        check = cells[[cell.id for cell in cells].index(stub.id) + 1]
        assert check.metadata.nbgrader.grade_id == f"check-{number.replace('.', '-')}"
        assert check.outputs[0].text.startswith(f"○ {number} not done yet.")
