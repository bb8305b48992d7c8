"""The learner's side of `python -m helpers serve`: a pipeline that draws on the teacher's machine.

Plain HTTP with the standard library. What comes back is checked as any file that comes from
somewhere: safetensors, whose every shape and number `Trajectory.load` looks at.
"""

from __future__ import annotations

import base64
import dataclasses
import getpass
import json
import os
import platform
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import safetensors.torch
import torch
from torch import Tensor
from tqdm.auto import tqdm

from ..files import parse_json
from ..language import _
from ..records import StepRecord, Trajectory
from ..runtime import warn_caller
from .frames import ATTENTION, CALL, FAILED, NOTES, PICTURES, RUN, STEP, WAITING, read_frames

PATIENCE = 60.0
"""Seconds without any sign of life; the room gives one every few seconds."""

TRIES, PAUSE = 4, 2.0
"""How often a request is made when the connection breaks, and seconds before the second time, which
double. The same request gives the same picture, so that nothing is lost by asking again."""

REFUSED: dict[int, type[Exception]] = {401: PermissionError, 429: RuntimeError}


def is_address(model: object) -> bool:
    """Whether a model's name is the address of a teacher's machine: a page's has a path as well."""
    return isinstance(model, str) and re.fullmatch("https?://[^/?#]*/?", model) is not None


@dataclasses.dataclass
class Watch:
    """What is to be recorded of one run.

    Attributes:
        attention: what is recorded, as plain JSON.
        take: gets the file.
        begun: whether a run was accepted.
        taken: whether its file came.
    """

    attention: Mapping[str, Any]
    take: Callable[[bytes], None]
    begun: bool = False
    taken: bool = False

    def check(self) -> None:
        """Nothing, if a run may begin.

        Raises:
            RuntimeError: it would be the second.
        """
        if self.begun:
            raise RuntimeError(
                _("capture_attention: a second run began; open one `with` for each run")
            )


