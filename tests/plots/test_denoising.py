"""Figures of lesson 02: what is drawn is what was given."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from helpers import maths, plots
from helpers.plots.denoising import GAP


def shades(*values: float) -> torch.Tensor:
    """Flat pictures, (N, 1, 4, 4), one of each shade."""
    return torch.tensor(values).view(-1, 1, 1, 1).expand(-1, 1, 4, 4)


def labels(ticks) -> list[str]:
    return [tick.get_text() for tick in ticks]


def test_digit_rows_put_every_picture_in_its_row_and_column():
    rows = {"first": shades(0.1, 0.2, 0.3), "second": shades(-0.1, -0.2, -0.3)}
    ax = plots.digit_rows(rows, ["a", "b", "c"])
    sheet = np.asarray(ax.images[0].get_array().filled(np.nan))
    assert sheet.shape == (2 * 4 + 2 * GAP, 3 * 4 + 2 * GAP)
    for column, place in enumerate(ax.get_xticks()):
        for row, height in enumerate(ax.get_yticks()):
            expected = (column + 1) / 10 * (-1) ** row
            assert sheet[int(height), int(place)] == pytest.approx(expected)
    assert np.isnan(sheet[4, 0]) and np.isnan(sheet[0, 4])  # gaps
    assert labels(ax.get_yticklabels()) == ["first", "second"]
    assert labels(ax.get_xticklabels()) == ["a", "b", "c"]


def test_digit_rows_draw_ink_dark_on_one_scale():
    ax = plots.digit_rows({"": shades(-1.0, 1.0)})
    image = ax.images[0]
    paper, ink = image.cmap(image.norm(-1.0)), image.cmap(image.norm(1.0))
    assert sum(paper[:3]) > 2.9 and sum(ink[:3]) < 0.1


def test_digit_rows_refuse_what_does_not_fit():
    with pytest.raises(ValueError, match=r"got rows of \[\] pictures"):
        plots.digit_rows({})
    with pytest.raises(ValueError, match=r"got rows of \[1, 2\] pictures"):
        plots.digit_rows({"a": shades(0), "b": shades(0, 1)})
    with pytest.raises(ValueError, match="got 1 labels for 2 columns"):
        plots.digit_rows({"a": shades(0, 1)}, ["x"])


def test_likely_digits_show_the_probabilities_in_order_and_the_mean_last():
    data = shades(-1.0, 0.0, 1.0)
    ax = plots.likely_digits(shades(0.3), data, 0.36, shown=2)
    weights = maths.data_posterior(shades(0.3), data, 0.36)[0]
    assert labels(ax.get_xticklabels())[2:4] == [
        f"{100 * weights[k]:.0f} %" for k in weights.argsort(descending=True)[:2]
    ]
    sheet = np.asarray(ax.images[0].get_array().filled(np.nan))
    assert sheet[0, 0] == pytest.approx(0.3) and np.isnan(sheet[0, 4 + GAP])
    assert sheet[0, -1] == pytest.approx(float(weights @ torch.tensor([-1.0, 0.0, 1.0])), abs=1e-5)


def test_a_tiny_probability_is_not_called_zero():
    ax = plots.likely_digits(shades(0.9), shades(-1.0, 1.0), 0.9, shown=2)
    assert labels(ax.get_xticklabels())[2:4] == ["100 %", "< 1 %"]


def test_level_curves_run_from_much_noise_to_little():
    curves = {"a": [1.0, 2.0], "b": [3.0, 4.0]}
    ax = plots.level_curves([100, 900], curves, label="error", log=True)
    assert ax.get_xlim() == (900, 100) and ax.get_yscale() == "log"
    assert [line.get_ydata().tolist() for line in ax.lines] == [[1, 2], [3, 4]]
    assert labels(ax.get_legend().get_texts()) == ["a", "b"] and ax.get_ylabel() == "error"
    first, second = ax.lines
    assert first.get_color() != second.get_color() and first.get_linestyle() != "--"
    assert second.get_linestyle() == "--"
    assert plots.level_curves([1, 2], curves, label="error").get_yscale() == "linear"


def test_loss_curve_is_a_mean_of_fifty_and_shows_its_marks():
    losses = [*[2.0] * 50, *[1.0] * 50]
    ax = plots.loss_curve(losses, {"best": 0.5})
    raw, mean, mark = ax.lines
    assert raw.get_ydata().tolist() == losses
    assert mean.get_ydata()[0] == pytest.approx(2) and mean.get_ydata()[-1] == pytest.approx(1)
    assert (mean.get_xdata()[0], mean.get_xdata()[-1]) == (49, 99)
    assert set(mark.get_ydata()) == {0.5}
    assert labels(ax.get_legend().get_texts()) == ["mean of 50 steps", "best"]
    low, high = ax.get_ylim()
    assert low == 0 and high > max(losses) and len(plots.loss_curve(losses).lines) == 2


def test_target_circle_places_x_t_and_v_as_the_formulas_say():
    ax = plots.target_circle(0.36)
    arrows = {text.get_text(): text for text in ax.texts}
    ends = [tuple(np.round(text.xy, 6)) for text in ax.texts if hasattr(text, "xy")]
    assert (0.6, 0.8) in ends and (1, 0) in ends and (0, 1) in ends
    start_of_v = [text.xyann for text in ax.texts if hasattr(text, "xy")][-1]
    direction = np.subtract(ends[-1], start_of_v)
    assert direction @ (0.6, 0.8) == pytest.approx(0, abs=1e-6)  # along the circle
    assert direction[1] > 0  # towards the noise
    assert {"$x_0$", r"$\epsilon$", "$x_t$", "$v$"} <= set(arrows)


@pytest.mark.parametrize(
    "draw",
    [
        lambda ax: plots.digit_rows({"a": shades(0, 1)}, ax=ax),
        lambda ax: plots.likely_digits(shades(0.3), shades(-1.0, 1.0), 0.4, shown=2, ax=ax),
        lambda ax: plots.level_curves([1, 2], {"a": [1, 2]}, label="x", ax=ax),
        lambda ax: plots.loss_curve([1.0] * 60, ax=ax),
        lambda ax: plots.target_circle(0.5, ax=ax),
    ],
)
def test_drawing_on_given_axes_makes_no_new_figure(draw):
    _, ax = plt.subplots()
    assert draw(ax) is ax
    assert plt.get_fignums() == [ax.figure.number]
