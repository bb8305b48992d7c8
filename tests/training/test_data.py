"""The same items in the same order, whoever asks and however often it was interrupted."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
import torch

from helpers import landscapes
from helpers.training.data import (
    Drawings,
    Positions,
    batches,
    cached_drawings,
    caption,
    draw,
    to_unit,
)


def take(positions: Positions, count: int) -> list:
    return list(itertools.islice(positions, count))


def test_an_item_is_its_drawing() -> None:
    item = landscapes.sample(7)
    expected = np.asarray(landscapes.render(item.scene, item.seed)).transpose(2, 0, 1)
    np.testing.assert_array_equal(draw(7).numpy(), expected)
    torch.testing.assert_close(Drawings()[7], draw(7))


def test_pictures_for_a_vae_reach_from_minus_one_to_one() -> None:
    assert to_unit(torch.tensor([0, 255], dtype=torch.uint8)).tolist() == [-1, 1]


def test_resumed_order_is_the_uninterrupted_one() -> None:
    assert take(Positions(4), 5)[3:] == take(Positions(4, start=3), 2)
    whole, rest = Positions(4, length=6), Positions(4, start=3, length=6)
    assert take(whole, 5)[3:] == take(rest, 2)


def test_processes_share_the_items_of_one() -> None:
    shared = [take(Positions(6, rank=rank, processes=2), 3) for rank in (0, 1)]
    joined = [first + second for first, second in zip(*shared, strict=True)]
    assert joined == take(Positions(6), 3)


def test_a_finite_set_is_shuffled_anew_in_every_pass() -> None:
    pairs = list(itertools.chain(*take(Positions(5, length=10, seed=1), 4)))
    first, second = [item for item, _ in pairs[:10]], [item for item, _ in pairs[10:]]
    assert sorted(first) == sorted(second) == list(range(10))
    assert first != second
    assert [position for _, position in pairs] == list(range(20))


def test_batches_are_split_evenly_or_not_at_all() -> None:
    with pytest.raises(ValueError, match="batch_size=3 must be a multiple .* 2"):
        Positions(3, processes=2)


def test_workers_change_nothing() -> None:
    here = next(batches(Drawings(), Positions(2), workers=0))
    there = next(batches(Drawings(), Positions(2), workers=1))
    assert here.shape == (2, 3, 128, 128)
    torch.testing.assert_close(here, there)


def test_captions_change_with_the_position_and_are_never_test_captions() -> None:
    texts = [caption(5, position) for position in range(300)]
    assert texts == [caption(5, position) for position in range(300)]
    assert len(set(texts)) > 100
    plain = [text for text in texts if not landscapes.unknown_words(text)]
    assert len(plain) > 200 and not any(map(landscapes.is_test_caption, plain))
    japanese = sum(not text.isascii() for text in texts)
    assert 110 < japanese < 190


def test_drawings_are_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = cached_drawings(tmp_path, 12, workers=0)
    assert first.shape == (12, 3, 128, 128)
    np.testing.assert_array_equal(first[11], draw(11).numpy())
    stamp = (tmp_path / "drawings.npy").stat().st_mtime_ns
    assert len(cached_drawings(tmp_path, 10, workers=0)) == 10
    assert (tmp_path / "drawings.npy").stat().st_mtime_ns == stamp


def test_drawings_of_an_older_data_set_are_made_anew(tmp_path: Path) -> None:
    stale = np.zeros((12, 3, 128, 128), np.uint8)
    np.save(tmp_path / "drawings.npy", stale)
    np.testing.assert_array_equal(cached_drawings(tmp_path, 12, workers=0)[0], draw(0).numpy())


@pytest.mark.parametrize("content", [b"", b"not an array", b"\x93NUMPY\x01\x00v\x00{"])
def test_drawings_of_a_damaged_file_are_made_anew(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "drawings.npy").write_bytes(content)
    np.testing.assert_array_equal(cached_drawings(tmp_path, 1, workers=0)[0], draw(0).numpy())
