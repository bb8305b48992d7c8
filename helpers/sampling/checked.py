"""Settings that come from a file are data: none is used before all are what they can be.

A picture from somewhere else must not make this program ask the hub for a name, start thousands of
threads or fill the memory, and what is wrong with it is told by the setting's name.
"""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from typing import Any

import torch
from diffusers import SchedulerMixin
from PIL import Image
from torch import Tensor

from ..runtime import generators
from .packed import PNG, unpack
from .rules import ARGUMENTS, MOST_RUN_PIXELS, MOST_START_PIXELS, OWN, RULES, is_list
from .schedulers import SCHEDULERS, alpha_bars, set_timesteps, step_options
from .start import Start

NEEDED = (*ARGUMENTS, "latents", "start", "scheduler", "threads", "scheduler_config")

TRIED = 8
"""Calls for which a scheduler is tried out: all have their history together by then."""


def checked(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a run, all of them looked at; those of a whole batch in place of a picture's.

    Raises:
        ValueError: one is missing, of another type, or outside what it can be.
    """
    if not isinstance(settings, Mapping):
        raise ValueError(
            f"settings must be an object of names and values, got {_told(settings)}; pass "
            "Trajectory.settings, or what read_settings(path) gives"
        )
    if missing := [name for name in NEEDED if name not in settings]:
        raise ValueError(
            f"settings: {', '.join(missing)} missing; pass Trajectory.settings, or what "
            "read_settings(path) gives"
        )
    for name, (allowed, told) in RULES.items():
        if name in settings and not allowed(settings[name]):
            raise ValueError(f"settings: {name} must be {told}, got {_told(settings[name])}")
    whole = dict(settings) | dict(settings.get("batch", {}))
    _check_picture(whole)
    _check_pixels(whole)
    return whole


def _check_picture(settings: Mapping[str, Any]) -> None:
    """The picture is one of those that were made side by side."""
    counts = [len(settings[name]) if is_list(settings[name]) else 1 for name in OWN]
    if any(count not in (1, max(counts)) for count in counts):
        raise ValueError(
            f"settings: {', '.join(OWN)} must be one for all pictures or one for each, got "
            f"{', '.join(map(str, counts))} of them"
        )
    if settings.get("picture", 0) >= max(counts):
        raise ValueError(
            f"settings: picture must lie in 0 ... {max(counts) - 1} here, got {settings['picture']}"
        )


def _check_pixels(settings: Mapping[str, Any]) -> None:
    """All pictures of the run, and all that it starts from, can be held in memory."""
    height, width = _sides(settings["size"])
    made = max(len(settings[name]) if is_list(settings[name]) else 1 for name in OWN)
    start = settings["start"] or {"picture": (), "mask": ()}
    read = sum(one.startswith(PNG) for one in (*start["picture"], *(start["mask"] or ())))
    for name, count, most in (("", made, MOST_RUN_PIXELS), ("start: ", read, MOST_START_PIXELS)):
        if count * height * width > most:
            raise ValueError(
                f"settings: {name}{count:,} pictures of {height} x {width} pixels are more than "
                f"{most:,} pixels in all; make fewer at once"
            )


def scheduler_of(settings: Mapping[str, Any]) -> SchedulerMixin:
    """The scheduler of checked settings, tried out on a few numbers.

    Raises:
        ValueError: there is none of that name, or it cannot run with its configuration.
    """
    kinds = {kind.__name__: kind for kind in SCHEDULERS.values()}
    if settings["scheduler"] not in kinds:
        raise ValueError(
            f"settings: there is no scheduler {_told(settings['scheduler'])} here; known are "
            f"{', '.join(kinds)}"
        )
    try:
        scheduler = kinds[settings["scheduler"]].from_config(dict(settings["scheduler_config"]))
        _try_out(kinds[settings["scheduler"]].from_config(scheduler.config), settings["steps"])
    except Exception as error:  # whatever the libraries make of odd values
        raise ValueError(
            f"settings: with this scheduler_config {settings['scheduler']} cannot make "
            f"{settings['steps']} steps ({type(error).__name__}: {error})"
        ) from error
    return scheduler


def _try_out(scheduler: SchedulerMixin, steps: int) -> None:
    set_timesteps(scheduler, steps)
    if not all(0 <= alpha_bar < 1 for alpha_bar in alpha_bars(scheduler)):
        raise ValueError("alpha_bar must lie in [0, 1)")
    options, latents = step_options(scheduler, generators(0)), torch.ones(1, 4, 2, 2)
    for t in scheduler.timesteps[:TRIED]:
        scheduler.scale_model_input(latents, t)
        latents = scheduler.step(latents, t, latents, **options, return_dict=False)[0]


def latents_of(settings: Mapping[str, Any]) -> Tensor | None:
    """The noise that was given, from checked settings.

    Raises:
        ValueError: they hold something else.
    """
    packed = settings["latents"]
    return None if packed is None else _unpacked("latents", packed, Tensor)


def start_of(settings: Mapping[str, Any]) -> Start | None:
    """Where the run started, from checked settings.

    Raises:
        ValueError: they hold something else, or pictures of another size than the run.
    """
    start, size = settings["start"], _sides(settings["size"])
    if start is None:
        return None
    pictures = [_unpacked("start: picture", entry, size=size) for entry in start["picture"]]
    masks = start["mask"] and [_unpacked("start: mask", entry, Image.Image, size)
                               for entry in start["mask"]]  # fmt: skip
    shapes = {one.shape if isinstance(one, Tensor) else one.size for one in pictures}
    if len({type(one) for one in pictures}) > 1 or len(shapes) > 1:
        raise ValueError("settings: start: all pictures must be of one kind and size")
    latents = isinstance(pictures[0], Tensor)
    return Start(torch.stack(pictures) if latents else pictures, start["strength"], masks)


def _unpacked(
    name: str, packed: str, kind: type = object, size: tuple[int, int] | None = None
) -> Any:
    try:
        value = unpack(packed, size)
    except ValueError as error:
        raise ValueError(f"settings: {name} cannot be unpacked: {error}") from error
    if not isinstance(value, kind):
        raise ValueError(f"settings: {name} must hold a {kind.__name__}, got {_told(value)}")
    if isinstance(value, Tensor) and not bool(torch.isfinite(value).all()):
        raise ValueError(f"settings: {name} must hold finite numbers, got nan or inf")
    return value


def _sides(size: Any) -> tuple[int, int]:
    """Height and width in pixels."""
    height, width = size if is_list(size) else (size, size)
    return height, width


def _told(value: Any) -> str:
    """The value, shortened: it may be huge."""
    try:
        return reprlib.repr(value)
    except ValueError:  # Python refuses to write numbers of more than 4,300 digits
        return f"a huge {type(value).__name__}"
