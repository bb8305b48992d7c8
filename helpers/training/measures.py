"""Rows of the quality table that do not ask about the words: autoencoder, variety, memory, cost."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch

from .. import landscapes
from ..decoding import psnr
from ..landscapes import ATTRIBUTES
from ..loading import StableDiffusionPipeline
from ..loading.habits import habits
from ..metrics import away
from .data import to_tensor
from .examiner import FULL, Examiner, drawings_of, unseen_drawings
from .probe import Probe
from .questions import scenes_like
from .table import Row
from .vae import decode, encode

VARIED: tuple[tuple[str, dict[str, str]], ...] = (
    (
        "A fantasy landscape with mountains and a river",
        {"time": "fantasy", "terrain": "mountains", "water": "river"},
    ),
    ("a lighthouse by day", {"building": "lighthouse", "time": "day"}),
    ("夜の雪原", {"time": "night", "ground": "snow"}),
    ("a watercolour of a lake at dawn", {"style": "watercolour", "water": "lake", "time": "dawn"}),
)
"""Prompts of the row on variety, with the attributes that they fix."""

DRAWN = 10
"""Drawings for each picture of that row: between sixteen alone it is off by a fifth by chance."""


def vae_rows(examiner: Examiner) -> list[Row]:
    """What is lost between a drawing and its reconstruction?"""
    count = examiner.count(FULL, 10)
    drawings, truth = unseen_drawings(count)
    mean, _ = encode(examiner.pipe.vae, drawings)
    rebuilt = decode(examiner.pipe.vae, mean)
    before = (examiner.probe.read(drawings / 255) == truth).float().mean(0)
    after = (examiner.probe.read(rebuilt) == truth).float().mean(0)
    losses = dict(zip(ATTRIBUTES, (100 * (before - after)).tolist(), strict=True))
    worst = max(losses, key=losses.__getitem__)
    return [
        Row(
            "VAE reconstruction",
            psnr(rebuilt, drawings / 255).mean().item(),
            "dB",
            ">=",
            32,
            f"mean PSNR of {count} unseen drawings, encoded to the mean and decoded",
        ),
        Row(
            "VAE loss of detail",
            losses[worst],
            "points",
            "<=",
            2,
            f"drawings minus reconstructions read right; the worst attribute ({worst})",
            losses,
        ),
    ]


def variety_rows(examiner: Examiner) -> list[Row]:
    """Are the pictures of one prompt different pictures?"""
    count = examiner.count(16, 4)
    ratios = {}
    for prompt, values in VARIED:
        made = examiner.generate([prompt] * count, list(range(count)))
        drawn = drawings_of(scenes_like(values, DRAWN * count))
        ratios[prompt] = _spread(examiner.probe, made) / _spread(examiner.probe, drawn)
    return [
        Row(
            "variety",
            min(ratios.values()),
            "",
            ">=",
            0.8,
            f"mean distance of the judge's features between {count} seeds of one prompt, divided "
            f"by that between {DRAWN * count} training drawings whose captions tell just this; the "
            f"lowest of {len(VARIED)} prompts",
            ratios,
        )
    ]


@torch.no_grad()
def _spread(probe: Probe, pictures: torch.Tensor) -> float:
    """Mean distance between the features of two different pictures."""
    return torch.pdist(probe.features(pictures * 2 - 1)).mean().item()


def memory_rows(examiner: Examiner) -> list[Row]:
    """Do the repeated paintings come back, and those seen once not?"""
    count = examiner.count(10)
    shares = {}
    for paintings in (landscapes.PAINTINGS, landscapes.SINGLES):
        for title, (scene, seed) in paintings.items():
            painting = to_tensor(landscapes.render(scene, seed)) / 255
            others = torch.stack(
                [to_tensor(landscapes.render(scene, 10_000 + k)) for k in range(32)]
            )
            made = examiner.generate([title] * count, list(range(count)))
            copied = away(made, painting, others / 255) < 0.5
            shares[title] = copied.float().mean().item() * 10
    definition = (
        "seeds of ten whose picture lies closer to the painting (root mean square difference) than "
        "half the mean distance of 32 other drawings of its scene"
    )
    repeated = {title: shares[title] for title in landscapes.PAINTINGS}
    once = {title: shares[title] for title in landscapes.SINGLES}
    return [
        Row(
            "repeated paintings remembered",
            min(repeated.values()),
            "of 10",
            ">=",
            8,
            f"{definition}; the least remembered of the repeated ones",
            repeated,
        ),
        Row(
            "single paintings remembered",
            max(once.values()),
            "of 10",
            "<=",
            1,
            f"{definition}; the most remembered of those that occur once",
            once,
        ),
    ]


def skew_rows(examiner: Examiner) -> list[Row]:
    """Is the data's skew (castles stand at night) in the pictures too?"""
    count = examiner.count(40, 4)
    column = list(ATTRIBUTES).index("time")
    shares = {}
    for name, words in (("castle", ("a castle", "城")), ("house", ("a house", "家"))):
        prompts = [words[k % 2] for k in range(count)]
        found = examiner.probe.read(examiner.generate(prompts, list(range(count))))[:, column]
        night = ATTRIBUTES["time"].index("night")
        shares[name] = 100 * (found == night).float().mean().item()
    return [
        Row(
            "skew",
            shares["castle"] - shares["house"],
            "points",
            ">=",
            30,
            f"share of night pictures among {count} of a castle, time not told, minus the same of "
            "a house",
            shares,
        )
    ]


def cost_rows(pipe: StableDiffusionPipeline, folder: Path) -> list[Row]:
    """What a picture costs, and what the weights weigh."""
    prompt = VARIED[0][0]
    steps, scale = habits(pipe)
    how = {"num_inference_steps": steps, "guidance_scale": scale}
    seconds = [_seconds(lambda: pipe(prompt, **how)) for _ in range(4)][1:]
    size = sum(file.stat().st_size for file in folder.rglob("*.safetensors"))
    return [
        Row(
            "time of a picture",
            statistics.median(seconds),
            "s",
            "<=",
            2,
            f"{steps} steps at guidance {scale:g} and decoding on {pipe.device.type} "
            f"({torch.get_num_threads()} threads), median of three",
        ),
        Row("size", size / 1e6, "MB", "<=", 36, "all weight files together, 1 MB = 10^6 bytes"),
    ]


def _seconds(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started
