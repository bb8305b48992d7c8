"""Where and how a pipeline runs: device, precision, random numbers, modes, warnings."""

from __future__ import annotations

import inspect
import os
import re
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import nn

from .arguments import few, told, whole_number
from .language import _

DTYPES: dict[str, torch.dtype] = {
    "float32": torch.float32,
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
}
MAX_SEED = 2**63 - 1

SWITCH_ON = _(
    'in Colab open the menu "Runtime", "Change runtime type", choose "T4 GPU", save, and run the '
    "page again from the top"
)
"""How to get a graphics card in Google Colab."""


def pick_device(device: str | torch.device = "auto") -> torch.device:
    """The device to run on: for "auto" CUDA if PyTorch sees a card, else Apple's MPS, else the CPU.

    The environment variable COURSE_DEVICE decides what "auto" means, for all that is run at once:
    with COURSE_DEVICE=cpu the lessons compute on the CPU whatever card is there.

    Args:
        device: "auto", "cpu", "cuda", "cuda:1", "mps", or a torch.device.

    Raises:
        ValueError: no such device, or this machine does not have it.
    """
    wanted = os.environ.get("COURSE_DEVICE", "")
    if device == "auto" and wanted not in ("", "auto"):
        try:
            return pick_device(wanted)
        except ValueError as error:
            raise ValueError(
                _(
                    "COURSE_DEVICE={wanted}: {error} (change or unset this environment variable)",
                    wanted=wanted,
                    error=error,
                )
            ) from error
    if device == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    allowed = _('allowed are "auto", "cpu", "cuda", "cuda:<number>" and "mps"')
    try:
        picked = torch.device(device)
    except (RuntimeError, TypeError) as error:
        raise ValueError(
            _("device: there is no {device!r}; {allowed}", device=device, allowed=allowed)
        ) from error
    counts = {
        "cpu": 1,
        "cuda": torch.cuda.device_count() if torch.cuda.is_available() else 0,
        "mps": int(torch.backends.mps.is_available()),
    }
    if picked.type not in counts:
        raise ValueError(
            _("device: {device!r} is not supported here; {allowed}", device=device, allowed=allowed)
        )
    if (picked.index or 0) >= counts[picked.type]:
        missing = _(
            'device: this machine has no {device!r} that PyTorch can use; pass device="auto" to '
            "take what is there",
            device=device,
        )
        if on_colab() and picked.type == "cuda":
            missing = _("{missing}; {remedy}", missing=missing, remedy=SWITCH_ON)
        raise ValueError(missing)
    return picked


def on_colab() -> bool:
    """Whether this is a notebook in Google Colab."""
    return "google.colab" in sys.modules


def device_of(pipe: Any) -> torch.device:
    """The device that a pipeline computes on, also while its parts wait in system memory."""
    return torch.device(pipe._execution_device)  # diffusers' own name; no public one says this


def pick_dtype(
    dtype: str | torch.dtype = "auto", device: str | torch.device = "cpu"
) -> torch.dtype:
    """The precision to run in: for "auto" half precision on a CUDA card, float32 everywhere else.

    Raises:
        ValueError: the precision is none of those in `DTYPES`.
    """
    if dtype == "auto":
        return torch.float16 if torch.device(device).type == "cuda" else torch.float32
    picked = DTYPES.get(dtype) if isinstance(dtype, str) else dtype
    if picked is None or picked not in DTYPES.values():
        raise ValueError(
            f'dtype: got {dtype!r}; allowed are "auto", {", ".join(map(repr, DTYPES))}'
        )
    return picked


def generators(seeds: int | Iterable[int]) -> list[torch.Generator]:
    """One random number generator per picture, on the CPU: a seed means the same noise everywhere.

    Noise drawn on the CPU does not depend on the device, and a generator of its own makes picture k
    independent of how many pictures are made beside it.

    Args:
        seeds: one seed, or one for each picture; whole numbers from 0 to 2**63 - 1.

    Raises:
        TypeError: a seed is no whole number.
        ValueError: a seed is negative or too large, or there is none, or there are more than one
            call can make pictures of.
    """
    return [torch.Generator("cpu").manual_seed(seed) for seed in seed_list(seeds)]


