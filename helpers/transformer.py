"""CLIP's text encoder, written out: from characters to vectors, and nothing hidden.

Plain functions of tensors and of a dictionary of weights, the `state_dict()` of a `CLIPTextModel`.
Each is as short as it is on paper, and together they equal the library's model.

| here    | shape       | meaning                                                 |
|---------|-------------|---------------------------------------------------------|
| ids     | (B, T)      | token numbers, one for each of the T = 77 places        |
| x       | (B, T, D)   | one vector for each place                               |
| q, k, v | (..., T, d) | queries, keys and values of one head, d = D / heads     |
| mask    | (T, T)      | added to the scores: 0 where a place may look, else -inf|

Sources: byte-pair encoding, Sennrich et al. 2016, arXiv 1508.07909, section 3.2; attention, Vaswani
et al. 2017, arXiv 1706.03762, section 3.2; layer norm, Ba et al. 2016, arXiv 1607.06450; GELU,
Hendrycks & Gimpel 2016, arXiv 1606.08415; how CLIP puts them together, Radford et al. 2021, arXiv
2103.00020, section 2.4.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import CLIPTextConfig, CLIPTokenizer
from transformers.convert_slow_tokenizer import bytes_to_unicode

Weights = Mapping[str, Tensor]
"""Names of a `CLIPTextModel`'s parameters, or of a part of it, and their values."""

Merge = tuple[str, str]

END_OF_WORD = "</w>"
CLIP_MERGES = 48_894
"""Merges that CLIP uses of its file: with 2 x 256 bytes and 2 marks these are 49,408 tokens."""


def merge_ranks(tokenizer: CLIPTokenizer) -> dict[Merge, int]:
    """The pairs that a tokenizer merges, each with its rank; rank 0 is merged first."""
    merges = json.loads(tokenizer.backend_tokenizer.to_str())["model"]["merges"]
    pairs = (merge.split() if isinstance(merge, str) else merge for merge in merges)
    return {(first, second): rank for rank, (first, second) in enumerate(pairs)}


def merge_steps(word: str, ranks: Mapping[Merge, int]) -> Iterator[list[str]]:
    """The pieces of a word after each merge, letters first: Sennrich et al. 2016, section 3.2.

    Args:
        word: in small letters a to z. Other letters would have to be turned into bytes first.
        ranks: as from `merge_ranks`.

    Raises:
        ValueError: the word has other letters, or none.
    """
    if not (word.isascii() and word.isalpha() and word.islower()):
        raise ValueError(f"merge_steps: word must be small letters a to z, got {word!r}")
    pieces = [*word[:-1], word[-1] + END_OF_WORD]
    yield pieces
    while known := [pair for pair in pairwise(pieces) if pair in ranks]:
        pieces = _merged(pieces, min(known, key=ranks.__getitem__))
        yield pieces


def _merged(pieces: Sequence[str], pair: Merge) -> list[str]:
    """The pieces with the pair joined wherever it stands, from the left."""
    done: list[str] = []
    for piece in pieces:
        if done and (done[-1], piece) == pair:
            done[-1] += piece
        else:
            done.append(piece)
    return done


def embed(ids: Tensor, weights: Weights) -> Tensor:
    """x, a row of the token table plus a row of the position table: (B, T) -> (B, T, D).

    Raises:
        ValueError: more places than the position table has rows.
    """
    tokens, positions = (weights[f"embeddings.{n}_embedding.weight"] for n in ("token", "position"))
    if ids.shape[-1] > len(positions):
        raise ValueError(
            f"embed: ids has {ids.shape[-1]} places, the model knows {len(positions)}; cut the "
            "text: tokenizer(text, truncation=True)"
        )
    return tokens[ids] + positions[: ids.shape[-1]]


def causal_mask(places: int) -> Tensor:
    """0 at and below the diagonal, -inf above, (T, T): no place may look at a later one."""
    return torch.full((places, places), -torch.inf).triu(diagonal=1)


