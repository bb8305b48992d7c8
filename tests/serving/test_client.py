"""The learner's side: the same cells on the teacher's machine, and all that can go wrong."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

import pytest
import torch

pytest.importorskip("starlette", reason='needs pip install -e ".[serve]"')
pytest.importorskip("uvicorn", reason='needs pip install -e ".[serve]"')

from helpers import decode, denoise, generate, load  # noqa: E402
from helpers.attention import (  # noqa: E402
    capture_attention,
    capture_bytes,
    token_places,
    word_map,
)
from helpers.serving import client, drawing  # noqa: E402
from helpers.serving.client import Remote  # noqa: E402
from helpers.serving.drawing import Artist, about  # noqa: E402
from helpers.serving.frames import CALL, STEP, frame, read_frames  # noqa: E402

from .harness import TOKEN, served  # noqa: E402


@pytest.fixture
def far(tiny_random_pipe: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Remote]:
    """A teacher's machine with the small random pipeline."""
    monkeypatch.setattr(drawing, "load", lambda *_: tiny_random_pipe)
    monkeypatch.setattr(client, "PAUSE", 0.01)
    with served(Artist("tiny", "cpu", 8).draw, about(tiny_random_pipe)) as (address, room):
        pipe = load(address.format(f"{TOKEN}@"))
        pipe.room = room
        yield pipe


def test_the_same_cells(far: Remote, tiny_random_pipe: Any) -> None:
    own = tiny_random_pipe
    options: dict[str, Any] = {"steps": 3, "scheduler": "euler a", "negative_prompt": "snow"}
    there = generate(far, ["a castle", "a lake"], seed=7, progress=False, **options)
    here = generate(own, ["a castle", "a lake"], seed=7, progress=False, **options)
    assert torch.equal(there.images, here.images) and torch.equal(there.latents, here.latents)
    assert there.settings == here.settings and len(there) == len(here) == 3
    far_steps, own_steps = (denoise(pipe, "a castle", **options) for pipe in (far, own))
    for mine, theirs in zip(far_steps, own_steps, strict=True):
        assert mine.index == theirs.index and torch.equal(mine.x0_hat, theirs.x0_hat)
    latents = torch.cat([here.latents[-1]] * 5)
    difference = (decode(far, latents) - decode(own, latents)).abs().max()
    assert difference < 1e-5  # ten pictures come in two parts


@pytest.mark.parametrize("kept", [{}, {"layers": "up", "reduce": "none", "dtype": torch.float32}])
def test_attention_is_recorded_on_the_teachers_machine(
    far: Remote, tiny_random_pipe: Any, kept: dict[str, Any]
) -> None:
    prompts = ["a castle by a lake", "a lake"]
    found = {}
    for pipe in (far, tiny_random_pipe):
        with capture_attention(pipe, **kept) as maps:
            run = generate(pipe, prompts, steps=3, progress=False)
        found[pipe] = maps, run
    (there, far_run), (here, own_run) = found.values()
    assert torch.equal(far_run.images, own_run.images)
    assert (there.grids, there.times, there.prompts) == (here.grids, here.times, here.prompts)
    assert (there.reduce, there.nbytes) == (here.reduce, here.nbytes)
    for step in range(3):
        for layer in here.layers:
            assert torch.equal(there.at(step, layer), here.at(step, layer))
    for picture in (0, 1):
        seen = [word_map(maps, "a lake", picture=picture) for maps in (there, here)]
        assert torch.equal(*seen)
    assert token_places(there.tokenizer, "a lake", "lake") == [2]
    with pytest.raises(ValueError, match="on the teacher's machine and told of this run's prompts"):
        token_places(there.tokenizer, "a tent", "tent")


def test_attention_of_steps_and_of_nothing_else(far: Remote) -> None:
    with capture_attention(far) as maps:
        decode(far, torch.zeros(1, 4, 4, 4))
        steps = list(denoise(far, "a castle", steps=2))
    assert len(maps) == len(steps) == 2
    with pytest.raises(RuntimeError, match="no run was followed"), capture_attention(far):
        pass
    with pytest.raises(RuntimeError, match="no run was followed"), capture_attention(far):
        next(denoise(far, "a castle", steps=2))
    with capture_attention(far):
        with pytest.raises(RuntimeError, match="another `with` is open"), capture_attention(far):
            pass
        with pytest.raises(ValueError, match="steps: at most 50"):
            denoise(far, "a castle", steps=51)
        generate(far, "a castle", steps=1, progress=False)  # what was refused does not count
    with pytest.raises(RuntimeError, match="a second run began"), capture_attention(far):
        for _ in range(2):
            generate(far, "a castle", steps=1, progress=False)
    generate(far, "a castle", steps=1, progress=False)  # as if nothing had been


