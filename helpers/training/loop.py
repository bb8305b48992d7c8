"""The training loop that all four networks share."""

from __future__ import annotations

import itertools
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import broadcast, set_seed
from diffusers.training_utils import EMAModel
from torch import nn
from torch.utils.data import Dataset
from tqdm import tqdm

from ..runtime import pick_device
from .budget import Clock, Log, rate
from .checkpoints import load_state, require_writable, save_state
from .config import TrainConfig
from .data import Positions, batches
from .optimizer import MuonAdamW, parameter_groups

log = logging.getLogger(__name__)

LOG_STEPS = 20
"""Steps between two rows of the log."""


@dataclass
class Stage:
    """One network in training.

    `model(batch, progress)` returns a dictionary of scalars with "loss"; `report()` is called now
    and then, and at the end, with the averaged weights in place: it measures, draws and exports,
    and returns numbers for the log.
    """

    name: str
    model: nn.Module
    dataset: Dataset
    report: Callable[[], dict[str, float]]
    batch_size: int
    learning_rate: float
    weight_decay: float = 0.0
    length: int | None = None  # items, shuffled in every pass; None for an endless stream
    workers: int = 0
    average: float = 0.999  # decay of the weights' running average
    floor: float = 0.01  # last learning rate, as a share of the peak
    warm_up: int = 200  # steps
    slow: list[nn.Parameter] = field(default_factory=list)  # trained at `slow_rate` of the rate
    slow_rate: float = 0.3
    compiled: list[nn.Module] = field(default_factory=list)  # by `torch.compile`, on a GPU


def make_accelerator(config: TrainConfig) -> Accelerator:
    """accelerate's view of devices and processes, with bf16 where this machine computes it fast."""
    cpu = pick_device(config.device).type == "cpu"
    precision = config.precision
    if precision == "auto":
        precision = "bf16" if _fast_bf16(cpu) else "no"
    accelerator = Accelerator(cpu=cpu, mixed_precision=precision)
    if cpu and accelerator.num_processes == 1 and "MASTER_ADDR" in os.environ:
        log.warning(
            "only one process was started: on CPUs `accelerate launch --num_processes` needs MPI; "
            "start several with `torchrun --nproc_per_node 2 -m helpers train ...`"
        )
    return accelerator


def _fast_bf16(cpu: bool) -> bool:
    if cpu:
        return getattr(torch.cpu, "_is_avx512_bf16_supported", bool)()
    return torch.cuda.is_available() and torch.cuda.is_bf16_supported()


def fit(stage: Stage, config: TrainConfig) -> dict[str, object]:
    """Train a stage until its budget is spent; the facts of the run.

    Raises:
        OSError: `config.out` cannot be written to.
        FileExistsError: `config.out` holds a run of this stage and `resume` was not asked for.
        ValueError: the checkpoint to continue with was cut off, or is of something else.
        FloatingPointError: the loss is no longer a number.
    """
    return _Run(stage, config).fit()


