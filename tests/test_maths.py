"""The formulas against diffusers, against published numbers and against each other."""

from __future__ import annotations

import pytest
import torch
from diffusers import DDIMScheduler
from torch.testing import assert_close

from helpers import maths

LEVELS = (0.999, 0.5, 0.0047)


@pytest.fixture
def pair() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    x0, eps = torch.randn(2, 3, 4, 8, 8, generator=generator, dtype=torch.float64)
    return x0, eps


@pytest.fixture
def ddim() -> DDIMScheduler:
    return DDIMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        clip_sample=False,
        set_alpha_to_one=False,
    )


def test_schedules_are_those_of_diffusers(ddim: DDIMScheduler) -> None:
    ours = maths.alpha_bar(maths.scaled_linear_betas())
    assert_close(ours.float(), ddim.alphas_cumprod, rtol=1e-4, atol=0)
    linear = maths.alpha_bar(maths.linear_betas())
    assert_close(linear.float(), DDIMScheduler().alphas_cumprod, rtol=1e-4, atol=0)


def test_last_step_keeps_the_published_share_of_signal() -> None:
    """Lin et al. 2023, arXiv 2305.08891, table 1."""
    linear = maths.alpha_bar(maths.linear_betas())[-1]
    stable_diffusion = maths.alpha_bar(maths.scaled_linear_betas())[-1]
    assert float(maths.snr(linear)) == pytest.approx(4.035993e-05, rel=1e-4)
    assert float(maths.snr(stable_diffusion)) == pytest.approx(0.004682, rel=1e-3)
    assert float(maths.signal(stable_diffusion)) == pytest.approx(0.068265, rel=1e-4)
    assert float(maths.sigma(stable_diffusion)) == pytest.approx(14.6146, rel=1e-4)


@pytest.mark.parametrize("betas", [torch.tensor([0.1, 0.0]), torch.tensor([0.1, 1.0])])
def test_alpha_bar_refuses_what_is_no_variance(betas: torch.Tensor) -> None:
    with pytest.raises(ValueError, match=r"betas must lie in \(0, 1\)"):
        maths.alpha_bar(betas)


def test_alpha_bar_is_many_small_steps_in_one() -> None:
    """Noising t times by hand leaves the mean and the variance that alpha_bar says."""
    betas = maths.linear_betas(50, end=0.2)
    mean, variance = 1.0, 0.0
    for beta in betas.tolist():
        mean, variance = mean * (1 - beta) ** 0.5, variance * (1 - beta) + beta
    last = float(maths.alpha_bar(betas)[-1])
    assert maths.signal(last) == pytest.approx(mean)
    assert maths.noise(last) ** 2 == pytest.approx(variance)


@pytest.mark.parametrize("alpha_bar", LEVELS)
def test_every_prediction_leads_back(alpha_bar: float, pair: tuple) -> None:
    x0, eps = pair
    x_t = maths.add_noise(x0, eps, alpha_bar)
    v = maths.velocity(x0, eps, alpha_bar)
    assert_close(maths.predict_x0(x_t, eps, alpha_bar), x0)
    assert_close(maths.predict_eps(x_t, x0, alpha_bar), eps)
    assert_close(maths.x0_from_velocity(x_t, v, alpha_bar), x0)
    assert_close(maths.eps_from_velocity(x_t, v, alpha_bar), eps)


@pytest.mark.parametrize("t", [0, 400, 999])
def test_mixing_equals_diffusers(t: int, pair: tuple, ddim: DDIMScheduler) -> None:
    x0, eps = pair
    level, times = float(ddim.alphas_cumprod[t].double()), torch.full((3,), t)
    ddim.alphas_cumprod = ddim.alphas_cumprod.double()
    assert_close(maths.add_noise(x0, eps, level), ddim.add_noise(x0, eps, times))
    assert_close(maths.velocity(x0, eps, level), ddim.get_velocity(x0, eps, times))


