"""Muon and AdamW in one optimiser, held against torch's own two."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from helpers.training.optimizer import MuonAdamW, orthogonal, parameter_groups


def weight(*shape: int) -> nn.Parameter:
    generator = torch.Generator().manual_seed(0)
    return nn.Parameter(torch.randn(shape, generator=generator))


def trained(optimizer: torch.optim.Optimizer, parameter: nn.Parameter) -> torch.Tensor:
    """The parameter after five steps with the same random gradients."""
    generator = torch.Generator().manual_seed(1)
    for _ in range(5):
        parameter.grad = torch.randn(parameter.shape, generator=generator)
        optimizer.step()
    return parameter.detach()


@pytest.mark.parametrize("shape", [(16, 40), (40, 16)])
def test_muon_is_torchs_muon(shape: tuple[int, int]) -> None:
    mine, theirs = weight(*shape), weight(*shape)
    ours = MuonAdamW([{"params": [mine], "muon": True}], lr=0.01, weight_decay=0.1)
    reference = torch.optim.Muon(
        [theirs], lr=0.01, weight_decay=0.1, adjust_lr_fn="match_rms_adamw"
    )
    # both multiply in bfloat16, in another order
    torch.testing.assert_close(trained(ours, mine), trained(reference, theirs), rtol=0, atol=2e-3)


def test_the_rest_is_torchs_adamw() -> None:
    mine, theirs = weight(7), weight(7)
    ours = MuonAdamW([{"params": [mine], "muon": False}], lr=0.01, weight_decay=0.1)
    reference = torch.optim.AdamW([theirs], lr=0.01, weight_decay=0.1, betas=(0.9, 0.99))
    torch.testing.assert_close(trained(ours, mine), trained(reference, theirs), rtol=0, atol=1e-6)


def test_a_kernel_is_one_matrix_with_a_row_for_each_output() -> None:
    kernel, matrix = weight(8, 12, 3, 3), weight(8, 12 * 9)
    both = (
        trained(MuonAdamW([{"params": [p], "muon": True}], 0.01, dtype=torch.float32), p)
        for p in (kernel, matrix)
    )
    first, second = both
    torch.testing.assert_close(first, second.view_as(first), rtol=0, atol=1e-6)


@pytest.mark.parametrize("shape", [(20, 50), (50, 20), (20, 20)])
def test_singular_values_come_out_near_one(shape: tuple[int, int]) -> None:
    made = orthogonal(weight(*shape).detach())
    values = torch.linalg.svdvals(made)
    assert made.shape == shape
    assert 0.3 < values.min() and values.max() < 1.3


def test_a_gradient_of_zeros_moves_nothing() -> None:
    assert orthogonal(torch.zeros(8, 8)).abs().max() == 0


def test_wide_layers_take_muon_and_all_else_takes_adamw() -> None:
    model = nn.ModuleDict(
        {
            "first": nn.Conv2d(3, 16, 3),
            "middle": nn.Conv2d(16, 16, 3),
            "words": nn.Embedding(100, 16),
            "linear": nn.Linear(16, 16),
            "norm": nn.GroupNorm(4, 16),
            "frozen": nn.Linear(16, 16).requires_grad_(False),
            "last": nn.Conv2d(16, 3, 3),
        }
    )
    names = {id(p): name for name, p in model.named_parameters()}
    groups = parameter_groups(model, slow=model["linear"].parameters())
    found = {
        (group["muon"], group["slow"]): sorted(names[id(p)] for p in group["params"])
        for group in groups
    }
    assert found == {
        (True, False): ["middle.weight"],
        (True, True): ["linear.weight"],
        (False, True): ["linear.bias"],
        (False, False): sorted(
            ["first.weight", "first.bias", "middle.bias", "words.weight", "norm.weight"]
            + ["norm.bias", "last.weight", "last.bias"]
        ),
    }


def test_slow_layers_take_smaller_steps() -> None:
    """The rate that the loop gives a group is the rate of its step."""
    moved = []
    for rate in (0.01, 0.003):
        parameter = weight(16, 16)
        before = parameter.detach().clone()
        optimizer = MuonAdamW([{"params": [parameter], "muon": True, "lr": rate}], lr=1.0)
        parameter.grad = weight(16, 16).detach()
        optimizer.step()
        moved.append((parameter - before).norm().item())
    assert moved[1] / moved[0] == pytest.approx(0.3, rel=1e-3)
