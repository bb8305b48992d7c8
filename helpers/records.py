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
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

FORMAT = "stable-diffusion-trajectory"
VERSION = 1


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
        alpha_bar: share of the signal in x_t, in (0, 1).
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
            ValueError: there are no records, or the settings hold something that JSON cannot.
            OSError: the folder is missing or not writable, or the disk is full; an older file stays
                as it was.
        """
        path = Path(path)
        tensors = {"latents": self.latents, "images": self.images, **_stack(self.records)}
        header = {"format": FORMAT, "version": str(VERSION), "settings": _to_json(self.settings)}
        with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as beside:
            complete = Path(beside) / "trajectory"
            _write(
                {name: tensor.contiguous() for name, tensor in tensors.items()}, complete, header
            )
            os.replace(complete, path)
        return path

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Trajectory:
        """The run that `save` wrote. A file is read as numbers and text; nothing in it is executed.

        Raises:
            FileNotFoundError: there is no such file.
            ValueError: the file is cut off, was written by something else or by another version, or
                its parts do not fit together.
        """
        path = Path(path)
        if not path.is_file():
            raise FileNotFoundError(
                f"{path}: there is no such file; save a run first with Trajectory.save(path)"
            )
        try:
            header, tensors = _read(path)
        except SafetensorError as error:
            raise ValueError(
                f"{path}: cut off, or no safetensors file ({error}); save the run again"
            ) from error
        settings = _check_header(path, header)
        _check_tensors(path, tensors)
        return cls(tensors["latents"], _unstack(tensors), tensors["images"], settings)


STORED = tuple(
    field.name for field in fields(StepRecord) if field.name not in ("index", "latents", "x_prev")
)
"""Fields of a record that are stored; the others follow from their neighbours."""


def _stack(records: tuple[StepRecord, ...]) -> dict[str, Tensor]:
    """One tensor per field, first axis the records; "x_t" ends with the last record's x_prev."""
    if not records:
        raise ValueError(
            "records: a trajectory without records cannot be saved; run at least one step"
        )
    columns = {name: [getattr(record, name) for record in records] for name in STORED}
    columns["x_t"].append(records[-1].x_prev)
    numbers = {
        name: torch.tensor(columns.pop(name), dtype=torch.float64)
        for name in ("step", "t", "alpha_bar")
    }
    return numbers | {
        name: torch.stack(column) for name, column in columns.items() if column[0] is not None
    }


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
        return json.dumps(dict(settings), ensure_ascii=False)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"settings must be plain JSON values (text, numbers, lists, ...): {error}"
        ) from error


def _write(tensors: dict[str, Tensor], path: Path, header: dict[str, str]) -> None:
    """Write, and wait until it is on the disk; a full disk is an OSError as elsewhere in Python."""
    try:
        save_file(tensors, path, metadata=header)
    except SafetensorError as error:
        raise OSError(
            f"{path.parent.parent}: the run could not be written ({error}); is the disk full?"
        ) from error
    with path.open("rb") as written:
        os.fsync(written.fileno())


def _read(path: Path) -> tuple[dict[str, str], dict[str, Tensor]]:
    with safe_open(path, framework="pt") as file:
        return file.metadata() or {}, {name: file.get_tensor(name) for name in file.keys()}


def _check_header(path: Path, header: Mapping[str, str]) -> dict[str, Any]:
    """The settings, after format and version were found to be ours."""
    if header.get("format") != FORMAT:
        raise ValueError(
            f"{path}: a safetensors file, but not a trajectory (format {header.get('format')!r}, "
            f"expected {FORMAT!r}); pass a file that Trajectory.save wrote"
        )
    if header.get("version") != str(VERSION):
        raise ValueError(
            f"{path}: written in version {header.get('version')} of the format, this program reads "
            f"version {VERSION}; "
            "generate and save the run again"
        )
    try:
        settings = json.loads(header["settings"])
    except (KeyError, json.JSONDecodeError) as error:
        raise ValueError(
            f"{path}: the settings in the header are missing or not JSON; save the run again"
        ) from error
    if not isinstance(settings, dict):
        raise ValueError(
            f"{path}: the settings in the header must be a JSON object; save the run again"
        )
    return settings


def _check_tensors(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Every tensor is there, no other is, and shapes and types follow from the latents'."""
    latents, images = tensors.get("latents"), tensors.get("images")
    if latents is None or latents.ndim != 5 or len(latents) < 2 or images is None:
        raise ValueError(
            f"{path}: latents (N + 1, B, C, H, W) or images are missing; save the run again"
        )
    calls, picture = len(latents) - 1, tuple(latents.shape[1:])
    expected: dict[str, tuple[int, ...]] = {
        "latents": (calls + 1, *picture),
        "images": (picture[0], 3, *images.shape[2:4]),
        "x_t": (calls + 1, *picture),
        **{name: (calls,) for name in ("step", "t", "alpha_bar")},
        **{name: (calls, *picture) for name in ("eps_cond", "eps", "x0_hat")},
    }
    if "eps_uncond" in tensors:
        expected["eps_uncond"] = (calls, *picture)
    found = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    wrong = sorted(
        name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name)
    )
    if wrong:
        told = ", ".join(
            f"{name} is {found.get(name)}, expected {expected.get(name)}" for name in wrong
        )
        raise ValueError(f"{path}: its parts do not fit together ({told}); save the run again")
    numbers = ("step", "t", "alpha_bar")
    for name, tensor in tensors.items():
        if tensor.dtype != (torch.float64 if name in numbers else torch.float32):
            raise ValueError(
                f"{path}: {name} has the wrong type {tensor.dtype}; save the run again"
            )
