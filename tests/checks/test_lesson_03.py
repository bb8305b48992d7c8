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

from .answers import right_variants, told_everywhere

FUNCTIONS = {
    "3.1": lesson_03.round_trip,
    "3.3": lesson_03.mix_noise,
    "3.4": lesson_03.fit_preview,
}
REFERENCES = {number: compiled(core.EXERCISES[number].reference) for number in FUNCTIONS}
FIRST, SECOND = torch.zeros(1, 3, 8, 8), torch.ones(1, 3, 8, 8)


@pytest.fixture(autouse=True)
def transparent_vae(monkeypatch):
    """A perfect autoencoder whose latents are the pixels: mixing them is mixing pictures."""
    monkeypatch.setattr(decoding, "encode", lambda pipe, images: images)
    monkeypatch.setattr(decoding, "decode", lambda pipe, latents: latents)


def stub(a, b=None, c=None): ...


@pytest.mark.parametrize("number", [*FUNCTIONS, "3.2"])
def test_every_stub_is_not_done_yet_and_tells_the_task(number, verdict):
    given = (lesson_03.prediction, ..., None, FIRST, SECOND)
    out = verdict(*((FUNCTIONS[number], stub) if number in FUNCTIONS else given))
    assert out.startswith(f"○ {number} not done yet.") and core.EXERCISES[number].task in out


@pytest.mark.parametrize("number", FUNCTIONS)
def test_the_reference_is_right_in_any_precision_and_type(number, verdict):
    variants = right_variants(REFERENCES[number])
    if number == "3.1":  # a network computes in its own precision alone
        variants = {name: answer for name, answer in variants.items() if "inside" not in name}
    for name, answer in variants.items():
        assert verdict(FUNCTIONS[number], answer).startswith(f"✔ {number} right."), name


@pytest.mark.parametrize("number", FUNCTIONS)
def test_what_is_wrong_everywhere_is_told(number, verdict):
    for answer, hint in told_everywhere(REFERENCES[number]):
        out = verdict(FUNCTIONS[number], answer)
        assert out.startswith(f"✘ {number} not right yet:") and hint in out


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


def mean_of(vae, images):
    return vae.encode(2 * images - 1).latent_dist.mean


def trip(vae, images, factor, z=None, back=None, out=lambda y: (y / 2 + 0.5).clamp(0, 1)):
    latents = (z or (lambda z: z * factor))(mean_of(vae, images))
    return latents, out(vae.decode((back or (lambda z: z / factor))(latents)).sample)


def third(like):
    return torch.randn(like.shape, generator=torch.Generator().manual_seed(7))


