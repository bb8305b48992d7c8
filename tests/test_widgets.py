"""Explorers: linked in the browser, honest without widgets, errors where they can be seen."""

from __future__ import annotations

import base64
import io

import ipywidgets as w
import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
import pytest  # noqa: E402
from PIL import Image  # noqa: E402

from helpers import widgets  # noqa: E402
from helpers.plots import Frames  # noqa: E402


def coloured_run() -> Frames:
    noisy = tuple(Image.new("RGB", (8, 8), (60 * k, 0, 0)) for k in range(4))
    clean = tuple(Image.new("RGB", (8, 8), (0, 60 * k, 0)) for k in range(4))
    return Frames((900, 600, 300, 50), (0.01, 0.2, 0.6, 0.97), noisy, clean, noisy[0])


def inside(widget: w.Widget, kind: type) -> list:
    """All widgets of a kind, in the order in which they are shown."""
    found = [widget] if isinstance(widget, kind) else []
    return found + [hit for child in getattr(widget, "children", ()) for hit in inside(child, kind)]


def picture(image: w.Image) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(image.value)).convert("RGB"))


@pytest.fixture
def links(monkeypatch) -> list:
    """What `jslink` was asked to tie together."""
    asked = []
    monkeypatch.setattr(w, "jslink", lambda *ends: asked.append(ends))
    return asked


def test_replay_is_linked_play_to_slider_to_picture_in_the_browser(links):
    live = widgets.replay(coloured_run()).widget
    play, slider, pile = (inside(live, kind)[0] for kind in (w.Play, w.IntSlider, w.Stack))
    assert links == [
        ((play, "value"), (slider, "value")),
        ((slider, "value"), (pile, "selected_index")),
    ]
    assert (play.min, play.max) == (slider.min, slider.max) == (0, 3)
    assert not any(part._trait_notifiers.get("value", {}).get("change") for part in (play, slider))


def test_replay_has_a_page_for_each_step_with_both_pictures():
    run = coloured_run()
    (pile,) = inside(widgets.replay(run, side=32).widget, w.Stack)
    assert len(pile.children) == 4
    for k, page in enumerate(pile.children):
        (image,) = inside(page, w.Image)
        shown = picture(image)
        assert abs(int(shown[16, 16, 0]) - 60 * k) < 6 and abs(int(shown[16, -16, 1]) - 60 * k) < 6
        assert f"t = {run.times[k]}" in inside(page, w.HTML)[0].value
        assert f"{run.alpha_bars[k]:.3f}" in inside(page, w.HTML)[0].value


def test_replay_works_without_stack_as_on_ipywidgets_7(monkeypatch, links):
    monkeypatch.delattr(w, "Stack")
    live = widgets.replay(coloured_run()).widget
    (pile,) = inside(live, w.Tab)
    assert links[1][1] == (pile, "selected_index") and pile.selected_index == 0
    assert len(pile.children) == 4 and "one-at-a-time" in pile._dom_classes
    assert ".one-at-a-time" in inside(pile.children[0], w.HTML)[0].value


def test_one_at_a_time_needs_something_to_show():
    with pytest.raises(ValueError, match="children is empty"):
        widgets.one_at_a_time([])


def test_display_bundle_holds_the_widget_and_a_still_picture():
    explorer = widgets.replay(coloured_run())
    data, metadata = explorer._repr_mimebundle_()
    assert data[widgets.VIEW]["model_id"] == explorer.widget.model_id
    still = np.asarray(Image.open(io.BytesIO(base64.b64decode(data["image/png"]))))
    assert still.std() > 10  # not blank
    assert "4 steps" in data["text/plain"] == metadata["image/png"]["alt"]
    assert plt.get_fignums() == []


def test_flip_shows_the_pages_in_order_beginning_with_start(links):
    pages = [Image.new("RGB", (20, 10), (60 * k, 0, 0)) for k in range(3)]
    explorer = widgets.flip(pages, ["a", "b", "c"], alt="Three reds.", start=1, width=40)
    play, slider, pile = (
        inside(explorer.widget, kind)[0] for kind in (w.Play, w.IntSlider, w.Stack)
    )
    assert (play.value, slider.value, pile.selected_index) == (1, 1, 1)
    assert [text.value for text in inside(explorer.widget, w.HTML)] == ["a", "b", "c"]
    shown = inside(explorer.widget, w.Image)
    assert [round(picture(image).mean(axis=(0, 1))[0]) for image in shown] == [0, 60, 120]
    assert {(image.layout.width, image.layout.height) for image in shown} == {("40px", "20px")}
    data, metadata = explorer.still
    still = Image.open(io.BytesIO(base64.b64decode(data["image/png"]))).convert("RGB")
    assert still.getpixel((0, 0)) == (60, 0, 0) and metadata["image/png"]["alt"] == "Three reds."


def test_flip_takes_figures_and_another_stand_in():
    axes = [plt.subplots(figsize=(2, 1))[1] for _ in range(2)]
    explorer = widgets.flip(axes, ["a", "b"], alt="A blue.", still=Image.new("RGB", (4, 4), "blue"))
    assert len(inside(explorer.widget, w.Image)) == 2 and not plt.get_fignums()
    assert picture_of(explorer.still).getpixel((0, 0)) == (0, 0, 255)


def picture_of(still: tuple[dict, dict]) -> Image.Image:
    kind = next(kind for kind in still[0] if kind.startswith("image/"))
    return Image.open(io.BytesIO(base64.b64decode(still[0][kind]))).convert("RGB")


@pytest.mark.parametrize(
    ("pages", "captions", "start", "message"),
    [
        (0, 0, 0, "got 0 pages and 0 captions"),
        (2, 1, 0, "a caption for each"),
        (2, 2, 2, r"start must lie in 0 \.\.\. 1 here, got 2"),
    ],
)
def test_flip_says_what_is_wrong(pages, captions, start, message):
    with pytest.raises(ValueError, match=message):
        widgets.flip(
            [Image.new("RGB", (4, 4))] * pages, ["x"] * captions, alt="Nothing.", start=start
        )


def test_pages_of_a_flip_have_one_size_and_none_is_scaled():
    pages = [Image.new("RGB", (40, 40), "red"), Image.new("RGB", (60, 50), "red")]
    small, large = map(picture, inside(widgets.flip(pages, "ab", alt="Two reds.").widget, w.Image))
    assert small.shape == large.shape == (50, 60, 3)
    assert (small == (255, 0, 0)).all(-1).sum() == 40 * 40
