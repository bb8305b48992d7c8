"""The five parts as one pipeline, and as a folder that stock diffusers loads."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import torch
from diffusers import (
    AutoencoderKL,
    DPMSolverMultistepScheduler,
    UNet2DConditionModel,
)
from transformers import CLIPTextModel, CLIPTokenizer

from ..loading import StableDiffusionPipeline
from ..loading.habits import OWN, habits
from .checkpoints import written_beside

GUIDANCE = 2.0
"""What a model trained here asks for. Its captions tell nearly all of a drawing, so that the words
are obeyed without guidance too; a large scale makes pictures alike and draws things twice."""


def make_scheduler() -> DPMSolverMultistepScheduler:
    """Stable Diffusion's noise schedule, sampled by DPM-Solver++ 2M.

    "trailing" spacing starts at t = 999, where training ends (Lin et al. 2023, section 3.3).
    """
    scheduler = DPMSolverMultistepScheduler(
        num_train_timesteps=1000,
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        timestep_spacing="trailing",
        steps_offset=1,
    )
    scheduler.register_to_config(clip_sample=False, set_alpha_to_one=False)  # for DDIM and PNDM
    return scheduler


def assemble(
    vae: AutoencoderKL,
    text_encoder: CLIPTextModel,
    tokenizer: CLIPTokenizer,
    unet: UNet2DConditionModel,
) -> StableDiffusionPipeline:
    """The parts as a pipeline, silent and without a safety checker: it only knows landscapes."""
    pipe = StableDiffusionPipeline(
        vae,
        text_encoder,
        tokenizer,
        unet,
        make_scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipe.set_progress_bar_config(disable=True)
    pipe.register_to_config(**{OWN: GUIDANCE})
    return pipe


def export(pipe: StableDiffusionPipeline, folder: Path) -> None:
    """Write a copy of the pipeline in half precision and in diffusers' layout."""
    halves = {
        name: copy.deepcopy(part).to(torch.float16)
        for name, part in pipe.components.items()
        if isinstance(part, torch.nn.Module)
    }
    half = StableDiffusionPipeline(**{**pipe.components, **halves}, requires_safety_checker=False)
    half.register_to_config(**{OWN: habits(pipe).guidance_scale})
    with written_beside(folder) as place:
        half.save_pretrained(place, safe_serialization=True)
        _tidy(place)


def _tidy(folder: Path) -> None:
    """Take local paths out of the configurations; ask for float32 in the text encoder's.

    diffusers reads weights into float32 whatever the file holds, transformers into the type that
    the configuration names: without this a plain `from_pretrained` mixes the two and fails.
    """
    for path in folder.rglob("config.json"):
        config = json.loads(path.read_text(encoding="utf-8"))
        config.pop("_name_or_path", None)
        if path.parent.name == "text_encoder":
            config["dtype"] = "float32"
        path.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
