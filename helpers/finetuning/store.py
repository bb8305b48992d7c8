"""A learned word in files that stock diffusers reads.

* `pytorch_lora_weights.safetensors`: the U-Net's LoRA, for `pipe.load_lora_weights(folder)`.
* `learned_embeds.safetensors`: the vector of the new word, for
  `pipe.load_textual_inversion(folder)`.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import torch
from diffusers.loaders.lora_base import LORA_ADAPTER_METADATA_KEY
from peft.utils import get_peft_model_state_dict
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from ..files import written_beside
from ..loading import StableDiffusionPipeline, quiet
from .lora import lora_scale, names
from .words import add_word, is_known, new_words, row_of, set_row

LORA = "pytorch_lora_weights.safetensors"
WORD = "learned_embeds.safetensors"


def save(
    pipe: StableDiffusionPipeline,
    folder: str | os.PathLike[str],
    dtype: torch.dtype = torch.float32,
) -> Path:
    """Write what a pipeline has learned, and nothing of what it knew before; the folder.

    Args:
        pipe: with one LoRA, one new word, or both.
        folder: made if it is missing; other files in it stay.
        dtype: float32 keeps every bit; float16 takes half the room.

    Raises:
        ValueError: there is nothing to save, or more than one LoRA or word.
        OSError: it cannot be written (disk full, no permission, ...).
    """
    words, loras = new_words(pipe), names(pipe.unet)
    if not words and not loras:
        raise ValueError("save: this pipeline has learned nothing; call finetune first")
    if len(words) > 1 or len(loras) > 1:
        raise ValueError(
            f"save: one LoRA and one word fit into a folder, this pipeline has {len(loras)} and "
            f"{len(words)}; save each from a pipeline of its own"
        )
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for word in words:
        row = {word: row_of(pipe, word).to(dtype).cpu()[None]}  # (1, width)
        with written_beside(folder / WORD) as place:
            save_file(row, place)
    for name in loras:
        tensors, header = _lora(pipe, name, dtype)
        with written_beside(folder / LORA) as place:
            save_file(tensors, place, header)
    return folder


def _lora(
    pipe: StableDiffusionPipeline, name: str, dtype: torch.dtype
) -> tuple[dict[str, Tensor], dict[str, str]]:
    """A LoRA's tensors under diffusers' names, and the file's header, with its rank and alpha."""
    tensors = {
        f"unet.{key}": value.detach().to("cpu", dtype).contiguous()
        for key, value in get_peft_model_state_dict(pipe.unet, adapter_name=name).items()
    }
    facts: dict[str, Any] = {
        f"unet.{key}": sorted(value) if isinstance(value, set) else value
        for key, value in pipe.unet.peft_config[name].to_dict().items()
    }
    header = {"format": "pt", LORA_ADAPTER_METADATA_KEY: json.dumps(facts, sort_keys=True)}
    return tensors, header


def load_into(
    pipe: StableDiffusionPipeline, folder: str | os.PathLike[str], scale: float = 1.0
) -> list[str]:
    """Give a pipeline what `save` wrote, in place; the new words.

    Loading several folders adds them up. The LoRA's name is the folder's.

    Args:
        pipe: the model that the word was learned with.
        folder: as `save` wrote it.
        scale: how strongly the LoRA counts.

    Raises:
        FileNotFoundError: there is neither a LoRA nor a word in the folder.
        ValueError: they belong to another model, or the word is known already.
        OSError: a file is damaged.
    """
    folder = Path(folder)
    if not any((folder / file).is_file() for file in (LORA, WORD)):
        raise FileNotFoundError(
            f"{folder}: there is neither {LORA} nor {WORD} in it; name a folder that "
            "`python -m helpers finetune` or helpers.finetuning.save wrote"
        )
    lora, words = _read(folder / LORA), _read(folder / WORD)
    _check(pipe, folder, lora, words)
    if lora:
        _add(pipe, folder, scale)
    for word, row in words.items():
        add_word(pipe, word)
        set_row(pipe, word, row.flatten())
    return list(words)


def _read(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        return {}
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise OSError(f"{path} is damaged ({error}); fetch or make it anew") from error


def _check(
    pipe: StableDiffusionPipeline, folder: Path, lora: dict[str, Tensor], words: dict[str, Tensor]
) -> None:
    """Everything that could go wrong, before anything is changed."""
    if lora and _name(folder) in names(pipe.unet):
        raise ValueError(
            f"load_into: a LoRA {_name(folder)!r} is loaded already; use lora_scale to change how "
            "strongly it counts"
        )
    layers = dict(pipe.unet.named_modules())
    for key, value in lora.items():
        layer, _, half = key.removeprefix("unet.").partition(".lora_")
        weight = getattr(layers.get(layer), "weight", None)
        axis = 1 if half.startswith("A") else 0
        if weight is None or weight.shape[axis] != value.shape[axis]:
            raise ValueError(
                f"load_into: {folder / LORA} was trained with another model: its {key} is "
                f"{tuple(value.shape)}, "
                + (f"the layer {tuple(weight.shape)}" if weight is not None else "there is no such "
                   "layer")
            )  # fmt: skip
    width = pipe.text_encoder.config.hidden_size
    for word, row in words.items():
        if row.numel() != width:
            raise ValueError(
                f"load_into: the vector of {word!r} has {row.numel()} numbers, this text encoder "
                f"reads {width}; it was learned with another model"
            )
        if is_known(pipe, word):
            raise ValueError(f"load_into: the model knows {word!r} already; load it once only")


def _add(pipe: StableDiffusionPipeline, folder: Path, scale: float) -> None:
    before = _scales(pipe)
    with quiet():
        pipe.load_lora_weights(str(folder), weight_name=LORA, adapter_name=_name(folder))
    lora_scale(pipe.unet, **before, **{_name(folder): scale})
    for weight_name, weight in pipe.unet.named_parameters():
        if ".lora_" in weight_name:
            weight.data = weight.data.float() if pipe.unet.dtype == torch.float32 else weight.data


def _scales(pipe: StableDiffusionPipeline) -> dict[str, float]:
    """The scale of each LoRA that is there."""
    found: dict[str, float] = {}
    for layer in pipe.unet.modules():
        for name, scaling in getattr(layer, "scaling", {}).items():
            config = pipe.unet.peft_config[name]
            active = name in layer.active_adapters
            found[name] = scaling * config.r / config.lora_alpha if active else 0.0
    return found


def _name(folder: Path) -> str:
    """A name for a folder's LoRA; peft allows no dots."""
    return folder.resolve().name.replace(".", "_") or "lora"
