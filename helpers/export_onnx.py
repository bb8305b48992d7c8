"""The embedded models for a browser: graphs in ONNX's format beside the weights as they are stored.

A graph holds no weights. It names places in the models' own safetensors files, which are copied as
they are: half precision, so nothing is rounded anew. Each half becomes float32 before it counts,
because ONNX Runtime has no half kernels on a CPU or in WASM; it does that once, when it loads. The
few-step twin is the same U-Net with `W + B A` written into its graph (see `lowrank`), so its file
of weights is the update alone.
"""

from __future__ import annotations

import copy
import hashlib
import json
import math
import shutil
import warnings
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from diffusers import StableDiffusionPipeline
from diffusers.models.attention_processor import Attention
from torch import Tensor, nn

from . import lowrank
from .attention.layers import attention_layers, attention_weights, split_heads
from .files import written_beside
from .loading import TINY, TURBO, load
from .loading.habits import habits
from .sampling.schedulers import fresh_scheduler

OPSET = 17
INDEX = "model.json"
"""What is no tensor: vocabulary, schedules, habits, and the files with sizes and check sums."""

WEIGHTS = {
    "text_encoder.safetensors": TINY / "text_encoder" / "model.safetensors",
    "unet.safetensors": TINY / "unet" / "diffusion_pytorch_model.safetensors",
    "vae.safetensors": TINY / "vae" / "diffusion_pytorch_model.safetensors",
    "tiny-turbo.safetensors": TURBO / lowrank.FILE,
}
"""Name in the folder -> what is copied there."""

OFFERED = {"tiny": ("dpm++", "ddim"), "tiny-turbo": ("lcm", "dpm++", "ddim")}
"""Model -> its schedulers in the browser, its own one first."""

Graph = Any
"""An `onnx.ModelProto`; the package onnx says nothing about types before it is installed."""


class Place(NamedTuple):
    """Where a tensor lies in a folder: the file, the first byte, how many, and its shape."""

    file: str
    offset: int
    length: int
    shape: tuple[int, ...]


def export_onnx(folder: Path) -> list[Path]:
    """Write both embedded models for a browser; the paths of all files, `INDEX` last.

    Args:
        folder: where to; made, or replaced file by file. Its parent exists.

    Raises:
        ValueError: the package onnx is not installed.
        OSError: nothing can be written there.
    """
    if find_spec("onnx") is None:
        raise ValueError("export-onnx needs the package onnx: pip install onnx")
    pipes = {name: load(name, device="cpu", dtype="float32") for name in OFFERED}
    folder.mkdir(exist_ok=True)
    for name, source in WEIGHTS.items():
        with written_beside(folder / name) as place:
            shutil.copyfile(source, place)
    for name, graph in _graphs(pipes["tiny"]).items():
        with written_beside(folder / name) as place:
            place.write_bytes(graph.SerializeToString())
    names = [*WEIGHTS, *(f"{part}.onnx" for part in (*PARTS, "tiny-turbo"))]
    files = {name: _told((folder / name).read_bytes()) for name in names}
    with written_beside(folder / INDEX) as place:
        text = json.dumps(index(pipes) | {"files": files}, ensure_ascii=False, allow_nan=False)
        place.write_text(text, encoding="utf-8")
    return [folder / name for name in (*names, INDEX)]