def seed_list(seeds: int | Iterable[int]) -> list[int]:
    """The seeds as a checked list; for what is allowed and raised see `generators`."""
    single = isinstance(seeds, (str, bytes, bytearray, memoryview, Mapping))
    single = single or getattr(seeds, "shape", None) == ()
    if isinstance(seeds, Iterable) and not single:
        listed = few("seed", seeds)
    else:
        listed = [seeds]
    if not listed:
        raise ValueError(_("seed: the list of seeds is empty; pass at least one whole number"))
    allowed = _("a whole number or a list of them")
    numbers = [whole_number("seed", one, allowed) for one in listed]
    for seed in numbers:
        if not 0 <= seed <= MAX_SEED:
            raise ValueError(_("seed must lie in 0 ... 2**63 - 1, got {value}", value=told(seed)))
    return numbers


def networks(owner: Any) -> list[nn.Module]:
    """Every network inside a pipeline, or the module itself."""
    parts = [owner] if isinstance(owner, nn.Module) else list(owner.components.values())
    return [module for part in parts if isinstance(part, nn.Module) for module in part.modules()]


@contextmanager
def eval_mode(*owners: Any) -> Iterator[None]:
    """Evaluation mode (no dropout) inside; afterwards every layer is in the mode that it was in.

    Args:
        *owners: pipelines or modules. Usable as a decorator too.
    """
    learning = [module for owner in owners for module in networks(owner) if module.training]
    try:
        for module in learning:
            module.training = False
        yield
    finally:
        for module in learning:
            module.training = True


@contextmanager
def in_float32(module: nn.Module) -> Iterator[None]:
    """The module in float32 inside, afterwards in its own precision, its weights as they were.

    Exact: every number of half precision is one of float32 too.
    """
    own = next(module.parameters()).dtype
    try:
        module.to(torch.float32)
        yield
    finally:
        module.to(own)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Inside, PyTorch computes the same whatever the caller has set for all of it.

    That is: numbers are made in float32 and on the CPU where nothing else is said, autocast is off,
    and no graph is recorded. What the caller has set comes back afterwards. Usable as a decorator,
    not of generators: between two of their values the caller's settings must hold.

    Schedulers of diffusers hand tensors to NumPy 2 in a way that warns of times to come; that is
    not heard inside.
    """
    own = torch.get_default_dtype()
    with ExitStack() as stack:
        stack.enter_context(torch.inference_mode(False))
        stack.enter_context(torch.no_grad())
        for kind in ("cpu", "cuda", "mps"):
            if torch.is_autocast_enabled(kind):
                stack.enter_context(torch.autocast(kind, enabled=False))
        if torch.get_default_device().type != "cpu":
            stack.enter_context(torch.device("cpu"))
        if own != torch.float32:
            torch.set_default_dtype(torch.float32)
            stack.callback(torch.set_default_dtype, own)
        stack.enter_context(_without(_ARRAY_WARNING))
        yield


_ARRAY_WARNING = (
    "ignore",
    re.compile("__array(_wrap)?__ (must accept context|implementation doesn't accept a copy)"),
    DeprecationWarning,
    None,
    0,
)
"""An entry of `warnings.filters`."""


@contextmanager
def _without(warning: tuple) -> Iterator[None]:
    """Inside, the warning is not heard.

    `warnings.catch_warnings` would make Python forget what it has told already, and a hint in a
    loop would come again and again.
    """
    warnings.filters.insert(0, warning)  # type: ignore[attr-defined]  # a list, whatever the stub says
    try:
        yield
    finally:
        if warning in warnings.filters:
            warnings.filters.remove(warning)  # type: ignore[attr-defined]


def warn_caller(message: str, category: type[Warning] = UserWarning) -> None:
    """Warns, and points at the line outside this package that led here: once for each such line."""
    level, frame = 1, inspect.currentframe()
    while frame is not None and _inner(frame.f_globals.get("__name__", "")):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)


def _inner(module: str) -> bool:
    """Whether a module is part of this package, or of what wraps its functions."""
    return module.partition(".")[0] in (__package__, "contextlib", "torch")
