"""The small CLIP: batches, loss, and towers that stock classes read."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import CLIPModel, CLIPTextModel, CLIPTokenizer

from helpers.training import Sizes
from helpers.training.data import cached_drawings
from helpers.training.text import (
    CaptionedDrawings,
    ContrastiveLoss,
    make_clip,
    tokenize,
    with_words_of,
)
from helpers.training.tokenizer import make_tokenizer


@pytest.fixture(scope="module")
def tokenizer() -> CLIPTokenizer:
    return make_tokenizer()


def batch(tokenizer: CLIPTokenizer, folder: Path, count: int) -> dict[str, torch.Tensor]:
    data = CaptionedDrawings(cached_drawings(folder, count, workers=0), tokenizer)
    items = [data[index, index] for index in range(count)]
    return {name: torch.stack([item[name] for item in items]) for name in items[0]}


def test_an_item_has_new_words_at_each_position(tokenizer: CLIPTokenizer) -> None:
    data = CaptionedDrawings(np.zeros((2, 3, 128, 128), np.uint8), tokenizer)
    first, second, again = data[1, 5], data[1, 6], data[1, 5]
    assert first["tokens"].shape == (77,)
    assert not torch.equal(first["tokens"], second["tokens"])
    torch.testing.assert_close(first, again)


def test_an_untrained_clip_finds_no_more_than_chance(
    tokenizer: CLIPTokenizer, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    loss = ContrastiveLoss(make_clip(Sizes.tiny(), tokenizer))
    with torch.no_grad():
        loss.clip.logit_scale.zero_()  # else it is sure of its guesses, right or wrong
        value = loss(batch(tokenizer, tmp_path, 8), 0.0)["loss"]
    assert value.item() == pytest.approx(np.log(8), rel=0.1)


def test_it_learns_which_caption_belongs_to_which_drawing(
    tokenizer: CLIPTokenizer, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    loss = ContrastiveLoss(make_clip(Sizes.tiny(), tokenizer))
    pairs = batch(tokenizer, tmp_path, 4)
    optimizer = torch.optim.AdamW(loss.parameters(), 5e-3)
    for _ in range(60):
        values = loss(pairs, 0.0)
        values["loss"].backward()
        optimizer.step()
        optimizer.zero_grad()
    assert values["found"].item() == 1
    assert values["loss"].item() < 0.7


def test_towers_and_tokenizer_are_read_by_stock_classes(run: Path) -> None:
    encoder = CLIPTextModel.from_pretrained(run / "text_encoder")
    clip = CLIPModel.from_pretrained(run / "clip")
    tokens = tokenize(CLIPTokenizer.from_pretrained(run / "tokenizer"), ["a castle", "城"])
    with torch.no_grad():
        alone = encoder(tokens)
        inside = clip.text_model(tokens)
    assert alone.last_hidden_state.shape == (2, 77, Sizes.tiny().text_width)
    torch.testing.assert_close(alone.last_hidden_state, inside.last_hidden_state)
    torch.testing.assert_close(  # pooled at the first <|endoftext|>, not at the padding
        alone.pooler_output, alone.last_hidden_state[torch.arange(2), torch.tensor([3, 2])]
    )


def test_the_shipped_sizes_stay_within_three_million() -> None:
    with torch.device("meta"):
        clip = make_clip(Sizes(), make_tokenizer())
    assert sum(p.numel() for p in clip.text_model.parameters()) <= 3e6


def test_a_text_encoder_gains_words_and_reads_the_old_ones_as_before(
    tokenizer: CLIPTokenizer,
) -> None:
    torch.manual_seed(0)
    model = json.loads(tokenizer.backend_tokenizer.to_str())["model"]
    entries = [entry for entry in model["vocab"] if entry != "mountains</w>"]
    before = CLIPTokenizer(
        vocab={entry: number for number, entry in enumerate(entries)},
        merges=[(a, b) for a, b in model["merges"] if a + b != "mountains</w>"],
        model_max_length=77,
    )
    old = make_clip(Sizes.tiny(), before).text_model.eval()
    new = with_words_of(old, before, tokenizer)
    known, gained = "a red house at night", "mountains"
    with torch.no_grad():
        same = [one(tokenize(t, [known]))[0] for one, t in ((old, before), (new, tokenizer))]
    torch.testing.assert_close(same[0], same[1], rtol=0, atol=0)
    pieces = before(gained, add_special_tokens=False).input_ids
    (place,) = tokenizer(gained, add_special_tokens=False).input_ids
    assert len(pieces) > 1
    expected = old.get_input_embeddings().weight[pieces].mean(0)
    torch.testing.assert_close(new.get_input_embeddings().weight[place], expected)
