"""From a hub id to a folder with the files that are needed, and what to do when that fails.

The only module that uses the network. The downloading itself, the cache and its locks are
huggingface_hub's; here is which files, is there room, are they whole, and plain words for faults.
"""

from __future__ import annotations

import errno
import hashlib
import shutil
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path

from huggingface_hub import (
    HfApi,
    constants,
    hf_hub_download,
    snapshot_download,
    try_to_load_from_cache,
)
from huggingface_hub.file_download import are_symlinks_supported
from huggingface_hub.hf_api import ModelInfo

from . import formats, layout, suitability
from .faults import GO_ONLINE, MissingRepository, told

SPARE = 2**28
"""Bytes of the disk that a download must leave free."""


def fetch(repositories: Sequence[str], half: bool) -> tuple[Path, str]:
    """(folder, repository) with all files of a model: from the cache, or fetched now.

    Args:
        repositories: hub ids with the same weights; the next is tried where one is gone.
        half: prefer half-size weights.

    Raises:
        OSError: it could not be fetched; the message says why and what to do.
        ValueError: it is fetched, but no model that the course can run.
    """
    gone: list[MissingRepository] = []
    for repository in repositories:
        try:
            folder = _fetch_one(repository, half)
        except MissingRepository as error:
            gone.append(error)
            continue
        except ConnectionError as error:
            return _any_from_cache(repositories, half, error)
        for missed in gone:
            warnings.warn(f"{missed}; {repository} is used instead", stacklevel=5)
        return folder, repository
    raise gone[0]


def _fetch_one(repository: str, half: bool) -> Path:
    try:
        with told(repository):
            info = HfApi().model_info(
                repository, files_metadata=True, timeout=constants.HF_HUB_ETAG_TIMEOUT
            )
    except OSError as why:
        cached = _from_cache(repository, half, why)
        if cached is None:
            raise
        return cached
    return _download(repository, info, half)


def _any_from_cache(
    repositories: Sequence[str], half: bool, why: ConnectionError
) -> tuple[Path, str]:
    """(folder, repository) of an earlier download of the same weights from wherever it came.

    Raises:
        ConnectionError: why, if there was none.
    """
    for repository in repositories:
        cached = _from_cache(repository, half, why)
        if cached is not None:
            return cached, repository
    raise why


def _from_cache(repository: str, half: bool, why: OSError) -> Path | None:
    """The folder of an earlier, complete download; None if there was none at all.

    Raises:
        OSError: the earlier download was broken off, or is damaged.
    """
    index = try_to_load_from_cache(repository, layout.INDEX)
    if not isinstance(index, str):
        return None
    folder = Path(index).parent
    discard_damaged(folder, [layout.INDEX])
    try:
        parts = layout.parts_of(Path(index).read_text(encoding="utf-8"), repository)
        layout.choose_files(layout.files_in(folder), parts, repository, half)
    except FileNotFoundError as gap:
        raise _broken_off(repository, gap, why) from None
    if not constants.is_offline_mode():  # else it was asked for, and nothing failed
        warnings.warn(f"{repository} is taken from this machine's cache: {why}", stacklevel=7)
    return folder


def _broken_off(repository: str, gap: FileNotFoundError, why: OSError) -> OSError:
    """What to say of a cache that holds a part of a model."""
    now = str(why)
    if constants.is_offline_mode():
        now = (
            f"{repository} is on this machine only in part, and offline mode is on: {GO_ONLINE} "
            "and load it with a network"
        )
    lacking = gap.args[0].removeprefix("model: ").split(";")[0]
    return type(why)(
        f"{now}. An earlier download of {repository} was broken off: what has arrived is kept, and "
        f"the next download fetches only the rest ({lacking})"
    )


