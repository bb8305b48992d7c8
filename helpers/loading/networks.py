"""The networks of a model in diffusers' layout, each with all of its weights, or a clear refusal.

The libraries fill what a file lacks with random numbers, and say so in a report that is easily
missed. Here that report decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from diffusers.pipelines import stable_diffusion
from packaging.version import Version
from torch import nn

from . import layout

DTYPE = "dtype" if Version(diffusers.__version__) >= Version("0.40") else "torch_dtype"
"""What diffusers calls the precision. The other name is ignored without a word by diffusers 0.39,
which Colab has."""

_LIBRARIES = {
    "diffusers": diffusers,
    "transformers": transformers,
    "stable_diffusion": stable_diffusion,
}


def read(
    folder: Path,
    name: str,
    parts: Mapping[str, tuple[str, str]],
    files: Iterable[str],
    dtype: torch.dtype,
) -> dict[str, nn.Module]:
    """Part -> network on the CPU, each weight converted as it is read.

    Args:
        folder: in diffusers' layout.
        name: of the model, for messages.
        parts: as `layout.parts_of` gives.
        files: as `layout.choose_files` gives.
        dtype: the precision that they shall be in.

    Raises:
        ValueError: weights are missing, or are of other shapes than the configuration says.
    """
    halves = {file.split("/")[0] for file in files if layout.is_half(file)}
    found = {}
    for part in layout.NETWORKS:
        if part not in parts:
            continue
        library, kind = parts[part]
        network, report = getattr(_LIBRARIES[library], kind).from_pretrained(
            str(folder / part),
            **{DTYPE if library == "diffusers" else "dtype": dtype},
            use_safetensors=True,
            local_files_only=True,
            variant="fp16" if part in halves else None,
            output_loading_info=True,
            ignore_mismatched_sizes=True,  # they are in the report
        )
        own = sorted(f for f in files if f.startswith(f"{part}/") and not f.endswith("config.json"))
        check_report(report, f"{own[0]} of {name}", f"{part}/config.json")
        found[part] = network.eval()
    return found


def check_report(report: Mapping[str, Any], file: str, configuration: str) -> None:
    """None, if a library found every weight, in the right shape.

    Args:
        report: with "missing_keys", and "mismatched_keys" as (key, found, wanted).
        file: where the weights were looked for, for messages.
        configuration: what describes the network, for messages.

    Raises:
        ValueError: it did not.
    """
    missing = sorted(report["missing_keys"])
    if missing:
        extra = sorted(report.get("unexpected_keys", ()))
        beside = f"; it holds others instead, such as {extra[0]}" if extra else ""
        raise ValueError(
            f"model: {len(missing)} weights are missing from {file}: {_some(missing)}{beside}. "
            f"{configuration} describes another network: fetch the model again, or use another"
        )
    wrong = sorted(report.get("mismatched_keys", ()), key=str)
    if wrong:
        key, found, wanted = wrong[0]
        raise ValueError(
            f"model: {len(wrong)} weights in {file} have other shapes than {configuration} "
            f"describes: {key} is {tuple(found)} and should be {tuple(wanted)}; fetch the model "
            "again, or use another"
        )


def _some(keys: list[str]) -> str:
    return ", ".join(keys[:3]) + (", …" if len(keys) > 3 else "")
