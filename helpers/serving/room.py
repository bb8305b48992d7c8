"""The room where a class waits: every request is kept until its last piece was made.

Nothing here knows HTTP or Ray. A replica is a function from a batch to an asynchronous row of
pieces; when it breaks off, for whatever reason, the batch waits again at its old place. A request
that was there when this happened `TOGETHER` times is drawn alone from then on, and given up after
`ATTEMPTS`: one that kills replicas cannot take its neighbours with it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

from .asked import STALLED, Asked, Limits
from .frames import FAILED, LAST, WAITING, Piece, frame
from .line import Line, Ticket

TOGETHER, ATTEMPTS = 2, 4
GATHER = 0.02
"""Seconds that a first request waits for others of the class to come."""

SIGN = 2.0
"""Seconds after which a learner who waits is told the place in the queue."""

log = logging.getLogger(__name__)

Draw = Callable[[Sequence[Asked]], AsyncGenerator[list[Piece], None]]


class Full(Exception):
    """So many wait already."""


@dataclass(eq=False)
class Guest(Ticket):
    """A request with its way back to the learner.

    Attributes:
        asked: the request.
        pieces: what was drawn for it and not sent yet.
        calls: calls of the U-Net that were told; those of another attempt are not told again.
        attempts: how often drawing it broke off.
        done: whether its last piece was made.
        gone: whether nobody waits for it any more.
    """

    asked: Asked = field(kw_only=True)
    pieces: asyncio.Queue[tuple[str, bytes]] = field(default_factory=asyncio.Queue)
    calls: int = 0
    attempts: int = 0
    done: bool = False
    gone: bool = False

    def give(self, piece: Piece) -> None:
        """Hands a piece on, unless it was handed on before or nobody waits for it."""
        if self.gone:
            return
        if piece.call is not None:
            if piece.call < self.calls:
                return
            self.calls = piece.call + 1
        self.done = piece.kind in LAST
        self.pieces.put_nowait((piece.kind, frame(piece.kind, piece.data)))


class Room:
    """The queue, and the work of the replicas."""

    def __init__(self, draw: Draw, lanes: int, limits: Limits) -> None:
        """Makes the room; it works once an event loop runs and the first request is there.

        Args:
            draw: gives a batch to a free replica.
            lanes: number of replicas.
            limits: what may wait.
        """
        self.draw, self.lanes, self.limits = draw, lanes, limits
        self._line, self._open, self._made = Line(), Counter[str](), Counter[str]()
        self._watched = Counter[str]()
        self._drawn: set[Guest] = set()
        self._broken = 0
        self._pace: float | None = None
        self._wake = asyncio.Condition()
        self._workers: list[asyncio.Task[None]] = []

    async def enter(self, learner: str, asked: Asked) -> AsyncIterator[bytes]:
        """The request waits from now on; its pieces as they come, framed.

        Whoever does not want them any more closes the iterator, or lets go of it.

        Raises:
            Full: so many wait already.
        """
        self.check(learner)
        if asked.attention is not None:
            self._check_watched(learner)
        self._staff()
        guest = Guest(learner, asked.key, asked.pictures, asked.cost, asked=asked)
        pieces = self._pieces(guest)
        return _joined(await anext(pieces), pieces)  # begun, so it is closed whatever happens

    def check(self, learner: str) -> None:
        """Nothing, if this learner may ask for more.

        Raises:
            Full: so many wait already.
        """
        most = self.limits
        if self._open.total() >= most.waiting:
            raise Full(f"{most.waiting} requests wait already; try again in a minute")
        if self._open[learner] >= most.each:
            raise Full(f"{most.each} of your requests wait already; wait for one of them")
        if learner not in self._made and len(self._made) >= most.learners:
            idle = [one for one in self._made if not self._open[one]]
            if not idle:
                raise Full(f"{most.learners} learners are here, and no more can be served")
            del self._made[min(idle, key=self._made.__getitem__)]

    def _check_watched(self, learner: str) -> None:
        """Nothing, if this learner may ask for attention maps, which are large.

        Raises:
            Full: so many are asked for already.
        """
        most = self.limits
        if self._watched[learner] >= most.watched_each:
            raise Full(
                f"{most.watched_each} of your requests for attention wait already; wait for one"
            )
        if self._watched.total() >= most.watched:
            raise Full(f"{most.watched} requests for attention wait already; try again in a minute")

    def table(self) -> list[tuple[str, int, int, int]]:
        """Learner, requests that wait, that are drawn, and pictures so far."""
        drawn, waiting = Counter(guest.learner for guest in self._drawn), self._line.waiting()
        return [
            (learner, waiting.get(learner, 0), drawn[learner], made)
            for learner, made in sorted(self._made.items())
        ]

    def _staff(self) -> None:
        """Sees to it that somebody works for each replica."""
        there = [worker for worker in self._workers if not worker.done()]
        missing = self.lanes - len(there)
        self._workers = there + [asyncio.create_task(self._work()) for _ in range(missing)]

    def counts(self) -> dict[str, int]:
        """How many requests wait and are drawn, and how often a replica broke off."""
        return {"waiting": len(self._line), "drawing": len(self._drawn), "broken": self._broken}

    async def _pieces(self, guest: Guest) -> AsyncGenerator[bytes, None]:
        """The place in the queue, then the guest's pieces as they come, and signs of life while
        there are none."""
        watched = guest.asked.attention is not None
        late = asyncio.get_running_loop().call_later(self.limits.seconds, self._end, guest)
        self._open[guest.learner] += 1
        self._watched[guest.learner] += watched
        self._made[guest.learner] += 0
        self._line.add(guest)
        try:
            yield frame(WAITING, self._place(guest))
            async with self._wake:
                self._wake.notify()
            while True:
                try:
                    kind, data = await asyncio.wait_for(guest.pieces.get(), SIGN)
                except asyncio.TimeoutError:
                    self._staff()
                    kind, data = WAITING, frame(WAITING, self._place(guest))
                yield data
                if kind in LAST:
                    return
        finally:  # done, or the learner has gone
            late.cancel()
            guest.gone = True
            self._line.remove(guest)
            self._open -= Counter({guest.learner: 1})
            self._watched -= Counter({guest.learner: int(watched)})

    def _end(self, guest: Guest) -> None:
        """The time of a request is over, also of one that nobody reads: what was made is let go."""
        while not guest.pieces.empty():
            guest.pieces.get_nowait()
        told = f"not done within {self.limits.seconds:g} s; ask for fewer steps"
        guest.give(Piece(0, FAILED, {"error": told}))
        guest.gone = True
        self._line.remove(guest)

    def _place(self, guest: Guest) -> dict[str, float | None]:
        """The place in the queue, 0 for what is being drawn, and about how long it will take."""
        order = self._line.order()
        if guest not in order:
            return {"place": 0, "seconds": None}
        place = order.index(guest) + 1
        ahead = sum(one.cost for one in (*order[:place], *self._drawn))
        return {"place": place, "seconds": self._pace and ahead * self._pace / self.lanes}

    async def _work(self) -> None:
        """One replica's work: batch after batch, for ever."""
        while True:
            async with self._wake:
                await self._wake.wait_for(lambda: len(self._line))
            if len(self._line) < self.limits.pictures:
                await asyncio.sleep(GATHER)
            if batch := [one for one in self._line.take(self.limits.pictures)
                         if isinstance(one, Guest)]:  # fmt: skip
                await self._serve(batch)

    async def _serve(self, batch: list[Guest]) -> None:
        began = time.monotonic()
        self._drawn.update(batch)
        pieces = self.draw([guest.asked for guest in batch])
        try:
            while not all(guest.gone for guest in batch):
                for piece in await asyncio.wait_for(anext(pieces), STALLED):
                    batch[piece.request].give(piece)
        except StopAsyncIteration:
            if not all(guest.done or guest.gone for guest in batch):
                return self._again(batch)
            spent = (time.monotonic() - began) / sum(guest.cost for guest in batch)
            self._pace = spent if self._pace is None else 0.8 * self._pace + 0.2 * spent
            for guest in batch:
                if guest.learner in self._made:  # one who left may be forgotten
                    self._made[guest.learner] += guest.pictures
        except asyncio.CancelledError:
            self._again(batch)
            raise
        except Exception as error:  # any: a replica died, a machine of the cluster is gone
            log.warning("a batch broke off and is drawn again: %s: %s", type(error).__name__, error)
            self._again(batch)
        finally:
            self._drawn.difference_update(batch)
            await pieces.aclose()

    def _again(self, batch: list[Guest]) -> None:
        """What broke off waits at its old place."""
        self._broken += 1
        back: list[Ticket] = []
        for guest in batch:
            if guest.done or guest.gone:
                continue
            guest.attempts += 1
            if guest.attempts >= TOGETHER:
                guest.key = id(guest)
            if guest.attempts >= ATTEMPTS:
                told = "drawing this broke off several times; ask for something else"
                guest.give(Piece(0, FAILED, {"error": told}))
            else:
                back.append(guest)
        self._line.put_back(back)


async def _joined(first: bytes, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in pieces:
        yield piece
