"""Stable Diffusion 1.4 in full size with random weights: nothing to download, all there to measure.

Time and memory do not depend on what the weights are, only on how many there are and how they are
put together. The configurations are those of the published model.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from diffusers import AutoencoderKL, PNDMScheduler, UNet2DConditionModel
from diffusers.pipelines.stable_diffusion import StableDiffusionSafetyChecker
from transformers import (
    CLIPConfig,
    CLIPImageProcessor,
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTokenizer,
)

from ..loading import TINY, StableDiffusionPipeline, quiet

UNET = {"sample_size": 64, "cross_attention_dim": 768}
"""All else is the default of diffusers, which was made for this model."""

VAE = {
    "sample_size": 512,
    "block_out_channels": (128, 256, 512, 512),
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4,
    "layers_per_block": 2,
}
TEXT = {
    "vocab_size": 49408,
    "hidden_size": 768,
    "intermediate_size": 3072,
    "projection_dim": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "hidden_act": "quick_gelu",
}
VISION = {
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "projection_dim": 768,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "patch_size": 14,
}
SCHEDULE = {
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "skip_prk_steps": True,
    "set_alpha_to_one": False,
    "steps_offset": 1,
}


@contextmanager
def _born_on(device: torch.device, dtype: torch.dtype) -> Iterator[None]:
    """New tensors inside are on the device, new weights in the precision: nothing is moved."""
    before = torch.get_default_dtype()
    try:
        torch.set_default_dtype(dtype)
        with torch.device(device):
            yield
    finally:
        torch.set_default_dtype(before)


def random_pipe(
    device: str | torch.device = "cpu",
    dtype: torch.dtype = torch.float32,
    *,
    safety_checker: bool = True,
) -> StableDiffusionPipeline:
    """Stable Diffusion 1.4 with random weights, made directly on a device; "meta" costs nothing.

    Its words are those of the embedded model's tokenizer, cut to 77 places as ever.

    Args:
        device: where the networks are.
        dtype: their precision.
        safety_checker: whether to make one; with random weights it never finds anything.
    """
    torch.manual_seed(0)
    with quiet(), _born_on(torch.device(device), dtype):
        vision = {"text_config": TEXT, "vision_config": VISION, "projection_dim": 768}
        networks = {
            "unet": UNet2DConditionModel(**UNET).eval(),
            "vae": AutoencoderKL(**VAE).eval(),
            "text_encoder": CLIPTextModel(CLIPTextConfig(**TEXT)).eval(),
            "safety_checker": StableDiffusionSafetyChecker(CLIPConfig(**vision)).eval()
            if safety_checker
            else None,
        }
    pipe = StableDiffusionPipeline(
        **networks,
        tokenizer=CLIPTokenizer.from_pretrained(TINY / "tokenizer"),
        scheduler=PNDMScheduler(**SCHEDULE),
        feature_extractor=CLIPImageProcessor() if safety_checker else None,
        requires_safety_checker=False,
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe


def parameters(network: torch.nn.Module) -> int:
    """How many numbers a network has learned."""
    return sum(p.numel() for p in network.parameters())
