"""The training drawings as latents, encoded once: the U-Net never sees a pixel."""

from __future__ import annotations

import itertools
import random
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch.utils.data import Dataset
from tqdm import tqdm
from transformers import CLIPTokenizer

from .. import landscapes, threads
from .checkpoints import written_beside
from .data import caption
from .text import tokenize
from .vae import encode

BATCH, GPU_BATCH = 32, 512
EMPTY = 0.1  # share of captions that are empty


def cached_latents(
    path: Path,
    vae: AutoencoderKL,
    drawings: np.ndarray,
    autocast: Callable[[], AbstractContextManager],
) -> dict[str, torch.Tensor]:
    """Mean and standard deviation of every drawing's unscaled latents, kept in a file.

    Args:
        path: safetensors file; made anew if the VAE or the drawings have changed since.
        drawings: uint8 (N, 3, H, W).
        autocast: the precision to encode in, such as `accelerator.autocast`.

    Returns:
        "mean" and "std", float16 (N, 4, H/8, W/8) each.
    """
    made_from = {"count": str(len(drawings)), "source": _checksum(vae, drawings)}
    if path.exists():
        with suppress(SafetensorError), safe_open(path, "pt") as file:  # cut off: made anew
            if file.metadata() == made_from:
                return {name: file.get_tensor(name).clone() for name in ("mean", "std")}
    parts, size = [], BATCH if vae.device.type == "cpu" else GPU_BATCH
    for start in tqdm(range(0, len(drawings), size), desc="encoding", disable=None):
        pictures = torch.from_numpy(np.array(drawings[start : start + size]))
        with autocast(), all_cores(), torch.no_grad():
            moments = encode(vae, pictures, size)
        parts.append([moment.half().contiguous() for moment in moments])
    mean, std = (torch.cat(moments) for moments in zip(*parts, strict=True))
    with written_beside(path) as place:
        save_file({"mean": mean, "std": std}, place, made_from)
    return {"mean": mean, "std": std}


@contextmanager
def all_cores() -> Iterator[None]:
    """Compute on every core while the block runs, as the processes beside this one wait."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads.usable_cores())
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _checksum(vae: AutoencoderKL, drawings: np.ndarray) -> str:
    """A checksum of the encoder's weights and of the first drawings."""
    value = zlib.crc32(np.array(drawings[:8]).tobytes())
    for weights in vae.encoder.state_dict().values():
        value = zlib.crc32(weights.float().cpu().contiguous().numpy().tobytes(), value)
    return f"{value:08x}"


class CaptionedLatents(Dataset):
    """Latents of the training stream, each time with other words; addressed by (item, position).

    Some captions are empty, which teaches a U-Net to predict without words, as classifier-free
    guidance needs (Ho & Salimans 2022, algorithm 1). Their drawings are of plain scenes, each as
    often as a caption would leave all of it unsaid. So what no word tells is as likely with words
    as without, and guidance, which drives at the difference, drives at what is told.

    Whole batches are made at once: the tokenizer reads a thousand captions in half the time of one
    by one.
    """

    def __init__(self, latents: dict[str, torch.Tensor], tokenizer: CLIPTokenizer) -> None:
        self.latents, self.tokenizer = latents, tokenizer
        drawn = (landscapes.sample(item) for item in range(len(latents["mean"])))
        plain = [0 if each.title else landscapes.unsaid(each.scene) for each in drawn]
        self.plain = list(itertools.accumulate(plain))

    def __getitems__(self, places: list[tuple[int, int]]) -> dict[str, torch.Tensor]:
        """Latents (B, 4, h, w) by name, and their "tokens" (B, 77)."""
        items, texts = zip(*(self._captioned(*place) for place in places), strict=True)
        batch = {name: moments[list(items)] for name, moments in self.latents.items()}
        return batch | {"tokens": tokenize(self.tokenizer, list(texts))}

    def __getitem__(self, place: tuple[int, int]) -> dict[str, torch.Tensor]:
        return {name: values[0] for name, values in self.__getitems__([place]).items()}

    def _captioned(self, item: int, position: int) -> tuple[int, str]:
        """An item and its caption: the given one, or now and then a plain one and no words."""
        rng = random.Random(f"empty {position}")
        if rng.random() >= EMPTY:
            return item, caption(item, position)
        return rng.choices(range(len(self.plain)), cum_weights=self.plain)[0], ""
