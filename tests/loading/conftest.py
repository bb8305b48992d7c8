"""Fixtures of the tests of loading: a small hub, with two models on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import huggingface_hub
import pytest

from .hub_models import as_on_the_hub, checked_pipe, in_shards
from .hub_server import Hub, Repository
from .worlds import OLD, SHARDED, World, use


@pytest.fixture(scope="session")
def models(make_random_pipe, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict]:
    """Repository -> its files."""
    folder = tmp_path_factory.mktemp("published")
    return {
        OLD: as_on_the_hub(checked_pipe(make_random_pipe), folder / "old"),
        SHARDED: in_shards(make_random_pipe(), folder / "sharded"),
    }


@pytest.fixture
def world(models, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A hub with two models, an empty cache, and a client that is online and has no token."""
    state = Hub({name: Repository(dict(files)) for name, files in models.items()})
    server = state.start()
    address = f"http://127.0.0.1:{server.server_port}"
    cache = tmp_path / "cache"
    use(monkeypatch, address, cache)
    yield World(state, address, cache)
    state.closing.set()
    server.shutdown()
    server.server_close()
    huggingface_hub.close_session()
