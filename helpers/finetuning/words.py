"""A new word: one more token, and one more row in the text encoder's table of vectors.

The row is all that textual inversion trains (Gal et al. 2022, arXiv 2208.01618, section 3).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from tokenizers import AddedToken
from torch import Tensor, nn

from ..loading import StableDiffusionPipeline, quiet

_WORD = re.compile(r"[^\W\d_]+")
LONGEST = 40
"""Letters of a word at most."""


def add_word(pipe: StableDiffusionPipeline, word: str, begin_like: str | None = None) -> int:
    """Give a pipeline a new word of one token, in place; the number of its token.

    From then on the word is known: no warning names it. Capital letters do not count.

    Args:
        pipe: its tokenizer and text encoder get one entry more.
        word: letters alone, Latin or Japanese ones.
        begin_like: a known word of one token whose vector the new word begins with. None begins
            with the mean of all.

    Raises:
        ValueError: the word is no single word of letters, or known already; or `begin_like` is
            not one known token.
    """
    word = _checked(pipe, word)
    start = _first_row(pipe, begin_like)
    added = AddedToken(word, single_word=word.isascii(), normalized=True)
    pipe.tokenizer.add_tokens([added])
    with quiet():  # says that new rows came, which was asked for
        pipe.text_encoder.resize_token_embeddings(len(pipe.tokenizer), mean_resizing=False)
    known = pipe.tokenizer.init_kwargs.get("known_words")
    if known:
        pipe.tokenizer.init_kwargs["known_words"] = sorted({*known, word})
    number = token_of(pipe, word)
    set_row(pipe, word, start)
    return number


def _checked(pipe: StableDiffusionPipeline, word: str) -> str:
    """The word in small letters, if it can be taught."""
    if not isinstance(word, str) or not _WORD.fullmatch(word) or len(word) > LONGEST:
        raise ValueError(
            f"word: got {word!r}; one word of 1 to {LONGEST} letters is allowed, without spaces, "
            'digits and marks, such as "windmill" or "風車"'
        )
    small = word.lower()
    if is_known(pipe, small):
        raise ValueError(
            f"word: the model knows {word!r} already, and would forget what it means; choose a "
            "word that it does not know"
        )
    return small


def is_known(pipe: StableDiffusionPipeline, word: str) -> bool:
    """Whether a model knows a word: it is in its list of known words, or else one token."""
    known = pipe.tokenizer.init_kwargs.get("known_words")
    if known and word.lower() in known:
        return True
    if word.lower() in new_words(pipe):
        return True
    return not known and len(_tokens(pipe, word)) == 1


def _tokens(pipe: StableDiffusionPipeline, word: str) -> list[int]:
    return pipe.tokenizer(word, add_special_tokens=False).input_ids


def new_words(pipe: StableDiffusionPipeline) -> list[str]:
    """The words that were added, oldest first."""
    tokens = sorted(pipe.tokenizer.added_tokens_decoder.items())
    return [token.content for _, token in tokens if not token.special]


def token_of(pipe: StableDiffusionPipeline, word: str) -> int:
    """The number of a word's token.

    Raises:
        ValueError: the word is not one token.
    """
    numbers = _tokens(pipe, word)
    if len(numbers) != 1:
        raise ValueError(
            f"word: {word!r} is {len(numbers)} tokens of this model; a word of one token is "
            "needed, such as one that was added with add_word"
        )
    return numbers[0]


def row_of(pipe: StableDiffusionPipeline, word: str) -> Tensor:
    """A copy of the vector that the text encoder's table has for a word of one token: (width,)."""
    return _table(pipe).weight[token_of(pipe, word)].detach().clone()


@torch.no_grad()
def set_row(pipe: StableDiffusionPipeline, word: str, row: Tensor) -> None:
    """Put a vector (width,) into the text encoder's table, for a word that was added.

    Raises:
        ValueError: the word was not added, or the vector has another width.
    """
    table = _table(pipe).weight
    if word.lower() not in new_words(pipe):
        raise ValueError(
            f"word: {word!r} was not added to this model; only the vectors of new words may be "
            "changed. Call add_word first"
        )
    if row.shape != table.shape[1:]:
        raise ValueError(
            f"row: got shape {tuple(row.shape)}, this text encoder reads vectors of "
            f"{tuple(table.shape[1:])}; the word was learned with another model"
        )
    table[token_of(pipe, word)] = row.to(table)


@contextmanager
def row_in_place(pipe: StableDiffusionPipeline, word: str, row: Tensor) -> Iterator[None]:
    """Within the block the text encoder reads this vector for a word; gradients reach it.

    Args:
        word: of one token.
        row: (width,).
    """
    number = token_of(pipe, word)

    def replaced(table: nn.Module, given: tuple[Tensor, ...], vectors: Tensor) -> Tensor:
        here = (given[0] == number)[..., None]  # (B, 77, 1)
        return torch.where(here, row.to(vectors.dtype), vectors)

    hook = _table(pipe).register_forward_hook(replaced)
    try:
        yield
    finally:
        hook.remove()


def _table(pipe: StableDiffusionPipeline) -> nn.Embedding:
    return pipe.text_encoder.get_input_embeddings()


def _first_row(pipe: StableDiffusionPipeline, begin_like: str | None) -> Tensor:
    if begin_like is None:
        return _table(pipe).weight.detach().mean(0)
    numbers = _tokens(pipe, begin_like)
    if len(numbers) != 1:
        raise ValueError(
            f"begin_like: {begin_like!r} is {len(numbers)} tokens of this model; name one word "
            'that it knows, such as "house"'
        )
    return row_of(pipe, begin_like)
