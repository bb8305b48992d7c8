"""The tokenizer: CLIP's byte-level pair encoding (Sennrich et al. 2016), for the captions' words.

English is learnt from captions as usual. Japanese is written without spaces, so CLIP's rules hand a
whole clause to the merges; plain learning would glue words together («山と», «と川») and each word
would look different in every sentence. So Japanese merges are built word by word: bytes to
characters, characters to words, and nothing across words.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import CLIPTokenizer

from .. import landscapes

MAX_LENGTH = 77
END = "</w>"
SPECIAL = ("<|startoftext|>", "<|endoftext|>")

Merge = tuple[str, str]


def make_tokenizer(size: int = 4096, captions: int = 4000) -> CLIPTokenizer:
    """A CLIPTokenizer of at most `size` entries for the captions' words.

    It carries the closed vocabulary as `init_kwargs["known_words"]`, so that unknown words of a
    prompt can be named.

    Raises:
        ValueError: `size` has no room for the bytes and the Japanese words.
    """
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    base = [*alphabet, *(letter + END for letter in alphabet)]
    japanese = japanese_merges(
        [*(word for word in landscapes.VOCABULARY if not word.isascii()), "、", "。"]
    )
    room = size - len(base) - len(japanese) - len(SPECIAL)
    if room < 0:
        raise ValueError(f"make_tokenizer: size must be at least {size - room}, got {size}")
    merges = [*english_merges(_english_captions(captions), room), *japanese]
    entries = dict.fromkeys([*base, *(a + b for a, b in merges), *SPECIAL])
    return CLIPTokenizer(
        vocab={entry: number for number, entry in enumerate(entries)},
        merges=merges,
        model_max_length=MAX_LENGTH,
        known_words=sorted(landscapes.VOCABULARY),
    )


def _english_captions(count: int) -> Iterable[str]:
    yield from (
        word for word in sorted(landscapes.VOCABULARY) if word.isascii()
    )  # each word at least once
    for index in range(count):
        yield landscapes.describe(landscapes.sample(index).scene, index).lower()


def english_merges(texts: Iterable[str], count: int) -> list[Merge]:
    """At most `count` merges learnt from English texts, most frequent pair first."""
    learner = Tokenizer(models.BPE(end_of_word_suffix=END))
    learner.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Whitespace(),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    # The learner's alphabet counts towards its vocabulary: all bytes, and those at a word's end.
    trainer = trainers.BpeTrainer(
        vocab_size=512 + count,
        show_progress=False,
        end_of_word_suffix=END,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
    )
    learner.train_from_iterator(list(texts), trainer)
    vocabulary = learner.get_vocab()
    pairs = sorted((vocabulary[a + b], (a, b)) for a, b in _merges_of(learner))
    return [pair for _, pair in pairs][:count]


def _merges_of(tokenizer: Tokenizer) -> list[Merge]:
    return [tuple(pair) for pair in json.loads(tokenizer.to_str())["model"]["merges"]]


def japanese_merges(words: Iterable[str]) -> list[Merge]:
    """Merges that turn each word into one token, in the middle of a clause and at its end."""
    words = sorted(
        words, key=lambda word: (-len(word), word)
    )  # longest first: the longest known word wins
    letters = _byte_letters()
    merges: dict[Merge, None] = {}
    for character in sorted(set("".join(words))):  # bytes to characters first
        _fold([letters[byte] for byte in character.encode()], merges)
    for word in words:
        _fold(["".join(letters[byte] for byte in character.encode()) for character in word], merges)
    return list(merges)


def _fold(parts: list[str], merges: dict[Merge, None]) -> None:
    """Adds the merges that join the parts from the left, inside a clause and at its end."""
    done = parts[0]
    for number, part in enumerate(parts[1:], start=2):
        if number == len(parts):
            merges.setdefault((done, part + END))
        merges.setdefault((done, part))
        done += part


def _byte_letters() -> dict[int, str]:
    """The letter that stands for each byte in byte-level tokenizers (Radford et al. 2019)."""
    plain = [
        *range(ord("!"), ord("~") + 1),
        *range(ord("¡"), ord("¬") + 1),
        *range(ord("®"), ord("ÿ") + 1),
    ]
    others = [byte for byte in range(256) if byte not in plain]
    return {byte: chr(byte) for byte in plain} | {
        byte: chr(256 + k) for k, byte in enumerate(others)
    }
