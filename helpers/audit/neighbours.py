"""The exact search: how far is a picture from a drawing of the training stream?

Every drawing that the model learned from can be made again, so no search by likeness is needed.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable

import torch
from torch import Tensor
from tqdm import tqdm

from .. import landscapes
from ..landscapes import PAINTINGS, SINGLES, sample
from ..metrics import differences
from ..training.data import to_tensor


@functools.lru_cache(maxsize=16)
def painting(title: str) -> Tensor:
    """The drawing behind a title: float32 (3, 128, 128) in [0, 1].

    Raises:
        ValueError: there is no such painting.
    """
    titled = PAINTINGS | SINGLES
    if title not in titled:
        raise ValueError(
            f"painting: title must be one of {', '.join(map(repr, titled))}, got {title!r}"
        )
    return to_tensor(landscapes.render(*titled[title])) / 255


def drawing(place: int) -> Tensor:
    """The drawing at a place of the training stream: float32 (3, 128, 128) in [0, 1]."""
    item = sample(place)
    if item.title is not None:
        return painting(item.title)
    return to_tensor(landscapes.render(item.scene, item.seed)) / 255


def distances_to_drawings(
    pictures: Tensor, places: Iterable[int], *, progress: bool = True
) -> Tensor:
    """Root mean square difference of each picture to each drawing: (B, N), 0 for a copy.

    Args:
        pictures: (B, 3, 128, 128) in [0, 1].
        places: of the training stream, N of them.
        progress: whether to show a bar.

    Raises:
        ValueError: no pictures of this shape, or no place.
    """
    if pictures.ndim != 4 or pictures.shape[1:] != (3, 128, 128):
        raise ValueError(
            "distances_to_drawings: pictures must have the shape (B, 3, 128, 128), got "
            f"{tuple(pictures.shape)}; give a run's images"
        )
    bar = tqdm(list(places), desc="drawings", disable=not progress)
    columns = [differences(pictures, drawing(place)) for place in bar]
    if not columns:
        raise ValueError("distances_to_drawings: places is empty; give one or more, as range(300)")
    return torch.stack(columns, 1)
