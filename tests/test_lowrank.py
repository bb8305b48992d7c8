"""Low-rank updates: no change at first, then W + B A, and the same out of a file."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torch.testing import assert_close

from helpers import lowrank


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(4, 6, 3, padding=1), nn.GroupNorm(2, 6), nn.Conv2d(6, 4, 1))


def trained(rank: int = 3) -> nn.Sequential:
    """With updates that are not zero any more."""
    made = network()
    lowrank.add_low_rank(made, rank)
    for name, weight in made.named_parameters():
        if name.endswith("up"):
            nn.init.normal_(weight)
    return made


def test_an_update_begins_as_no_change_and_is_all_that_is_trained() -> None:
    plain, made = network(), network()
    lowrank.add_low_rank(made, 3)
    x = torch.randn(2, 4, 5, 5)
    assert torch.equal(made(x), plain(x))
    names = {name.rsplit(".", 1)[-1] for name, w in made.named_parameters() if w.requires_grad}
    assert names == {"up", "down"}
    made(x).sum().backward()
    assert made[0].parametrizations.weight.original.grad is None
    assert made[0].parametrizations.weight[0].up.grad.abs().sum() > 0


def test_merged_it_is_the_trained_network() -> None:
    made, plain = trained(), network()
    lowrank.merge(plain, lowrank.low_rank_tensors(made))
    x = torch.randn(2, 4, 5, 5)
    assert_close(plain(x), made(x), rtol=5e-3, atol=5e-3)  # the file is in half precision
    assert not torch.allclose(plain(x), network()(x), rtol=0.1, atol=0.1)
    a, b = (made[0].parametrizations.weight[0].get_parameter(name) for name in ("down", "up"))
    expected = network()[0].weight + (b @ a).view(6, 4, 3, 3)
    assert_close(plain[0].weight, expected, rtol=5e-3, atol=5e-3)


def test_an_update_of_another_network_changes_nothing() -> None:
    plain, tensors = network(), lowrank.low_rank_tensors(trained())
    before = {name: value.clone() for name, value in plain.state_dict().items()}
    for wrong, told in (
        (tensors | {"unet.7.lora_A.weight": torch.ones(3, 4)}, "unet.7.lora_A.weight fits no"),
        ({k: v for k, v in tensors.items() if k != "unet.2.lora_A.weight"}, "do not fit .* 2"),
        (tensors | {"unet.2.lora_A.weight": torch.ones(3, 5, 1, 1)}, "do not fit .* 2"),
    ):
        with pytest.raises(ValueError, match=told):
            lowrank.merge(plain, wrong)
        assert_close(dict(plain.state_dict()), before, rtol=0, atol=0)


def test_a_rank_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="rank must be 1 or more, got 0"):
        lowrank.add_low_rank(network(), 0)


def test_diffusers_reads_the_file_as_its_own(make_random_pipe: Callable, tmp_path) -> None:
    pytest.importorskip("peft")
    theirs, ours, made = (make_random_pipe() for _ in range(3))
    lowrank.add_low_rank(made.unet, 4)
    for name, weight in made.unet.named_parameters():
        if name.endswith("up"):
            nn.init.normal_(weight, std=0.05)
    tensors = lowrank.low_rank_tensors(made.unet)
    save_file(tensors, tmp_path / lowrank.FILE)
    theirs.load_lora_weights(str(tmp_path))
    theirs.fuse_lora()
    lowrank.merge(ours.unet, tensors)
    x, words = torch.randn(1, 4, 4, 4), torch.randn(1, 77, 32)
    answers = [pipe.unet(x, 500, words).sample for pipe in (theirs, ours, make_random_pipe())]
    assert_close(answers[0], answers[1], rtol=1e-4, atol=1e-4)
    assert not torch.allclose(answers[1], answers[2], rtol=0.01, atol=0.01)
