"""Answers that every check of a function must know, made from its reference.

for name, answer in right_variants(reference).items(): ...   # all of them are right
for answer, hint in told_everywhere(reference): ...          # none is; each has its hint
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

Rows = list[tuple[Callable, str]]


def each(values: Any, change: Callable[[Tensor], Any]) -> Any:
    """The values, with a change made to every tensor of real numbers among them."""
    if isinstance(values, tuple | list):
        return type(values)(each(value, change) for value in values)
    return change(values) if isinstance(values, Tensor) and values.is_floating_point() else values


def right_variants(reference: Callable) -> dict[str, Callable]:
    """The reference, written by people with other habits: precision, arrays, gradients, views."""
    return {
        "float64 inside and out": lambda *given: reference(*each(given, Tensor.double)),
        "float64 out": lambda *given: each(reference(*given), Tensor.double),
        "float64 inside": lambda *given: each(reference(*each(given, Tensor.double)), Tensor.float),
        "half out": lambda *given: each(reference(*given), Tensor.half),
        "numpy out": lambda *given: each(reference(*given), Tensor.numpy),
        "numpy float64 out": lambda *given: each(reference(*given), lambda x: x.double().numpy()),
        "with gradient": lambda *given: each(
            reference(*given), lambda x: x.clone().requires_grad_()
        ),
        "another layout": lambda *given: each(
            reference(*given), lambda x: x.t().contiguous().t() if x.ndim == 2 else x
        ),
        "any arguments": lambda *given: reference(*given),
        "prints": lambda *given: print("looking") or reference(*given),
    }


def number_variants(reference: Callable) -> dict[str, Callable]:
    """A reference that gives one number, in all types in which a number may come."""

    def as_type(make: Callable[[float], Any]) -> Callable:
        return lambda *given: make(float(reference(*given)))

    return {
        "float": as_type(float),
        "float64 of numpy": as_type(np.float64),
        "array without axes": as_type(np.asarray),
        "tensor without axes": as_type(torch.tensor),
        "tensor of one number": as_type(lambda value: torch.tensor([value]).double()),
        "parameter": as_type(lambda value: torch.nn.Parameter(torch.tensor(value))),
    }


def told_everywhere(reference: Callable, *, in_place: bool = True) -> Rows:
    """(answer, hint): what is wrong in every exercise.

    Args:
        reference: a right answer.
        in_place: whether the arguments hold something that can be altered, and must not be.
    """
    rows = list(_stopping(reference)) + list(_without_result(reference))
    return rows + ([(changing(reference), "your function changes what it was given")] * in_place)


def _stopping(reference: Callable) -> Iterator[tuple[Callable, str]]:
    def raising(error: BaseException) -> Callable:
        def answer(*given):
            reference(*given)
            raise error

        return answer

    yield (lambda *given: sys.exit(0)), "leaves Python with exit()"
    yield raising(KeyboardInterrupt()), "stopped with KeyboardInterrupt, which it raised itself"
    yield raising(GeneratorExit()), "stopped with GeneratorExit"
    yield raising(ValueError("too\n\nlong " * 400)), "your code stopped with ValueError: too long"
    yield (lambda *given: 1 / 0), "your code stopped with ZeroDivisionError: division by zero"
    yield (lambda *given: endless(*given)), "your function calls itself without end"


def endless(*given):
    return endless(*given)


def _without_result(reference: Callable) -> Iterator[tuple[Callable, str]]:
    async def promised(*given):
        return reference(*given)

    def generated(*given):
        yield reference(*given)

    def appended(*given):
        found = []
        return found.append(reference(*given))

    def forgotten(*given):
        reference(*given)

    yield promised, "write `def`, not `async`"
    yield generated, "Write `return`, not `yield`"
    yield appended, "append changes its list and gives None back"
    yield forgotten, "your function returns nothing. Does its last line start with `return`?"
    yield (lambda: 0), "Keep the line with `def` as it was"


def changing(reference: Callable) -> Callable:
    """The reference, which alters its first argument that can be altered once it is done."""

    def answer(*given):
        result = reference(*given)
        for value in given:
            if isinstance(value, Tensor):
                value.zero_()
                return result
            if isinstance(value, list | dict):
                value.clear()
                return result
        raise AssertionError("nothing here can be altered: say in_place=False")

    return answer
