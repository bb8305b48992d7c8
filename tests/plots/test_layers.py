"""The figure of a VAE's layers: what is drawn is what came in, to scale."""

from __future__ import annotations

import matplotlib.pyplot as plt
import torch

from helpers import plots


def stages(*shapes: tuple[int, int]) -> dict[str, torch.Tensor]:
    """Layers of (channels, side), whose maps vary the more the later they stand."""
    return {
        str(k): torch.linspace(-1, 1, side * side).view(1, 1, side, side)
        * torch.arange(1, channels + 1).view(1, -1, 1, 1)
        / channels
        for k, (channels, side) in enumerate(shapes)
    }


def shapes(ax) -> list[str]:
    return [text.get_text() for text in ax.texts if "×" in text.get_text()]


def test_hourglass_goes_down_and_comes_back_below():
    ax = plots.hourglass(stages((3, 32), (8, 16), (2, 4)), stages((2, 4), (8, 16), (3, 32)))
    down = ["3 ×\n32 × 32", "8 ×\n16 × 16", "2 ×\n4 × 4"]
    assert shapes(ax) == [*down, *down]
    sides = [image.get_extent()[1] - image.get_extent()[0] for image in ax.images]
    assert sides == [32, 16, 16, 16, 4, 4] * 2  # a picture, three maps of eight, two of two


def test_hourglass_draws_layers_of_one_shape_once():
    ax = plots.hourglass(stages((3, 32), (8, 16), (8, 16), (8, 16), (2, 4)), stages((2, 4)))
    assert len(shapes(ax)) == 3 + 1


def test_hourglass_draws_the_maps_that_vary_most_from_their_lowest_to_their_highest():
    ax = plots.hourglass(stages((8, 16)), stages((8, 16)))
    highest = sorted(float(image.get_array().max()) for image in ax.images[:3])
    assert highest == [6 / 8, 7 / 8, 1]
    assert all(image.get_clim()[1] == image.get_array().max() for image in ax.images)


def test_hourglass_is_drawn_on_given_axes():
    _, ax = plt.subplots()
    assert plots.hourglass(stages((3, 8)), stages((3, 8)), ax=ax) is ax
