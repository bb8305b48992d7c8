"""What a run leaves behind: a `StepRecord` for each call of the U-Net, all in a `Trajectory`.

Data only. Nothing here needs a model, so a saved run can be replayed anywhere.

Two kinds of latents appear, because schedulers disagree about how large noisy latents are.
`latents` are what the scheduler holds. DDIM, DPM++ and PNDM keep them at variance 1; Euler, Heun
and LMS keep them at variance 1 + sigma^2. `x_t` is always the first kind, which is also exactly
what the U-Net is given. So pictures and histograms of x_t compare across schedulers, and one
equation holds for every record:

    x_t = sqrt(alpha_bar) x0_hat + sqrt(1 - alpha_bar) eps
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from .files import parse_json, written_beside
from .language import _

FORMAT = "stable-diffusion-trajectory"
VERSION = 1
MOST_STEPS = 1_000_000


@dataclass(frozen=True, eq=False)
class StepRecord:
    """One call of the U-Net, and the scheduler's answer to it.

    Every tensor is (B, C, h, w), float32, on the CPU, and a copy: changing it changes no run.

    Attributes:
        index: number of this call of the U-Net, from 0.
        step: which of the requested steps it belongs to, from 0. Second-order schedulers (Heun,
            KDPM2) and PNDM at its start call the U-Net more than once in a step: these records
            share their `step`.
        t: timestep that the U-Net is told; a float where a scheduler places it between two trained
            ones.
        alpha_bar: share of the signal in x_t, in [0, 1); 0 only where a schedule begins with pure
            noise.
        x_t: noisy latents of variance 1, as the U-Net sees them.
        latents: the same as the scheduler holds them.
        eps_uncond: noise predicted for the negative prompt; None at guidance 1, where it is not
            computed.
        eps_cond: noise predicted for the prompt.
        eps: noise that the scheduler was given: guided, or eps_cond at guidance 1.
        x0_hat: the clean latents that x_t and eps imply.
        x_prev: the next x_t; after the last step, the finished latents.
    """

    index: int
    step: int
    t: float
    alpha_bar: float
    x_t: Tensor
    latents: Tensor
    eps_uncond: Tensor | None
    eps_cond: Tensor
    eps: Tensor
    x0_hat: Tensor
    x_prev: Tensor


@dataclass(frozen=True, eq=False)
class Trajectory:
    """One whole run.

    Attributes:
        latents: what the scheduler held, initial noise first, finished latents last, (N + 1, B, C,
            H, W), for N calls of the U-Net.
        records: the N records.
        images: the finished pictures, (B, 3, height, width), in [0, 1].
        settings: what it takes to make the run again: prompts, seeds, scheduler and so on; plain
            JSON values.
    """

    latents: Tensor
    records: tuple[StepRecord, ...]
    images: Tensor
    settings: Mapping[str, Any]

    def __len__(self) -> int:
        """Number of records."""
        return len(self.records)

    def __iter__(self) -> Iterator[StepRecord]:
        """The records in order: a saved run replays like `denoise`."""
        return iter(self.records)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the run to one safetensors file: complete under its name, or not there at all.

        Returns:
            The path that was written.

        Raises:
            ValueError: there are no records, their parts do not fit together or are not float32, or
                the settings hold something that JSON cannot: what is saved can be loaded.
            OSError: the folder is missing or not writable, or the disk is full; an older file stays
                as it was.
        """
        path = Path(path)
        tensors = {"latents": self.latents, "images": self.images, **_stack(self.records)}
        header = {"format": FORMAT, "version": str(VERSION), "settings": _to_json(self.settings)}
        _check_shapes({name: tuple(value.shape) for name, value in tensors.items()})
        _check_numbers(tensors)
        with written_beside(path) as place:  # straight from the tensors: no second copy in memory
            save_file({name: value.contiguous() for name, value in tensors.items()}, place, header)
        return path

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Trajectory:
        """The run that `save` wrote. A file is read as numbers and text; nothing in it is executed.

        The run is independent of its file, which may be changed or deleted afterwards. Its tensors
        are float32, whatever the run was computed in, and taken as they are: one in half precision
        can leave nan or infinity honestly. t, alpha_bar and step are checked, and every shape
        before numbers are read.

        Raises:
            FileNotFoundError: there is no such file.
            ValueError: the file is cut off, was written by something else or by another version,
                its parts do not fit together, or a number lies outside what it can be.
        """
        path = Path(path)
        if not path.is_file():
            raise FileNotFoundError(
                _(
                    "{path}: there is no such file; save a run first with Trajectory.save(path)",
                    path=path,
                )
            )
        try:
            settings, tensors = _read(path)
        except SafetensorError as error:
            raise ValueError(
                _(
                    "{path}: cut off, or no safetensors file ({error}); save the run again",
                    path=path,
                    error=error,
                )
            ) from error
        with _told(path):
            _check_numbers(tensors)
        return cls(tensors["latents"], _unstack(tensors), tensors["images"], settings)


