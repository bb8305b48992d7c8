"""Explorers of the lessons: ipywidgets over recorded steps and pictures.

An explorer's display bundle also holds a still picture, so a page that runs no widgets (GitHub,
PDF, print) shows something true. Where possible the parts are linked in the browser (`jslink`) and
need no running Python. Works with ipywidgets 7.7.1 and 8.
"""

from __future__ import annotations

import html
import warnings
from collections.abc import Sequence

import ipywidgets as w
from PIL import Image

from .decoding import to_pil
from .loading import StableDiffusionPipeline
from .plots import Frames, bundle, encode, film_strip, side_by_side
from .sampling import generate

VIEW = "application/vnd.jupyter.widget-view+json"

# ipywidgets 7 has no Stack: a Tab takes its place, and this hides the row of tabs.
_NO_TABS = "<style>.one-at-a-time > [class*=TabBar] {display: none !important}</style>"


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
    """Steps through one run: play button → slider → `x_t` beside `x0_hat`, linked in the browser.

    Args:
        run: decoded steps, from `plots.frames`.
        side: height in pixels of each of the two pictures.
    """
    ends = {"value": 0, "min": 0, "max": len(run) - 1}
    play = w.Play(interval=300, **ends)
    slider = w.IntSlider(readout=False, layout=w.Layout(width=f"{2 * side - 130}px"), **ends)
    pile = one_at_a_time([_page(run, index, side) for index in range(len(run))])
    w.jslink((play, "value"), (slider, "value"))
    w.jslink((slider, "value"), (pile, "selected_index"))
    alt = (
        f"Four moments of the run of {len(run)} steps. Above, x_t: from pure noise to the picture. "
        "Below, x0_hat: the model's estimate of the picture at the same steps."
    )
    still = bundle(film_strip(run, columns=4), alt)
    return Explorer(w.VBox([w.HBox([play, slider]), pile]), still)


def _page(run: Frames, index: int, side: int) -> w.VBox:
    """One step: its numbers, its two pictures, and what they are."""
    numbers = (
        f"<b>step {index + 1} of {len(run)}</b> · t = {run.times[index]} · "
        f"share of the picture ᾱ = {run.alpha_bars[index]:.3f}"
    )
    names = (
        f'<div style="display: flex; width: {2 * side}px; text-align: center">'
        '<div style="flex: 1"><i>x<sub>t</sub></i>: what the U-Net is given</div>'
        '<div style="flex: 1"><i>x̂<sub>0</sub></i>: the picture that it expects</div></div>'
    )
    pair = side_by_side(run.noisy[index], run.clean[index], side=side)
    return w.VBox([w.HTML(numbers), _image(pair, *pair.size), w.HTML(names)])


def _image(picture: Image.Image, width: int, height: int) -> w.Image:
    """A picture as a widget of fixed size, in pixels."""
    mime, data = encode(picture)
    layout = w.Layout(width=f"{width}px", height=f"{height}px", flex="0 0 auto")
    return w.Image(value=data, format=mime.removeprefix("image/"), layout=layout)


def one_at_a_time(children: Sequence[w.Widget]) -> w.Box:
    """A container that shows child number `selected_index`: `Stack` on ipywidgets 8, a `Tab` on 7.

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
    pipe: StableDiffusionPipeline, prompt: str, first: Image.Image, *, side: int = 384
) -> Explorer:
    """A line to type a prompt in, a seed, a button, and the picture; needs a running kernel.

    Warnings and errors of the run are shown below the button.

    Args:
        pipe: what draws.
        prompt: words that stand in the line at first.
        first: the picture of `prompt` with seed 0, shown at once and as stand-in.
        side: width and height of the picture on the page.
    """
    line = w.Text(value=prompt, description="prompt", layout=w.Layout(width="520px"))
    seed = w.IntSlider(value=0, min=0, max=99, description="seed")
    button = w.Button(description="Draw", button_style="primary")
    message, canvas = w.HTML(), w.VBox([_image(first, side, side)])

    def draw(_: w.Button) -> None:
        button.disabled, message.value = True, "drawing …"
        try:
            picture, message.value = _drawn(pipe, line.value, seed.value)
            canvas.children = [_image(picture, side, side)]
        except Exception as error:  # an exception in a callback would vanish unseen
            message.value = f"<b>{type(error).__name__}:</b> {html.escape(str(error))}"
        finally:
            button.disabled = False

    button.on_click(draw)
    alt = f"The picture of “{prompt}”. Above it, a line for the prompt and a slider for the seed."
    live = w.VBox([line, w.HBox([seed, button]), message, canvas])
    return Explorer(live, bundle(first, alt, side))


def _drawn(pipe: StableDiffusionPipeline, prompt: str, seed: int) -> tuple[Image.Image, str]:
    """The picture, and what was warned of on the way, as HTML."""
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always", UserWarning)
        run = generate(pipe, prompt, seed=seed, progress=False)
    told = [str(item.message) for item in heard if issubclass(item.category, UserWarning)]
    return to_pil(run.images)[0], "<br>".join(map(html.escape, told))
