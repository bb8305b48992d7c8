"""Figures of guidance: the curve's ends, the arrows, and where the paths go."""

from __future__ import annotations

import pytest
import torch

from helpers import plots


def test_the_curve_runs_from_noise_to_picture_with_the_range_of_the_seeds():
    moved = torch.tensor([[1.0, 0.8], [0.1, 0.2], [0.01, 0.01]])
    ax = plots.words_pull([999, 500, 100], moved)
    left, right = ax.get_xlim()
    assert left > right and ax.get_yscale() == "log"
    assert ax.lines[0].get_ydata() == pytest.approx([0.9, 0.15, 0.01])
    corners = ax.collections[0].get_paths()[0].vertices.tolist()
    for t, value in ((999, 1.0), (999, 0.8), (500, 0.1), (500, 0.2)):
        assert any(corner == pytest.approx([t, value]) for corner in corners)
    assert "range of 2 seeds" in [text.get_text() for text in ax.get_legend().get_texts()]


@pytest.mark.parametrize("moved", [torch.ones(2, 4), torch.ones(3)])
def test_the_curve_wants_a_row_for_each_time(moved):
    with pytest.raises(ValueError, match="moved must be .steps, runs. with 3 rows"):
        plots.words_pull([999, 500, 100], moved)


@pytest.fixture
def plane():
    data = torch.randn(30, 2, generator=torch.Generator().manual_seed(0))
    arrows = (torch.zeros(2), torch.tensor([1.0, 0.0]), torch.tensor([1.0, 0.5]))
    paths = {w: torch.linspace(0, 1, 6).view(3, 1, 2).expand(3, 4, 2) * w for w in (1, 2, 3)}
    return plots.guided_plane(data, data[:10], arrows, paths).figure


def test_the_guided_arrow_is_the_first_and_three_times_the_difference(plane):
    ends = [(list(note.xyann), list(note.xy)) for note in plane.axes[0].texts]
    assert ends[0] == ([0.0, 0.0], [1.0, 0.0]) and ends[1] == ([0.0, 0.0], [1.0, 0.5])
    assert ends[2] == ([1.0, 0.0], [1.0, 1.5]) and ends[3] == ([0.0, 0.0], [1.0, 1.5])


def test_each_scale_has_a_panel_with_its_paths_and_their_ends(plane):
    assert [ax.get_title() for ax in plane.axes[1:]] == ["w = 1", "w = 2", "w = 3"]
    for w, ax in zip((1, 2, 3), plane.axes[1:], strict=True):
        assert len(ax.lines) == 4
        assert ax.lines[0].get_xdata().tolist() == pytest.approx([0, 0.4 * w, 0.8 * w])
        assert ax.collections[-1].get_offsets()[0].tolist() == pytest.approx([0.8 * w, w])
