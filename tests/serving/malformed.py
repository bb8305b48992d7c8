"""Requests that are none, each time the same ones: for `/draw`."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

RIGHT: dict[str, Any] = {"want": "run", "prompt": "a castle", "seed": 1, "steps": 2, "size": 128}

WRONG: tuple[Any, ...] = (
    -1, 1.5, 1e400, 10**30, True, [], {}, [[]], {"a": {}}, "\x00" * 9, "\ud800", "../../etc/passwd",
    "data:image/png;base64,AAAA", "data:application/x-safetensors;base64,gASVKAAAAAAAAACMBXBvc2l4",
    ["a"] * 99, "x" * 200_000,
)  # fmt: skip
"""What is allowed nowhere but in a prompt: a pickle among them."""


def malformed(count: int, token: str) -> Iterator[tuple[bytes, dict[str, str]]]:
    """(body, headers) of so many requests, none of which may be drawn."""
    draw = random.Random(0)
    right = json.dumps(RIGHT).encode()
    own = {"Authorization": f"Bearer {token}", "X-Learner": "mallory"}
    fields = ("want", "seed", "steps", "size", "scheduler", "latents", "start", "attention")
    for number in range(count):
        kind = number % 6
        if kind == 0:  # a wrong value
            field, value = draw.choice(fields), draw.choice(WRONG)
            yield json.dumps(RIGHT | {field: value}).encode(), own
        elif kind == 1:  # cut off
            yield right[: draw.randrange(len(right) - 1)], own
        elif kind == 2:  # noise
            yield b"\xff" + draw.randbytes(draw.randrange(1, 4000)), own
        elif kind == 3:  # a name that is not known
            yield json.dumps(RIGHT | {draw.randbytes(4).hex(): 1}).encode(), own
        elif kind == 4:  # no token, another one, or a name that is none
            wrong = draw.choice([{"Authorization": "Bearer x"}, {"X-Learner": "<i>"}])
            yield right, own | wrong
        else:  # deep, or endless
            yield draw.choice([b"[" * 50_000, b'{"a":' * 9_000, b"9" * 9_000, b"[1," * 99_999]), own
