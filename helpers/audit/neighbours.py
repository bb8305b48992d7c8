"""The exact search: how far is a picture from each drawing of the training stream?

    python -m helpers.audit.neighbours

goes through the first 6,000 places of the stream, draws once more whatever agrees with a titled
painting in its large areas, and notes the nearest of them for four seeds of each title. It takes
some minutes, so lesson 11 shows what was recorded.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable

import torch
from torch import Tensor
from tqdm import tqdm

from .. import landscapes
from ..landscapes import PAINTINGS, SINGLES, sample
from ..loading import load
from ..sampling import generate
from ..training.data import to_tensor
from .results import write

PLACES = 6_000
"""The first places of the stream; each repeated painting comes some thirty times in them."""

LARGE = ("time", "ground", "style")
"""What decides the colours of the large areas of a drawing."""

CONTROL = 40
"""Drawings of any kind, for comparison."""

SEEDS, STEPS, GUIDANCE = range(4), 10, 4.0


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
    columns = [(pictures - drawing(place)).square().mean((1, 2, 3)).sqrt() for place in bar]
    if not columns:
        raise ValueError("distances_to_drawings: places is empty; give one or more, as range(300)")
    return torch.stack(columns, 1)


def alike(title: str, count: int = PLACES) -> list[int]:
    """Places of the stream that hold other drawings of this time of day, ground and style.

    What differs in one of these differs in its large areas, so the nearest are among them.
    """
    wanted, _ = (PAINTINGS | SINGLES)[title]
    found = []
    for place in range(count):
        item = sample(place)
        same = all(getattr(item.scene, name) == getattr(wanted, name) for name in LARGE)
        found += [place] if same and item.title is None else []
    return found


def search(count: int = PLACES) -> dict[str, object]:
    """For four seeds of each title the painting itself, and the nearest drawing beside it."""
    pipe = load("tiny")
    how = {"steps": STEPS, "guidance_scale": GUIDANCE, "progress": False}
    found: dict[str, object] = {}
    for title in PAINTINGS | SINGLES:
        made = generate(pipe, title, seed=SEEDS, **how).images
        own = (made - painting(title)).square().mean((1, 2, 3)).sqrt()
        places = alike(title, count)
        far = distances_to_drawings(made, places)  # (4, N)
        control = distances_to_drawings(made, range(1, CONTROL + 1))
        found[title] = {
            "painting": _short(own),
            "alike": len(places),
            "nearest": _short(far.amin(1)),
            "place": [places[int(k)] for k in far.argmin(1)],
            "any, nearest": _short(control.amin(1)),
            "any, median": _short(control.median(1).values),
        }
    return {"places": count, "steps": STEPS, "guidance_scale": GUIDANCE, "titles": found}


def _short(values: Tensor) -> list[float]:
    return [round(float(value), 4) for value in values]


if __name__ == "__main__":
    write("neighbours", search())
