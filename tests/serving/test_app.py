"""Ray Serve around the room: a picture, a learner who leaves, a replica that is killed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import torch

ray = pytest.importorskip("ray", reason='needs pip install -e ".[serve]"')
pytest.importorskip("ray.serve", reason='needs pip install -e ".[serve]"')

from helpers import denoise, generate, load  # noqa: E402
from helpers.serving import app  # noqa: E402

from .harness import TEACHER, TOKEN  # noqa: E402
from .load import kill_a_replica  # noqa: E402

PORT = 8129


@pytest.fixture(scope="module")
def far() -> Iterator[Any]:
    """The tiny model on one replica."""
    app.start(app.Serving({"7b": TOKEN}, TEACHER, port=PORT))
    yield load(f"http://{TOKEN}@127.0.0.1:{PORT}")
    app.stop()


def test_the_same_picture_and_the_same_steps(far: Any, tiny_pipe: Any) -> None:
    there = generate(far, "a castle at night", seed=1, steps=3, progress=False)
    here = generate(tiny_pipe, "a castle at night", seed=1, steps=3, progress=False)
    assert torch.allclose(there.latents, here.latents, atol=1e-4)
    assert there.settings["prompt"] == here.settings["prompt"]
    steps = list(denoise(far, "a castle at night", seed=1, steps=3))
    assert [step.index for step in steps] == [0, 1, 2]


def test_who_leaves_is_noticed_through_rays_proxy(far: Any) -> None:
    steps = denoise(far, "a castle", steps=50)
    next(steps)
    steps.close()
    end = time.monotonic() + 60
    while far._json(far._open("GET", "/health").read())["drawing"]:
        assert time.monotonic() < end, "the run goes on for nobody"
        time.sleep(0.2)


def test_a_killed_replica_is_started_again_and_every_picture_arrives(far: Any) -> None:
    with ThreadPoolExecutor(6) as pool:
        asked = [pool.submit(generate, far, "a boat", seed=k, steps=20, progress=False)
                 for k in range(6)]  # fmt: skip
        time.sleep(1)
        kill_a_replica()
        assert [one.result().settings["seed"] for one in asked] == [[k] for k in range(6)]
    assert far._json(far._open("GET", "/health").read())["broken"] >= 1