WRONG = [
    ("3.4", lambda z, x: torch.linalg.lstsq(with_ones(pixels(z)), colours(x)), "its .solution"),
    ("3.4", lambda z, x: solve(with_ones(pixels(z)), x).T, "Turn it over: a row for each channel"),
    ("3.4", lambda z, x: solve(pixels(z), x), "give the latents a fifth column of ones"),
    ("3.4", lambda z, x: with_ones(pixels(z)), "Every latent pixel is a row of its own"),
    ("3.4", lambda z, x: solve(with_ones(z.reshape(-1, 4)), x), "Put them last first"),
    ("3.4", lambda z, x: torch.linalg.lstsq(
        with_ones(z.reshape(-1, 4)), F.avg_pool2d(x, 8).reshape(-1, 3)).solution,
     "Put them last first"),
    ("3.4", lambda z, x: solve(ones_first(pixels(z)), x), "The constant stands first"),
    ("3.4", lambda z, x: decoding.fit_preview(z, x[..., ::8, ::8]), "one pixel of each patch"),
    ("3.4", lambda z, x: solve(with_ones(pixels(z)), 2 * x - 1), "came from [-1, 1]"),
    ("3.4", lambda z, x: solve(with_ones(pixels(z)), 255 * x), "came from 0 ... 255"),
    ("3.4", lambda z, x: F.pad(solve(pixels(z), x), (0, 0, 0, 1)), "Your constant is 0"),
    ("3.4", lambda z, x: torch.ones(5, 3), "never uses its argument z"),
    ("3.4", lambda z, x: solve(F.pad(pixels(z), (0, 1)), x), "zeros without value=1.0"),
    ("3.4", lambda z, x: decoding.fit_preview(z, x)[:-1], "Return all five rows"),
    ("3.4", lambda z, x: np.linalg.lstsq(with_ones(pixels(z)), colours(x), rcond=None),
     "Return the table alone"),
    ("3.4", lambda z, x: with_ones(pixels(z)) @ solve(with_ones(pixels(z)), x), "as the table"),
    ("3.4", lambda z, x: solve(with_ones(pixels(z)), x.flip(1)), "Keep red first"),
    ("3.4", lambda z, x: solve(with_ones(pixels(z[:1])), x[:1]), "Only the first picture"),
    ("3.4", lambda z, x: solve(with_ones(pixels(z.mT)), x), "in different orders"),
    ("3.4", lambda z, x: solve(with_ones(pixels(z)) ** 2, x), "row k of the latents"),
    ("3.1", lambda v, x, f: trip(v, x, f, z=lambda z: z / f, back=lambda z: z * f), "printed"),
    ("3.1", lambda v, x, f: trip(v, x, f, out=lambda y: y.clamp(0, 1)), "Which sum takes -1 to 0"),
    ("3.1", lambda v, x, f: (mean_of(v, x) / f, v.decode(mean_of(v, x)).sample.clamp(0, 1)),
     "Both mistakes are still there"),
    ("3.1", lambda v, x, f: trip(v, x, f, back=lambda z: z), "What undoes the factor?"),
    ("3.1", lambda v, x, f: trip(v, x, f, back=lambda z: z / f**2), "undone twice"),
    ("3.1", lambda v, x, f: trip(v, x, f, z=lambda z: z / f, back=lambda z: z / f), "in and on"),
    ("3.1", lambda v, x, f: trip(v, x, f, z=lambda z: z, back=lambda z: z), "near 1"),
    ("3.1", lambda v, x, f: trip(v, x, f, out=lambda y: y / 2 + 0.5), "comes last"),
    ("3.1", lambda v, x, f: trip(v, x, f, out=lambda y: y.clamp(-1, 1)), "Bring them to [0, 1]"),
    ("3.1", lambda v, x, f: trip(v, x, f, out=lambda y: y.clamp(0, 1) / 2 + 0.5), "dark is lost"),
    ("3.1", lambda v, x, f: trip(v, x / 2 + 0.5, f), "The encoder reads [-1, 1]"),
    ("3.1", lambda v, x, f: trip(v, x, v.config.scaling_factor), "Use the argument factor"),
    ("3.1", lambda v, x, f: trip(v, x, f)[::-1], "in the other order"),
    ("3.1", lambda v, x, f: trip(v, x, f)[1], "expected two tensors, latents and pictures"),
    ("3.1", lambda v, x, f: trip(v, x, f, z=lambda z: z * f + 1), "Go through the four lines"),
    ("3.3", lambda a, b, s: (1 - s) * a + s * b, "This is still the straight line"),
    ("3.3", lambda a, b, s: ((1 - s) * a + s * b) / ((1 - s) ** 2 + s**2), "by the variance"),
    ("3.3", lambda a, b, s: ((1 - s) * a + s * b) * ((1 - s) ** 2 + s**2) ** 0.5, "the other way"),
    ("3.3", lambda a, b, s: ((1 - s) * a + s * b) * ((1 - s) ** 2 + s**2), "the other way"),
    ("3.3", lambda a, b, s: ((1 - s) * a + s * b) * 2**0.5, "the first noise itself"),
    ("3.3", lambda a, b, s: (s * a + (1 - s) * b) / ((1 - s) ** 2 + s**2) ** 0.5, "first noise"),
    ("3.3", lambda a, b, s: a, "at s = 1 the mixture is to be the second"),
    ("3.3", lambda a, b, s: a if s < 0.5 else b, "does not lead from the first"),
    ("3.3", lambda a, b, s: (1 - s) * a + s * b + (2 * s * (1 - s)) ** 0.5 * third(a), "else in"),
    ("3.3", lambda a, b, s: (1 - s**2) * a + s**2 * b, "the squares of the two weights"),
    ("3.3", lambda a, b, s: torch.stack([a, b]), "expected the shape"),
    ("3.3", lambda a, b, s: a / 0.0, "not finite"),
    ("3.3", lambda a, b, s: "half", "expected a tensor"),
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


def slerp(a, b, s):
    angle = torch.acos(torch.cosine_similarity(a.flatten(), b.flatten(), dim=0))
    return (torch.sin((1 - s) * angle) * a + torch.sin(s * angle) * b) / torch.sin(angle)


RIGHT = [
    ("3.1", lambda v, x, f: list(trip(v, x, f))),
    ("3.1", lambda v, x, f: trip(v, x, f, out=lambda y: ((y + 1) / 2).clip(0, 1))),
    ("3.1", lambda v, x, f: trip(v, x, f, out=lambda y: y.clamp(-1, 1) / 2 + 0.5)),
    ("3.1", lambda v, x, f: trip(v, x, f, back=lambda z: mean_of(v, x))),
    ("3.3", slerp),
    ("3.3", lambda a, b, s: math.cos(s * math.pi / 2) * a + math.sin(s * math.pi / 2) * b),
    ("3.3", lambda a, b, s: (1 - s) ** 0.5 * a + s**0.5 * b),
    ("3.3", lambda a, b, s: (1 - s**2) ** 0.5 * a + s * b),
    ("3.3", lambda a, b, s: ((1 - s) * a + s * b) / ((1 - s) * a + s * b).std()),
    ("3.4", with_numpy),
    ("3.4", with_normal_equations),
    ("3.4", lambda z, x: decoding.fit_preview(z, F.interpolate(x, z.shape[2:], mode="area"))),
]  # fmt: skip


@pytest.mark.parametrize(("number", "answer"), RIGHT)
def test_another_way_is_right_too(number, answer, verdict):
    assert verdict(FUNCTIONS[number], answer).startswith(f"✔ {number} right.")


def mixture(verdict, said):
    return verdict(lesson_03.prediction, said, None, FIRST, SECOND)


@pytest.mark.parametrize("said", ["double exposure", "Double exposure "])
def test_mixed_latents_are_a_double_exposure(said, verdict):
    assert mixture(verdict, said).startswith("✔ 3.2 right.")


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
    assert out.startswith("✘ 3.2 not right yet:") and hint in out


def test_a_vae_that_invents_new_pictures_makes_the_other_answer_right(monkeypatch, verdict):
    monkeypatch.setattr(decoding, "decode", lambda pipe, latents: FIRST + 0.1)
    assert mixture(verdict, "new landscape").startswith("✔ 3.2 right.")
    assert "measured, it is a new landscape" in mixture(verdict, "double exposure")
