"""Runs inside a kernel: writes down every number that a lesson rounds, prints or compares.

IPython hands each cell over as a syntax tree. Here the values in f-strings, the last value of a
cell, both sides of comparisons, and calls of `CALLS` are wrapped: the number is logged unrounded,
and handed on. A number that only passes through `float`, `.item` or `.tolist` needs no line of its
own: it counts where it is shown or compared.
"""

from __future__ import annotations

import ast
import builtins
import copy
import itertools
import json
import os
from collections.abc import Callable
from typing import Any

from . import measures

LOG = "PORTABLE_LOG"
"""Environment variable: the file to write to, one JSON object a line."""

CALLS = ("print", "round", "int", "long", "floor", "ceil", "allclose", "argmax", "argmin")
"""Functions and methods whose numbers are shown, rounded, or decide."""

IDENTITY = (ast.Is, ast.IsNot, ast.In, ast.NotIn)
Place = tuple[int, int, str]
"""Code cell, counted from 0 as nbval does; line in it; source text."""


class Watch(ast.NodeTransformer):
    """Wraps the expressions of one cell in calls of the functions that `install` offers."""

    def __init__(self, cell: int):
        self.cell = cell

    def wrapped(self, function: Callable, node: ast.expr, *arguments: ast.expr) -> ast.Call:
        """The call function(place of the node, *arguments)."""
        place = ast.Constant((self.cell, node.lineno, ast.unparse(node)))
        name = ast.Name(known_as(function), ast.Load())
        return ast.copy_location(ast.Call(name, [place, *arguments], []), node)

    def visit_Module(self, node: ast.Module) -> ast.Module:
        last = node.body[-1] if node.body else None
        original = copy.deepcopy(last)
        self.generic_visit(node)
        if isinstance(last, ast.Expr):  # the notebook shows it
            last.value = self.wrapped(shown, original.value, last.value)
        return ast.fix_missing_locations(node)

    def visit_FormattedValue(self, node: ast.FormattedValue) -> ast.FormattedValue:
        original = copy.deepcopy(node.value)
        self.generic_visit(node)
        if node.conversion == -1:  # not !r and the like
            spec = copy.deepcopy(node.format_spec) or ast.Constant("")
            node.value = self.wrapped(shown, original, node.value, spec)
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        original = copy.deepcopy(node)
        self.generic_visit(node)
        if len(node.ops) > 1 or isinstance(node.ops[0], IDENTITY):
            return node
        sides = (node.left, node.comparators[0])
        bound = next((n for n, side in enumerate(sides) if is_literal(side)), None)
        same = ast.parse("lambda a, b: a == b", mode="eval").body
        same.body.ops = node.ops
        return self.wrapped(compared, original, *sides, same, ast.Constant(bound))

    def visit_Call(self, node: ast.Call) -> ast.Call:
        original = copy.deepcopy(node)
        self.generic_visit(node)
        if getattr(node.func, "attr", getattr(node.func, "id", "")) in CALLS:
            inside = self.wrapped(called, original, node.func)
            node.func, node.args = inside.func, [*inside.args, *node.args]
        return node


def is_literal(node: ast.expr) -> bool:
    """Whether a number stands there as written, such as `1e-5` or `0.5 / 255`."""
    kinds = (ast.Constant, ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop)
    return all(isinstance(part, kinds) for part in ast.walk(node))


def known_as(function: Callable) -> str:
    """The name under which the cells find a function of this module."""
    return f"__portable_{function.__name__}__"


def shown(place: Place, value: Any, spec: str | None = None) -> Any:
    """Logs a value as the format `spec` rounds it, or as print does, and hands it on."""
    write(place, measures.shown(value, spec))
    return value


def compared(place: Place, left: Any, right: Any, same: Callable, bound: int | None) -> Any:
    """Logs how near the two sides of a comparison are, and compares them."""
    write(place, measures.compared(left, right, bound))
    return same(left, right)


def called(place: Place, function: Callable, *arguments: Any, **options: Any) -> Any:
    """Logs what a function of `CALLS` is given, and calls it."""
    owner = getattr(function, "__self__", None)
    given = arguments if measures.numbers(owner) is None else (owner, *arguments)
    measure = getattr(measures, f"of_{function.__name__}", None)
    if measure is not None and given:
        write(place, measure(*given, **options))
    return function(*arguments, **options)


def write(place: Place, measured: dict[str, Any] | None) -> None:
    """Adds a line to the log; nothing for what is no number."""
    if measured is not None:
        cell, line, text = place
        with open(os.environ[LOG], "a", encoding="utf-8") as file:
            file.write(json.dumps({"cell": cell, "line": line, "text": text, **measured}) + "\n")


def install() -> None:
    """Watches every cell of this kernel from now on."""
    from IPython import get_ipython

    cells = itertools.count()  # the kernel does not count: nbval keeps no history
    for function in (shown, compared, called):
        setattr(builtins, known_as(function), function)

    class Transformer:
        """What IPython asks for: an object with `visit`."""

        def visit(self, tree: ast.Module) -> ast.Module:
            return Watch(next(cells)).visit(tree)

    get_ipython().ast_transformers.append(Transformer())
