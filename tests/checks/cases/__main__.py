"""Prints what the checks refuse and accept: `python -m tests.checks.cases [-v] [lesson ...]`."""

from __future__ import annotations

import sys
from time import perf_counter

from tests.checks.cases import LESSONS
from tests.checks.cases.runner import Outcome, outcomes


def main(arguments: list[str]) -> None:
    """Prints a line for each exercise, the misses, and the totals; with -v what the checks said."""
    chosen = [word for word in arguments if word != "-v"] or list(LESSONS)
    everything: list[Outcome] = []
    print("exercise  wrong refused  right accepted  seconds")
    for lesson in chosen:
        begun = perf_counter()
        for exercise, found in outcomes(lesson).items():
            print(f"{exercise:8}  {count(found, 'wrong'):>13}  {count(found, 'right'):>14}")
            everything += found
        print(f"{'lesson ' + lesson:41}{perf_counter() - begun:7.1f}")
    print_misses(everything, "-v" in arguments)
    for kind, verb in (("wrong", "refused"), ("right", "accepted")):
        print(f"{kind} {verb}: {count(everything, kind, percent=True)}")


def count(found: list[Outcome], kind: str, percent: bool = False) -> str:
    """How many cases of a kind the checks judged as the table does: "11/12"."""
    missed = [outcome.missed for outcome in found if outcome.kind == kind]
    hits = len(missed) - sum(missed)
    share = f" = {hits / max(len(missed), 1):.1%}" if percent else ""
    return f"{hits}/{len(missed)}{share}"


def print_misses(found: list[Outcome], verbose: bool) -> None:
    """Names what the checks were mistaken about."""
    for outcome in found:
        if outcome.missed and verbose:
            print(outcome)
        elif outcome.missed:
            print(f"{outcome.exercise} {outcome.kind} · {outcome.name}: {outcome.verdict}")


if __name__ == "__main__":
    main(sys.argv[1:])
