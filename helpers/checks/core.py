"""How every exercise is checked: three answers, and a lesson never stops because of one.

A check says *not done yet* (with the task), *not right yet* (what came, what was expected, a hint)
or *right*. With the environment variable `COURSE_GRADING=1`, and under nbgrader, the first two
raise `AssertionError` instead.

The module of a lesson declares its exercises with `@exercise`. The decorated function examines one
answer: it returns a sentence of praise, or raises `Hint`.
"""

from __future__ import annotations

import ast
import functools
import inspect
import os
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any


class Hint(Exception):
    """Raised by an examiner: what came, what was expected, and the hint for just this mistake."""


class NotDone(Exception):
    """Raised by an examiner: the learner's cell is still the stub."""


@dataclass(frozen=True)
class Exercise:
    """One exercise.

    Attributes:
        number: as on the page, "0.1".
        task: the job in one line.
        reference: what solves it; the source of a function, or the text of an assignment.
    """

    number: str
    task: str
    reference: str


EXERCISES: dict[str, Exercise] = {}
"""All exercises of the lesson modules that were imported, by number."""


def exercise(
    number: str, *, task: str, reference: Callable | str
) -> Callable[[Callable[..., str]], Callable[..., None]]:
    """Turns an examiner `(answer, *given) -> praise` into a check that prints its verdict.

    Args:
        number: as on the page, "0.1".
        task: the job in one line.
        reference: the function that solves it, or the assignment as text.

    Raises:
        ValueError: the number is taken.
    """
    if number in EXERCISES:
        raise ValueError(f"exercise: number {number!r} is taken; give each exercise its own")
    source = reference if isinstance(reference, str) else whole_source(reference)
    EXERCISES[number] = Exercise(number, task, source.strip())

    def decorate(examine: Callable[..., str]) -> Callable[..., None]:
        @functools.wraps(examine)
        def check(answer: Any, *given: Any) -> None:
            report(number, *judge(examine, answer, *given))

        return check

    return decorate


def whole_source(function: Callable) -> str:
    """A function's source below the imports that it needs, so that it runs in any cell."""
    source, home = inspect.getsource(function), function.__module__
    used = {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
    used -= set(function.__code__.co_varnames)  # arguments, and names given inside
    mine = {name: function.__globals__[name] for name in sorted(used & set(function.__globals__))}
    modules = {name: value for name, value in mine.items() if isinstance(value, ModuleType)}
    lines = [f"import {value.__name__} as {name}" if name != value.__name__ else f"import {name}"
             for name, value in modules.items()]  # fmt: skip
    names = [name for name in mine if name not in modules and name != function.__name__]
    lines += [f"from {home} import {', '.join(names)}"] if names else []
    return "\n".join([*lines, "", "", source] if lines else [source])


def judge(examine: Callable[..., str], answer: Any, *given: Any) -> tuple[str, str]:
    """("right", praise), ("not done yet", "") or ("not right yet", hint)."""
    try:
        if is_blank(answer):
            raise NotDone
        return "right", examine(answer, *given)
    except NotDone:
        return "not done yet", ""
    except Hint as hint:
        return "not right yet", str(hint)
    except Exception as error:  # the learner's own code failed: that too is an answer
        return "not right yet", f"your code stopped with {type(error).__name__}: {error}"


def report(number: str, verdict: str, words: str) -> None:
    """Prints the verdict.

    Raises:
        AssertionError: in grading mode, unless the answer is right.
    """
    task = EXERCISES[number].task
    text = {
        "right": f"✔ {number} right. {words}",
        "not done yet": f"○ {number} not done yet. Your job: {task}",
    }
    line = text.get(verdict, f"✘ {number} not right yet: {words}")
    if verdict != "right" and grading():
        raise AssertionError(line)
    print(line)


def grading() -> bool:
    """Whether answers are being graded: `COURSE_GRADING=1`, or nbgrader is running the notebook."""
    return os.environ.get("COURSE_GRADING") == "1" or "NBGRADER_EXECUTION" in os.environ


def is_blank(answer: Any) -> bool:
    """Whether an answer is the untouched stub: `...`, None, or a dictionary with one left."""
    values = answer.values() if isinstance(answer, dict) else ()
    return answer is ... or answer is None or any(is_blank(value) for value in values)


def outcome(answer: Callable, *args: Any) -> Any:
    """What the learner's function returns.

    Raises:
        NotDone: nothing, because its body is still `...`.
        Hint: the answer is no function.
    """
    if not callable(answer):
        raise Hint(f"expected a function, got {type(answer).__name__}. Keep the line with `def`.")
    result = answer(*args)
    if result is None or result is ...:
        if is_stub(answer):
            raise NotDone
        raise Hint("your function returns nothing. Does its last line start with `return`?")
    return result


def is_stub(function: Callable) -> bool:
    """Whether the body of a function is only `...` (a docstring aside)."""
    code = getattr(function, "__code__", None)
    empty = {None, ..., function.__doc__}
    return code is not None and not code.co_names and set(code.co_consts) <= empty


def solution(number: str) -> None:
    """Prints what solves an exercise.

    Raises:
        ValueError: there is no such exercise.
    """
    if number not in EXERCISES:
        numbers = ", ".join(sorted(EXERCISES))
        raise ValueError(f"solution: there is no exercise {number!r} here; choose one of {numbers}")
    print(EXERCISES[number].reference)
