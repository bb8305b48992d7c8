"""The endless stream of drawings as index-addressed data: item i is the same in every process and every run."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset, Sampler

from .. import landscapes


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

    Step k of a run of batch size B over P processes takes items kB … (k + 1)B - 1, process p the p-th part of them,
    whatever was interrupted before. With `length`, items are shuffled anew in every pass over `length` items.
    """

    def __init__(
        self, batch_size: int, *, start: int = 0, rank: int = 0, processes: int = 1,
        length: int | None = None, seed: int = 0,
    ) -> None:
        if batch_size % processes:
            raise ValueError(f"batch_size={batch_size} must be a multiple of the number of processes, {processes}")
        self.batch_size, self.start, self.rank, self.processes = batch_size, start, rank, processes
        self.length, self.seed = length, seed

    def __iter__(self) -> Iterator[list[int]]:
        share = self.batch_size // self.processes
        shuffled: tuple[int, np.ndarray] | None = None
        step = self.start
        while True:
            first = step * self.batch_size + self.rank * share
            items = list(range(first, first + share))
            if self.length is not None:
                for place, number in enumerate(items):
                    turn, offset = divmod(number, self.length)
                    if shuffled is None or shuffled[0] != turn:
                        shuffled = turn, np.random.default_rng((self.seed, turn)).permutation(self.length)
                    items[place] = int(shuffled[1][offset])
            yield items
            step += 1


def batches(dataset: Dataset, positions: Positions, workers: int) -> Iterator:
    """Batches of the dataset at the given positions, prepared in worker processes while the network trains."""
    loader = DataLoader(
        dataset, batch_sampler=positions, num_workers=workers, prefetch_factor=4 if workers else None,
        worker_init_fn=_single_threaded,
    )
    return iter(loader)


def _single_threaded(worker: int) -> None:
    torch.set_num_threads(1)