class Remote:
    """A model on the teacher's machine, for `denoise`, `generate` and `decode`.

    Attributes:
        address: "http://teacher:8000".
        name_or_path: what the teacher's machine calls its model.
        vae_scale_factor: pixels of a latent's side.
    """

    def __init__(self, address: str) -> None:
        """Asks the machine what it draws with.

        Args:
            address: with the class's token, "http://TOKEN@teacher:8000", or without it where the
                environment variable COURSE_TOKEN holds it.

        Raises:
            ValueError: it is no address, or something else answers there.
            PermissionError: the token is missing or wrong.
            OSError: nothing answers there.
        """
        try:
            parts = urlsplit(address)
            host, port = parts.hostname, parts.port
        except ValueError:
            host = None
        if not host:  # not repeated: it may hold the token
            raise ValueError(_('model: this is no address such as "http://teacher:8000"'))
        self.address = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        self._kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._place = (host, port)
        token = unquote(parts.username or "") or os.environ.get("COURSE_TOKEN", "").strip()
        who = re.sub(r"[^\w.-]", "-", f"{_user()}.{platform.node()}", flags=re.ASCII)
        self._headers = {
            "Authorization": f"Bearer {token}",
            "X-Learner": who[:64],
            "Connection": "close",  # so that a learner who stops is seen to have gone
        }
        self._watch: Watch | None = None
        about = self._json(self._open("GET", "/about").read(2**16))
        try:
            self.name_or_path = str(about["model"])
            self.vae_scale_factor, self._most = int(about["factor"]), int(about["pictures"])
        except (KeyError, TypeError, ValueError) as error:
            raise self._stranger(error) from error

    def __repr__(self) -> str:
        return f"<{self.name_or_path} at {self.address}>"

    def __getattr__(self, name: str) -> Any:
        """What a pipeline has and this has not: its parts stay on the teacher's machine."""
        if name.startswith("_"):  # `copy` and others ask for what nobody has
            raise AttributeError(name)
        raise AttributeError(
            _(
                "pipe.{name}: the model's parts are on the teacher's machine; generate, denoise, "
                "decode, again and capture_attention work from here, and what looks inside needs a "
                'model on this one, as pipe = load("tiny")',
                name=name,
            )
        )

    @contextmanager
    def watch(self, attention: Mapping[str, Any], take: Callable[[bytes], None]) -> Iterator[None]:
        """Has the attention of the one run made inside `with` recorded, on the teacher's machine.

        Args:
            attention: what is recorded, as plain JSON.
            take: gets the file of `attention.packed`, before the run is given back.

        Raises:
            RuntimeError: one is open already, a second run began, or none was followed to its end.
        """
        if self._watch is not None:
            raise RuntimeError(
                _("capture_attention: another `with` is open on this machine; close it first")
            )
        self._watch = watch = Watch(attention, take)
        try:
            yield
        finally:
            self._watch = None
        if not watch.taken:
            raise RuntimeError(
                _(
                    "no run was followed to its end inside `with`, and the teacher's machine sends "
                    "the maps after the last step; loop over denoise inside the block, to its end"
                )
            )

    def denoise(self, asked: Mapping[str, Any]) -> Iterator[StepRecord]:
        """The steps of a run as they come; a request that is not allowed is told at once.

        Args:
            asked: the arguments, as plain JSON.

        Raises:
            ValueError: the teacher's machine cannot draw this.
            RuntimeError: it has no place for more requests, or gave up.
            OSError: the connection broke, and again when it was tried again.
        """
        pieces = self._pieces({**asked, "want": "steps"})
        return (_step(data) for kind, data in pieces if kind == STEP)

    def generate(self, asked: Mapping[str, Any], progress: bool) -> Trajectory:
        """The whole run; arguments and errors as for `denoise`."""
        with tqdm(disable=not progress) as bar:
            for kind, data in self._pieces({**asked, "want": "run"}):
                if kind == CALL:
                    told = self._json(data)
                    bar.total, bar.n = told["of"], told["call"] + 1
                    bar.refresh()
                if kind == RUN:
                    return _run(data)
        raise ConnectionError(_("{address} ended without a picture", address=self.address))

    def decode(self, latents: Tensor) -> Tensor:
        """The pictures of latents, (B, C, h, w) -> (B, 3, 8 h, 8 w); errors as for `denoise`."""
        return torch.cat([self._decoded(part) for part in latents.split(self._most)])

    def _decoded(self, latents: Tensor) -> Tensor:
        data = base64.b64encode(safetensors.torch.save({"value": latents.contiguous()})).decode()
        size = [side * self.vae_scale_factor for side in latents.shape[2:]]
        asked = {
            "want": "pictures",
            "latents": f"data:application/x-safetensors;base64,{data}",
            "seed": [0] * len(latents),
            "size": size,
        }
        images = safetensors.torch.load(dict(self._pieces(asked))[PICTURES])["value"]
        if images.shape != (len(latents), 3, *size) or images.dtype != torch.float32:
            raise ValueError(_("the answer holds something else than the pictures"))
        return images

    def _pieces(self, asked: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
        """The pieces of an answer; the first refusal comes before this returns."""
        watch = self._watch if asked["want"] != "pictures" else None
        if watch:
            watch.check()
            asked = {**asked, "attention": dict(watch.attention)}
        body = json.dumps(asked).encode()
        answer = self._open("POST", "/draw", body)
        if watch:
            watch.begun = True
        return self._told(self._steadily(body, answer), watch)

    def _steadily(self, body: bytes, first: HTTPResponse) -> Iterator[tuple[str, bytes]]:
        """The pieces, asked for again where the connection breaks; no step comes twice."""
        answer: HTTPResponse | None = first
        steps = 0
        for attempt in range(1, TRIES + 1):
            passed = 0
            try:
                with answer or self._open("POST", "/draw", body) as pieces:
                    for kind, data in read_frames(pieces.read):
                        passed += kind == STEP
                        if kind != STEP or passed > steps:
                            steps = max(steps, passed)
                            yield kind, data
                return
            except (ConnectionError, TimeoutError, HTTPException) as error:
                if attempt == TRIES:
                    raise ConnectionError(
                        _(
                            "{address}: the connection broke ({error})",
                            address=self.address,
                            error=_named(error),
                        )
                    ) from error
            answer = None
            time.sleep(PAUSE * 2 ** (attempt - 1))

    def _told(
        self, pieces: Iterator[tuple[str, bytes]], watch: Watch | None
    ) -> Iterator[tuple[str, bytes]]:
        """The pieces without what is said to the learner, or to who watches: places in the queue,
        warnings, errors, attention."""
        for waiting, group in groupby(pieces, lambda piece: piece[0] == WAITING):
            if waiting:
                self._show_places(group)
                continue
            for kind, data in group:
                if kind == NOTES:
                    for note in self._json(data)["notes"]:
                        warn_caller(str(note))
                elif kind == FAILED:
                    raise RuntimeError(f"{self.address}: {self._json(data)['error']}")
                elif kind == ATTENTION:
                    if watch:
                        watch.take(data)
                        watch.taken = True
                else:
                    yield kind, data

    def _show_places(self, waiting: Iterator[tuple[str, bytes]]) -> None:
        """One line that changes and goes away, as long as there is nothing else to tell."""
        next(waiting, None)  # comes at once, and often the picture with it
        with tqdm(bar_format="{desc}", leave=False, delay=1) as line:
            for _kind, data in waiting:
                line.set_description_str(_place(self._json(data)))

    def _open(self, method: str, path: str, body: bytes | None = None) -> HTTPResponse:
        """The answer, once its first line is there.

        Raises:
            ValueError, PermissionError, RuntimeError: it is a refusal.
            OSError: there is none.
        """
        connection = self._kind(*self._place, timeout=PATIENCE)
        try:
            connection.request(method, path, body, self._headers)
            answer = connection.getresponse()
        except (OSError, HTTPException) as error:
            connection.close()
            raise ConnectionError(
                _(
                    "{address}: nothing answers ({error}); is `python -m helpers serve` running "
                    "there, and the address right?",
                    address=self.address,
                    error=_named(error),
                )
            ) from error
        if answer.status != 200:
            told = answer.reason
            with suppress(ValueError):  # Ray answers in plain text while it has no room
                told = self._json(answer.read(2**16)).get("error", told)
            answer.close()
            kind = ConnectionError if answer.status >= 500 else ValueError
            raise REFUSED.get(answer.status, kind)(f"{self.address}: {told}")
        return answer

    def _json(self, data: bytes) -> dict[str, Any]:
        try:
            told = parse_json(data.decode())
            if not isinstance(told, dict):
                raise ValueError("no JSON object")
            return told
        except ValueError as error:
            raise self._stranger(error) from error

    def _stranger(self, error: Exception) -> ValueError:
        return ValueError(
            _(
                "{address}: what answers is not `python -m helpers serve` ({error}); check the "
                "address",
                address=self.address,
                error=_named(error),
            )
        )


def _user() -> str:
    """The user's name; in some containers there is none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "nobody"


def _named(error: Exception) -> str:
    """What an error says, or its kind where it says nothing."""
    return str(error) or type(error).__name__


def _place(told: Mapping[str, Any]) -> str:
    if not told.get("place"):
        return _("being drawn")
    if told.get("seconds") is None:
        return _("you are number {place}", place=told["place"])
    return _(
        "you are number {place}, about {seconds:.0f} s",
        place=told["place"],
        seconds=told["seconds"],
    )


def _run(data: bytes) -> Trajectory:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.safetensors"
        path.write_bytes(data)
        return Trajectory.load(path)


def _step(data: bytes) -> StepRecord:
    run = _run(data)
    index = run.settings.get("index")
    if len(run) != 1 or not isinstance(index, int):
        raise ValueError(_("the answer holds something else than a step"))
    return dataclasses.replace(run.records[0], index=index)
