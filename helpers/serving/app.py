"""Ray Serve around the room: replicas that are started again when they die, on one machine or many.

The room is one actor behind Ray's HTTP proxy; each replica is an actor of its own with its share of
the cores or one graphics card. Ray chooses a free replica for each batch, looks after their health
and starts them again; fairness, batches and the keeping of requests are the room's.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import Any

# Without it anybody who reaches Ray's ports can run programs here; Ray reads it when imported.
os.environ.setdefault("RAY_AUTH_MODE", "token")

import ray  # noqa: E402
from ray import serve  # noqa: E402
from starlette.requests import Request  # noqa: E402
from starlette.responses import Response  # noqa: E402

from .asked import Asked, Limits  # noqa: E402
from .door import Door  # noqa: E402
from .drawing import Artist  # noqa: E402
from .frames import Piece  # noqa: E402

NAME = "stable-diffusion"


@dataclass(frozen=True)
class Serving:
    """What is served, to whom and where.

    Attributes:
        model: what `load` knows.
        device: as for `load`.
        replicas: how many draw.
        tokens: name of a class -> its token.
        teacher: the password of the teacher's page.
        limits: what may be asked for.
        host, port: where the room listens.
        cluster: address of a Ray cluster, or "auto" for the one that this machine belongs to; None
            to start one for this machine alone.
    """

    tokens: dict[str, str]
    teacher: str
    model: str = "tiny"
    device: str = "auto"
    replicas: int = 1
    limits: Limits = field(default_factory=Limits)
    host: str = "127.0.0.1"
    port: int = 8000
    cluster: str | None = None


class Entrance:
    """The room as Ray Serve sees it."""

    def __init__(self, artists: Any, serving: Serving) -> None:
        """Makes the room at the first request, when a replica can say what it draws with.

        Args:
            artists: Ray's handle on the replicas.
            serving: what is served.
        """
        self._artists, self._serving = artists, serving
        self._door: Door | None = None
        self._once = asyncio.Lock()

    async def __call__(self, request: Request) -> Response:
        """The answer to a request."""
        async with self._once:
            if self._door is None:
                known = await self._artists.about.remote()
                given = self._serving
                self._door = Door(
                    self._draw, known, given.tokens, given.teacher, given.replicas, given.limits
                )
        return await self._door.answer(request)

    async def _draw(self, batch: Sequence[Asked]) -> AsyncGenerator[list[Piece], None]:
        answer = self._artists.options(stream=True).draw.remote(batch)
        try:
            async for pieces in answer:
                yield pieces
        finally:
            answer.cancel()


def start(serving: Serving) -> None:
    """Starts the replicas and the room; both are ready when this returns.

    Raises:
        ValueError: there are fewer cores or graphics cards than replicas.
        RuntimeError: the replicas did not start.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    if serving.cluster is None:
        ray.init(include_dashboard=False, log_to_driver=False)
    else:
        ray.init(address=serving.cluster, log_to_driver=False)
    share = _share(serving)
    serve.start(http_options={"host": serving.host, "port": serving.port})
    artists = serve.deployment(Artist).options(
        num_replicas=serving.replicas,
        max_ongoing_requests=1,
        health_check_period_s=2,
        graceful_shutdown_timeout_s=5,
        ray_actor_options=share,
    )
    entrance = serve.deployment(Entrance).options(
        max_ongoing_requests=4 * serving.limits.waiting, ray_actor_options={"num_cpus": 0}
    )
    bound = artists.bind(serving.model, serving.device, serving.limits.pictures)
    serve.run(entrance.bind(bound, serving), name=NAME, route_prefix="/")


def _share(serving: Serving) -> dict[str, float]:
    """What each replica gets: a graphics card, or a core."""
    there = ray.cluster_resources()
    kind, name = ("CPU", "cores")
    if there.get("GPU", 0) and serving.device != "cpu" and serving.model not in ("tiny",):
        kind, name = ("GPU", "graphics cards")
    if there.get(kind, 0) < serving.replicas:
        raise ValueError(
            f"--replicas: {serving.replicas} of them need as many {name}, and there are "
            f"{there.get(kind, 0):g}"
        )
    return {"num_gpus": 1, "num_cpus": 0} if kind == "GPU" else {"num_cpus": 1}


def stop() -> None:
    """Stops what `start` started."""
    serve.shutdown()
    ray.shutdown()
