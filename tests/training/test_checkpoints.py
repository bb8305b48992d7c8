"""Files are whole or not there, and what comes back is what was saved."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from helpers.training import checkpoints
from helpers.training.checkpoints import (
    load_state,
    read_facts,
    require_writable,
    save_state,
    written_beside,
)


def trained(seed: int, width: int = 4) -> tuple[nn.Module, torch.optim.AdamW]:
    """A small convolution, channels last, after two updates."""
    torch.manual_seed(seed)
    model = nn.Conv2d(3, width, 3).to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(model.parameters(), 1e-2, fused=True)
    for _ in range(2):
        update(model, optimizer)
    return model, optimizer


def update(model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    ramp = torch.linspace(0, 1, 3 * 5 * 5).reshape(1, 3, 5, 5)
    (model(ramp) ** 2).sum().backward()
    optimizer.step()
    optimizer.zero_grad()


def test_a_failed_write_keeps_the_old_file_and_tells_how_to_go_on(tmp_path: Path) -> None:
    path = tmp_path / "state"
    path.write_text("good", encoding="utf-8")
    with (
        pytest.raises(OSError, match="cannot write .*state: .*No space left.*--resume.*untouched"),
        written_beside(path) as place,
    ):
        place.write_text("half", encoding="utf-8")
        raise OSError(28, "No space left on device")
    assert path.read_text(encoding="utf-8") == "good"
    assert os.listdir(tmp_path) == ["state"]


def test_a_folder_that_cannot_be_written_is_told_early(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="cannot write .*choose another folder with --out"):
        require_writable(tmp_path / "file" / "run")


def test_what_was_saved_comes_back(tmp_path: Path) -> None:
    model, optimizer = trained(0)
    averages = [p.detach() * 2 for p in model.parameters()]
    save_state(tmp_path / "state", model, averages, optimizer, {"step": 2})
    other, other_optimizer = trained(1)
    found = [torch.zeros_like(p) for p in other.parameters()]
    assert load_state(tmp_path / "state", other, found, other_optimizer) == {"step": 2}
    torch.testing.assert_close(found, averages, rtol=0, atol=0)
    for a, b in ((model, optimizer), (other, other_optimizer)):
        update(a, b)  # one more step: equal only if the moments came back in the right places
    torch.testing.assert_close(list(other.parameters()), list(model.parameters()), rtol=0, atol=0)


def test_a_truncated_checkpoint_is_named(tmp_path: Path) -> None:
    model, optimizer = trained(0)
    path = tmp_path / "state"
    save_state(path, model, [], optimizer, {})
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ValueError, match="state is not a readable checkpoint.*delete it"):
        read_facts(path)


def test_a_foreign_file_is_named(tmp_path: Path) -> None:
    save_file({"x": torch.zeros(1)}, tmp_path / "state")
    with pytest.raises(ValueError, match="not a checkpoint of format 1"):
        read_facts(tmp_path / "state")


def test_a_loaded_state_is_independent_of_its_file(tmp_path: Path) -> None:
    model, optimizer = trained(0)
    path = tmp_path / "state"
    averages = [p.detach() * 2 for p in model.parameters()]
    save_state(path, model, averages, optimizer, {})
    tensors = checkpoints._read(path)[1]
    before = {name: tensor.clone() for name, tensor in tensors.items()}
    with path.open("r+b") as file:  # the same file, not one that took its name
        file.write(bytes(path.stat().st_size))
    assert all(torch.equal(tensor, before[name]) for name, tensor in tensors.items())


FOREIGN = {
    "facts that are no JSON": ({}, "{", "not JSON"),
    "facts that are a list": ({}, "[]", "no JSON object"),
    "an average too many": ({"average.2": torch.zeros(1)}, "{}", "3 averages, the network has 2"),
    "an average of another shape": ({"average.0": torch.zeros(1)}, "{}", r"the shape \(1,\)"),
    "moments of another shape": ({"optimizer.0.exp_avg": torch.zeros(1)}, "{}", r"shape \(1,\)"),
    "moments of no weight": ({"optimizer.7.exp_avg": torch.zeros(1)}, "{}", "to no weight"),
    "moments without a name": ({"optimizer.x": torch.zeros(1)}, "{}", "to no weight"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_a_checkpoint_with_other_parts_is_named_with_what_to_do(tmp_path: Path, name: str) -> None:
    model, optimizer = trained(0)
    path, (parts, facts, message) = tmp_path / "state", FOREIGN[name]
    averages = [p.detach() * 2 for p in model.parameters()]
    save_state(path, model, averages, optimizer, {})
    tensors = load_file(path) | parts
    save_file(tensors, path, {"format": checkpoints.FORMAT, "facts": facts})
    with pytest.raises(ValueError, match=f"state is no checkpoint.*{message}.*delete it to start"):
        load_state(path, model, averages, optimizer)


def test_networks_of_other_sizes_are_refused(tmp_path: Path) -> None:
    model, optimizer = trained(0)
    save_state(tmp_path / "state", model, [], optimizer, {})
    with pytest.raises(ValueError, match="networks of other sizes"):
        load_state(tmp_path / "state", trained(0, width=5)[0], [], optimizer)


def test_a_full_disk_keeps_the_last_good_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, optimizer = trained(0)
    save_state(tmp_path / "state", model, [], optimizer, {"step": 1})

    def full(tensors: dict, path: Path, header: dict) -> None:
        path.write_bytes(b"half a file")
        raise checkpoints.SafetensorError("I/O error: No space left on device (os error 28)")

    monkeypatch.setattr(checkpoints, "save_file", full)
    with pytest.raises(OSError, match="No space left on device"):
        save_state(tmp_path / "state", model, [], optimizer, {"step": 2})
    assert read_facts(tmp_path / "state") == {"step": 1}
    assert os.listdir(tmp_path) == ["state"]
