"""Lesson 00, and what all checks share: every answer gets the verdict that it deserves."""

from __future__ import annotations

import pytest
from PIL import Image

from helpers import generate, to_pil
from helpers.checks import core, lesson_00


@pytest.fixture(scope="module")
def run(tiny_random_pipe):
    return generate(tiny_random_pipe, "a lake", steps=2, progress=False)


@pytest.fixture
def given(tiny_random_pipe, run) -> dict[str, tuple]:
    """What each check is given besides the answer."""
    return {"0.1": (), "0.2": (run,), "0.3": (tiny_random_pipe,), "0.4": ()}


CHECKS = {
    "0.1": lesson_00.parts,
    "0.2": lesson_00.prediction,
    "0.3": lesson_00.paint,
    "0.4": lesson_00.my_prompt,
}


def stub_paint(pipe, prompt, seed): ...


def reference(number: str, name: str):
    """What the reference assigns, in the names of the lesson."""
    names = {"generate": generate, "to_pil": to_pil}
    exec(core.EXERCISES[number].reference, names)
    return names[name]


def calm_run(run):
    """A run whose x0_hat is calm, as a trained model's is, so that the expected answer is known."""
    from dataclasses import replace

    records = tuple(replace(step, x0_hat=step.x0_hat * 0 + 1) for step in run.records)
    return replace(run, records=records)


@pytest.mark.parametrize("number", CHECKS)
def test_every_reference_is_right(number, given, run, capsys):
    more = (calm_run(run),) if number == "0.2" else given[number]
    CHECKS[number](reference(number, CHECKS[number].__name__), *more)
    assert capsys.readouterr().out.startswith(f"✔ {number} right.")


STUBS = {
    "0.1": dict.fromkeys(lesson_00.PARTS, ...),
    "0.2": ...,
    "0.3": stub_paint,
    "0.4": ...,
}


@pytest.mark.parametrize("number", CHECKS)
def test_every_stub_is_not_done_yet_and_tells_the_task(number, given, capsys):
    CHECKS[number](STUBS[number], *given[number])
    out = capsys.readouterr().out
    assert out.startswith(f"○ {number} not done yet.") and core.EXERCISES[number].task in out


def swapped() -> dict[str, str]:
    unet, scheduler = "finds the noise in the latents", "removes some of that noise"
    return lesson_00.PARTS | {unet: "scheduler", scheduler: "unet"}


WRONG = [
    ("0.1", swapped(), "Follow the arrows of the map. 3 of 5 are right."),
    ("0.1", lesson_00.PARTS | {"turns latents into a picture": "decoder"}, "Choose from latents,"),
    ("0.1", {"finds the noise": "unet"}, "Change only what stands behind the colons"),
    ("0.2", "x_t", "x0_hat is the calmer one"),
    ("0.2", "both", 'expected "x_t" or "x0_hat", got \'both\''),
    ("0.3", lambda pipe, prompt, seed: generate(pipe, prompt, progress=False), "got Trajectory"),
    ("0.3", lambda pipe, prompt, seed: to_pil(made(pipe, prompt, seed)), "take its [0]"),
    ("0.3", lambda pipe, prompt, seed: to_pil(made(pipe, prompt, 0))[0], "not a fixed number"),
    ("0.3", lambda pipe, prompt, seed: to_pil(made(pipe, "a", seed))[0], "Pass your argument"),
    ("0.3", lambda pipe, prompt, seed: print(end=""), "returns nothing"),
    ("0.3", lambda pipe, prompt, seed: 1 / 0, "stopped with ZeroDivisionError"),
    ("0.3", lambda pipe: pipe, "stopped with TypeError"),
    ("0.3", "paint", "expected a function, got str"),
    ("0.4", "a dragon in a cave at night", "never seen dragon, cave"),
    ("0.4", "a rivr at night with mountains", "Did you mean river"),
    ("0.4", "a lake at night", "at least five words, got 4"),
    ("0.4", 5, "expected a text in quotes, got int"),
]


def made(pipe, prompt, seed):
    return generate(pipe, prompt, seed=seed, steps=2, progress=False).images


@pytest.mark.parametrize(("number", "answer", "hint"), WRONG)
def test_wrong_answers_get_the_hint_that_fits(number, answer, hint, given, run, capsys):
    more = (calm_run(run),) if number == "0.2" else given[number]
    CHECKS[number](answer, *more)
    out = capsys.readouterr().out
    assert out.startswith(f"✘ {number} not right yet:") and hint in out


def test_paint_is_not_fooled_by_a_picture_that_changes_by_itself(tiny_random_pipe, capsys):
    shades = iter(range(100))
    lesson_00.paint(lambda *_: Image.new("L", (4, 4), next(shades)), tiny_random_pipe)
    assert "the same seed gave two different pictures" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("variable", "value"), [("COURSE_GRADING", "1"), ("NBGRADER_EXECUTION", "autograde")]
)
def test_grading_mode_raises_what_is_printed_otherwise(variable, value, monkeypatch, capsys):
    monkeypatch.setenv(variable, value)
    with pytest.raises(AssertionError, match="○ 0.4 not done yet"):
        lesson_00.my_prompt(...)
    with pytest.raises(AssertionError, match="✘ 0.4 not right yet: .* never seen dragon"):
        lesson_00.my_prompt("a dragon and a lake at night")
    lesson_00.my_prompt("a quiet lake with pines at night")
    assert capsys.readouterr().out.startswith("✔ 0.4 right.")


def test_solution_prints_the_reference(capsys):
    lesson_00.solution("0.3")
    assert capsys.readouterr().out.strip() == core.EXERCISES["0.3"].reference
    with pytest.raises(ValueError, match="there is no exercise '0.9' here; choose one of 0.1"):
        lesson_00.solution("0.9")


def test_a_function_as_reference_is_printed_as_its_source(monkeypatch, capsys):
    monkeypatch.setattr(core, "EXERCISES", {})

    @core.exercise("9.1", task="do it.", reference=made)
    def check(answer):
        return "Good."

    core.solution("9.1")
    start = f"from {__name__} import generate\n\n\ndef made(pipe, prompt, seed):\n    return"
    assert capsys.readouterr().out.startswith(start)
    check(1)
    assert capsys.readouterr().out == "✔ 9.1 right. Good.\n"


def test_numbers_are_given_once():
    with pytest.raises(ValueError, match="number '0.1' is taken"):
        core.exercise("0.1", task="", reference="")


def test_a_printed_solution_brings_the_imports_that_it_needs():
    from helpers import maths, runtime

    source = core.whole_source(maths.add_noise)
    assert source.startswith(
        "from helpers.maths import Level, Tensor, noise, signal\n\n\ndef add_noise("
    )
    scope: dict = {}
    exec(source, scope)
    assert scope["add_noise"](2.0, 1.0, 0.25) == maths.add_noise(2.0, 1.0, 0.25)
    assert core.whole_source(runtime.generators).startswith("import torch\nfrom helpers.runtime")
