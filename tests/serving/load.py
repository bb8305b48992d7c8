"""A class of thirty at once: `python -m tests.serving.load [--ray] [--kill]`.

Every learner asks for five pictures at once. Printed are how many arrived, how many of them are to
the last bit what this process draws in batches of some size, how far they are from pictures drawn
alone, how long anybody waited against the fair share, what one process makes of the same pictures
in batches, and what became of a thousand malformed requests.
Times are of this machine at this moment: only their ratios within one call say something.

Without --ray the room and one replica run in a process beside this one, over the same HTTP.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import operator
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import Any

import psutil
import torch

from helpers import Trajectory, generate, load
from helpers.sampling.settings import threads
from helpers.serving.client import Remote

from .harness import TEACHER, TOKEN, served
from .malformed import malformed

THINGS = ("castle", "house", "boat", "lighthouse", "tent", "mountain", "river", "lake", "forest")


def prompt_of(learner: int, picture: int) -> str:
    return f"a {THINGS[(learner + picture) % len(THINGS)]} at night"


def of_a_learner(
    address: str, learner: int, pictures: int, steps: int
) -> list[tuple[float, Trajectory]]:
    """(when it arrived, run) of each picture, all asked for at once."""
    pipe = load(address)
    assert isinstance(pipe, Remote)
    pipe._headers["X-Learner"] = f"learner-{learner}"

    def one(picture: int) -> tuple[float, Trajectory]:
        prompt, seed = prompt_of(learner, picture), 100 * learner + picture
        run = generate(pipe, prompt, seed=seed, steps=steps, progress=False)
        return time.monotonic(), run

    with ThreadPoolExecutor(pictures) as pool:
        return list(pool.map(one, range(pictures)))


def class_of(
    address: str, learners: int, pictures: int, steps: int, meanwhile: Callable[[], None]
) -> list[list[tuple[float, Trajectory]]]:
    """What `of_a_learner` gives, of all at once; times count from the first request."""
    began = time.monotonic()
    with ThreadPoolExecutor(learners) as pool:
        asked = [
            pool.submit(of_a_learner, address, learner, pictures, steps)
            for learner in range(learners)
        ]
        meanwhile()
        found = [one.result() for one in asked]
    return [sorted(((when - began, run) for when, run in runs), key=first) for runs in found]


first = operator.itemgetter(0)


def longest_wait(found: list[list[tuple[float, Trajectory]]]) -> float:
    """How long anybody waited for a k-th picture, in fair shares: by then, everybody has k."""
    most = len(found[0])
    whole = max(when for runs in found for when, _ in runs)
    return max(
        when * most / (whole * (number + 1))
        for runs in found
        for number, (when, _) in enumerate(runs)
    )


def differences(pipe: Any, found: list[list[tuple[float, Trajectory]]], steps: int) -> float:
    """The largest difference to local runs of one picture each, over latents and pictures."""
    largest = 0.0
    for learner, runs in enumerate(found):
        expected = {
            100 * learner + picture: prompt_of(learner, picture) for picture in range(len(runs))
        }
        for _, run in runs:
            (seed,) = run.settings["seed"]
            prompt = expected.pop(seed)
            own = generate(pipe, prompt, seed=seed, steps=steps, progress=False)
            assert run.settings["prompt"] == [prompt], "another's picture came"
            for mine, theirs in ((run.images, own.images), (run.latents, own.latents)):
                largest = max(largest, float((mine - theirs).abs().max()))
    return largest


def equal_in_a_batch(
    pipe: Any, found: list[list[tuple[float, Trajectory]]], steps: int, most: int = 8
) -> int:
    """How many are to the last bit what a local batch of some size has, whatever is drawn beside.

    How many stood in a batch of the room nobody tells, so sizes are tried, the full one first.
    """
    left = [run for runs in found for _, run in runs]
    count = len(left)
    for size in range(most, 0, -1):
        others = []
        for k in range(0, len(left), size):
            chosen = left[k : k + size]
            batch = (chosen * size)[:size]
            with threads(chosen[0].settings["threads"]):
                own = generate(
                    pipe,
                    [run.settings["prompt"][0] for run in batch],
                    seed=[run.settings["seed"][0] for run in batch],
                    steps=steps,
                    progress=False,
                )
            others += [
                run
                for number, run in enumerate(chosen)
                if not torch.equal(run.latents[:, 0], own.latents[:, number])
                or not torch.equal(run.images[0], own.images[number])
            ]
        left = others
    return count - len(left)


def in_batches(learners: int, pictures: int, steps: int, size: int = 8) -> float:
    """Seconds that one process takes for the same pictures in full batches."""
    pipe = load("tiny", "cpu")
    jobs = [(prompt_of(a, b), 100 * a + b) for a in range(learners) for b in range(pictures)]
    generate(pipe, "warm", steps=1, progress=False)
    began = time.monotonic()
    for k in range(0, len(jobs), size):
        prompts, seeds = zip(*jobs[k : k + size], strict=True)
        generate(pipe, list(prompts), seed=list(seeds), steps=steps, progress=False)
    return time.monotonic() - began


def flood(address: str, count: int) -> tuple[dict[int, int], int]:
    """Status -> how often, for malformed requests; every answer must be a sentence."""
    statuses: dict[int, int] = {}
    silent = 0
    for body, headers in malformed(count, TOKEN):
        connection = HTTPConnection(address.rpartition("@")[2], timeout=60)
        connection.request("POST", "/draw", body, {"Connection": "close", **headers})
        with connection.getresponse() as answer:
            statuses[answer.status] = statuses.get(answer.status, 0) + 1
            try:
                silent += len(json.loads(answer.read())["error"].split()) < 3
            except (ValueError, KeyError):
                silent += 1
    return statuses, silent


def memory_of(process: int) -> float:
    """MiB that a process and those it started hold."""
    root = psutil.Process(process)
    return sum(p.memory_info().rss for p in (root, *root.children(recursive=True))) / 2**20


def _room(pipe: Any) -> None:
    from helpers.serving.drawing import Artist

    artist = Artist("tiny", "cpu", 8)
    import asyncio

    with served(artist.draw, asyncio.run(artist.about())) as (address, _):
        pipe.send(address.format(f"{TOKEN}@"))
        pipe.recv()


@contextmanager
def a_room(ray: bool, replicas: int) -> Iterator[tuple[str, int]]:
    """(address, process) of a room: with Ray Serve, or without."""
    if ray:
        from helpers.serving import app

        app.start(app.Serving({"7b": TOKEN}, TEACHER, replicas=replicas, port=8127))
        try:
            yield f"http://{TOKEN}@127.0.0.1:8127", os.getpid()
        finally:
            app.stop()
        return
    here, there = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_room, args=(there,))
    process.start()
    try:
        yield here.recv(), process.pid or 0
        here.send("done")
    finally:
        process.join(20)


def is_drawing(address: str) -> bool:
    """Whether something is being drawn."""
    connection = HTTPConnection(address.rpartition("@")[2], timeout=60)
    connection.request("GET", "/health", headers={"Connection": "close"})
    with connection.getresponse() as answer:
        return bool(json.loads(answer.read())["drawing"])


def kill_a_replica() -> int:
    """Ends one of the processes that draw, which this program started; returns its number."""
    for child in psutil.Process().children(recursive=True):
        if "Artist" in " ".join(child.cmdline()):
            child.kill()
            return child.pid
    raise RuntimeError("there is no replica to kill")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    for name, default in (("learners", 30), ("pictures", 5), ("steps", 4), ("malformed", 1000)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--replicas", type=int, default=1)
    parser.add_argument("--ray", action="store_true")
    parser.add_argument(
        "--kill", action="store_true", help="one replica, in the middle (with --ray)"
    )
    given = parser.parse_args()
    most, steps = given.pictures, given.steps
    with a_room(given.ray, given.replicas) as (address, process):
        of_a_learner(address, 0, 1, 1)  # the first picture of a process takes longer

        def kill() -> None:
            while given.kill and not is_drawing(address):
                time.sleep(0.05)
            if given.kill:
                print("killed process", kill_a_replica())

        spent = time.process_time()
        found = class_of(address, given.learners, most, steps, kill)
        spent = time.process_time() - spent
        whole = max(when for runs in found for when, _ in runs)
        print(f"{sum(map(len, found))} of {given.learners * most} pictures in {whole:.1f} s")
        print(f"nobody waited for a k-th picture more than {longest_wait(found):.2f} fair shares")
        before = memory_of(process)
        flood(address, given.malformed // 10)
        warm = memory_of(process)
        statuses, silent = flood(address, given.malformed)
        after = memory_of(process)
        print(f"malformed: {statuses}, {silent} without a sentence")
        print(f"memory: {before:.0f} MiB, warm {warm:.0f}, after all {after:.0f}")
    pipe = load("tiny", "cpu")
    print(f"{equal_in_a_batch(pipe, found, steps)} of them equal a local batch to the last bit")
    print(f"largest difference to pictures drawn alone: {differences(pipe, found, steps):.1e}")
    one = in_batches(given.learners, most, steps)
    cores = os.cpu_count() or 1
    alone = one / (whole - spent / cores)
    print(
        f"one process in batches of 8: {one:.1f} s, so the room has {one / whole:.2f} of its speed"
    )
    print(f"learners' side: {spent:.1f} s of {cores} cores, without which it would be {alone:.2f}")


if __name__ == "__main__":
    main()
