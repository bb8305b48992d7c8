"""The stages of training by name."""

from __future__ import annotations

from ..loading import quiet
from .config import TrainConfig
from .text import train_text
from .unet import train_unet
from .vae import train_vae


def train(stage: str, config: TrainConfig) -> None:
    with quiet():
        {"vae": train_vae, "text": train_text, "unet": train_unet}[stage](config)
