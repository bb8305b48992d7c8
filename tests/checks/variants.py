"""Ways to write a right function in another form, and to spoil it in a way that fits every task."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from itertools import combinations
from typing import Any

import torch
from torch import Tensor

from helpers.checks.questions import Questions


def through(change: Callable[[Any], Any]) -> Callable[[Callable], Callable]:
    """Turns a function into one whose result is changed."""

    def variant(function: Callable) -> Callable:
        @functools.wraps(function)
        def answer(*args: Any) -> Any:
            return change(function(*args))

        return answer

    return variant


def on_tensors(change: Callable[[Tensor], Any]) -> Callable[[Any], Any]:
    """Changes a tensor, or each of several."""

    def changed(result: Any) -> Any:
        if isinstance(result, tuple):
            return tuple(changed(item) for item in result)
        return change(result) if isinstance(result, Tensor) else change(torch.tensor(result))

    return changed


RIGHT = {
    "float64": through(on_tensors(Tensor.double)),
    "half precision": through(on_tensors(lambda x: x.half() if x.is_floating_point() else x)),
    "numpy": through(on_tensors(Tensor.numpy)),
    "with a gradient": through(
        on_tensors(lambda x: x.clone().requires_grad_() if x.is_floating_point() else x)
    ),
}
"""Results that are as right as before."""


def _exits(function: Callable) -> Callable:
    return lambda *args: sys.exit(function(*args) is None)


def _interrupts(function: Callable) -> Callable:
    def answer(*args: Any) -> Any:
        raise KeyboardInterrupt

    return functools.wraps(function)(answer)


def _returns_nothing(function: Callable) -> Callable:
    @functools.wraps(function)
    def answer(*args: Any) -> None:
        function(*args)

    return answer


def _yields(function: Callable) -> Callable:
    @functools.wraps(function)
    def answer(*args: Any) -> Any:
        yield function(*args)

    return answer


def _waits(function: Callable) -> Callable:
    @functools.wraps(function)
    async def answer(*args: Any) -> Any:
        return function(*args)

    return answer


SPOILT: dict[str, tuple[Callable[[Callable], Callable], str]] = {
    "exit": (_exits, "leaves Python with exit()"),
    "interrupt": (_interrupts, "KeyboardInterrupt"),
    "no return": (_returns_nothing, "returns nothing"),
    "yield": (_yields, "generator"),
    "async": (_waits, "promise"),
    "text": (through(str), "'"),
}
"""Name -> (how it is spoilt, what the verdict says)."""


def in_place(function: Callable, number: int = 0) -> Callable:
    """A function that is right, and changes an argument: a tensor, a list, a dictionary."""

    @functools.wraps(function)
    def answer(*args: Any) -> Any:
        result = function(*args)
        given = args[number]
        result = result.clone() if isinstance(result, Tensor) else result
        if isinstance(given, Tensor):
            given.mul_(0.5)
        else:
            given.clear()
        return result

    return answer


def assert_told_apart(questions: Questions) -> None:
    """No known mistake is right in every case, and no two of them give the same."""
    right = questions.results(questions.solve)
    seen = [(hint, [questions.outcome(each, case) for case in questions.cases])
            for hint, each in questions.known_mistakes()]  # fmt: skip
    for hint, outcomes in seen:
        assert not questions.agree(outcomes, right), hint
    for (one, first), (other, second) in combinations(seen, 2):
        assert not questions.agree(first, second), (one, other)
