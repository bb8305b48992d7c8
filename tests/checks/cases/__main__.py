"""Prints what the checks refuse and accept."""

from __future__ import annotations

import argparse
from time import perf_counter

from tests.checks.cases import LESSONS
from tests.checks.cases.runner import Outcome, outcomes


def main(arguments: list[str] | None = None) -> None:
    """Prints a line for each exercise, the misses, and the totals; with -v what the checks said."""
    parser = argparse.ArgumentParser("python -m tests.checks.cases", description=__doc__)
    parser.add_argument("-v", action="store_true", help="print what the checks said, too")
    parser.add_argument("lesson", nargs="*", help=f"of {', '.join(LESSONS)}; none: all of them")
    asked = parser.parse_args(arguments)
    for lesson in asked.lesson:  # `choices` refuses an empty list in some releases of Python
        if lesson not in LESSONS:
            parser.error(f"lesson must be one of {', '.join(LESSONS)}, got {lesson}")
    everything: list[Outcome] = []
    print("exercise  wrong refused  right accepted  seconds")
    for lesson in asked.lesson or LESSONS:
        begun = perf_counter()
        for exercise, found in outcomes(lesson).items():
            print(f"{exercise:8}  {count(found, 'wrong'):>13}  {count(found, 'right'):>14}")
            everything += found
        print(f"{'lesson ' + lesson:41}{perf_counter() - begun:7.1f}")
    print_misses(everything, asked.v)
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
    main()
