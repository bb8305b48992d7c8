"""Questions to a learner's function: cases that stand nowhere on the page, and known mistakes.

    QUESTIONS = Questions(
        reference=maths.snr,
        cases=[(torch.tensor([0.8, 0.3]),), (torch.tensor([0.15]),)],
        mistakes={"this is noise over signal. Turn the fraction over.": lambda a: (1 - a) / a},
    )
    QUESTIONS.put_to(answer)

The right results are computed first, from copies of their own, so no answer can bend them. A
mistake is a function too, and is recognised only if it gives what the learner's gives in *every*
case, or stops there with the same words. Cases differ in size and share no number with the page,
and a test holds that no mistake is right in all of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from ..language import _
from . import reading
from .calling import Stopped, ask, copied, page_names, parameters, unused_arguments
from .core import Hint

PRECISION = {torch.float16: 1e-2, torch.bfloat16: 5e-2}
"""What half precision may be off, for a size of one."""


@dataclass(frozen=True)
class Questions:
    """What a function is asked, and what is known of wrong answers.

    Attributes:
        reference: gives the right results: a function, or the source of one.
        cases: the arguments of each question, at least two.
        mistakes: hint -> a function that makes this mistake, or several that deserve the hint.
        read: brings a result to the form that is compared, or raises `Hint`.
        advice: what to say of a wrong answer that no known mistake explains.
        precision: what a right result may be off, for a size of one. Precision alone is never a
            mistake: the default leaves room for half precision inside.
        may_change: whether the task allows a change of the arguments in place.
    """

    reference: Callable | str
    cases: Sequence[tuple]
    mistakes: Mapping[str, Callable | tuple[Callable, ...]] = field(default_factory=dict)
    read: Callable[[Any], Any] = reading.tensor
    advice: str = ""
    precision: float = 2e-3
    may_change: bool = False

    def put_to(self, answer: Callable) -> None:
        """Nothing, if the answer is right in every case.

        Raises:
            Hint: it is wrong, and most likely why.
            NotDone: it is still the stub.
        """
        right = self.results(self.solve)
        came = [self.outcome(answer, case) for case in self.cases]
        if not self.agree(came, right):
            raise Hint(self._why(answer, came, right))

    def outcome(self, function: Callable, case: tuple) -> Any:
        """How a call ends: what it gives, in the form that is compared, or the `Hint` to a stop."""
        try:
            return self.read(ask(function, *case, may_change=self.may_change))
        except Hint as hint:
            return hint

    @property
    def solve(self) -> Callable:
        """The reference as a function."""
        return self.reference if callable(self.reference) else compiled(self.reference)

    def known_mistakes(self) -> Iterator[tuple[str, Callable]]:
        """(hint, function that makes the mistake), one after the other."""
        for hint, mistakes in self.mistakes.items():
            yield from ((hint, each) for each in _several(mistakes))

    def results(self, function: Callable) -> list:
        """What the right function gives in each case, in the form that is compared."""
        return [self.read(function(*copied(case))) for case in self.cases]

    def agree(self, came: list, right: list, precision: float = 0.0) -> bool:
        """Whether two lists of results are the same, as far as precision allows."""
        allowed = max(precision, self.precision)
        return all(_same(*pair, allowed) for pair in zip(came, right, strict=True))

    def makes(self, mistake: Callable, came: list) -> bool:
        """Whether a mistake explains all that came; at the first difference no more is computed."""
        cases = zip(came, self.cases, strict=True)
        return all(_same(one, self.outcome(mistake, case), self.precision) for one, case in cases)

    def _why(self, answer: Callable, came: list, right: list) -> str:
        """The hint for a wrong answer: a known mistake first, then what can be seen of it."""
        refused = [outcome for outcome in came if isinstance(outcome, Hint)]
        if refused and not isinstance(refused[0], Stopped):
            return str(refused[0])
        for hint, mistake in self.known_mistakes():
            if self.makes(mistake, came):
                return hint
        if refused:
            return str(refused[0])
        if not self.makes(answer, came):
            return _(
                "the same input gave two results. No random numbers inside, and nothing that is "
                "kept from one call to the next: all that you need comes in as an argument."
            )
        wrong = next(n for n, pair in enumerate(zip(came, right, strict=True))
                     if not close(*pair, self.precision))  # fmt: skip
        seen = _difference(came[wrong], right[wrong])
        if given := _plain(self.solve, self.cases[wrong]):
            seen = _("for {given} {seen}", given=given, seen=seen)
        reason = self._about_arguments(answer) or self.advice
        return _("{seen} {reason}", seen=seen, reason=reason) if reason else seen

    def _about_arguments(self, answer: Callable) -> str:
        """What is suspicious about the names that a function reads, if anything is."""
        asked = parameters(self.solve, len(self.cases[0]))
        own = parameters(answer, len(asked))
        if own != asked and sorted(own) == sorted(asked):
            return _("Your arguments stand in another order than in the task: {names}.",
                     names=", ".join(asked))  # fmt: skip
        if names := page_names(answer):
            return _("Your function uses {name} of the page. Use its arguments alone.",
                     name=names[0])  # fmt: skip
        if names := unused_arguments(answer):
            return _("Your function never uses its argument {name}.", name=names[0])
        return ""


def _several(mistakes: Callable | tuple[Callable, ...]) -> tuple[Callable, ...]:
    return mistakes if isinstance(mistakes, tuple) else (mistakes,)


def _same(came: Any, right: Any, precision: float) -> bool:
    """Whether two outcomes agree; of two stops, whether they are told in the same words."""
    if isinstance(came, Hint) and isinstance(right, Hint):
        return _without_line(came) == _without_line(right)
    if isinstance(came, Hint) or isinstance(right, Hint):
        return False
    return close(came, right, precision)


def _without_line(stop: Hint) -> str:
    return stop.told if isinstance(stop, Stopped) else str(stop)


def compiled(source: str) -> Callable:
    """The last function that a source defines."""
    scope: dict[str, Any] = {"__name__": __name__}
    before = set(scope)
    exec(source, scope)  # our own text, the one that `solution` prints
    return [value for name, value in scope.items() if name not in before and callable(value)][-1]


def close(came: Any, right: Any, precision: float = 2e-3) -> bool:
    """Whether two results that were read agree: tensors, numbers, or lists of them."""
    if isinstance(right, Tensor):
        return isinstance(came, Tensor) and _tensors_close(came, right, precision)
    if isinstance(right, tuple | list):
        return (
            isinstance(came, tuple | list)
            and len(came) == len(right)
            and all(close(*pair, precision) for pair in zip(came, right, strict=True))
        )
    if isinstance(came, Tensor | tuple | list):  # several, where one is expected
        return False
    if isinstance(right, float) or isinstance(came, float):
        return math.isclose(came, right, rel_tol=precision, abs_tol=1e-9)
    return came == right


def _tensors_close(came: Tensor, right: Tensor, precision: float) -> bool:
    if came.shape != right.shape or not right.numel():
        return came.shape == right.shape
    off = max(precision, PRECISION.get(came.dtype, 0.0))
    came, right = came.double(), right.double()
    size = float(right.nan_to_num(0.0, 0.0, 0.0).square().mean().sqrt())
    return torch.allclose(came, right, rtol=off, atol=off * size, equal_nan=True)


def _difference(came: Any, right: Any) -> str:
    """What came and what was expected: the form first, then whether it is finite, then a number."""
    if isinstance(right, list) and isinstance(came, list):
        return _difference_of_lists(came, right)
    if not isinstance(right, Tensor):
        return _expected(reading.shown(right), reading.shown(came))
    if came.shape != right.shape:
        shape = tuple(came.shape) if came.ndim else _("one number")
        return _("expected the shape {right}, got {came}.", right=tuple(right.shape), came=shape)
    if not bool(came.isfinite().all()):
        return _(
            "the result is not finite: it holds nan or inf, as the root of a negative number and "
            "a division by 0 do."
        )
    far = (came.double() - right.double()).abs()
    place = int(far.argmax())
    got, expected = (float(values.flatten()[place]) for values in (came, right))
    where = [int(index) for index in torch.unravel_index(torch.tensor(place), right.shape)]
    if not where:
        return _expected(f"{expected:.4g}", f"{got:.4g}")
    return _("expected {right:.4g} at {where}, got {came:.4g}.",
             right=expected, where=where, came=got)  # fmt: skip


def _expected(right: str, came: str) -> str:
    return _("expected {right}, got {came}.", right=right, came=came)


def _difference_of_lists(came: list, right: list) -> str:
    if len(came) != len(right):
        return _("expected {count} values, got {came}.", count=len(right), came=reading.shown(came))
    place = next(n for n, pair in enumerate(zip(came, right, strict=True)) if not close(*pair))
    got, expected = reading.shown(came[place]), reading.shown(right[place])
    return _("expected {right} at place {place}, got {came}.",
             right=expected, place=place, came=got)  # fmt: skip


def _plain(reference: Callable, case: tuple) -> str:
    """Those arguments of a case that are numbers or texts, as in "side = 96, name = 'a'"."""
    named = zip(parameters(reference, len(case)), case, strict=True)
    plain = [f"{name} = {reading.shown(value)}" for name, value in named
             if isinstance(value, int | float | str)]  # fmt: skip
    return ", ".join(plain)
