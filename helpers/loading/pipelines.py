"""From a name to a pipeline that is ready to run, fast, and within memory."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import torch
from diffusers import DPMSolverMultistepScheduler, StableDiffusionPipeline

from .. import threads
from ..runtime import SWITCH_ON, on_colab, pick_device, pick_dtype
from ..serving.client import Remote, is_address
from . import adapters, hub, layout, models, networks, single_file, suitability, twin
from .habits import OWN, guidance_of
from .memory import check_mode, is_out_of_memory, settle
from .silence import quiet

SLOW_SCHEDULERS = ("PNDMScheduler", "DDIMScheduler")
"""What full-size models bring; DPM++ needs 20 to 25 steps where these need 50 (Lu et al. 2022,
arXiv 2211.01095)."""

HALF = (torch.float16, torch.bfloat16)

CHANNELS_LAST = ("cpu", "cuda")
"""Where convolutions like it. A CPU then copies nothing around them: of the 361 times that a guided
call of the small U-Net wakes the threads 260 are left, and the VAE computes 8 to 11 % less."""


def load(
    model: str | Path = "tiny",
    device: str | torch.device = "auto",
    dtype: str | torch.dtype = "auto",
    *,
    memory: str = "auto",
    compile: bool | str = "auto",
    lora: str | Path | Mapping[str, float] | None = None,
) -> StableDiffusionPipeline:
    """A pipeline, ready to run: in half precision on the graphics card, or else on the CPU.

    Weights are read from safetensors files only and no code that comes with a model is run. A
    safety checker that a model brings stays on; a single file brings none. A model from the hub or
    from a single file gets the DPM++ scheduler in place of PNDM or DDIM; its noise schedule stays
    the same.

    Args:
        model: "tiny" (embedded, no download), "tiny-turbo" (the same, for pictures in four steps
            without guidance), a name such as "sd-1.4" or "sd-1.5" (downloaded once, some
            gigabytes), a hub id of Stable Diffusion 1.x or 2.x, a folder in diffusers' layout, or a
            single .safetensors file of a whole model. What is on this machine comes first. Or the
            address of a teacher's machine, "http://teacher:8000", that draws for a class
            (`python -m helpers serve`): `denoise`, `generate` and `decode` take it like any other.
        device: as for `pick_device`. "auto" is the CPU for the embedded models: there they are
            quick enough, and their numbers are the same on every machine.
        dtype: as for `pick_dtype`.
        memory: "full", "sliced" (pictures are decoded one by one), "offload" (each network is on
            the card only while it works), or "auto" for the first that fits.
        compile: whether to compile the U-Net's repeated blocks, on CUDA. It costs up to a minute at
            the first picture, so that it pays for many: "auto" is off, and `helpers.sweep` decides
            by the number of pictures.
        lora: a LoRA to add: a folder that `python -m helpers finetune` wrote, with its new word, or
            a folder or .safetensors file of diffusers, peft or kohya for this model, on this
            machine. {path: scale, ...} adds several, or one at another scale than 1.

    Raises:
        TypeError: model or lora is neither a text nor a path.
        ValueError: model is no known name, nothing on this machine that can be loaded and no
            possible hub id, or of another family, or lacks weights; or device, dtype, memory or
            compile is not allowed; or lora is nothing that can be read, or made for another model;
            or a full-size model is asked for in Colab without a graphics card.
        OSError: the model could not be fetched, or its files are damaged.
        RuntimeError: a full-size model is asked for in Colab without a graphics card.
        MemoryError: it cannot fit.
    """
    if compile not in (True, False, "auto"):
        raise ValueError(f'compile: got {compile!r}; allowed are True, False and "auto"')
    if is_address(model):
        return _far(str(model), device, dtype, memory, compile, lora)
    threads.settle()
    source = models.find(model)
    automatic = device == "auto"
    device = pick_device("cpu" if automatic and model in models.EMBEDDED else device)
    dtype = pick_dtype(dtype, device)
    check_mode(memory, device)
    wanted = adapters.wanted(lora)
    _check_card(source, device, automatic)
    pipe = _read(source, dtype)
    if source.folder is None:
        speed_up_scheduler(pipe)
    for path, scale in wanted.items():
        adapters.add(pipe, path, scale)
    with quiet():  # advises against half precision on the CPU, which was asked for
        mode = settle(pipe, device, memory)
        if source.file is not None:
            single_file.settle_prediction(pipe)
    if mode == "offload" and memory == "auto":
        warnings.warn(
            f"{pipe.name_or_path} does not fit on the card as a whole: each part is brought there "
            'while it works (memory="offload"), which takes longer',
            stacklevel=2,
        )
    if device.type in CHANNELS_LAST:
        speed_up_networks(pipe, compile is True and device.type == "cuda")
    return pipe


def _far(address: str, *own: object) -> Remote:
    """The model on a teacher's machine, where nothing is asked for that is decided there."""
    if own != ("auto", "auto", "auto", "auto", None):  # not repeated: it may hold the token
        raise ValueError(
            "model: an address is another machine, whose device, dtype, memory, compile and lora "
            "are chosen there; pass the address alone"
        )
    return Remote(address)


def _check_card(source: models.Source, device: torch.device, automatic: bool) -> None:
    """Refuse, or warn of, a full-size model without a graphics card, before it is downloaded."""
    if device.type != "cpu" or source.folder is not None or not automatic:
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
            stacklevel=4,
        )
    return folder, repository


def _read(source: models.Source, dtype: torch.dtype) -> StableDiffusionPipeline:
    """The pipeline from its files, on the CPU, each weight converted as it is read."""
    if source.file is not None:
        name = str(source.file)
        with quiet(), _misfits_told(name):
            pipe = single_file.read(source.file, dtype)
    else:
        folder, name = _folder(source, half=dtype in HALF)
        pipe = _read_folder(folder, name, dtype)
    if source.update is not None:
        twin.apply_update(pipe, source.update, folder)
        name = str(source.update)
    pipe.register_to_config(_name_or_path=name)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def _read_folder(folder: Path, name: str, dtype: torch.dtype) -> StableDiffusionPipeline:
    there = layout.files_in(folder)
    hub.discard_damaged(folder, there.intersection(layout.DESCRIPTIONS))
    index = (folder / layout.INDEX).read_text(encoding="utf-8")
    parts, guidance = layout.parts_of(index, name), guidance_of(index, name)
    suitability.check_configurations(folder, name)
    files = layout.choose_files(there, parts, name, dtype in HALF)
    hub.discard_damaged(folder, files)
    with quiet(), _misfits_told(name):
        found = networks.read(folder, name, parts, files, dtype)
        pipe = StableDiffusionPipeline.from_pretrained(str(folder), local_files_only=True, **found)
    if guidance is not None:
        pipe.register_to_config(**{OWN: guidance})  # diffusers drops what it does not know
    return pipe


@contextmanager
def _misfits_told(name: str) -> Iterator[None]:
    """Turns what the libraries say of files that do not belong together into one clear error."""
    try:
        yield
    except Exception as error:  # any: wrong values in a configuration reach far into the libraries
        if str(error).startswith("model: ") or is_out_of_memory(error):  # told already, or later
            raise
        why = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise ValueError(
            f"model: the files of {name} do not fit together ({why}); fetch the model again, or "
            "use another"
        ) from error


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
