"""Files and folders that are whole or not there, one program at a time, and JSON from anywhere.

Everything that the package writes goes through `written_beside`. A program that is stopped, killed
or out of disk space leaves what was there before, and a hidden folder that the next write clears.
"""

from __future__ import annotations

import json
import os
import platform
import re
import secrets
import shutil
import stat
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
from filelock import FileLock, Timeout
from safetensors import SafetensorError

HOST = re.sub(r"[^A-Za-z0-9]+", "-", platform.node()) or "unknown"
UNFINISHED = re.compile(r"\.unfinished-(?P<host>.+)-(?P<pid>\d+)-[0-9a-f]{8}")
"""Names of the hidden folders in which something is being written, or was when it was killed."""

CLOCKS = 60.0
"""Seconds by which the clock of a disk in the network may differ from that of this machine."""

LOCK, HOLDER = ".in-use", ".in-use.json"

MOST_VALUES = 200_000
MOST_DIGITS = 40
DEEPEST = 50
"""Limits of `parse_json`, far above what this program writes."""

_MARK, _STRING = re.compile(r'["\[{,]'), json.JSONDecoder()


@contextmanager
def written_beside(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A place to write a file or a folder to; it takes `path`'s place when the block succeeds.

    What stood at `path` stays untouched until then, and for good if the block fails. The result is
    on the disk before it is renamed. It has the mode that the umask asks for, or that of what it
    replaces, whatever the libraries made of it. A link stays one: what it points to is written.

    Args:
        path: of a file or folder; its parent exists. The place has the same name.

    Raises:
        OSError: nothing can be written there (disk full, no permission, ...), with what to do.
    """
    target = Path(os.path.realpath(path))
    _require_replaceable(target)
    hidden = target.parent / f".unfinished-{HOST}-{os.getpid()}-{secrets.token_hex(4)}"
    try:
        hidden.mkdir()
        clear_up(target.parent)
        place = hidden / "new" / target.name
        place.parent.mkdir()
        yield place
        _flush(place)
        _set_modes(place, target, hidden.stat().st_mode)
        _replace(place, target, hidden / "old")
    except (OSError, SafetensorError) as error:
        raise _told(target, error) from error
    finally:
        _put_back(hidden, target.parent)


def _require_replaceable(target: Path) -> None:
    """Devices and pipes cannot be replaced, and must not be: /dev/null is one."""
    if not target.parent.is_dir():
        raise FileNotFoundError(f"{target}: there is no folder {target.parent}; make it first")
    if target.exists() and not (target.is_file() or target.is_dir()):
        raise OSError(f"{target} is a device or a pipe; name a file")


def _set_modes(place: Path, target: Path, mode: int) -> None:
    """Modes as if every file had been made by `open`; replaced ones keep theirs.

    Libraries write through temporary files, which are their owner's alone (0600).

    Args:
        place: what was written.
        target: what it will replace, if that is there.
        mode: of a folder that was just made: what the umask, or the folder above, asks for.
    """
    for made in (place, *(place.rglob("*") if place.is_dir() else ())):
        replaced = target / made.relative_to(place)
        if replaced.exists() and replaced.is_dir() == made.is_dir():
            wanted = replaced.stat().st_mode
        else:
            wanted = mode if made.is_dir() else mode & 0o666
        if stat.S_IMODE(made.stat().st_mode) != stat.S_IMODE(wanted):
            with suppress(OSError):  # some disks have no modes
                made.chmod(stat.S_IMODE(wanted))


def _flush(place: Path) -> None:
    """Waits until a file, or every file in a folder, is on the disk."""
    for made in (place, *(place.rglob("*") if place.is_dir() else ())):
        if made.is_dir():
            _flush_folder(made)
            continue
        with made.open("r+b") as file:  # Windows refuses to flush what was opened for reading
            os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    """Waits until names are on the disk, where the system can open a folder."""
    if os.name != "posix":
        return
    with suppress(OSError):  # some disks in a network refuse; the data itself is safe
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _replace(place: Path, target: Path, old: Path) -> None:
    """A folder cannot be replaced in one go: the old one is moved away first, to where `_put_back`
    finds it."""
    if target.is_dir():
        if not place.is_dir():
            raise IsADirectoryError("a folder of that name is there; choose another name")
        old.mkdir()
        target.rename(old / target.name)
    os.replace(place, target)
    _flush_folder(target.parent)


def _put_back(hidden: Path, folder: Path) -> None:
    """Removes a hidden folder, after what was moved away into it took its place again."""
    with suppress(OSError):  # nothing there, or nothing that may be touched
        for old in (hidden / "old").iterdir():
            if not (folder / old.name).exists():
                old.rename(folder / old.name)
    shutil.rmtree(hidden, ignore_errors=True)


def clear_up(folder: Path) -> None:
    """Removes from a folder what killed programs left, and puts back what they had moved away.

    Only what was left on this machine, by a process that is no more.
    """
    for hidden in folder.glob(".unfinished-*"):
        named = UNFINISHED.fullmatch(hidden.name)
        if named and named["host"] == HOST and not _lives(int(named["pid"]), hidden):
            _put_back(hidden, folder)


def _lives(pid: int, hidden: Path) -> bool:
    """Whether the process that made a hidden folder still runs: its number may have a new owner."""
    try:
        return psutil.Process(pid).create_time() < hidden.stat().st_mtime + CLOCKS
    except psutil.AccessDenied:
        return True
    except (psutil.Error, OSError, ValueError, OverflowError):
        return False


def _told(target: Path, error: OSError | SafetensorError) -> OSError:
    """The error as a sentence that names what was to be written, of the same kind."""
    kind = type(error) if isinstance(error, OSError) else OSError
    kind = kind if kind.__module__ == "builtins" else OSError
    told = kind(
        f"{target} could not be written: {_reason(error)}. What was there before is untouched; "
        "free space, make the folder writable, or choose another place"
    )
    told.errno = getattr(error, "errno", None)
    return told


def _reason(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error)
    full = "No space left" in text or "Disk quota" in text
    return f"{text} (is the disk full?)" if full else text


@contextmanager
def only_one(folder: Path, doing: str) -> Iterator[None]:
    """Nobody else may do the same in this folder while the block runs.

    The system gives the lock back when a process ends, however it ends.

    Args:
        folder: made if it is missing, and removed again if nothing was put into it.
        doing: what is done there, such as "a sweep", for those who are turned away.

    Warns if the disk knows no locks, so that nobody can be turned away.

    Raises:
        OSError: somebody else is at work there (the message says who), or the folder cannot be
            written to.
    """
    made = not folder.exists()
    lock = FileLock(folder / LOCK, mode=0o666, thread_local=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        raise OSError(
            f"{folder} is in use: {_holder(folder, doing)}; wait until that is done, stop it, or "
            "choose another folder"
        ) from None
    except NotImplementedError:
        warnings.warn(
            f"the disk of {folder} has no locks: nothing stops a second program from doing {doing} "
            "in this folder at the same time, so see to it that none does",
            stacklevel=3,  # through contextlib, where the block begins
        )
        yield
        return
    except OSError as error:
        raise _told(folder / LOCK, error) from error
    try:
        _note_holder(folder, doing)
        clear_up(folder)
        yield
    finally:
        for name in (HOLDER, LOCK):
            with suppress(OSError):  # Windows removes the lock's own file when it is given back
                (folder / name).unlink()
        lock.release()
        if made:
            with suppress(OSError):  # not empty
                folder.rmdir()


def _note_holder(folder: Path, doing: str) -> None:
    since = time.strftime("%Y-%m-%d %H:%M:%S")
    noted = {"doing": doing, "process": os.getpid(), "host": HOST, "since": since}
    (folder / HOLDER).write_text(json.dumps(noted), encoding="utf-8")


def _holder(folder: Path, doing: str) -> str:
    try:
        noted = read_json(folder / HOLDER)
        return (
            f"{noted['doing']} runs there since {noted['since']}, process {noted['process']} on "
            f"{noted['host']}"
        )
    except (OSError, ValueError, KeyError, TypeError):  # it has only just begun
        return f"{doing} runs there"


def read_json(path: Path) -> Any:
    """The value in a JSON file.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no JSON, with the file's name.
    """
    try:
        return parse_json(path.read_text(encoding="utf-8"))
    except ValueError as error:  # UnicodeDecodeError is one
        raise ValueError(f"{path}: {error}") from error


def parse_json(text: str) -> Any:
    """The value of a JSON text that may come from anywhere: bounded in memory, depth and digits.

    Raises:
        ValueError: it is no JSON, or holds more than anything that this program wrote.
    """
    try:
        if _count(text) > MOST_VALUES:
            raise ValueError(f"more than {MOST_VALUES:,} values, which this program does not write")
        value = json.loads(text, parse_int=_whole_number)
    except RecursionError:
        raise ValueError(f"lists nested deeper than {DEEPEST}") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON ({error})") from error
    inside = [value]
    for _ in range(DEEPEST):
        lists = [one.values() if isinstance(one, dict) else one for one in inside
                 if isinstance(one, (list, dict))]  # fmt: skip
        inside = [one for each in lists for one in each]
    if inside:
        raise ValueError(f"lists nested deeper than {DEEPEST}")
    return value


def _count(text: str) -> int:
    """Commas and brackets outside of strings, about as many as values; no more are counted than
    are allowed, and none after two strings without one between: there the parser stops too.
    """
    found = strings = place = 0
    while found <= MOST_VALUES and strings <= 2 * found + 1:
        mark = _MARK.search(text, place)
        if mark is None:
            break
        if mark[0] == '"':
            _, place = _STRING.raw_decode(text, mark.start())
            strings += 1
        else:
            place = mark.end()
            found += 1
    return found


def _whole_number(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise ValueError(f"a number of {len(digits):,} digits")
    return int(digits)
