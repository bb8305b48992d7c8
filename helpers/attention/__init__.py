"""Attention made visible, and steered: which word looks where, in every layer and at every step.

    with capture_attention(pipe) as maps:
        run = generate(pipe, "a river at night")
    heat = word_map(maps, "river")  # (h, w): how much each place looks at the word

    with control_attention(pipe, keep_layout(until=200)):
        run = generate(pipe, ["a red house", "a red castle"], seed=[0, 0])

`listening` knows which rows of a batch belong to the prompt, `layers` where attention happens,
`capture` records it into `maps`, `travel` brings these from a teacher's machine, `words` finds a
word in them, `pointing` measures whether it points at the thing, `control` changes it, and `text`
shows the text encoder's own.
"""

from .capture import capture_attention, capture_bytes
from .control import align, control_attention, keep_layout, reweigh
from .layers import Layer, attention_layers, split_heads
from .maps import AttentionMaps
from .pointing import Drawn, Pointing, drawings, pointing
from .text import text_attention
from .words import token_places, token_texts, word_heat, word_map

__all__ = [
    "AttentionMaps", "Drawn", "Layer", "Pointing", "align", "attention_layers", "capture_attention",
    "capture_bytes", "control_attention", "drawings", "keep_layout", "pointing", "reweigh",
    "split_heads", "text_attention", "token_places", "token_texts", "word_heat", "word_map",
]  # fmt: skip