def test_ddim_step_equals_diffusers(pair: tuple, ddim: DDIMScheduler) -> None:
    x_t, eps = pair
    ddim.set_timesteps(10)
    t, t_prev = (int(t) for t in ddim.timesteps[3:5])
    ours = maths.ddim_step(
        x_t, eps, ddim.alphas_cumprod[t].double(), ddim.alphas_cumprod[t_prev].double()
    )
    ddim.alphas_cumprod = ddim.alphas_cumprod.double()
    assert_close(ours, ddim.step(eps, t, x_t).prev_sample)


def test_guidance_scales(pair: tuple) -> None:
    uncond, cond = pair
    assert_close(maths.guide(uncond, cond, 0.0), uncond, rtol=0, atol=0)
    assert_close(maths.guide(uncond, cond, 1.0), cond)
    assert_close(maths.guide(uncond, cond, 7.5), 7.5 * cond - 6.5 * uncond)


def test_each_picture_may_have_its_own_level(pair: tuple) -> None:
    x0, eps = pair
    mixed = maths.add_noise(x0, eps, torch.tensor(LEVELS).view(3, 1, 1, 1))
    for k, level in enumerate(torch.tensor(LEVELS)):
        assert_close(mixed[k], maths.add_noise(x0[k], eps[k], level))


def test_arguments_stay_as_they_are(pair: tuple) -> None:
    x0, eps = pair
    before = x0.clone(), eps.clone()
    maths.add_noise(x0, eps, 0.3)
    maths.predict_x0(x0, eps, 0.3)
    maths.velocity(x0, eps, 0.3)
    maths.guide(x0, eps, 3.0)
    assert torch.equal(x0, before[0]) and torch.equal(eps, before[1])


@pytest.mark.parametrize("steps", [10, 1000])
def test_cosine_schedule_is_that_of_diffusers(steps: int) -> None:
    theirs = DDIMScheduler(num_train_timesteps=steps, beta_schedule="squaredcos_cap_v2").betas
    assert_close(maths.cosine_betas(steps).float(), theirs, rtol=1e-5, atol=0)
    assert float(maths.cosine_betas(steps).max()) == 0.999


def test_last_step_of_the_cosine_schedule_is_the_published_one() -> None:
    """Lin et al. 2023, arXiv 2305.08891, table 1."""
    last = maths.alpha_bar(maths.cosine_betas())[-1]
    assert float(maths.snr(last)) == pytest.approx(2.428735e-09, rel=1e-4)
    assert float(maths.signal(last)) == pytest.approx(4.928220e-05, rel=1e-4)


def test_one_noise_step_by_hand() -> None:
    assert maths.noise_step(1.0, 1.0, 0.19) == pytest.approx(0.9 + 0.19**0.5)
    assert maths.noise_step(1.0, 0.0, 0.36) == pytest.approx(0.8)


def test_a_loop_of_noise_steps_is_one_step_with_its_noises_weighted(pair: tuple) -> None:
    """x_t = sqrt(ab_t) x0 + sum over s of sqrt(beta_s ab_t / ab_s) eps_s: DDPM eq. 2, unrolled."""
    x0, _ = pair
    betas = maths.scaled_linear_betas(100, end=0.1)
    alpha_bars = maths.alpha_bar(betas)
    noises = torch.randn(100, *x0.shape, dtype=x0.dtype, generator=torch.Generator().manual_seed(1))
    x = x0
    for beta, eps in zip(betas, noises, strict=True):
        x = maths.noise_step(x, eps, beta)
    weights = (betas * alpha_bars[-1] / alpha_bars).sqrt()
    eps = torch.einsum("t,tbchw->bchw", weights, noises) / maths.noise(alpha_bars[-1])
    assert_close(maths.add_noise(x0, eps, alpha_bars[-1]), x)
    assert float((weights**2).sum()) == pytest.approx(float(1 - alpha_bars[-1]))


def test_a_batch_at_different_timesteps_equals_diffusers(pair: tuple, ddim: DDIMScheduler) -> None:
    x0, eps = pair
    t = torch.tensor([0, 400, 999])
    ddim.alphas_cumprod = ddim.alphas_cumprod.double()
    ours = maths.add_noise_at(x0, eps, t, ddim.alphas_cumprod)
    assert_close(ours, ddim.add_noise(x0, eps, t))
