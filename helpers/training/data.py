"""The endless stream of drawings as data: item i is the same in every process and every run."""

from __future__ import annotations

import itertools
import random
import zlib
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset, Sampler, default_collate
from tqdm import tqdm

from .. import landscapes
from .checkpoints import written_beside


def to_tensor(picture: Image.Image) -> torch.Tensor:
    """A picture as uint8 tensor (3, H, W), 0…255."""
    return torch.from_numpy(np.array(picture.convert("RGB"))).permute(2, 0, 1).contiguous()


def to_unit(pictures: torch.Tensor) -> torch.Tensor:
    """uint8 pictures 0…255 as float32 in [-1, 1], as a VAE reads them."""
    return pictures.float() / 127.5 - 1


def draw(index: int, split: str = "train") -> torch.Tensor:
    """Item `index` of the stream, drawn: uint8 (3, 128, 128)."""
    item = landscapes.sample(index, split)
    return to_tensor(landscapes.render(item.scene, item.seed))


class Drawings(Dataset):
    """Drawings of the endless training stream, without words: uint8 (3, 128, 128)."""

    def __getitem__(self, index: int) -> torch.Tensor:
        return draw(index)


class Positions(Sampler):
    """Batches of item numbers, endless, from a given step on, split evenly over the processes.

    Step k of a run of batch size B over P processes takes items kB … (k + 1)B - 1, process p the
    p-th part of them, whatever was interrupted before. With `length`, each entry is a pair (item,
    position): items are below `length` and shuffled anew in every pass, positions count on for
    ever, so that an item can get new words each time.
    """

    def __init__(
        self,
        batch_size: int,
        *,
        start: int = 0,
        rank: int = 0,
        processes: int = 1,
        length: int | None = None,
        seed: int = 0,
    ) -> None:
        if batch_size % processes:
            raise ValueError(
                f"batch_size={batch_size} must be a multiple of the number of processes, "
                f"{processes}: choose another --batch-size"
            )
        self.batch_size, self.start, self.rank, self.processes = batch_size, start, rank, processes
        self.length, self.seed = length, seed
        self._turn, self._order = -1, np.empty(0, int)

    def __iter__(self) -> Iterator[list[int] | list[tuple[int, int]]]:
        share = self.batch_size // self.processes
        for step in itertools.count(self.start):
            first = step * self.batch_size + self.rank * share
            places = range(first, first + share)
            if self.length is None:
                yield list(places)
            else:
                yield [(self._item(place, self.length), place) for place in places]

    def _item(self, position: int, length: int) -> int:
        turn, place = divmod(position, length)
        if self._turn != turn:
            self._turn, self._order = (
                turn,
                np.random.default_rng((self.seed, turn)).permutation(length),
            )
        return int(self._order[place])


def batches(
    dataset: Dataset, positions: Positions, workers: int, pin_memory: bool = False
) -> Iterator[Any]:
    """Batches at the given positions, prepared in worker processes while the network trains.

    A data set with `__getitems__` makes a whole batch at once.
    """
    loader = DataLoader(
        dataset,
        batch_sampler=positions,
        num_workers=workers,
        collate_fn=_as_it_is if hasattr(dataset, "__getitems__") else default_collate,
        pin_memory=pin_memory,
        prefetch_factor=4 if workers else None,
        worker_init_fn=_single_threaded,
    )
    return iter(loader)


def _as_it_is(batch: Any) -> Any:
    return batch


def _single_threaded(worker: int) -> None:
    torch.set_num_threads(1)


def caption(item: int, position: int) -> str:
    """Words for a training item, other ones at each position: half English, half Japanese."""
    language = random.Random(position).choice(("en", "ja"))
    return landscapes.training_caption(landscapes.sample(item), position, language)


def cached_drawings(folder: Path, count: int, workers: int = 1) -> np.ndarray:
    """The first `count` training drawings, uint8 (count, 3, 128, 128), from folder/drawings.npy.

    Drawn once by `workers` processes; drawn anew if the data set has changed since.
    """
    path = folder / "drawings.npy"
    found = _stored(path)
    if len(found) >= count:
        fresh = np.stack([draw(i).numpy() for i in range(8)])
        if np.array_equal(found[:8], fresh):
            return found[:count]
    with written_beside(path) as place:
        size = landscapes.SIZE
        file = np.lib.format.open_memmap(
            place, mode="w+", dtype=np.uint8, shape=(count, 3, size, size)
        )
        for index, picture in enumerate(_drawn(count, workers)):
            file[index] = picture
        file.flush()
    return np.load(path, mmap_mode="r")


def _stored(path: Path) -> np.ndarray:
    """What the file holds, mapped into memory; nothing where it is not there or damaged."""
    try:
        found = np.load(path, mmap_mode="r")
    except (OSError, EOFError, ValueError):
        return np.empty(0)
    return found if isinstance(found, np.ndarray) and found.ndim else np.empty(0)


def _drawn(count: int, workers: int) -> Iterator[np.ndarray]:
    numbers = tqdm(range(count), desc="drawing", disable=None)
    if not workers:
        yield from map(_draw_array, numbers)
        return
    with get_context("spawn").Pool(workers) as pool:
        yield from pool.imap(_draw_array, numbers, chunksize=64)


def _draw_array(index: int) -> np.ndarray:
    return draw(index).numpy()


def fingerprint(path: Path) -> str:
    """A short checksum of a file, to tell whether a cache made from it is still right."""
    return f"{zlib.crc32(path.read_bytes()):08x}"