def _told(data: bytes) -> dict[str, Any]:
    """Size and check sum: what a browser kept under the sum is never another file."""
    return {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def index(pipes: Mapping[str, StableDiffusionPipeline]) -> dict[str, Any]:
    """What a program needs besides the networks, in plain JSON values.

    Args:
        pipes: the models by name; they share tokenizer, text encoder and VAE.
    """
    pipe = pipes["tiny"]
    side = pipe.unet.config.sample_size
    return {
        "tokenizer": _tokenizer(pipe),
        "latents": [pipe.unet.config.in_channels, side, side],
        "pixels": side * pipe.vae_scale_factor,
        "latents_to_rgb": pipe.vae.config["_latents_to_rgb"],
        "models": {name: _model(pipes[name], offered) for name, offered in OFFERED.items()},
    }


def _tokenizer(pipe: StableDiffusionPipeline) -> dict[str, Any]:
    """Vocabulary in the order of its numbers, merges in the order of their rank."""
    tokenizer = pipe.tokenizer
    model = json.loads(tokenizer.backend_tokenizer.to_str())["model"]
    vocabulary: dict[str, int] = model["vocab"]
    return {
        "vocabulary": sorted(vocabulary, key=vocabulary.__getitem__),
        "merges": model["merges"],
        "start": tokenizer.bos_token_id,
        "end": tokenizer.eos_token_id,
        "padding": tokenizer.pad_token_id,
        "special": {token: tokenizer.convert_tokens_to_ids(token)
                    for token in sorted({tokenizer.bos_token, tokenizer.eos_token})},
        "length": tokenizer.model_max_length,
        "known_words": tokenizer.init_kwargs["known_words"],
    }  # fmt: skip


def _model(pipe: StableDiffusionPipeline, offered: Sequence[str]) -> dict[str, Any]:
    usual = habits(pipe)
    return {
        "steps": usual.steps,
        "guidance_scale": usual.guidance_scale,
        "schedulers": {name: _scheduler(pipe, name) for name in offered},
    }


def _scheduler(pipe: StableDiffusionPipeline, name: str) -> dict[str, Any]:
    """Class and configuration, as `generate` would take them for this model.

    Left out is what JSON has no number for: an infinity, which is the class's own default.
    """
    scheduler = fresh_scheduler(name, pipe.scheduler)
    config = {key: value for key, value in scheduler.config.items() if not key.startswith("_")}
    plain = {
        key: value
        for key, value in config.items()
        if not (isinstance(value, float) and math.isinf(value))
    }
    return {"class": type(scheduler).__name__, "config": plain}


class _Words(nn.Module):
    """Tokens (1, 77) -> words (1, 77, D), as `pipe.encode_prompt` asks the text encoder."""

    def __init__(self, pipe: StableDiffusionPipeline):
        super().__init__()
        self.network = pipe.text_encoder

    def forward(self, tokens: Tensor) -> Tensor:
        return self.network(tokens.long())[0]


class _Shown:
    """Attention as diffusers computes it, its weights kept to be looked at."""

    def __call__(
        self, attn: Attention, hidden_states: Tensor, encoder_hidden_states: Tensor, **_: object
    ) -> Tensor:
        query, key, value = (
            projection(given)
            for projection, given in (
                (attn.to_q, hidden_states),
                (attn.to_k, encoder_hidden_states),
                (attn.to_v, encoder_hidden_states),
            )
        )
        self.weights = attention_weights(attn, query, key)  # (B, heads, n, 77)
        mixed = self.weights @ split_heads(attn, value)
        return attn.to_out[0](mixed.transpose(1, 2).flatten(2))


class _UNet(nn.Module):
    """Latents (B, 4, h, w), a timestep and words (B, 77, D) -> what the U-Net predicts, and how
    much each place looks at each word while it does, (77, h, w), as `attention.word_map` says of
    one step: the mean over heads and layers, of the last row, which follows the prompt."""

    def __init__(self, pipe: StableDiffusionPipeline):
        super().__init__()
        self.network = copy.deepcopy(pipe.unet)
        self.layers = attention_layers(self.network)
        self.size = (pipe.unet.config.sample_size,) * 2
        for layer in self.layers:
            layer.attn.set_processor(_Shown())

    def forward(self, latents: Tensor, t: Tensor, words: Tensor) -> tuple[Tensor, Tensor]:
        output = self.network(latents, t, encoder_hidden_states=words, return_dict=False)[0]
        looks = []
        for layer in self.layers:
            weights = layer.attn.processor.weights[-1].mean(0)  # (n, 77)
            small = weights.T.unflatten(1, layer.grid(self.size))  # (77, height, width)
            looks.append(F.interpolate(small[None], self.size, mode="bilinear"))
        return output, torch.cat(looks).mean(0)


class _Encoder(nn.Module):
    """Pictures (1, 3, 8 h, 8 w) in [-1, 1] and noise (1, 4, h, w) -> scaled latents, drawn with
    that noise as `start.clean_latents` draws them."""

    def __init__(self, pipe: StableDiffusionPipeline):
        super().__init__()
        self.network = pipe.vae
        self.scale = pipe.vae.config.scaling_factor

    def forward(self, pixels: Tensor, noise: Tensor) -> Tensor:
        found = self.network.encode(pixels).latent_dist
        return self.scale * (found.mean + found.std * noise)


class _Decoder(nn.Module):
    """Scaled latents (1, 4, h, w) -> pictures (1, 3, 8 h, 8 w) in [0, 1], as `decoding.decode`."""

    def __init__(self, pipe: StableDiffusionPipeline):
        super().__init__()
        self.network = pipe.vae
        self.scale = pipe.vae.config.scaling_factor

    def forward(self, latents: Tensor) -> Tensor:
        pixels = self.network.decode(latents / self.scale, return_dict=False)[0]
        return (pixels / 2 + 0.5).clamp(0, 1)


PARTS: dict[str, tuple[type[nn.Module], tuple[str, ...], tuple[str, ...]]] = {
    "text_encoder": (_Words, ("tokens",), ("words",)),
    "unet": (_UNet, ("latents", "t", "words"), ("output", "looks")),
    "vae_encoder": (_Encoder, ("pixels", "noise"), ("latents",)),
    "vae_decoder": (_Decoder, ("latents",), ("pixels",)),
}
"""Graph -> what it computes, the names of its inputs, and those of its outputs."""

BATCHED = ("latents", "words", "output")
"""Of the U-Net: with guidance it is asked about two rows at once, without about one."""


def _graphs(pipe: StableDiffusionPipeline) -> dict[str, Graph]:
    """Name of the file -> graph, its weights told by their places."""
    config = pipe.unet.config
    latents = torch.zeros(1, config.in_channels, config.sample_size, config.sample_size)
    side = config.sample_size * pipe.vae_scale_factor
    places = pipe.tokenizer.model_max_length
    words = torch.zeros(1, places, config.cross_attention_dim)
    given: dict[str, tuple[Tensor, ...]] = {
        "text_encoder": (torch.zeros(1, places, dtype=torch.int32),),
        "unet": (latents, torch.tensor(999.0), words),
        "vae_encoder": (torch.zeros(1, 3, side, side), latents),
        "vae_decoder": (latents,),
    }
    files = {"text_encoder": "text_encoder", "vae_encoder": "vae", "vae_decoder": "vae"}
    found = {part: _traced(pipe, part, given[part]) for part in PARTS}
    found["tiny-turbo"] = copy.deepcopy(found["unet"])
    for part, graph in found.items():
        update = places_of("tiny-turbo.safetensors") if part == "tiny-turbo" else {}
        tell_places(graph, places_of(f"{files.get(part, 'unet')}.safetensors"), update)
    return {f"{part}.onnx": graph for part, graph in found.items()}


def _traced(pipe: StableDiffusionPipeline, part: str, given: tuple[Tensor, ...]) -> Graph:
    """A network in ONNX's format, each weight under its name in the network."""
    module, inputs, outputs = PARTS[part]
    axes = {name: {0: "batch"} for name in BATCHED} if part == "unet" else None
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # shapes become constants: here they are
        file = Path(folder) / "graph.onnx"
        torch.onnx.export(
            module(pipe).eval(),
            given,
            file,
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_axes=axes,
            opset_version=OPSET,
            do_constant_folding=False,  # weights would lose their names
            dynamo=False,  # needs no further package
        )
        return import_module("onnx").load(str(file))


def places_of(name: str) -> dict[str, Place]:
    """Tensor -> place in a file of `WEIGHTS`, read from its header.

    The format: eight bytes with the length of a header in JSON, the header, the tensors
    (github.com/huggingface/safetensors, "Format").
    """
    with WEIGHTS[name].open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(size))
    header.pop("__metadata__", None)
    found = {}
    for tensor, told in header.items():
        if told["dtype"] != "F16":
            raise ValueError(f"{name}: {tensor} is {told['dtype']}, F16 was expected")
        begin, end = told["data_offsets"]
        found[tensor] = Place(name, 8 + size + begin, end - begin, tuple(told["shape"]))
    return found


