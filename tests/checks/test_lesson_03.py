"""Lesson 03: references are right in any form, and every plausible mistake gets its own hint."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from helpers import decoding
from helpers.checks import core, lesson_03
from helpers.checks.questions import compiled

from .answers import number_variants, right_variants, told_everywhere

FUNCTIONS = {
    "3.1": lesson_03.compression,
    "3.2": lesson_03.scaling_factor,
    "3.3": lesson_03.fit_preview,
    "3.5": lesson_03.psnr,
}
REFERENCES = {number: compiled(core.EXERCISES[number].reference) for number in FUNCTIONS}
FIRST, SECOND = torch.zeros(1, 3, 8, 8), torch.ones(1, 3, 8, 8)


@pytest.fixture(autouse=True)
def transparent_vae(monkeypatch):
    """A perfect autoencoder whose latents are the pixels: mixing them is mixing pictures."""
    monkeypatch.setattr(decoding, "encode", lambda pipe, images: images)
    monkeypatch.setattr(decoding, "decode", lambda pipe, latents: latents)


def stub(a, b=None, c=None): ...


@pytest.mark.parametrize("number", [*FUNCTIONS, "3.4"])
def test_every_stub_is_not_done_yet_and_tells_the_task(number, verdict):
    given = (lesson_03.prediction, ..., None, FIRST, SECOND)
    out = verdict(*((FUNCTIONS[number], stub) if number in FUNCTIONS else given))
    assert out.startswith(f"○ {number} not done yet.") and core.EXERCISES[number].task in out


@pytest.mark.parametrize("number", FUNCTIONS)
def test_the_reference_is_right_in_any_precision_and_type(number, verdict):
    variants = right_variants(REFERENCES[number])
    if number in ("3.1", "3.2"):
        variants |= number_variants(REFERENCES[number])
    for name, answer in variants.items():
        assert verdict(FUNCTIONS[number], answer).startswith(f"✔ {number} right."), name


@pytest.mark.parametrize("number", FUNCTIONS)
def test_what_is_wrong_everywhere_is_told(number, verdict):
    for answer, hint in told_everywhere(REFERENCES[number], in_place=number != "3.1"):
        out = verdict(FUNCTIONS[number], answer)
        assert out.startswith(f"✘ {number} not right yet:") and hint in out


z, measured, a_page, b_page = torch.randn(2, 4, 4, 4), 0.18215, torch.rand(2, 3, 8, 8), 0.5
"""Variables as they stand on the page."""


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
    ("3.1", lambda s, f, c: s * s / (c * (s // f) ** 2), "A pixel has three numbers"),
    ("3.1", lambda s, f, c: 3 * f / c, "it counts twice"),
    ("3.1", lambda s, f, c: 3 * s * s / (s // f) ** 2, "as many numbers as there are channels"),
    ("3.1", lambda s, f, c: s * s / (s // f) ** 2, "You counted places"),
    ("3.1", lambda s, f, c: c / (3 * f * f), "Turn it over"),
    ("3.1", lambda s, f, c: c * (s // f) ** 2, "This is how many latents there are"),
    ("3.1", lambda s, f, c: 48, "for side = 96, factor = 6, channels = 5 expected 21.6, got 48"),
    ("3.1", lambda s, f, c: "48", "'48' is a text. Leave the quotes away"),
    ("3.1", lambda s, f, c: "48 numbers", "Write it in digits, without quotes"),
    ("3.1", lambda s, f, c: 3 * s * s // (c * (s // f) ** 2), "Divide with /, not //"),
    ("3.1", lambda s, f, c: 3 * s * s / (c * (s // f)), "it counts twice"),
    ("3.1", lambda s, f, c: 3 * s / (c * (s // f) ** 2), "side * side pixels"),
    ("3.1", lambda s, f, c: 3 * s * s, "how many numbers the picture has"),
    ("3.1", lambda s, f, c: 3 * s * s - c * (s // f) ** 2, "a difference"),
    ("3.1", lambda s, f, c: 3 * s**2 / c * (s / f) ** 2, "into brackets"),
    ("3.1", lambda s, f, c: (3 * s * s, c * (s // f) ** 2), "a number is asked, got the tuple"),
    ("3.1", lambda s, f, c: True, "a number is asked, got True"),
    ("3.1", lambda s, f, c: math.inf, "not finite"),
    ("3.2", lambda z: z.std(), "*multiplied* by the factor"),
    ("3.2", lambda z: z.var(), "This is the variance."),
    ("3.2", lambda z: 1 / z.var(), "You divided by the variance"),
    ("3.2", lambda z: 1 / z.square().mean().sqrt(), "also counts the mean"),
    ("3.2", lambda z: 1 / z.abs().mean(), "You took the mean size"),
    ("3.2", lambda z: 1 / z[0].std(), "first picture only"),
    ("3.2", lambda z: 1 / (z.max() - z.min()), "You took the range"),
    ("3.2", lambda z: 1 / z.std(dim=(0, 2, 3)), "One factor serves all channels"),
    ("3.2", lambda z: 1 / z.std(dim=(0, 2, 3)).mean(), "a mean of several spreads"),
    ("3.2", lambda z: (1 / z.std(dim=(1, 2, 3))).mean(), "a mean of several spreads"),
    ("3.2", lambda z: z / z.std(), "These are the scaled latents"),
    ("3.2", lambda z: z.std() ** -0.5, "One root too many"),
    ("3.2", lambda z: 1 / z[:, 0].std(), "first channel only"),
    ("3.2", lambda z: 1 / z.mean(), "You divided by the mean."),
    ("3.2", lambda z: 1 / z.max(), "You took the largest number"),
    ("3.2", lambda z: measured, "uses measured of the page"),
    ("3.2", lambda z: "0.18", "Leave the quotes away"),
    ("3.2", lambda latents: 1 / z.std(), "uses z of the page"),
    ("3.2", lambda z: 0.18215, "never uses its argument z"),
    ("3.3", lambda z, x: torch.linalg.lstsq(with_ones(pixels(z)), colours(x)), "its .solution"),
    ("3.3", lambda z, x: solve(with_ones(pixels(z)), x).T, "Turn it over: a row for each channel"),
    ("3.3", lambda z, x: solve(pixels(z), x), "give the latents a fifth column of ones"),
    ("3.3", lambda z, x: with_ones(pixels(z)), "Every latent pixel is a row of its own"),
    ("3.3", lambda z, x: solve(with_ones(z.reshape(-1, 4)), x), "Put them last first"),
    ("3.3", lambda z, x: torch.linalg.lstsq(
        with_ones(z.reshape(-1, 4)), F.avg_pool2d(x, 8).reshape(-1, 3)).solution,
     "Put them last first"),
    ("3.3", lambda z, x: solve(ones_first(pixels(z)), x), "The constant stands first"),
    ("3.3", lambda z, x: decoding.fit_preview(z, x[..., ::8, ::8]), "one pixel of each patch"),
    ("3.3", lambda z, x: solve(with_ones(pixels(z)), 2 * x - 1), "came from [-1, 1]"),
    ("3.3", lambda z, x: solve(with_ones(pixels(z)), 255 * x), "came from 0 ... 255"),
    ("3.3", lambda z, x: F.pad(solve(pixels(z), x), (0, 0, 0, 1)), "Your constant is 0"),
    ("3.3", lambda z, x: torch.ones(5, 3), "never uses its argument z"),
    ("3.3", lambda z, x: solve(F.pad(pixels(z), (0, 1)), x), "zeros without value=1.0"),
    ("3.3", lambda z, x: decoding.fit_preview(z, x)[:-1], "Return all five rows"),
    ("3.3", lambda z, x: np.linalg.lstsq(with_ones(pixels(z)), colours(x), rcond=None),
     "Return the table alone"),
    ("3.3", lambda z, x: with_ones(pixels(z)) @ solve(with_ones(pixels(z)), x), "as the table"),
    ("3.3", lambda z, x: solve(with_ones(pixels(z)), x.flip(1)), "Keep red first"),
    ("3.3", lambda z, x: solve(with_ones(pixels(z[:1])), x[:1]), "Only the first picture"),
    ("3.3", lambda z, x: solve(with_ones(pixels(z.mT)), x), "in different orders"),
    ("3.3", lambda z, x: solve(with_ones(pixels(z)) ** 2, x), "row k of the latents"),
    ("3.5", lambda a, b: -10 * torch.log10((a - b).square().mean()), "mean goes over all pairs"),
    ("3.5", lambda a, b: -10 * torch.log10((a - b).square()), "The mean is missing"),
    ("3.5", mse, "Its logarithm is missing"),
    ("3.5", lambda a, b: 10 * torch.log10(mse(a, b)), "The sign is turned over"),
    ("3.5", lambda a, b: -torch.log10(mse(a, b)), "These are bels"),
    ("3.5", lambda a, b: -10 * torch.log10(mse(a, b).sqrt()), "with no root"),
    ("3.5", lambda a, b: -20 * torch.log10(mse(a, b)), "20 belongs to the root"),
    ("3.5", lambda a, b: -10 * torch.log(mse(a, b)), "natural logarithm"),
    ("3.5", lambda a, b: -10 * torch.log10((a - b).abs().mean(dim=(1, 2, 3))), "Square it first"),
    ("3.5", lambda a, b: -10 * torch.log10((a - b).square().sum(dim=(1, 2, 3))), "added the"),
    ("3.5", lambda a, b: 10 * torch.log10(255**2 / mse(a, b)), "the peak is 1, not 255"),
    ("3.5", lambda a, b: 10 * torch.log10(4 / mse(a, b)), "the peak is 1, not 2"),
    ("3.5", lambda a, b: torch.zeros(2), "never uses its argument a"),
    ("3.5", lambda a, b: mse(a, b) * 3, "Square the difference, take the mean"),
    ("3.5", lambda a, b: -10 * torch.log2(mse(a, b)), "torch.log2 has the base 2"),
    ("3.5", lambda a, b: -10 * torch.log10((a - b).square().mean(dim=(0, 2, 3))), "each colour"),
    ("3.5", lambda a, b: -10 * torch.log10((a - b).square().mean((1, 2, 3), True)), "keepdim"),
    ("3.5", lambda a, b: -10 * torch.log10((a - b).square().mean((2, 3))).mean(1), "dim 1"),
    ("3.5", lambda a, b: 10 * torch.log10(a.max() ** 2 / mse(a, b)), "largest value that can be"),
    ("3.5", lambda a, b: -10 * torch.log10((a - b).mean((1, 2, 3)) ** 2), "You squared the mean"),
    ("3.5", lambda a, b: -10 * math.log10(mse(a, b)), "your code stopped with"),
    ("3.5", lambda a, b: decoding.psnr(a_page, a_page + b_page), "of the page"),
]  # fmt: skip


@pytest.mark.parametrize(("number", "answer", "hint"), WRONG)
def test_wrong_answers_get_the_hint_that_fits(number, answer, hint, verdict):
    out = verdict(FUNCTIONS[number], answer)
    assert out.startswith(f"✘ {number} not right yet:") and hint in out, out


def with_numpy(z, x):
    rows, wanted = (values.double().numpy() for values in (with_ones(pixels(z)), colours(x)))
    return np.linalg.lstsq(rows, wanted, rcond=None)[0]


def with_normal_equations(z, x):
    rows = with_ones(pixels(z))
    return torch.linalg.solve(rows.T @ rows, rows.T @ colours(x))


RIGHT = [
    ("3.1", lambda s, f, c: 3 * f**2 / c),
    ("3.1", lambda s, f, c: torch.tensor(3.0) * f**2 / c),
    ("3.2", lambda z: 1 / math.sqrt(z.var())),
    ("3.2", lambda z: 1 / z.std(correction=0)),
    ("3.2", lambda z: 1 / np.std(z.numpy())),
    ("3.2", lambda z: (1 / z.std()).view(1, 1, 1, 1)),
    ("3.3", with_numpy),
    ("3.3", with_normal_equations),
    ("3.3", lambda z, x: decoding.fit_preview(z, F.interpolate(x, z.shape[2:], mode="area"))),
    ("3.5", lambda a, b: -20 * torch.log10(mse(a, b).sqrt())),
    ("3.5", lambda a, b: [-10 * math.log10(value) for value in mse(a, b)]),
    ("3.5", lambda a, b: 10 * torch.log10(1 / mse(a, b))),
]  # fmt: skip


@pytest.mark.parametrize(("number", "answer"), RIGHT)
def test_another_way_is_right_too(number, answer, verdict):
    assert verdict(FUNCTIONS[number], answer).startswith(f"✔ {number} right.")


def mixture(verdict, said):
    return verdict(lesson_03.prediction, said, None, FIRST, SECOND)


@pytest.mark.parametrize("said", ["double exposure", "Double exposure "])
def test_mixed_latents_are_a_double_exposure(said, verdict):
    assert mixture(verdict, said).startswith("✔ 3.4 right.")


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ("new landscape", "measured, it is a double exposure"),
        ("both", "got 'both'"),
        ({"double exposure"}, "Write it in quotes"),
        (1, "got 1. Write it in quotes"),
    ],
)
def test_other_predictions_are_told_what_was_measured(said, hint, verdict):
    out = mixture(verdict, said)
    assert out.startswith("✘ 3.4 not right yet:") and hint in out


def test_a_vae_that_invents_new_pictures_makes_the_other_answer_right(monkeypatch, verdict):
    monkeypatch.setattr(decoding, "decode", lambda pipe, latents: FIRST + 0.1)
    assert mixture(verdict, "new landscape").startswith("✔ 3.4 right.")
    assert "measured, it is a new landscape" in mixture(verdict, "double exposure")
