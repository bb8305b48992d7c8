"""A fresh small pipeline for each test, and a few pictures for it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from diffusers import StableDiffusionPipeline

from helpers.finetuning import Example

CAPTIONS = ("a windmill in a meadow", "a windmill at night", "a Windmill, snow")


@pytest.fixture
def pipe(make_random_pipe: Callable[..., StableDiffusionPipeline]) -> StableDiffusionPipeline:
    """It knows a closed set of words, as the embedded model does."""
    made = make_random_pipe()
    made.tokenizer.init_kwargs["known_words"] = ["a", "castle", "house", "meadow", "night", "風"]
    return made


@pytest.fixture
def examples() -> list[Example]:
    """Three pictures of 32 x 32."""
    generator = torch.Generator().manual_seed(1)
    return [Example(torch.rand(3, 32, 32, generator=generator), text) for text in CAPTIONS]


@pytest.fixture
def kept() -> list[Example]:
    """Two old pictures."""
    generator = torch.Generator().manual_seed(2)
    texts = ("a castle at night", "")
    return [Example(torch.rand(3, 32, 32, generator=generator), text) for text in texts]
