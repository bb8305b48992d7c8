"""A place to play: every setting of a run, and the picture as it appears, step by step.

The run is a task of the notebook's own loop. It gives way after each step, so other cells can be
run and *Stop* is heard while it draws. Where no loop is running (a test, a script) it runs through.
"""

from __future__ import annotations

import asyncio
import html
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager

import ipywidgets as w
from PIL import Image

from .decoding import decode, screen, to_pil
from .language import _
from .loading import StableDiffusionPipeline
from .loading.habits import habits
from .plots import bundle, encode
from .sampling import denoise
from .widgets import Explorer

SCHEDULERS = {
    _("as the model has it"): None, "DDIM": "ddim", "DDPM": "ddpm", "DPM++": "dpm++",
    "Euler": "euler", "Euler ancestral": "euler ancestral", "UniPC": "unipc",
}  # fmt: skip
"""What the list offers → what `denoise` is given. Each asks the U-Net once a step."""

MOST_PREVIEWS = 20
"""Guesses that are decoded in one run; in a longer one not every step is shown."""


def playground(
    pipe: StableDiffusionPipeline, prompt: str, first: Image.Image, *, side: int = 384
) -> Explorer:
    """Prompt, negative prompt, seed, steps, guidance and scheduler, and the picture as it appears.

    While it draws, the guess `x0_hat` of each step is shown; *Stop* ends a run and keeps the last
    one. Warnings and errors are told below the buttons. It needs a running kernel.

    Args:
        pipe: what draws.
        prompt: words that stand in the line at first.
        first: the picture of `prompt` with seed 0, shown at once and as stand-in.
        side: width and height of the picture on the page.
    """
    alt = _(
        "The picture of “{prompt}”. Beside it a reader with a kernel finds lines for the prompt "
        "and the negative prompt, and controls for seed, steps, guidance and scheduler.",
        prompt=prompt,
    )
    return Explorer(_Playground(pipe, prompt, first, side).widget, bundle(first, alt, side))


class _Playground:
    """The controls, and the one run that they may have begun."""

    def __init__(
        self, pipe: StableDiffusionPipeline, prompt: str, first: Image.Image, side: int
    ) -> None:
        wide, usual = w.Layout(width="560px"), habits(pipe)
        self.pipe = pipe
        self.prompt = w.Text(value=prompt, description=_("prompt"), layout=wide)
        self.negative = w.Text(
            description=_("negative"), placeholder=_("what to steer away from"), layout=wide
        )
        self.seed = w.IntSlider(value=0, min=0, max=99, description=_("seed"))
        self.steps = w.IntSlider(value=usual.steps, min=1, max=50, description=_("steps"))
        self.guidance = w.FloatSlider(
            value=usual.guidance_scale, min=0, max=15, step=0.5, description=_("guidance")
        )
        self.scheduler = w.Dropdown(options=list(SCHEDULERS), description=_("scheduler"))
        self.button = w.Button(description=_("Draw"), button_style="primary")
        self.stop = w.Button(description=_("Stop"), disabled=True)
        self.progress = w.IntProgress(value=0, min=0, max=20)
        self.message = w.HTML()
        layout = w.Layout(width=f"{side}px", height=f"{side}px", flex="0 0 auto")
        self.canvas = w.Image(layout=layout)
        self.task: asyncio.Task | None = None
        self.stopped = False
        self._show(first)
        self.button.on_click(self._begin)
        self.stop.on_click(self._ask_to_stop)
        self.widget = w.VBox([
            self.prompt, self.negative,
            w.HBox([self.seed, self.steps]), w.HBox([self.guidance, self.scheduler]),
            w.HBox([self.button, self.stop, self.progress]), self.message, self.canvas,
        ])  # fmt: skip

    def _show(self, picture: Image.Image) -> None:
        mime, data = encode(picture)
        with self.canvas.hold_sync():
            self.canvas.format, self.canvas.value = mime.removeprefix("image/"), data

    def _ask_to_stop(self, _button: w.Button) -> None:
        self.stopped = True

    def _begin(self, _button: w.Button) -> None:
        """Draws, in turn with everything else that the kernel has to do."""
        if self.button.disabled:
            return  # a second click, made before the browser heard of the first
        self.stopped, self.message.value = False, ""
        self.button.disabled, self.stop.disabled = True, False
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            for _pause in self._steps():
                pass
            return
        self.task = loop.create_task(self._in_turn())

    async def _in_turn(self) -> None:
        for _pause in self._steps():
            await asyncio.sleep(0.01)  # long enough for the kernel to hear a click

    def _steps(self) -> Iterator[None]:
        """The run, a pause after each step; whatever happens ends in a sentence."""
        heard: list[str] = []
        try:
            yield from self._drawn(heard)
        except Exception as error:  # in a callback it would vanish unseen
            heard.append(_("<b>Nothing was drawn.</b> {why}", why=_sentence(error)))
        except KeyboardInterrupt:
            heard.append(_("Stopped."))
        finally:
            self.message.value = "<br>".join(dict.fromkeys(heard))
            self.button.disabled, self.stop.disabled = False, True

    def _drawn(self, heard: list[str]) -> Iterator[None]:
        steps = self.steps.value
        self.progress.value, self.progress.max = 0, steps
        every = -(-steps // MOST_PREVIEWS)
        with _told(heard):
            run = denoise(
                self.pipe,
                self.prompt.value,
                negative_prompt=self.negative.value,
                steps=steps,
                guidance_scale=self.guidance.value,
                seed=self.seed.value,
                scheduler=SCHEDULERS[self.scheduler.value],
            )
        with closing(run):  # type: ignore[type-var]  # it is a generator
            for record in run:
                done = record.index + 1
                self.progress.value = done
                if record.index % every == 0:
                    self._show(to_pil(decode(self.pipe, record.x0_hat))[0])
                now = _("Step {done} of {steps}: the guess x̂<sub>0</sub>.", done=done, steps=steps)
                self.message.value = "<br>".join([*heard, now])
                yield
                if self.stopped and done < steps:
                    heard.append(_("Stopped after step {done} of {steps}.", done=done, steps=steps))
                    return
        with _told(heard):
            picture, _flagged = screen(self.pipe, decode(self.pipe, record.x_prev))
        self._show(to_pil(picture)[0])


@contextmanager
def _told(heard: list[str]) -> Iterator[None]:
    """Inside, warnings are kept as words for the page; none goes elsewhere."""
    with warnings.catch_warnings(record=True) as log:
        warnings.simplefilter("always", UserWarning)
        try:
            yield
        finally:
            heard += [html.escape(_capital(str(each.message))) for each in log]


def _sentence(error: Exception) -> str:
    """What went wrong, for a page; the kind of error only where its words were not made for one."""
    words = html.escape(_capital(str(error)))
    ours = isinstance(error, (ValueError, TypeError, MemoryError)) and words
    if ours:
        return words
    kind = type(error).__name__
    return _("Something unforeseen: {kind}. {words}", kind=kind, words=words).strip()


def _capital(words: str) -> str:
    """The words as a sentence: a full stop, and a capital, but not for the name of an argument."""
    named = "_" in words.partition(" ")[0]
    begin = words[:1] if named else words[:1].upper()
    return begin + words[1:] + ("" if words.endswith((".", "!", "?", "。")) else ".")
