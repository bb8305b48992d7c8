"""Runs the cases against the checks, as a learner's kernel would: each in a copy of the page."""

from __future__ import annotations

import ast
import contextlib
import copy
import io
import random
import re
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from types import ModuleType

import matplotlib
import numpy as np
import torch

from helpers.checks import core
from tests.checks.cases import cases_of
from tests.checks.cases.page import Cell, code_cells, names_in, needed_cells

SIGNS = {"✔": "right", "✘": "not right yet", "○": "not done yet"}


@dataclass(frozen=True)
class Outcome:
    """What a check said to one case; `verdict` is a value of SIGNS, or "error" or "silent"."""

    exercise: str
    kind: str
    name: str
    verdict: str
    said: str

    @property
    def missed(self) -> bool:
        """True where the check was mistaken."""
        if self.verdict in ("error", "silent"):
            return True
        return (self.verdict == "right") != (self.kind == "right")

    def __str__(self) -> str:
        return f"{self.exercise} {self.kind} · {self.name}: {self.verdict}: {self.said}"


@cache
def outcomes(lesson: str) -> dict[str, list[Outcome]]:
    """Exercise -> what its check said to each of its cases; the page is run once."""
    matplotlib.use("Agg")
    cases = cases_of(lesson)
    answers = {number: [*both["wrong"].values(), *both["right"].values()]
               for number, both in cases.items()}  # fmt: skip
    found: dict[str, list[Outcome]] = {}
    page: dict = {"__name__": "__main__"}
    for cell in needed_cells(code_cells(lesson), answers):
        if cell.name.startswith("check"):
            found[cell.exercise] = [
                judge(cell, kind, name, source, page)
                for kind in ("wrong", "right")
                for name, source in cases.get(cell.exercise, {}).get(kind, {}).items()
            ]
        else:
            with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                exec(compile(cell.source, f"<lesson {lesson}>", "exec"), page)
    return found


def judge(check: Cell, kind: str, name: str, answer: str, page: dict) -> Outcome:
    """Runs an answer and then its check, both in a copy of the page's names."""
    used = names_in(answer)[1] | names_in(check.source)[1]
    names = {key: copied(value) if key in used else value for key, value in page.items()}
    with kept_state():
        failed, printed = run_cell(answer, names)
        if failed and kind == "right":
            return Outcome(check.exercise, kind, name, "error", f"in the answer: {failed!r}")
        failed, printed = run_cell(check.source, names)
    if failed:
        return Outcome(check.exercise, kind, name, "error", f"left the check: {failed!r}")
    sign = re.search("|".join(SIGNS), printed)
    if not sign:
        return Outcome(check.exercise, kind, name, "silent", printed)
    said = printed[sign.start() :].strip()
    return Outcome(check.exercise, kind, name, SIGNS[sign.group()], said)


def run_cell(source: str, names: dict) -> tuple[BaseException | None, str]:
    """What left the cell, or None, and what it printed; as in Jupyter, its last value too."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        try:
            tree = ast.parse(source)
            last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
            exec(compile(tree, "<cell>", "exec"), names)
            if last is not None:
                value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)
                if value is not None:
                    print(value)
        except KeyboardInterrupt:
            raise
        except BaseException as failed:  # answers may call sys.exit, which Jupyter survives
            return failed, out.getvalue()
    return None, out.getvalue()


def copied(value: object) -> object:
    """A copy of data, so that no case sees what another changed; models and modules stay."""
    if isinstance(value, (torch.Tensor, np.ndarray, list, tuple, dict, set)):
        return copy.deepcopy(value, {id(part): part for part in _left_alone(value)})
    return value


def _left_alone(value: object) -> Iterator[object]:
    """Parts of a collection that are no data: modules, and networks with many weights."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple, set)):
        for part in value:
            yield from _left_alone(part)
    elif isinstance(value, (ModuleType, torch.nn.Module)):
        yield value


@contextlib.contextmanager
def kept_state() -> Iterator[None]:
    """Puts back what a cell may change for all later ones: random states, torch's defaults, and
    the tensors that the checks' modules hold (a function may work in its argument)."""
    before = random.getstate(), torch.get_default_dtype()
    held = [(tensor, tensor.clone()) for tensor in tensors_of_checks()]
    gradients, found_right = torch.is_grad_enabled(), dict(core.RIGHT)
    try:
        with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        random.setstate(before[0])
        torch.set_default_dtype(before[1])
        torch.set_grad_enabled(gradients)
        core.RIGHT.clear()  # or `check.yours` would go on with the answer of some case
        core.RIGHT.update(found_right)
        for tensor, old in held:
            tensor.data.copy_(old)


def tensors_of_checks() -> list[torch.Tensor]:
    """All tensors that are attributes of the modules of `helpers.checks`."""
    modules = [module for name, module in sys.modules.items() if name.startswith("helpers.checks")]
    return [
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, torch.Tensor)
    ]
