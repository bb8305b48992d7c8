"""What fits into memory, worked out before it is tried, and a way out where it does not.

The plan is arithmetic on numbers that are known beforehand, so it can be checked without a graphics
card. Three ways to run, each slower and smaller than the one before:

- full: everything on the device, all pictures of a batch decoded at once;
- sliced: the same, but the VAE decodes one picture after the other;
- offload: each network waits in system memory and is on the card only while it works.
"""

from __future__ import annotations

import gc
import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psutil
import torch
from torch import nn

from ..language import _
from ..runtime import device_of

MODES = ("full", "sliced", "offload")
GIB = 2**30

UNET_MAPS = 52
"""Most that the U-Net of Stable Diffusion 1.x holds at once for one guided picture, in units of one
feature map of its first layer. Counted with shapes alone (fake tensors, fused attention): 52.0 at
256, 512 and 768 pixels."""

VAE_MAPS = 3
"""The same for decoding one picture, in maps of the picture's size with the channels of the
decoder's last but one block: 3.0."""

WORKSPACE = 2.0
"""Factor on both for what libraries take besides tensors, such as the workspace of convolutions."""

RESERVE = 0.3 * GIB
"""Left free for the driver and for other programs."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Need:
    """Bytes that a pipeline takes.

    Attributes:
        weights: of all its networks.
        largest: of its largest network.
        unet: working memory of the U-Net for one guided picture.
        vae: working memory of decoding one picture.
    """

    weights: int
    largest: int
    unet: int
    vae: int


def need_of(pipe: Any, size: int | None = None) -> Need:
    """What a pipeline takes in the precision that it is in.

    Args:
        pipe: a Stable Diffusion pipeline; its networks may be on any device, "meta" included.
        size: height and width in pixels; None for the size of its training.
    """
    networks = [part for part in pipe.components.values() if isinstance(part, nn.Module)]
    weights = [_bytes(network) for network in networks]
    unet, vae = pipe.unet.config, pipe.vae.config
    factor = pipe.vae_scale_factor
    latent = unet.sample_size if size is None else size // factor
    each = torch.finfo(pipe.unet.dtype).bits // 8
    channels = vae.block_out_channels[min(1, len(vae.block_out_channels) - 1)]
    return Need(
        weights=sum(weights),
        largest=max(weights),
        unet=int(WORKSPACE * UNET_MAPS * latent**2 * unet.block_out_channels[0] * each),
        vae=int(WORKSPACE * VAE_MAPS * (latent * factor) ** 2 * channels * each),
    )


def _bytes(network: nn.Module) -> int:
    return sum(p.numel() * p.element_size() for p in network.parameters())


def choose_mode(free: int, need: Need, pictures: int = 1) -> str:
    """The first of `MODES` that fits.

    Args:
        free: bytes of the device, before the weights are there.
        need: from `need_of`.
        pictures: made side by side.

    Raises:
        MemoryError: not even one network at a time fits.
    """
    usable = free - RESERVE
    working = pictures * need.unet
    if need.weights + max(working, pictures * need.vae) <= usable:
        return "full"
    if need.weights + max(working, need.vae) <= usable:
        return "sliced"
    least = need.largest + max(need.unet, need.vae)
    if least <= usable:
        return "offload"
    raise MemoryError(
        f"memory: the model takes at least {(least + RESERVE) / GIB:.1f} GiB, one network at a "
        f"time, and {free / GIB:.1f} GiB are free; close other programs and notebooks that use "
        'this device, or run elsewhere with device="cpu"'
    )


def pictures_at_once(free: int, need: Need, most: int = 16) -> int:
    """How many pictures fit side by side, at least 1, with the weights in place and VAE sliced.

    Args:
        free: bytes of the device, after the weights are there.
        need: from `need_of`.
        most: more than this brings no speed.
    """
    room = int(free - RESERVE - need.vae)
    return max(1, min(most, room // need.unet))


def free_memory(device: torch.device) -> int:
    """Bytes that can be taken on the device now; what PyTorch holds without using counts as free.

    On the CPU, and on Apple's chips, where both share it, this is system memory.
    """
    if device.type == "cuda":
        unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return torch.cuda.mem_get_info(device)[0] + unused
    return psutil.virtual_memory().available


def check_mode(memory: str, device: torch.device) -> None:
    """None, if memory is "auto" or one of `MODES`, and possible on the device.

    Raises:
        ValueError: it is not.
    """
    if memory not in ("auto", *MODES):
        raise ValueError(f'memory: got {memory!r}; allowed are "auto", {", ".join(MODES)}')
    if memory == "offload" and device.type == "cpu":
        raise ValueError(
            'memory: "offload" brings networks from system memory to a card, and the device is '
            'the CPU; use "full" or "sliced"'
        )


def settle(pipe: Any, device: torch.device, memory: str = "auto", pictures: int = 1) -> str:
    """Brings a pipeline from system memory to its device, and returns the mode that was chosen.

    Args:
        pipe: on the CPU, in its precision.
        device: where it shall compute.
        memory: "auto", or one of `MODES`.
        pictures: as for `choose_mode`.

    Raises:
        ValueError: memory is not allowed.
        MemoryError: it cannot fit, and memory is "auto".
    """
    check_mode(memory, device)
    free, need = free_memory(device), need_of(pipe)
    mode = memory if memory != "auto" else _automatic(device, free, need, pictures)
    _log.info(
        "%s on %s: weights %.2f GiB, free %.2f GiB",
        mode, device, need.weights / GIB, free / GIB,
    )  # fmt: skip
    if mode == "sliced":
        pipe.vae.enable_slicing()
    if mode == "offload":
        pipe.vae.enable_slicing()
        pipe.enable_model_cpu_offload(device=device)
    else:
        pipe.to(device)
    return mode


def _automatic(device: torch.device, free: int, need: Need, pictures: int) -> str:
    if device.type == "cpu":  # the weights are there already
        return "full" if pictures * need.vae <= free - RESERVE else "sliced"
    return choose_mode(free, need, pictures)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that a device, or the system, has no memory left."""
    said = str(error)
    return isinstance(error, (torch.OutOfMemoryError, MemoryError)) or (
        isinstance(error, RuntimeError)
        and any(
            words in said for words in ("out of memory", "DefaultCPUAllocator", "enough memory")
        )
    )


