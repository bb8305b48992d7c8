"""LoRAs in a pipeline: added layer by layer, or refused as a whole; and told, for records.

peft computes `W x + scale * alpha / r * up(down(x))` beside each layer; the weights stay as they
are. diffusers can read such files too. But where layers of one file differ in rank or in alpha, as
in many of kohya's, diffusers 0.42 takes one for all and draws something else without a word. So the
layers are set up here, each with its own, and looked at afterwards.
"""

from __future__ import annotations

import hashlib
import math
import re
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import torch
from diffusers import StableDiffusionPipeline
from peft import LoraConfig
from peft.tuners.lora import LoraLayer
from torch import Tensor, nn

from ..arguments import real_number
from . import formats, lora_files, words
from .silence import quiet

PARTS = ("unet", "text_encoder")
PATHS, MERGED = "lora_paths", "lora_merged"
"""Attributes of a pipeline, digest of an adapter -> the path that it was read from; and of a U-Net,
what `told` says of LoRAs that are in its weights for good."""

_KNOWN = {768: "Stable Diffusion 1.x", 1024: "Stable Diffusion 2.x", 2048: "Stable Diffusion XL"}
"""By the width of the words that a U-Net attends to."""


def wanted(lora: str | Path | Mapping[Any, float] | None) -> dict[str, float]:
    """Path -> scale of what is passed as `lora`: nothing, one path, or several with their scales.

    Raises:
        TypeError, ValueError: a scale is no finite number; as for `lora_files.find`.
    """
    if lora is None:
        return {}
    scales = dict(lora) if isinstance(lora, Mapping) else {lora: 1.0}
    for path in scales:
        lora_files.find(path)
    return {str(path): checked_scale(scale) for path, scale in scales.items()}


def checked_scale(scale: object) -> float:
    """The scale of a LoRA as a number.

    Raises:
        TypeError, ValueError: it is none, or not finite.
    """
    number = real_number("lora: the scale", scale)
    if not math.isfinite(number):
        raise ValueError(f"lora: the scale must be a finite number, got {number}; 1 is usual")
    return number


