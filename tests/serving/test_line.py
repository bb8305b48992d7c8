"""Who is next: fair between learners, in batches, and nothing lost on the way."""

from __future__ import annotations

import pytest

from helpers.serving.line import Line, Ticket


def tickets(learner: str, count: int, key: object = 0, pictures: int = 1) -> list[Ticket]:
    return [Ticket(learner, key, pictures, 10 * pictures) for _ in range(count)]


def add(line: Line, *groups: list[Ticket]) -> None:
    for group in groups:
        for ticket in group:
            line.add(ticket)


def names(found: list[Ticket]) -> str:
    return "".join(ticket.learner for ticket in found)


def test_one_who_asks_for_much_does_not_hold_up_the_others() -> None:
    line = Line()
    add(line, tickets("a", 5), tickets("b", 2), tickets("c", 1))
    assert names(line.order()) == "abcabaaa"
    assert [names(line.take(1)) for _ in range(8)] == list("abcabaaa")
    assert not len(line) and line.take(1) == []


def test_a_batch_is_dealt_out_between_learners() -> None:
    line = Line()
    add(line, tickets("a", 9), tickets("b", 3), tickets("c", 1))
    assert names(line.take(6)) == "abcaba"


def test_large_requests_count_as_much_as_they_take() -> None:
    line = Line()
    add(line, tickets("a", 3, pictures=4), tickets("b", 12))
    assert names([line.take(1)[0] for _ in range(15)]) == "abbbbabbbbabbbb"


def test_only_equal_requests_stand_in_a_batch_and_others_wait_no_longer_for_it() -> None:
    line = Line()
    add(line, tickets("a", 8, "usual"), tickets("b", 1, "odd"), tickets("c", 8, "usual"))
    assert names(line.take(4)) == "acac"
    assert names(line.take(4)) == "b"


def test_a_batch_is_never_fuller_than_full() -> None:
    line = Line()
    add(line, tickets("a", 1, pictures=5), tickets("b", 1, pictures=5), tickets("c", 3))
    assert names(line.take(8)) == "accc"
    assert names(line.take(8)) == "b"


def test_who_comes_later_starts_level_and_saves_nothing_up() -> None:
    line = Line()
    add(line, tickets("a", 20), tickets("b", 20))
    line.take(10)
    add(line, tickets("c", 9))
    assert names([line.take(1)[0] for _ in range(9)]).count("c") in (3, 4)


def test_what_broke_off_comes_back_to_its_old_place() -> None:
    line = Line()
    add(line, tickets("a", 3), tickets("b", 3))
    before = line.order()
    line.put_back(line.take(4))
    assert line.order() == before


def test_what_is_removed_is_gone_and_may_be_removed_again() -> None:
    line = Line()
    mine, yours = tickets("a", 2), tickets("b", 1)
    add(line, mine, yours)
    for _ in range(2):
        line.remove(mine[0])
    assert line.order() == [mine[1], yours[0]] and line.waiting() == {"a": 1, "b": 1}


@pytest.mark.parametrize("most", [1, 8])
def test_nothing_is_kept_of_those_who_have_gone(most: int) -> None:
    line = Line()
    for number in range(50):
        add(line, tickets(str(number), 2))
    while line.take(most):
        pass
    assert not line._account and not line._tickets
