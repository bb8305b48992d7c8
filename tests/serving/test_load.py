"""Thirty learners at once, cheaply; tests.serving.load does it at length."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("starlette", reason='needs pip install -e ".[serve]"')
pytest.importorskip("uvicorn", reason='needs pip install -e ".[serve]"')

from helpers.serving import drawing  # noqa: E402
from helpers.serving.drawing import Artist, about  # noqa: E402

from .harness import TOKEN, served  # noqa: E402
from .load import class_of, differences, equal_in_a_batch, longest_wait  # noqa: E402


def test_all_pictures_arrive_and_nobody_waits_for_two_fair_shares(
    tiny_random_pipe: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing, "load", lambda *_: tiny_random_pipe)
    with served(Artist("tiny", "cpu", 8).draw, about(tiny_random_pipe)) as (address, room):
        found = class_of(address.format(f"{TOKEN}@"), 30, 3, 2, lambda: None)
    assert [len(runs) for runs in found] == [3] * 30
    assert differences(tiny_random_pipe, found, 2) < 1e-4
    # Nearly all: where a tensor happens to lie in memory can change a last bit, too.
    assert equal_in_a_batch(tiny_random_pipe, found, 2) >= 80
    assert longest_wait(found) <= 2
