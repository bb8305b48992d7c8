"""Figures of the latents: what is drawn is what came in."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from PIL import Image

from helpers import plots
from helpers.plots.latents import ERRORS
from helpers.plots.runs import GAP


def plain(colour: str) -> Image.Image:
    return Image.new("RGB", (32, 32), colour)


def sheet(ax) -> np.ndarray:
    return np.asarray(ax.images[0].get_array())


def words(ax) -> list[str]:
    return [text.get_text() for text in ax.texts]


def test_bottleneck_is_drawn_to_scale_with_numbers_counted():
    latents = torch.arange(4.0).view(4, 1, 1).expand(4, 4, 4) - 1
    ax = plots.bottleneck(plain("red"), latents, plain("blue"))
    widths = [image.get_extent()[1] - image.get_extent()[0] for image in ax.images]
    assert widths == [32, 32, 4, 4, 4, 4]  # picture, rebuilt, four channels
    assert [float(image.get_array().mean()) for image in ax.images[2:]] == [-1, 0, 1, 2]
    assert "3 × 32 × 32\n= 3,072 numbers" in words(ax)
    assert "4 × 4 × 4\n= 64 numbers" in words(ax)


def test_channel_maps_share_one_scale():
    latents = torch.arange(3.0).view(3, 1, 1).expand(3, 4, 4)
    ax = plots.channel_maps(plain("red"), latents)
    assert [float(image.get_array().mean()) for image in ax.images[1:]] == [0, 1, 2]
    assert {image.get_clim() for image in ax.images[1:]} == {(-3.0, 3.0)}
    labels = [label.get_text() for label in ax.get_xticklabels()]
    assert labels == ["picture", "channel 0", "channel 1", "channel 2"]


def test_bell_curves_tell_the_divergence():
    ax = plots.bell_curves([(0, 1), (1, 0.5)])
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["N(0, 1)", "μ = 0, σ = 1: KL = 0.00", "μ = 1, σ = 0.5: KL = 0.82"]
    for line in ax.lines:
        x, y = line.get_data()
        assert np.trapezoid(y, x) == pytest.approx(1, abs=1e-3)


def test_latent_histogram_tells_the_standard_deviations():
    values = torch.randn(10_000, generator=torch.Generator().manual_seed(0))
    ax = plots.latent_histogram({"raw": 4 * values, "scaled": values})
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["N(0, 1)", "raw: std 4.0", "scaled: std 1.0"]


def test_picture_rows_keep_rows_columns_and_names():
    rows = {"one": [plain("red"), plain("lime")], "two": [plain("blue"), plain("white")]}
    ax = plots.picture_rows(rows, ["a", "b"])
    drawn, second = sheet(ax), 32 + GAP + 16
    assert tuple(drawn[16, 16]) == (255, 0, 0) and tuple(drawn[16, second]) == (0, 255, 0)
    assert tuple(drawn[second, 16]) == (0, 0, 255) and tuple(drawn[second, second]) == (255,) * 3
    assert [label.get_text() for label in ax.get_xticklabels()] == ["a", "b"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["one", "two"]


def test_picture_rows_of_other_lengths_are_refused():
    with pytest.raises(ValueError, match="row 'one' has 1 pictures, but there are 2 columns"):
        plots.picture_rows({"one": [plain("red")]}, ["a", "b"])


def test_error_maps_are_black_where_the_copy_is_right():
    images = torch.full((2, 3, 16, 16), 0.5)
    rebuilt = images.clone()
    rebuilt[1, :, :, 8:] += 0.1  # half of the second picture is off by 0.1
    ax = plots.error_maps(images, rebuilt, ["same", "half"])
    assert [label.get_text() for label in ax.get_xticklabels()] == ["same\n100 dB", "half\n23 dB"]
    errors = sheet(ax)[-16:]
    assert not errors[:, :16].any() and not errors[:, 16 + GAP : 24 + GAP].any()
    assert tuple(errors[8, -1]) == tuple(ERRORS(0.25, bytes=True)[:3])  # 0.1 of 0.4


def test_touched_frames_the_patch_and_shows_the_change():
    after = plain("red")
    after.paste("blue", (8, 16, 16, 24))  # row 2, column 1 of patches of 8 x 8
    ax = plots.touched(plain("red"), after, (2, 1))
    change = sheet(ax)[:, -32:]
    assert change[16:24, 8:16].min() > 200
    assert change.sum() == change[16:24, 8:16].sum()
    corners = {frame.get_xy() for frame in ax.patches}
    assert corners == {(k * (32 + GAP) + 7.5, 15.5) for k in range(3)}


def test_touched_copes_with_no_change():
    assert not sheet(plots.touched(plain("red"), plain("red"), (0, 0)))[:, -32:].any()


def test_mixture_strength_draws_each_line():
    ax = plots.mixture_strength([0, 0.5, 1], {"line": [1, 0.7, 1], "circle": [1, 1, 1]})
    assert [line.get_label() for line in ax.lines] == ["line", "circle"]
    assert list(ax.lines[0].get_ydata()) == [1, 0.7, 1]


def test_figures_are_drawn_on_given_axes():
    _, ax = plt.subplots()
    assert plots.bell_curves([(0, 1)], ax=ax) is ax
    assert plots.picture_rows({"": [plain("red")]}, ["a"], ax=ax) is ax
