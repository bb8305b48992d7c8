"""What an explorer of the site is computed from: enough of its lesson, no more; its own picture."""

from __future__ import annotations

import base64
import io
from types import SimpleNamespace

import nbformat
import pytest
from PIL import Image

from web.site import explorers
from web.site.slices import needed


def lesson(*cells: str) -> nbformat.NotebookNode:
    made = [nbformat.v4.new_code_cell(source, id=f"c-{k}") for k, source in enumerate(cells)]
    return nbformat.v4.new_notebook(cells=made)


def ran(*cells: str) -> object:
    """What the last wanted cell shows, computed from the slice alone."""
    names: dict = {"flip": lambda *given: given}
    *before, last = needed(lesson(*cells), ("flip",))
    for one in before:
        exec(explorers._compiled(one), names)
    return eval(explorers._compiled(last), names)


def kept(*cells: str) -> int:
    return len(needed(lesson(*cells), ("flip",)))


def test_nothing_that_has_no_effect_on_the_explorer_is_run():
    assert kept("a = 1\nb = 2", "print(a)", "slow = b * 3\nslow", "flip(a)", "c = a") == 2
    assert kept("a = 1", "flip_side = 2") == 0


@pytest.mark.parametrize(
    ("cells", "shown"),
    [
        (["a = 1", "a = 2", "flip(a)"], 2),
        (["a = 1", "b = a", "a = 5", "flip(b, a)"], (1, 5)),
        (["a = []", "a.append(3)", "flip(a)"], [3]),
        (["a = {}", "a['x'] = 3", "flip(a)"], {"x": 3}),
        (["a = 1", "a += 2", "flip(a)"], 3),
        (["a = [3, 1]", "def put(x):\n    x.sort()", "put(a)", "flip(a)"], [1, 3]),
        (["a = 0", "for k in range(4):\n    a = a + k", "flip(a)"], 6),
        (["a = []", "for k in range(3):\n    if k:\n        a.append(k)", "flip(a)"], [1, 2]),
        (["def f():\n    return g() + b", "def g():\n    return c", "b, c = 1, 2", "flip(f())"], 3),
        (["a = 7", "x = 1\nflip([a for x in range(2)])"], [7, 7]),
        (["a = 1", "def f(a):\n    return a", "flip(f(2))"], 2),
        (["import math as m", "flip(m.floor(2.5))"], 2),
    ],
)
def test_a_slice_computes_what_the_lesson_computes(cells, shown):
    found = ran(*cells)
    assert (found if isinstance(shown, tuple) else found[0]) == shown


def test_what_an_inner_name_hides_is_not_run():
    assert kept("x = slow()", "flip([x for x in range(2)])") == 1
    assert kept("a = slow()", "def f(a):\n    return a", "flip(f(2))") == 2


def test_examinations_and_prints_are_not_run():
    cells = ["a = 1", "check.exercise(a)", "print(a)", "plots.show(a)", "flip(a)"]
    assert kept(*cells) == 2


def test_a_line_for_the_shell_is_no_obstacle():
    assert kept("!python -m helpers doctor", "a = 1", "flip(a)") == 2


def bundled(colour: tuple[int, int, int], size: tuple[int, int] = (4, 4)) -> dict[str, str]:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return {"image/png": base64.b64encode(file.getvalue()).decode(), "text/plain": "a colour"}


def test_an_explorer_is_compared_with_the_picture_that_is_stored():
    notebook = lesson("flip(a)")
    explorer = SimpleNamespace(still=(bundled((10, 20, 30)), {}))
    assert explorers.difference(notebook, "c-0", explorer) == float("inf")
    for colour, size, expected in (
        ((10, 20, 30), (4, 4), 0),
        ((10, 20, 33), (4, 4), 1),
        ((10, 20, 30), (5, 4), float("inf")),
    ):
        output = nbformat.v4.new_output("display_data", bundled(colour, size))
        notebook.cells[0].outputs = [output]
        assert explorers.difference(notebook, "c-0", explorer) == expected