def attention_weights(q: Tensor, k: Tensor, mask: Tensor) -> Tensor:
    """softmax(q k^T / sqrt(d) + mask), how much each place looks at each: Vaswani et al. 2017,
    eq. 1.

    Args:
        q: queries, (..., T, d).
        k: keys, (..., T, d).
        mask: (T, T), 0 or -inf.

    Returns:
        (..., T, T); row i belongs to the place that looks, and sums to 1.
    """
    scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5  # (..., T, T)
    return (scores + mask).softmax(dim=-1)


def queries_keys_values(
    x: Tensor, weights: Weights, number: int, heads: int
) -> tuple[Tensor, Tensor, Tensor]:
    """q, k and v of one head, each (B, T, d): its own d rows of the three matrices of a layer."""
    width = x.shape[-1] // heads
    own = slice(number * width, (number + 1) * width)
    names = [f"self_attn.{name}_proj" for name in "qkv"]
    q, k, v = (F.linear(x, weights[f"{n}.weight"][own], weights[f"{n}.bias"][own]) for n in names)
    return q, k, v


def head(x: Tensor, weights: Weights, number: int, heads: int, mask: Tensor) -> Tensor:
    """What one head gathers at each place: the values, mixed by the attention, (B, T, d).

    Args:
        x: the layer's input after its first layer norm, (B, T, D).
        weights: of one layer, as from `part`.
        number: which head, from 0.
        heads: how many the layer has.
        mask: (T, T), 0 or -inf.
    """
    q, k, v = queries_keys_values(x, weights, number, heads)
    return attention_weights(q, k, mask) @ v


def self_attention(x: Tensor, weights: Weights, heads: int, mask: Tensor) -> Tensor:
    """All heads side by side, then one more matrix: (B, T, D) -> (B, T, D), section 3.2.2."""
    gathered = [head(x, weights, number, heads, mask) for number in range(heads)]  # each (B, T, d)
    return linear(torch.cat(gathered, dim=-1), weights, "self_attn.out_proj")


def layer(x: Tensor, weights: Weights, config: CLIPTextConfig, mask: Tensor) -> Tensor:
    """One layer: look around, then think; each result is *added* to x, (B, T, D) -> (B, T, D).

    Args:
        x: vectors of all places, (B, T, D).
        weights: of this layer, as from `part`.
        config: for the number of heads, the eps of the layer norms and the kind of GELU.
        mask: (T, T), 0 or -inf.
    """
    eps = config.layer_norm_eps
    seen = layer_norm(x, weights, "layer_norm1", eps)
    x = x + self_attention(seen, weights, config.num_attention_heads, mask)
    return x + mlp(layer_norm(x, weights, "layer_norm2", eps), weights, config.hidden_act)


def encode(
    ids: Tensor, weights: Weights, config: CLIPTextConfig, mask: Tensor | None = None
) -> Tensor:
    """What the U-Net reads: the vectors of all places after the last layer, (B, T) -> (B, T, D).

    Args:
        ids: token numbers, (B, T).
        weights: of the whole text encoder, its `state_dict()`.
        config: its configuration.
        mask: who may look where; the causal mask by default, as CLIP has it.
    """
    mask = causal_mask(ids.shape[-1]) if mask is None else mask
    x = embed(ids, weights)  # (B, T, D)
    for number in range(config.num_hidden_layers):
        x = layer(x, part(weights, f"encoder.layers.{number}."), config, mask)
    return layer_norm(x, weights, "final_layer_norm", config.layer_norm_eps)


