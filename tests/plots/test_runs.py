"""Figures: what is drawn is what was recorded, and nothing is left behind."""

from __future__ import annotations

import base64
import io
import json

import imageio.v3 as iio
import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from helpers import plots
from helpers.decoding import decode, to_pil
from helpers.plots import alt
from helpers.plots.diagram import FLOWS, PARTS
from helpers.plots.runs import GAP
from helpers.sampling import generate


@pytest.fixture(scope="module")
def trajectory(tiny_random_pipe):
    return generate(tiny_random_pipe, ["a lake", "a river"], steps=3, seed=[1, 2], progress=False)


@pytest.fixture(scope="module")
def run(tiny_random_pipe, trajectory):
    return plots.frames(tiny_random_pipe, trajectory, picture=1)


def plain(colour: str) -> Image.Image:
    return Image.new("RGB", (16, 16), colour)


def coloured_run() -> plots.Frames:
    """Five steps whose pictures can be told apart by their colour."""
    noisy = tuple(plain(f"rgb({40 * k}, 0, 0)") for k in range(5))
    clean = tuple(plain(f"rgb(0, {40 * k}, 0)") for k in range(5))
    times, alpha_bars = (900, 700, 500, 300, 100), (0.1, 0.3, 0.5, 0.7, 0.9)
    return plots.Frames(times, alpha_bars, noisy, clean, plain("blue"))


def pixels(ax) -> np.ndarray:
    return np.asarray(ax.images[0].get_array())


def test_frames_are_the_recorded_steps_of_the_chosen_picture(tiny_random_pipe, trajectory, run):
    assert len(run) == len(run.noisy) == len(run.clean) == 3
    assert run.times == tuple(round(step.t) for step in trajectory)
    assert run.alpha_bars == tuple(step.alpha_bar for step in trajectory)
    step = trajectory.records[1]
    for shown, latents in ((run.noisy[1], step.x_t), (run.clean[1], step.x0_hat)):
        assert shown == to_pil(decode(tiny_random_pipe, latents[1]))[0]
        assert shown != to_pil(decode(tiny_random_pipe, latents[0]))[0]
    assert run.final == to_pil(trajectory.images)[1]


@pytest.mark.parametrize("picture", [2, -1])
def test_frames_of_a_picture_that_is_not_there(tiny_random_pipe, trajectory, picture):
    with pytest.raises(IndexError, match=f"picture must lie in 0 ... 1 here, got {picture}"):
        plots.frames(tiny_random_pipe, trajectory, picture=picture)


def test_film_strip_shows_first_and_last_step_noisy_above_clean():
    ax = plots.film_strip(coloured_run(), columns=3)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["t = 900", "t = 500", "t = 100"]
    sheet = pixels(ax)
    assert sheet.shape == (2 * 16 + GAP, 3 * 16 + 2 * GAP, 3)
    columns = [8, 8 + 16 + GAP, 8 + 2 * (16 + GAP)]
    assert [tuple(sheet[8, x]) for x in columns] == [(0, 0, 0), (80, 0, 0), (160, 0, 0)]
    assert [tuple(sheet[-8, x]) for x in columns] == [(0, 0, 0), (0, 80, 0), (0, 160, 0)]


def test_film_strip_has_no_more_columns_than_steps():
    assert len(plots.film_strip(coloured_run(), columns=20).get_xticks()) == 5


@pytest.mark.parametrize("columns", ["3", 2.5, None, True])
@pytest.mark.parametrize("name", ["film_strip", "picture_grid", "word_sheet"])
def test_columns_that_are_no_number(name, columns):
    content = [coloured_run()] if name == "film_strip" else [[plain("red")], ["a"]]
    message = f"^{name}: columns must be a whole number, got {columns!r}"
    with pytest.raises(TypeError, match=message):
        getattr(plots, name)(*content, columns=columns)


def test_a_sheet_without_pictures_is_refused():
    with pytest.raises(ValueError, match="^word_sheet: images is empty; give at least one picture"):
        plots.word_sheet([], [])


@pytest.mark.parametrize("columns", [0, -3])
def test_film_strip_without_columns(columns):
    with pytest.raises(ValueError, match=f"columns must be 1 or more, got {columns}"):
        plots.film_strip(coloured_run(), columns=columns)


