"""Many pictures: every prompt with every seed, on as many devices as there are, in as many goes.

The one thing that counts as done is a run's trajectory file, and that appears complete or not at
all. So a sweep can be stopped at any moment and started again: what is there is not made twice, and
pictures that are missing beside a trajectory are taken from it.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from accelerate import PartialState
from safetensors import safe_open
from tqdm.auto import tqdm

from ..loading import StableDiffusionPipeline, load, memory
from ..records import Trajectory
from ..runtime import pick_device
from ..sampling import generate
from ..sampling.settings import save_picture
from .contact import contact_sheet

CPU_BATCH = 4
"""Pictures side by side on a processor, which gains nothing from more."""

COMPILE_FROM = 100
"""Pictures of one process from which on compiling is expected to pay on cards that gain by it."""

SETTINGS = "sweep.json"
SHEET = "contact-sheet.jpg"

log = logging.getLogger(__name__)


class Job(NamedTuple):
    """One picture to make."""

    prompt: str
    seed: int

    @property
    def file(self) -> str:
        """Name of its picture: some words, a check sum of all of them, the seed."""
        words = "-".join(re.findall(r"\w+", self.prompt.lower()))[:40]
        digest = hashlib.sha256(self.prompt.encode()).hexdigest()[:8]
        return f"{words}-{digest}-seed{self.seed}.png"


@dataclass(frozen=True)
class Sweep:
    """What to make.

    Attributes:
        prompts: texts.
        seeds: numbers; each prompt is drawn with each.
        out: folder of the results.
        model, steps, guidance_scale, scheduler, size: as for `load` and `generate`.
        batch: pictures side by side in each process; None for as many as memory allows.
    """

    prompts: tuple[str, ...]
    seeds: tuple[int, ...]
    out: Path
    model: str = "tiny"
    steps: int = 20
    guidance_scale: float = 7.5
    scheduler: str | None = None
    size: int | None = None
    batch: int | None = None

    def __post_init__(self) -> None:
        if self.batch is not None and self.batch < 1:
            raise ValueError(f"batch must be 1 or more, got {self.batch}")

    @property
    def jobs(self) -> list[Job]:
        """Every picture, once, in the order of the contact sheet."""
        return list(dict.fromkeys(Job(text, seed) for text in self.prompts for seed in self.seeds))

    @property
    def settings(self) -> dict[str, Any]:
        """What all pictures have in common; a folder holds pictures of one kind only."""
        names = ("model", "steps", "guidance_scale", "scheduler", "size")
        return {name: value for name, value in asdict(self).items() if name in names}


def read_prompts(path: Path) -> tuple[str, ...]:
    """The lines of a text file, without empty ones and those that begin with #.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it holds no prompt.
    """
    if not path.is_file():
        raise FileNotFoundError(f"prompts: there is no file {path}; write one prompt a line")
    lines = [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines()]
    prompts = tuple(line for line in lines if line and not line.startswith("#"))
    if not prompts:
        raise ValueError(f"prompts: {path} holds no prompt; write one a line")
    return prompts


def read_seeds(text: str) -> tuple[int, ...]:
    """The numbers that a text such as "0-99" or "1,5,10-12" stands for.

    Raises:
        ValueError: it is no list of whole numbers and ranges.
    """
    seeds: list[int] = []
    for part in text.split(","):
        found = re.fullmatch(r"\s*(\d+)(?:-(\d+))?\s*", part)
        if not found or (found[2] and int(found[2]) < int(found[1])):
            raise ValueError(f'seeds: {text!r} is no list of numbers and ranges such as "0-99,200"')
        seeds += range(int(found[1]), int(found[2] or found[1]) + 1)
    return tuple(seeds)


def sweep(plan: Sweep) -> Path:
    """Makes what is missing, and returns the path of the contact sheet of all.

    Started by `accelerate launch` or `torchrun` in several processes, each makes its share.

    Raises:
        ValueError: the folder holds a sweep with other settings.
    """
    state = PartialState(cpu=pick_device().type != "cuda")
    if state.device.type == "cpu" and state.num_processes == 1 and "MASTER_ADDR" in os.environ:
        log.warning(
            "only one process was started: on CPUs `accelerate launch --num_processes` needs MPI; "
            "start several with `torchrun --nproc_per_node 2 -m helpers sweep ...`"
        )
    if state.is_main_process:
        _claim(plan)
    state.wait_for_everyone()
    share = plan.jobs[state.process_index :: state.num_processes]
    done = finished(plan.out)
    _make([job for job in share if job not in done], plan, state)
    state.wait_for_everyone()
    if state.is_main_process:
        _finish(plan)
    state.wait_for_everyone()
    return plan.out / SHEET


def _claim(plan: Sweep) -> None:
    """Writes the sweep's settings into its folder, or compares; clears up after a killed one."""
    path = plan.out / SETTINGS
    plan.out.mkdir(parents=True, exist_ok=True)
    if path.exists():
        there = json.loads(path.read_text(encoding="utf-8"))
        if there != plan.settings:
            raise ValueError(
                f"out: {plan.out} holds a sweep with {_differing(there, plan.settings)}, and this "
                f"one has {_differing(plan.settings, there)}; choose another folder"
            )
    else:
        path.write_text(json.dumps(plan.settings, ensure_ascii=False), encoding="utf-8")
    for broken_off in plan.out.glob("shard-*/.*"):
        shutil.rmtree(broken_off) if broken_off.is_dir() else broken_off.unlink()


