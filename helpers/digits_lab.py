"""A laboratory of 1,797 digits: small enough that a denoiser is trained while the class watches.

The network and its training stand on the page of lesson 02, where they can be read.

The digits are scikit-learn's: 8 x 8 pixels, of the test set of Alpaydin & Kaynak, "Optical
Recognition of Handwritten Digits", UCI Machine Learning Repository, 1998.
"""

from __future__ import annotations

import torch
from sklearn.datasets import load_digits
from torch import Tensor


def digits() -> Tensor:
    """All digits, (1797, 1, 8, 8), float32: -1 is paper, 1 is ink."""
    grey = torch.from_numpy(load_digits().images).float()  # (N, 8, 8), 0 ... 16
    return grey.unsqueeze(1) / 8 - 1  # (N, 1, 8, 8)


def blur(pictures: Tensor, width: float) -> Tensor:
    """Each pixel as a mean of all pixels, weighted with a Gaussian of their distance.

    Args:
        pictures: (B, C, H, W).
        width: standard deviation of the Gaussian, in pixels, > 0; 0.1 changes nothing yet.
    """
    down, across = (_gaussian_weights(size, width) for size in pictures.shape[-2:])
    return down @ pictures @ across.T  # columns, then rows


def _gaussian_weights(size: int, width: float) -> Tensor:
    """What each pixel of a line gives to each: (size, size), rows of sum 1, also at the edge."""
    place = torch.arange(size)
    distance = place[:, None] - place[None, :]
    return torch.softmax(-((distance / width) ** 2) / 2, dim=1)


def nearest(pictures: Tensor, data: Tensor) -> tuple[Tensor, Tensor]:
    """For each picture the most similar one of the data, and how far from it it is.

    Args:
        pictures: (B, C, H, W).
        data: where to search, (N, C, H, W).

    Returns:
        The found pictures, (B, C, H, W), and their distance, (B,): the root of the mean squared
        difference of a pixel.
    """
    distance, place = torch.cdist(pictures.flatten(1), data.flatten(1)).min(dim=1)
    return data[place], distance / data[0].numel() ** 0.5
