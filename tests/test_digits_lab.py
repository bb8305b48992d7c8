"""The laboratory of digits: data, blur, search, the small network and its training."""

from __future__ import annotations

import pytest
import torch
from scipy.ndimage import gaussian_filter
from sklearn.datasets import load_digits
from torch.nn.functional import mse_loss
from torch.testing import assert_close

from helpers import digits_lab


@pytest.fixture(scope="module")
def digits():
    return digits_lab.digits()


def test_digits_are_those_of_scikit_learn_with_dark_ink(digits):
    assert digits.shape == (1797, 1, 8, 8) and digits.dtype == torch.float32
    assert (digits.min(), digits.max()) == (-1, 1)
    assert ((digits[5, 0] + 1) * 8).tolist() == load_digits().images[5].tolist()


def test_blur_is_the_gaussian_filter_of_scipy_away_from_the_edge():
    pictures = torch.zeros(2, 1, 15, 17)
    pictures[0, 0, 6:9, 8] = torch.tensor([1.0, -2.0, 0.5])
    expected = torch.from_numpy(gaussian_filter(pictures.numpy(), (0, 0, 1, 1), truncate=6))
    assert_close(digits_lab.blur(pictures, 1.0), expected, rtol=0, atol=1e-6)


def test_blur_leaves_a_flat_picture_and_a_narrow_one_changes_nothing(digits):
    flat = torch.full((1, 1, 5, 8), 0.3)
    assert_close(digits_lab.blur(flat, 2.0), flat)
    assert_close(digits_lab.blur(digits, 0.1), digits)
    assert_close(
        digits_lab.blur(digits[:3], 1e3), digits[:3].mean((2, 3), keepdim=True).expand(3, 1, 8, 8)
    )


def test_nearest_finds_the_picture_and_measures_a_pixel(digits):
    found, distance = digits_lab.nearest(digits[[3, 8]] + 0.05, digits)
    assert torch.equal(found, digits[[3, 8]])
    assert_close(distance, torch.full((2,), 0.05), rtol=1e-2, atol=0)


def test_network_is_told_the_level_of_each_picture():
    torch.manual_seed(0)
    network = digits_lab.DigitDenoiser(width=16)
    x_t = torch.randn(1, 1, 8, 8).repeat(2, 1, 1, 1)
    levels = torch.tensor([0.9, 0.1]).view(2, 1, 1, 1)
    v = network(x_t, levels)
    assert v.shape == x_t.shape
    assert not torch.allclose(v[0], v[1], atol=1e-3)
    assert_close(v[0], network(x_t[:1], 0.9)[0])
    assert_close(v[0], network(x_t[:1], torch.tensor(0.9, dtype=torch.float64))[0])


def copy_loss(network, x0, generator):
    return mse_loss(network(x0, 0.5), x0)


def test_training_makes_the_loss_small_and_repeats_itself(digits):
    runs = []
    for _ in range(2):
        torch.manual_seed(0)
        network = digits_lab.DigitDenoiser(width=32, blocks=1)
        runs.append(list(digits_lab.train(network, digits, copy_loss, steps=60)))
    assert len(runs[0]) == 60 and sum(runs[0][-10:]) < 0.5 * sum(runs[0][:10])
    assert runs[0] == runs[1]


def test_training_can_be_watched_between_its_steps(digits):
    network = digits_lab.DigitDenoiser(width=8, blocks=1)
    before = network.enter.weight.clone()
    steps = digits_lab.train(network, digits, copy_loss, steps=5)
    assert torch.equal(network.enter.weight, before)  # nothing happens until the first is asked for
    next(steps)
    assert not torch.equal(network.enter.weight, before)


def test_the_loss_is_given_64_pictures_and_the_seeded_generator(digits):
    heard = []

    def loss(network, x0, generator):
        heard.append((x0, torch.randn(1, generator=generator).item()))
        return copy_loss(network, x0, generator)

    for seed in (1, 1, 2):
        list(digits_lab.train(digits_lab.DigitDenoiser(8, 1), digits, loss, steps=2, seed=seed))
    assert all(x0.shape == (64, 1, 8, 8) for x0, _ in heard)
    assert torch.equal(heard[0][0], heard[2][0]) and heard[0][1] == heard[2][1]
    assert heard[0][1] != heard[4][1] and heard[0][1] != heard[1][1]
