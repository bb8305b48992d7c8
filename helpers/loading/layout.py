"""Which files of a model are read: safetensors and configurations of one family, nothing else.

A pipeline in diffusers' layout is a folder with `model_index.json`, which names the parts, and one
folder for each part. Weights come whole or in shards, in full size or as the half-size variant
"fp16", and often in formats that can run code when they are opened; those are never read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import diffusers
from safetensors import SafetensorError, safe_open

INDEX = "model_index.json"
FAMILY = ("StableDiffusionPipeline", "StableDiffusionImg2ImgPipeline")
"""Pipelines whose parts are those of text to picture in Stable Diffusion 1.x and 2.x."""

NETWORKS = ("unet", "vae", "text_encoder", "safety_checker")
"""Parts with weights."""

DESCRIPTIONS = (INDEX, "unet/config.json", "vae/config.json", "text_encoder/config.json")
"""Small files that tell whether the course can run a model, before its weights are fetched."""

_PARTS = {
    "unet": r"UNet2DConditionModel",
    "vae": r"AutoencoderKL",
    "text_encoder": r"CLIPTextModel",
    "tokenizer": r"CLIPTokenizer(Fast)?",
    "scheduler": r"\w+Scheduler",
    "safety_checker": r"StableDiffusionSafetyChecker",
    "feature_extractor": r"CLIP(FeatureExtractor|ImageProcessor(Fast|Pil)?)",
}
"""The parts of Stable Diffusion 1.x and 2.x, and which class each is of."""

_NEEDED = ("unet", "vae", "text_encoder", "tokenizer", "scheduler")
_LIBRARIES = ("diffusers", "transformers", "stable_diffusion")

_SHARD = r"(?:-\d{5}-of-\d{5})?"
_WEIGHTS = re.compile(
    rf"(?:diffusion_pytorch_model|model){_SHARD}(?P<half>\.fp16)?{_SHARD}\.safetensors"
    r"|(?:diffusion_pytorch_model|model)\.safetensors\.index(?P<half_index>\.fp16)?\.json"
)
_VARIANT = re.compile(
    rf"(?:diffusion_pytorch_model|model){_SHARD}\.(?P<variant>\w+){_SHARD}\.safetensors"
)
_CAN_RUN_CODE = (".bin", ".ckpt", ".pt")
_OTHER_WEIGHTS = (".gguf", ".onnx", ".msgpack", ".h5")


def parts_of(text: str, name: str) -> dict[str, tuple[str, str]]:
    """The parts of a pipeline that its index names: part -> (library, class).

    Args:
        text: what is in model_index.json.
        name: of the model, for messages.

    Raises:
        ValueError: the index is not JSON, or the model is of a family that the course cannot run.
    """
    try:
        index = json.loads(text)
        kind = index["_class_name"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(
            f"model: {INDEX} of {name} is damaged or of another program; fetch the model again"
        ) from error
    if kind not in FAMILY:
        raise ValueError(
            f"model: {name} is a {_told(kind)}; only Stable Diffusion 1.x and 2.x for text to "
            'picture can be loaded, such as "sd-1.4", "sd-1.5" and "sd-2.1"'
        )
    parts = {
        part: (value[0], value[1])
        for part, value in index.items()
        if isinstance(value, list) and len(value) == 2 and value[0] is not None
    }
    foreign = sorted(part for part, (library, _) in parts.items() if library not in _LIBRARIES)
    if foreign:
        raise ValueError(
            f"model: {name} brings its own code for {', '.join(foreign)}, and code that comes with "
            "a model is never run; load one that needs none"
        )
    _check_parts(parts, name)
    return parts


def _check_parts(parts: Mapping[str, tuple[str, Any]], name: str) -> None:
    """Refuse parts that are not those of Stable Diffusion 1.x and 2.x, or too few of them."""
    for part, (_, kind) in parts.items():
        if not re.fullmatch(_PARTS.get(part, r"(?!)"), str(kind)):
            raise ValueError(
                f"model: {name} has a {kind} as its {part}, which Stable Diffusion 1.x and 2.x do "
                "not; load one of these"
            )
    scheduler = parts["scheduler"][1] if "scheduler" in parts else None
    if scheduler is not None and not hasattr(diffusers, scheduler):
        raise ValueError(
            f"model: {name} has a {scheduler}, which the installed diffusers "
            f"{diffusers.__version__} does not know; load another model, or a newer diffusers"
        )
    missing = [part for part in _NEEDED if part not in parts]
    if missing:
        raise ValueError(
            f"model: {name} has no {' and no '.join(missing)} in its {INDEX}; load a complete "
            "pipeline, as save_pretrained() writes it"
        )


def choose_files(names: Iterable[str], parts: Mapping[str, Any], name: str, half: bool) -> set[str]:
    """The files to read of all that there are: one set of weights per network, and the small ones.

    Args:
        names: every file of the model, as "unet/config.json".
        parts: as `parts_of` gives.
        name: of the model, for messages.
        half: prefer half-size weights; the other size is taken where there is no choice.

    Raises:
        FileNotFoundError: a network has no weights in safetensors, or a part has no file at all.
    """
    names = set(names)
    chosen = {INDEX} & names
    for part in parts:
        inside = {file for file in names if file.startswith(f"{part}/")}
        small = {file for file in inside if file.endswith((".json", ".txt"))}
        if part in NETWORKS:
            small = {f"{part}/config.json"} & inside
            weights = _weights(inside, half)
            if not weights:
                raise FileNotFoundError(f"model: {_no_weights(inside, name, part)}")
            chosen |= weights
        whole = part != "tokenizer" or _is_tokenizer(small)
        if not small or not whole:
            raise FileNotFoundError(f"model: {_gap(part, name)}")
        chosen |= small
    return chosen


def _is_tokenizer(files: set[str]) -> bool:
    """Whether a vocabulary is among the files: in one file, or in two."""
    return "tokenizer/tokenizer.json" in files or {
        "tokenizer/vocab.json", "tokenizer/merges.txt",
    } <= files  # fmt: skip


def is_half(file: str) -> bool:
    """Whether a weights file is of the half-size variant."""
    found = _WEIGHTS.fullmatch(file.rsplit("/", 1)[-1])
    return bool(found and (found["half"] or found["half_index"]))


def _weights(inside: set[str], half: bool) -> set[str]:
    """One complete set of a network's weights: of the size that is preferred, or of the other."""
    found = {file for file in inside if _WEIGHTS.fullmatch(file.rsplit("/", 1)[-1])}
    small = {file for file in found if is_half(file)}
    ordered = (small, found - small) if half else (found - small, small)
    return next((files for files in ordered if files), set())


