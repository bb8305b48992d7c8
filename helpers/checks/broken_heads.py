"""One head of the text encoder five times, four of them with a fault: the maps of exercise 5.3."""

from __future__ import annotations

import torch
from torch import Tensor
from transformers import CLIPTextModel, CLIPTokenizer

from .. import transformer
from ..language import _

KINDS = {
    "right": _("right"),
    "no mask": _("no mask"),
    "no scale": _("no scale"),
    "softmax down the columns": _("softmax down the columns"),
    "mask after the softmax": _("mask after the softmax"),
}
"""What an answer may say of a map -> the same as it is spoken."""

FAULTS = {
    "A": "no scale",
    "B": "mask after the softmax",
    "C": "right",
    "D": "softmax down the columns",
    "E": "no mask",
}
"""What is behind each map."""

LAYER, HEAD = 1, 3
"""A head that spreads its attention, so that each fault shows."""


def five_heads(
    encoder: CLIPTextModel, tokenizer: CLIPTokenizer, prompt: str = "a red house"
) -> tuple[dict[str, Tensor], list[str]]:
    """(letter -> map of one head, (T, T); the T words, marks included)."""
    q, k, words = _queries_and_keys(encoder, tokenizer, prompt)
    scores, root = q @ k.T, q.shape[-1] ** 0.5
    mask = transformer.causal_mask(len(words))
    seen = (mask == 0).float()
    maps = {
        "right": (scores / root + mask).softmax(dim=-1),
        "no mask": (scores / root).softmax(dim=-1),
        "no scale": (scores + mask).softmax(dim=-1),
        "softmax down the columns": (scores / root + mask).softmax(dim=-2),
        "mask after the softmax": (scores / root).softmax(dim=-1) * seen,
    }
    return {letter: maps[fault] for letter, fault in FAULTS.items()}, words


@torch.no_grad()
def _queries_and_keys(
    encoder: CLIPTextModel, tokenizer: CLIPTokenizer, prompt: str
) -> tuple[Tensor, Tensor, list[str]]:
    """q and k of the head, each (T, d), and what stands at the T positions up to the end mark."""
    config = encoder.config
    weights = {name: value.float().cpu() for name, value in encoder.state_dict().items()}
    ids = tokenizer(prompt, return_tensors="pt").input_ids  # (1, T)
    mask = transformer.causal_mask(ids.shape[-1])
    x = transformer.embed(ids, weights)
    layer, heads = min(LAYER, config.num_hidden_layers - 1), config.num_attention_heads
    for number in range(layer):
        own = transformer.part(weights, f"encoder.layers.{number}.")
        x = transformer.layer(x, own, config, mask)
    own = transformer.part(weights, f"encoder.layers.{layer}.")
    x = transformer.layer_norm(x, own, "layer_norm1", config.layer_norm_eps)
    q, k = transformer.queries_keys_values(x, own, min(HEAD, heads - 1), heads)[:2]
    words = [tokenizer.decode([number]) for number in ids[0, 1:-1]]
    return q[0], k[0], [_("start"), *words, _("end")]
