"""One small run of all stages, shared by the tests that look at its results."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.training import Sizes, TrainConfig, train_all


@pytest.fixture
def config(tmp_path: Path) -> TrainConfig:
    """A run of a few steps of very small networks in a folder of its own."""
    return small(tmp_path / "run")


def small(out: Path, **changes: object) -> TrainConfig:
    """The same for a given folder, with changes."""
    values = {
        "steps": 3,
        "batch_size": 4,
        "pictures": 24,
        "workers": 0,
        "precision": "no",
        "device": "cpu",
        "sizes": Sizes.tiny(),
    }
    return TrainConfig(out, **{**values, **changes})


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a finished run of all four stages, three steps each."""
    out = tmp_path_factory.mktemp("run")
    train_all(small(out))
    return out