def tell_places(graph: Graph, weights: Mapping[str, Place], update: Mapping[str, Place]) -> None:
    """Put in place of each weight where it lies, and the nodes that make float32 of it.

    Args:
        graph: with weights named "network." and their name in `weights`; changed in place.
        weights: where they lie.
        update: a low-rank update of them, under diffusers' names; empty for none.

    Raises:
        ValueError: a weight of the graph is not in the file.
    """
    nodes: list[Any] = []
    stored: list[Any] = []
    for weight in graph.graph.initializer:
        name = weight.name.removeprefix("network.")
        if name not in weights:
            raise ValueError(f"{name} of the network has no place among the stored weights")
        layer = f"unet.{name.removesuffix('.weight')}"
        halves = [update.get(f"{layer}.{half}") for half in (lowrank.UP, lowrank.DOWN)]
        made = _Made(weight.name, nodes, stored)
        up, down = halves if name.endswith(".weight") else (None, None)
        if up is None or down is None:
            made.float32(weights[name], weight.name)
        else:
            made.updated(weights[name], up, down)
    del graph.graph.initializer[:]
    graph.graph.initializer.extend(stored)
    before = list(graph.graph.node)
    del graph.graph.node[:]
    graph.graph.node.extend([*nodes, *before])


class _Made:
    """Nodes that make one weight, appended to lists.

    Args:
        name: of the weight in the graph.
        nodes: gets what computes.
        stored: gets what is read from files.
    """

    def __init__(self, name: str, nodes: list[Any], stored: list[Any]):
        self.name, self.nodes, self.stored = name, nodes, stored
        self.onnx = import_module("onnx")

    def float32(self, place: Place, name: str, shape: tuple[int, ...] | None = None) -> str:
        """The stored half as float32, under a name; returns the name."""
        half = f"{name}.half"
        tensor = self.onnx.TensorProto(
            name=half,
            data_type=self.onnx.TensorProto.FLOAT16,
            dims=place.shape if shape is None else shape,
            data_location=self.onnx.TensorProto.EXTERNAL,
        )
        for key, value in zip(("location", "offset", "length"), place[:3], strict=True):
            tensor.external_data.add(key=key, value=str(value))
        self.stored.append(tensor)
        self._add("Cast", [half], name, to=self.onnx.TensorProto.FLOAT)
        return name

    def updated(self, weight: Place, up: Place, down: Place) -> None:
        """W + B A, as `lowrank.merge` adds it."""
        rank = up.shape[1]
        matrices = [
            self.float32(up, f"{self.name}.up", (up.shape[0], rank)),
            self.float32(down, f"{self.name}.down", (rank, math.prod(down.shape[1:]))),
        ]
        self._add("MatMul", matrices, f"{self.name}.product")
        shape = self.onnx.numpy_helper.from_array(
            torch.tensor(weight.shape).numpy(), f"{self.name}.shape"
        )
        self.stored.append(shape)
        change = f"{self.name}.change"
        self._add("Reshape", [f"{self.name}.product", shape.name], change)
        base = self.float32(weight, f"{self.name}.base")
        self._add("Add", [base, change], self.name)

    def _add(self, kind: str, inputs: list[str], output: str, **options: Any) -> None:
        self.nodes.append(self.onnx.helper.make_node(kind, inputs, [output], **options))