class _Run:
    """State of one call of `fit`."""

    def __init__(self, stage: Stage, config: TrainConfig) -> None:
        self.stage, self.config = stage, config
        self.accelerator = make_accelerator(config)
        self.main = self.accelerator.is_main_process
        if self.main:
            require_writable(config.out)
        self.path = config.out / "state" / f"{stage.name}.safetensors"
        if self.path.exists() and not config.resume:
            raise FileExistsError(
                f"{self.path} is the checkpoint of an earlier run: continue it with --resume, "
                "or choose another --out"
            )
        stage.model.to(self.accelerator.device)
        if self.on_gpu:
            for network in stage.compiled:
                network.compile(dynamic=False)
        self.trained = [p for p in stage.model.parameters() if p.requires_grad]
        self.optimizer = self._make_optimizer()
        self.averages = EMAModel(self.trained, decay=stage.average, foreach=True)
        self.clock = Clock(config.minutes, config.steps)
        self.log = Log(config.out / "log.csv", stage.name)
        self.measured: dict[str, float] = {}
        if self.path.exists():
            self._restore()

    def _make_optimizer(self) -> torch.optim.Optimizer:
        return MuonAdamW(
            parameter_groups(self.stage.model, self.stage.slow),
            self.peak,
            self.stage.weight_decay,
            torch.float32 if self.accelerator.mixed_precision == "no" else torch.bfloat16,
        )

    @property
    def on_gpu(self) -> bool:
        return self.accelerator.device.type == "cuda"

    @property
    def peak(self) -> float:
        return self.config.learning_rate or self.stage.learning_rate

    @property
    def batch_size(self) -> int:
        return self.config.batch_size or self.stage.batch_size

    def _restore(self) -> None:
        facts = load_state(self.path, self.stage.model, self.averages.shadow_params, self.optimizer)
        step, minutes = facts.get("step"), facts.get("minutes")
        if not (isinstance(step, int) and step >= 0 and isinstance(minutes, (int, float))):
            raise ValueError(
                f"{self.path} tells neither its step nor its minutes; delete it to start anew"
            )
        self.clock.step, self.clock.earlier = step, minutes
        self.averages.optimization_step = facts["step"]
        log.info(
            "%s: continue at step %d, %.1f minutes",
            self.stage.name,
            facts["step"],
            facts["minutes"],
        )

    def facts(self) -> dict[str, object]:
        """What the model card and a checkpoint tell about this run."""
        return {
            "stage": self.stage.name,
            "step": self.clock.step,
            "minutes": self.clock.elapsed,
            "batch_size": self.batch_size,
            "learning_rate": self.peak,
            "precision": self.accelerator.mixed_precision,
            "device": str(self.accelerator.device.type),
            "processes": self.accelerator.num_processes,
            "parameters": sum(p.numel() for p in self.trained),
            "measured": self.measured,
            "config": self.config.facts(),
        }

    def save(self) -> None:
        if self.main:
            model = self.accelerator.unwrap_model(self.model)
            save_state(self.path, model, self.averages.shadow_params, self.optimizer, self.facts())

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Averaged weights in place of the trained ones, and eval mode, while the block runs.

        Networks that are compiled run as they are there, since a report's batches have other sizes.
        """
        self.averages.store(self.trained)
        self.averages.copy_to(self.trained)
        self.stage.model.eval()
        try:
            with torch.compiler.set_stance("force_eager") if self.on_gpu else nullcontext():
                yield
        finally:
            self.averages.restore(self.trained)
            self.stage.model.train()

    def report(self) -> None:
        if self.main:
            with self.averaged(), torch.no_grad():
                values = self.stage.report()
            self.log.write(self.clock, values)
            self.measured = values
            numbers = ", ".join(f"{name} {value:.4g}" for name, value in values.items())
            log.info(
                "%s: step %d, %.1f minutes: %s",
                self.stage.name,
                self.clock.step,
                self.clock.elapsed,
                numbers,
            )
        self.accelerator.wait_for_everyone()

    def fit(self) -> dict[str, object]:
        self.model, prepared = self.accelerator.prepare(self.stage.model, self.optimizer)
        self.model.train()
        positions = Positions(
            self.batch_size,
            start=self.clock.step,
            rank=self.accelerator.process_index,
            processes=self.accelerator.num_processes,
            length=self.stage.length,
            seed=self.config.seed,
        )
        items = batches(self.stage.dataset, positions, self.stage.workers, self.on_gpu)
        saved = reported = self.clock.elapsed
        recent: list[dict[str, float]] = []
        bar = tqdm(total=100, unit="%", desc=self.stage.name, disable=None if self.main else True)
        try:
            while (progress := self.shared_progress()) < 1:
                recent.append(self.step(next(items), progress, prepared))
                self.clock.step += 1
                bar.update(round(100 * progress, 1) - bar.n)
                if self.clock.step % LOG_STEPS == 0:
                    self.write_log(recent, bar)
                    recent = []
                if self.clock.elapsed - saved >= self.config.checkpoint_minutes:
                    self.save()
                    saved = self.clock.elapsed
                if self.due(reported):
                    self.report()
                    reported = self.clock.elapsed
        except KeyboardInterrupt:
            self.save()
            raise
        finally:
            bar.close()
        self.save()
        self.report()
        return self.facts()

    def step(
        self, batch: object, progress: float, prepared: torch.optim.Optimizer
    ) -> dict[str, float]:
        """One update; the scalars that the model returned."""
        set_seed(hash((self.config.seed, self.clock.step, self.accelerator.process_index)) % 2**31)
        share = rate(progress, self.clock.step, self.stage.warm_up, self.stage.floor)
        for group in self.optimizer.param_groups:
            group["lr"] = self.peak * share * (self.stage.slow_rate if group["slow"] else 1)
        values = self.model(_to(batch, self.accelerator.device), progress)
        if not torch.isfinite(values["loss"]):
            raise FloatingPointError(
                f"{self.stage.name}: the loss is {values['loss']:g} at step {self.clock.step}; "
                "continue the last checkpoint with --resume and a --learning-rate lower than "
                f"{self.peak:g}"
            )
        self.accelerator.backward(values["loss"])
        self.accelerator.clip_grad_norm_(self.trained, 1.0)
        prepared.step()
        prepared.zero_grad()
        self.averages.step(self.trained)
        return {name: float(value.detach()) for name, value in values.items()}

    def shared_progress(self) -> float:
        """The main process' progress, so that all processes stop at the same step."""
        if self.accelerator.num_processes == 1:
            return self.clock.progress
        mine = torch.tensor(self.clock.progress, device=self.accelerator.device)
        return float(broadcast(mine))

    def due(self, reported: float) -> bool:
        """Whether it is time for a report; the main process' clock decides for all."""
        due = self.clock.elapsed - reported >= self.config.report_minutes
        if self.accelerator.num_processes == 1:
            return due
        return bool(broadcast(torch.tensor(float(due), device=self.accelerator.device)))

    def write_log(self, recent: list[dict[str, float]], bar: tqdm) -> None:
        means = {name: sum(values[name] for values in recent) / len(recent) for name in recent[0]}
        bar.set_postfix(step=self.clock.step, loss=f"{means['loss']:.4f}")
        if self.main:
            self.log.write(self.clock, means)


def _to(batch: Any, device: torch.device) -> Any:
    """A batch (tensor, or tuple, list or dictionary of tensors) on the device."""
    if isinstance(batch, torch.Tensor):
        return batch.to(device, non_blocking=True)
    if isinstance(batch, dict):
        return {name: _to(value, device) for name, value in batch.items()}
    return type(batch)(itertools.starmap(_to, ((value, device) for value in batch)))
