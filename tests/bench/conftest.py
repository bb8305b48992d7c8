"""Shared by the tests of the benchmark."""

from __future__ import annotations

import pytest
import torch

from helpers.bench import fullsize


@pytest.fixture(scope="session")
def full() -> object:
    """Stable Diffusion 1.4 in full size, without a byte of weights."""
    return fullsize.random_pipe("meta", torch.float16)
