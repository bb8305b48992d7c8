"""The text encoder's own attention: which words of a prompt look at which."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from diffusers import StableDiffusionPipeline
from torch import Tensor
from transformers import CLIPTextModel

from ..runtime import eval_mode


@torch.no_grad()
def text_attention(pipe: StableDiffusionPipeline, prompt: str) -> Tensor:
    """How much each token looks at each other one: (layers, heads, 77, 77), float32; rows sum to 1.

    The causal mask shows: everything above the diagonal is 0. A word looks only at those before.
    """
    ids = pipe.tokenizer(prompt, padding="max_length", truncation=True, return_tensors="pt")
    encoder = pipe.text_encoder
    with eval_mode(encoder), _weights_visible(encoder):
        output = encoder(ids.input_ids.to(encoder.device), output_attentions=True)
    return torch.cat(output.attentions).float().cpu()


@contextmanager
def _weights_visible(encoder: CLIPTextModel) -> Iterator[None]:
    """The plain implementation inside `with`: the usual fused one never forms the weights."""
    before = encoder.config._attn_implementation
    try:
        encoder.set_attn_implementation("eager")
        yield
    finally:
        encoder.set_attn_implementation(before)
