"""What went wrong with the hub, in words that say what to do; secrets in addresses are masked."""

from __future__ import annotations

import errno
import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from huggingface_hub import constants, get_token
from huggingface_hub.errors import (
    DisabledRepoError,
    FileMetadataError,
    GatedRepoError,
    HfHubHTTPError,
    HTTPError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
)

HOME = "https://huggingface.co"
LOG_IN = "from huggingface_hub import login; login()"
GO_ONLINE = "unset HF_HUB_OFFLINE (and TRANSFORMERS_OFFLINE), start Python again"


class MissingRepository(FileNotFoundError):
    """The hub does not show a repository: taken down, private, or misspelt."""


@contextmanager
def told(repository: str) -> Iterator[None]:
    """Errors inside become those of `explained`, and what is logged inside shows no passwords.

    The original error stays as the cause, unless it would show a password or a token.
    """
    with _masked_logs():
        try:
            yield
        except Exception as error:  # of many classes, from three libraries
            harmless = not any(map(_shows_a_secret, _chain(error)))
            raise explained(error, repository) from (error if harmless else None)


def masked(text: str) -> str:
    """The text without the user names and passwords of its addresses."""
    return re.sub(r"(?<=://)[^/\s]*@", "***@", text)


def _shows_a_secret(error: BaseException) -> bool:
    token = _token()
    return masked(str(error)) != str(error) or bool(token and token in str(error))


def _token() -> str:
    """The access token; empty if there is none, or none that can be read."""
    try:
        return get_token() or ""
    except (OSError, ValueError):
        return ""


@contextmanager
def _masked_logs() -> Iterator[None]:
    """What any library logs inside goes through `masked` before any handler sees it."""
    make = logging.getLogRecordFactory()

    def make_masked(*args: Any, **options: Any) -> logging.LogRecord:
        record = make(*args, **options)
        record.msg, record.args = masked(record.getMessage()), ()
        return record

    logging.setLogRecordFactory(make_masked)
    try:
        yield
    finally:
        logging.setLogRecordFactory(make)


def _chain(error: BaseException) -> list[BaseException]:
    """The error and what caused it."""
    chain = [error]
    while (cause := chain[-1].__cause__ or chain[-1].__context__) and cause not in chain:
        chain.append(cause)
    return chain


def explained(error: BaseException, repository: str) -> OSError:
    """The same fault as an error that says what happened and what to do.

    Args:
        error: from huggingface_hub, its HTTP library, or the operating system.
        repository: what was being fetched.
    """
    for rule in (_refused, _bad_token, _disk, _unreachable):
        for link in _chain(error):
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
    token = "with your access token" if _token() else "without an access token"
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


def _bad_token(error: BaseException, repository: str) -> OSError | None:
    """A token that no request can carry: pasted with other signs, or with lines in it."""
    token = _token()
    plain = token.isascii() and token.isprintable()
    if not isinstance(error, UnicodeError) and (plain or not isinstance(error, HTTPError)):
        return None
    return PermissionError(
        "your access token for the hub (HF_TOKEN, or the one that you logged in with) holds signs "
        "that no token has, such as letters with accents, long dashes or line ends: copy it again "
        f"from {HOME}/settings/tokens (hf_, then plain letters and digits); public models need "
        "none: unset HF_TOKEN"
    )


def _disk(error: BaseException, repository: str) -> OSError | None:
    """The cache, where it is full or cannot be written."""
    if not isinstance(error, OSError) or isinstance(error, (ConnectionError, TimeoutError)):
        return None
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return OSError(
            errno.ENOSPC,
            f"the disk of {constants.HF_HUB_CACHE} filled up while {repository} was fetched; free "
            "some space, or set HF_HOME to a folder on a larger disk and start Python again; files "
            "that have arrived are kept",
        )
    if isinstance(error, (PermissionError, NotADirectoryError, FileExistsError)) or (
        error.errno == errno.EROFS
    ):
        return PermissionError(
            error.errno,
            f"{repository} cannot be written to {constants.HF_HUB_CACHE} ({error.strerror}); set "
            "HF_HOME to a folder that you can write to and start Python again",
        )
    return None


def _unreachable(error: BaseException, repository: str) -> ConnectionError | None:
    if isinstance(error, OfflineModeIsEnabled):
        return ConnectionError(
            f"{repository} is not on this machine, and offline mode is on: {GO_ONLINE} "
            'and load it once with a network; load("tiny") needs none'
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
            f"{repository} could not be fetched, the hub at {masked(constants.ENDPOINT)} is out of "
            f"reach ({type(error).__name__}): check the network and load again; what has arrived "
            "is kept"
        )
    return None


def _one_line(error: object) -> str:
    return masked(" ".join(str(error).split())) or type(error).__name__
