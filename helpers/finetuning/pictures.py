"""A learner's own folder of pictures, as examples of a new word.

Pictures are read as a viewer shows them (`helpers.pictures`): upright, on a white page, 8 bits a
colour. A text file of the same name beside a picture is its caption.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageOps

from ..decoding import from_pil
from ..pictures import as_seen
from .settings import Example

KINDS = (".png", ".jpg", ".jpeg", ".webp")
"""How the names of pictures end that are read, in small or capital letters."""

FEW = 4
"""Of fewer pictures the learner is warned: a model tends to learn them by heart."""

SHOWN = 3
"""Files that a message names at most."""


def read_examples(folder: str | Path, word: str, size: int) -> list[Example]:
    """The pictures of a folder with their captions, by name.

    Of a picture that is no square of `size` pixels the square in its middle is taken, and scaled.
    The caption is in the text file of the same name (windmill-1.txt for windmill-1.jpg); without
    one it is "a windmill", or the word alone where it is not in Latin letters.

    Args:
        folder: with PNG, JPEG or WebP files; folders inside are not looked into.
        word: the new word; every caption has it.
        size: height and width of the examples in pixels.

    Warns of pictures that were cropped or scaled, of files that were left aside, and if there are
    so few pictures that they will be copied.

    Raises:
        TypeError: folder is neither a text nor a path.
        ValueError: there is no such folder, no picture in it, one that cannot be read, or a
            caption without the word.
    """
    files, others = listed(folder)
    pictures = _read_all(files)
    captions = [_caption(file, word) for file in files]
    _warn(files, [picture.size for picture in pictures], others, size)
    fitted = [ImageOps.fit(each, (size, size), Image.Resampling.LANCZOS) for each in pictures]
    return [
        Example(from_pil(picture)[0], caption)
        for picture, caption in zip(fitted, captions, strict=True)
    ]


def listed(folder: str | Path) -> tuple[list[Path], list[Path]]:
    """The pictures of a folder, and files that are neither pictures nor captions; by name.

    Raises:
        TypeError, ValueError: as for `read_examples`; nothing is opened yet.
    """
    if not isinstance(folder, (str, Path)):
        raise TypeError(f"pictures must be a folder, got {type(folder).__name__}")
    place = Path(folder).expanduser()
    if not place.is_dir():
        found = "is a file; pass the folder that it is in" if place.exists() else (
            f"is not there, seen from {Path.cwd()}; check the spelling")  # fmt: skip
        raise ValueError(f"pictures: {place} {found}")
    seen = sorted(
        path for path in place.iterdir() if path.is_file() and not path.name.startswith(".")
    )
    files = [path for path in seen if path.suffix.lower() in KINDS]
    others = [path for path in seen if path not in files and path.suffix.lower() != ".txt"]
    if not files:
        there = f"only {_names(others)}" if others else "nothing that could be one"
        raise ValueError(
            f"pictures: the folder {place} holds no picture, {there}; put some in as "
            f"{', '.join(KINDS)}: a dozen is good"
        )
    return files, others


def _read_all(files: Sequence[Path]) -> list[Image.Image]:
    """All pictures in mode RGB; every one that cannot be read is told, not the first alone."""
    pictures, broken = [], []
    for file in files:
        try:
            with Image.open(file) as opened:
                pictures.append(as_seen(opened, file.name))
        except MemoryError:
            raise
        except Exception:  # a damaged file can provoke anything in Pillow's readers
            broken.append(file)
    if broken:
        raise ValueError(
            f"pictures: {_names(broken)} in {broken[0].parent} cannot be read: cut off, or of "
            "another kind than the name says. Save anew as PNG, or take out of the folder"
        )
    return pictures


def _caption(picture: Path, word: str) -> str:
    """What the text file beside a picture says; else the word, with an article if it is Latin."""
    file = next((file for end in (".txt", ".TXT") if (file := picture.with_suffix(end)).is_file()),
                None)  # fmt: skip
    if file is None:
        return f"{'an' if word[0].lower() in 'aeiou' else 'a'} {word}" if word.isascii() else word
    try:
        text = " ".join(file.read_text(encoding="utf-8-sig").split())
    except UnicodeDecodeError as error:
        raise ValueError(
            f"pictures: the caption {file} is not written in UTF-8 ({error.reason}); save it again "
            "with that encoding"
        ) from None
    if not _has_word(text, word):
        raise ValueError(
            f"pictures: the caption {file} does not have the word {word!r}: {text[:80]!r}. Write "
            "it in, or delete the file"
        )
    return text


def _has_word(text: str, word: str) -> bool:
    """Whether a caption has the word: whole where words have spaces between them, as in English."""
    if not word.isascii():
        return word in text
    return re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE | re.ASCII) is not None


def _warn(
    files: Sequence[Path], sizes: Sequence[tuple[int, int]], others: Sequence[Path], size: int
) -> None:
    """Says once what was done to the pictures, and what to expect of them."""
    if others:
        warnings.warn(
            f"pictures: left aside {_names(others)}: only {', '.join(KINDS)} are read", stacklevel=3
        )
    changed = [each for each in sizes if each != (size, size)]
    small = sum(min(each) < size for each in changed)
    if changed:
        blurred = f"; {small} of them are smaller, and will be blurred" if small else ""
        warnings.warn(
            f"pictures: {len(changed)} of {len(files)} are no squares of {size} pixels: the square "
            f"in the middle was taken and scaled{blurred}",
            stacklevel=3,
        )
    if len(files) < FEW:
        few = "one picture alone" if len(files) == 1 else f"{len(files)} pictures alone"
        warnings.warn(
            f"pictures: from {few} the model will copy what it was shown, and hardly learn what "
            "the word means; a dozen is good",
            stacklevel=3,
        )


def _names(files: Sequence[Path]) -> str:
    told = ", ".join(file.name for file in files[:SHOWN])
    return told + (f" and {len(files) - SHOWN} more" if len(files) > SHOWN else "")
