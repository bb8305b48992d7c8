"""A training's state in a file: all of it comes back, and nothing else is taken for one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from helpers.finetuning import checkpoints

STATE = {
    "step": 3,
    "losses": [0.1, 1e-30, float(torch.pi)],
    "many": [number / 7 for number in range(40)],
    "none": None,
    "betas": (0.9, 0.999),
    "flag": True,
    "empty": [],
    "weights": [torch.randn(2, 3), torch.randn(4).bfloat16()],
    "optimizer": {"state": {0: {"step": torch.tensor(3.0)}, 1: {}}, "name": "風車"},
    "generator": torch.Generator().manual_seed(5).get_state(),
}


def same(one: object, other: object) -> bool:
    """Equal in type and value, to the bit, wherever there are tensors."""
    if type(one) is not type(other):
        return False
    if isinstance(one, torch.Tensor):
        return one.dtype == other.dtype and torch.equal(one, other)
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


def test_a_state_comes_back_to_the_bit(tmp_path: Path) -> None:
    path = tmp_path / "new" / "state.safetensors"
    checkpoints.save(path, STATE, {"minutes": 1.5})
    state, facts = checkpoints.read(path)
    assert same(state, STATE) and facts == {"minutes": 1.5}


def bad(path: Path, kind: str) -> None:
    checkpoints.save(path, STATE, {})
    header = {"format": checkpoints.FORMAT}
    if kind == "cut off":
        path.write_bytes(path.read_bytes()[:-100])
    elif kind == "no file of the kind":
        path.write_bytes(b"hello")
    elif kind == "of something else":
        save_file({"x": torch.zeros(1)}, path)
    elif kind == "without a tree":
        save_file({"x": torch.zeros(1)}, path, header)
    else:
        save_file({"x": torch.zeros(1)}, path, header | {"tree": kind})


TREES = ["[", "[]", "5", '{"state": 5, "facts": {}}', '{"state": {"pairs": []}, "facts": 5}',
         '{"state": {"tensor": "y"}, "facts": {}}', '{"state": {"odd": 1}, "facts": {}}',
         '{"state": {"pairs": [[1]]}, "facts": {}}', '{"state": {"pairs": [[[], 1]]}, "facts": {}}',
         json.dumps({"state": {"list": []}, "facts": {}})]  # fmt: skip


@pytest.mark.parametrize(
    "kind", ["cut off", "no file of the kind", "of something else", "without a tree", *TREES]
)
def test_what_is_no_checkpoint_is_told(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "state.safetensors"
    bad(path, kind)
    with pytest.raises(ValueError, match=r"state\.safetensors is no checkpoint that can be read"):
        checkpoints.read(path)


def test_a_full_disk_leaves_the_older_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "state.safetensors"
    checkpoints.save(path, STATE, {"minutes": 1})

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoints, "save_file", full)
    with pytest.raises(OSError, match="No space left .*continue with --resume"):
        checkpoints.save(path, STATE, {"minutes": 2})
    assert checkpoints.read(path)[1] == {"minutes": 1}