def test_picture_grid_keeps_order_and_titles():
    colours = [(255, 0, 0), (0, 255, 0), (0, 0, 255)]
    images = [Image.new("RGB", (20, 10), colour) for colour in colours]
    ax = plots.picture_grid(images, ["r", "g", "b"], columns=2)
    sheet, band = pixels(ax), round(10 * 0.17)
    assert tuple(sheet[5, 5]) == colours[0] and tuple(sheet[5, 20 + GAP + 5]) == colours[1]
    assert tuple(sheet[10 + band + GAP + 5, 5]) == colours[2]
    assert [text.get_text() for text in ax.texts] == ["r", "g", "b"]
    places = [text.get_position() for text in ax.texts]
    assert places[0][0] == places[2][0] and places[0][1] == places[1][1] < places[2][1]


def test_picture_grid_refuses_what_it_cannot_draw():
    with pytest.raises(ValueError, match="images is empty"):
        plots.picture_grid([])
    with pytest.raises(ValueError, match="got 1 images but 2 titles"):
        plots.picture_grid([plain("red")], ["a", "b"])
    with pytest.raises(ValueError, match="columns must be 1 or more, got 0"):
        plots.picture_grid([plain("red")], columns=0)


@pytest.mark.parametrize(
    "draw",
    [
        lambda ax: plots.film_strip(coloured_run(), ax=ax),
        lambda ax: plots.picture_grid([plain("red")], ["a"], ax=ax),
        lambda ax: plots.pipeline_map(ax=ax),
        lambda ax: plots.pipeline_map(picture=plain("red"), ax=ax),
    ],
)
def test_drawing_on_given_axes_makes_no_new_figure(draw):
    _, ax = plt.subplots()
    assert draw(ax) is ax
    assert plt.get_fignums() == [ax.figure.number]


def test_map_names_the_five_parts_with_their_lessons_in_readable_size():
    ax = plots.pipeline_map("a prompt")
    words = [text.get_text() for text in ax.texts]
    for name, _, lessons, *_ in PARTS:
        assert name in words and lessons in words
    assert [name for name, *_ in PARTS] == [
        "Tokenizer", "Text encoder", "U-Net", "Scheduler", "VAE decoder"
    ]  # fmt: skip
    assert "a prompt" in words and "picture" in words
    assert all(carried in words for carried, *_ in FLOWS)
    assert min(text.get_fontsize() for text in ax.texts) >= 13


def test_map_keeps_its_words_inside_their_boxes():
    ax = plots.pipeline_map()
    ax.figure.canvas.draw()
    boxes = [patch.get_window_extent() for patch in ax.patches if hasattr(patch, "get_boxstyle")]
    for (name, role, lessons, *_), box in zip(PARTS, boxes, strict=False):
        for text in ax.texts:
            if text.get_text() in (name, role) or text.get_text() == lessons != "lesson 05":
                extent = text.get_window_extent()
                assert box.x0 < extent.x0 and extent.x1 < box.x1, text.get_text()


def test_figures_have_their_own_opaque_background():
    _, data = plots.encode(plots.pipeline_map())
    picture = np.asarray(Image.open(io.BytesIO(data)).convert("RGBA"))
    assert (picture[..., 3] == 255).all()
    assert picture[0, 0, :3].min() > 240  # light on a dark page too


def test_animation_has_one_frame_a_step_and_the_final_picture_last():
    film = iio.imread(plots.animation(coloured_run(), side=32), extension=".gif", index=None)
    assert film.shape == (6, 32, 2 * 32 + GAP, 3)
    assert film[-1, 16, 16, 2] > 200 and film[-1, 16, -16, 2] > 200  # blue on both sides
    assert film[3, 16, 16, 0] > film[1, 16, 16, 0]
    film = Image.open(io.BytesIO(plots.animation(coloured_run(), side=32, seconds=3)))
    assert film.info["loop"] == 0
    assert film.info["duration"] == 400  # two thirds of 3 s over five steps


def test_bundle_carries_the_alternative_text_and_is_json():
    data, metadata = plots.bundle(plain("red"), "a red square", width=64)
    assert data["text/plain"] == "a red square"
    assert metadata == {"image/png": {"alt": "a red square", "width": 64}}
    shown = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    assert shown.getpixel((3, 3)) == (255, 0, 0)
    json.dumps(data)


def test_bundle_of_axes_closes_their_figure():
    plots.bundle(plots.pipeline_map(), "the map")
    assert plt.get_fignums() == []


def test_axes_on_a_part_of_a_figure_are_shown_with_the_whole():
    figure = plt.figure(figsize=(3, 2))
    left, _ = figure.subfigures(1, 2)
    width, height = plots.to_image(left.subplots()).size
    assert 300 <= width < 330 and 200 <= height < 220  # numbers beside the axes have their place
    assert plt.get_fignums() == []


