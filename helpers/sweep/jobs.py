"""Many pictures: every prompt with every seed, on as many devices as there are, in as many goes.

The one thing that counts as done is a run's trajectory file, and that appears complete or not at
all. So a sweep can be stopped at any moment and started again: what is there is not made twice, and
pictures that are missing beside a trajectory are taken from it.
"""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path

import torch
from accelerate import PartialState
from tqdm.auto import tqdm

from ..files import only_one
from ..loading import StableDiffusionPipeline, load, memory
from ..records import Trajectory
from ..runtime import pick_device
from ..sampling import denoise, generate
from ..sampling.settings import save_picture
from .folder import SHEET, claim, compare, complete, finished, next_number
from .plan import Job, Sweep

CPU_BATCH = 4
"""Pictures side by side on a processor, which gains nothing from more."""

COMPILE_FROM = 100
"""Pictures of one process from which on compiling is expected to pay on cards that gain by it."""

log = logging.getLogger(__name__)


def sweep(plan: Sweep) -> Path:
    """Makes what is missing, and returns the path of the contact sheet of all.

    Started by `accelerate launch` or `torchrun` in several processes, each makes its share. What is
    asked is checked, and the model loaded, before anything is written.

    Raises:
        ValueError: the folder holds a sweep with other settings, or what is asked cannot be made.
        OSError: another sweep is at work in the folder, or it cannot be written to.
    """
    state = PartialState(cpu=pick_device().type != "cuda")
    if state.device.type == "cpu" and state.num_processes == 1 and "MASTER_ADDR" in os.environ:
        log.warning(
            "only one process was started: on CPUs `accelerate launch --num_processes` needs MPI; "
            "start several with `torchrun --nproc_per_node 2 -m helpers sweep ...`"
        )
    main = state.is_main_process
    if main:
        compare(plan)
    with only_one(plan.out, "a sweep") if main else nullcontext():
        done = finished(plan.out, plan.settings)
        share = plan.jobs[state.process_index :: state.num_processes]
        missing = [job for job in share if job not in done]
        pipe = _pipe_for(missing, plan, state) if missing else None
        if main:
            claim(plan)
        state.wait_for_everyone()
        if pipe is not None:
            _make(pipe, missing, plan, state)
        state.wait_for_everyone()
        if main:
            complete(plan)
        state.wait_for_everyone()
    return plan.out / SHEET


def _pipe_for(jobs: Sequence[Job], plan: Sweep, state: PartialState) -> StableDiffusionPipeline:
    """The model, after it was asked whether it can make the first picture; errors as its own."""
    device = state.device if state.device.type == "cuda" else "auto"
    pipe = load(plan.model, device, compile=worth_compiling(len(jobs), state.device))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # told when the picture is made
        denoise(
            pipe,
            jobs[0].prompt,
            seed=jobs[0].seed,
            steps=plan.steps,
            guidance_scale=plan.guidance_scale,
            scheduler=plan.scheduler,
            size=plan.size,
        )
    return pipe


def _make(
    pipe: StableDiffusionPipeline, jobs: Sequence[Job], plan: Sweep, state: PartialState
) -> None:
    """This process's share, batch by batch, into its own shard."""
    shard = plan.out / f"shard-{state.process_index}"
    shard.mkdir(exist_ok=True)
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
    run.save(shard / f"{next_number(shard):05}.safetensors")
    for picture, (prompt, seed) in enumerate(
        zip(run.settings["prompt"], run.settings["seed"], strict=True)
    ):
        save_picture(run, shard / Job(prompt, seed).file, picture)