def add(pipe: StableDiffusionPipeline, path: str | Path, scale: float = 1.0) -> list[str]:
    """Adds a LoRA, and the new words in its folder, beside those that a pipeline has; the words.

    All of it is added, or nothing and an error comes.

    Args:
        pipe: whose U-Net, and text encoder if the file has something for it, get new layers.
        path: as for `lora_files.find`.
        scale: of the LoRA. 0 is the model as it was, 1 what was trained; less is weaker.

    Raises:
        TypeError, ValueError, OSError: as for `lora_files.find` and `read`, or it was made for
            another model, or holds a word that this one knows already.
    """
    scale, (weights, vectors) = checked_scale(scale), lora_files.find(path)
    layers = _matched(pipe, lora_files.read(weights), weights.name) if weights else {}
    found = lora_files.read_words(vectors, pipe.text_encoder.config.hidden_size) if vectors else {}
    for word in found:
        if words.is_known(pipe, word):
            raise ValueError(
                f"lora: {path} brings the word {word!r}, which this model knows already; load it "
                "once, and only one LoRA for a word at a time"
            )
    with quiet(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Already found a `peft_config`")  # another is there
        _attach_all(pipe, layers, scale, Path(path).expanduser())
    for word, row in found.items():
        words.add_word(pipe, word)
        words.set_row(pipe, word, row)
    return list(found)


def _attach_all(
    pipe: StableDiffusionPipeline, layers: lora_files.Layers, scale: float, path: Path
) -> None:
    name = _free_name(pipe, path)
    for part, found in layers.items():
        _attach(getattr(pipe, part), name, found, scale)
    if layers:
        digest = digest_of({part: getattr(pipe, part) for part in PARTS}, name)
        setattr(pipe, PATHS, {**getattr(pipe, PATHS, {}), digest: str(path)})


def _matched(
    pipe: StableDiffusionPipeline, layers: lora_files.Layers, file: str
) -> lora_files.Layers:
    """The updates by the names of the pipeline's own layers, in their shapes."""
    return {part: _fitting(getattr(pipe, part), found, file) for part, found in layers.items()}


def _fitting(
    network: nn.Module, layers: Mapping[str, lora_files.Layer], file: str
) -> dict[str, lora_files.Layer]:
    """The updates by the names of the network's own layers, in its shapes."""
    own = {
        _flat(name): (name, module)
        for name, module in network.named_modules()
        if isinstance(module, (nn.Linear, nn.Conv2d, LoraLayer)) and ".lora_" not in name
    }
    strange = sorted(set(layers) - set(own))
    found = {}
    for flat in sorted(set(layers) & set(own)):
        name, module = own[flat]
        base = module.get_base_layer() if isinstance(module, LoraLayer) else module
        try:
            found[name] = _shaped(layers[flat], base)
        except ValueError as error:
            raise ValueError(_other_model(network, layers, file, f"{name} {error}")) from None
    if strange:
        told = f"{len(strange)} of its {len(layers)} layers are not here, such as {strange[0]}"
        raise ValueError(_other_model(network, layers, file, told))
    return found


def _flat(name: str) -> str:
    """A layer's name as in `lora_files`: without what versions of transformers put before it."""
    return name.removeprefix("text_model.").replace(".", "_")


def _shaped(layer: lora_files.Layer, base: nn.Module) -> lora_files.Layer:
    """The update in the shape of its layer: one that looks at single pixels comes in two shapes."""
    down, up, shape = layer.down, layer.up, cast(Tensor, base.weight).shape
    if down.ndim == 4 and len(shape) == 2 and down.shape[2:] == up.shape[2:] == (1, 1):
        down, up = down[:, :, 0, 0], up[:, :, 0, 0]
    if down.ndim == 2 and len(shape) == 4:
        down, up = down[:, :, None, None], up[:, :, None, None]
    if (up.shape[0], *down.shape[1:]) != shape or up[0, 0].numel() > 1:
        raise ValueError(f"has weights {tuple(shape)} here and {(len(up), *down.shape[1:])} there")
    return lora_files.Layer(down, up, layer.alpha)


def _other_model(
    network: nn.Module, layers: Mapping[str, lora_files.Layer], file: str, why: str
) -> str:
    """That a LoRA does not fit, with the models that it and the network are, where known."""
    width = next((layer.down.shape[1] for name, layer in layers.items()
                  if name.endswith("attn2_to_k")), None)  # fmt: skip
    own = getattr(network.config, "cross_attention_dim", None)
    widths = ""
    if width is not None and isinstance(own, int) and width != own:
        maker = f", as {_KNOWN[width]} does" if width in _KNOWN else ""
        widths = f" It reads words of {width} numbers{maker}; this model's have {own}."
    return (
        f"lora: {file} was made for another model: {why}.{widths} Load the model that it was made "
        "for, or use another LoRA"
    )


def name_of(path: Path) -> str:
    """What peft shall call the LoRA of a file or folder."""
    return usable_name(path.resolve().name.removesuffix(formats.SAFE))


def usable_name(text: str) -> str:
    """The text as a LoRA may be called: letters, digits and "_", and no name that PyTorch's tables
    of modules use themselves, such as "half"."""
    name = re.sub(r"\W+", "_", text).strip("_") or "lora"
    return f"{name}_lora" if hasattr(nn.ModuleDict(), name) else name


def _free_name(pipe: StableDiffusionPipeline, path: Path) -> str:
    """A name for peft that is not yet taken."""
    name = name_of(path)
    taken = {key for part in PARTS for key in getattr(getattr(pipe, part), "peft_config", {})}
    numbers = (f"{name}_{number}" for number in range(2, len(taken) + 3))
    return next(one for one in (name, *numbers) if one not in taken)


def _attach(
    network: nn.Module, name: str, layers: Mapping[str, lora_files.Layer], scale: float
) -> None:
    """Gives a network's layers an adapter of this name, with these numbers, beside the others."""
    before = active_adapters(network)
    keys = {f"^{re.escape(each)}$": layer for each, layer in layers.items()}
    config = LoraConfig(
        target_modules="|".join(map(re.escape, layers)),
        rank_pattern={key: layer.rank for key, layer in keys.items()},
        alpha_pattern={key: layer.alpha for key, layer in keys.items()},
    )
    cast(Any, network).add_adapter(config, adapter_name=name)
    for each, layer in layers.items():
        module: Any = network.get_submodule(each)
        weight = module.get_base_layer().weight
        for half, numbers in ((module.lora_A, layer.down), (module.lora_B, layer.up)):
            half[name].to(weight.device, weight.dtype).weight.data.copy_(numbers)
        module.set_scale(name, scale)
    for adapted in lora_layers(network):
        adapted.set_adapter([*before, name])
    network.requires_grad_(False).train(network.training)


def lora_layers(network: nn.Module) -> Iterator[LoraLayer]:
    """The layers of a network that have LoRAs beside them."""
    return (module for module in network.modules() if isinstance(module, LoraLayer))


def active_adapters(network: nn.Module) -> list[str]:
    """Names of the adapters that take part in what a network computes."""
    names = [name for module in lora_layers(network) if not module.disable_adapters
             for name in module.active_adapters]  # fmt: skip
    return list(dict.fromkeys(names))


def told(pipe: StableDiffusionPipeline) -> list[dict[str, Any]] | None:
    """The LoRAs that take part in what a pipeline draws, in plain JSON values; None without any.

    A LoRA is known by its numbers, wherever it came from: `sha256` is of both matrices and alpha of
    all its layers. `path` is None for one that was trained here, or changed since it was loaded.
    """
    networks = {part: getattr(pipe, part) for part in PARTS}
    found = list(getattr(pipe.unet, MERGED, ()))
    for name in dict.fromkeys(name for each in networks.values() for name in active_adapters(each)):
        found += _told(networks, name)
    paths = getattr(pipe, PATHS, {})
    found = [{"path": paths.get(one["sha256"]), **one} for one in found]
    return sorted(found, key=lambda one: (one["sha256"], str(one["scale"]))) or None


def _told(networks: Mapping[str, nn.Module], name: str) -> list[dict[str, Any]]:
    """One LoRA; nothing, if its scale is 0 everywhere."""
    scales = sorted({
        round(layer.scaling[name] * layer.r[name] / layer.lora_alpha[name], 6)
        for network in networks.values() for layer in lora_layers(network) if name in layer.scaling
    })  # fmt: skip
    scale = scales[0] if len(scales) == 1 else scales
    return [{"scale": scale, "sha256": digest_of(networks, name)}] if any(scales) else []


def digest_of(networks: Mapping[str, nn.Module], name: str) -> str:
    """SHA-256 of an adapter's numbers, in hexadecimal; its name does not matter."""
    found = hashlib.sha256()
    for part, network in networks.items():
        for place, layer in sorted(network.named_modules(), key=lambda one: one[0]):
            if isinstance(layer, LoraLayer) and name in layer.scaling:
                found.update(f"{part}.{_flat(place)} {layer.lora_alpha[name]:g}".encode())
                for half in (layer.lora_A[name].weight, layer.lora_B[name].weight):
                    numbers = half.detach().to("cpu", torch.float32).contiguous()
                    found.update(numbers.numpy().tobytes())
    return found.hexdigest()


def note_merged(unet: nn.Module) -> None:
    """Writes down which LoRAs a U-Net's weights are about to be changed by, so that `told` can."""
    merged = list(getattr(unet, MERGED, ()))
    for name in active_adapters(unet):
        merged += _told({"unet": unet}, name)
    setattr(unet, MERGED, merged)
