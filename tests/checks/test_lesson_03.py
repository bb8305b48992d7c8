"""Lesson 03: references are right, stubs not done, every plausible mistake gets its own hint."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

from helpers import decoding
from helpers.checks import core, lesson_03

CHECKS = {
    "3.1": lesson_03.compression,
    "3.2": lesson_03.scaling_factor,
    "3.3": lesson_03.fit_preview,
    "3.4": lesson_03.prediction,
    "3.5": lesson_03.psnr,
}
FIRST, SECOND = torch.zeros(1, 3, 8, 8), torch.ones(1, 3, 8, 8)


@pytest.fixture(autouse=True)
def transparent_vae(monkeypatch):
    """A perfect autoencoder whose latents are the pixels: mixing them is mixing pictures."""
    monkeypatch.setattr(decoding, "encode", lambda pipe, images: images)
    monkeypatch.setattr(decoding, "decode", lambda pipe, latents: latents)


def verdict(number, answer, capsys) -> str:
    given = (None, FIRST, SECOND) if number == "3.4" else ()
    CHECKS[number](answer, *given)
    return capsys.readouterr().out


@pytest.mark.parametrize("number", CHECKS)
def test_every_reference_is_right(number, capsys):
    names: dict = {}
    exec(core.EXERCISES[number].reference, names)
    out = verdict(number, names[CHECKS[number].__name__], capsys)
    assert out.startswith(f"✔ {number} right.")


def stub(a, b=None, c=None): ...


@pytest.mark.parametrize("number", CHECKS)
def test_every_stub_is_not_done_yet_and_tells_the_task(number, capsys):
    out = verdict(number, ... if number == "3.4" else stub, capsys)
    assert out.startswith(f"○ {number} not done yet.") and core.EXERCISES[number].task in out


def colours(images):
    return F.avg_pool2d(images, 8).permute(0, 2, 3, 1).flatten(0, 2)


def pixels(latents):
    return latents.permute(0, 2, 3, 1).flatten(0, 2)


def solve(rows, images):
    return torch.linalg.lstsq(rows, colours(images)).solution


def with_ones(rows):
    return F.pad(rows, (0, 1), value=1.0)


def ones_first(rows):
    return F.pad(rows, (1, 0), value=1.0)


def mse(a, b):
    return (a - b).square().mean(dim=(1, 2, 3))


WRONG = [
    ("3.1", lambda s, f, c: s * s / (c * (s // f) ** 2), "expected 48. A pixel has three numbers"),
    ("3.1", lambda s, f, c: 3 * f / c, "it counts twice"),
    ("3.1", lambda s, f, c: 3 * s * s / (s // f) ** 2, "as many numbers as there are channels"),
    ("3.1", lambda s, f, c: s * s / (s // f) ** 2, "You counted places"),
    ("3.1", lambda s, f, c: c / (3 * f * f), "Turn it over"),
    ("3.1", lambda s, f, c: c * (s // f) ** 2, "This is how many latents there are"),
    ("3.1", lambda s, f, c: 48, "compression(256, 4, 3) gave 48, expected 16"),
    ("3.2", lambda z: z.std(), "*multiplied* by the factor"),
    ("3.2", lambda z: z.var(), "This is the variance."),
    ("3.2", lambda z: 1 / z.var(), "You divided by the variance"),
    ("3.2", lambda z: 1 / z.square().mean().sqrt(), "also counts the mean"),
    ("3.2", lambda z: 1 / z.abs().mean(), "You took the mean size"),
    ("3.2", lambda z: 1 / z[0].std(), "first picture only"),
    ("3.2", lambda z: 1 / (z.max() - z.min()), "You took the range"),
    ("3.2", lambda z: 1 / z.std(dim=(0, 2, 3)), "got a tensor of shape [4]"),
    ("3.2", lambda z: 0.18215, "expected 0.2"),
    ("3.3", lambda z, x: torch.linalg.lstsq(with_ones(pixels(z)), colours(x)), "its .solution"),
    ("3.3", lambda z, x: solve(with_ones(pixels(z)), x).T, "Turn it over: a row for each channel"),
    ("3.3", lambda z, x: solve(pixels(z), x), "give the latents a fifth column of ones"),
    ("3.3", lambda z, x: with_ones(pixels(z)), "Every latent pixel is a row of its own"),
    ("3.3", lambda z, x: solve(with_ones(z.reshape(-1, 4)), x), "Put them last first"),
    ("3.3", lambda z, x: torch.linalg.lstsq(
        with_ones(z.reshape(-1, 4)), F.avg_pool2d(x, 8).reshape(-1, 3)).solution,
     "for latents and pictures"),
    ("3.3", lambda z, x: solve(ones_first(pixels(z)), x), "The constant stands first"),
    ("3.3", lambda z, x: decoding.fit_preview(z, x[..., ::8, ::8]), "one pixel of each patch"),
    ("3.3", lambda z, x: solve(with_ones(pixels(z)), 2 * x - 1), "came from [-1, 1]"),
    ("3.3", lambda z, x: solve(with_ones(pixels(z)), 255 * x), "came from 0 ... 255"),
    ("3.3", lambda z, x: F.pad(solve(pixels(z), x), (0, 0, 0, 1)), "Your constant is 0"),
    ("3.3", lambda z, x: torch.zeros(5, 3), "another one gives smaller errors"),
    ("3.4", "new landscape", "measured, it is a double exposure"),
    ("3.4", "both", "got 'both'"),
    ("3.5", lambda a, b: -10 * torch.log10((a - b).square().mean()), "Take the mean inside each"),
    ("3.5", lambda a, b: -10 * torch.log10((a - b).square()), "gave shape [2, 3, 8, 8]"),
    ("3.5", mse, "Its logarithm is missing"),
    ("3.5", lambda a, b: 10 * torch.log10(mse(a, b)), "The sign is turned over"),
    ("3.5", lambda a, b: -torch.log10(mse(a, b)), "These are bels"),
    ("3.5", lambda a, b: -10 * torch.log10(mse(a, b).sqrt()), "with no root"),
    ("3.5", lambda a, b: -20 * torch.log10(mse(a, b)), "20 belongs to the root"),
    ("3.5", lambda a, b: -10 * torch.log(mse(a, b)), "natural logarithm"),
    ("3.5", lambda a, b: -10 * torch.log10((a - b).abs().mean(dim=(1, 2, 3))), "Square it first."),
    ("3.5", lambda a, b: -10 * torch.log10((a - b).square().sum(dim=(1, 2, 3))), "added the"),
    ("3.5", lambda a, b: 10 * torch.log10(255**2 / mse(a, b)), "the peak is 1, not 255"),
    ("3.5", lambda a, b: 10 * torch.log10(4 / mse(a, b)), "the peak is 1, not 2"),
    ("3.5", lambda a, b: torch.zeros(2), "Square the difference, take the mean"),
    ("3.5", lambda a, b: print(end=""), "returns nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("number", "answer", "hint"), WRONG)
def test_wrong_answers_get_the_hint_that_fits(number, answer, hint, capsys):
    out = verdict(number, answer, capsys)
    assert out.startswith(f"✘ {number} not right yet:") and hint in out, out


def test_psnr_may_be_written_with_the_root_and_20(capsys):
    out = verdict("3.5", lambda a, b: -20 * torch.log10(mse(a, b).sqrt()), capsys)
    assert out.startswith("✔ 3.5 right.")


def test_the_scaling_factor_may_be_a_plain_number(capsys):
    assert verdict("3.2", lambda z: 1 / math.sqrt(z.var()), capsys).startswith("✔ 3.2 right.")


def test_a_vae_that_invents_new_pictures_makes_the_other_answer_right(monkeypatch, capsys):
    monkeypatch.setattr(decoding, "decode", lambda pipe, latents: FIRST + 0.1)
    assert verdict("3.4", "new landscape", capsys).startswith("✔ 3.4 right.")
    assert "measured, it is a new landscape" in verdict("3.4", "double exposure", capsys)