def _differing(settings: dict[str, Any], others: dict[str, Any]) -> str:
    return ", ".join(f"{k} {v}" for k, v in settings.items() if others.get(k) != v)


def finished(out: Path) -> dict[Job, tuple[Path, int]]:
    """Every picture that is done -> the trajectory that holds it, and its number there."""
    done: dict[Job, tuple[Path, int]] = {}
    for path in sorted(out.glob("shard-*/*.safetensors")):
        with safe_open(path, framework="pt") as file:
            settings = json.loads(file.metadata()["settings"])
        pairs = zip(settings["prompt"], settings["seed"], strict=True)
        for number, (prompt, seed) in enumerate(pairs):
            done[Job(prompt, seed)] = (path, number)
    return done


def _make(jobs: Sequence[Job], plan: Sweep, state: PartialState) -> None:
    """This process's share, batch by batch, into its own shard."""
    if not jobs:
        return
    shard = plan.out / f"shard-{state.process_index}"
    shard.mkdir(exist_ok=True)
    device = state.device if state.device.type == "cuda" else "auto"
    pipe = load(plan.model, device, compile=worth_compiling(len(jobs), state.device))
    size = plan.batch or _batch_size(pipe, plan.size)
    hidden = not (state.is_main_process and sys.stderr.isatty())
    with tqdm(total=len(jobs), unit="picture", disable=hidden) as bar:
        for run in _runs(pipe, jobs, plan, size):
            _keep(run, shard)
            bar.update(len(run.images))


def worth_compiling(pictures: int, device: torch.device) -> bool:
    """Whether compiling can be expected to pay: many pictures, on a card with fast bfloat16.

    Documented gains are 2 x on an A100 and 1.06 x on a T4; `python -m helpers bench` measures them.
    """
    if device.type != "cuda" or pictures < COMPILE_FROM:
        return False
    return torch.cuda.get_device_capability(device) >= (8, 0)


def _batch_size(pipe: StableDiffusionPipeline, size: int | None) -> int:
    if pipe.device.type != "cuda":
        return CPU_BATCH
    pipe.vae.enable_slicing()  # what `pictures_at_once` counts on
    return memory.pictures_at_once(memory.free_memory(pipe.device), memory.need_of(pipe, size))


def _runs(
    pipe: StableDiffusionPipeline, jobs: Sequence[Job], plan: Sweep, size: int
) -> Iterator[Trajectory]:
    """The jobs' runs; a batch that does not fit into memory is tried again by halves."""
    begin = 0
    while begin < len(jobs):
        batch = jobs[begin : begin + size]
        try:
            run = generate(
                pipe,
                [job.prompt for job in batch],
                seed=[job.seed for job in batch],
                steps=plan.steps,
                guidance_scale=plan.guidance_scale,
                scheduler=plan.scheduler,
                size=plan.size,
                progress=False,
            )
        except MemoryError:
            if size == 1:
                raise
            size = (len(batch) + 1) // 2 if len(batch) > 1 else 1
            log.warning("out of memory: going on with %d pictures side by side", size)
            continue
        begin += len(batch)
        yield run


def _keep(run: Trajectory, shard: Path) -> None:
    """Stores a run: first the trajectory, which makes it done, then its pictures."""
    number = 1 + max((int(path.stem) for path in shard.glob("*.safetensors")), default=-1)
    run.save(shard / f"{number:05}.safetensors")
    for picture in range(len(run.images)):
        _save_picture(run, picture, shard)


def _save_picture(run: Trajectory, picture: int, shard: Path) -> None:
    """Writes one PNG, complete or not at all."""
    job = Job(run.settings["prompt"][picture], run.settings["seed"][picture])
    hidden = shard / f".{job.file}"
    save_picture(run, hidden, picture)
    os.replace(hidden, shard / job.file)


def _finish(plan: Sweep) -> None:
    """Pictures that a killed process did not get to write, and the contact sheet."""
    done = finished(plan.out)
    for job, (path, number) in done.items():
        if not (path.parent / job.file).exists():
            _save_picture(Trajectory.load(path), number, path.parent)
    rows = {
        prompt: [_picture_of(Job(prompt, seed), done) for seed in plan.seeds]
        for prompt in dict.fromkeys(plan.prompts)
    }
    contact_sheet(rows).save(plan.out / SHEET, quality=90)


def _picture_of(job: Job, done: dict[Job, tuple[Path, int]]) -> Path:
    return done[job][0].parent / job.file
