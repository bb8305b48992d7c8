"""The playground: what is asked is drawn, step by step; whatever happens is told on the page."""

from __future__ import annotations

import asyncio
import io
import warnings

import ipywidgets as w
import numpy as np
import pytest
from PIL import Image

from helpers import playground as place
from helpers.decoding import to_pil
from helpers.sampling import generate

FIRST = Image.new("RGB", (8, 8), "red")


def made(pipe) -> place._Playground:
    game = place._Playground(pipe, "a lake", FIRST, 64)
    game.steps.value = 3
    return game


def shown(game) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(game.canvas.value)).convert("RGB")).astype(int)


def near(game, picture: Image.Image) -> bool:
    """Whether the canvas holds this picture; it is a JPEG perhaps, so not to the last digit."""
    return np.abs(shown(game) - np.asarray(picture)).mean() < 8


def drawn(pipe, prompt="a lake", **options) -> Image.Image:
    run = generate(pipe, prompt, **{"steps": 3, "progress": False} | options)
    return to_pil(run.images)[0]


@pytest.fixture
def asked(monkeypatch) -> list[dict]:
    """What `denoise` was given."""
    calls = []

    def watched(pipe, prompt, **options):
        calls.append({"prompt": prompt} | options)
        return real(pipe, prompt, **options)

    real = place.denoise
    monkeypatch.setattr(place, "denoise", watched)
    return calls


def test_every_control_reaches_the_run(tiny_random_pipe, asked):
    game = made(tiny_random_pipe)
    game.prompt.value, game.negative.value, game.seed.value = "a river", "a lake", 7
    game.guidance.value, game.scheduler.value = 3.5, "Euler"
    game.button.click()
    assert asked == [
        {"prompt": "a river", "negative_prompt": "a lake", "steps": 3, "guidance_scale": 3.5,
         "seed": 7, "scheduler": "euler"}
    ]  # fmt: skip
    options = {"negative_prompt": "a lake", "guidance_scale": 3.5, "scheduler": "euler"}
    assert near(game, drawn(tiny_random_pipe, "a river", seed=7, **options))
    assert game.message.value == "" and not game.button.disabled and game.stop.disabled
    assert game.progress.value == game.progress.max == 3


def test_the_seed_decides_what_is_seen(tiny_random_pipe):
    game = made(tiny_random_pipe)
    game.seed.value = 7
    game.button.click()
    right, other = (drawn(tiny_random_pipe, seed=seed) for seed in (7, 0))
    assert near(game, right)
    assert (
        np.abs(shown(game) - np.asarray(right)).mean()
        < np.abs(shown(game) - np.asarray(other)).mean()
    )


@pytest.mark.parametrize("name", place.SCHEDULERS)
def test_every_scheduler_of_the_list_runs_with_one_call_a_step(name, tiny_random_pipe):
    game = made(tiny_random_pipe)
    game.scheduler.value = name
    game.button.click()
    assert game.message.value == "" and game.progress.value == 3


def test_the_guess_is_shown_while_it_draws(tiny_random_pipe):
    game = made(tiny_random_pipe)
    seen, said = [], []
    game.canvas.observe(lambda change: seen.append(change.new), "value")
    game.message.observe(lambda change: said.append(change.new), "value")
    game.button.click()
    assert len(seen) >= 3  # two equal pictures are one change
    assert [words for words in said if "Step 2 of 3" in words] and said[-1] == ""


def test_a_long_run_is_not_decoded_at_every_step(tiny_random_pipe, monkeypatch):
    game, count = made(tiny_random_pipe), []
    real = place.decode
    monkeypatch.setattr(place, "decode", lambda *given: count.append(1) or real(*given))
    game.steps.value = 45
    game.button.click()
    assert 10 < len(count) <= place.MOST_PREVIEWS + 1


def test_in_a_kernel_other_work_goes_on_and_stop_is_heard(tiny_random_pipe):
    game, beside = made(tiny_random_pipe), []
    game.steps.value = 30

    async def kernel() -> None:
        game.button.click()
        assert game.button.disabled and not game.stop.disabled
        game.button.click()  # a second one begins nothing
        task = game.task
        while not task.done():
            beside.append(game.progress.value)
            if game.progress.value >= 2:
                game.stop.click()
            await asyncio.sleep(0.01)
        assert game.task is task

    asyncio.run(kernel())
    assert len(beside) > 2 and game.progress.value < 30
    assert "Stopped after step" in game.message.value and not game.button.disabled


def test_warnings_are_told_on_the_page_alone(tiny_random_pipe, monkeypatch):
    monkeypatch.setitem(tiny_random_pipe.tokenizer.init_kwargs, "known_words", ["a", "lake"])
    game = made(tiny_random_pipe)
    game.prompt.value = "a dragon"
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)  # none may leave the widget
        game.button.click()
    assert "dragon" in game.message.value and game.message.value.endswith(".")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ValueError("no <such> thing"), "<b>Nothing was drawn.</b> No &lt;such&gt; thing."),
        (MemoryError("too large; ask for less."), "Too large; ask for less."),
        (ValueError("guidance_scale is odd"), "drawn.</b> guidance_scale is odd."),
        (RuntimeError("odd"), "Something unforeseen: RuntimeError. Odd."),
        (KeyboardInterrupt(), "Stopped."),
    ],
)
def test_errors_are_sentences_and_it_can_be_used_again(error, told, tiny_random_pipe, monkeypatch):
    def fail(*_, **__):
        raise error

    game = made(tiny_random_pipe)
    with monkeypatch.context() as broken:
        broken.setattr(place, "denoise", fail)
        game.button.click()
    assert told in game.message.value and not game.button.disabled and game.stop.disabled
    game.button.click()
    assert game.message.value == "" and near(game, drawn(tiny_random_pipe))


def test_it_begins_with_what_the_model_is_made_for_and_has_a_stand_in(tiny_random_pipe):
    game = place._Playground(tiny_random_pipe, "a lake", FIRST, 64)
    assert (game.steps.value, game.guidance.value) == (20, 7.5)
    explorer = place.playground(tiny_random_pipe, "a lake", FIRST, side=64)
    data, metadata = explorer.still
    assert isinstance(explorer.widget, w.VBox) and "“a lake”" in data["text/plain"]
    assert [each["width"] for each in metadata.values()] == [64]


def test_a_sentence_of_another_language_gets_no_second_full_stop():
    assert place._capital("描けません。") == "描けません。"
    assert place._capital("no steps") == "No steps."
