"""Files are whole or not there, whatever happens; and whoever writes, one at a time."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from safetensors import SafetensorError

from helpers import files
from helpers.files import clear_up, only_one, parse_json, read_json, written_beside

posix = pytest.mark.skipif(os.name != "posix", reason="modes, signals and links as in POSIX")


def write(path: Path, text: str) -> None:
    with written_beside(path) as place:
        place.write_text(text, encoding="utf-8")


def write_folder(path: Path, name: str) -> None:
    with written_beside(path) as place:
        place.mkdir()
        (place / name).touch()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


@pytest.fixture
def dead() -> int:
    """Number of a process that is no more."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def leftover(folder: Path, pid: int, host: str = files.HOST) -> Path:
    """What a process leaves that was killed between the two renames of a folder."""
    hidden = folder / f".unfinished-{host}-{pid}-0123abcd"
    for place in ("new", "old"):
        (hidden / place / "model").mkdir(parents=True)
        (hidden / place / "model" / place).touch()
    return hidden


def test_a_file_and_a_folder_are_replaced_as_a_whole(tmp_path: Path) -> None:
    for text in ("old", "new"):
        write(tmp_path / "file", text)
        write_folder(tmp_path / "folder", text)
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]
    assert (tmp_path / "file").read_text(encoding="utf-8") == "new"
    assert os.listdir(tmp_path / "folder") == ["new"]


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (OSError(28, "No space left on device"), OSError, "file could not be .*is the disk full"),
        (SafetensorError("I/O error: No space left"), OSError, "is the disk full.*untouched"),
        (PermissionError(13, "Permission denied"), PermissionError, "Permission denied.*writable"),
        (RuntimeError("stopped"), RuntimeError, "stopped"),
        (KeyboardInterrupt(), KeyboardInterrupt, None),
    ],
)
def test_a_failed_write_keeps_what_was_there(
    tmp_path: Path, error: BaseException, kind: type[BaseException], message: str | None
) -> None:
    write(tmp_path / "file", "good")
    with pytest.raises(kind, match=message), written_beside(tmp_path / "file") as place:
        place.write_text("half", encoding="utf-8")
        raise error
    assert os.listdir(tmp_path) == ["file"]
    assert (tmp_path / "file").read_text(encoding="utf-8") == "good"


def test_a_folder_that_cannot_be_put_in_place_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_folder(tmp_path / "folder", "old")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(files.os, "replace", refuse)
    with pytest.raises(PermissionError, match="folder could not be written"):
        write_folder(tmp_path / "folder", "new")
    assert os.listdir(tmp_path) == ["folder"] and os.listdir(tmp_path / "folder") == ["old"]


def test_a_file_does_not_replace_a_folder(tmp_path: Path) -> None:
    write_folder(tmp_path / "folder", "old")
    with pytest.raises(OSError, match="a folder of that name is there"):
        write(tmp_path / "folder", "text")
    assert os.listdir(tmp_path / "folder") == ["old"]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="there is no folder .*nowhere; make it first"):
        write(tmp_path / "nowhere" / "file", "text")


