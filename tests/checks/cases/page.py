"""A lesson's page as code: which of its cells the exercises need."""

from __future__ import annotations

import ast
import symtable
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat

COURSE = Path(__file__).parents[3] / "course"


@dataclass(frozen=True)
class Cell:
    """A code cell; `name` is nbgrader's, such as "exercise-1-2" or "check-1-2", else empty."""

    name: str
    source: str

    @property
    def exercise(self) -> str:
        """The exercise's number, "1.2", of an exercise or its check; else empty."""
        return ".".join(self.name.split("-")[1:])


def code_cells(lesson: str) -> list[Cell]:
    """The code cells of a lesson, "01", in order, without lines for the shell and for Jupyter."""
    (path,) = COURSE.glob(f"{lesson}_*.ipynb")
    cells = []
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            lines = (line for line in cell.source.splitlines() if not line.startswith(("!", "%")))
            name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
            cells.append(Cell(name, "\n".join(lines)))
    return cells


def needed_cells(cells: list[Cell], answers: dict[str, list[str]]) -> list[Cell]:
    """The cells without which a check or an answer would miss a name, or find an older value.

    Args:
        cells: all code cells of a page.
        answers: exercise -> sources that stand in its place.
    """
    kept: list[Cell] = []
    needed: set[str] = set()
    for cell in reversed(cells):
        makes, reads = names_in(cell.source)
        if cell.name:
            kept.append(cell)
            needed |= reads
            for source in answers.get(cell.exercise, []):
                needed |= names_in(source)[1]
        elif makes & needed:
            kept.append(cell)
            needed = (needed - makes) | reads
    return kept[::-1]


def names_in(source: str) -> tuple[set[str], set[str]]:
    """The names that a cell binds or changes, and those that it takes from the cells before."""
    try:
        tree = ast.parse(source)
    except SyntaxError:  # an answer that cannot run takes nothing
        return set(), set()
    makes: set[str] = set()
    reads: set[str] = set()
    for part in in_order(tree.body):
        reads |= loaded(part) - makes
        changed = changes(part)
        reads |= changed - makes  # what is changed must be there
        makes |= bound(part) | changed
    return makes, reads


def in_order(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements as they run: of a loop or a `with` first its head, then its body."""
    for statement in body:
        if isinstance(statement, ast.For):
            yield ast.copy_location(
                ast.Assign(targets=[statement.target], value=statement.iter), statement
            )
            yield from in_order(statement.body + statement.orelse)
        elif isinstance(statement, ast.With):
            head = ast.With(items=statement.items, body=[ast.Pass()])
            yield ast.copy_location(head, statement)
            yield from in_order(statement.body)
        else:
            yield statement


def loaded(statement: ast.stmt) -> set[str]:
    """Global names that a statement reads, those in the functions it defines included."""
    table = symtable.symtable(ast.unparse(statement), "<cell>", "exec")
    return set(_globals_read(table, top=True))


def _globals_read(table: symtable.SymbolTable, top: bool) -> Iterator[str]:
    for symbol in table.get_symbols():
        if symbol.is_referenced() and (top or symbol.is_global()):
            yield symbol.get_name()
    for child in table.get_children():
        yield from _globals_read(child, top=False)


def bound(statement: ast.stmt) -> set[str]:
    """Global names that a statement binds."""
    table = symtable.symtable(ast.unparse(statement), "<cell>", "exec")
    made = {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()}
    return made | {child.get_name() for child in table.get_children() if _is_definition(child)}


def _is_definition(table: symtable.SymbolTable) -> bool:
    return table.get_type() in ("function", "class") and table.get_name().isidentifier()


def changes(statement: ast.stmt) -> set[str]:
    """Global names whose value a statement changes: `x[0] = 1`, `x.y = 1`, `x.append(1)`."""
    changed = set()
    for node in ast.walk(statement):
        if isinstance(node, (ast.Subscript, ast.Attribute)) and isinstance(node.ctx, ast.Store):
            changed.add(_root(node))
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        if isinstance(statement.value.func, ast.Attribute):
            changed.add(_root(statement.value.func))
    return changed - {""}


def _root(node: ast.expr) -> str:
    while isinstance(node, (ast.Subscript, ast.Attribute)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
