"""Figures of lesson 04: what is drawn is what was measured; the MP4 plays what the GIF plays."""

from __future__ import annotations

import io

import imageio.v3 as iio
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from PIL import Image

from helpers import plots
from helpers.metrics import radial_power
from helpers.sampling import generate


@pytest.fixture(scope="module")
def run(tiny_random_pipe):
    return generate(tiny_random_pipe, "a lake", steps=3, progress=False)


def plain(colour: str) -> Image.Image:
    return Image.new("RGB", (16, 16), colour)


def coloured_run() -> plots.Frames:
    """Six steps, their `x_t` brighter and brighter red; the finished picture is blue."""
    noisy = tuple(plain(f"rgb({40 * k}, 0, 0)") for k in range(6))
    times, shares = (900, 700, 500, 300, 100, 50), (0.1, 0.3, 0.5, 0.7, 0.9, 0.95)
    return plots.Frames(times, shares, noisy, noisy, plain("blue"))


def drawn(ax) -> dict[str, np.ndarray]:
    """Label of a line -> the heights of its points."""
    return {line.get_label(): np.asarray(line.get_ydata()) for line in ax.lines}


def test_video_is_h264_that_browsers_play():
    film = plots.video(coloured_run(), side=32, seconds=3)
    told = iio.immeta(film, plugin="FFMPEG", extension=".mp4")
    assert told["codec"] == "h264" and told["pix_fmt"].startswith("yuv420p")
    assert told["duration"] == pytest.approx(3, abs=0.1)
    assert film.index(b"moov") < film.index(b"mdat")  # it can start before all is loaded


def test_video_has_one_frame_a_step_then_the_finished_picture_for_a_third():
    film = iio.imread(plots.video(coloured_run(), side=32), plugin="FFMPEG", extension=".mp4")
    assert film.shape == (9, 32, 2 * 32 + 6, 3)  # 6 steps and 3 of the end; nothing is stretched
    left = film[:, 16, 16].astype(int)
    assert (np.diff(left[:6, 0]) > 15).all()  # redder at every step
    assert (left[6:, 2] > 150).all() and (left[6:, 0] < 80).all()


def test_video_is_smaller_than_the_gif_of_a_noisy_run():
    noise = np.random.default_rng(0).integers(0, 255, (20, 64, 64, 3), dtype=np.uint8)
    pictures = tuple(map(Image.fromarray, noise))
    film = plots.Frames(tuple(range(20)), (0.5,) * 20, pictures, pictures, pictures[0])
    assert len(plots.video(film, side=64)) < len(plots.animation(film, side=64))


def test_video_of_an_odd_height_is_refused():
    with pytest.raises(ValueError, match="side must be even, got 33; try 34"):
        plots.video(coloured_run(), side=33)


def test_films_refuse_what_is_no_film():
    run = coloured_run()
    for make in (plots.video, plots.animation):
        for seconds in (-1, 0, float("nan"), float("inf"), 1e9, 1e-320, 10**400):
            with pytest.raises(ValueError, match=r"seconds must lie in 0.1 \.\.\. 600, got "):
                make(run, seconds=seconds)
        for side in (0, -2, 10**9):
            with pytest.raises(ValueError, match=r"side must lie in 2 \.\.\. 2048 pixels, got"):
                make(run, side=side)
        with pytest.raises(TypeError, match="seconds must be a number, got '4'"):
            make(run, seconds="4")
        with pytest.raises(TypeError, match="side must be a whole number, got 16.0"):
            make(run, side=16.0)


@pytest.mark.parametrize("size", [(16, 8), (8, 16), (9, 16)])
def test_films_keep_pictures_in_proportion(size):
    width = round(32 * size[0] / size[1])
    pages = (Image.new("RGB", size, "red"),)
    run = plots.Frames((900,), (0.5,), pages, pages, pages[0])  # one frame
    film = iio.imread(plots.video(run, side=32), plugin="FFMPEG", extension=".mp4")
    assert film.shape == (2, 32, 2 * width + 6, 3)
    film = iio.imread(plots.animation(run, side=32), extension=".gif", index=None)
    assert film.shape[1:] == (32, 2 * width + 6, 3)