def test_files_are_flushed_through_a_writable_handle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows answers "bad file descriptor" for one that was opened for reading."""
    flushed: list[str] = []

    def flush(handle: int) -> None:
        if stat.S_ISREG(os.fstat(handle).st_mode):
            os.write(handle, b"")
            flushed.append("file")

    monkeypatch.setattr(files.os, "fsync", flush)
    write(tmp_path / "file", "text")
    write_folder(tmp_path / "folder", "text")
    assert flushed == ["file", "file"]


@posix
@pytest.mark.parametrize("umask", [0o022, 0o002, 0o077], indirect=True)
def test_modes_are_those_of_the_umask(tmp_path: Path, umask: int) -> None:
    with written_beside(tmp_path / "file") as place:
        os.close(os.open(place, os.O_CREAT | os.O_WRONLY, 0o600))  # as temporary files are made
    with written_beside(tmp_path / "folder") as place:
        place.mkdir(mode=0o700)
        os.close(os.open(place / "file", os.O_CREAT | os.O_WRONLY, 0o600))
    assert mode(tmp_path / "file") == mode(tmp_path / "folder" / "file") == 0o666 & ~umask
    assert mode(tmp_path / "folder") == 0o777 & ~umask


@posix
@pytest.mark.parametrize("kept", [0o664, 0o640, 0o444, 0o755])
def test_what_is_replaced_keeps_its_mode(tmp_path: Path, kept: int) -> None:
    write(tmp_path / "file", "old")
    write_folder(tmp_path / "folder", "file")
    (tmp_path / "file").chmod(kept)
    (tmp_path / "folder" / "file").chmod(kept)
    write(tmp_path / "file", "new")
    write_folder(tmp_path / "folder", "file")
    assert mode(tmp_path / "file") == mode(tmp_path / "folder" / "file") == kept


@posix
def test_through_a_link_its_target_is_written(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    write(tmp_path / "elsewhere" / "file", "old")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere" / "file")
    write(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "elsewhere" / "file").read_text(encoding="utf-8") == "new"
    assert os.listdir(tmp_path / "elsewhere") == ["file"]


@posix
def test_a_device_is_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="pipe is a device or a pipe; name a file"):
        write(tmp_path / "pipe", "text")
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


def test_the_next_write_clears_what_a_killed_one_left(tmp_path: Path, dead: int) -> None:
    leftover(tmp_path, dead)
    write(tmp_path / "file", "text")
    assert sorted(os.listdir(tmp_path)) == ["file", "model"]
    assert os.listdir(tmp_path / "model") == ["old"]  # it had been moved away, and comes back


def test_a_folder_that_was_replaced_in_time_is_not_taken_back(tmp_path: Path, dead: int) -> None:
    leftover(tmp_path, dead)
    write_folder(tmp_path / "model", "newer")
    assert os.listdir(tmp_path) == ["model"] and os.listdir(tmp_path / "model") == ["newer"]


def test_what_others_are_writing_stays(tmp_path: Path, dead: int) -> None:
    kept = {leftover(tmp_path, os.getpid()), leftover(tmp_path, dead, "another-host")}
    (tmp_path / ".unfinished-notes").mkdir()
    clear_up(tmp_path)
    assert set(tmp_path.iterdir()) == kept | {tmp_path / ".unfinished-notes"}


def test_a_number_that_another_process_was_given_is_no_obstacle(tmp_path: Path) -> None:
    hidden = leftover(tmp_path, os.getpid())
    os.utime(hidden, (1, 1))  # long before this process began
    clear_up(tmp_path)
    assert os.listdir(tmp_path) == ["model"]


@posix
def test_a_writer_that_is_killed_loses_nothing(tmp_path: Path) -> None:
    for name in ("file", "folder"):
        program = (
            "import os, signal, sys; from pathlib import Path\n"
            "from helpers.files import written_beside\n"
            "with written_beside(Path(sys.argv[1])) as place:\n"
            "    place.mkdir() if 'folder' in sys.argv[1] else place.touch()\n"
            "    os.kill(os.getpid(), signal.SIGKILL)\n"
        )
        write(tmp_path / "file", "good")
        write_folder(tmp_path / "folder", "good")
        done = subprocess.run([sys.executable, "-c", program, str(tmp_path / name)], check=False)
        assert done.returncode == -signal.SIGKILL and len(os.listdir(tmp_path)) == 3
        assert (tmp_path / "file").read_text(encoding="utf-8") == "good"
        assert os.listdir(tmp_path / "folder") == ["good"]
    write(tmp_path / "file", "good")
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]


def hold(folder: str, ready: multiprocessing.Event) -> None:
    with only_one(Path(folder), "a sweep"):
        ready.set()
        time.sleep(60)


def test_the_second_is_told_who_is_at_work_and_a_killed_one_is_no_obstacle(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    ready = spawn.Event()
    first = spawn.Process(target=hold, args=(str(tmp_path / "out"), ready))
    first.start()
    assert ready.wait(60)
    told = rf"in use: a sweep runs there since 2\d\d\d-.*, process {first.pid} on .*; wait until"
    with pytest.raises(OSError, match=told), only_one(tmp_path / "out", "a training"):
        pytest.fail("both are at work")
    first.kill()
    first.join()
    with only_one(tmp_path / "out", "a training"):
        assert read_json(tmp_path / "out" / files.HOLDER)["process"] == os.getpid()
    assert os.listdir(tmp_path / "out") == []


def test_a_folder_that_was_made_for_nothing_is_removed_again(tmp_path: Path) -> None:
    with pytest.raises(ValueError), only_one(tmp_path / "new" / "out", "a sweep"):
        raise ValueError("there is no such model")
    assert not (tmp_path / "new" / "out").exists()


def test_a_folder_can_be_used_again_and_again(tmp_path: Path) -> None:
    for number in range(2):
        with only_one(tmp_path, "a sweep"):
            write(tmp_path / f"file{number}", "text")
            with pytest.raises(OSError, match="is in use"), only_one(tmp_path, "a sweep"):
                pytest.fail("both are at work")
    assert sorted(os.listdir(tmp_path)) == ["file0", "file1"]


def test_a_disk_without_locks_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(lock: object, timeout: float) -> None:
        raise NotImplementedError("no flock")

    monkeypatch.setattr(files.FileLock, "acquire", refuse)
    with pytest.warns(UserWarning, match="has no locks: nothing stops a second") as told:
        with only_one(tmp_path, "a sweep"):
            write(tmp_path / "file", "text")
    assert told[0].filename == __file__ and os.listdir(tmp_path) == ["file"]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="could not be written"), only_one(tmp_path / "file", "x"):
        pytest.fail("a file is no folder")


HOSTILE = {
    "nothing": ("", "not JSON"),
    "half": ('{"a": [1, 2', "not JSON"),
    "nested 10,000 deep": ("[" * 10_000 + "]" * 10_000, "nested deeper than 50"),
    "nested 60 deep": ('{"a":' * 60 + "1" + "}" * 60, "nested deeper than 50"),
    "a number of 5,000 digits": ("[1" + "0" * 4999 + "]", "a number of 5,000 digits"),
    "a string that does not end": ('["' + "," * 300_000, "not JSON"),
    "strings side by side": ('["' + '","' * 10 + '""' * 300_000, "not JSON"),
    "millions of lists": ("[" + "[]," * 200_000 + "[]]", "more than 200,000 values"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_json_is_told(tmp_path: Path, name: str) -> None:
    text, message = HOSTILE[name]
    with pytest.raises(ValueError, match=message):
        parse_json(text)
    (tmp_path / "file.json").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=f"file.json: .*{message}"):
        read_json(tmp_path / "file.json")


def test_other_json_is_read_as_ever() -> None:
    value = {"seed": 2**63 - 1, "words": ["山", None, True], "low": float("-inf"), "x": -1.5e-3}
    assert parse_json(json.dumps(value)) == value


def test_commas_and_brackets_inside_of_strings_are_no_values() -> None:
    value = {"prompt": ['"[{,\\' * 50_000, "\\"], "a,b": "," * 300_000}
    assert parse_json(json.dumps(value)) == value
    assert parse_json(json.dumps(["a"] * 200_000)) == ["a"] * 200_000
    with pytest.raises(ValueError, match="more than 200,000 values"):
        parse_json(json.dumps(["a"] * 200_001))


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "file.json").write_bytes(b"\xff\xfe{}")
    with pytest.raises(ValueError, match=r"file.json: .*codec can't decode"):
        read_json(tmp_path / "file.json")
