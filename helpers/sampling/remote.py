"""A run on another machine: its arguments as plain JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PIL import Image
from torch import Tensor

from ..arguments import real_number, texts, whole_number
from ..runtime import seed_list
from .latents import real_latents
from .packed import pack
from .schedulers import SchedulerLike, type_by_name
from .settings import start_to_json
from .start import Start


def as_asked(
    prompt: str | Sequence[str],
    *,
    negative_prompt: str | Sequence[str],
    steps: int | None,
    guidance_scale: float | None,
    seed: int | Sequence[int],
    scheduler: SchedulerLike,
    size: int | tuple[int, int] | None,
    latents: Tensor | None,
    start: Start | None,
    factor: int,
) -> dict[str, Any]:
    """The arguments of `sampling.denoise` as a request; what they can be, the other machine says.

    Args:
        factor: pixels of a latent's side.

    Raises:
        TypeError: an argument is of the wrong type, or a scheduler is passed as an object.
        ValueError: a text, a seed, the latents or the scheduler's name is not allowed.
    """
    sides = size if isinstance(size, (tuple, list)) else None if size is None else (size, size)
    begun = latents if start is None else start.lists["picture"][0]
    if sides is None and begun is not None:
        sides = _sides(begun, factor)
    return {
        "prompt": texts("prompt", prompt),
        "negative_prompt": texts("negative_prompt", negative_prompt),
        "seed": seed_list(seed),
        "steps": None if steps is None else whole_number("steps", steps),
        "guidance_scale": guidance_scale
        if guidance_scale is None
        else real_number("guidance_scale", guidance_scale),
        "scheduler": None if scheduler is None else _named(scheduler),
        "size": None if sides is None else [whole_number("size", side) for side in sides],
        "latents": None if latents is None else pack(real_latents("latents", latents)),
        "start": None if start is None else start_to_json(start),
    }


def _sides(given: Tensor | Image.Image, factor: int) -> tuple[int, int]:
    """Height and width in pixels of what a run begins with."""
    if isinstance(given, Image.Image):
        return given.height, given.width
    height, width = given.shape[-2:]
    return height * factor, width * factor


def _named(scheduler: SchedulerLike) -> str:
    if isinstance(scheduler, str):
        return type_by_name(scheduler).__name__
    if isinstance(scheduler, type):
        return scheduler.__name__
    raise TypeError(
        "scheduler: an object with a configuration of its own stays on this machine; pass its name "
        f"or its class, {type(scheduler).__name__}"
    )
