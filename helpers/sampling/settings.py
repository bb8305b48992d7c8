"""What it takes to make a run again: as plain JSON, inside a PNG, and back as arguments."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import diffusers
import torch
from torch import Tensor

from ..arguments import whole_number
from ..decoding import to_pil
from ..files import parse_json, written_beside
from ..language import _
from ..loading import TINY, TURBO, StableDiffusionPipeline
from ..records import Trajectory
from ..runtime import device_of
from .checked import checked, latents_of, scheduler_of, start_of
from .inputs import Run
from .learned import check_learned, learned
from .packed import pack, png_info, png_text
from .rules import ARGUMENTS, OWN
from .start import Start

KEY = "parameters"
"""Name of the PNG text chunk that holds a picture's settings, as JSON."""


def settings_of_run(
    pipe: StableDiffusionPipeline, run: Run, latents: Tensor | None, start: Start | None
) -> dict[str, Any]:
    """The settings of a run, in plain JSON values; `arguments_of` turns them back.

    Args:
        pipe: what ran.
        run: what was run.
        latents: the noise, if it was given and not drawn from the seeds.
        start: where it started, if from a picture.
    """
    config = json.loads(run.scheduler.to_json_string())
    factor = pipe.vae_scale_factor
    return {
        "model": model_name(pipe),
        **learned(pipe, [*run.prompts, *run.negative_prompts]),
        "prompt": run.prompts,
        "negative_prompt": run.negative_prompts,
        "seed": run.seeds,
        "steps": run.steps,
        "guidance_scale": run.guidance_scale,
        "scheduler": type(run.scheduler).__name__,
        "scheduler_config": {k: value for k, value in config.items() if not k.startswith("_")},
        "size": [side * factor for side in run.latents.shape[2:]],
        "latents": None if latents is None else pack(latents),
        "start": None if start is None else start_to_json(start),
        "dtype": str(pipe.unet.dtype).removeprefix("torch."),
        "device": run.words.device.type,
        "threads": torch.get_num_threads(),
        "versions": {"torch": torch.__version__, "diffusers": diffusers.__version__},
    }


def arguments_of(settings: Mapping[str, Any], pipe: StableDiffusionPipeline) -> dict[str, Any]:
    """What to pass to `sampling.generate` to make the run again.

    All settings are checked before anything is done with them: they may come from anywhere. Warns
    if the precision, the device, the threads or a library is another one than then: the picture may
    differ a little.

    Args:
        settings: of a run or of a picture.
        pipe: what will run them.

    Raises:
        ValueError: a setting is missing, or not what it can be; the scheduler is unknown, the model
            another one, or what it has learned.
    """
    settings = checked(settings)
    _check_same(settings, pipe)
    check_learned(settings, pipe)
    return {name: settings[name] for name in ARGUMENTS} | {
        "scheduler": scheduler_of(settings),
        "latents": latents_of(settings),
        "start": start_of(settings),
    }


def _check_same(settings: Mapping[str, Any], pipe: StableDiffusionPipeline) -> None:
    """Refuse another model; warn if something else is different that may change last bits."""
    model = settings.get("model")
    if model != model_name(pipe):
        raise ValueError(
            _(
                "settings: made with the model {model!r}, but pipe is {other!r}; pass "
                "load({model!r})",
                model=model,
                other=model_name(pipe),
            )
        )
    now = {
        "dtype": str(pipe.unet.dtype).removeprefix("torch."),
        "device": device_of(pipe).type,
        "threads": _threads_here(settings["threads"]),
        "versions": {"torch": torch.__version__, "diffusers": diffusers.__version__},
    }
    told = [
        _("{name} was {then}, is {now}", name=name, then=settings.get(name), now=value)
        for name, value in now.items()
        if settings.get(name) != value
    ]
    if told:
        message = _("the picture may differ a little: {changes}", changes="; ".join(told))
        warnings.warn(message, stacklevel=4)


