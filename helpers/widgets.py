"""Explorers of the lessons: ipywidgets over recorded steps and pictures.

An explorer's display bundle also holds a still picture, so a page that runs no widgets (GitHub,
PDF, print) shows something true. Where possible the parts are linked in the browser (`jslink`) and
need no running Python. Works with ipywidgets 7.7.1 and 8.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import ipywidgets as w
from PIL import Image

from .language import _
from .plots import Drawable, Frames, bundle, encode, film_strip, side_by_side, to_image
from .plots.style import PAPER, new_axes

VIEW = "application/vnd.jupyter.widget-view+json"

# ipywidgets 7 has no Stack: a Tab takes its place, and this hides the row of tabs.
_NO_TABS = "<style>.one-at-a-time > [class*=TabBar] {display: none !important}</style>"


@dataclass(frozen=True)
class Page:
    """One page of an explorer.

    Attributes:
        above: HTML of the line above the picture.
        mime: type of the picture, such as "image/png".
        data: the picture's bytes.
        width: of the picture on the screen, in pixels.
        height: likewise.
        below: HTML of the line below the picture; none if empty.
    """

    above: str
    mime: str
    data: bytes
    width: int
    height: int
    below: str = ""

    @classmethod
    def of(cls, above: str, picture: Image.Image, width: int, below: str = "") -> Page:
        """A page with a picture that is shown `width` pixels wide."""
        height = round(width * picture.height / picture.width)
        return cls(above, *encode(picture), width, height, below)

    def widget(self) -> w.VBox:
        """The page for a notebook: its picture has a fixed size."""
        layout = w.Layout(width=f"{self.width}px", height=f"{self.height}px", flex="0 0 auto")
        kind = self.mime.removeprefix("image/")
        picture = w.Image(value=self.data, format=kind, layout=layout)
        return w.VBox([w.HTML(self.above), picture, *([w.HTML(self.below)] if self.below else [])])


class Explorer:
    """A widget together with the still picture that stands in for it.

    Attributes:
        widget: the live widget.
        still: (data, metadata) of the stand-in, as `plots.bundle` returns them.
        pages: what the widget leafs through; none if it is no player.
        start: number of the page shown first.
    """

    def __init__(
        self,
        widget: w.Widget,
        still: tuple[dict, dict],
        pages: Sequence[Page] = (),
        start: int = 0,
    ):
        self.widget = widget
        self.still = still
        self.pages = tuple(pages)
        self.start = start

    def _repr_mimebundle_(self, **_options: object) -> tuple[dict, dict]:
        data, metadata = self.still
        view = {"version_major": 2, "version_minor": 0, "model_id": self.widget.model_id}
        return {VIEW: view} | data, metadata


def flip(
    pages: Sequence[Drawable],
    captions: Sequence[str],
    *,
    alt: str,
    still: Drawable | None = None,
    start: int = 0,
    width: int = 560,
) -> Explorer:
    """Pages to leaf through: play button → slider → page, linked in the browser (no kernel needed).

    Args:
        pages: pictures or figures of one size, drawn beforehand; figures are closed.
        captions: a line of HTML above each page, such as "t = 200".
        alt: what a reader who cannot see the stand-in needs to know; a sentence or a key, as for
            `plots.show`.
        still: what stands in where no widgets run; by default the page shown first.
        start: number of the page shown first.
        width: of a page, in pixels on the screen.

    Raises:
        ValueError: no pages, another number of captions, or `start` is no page.
    """
    if not pages or len(captions) != len(pages):
        raise ValueError(
            f"flip: got {len(pages)} pages and {len(captions)} captions; give one or more pages "
            "and a caption for each"
        )
    if not 0 <= start < len(pages):
        raise ValueError(f"flip: start must lie in 0 ... {len(pages) - 1} here, got {start}")
    pictures = _of_one_size(
        [page if isinstance(page, Image.Image) else to_image(page) for page in pages]
    )
    made = [
        Page.of(caption, picture, width)
        for picture, caption in zip(pictures, captions, strict=True)
    ]
    return _player(made, bundle(pictures[start] if still is None else still, alt), start, width)


def _of_one_size(pictures: Sequence[Image.Image]) -> list[Image.Image]:
    """Figures that grew for their words are joined by paper around the others: no page jumps."""
    width, height = (max(sides) for sides in zip(*(p.size for p in pictures), strict=True))
    found = []
    for picture in pictures:
        if picture.size != (width, height):
            sheet = Image.new("RGB", (width, height), PAPER)
            sheet.paste(picture, ((width - picture.width) // 2, (height - picture.height) // 2))
            picture = sheet
        found.append(picture)
    return found


def replay(run: Frames, *, side: int = 256) -> Explorer:
    """Steps through one run: play button → slider → `x_t` beside `x0_hat`, linked in the browser.

    Args:
        run: decoded steps, from `plots.frames`.
        side: height in pixels of each of the two pictures.
    """
    alt = _(
        "Four moments of the run of {steps} steps. Above, x_t: from pure noise to the picture. "
        "Below, x0_hat: the model's estimate of the picture at the same steps.",
        steps=len(run),
    )
    still = bundle(film_strip(run, columns=4, ax=new_axes(7, 3.5)), alt)
    return _player([_page(run, index, side) for index in range(len(run))], still, 0, 2 * side)


def _player(pages: Sequence[Page], still: tuple[dict, dict], start: int, width: int) -> Explorer:
    """Play button and slider over the pages, of which one is seen at a time."""
    ends = {"value": start, "min": 0, "max": len(pages) - 1}
    play = w.Play(interval=300, **ends)
    slider = w.IntSlider(readout=False, layout=w.Layout(width=f"{width - 130}px"), **ends)
    pile = one_at_a_time([page.widget() for page in pages], start)
    w.jslink((play, "value"), (slider, "value"))
    w.jslink((slider, "value"), (pile, "selected_index"))
    return Explorer(w.VBox([w.HBox([play, slider]), pile]), still, pages, start)


def _page(run: Frames, index: int, side: int) -> Page:
    """One step: its numbers, its two pictures, and what they are."""
    numbers = _(
        "<b>step {step} of {steps}</b> · t = {t} · share of the picture ᾱ = {share:.3f}",
        step=index + 1,
        steps=len(run),
        t=run.times[index],
        share=run.alpha_bars[index],
    )
    pair = side_by_side(run.noisy[index], run.clean[index], side=side)
    given = _("<i>x<sub>t</sub></i>: what the U-Net is given")
    expected = _("<i>x̂<sub>0</sub></i>: the picture that it expects")
    names = (
        f'<div style="display: flex; width: {pair.width}px; text-align: center">'
        f'<div style="flex: 1">{given}</div><div style="flex: 1">{expected}</div></div>'
    )
    return Page.of(numbers, pair, pair.width, names)


def one_at_a_time(children: Sequence[w.Widget], start: int = 0) -> w.Box:
    """A container that shows child number `selected_index`: `Stack` on ipywidgets 8, a `Tab` on 7.

    Raises:
        ValueError: no children.
    """
    if not children:
        raise ValueError("one_at_a_time: children is empty; give at least one widget")
    if hasattr(w, "Stack"):
        return w.Stack(children, selected_index=start)
    pile = w.Tab([w.VBox([w.HTML(_NO_TABS), child]) for child in children], selected_index=start)
    pile.add_class("one-at-a-time")
    return pile
