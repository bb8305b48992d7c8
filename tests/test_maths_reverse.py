"""The way back: DDPM's posterior and step, and the ideal denoiser of a finite data set."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
import torch
from diffusers import DDIMScheduler, DDPMScheduler
from torch import Tensor
from torch.testing import assert_close

from helpers import maths

SETTINGS = {
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "clip_sample": False,
    "timestep_spacing": "trailing",
}


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def some_noise(x_t: Tensor) -> Tensor:
    """Stands for a network: depends on x_t, and is no multiple of it."""
    return torch.tanh(x_t) + 0.1 * x_t.roll(1, dims=-1)


@pytest.mark.parametrize("steps", [10, 50, 1000])
def test_a_run_of_ddpm_steps_equals_diffusers_given_the_same_noise(steps: int) -> None:
    theirs = DDPMScheduler(**SETTINGS)
    theirs.set_timesteps(steps)
    theirs.alphas_cumprod = theirs.alphas_cumprod.double()
    theirs.one = theirs.one.double()
    levels = [*theirs.alphas_cumprod[theirs.timesteps], theirs.one]
    ours = other = random(2, 1, 8, 8)
    mine, its = (torch.Generator().manual_seed(4) for _ in range(2))
    for t, (now, after) in zip(theirs.timesteps, pairwise(levels), strict=True):
        last = int(t) == 0  # diffusers draws no noise there
        fresh = torch.randn(ours.shape, generator=mine, dtype=ours.dtype) if not last else ours * 0
        ours = maths.ddpm_step(ours, some_noise(ours), now, after, fresh)
        other = theirs.step(some_noise(other), t, other, generator=its).prev_sample
        assert_close(ours, other, rtol=1e-6, atol=1e-6)


def test_a_run_of_ddim_steps_equals_diffusers() -> None:
    theirs = DDIMScheduler(**SETTINGS)
    theirs.set_timesteps(50)
    theirs.alphas_cumprod = theirs.alphas_cumprod.double()
    levels = [*theirs.alphas_cumprod[theirs.timesteps], theirs.final_alpha_cumprod.double()]
    ours = other = random(2, 1, 8, 8)
    for t, (now, after) in zip(theirs.timesteps, pairwise(levels), strict=True):
        ours = maths.ddim_step(ours, some_noise(ours), now, after)
        other = theirs.step(some_noise(other), t, other).prev_sample
        assert_close(ours, other, rtol=1e-9, atol=1e-9)


def test_posterior_is_the_product_of_the_two_normal_distributions() -> None:
    """q(x_prev | x_t, x0) ~ q(x_t | x_prev) q(x_prev | x0): precisions add, as Bayes says."""
    now, after, x0, x_t = 0.36, 0.64, 1.3, -0.4
    alpha = now / after
    precision = alpha / (1 - alpha) + 1 / (1 - after)
    mean = (math.sqrt(alpha) * x_t / (1 - alpha) + math.sqrt(after) * x0 / (1 - after)) / precision
    assert maths.posterior_variance(now, after) == pytest.approx(1 / precision)
    assert maths.posterior_mean(x_t, x0, now, after) == pytest.approx(mean)


def test_old_and_fresh_noise_add_up_to_what_the_level_holds() -> None:
    now, after = 0.36, 0.64
    kept = maths.ddpm_step(maths.noise(now), 1.0, now, after, 0.0)  # x0 = 0: only noise is left
    fresh = maths.posterior_variance(now, after)
    assert kept**2 + fresh == pytest.approx(1 - after)


def test_the_last_step_adds_no_noise() -> None:
    assert maths.posterior_variance(0.98, 1.0) == 0
    x0, eps = random(2, 1, 1, 8, 8)
    x_t = maths.add_noise(x0, eps, 0.98)
    assert_close(maths.ddpm_step(x_t, eps, 0.98, 1.0, random(1, 1, 8, 8, seed=2)), x0)


def test_ideal_denoiser_of_two_values_is_a_tanh() -> None:
    """For the data -1 and 1, Bayes gives tanh(sqrt(alpha_bar) x_t / (1 - alpha_bar))."""
    data, x_t = torch.tensor([[-1.0], [1.0]]), torch.linspace(-2, 2, 9).view(-1, 1)
    for alpha_bar in (0.05, 0.36, 0.9):
        expected = torch.tanh(alpha_bar**0.5 * x_t / (1 - alpha_bar))
        assert_close(maths.ideal_denoiser(x_t, data, alpha_bar), expected)


def test_no_linear_change_of_the_ideal_denoiser_has_a_smaller_error() -> None:
    """The posterior mean is the best guess: moved or stretched, it is worse on average."""
    data, generator = random(20, 3), torch.Generator().manual_seed(1)
    x0 = data[torch.randint(20, (4000,), generator=generator)]
    x_t = maths.add_noise(x0, random(4000, 3, seed=2), 0.5)
    guess = maths.ideal_denoiser(x_t, data, 0.5)
    least = (guess - x0).pow(2).mean()
    for worse in (guess + 0.1, guess - 0.1, 1.1 * guess, 0.9 * guess, 0.9 * guess + 0.1 * x_t):
        assert (worse - x0).pow(2).mean() > least


def test_ideal_denoiser_between_no_noise_and_all_noise() -> None:
    data = random(30, 1, 8, 8).float()
    x_t = maths.add_noise(data[:5], random(5, 1, 8, 8, seed=1).float(), 0.9999)
    assert_close(maths.ideal_denoiser(x_t, data, 0.9999), data[:5])  # weights of exp(-10^5) too
    mean = data.mean(dim=0, keepdim=True).expand(5, -1, -1, -1)
    assert_close(maths.ideal_denoiser(x_t, data, 1e-12), mean, rtol=1e-3, atol=1e-3)


def test_shares_are_probabilities_and_follow_the_distance() -> None:
    data = random(30, 1, 8, 8)
    x_t = maths.add_noise(data[:4], random(4, 1, 8, 8, seed=1), 0.4)
    shares = maths.data_posterior(x_t, data, 0.4)
    assert_close(shares.sum(dim=1), torch.ones(4, dtype=shares.dtype))
    differences = x_t[:, None] - 0.4**0.5 * data[None]
    squares = differences.flatten(2).pow(2).sum(dim=2)  # (4, 30)
    density = torch.exp(-squares / (2 * 0.6))
    assert_close(shares, density / density.sum(dim=1, keepdim=True))


def test_each_picture_may_have_its_own_level() -> None:
    data, x_t = random(30, 1, 8, 8), random(3, 1, 8, 8, seed=1)
    levels = torch.tensor([0.9, 0.5, 0.01], dtype=torch.float64)
    together = maths.ideal_denoiser(x_t, data, levels.view(3, 1, 1, 1))
    for k, level in enumerate(levels):
        assert_close(together[[k]], maths.ideal_denoiser(x_t[[k]], data, float(level)))
