"""The three small networks: one velocity for all, kept and read back."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch.testing import assert_close

from helpers import flow, maths, rivals
from helpers.files import read_json
from helpers.loading import TINY

WIDTH = read_json(TINY / "text_encoder" / "config.json")["hidden_size"]
"""Numbers of a word's vector in the embedded model."""

SIZES = {
    "unet-diffusion": {"channels": [16, 16, 16], "words": 6},
    "unet-flow": {"channels": [16, 16, 16], "words": 6},
    "dit-flow": {"width": 16, "depth": 1, "words": 6},
}


def made(name: str) -> rivals.Rival:
    torch.manual_seed(0)
    rival = rivals.make(name, SIZES[name])
    for weight in rival.parameters():
        torch.nn.init.normal_(weight, std=0.1)
    return rival.eval().requires_grad_(False)


X = torch.randn(2, 4, 16, 16, generator=torch.Generator().manual_seed(1))
WORDS = torch.randn(2, 5, 6, generator=torch.Generator().manual_seed(2))


@pytest.mark.parametrize("name", rivals.RIVALS)
def test_each_answers_with_a_velocity(name):
    v = made(name)(X, torch.tensor([0.3, 0.8]), WORDS)
    assert v.shape == X.shape and v.dtype == torch.float32 and bool(v.isfinite().all())


def test_a_diffusion_s_answer_is_eps_less_x0():
    rival = made("unet-diffusion")
    t, alpha_bar = torch.tensor([0.6, 0.6]), float(flow.alpha_bar_of(0.6))
    diffused = X / flow.scale_of(alpha_bar)
    v = rival.answer(diffused, rival.timestep(t), WORDS)
    x0_hat = maths.x0_from_velocity(diffused, v, alpha_bar)
    eps_hat = maths.eps_from_velocity(diffused, v, alpha_bar)
    assert_close(rival(X, t, WORDS), eps_hat - x0_hat, atol=1e-4, rtol=1e-4)


def test_timesteps_are_those_of_the_same_noise():
    rival = made("unet-diffusion")
    alpha_bar = maths.alpha_bar(maths.scaled_linear_betas())
    steps = torch.tensor([0, 49, 500, 999])
    t = torch.as_tensor(flow.time_of(alpha_bar[steps])).float()
    assert_close(rival.timestep(t), steps.float(), atol=1e-2, rtol=0)
    assert rival.start == pytest.approx(float(t[-1]), abs=1e-6)
    assert made("unet-flow").start == 1.0


def test_guidance_goes_beyond_the_words():
    rival, t = made("dit-flow"), torch.tensor([0.5, 0.5])
    nothing = torch.zeros(1, 5, 6)
    field = rival.guided(WORDS, nothing, 3.0)
    u, c = rival(X, t, nothing.expand(2, 5, 6)), rival(X, t, WORDS)
    assert_close(field(X, t), u + 3 * (c - u), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", rivals.RIVALS)
def test_what_was_kept_comes_back_in_half_precision(name, tmp_path: Path):
    rival, t = made(name), torch.tensor([0.2, 0.7])
    rivals.save(rival, SIZES[name], tmp_path / f"{name}.safetensors")
    back = rivals.load(name, tmp_path)
    assert_close(back(X, t, WORDS), rival(X, t, WORDS), atol=2e-2, rtol=2e-2)
    assert not back.training and not any(w.requires_grad for w in back.parameters())


def test_an_unknown_name_is_refused(tmp_path: Path):
    with pytest.raises(ValueError, match="one of unet-diffusion, unet-flow, dit-flow, got 'gan'"):
        rivals.load("gan", tmp_path)


def test_a_missing_file_is_named_with_the_command_that_makes_it(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match="python -m helpers train dit-flow"):
        rivals.load("dit-flow", tmp_path)


@pytest.mark.parametrize("content", [b"", b"no weights"])
def test_a_damaged_file_is_named(content, tmp_path: Path):
    (tmp_path / "unet-flow.safetensors").write_bytes(content)
    with pytest.raises(ValueError, match="holds no unet-flow"):
        rivals.load("unet-flow", tmp_path)


def test_another_rival_s_file_is_refused(tmp_path: Path):
    rivals.save(made("dit-flow"), SIZES["dit-flow"], tmp_path / "unet-flow.safetensors")
    with pytest.raises(ValueError, match="holds no unet-flow"):
        rivals.load("unet-flow", tmp_path)


def test_the_two_architectures_are_alike_in_size_and_work():
    from torch.utils.flop_counter import FlopCounterMode

    from helpers.training import Sizes
    from helpers.training.rivals import sizes_of

    words, found = torch.zeros(1, rivals.PLACES, WIDTH), []
    for name in ("unet-flow", "dit-flow"):
        rival = rivals.make(name, sizes_of(name, Sizes(), WIDTH)).requires_grad_(False)
        with FlopCounterMode(display=False) as counted:
            rival(X[:1], torch.tensor([0.5]), words)
        size = sum(weight.numel() for weight in rival.parameters())
        found.append((size, counted.get_total_flops()))
    (size, work), (size2, work2) = found
    assert 1.4e6 < size < 1.6e6 and abs(size - size2) < 0.05 * size
    assert abs(work - work2) < 0.05 * work
