"""Killed at any moment: nothing lost, nothing half, and the next one clears up. POSIX only.

    python -m tests.kill 50               fifty moments each in saving, sweeping, training
                                          and teaching a word

Each worker is a fork of this program, so that the moments fall into the work and not into the
imports, and is killed without warning (SIGKILL).
"""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import torch
from PIL import Image
from safetensors.torch import load_file

from helpers.finetuning import FinetuneConfig, teaching
from helpers.records import Trajectory
from helpers.sampling import generate
from helpers.sampling.settings import read_settings, save_picture
from helpers.sweep import Sweep, jobs, sweep
from helpers.training import Sizes, TrainConfig, train, vae
from tests.conftest import random_pipe

PROMPTS, SEEDS = ("a castle", "山と川"), (0, 1, 2)


def start(work: Callable[[], object]) -> int:
    """A worker's number."""
    number = os.fork()
    if number == 0:
        code = 1
        try:
            with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
                os.dup2(nowhere.fileno(), 2)
            work()
            code = 0
        finally:
            os._exit(code)
    return number


def killed(work: Callable[[], object], after: float) -> bool:
    """Whether a worker was still at work when it was killed, so many seconds after its start."""
    number = start(work)
    time.sleep(after)
    os.kill(number, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(number, 0)[1])


def finished(work: Callable[[], object]) -> float:
    """Seconds of a worker that may end."""
    begin = time.monotonic()
    assert os.waitpid(start(work), 0)[1] == 0, "the work after a kill failed"
    return time.monotonic() - begin


def hidden(folder: Path) -> list[Path]:
    return [path for path in folder.rglob(".*")]


def saving(moments: int, folder: Path, rng: random.Random) -> Counter[str]:
    """A run and its picture, saved over and over again in two versions."""
    pipe = random_pipe()
    versions = [generate(pipe, "a", seed=seed, steps=20, progress=False) for seed in (0, 1)]
    path, picture = folder / "run.safetensors", folder / "picture.png"

    def work(count: int = 10**9) -> None:
        for number in range(count):
            versions[number % 2].save(path)
            save_picture(versions[number % 2], picture)

    told: Counter[str] = Counter()
    work(1)
    for _ in range(moments):
        told["killed"] += killed(work, rng.uniform(0, 0.1))
        there = Trajectory.load(path)
        assert any(torch.equal(there.latents, each.latents) for each in versions)
        assert read_settings(picture)["prompt"] == "a"
        with Image.open(picture) as image:
            image.load()
        told["with leftovers"] += bool(hidden(folder))
        finished(lambda: work(1))
        assert sorted(os.listdir(folder)) == [picture.name, path.name]
    return told


def sweeping(moments: int, folder: Path, rng: random.Random) -> Counter[str]:
    """A sweep of six pictures, killed and started again."""
    pipe = random_pipe()
    jobs.load = lambda *_, **__: pipe

    def work(out: Path) -> Callable[[], object]:
        return lambda: sweep(Sweep(PROMPTS, SEEDS, out, steps=2, batch=2))

    def content(out: Path) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in out.rglob("*.png")}

    length = finished(work(folder / "whole"))
    whole, told = content(folder / "whole"), Counter()
    while told["killed"] < moments:
        out = folder / str(told["tried"])
        told["tried"] += 1
        told["killed"] += killed(work(out), rng.uniform(0, length))
        before = {path: path.read_bytes() for path in out.rglob("*.safetensors")}
        before = {path: data for path, data in before.items() if ".unfinished" not in str(path)}
        for path in before:
            Trajectory.load(path)
        told["with leftovers"] += bool(hidden(out))
        told["with pictures"] += bool(before)
        finished(work(out))
        assert content(out) == whole and not hidden(out)
        assert all(path.read_bytes() == data for path, data in before.items()), "made twice"
        assert (out / "contact-sheet.jpg").stat().st_size > 1000
    return told


def training(moments: int, folder: Path, rng: random.Random) -> Counter[str]:
    """A VAE of a few steps, a checkpoint after each, killed and resumed."""
    vae.SCENES = 2

    def work(out: Path) -> Callable[[], object]:
        return lambda: train("vae", TrainConfig(
            out, steps=6, batch_size=2, pictures=8, workers=0, precision="no", device="cpu",
            sizes=Sizes.tiny(), checkpoint_minutes=0, resume=True,
        ))  # fmt: skip

    def weights(out: Path) -> dict[str, torch.Tensor]:
        return load_file(out / "state" / "vae.safetensors")

    length = finished(work(folder / "whole"))
    whole, told = weights(folder / "whole"), Counter()
    while told["killed"] < moments:
        out = folder / str(told["tried"])
        told["tried"] += 1
        told["killed"] += killed(work(out), rng.uniform(0, length))
        told["with a checkpoint"] += (out / "state" / "vae.safetensors").exists()
        told["with leftovers"] += any(".unfinished" in path.name for path in hidden(out))
        finished(work(out))
        assert all(torch.equal(value, whole[name]) for name, value in weights(out).items())
        assert not hidden(out) and (out / "vae" / "config.json").is_file()
    return told


def teach_word(moments: int, folder: Path, rng: random.Random) -> Counter[str]:
    """A new word learned in a few steps, a checkpoint after each, killed and resumed."""
    teaching.load = lambda *_, **__: random_pipe()
    (folder / "pictures").mkdir()
    for number in range(4):
        Image.new("RGB", (32, 32), (60 * number, 9, 9)).save(folder / "pictures" / f"{number}.png")
    config = FinetuneConfig("xylophone", rank=1, steps=6, batch_size=2)

    def work(out: Path) -> Callable[[], object]:
        return lambda: teaching.teach(teaching.Teaching(
            folder / "pictures", out, config, resume=True, samples=1, checkpoint_minutes=0,
        ))  # fmt: skip

    def weights(out: Path) -> dict[str, torch.Tensor]:
        return load_file(out / "pytorch_lora_weights.safetensors")

    length = finished(work(folder / "whole"))
    whole, told = weights(folder / "whole"), Counter()
    while told["killed"] < moments:
        out = folder / str(told["tried"])
        told["tried"] += 1
        told["killed"] += killed(work(out), rng.uniform(0, length))
        told["with a checkpoint"] += (out / teaching.CHECKPOINT).exists()
        told["with leftovers"] += any(".unfinished" in path.name for path in hidden(out))
        finished(work(out))
        assert all(torch.equal(value, whole[name]) for name, value in weights(out).items())
        assert not hidden(out) and (out / "README.md").is_file()
    return told


if __name__ == "__main__":
    torch.set_num_threads(1)
    for kind in (saving, sweeping, training, teach_word):
        with tempfile.TemporaryDirectory() as made:
            begin = time.monotonic()
            told = kind(int(sys.argv[1]), Path(made), random.Random(0))
            seconds = time.monotonic() - begin
            print(kind.__name__, dict(told), f"{seconds:.0f} s", flush=True)