def test_film_strip_labels_the_middle_of_pictures_that_are_not_square():
    pages = (Image.new("RGB", (40, 10)),) * 2
    ax = plots.film_strip(plots.Frames((9, 1), (0.1, 0.9), pages, pages, pages[0]))
    assert ax.get_yticks().tolist() == [4.5, 20.5] and ax.get_xticks().tolist() == [19.5, 65.5]


def test_step_page_shows_both_pictures_their_spectra_and_the_level_of_the_noise(run):
    step = run.records[1]
    chart = plots.step_page(step, plain("red"), plain("lime"))
    shown = [ax.images[0].get_array()[0, 0].tolist() for ax in chart.figure.axes[:2]]
    assert shown == [[255, 0, 0], [0, 255, 0]]
    canvas, guess, level = (line.get_ydata() for line in chart.lines)
    np.testing.assert_allclose(canvas, radial_power(step.x_t))
    np.testing.assert_allclose(guess, radial_power(step.x0_hat))
    np.testing.assert_allclose(level, 1 - step.alpha_bar)


def test_parting_counts_steps_from_one():
    ax = plots.parting({"coarse": [0.5, 0.9, 1.0], "fine": [0.1, 0.3, 1.0]})
    assert list(ax.lines[0].get_xdata()) == [1, 2, 3]
    assert drawn(ax)["fine"].tolist() == [0.1, 0.3, 1.0]


def test_settling_draws_means_ranges_and_a_baseline_of_the_same_colour():
    bands = {"coarse": [[0.4, 0.6], [0.9, 0.9]], "fine": [[0.1, 0.3], [0.5, 0.9]]}
    ax = plots.settling(bands, {"coarse": 0.45, "fine": 0.15})
    lines = {line.get_label(): line for line in ax.lines}
    assert list(lines["coarse"].get_xdata()) == [1, 2]  # steps are counted from one
    assert lines["fine"].get_ydata().tolist() == pytest.approx([0.2, 0.7])
    dashed = {line.get_color(): line.get_ydata()[0] for line in ax.lines
              if line.get_linestyle() == "--" and len(line.get_xdata())}  # fmt: skip
    assert dashed == {lines["coarse"].get_color(): 0.45, lines["fine"].get_color(): 0.15}
    heights = ax.collections[1].get_paths()[0].vertices[:, 1]
    assert (heights.min(), heights.max()) == (0.1, 0.9)


def test_survival_draws_means_ranges_and_both_levels():
    kept = {"noise": {0: [0.1, 0.3], 8: [0.8, 1.0]}, "words": {0: [0.4], 8: [1.0]}}
    ax = plots.survival(kept, unrelated=[0.2, 0.4])
    lines = drawn(ax)
    assert lines["noise"].tolist() == pytest.approx([0.2, 0.9])
    assert lines["words"].tolist() == [0.4, 1.0]
    assert lines["two seeds, mean"].tolist() == pytest.approx([0.3, 0.3])
    assert set(lines["fixed: 0.9"]) == {0.9}
    assert ax.get_xticks().tolist() == [0, 8]  # where it was measured
    heights = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert (heights.min(), heights.max()) == (0.1, 1.0)


def test_convergence_has_a_line_for_each_run_and_both_laws():
    ddim = {20: [0.1, 0.2], 5: [0.4, 0.8], 10: [0.3, 0.4]}
    ax = plots.convergence({"ddim": ddim, "dpm++": {5: [0.2], 10: [0.1], 20: [0.05]}})
    lines = [(list(x.get_xdata()), np.asarray(x.get_ydata()).tolist()) for x in ax.lines]
    assert lines[:2] == [([5, 10, 20], [0.4, 0.3, 0.1]), ([5, 10, 20], [0.8, 0.4, 0.2])]
    first, second = (line.get_ydata() for line in ax.lines[-2:])
    np.testing.assert_allclose(first, [0.6, 0.3, 0.15])  # from the median of ddim's first points
    np.testing.assert_allclose(second, [0.6, 0.15, 0.0375])
    assert ax.get_xscale() == ax.get_yscale() == "log"