def test_bundle_of_a_gif_is_that_gif():
    film = plots.animation(coloured_run(), side=16)
    data, metadata = plots.bundle(film, "a film")
    assert base64.b64decode(data["image/gif"]) == film and metadata["image/gif"]["alt"] == "a film"


def test_large_noisy_pictures_travel_as_jpeg_flat_ones_as_png():
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    assert plots.encode(Image.fromarray(noise).resize((512, 512)))[0] == "image/jpeg"
    assert plots.encode(plain("red"))[0] == "image/png"


def test_small_pictures_and_charts_have_no_fringes():
    noise = np.random.default_rng(0).integers(0, 255, (96, 96, 3), dtype=np.uint8)
    mime, data = plots.encode(Image.fromarray(noise))
    assert mime == "image/png" and np.array_equal(Image.open(io.BytesIO(data)), noise)
    ax = plots.style.new_axes(7, 3)
    ax.plot([0, 1, 0.5], label="a line")
    ax.legend()
    mime, data = plots.encode(ax)
    assert mime == "image/png" and Image.open(io.BytesIO(data)).mode == "P" and len(data) < 20_000


@pytest.mark.parametrize("alt", ["", "  "])
def test_a_picture_without_words_is_refused(alt):
    with pytest.raises(ValueError, match="alt is empty"):
        plots.bundle(plain("red"), alt)


def test_a_key_stands_for_the_text_of_the_lessons_catalogue():
    text = alt.catalogue("04")["film-strip"]
    data, metadata = plots.bundle(plain("red"), "04.film-strip")
    assert text.startswith("Film strip") and data["text/plain"] == text
    assert metadata["image/png"]["alt"] == text


@pytest.mark.parametrize("key", ["04.film-stripe", "99.film-strip"])
def test_a_key_that_no_catalogue_has_is_refused(key):
    with pytest.raises(ValueError, match=rf'called "{key}" .*alt_texts/en/{key[:2]}.json'):
        plots.bundle(plain("red"), key)


def test_show_displays_the_bundle(monkeypatch):
    shown = []

    def display(data, **more):
        shown.append((data, more))

    monkeypatch.setattr("helpers.plots.display.display", display)
    plots.show(plain("red"), "a red square", width=50)
    ((data, more),) = shown
    assert data["text/plain"] == "a red square" and more["raw"] is True
    assert more["metadata"]["image/png"]["alt"] == "a red square"


def sized_run(width: int, height: int, steps: int = 2) -> plots.Frames:
    """A run of pictures of that size, one and the same."""
    picture = Image.new("RGB", (width, height))
    return plots.Frames((1,) * steps, (0.5,) * steps, *[(picture,) * steps] * 2, picture)


UNFILMED = {
    "wide": (
        sized_run(5000, 8),
        64,
        "pictures of 5000 x 8 pixels would become 40,000 x 64 .at most 4,096",
    ),
    "no steps": (sized_run(16, 16, 0), 64, "run has no steps; pass what frames"),
    "long": (sized_run(16, 16, 1000), 2048, "1,001 frames with two pictures of 2,048 x 2048 are"),
}


@pytest.mark.parametrize("make", [plots.animation, plots.video])
@pytest.mark.parametrize("name", UNFILMED)
def test_films_that_would_be_too_large_or_empty(monkeypatch, make, name):
    run, side, message = UNFILMED[name]
    drawn = lambda *_, **__: pytest.fail("it was drawn")  # noqa: E731
    monkeypatch.setattr("helpers.plots.runs.side_by_side", drawn)
    with pytest.raises(ValueError, match=f"^{make.__name__}: {message}"):
        make(run, side=side)


@pytest.mark.parametrize("make", [plots.animation, plots.video])
@pytest.mark.parametrize(("width", "height"), [(4096, 2), (2, 512)])
def test_the_widest_and_the_narrowest_film(make, width, height):
    film = make(sized_run(width, height), side=2 if height == 2 else 64)
    across = 4096 if height == 2 else 1
    extension = ".gif" if make is plots.animation else ".mp4"
    frames = iio.imread(film, extension=extension, index=None)
    assert frames.shape[2] == 2 * across + GAP


@pytest.mark.parametrize("picture", [0.0, "0", None])
def test_the_number_of_a_picture_is_whole(tiny_random_pipe, trajectory, picture):
    with pytest.raises(TypeError, match="frames: picture must be a whole number, got"):
        plots.frames(tiny_random_pipe, trajectory, picture=picture)
