"""Recording attention: a context manager that looks on while pictures are made.

It reads what the layers' own projections of picture and words give, and computes
softmax(q k^T / sqrt(d)) beside the run. No processor and no number of the run is touched, so the
pictures are the same to the last bit.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from diffusers import StableDiffusionPipeline
from torch import Tensor

from ..arguments import whole_number
from ..serving.client import Remote
from .layers import Layer, attention_layers, attention_weights
from .listening import Heard, listen
from .maps import AttentionMaps
from .travel import NUMBERS, unpacked

REDUCTIONS = ("mean", "none")
MAX_BYTES = 256 * 2**20


@contextmanager
def capture_attention(
    pipe: StableDiffusionPipeline | Remote,
    *,
    layers: str | Sequence[str] | None = None,
    reduce: str = "mean",
    max_side: int | None = None,
    max_bytes: int = MAX_BYTES,
    dtype: torch.dtype = torch.float16,
    pictures: int | None = None,
) -> Iterator[AttentionMaps]:
    """Records the cross-attention of the one run made inside `with`; the picture is not changed.

    Works around `denoise`, `generate` and the pipeline itself, for any number of pictures, with and
    without guidance, on any size. Which rows follow the prompts is known, not guessed: see
    `listening`. What is needed in memory can be asked beforehand with `capture_bytes`. Inside
    `control_attention`, what is recorded is what the layers would do by themselves.

    A teacher's machine sends the maps when the run has ended: until then there are none, and it
    must be followed to its end.

    Args:
        pipe: a Stable Diffusion pipeline, or a teacher's machine, which records and sends the maps.
        layers: beginnings of layers' names, such as "up" or ["down.1", "mid"]; None for all.
        reduce: "mean" over the heads, or "none" to keep every head.
        max_side: layers that see more than max_side x max_side are left out; None for no limit.
        max_bytes: memory that may be used. It is checked before each step is recorded.
        dtype: precision in which the numbers are kept.
        pictures: how many of the run's pictures are recorded, the first ones; None for all.

    Raises:
        ValueError: an argument is not allowed, or the next step would need more than `max_bytes`.
        RuntimeError: the U-Net was not asked, or two runs were made, or something fused or replaced
            the layers' processors, so that nothing could be recorded; or a teacher's machine could
            not record it, or was not asked to the end.
    """
    if reduce not in REDUCTIONS:
        raise ValueError(f'reduce must be "mean" or "none", got {reduce!r}')
    if max_side is not None and (max_side := whole_number("max_side", max_side)) < 1:
        raise ValueError(f"max_side must be 1 or more, or None for no limit, got {max_side}")
    if isinstance(pipe, Remote):
        if pictures is not None:
            raise ValueError("pictures: a teacher's machine records all of them; leave it out")
        with _elsewhere(pipe, layers, reduce, max_side, max_bytes, dtype) as maps:
            yield maps
        return
    chosen = attention_layers(pipe.unet, layers)
    maps = AttentionMaps(pipe.tokenizer, reduce)
    with listen(pipe) as heard:
        recorder = _Recorder(maps, heard, chosen, max_side, max_bytes, dtype, pictures)
        hooks = recorder.attach(pipe.unet)
        try:
            yield maps
        finally:
            for hook in hooks:
                hook.remove()


def capture_bytes(
    pipe: StableDiffusionPipeline,
    *,
    steps: int = 20,
    pictures: int = 1,
    size: tuple[int, int] | None = None,
    layers: str | Sequence[str] | None = None,
    reduce: str = "mean",
    max_side: int | None = None,
    dtype: torch.dtype = torch.float16,
) -> int:
    """Bytes that `capture_attention` will keep, known before anything runs.

    Args:
        pipe, layers, reduce, max_side, dtype: as for `capture_attention`.
        steps: calls of the U-Net.
        pictures: B.
        size: height and width in pixels; None for the size of the training.
    """
    side, factor = pipe.unet.config.sample_size, pipe.vae_scale_factor
    trained = (side, side) if isinstance(side, int) else tuple(side)
    latents = (size[0] // factor, size[1] // factor) if size else trained
    chosen = _small_enough(attention_layers(pipe.unet, layers), latents, max_side)
    places = pipe.tokenizer.model_max_length
    return steps * pictures * _call_bytes(chosen, latents, places, reduce, dtype)


def _small_enough(
    layers: Sequence[Layer], latents: tuple[int, int], max_side: int | None
) -> list[Layer]:
    kept = [layer for layer in layers if not max_side or max(layer.grid(latents)) <= max_side]
    if not kept:
        smallest = min(max(layer.grid(latents)) for layer in layers)
        raise ValueError(
            f"max_side={max_side} leaves no layer: the smallest sees a side of {smallest}"
        )
    return kept


def _call_bytes(
    layers: Sequence[Layer], latents: tuple[int, int], places: int, reduce: str, dtype: torch.dtype
) -> int:
    """Bytes for one picture at one call of the U-Net."""
    rows = sum(math.prod(layer.grid(latents)) * (layer.attn.heads if reduce == "none" else 1)
               for layer in layers)  # fmt: skip
    return rows * places * dtype.itemsize


@contextmanager
def _elsewhere(
    remote: Remote,
    layers: str | Sequence[str] | None,
    reduce: str,
    max_side: int | None,
    max_bytes: int,
    dtype: torch.dtype,
) -> Iterator[AttentionMaps]:
    """The same on a teacher's machine: recorded there, and here when the run is."""
    if dtype not in NUMBERS.values():
        raise ValueError(f"dtype must be torch.float16 or torch.float32 here, got {dtype}")
    maps = AttentionMaps(reduce=reduce)
    asked = {
        "layers": [layers] if isinstance(layers, str) else layers and list(layers),
        "reduce": reduce,
        "max_side": max_side,
        "max_bytes": max_bytes,
        "dtype": str(dtype).removeprefix("torch."),
    }

    def take(data: bytes) -> None:
        found = unpacked(data)
        if found.reduce != reduce:
            raise ValueError(f"the answer holds reduce={found.reduce!r} instead of {reduce!r}")
        if found.nbytes > max_bytes:
            raise ValueError(
                f"capture_attention: the maps of this run take {found.nbytes:,} bytes, more than "
                f'max_bytes={max_bytes:,}; keep less with layers="mid", reduce="mean" or '
                "max_side=16, or raise max_bytes"
            )
        vars(maps).update(vars(found))

    with remote.watch(asked, take):
        yield maps


