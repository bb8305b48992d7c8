"""Prompts and seeds as people write them: read, or refused with file, line and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.sweep import read_prompts, read_seeds

PROMPTS = ("a castle at night", "山と川のある幻想的な風景")
TEXT = "# what to draw\n\n" + "\n".join(PROMPTS) + "\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_prompts_are_read_without_remarks(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "prompts.txt"
    path.write_bytes(TEXT.encode(encoding))
    assert read_prompts(path) == PROMPTS


@pytest.mark.parametrize("encoding", ["utf-16-be", "utf-32"])
def test_big_endian_is_read_with_its_mark_only(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "prompts.txt"
    path.write_bytes(TEXT.encode(encoding))
    with pytest.raises(ValueError, match="prompts.txt, line [14], is not in UTF-8"):
        read_prompts(path)
    path.write_bytes(b"\xfe\xff" + TEXT.encode("utf-16-be"))
    assert read_prompts(path) == PROMPTS


@pytest.mark.parametrize("encoding", ["shift-jis", "euc-jp"])
def test_another_encoding_is_told_with_file_and_line(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "prompts.txt"
    path.write_bytes(TEXT.encode(encoding))
    told = "prompts: .*prompts.txt, line 4, is not in UTF-8; save the file as UTF-8"
    with pytest.raises(ValueError, match=told):
        read_prompts(path)


def test_a_file_without_prompts_is_told(tmp_path: Path) -> None:
    empty = tmp_path / "empty.txt"
    empty.write_text("# nothing\n", encoding="utf-8")
    with pytest.raises(ValueError, match="holds no prompt; write one a line"):
        read_prompts(empty)
    with pytest.raises(FileNotFoundError, match="there is no file .*one prompt a line"):
        read_prompts(tmp_path / "none.txt")


@pytest.mark.parametrize(
    ("text", "seeds"),
    [("7", (7,)), ("0-3", (0, 1, 2, 3)), ("1, 5,10-11", (1, 5, 10, 11)), ("0 - 1", (0, 1))],
)
def test_seeds_are_read(text: str, seeds: tuple[int, ...]) -> None:
    assert read_seeds(text) == seeds


@pytest.mark.parametrize("text", ["", "a", "3-1", "-1", "1,,2", "1.5", "1" + ",x" * 1000])
def test_other_seeds_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="seeds: .* is no list of numbers and ranges") as told:
        read_seeds(text)
    assert len(str(told.value)) < 200


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0-99999999999", "are 100,000,000,000 seeds, and a sweep takes 100,000"),
        (",".join(["0-60000"] * 2), "are 120,002 seeds"),
        (str(2**63), r"must lie in 0 \.\.\. 2\*\*63 - 1"),
        ("9" * 5000, r"must lie in 0 \.\.\. 2\*\*63 - 1"),
    ],
)
def test_too_many_or_too_large_seeds_are_refused_before_they_are_listed(
    text: str, message: str
) -> None:
    with pytest.raises(ValueError, match=f"seeds: .*{message}"):
        read_seeds(text)