@contextmanager
def out_of_memory_told(pipe: Any) -> Iterator[None]:
    """Turns "out of memory" inside into what to lower, and frees what the broken run held.

    Afterwards the pipeline can be used again: PyTorch would keep the tensors of the broken run as
    long as the error is kept, and notebooks keep the last error.

    Args:
        pipe: the pipeline that runs inside.

    Raises:
        MemoryError: instead of the errors that `is_out_of_memory` knows.
    """
    failed = False
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        traceback.clear_frames(error.__traceback__)
        failed = True
    if failed:
        release()
        raise MemoryError(_advice(pipe)) from None


def release() -> None:
    """Gives memory that nothing uses any more back to the device."""
    gc.collect()
    if torch.cuda.is_initialized():
        torch.cuda.empty_cache()


def _advice(pipe: Any) -> str:
    device = device_of(pipe)
    remedies = [_("make fewer pictures at once"), _("choose a smaller size")]
    if device.type == "cuda" and pipe.unet.dtype == torch.float32:
        remedies.append(_('load with dtype="float16"'))
    if device.type != "cpu":
        remedies.append(_('load with memory="offload"'))
    remedies.append(_("close other programs and notebooks that use it"))
    return _(
        "out of memory on {device}: {remedies}. The run was given up and its memory freed; the "
        "pipeline can be used as before",
        device=device,
        remedies=_(", or ").join(remedies),
    )
