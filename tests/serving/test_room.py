"""The room: who may come in, what is refused, and that no request is lost."""

from __future__ import annotations

import asyncio
import io
import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from typing import Any

import pytest

pytest.importorskip("starlette", reason='needs pip install -e ".[serve]"')
pytest.importorskip("uvicorn", reason='needs pip install -e ".[serve]"')

from helpers.serving import room as rooms  # noqa: E402
from helpers.serving.asked import Limits, read_request  # noqa: E402
from helpers.serving.frames import CALL, FAILED, RUN, WAITING, read_frames  # noqa: E402

from .harness import ABOUT, TEACHER, TOKEN, Painter, served  # noqa: E402
from .malformed import malformed  # noqa: E402


def open_answer(address: str, body: bytes, token: str = TOKEN, learner: str = "anna") -> Any:
    connection = HTTPConnection(address.rpartition("}")[2], timeout=120)
    headers = {"Authorization": f"Bearer {token}", "X-Learner": learner, "Connection": "close"}
    connection.request("POST", "/draw", body, headers)
    return connection.getresponse()


def ask(address: str, prompt: str, learner: str = "anna", steps: int = 3, **given: Any) -> list:
    body = json.dumps({"want": "run", "prompt": prompt, "steps": steps, **given}).encode()
    with open_answer(address, body, learner=learner) as answer:
        assert answer.status == 200, answer.read()
        return [(kind, data) for kind, data in read_frames(answer.read) if kind != WAITING]


def refusal(address: str, body: bytes = b"{}", **options: Any) -> tuple[int, str]:
    with open_answer(address, body, **options) as answer:
        return answer.status, json.loads(answer.read())["error"]


def get(address: str, path: str, **headers: str) -> tuple[int, str]:
    connection = HTTPConnection(address.rpartition("}")[2], timeout=120)
    connection.request("GET", path, headers={"Connection": "close", **headers})
    with connection.getresponse() as answer:
        return answer.status, answer.read().decode()


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not true():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.01)


def test_everybody_gets_their_own_and_equal_requests_stand_side_by_side() -> None:
    painter = Painter(0.02)
    with served(painter) as (address, room), ThreadPoolExecutor(24) as pool:
        asked = [f"{learner}{number}" for learner in "abcdef" for number in range(4)]
        answers = list(pool.map(lambda prompt: ask(address, prompt, prompt[0]), asked))
        assert [answer[-1] for answer in answers] == [(RUN, prompt.encode()) for prompt in asked]
        assert all(len(answer) == 4 for answer in answers)
        assert max(map(len, painter.batches)) > 1
        until(lambda: not room._open)
        assert room.counts() == {"waiting": 0, "drawing": 0, "broken": 0}


def test_a_replica_that_dies_loses_nothing_and_tells_nothing_twice() -> None:
    painter = Painter(0.01, break_at=(0, 1))
    with served(painter) as (address, room), ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda prompt: ask(address, prompt, prompt), "abcdef"))
    assert [answer[-1][1] for answer in answers] == [prompt.encode() for prompt in "abcdef"]
    for answer in answers:
        assert [json.loads(data)["call"] for kind, data in answer if kind == CALL] == [0, 1, 2]
    assert room.counts()["broken"] >= 2


def test_a_request_that_kills_replicas_goes_alone_in_the_end() -> None:
    painter = Painter(0.01, poison="bad")
    with served(painter) as (address, _), ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda prompt: ask(address, prompt, prompt), ["a", "bad", "c"]))
    assert [answer[-1][0] for answer in answers] == [RUN, FAILED, RUN]
    assert "broke off several times" in json.loads(answers[1][-1][1])["error"]
    assert painter.batches.count(["bad"]) >= 2


def test_who_leaves_frees_the_place_and_the_replica() -> None:
    painter = Painter(0.05)
    with served(painter) as (address, room):
        body = json.dumps({"want": "run", "prompt": "long", "steps": 50}).encode()
        answers = [open_answer(address, body) for _ in range(2)]
        other = open_answer(address, json.dumps({"want": "run", "steps": 49}).encode())
        until(lambda: room.counts()["drawing"] >= 1)
        for answer in (other, *answers):
            answer.close()
        until(lambda: room.counts() == {"waiting": 0, "drawing": 0, "broken": 0})
        assert painter.stopped and not room._open
        assert ask(address, "next")[-1] == (RUN, b"next")


def test_who_waits_is_told_the_place_and_how_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "SIGN", 0.05)
    with served(Painter(0.05), limits=Limits(pictures=1)) as (address, room):
        ask(address, "before")  # so that a pace is known
        threads = [threading.Thread(target=ask, args=(address, "x", who)) for who in "abcd"]
        for thread in threads:
            thread.start()
        until(lambda: len(room._line) >= 3)
        with open_answer(address, b'{"want": "run", "steps": 3}', learner="z") as answer:
            told = [json.loads(d) for k, d in read_frames(answer.read) if k == WAITING]
        for thread in threads:
            thread.join()
    places = [one["place"] for one in told]
    assert places[0] >= 3 and places == sorted(places, reverse=True) and places[-1] == 0
    assert told[0]["seconds"] > 0.1