def model_name(pipe: StableDiffusionPipeline) -> str | None:
    """What to tell `load`: a name, a hub id or a folder; None for a hand-made pipeline."""
    source = pipe.name_or_path
    if source is None:
        return None
    return {TINY: "tiny", TURBO: "tiny-turbo"}.get(Path(source), str(source))


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Inside, PyTorch computes on so many threads: their number decides the last bits of a sum.

    Not on more than this machine has cores, or has been told to use.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(_threads_here(count))
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _threads_here(count: int) -> int:
    return min(count, max(os.cpu_count() or 1, torch.get_num_threads()))


def settings_of_picture(settings: Mapping[str, Any], picture: int) -> dict[str, Any]:
    """The settings of one picture of a run: its own prompt and seed, and its number.

    If it was made beside others, theirs stay under "batch".
    """
    own = {name: settings[name][picture] for name in (*OWN, "flagged")}
    many = len(settings["prompt"]) > 1
    batch = {"batch": {name: settings[name] for name in OWN}} if many else {}
    return {**settings, **own, "picture": picture, **batch}


def save_picture(run: Trajectory, path: str | os.PathLike[str], picture: int = 0) -> Path:
    """Writes one picture of a run as a PNG that carries its settings as a text chunk of JSON.

    Args:
        run: what `generate` returned.
        path: of the file; one of the same name is replaced.
        picture: number in the batch, from 0.

    Raises:
        TypeError: the number is none.
        ValueError: the run has no such picture, its settings are longer than a picture can carry,
            or the name does not end in ".png": other formats change the pixels or carry no text.
        OSError: the folder is missing or not writable, or the disk is full; an older file stays as
            it was.
    """
    path, picture = Path(path), whole_number("picture", picture)
    if not 0 <= picture < len(run.images):
        raise ValueError(
            _(
                "picture must lie in 0 ... {last} here, got {picture}",
                last=len(run.images) - 1,
                picture=picture,
            )
        )
    if path.suffix.lower() != ".png":
        raise ValueError(
            _('path must end in ".png", got "{name}"; a PNG keeps every pixel', name=path.name)
        )
    settings = settings_of_picture(run.settings, picture)
    try:
        text = png_info(KEY, json.dumps(settings, ensure_ascii=False))
    except ValueError as error:
        raise ValueError(
            _(
                "settings: {error}; save the run as a whole with Trajectory.save(path)",
                error=error,
            )
        ) from error
    image = to_pil(run.images[picture : picture + 1])[0]
    with written_beside(path) as place:
        image.save(place, "PNG", pnginfo=text)
    return path


def read_settings(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The settings that a picture carries.

    Raises:
        FileNotFoundError: there is no such file.
        OSError: it cannot be read.
        ValueError: it carries none that this program wrote, or longer ones.
    """
    try:
        text = png_text(path, KEY)
    except ValueError as error:
        raise ValueError(
            _(
                "{path}: its settings are too long ({error}); load the run from the file that "
                "Trajectory.save wrote",
                path=path,
                error=error,
            )
        ) from error
    try:
        settings = parse_json(text or "null")
    except ValueError as error:
        raise ValueError(
            _(
                "{path}: carries no settings that can be read ({error}); it was not written by "
                "save_picture, or a program that drops text has saved it again",
                path=path,
                error=error,
            )
        ) from error
    if not isinstance(settings, dict) or "prompt" not in settings:
        raise ValueError(
            _(
                "{path}: carries no settings; it was not written by save_picture, or a program "
                "that drops text has saved it again",
                path=path,
            )
        )
    return settings


def start_to_json(start: Start) -> dict[str, Any]:
    """A start as it stands in the settings, pictures and masks packed."""
    packed = {name: [pack(entry) for entry in entries] for name, entries in start.lists.items()}
    return {"strength": float(start.strength), "mask": None} | packed
