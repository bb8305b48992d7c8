"""Who is next: fair between learners, whoever asks first and however much.

Every learner has an account of the calls of the U-Net that were made for it, and the one with the
least is next. A learner who comes, or comes back, starts level with the least of those who wait:
nobody saves up turns by staying away, and nobody has to make up for those who were there before.
This is the idea of start-time fair queueing (Goyal, Vin and Cheng 1996).
"""

from __future__ import annotations

import heapq
import itertools
from collections import defaultdict, deque
from collections.abc import Hashable
from dataclasses import dataclass, field

_number = itertools.count()


@dataclass(eq=False)
class Ticket:
    """One waiting request.

    Attributes:
        learner: whose it is.
        key: only requests of equal keys are drawn side by side.
        pictures: how many it asks for.
        cost: calls of the U-Net, times pictures.
        number: in order of arrival.
    """

    learner: str
    key: Hashable
    pictures: int
    cost: float
    number: int = field(default_factory=lambda: next(_number))


class Line:
    """The waiting requests of all learners."""

    def __init__(self) -> None:
        self._tickets: defaultdict[str, deque[Ticket]] = defaultdict(deque)
        self._account: dict[str, float] = {}
        self._order: list[Ticket] | None = None

    def __len__(self) -> int:
        """Number of waiting requests."""
        return sum(map(len, self._tickets.values()))

    def waiting(self) -> dict[str, int]:
        """Learner -> number of its waiting requests, where there are any."""
        return {learner: len(tickets) for learner, tickets in self._tickets.items()}

    def add(self, ticket: Ticket) -> None:
        """The request waits behind others of the same learner."""
        least = min(map(self._account.__getitem__, self._tickets), default=0.0)
        before = self._account.get(ticket.learner, 0.0)
        if ticket.learner not in self._tickets:
            self._account[ticket.learner] = max(before, least)
        self._tickets[ticket.learner].append(ticket)
        self._order = None

    def put_back(self, tickets: list[Ticket]) -> None:
        """What `take` gave, and was not drawn, waits again at its old place."""
        for ticket in reversed(tickets):
            self._tickets[ticket.learner].appendleft(ticket)
            self._account[ticket.learner] = self._account.get(ticket.learner, 0.0) - ticket.cost
        self._order = None

    def remove(self, ticket: Ticket) -> None:
        """The request waits no more, if it did."""
        if ticket in self._tickets.get(ticket.learner, ()):
            self._tickets[ticket.learner].remove(ticket)
            self._clear(ticket.learner)

    def take(self, most: int) -> list[Ticket]:
        """The next requests to be drawn side by side, at most so many pictures; none of an empty
        line. The first is that of the learner who is next, be it as large as it may; others of the
        same key are added, again each from the learner with the least account.
        """
        if not self._tickets:
            return []
        first = self._tickets[min(self._tickets, key=self._turn)][0]
        taken: list[Ticket] = []
        following: Ticket | None = first
        while following is not None:
            taken.append(following)
            self._account[following.learner] += following.cost
            self._tickets[following.learner].remove(following)
            self._clear(following.learner)
            most -= following.pictures
            following = self._beside(first.key, most)
        return taken

    def order(self) -> list[Ticket]:
        """All waiting requests, in the order in which they would be taken one by one."""
        if self._order is None:
            accounts = [(*self._turn(learner), learner, 0) for learner in self._tickets]
            heapq.heapify(accounts)
            self._order = []
            while accounts:
                account, _, learner, place = heapq.heappop(accounts)
                tickets = self._tickets[learner]
                self._order.append(tickets[place])
                if place + 1 < len(tickets):
                    account += tickets[place].cost
                    heapq.heappush(
                        accounts, (account, tickets[place + 1].number, learner, place + 1)
                    )
        return self._order

    def _beside(self, key: Hashable, most: int) -> Ticket | None:
        """The next request of this key and at most so many pictures."""
        for learner in sorted(self._tickets, key=self._turn):
            for ticket in self._tickets[learner]:
                if ticket.key == key and ticket.pictures <= most:
                    return ticket
        return None

    def _turn(self, learner: str) -> tuple[float, int]:
        return self._account[learner], self._tickets[learner][0].number

    def _clear(self, learner: str) -> None:
        """Keeps no learner without requests, and no account when nobody waits."""
        self._order = None
        if not self._tickets[learner]:
            del self._tickets[learner]
        if not self._tickets:
            self._account.clear()
