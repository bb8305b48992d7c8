"""What is typed after an option: read, or refused in a sentence before anything is loaded."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from ..arguments import MOST_PICTURES, told


def whole(text: str) -> int:
    """A whole number."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a whole number, got {told(text)}") from None


def positive(text: str) -> int:
    """A whole number from 1."""
    number = whole(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more, got {number}")
    return number


def count(text: str) -> int:
    """How many pictures of one call."""
    number = positive(text)
    if number > MOST_PICTURES:
        raise argparse.ArgumentTypeError(
            f"must be {MOST_PICTURES} or less, got {told(number)}; the command sweep makes more"
        )
    return number


def real(text: str) -> float:
    """A number."""
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a number, got {told(text)}") from None


def add_drawing(parser: argparse.ArgumentParser) -> None:
    """What every command that draws is told of the model and its steps."""
    add = parser.add_argument
    add("--model", default="tiny", help="tiny, tiny-turbo, sd-1.4, ..., a folder, or a hub id")
    add("--steps", type=whole, help="steps of denoising (default: 20; 4 for tiny-turbo)")
    add(
        "--guidance-scale",
        type=real,
        help="how closely to follow the prompt (default: 2 for tiny, 1 for tiny-turbo, else 7.5)",
    )
    add("--scheduler", metavar="NAME", help="ddim, euler, dpm++, ... (default: the model's own)")
    add("--size", type=whole, help="height and width in pixels (default: the model's own)")


def check_out(folder: Path) -> None:
    """None, if results can be written to a folder, which need not be there yet.

    Raises:
        ValueError: something else is there, or nothing may be written.
    """
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not there.is_dir():
        raise ValueError(f"--out: {there} is a file; name a folder")
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        reason = error.strerror or "no reason told"
        raise ValueError(
            f"--out: nothing can be written in {there} ({reason}); name a folder of your own"
        ) from error