def _no_weights(inside: set[str], name: str, part: str) -> str:
    """Why a network has no weights that are read, and what to do."""
    found = (_VARIANT.fullmatch(file.rsplit("/", 1)[-1]) for file in inside)
    variants = sorted({match["variant"] for match in found if match})
    kinds = [f"as the variant {variant!r}" for variant in variants]
    if any(file.endswith(_CAN_RUN_CODE) for file in inside):
        kinds.append("in a format that can run code when it is opened (.bin)")
    if other := sorted({Path(file).suffix for file in inside if file.endswith(_OTHER_WEIGHTS)}):
        kinds.append(f"for another library ({', '.join(other)})")
    if not kinds:
        return _gap(part, name)
    step = "use a model with safetensors files"
    if variants:
        step = (
            "only plain weights and the variant 'fp16' are read; save them as plain ones: from "
            f"diffusers import StableDiffusionPipeline as P; P.from_pretrained({name!r}, "
            f'variant={variants[0]!r}, use_safetensors=True).save_pretrained("plain"), and load '
            '"plain"'
        )
    return f"{name} has its {part} only {' and '.join(kinds)}; {step}"


def _gap(part: str, name: str) -> str:
    return (
        f"the files of {part} are missing from {name}; a download was broken off or the copy is "
        "incomplete, fetch it again"
    )


def files_in(folder: Path) -> set[str]:
    """Every file below a folder, as "unet/config.json"."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def damaged(folder: Path, files: Iterable[str]) -> list[str]:
    """Those of the files that cannot be what they should be: cut off, or no safetensors or JSON.

    Headers and lengths are read, not the numbers, so it takes no time.
    """
    return [file for file in sorted(files) if not _readable(folder / file)]


def _readable(path: Path) -> bool:
    try:
        if path.suffix == ".safetensors":
            with safe_open(path, framework="pt") as file:
                return bool(file.keys())
        if path.suffix == ".json":
            json.loads(path.read_text(encoding="utf-8"))
    except (SafetensorError, ValueError, RecursionError):
        return False
    return True


def _told(kind: object) -> str:
    if isinstance(kind, str) and kind.startswith("StableDiffusionXL"):
        return f"Stable Diffusion XL ({kind}), with two text encoders and a sense of size"
    return str(kind) if isinstance(kind, str) else f"pipeline of its own ({str(kind)[:80]})"
