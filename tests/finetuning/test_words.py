"""A new word becomes one token with a vector of its own, and is known from then on."""

from __future__ import annotations

import pytest
import torch

from helpers.finetuning import add_word
from helpers.finetuning.words import LONGEST, is_known, new_words, row_in_place, row_of, set_row
from helpers.landscapes import unknown_words


@pytest.mark.parametrize(
    ("word", "sentences"),
    [
        ("windmill", ["a windmill.", "Windmill", "white windmill at night"]),
        ("風車", ["大きな風車のある風景", "丘の風車、夜"]),
    ],
)
def test_a_new_word_is_one_token_wherever_it_stands(pipe, word, sentences):
    number = add_word(pipe, word)
    assert number == len(pipe.tokenizer) - 1
    for sentence in sentences:
        assert pipe.tokenizer(sentence).input_ids.count(number) == 1, sentence
    assert new_words(pipe) == [word]


def test_longer_latin_words_are_not_cut(pipe):
    before = pipe.tokenizer.tokenize("windmills")
    add_word(pipe, "windmill")
    assert pipe.tokenizer.tokenize("windmills") == before


def test_it_is_known_afterwards(pipe):
    assert not is_known(pipe, "windmill")
    add_word(pipe, "Windmill")
    assert is_known(pipe, "windmill") and is_known(pipe, "WINDMILL")
    known = pipe.tokenizer.init_kwargs["known_words"]
    assert unknown_words("a windmill and a dragon", known) == ["and", "dragon"]


def test_old_tokens_and_their_vectors_stay(pipe):
    texts = ["a castle at night", "a house"]
    ids = pipe.tokenizer(texts).input_ids
    table = pipe.text_encoder.get_input_embeddings().weight.clone()
    add_word(pipe, "windmill")
    assert pipe.tokenizer(texts).input_ids == ids
    assert torch.equal(pipe.text_encoder.get_input_embeddings().weight[:-1], table)


def test_its_vector_begins_with_the_mean_or_like_a_known_word(pipe):
    mean = pipe.text_encoder.get_input_embeddings().weight.mean(0)
    add_word(pipe, "windmill")
    torch.testing.assert_close(row_of(pipe, "windmill"), mean)
    add_word(pipe, "風車", begin_like="castle")
    assert torch.equal(row_of(pipe, "風車"), row_of(pipe, "castle"))


@pytest.mark.parametrize("word", ["", "two words", "mill2", "<mill>", "wind-mill", "a" * 41, 7])
def test_what_is_no_word_is_refused(pipe, word):
    with pytest.raises(ValueError, match=f"one word of 1 to {LONGEST} letters"):
        add_word(pipe, word)


@pytest.mark.parametrize("word", ["castle", "Castle", "風"])
def test_a_known_word_is_refused(pipe, word):
    with pytest.raises(ValueError, match="knows .* already"):
        add_word(pipe, word)


def test_so_is_a_word_that_was_added_before(pipe):
    add_word(pipe, "windmill")
    with pytest.raises(ValueError, match="knows 'windmill' already"):
        add_word(pipe, "windmill")


def test_without_a_list_of_words_one_token_is_known(pipe):
    del pipe.tokenizer.init_kwargs["known_words"]
    with pytest.raises(ValueError, match="knows 'castle' already"):
        add_word(pipe, "castle")
    add_word(pipe, "windmill")
    assert is_known(pipe, "windmill")


def test_begin_like_must_be_one_token(pipe):
    with pytest.raises(ValueError, match="begin_like: 'zyx' is 3 tokens"):
        add_word(pipe, "windmill", begin_like="zyx")
    assert not is_known(pipe, "windmill")


def test_only_new_words_get_another_vector(pipe):
    row = torch.ones(32)
    with pytest.raises(ValueError, match="'castle' was not added"):
        set_row(pipe, "castle", row)
    add_word(pipe, "windmill")
    with pytest.raises(ValueError, match=r"row: got shape \(5,\)"):
        set_row(pipe, "windmill", torch.ones(5))
    set_row(pipe, "windmill", row)
    assert torch.equal(row_of(pipe, "windmill"), row)


def test_a_vector_can_be_lent_and_gets_a_gradient(pipe):
    add_word(pipe, "windmill")
    ids = pipe.tokenizer(["a windmill", "a castle"], padding=True, return_tensors="pt").input_ids
    before = pipe.text_encoder(ids)[0]
    row = torch.nn.Parameter(torch.ones(32))
    with row_in_place(pipe, "windmill", row):
        inside = pipe.text_encoder(ids)[0]
        inside.sum().backward()
    assert row.grad is not None and row.grad.abs().sum() > 0
    assert not torch.equal(inside[0], before[0]) and torch.equal(inside[1], before[1])
    assert torch.equal(pipe.text_encoder(ids)[0], before)
    set_row(pipe, "windmill", row.detach())
    torch.testing.assert_close(pipe.text_encoder(ids)[0], inside)
