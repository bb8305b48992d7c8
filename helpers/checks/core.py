"""How every exercise is checked: three answers, and a lesson never stops because of one.

A check says *not done yet* (with the task), *not right yet* (what came, what was expected, a hint)
or *right*. With the environment variable `COURSE_GRADING=1`, and under nbgrader, the first two
raise `AssertionError` instead.

The module of a lesson declares its exercises with `@exercise`. The decorated function examines one
answer: it returns a sentence of praise, or raises `Hint`. Three modules help it: `calling` is the
only way in which a learner's function is called, `reading` brings an answer to the form that is
asked for, and `questions` compares a function with the right one and knows the usual mistakes.
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

from ..language import _

LONGEST = 300
"""Letters of the longest verdict, nearly: what is over is cut off at a word."""


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

RIGHT: dict[str, Any] = {}
"""The answers that their last check found right, by number."""


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
            verdict, words = judge(examine, answer, *given)
            RIGHT.pop(number, None)
            if verdict == "right":
                RIGHT[number] = answer
            report(number, verdict, words)

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
    except Exception as error:  # what the learner's code raises is a Hint by now: see `calling`
        return "not right yet", _(
            "this check could not read your answer ({kind}: {error}). Your code itself did not "
            "stop. Is what it gives of the kind that the task asks for?",
            kind=type(error).__name__,
            error=error,
        )


def report(number: str, verdict: str, words: str) -> None:
    """Prints the verdict, of not many more than `LONGEST` letters.

    Raises:
        AssertionError: in grading mode, unless the answer is right.
    """
    if verdict == "right":
        text = _("✔ {number} right. {words}", number=number, words=words)
    elif verdict == "not done yet":
        task = EXERCISES[number].task
        text = _("○ {number} not done yet. Your job: {task}", number=number, task=task)
    else:
        text = _("✘ {number} not right yet: {words}", number=number, words=words)
    line = shortened(text, LONGEST)
    if verdict != "right" and grading():
        raise AssertionError(line)
    print(line)


def shortened(text: str, longest: int) -> str:
    """The text on one line, cut off at a word with an ellipsis if it is longer."""
    text = " ".join(text.split())
    if len(text) <= longest:
        return text
    head = text[:longest]
    return (head.rsplit(" ", 1)[0] if " " in head[longest // 2 :] else head) + " …"


GRADING_WORDS = dict.fromkeys(("1", "true", "yes", "on"), True) | dict.fromkeys(
    ("", "0", "false", "no", "off"), False
)
"""What `COURSE_GRADING` may say, in small or capital letters."""


def grading() -> bool:
    """Whether answers are being graded: `COURSE_GRADING=1`, or nbgrader is running the notebook.

    Raises:
        ValueError: `COURSE_GRADING` says neither yes nor no.
    """
    word = os.environ.get("COURSE_GRADING", "").strip()
    if word.lower() not in GRADING_WORDS:
        raise ValueError(
            f"the environment variable COURSE_GRADING is {word!r}: set it to 1, true, yes or on "
            "to grade, or to 0, false, no or off, or leave it out, to print hints"
        )
    return GRADING_WORDS[word.lower()] or "NBGRADER_EXECUTION" in os.environ


def is_blank(answer: Any) -> bool:
    """Whether an answer is the untouched stub: `...`, None, or a dictionary with one left."""
    values = answer.values() if isinstance(answer, dict) else ()
    return any(value is ... or value is None for value in (answer, *values))


def solution(number: str) -> None:
    """Prints what solves an exercise.

    Raises:
        ValueError: there is no such exercise.
    """
    print(known("solution", number).reference)


def yours(number: str) -> Any:
    """The learner's own answer, once its check has found it right; until then the course's.

    So a lesson goes on with what its reader wrote, and runs from top to bottom without it too. A
    line says whose answer is at work.

    Raises:
        ValueError: there is no such exercise.
    """
    reference = known("yours", number).reference
    last = ast.parse(reference).body[-1]  # `def name(...)` or `name = ...`
    (name,) = [last.name] if isinstance(last, ast.FunctionDef) else [
        target.id for target in getattr(last, "targets", ()) if isinstance(target, ast.Name)
    ]  # fmt: skip
    if number in RIGHT:
        print(_("✔ {number}: your own {name} is used from here on", number=number, name=name))
        return RIGHT[number]
    stands_in = _("○ {number}: the course's {name} stands in until yours is right",
                  number=number, name=name)  # fmt: skip
    print(stands_in)
    space: dict[str, Any] = {}
    exec(reference, space)
    return space[name]


def known(caller: str, number: str) -> Exercise:
    """The exercise of a number, or an error that names those there are."""
    if number not in EXERCISES:
        numbers = ", ".join(sorted(EXERCISES))
        raise ValueError(f"{caller}: there is no exercise {number!r} here; choose one of {numbers}")
    return EXERCISES[number]
