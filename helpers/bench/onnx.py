"""The same U-Net in ONNX Runtime: how much of a step's time is PyTorch's own, on a CPU.

ONNX Runtime prepares weights and plans memory once; PyTorch decides anew at every call. Nothing
else here needs it: `pip install onnx onnxruntime` brings its row into the table.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from diffusers import UNet2DConditionModel
from torch import Tensor, nn

from ..loading import StableDiffusionPipeline
from ..threads import in_force

PACKAGES = ("onnx", "onnxruntime")
LARGEST = 2**31
"""Bytes that a file in this format can have."""

Forward = Callable[..., tuple[Tensor]]


def hindrance(pipe: StableDiffusionPipeline) -> str | None:
    """Why a pipeline has no row; None if it can have one."""
    if pipe.device.type != "cpu" or pipe.unet.dtype != torch.float32:
        return "not measured, only on a CPU in float32"
    if any(find_spec(name) is None for name in PACKAGES):
        return f"not measured, needs pip install {' '.join(PACKAGES)}"
    if sum(weight.nbytes for weight in pipe.unet.parameters()) >= LARGEST:
        return f"not measured, the U-Net is larger than {LARGEST / 2**30:g} GiB"
    return None


@contextmanager
def answering(unet: UNet2DConditionModel, forward: Forward) -> Iterator[None]:
    """Inside, `forward` answers for the U-Net; the loop around it is the same as ever."""
    try:
        unet.forward = forward
        yield
    finally:
        del unet.forward  # what remains is that of its class


def exported(pipe: StableDiffusionPipeline, size: int | None = None) -> Forward:
    """The U-Net in ONNX Runtime, for one guided picture, in as many threads as PyTorch's.

    They sleep where they wait, if PyTorch's do.

    Args:
        pipe: one without a `hindrance`.
        size: height and width in pixels; None for the model's own.

    Returns:
        A function of what a pipeline passes to a U-Net: latents (2, 4, h, w), a timestep and words
        (2, 77, D); it answers as the U-Net does, with (2, 4, h, w) in a tuple.
    """
    runtime = import_module("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    spinning = "0" if in_force().waiting == "passive" else "1"
    options.add_session_config_entry("session.intra_op.allow_spinning", spinning)
    network = _export(pipe, size)
    session = runtime.InferenceSession(network, options, providers=["CPUExecutionProvider"])

    def forward(
        latents: Tensor, t: Tensor, encoder_hidden_states: Tensor, **_: object
    ) -> tuple[Tensor]:
        given = {"latents": latents, "t": t.float(), "words": encoder_hidden_states}
        output = session.run(None, {name: tensor.numpy() for name, tensor in given.items()})[0]
        return (torch.from_numpy(output),)

    return forward


class _Bare(nn.Module):
    """A U-Net of tensors alone, as the exporter wants it."""

    def __init__(self, unet: UNet2DConditionModel):
        super().__init__()
        self.unet = unet

    def forward(self, latents: Tensor, t: Tensor, words: Tensor) -> Tensor:
        return self.unet(latents, t, encoder_hidden_states=words, return_dict=False)[0]


def _export(pipe: StableDiffusionPipeline, size: int | None) -> bytes:
    """The U-Net in ONNX's format, for the two rows of one guided picture."""
    config = pipe.unet.config
    side = config.sample_size if size is None else size // pipe.vae_scale_factor
    latents = torch.zeros(2, config.in_channels, side, side)
    words = torch.zeros(2, pipe.tokenizer.model_max_length, config.cross_attention_dim)
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # shapes become constants: here they are
        file = Path(folder) / "unet.onnx"
        torch.onnx.export(
            _Bare(pipe.unet).eval(),
            (latents, torch.tensor(999.0), words),
            file,
            input_names=["latents", "t", "words"],
            opset_version=17,
            dynamo=False,  # needs no further package
        )
        return file.read_bytes()
