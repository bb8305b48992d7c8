"""New words of a pipeline. They live in `loading`, which reads them from folders."""

from ..loading.words import (
    LONGEST,
    add_word,
    check_new,
    is_known,
    new_words,
    row_in_place,
    row_of,
    set_row,
    token_of,
)

__all__ = [
    "LONGEST",
    "add_word",
    "check_new",
    "is_known",
    "new_words",
    "row_in_place",
    "row_of",
    "set_row",
    "token_of",
]
