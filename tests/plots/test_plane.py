"""Figures of the plane: arrows point to the guess, ways pass through every x_t."""

from __future__ import annotations

from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.collections import LineCollection
from matplotlib.quiver import Quiver

from helpers import maths, plots, toy2d
from helpers.plots import plane

POINTS, LABELS = toy2d.pinwheel(30)
NOW = 0.36


def ideal(x_t, alpha_bar):
    return maths.ideal_denoiser(x_t, POINTS, alpha_bar)


def one(ax, kind):
    (found,) = [artist for artist in ax.collections if isinstance(artist, kind)]
    return found


def test_the_cloud_lies_where_the_mixture_has_it_by_label():
    ax = plots.point_cloud(POINTS, LABELS, NOW)
    for label, dots in enumerate(ax.collections):
        np.testing.assert_allclose(dots.get_offsets(), 0.6 * POINTS[LABELS == label], atol=1e-6)
    assert len({tuple(dots.get_facecolor()[0]) for dots in ax.collections}) == 3
    assert len({dots.get_paths()[0].vertices.shape for dots in ax.collections}) == 3  # shapes, too


def test_arrows_point_along_the_score_and_none_is_longer_than_allowed():
    at = torch.tensor([[2.0, 1.0], [-0.5, 0.3], [0.0, -2.4]])
    arrows = one(plots.arrow_field(ideal, NOW, at=at, longest=0.2), Quiver)
    eps = maths.predict_eps(at, ideal(at, NOW), NOW)
    score = -eps / (1 - NOW) ** 0.5
    drawn = torch.tensor(np.stack([arrows.U, arrows.V], axis=1))
    np.testing.assert_allclose(np.stack([arrows.X, arrows.Y], axis=1), at)
    assert torch.cosine_similarity(drawn, score.double()).min() > 0.9999
    assert drawn.norm(dim=1).max() <= 0.2


def test_a_field_without_locations_fills_the_plane_and_bears_no_way_at_all():
    arrows = one(plots.arrow_field(lambda x_t, alpha_bar: x_t / alpha_bar**0.5, NOW), Quiver)
    assert np.isfinite(arrows.U).all() and np.abs(arrows.U).max() < 1e-3  # nowhere to go
    assert arrows.X.min() == -arrows.X.max() > -plane.REACH


def test_runs_have_a_row_each_and_their_ways_end_at_the_moment():
    run = torch.arange(24.0).view(4, 3, 2) / 24
    moments = [(0, "first", 0.1), (2, "later", 0.5)]
    first = plots.plane_runs(ideal, POINTS, LABELS, {"a": run, "b": -run}, moments)
    axes = first.figure.axes
    assert [ax.get_title() for ax in axes] == ["first", "later", "", ""]
    assert [ax.get_ylabel() for ax in axes] == ["a", "", "b", ""]
    ways = [c for c in axes[1].collections if isinstance(c, LineCollection)]
    assert len(ways) == 3
    np.testing.assert_allclose(ways[1].get_segments()[-1], run[1:3, 1])
    np.testing.assert_allclose(axes[3].collections[-1].get_offsets()[0], -run[2, 2])
    assert not [s for c in axes[0].collections if isinstance(c, LineCollection)
                for s in c.get_segments()]  # fmt: skip


@pytest.mark.parametrize(
    "draw", [partial(plots.point_cloud, POINTS, LABELS), partial(plots.arrow_field, ideal, NOW)]
)
def test_drawing_on_given_axes_makes_no_new_figure(draw):
    _, ax = plt.subplots()
    assert draw(ax=ax) is ax
    assert plt.get_fignums() == [ax.figure.number]
