"""How an answer travels: pieces, each a kind, a length and that many bytes, until a last one.

An answer that ends without a last piece was cut off, and both sides know it.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

WAITING, CALL, STEP, RUN, PICTURES, NOTES, FAILED, END, ATTENTION = (
    "waiting", "call", "step", "run", "pictures", "notes", "failed", "end", "attention",
)  # fmt: skip
"""waiting and call tell how far it is, notes are warnings, failed is an error: JSON. A step and a
run are files of `Trajectory.save`, pictures a safetensors file with one tensor, attention one of
`attention.packed`. end is empty."""

KINDS = (WAITING, CALL, STEP, RUN, PICTURES, NOTES, FAILED, END, ATTENTION)
LAST = (RUN, PICTURES, FAILED, END)

HEAD = struct.Struct(">BQ")
MOST_BYTES = {ATTENTION: 2**28 + 2**24}
"""Of a piece that has a limit of its own."""

MOST_BYTES_ELSE = 2**31
"""Of others: a run of 50 steps and eight pictures of 512 x 512 pixels has a fifth of a billion."""


class Piece(NamedTuple):
    """A part of an answer.

    Attributes:
        request: number of the request in its batch.
        kind: one of `KINDS`.
        data: what `frame` writes.
        call: number of the call of the U-Net that it tells of; None for other pieces.
    """

    request: int
    kind: str
    data: Any
    call: int | None = None


def frame(kind: str, data: bytes | dict[str, Any] = b"") -> bytes:
    """A piece as it is sent; what is not bytes is written as JSON."""
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    return HEAD.pack(KINDS.index(kind), len(body)) + body


def read_frames(read: Callable[[int], bytes]) -> Iterator[tuple[str, bytes]]:
    """The pieces of an answer, up to its last.

    Args:
        read: gives so many bytes, fewer only where the answer ends.

    Raises:
        ConnectionError: it was cut off.
        ValueError: it is no answer of this program, or a piece is too large to be true.
    """
    kind = ""
    while kind not in LAST:
        number, length = HEAD.unpack(_exactly(read, HEAD.size))
        kind = KINDS[number] if number < len(KINDS) else ""
        if not kind or length > MOST_BYTES.get(kind, MOST_BYTES_ELSE):
            raise ValueError(
                f"the answer holds a piece of kind {number} and {length:,} bytes, which is none of "
                "`python -m helpers serve`; check the address"
            )
        yield kind, _exactly(read, length)


def _exactly(read: Callable[[int], bytes], length: int) -> bytes:
    found = bytearray()
    while len(found) < length:
        more = read(length - len(found))
        if not more:
            raise ConnectionError("the answer was cut off")
        found += more
    return bytes(found)
