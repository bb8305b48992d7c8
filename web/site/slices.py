"""What a cell of a lesson needs of the cells before it: a backward slice (Weiser 1984).

A lesson takes a minute or more, what its explorer shows a few seconds. The slice follows names, so
it can be wrong where a lesson changes a thing under another name; who runs it compares what it
shows with what the lesson showed.
"""

from __future__ import annotations

import ast
import symtable
from collections.abc import Collection, Iterator

import nbformat
from IPython.core.inputtransformer2 import TransformerManager

SHOWS = ("print", "show", "display")
"""Functions that change nothing that they are given."""

CHECKS = "check"
"""The module of a lesson's exercises: its examinations change nothing either."""


class Statement:
    """One statement of a cell.

    Attributes:
        cell: id of its cell.
        node: the statement.
        shown: whether it is the expression that the cell shows.
        reads: names of the lesson that it reads, those inside functions it defines among them.
        binds: names that it binds.
        changes: names whose things it may change in place.
    """

    def __init__(self, cell: str, node: ast.stmt, shown: bool):
        self.cell, self.node, self.shown = cell, node, shown
        table = symtable.symtable(ast.unparse(node), cell, "exec")
        here = table.get_symbols()
        self.binds = {name.get_name() for name in here if name.is_assigned() or name.is_imported()}
        self.reads = {name.get_name() for name in here if name.is_referenced()}
        self.reads |= set(_globals(table))
        changed = (name for part in _parts(node) for name in _changed(part))
        self.changes = set(changed)

    @property
    def defines(self) -> bool:
        """Whether it is a function or a class: what that reads is read where it is called."""
        return isinstance(self.node, (ast.FunctionDef, ast.ClassDef))

    @property
    def replaces(self) -> bool:
        """Whether what its names meant before is of no further use."""
        plain = (ast.Assign, ast.AnnAssign, ast.Import, ast.ImportFrom)
        return self.defines or (isinstance(self.node, plain) and not self.changes)


def needed(notebook: nbformat.NotebookNode, shows: Collection[str]) -> list[Statement]:
    """The statements up to the last cell that shows the answer of a function, and no others.

    Args:
        notebook: a lesson.
        shows: names of functions; the cells that end in a call of one are wanted.

    Returns:
        In order; those that are `shown` are the calls. Empty if no cell ends in one.
    """
    statements = list(_statements(notebook))
    functions: dict[str, set[str]] = {}
    reads = []
    for one in statements:
        reads.append(_closed(one.reads, functions))
        if one.defines:
            functions |= dict.fromkeys(one.binds, one.reads)
    kept, wanted = [], set[str]()
    for one, read in zip(reversed(statements), reversed(reads), strict=True):
        target = one.shown and _called(one.node) in shows
        if target or one.binds & wanted or one.changes & wanted:
            kept.append(one)
            if one.replaces:
                wanted -= one.binds
            wanted |= read
    return kept[::-1]


def _statements(notebook: nbformat.NotebookNode) -> Iterator[Statement]:
    plain = TransformerManager().transform_cell
    for cell in notebook.cells:
        if cell.cell_type == "code":
            body = ast.parse(plain(cell.source)).body
            for node in body:
                yield Statement(cell.id, node, node is body[-1] and isinstance(node, ast.Expr))


def _globals(table: symtable.SymbolTable) -> Iterator[str]:
    """Names that functions and comprehensions inside take from the lesson."""
    for child in table.get_children():
        yield from (name.get_name() for name in child.get_symbols() if name.is_global())
        yield from _globals(child)


def _closed(names: set[str], functions: dict[str, set[str]]) -> set[str]:
    """The names, and all that the functions among them read."""
    found, new = set[str](), set(names)
    while new:
        found |= new
        new = set().union(*(functions.get(name, set()) for name in new)) - found
    return found


def _parts(node: ast.stmt) -> Iterator[ast.stmt]:
    """A statement and those inside, but for the inside of functions and classes."""
    yield node
    if not isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        for child in ast.walk(node):
            if isinstance(child, ast.stmt) and child is not node:
                yield child


def _changed(node: ast.stmt) -> Iterator[str]:
    """Names whose things a statement changes: parts that it sets, what it hands to a call."""
    if isinstance(node, ast.AugAssign):
        yield from _owner(node.target)
    elif isinstance(node, ast.Assign):
        for part in (part for target in node.targets for part in ast.walk(target)):
            if isinstance(part, (ast.Attribute, ast.Subscript)):
                yield from _owner(part)
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        owner = set(_owner(node.value.func))
        if _called(node) not in SHOWS and owner != {CHECKS}:
            given = [*node.value.args, *(word.value for word in node.value.keywords)]
            yield from owner.union(*map(_owner, given))


def _owner(node: ast.expr) -> Iterator[str]:
    """The name to which an attribute or an element belongs; none of what is made anew."""
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Starred)):
        node = node.value
    if isinstance(node, ast.Name):
        yield node.id


def _called(node: ast.stmt) -> str:
    """Name of the function that an expression calls; "" for another expression."""
    call = node.value if isinstance(node, ast.Expr) else None
    function = call.func if isinstance(call, ast.Call) else None
    return getattr(function, "attr", getattr(function, "id", ""))
