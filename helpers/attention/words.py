"""From a word to its tokens, and from recorded attention to a heat map of the word."""

from __future__ import annotations

import re
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import CLIPTokenizer

from ..language import _
from .maps import AttentionMaps


def token_places(tokenizer: CLIPTokenizer, prompt: str, word: str) -> list[int]:
    """The places among the 77 that a word or a phrase takes in a prompt, everywhere it occurs.

    A word may be split into several tokens. Capitals do not matter. It must be a whole word: "sun"
    is not in "sunset". Japanese has no spaces, so there a word must begin and end with a token.

    Raises:
        ValueError: the word is not in the prompt, or was cut off because the prompt is too long.
    """
    encoded = tokenizer(prompt, truncation=True, return_offsets_mapping=True)
    spans = encoded["offset_mapping"]  # characters from ... to; (0, 0) at start and end
    letter = "[A-Za-z0-9]"
    places: list[int] = []
    for match in re.finditer(f"(?<!{letter}){re.escape(word)}(?!{letter})", prompt, re.IGNORECASE):
        inside = [k for k, (a, b) in enumerate(spans) if a < match.end() and b > match.start()]
        if inside and (spans[inside[0]][0], spans[inside[-1]][1]) == match.span():
            places += inside
    if not places:
        tokens = " ".join(prompt[a:b] for a, b in spans if b > a)
        raise ValueError(
            f'word: {word!r} is no whole word of the prompt; its tokens are "{tokens}"'
        )
    return places


def token_texts(tokenizer: CLIPTokenizer, prompt: str) -> list[str]:
    """What each token of a prompt reads, between "<start>" and "<end>" as spoken; no fillers."""
    spans = tokenizer(prompt, truncation=True, return_offsets_mapping=True)["offset_mapping"]
    return [_("<start>"), *(prompt[a:b] for a, b in spans[1:-1]), _("<end>")]


def word_map(
    maps: AttentionMaps,
    word: str | Sequence[int],
    *,
    step: int | None = None,
    layers: str | Sequence[str] | None = None,
    head: int | None = None,
    picture: int = 0,
) -> Tensor:
    """How much each place of the picture looks at a word: (h, w), float32, in [0, 1].

    A value of 0.2 means: a fifth of this place's attention goes to the word's tokens, all together.
    Layers of different sizes are enlarged to the finest of them and averaged, and so are steps, as
    in DAAM (Tang et al. 2023, arXiv 2210.04885, section 2.2), which sums where we take the mean.

    Args:
        maps: from `capture_attention`.
        word: a word or phrase of the prompt, or places among the 77.
        step: number of the U-Net's call; None for the mean over all.
        layers: beginnings of layers' names; None for all recorded ones.
        head: number of a head, where heads were kept; None for the mean over the heads.
        picture: number in the batch.

    Raises:
        ValueError: the word is not in the prompt, a layer was not recorded, or heads were not kept.
        IndexError: there is no such step, head or picture.
    """
    if not 0 <= picture < len(maps.prompts):
        raise IndexError(f"picture must lie in 0 ... {len(maps.prompts) - 1}, got {picture}")
    names = _recorded(maps, layers)
    places = _places(maps, word, picture)
    finest = max((maps.grids[name] for name in names), key=lambda grid: grid[0] * grid[1])
    steps = range(len(maps)) if step is None else [step]
    total = torch.zeros(finest)
    for k in steps:
        for name in names:
            seen = _heads(maps.at(k, name)[picture], maps.reduce, head)  # (heads, h, w, 77)
            heat = word_heat(seen.flatten(1, 2), places, *maps.grids[name])  # (h, w)
            total += F.interpolate(heat[None, None], finest, mode="bilinear")[0, 0]
    return total / (len(steps) * len(names))


def word_heat(weights: Tensor, places: Sequence[int], height: int, width: int) -> Tensor:
    """One layer's attention to a word, as a picture: (height, width), in [0, 1].

    The word's tokens are added up, since together they are the word; the heads are averaged.

    Args:
        weights: (heads, height * width, 77): for each head, how much each place of the picture,
            row after row, looks at each token.
        places: the word's, from `token_places`.
        height, width: of what the layer sees.
    """
    towards = weights[..., places].sum(-1)  # (heads, height * width)
    return towards.mean(0).view(height, width)


def _recorded(maps: AttentionMaps, layers: str | Sequence[str] | None) -> list[str]:
    beginnings = ("",) if layers is None else (layers,) if isinstance(layers, str) else layers
    names = [name for name in maps.layers if name.startswith(tuple(beginnings))]
    if not names:
        raise ValueError(
            f"layers: none recorded begins with {layers!r}; there are {', '.join(maps.layers)}"
        )
    return names


def _places(maps: AttentionMaps, word: str | Sequence[int], picture: int) -> list[int]:
    if not isinstance(word, str):
        return list(word)
    prompt = maps.prompts[picture]
    if prompt is None:
        raise ValueError("word: the run was given vectors, not words; pass places, such as [3, 4]")
    return token_places(maps.tokenizer, prompt, word)


def _heads(weights: Tensor, reduce: str, head: int | None) -> Tensor:
    """(heads, h, w, 77): all that were kept, or the one asked for."""
    if reduce == "mean":
        if head is not None:
            raise ValueError('head: only the mean was kept; capture with reduce="none"')
        return weights[None]
    if head is None:
        return weights
    if not 0 <= head < len(weights):
        raise IndexError(f"head must lie in 0 ... {len(weights) - 1}, got {head}")
    return weights[head : head + 1]
