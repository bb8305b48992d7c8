"""The points of the plane: what a data set of variance 1 has to be."""

from __future__ import annotations

import pytest
import torch
from torch.testing import assert_close

from helpers import maths, toy2d


def test_points_have_mean_0_and_variance_1_and_three_equal_arms():
    points, labels = toy2d.pinwheel()
    assert points.shape == (210, 2) and points.dtype == torch.float32
    assert_close(points.mean(dim=0), torch.zeros(2), rtol=0, atol=1e-6)
    assert_close(points.var(dim=0, correction=0), torch.ones(2))
    assert labels.bincount().tolist() == [70, 70, 70]


def test_arms_stand_apart():
    """The nearest neighbour of every point is of its own arm."""
    points, labels = toy2d.pinwheel()
    distance = torch.cdist(points, points).fill_diagonal_(torch.inf)
    assert torch.equal(labels[distance.argmin(dim=1)], labels)


def test_a_seed_gives_the_same_points_again():
    assert torch.equal(toy2d.pinwheel(9)[0], toy2d.pinwheel(9)[0])
    assert not torch.equal(toy2d.pinwheel(9)[0], toy2d.pinwheel(9, seed=1)[0])


@pytest.mark.parametrize("count", [0, 2, 100])
def test_arms_must_be_equally_long(count):
    with pytest.raises(ValueError, match=f"count is {count}; give a multiple of 3"):
        toy2d.pinwheel(count)


LEVELS = torch.linspace(0.01, 1, 40, dtype=torch.float64) ** 2


def test_a_walk_ends_near_the_points_and_ddim_depends_on_its_start_alone():
    points, _ = toy2d.pinwheel(30)
    start = torch.randn(20, 2, generator=torch.Generator().manual_seed(0))
    smooth = toy2d.walk(start, points, LEVELS)
    fresh = [toy2d.walk(start, points, LEVELS, torch.Generator().manual_seed(k)) for k in (1, 1, 2)]
    for run in (smooth, *fresh):
        assert run.shape == (40, 20, 2) and torch.equal(run[0], start)
        assert torch.cdist(run[-1], points).amin(dim=1).max() < 0.5
    assert torch.equal(smooth, toy2d.walk(start, points, LEVELS))
    assert torch.equal(fresh[0], fresh[1]) and not torch.allclose(fresh[0], fresh[2], atol=0.1)


def test_a_walk_takes_the_steps_of_maths():
    points, _ = toy2d.pinwheel(30)
    now, after = LEVELS[10], LEVELS[11]
    x_t = torch.randn(5, 2, generator=torch.Generator().manual_seed(3))
    eps = maths.predict_eps(x_t, maths.ideal_denoiser(x_t, points, now), now)
    by_ddim = toy2d.walk(x_t, points, LEVELS[10:12])[-1]
    assert_close(by_ddim, maths.ddim_step(x_t, eps, now, after))
    drawn = torch.randn(5, 2, generator=torch.Generator().manual_seed(7))
    by_ddpm = toy2d.walk(x_t, points, LEVELS[10:12], torch.Generator().manual_seed(7))[-1]
    assert_close(by_ddpm, maths.ddpm_step(x_t, eps, now, after, drawn))
