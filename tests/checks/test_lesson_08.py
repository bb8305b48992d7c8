"""Lesson 08: references are right, stubs not done, every plausible mistake gets its own hint."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from PIL import Image

from helpers import again, generate, maths, to_pil
from helpers.checks import broken_loops, core, lesson_08, mistakes_08, mistakes_08_begin
from helpers.checks.mistakes_08_put_back import BLENDED, KEPT
from helpers.sampling.settings import read_settings

from .variants import RIGHT, SPOILT, assert_told_apart, in_place

NAMES = {
    "8.1": "denoise_loop",
    "8.2": "culprits",
    "8.3": "begin",
    "8.4": "put_back",
    "8.5": "make_again",
}
FUNCTIONS = ["8.1", "8.3", "8.4", "8.5"]


@pytest.fixture
def verdict(tiny_random_pipe, capsys):
    def told(number, answer) -> str:
        given = (tiny_random_pipe,) if number in ("8.1", "8.5") else ()
        getattr(lesson_08, NAMES[number])(answer, *given)
        return capsys.readouterr().out

    return told


def reference(number):
    names: dict = {}
    exec(core.EXERCISES[number].reference, names)
    return names[NAMES[number]]


@pytest.mark.parametrize("number", NAMES)
def test_every_reference_is_right(number, verdict):
    assert verdict(number, reference(number)).startswith(f"✔ {number} right.")


def stub(*args): ...


@pytest.mark.parametrize("number", NAMES)
def test_every_stub_is_not_done_yet_and_tells_the_task(number, verdict):
    out = verdict(number, dict.fromkeys("ABCDE", ...) if number == "8.2" else stub)
    assert out.startswith(f"○ {number} not done yet.") and core.EXERCISES[number].task in out


def in_two_questions(unet, scheduler, words, latents, guidance_scale):
    for t in scheduler.timesteps:
        x_t = scheduler.scale_model_input(latents, t)
        uncond = unet(x_t, t, words[:1], return_dict=False)[0]
        cond = unet(x_t, t, encoder_hidden_states=words[1:]).sample
        guided = torch.lerp(uncond, cond, guidance_scale)
        latents = scheduler.step(guided, t, latents, return_dict=False)[0]
    return latents


def set_again(unet, scheduler, words, latents, w):
    scheduler.set_timesteps(len(scheduler.timesteps))  # as they are: harmless
    for t in scheduler.timesteps:
        both = scheduler.scale_model_input(latents.repeat(2, 1, 1, 1), t)
        noise = unet(both, t, words).sample
        guided = (1 - w) * noise[:1] + w * noise[1:]
        latents = scheduler.step(model_output=guided, timestep=t, sample=latents).prev_sample
    return latents


def from_behind(scheduler, clean, noise, steps, strength):
    scheduler.set_timesteps(num_inference_steps=steps)
    left = scheduler.timesteps[-int(strength * steps) :]
    return scheduler.add_noise(clean, noise, left[0].repeat(len(clean))), left


def by_formula(scheduler, clean, noise, steps, strength):
    scheduler.set_timesteps(steps)
    left = scheduler.timesteps[steps - int(steps * strength) :].tolist()
    return [maths.add_noise(clean, noise, scheduler.alphas_cumprod[left[0]]), left]


def by_where(made, clean, noise, mask, scheduler, left):
    alpha_bar = float(scheduler.alphas_cumprod[int(left[0])]) if len(left) else 1.0
    kept = maths.add_noise(clean, noise, alpha_bar).numpy()
    mask = mask.numpy()
    return np.where(mask == 0, kept, made.numpy() * mask + kept * (1 - mask))


def with_lerp(made, clean, noise, mask, scheduler, left):
    kept = scheduler.add_noise(clean, noise, left[0].reshape(1)) if left.numel() else clean
    return torch.lerp(kept, made, mask)


LINES = {"A": 4, "B": 3, "C": 5, "D": 1, "E": 2}


def alone(pipe, path):
    """The picture without its batch: another way, and hardly another picture."""
    kept = read_settings(path)
    run = generate(
        pipe, kept["prompt"], seed=kept["seed"], steps=kept["steps"], size=kept["size"][0],
        guidance_scale=kept["guidance_scale"], negative_prompt=kept["negative_prompt"],
        scheduler="euler ancestral", progress=False,
    )  # fmt: skip
    return to_pil(run.images)[0]


RIGHT_ANSWERS = [
    ("8.1", in_two_questions),
    ("8.1", set_again),
    ("8.2", LINES),
    ("8.2", {row.lower(): float(line) for row, line in LINES.items()}),
    ("8.2", {row: torch.tensor([line]) for row, line in LINES.items()}),
    ("8.2", dict(zip("ABCDE", np.array([4, 3, 5, 1, 2]), strict=True))),
    ("8.3", from_behind),
    ("8.3", by_formula),
    ("8.4", by_where),
    ("8.4", with_lerp),
    ("8.5", alone),
    ("8.5", lambda pipe, path: reference("8.5")(pipe, str(path)).convert("RGBA")),
]


@pytest.mark.parametrize(("number", "answer"), RIGHT_ANSWERS)
def test_other_ways_to_be_right(number, answer, verdict):
    said = verdict(number, answer)
    assert said.startswith(f"✔ {number} right."), said


@pytest.mark.parametrize("name", RIGHT)
@pytest.mark.parametrize("number", ["8.1", "8.3", "8.4"])
def test_precision_and_type_are_no_mistakes(number, name, verdict):
    said = verdict(number, RIGHT[name](reference(number)))
    assert said.startswith(f"✔ {number} right."), said


@pytest.mark.parametrize("name", SPOILT)
@pytest.mark.parametrize("number", FUNCTIONS)
def test_a_spoilt_function_gets_its_hint(number, name, verdict):
    spoil, hint = SPOILT[name]
    said = verdict(number, spoil(reference(number)))
    assert said.startswith(f"✘ {number} not right yet:") and hint in said, said


@pytest.mark.parametrize(
    ("number", "place"), [("8.1", 3), ("8.3", 1), ("8.3", 2), ("8.4", 0), ("8.4", 1)]
)
def test_an_answer_that_changes_what_it_is_given_is_told(number, place, verdict):
    assert "changes what it was given" in verdict(number, in_place(reference(number), place))
    assert verdict(number, reference(number)).startswith("✔")


def beside(begin, number):
    """A beginning that is wrong in one of the two things that it returns."""

    def answer(scheduler, clean, noise, steps, strength):
        own = copy.deepcopy(scheduler)
        result = list(reference("8.3")(scheduler, clean, noise, steps, strength))
        result[number] = begin(own, clean, noise, steps, strength)[number]
        return tuple(result)

    return answer


LEFT = {hint: beside(begin, 1) for hint, begin in mistakes_08_begin.TIMESTEPS.items()}
BEGUN = {hint: beside(begin, 0) for hint, begin in mistakes_08_begin.LATENTS.items()}


@pytest.mark.parametrize(
    ("number", "mistakes"), [("8.3", LEFT), ("8.3", BEGUN), ("8.4", KEPT), ("8.4", BLENDED)]
)
def test_every_known_mistake_gets_its_own_hint(number, mistakes, verdict):
    for hint, several in mistakes.items():
        for mistake in several if isinstance(several, tuple) else (several,):
            assert verdict(number, mistake) == f"✘ {number} not right yet: {hint}\n"


@pytest.mark.parametrize("row", LINES)
def test_a_row_with_another_line_is_told_where_to_look(row, verdict):
    other = next(line for line in LINES.values() if line != LINES[row])
    said = verdict("8.2", LINES | {row: other})
    assert said == f"✘ 8.2 not right yet: 4 of 5 are right. {broken_loops.LOOK[row]}\n"


def test_the_broken_loops_paint_what_their_lines_say(tiny_random_pipe):
    rows = lesson_08.crime_scene(tiny_random_pipe, "a lake", seeds=[3, 4])
    assert list(rows) == ["right", *LINES]
    right = [np.asarray(picture, dtype=float) for picture in rows["right"]]
    found = {
        row: [np.asarray(picture, dtype=float) for picture in pictures]
        for row, pictures in rows.items()
    }
    assert [len(pictures) for pictures in found.values()] == [2] * 6
    runs = [generate(tiny_random_pipe, "a lake", seed=k, progress=False) for k in (3, 4)]
    wanted = [np.asarray(to_pil(run.images)[0]) for run in runs]
    assert all(np.abs(a - b).max() <= 1 for a, b in zip(right, wanted, strict=True))
    assert np.array_equal(*found["D"]) and np.array_equal(found["D"][0], right[0])
    for row in "ABCE":
        assert not np.array_equal(*found[row]), row
        assert all(np.abs(a - b).max() > 1 for a, b in zip(found[row], right, strict=True)), row


@torch.no_grad()
def test_the_known_mistakes_of_the_loop_are_told_apart(tiny_random_pipe):
    assert_told_apart(lesson_08.loop_questions(tiny_random_pipe))


def rerun(pipe, path, number=None, **changes):
    """The pictures of the run, or one of them, with other settings than those in the file."""
    kept = read_settings(path)
    if not changes:
        pictures = to_pil(again(pipe, kept, progress=False).images)
        return pictures if number is None else pictures[number]
    batch = kept["batch"]
    options = {"seed": batch["seed"], "steps": 3, "scheduler": "euler ancestral",
               "size": kept["size"][0], "guidance_scale": 3.0,
               "negative_prompt": batch["negative_prompt"]}  # fmt: skip
    run = generate(pipe, batch["prompt"], **options | changes, progress=False)
    return to_pil(run.images)[kept["picture"]]


def without_chunk(unet, scheduler, words, latents, w):
    for t in scheduler.timesteps:
        x_t = scheduler.scale_model_input(latents, t)
        uncond, cond = unet(torch.cat([x_t, x_t]), t, words).sample
        latents = scheduler.step(uncond + w * (cond - uncond), t, latents).prev_sample
    return latents


def unhalved(unet, scheduler, words, latents, w):
    for t in scheduler.timesteps:
        x_t = scheduler.scale_model_input(latents, t)
        latents = scheduler.step(unet(torch.cat([x_t, x_t]), t, words).sample, t, latents)[0]
    return latents


def with_20_steps(unet, scheduler, words, latents, w):
    scheduler.set_timesteps(20)
    return reference("8.1")(unet, scheduler, words, latents, w)


def stepped_object(unet, scheduler, words, latents, w):
    for t in scheduler.timesteps:
        made = scheduler.step(latents, t, latents)
    return made


settings = {"picture": 2}  # of the page

WRONG = [
    ("8.1", without_chunk, "noise of shape (4, 2, 2) for latents of shape (1, 4, 2, 2)"),
    ("8.1", unhalved, "noise of shape (2, 4, 2, 2)"),
    ("8.1", with_20_steps, "Leave set_timesteps out"),
    ("8.1", mistakes_08._loop(lambda u, c, w: c + w * (u - c)), "the halves are swapped"),
    ("8.1", stepped_object, "Take its .prev_sample"),
    ("8.1", lambda u, s, w, x, g: x[0], "never uses its argument"),
    ("8.1", lambda u, s, w, x, g: 3, "got one number"),
    ("8.2", 43512, "expected the dictionary with its five rows, got 43512"),
    ("8.2", {"A": 4, "B": 3}, "expected the rows A to E"),
    ("8.2", LINES | {"F": 1}, "expected the rows A to E"),
    ("8.2", LINES | {"C": 0}, "row C is given 0"),
    ("8.2", LINES | {"C": 2.5}, "a whole number is asked"),
    ("8.2", LINES | {"C": "5"}, "is a text"),
    ("8.2", dict.fromkeys("ABCDE", 2), "1 of 5 are right. A is hardly"),
    ("8.3", lambda s, clean, noise, steps, strength: clean, "expected two things"),
    ("8.3", lambda *a: reference("8.3")(*a)[::-1], "the latents come first"),
    ("8.3", lambda *a: (*reference("8.3")(*a), 1), "expected two things"),
    ("8.3", lambda *a: (reference("8.3")(*a)[0] * 2, reference("8.3")(*a)[1]), "Mix with"),
    ("8.3", lambda *a: (reference("8.3")(*a)[0][0], reference("8.3")(*a)[1]), "got (4, 3, 5)"),
    ("8.4", lambda x, c, e, m, s, left: x[m.expand_as(x) > 0], "expected the shape (1, 4, 2, 3)"),
    ("8.4", lambda x, c, e, m, s, left: x * m + c * (1 - m) + 1, "expected"),
    ("8.4", lambda x, c, e, m, s, left: (1 - m) * c + m * x, "goes back without noise"),
    ("8.5", lambda pipe, path: Image.open(path), "you opened the picture"),
    ("8.5", lambda pipe, path: rerun(pipe, path, 0), "this is the first of its batch, always"),
    ("8.5", lambda pipe, path: rerun(pipe, path, 1), "this is number 1 of its batch, always"),
    ("8.5", lambda pipe, path: rerun(pipe, path, -1), "this is the last of its batch, always"),
    ("8.5", lambda pipe, path: rerun(pipe, path, settings["picture"]), "the last of its batch"),
    ("8.5", rerun, "Which of them was ours?"),
    ("8.5", lambda pipe, path: again(pipe, read_settings(path), progress=False), "is the run"),
    ("8.5", lambda pipe, path: to_pil(torch.zeros(1, 3, 16, 16))[0].save(path), "returns nothing"),
    ("8.5", lambda pipe, path: rerun(pipe, path, scheduler=None), "the scheduler is another"),
    ("8.5", lambda pipe, path: rerun(pipe, path, guidance_scale=7.5), "the guidance is another"),
    ("8.5", lambda pipe, path: rerun(pipe, path, negative_prompt=""), "prompt is missing"),
    ("8.5", lambda pipe, path: rerun(pipe, path, seed=0), "the seed is another"),
    ("8.5", lambda pipe, path: rerun(pipe, path, steps=4), "All settings matter"),
    ("8.5", lambda pipe, path: rerun(pipe, path, size=32), "expected the shape (16, 16, 3)"),
]


@pytest.mark.parametrize(("number", "answer", "hint"), WRONG)
def test_wrong_answers_get_the_hint_that_fits(number, answer, hint, verdict):
    out = verdict(number, answer)
    assert out.startswith(f"✘ {number} not right yet:") and hint in out, out


def test_nothing_that_an_answer_does_to_the_networks_lasts(make_random_pipe, capsys):
    pipe = make_random_pipe()

    def breaks(unet, scheduler, words, latents, w):
        unet.train()
        for weights in unet.parameters():
            weights.zero_()
        pipe.scheduler.set_timesteps(3)
        return latents

    timesteps = pipe.scheduler.timesteps
    lesson_08.denoise_loop(breaks, pipe)
    lesson_08.denoise_loop(reference("8.1"), pipe)
    assert [line[0] for line in capsys.readouterr().out.splitlines()] == ["✘", "✔"]
    assert not pipe.unet.training and torch.equal(pipe.scheduler.timesteps, timesteps)
