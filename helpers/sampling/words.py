"""The words of a run: told where they have no effect, and encoded."""

from __future__ import annotations

import re

import torch
from torch import Tensor

from ..landscapes import unknown_words
from ..language import _
from ..loading import StableDiffusionPipeline, quiet
from ..loading.habits import habits
from ..runtime import eval_mode, warn_caller

WEIGHTS = re.compile(
    r"""\([^()]*[^\d\s()]\s*:\s*\d*\.?\d+\s*\)  # (castle:1.4), but not (at 12:30)
    |   \(\([^()]+\)\)                          # ((castle))
    |   \[[^\[\]]+\]                            # [castle]
    |   <\w+:[^<>\s]+>                          # <lora:castles:0.8>""",
    re.VERBOSE,
)
"""Marks by which other programs weigh words. Plain parentheses are left to the sentence."""

SHOWN = 200
"""Letters of a message's part that is cut off when it is longer."""


def warn_about_words(
    pipe: StableDiffusionPipeline, prompts: list[str], negatives: list[str], guidance_scale: float
) -> None:
    """Warns of words without effect: not asked for, cut off, never learned, or weighed by marks."""
    if guidance_scale == 0 and any(map(str.strip, prompts)):
        warn_caller(
            _(
                "guidance_scale is 0: the prompt has no effect, the picture follows "
                "negative_prompt alone. Turbo models want 0; here {usual:g} is usual, and 1 "
                "follows the prompt without guidance",
                usual=habits(pipe).guidance_scale,
            )
        )
    texts = list(dict.fromkeys(prompts + negatives))
    tokenizer = pipe.tokenizer
    places, known = tokenizer.model_max_length, tokenizer.init_kwargs.get("known_words")
    with quiet():
        tokens = {text: tokenizer(text).input_ids for text in texts}
    for text, ids in tokens.items():
        if len(ids) > places:
            cut = tokenizer.decode(ids[places - 1 : -1])
            warn_caller(
                _(
                    "the prompt has {count} tokens, the model reads {places}; this was cut off: "
                    '"{cut}"',
                    count=len(ids),
                    places=places,
                    cut=_short(cut),
                )
            )
        unknown = unknown_words(text, known) if known else []
        if unknown:
            told = _short(", ".join(unknown))
            warn_caller(
                _("the model never saw these words and cannot draw them: {words}", words=told)
            )
    if weighed := [mark for text in texts for mark in WEIGHTS.findall(text)]:
        warn_caller(
            _(
                "{marks}: brackets and numbers do not weigh words here, they are read as letters; "
                "say it in words, or use negative_prompt and guidance_scale",
                marks=_short(", ".join(weighed)),
            )
        )


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]} …"


@torch.no_grad()
def encode_words(
    pipe: StableDiffusionPipeline,
    prompts: list[str],
    negatives: list[str],
    guided: bool,
    device: torch.device,
) -> Tensor:
    """The words as the U-Net wants them, (B, 77, D) or (2B, 77, D), negative prompts first."""
    with eval_mode(pipe.text_encoder), quiet():  # what was cut off has been said
        cond, uncond = pipe.encode_prompt(prompts, device, 1, guided, negatives)
    return torch.cat([uncond, cond]) if guided else cond
