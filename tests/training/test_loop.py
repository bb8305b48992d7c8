"""The loop of all stages: interruption, budget, averages, faults."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.utils.data import Dataset

from helpers.training import TrainConfig
from helpers.training.checkpoints import read_facts
from helpers.training.loop import Stage, _Run, fit


class Numbers(Dataset):
    """Item i is a point of a line."""

    def __getitem__(self, index: int) -> torch.Tensor:
        return torch.tensor([index % 7 / 7.0])


class Line(nn.Module):
    """Learns y = 2x + 1 from noisy points; may be told to stop, or to break."""

    def __init__(self, stop_at: int | None = None, broken: bool = False) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layer = nn.Linear(1, 1)
        self.calls, self.stop_at, self.broken = 0, stop_at, broken

    def forward(self, x: torch.Tensor, progress: float) -> dict[str, torch.Tensor]:
        if self.calls == self.stop_at:
            raise KeyboardInterrupt
        self.calls += 1
        y = 2 * x + 1 + 0.01 * torch.randn_like(x)
        loss = (self.layer(x) - y).square().mean()
        return {"loss": loss / 0 if self.broken else loss}


def stage(model: nn.Module, **changes: object) -> Stage:
    values = {"batch_size": 4, "learning_rate": 0.1, "warm_up": 5, "average": 0.9}
    return Stage("line", model, Numbers(), lambda: {"slope": 0.0}, **{**values, **changes})


def weights(out: Path) -> dict[str, torch.Tensor]:
    return load_file(out / "state" / "line.safetensors")


def test_an_interrupted_run_ends_where_an_uninterrupted_one_does(
    config: TrainConfig, tmp_path: Path
) -> None:
    whole = replace(config, steps=12)
    fit(stage(Line()), whole)
    parts = replace(whole, out=tmp_path / "parts")
    with pytest.raises(KeyboardInterrupt):
        fit(stage(Line(stop_at=5)), parts)
    assert read_facts(parts.out / "state" / "line.safetensors")["step"] == 5
    facts = fit(stage(Line()), replace(parts, resume=True))
    assert facts["step"] == 12
    torch.testing.assert_close(weights(parts.out), weights(whole.out), rtol=0, atol=0)


@pytest.mark.parametrize("facts", ["{}", '{"step": "7", "minutes": 1}', '{"step": 7}', "[", "5"])
def test_a_checkpoint_that_tells_nothing_is_told(config: TrainConfig, facts: str) -> None:
    fit(stage(Line()), config)
    path = config.out / "state" / "line.safetensors"
    save_file(load_file(path), path, {"format": "1", "facts": facts})
    with pytest.raises(ValueError, match="line.safetensors .*delete it to start anew"):
        fit(stage(Line()), replace(config, resume=True))


@pytest.mark.parametrize("keep", [0, 7, 100, -1])
def test_a_checkpoint_that_was_cut_off_is_told(config: TrainConfig, keep: int) -> None:
    fit(stage(Line()), config)
    path = config.out / "state" / "line.safetensors"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ValueError, match="not a readable checkpoint .*delete it to start anew"):
        fit(stage(Line()), replace(config, resume=True))


def test_the_loss_falls(config: TrainConfig) -> None:
    model = Line()
    fit(stage(model), replace(config, steps=300))
    assert model.layer.weight.item() == pytest.approx(2, abs=0.1)
    assert model.layer.bias.item() == pytest.approx(1, abs=0.1)


def test_reports_see_the_averaged_weights_and_training_goes_on_with_its_own(
    config: TrainConfig,
) -> None:
    model, seen = Line(), []
    made = stage(model)
    made.report = lambda: seen.append((model.training, model.layer.weight.item())) or {}
    fit(made, replace(config, steps=30))
    averaged = weights(config.out)["average.0"].item()
    assert seen == [(False, averaged)]
    assert model.training
    assert model.layer.weight.item() != averaged


def test_slow_parameters_move_less(config: TrainConfig) -> None:
    model = Line()
    before = [p.item() for p in model.parameters()]
    fit(stage(model, slow=[model.layer.bias], slow_rate=0.1, warm_up=0), replace(config, steps=1))
    moved = [abs(p.item() - b) for p, b in zip(model.parameters(), before, strict=True)]
    assert moved[1] == pytest.approx(0.1 * moved[0], rel=0.01)


def test_an_earlier_run_is_not_overwritten(config: TrainConfig) -> None:
    fit(stage(Line()), config)
    with pytest.raises(FileExistsError, match="continue it with --resume, or choose another --out"):
        fit(stage(Line()), config)


def test_a_time_budget_ends_the_run(config: TrainConfig) -> None:
    facts = fit(stage(Line()), replace(config, steps=None, minutes=0.01))
    assert facts["step"] > 0
    assert 0.01 <= facts["minutes"] < 0.2


def test_a_loss_that_is_no_number_stops_the_run(config: TrainConfig) -> None:
    with pytest.raises(
        FloatingPointError, match="loss is inf at step 0; .*--resume .*lower than 0.1"
    ):
        fit(stage(Line(broken=True)), replace(config, steps=40))
    assert not (config.out / "state" / "line.safetensors").exists()


def test_the_log_tells_loss_and_report(config: TrainConfig) -> None:
    fit(stage(Line()), replace(config, steps=40))
    rows = list(csv.DictReader((config.out / "log.csv").open(encoding="utf-8")))
    assert [(row["step"], row["name"]) for row in rows] == [
        ("20", "loss"),
        ("40", "loss"),
        ("40", "slope"),
    ]
    assert float(rows[1]["value"]) < float(rows[0]["value"])


def test_averages_give_the_weights_back_when_a_report_fails(config: TrainConfig) -> None:
    model = Line()
    run = _Run(stage(model), config)
    with torch.no_grad():
        model.layer.weight += 1
    before = model.layer.weight.item()
    with pytest.raises(RuntimeError), run.averaged():
        assert model.layer.weight.item() != before
        raise RuntimeError("the report failed")
    assert model.layer.weight.item() == before