def test_straight_steps_draw_the_path_and_every_walk():
    path = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
    ax = plots.straight_steps(path, {"two": path[[0, 2]], "one": path[:2]})
    lines = {line.get_label(): line.get_xydata().tolist() for line in ax.lines}
    assert lines["the path"] == path.tolist()
    assert lines["two"] == [[1, 0], [-1, 0]] and lines["one"] == [[1, 0], [0, 1]]
    assert {text.get_text() for text in ax.texts} == {"noise", "picture"}


def test_wave_sum_adds_the_waves_on_one_scale_of_grey():
    one, other = torch.full((4, 4), 0.5), torch.eye(4)
    chart = plots.wave_sum({"a": one, "b": other}, [0.0, 3.0])
    images = [ax.images[0] for ax in chart.figure.axes[:3]]
    np.testing.assert_allclose(images[2].get_array(), one + other)
    assert {image.get_clim() for image in images} == {(-1.5, 1.5)}
    assert [bar.get_height() for bar in chart.patches] == [0, 3]
    plt.close(chart.figure)


def test_distance_table_writes_every_number_readably():
    ax = plots.distance_table(["a", "b c"], [[0.0, 1.04], [1.04, 0.0]])
    words = {(round(t.get_position()[1]), round(t.get_position()[0])): t for t in ax.texts}
    assert words[0, 1].get_text() == "1.04" and words[1, 1].get_text() == "0.00"
    assert words[0, 1].get_color() != words[0, 0].get_color()  # light on dark, dark on light
    assert [label.get_text() for label in ax.get_xticklabels()] == ["a", "b\nc"]


def test_paths_start_with_a_ring_and_end_with_a_picture():
    generator = torch.Generator().manual_seed(0)
    one, two = torch.randn(2, 4, 2, generator=generator)
    two[0] = one[0]
    ax = plots.paths({"one": one, "two": two}, {"one": plain("red"), "two": plain("lime")})
    lines = {line.get_label(): line.get_xydata() for line in ax.lines if len(line.get_xdata()) > 1}
    np.testing.assert_allclose(lines["one"], one)
    np.testing.assert_allclose(lines["two"], two)
    rings = [line.get_xydata()[0] for line in ax.lines if len(line.get_xdata()) == 1]
    np.testing.assert_allclose(rings, [one[0], one[0]])
    boxes = [artist for artist in ax.artists if hasattr(artist, "offsetbox")]
    np.testing.assert_allclose([box.xy for box in boxes], [one[3], two[3]], rtol=1e-5)


@pytest.mark.parametrize(
    "draw",
    [
        lambda ax: plots.settling({"a": [[0.1], [0.2]]}, {"a": 0.1}, ax=ax),
        lambda ax: plots.survival({"a": {0: [0.1]}}, unrelated=[0.3], ax=ax),
        lambda ax: plots.convergence({"a": {5: [0.1]}}, ax=ax),
        lambda ax: plots.distance_table(["a"], [[0.5]], ax=ax),
        lambda ax: plots.parting({"a": [0.1]}, ax=ax),
        lambda ax: plots.paths({"a": torch.rand(3, 2)}, ax=ax),
        lambda ax: plots.straight_steps(torch.rand(3, 2), {"a": torch.rand(2, 2)}, ax=ax),
    ],
)
def test_drawing_on_given_axes_makes_no_new_figure(draw):
    _, ax = plt.subplots()
    assert draw(ax) is ax
    assert plt.get_fignums() == [ax.figure.number]


def test_a_page_is_a_light_picture_on_its_own_background(run):
    mime, data = plots.encode(plots.step_page(run.records[0], plain("red"), plain("lime")))
    page = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    assert mime in ("image/png", "image/jpeg") and page[0, 0].min() > 240
