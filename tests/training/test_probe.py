"""The judge: what it reads, what it learns from, its file."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from helpers import landscapes
from helpers.training import probe as judge
from helpers.training.probe import LabelledDrawings, LabelLoss, Probe, disturb, load_probe

WIDTHS = (8, 8, 8, 16)


def test_it_reads_one_label_for_each_attribute() -> None:
    found = Probe(WIDTHS).read(torch.rand(3, 3, 128, 128), batch_size=2)
    assert found.shape == (3, len(landscapes.ATTRIBUTES))
    sizes = torch.tensor([len(values) for values in landscapes.ATTRIBUTES.values()])
    assert ((found >= 0) & (found < sizes)).all()


def test_its_scenes_are_uniform_and_no_stream_s_drawings() -> None:
    data = LabelledDrawings()
    labels = torch.stack([data[index][1] for index in range(300)])
    castles = labels[:, 7] == landscapes.ATTRIBUTES["building"].index("castle")
    night = labels[castles, 0] == landscapes.ATTRIBUTES["time"].index("night")
    assert night.float().mean() < 0.5  # in the training stream it is 0.9
    assert not torch.equal(data[0][0], LabelledDrawings()[1][0])
    torch.testing.assert_close(data[5], LabelledDrawings()[5])


def test_disturbances_are_small() -> None:
    torch.manual_seed(0)
    flat = torch.full((8, 3, 128, 128), 0.5)
    assert (disturb(flat) - flat).abs().max() < 0.06 * 6
    step = torch.zeros(1, 1, 128, 128)
    step[..., 64:] = 1
    moved = (disturb(step)[0, 0, 64] > 0.5).float().argmax()
    assert 64 - 4 <= moved <= 64 + 4


def test_it_learns_a_few_drawings_by_heart() -> None:
    torch.manual_seed(0)
    data = LabelledDrawings()
    pictures, labels = (
        torch.stack(part) for part in zip(*(data[i] for i in range(4)), strict=True)
    )
    loss = LabelLoss(Probe(WIDTHS))
    optimizer = torch.optim.AdamW(loss.parameters(), 1e-2)
    for _ in range(40):
        values = loss([pictures, labels], 0.0)
        values["loss"].backward()
        optimizer.step()
        optimizer.zero_grad()
    assert values["right"].item() > 0.9
    assert (loss.probe.read(pictures / 255) == labels).float().mean() > 0.9


def test_the_file_gives_the_same_judge_back(run: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    probe = Probe(WIDTHS).half().float()  # the file is in half precision
    judge.save_probe(probe, tmp_path / "probe.safetensors")
    found = load_probe(tmp_path / "probe.safetensors")
    picture = torch.rand(1, 3, 128, 128)
    torch.testing.assert_close(found(picture), probe(picture))
    assert not found.training
    assert load_probe(run / "probe.safetensors").channels == WIDTHS


def test_a_judge_of_other_attributes_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "probe.safetensors"
    judge.save_probe(Probe(WIDTHS), path)
    monkeypatch.setitem(landscapes.ATTRIBUTES, "weather", ("none", "rain", "snow", "hail"))
    with pytest.raises(ValueError, match="reads other attributes.*train probe"):
        load_probe(path)


def test_missing_and_foreign_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="missing: train it with .*train probe"):
        load_probe(tmp_path / "probe.safetensors")
    save_file({"x": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(ValueError, match="other attributes"):
        load_probe(tmp_path / "other.safetensors")
