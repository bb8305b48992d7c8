"""The one way in which a learner's function is called: `ask`.

Whatever the function does, it ends in a value or in a `Hint`: nothing that it was given is altered,
nothing that it raises stops the page, and no warning is left behind. What it prints is printed.
"""

from __future__ import annotations

import copy
import dis
import inspect
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from types import AsyncGeneratorType, CoroutineType, GeneratorType, TracebackType
from typing import Any

import numpy as np
from torch import Tensor, nn

from ..language import _
from .core import Hint, NotDone, shortened


class Stopped(Hint):
    """Raised where a function came to no result: by an error in it, or as it returned nothing.

    Attributes:
        told: what happened, without the line of the learner's in which it came up.
    """

    def __init__(self, told: str, line: str = ""):
        super().__init__(told + (_(" (in the line `{line}`)", line=line) if line else ""))
        self.told = told


def ask(answer: Callable, *given: Any, may_change: bool = False) -> Any:
    """What the learner's function returns for copies of the arguments.

    Args:
        answer: the learner's function.
        given: what it is called with. Networks are handed on as they are, all else is copied.
        may_change: whether the task allows a change of the arguments in place.

    Raises:
        NotDone: its body is still `...`.
        Hint: it is no function, stopped with an error, changed its arguments, or returned nothing.
    """
    if not callable(answer):
        raise Hint(
            _(
                "expected a function, got {kind}. Keep the line with `def`, and hand the check its "
                "name alone, without brackets.",
                kind=type(answer).__name__,
            )
        )
    if is_stub(answer):
        raise NotDone
    _refuse_other_arguments(answer, given)
    copies = copied(given)
    result = _called(answer, copies)
    if not may_change:
        _refuse_changes(answer, given, copies)
    if result is None or result is ...:
        raise Stopped(_about_nothing(answer))
    return result


def _called(answer: Callable, given: tuple) -> Any:
    """What comes back, with every way to stop told as a hint.

    A KeyboardInterrupt goes through if somebody pressed the keys: only one that the learner's code
    raised itself is an answer.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = answer(*given)
            _close(result)
    except SystemExit:
        raise Hint(
            _("your code leaves Python with exit(). A function ends with `return`.")
        ) from None
    except KeyboardInterrupt as error:
        if not _raised_by_statement(error.__traceback__):
            raise
        raise Hint(_("your code stopped with KeyboardInterrupt, which it raised itself.")) from None
    except Hint:
        raise
    except BaseException as error:  # also GeneratorExit and the like: an answer, too
        raise _stopped(error, answer) from None
    return result


def _close(result: Any) -> None:
    """Refuses what is only the promise of a result, and ends it, so that nothing warns later."""
    if isinstance(result, CoroutineType | AsyncGeneratorType):
        if isinstance(result, CoroutineType):
            result.close()
        raise Hint(
            _("your function gives no result but a promise of one: write `def`, not `async`.")
        )
    if isinstance(result, GeneratorType):
        result.close()
        raise Hint(
            _(
                "your function gives a generator, which computes nothing before it is asked. Write "
                "`return`, not `yield`, and a list in [ ], not ( )."
            )
        )


def _stopped(error: BaseException, answer: Callable) -> Stopped:
    """The error, and the last line of the learner's that ran, for no traceback is printed."""
    try:
        words = str(error)
    except Exception:  # an error class of the learner's, whose text fails in its turn
        words = ""
    if isinstance(error, RecursionError):
        words = _("your function calls itself without end")
    kind, words = type(error).__name__, shortened(words, 170)
    told = _("your code stopped with {kind}", kind=kind)
    if words:
        told = _("your code stopped with {kind}: {words}", kind=kind, words=words)
    page = getattr(getattr(answer, "__code__", None), "co_filename", None)
    lines = [frame.line for frame in traceback.extract_tb(error.__traceback__)
             if frame.filename == page and frame.line]  # fmt: skip
    return Stopped(told, shortened(lines[-1], 70) if lines else "")


def _raised_by_statement(trace: TracebackType | None) -> bool:
    """Whether an error came from a `raise` in Python code, not from a key press or from C."""
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return False
    return dis.opname[trace.tb_frame.f_code.co_code[trace.tb_lasti]] == "RAISE_VARARGS"


def _refuse_other_arguments(answer: Callable, given: tuple) -> None:
    try:
        signature = inspect.signature(answer)
    except (TypeError, ValueError):  # some functions written in C have none
        return
    try:
        signature.bind(*given)
    except TypeError:
        raise Hint(
            _(
                "your function has the arguments {signature}, and is called with {count}. Keep "
                "the line with `def` as it was.",
                signature=signature,
                count=len(given),
            )
        ) from None


def _refuse_changes(answer: Callable, given: tuple, copies: tuple) -> None:
    for name, before, after in zip(parameters(answer, len(given)), given, copies, strict=False):
        if not _unchanged(before, after):
            raise Hint(
                _(
                    "your function changes what it was given: {name} is another one "
                    "afterwards. Make a new value (`x = x + 1`, not `x += 1`; no method with _ "
                    "at its end; no `x[...] = `), or begin with a copy.",
                    name=name,
                )
            )


