"""A room behind a real port in this process, without Ray: the same HTTP, the same queue."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.requests import Request

from helpers.serving.asked import About, Asked
from helpers.serving.door import Door
from helpers.serving.frames import CALL, RUN, Piece
from helpers.serving.room import Room

TOKEN, TEACHER = "a-token-of-the-class", "a-token-of-the-teacher"

ABOUT = About("tiny", 20, 2.0, (128, 128), 8, 4, "DDIMScheduler", ("DDIMScheduler",))


@contextmanager
def served(draw: Any, about: About = ABOUT, **options: Any) -> Iterator[tuple[str, Room]]:
    """The address of a room that listens, and the room.

    Args:
        draw, about, options: as for `Door`.
    """
    options = {"tokens": {"7b": TOKEN, "8a": TOKEN[::-1]}, "teacher": TEACHER, **options}
    door = Door(draw, about, **options)

    async def app(scope: dict, receive: Any, send: Any) -> None:
        response = await door.answer(Request(scope, receive))
        await response(scope, receive, send)

    config = uvicorn.Config(app, log_level="error", lifespan="off")
    server, listening = uvicorn.Server(config), socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://{{}}127.0.0.1:{listening.getsockname()[1]}", door.room
    finally:
        server.should_exit = server.force_exit = True
        thread.join(20)


class Painter:
    """Draws nothing, and takes down what it was asked; each call of the U-Net takes a moment."""

    def __init__(
        self,
        moment: float = 0.0,
        break_at: Sequence[int] = (),
        hang_at: Sequence[int] = (),
        poison: str | None = None,
    ) -> None:
        self.moment, self.break_at, self.hang_at = moment, break_at, hang_at
        self.poison = poison
        self.batches: list[list[str]] = []
        self.stopped = 0

    async def __call__(self, batch: Sequence[Asked]) -> AsyncIterator[list[Piece]]:
        number = len(self.batches)
        self.batches.append([text for asked in batch for text in asked.prompt])
        try:
            for call in range(batch[0].steps):
                await asyncio.sleep(600 if number in self.hang_at else self.moment)
                if call == 1 and (number in self.break_at or self.poison in self.batches[-1]):
                    raise RuntimeError("the replica died")
                told = {"call": call, "of": batch[0].steps}
                yield [Piece(k, CALL, told, call) for k in range(len(batch))]
            yield [Piece(k, RUN, asked.prompt[0].encode()) for k, asked in enumerate(batch)]
        except (GeneratorExit, asyncio.CancelledError):
            self.stopped += 1
            raise
