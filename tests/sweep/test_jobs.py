"""Many pictures: every one made once, by any number of processes, killed or not."""

from __future__ import annotations

import itertools
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from helpers import cli
from helpers.records import Trajectory
from helpers.sampling import generate
from helpers.sampling.settings import read_settings
from helpers.sweep import Sweep, jobs, sweep
from helpers.sweep.jobs import Job, finished

ROOT = Path(__file__).parents[2]
PROMPTS = ("a castle at night", "山と川のある幻想的な風景")


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tiny_random_pipe) -> object:
    """`load` answers with the small random pipeline."""
    monkeypatch.setattr(jobs, "load", lambda *_, **__: tiny_random_pipe)
    return tiny_random_pipe


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    path = tmp_path / "prompts.txt"
    path.write_text("# what to draw\n\n" + "\n".join(PROMPTS) + "\n", encoding="utf-8")
    return path


def plan(out: Path, seeds: tuple[int, ...] = (0, 1, 2), **more: object) -> Sweep:
    return Sweep(PROMPTS, seeds, out, steps=1, batch=2, **more)


def made(out: Path) -> Counter[Job]:
    """How often each picture is in a trajectory."""
    found: Counter[Job] = Counter()
    for path in out.glob("shard-*/*.safetensors"):
        settings = Trajectory.load(path).settings
        found.update(map(Job, settings["prompt"], settings["seed"]))
    return found


def pictures(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in out.glob("shard-*/*.png")}


def test_every_prompt_meets_every_seed(small, tmp_path: Path) -> None:
    sheet = sweep(plan(tmp_path / "out"))
    wanted = {Job(prompt, seed) for prompt in PROMPTS for seed in range(3)}
    assert made(tmp_path / "out") == Counter(wanted)
    assert set(pictures(tmp_path / "out")) == {job.file for job in wanted}
    assert sheet == tmp_path / "out" / "contact-sheet.jpg"
    with Image.open(sheet) as page:
        assert page.size == (3 * (128 + 4) + 4, 2 * (22 + 132) + 4)
        assert np.asarray(page.convert("L")).std() > 10


def test_a_picture_is_the_one_that_generate_makes(small, tmp_path: Path) -> None:
    sweep(plan(tmp_path))
    job = Job(PROMPTS[0], 2)
    (path,) = tmp_path.glob(f"shard-*/{job.file}")
    alone = generate(small, job.prompt, seed=job.seed, steps=1, progress=False).images[0]
    stored = np.asarray(Image.open(path), dtype=np.float32) / 255  # (H, W, 3)
    np.testing.assert_allclose(stored, alone.permute(1, 2, 0).numpy(), atol=1.01 / 255)
    assert read_settings(path)["seed"] == 2 and read_settings(path)["prompt"] == job.prompt


def test_started_again_nothing_is_made_twice(small, tmp_path: Path, monkeypatch) -> None:
    sweep(plan(tmp_path))
    before = pictures(tmp_path)
    monkeypatch.setattr(jobs, "generate", lambda *_, **__: pytest.fail("made again"))
    sweep(plan(tmp_path))
    assert pictures(tmp_path) == before


def test_more_seeds_only_add(small, tmp_path: Path) -> None:
    sweep(plan(tmp_path))
    before = pictures(tmp_path)
    sweep(plan(tmp_path, seeds=(0, 1, 2, 7)))
    assert len(made(tmp_path)) == 8 and set(made(tmp_path).values()) == {1}
    assert pictures(tmp_path).items() >= before.items()


def test_a_picture_that_was_lost_comes_from_its_trajectory(small, tmp_path, monkeypatch) -> None:
    sweep(plan(tmp_path))
    lost = next(tmp_path.glob("shard-*/*.png"))
    before = lost.read_bytes()
    lost.unlink()
    (tmp_path / "shard-0" / ".half-written.png").touch()
    monkeypatch.setattr(jobs, "generate", lambda *_, **__: pytest.fail("made again"))
    sweep(plan(tmp_path))
    assert lost.read_bytes() == before and not list(tmp_path.glob("shard-*/.*"))


def test_other_settings_need_another_folder(small, tmp_path: Path) -> None:
    sweep(plan(tmp_path))
    other = Sweep(PROMPTS, (0,), tmp_path, steps=2)
    with pytest.raises(ValueError, match="holds a sweep with steps 1, and this one has steps 2"):
        sweep(other)


def test_a_batch_that_does_not_fit_is_halved(small, tmp_path, monkeypatch, caplog) -> None:
    tried: list[int] = []

    def narrow(pipe: object, prompt: list[str], **options: object) -> Trajectory:
        tried.append(len(prompt))
        if len(prompt) > 2:
            raise MemoryError("out of memory")
        return generate(pipe, prompt, **options)

    monkeypatch.setattr(jobs, "generate", narrow)
    sweep(Sweep(PROMPTS, (0, 1, 2), tmp_path, steps=1, batch=5))
    assert tried == [5, 3, 2, 2, 2] and set(made(tmp_path).values()) == {1}
    assert "going on with 2 pictures" in caplog.text


