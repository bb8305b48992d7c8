"""Words of the captions are whole tokens, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest
from transformers import CLIPTokenizer

from helpers import landscapes
from helpers.training.tokenizer import make_tokenizer


@pytest.fixture(scope="module")
def tokenizer() -> CLIPTokenizer:
    return make_tokenizer()


def test_the_article_s_prompt_is_one_token_a_word(tokenizer: CLIPTokenizer) -> None:
    assert tokenizer.tokenize("A fantasy landscape with mountains and a river") == [
        "a</w>",
        "fantasy</w>",
        "landscape</w>",
        "with</w>",
        "mountains</w>",
        "and</w>",
        "a</w>",
        "river</w>",
    ]


def test_japanese_is_cut_where_its_words_end(tokenizer: CLIPTokenizer) -> None:
    tokens = tokenizer("山と川のある幻想的な風景", add_special_tokens=False).input_ids
    words = [tokenizer.decode([token]) for token in tokens]
    assert words == ["山", "と", "川", "の", "ある", "幻想的な", "風景"]


def test_a_japanese_word_is_the_same_token_wherever_it_stands(tokenizer: CLIPTokenizer) -> None:
    def ids(text: str) -> list[int]:
        return tokenizer(text, add_special_tokens=False).input_ids

    assert ids("山と川")[0] == ids("山の家")[0] == ids("青い山と川")[1]
    assert ids("川、山")[-1] == ids("赤い山")[-1] == ids("山")[0]


def test_every_caption_is_one_token_a_word(tokenizer: CLIPTokenizer) -> None:
    for index in range(500):
        for language in ("en", "ja"):
            text = landscapes.describe(landscapes.sample(index).scene, index, language)
            assert len(tokenizer.tokenize(text)) == len(landscapes.segments(text)), text


def test_every_word_of_the_vocabulary_is_one_token(tokenizer: CLIPTokenizer) -> None:
    assert not [word for word in landscapes.VOCABULARY if len(tokenizer.tokenize(word)) > 1]


def test_a_japanese_word_is_one_token_in_the_midst_of_a_clause(tokenizer: CLIPTokenizer) -> None:
    words = [word for word in landscapes.VOCABULARY if not word.isascii()]
    pieces = len(tokenizer.tokenize("竜"))
    assert not [word for word in words if len(tokenizer.tokenize(f"{word}竜")) != 1 + pieces]


def test_no_caption_is_too_long(tokenizer: CLIPTokenizer) -> None:
    captions = (
        landscapes.training_caption(landscapes.sample(i), i, ("en", "ja")[i % 2])
        for i in range(1000)
    )
    assert max(len(tokenizer(text).input_ids) for text in captions) <= 77


def test_it_is_clip_s_in_all_else(tokenizer: CLIPTokenizer) -> None:
    assert tokenizer.model_max_length == 77
    ids = tokenizer("a castle", padding="max_length").input_ids
    assert len(ids) == 77
    assert ids[0] == tokenizer.bos_token_id == len(tokenizer) - 2
    assert set(ids[3:]) == {tokenizer.eos_token_id} == {tokenizer.pad_token_id}
    assert tokenizer("A CASTLE").input_ids == tokenizer("a castle").input_ids


def test_unknown_words_fall_into_pieces_that_spell_them(tokenizer: CLIPTokenizer) -> None:
    ids = tokenizer("dragon 竜", add_special_tokens=False).input_ids
    assert tokenizer.unk_token_id not in ids
    assert tokenizer.decode(ids).replace(" ", "") == "dragon竜"


def test_it_is_read_back_the_same_with_its_known_words(
    tokenizer: CLIPTokenizer, tmp_path: Path
) -> None:
    tokenizer.save_pretrained(tmp_path)
    found = CLIPTokenizer.from_pretrained(tmp_path)
    assert set(found.init_kwargs["known_words"]) == landscapes.VOCABULARY
    assert found.get_vocab() == tokenizer.get_vocab()
    for text in ("A fantasy landscape", "山と川のある幻想的な風景"):
        assert found(text).input_ids == tokenizer(text).input_ids


def test_the_size_is_a_limit(tokenizer: CLIPTokenizer) -> None:
    assert len(make_tokenizer(2600)) <= 2600 < len(tokenizer) < 4096
    with pytest.raises(ValueError, match="size must be at least .*, got 600"):
        make_tokenizer(600)