def _download(repository: str, info: ModelInfo, half: bool) -> Path:
    """The snapshot's folder, after fetching what the cache lacks.

    The small files come first: what the course cannot run is refused before its weights are here.
    """
    siblings = {sibling.rfilename: sibling for sibling in info.siblings or ()}
    if layout.INDEX not in siblings:
        raise ValueError(f"model: {repository} {_no_pipeline(repository, siblings)}")
    first = [file for file in layout.DESCRIPTIONS if file in siblings]
    with told(repository):
        paths = [Path(hf_hub_download(repository, file, revision=info.sha)) for file in first]
    folder = paths[0].parent
    discard_damaged(folder, first)
    parts = layout.parts_of(paths[0].read_text(encoding="utf-8"), repository)
    suitability.check_configurations(folder, repository)
    chosen = layout.choose_files(siblings, parts, repository, half)
    new = {file for file in chosen if not (folder / file).exists()}
    _check_room(repository, sum(siblings[file].size or 0 for file in new))
    with told(repository):
        snapshot_download(repository, revision=info.sha, allow_patterns=sorted(chosen))
        _remember(folder)
    sums = {file: lfs.sha256 for file in new if (lfs := siblings[file].lfs)}
    _discard(folder, [file for file, wanted in sums.items() if _sha256(folder / file) != wanted])
    return folder


def _no_pipeline(repository: str, files: Iterable[str]) -> str:
    """What a repository without an index holds, and what to do, as the end of a sentence."""
    files = set(files)
    if files & set(formats.LORA_FILES):
        return formats.IS_LORA
    single = sorted(file for file in files if file.endswith(formats.SAFE) and "/" not in file)
    if single:
        return (
            f"holds no {layout.INDEX}, but single files; load the one that you want: from "
            "huggingface_hub import hf_hub_download; "
            f'helpers.load(hf_hub_download("{repository}", "{single[0]}"))'
        )
    return (
        f"holds no {layout.INDEX}, so it is no pipeline in diffusers' layout; load one that is, "
        'such as "sd-1.4"'
    )


def _remember(folder: Path) -> None:
    """Note that this commit is `main`, so that it is found when there is no network."""
    reference = folder.parents[1] / "refs" / constants.DEFAULT_REVISION
    reference.parent.mkdir(exist_ok=True)
    reference.write_text(folder.name, encoding="utf-8")


def discard_damaged(folder: Path, files: Iterable[str]) -> None:
    """Nothing, if all files are whole; else they leave the cache, so that they come anew.

    Raises:
        OSError: some are damaged. If one of them is not the hub's own, all are left alone.
    """
    _discard(folder, layout.damaged(folder, files))


def _discard(folder: Path, files: list[str]) -> None:
    if not files:
        return
    names = ", ".join(files)
    if not all(_is_the_hubs(folder, file) for file in files):  # not ours to remove
        raise OSError(
            f"model: {names} in {folder} is damaged (cut off or changed); put a good copy there"
        )
    for file in files:
        (folder / file).resolve().unlink()
        (folder / file).unlink(missing_ok=True)
    network = f" with a network (offline mode is on: {GO_ONLINE})"
    raise OSError(
        f"model: damaged, and therefore removed from the cache: {names}; load again"
        f"{network if constants.is_offline_mode() else ''}, and only that is fetched again"
    )


def _is_the_hubs(folder: Path, file: str) -> bool:
    """Whether the hub's client put the file there: into its own cache, as a link to its own blobs.

    On a disk without links it puts the content itself into the snapshot.
    """
    snapshot, cache = folder.resolve(), Path(constants.HF_HUB_CACHE).resolve()
    if snapshot.parent.name != "snapshots" or cache not in snapshot.parents[2:3]:
        return False
    linked = (folder / file).is_symlink() or are_symlinks_supported(cache)
    home = snapshot.parents[1] / "blobs" if linked else snapshot
    return (folder / file).resolve().is_relative_to(home)


def _check_room(repository: str, needed: int) -> None:
    """Refuse a download that cannot fit, before it starts."""
    cache = Path(constants.HF_HUB_CACHE)
    there = next(path for path in (cache, *cache.parents) if path.exists())
    free = shutil.disk_usage(there).free
    if free < needed + SPARE:
        raise OSError(
            errno.ENOSPC,
            f"{repository} takes {needed / 1e9:.1f} GB, and the disk of {cache} has "
            f"{free / 1e9:.1f} GB left; free some space, or set HF_HOME to a folder on a larger "
            "disk and start Python again",
        )


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(2**22):
            digest.update(block)
    return digest.hexdigest()
