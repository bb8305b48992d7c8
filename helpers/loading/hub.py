"""From a hub id to a folder with the files that are needed, and what to do when that fails.

The only module that uses the network. The downloading itself, the cache and its locks are
huggingface_hub's; here is which files, is there room, are they whole, and plain words for faults.
"""

from __future__ import annotations

import errno
import hashlib
import json
import re
import shutil
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from huggingface_hub import (
    HfApi,
    constants,
    get_token,
    hf_hub_download,
    snapshot_download,
    try_to_load_from_cache,
)
from huggingface_hub.errors import (
    DisabledRepoError,
    FileMetadataError,
    GatedRepoError,
    HfHubHTTPError,
    HTTPError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
)
from huggingface_hub.hf_api import ModelInfo

from . import layout

HOME = "https://huggingface.co"
SPARE = 2**28
"""Bytes of the disk that a download must leave free."""

LOG_IN = "from huggingface_hub import login; login()"


class MissingRepository(FileNotFoundError):
    """The hub does not show a repository: taken down, private, or misspelt."""


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
        for missed in gone:
            warnings.warn(f"{missed}; {repository} is used instead", stacklevel=4)
        return folder, repository
    raise gone[0]


def _fetch_one(repository: str, half: bool) -> Path:
    try:
        info = HfApi().model_info(
            repository, files_metadata=True, timeout=constants.HF_HUB_ETAG_TIMEOUT
        )
    except Exception as error:  # of many classes, from three libraries
        why = explained(error, repository)
        cached = _from_cache(repository, half, why)
        if cached is None:
            raise why from error
        return cached
    return _download(repository, info, half)


def _from_cache(repository: str, half: bool, why: OSError) -> Path | None:
    """The folder of an earlier, complete download; None if there was none at all.

    Raises:
        OSError: the earlier download was broken off.
    """
    index = try_to_load_from_cache(repository, layout.INDEX)
    if not isinstance(index, str):
        return None
    folder = Path(index).parent
    try:
        parts = layout.parts_of(Path(index).read_text(encoding="utf-8"), repository)
        layout.choose_files(layout.files_in(folder), parts, repository, half)
    except FileNotFoundError:
        raise type(why)(
            f"{why}. An earlier download of {repository} was broken off: what has arrived is kept, "
            "and the next download fetches only the rest"
        ) from why
    warnings.warn(f"{repository} is taken from this machine's cache: {why}", stacklevel=5)
    return folder


def _download(repository: str, info: ModelInfo, half: bool) -> Path:
    """The snapshot's folder, after fetching what the cache lacks."""
    siblings = {sibling.rfilename: sibling for sibling in info.siblings or ()}
    if layout.INDEX not in siblings:
        raise ValueError(
            f"model: {repository} holds no {layout.INDEX}, so it is no pipeline in diffusers' "
            'layout; load one that is, such as "sd-1.4"'
        )
    with _told(repository):
        index = Path(hf_hub_download(repository, layout.INDEX, revision=info.sha))
    parts = layout.parts_of(index.read_text(encoding="utf-8"), repository)
    chosen = layout.choose_files(siblings, parts, repository, half)
    folder = index.parent
    new = {file for file in chosen if not (folder / file).exists()}
    _check_room(repository, sum(siblings[file].size or 0 for file in new))
    with _told(repository):
        snapshot_download(repository, revision=info.sha, allow_patterns=sorted(chosen))
        _remember(folder)
    sums = {file: siblings[file].lfs.sha256 for file in new if siblings[file].lfs}
    _discard(folder, [file for file, wanted in sums.items() if _sha256(folder / file) != wanted])
    return folder


@contextmanager
def _told(repository: str) -> Iterator[None]:
    """Errors inside become those of `explained`."""
    try:
        yield
    except Exception as error:  # of many classes, from three libraries
        raise explained(error, repository) from error


def _remember(folder: Path) -> None:
    """Note that this commit is `main`, so that it is found when there is no network."""
    reference = folder.parents[1] / "refs" / constants.DEFAULT_REVISION
    reference.parent.mkdir(exist_ok=True)
    reference.write_text(folder.name, encoding="utf-8")


def discard_damaged(folder: Path, files: Iterable[str]) -> None:
    """Nothing, if all files are whole; else they leave the cache, so that they come anew.

    Raises:
        OSError: some are damaged. Files outside the hub's cache are named and left alone.
    """
    _discard(folder, layout.damaged(folder, files))


