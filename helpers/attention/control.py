"""Steering attention: a function of ours may change the weights before they are used.

This is prompt-to-prompt (Hertz et al. 2022, arXiv 2208.01626, section 3): the words of one picture
are looked at where another picture looks at its own, so the layout stays; or a word is looked at
more, or less.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from difflib import SequenceMatcher

import torch
from diffusers import StableDiffusionPipeline
from diffusers.models.attention_processor import Attention, AttentionProcessor
from torch import Tensor
from transformers import CLIPTokenizer

from .layers import attention_layers, attention_weights, split_heads
from .listening import Heard, listen

Edit = Callable[[Tensor, float], Tensor]
"""(weights, t) -> new weights. `weights` is (B, heads, n, 77), or (B, heads, n, n) in
self-attention: a copy, for the B pictures' own prompts; it may be changed in place."""


@contextmanager
def control_attention(
    pipe: StableDiffusionPipeline,
    edit: Edit,
    *,
    on: str = "cross",
    layers: str | Sequence[str] | None = None,
) -> Iterator[None]:
    """Lets `edit` change the attention of all runs made inside `with`; afterwards all is as before.

    Negative prompts are left alone. A picture whose weights are not changed comes out as without
    control, to the last bit. Blocks can be nested: one for "cross", one for "self".

    Args:
        pipe: a Stable Diffusion pipeline.
        edit: such as `keep_layout(...)`, `reweigh(...)` or a function of your own.
        on: "cross" (which words a place looks at) or "self" (which places it looks at).
        layers: beginnings of layers' names; None for all.

    Raises:
        ValueError: `on` or `layers` is not allowed, or `edit` returns another shape.
        RuntimeError: the U-Net was not asked, or something replaced the processors meanwhile.
    """
    chosen = attention_layers(pipe.unet, layers, on)
    before = [layer.attn.processor for layer in chosen]
    with listen(pipe) as heard:
        edited = [_Edited(processor, edit, heard) for processor in before]
        try:
            for layer, processor in zip(chosen, edited, strict=True):
                layer.attn.set_processor(processor)
            yield
            if any(layer.attn.processor is not mine
                   for layer, mine in zip(chosen, edited, strict=True)):  # fmt: skip
                raise RuntimeError(
                    "control_attention: something replaced the attention processors inside `with`, "
                    "so the edit did not act everywhere; do that before `with`"
                )
        finally:
            for layer, processor in zip(chosen, before, strict=True):
                layer.attn.set_processor(processor)


def keep_layout(until: float = 200, places: Tensor | None = None) -> Edit:
    """An edit: while t >= until, every picture looks where picture 0 does.

    Prompt-to-prompt's word swap and refinement (section 3.2). The layout is decided early, so it
    stays; the last steps are free, so that the new word can take its own shape.

    Args:
        until: a timestep, 0 ... 1000: the higher, the less is kept.
        places: from `align`, where the prompts do not have their words at the same places.
    """

    def edit(weights: Tensor, t: float) -> Tensor:
        if t < until:
            return weights
        if places is None:
            weights[1:] = weights[:1]
        else:
            weights[1:, ..., places >= 0] = weights[:1, ..., places[places >= 0]]
        return weights

    return edit


def reweigh(places: Sequence[int], factor: float) -> Edit:
    """An edit: the attention to some tokens times a factor, as in prompt-to-prompt, section 3.2.

    Args:
        places: the word's, from `token_places`.
        factor: above 1 louder, below 1 softer, 0 silent. The rows no longer sum to 1.
    """

    def edit(weights: Tensor, t: float) -> Tensor:
        weights[..., list(places)] *= factor
        return weights

    return edit


def align(tokenizer: CLIPTokenizer, source: str, target: str) -> Tensor:
    """For each of the target's 77 places the source's place that it corresponds to, or -1: (77,).

    Equal words correspond, a replaced word's tokens to those that it replaces; an added word has
    none, so that it keeps its own attention.
    """
    old, new = (
        tokenizer(text, padding="max_length", truncation=True).input_ids
        for text in (source, target)
    )
    places = torch.full((len(new),), -1)
    matched: SequenceMatcher[int] = SequenceMatcher(None, old, new, autojunk=False)
    for kind, i, i_end, j, j_end in matched.get_opcodes():
        if kind in ("equal", "replace"):
            places[j:j_end] = torch.arange(i, i + j_end - j).clamp(max=i_end - 1)
    return places


class _Edited:
    """A processor that lets the original work, and then does the edited rows over again."""

    def __init__(self, original: AttentionProcessor, edit: Edit, heard: Heard):
        self.original, self.edit, self.heard = original, edit, heard

    def __call__(
        self,
        attn: Attention,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor | None = None,
        attention_mask: Tensor | None = None,
        temb: Tensor | None = None,
    ) -> Tensor:
        output = self.original(attn, hidden_states, encoder_hidden_states, attention_mask, temb)
        rows = self.heard.conditional()
        places = hidden_states[rows]  # (B, n, C)
        words = places if encoder_hidden_states is None else encoder_hidden_states[rows]
        weights = attention_weights(attn, attn.to_q(places), attn.to_k(words))  # (B, heads, n, m)
        edited = self.edit(weights.clone(), self.heard.t)
        if edited.shape != weights.shape:
            raise ValueError(
                f"edit must return weights of shape {tuple(weights.shape)}, got "
                f"{tuple(edited.shape)}"
            )
        changed = (edited != weights).flatten(1).any(1)  # (B,)
        if changed.any():
            values = split_heads(attn, attn.to_v(words[changed]))  # (b, heads, m, d)
            mixed = (edited[changed].to(values.dtype) @ values).transpose(1, 2).flatten(2)
            output[rows][changed] = attn.to_out[0](mixed)  # a view: this writes into output
        return output
