"""Straight lines: a flow's formulas, the library's own step, a diffusion by other names."""

from __future__ import annotations

import pytest
import torch
from diffusers import FlowMatchEulerDiscreteScheduler
from torch.testing import assert_close

from helpers import flow, maths


def drawn(seed: int, *shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


X0, EPS = drawn(0, 3, 4, 2, 2), drawn(1, 3, 4, 2, 2)


def test_the_line_ends_at_data_and_at_noise_and_the_velocity_leads_along_it():
    assert_close(flow.mix(X0, EPS, 0.0), X0)
    assert_close(flow.mix(X0, EPS, 1.0), EPS)
    v = flow.velocity(X0, EPS)
    assert_close(flow.step(flow.mix(X0, EPS, 0.7), v, 0.7, 0.2), flow.mix(X0, EPS, 0.2))
    x0_hat, eps_hat = flow.ends(flow.mix(X0, EPS, 0.3), v, 0.3)
    assert_close(x0_hat, X0)
    assert_close(eps_hat, EPS)


def test_a_run_is_that_of_the_library_s_scheduler():
    def field(x, t):
        return x.sin() + t.view(-1, 1, 1, 1)

    scheduler = FlowMatchEulerDiscreteScheduler()
    scheduler.set_timesteps(sigmas=[1 - k / 5 for k in range(5)])
    x = EPS
    for t, sigma in zip(scheduler.timesteps, scheduler.sigmas, strict=False):
        x = scheduler.step(field(x, sigma.expand(3)), t, x).prev_sample
    path = flow.run(field, EPS, flow.times(5))
    assert path.shape == (6, 3, 4, 2, 2)
    assert_close(path[0], EPS)
    assert_close(path[-1], x, atol=1e-5, rtol=1e-5)


def test_times_fall_evenly_from_the_start_to_zero():
    assert flow.times(4).tolist() == [1.0, 0.75, 0.5, 0.25, 0.0]
    assert flow.times(2, 0.9).tolist() == [0.9, 0.45, 0.0]


@pytest.mark.parametrize(
    ("steps", "start", "message"),
    [(0, 1.0, "steps must be 1 or more, got 0"), (3, 1.5, r"start must lie in \(0, 1\]"),
     (3, 0.0, "where 1 is pure noise, got 0")],
)  # fmt: skip
def test_times_outside_their_range_are_refused(steps, start, message):
    with pytest.raises(ValueError, match=message):
        flow.times(steps, start)


def test_a_straight_path_at_even_speed_has_no_bend():
    moments = torch.tensor([1.0, 0.6, 0.1, 0.0])
    straight = torch.stack([flow.mix(X0, EPS, float(t)) for t in moments])
    assert flow.bend(straight, moments) == pytest.approx(0, abs=1e-10)
    uneven = straight[[0, 1, 1, 3]]
    assert flow.bend(uneven, moments) > 0.01


def test_the_bend_of_a_corner_by_hand():
    """Half the time along one axis, half along the other: off (1, -1) and (-1, 1) of (1, 1)."""
    corner = torch.tensor([[[0.0, 0.0]], [[1.0, 0.0]], [[1.0, 1.0]]])
    assert flow.bend(corner, torch.tensor([1.0, 0.5, 0.0])) == pytest.approx(1.0)


@pytest.mark.parametrize("alpha_bar", [0.0047, 0.36, 0.9991])
def test_a_diffusion_s_mixture_lies_on_the_line_at_the_same_noise_level(alpha_bar):
    x_t = maths.add_noise(X0, EPS, alpha_bar)
    t = flow.time_of(alpha_bar)
    assert_close(x_t * flow.scale_of(alpha_bar), flow.mix(X0, EPS, t))
    assert flow.alpha_bar_of(t) == pytest.approx(alpha_bar)
    assert t / (1 - t) == pytest.approx(maths.sigma(alpha_bar))


def test_a_ddim_step_is_an_euler_step():
    now, later = 0.2, 0.6
    x_t, eps_hat = maths.add_noise(X0, EPS, now), EPS + 0.1 * X0.sin()
    x0_hat = maths.predict_x0(x_t, eps_hat, now)
    stepped = flow.step(
        x_t * flow.scale_of(now), eps_hat - x0_hat, flow.time_of(now), flow.time_of(later)
    )
    assert_close(stepped, maths.ddim_step(x_t, eps_hat, now, later) * flow.scale_of(later))