def _discard(folder: Path, files: list[str]) -> None:
    if not files:
        return
    names = ", ".join(files)
    if folder.parent.name != "snapshots":  # not in the hub's cache: not ours to remove
        raise OSError(
            f"model: {names} in {folder} is damaged (cut off or changed); put a good copy there"
        )
    for file in files:
        (folder / file).resolve().unlink()
        (folder / file).unlink(missing_ok=True)
    raise OSError(
        f"model: damaged, and therefore removed from the cache: {names}; load again, and only that "
        "is fetched again"
    )


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


def explained(error: BaseException, repository: str) -> OSError:
    """The same fault as an error that says what happened and what to do.

    Args:
        error: from huggingface_hub, its HTTP library, or the operating system.
        repository: what was being fetched.
    """
    chain = [error]
    while (cause := chain[-1].__cause__ or chain[-1].__context__) and cause not in chain:
        chain.append(cause)
    for rule in (_refused, _no_room, _unreachable):
        for link in chain:
            told = rule(link, repository)
            if told is not None:
                return told
    return OSError(f"{repository} could not be fetched: {_one_line(error)}; try again later")


def _refused(error: BaseException, repository: str) -> OSError | None:
    """What the hub's answer means."""
    if isinstance(error, GatedRepoError):
        return PermissionError(
            f"{repository} is gated: open {HOME}/{repository}, accept its conditions there, then "
            f"log in with a token of the same account: {LOG_IN}"
        )
    if isinstance(error, DisabledRepoError):
        return MissingRepository(f"{repository} has been disabled by the hub; use another model")
    if isinstance(error, RepositoryNotFoundError):
        return MissingRepository(
            f"{repository} cannot be seen on the hub: it was taken down, is private, or is "
            "misspelt (the hub answers 401 or 404 to all three, so a request to log in may "
            "mislead)"
        )
    if isinstance(error, HfHubHTTPError):
        return _by_status(error.response.status_code, repository)
    return None


def _by_status(status: int, repository: str) -> OSError:
    token = "with your access token" if get_token() else "without an access token"
    if status == 401:
        return PermissionError(
            f"the hub refuses your access token, so it does not even show public models: make a "
            f"new one at {HOME}/settings/tokens and log in ({LOG_IN}), or remove the old one "
            "(from huggingface_hub import logout; logout(), and unset HF_TOKEN)"
        )
    if status == 403:
        return PermissionError(
            f"the hub forbids {repository} {token}: the token lacks the right to read it; allow "
            f"it at {HOME}/settings/tokens"
        )
    if status == 429:
        return ConnectionError(
            f"the hub has had too many requests from here ({token}), as happens in class rooms: "
            f"wait some minutes, and log in, which is allowed more: {LOG_IN}"
        )
    return ConnectionError(
        f"the hub cannot answer now (HTTP {status}); try again later, or look at "
        "https://status.huggingface.co"
    )


def _no_room(error: BaseException, repository: str) -> OSError | None:
    if not isinstance(error, OSError) or error.errno not in (errno.ENOSPC, errno.EDQUOT):
        return None
    return OSError(
        errno.ENOSPC,
        f"the disk of {constants.HF_HUB_CACHE} filled up while {repository} was fetched; free some "
        "space, or set HF_HOME to a folder on a larger disk and start Python again; files that "
        "have arrived are kept",
    )


def _unreachable(error: BaseException, repository: str) -> ConnectionError | None:
    if isinstance(error, OfflineModeIsEnabled):
        return ConnectionError(
            f"{repository} is not on this machine, and offline mode is on: unset HF_HUB_OFFLINE "
            "(and TRANSFORMERS_OFFLINE), start Python again and load it once with a network; "
            'load("tiny") needs none'
        )
    if isinstance(error, (FileMetadataError, json.JSONDecodeError)):
        return ConnectionError(
            f"something answered in the hub's place when {repository} was asked for: the log-in "
            "page of a network, a proxy, or a wrong HF_ENDPOINT; open a web page first, then try "
            "again"
        )
    if isinstance(error, HTTPError) and re.search("certificate|SSL", str(error), re.IGNORECASE):
        return ConnectionError(
            f"the secure connection to the hub was broken ({_one_line(error)}): some schools and "
            "companies read along with a certificate of their own; ask for it and set "
            "SSL_CERT_FILE, or use another network"
        )
    if isinstance(error, (HTTPError, ConnectionError, TimeoutError)):  # none of the hub's answers
        return ConnectionError(
            f"{repository} could not be fetched, the hub at {constants.ENDPOINT} is out of reach "
            f"({type(error).__name__}): check the network and load again; what has arrived is kept"
        )
    return None


def _one_line(error: object) -> str:
    return " ".join(str(error).split()) or type(error).__name__
