"""A sweep's folder: whose it is, what is finished in it, and what was cut off or is not ours.

sweep.json                  what all pictures have in common
shard-0/00000.safetensors   one run, of several pictures; shard-1 is the second process's
shard-0/words-...-seed0.png its pictures
contact-sheet.jpg           all of them
"""

from __future__ import annotations

import functools
import json
import logging
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from ..files import parse_json, read_json, written_beside
from ..loading import models
from ..records import FORMAT, Trajectory
from ..sampling.schedulers import type_by_name
from ..sampling.settings import save_picture
from .contact import contact_sheet
from .plan import Job, Sweep

SETTINGS = "sweep.json"
SHEET = "contact-sheet.jpg"

END_OF_PNG = b"\0\0\0\0IEND\xaeB`\x82"

log = logging.getLogger("helpers.sweep")


@functools.cache
def _warn_once(message: str) -> None:
    log.warning(message)


def compare(plan: Sweep) -> None:
    """None, if the folder is empty or holds a part of this very sweep. Changes nothing.

    Raises:
        ValueError: it holds another sweep, or a `sweep.json` that is none.
    """
    there = _settings_there(plan.out)
    if there is None:
        for path in _shards(plan.out):
            if other := _other(_common(path) or {}, plan.settings):
                raise ValueError(
                    f"out: {plan.out} holds pictures with {_differing(other, {})}, and this sweep "
                    f"has {_differing(plan.settings, plan.settings | other)}; choose another folder"
                )
    elif there != plan.settings:
        raise ValueError(
            f"out: {plan.out} holds a sweep with {_differing(there, plan.settings)}, and this "
            f"one has {_differing(plan.settings, there)}; choose another folder"
        )


def _settings_there(out: Path) -> dict[str, Any] | None:
    """What `sweep.json` says; None if it is missing or was cut off."""
    path = out / SETTINGS
    if not path.exists():
        return None
    try:
        there = read_json(path)
    except ValueError as error:
        _warn_once(f"{error}: it was cut off, and is written anew")
        return None
    if not isinstance(there, dict):
        raise ValueError(f"out: {path} was not written by a sweep; choose another folder")
    return there


def _differing(settings: Mapping[str, Any], others: Mapping[str, Any]) -> str:
    told = ", ".join(f"{k} {v}" for k, v in settings.items() if others.get(k) != v)
    return told[:500] or "nothing else"


def claim(plan: Sweep) -> None:
    """Writes the sweep's settings into its folder, and clears up after a killed one.

    Raises:
        ValueError: as for `compare`.
        OSError: nothing can be written there.
    """
    compare(plan)
    with written_beside(plan.out / SETTINGS) as place:
        place.write_text(json.dumps(plan.settings, ensure_ascii=False), encoding="utf-8")
    for broken_off in plan.out.glob("shard-*/.*"):
        shutil.rmtree(broken_off) if broken_off.is_dir() else broken_off.unlink()


def _shards(out: Path) -> list[Path]:
    return sorted(out.glob("shard-*/*.safetensors"))


def finished(out: Path, common: Mapping[str, Any] | None = None) -> dict[Job, tuple[Path, int]]:
    """Every picture that is done -> the trajectory that holds it, and its number there.

    Files that are cut off, or no runs, or of a run with other settings, are told and left alone:
    what they should hold is made anew.

    Args:
        out: folder of the sweep.
        common: what all its pictures have in common, as `Sweep.settings`.
    """
    done: dict[Job, tuple[Path, int]] = {}
    for path in _shards(out):
        settings = _settings_of(path)
        if settings is None:
            continue
        if common and (other := _other(_common(path) or {}, common)):
            told = _differing(other, {})
            _warn_once(f"{path}: a run with {told}, which is not of this sweep; it is left out")
            continue
        pairs = zip(settings["prompt"], settings["seed"], strict=True)
        for number, (prompt, seed) in enumerate(pairs):
            done[Job(prompt, seed)] = (path, number)
    return done


def _common(path: Path) -> dict[str, Any] | None:
    """What a run has in common with others of its sweep, as far as it tells."""
    settings = _settings_of(path)
    if settings is None:
        return None
    size = settings.get("size")
    if isinstance(size, list) and len(size) == 2 and size[0] == size[1]:
        size = size[0]  # square
    names = ("model", "steps", "guidance_scale", "scheduler")
    return {name: settings.get(name) for name in names} | {"size": size}


def _other(found: Mapping[str, Any], common: Mapping[str, Any]) -> dict[str, Any]:
    """In what a run differs from a sweep; nothing if it fits.

    A size or scheduler of None is the model's own, and a model of None one without a name: they
    fit all.
    """
    fitting = {name: [value] for name, value in common.items() if value is not None}
    fitting["model"] = [None, *_names_of(common["model"])]
    if "scheduler" in fitting:
        fitting["scheduler"] = [type_by_name(common["scheduler"]).__name__]
    return {k: v for k, v in found.items() if k in fitting and v not in fitting[k]}


def _names_of(model: str) -> list[str]:
    """The names under which a run may have noted a model that is asked for by this one."""
    try:
        source = models.find(model)
    except (ValueError, OSError):  # it is no longer there
        return [model]
    place = source.file or source.folder
    return [*source.repositories, "tiny" if place == models.TINY else str(place)]


def _settings_of(path: Path) -> dict[str, Any] | None:
    """The settings of a run's file, read without its tensors; None if it is no such file."""
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
        if header.get("format") != FORMAT:
            raise ValueError("no saved run")
        settings = parse_json(header["settings"])
        prompts, seeds = settings["prompt"], settings["seed"]
        if [type(one) for one in (*prompts, *seeds)] != [str] * len(prompts) + [int] * len(seeds):
            raise ValueError("prompts must be texts, and seeds numbers")
        if len(prompts) != len(seeds):
            raise ValueError(f"{len(prompts)} prompts, {len(seeds)} seeds")
        return settings
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        _warn_once(
            f"{path} was cut off, or is no run of a sweep ({error}): its pictures are made anew, "
            "and it can be deleted"
        )
        return None


def next_number(shard: Path) -> int:
    """A number that no file of the shard has yet."""
    taken = (path.stem for path in shard.glob("*.safetensors"))
    return 1 + max((int(stem) for stem in taken if stem.isdecimal()), default=-1)


def complete(plan: Sweep) -> Path:
    """The contact sheet, after pictures that are missing or cut off were taken from their runs.

    Raises:
        ValueError: a run is damaged, with what to do.
    """
    done = finished(plan.out, plan.settings)
    for job, (path, number) in done.items():
        if not _is_whole_png(path.parent / job.file):
            save_picture(_loaded(path), path.parent / job.file, number)
    rows = {
        prompt: [_picture_of(Job(prompt, seed), done) for seed in plan.seeds]
        for prompt in dict.fromkeys(plan.prompts)
    }
    with written_beside(plan.out / SHEET) as place:
        contact_sheet(rows).save(place, "JPEG", quality=90)
    return plan.out / SHEET


def _loaded(path: Path) -> Trajectory:
    try:
        return Trajectory.load(path)
    except ValueError as error:
        raise ValueError(
            f"{error}; delete it and start the sweep again, which makes its pictures anew"
        ) from error


def _is_whole_png(path: Path) -> bool:
    """Whether a picture is there to its end: what was cut off lacks the last chunk."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - len(END_OF_PNG)))
        return file.read() == END_OF_PNG


def _picture_of(job: Job, done: dict[Job, tuple[Path, int]]) -> Path:
    return done[job][0].parent / job.file
