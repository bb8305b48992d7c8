"""The command `serve`: one machine draws for a class."""

from __future__ import annotations

import argparse
import os
import re
import secrets
import threading
from collections.abc import Callable
from pathlib import Path

from .options import positive, whole

SHORTEST = 12
"""Letters of a token; those that are made here have 22."""


def add_serve(make: Callable[..., argparse.ArgumentParser]) -> None:
    """The command `serve`."""
    parser = make(
        "serve",
        serve,
        'draw for a class: learners call load("http://TOKEN@host:port") (needs ".[serve]")',
        [
            "--model sd-1.4 --host 0.0.0.0",
            "--model sd-1.4 --host 0.0.0.0 --replicas 2 --tokens classes.txt",
        ],
    )
    add = parser.add_argument
    add("--model", default="tiny", help="tiny, tiny-turbo, sd-1.4, ..., a folder, or a hub id")
    add("--device", default="auto", help="auto, cuda, mps or cpu")
    add("--replicas", type=positive, default=1, help="graphics cards, or cores, that draw")
    add("--pictures", type=positive, default=8, help="the most of a request, and side by side")
    add("--steps", type=positive, default=50, help="the most of a request")
    add(
        "--token",
        help="what learners must know (default: COURSE_TOKEN, or a new one; others on this machine "
        "can see what is typed here)",
    )
    add("--tokens", metavar="FILE", type=Path, help="a line for each class: NAME TOKEN")
    add("--host", default="127.0.0.1", help="where to listen; 0.0.0.0 is for the whole network")
    add("--port", type=whole, default=8000, help="where to listen")
    add("--cluster", metavar="ADDRESS", help="of a Ray cluster; auto is this machine's")


def serve(arguments: argparse.Namespace) -> int:
    """Serves until Ctrl-C."""
    tokens = tokens_of(arguments.token, arguments.tokens)
    teacher = os.environ.get("COURSE_TEACHER_TOKEN") or secrets.token_urlsafe(16)
    if len(teacher) < SHORTEST or teacher in tokens.values():
        raise ValueError(
            f"COURSE_TEACHER_TOKEN must have {SHORTEST} or more letters, and be no class's token"
        )
    try:
        from ..serving import app
        from ..serving.asked import Limits
    except ImportError as error:
        raise ValueError(
            f"serve needs Ray Serve, which is not installed ({error}); "
            'run pip install -e ".[serve]"'
        ) from error

    limits = Limits(steps=arguments.steps, pictures=arguments.pictures)
    names = ("model", "device", "replicas", "host", "port", "cluster")
    given = {name: getattr(arguments, name) for name in names}
    try:
        app.start(app.Serving(tokens, teacher, limits=limits, **given))
        anywhere = arguments.host in ("0.0.0.0", "::")
        place = f"{'ADDRESS' if anywhere else arguments.host}:{arguments.port}"
        for name, token in tokens.items():
            print(f'{name}: load("http://{token}@{place}")')
        print(f"queue: http://{place}/ (any name, password {teacher})", flush=True)
        if anywhere:
            print("ADDRESS is this machine's name or number in the network", flush=True)
        threading.Event().wait()
    finally:
        app.stop()
    return 0


def tokens_of(token: str | None, file: Path | None) -> dict[str, str]:
    """Name of a class -> its token; one new one where none is given.

    Raises:
        ValueError: both are given, a line is none, or a token is short or there twice.
        OSError: the file cannot be read.
    """
    if file is None:
        own = token or os.environ.get("COURSE_TOKEN") or secrets.token_urlsafe(16)
        lines = [f"class {own}"]
    elif token is not None:
        raise ValueError("--token: pass it, or --tokens FILE, not both")
    else:
        lines = file.read_text(encoding="utf-8").splitlines()
    found: dict[str, str] = {}
    for line in lines:
        words = line.partition("#")[0].split()
        if not words:
            continue
        if len(words) != 2 or not re.fullmatch(r"[\w.-]{1,40}", words[0]) or words[0] in found:
            raise ValueError(f"--tokens: a line is a new name and a token, got {words[0]!r} ...")
        if not re.fullmatch(rf"[\w.~-]{{{SHORTEST},}}", words[1], re.ASCII):
            raise ValueError(
                f"--tokens: the token of {words[0]} must be {SHORTEST} or more letters, digits or "
                "any of - . _ ~"
            )
        found[words[0]] = words[1]
    if not found or len(set(found.values())) < len(found):
        raise ValueError("--tokens: pass at least one token, and another one for each name")
    return found