def test_one_picture_that_does_not_fit_is_an_error(small, tmp_path, monkeypatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise MemoryError("out of memory on cpu: choose a smaller size")

    monkeypatch.setattr(jobs, "generate", never)
    with pytest.raises(MemoryError, match="smaller size"):
        sweep(Sweep(PROMPTS, (0,), tmp_path, steps=1))


def command(prompts: Path, out: Path, processes: int = 1, seeds: str = "0-3") -> list[str]:
    """The sweep as it is started from a terminal."""
    launch = [sys.executable, "-m"]
    if processes > 1:
        launch += ["torch.distributed.run", "--standalone", f"--nproc_per_node={processes}", "-m"]
    options = ["--seeds", seeds, "--steps", "2", "--size", "32", "--batch", "2"]
    return [*launch, "helpers", "sweep", str(prompts), *options, "--out", str(out)]


ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}


@pytest.mark.skipif(os.name != "posix", reason="process groups and kills as in POSIX")
def test_two_processes_share_the_work_and_survive_a_kill(prompts: Path, tmp_path: Path) -> None:
    """Both are killed with pictures still to make; two more finish: nothing lost, nothing twice."""
    out = tmp_path / "out"
    slow = command(prompts, out, processes=2, seeds="0-15")
    with subprocess.Popen(
        slow, env=ENVIRONMENT, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as started:  # fmt: skip
        while len(list(out.glob("shard-*/*.safetensors"))) < 2 and started.poll() is None:
            time.sleep(0.01)
        os.killpg(started.pid, signal.SIGKILL)
    before = finished(out)
    first = pictures(out)
    assert 0 < len(before) < 32
    done = subprocess.run(
        slow, env=ENVIRONMENT, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{out / 'contact-sheet.jpg'}\n"
    assert made(out) == Counter(Job(prompt, seed) for prompt in PROMPTS for seed in range(16))
    assert {path.name for path in out.glob("shard-*")} == {"shard-0", "shard-1"}
    assert len(pictures(out)) == 32 and pictures(out).items() >= first.items()
    shares = [len(list((out / f"shard-{rank}").glob("*.png"))) for rank in (0, 1)]
    assert shares == [16, 16]


def test_the_command_draws_and_says_where(small, prompts: Path, tmp_path: Path, capsys) -> None:
    out = tmp_path / "out"
    assert cli.main(command(prompts, out)[3:]) == 0
    assert capsys.readouterr().out == f"{out / 'contact-sheet.jpg'}\n"
    assert len(pictures(out)) == 8


def test_a_mistake_is_one_line(tmp_path: Path, capsys) -> None:
    assert cli.main(command(tmp_path / "no.txt", tmp_path)[3:]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: prompts: there is no file") and said.count("\n") == 1


def test_files_of_different_prompts_have_different_names() -> None:
    long = "a " * 60
    names = {Job(long + end, seed).file for end in ("castle", "house") for seed in (1, 2)}
    assert len(names) == 4 and all(len(name) < 80 and "/" not in name for name in names)


def test_a_batch_has_a_picture(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="batch must be 1 or more, got 0"):
        Sweep(PROMPTS, (0,), tmp_path, batch=0)


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"seeds": itertools.count()}, ValueError, "seeds: got more than 1,000,000"),
        ({"seeds": range(10**12)}, ValueError, "seeds: got more than 1,000,000"),
        ({"prompts": itertools.repeat("a")}, ValueError, "prompts: got more than 1,000,000"),
        ({"prompts": "a lake"}, TypeError, "prompts must be a list, got 'a lake'"),
        ({"seeds": 3}, TypeError, "seeds must be a list, got 3"),
        ({"batch": "x"}, ValueError, "batch must be 1 or more, got 'x'"),
    ],
)
def test_a_sweep_has_an_end(tmp_path: Path, wrong: dict, error: type, message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        Sweep(**{"prompts": PROMPTS, "seeds": (0,), "out": tmp_path} | wrong)


def test_prompts_and_seeds_come_in_any_row(tmp_path: Path) -> None:
    made = Sweep(list(PROMPTS), range(2), tmp_path)
    assert (made.prompts, made.seeds) == (tuple(PROMPTS), (0, 1))


@pytest.mark.parametrize(
    ("capability", "pictures", "worth"),
    [((8, 0), 100, True), ((8, 0), 99, False), ((7, 5), 10**6, False)],
)
def test_compiling_must_pay(monkeypatch, capability: tuple, pictures: int, worth: bool) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    assert jobs.worth_compiling(pictures, torch.device("cuda")) is worth
    assert not jobs.worth_compiling(10**6, torch.device("cpu"))


def test_settings_of_a_sweep_are_plain(tmp_path: Path) -> None:
    assert json.loads(json.dumps(plan(tmp_path).settings)) == plan(tmp_path).settings


def test_numbers_of_numpy_become_plain(tmp_path: Path) -> None:
    numbers = {"steps": 3, "guidance_scale": 2.5, "size": 64, "batch": 2}
    of_numpy = {name: np.array(value)[()] for name, value in numbers.items()}
    of_numpy["guidance_scale"] = np.float32(2.5)
    made = Sweep(PROMPTS, np.arange(2), tmp_path, **of_numpy)
    assert made == Sweep(PROMPTS, (0, 1), tmp_path, **numbers)
    assert json.loads(json.dumps(made.settings)) == made.settings
    assert {type(job.seed) for job in made.jobs} == {type(made.batch)} == {int}
