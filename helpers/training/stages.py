"""The stages of training by name."""

from __future__ import annotations

from .config import TrainConfig
from .vae import train_vae


def train(stage: str, config: TrainConfig) -> None:
    {"vae": train_vae}[stage](config)
