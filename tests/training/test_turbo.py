"""The few-step twin: its loss against exact paths, its training, and what stock diffusers makes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from diffusers import LCMScheduler, StableDiffusionPipeline
from safetensors import safe_open
from safetensors.torch import load_file
from torch.testing import assert_close

from helpers import lowrank
from helpers.loading import load, twin
from helpers.training import train, turbo
from helpers.training.export import make_scheduler

from .conftest import small

ALPHA_BAR = make_scheduler().alphas_cumprod
TOKENS = torch.zeros(4, 77, dtype=torch.long)


class Words(torch.nn.Module):
    """Stands in for a text encoder."""

    def forward(self, input_ids: torch.Tensor) -> tuple[torch.Tensor]:
        return (torch.zeros(len(input_ids), 77, 8),)


class Oracle(torch.nn.Module):
    """Knows x0, so that its paths are straight and its jumps right: v = (s x_t - x0) / n."""

    def __init__(self, x0: torch.Tensor) -> None:
        super().__init__()
        self.x0, self.weight = x0, torch.nn.Linear(1, 1)

    def forward(self, x_t: torch.Tensor, t: torch.Tensor, words: torch.Tensor) -> SimpleNamespace:
        ab = ALPHA_BAR[t].view(-1, 1, 1, 1)
        x0 = self.x0.repeat(len(x_t) // len(self.x0), 1, 1, 1)
        return SimpleNamespace(sample=(ab.sqrt() * x_t - x0) / (1 - ab).sqrt())


def test_where_all_jumps_agree_there_is_no_loss() -> None:
    torch.manual_seed(0)
    x0, eps = torch.randn(4, 4, 16, 16), torch.randn(4, 4, 16, 16)
    loss = turbo.ConsistencyLoss(Oracle(x0), Words(), TOKENS[:1], 1.0, ALPHA_BAR)
    t = torch.tensor([249, 374, 499, 999])
    assert_close(loss.errors(x0, eps, t, TOKENS), torch.zeros(4), atol=1e-3, rtol=0)
    last = loss.errors(x0, eps, torch.tensor([124] * 4), TOKENS)  # its target is x_t at t = 0
    assert (last < (1 - ALPHA_BAR[0]).sqrt()).all()
    loss.student = Oracle(x0 + torch.tensor([0.0, 1, 1, 1]).view(4, 1, 1, 1))
    assert (loss.errors(x0, eps, torch.tensor([124] * 4), TOKENS)[1:] > 0.5).all()


def test_the_target_has_no_gradient_and_the_teacher_stays() -> None:
    torch.manual_seed(0)
    x0 = torch.randn(4, 4, 16, 16)
    loss = turbo.ConsistencyLoss(Oracle(x0), Words(), TOKENS[:1], 1.0, ALPHA_BAR)
    calls = []
    loss.student.register_forward_hook(lambda *_: calls.append(torch.is_grad_enabled()))
    loss.errors(x0, x0, torch.tensor([249] * 4), TOKENS)
    assert calls == [False, True]
    assert {name.split(".")[0] for name, w in loss.named_parameters() if w.requires_grad} == {
        "student"
    }


@pytest.fixture(scope="module")
def distilled(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a run that distilled the small model of the other stages' run."""
    out = tmp_path_factory.mktemp("turbo")
    train("turbo", small(out, start_from=run / "model"))
    return out


def test_stock_diffusers_loads_the_twin(distilled: Path, run: Path) -> None:
    pipe = StableDiffusionPipeline.from_pretrained(distilled / turbo.MODEL)
    assert isinstance(pipe.scheduler, LCMScheduler)
    assert pipe.scheduler.config.original_inference_steps == turbo.POINTS
    before = StableDiffusionPipeline.from_pretrained(run / "model").unet
    moved = pipe.unet.conv_in.weight - before.conv_in.weight
    assert 0 < moved.norm() < 0.1 * before.conv_in.weight.norm()


def test_the_update_makes_the_teacher_the_twin(distilled: Path, run: Path) -> None:
    pipe = load(run / "model", device="cpu", dtype="float32")
    twin.apply_update(pipe, distilled / turbo.UPDATE, run / "model")
    whole = load(distilled / turbo.MODEL, device="cpu", dtype="float32")
    assert_close(pipe.unet.state_dict(), whole.unet.state_dict(), rtol=1e-3, atol=1e-4)
    assert dict(pipe.scheduler.config) == dict(whole.scheduler.config)
    with safe_open(distilled / turbo.UPDATE / lowrank.FILE, "pt") as file:
        assert file.metadata() == {twin.BASE: twin.base_sum(run / "model")}


def test_the_facts_are_noted_beside_those_of_the_teacher(distilled: Path) -> None:
    for path in (distilled / "training.json", distilled / turbo.MODEL / "training.json"):
        facts = json.loads(path.read_text("utf-8"))
        assert {"unet", "turbo"} <= set(facts)
        assert facts["turbo"]["step"] == 3
    assert "few-step twin" in (distilled / turbo.MODEL / "README.md").read_text("utf-8")
    update = distilled / turbo.UPDATE
    assert list(json.loads((update / "training.json").read_text("utf-8"))) == ["turbo"]
    card = (update / "README.md").read_text("utf-8")
    assert "few-step twin" in card and "load_lora_weights" in card
    assert "| tiny-turbo |" in card and "not been judged yet" in card
    assert not (distilled / "model").exists()
    assert 0 <= facts["turbo"]["measured"]["told_and_right"] <= 1


def test_a_broken_off_run_goes_on_to_the_same_numbers(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configs = [small(tmp_path / name, start_from=run / "model") for name in ("whole", "parts")]
    train("turbo", configs[0])
    forward = turbo.ConsistencyLoss.forward
    calls = iter(range(9))

    def broken_off(*arguments: object) -> dict[str, torch.Tensor]:
        if next(calls) == 2:
            raise KeyboardInterrupt
        return forward(*arguments)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(turbo.ConsistencyLoss, "forward", broken_off)
        train("turbo", configs[1])
    train("turbo", replace(configs[1], resume=True))
    whole, parts = (load_file(config.out / turbo.UPDATE / lowrank.FILE) for config in configs)
    assert_close(parts, whole, rtol=0, atol=0)


def test_a_teacher_of_eps_is_refused(make_random_pipe: Callable, tmp_path: Path) -> None:
    make_random_pipe(prediction_type="epsilon").save_pretrained(tmp_path / "teacher")
    config = small(tmp_path / "out", start_from=tmp_path / "teacher")
    with pytest.raises(ValueError, match="predicts epsilon; only models .* predict v"):
        train("turbo", config)


def test_the_teacher_s_schedule_is_kept(tiny_random_pipe: StableDiffusionPipeline) -> None:
    ours = turbo.make_scheduler(tiny_random_pipe)
    assert_close(ours.alphas_cumprod, tiny_random_pipe.scheduler.alphas_cumprod)
