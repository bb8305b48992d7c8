"""From a name to a pipeline that is ready to run, fast, and within memory."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import diffusers
import torch
from diffusers.utils import logging as diffusers_logging
from packaging.version import Version
from transformers.utils import logging as transformers_logging

from ..runtime import SWITCH_ON, on_colab, pick_device, pick_dtype
from . import hub, layout, models
from .memory import settle


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
    from diffusers import DPMSolverMultistepScheduler, StableDiffusionPipeline

SLOW_SCHEDULERS = ("PNDMScheduler", "DDIMScheduler")
"""What full-size models bring; DPM++ needs 20 to 25 steps where these need 50 (Lu et al. 2022,
arXiv 2211.01095)."""

HALF = (torch.float16, torch.bfloat16)

DTYPE = "dtype" if Version(diffusers.__version__) >= Version("0.40") else "torch_dtype"
"""What pipelines call the precision. The other name is ignored without a word by diffusers 0.39,
which Colab has."""


def load(
    model: str | Path = "tiny",
    device: str | torch.device = "auto",
    dtype: str | torch.dtype = "auto",
    *,
    memory: str = "auto",
    compile: bool | str = "auto",
) -> StableDiffusionPipeline:
    """A pipeline, ready to run: in half precision on the graphics card, or else on the CPU.

    Weights are read from safetensors files only and no code that comes with a model is run. A
    safety checker that a model brings stays on. A model from the hub gets the DPM++ scheduler in
    place of PNDM or DDIM; its noise schedule stays the same.

    Args:
        model: "tiny" (embedded, no download), a name such as "sd-1.4" or "sd-1.5" (downloaded once,
            some gigabytes), a hub id of Stable Diffusion 1.x or 2.x, or a folder in diffusers'
            layout.
        device: as for `pick_device`. "auto" is the CPU for "tiny": there it is quick enough, and
            its numbers are the same on every machine.
        dtype: as for `pick_dtype`.
        memory: "full", "sliced" (pictures are decoded one by one), "offload" (each network is on
            the card only while it works), or "auto" for the first that fits.
        compile: whether to compile the U-Net's repeated blocks, on CUDA. It costs up to a minute at
            the first picture, so that it pays for many: "auto" is off, and `helpers.sweep` decides
            by the number of pictures.

    Raises:
        TypeError: model is neither a text nor a path.
        ValueError: model is no known name, no folder and no possible hub id, or of another family;
            or device, dtype, memory or compile is not allowed; or a full-size model is asked for
            in Colab without a graphics card.
        OSError: the model could not be fetched, or its files are damaged.
        RuntimeError: a full-size model is asked for in Colab without a graphics card.
        MemoryError: it cannot fit.
    """
    if compile not in (True, False, "auto"):
        raise ValueError(f'compile: got {compile!r}; allowed are True, False and "auto"')
    source = models.find(model)
    automatic = device == "auto"
    device = pick_device("cpu" if automatic and model == "tiny" else device)
    dtype = pick_dtype(dtype, device)
    _check_card(source, device, automatic)
    folder, name = _folder(source, half=dtype in HALF)
    pipe = _read(folder, name, dtype)
    if source.repositories:
        speed_up_scheduler(pipe)
    with quiet():  # advises against half precision on the CPU, which was asked for
        mode = settle(pipe, device, memory)
    if mode == "offload" and memory == "auto":
        warnings.warn(
            f"{name} does not fit on the card as a whole: each part is brought there while it "
            'works (memory="offload"), which takes longer',
            stacklevel=2,
        )
    if device.type == "cuda":
        speed_up_networks(pipe, compile is True)
    return pipe


def _check_card(source: models.Source, device: torch.device, automatic: bool) -> None:
    """Refuse, or warn of, a full-size model without a graphics card, before it is downloaded."""
    if device.type != "cpu" or not (source.repositories and automatic):
        return
    if on_colab():
        raise ValueError(
            f"device: this Colab page has no graphics card: {SWITCH_ON}. To go on without one, at "
            'some minutes a picture, pass device="cpu"'
        )
    warnings.warn(
        "no graphics card was found: on the CPU a full-size model takes minutes for a picture; "
        'pass device="cpu" to say that you know',
        stacklevel=3,
    )


def _folder(source: models.Source, half: bool) -> tuple[Path, str]:
    """(folder with the files, name of the model), fetched where it is not there."""
    if source.folder is not None:
        return source.folder, str(source.folder)
    folder, repository = hub.fetch(source.repositories, half)
    if source.moved:
        warnings.warn(
            f"{source.moved} was taken down from the hub; its copy {repository} is used instead",
            stacklevel=3,
        )
    return folder, repository


def _read(folder: Path, name: str, dtype: torch.dtype) -> StableDiffusionPipeline:
    """The pipeline from its files, on the CPU, each weight converted as it is read."""
    index = (folder / layout.INDEX).read_text(encoding="utf-8")
    parts = layout.parts_of(index, name)
    files = layout.choose_files(layout.files_in(folder), parts, name, dtype in HALF)
    hub.discard_damaged(folder, files)
    options: dict[str, Any] = {DTYPE: dtype, "use_safetensors": True, "local_files_only": True}
    if any(map(layout.is_half, files)):
        options["variant"] = "fp16"
    with quiet():
        pipe = StableDiffusionPipeline.from_pretrained(str(folder), **options)
    pipe.register_to_config(_name_or_path=name)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def speed_up_scheduler(pipe: StableDiffusionPipeline) -> None:
    """Gives the pipeline DPM++ on its own noise schedule, where it brings a slower scheduler."""
    if type(pipe.scheduler).__name__ in SLOW_SCHEDULERS:
        pipe.scheduler = DPMSolverMultistepScheduler.from_config(pipe.scheduler.config)


def speed_up_networks(pipe: StableDiffusionPipeline, compile: bool) -> None:
    """Channels-last memory for the convolutions, and where asked a compiled U-Net.

    Only the blocks that repeat are compiled: nearly the speed of the whole in a fraction of the
    time. Attention is fused by default, so nothing is done about it.
    """
    pipe.unet.to(memory_format=torch.channels_last)
    pipe.vae.to(memory_format=torch.channels_last)
    if compile:
        pipe.unet.compile_repeated_blocks(fullgraph=True)