class _Recorder:
    """Fills `AttentionMaps`: told by hooks what the layers compute, call by call."""

    def __init__(
        self,
        maps: AttentionMaps,
        heard: Heard,
        layers: Sequence[Layer],
        max_side: int | None,
        max_bytes: int,
        dtype: torch.dtype,
        pictures: int | None,
    ):
        self.maps, self.heard, self.layers = maps, heard, layers
        self.max_side, self.max_bytes, self.dtype = max_side, max_bytes, dtype
        self.pictures = pictures
        self.processors = [layer.attn.processor for layer in layers]
        self.queries: dict[str, Tensor] = {}
        self.used = 0

    def attach(self, unet: torch.nn.Module) -> list[Any]:
        """Hooks on the U-Net and on each layer's projections; the caller removes them."""
        hooks = [unet.register_forward_pre_hook(self.begin), unet.register_forward_hook(self.end)]
        for layer in self.layers:
            for projection, told in ((layer.attn.to_q, self.query), (layer.attn.to_k, self.key)):
                hooks.append(projection.register_forward_hook(functools.partial(told, layer)))
        return hooks

    def begin(self, *_: Any) -> None:
        """Before a call of the U-Net: is this our run, are the layers ours, is there room?"""
        maps, heard = self.maps, self.heard
        if heard.runs > 1:
            raise RuntimeError(
                "capture_attention: a second run began; open one `with` for each run"
            )
        now = [layer.attn.processor for layer in self.layers]
        if any(a is not b for a, b in zip(now, self.processors, strict=True)):
            raise RuntimeError(
                "capture_attention: something replaced the attention processors inside `with` "
                "(fuse_qkv_projections, attention slicing, control_attention, ...); do that before "
                "`with capture_attention`"
            )
        kept = _small_enough(self.layers, heard.size, self.max_side)
        maps.prompts = heard.prompts[: self.pictures]
        maps.grids = {layer.name: layer.grid(heard.size) for layer in kept}
        self.reserve(
            len(maps.prompts) * _call_bytes(kept, heard.size, heard.places, maps.reduce, self.dtype)
        )
        maps.times.append(heard.t)
        maps.weights.append({})

    def reserve(self, needed: int) -> None:
        """Counts the memory of one call before it is used."""
        if self.used + needed > self.max_bytes:
            raise ValueError(
                f"capture_attention: each step needs {needed:,} bytes, and step {len(self.maps)} "
                f"(from 0) would exceed max_bytes={self.max_bytes:,}; keep less with "
                'layers="mid", reduce="mean" or max_side=16, or raise max_bytes'
            )
        self.used += needed

    def query(self, layer: Layer, _: Any, args: tuple, output: Tensor) -> None:
        """A layer has projected the picture, (rows, n, heads * d)."""
        self.queries[layer.name] = self.rows(output)

    def key(self, layer: Layer, _: Any, args: tuple, output: Tensor) -> None:
        """A layer has projected the words, (rows, 77, heads * d): now its weights follow."""
        kept, query = self.maps.weights[-1], self.queries.pop(layer.name)
        if layer.name not in self.maps.grids or layer.name in kept:
            return  # too large, or control_attention computes once more what was recorded
        weights = attention_weights(layer.attn, query, self.rows(output))
        reduced = weights.mean(1) if self.maps.reduce == "mean" else weights
        kept[layer.name] = reduced.detach().to("cpu", self.dtype)

    def rows(self, projected: Tensor) -> Tensor:
        """Of a batch, what is recorded."""
        return projected[self.heard.conditional()][: self.pictures]

    def end(self, *_: Any) -> None:
        """After a call of the U-Net: every layer must have reported."""
        missing = self.maps.grids.keys() - self.maps.weights[-1].keys()
        if missing:
            raise RuntimeError(
                f"capture_attention: {', '.join(sorted(missing))} computed no separate query and "
                "key; if projections were fused, call pipe.unet.unfuse_qkv_projections() before"
            )
