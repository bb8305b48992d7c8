"""A word from a folder of pictures to files to load: what `python -m helpers finetune` does.

It can be stopped at any moment, and goes on to the same result.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from diffusers import StableDiffusionPipeline
from tqdm import tqdm

from ..files import only_one
from ..loading import load, words
from ..loading.habits import habits
from ..loading.models import EMBEDDED
from ..runtime import pick_device
from ..training.budget import Clock
from ..training.checkpoints import require_writable, written_beside
from . import checkpoints
from .card import write_card, write_sheet
from .loop import finetune
from .pictures import listed, read_examples
from .prior import old_pictures
from .settings import Example, FinetuneConfig, History, Moment
from .store import LORA, WORD, save

log = logging.getLogger(__name__)

CHECKPOINT = Path("state") / "finetune.safetensors"
ENDLESS = 10**6
"""Steps of a training that ends by the clock."""

OLD = 200
"""Old pictures that are drawn, if any."""


@dataclass(frozen=True)
class Teaching:
    """What shall be taught, to which model, from which pictures.

    Attributes:
        pictures: folder, as for `read_examples`.
        out: folder of the results; `load(model, lora=out)` adds them to the model.
        config: of the training.
        model: as for `load`.
        device: as for `load`.
        minutes: budget of time beside that of steps, or None.
        resume: go on from the checkpoint in `out`.
        samples: pictures drawn for the sample sheet; 0 for none.
        checkpoint_minutes: time between two checkpoints.

    Raises:
        ValueError: minutes or samples are out of range.
    """

    pictures: Path
    out: Path
    config: FinetuneConfig
    model: str = "tiny"
    device: str = "auto"
    minutes: float | None = None
    resume: bool = False
    samples: int = 4
    checkpoint_minutes: float = 1.0

    def __post_init__(self) -> None:
        if self.minutes is not None and not 0 < self.minutes < math.inf:
            raise ValueError(f"minutes must be above 0, got {self.minutes}")
        if not 0 <= self.samples <= 16:
            raise ValueError(f"samples must lie in 0 ... 16, got {self.samples}")

    @property
    def checkpoint(self) -> Path:
        """What the training goes on from."""
        return self.out / CHECKPOINT


def teach(plan: Teaching) -> Path:
    """Teaches a model a word and writes what it has learned to a folder, with a card; the folder.

    Stopped by Ctrl-C, it ends its step, saves, and raises KeyboardInterrupt; a second Ctrl-C stops
    it at once.

    Raises:
        TypeError, ValueError: as for `read_examples`, `load` and `finetune`; or the checkpoint was
            cut off.
        FileExistsError: the folder holds a training, and `resume` was not asked for.
        OSError: nothing can be written there, or another training is at work in it.
        FloatingPointError: the loss is no longer a number.
    """
    listed(plan.pictures)  # told now, and not after a model was fetched
    with only_one(plan.out, "a training"):
        _check_out(plan)
        require_writable(plan.out)
        state, facts = checkpoints.read(plan.checkpoint) if plan.checkpoint.exists() else (None, {})
        pipe = _model(plan)
        words.check_new(pipe, plan.config.word)
        side = pipe.unet.config.sample_size * pipe.vae_scale_factor
        examples = read_examples(plan.pictures, plan.config.word, side)
        training = _Training(plan, pipe, examples, facts)
        training.run(state)
    return plan.out


def _check_out(plan: Teaching) -> None:
    """Refuse to write over an earlier training, or to go on where there is none."""
    if plan.checkpoint.exists():
        if not plan.resume:
            raise FileExistsError(
                f"{plan.checkpoint} is the checkpoint of an earlier run: continue it with "
                "--resume, or choose another --out"
            )
    elif found := [name for name in (LORA, WORD) if (plan.out / name).exists()]:
        raise FileExistsError(
            f"{plan.out} holds something learned already ({found[0]}), and no checkpoint to go on "
            "from; choose another --out"
        )


def _model(plan: Teaching) -> StableDiffusionPipeline:
    """The model, in a precision that learns: float32, or bfloat16 where a card computes it."""
    cuda = plan.model not in EMBEDDED and pick_device(plan.device).type == "cuda"
    half = cuda and torch.cuda.is_bf16_supported(including_emulation=False)
    pipe = load(plan.model, plan.device, "bfloat16" if half else "float32")
    log.info("%s on %s, %s", plan.model, pipe.device, pipe.unet.dtype)
    return pipe


class _Training:
    """One call of `teach`, when everything is there."""

    def __init__(
        self,
        plan: Teaching,
        pipe: StableDiffusionPipeline,
        examples: Sequence[Example],
        facts: dict[str, Any],
    ) -> None:
        self.plan, self.pipe, self.examples = plan, pipe, examples
        self.digest = _digest(examples)
        if facts and facts.get("pictures") != self.digest:
            log.warning(
                "the pictures or captions are other ones than those that this training began with"
            )
        earlier = facts.get("minutes", 0.0)
        if not isinstance(earlier, (int, float)) or not 0 <= earlier < math.inf:
            raise ValueError(f"{plan.checkpoint} tells no minutes; delete it to start anew")
        self.clock = Clock(plan.minutes, plan.config.steps, earlier=float(earlier))
        self.kept = old_pictures(pipe, OLD, plan.config.seed) if plan.config.prior else []
        if plan.config.prior and not self.kept:
            log.info("no old pictures: those that %s was trained on are not here", plan.model)

    def run(self, state: dict[str, Any] | None) -> None:
        """All steps that are left, and everything that is written."""
        if state:
            log.info("continue at step %s, %.1f minutes", state.get("step"), self.clock.earlier)
        config = self.plan.config
        with _stoppable() as stop, _bar(config.word) as bar:
            self.saved = self.clock.elapsed
            history = finetune(
                self.pipe,
                self.examples,
                config,
                kept=self.kept,
                resume=state,
                on_step=lambda moment: self._watch(moment, bar) or stop.is_set(),
                progress=False,
            )
        self._save(history.state)
        save(self.pipe, self.plan.out)
        if stop.is_set():
            log.info("saved after step %d; --resume goes on from there", len(history.losses))
            raise KeyboardInterrupt
        self._report(history)

    def _watch(self, moment: Moment, bar: tqdm) -> bool:
        """After each step: shows it, saves now and then, and says whether the budget is spent."""
        if not math.isfinite(moment.loss):
            raise FloatingPointError(
                f"the loss is {moment.loss:g} at step {moment.step}; begin anew in another --out, "
                f"with a --learning-rate lower than {self.plan.config.learning_rate:g}"
            )
        self.clock.step = moment.step
        progress = self.clock.progress
        bar.update(round(100 * progress, 1) - bar.n)
        bar.set_postfix(step=moment.step, loss=f"{moment.loss:.3f}", refresh=False)
        if self.clock.elapsed - self.saved >= self.plan.checkpoint_minutes:
            self._save(moment.save_state())
            self.saved = self.clock.elapsed
            log.info("step %d, %.1f minutes: loss %.3f", moment.step, self.saved, moment.loss)
        return progress >= 1

    def _save(self, state: dict[str, Any]) -> None:
        facts = {"pictures": self.digest, "minutes": self.clock.elapsed}
        checkpoints.save(self.plan.checkpoint, state, facts)

    def _report(self, history: History) -> None:
        """Facts, samples and the card beside what was learned."""
        plan, tenth = self.plan, max(1, len(history.losses) // 10)
        facts = {
            "model": plan.model,
            **asdict(plan.config),
            "steps": len(history.losses),
            "minutes": round(self.clock.elapsed, 2),
            "pictures": len(self.examples),
            "old_pictures": len(self.kept),
            "loss_first_tenth": sum(history.losses[:tenth]) / tenth,
            "loss_last_tenth": sum(history.losses[-tenth:]) / tenth,
        }
        with written_beside(plan.out / "training.json") as place:
            text = json.dumps(facts, indent=1, ensure_ascii=False)
            place.write_text(text + "\n", encoding="utf-8")
        if plan.samples:
            write_sheet(self.pipe, self.examples, plan.out, plan.samples)
        write_card(plan.out, facts, habits(self.pipe))


def _digest(examples: Sequence[Example]) -> str:
    """SHA-256 of all pictures and captions."""
    found = hashlib.sha256()
    for example in examples:
        found.update(example.caption.encode() + example.picture.numpy().tobytes())
    return found.hexdigest()


def _bar(word: str) -> tqdm:
    return tqdm(total=100, unit="%", desc=word, disable=None)


@contextmanager
def _stoppable() -> Iterator[threading.Event]:
    """Inside, the first Ctrl-C only sets the flag, so that a step ends; the second is as usual."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    before = signal.getsignal(signal.SIGINT)

    def ask(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, before)
        asked.set()

    signal.signal(signal.SIGINT, ask)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)
