"""Figures of the opened U-Net: what is drawn is what was given."""

from __future__ import annotations

import pytest
import torch
from matplotlib.patches import FancyBboxPatch
from PIL import Image

from helpers import plots, unet


@pytest.fixture(scope="module")
def stops():
    return unet.stops(unet.stable_diffusion())


def boxes(ax):
    return [patch for patch in ax.patches if isinstance(patch, FancyBboxPatch)]


def test_the_plan_has_a_box_a_stop_with_its_channels_from_left_to_right(stops):
    ax = plots.unet_map(stops)
    drawn = sorted(boxes(ax), key=lambda box: box.get_x())
    assert len(drawn) == len(stops)
    numbers = sorted(
        (t.get_position()[0], t.get_text()) for t in ax.texts if t.get_text().isdigit()
    )
    assert [text for _, text in numbers] == [str(stop.shape[0]) for stop in stops]
    heights = {box.get_height() for box in drawn}
    assert len(heights) == 4  # a level each
    assert max(box.get_y() for box in drawn) == drawn[0].get_y() == drawn[-1].get_y()


def test_the_plan_has_a_line_for_each_skip_and_its_sides(stops):
    ax = plots.unet_map(stops)
    flat = [line for line in ax.lines if len(line.get_xdata()) == 3]
    assert len(flat) == 12
    assert {"64 × 64", "32 × 32", "16 × 16", "8 × 8"} <= {text.get_text() for text in ax.texts}
    for one in flat:  # no two lines of one height cross the same ground
        same = [o for o in flat if o is not one and o.get_ydata()[-1] == one.get_ydata()[-1]]
        assert not same
    with pytest.raises(ValueError, match="stops is empty"):
        plots.unet_map([])


def test_boxes_of_the_plan_do_not_overlap(stops):
    drawn = sorted(boxes(plots.unet_map(stops)), key=lambda box: box.get_x())
    for left, right in zip(drawn, drawn[1:], strict=False):
        assert left.get_x() + left.get_width() < right.get_x()


def test_the_kernel_figure_tells_the_sum():
    patch, kernel = torch.arange(9.0).view(3, 3), torch.eye(3)
    words = [text.get_text() for text in plots.kernel_by_hand(patch, kernel).texts]
    assert "12" in words and words.count("8") == 2  # 0 + 4 + 8
    with pytest.raises(ValueError, match="3 x 3 numbers are drawn"):
        plots.kernel_by_hand(torch.ones(2, 2), kernel)


def test_maps_share_one_scale():
    ax = plots.heat_maps({"a": torch.ones(3, 3), "b": 4 * torch.ones(2, 2)}, label="x")
    images = [inner.get_images()[0] for inner in ax.child_axes if inner.get_images()]
    assert [tuple(image.get_clim()) for image in images] == [(0, 4), (0, 4)]
    signed = plots.heat_maps({"a": torch.tensor([[-3.0, 1.0]])}, signed=True)
    assert tuple(signed.child_axes[0].get_images()[0].get_clim()) == (-3, 3)
    powers = plots.heat_maps({"a": torch.tensor([[0.0, 10.0]])}, orders=3)
    assert tuple(powers.child_axes[0].get_images()[0].get_clim()) == pytest.approx((0.01, 10))
    with pytest.raises(ValueError, match="maps is empty"):
        plots.heat_maps({})


def test_time_goes_downwards():
    codes = torch.linspace(-1, 1, 12).view(3, 4)
    image = plots.time_waves(codes, [0, 10, 20]).get_images()[0]
    assert image.get_extent()[2:] == [20, 0]
    assert torch.equal(torch.as_tensor(image.get_array()), codes)


def test_a_square_marks_the_location_that_looks():
    heat = torch.zeros(4, 4)
    shown = plots.looked_at(Image.new("RGB", (64, 64)), heat, (1, 2))
    assert shown.getpixel((32, 20)) == (255, 255, 255)  # its left side
    assert shown.getpixel((40, 24)) != (255, 255, 255)


def test_damage_shows_mean_and_range_of_each_row():
    errors = {"whole": {9: torch.tensor([0.1, 0.3])}, "cut": {9: torch.tensor([0.5, 0.6, 1.0])}}
    (panel,) = plots.damage(errors, intact="whole").child_axes
    ranges = [list(line.get_xdata()) for line in panel.lines if line.get_linewidth() == 3]
    dots = [line.get_xdata()[0] for line in panel.lines if line.get_marker() == "o"]
    assert ranges[1] == pytest.approx([0.5, 1.0])
    assert dots == pytest.approx([0.2, 0.7])
    assert panel.lines[0].get_xdata()[0] == pytest.approx(0.2)


def test_bars_of_costs_reach_the_whole():
    costs = {"a": {"x": (3, 1), "y": (1, 1)}, "b": {"x": (1, 0), "y": (1, 2)}}
    ax = plots.cost_bars(costs)
    widths = [[bar.get_width() for bar in group] for group in ax.containers]
    assert widths == [[0.75, 0.5, 0.5, 0.0], [0.25, 0.5, 0.5, 1.0]]
    assert [label.get_text() for label in ax.get_yticklabels()][0] == "a,\nparameters"


def test_like_features_get_like_colours():
    features = torch.randn(2, 6, 4, 4, generator=torch.Generator().manual_seed(0))
    features[:, :, :2] += 20  # the upper half is of another kind
    sheet = plots.feature_colours(features, side=40)
    assert sheet.size == (2 * 40 + plots.runs.GAP, 40)
    top, bottom = sheet.getpixel((5, 5)), sheet.getpixel((5, 35))
    near = sheet.getpixel((35, 5))
    far = abs(top[0] - bottom[0])
    assert far > 100 and abs(top[0] - near[0]) < far / 2
