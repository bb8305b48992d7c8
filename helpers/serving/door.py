"""The door of the room: HTTP, tokens, limits on what is read, and the teacher's page.

Whatever is sent, the answer to it is never 5xx: a refusal is 4xx and a sentence, in JSON. Bodies
are read up to a limit, before anything is made of them, and only of those who know a token.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Mapping

from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse

from .asked import About, Limits, read_request
from .page import page
from .room import Draw, Full, Room

READING = 30.0
"""Seconds in which a request must have arrived."""

READERS = 32
"""Requests that are read at a time; each takes memory."""

LEARNER = re.compile(r"[\w.@-]{1,64}", re.ASCII)


class Refused(Exception):
    """An answer of 4xx, with a sentence."""

    def __init__(self, status: int, sentence: str, **headers: str) -> None:
        super().__init__(sentence)
        self.status, self.headers = status, headers


class Door:
    """What answers to HTTP, and the room behind it."""

    def __init__(
        self,
        draw: Draw,
        about: About,
        tokens: Mapping[str, str],
        teacher: str,
        lanes: int = 1,
        limits: Limits | None = None,
    ) -> None:
        """Makes the room too.

        Args:
            draw, lanes, limits: as for `Room`; the usual limits by default.
            about: what is drawn with.
            tokens: name of a class -> its token.
            teacher: the password of the teacher's page.
        """
        self.about, self.limits = about, limits or Limits()
        self.room = Room(draw, lanes, self.limits)
        self._digests = {name: _digest(token) for name, token in tokens.items()}
        self._teacher = _digest(teacher)
        self._reading = asyncio.Semaphore(READERS)

    async def answer(self, request: Request) -> Response:
        """The answer to any request whatever: never 5xx for what a learner sends."""
        try:
            return await self._route(request)
        except Refused as no:
            return _told(str(no), no.status, no.headers)
        except ClientDisconnect:
            return _told("the request was cut off", 400, {})

    async def _route(self, request: Request) -> Response:
        method, path = request.method, request.url.path
        routes = {
            "/": ("GET", self._page),
            "/health": ("GET", self._health),
            "/about": ("GET", self._tell),
            "/draw": ("POST", self._take),
        }
        if path not in routes:
            raise Refused(404, f"there is nothing here; there are {', '.join(routes)}")
        allowed, answer = routes[path]
        if method != allowed:
            raise Refused(405, f"{path} takes {allowed} only", Allow=allowed)
        return await answer(request)

    async def _health(self, request: Request) -> Response:
        return JSONResponse({"status": "ok", **self.room.counts()})

    async def _page(self, request: Request) -> Response:
        """The queue, for the teacher: who waits and how much was drawn, never what."""
        given = request.headers.get("authorization", "")
        try:
            password = base64.b64decode(given.removeprefix("Basic "), validate=True)
        except (binascii.Error, ValueError):
            password = b""
        if not hmac.compare_digest(_digest(password.partition(b":")[2]), self._teacher):
            raise Refused(
                401,
                "this page is the teacher's: any name, and the teacher's token as password",
                **{"WWW-Authenticate": 'Basic realm="queue", charset="UTF-8"'},
            )
        return HTMLResponse(
            page(self.about.model, self.room.lanes, self.room.counts(), self.room.table()),
            headers={
                "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
                "Cache-Control": "no-store",
            },
        )

    async def _tell(self, request: Request) -> Response:
        self._learner(request)
        about, most = self.about, self.limits
        return JSONResponse(
            {"model": about.model, "factor": about.factor, "pictures": most.pictures}
        )

    async def _take(self, request: Request) -> Response:
        """The request waits, and its pieces are sent as they come."""
        learner = self._learner(request)
        try:
            self.room.check(learner)  # before anything is read
            async with self._reading:
                body = await self._body(request)
                # Unpacking pictures takes time that others need not wait for.
                asked = await asyncio.to_thread(read_request, body, self.about, self.limits)
        except (ValueError, TypeError) as error:
            raise Refused(400, str(error)) from None
        except Full as error:
            raise Refused(429, str(error)) from None
        try:
            pieces = await self.room.enter(learner, asked)
        except Full as error:
            raise Refused(429, str(error)) from None
        return StreamingResponse(pieces, media_type="application/octet-stream")

    def _learner(self, request: Request) -> str:
        """Class and learner, from the token and the name that the learner's side gives."""
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        digest = _digest(given)
        known = [name for name, own in self._digests.items() if hmac.compare_digest(own, digest)]
        if not known:
            raise Refused(
                401,
                'the token is missing or wrong; pass load("http://TOKEN@teacher:8000"), or set '
                "COURSE_TOKEN, with the token that the teacher gave out",
            )
        learner = request.headers.get("x-learner", "nobody")
        if not LEARNER.fullmatch(learner):
            raise Refused(400, "X-Learner must be 1 to 64 letters, digits or any of . _ @ -")
        return f"{known[0]}/{learner}"

    async def _body(self, request: Request) -> bytes:
        """The request's body, never more of it in memory than is allowed."""
        most, body = self.limits.request_bytes, bytearray()
        told = request.headers.get("content-length", "0")
        too_large = Refused(413, f"the request must have at most {most:,} bytes")
        if not told.isascii() or not told.isdigit() or len(told) > 20 or int(told) > most:
            raise too_large

        async def read() -> None:
            async for part in request.stream():
                body.extend(part)
                if len(body) > most:
                    raise too_large

        try:
            await asyncio.wait_for(read(), READING)
        except asyncio.TimeoutError:
            raise Refused(408, f"the request did not arrive within {READING:g} s") from None
        return bytes(body)


def _told(sentence: str, status: int, headers: Mapping[str, str]) -> Response:
    """A refusal. It may quote what came, half characters too, and so is written in ASCII."""
    body = json.dumps({"error": sentence})
    return Response(body, status, headers, media_type="application/json")


def _digest(secret: str | bytes) -> bytes:
    """Of equal length whatever the secret, so that comparing it tells nothing."""
    data = secret if isinstance(secret, bytes) else secret.encode("utf-8", "surrogateescape")
    return hashlib.sha256(data).digest()
