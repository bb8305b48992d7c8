"""Explorers of the lessons: ipywidgets over recorded steps and pictures.

An explorer's display bundle also holds a still picture, so a page that runs no widgets (GitHub, PDF, print) shows
something true. Where possible the parts are linked in the browser (`jslink`) and need no running Python.
Works with ipywidgets 7.7.1 and 8.
"""

from __future__ import annotations

import html
import warnings
from collections.abc import Callable, Sequence

import ipywidgets as w
from PIL import Image

from .plots import Frames, bundle, film_strip, png, side_by_side

VIEW = "application/vnd.jupyter.widget-view+json"

# ipywidgets 7 has no Stack: there a Tab shows one child at a time, and this hides its row of tabs.
_NO_TABS = "<style>.one-at-a-time > .p-TabBar, .one-at-a-time > .lm-TabBar {display: none !important}</style>"


class Explorer:
    """A widget together with the still picture that stands in for it.

    Attributes:
        widget: the live widget.
        still: (data, metadata) of the stand-in, as `plots.bundle` returns them.
    """

    def __init__(self, widget: w.Widget, still: tuple[dict, dict]):
        self.widget = widget
        self.still = still

    def _repr_mimebundle_(self, **_: object) -> tuple[dict, dict]:
        data, metadata = self.still
        view = {"version_major": 2, "version_minor": 0, "model_id": self.widget.model_id}
        return {VIEW: view} | data, metadata


def replay(run: Frames, *, side: int = 256) -> Explorer:
    """Steps through one run: play button → slider → `x_t` beside `x0_hat`, all linked in the browser.

    Args:
        run: decoded steps, from `plots.frames`.
        side: height in pixels of each of the two pictures.
    """
    pages = [_page(run, index, side) for index in range(len(run))]
    slider = w.IntSlider(value=0, min=0, max=len(run) - 1, description="step", readout=False,
                         layout=w.Layout(width=f"{2 * side - 150}px"))
    play = w.Play(value=0, min=0, max=len(run) - 1, interval=300)
    pile = one_at_a_time(pages)
    w.jslink((play, "value"), (slider, "value"))
    w.jslink((slider, "value"), (pile, "selected_index"))
    alt = (f"Film strip of one run of {len(run)} steps: above, the latents x_t from pure noise to picture; "
           "below, the model's estimate of the finished picture at the same steps.")
    return Explorer(w.VBox([w.HBox([play, slider]), pile]), bundle(film_strip(run), alt))


def _page(run: Frames, index: int, side: int) -> w.VBox:
    """One step: its numbers above its two pictures."""
    numbers = (f"<b>step {index + 1} of {len(run)}</b> · t = {run.times[index]} · "
               f"share of signal ᾱ = {run.alpha_bars[index]:.3f}")
    names = (f'<div style="display: flex; width: {2 * side}px; text-align: center">'
             '<div style="flex: 1">x<sub>t</sub>: what the U-Net is given</div>'
             '<div style="flex: 1">x̂<sub>0</sub>: what it expects to come out</div></div>')
    pair = side_by_side(run.noisy[index], run.clean[index], side=side)
    return w.VBox([w.HTML(numbers), w.Image(value=png(pair), format="png", layout=_no_stretch(pair)), w.HTML(names)])


def _no_stretch(picture: Image.Image) -> w.Layout:
    return w.Layout(width=f"{picture.width}px", height=f"{picture.height}px", flex="0 0 auto")


def one_at_a_time(children: Sequence[w.Widget]) -> w.Box:
    """A container that shows only the child number `selected_index`: `Stack` on ipywidgets 8, a `Tab` on 7.

    Raises:
        ValueError: no children.
    """
    if not children:
        raise ValueError("one_at_a_time: children is empty; give at least one widget")
    if hasattr(w, "Stack"):
        return w.Stack(children, selected_index=0)
    pile = w.Tab([w.VBox([w.HTML(_NO_TABS), child]) for child in children], selected_index=0)
    pile.add_class("one-at-a-time")
    return pile


def playground(
    paint: Callable[[str, int], Image.Image],
    prompt: str,
    first: Image.Image,
    *,
    side: int = 384,
) -> Explorer:
    """A line to type a prompt in, a seed, a button, and the picture; needs a running kernel.

    Args:
        paint: (prompt, seed) → picture; what it warns or raises is shown below the button.
        prompt: words that stand in the line at first.
        first: the picture of `prompt` with seed 0, shown at once and as stand-in.
        side: width and height of the picture on the page.
    """
    line = w.Text(value=prompt, description="prompt", continuous_update=False, layout=w.Layout(width="520px"))
    seed = w.IntSlider(value=0, min=0, max=99, description="seed", continuous_update=False)
    button = w.Button(description="Draw", button_style="primary")
    square = w.Layout(width=f"{side}px", height=f"{side}px")
    picture, message = w.Image(value=png(first), format="png", layout=square), w.HTML()

    def draw(_: object) -> None:
        button.disabled, message.value = True, "drawing …"
        try:
            with warnings.catch_warnings(record=True) as heard:
                warnings.simplefilter("always", UserWarning)
                picture.value = png(paint(line.value, seed.value))
            message.value = "<br>".join(html.escape(str(item.message)) for item in heard)
        except Exception as error:  # shown to the learner: a callback's exception is invisible otherwise
            message.value = f'<b style="color: #d55e00">{type(error).__name__}: {html.escape(str(error))}</b>'
        finally:
            button.disabled = False

    button.on_click(draw)
    alt = f"A line for the prompt, a slider for the seed, and the picture drawn for “{prompt}”."
    return Explorer(w.VBox([line, w.HBox([seed, button]), message, picture]), bundle(first, alt, side))