STORED = tuple(
    field.name for field in fields(StepRecord) if field.name not in ("index", "latents", "x_prev")
)
"""Fields of a record that are stored; the others follow from their neighbours."""

NUMBERS = ("step", "t", "alpha_bar")
"""Those that are one number for each record."""


def _stack(records: tuple[StepRecord, ...]) -> dict[str, Tensor]:
    """One tensor per field, first axis the records; "x_t" ends with the last record's x_prev."""
    if not records:
        raise ValueError(
            _("records: a trajectory without records cannot be saved; run at least one step")
        )
    columns = {name: [getattr(record, name) for record in records] for name in STORED}
    columns["x_t"].append(records[-1].x_prev)
    numbers = {name: torch.tensor(columns.pop(name), dtype=torch.float64) for name in NUMBERS}
    return numbers | {
        name: _stacked(name, column)
        for name, column in columns.items()
        if any(one is not None for one in column)
    }


def _stacked(name: str, column: list[Any]) -> Tensor:
    try:
        return torch.stack(column)
    except (TypeError, RuntimeError) as error:
        raise ValueError(
            _(
                "records: {name} must be a tensor of one shape in all of them ({error})",
                name=name,
                error=error,
            )
        ) from error


def _unstack(tensors: Mapping[str, Tensor]) -> tuple[StepRecord, ...]:
    """The records that `_stack` took apart; tensors are views into the stacks."""
    x_t, latents = tensors["x_t"], tensors["latents"]
    return tuple(
        StepRecord(
            index=index,
            step=int(tensors["step"][index]),
            t=tensors["t"][index].item(),
            alpha_bar=tensors["alpha_bar"][index].item(),
            x_t=x_t[index],
            latents=latents[index],
            eps_uncond=tensors["eps_uncond"][index] if "eps_uncond" in tensors else None,
            eps_cond=tensors["eps_cond"][index],
            eps=tensors["eps"][index],
            x0_hat=tensors["x0_hat"][index],
            x_prev=x_t[index + 1],
        )
        for index in range(len(latents) - 1)
    )


def _to_json(settings: Mapping[str, Any]) -> str:
    try:
        text = json.dumps(dict(settings), ensure_ascii=False)
        parse_json(text)  # as `load` will
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(
            _(
                "settings must be plain JSON values (text, numbers, lists, ...): {error}",
                error=error,
            )
        ) from error
    return text


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Settings and tensors: copies, because a mapped file that is cut later ends the process, and
    one that is mapped cannot be replaced on Windows. Shapes are looked at before anything is read.
    """
    with safe_open(path, framework="pt") as file:
        settings = _check_header(path, file.metadata() or {})
        parts = {name: file.get_slice(name) for name in file.keys()}
        with _told(path):
            _check_shapes({name: tuple(part.get_shape()) for name, part in parts.items()})
        return settings, {name: file.get_tensor(name).clone() for name in parts}


def _check_header(path: Path, header: Mapping[str, str]) -> dict[str, Any]:
    """The settings, after format and version were found to be ours."""
    if header.get("format") != FORMAT:
        raise ValueError(
            _(
                "{path}: a safetensors file, but not a trajectory (format {found!r}, expected "
                "{expected!r}); pass a file that Trajectory.save wrote",
                path=path,
                found=header.get("format"),
                expected=FORMAT,
            )
        )
    if header.get("version") != str(VERSION):
        raise ValueError(
            _(
                "{path}: written in version {found} of the format, this program reads version "
                "{expected}; generate and save the run again",
                path=path,
                found=header.get("version"),
                expected=VERSION,
            )
        )
    try:
        settings = parse_json(header["settings"])
    except (KeyError, ValueError) as error:
        raise ValueError(
            _(
                "{path}: the settings in the header are missing or not JSON ({error}); save the "
                "run again",
                path=path,
                error=error,
            )
        ) from error
    if not isinstance(settings, dict):
        raise ValueError(
            _(
                "{path}: the settings in the header must be a JSON object; save the run again",
                path=path,
            )
        )
    return settings


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """What is wrong inside is told with the file's name, and what to do."""
    try:
        yield
    except ValueError as error:
        raise ValueError(
            _("{path}: {error}; save the run again", path=path, error=error)
        ) from error