def parameters(function: Callable, count: int) -> list[str]:
    """Names of a function's first arguments; "argument 1", ... where they have none."""
    try:
        names = [
            name
            for name, parameter in inspect.signature(function).parameters.items()
            if parameter.kind is not parameter.VAR_POSITIONAL
        ]
    except (TypeError, ValueError):
        names = []
    return (
        names + [_("argument {number}", number=number + 1) for number in range(len(names), count)]
    )[:count]


def copied(value: Any) -> Any:
    """A copy that shares nothing with the value but networks.

    Of a pipeline it is one with a scheduler of its own and the same networks: their weights are too
    large to be copied, and no exercise trains.
    """
    if isinstance(value, Tensor):
        return value.detach().clone()
    if isinstance(value, nn.Module):
        return value
    if isinstance(value, tuple | list) and type(value) in (tuple, list):
        return type(value)(copied(item) for item in value)
    if type(value) is dict:
        return {key: copied(item) for key, item in value.items()}
    if isinstance(getattr(value, "components", None), Mapping):  # a pipeline of diffusers
        pipe = copy.copy(value)
        vars(pipe)["scheduler"] = copy.deepcopy(value.scheduler)
        return pipe
    return copy.deepcopy(value)


def _unchanged(before: Any, after: Any) -> bool:
    """Whether plain data is still what it was; objects such as a scheduler may move on."""
    if type(before) is not type(after):
        return False
    if isinstance(before, Tensor):
        same = before.shape == after.shape and before.dtype == after.dtype
        return same and bool(((before == after) | (before != before) & (after != after)).all())
    if isinstance(before, np.ndarray):
        return np.array_equal(before, after)
    if isinstance(before, tuple | list):
        return len(before) == len(after) and all(map(_unchanged, before, after))
    if isinstance(before, dict):
        return list(before) == list(after) and all(map(_unchanged, before.values(), after.values()))
    return before == after if isinstance(before, set | int | float | str | bytes) else True


IDLE = {"RESUME", "NOP", "LOAD_CONST", "POP_TOP", "RETURN_VALUE", "RETURN_CONST"}
RAISE = {"LOAD_GLOBAL", "LOAD_COMMON_CONSTANT", "PUSH_NULL", "PRECALL", "CALL", "CALL_FUNCTION",
         "RAISE_VARARGS"}  # fmt: skip
"""Steps of a function that does nothing, and those of `raise NotImplementedError()`."""


def is_stub(function: Callable) -> bool:
    """Whether a function's body is only `...`, `pass` or `raise NotImplementedError()`."""
    code = getattr(function, "__code__", None)
    if code is None:
        return False
    steps = {step.opname for step in _steps(function)} - {"CACHE"}
    if "RAISE_VARARGS" in steps:
        return steps <= IDLE | RAISE and set(code.co_names) <= {"NotImplementedError"}
    return steps <= IDLE and set(code.co_consts) <= {None, ..., function.__doc__}


def _steps(function: Callable) -> Iterator[dis.Instruction]:
    """The steps of a Python function as it was compiled; of other functions none."""
    return dis.get_instructions(function) if hasattr(function, "__code__") else iter(())


GIVE_NOTHING = {
    "append": _("append changes its list"),
    "extend": _("extend changes its list"),
    "insert": _("insert changes its list"),
    "sort": _("sort changes its list"),
    "reverse": _("reverse changes its list"),
    "update": _("update changes its dictionary"),
    "add": _("add changes its set"),
    "save": _("save writes a file"),
    "show": _("show shows a picture"),
    "print": _("print shows a value"),
    "display": _("display shows a value"),
    "set_timesteps": _("set_timesteps sets up the scheduler"),
}
"""Calls that learners return although they give None, and what they do instead."""


def _about_nothing(answer: Callable) -> str:
    """What to say of a function that came to its end with None."""
    steps = [step for step in _steps(answer) if step.opname not in ("NOP", "CACHE", "RESUME")]
    if len(steps) > 1 and steps[-1].opname == "RETURN_VALUE" and "CALL" in steps[-2].opname:
        called = [str(step.argval) for step in steps if step.argval in GIVE_NOTHING]
        if called:
            return _(
                "your function returns nothing: {effect} and gives None back. Call it on a line of "
                "its own, and return the value itself.",
                effect=GIVE_NOTHING[called[-1]],
            )
    return _("your function returns nothing. Does its last line start with `return`?")


def page_names(function: Callable) -> list[str]:
    """Names of the page's data (not of modules, functions, classes) that a function reads."""
    scope = getattr(function, "__globals__", {})
    names = [step.argval for step in _steps(function) if step.opname == "LOAD_GLOBAL"]
    return [name for name in dict.fromkeys(names) if _is_data(scope.get(name))]


def _is_data(value: Any) -> bool:
    return isinstance(value, Tensor | np.ndarray | int | float | str | list | tuple | dict | set)


def unused_arguments(function: Callable) -> list[str]:
    """Names of the arguments that a function never looks at."""
    code = getattr(function, "__code__", None)
    if code is None:
        return []
    read: set[str] = set(code.co_cellvars)  # read by a function inside
    for step in _steps(function):
        if "LOAD" in step.opname:
            read |= set(step.argval) if isinstance(step.argval, tuple) else {str(step.argval)}
    return [name for name in code.co_varnames[: code.co_argcount] if name not in read]