def attention_maps(ids: Tensor, weights: Weights, config: CLIPTextConfig) -> Tensor:
    """How much each place looks at each, in every layer and head: (layers, heads, B, T, T)."""
    mask, heads = causal_mask(ids.shape[-1]), config.num_attention_heads
    x, maps = embed(ids, weights), []
    for number in range(config.num_hidden_layers):
        own = part(weights, f"encoder.layers.{number}.")
        seen = layer_norm(x, own, "layer_norm1", config.layer_norm_eps)
        pairs = [queries_keys_values(seen, own, n, heads)[:2] for n in range(heads)]
        maps.append(torch.stack([attention_weights(q, k, mask) for q, k in pairs]))
        x = layer(x, own, config, mask)
    return torch.stack(maps)


def sentence_vector(x: Tensor, ids: Tensor, end: int) -> Tensor:
    """The vector at the first end mark, which has seen the whole sentence: (B, T, D) -> (B, D)."""
    first = (ids == end).int().argmax(dim=-1)  # (B,)
    return x[torch.arange(len(x)), first]


def cosine_similarity(a: Tensor, b: Tensor) -> Tensor:
    """a_i · b_j / (|a_i| |b_j|) of every pair: (N, D) and (M, D) -> (N, M), each in [-1, 1]."""
    return (a / a.norm(dim=-1, keepdim=True)) @ (b / b.norm(dim=-1, keepdim=True)).T


def part(weights: Weights, prefix: str) -> dict[str, Tensor]:
    """The weights whose names begin with the prefix, without it.

    Raises:
        ValueError: no name begins so.
    """
    found = {name.removeprefix(prefix): w for name, w in weights.items() if name.startswith(prefix)}
    if not found:
        raise ValueError(f"part: no weight's name begins with {prefix!r}; try 'encoder.layers.0.'")
    return found


def linear(x: Tensor, weights: Weights, name: str) -> Tensor:
    """x W^T + b, at every place the same: (..., D) -> (..., E)."""
    return F.linear(x, weights[f"{name}.weight"], weights[f"{name}.bias"])


def layer_norm(x: Tensor, weights: Weights, name: str, eps: float) -> Tensor:
    """Each vector brought to mean 0 and variance 1, then stretched and shifted as learned."""
    centred = x - x.mean(dim=-1, keepdim=True)
    unit = centred / (centred.square().mean(dim=-1, keepdim=True) + eps) ** 0.5
    return unit * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def mlp(x: Tensor, weights: Weights, activation: str) -> Tensor:
    """Each place thinks for itself: wider (usually 4 D), a bend, back to D, (B, T, D).

    Raises:
        ValueError: an activation that no CLIP uses.
    """
    if activation not in ACTIVATIONS:
        allowed = ", ".join(ACTIVATIONS)
        raise ValueError(f"mlp: activation must be one of {allowed}, got {activation!r}")
    return linear(ACTIVATIONS[activation](linear(x, weights, "mlp.fc1")), weights, "mlp.fc2")


def quick_gelu(x: Tensor) -> Tensor:
    """x sigmoid(1.702 x), a quick stand-in for GELU: Hendrycks & Gimpel 2016, section 2."""
    return x * torch.sigmoid(1.702 * x)


ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"quick_gelu": quick_gelu, "gelu": F.gelu}


def clip_tokenizer(path: str | Path) -> CLIPTokenizer:
    """CLIP's own tokenizer, from its authors' list of merges `bpe_simple_vocab_16e6.txt.gz`.

    Args:
        path: the file; its first line is a heading, each other line a pair, most frequent first.
    """
    with gzip.open(path, "rt", encoding="utf-8") as file:
        lines = file.read().split("\n")[1 : CLIP_MERGES + 1]
    merges = [tuple(line.split()) for line in lines if line]
    letters = list(bytes_to_unicode().values())  # the 256 bytes, each as a letter one can print
    tokens = [*letters, *(letter + END_OF_WORD for letter in letters), *map("".join, merges)]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    for mark in ("<|startoftext|>", "<|endoftext|>"):
        vocabulary[mark] = len(vocabulary)
    return CLIPTokenizer(vocab=vocabulary, merges=merges, model_max_length=77)