def _check_shapes(found: Mapping[str, tuple[int, ...]]) -> None:
    """Every tensor is there, no other is, and shapes follow from the latents'."""
    latents, images = found.get("latents", ()), found.get("images")
    if len(latents) != 5 or latents[0] < 2 or images is None:
        raise ValueError(_("latents (N + 1, B, C, H, W) or images are missing"))
    calls, picture = latents[0] - 1, latents[1:]
    expected: dict[str, tuple[int, ...]] = {
        "latents": latents,
        "images": (picture[0], 3, *images[2:4]),
        "x_t": latents,
        **{name: (calls,) for name in NUMBERS},
        **{name: (calls, *picture) for name in ("eps_cond", "eps", "x0_hat")},
    }
    if "eps_uncond" in found:
        expected["eps_uncond"] = (calls, *picture)
    wrong = sorted(
        name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name)
    )
    if wrong:
        told = ", ".join(
            _(
                "{name} is {found}, expected {expected}",
                name=name,
                found=found.get(name),
                expected=expected.get(name),
            )
            for name in wrong
        )
        raise ValueError(_("the parts of the run do not fit together ({told})", told=told))
    _check_sides(latents, images)


def _check_sides(latents: tuple[int, ...], images: tuple[int, ...]) -> None:
    """A latent pixel stands for a square of whole pixels."""
    whole = len(images) == 4 and min(*latents, *images) > 0
    if (
        not whole
        or any(images[k] % latents[k + 1] for k in (2, 3))
        or (images[2] // latents[3] != images[3] // latents[4])
    ):
        raise ValueError(
            _(
                "images are {images}, which does not fit latents {latents}",
                images=images,
                latents=latents,
            )
        )


def _check_numbers(tensors: Mapping[str, Tensor]) -> None:
    """Types are ours; times go from 0 on, shares of the signal lie in [0, 1), steps do not fall.

    A share of 0 is honest: "zero terminal SNR" starts at pure noise (Lin et al. 2023).
    """
    for name, tensor in tensors.items():
        expected = torch.float64 if name in NUMBERS else torch.float32
        if tensor.dtype != expected:
            raise ValueError(
                _(
                    "{name} has the wrong type {found}, expected {expected}",
                    name=name,
                    found=tensor.dtype,
                    expected=expected,
                )
            )
    step, t, alpha_bar = (tensors[name].tolist() for name in NUMBERS)
    whole = all(value.is_integer() and 0 <= value < MOST_STEPS for value in step)
    rising = whole and step == sorted(step)
    rules = (
        (_("step must be whole numbers from 0 that do not fall"), step, rising),
        (_("t must be finite numbers from 0"), t, all(0 <= value < math.inf for value in t)),
        (_("alpha_bar must lie in [0, 1)"), alpha_bar, all(0 <= value < 1 for value in alpha_bar)),
    )
    for rule, values, kept in rules:
        if not kept:
            told = ", ".join(f"{value:g}" for value in values[:8])
            raise ValueError(_("{rule}, got {told}", rule=rule, told=told))
