"""Which models the course can run, told from their configurations, before any weights are there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def misfit(unet: Mapping[str, Any], vae: Mapping[str, Any]) -> str | None:
    """Why the loop cannot run such a U-Net, as a clause; None if it can.

    Args:
        unet: the U-Net's configuration.
        vae: the VAE's configuration.
    """
    takes, latents = unet.get("in_channels", 4), vae.get("latent_channels", 4)
    if takes != latents:
        kind = {
            9: ": it is an inpainting model",
            8: ": it edits pictures by instruction",
            7: ": it enlarges pictures",
            5: ": it reads depths",
        }
        return f"takes {takes} channels for latents of {latents}{kind.get(takes, '')}"
    if unet.get("time_cond_proj_dim"):
        return "takes the guidance scale as an input: it is a distilled model, such as LCM"
    if unet.get("addition_embed_type"):
        return "takes more than words and a timestep: it is an XL model or one of its relatives"
    if unet.get("class_embed_type") or unet.get("num_class_embeds"):
        return "takes a class beside the words: it enlarges or varies pictures"
    return None


def check_configurations(folder: Path, name: str) -> None:
    """None, if the course can run the networks that the configurations of a folder describe.

    Only the configurations are read, so that it can be asked before the weights are fetched.

    Raises:
        ValueError: it cannot, or a configuration is damaged.
    """
    unet, vae, text = (
        _configuration(folder / part / "config.json", name)
        for part in ("unet", "vae", "text_encoder")
    )
    why = misfit(unet, vae)
    width, words = unet.get("cross_attention_dim", 1280), text.get("hidden_size", 512)
    if why is None and isinstance(width, int) and width != words:
        why = f"reads words of {width} numbers, and the text encoder gives {words}: another model's"
    if why is not None:
        raise ValueError(
            f"model: the U-Net of {name} {why}; only Stable Diffusion 1.x and 2.x for text to "
            'picture can be loaded, such as "sd-1.4", "sd-1.5" and "sd-2.1"'
        )


def _configuration(path: Path, name: str) -> dict[str, Any]:
    """The configuration of a part; empty where there is none, which `choose_files` tells."""
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise ValueError(
            f"model: {path.parent.name}/{path.name} of {name} is damaged; fetch the model again"
        )
    return content
