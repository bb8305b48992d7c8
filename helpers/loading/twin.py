"""The few-step twin: a model with a low-rank update of its U-Net, and another scheduler."""

from __future__ import annotations

import hashlib
from pathlib import Path

from diffusers import LCMScheduler, StableDiffusionPipeline
from safetensors import SafetensorError, safe_open

from .. import lowrank

BASE = "base_sha256"
"""Name in an update's header of the check sum of the weights that it was trained on."""

UNET = Path("unet") / "diffusion_pytorch_model.safetensors"


def base_sum(base: Path) -> str:
    """The check sum of the U-Net's weights in a model's folder, SHA-256 in hexadecimal."""
    return hashlib.sha256((base / UNET).read_bytes()).hexdigest()


def apply_update(pipe: StableDiffusionPipeline, update: Path, base: Path) -> None:
    """Turn a pipeline into the twin that lies in a folder: U-Net and scheduler, in place.

    The update is added to the weights once, so the twin is as quick as its base and needs no peft.

    Args:
        pipe: the base, fresh from its files.
        update: folder with the update and `scheduler/`.
        base: folder of the base.

    Raises:
        ValueError: the update is damaged, or belongs to other weights than those of the base.
    """
    path = update / lowrank.FILE
    try:
        with safe_open(path, "pt") as file:
            belongs = (file.metadata() or {}).get(BASE)
            tensors = {name: file.get_tensor(name) for name in file.keys()}
    except (SafetensorError, OSError) as error:
        raise ValueError(
            f"model: {path} is damaged ({error}); fetch the repository again, completely"
        ) from error
    if belongs != base_sum(base):
        raise ValueError(
            f"model: {path} was trained on another U-Net than {base / UNET}, and would spoil this "
            "one; fetch both again, or train the twin anew with `python -m helpers train turbo`"
        )
    try:
        lowrank.merge(pipe.unet, tensors)
    except ValueError as error:
        raise ValueError(f"model: {path}: {error}") from error
    pipe.scheduler = LCMScheduler.from_pretrained(str(update / "scheduler"), local_files_only=True)
