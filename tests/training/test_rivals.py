"""The rivals' training: losses against oracles, the same work for all, and what a run leaves."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch.testing import assert_close

from helpers import flow, maths, rivals
from helpers.training import train
from helpers.training.latents import CaptionedLatents
from helpers.training.rivals import EnglishLatents, RivalLoss, sizes_of

from ..test_rivals import WIDTH
from .conftest import small

TOKENS = torch.zeros(4, 77, dtype=torch.long)


class Words(torch.nn.Module):
    """Stands in for a text encoder; notes how many places it was asked for."""

    places = 0

    def forward(self, input_ids: torch.Tensor) -> tuple[torch.Tensor]:
        self.places = input_ids.shape[1]
        return (torch.zeros(*input_ids.shape, 8),)


class Oracle(rivals.Rival):
    """Answers what it is told to, and notes the timesteps."""

    def __init__(self, name: str, right: torch.Tensor) -> None:
        super().__init__(name, torch.nn.Linear(1, 1))
        self.right = right

    def answer(self, x: torch.Tensor, timestep: torch.Tensor, words: torch.Tensor) -> torch.Tensor:
        self.seen, self.timestep_seen = x, timestep
        return self.right


def drawn(seed: int) -> torch.Tensor:
    return torch.randn(4, 4, 16, 16, generator=torch.Generator().manual_seed(seed))


X0, EPS, SHARE = drawn(0), drawn(1), torch.tensor([0.1, 0.4, 0.6, 0.95])


@pytest.mark.parametrize("name", ["unet-flow", "dit-flow"])
def test_the_exact_direction_of_a_flow_has_no_error(name: str) -> None:
    text = Words()
    loss = RivalLoss(Oracle(name, EPS - X0), text, 1.0)
    assert_close(loss.errors(X0, EPS, SHARE, TOKENS), torch.zeros(4))
    assert_close(loss.rival.seen, flow.mix(X0, EPS, SHARE.view(-1, 1, 1, 1)))
    assert_close(loss.rival.timestep_seen, 1000 * SHARE)
    assert text.places == rivals.PLACES
    off = RivalLoss(Oracle(name, EPS - X0 + 2), text, 1.0)
    assert_close(off.errors(X0, EPS, SHARE, TOKENS), torch.full((4,), 4.0))


def test_the_exact_velocity_of_a_diffusion_has_no_error_and_weights_are_bounded() -> None:
    t = (SHARE * 1000).long()
    alpha_bar = maths.alpha_bar(maths.scaled_linear_betas()).float()[t].view(-1, 1, 1, 1)
    right = maths.velocity(X0, EPS, alpha_bar)
    loss = RivalLoss(Oracle("unet-diffusion", right), Words(), 1.0)
    assert_close(loss.errors(X0, EPS, SHARE, TOKENS), torch.zeros(4))
    off = RivalLoss(Oracle("unet-diffusion", right + 1), Words(), 1.0)
    errors = off.errors(X0, EPS, SHARE, TOKENS)
    noise = 1 - float(alpha_bar[0])  # 1 / (SNR + 1)
    assert_close(errors, torch.tensor([5 * noise, 1.0, 1.0, 1.0]))


def test_what_one_sees_the_others_see(tmp_path: Path) -> None:
    """Same latents, noise and share of the way at the same step."""
    batch = {"mean": X0, "std": torch.ones(4, 4, 16, 16), "tokens": TOKENS}
    seen = []
    for name in ("unet-flow", "dit-flow"):
        loss = RivalLoss(Oracle(name, X0), Words(), 0.5)
        torch.manual_seed(3)
        loss(batch, 0.0)
        seen.append((loss.rival.seen, loss.rival.timestep_seen))
    assert torch.equal(seen[0][0], seen[1][0]) and torch.equal(seen[0][1], seen[1][1])


def test_captions_are_english_and_some_are_empty() -> None:
    class Named(EnglishLatents):
        def __init__(self) -> None:
            self.plain = list(range(1, 31))

    texts = [Named()._captioned(k % 30, k)[1] for k in range(200)]
    assert all(text.isascii() for text in texts) and 5 < texts.count("") < 40
    assert issubclass(EnglishLatents, CaptionedLatents)


@pytest.mark.parametrize("name", rivals.RIVALS)
def test_a_run_leaves_weights_that_load_and_a_sheet(name: str, tmp_path: Path) -> None:
    config = small(tmp_path / name)
    facts = train(name, config)[name]
    assert facts["step"] == 3 and (tmp_path / name / f"{name}.png").is_file()
    rival = rivals.load(name, tmp_path / name)
    expected = rivals.make(name, sizes_of(name, config.sizes, WIDTH))
    shapes = {key: t.shape for key, t in expected.network.state_dict().items()}
    assert {key: t.shape for key, t in rival.network.state_dict().items()} == shapes
    assert (tmp_path / name / "training.json").is_file()
