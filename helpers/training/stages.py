"""The stages of training by name, and all of them in turn."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import accelerate
import diffusers
import torch
import transformers

from ..files import only_one, read_json
from ..loading import TINY, quiet
from .card import write_card
from .checkpoints import written_beside
from .config import TrainConfig
from .probe import train_probe
from .rivals import TRAINERS as RIVALS
from .text import train_text
from .turbo import MODEL as TURBO_MODEL
from .turbo import UPDATE as TURBO_UPDATE
from .turbo import train_turbo
from .unet import train_unet
from .vae import train_vae

TRAINERS: dict[str, Callable[[TrainConfig], dict[str, object]]] = {
    "vae": train_vae,
    "text": train_text,
    "unet": train_unet,
    "probe": train_probe,
    "turbo": train_turbo,
    **RIVALS,
}
SHARES = {"vae": 0.3, "text": 0.1, "unet": 0.5, "probe": 0.1}
"""The stages of "all", and how they divide a time budget."""


def train(stage: str, config: TrainConfig) -> dict[str, dict[str, object]]:
    """Train one stage, or "all" in turn, and note the facts in training.json and the model card.

    For "all", `minutes` is divided by `SHARES`; `steps` holds for each stage.

    Returns:
        The facts of each stage trained.

    Raises:
        ValueError: unknown stage.
        OSError: nothing can be written to `config.out`, or another training is at work there.
        FileExistsError: an earlier run is there and `resume` was not asked for.
        FileNotFoundError: a stage that must come first has not been trained.
        FloatingPointError: the loss is no longer a number.
    """
    if stage != "all" and stage not in TRAINERS:
        names = ", ".join((*TRAINERS, "all"))
        raise ValueError(f"train: stage must be one of {names}, got {stage!r}")
    shares = SHARES if stage == "all" else {stage: 1.0}
    main = os.environ.get("RANK", "0") == "0"  # of several processes, one holds the folder
    with only_one(config.out, "a training") if main else nullcontext():
        return _train(shares, config)


def _train(shares: dict[str, float], config: TrainConfig) -> dict[str, dict[str, object]]:
    """The stages in turn, each with its share of the minutes."""
    _facts_of(config.out)  # told now, and not after an hour of training
    facts: dict[str, dict[str, Any]] = {}
    for name, share in shares.items():
        minutes = None if config.minutes is None else config.minutes * share
        with quiet():
            facts[name] = TRAINERS[name](replace(config, minutes=minutes)) | machine()
        if config.start_from and name in ("vae", "unet"):
            facts[name]["earlier"] = _facts_of(config.start_from).get(name)
            del facts[name]["config"]["sizes"]  # they were those of the model it started from
        if accelerate.PartialState().is_main_process:
            _note(name, facts[name], config)
    return facts


def train_all(config: TrainConfig) -> dict[str, dict[str, object]]:
    """Train the four networks in turn; see `train`."""
    return train("all", config)


def machine() -> dict[str, str]:
    """What the run was computed on and with."""
    cuda = torch.cuda.is_available()
    card = torch.cuda.get_device_name() if cuda else f"{os.cpu_count()} CPU cores"
    modules = (torch, diffusers, transformers, accelerate)
    versions = ", ".join(f"{module.__name__} {module.__version__}" for module in modules)
    return {"machine": card, "versions": f"Python {platform.python_version()}, {versions}"}


def _facts_of(folder: Path) -> dict[str, dict[str, object]]:
    """What is noted in a folder about the training of its networks.

    Raises:
        ValueError: the notes were cut off, or are something else.
    """
    path = folder / "training.json"
    try:
        noted = read_json(path) if path.exists() else {}
        if not isinstance(noted, dict):
            raise ValueError(f"{path}: no JSON object")
    except ValueError as error:
        raise ValueError(
            f"{error}: it was cut off, or is something else; delete it, and training goes on"
        ) from error
    return noted


def _note(stage: str, facts: dict[str, object], config: TrainConfig) -> None:
    began = TINY if stage == "turbo" and not config.start_from else config.start_from
    noted = (_facts_of(began) if began else {}) | _facts_of(config.out) | {stage: facts}
    _write_facts(config.out, noted)
    for name in (TURBO_MODEL, TURBO_UPDATE) if stage == "turbo" else ("model",):
        if (model := config.out / name).is_dir():
            _write_facts(model, {stage: facts} if name == TURBO_UPDATE else noted)
            write_card(model)


def _write_facts(folder: Path, facts: dict[str, dict[str, object]]) -> None:
    with written_beside(folder / "training.json") as place:
        place.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
