"""Ray Serve on two machines, and on one that is too small."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

ray = pytest.importorskip("ray", reason='needs pip install -e ".[serve]"')
pytest.importorskip("ray.serve", reason='needs pip install -e ".[serve]"')

from helpers import generate, load  # noqa: E402
from helpers.serving import app  # noqa: E402

from .harness import TEACHER, TOKEN  # noqa: E402

PORT = 8130


def test_two_machines() -> None:
    """As Ray's own tests do it: two nodes of one core each, so that each draws with one replica."""
    from ray.cluster_utils import Cluster

    # The nodes know each other by a token, which is made once.
    tool = [sys.executable, "-m", "ray.scripts.scripts", "get-auth-token", "--generate"]
    subprocess.run(tool, check=True, capture_output=True)
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    try:
        cluster.add_node(num_cpus=1)
        serving = app.Serving(
            {"7b": TOKEN}, TEACHER, replicas=2, port=PORT, cluster=cluster.address
        )
        app.start(serving)
        pipe = load(f"http://{TOKEN}@127.0.0.1:{PORT}")
        with ThreadPoolExecutor(4) as pool:
            asked = [pool.submit(generate, pipe, "a lake", seed=k, steps=2, progress=False)
                     for k in range(4)]  # fmt: skip
            assert [one.result().settings["seed"] for one in asked] == [[k] for k in range(4)]
        # Both cores are taken, and each is on a node of its own.
        assert ray.cluster_resources()["CPU"] == 2 and not ray.available_resources().get("CPU")
    finally:
        app.stop()
        cluster.shutdown()


def test_more_replicas_than_cores_are_refused() -> None:
    many = app.Serving({"7b": TOKEN}, TEACHER, replicas=10_000, port=PORT)
    with pytest.raises(ValueError, match="--replicas: 10000 of them need as many cores"):
        app.start(many)
    app.stop()