def test_limits_are_told_by_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = Limits(each=2, waiting=3, learners=3, request_bytes=1000)
    with served(Painter(0.05), limits=limits) as (address, room):
        body = json.dumps({"want": "run", "steps": 50}).encode()
        answers = [open_answer(address, body, learner="a") for _ in range(2)]
        assert refusal(address, body, learner="a") == (
            429,
            "2 of your requests wait already; wait for one of them",
        )
        answers.append(open_answer(address, body, learner="b"))
        assert refusal(address, body, learner="c")[1].startswith("3 requests wait already")
        answers.pop(0).close()
        until(lambda: room._open.total() == 2)
        for learner in "cd":
            ask(address, "x", learner, steps=1)  # one who has left is forgotten
        counted = {learner[-1] for learner, *_ in room.table()}
        assert "d" in counted and len(counted) == 3
        assert refusal(address, b"x" * 1001)[0] == 413
        for answer in answers:
            answer.close()


def test_a_class_that_is_full_is_told() -> None:
    with served(Painter(0.05), limits=Limits(learners=1)) as (address, _):
        body = json.dumps({"want": "run", "steps": 50}).encode()
        with open_answer(address, body, learner="a"):
            assert refusal(address, body, learner="b")[1].startswith("1 learners are here")


def test_time_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "SIGN", 0.05)
    with served(Painter(0.05), limits=Limits(seconds=0.2)) as (address, room):
        assert b"not done within 0.2 s" in ask(address, "x", steps=50)[-1][1]
        until(lambda: room.counts()["drawing"] == 0)


def test_attention_maps_are_large_so_few_may_be_asked_for_at_once() -> None:
    watched = {"layers": None, "reduce": "mean", "max_side": 16, "max_bytes": 1, "dtype": "float16"}
    limits = Limits(watched_each=1, watched=2)
    with served(Painter(0.05), limits=limits) as (address, room):
        body = json.dumps({"want": "run", "steps": 50, "attention": watched}).encode()
        answers = [open_answer(address, body, learner=learner) for learner in "ab"]
        assert refusal(address, body, learner="a")[1].startswith("1 of your requests for attention")
        assert refusal(address, body, learner="c")[1].startswith("2 requests for attention wait")
        assert ask(address, "x", "c", steps=1)[-1] == (RUN, b"x")
        answers.pop().close()
        until(lambda: room._watched.total() < 2)
        answers.append(open_answer(address, body, learner="c"))
        for answer in answers:
            answer.close()


def test_what_nobody_fetches_is_let_go_when_its_time_is_over() -> None:
    async def stalled() -> list[str]:
        asked = read_request(b'{"want": "run", "prompt": "x", "steps": 3}', ABOUT, Limits())
        room = rooms.Room(Painter(), 1, Limits(seconds=0.3))
        pieces = await room.enter("anna", asked)
        await anext(pieces), await anext(pieces)  # its place, and the first call
        await asyncio.sleep(0.6)  # all is made meanwhile, and nobody reads it
        rest = b"".join([piece async for piece in pieces])
        return [kind for kind, _ in read_frames(io.BytesIO(rest).read)]

    assert asyncio.run(stalled()) == [FAILED]


def test_a_replica_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "STALLED", 0.2)
    painter = Painter(hang_at=(0,))
    with served(painter) as (address, room):
        assert ask(address, "x", steps=2)[-1] == (RUN, b"x")
        assert room.counts()["broken"] == 1 and painter.stopped == 1


def test_tokens_open_the_door_and_the_page_is_the_teachers() -> None:
    with served(Painter()) as (address, room):
        assert refusal(address, token="")[0] == refusal(address, token=TOKEN[:-1])[0] == 401
        assert refusal(address, token=TEACHER)[0] == refusal(address, token="\xff")[0] == 401
        assert refusal(address, learner="<b>")[0] == 400
        ask(address, "a secret picture", "anna")
        ask(address, "another", "anna", negative_prompt="secret")
        assert get(address, "/")[0] == get(address, "/", Authorization=f"Bearer {TOKEN}")[0] == 401
        from base64 import b64encode

        known = b64encode(f"any:{TEACHER}".encode()).decode()
        status, page = get(address, "/", Authorization=f"Basic {known}")
        assert status == 200 and "<td>7b/anna<td>0<td>0<td>2" in page and "secret" not in page
        assert json.loads(get(address, "/health")[1])["status"] == "ok"
        assert get(address, "/about")[0] == 401
        assert get(address, "/../etc/passwd")[0] == 404 and get(address, "/draw")[0] == 405


def test_the_same_name_in_two_classes_is_two_learners() -> None:
    with served(Painter()) as (address, room):
        for token in (TOKEN, TOKEN[::-1]):
            with open_answer(address, b'{"want": "run", "steps": 1}', token) as answer:
                answer.read()
        assert set(room._made) == {"7b/anna", "8a/anna"}


def test_malformed_requests_are_refused_and_never_break_anything() -> None:
    with served(Painter()) as (address, room):
        for body, headers in malformed(150, TOKEN):
            connection = HTTPConnection(address.rpartition("}")[2], timeout=120)
            connection.request("POST", "/draw", body, {"Connection": "close", **headers})
            with connection.getresponse() as answer:
                told = json.loads(answer.read())["error"]
                assert 400 <= answer.status < 500 and len(told) > 10, (body[:80], told)
        assert ask(address, "after all")[-1] == (RUN, b"after all")
        assert not room._open
