"""Lesson 07: references are right, stubs not done, every plausible mistake gets its own hint."""

from __future__ import annotations

import pytest
import torch
from PIL import Image

from helpers import again, generate, to_pil
from helpers.checks import core, lesson_07
from helpers.sampling.settings import read_settings

NAMES = {
    "7.1": "denoise_loop",
    "7.2": "prediction",
    "7.3": "begin",
    "7.4": "blend",
    "7.5": "make_again",
}


@pytest.fixture
def verdict(tiny_random_pipe, capsys):
    def told(number, answer) -> str:
        given = (tiny_random_pipe,) if number in ("7.1", "7.5") else ()
        getattr(lesson_07, NAMES[number])(answer, *given)
        return capsys.readouterr().out

    return told


@pytest.mark.parametrize("number", NAMES)
def test_every_reference_is_right(number, verdict):
    names: dict = {}
    exec(core.EXERCISES[number].reference, names)
    assert verdict(number, names[NAMES[number]]).startswith(f"✔ {number} right.")


def stub(*args): ...


@pytest.mark.parametrize("number", NAMES)
def test_every_stub_is_not_done_yet_and_tells_the_task(number, verdict):
    out = verdict(number, ... if number == "7.2" else stub)
    assert out.startswith(f"○ {number} not done yet.") and core.EXERCISES[number].task in out


def loop(combine=None, *, scaled=True, step_scaled=False, once=False, kept=False, raw=False):
    """The loop of a learner, with a mistake."""
    combine = combine or (lambda u, c, w: u + w * (c - u))

    def denoise_loop(unet, scheduler, words, latents, guidance_scale):
        for t in scheduler.timesteps:
            x_t = scheduler.scale_model_input(latents, t)
            asked = x_t if scaled else latents
            uncond, cond = unet(torch.cat([asked, asked]), t, words).sample.chunk(2)
            guided = combine(uncond, cond, guidance_scale)
            stepped = scheduler.step(guided, t, x_t if step_scaled else latents)
            if raw:
                return stepped
            latents = latents if kept else stepped.prev_sample
            if once:
                return latents
        return latents

    return denoise_loop


LOOPS = [
    (loop(lambda u, c, w: c + w * (u - c)), "the halves are swapped"),
    (loop(lambda u, c, w: w * (c - u)), "start from uncond"),
    (loop(lambda u, c, w: u + w * c), "you scale cond"),
    (loop(lambda u, c, w: c), "the guidance is missing"),
    (loop(lambda u, c, w: u), "only uncond is used"),
    (loop(lambda u, c, w: u + 7.5 * (c - u)), "you guide with 7.5"),
    (loop(scaled=False), "use scale_model_input"),
    (loop(step_scaled=True), "not the scaled ones"),
    (loop(once=True), "Is `return` inside the loop?"),
    (loop(kept=True), "came back as they were"),
    (loop(raw=True), "Take its .prev_sample"),
    (lambda u, s, w, x, g: x[0], "got (4, 4, 4)"),
    (lambda u, s, w, x, g: 3, "got int"),
    (lambda u, s, w, x, g: x * 2, "Go through the four lines"),
    (lambda u, s, w, x, g: u(x, s.timesteps[0], w).sample, "stopped with RuntimeError"),
]


def started(first, mix=None, *, skipped=None):
    """The beginning of a learner: the mixture at step `first`, and what is skipped of the steps."""
    mix = mix or (lambda s, clean, noise, t: s.add_noise(clean, noise, t))

    def begin(scheduler, clean, noise, steps, strength):
        scheduler.set_timesteps(steps)
        every = scheduler.timesteps
        left = every[8:] if skipped is None else every[skipped]
        return mix(scheduler, clean, noise, every[first : first + 1]), left

    return begin


BEGINNINGS = [
    (started(8, skipped=slice(None, 12)), "you keep the first steps"),
    (started(8, skipped=slice(None)), "all timesteps are left"),
    (started(8, skipped=slice(12, None)), "you cut off what should be run"),
    (started(8, skipped=slice(9, None)), "off by one: 11 steps are left, 12 should be"),
    (started(8, skipped=slice(7, None)), "off by one: 13 steps"),
    (started(8, skipped=slice(0, 3)), "expected the last 12"),
    (started(0), "as noisy as at step 1. The first step that is run is number 9"),
    (started(19), "as noisy as at step 20"),
    (started(8, lambda s, clean, noise, t: clean), "the noise is missing"),
    (started(8, lambda s, clean, noise, t: s.add_noise(noise, clean, t)), "are swapped"),
    (started(8, lambda s, clean, noise, t: clean + noise), "a plain sum"),
    (started(8, lambda s, clean, noise, t: 0.5 * clean), "mix with scheduler.add_noise"),
    (started(8, lambda s, clean, noise, t: clean[0]), "expected latents of shape (1, 4, 4, 4)"),
    (lambda s, clean, noise, steps, strength: clean, "expected two things"),
]

BLENDS = [
    (lambda x, kept, m: m * kept + (1 - m) * x, "the sides are swapped"),
    (lambda x, kept, m: m * x, "Add kept there"),
    (lambda x, kept, m: m * x + kept, "Weigh it with (1 - mask)"),
    (lambda x, kept, m: x + (1 - m) * kept, "Weigh them with mask"),
    (lambda x, kept, m: x, "these are the latents as they came"),
    (lambda x, kept, m: kept, "everything is kept"),
    (lambda x, kept, m: torch.where(m > 0.5, x, kept), "a mask of a half"),
    (lambda x, kept, m: torch.where(m > 0, x, kept), "a mask of a half"),
    (lambda x, kept, m: x[m.expand_as(x) > 0], "expected latents of shape (1, 4, 2, 3)"),
    (lambda x, kept, m: x * 0, "expected a weighted sum"),
]


def one_alone(pipe, path):
    kept = read_settings(path)
    run = generate(pipe, kept["prompt"], seed=kept["seed"], steps=kept["steps"], progress=False)
    return to_pil(run.images)[0]


AGAIN = [
    (lambda pipe, path: Image.open(path), "you opened the picture"),
    (lambda pipe, path: rerun(pipe, path)[0], "this is its neighbour"),
    (lambda pipe, path: rerun(pipe, path), "got list"),
    (one_alone, "All settings matter, the scheduler and the batch too"),
]


def rerun(pipe, path):
    return to_pil(again(pipe, read_settings(path), progress=False).images)


PREDICTIONS = [
    (8, "8 steps are skipped"),
    (20, "all of them, at strength 1"),
    (13, "multiply"),
    (0.6, "expected a whole number, got 0.6"),
]
WRONG = [("7.1", *wrong) for wrong in LOOPS]
WRONG += [("7.2", *wrong) for wrong in PREDICTIONS]
WRONG += [("7.3", *wrong) for wrong in BEGINNINGS]
WRONG += [("7.4", *wrong) for wrong in BLENDS]
WRONG += [("7.5", *wrong) for wrong in AGAIN]


@pytest.mark.parametrize(("number", "answer", "hint"), WRONG)
def test_wrong_answers_get_the_hint_that_fits(number, answer, hint, verdict):
    out = verdict(number, answer)
    assert out.startswith(f"✘ {number} not right yet:") and hint in out
