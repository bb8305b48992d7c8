"""A hub on this machine and a client that asks it: what the tests of loading share."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import huggingface_hub
import pytest
from huggingface_hub import constants

from helpers import loading
from helpers.loading.layout import files_in

from .hub_server import Hub

OLD = "CompVis/stable-diffusion-v1-4"
SHARDED = "someone/sharded"


@dataclass
class World:
    """The server, where it listens, and this machine's cache."""

    hub: Hub
    address: str
    cache: Path

    def load(self, name: str = "sd-1.4", **options: object) -> object:
        return loading.load(name, device="cpu", **options)

    def arrived(self) -> set[str]:
        """Files in the cache, as "unet/config.json"."""
        (snapshot,) = self.cache.glob("models--*/snapshots/*")
        return files_in(snapshot)

    def change(self, path: str, **values: object) -> None:
        """Gives a JSON file of the old model other values."""
        files = self.hub.repositories[OLD].files
        files[path] = json.dumps(json.loads(files[path]) | values).encode()


def use(monkeypatch: pytest.MonkeyPatch, address: str, cache: Path) -> None:
    """Points the client, which read its environment when it was imported, to another hub."""
    huggingface_hub.close_session()
    monkeypatch.setattr(constants, "ENDPOINT", address)
    template = address + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(cache / "token"))
    monkeypatch.setattr(constants, "HF_HUB_ETAG_TIMEOUT", 5)
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda seconds: None)
