"""What the hook logs, and that a cell computes the same with it."""

from __future__ import annotations

import ast
import contextlib
import io
import json
import subprocess
import sys

import numpy as np
import pytest
import torch

from . import hook, measures
from .run import ROOT


@pytest.fixture
def watched(tmp_path, monkeypatch):
    """Runs the source of a cell with the hook: (its variables, what it printed, the log)."""
    log = tmp_path / "log"
    monkeypatch.setenv(hook.LOG, str(log))
    names = {hook.known_as(f): f for f in (hook.shown, hook.compared, hook.called)}

    def run(source: str) -> tuple[dict, str, list[dict]]:
        space: dict = {"torch": torch, "np": np, **names}
        out = io.StringIO()
        tree = hook.Watch(cell=7).visit(ast.parse(source))
        with contextlib.redirect_stdout(out):
            exec(compile(tree, "cell", "exec"), space)
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        return space, out.getvalue(), [json.loads(line) for line in lines]

    return run


def test_a_cell_computes_and_prints_the_same_with_the_hook(watched):
    source = (
        "def f(x, *more, **named):\n"
        "    return max(x, 2) if 1 < x <= 3 else round(x, ndigits=1)\n"
        "a = [f(v) for v in (0.26, 2.5, 9)]\n"
        "b = {v: v in (1, 2) and v is not None for v in (1, 5)}\n"
        "t = torch.tensor([0.26, 0.74]).round(decimals=1)\n"
        "print('text', f'{a[0]:.{1 + 1}f} {a!r:>3} {t.argmax()}', *a, sep='|')\n"
        "c = torch.allclose(t, t, rtol=0), int(2.7), np.argmax([1, 3]), t.floor().long()\n"
        "d = (t == t).all() and 'x' == 'x'\n"
        "c"
    )
    plain: dict = {"torch": torch, "np": np}
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(source, plain)
    space, printed, _ = watched(source)
    assert printed == out.getvalue()
    assert all(str(space[name]) == str(plain[name]) for name in "abtcd")


@pytest.mark.parametrize(
    ("source", "unit", "up"),
    [
        ("f'{0.254:.2f}'", 0.01, 0.1),
        ("f'{torch.tensor(0.254):.2f}'", 0.01, 0.1),
        ("f'{0.254:.0%}'", 0.01, 0.1),
        ("f'{12.54:.3g}'", 0.1, 0.1),
        ("f'{1254.0:.1e}'", 100.0, 0.96),
        ("round(0.254, 2)", 0.01, 0.1),
        ("torch.tensor([0.254, 0.1]).round(decimals=2)", 0.01, 0.1),
        ("int(2.9)", 1.0, 0.1),
        ("f'{64}'", 1.0, 0.5),
        ("print(torch.tensor([0.25, 0.12344]))", 1e-4, 0.1),
    ],
)
def test_the_way_to_the_rounding_edge_above_is_logged(watched, source, unit, up):
    (line, *_) = watched(source)[2]
    assert (line["kind"], line["unit"]) == ("rounded", pytest.approx(unit))
    assert line["up"] == pytest.approx(up, abs=2e-3)
    assert (line["cell"], line["line"]) == (7, 1)


@pytest.mark.parametrize("source", ["print(0.1 + 0.2)", "f'{0.1 + 0.2}'", "x = 1\n0.1 + 0.2"])
def test_what_is_shown_in_full_is_logged_in_full(watched, source):
    (line,) = watched(source)[2]
    assert (line["kind"], line["value"]) == ("in full", [0.1 + 0.2])


def test_both_sides_of_a_comparison_are_logged(watched):
    lines = watched("x = torch.tensor([1.0, 4.0, 9.0])\ny = x > 5.5\nz = x.max() < 1e2")[2]
    first, second = (line for line in lines if line["kind"] == "compared")
    assert (first["up"], first["down"], first["count"]) == (1.5, 3.5, 3)
    assert second["share"] == pytest.approx([0.09, 0.09])


def test_a_tolerance_is_logged_by_the_share_that_is_used(watched):
    (line,) = watched("torch.allclose(torch.ones(2), torch.ones(2) + 3e-3, rtol=0, atol=1e-2)")[2]
    assert line["share"] == pytest.approx([0.3, 0.3], rel=1e-3)


def test_the_closest_race_of_an_argmax_is_logged(watched):
    lines = watched("torch.tensor([[1.0, 3.0, 9.0], [5.0, 4.5, 0.0]]).argmax(dim=1)")[2]
    assert lines[0]["down"] == 0.5


@pytest.mark.parametrize("value", ["text", None, True, [], [1, "a"], {"a": 1}, 1j])
def test_what_is_no_number_is_not_logged(value):
    assert measures.shown(value, None) is None


def test_the_hook_works_in_a_kernel(tmp_path):
    """By way of a start-up file, as `run` puts it there; the cell's number is nbval's."""
    from .run import STARTUP

    log = tmp_path / "log"
    script = (
        "from IPython.core.interactiveshell import InteractiveShell\n"
        f"shell = InteractiveShell.instance()\n{STARTUP}"
        "shell.run_cell('x = 0.254')\n"
        "shell.run_cell('print(f\"{x:.2f}\")')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, encoding="utf-8",
        env=hook.os.environ | {hook.LOG: str(log), "IPYTHONDIR": str(tmp_path)},
    )  # fmt: skip
    assert done.stdout == "0.25\n", done.stderr
    (line,) = map(json.loads, log.read_text(encoding="utf-8").splitlines())
    assert (line["cell"], line["text"]) == (1, "x")
