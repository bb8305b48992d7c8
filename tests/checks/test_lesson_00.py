"""Lesson 00: every answer gets the verdict that it deserves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from helpers import generate, to_pil
from helpers.checks import core, lesson_00

from .answers import told_everywhere


def made(pipe, prompt, **options):
    return generate(pipe, prompt, **{"steps": 2, "progress": False} | options).images


def drawn(pipe, prompt, **options):
    return to_pil(made(pipe, prompt, **options))[0]


@pytest.fixture(scope="module")
def run(tiny_random_pipe):
    """A run whose x0_hat is calm and unfinished, as a trained model's is: the answer is known."""
    run = generate(tiny_random_pipe, "a lake", steps=2, progress=False)
    records = tuple(replace(step, x0_hat=torch.full_like(step.x0_hat, 9.0)) for step in run.records)
    return replace(run, records=records)


@pytest.fixture
def told(verdict, tiny_random_pipe, run):
    """`told(number, answer)`: the line that the check of an exercise prints."""
    checks = {
        "0.1": (lesson_00.parts,),
        "0.2": (lesson_00.prediction, run),
        "0.3": (lesson_00.paint, tiny_random_pipe),
        "0.4": (lesson_00.pair,),
    }
    return lambda number, answer: verdict(checks[number][0], answer, *checks[number][1:])


def reference(number: str, name: str):
    """What the reference assigns, in the names of the lesson."""
    names = {"generate": generate, "to_pil": to_pil}
    exec(core.EXERCISES[number].reference, names)
    return names[name]


@pytest.mark.parametrize(
    ("number", "name"),
    [("0.1", "parts"), ("0.2", "prediction"), ("0.3", "paint"), ("0.4", "pair")],
)
def test_every_reference_is_right(number, name, told):
    assert told(number, reference(number, name)).startswith(f"✔ {number} right.")


def stub_paint(pipe, prompt, seed): ...


HALF_DONE = lesson_00.PARTS | {"the mountain is taken for noise": ...}


@pytest.mark.parametrize(
    ("number", "stub"),
    [
        ("0.1", dict.fromkeys(lesson_00.PARTS, ...)),
        ("0.1", HALF_DONE),
        ("0.2", ...),
        ("0.3", stub_paint),
        ("0.4", ...),
        ("0.4", None),
    ],
)
def test_every_stub_is_not_done_yet_and_tells_the_task(number, stub, told):
    out = told(number, stub)
    assert out.startswith(f"○ {number} not done yet.") and core.EXERCISES[number].task in out


def with_parts(*names: str) -> dict[str, str]:
    return dict(zip(lesson_00.PARTS, names, strict=True))


def pipeline(pipe, prompt, seed):
    pipe.set_progress_bar_config(disable=True)
    noise = torch.Generator().manual_seed(seed)
    return pipe(prompt, num_inference_steps=2, generator=noise).images[0]


def pipeline_with_global_seed(pipe, prompt, seed):
    torch.manual_seed(seed)
    pipe.set_progress_bar_config(disable=True)
    return pipe(prompt, num_inference_steps=2).images[0]


RIGHT = [
    ("0.1", with_parts("Tokenizer ", "text encoder", "U-Net", "Scheduler", "VAE decoder")),
    ("0.2", " Blur"),
    ("0.3", lambda pipe, prompt, seed: drawn(pipe, prompt, seed=seed)),
    ("0.3", lambda pipe, prompt, seed: drawn(pipe, prompt, seed=[seed])),
    ("0.3", lambda pipe, prompt, seed: drawn(pipe, prompt, seed=seed, scheduler="euler")),
    ("0.3", lambda pipe, prompt, seed: drawn(pipe, prompt, seed=seed, guidance_scale=1)),
    ("0.3", lambda p, words, number: print("drawing") or drawn(p, words, seed=number)),
    ("0.3", pipeline),
    ("0.3", pipeline_with_global_seed),
    ("0.4", ["a quiet lake and mountains at dawn", "A quiet river and mountains, at dawn!"]),
    ("0.4", (np.str_("a yellow tent and a quiet lake"), "a yellow tent and a quiet sea")),
    ("0.4", ("夕焼けの海と白い灯台のある水彩画", "夕焼けの海と赤い灯台のある水彩画")),
]


@pytest.mark.parametrize(("number", "answer"), RIGHT)
def test_another_way_is_right_too(number, answer, told):
    assert told(number, answer).startswith(f"✔ {number} right.")


