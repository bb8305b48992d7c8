"""Devices, precisions, generators, and borrowed evaluation mode."""

from __future__ import annotations

import os
import sys

import pytest
import torch
from torch import nn

from helpers import runtime


def test_auto_takes_the_card_only_if_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COURSE_DEVICE", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert runtime.pick_device() == torch.device("cpu")
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert runtime.pick_device() == torch.device("mps")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert runtime.pick_device("auto") == torch.device("cuda")


def test_the_environment_says_what_auto_means(monkeypatch: pytest.MonkeyPatch) -> None:
    assert os.environ["COURSE_DEVICE"] == "cpu"  # set for all tests, in the first conftest.py
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert runtime.pick_device() == torch.device("cpu")
    assert runtime.pick_device("cuda") == torch.device("cuda")
    for nothing in ("", "auto"):
        monkeypatch.setenv("COURSE_DEVICE", nothing)
        assert runtime.pick_device() == torch.device("cuda")


@pytest.mark.parametrize("wrong", ["gpu", "cuda:7"])
def test_a_wrong_device_in_the_environment_is_refused(wrong, monkeypatch) -> None:
    monkeypatch.setenv("COURSE_DEVICE", wrong)
    with pytest.raises(ValueError, match=f"COURSE_DEVICE={wrong}: .*unset this environment"):
        runtime.pick_device()
    assert runtime.pick_device("cpu") == torch.device("cpu")


def test_a_missing_device_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert runtime.pick_device("cuda:0") == torch.device("cuda:0")
    with pytest.raises(ValueError, match="this machine has no 'cuda:1'.*auto"):
        runtime.pick_device("cuda:1")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match="this machine has no 'cuda'"):
        runtime.pick_device("cuda")


def test_in_colab_a_missing_card_can_be_switched_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError) as elsewhere:
        runtime.pick_device("cuda")
    monkeypatch.setitem(sys.modules, "google.colab", object())
    with pytest.raises(ValueError, match="Change runtime type.*T4 GPU"):
        runtime.pick_device("cuda")
    assert "Colab" not in str(elsewhere.value)


def test_float32_is_borrowed_and_the_weights_come_back_exactly() -> None:
    layer = nn.Linear(3, 3).half()
    before = layer.weight.clone()
    with pytest.raises(KeyboardInterrupt), runtime.in_float32(layer):
        assert layer.weight.dtype == torch.float32
        raise KeyboardInterrupt
    assert layer.weight.dtype == torch.float16 and torch.equal(layer.weight, before)


@pytest.mark.parametrize("device", ["gpu", "", 3.5])
def test_an_unknown_device_is_refused(device: object) -> None:
    with pytest.raises(ValueError, match='there is no .*allowed are "auto", "cpu"'):
        runtime.pick_device(device)


def test_a_device_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="'meta' is not supported here"):
        runtime.pick_device("meta")


def test_half_precision_only_on_cuda() -> None:
    assert runtime.pick_dtype("auto", "cuda") == torch.float16
    assert runtime.pick_dtype("auto", "cpu") == torch.float32
    assert runtime.pick_dtype("bfloat16") == torch.bfloat16
    assert runtime.pick_dtype(torch.float16, "cpu") == torch.float16


@pytest.mark.parametrize("dtype", ["half", "int8", torch.int64, None])
def test_an_unknown_precision_is_refused(dtype: object) -> None:
    with pytest.raises(ValueError, match="dtype: got .*float32.*float16"):
        runtime.pick_dtype(dtype)


def test_each_picture_has_a_generator_of_its_own() -> None:
    together = [torch.randn(4, generator=generator) for generator in runtime.generators(range(3))]
    alone = torch.randn(4, generator=runtime.generators(2)[0])
    assert torch.equal(together[2], alone)
    assert not torch.equal(together[0], together[1])


@pytest.mark.parametrize("seeds", [1.0, "1", True, None, [0, 2.5]])
def test_a_seed_is_a_whole_number(seeds: object) -> None:
    with pytest.raises(TypeError, match="seed must be a whole number"):
        runtime.generators(seeds)


@pytest.mark.parametrize("seeds", [-1, [3, -4], 2**63])
def test_a_seed_has_bounds(seeds: object) -> None:
    with pytest.raises(ValueError, match=r"seed must lie in 0 \.\.\. 2\*\*63 - 1, got"):
        runtime.generators(seeds)


def test_no_seeds_at_all_are_refused() -> None:
    with pytest.raises(ValueError, match="list of seeds is empty"):
        runtime.generators([])


def test_eval_mode_gives_every_layer_its_own_mode_back() -> None:
    model = nn.Sequential(nn.Dropout(), nn.Sequential(nn.Dropout(), nn.Dropout()))
    model[1][0].eval()  # one layer frozen inside a model that trains
    before = [layer.training for layer in model.modules()]
    with pytest.raises(KeyboardInterrupt), runtime.eval_mode(model):
        assert not any(layer.training for layer in model.modules())
        raise KeyboardInterrupt
    assert (
        [layer.training for layer in model.modules()] == before == [True, True, True, False, True]
    )


def test_eval_mode_reaches_every_network_of_a_pipeline(tiny_random_pipe) -> None:
    parts = (tiny_random_pipe.unet, tiny_random_pipe.vae, tiny_random_pipe.text_encoder)
    try:
        for part in parts:
            part.train()
        with runtime.eval_mode(tiny_random_pipe):
            assert not any(part.training for part in parts)
        assert all(part.training for part in parts)
    finally:
        for part in parts:
            part.eval()
