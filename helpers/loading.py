"""From a name to a pipeline. Only this module may use the network, and only for a hub id."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import torch
from diffusers.utils import logging as diffusers_logging
from transformers.utils import logging as transformers_logging

from .runtime import pick_device, pick_dtype


@contextmanager
def quiet() -> Iterator[None]:
    """No progress bars and no advice from diffusers and transformers; afterwards as before."""
    libraries = (diffusers_logging, transformers_logging)
    before = [
        (library, library.get_verbosity(), library.is_progress_bar_enabled())
        for library in libraries
    ]
    try:
        for library in libraries:
            library.set_verbosity_error()
            library.disable_progress_bar()
        yield
    finally:
        for library, verbosity, bar in before:
            library.set_verbosity(verbosity)
            if bar:
                library.enable_progress_bar()


with quiet():  # this import advises to install torchvision, which nothing here needs
    from diffusers import StableDiffusionPipeline

TINY = Path(__file__).parent / "weights" / "tiny-landscapes"
"""Folder of the embedded model, in diffusers' own layout."""

HUB_MODELS = ("CompVis/stable-diffusion-v1-4", "stable-diffusion-v1-5/stable-diffusion-v1-5")
"""Hub ids that are known to work; any other Stable Diffusion 1.x or 2.x may be named too."""

GONE = ("runwayml/stable-diffusion", "stabilityai/stable-diffusion-2")
"""Beginnings of hub ids that many texts still name and that were taken down."""

_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


def load(
    model: str | Path = "tiny",
    device: str | torch.device = "auto",
    dtype: str | torch.dtype = "auto",
) -> StableDiffusionPipeline:
    """A pipeline, ready to run: in half precision on the graphics card, or else on the CPU.

    Weights are read from safetensors files only and no code that comes with a model is run. A
    safety checker that a model brings stays on.

    Args:
        model: "tiny" (embedded, no download), a folder in diffusers' layout, or a hub id of Stable
            Diffusion 1.x or 2.x such as "CompVis/stable-diffusion-v1-4" (downloaded once, some
            gigabytes).
        device: as for `pick_device`.
        dtype: as for `pick_dtype`.

    Raises:
        TypeError: model is neither a text nor a path.
        ValueError: model is no known name, no folder and no possible hub id, or device or dtype is
            not allowed.
    """
    device = pick_device(device)
    dtype = pick_dtype(dtype, device)
    source = _source(model)
    local = isinstance(source, Path)
    with quiet() if local else nullcontext():  # a download keeps its progress bars
        pipe = _from_pretrained(str(source), local, dtype)
        pipe.to(device, dtype)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def _source(model: str | Path) -> Path | str:
    """The folder or hub id that a name stands for; errors as for `load`."""
    if not isinstance(model, (str, Path)):
        raise TypeError(f"model must be a name, a folder or a hub id, got {type(model).__name__}")
    folder = TINY if model == "tiny" else Path(model)
    if (folder / "model_index.json").is_file():
        return folder
    if model == "tiny":
        raise ValueError(
            f'model: the files of "tiny" are missing from {TINY}; fetch the repository again, '
            "completely"
        )
    if folder.is_dir():
        raise ValueError(
            f"model: the folder {folder} holds no model_index.json; pass one that "
            "save_pretrained() wrote"
        )
    name = str(model)
    if isinstance(model, str) and name.startswith(GONE):
        raise ValueError(
            f'model: "{name}" was taken down from the hub; use "{HUB_MODELS[1]}" instead'
        )
    if isinstance(model, str) and _HUB_ID.fullmatch(name):
        return name
    known = ("tiny", *HUB_MODELS)
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f'; did you mean "{close[0]}"?' if close else "."
    raise ValueError(
        f'model: "{name}" is no known name, no folder and no hub id{hint} '
        f'Allowed are "tiny", a folder in diffusers\' layout, or a hub id such as "{HUB_MODELS[0]}"'
    )


def _from_pretrained(source: str, local: bool, dtype: torch.dtype) -> StableDiffusionPipeline:
    """The pipeline from its files; for half precision from half-size ones where there are any."""
    options: dict[str, Any] = {
        "dtype": dtype,
        "use_safetensors": True,
        "local_files_only": local,
    }
    if dtype == torch.float16:
        try:
            return StableDiffusionPipeline.from_pretrained(source, variant="fp16", **options)
        except ValueError as error:
            if "variant" not in str(error):
                raise
    return StableDiffusionPipeline.from_pretrained(source, **options)
