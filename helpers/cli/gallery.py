"""The command `gallery`: a folder of pictures as one page."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path


def add_gallery(make: Callable[..., argparse.ArgumentParser]) -> None:
    """The command `gallery`."""
    parser = make(
        "gallery",
        gallery,
        "make one page of a folder's pictures, with their prompts and settings",
        ["out", 'out --title "Four projects"'],
    )
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="where the pictures are")
    parser.add_argument("--title", default="", help="of the page (default: the folder's name)")


def gallery(arguments: argparse.Namespace) -> int:
    """Writes the page, and says where it is."""
    from ..gallery import gallery as write

    print(write(arguments.folder, arguments.title))
    return 0