LAKE = "a quiet lake with pines at night"
SWAPPED = with_parts("tokenizer", "text_encoder", "scheduler", "unet", "vae")

WRONG = [
    ("0.1", SWAPPED, "3 of 5 are right"),
    ("0.1", SWAPPED, "where noise is"),
    ("0.1", with_parts("text_encoder", "tokenizer", "unet", "scheduler", "vae"), "gives numbers"),
    ("0.1", with_parts("vae", "text_encoder", "unet", "scheduler", "tokenizer"), "Follow the"),
    ("0.1", with_parts(*["unet"] * 5), "Each of the five parts has one fault"),
    ("0.1", with_parts(*["unet"] * 4, "latents"), "Choose from tokenizer,"),
    ("0.1", with_parts(*["unet"] * 4, 3), "3 is none of the five parts. Choose from"),
    ("0.1", with_parts(*["unet"] * 4, 3), "scheduler, vae, in quotes"),
    ("0.1", with_parts(*["unet"] * 4, ["vae"]), "the list ['vae'] is none of the five parts"),
    ("0.1", {"finds the noise": "unet"}, "Change only what stands behind the colons"),
    ("0.1", "unet", "Change only what stands behind the colons"),
    ("0.2", "speckle", 'the first guess is "blur": large soft shapes'),
    ("0.2", "finished", "look at the first column"),
    ("0.2", "both", """expected "speckle", "blur" or "finished", got 'both'"""),
    ("0.2", torch.zeros(3), "Write it in quotes"),
    ("0.2", ["blur"], "Write it in quotes"),
    ("0.3", lambda pipe, prompt, seed: generate(pipe, prompt, steps=1, progress=False),
     "got an object of type Trajectory. Its pictures are .images"),
    ("0.3", lambda pipe, prompt, seed: made(pipe, prompt, seed=seed), "makes pictures from a"),
    ("0.3", lambda pipe, prompt, seed: to_pil(made(pipe, prompt, seed=seed)), "the first is [0]"),
    ("0.3", lambda pipe, prompt, seed: drawn(pipe, prompt, seed=0), "not a fixed number"),
    ("0.3", lambda pipe, prompt, seed: drawn(pipe, prompt), "not a fixed number"),
    ("0.3", lambda pipe, prompt, seed: drawn(pipe, prompt, steps=seed), "runs of 5 and 6 steps"),
    ("0.3", lambda pipe, prompt, seed: drawn(pipe, prompt, guidance_scale=seed), "the same noise"),
    ("0.3", lambda pipe, prompt, seed: drawn(pipe, prompt, seed=seed + 1), "the noise of seed 5"),
    ("0.3", lambda pipe, prompt, seed: drawn(pipe, "a lake", seed=seed), "Pass your argument"),
    ("0.3", lambda pipe, prompt, seed: drawn(pipe, "a lake", negative_prompt=prompt, seed=seed),
     "Did the prompt become the negative prompt?"),
    ("0.3", lambda pipe, prompt, seed: drawn(pipe, prompt, negative_prompt=prompt, seed=seed),
     "steered away from some words"),
    ("0.3", lambda pipe, prompt, seed: drawn(pipe, prompt + " in snow", seed=seed), "other words"),
    ("0.3", lambda pipe, prompt, seed: pipeline(pipe, prompt, int(torch.randint(9**9, (1,)))),
     "the same seed gave two different pictures"),
    ("0.3", lambda pipe, prompt, seed: Image.new("RGB", (seed, len(prompt))), "nothing was drawn"),
    ("0.3", lambda pipe, prompt, seed: drawn(pipe, prompt, seed=seed).show, "got an object of"),
    ("0.3", lambda pipe, prompt, seed: drawn(pipe, prompt, sed=seed), "stopped with TypeError"),
    ("0.3", lambda pipe: pipe, "Keep the line with `def` as it was"),
    ("0.3", "paint", "expected a function, got str"),
    ("0.4", (LAKE, "a dragon in a cave at night"), "never seen dragon, cave"),
    ("0.4", ("a rivr at night with mountains", LAKE), "Did you mean river"),
    ("0.4", (LAKE, "xx zzz qqq jjjj five six seven eight"), "xx, zzz, qqq, jjjj, …. Take words"),
    ("0.4", (LAKE, LAKE), "both prompts are the same"),
    ("0.4", (LAKE, LAKE.upper()), "both prompts are the same"),
    ("0.4", (LAKE, LAKE.replace("lake", "river").replace("night", "dawn")), "2 words change"),
    ("0.4", (LAKE, LAKE + " in winter"), "one prompt has 7 words, the other 9"),
    ("0.4", ("a lake at night", "a river at night"), "five different words in each prompt, got 4"),
    ("0.4", ("night night night night night", LAKE), "five different words in each prompt, got 1"),
    ("0.4", ("", LAKE), "in each prompt, got 0"),
    ("0.4", LAKE, "expected two prompts in brackets, got 'a quiet lake"),
    ("0.4", (LAKE,), "expected two prompts in brackets"),
    ("0.4", (LAKE, 5), "expected a text in quotes, got 5"),
    ("0.4", (LAKE, ["a", "lake"]), "expected a text in quotes, got the list ['a', 'lake']"),
]  # fmt: skip