def test_attention_that_cannot_be_had_is_told(far: Remote, monkeypatch: pytest.MonkeyPatch) -> None:
    for kept, told in (
        ({"dtype": torch.bfloat16}, "dtype must be torch.float16 or torch.float32"),
        ({"max_side": 0}, "max_side must be 1 or more"),
        ({"pictures": 1}, "a teacher's machine records all of them"),
    ):
        with pytest.raises(ValueError, match=told), capture_attention(far, **kept):
            generate(far, "a castle", steps=1, progress=False)
    for kept, told in (({"layers": "xyzzy"}, "layers"), ({"max_bytes": 10}, "at most 10 are")):
        with pytest.raises(RuntimeError, match=told), capture_attention(far, **kept):
            generate(far, "a castle", steps=1, progress=False)
    real = drawing.packed
    monkeypatch.setattr(drawing, "packed", lambda maps: real(maps)[:-1])
    with pytest.raises(ValueError, match="something else than attention"), capture_attention(far):
        generate(far, "a castle", steps=1, progress=False)


def test_what_looks_inside_needs_a_model_here(far: Remote) -> None:
    with pytest.raises(AttributeError, match="pipe.unet: the model's parts are on the teacher's"):
        capture_bytes(far)


def test_steps_come_as_they_are_made_and_who_stops_is_gone(far: Remote) -> None:
    with closing(denoise(far, "a castle", steps=50)) as steps:
        assert next(steps).index == 0
    steps = denoise(far, "a castle", steps=1)
    assert len(list(steps)) == 1
    del steps
    assert far.room.counts()["waiting"] == 0


def test_what_is_not_allowed_is_told_at_once(far: Remote) -> None:
    with pytest.raises(ValueError, match="steps: at most 50 here, got 51"):
        denoise(far, "a castle", steps=51)
    with pytest.raises(TypeError, match="prompt must be a text"):
        generate(far, 3)
    with pytest.raises(ValueError, match="at most 8 pictures"):
        generate(far, ["a"] * 9)


def test_the_address_is_checked(far: Remote, monkeypatch: pytest.MonkeyPatch) -> None:
    assert repr(far) == f"<{far.name_or_path} at {far.address}>" and TOKEN not in repr(far)
    with pytest.raises(PermissionError, match="the token is missing or wrong"):
        load(far.address)
    monkeypatch.setenv("COURSE_TOKEN", TOKEN)
    assert load(far.address).vae_scale_factor == 8
    with pytest.raises(ValueError, match="are chosen there; pass the address alone"):
        load(far.address, "cuda")
    for address in ("http://secret@", "http://secret@:x", "https://secret@[::1"):
        with pytest.raises(ValueError, match="is no address such as") as raised:
            load(address)
        assert "secret" not in str(raised.value)
    with pytest.raises(OSError, match="nothing answers .* is `python -m helpers serve` running"):
        load("http://127.0.0.1:9")


@pytest.fixture
def stranger() -> Iterator[Any]:
    """Something that answers with prepared bytes, one after the other."""
    answers: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def work() -> None:
            while True:
                try:
                    connection = listening.accept()[0]
                except OSError:
                    return
                with connection:
                    connection.recv(2**20)
                    connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + answers.pop(0))

        threading.Thread(target=work, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", answers


KNOWN = json.dumps({"model": "tiny", "factor": 8, "pictures": 8}).encode()


@pytest.mark.parametrize("answer", [b"<html>", b"[]", b"{}", b'{"model": 1, "factor": "x"}'])
def test_another_server_is_told(stranger: Any, answer: bytes) -> None:
    stranger[1].append(answer)
    with pytest.raises(ValueError, match="what answers is not `python -m helpers serve`"):
        load(stranger[0])


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (b"\x99" * 40, "none of `python -m helpers serve`"),
        (frame("run", b"no run"), "cut off, or no safetensors file"),
        (frame("failed", {"error": "too much"}), "too much"),
        (frame("end"), "ended without a picture"),
    ],
)
def test_an_answer_that_is_none_is_refused(
    stranger: Any, sent: bytes, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "PAUSE", 0.0)
    stranger[1].extend([KNOWN, sent])
    with pytest.raises((ValueError, RuntimeError, ConnectionError), match=told):
        generate(load(stranger[0]), "a castle", progress=False)


def test_a_broken_connection_is_made_again_and_no_step_comes_twice(
    stranger: Any, far: Remote
) -> None:
    steps = [data for kind, data in far._pieces({"want": "steps", "steps": 2}) if kind == STEP]
    first, second = (frame(STEP, data) for data in steps)
    stranger[1].extend([KNOWN, first, first[:9], first + second + frame("end")])
    found = list(denoise(load(stranger[0]), "a castle"))
    assert [step.index for step in found] == [0, 1] and not stranger[1]
    stranger[1].extend([KNOWN] + [frame(CALL, {"call": 0, "of": 2})] * client.TRIES)
    with pytest.raises(ConnectionError, match="the connection broke"):
        generate(load(stranger[0]), "a castle", progress=False)


def test_pieces_survive_any_cut() -> None:
    sent = frame(CALL, {"call": 1, "of": 2}) + frame(STEP, b"x" * 1000) + frame("end")

    def reader(sizes: Sequence[int]) -> Any:
        left, turn = [sent], iter(sizes)

        def read(most: int) -> bytes:
            part, left[0] = left[0][: (size := min(most, next(turn)))], left[0][size:]
            return part

        return read

    assert [kind for kind, _ in read_frames(reader([7] * 999))] == [CALL, STEP, "end"]
