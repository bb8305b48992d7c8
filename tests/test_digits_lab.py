"""The laboratory of digits: data, blur, search."""

from __future__ import annotations

import pytest
import torch
from scipy.ndimage import gaussian_filter
from sklearn.datasets import load_digits
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