@pytest.mark.parametrize(("number", "answer", "hint"), WRONG)
def test_wrong_answers_get_the_hint_that_fits(number, answer, hint, told):
    out = told(number, answer)
    assert out.startswith(f"✘ {number} not right yet:") and hint in out


def test_what_is_wrong_everywhere_is_told(told):
    def shade(pipe, prompt, seed):
        return Image.new("L", (4, 4), seed)

    for answer, hint in told_everywhere(shade, in_place=False):
        out = told("0.3", answer)
        assert out.startswith("✘ 0.3 not right yet:") and hint in out


def test_paint_gives_the_pipe_back_as_it_was(tiny_random_pipe, told):
    scheduler, before = tiny_random_pipe.scheduler, dict(vars(tiny_random_pipe.scheduler))

    def spoiling(pipe, prompt, seed):
        picture = drawn(pipe, prompt, seed=seed)
        tiny_random_pipe.scheduler.set_timesteps(7)
        pipe.scheduler = None
        tiny_random_pipe.unet.train()
        return picture

    assert told("0.3", spoiling).startswith("✔ 0.3 right.")
    assert tiny_random_pipe.scheduler is scheduler and not tiny_random_pipe.unet.training
    assert vars(scheduler).keys() == before.keys()
    assert not tiny_random_pipe.unet._forward_pre_hooks


@pytest.mark.parametrize(
    ("variable", "value"), [("COURSE_GRADING", "1"), ("NBGRADER_EXECUTION", "autograde")]
)
def test_grading_mode_raises_what_is_printed_otherwise(variable, value, monkeypatch, capsys):
    monkeypatch.setenv(variable, value)
    with pytest.raises(AssertionError, match="○ 0.4 not done yet"):
        lesson_00.pair(...)
    with pytest.raises(AssertionError, match="✘ 0.4 not right yet: .* never seen dragon"):
        lesson_00.pair((LAKE, "a dragon and a lake at night"))
    lesson_00.pair((LAKE, LAKE.replace("lake", "river")))
    assert capsys.readouterr().out.startswith("✔ 0.4 right.")


def test_solution_prints_the_reference(capsys):
    lesson_00.solution("0.3")
    assert capsys.readouterr().out.strip() == core.EXERCISES["0.3"].reference


def test_the_guess_is_judged_by_what_the_run_shows(tiny_random_pipe, verdict, run):
    first, rest = run.records[0], run.records[1:]
    noise = torch.randn(first.x_t.shape, generator=torch.Generator().manual_seed(1))
    speckled = replace(run, records=(replace(first, x_t=noise, x0_hat=3 * noise), *rest))
    assert verdict(lesson_00.prediction, "speckle", speckled).startswith("✔ 0.2 right.")
    assert 'the first guess is "blur"' in verdict(lesson_00.prediction, "speckle", run)
    calm = torch.ones_like(noise).cumsum(-1)
    done = replace(run, latents=torch.stack([calm] * len(run.latents)))
    done = replace(done, records=(replace(first, x0_hat=calm + 0.01), *rest))
    assert verdict(lesson_00.prediction, "finished", done).startswith("✔ 0.2 right.")


def test_the_solution_of_paint_stands_alone(tiny_random_pipe):
    space: dict = {}
    exec(core.EXERCISES["0.3"].reference, space)
    assert space["paint"](tiny_random_pipe, "a lake", 0).size == drawn(tiny_random_pipe, "a").size
