"""The quality table: what the trained model can do, measured, each number with its definition.

The definitions were fixed before the final training and are not tuned to it. All pictures are made
by the stock pipeline at its default settings (20 steps, guidance 7.5) unless a row says otherwise.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from tqdm import tqdm

from .. import landscapes
from ..landscapes import ATTRIBUTES, Scene
from ..loading import TINY, StableDiffusionPipeline, load
from ..runtime import generators
from .data import draw, to_tensor
from .probe import Probe, load_probe
from .questions import (
    Question,
    held_out_questions,
    labels,
    scenes_with,
    seen_questions,
    told_mask,
)
from .table import Evaluation, Row
from .vae import decode, encode, psnr

STEPS = 20
GUIDANCE = 7.5
SCALES = (1.0, 3.0, 5.0, 7.5, 10.0)
BATCH = 16
FULL = 500  # pictures of a full evaluation; all other counts shrink with `pictures`

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


class Examiner:
    """Model and judge, and the counts of an evaluation of a given size."""

    def __init__(self, pipe: StableDiffusionPipeline, probe: Probe, pictures: int) -> None:
        self.pipe, self.probe, self.pictures = pipe, probe, pictures
        self.bar = tqdm(desc="pictures", unit="", disable=None)

    def count(self, full: int, least: int = 2) -> int:
        """How many of `full` to take when fewer than 500 pictures were asked for."""
        return max(least, min(full, round(full * self.pictures / FULL)))

    def generate(
        self, prompts: list[str], seeds: list[int], guidance_scale: float = GUIDANCE
    ) -> torch.Tensor:
        """Pictures for prompts, one seed each: float32 (N, 3, 128, 128) in [0, 1]."""
        parts = []
        for start in range(0, len(prompts), BATCH):
            made = self.pipe(
                prompts[start : start + BATCH], num_inference_steps=STEPS,
                guidance_scale=guidance_scale, output_type="pt",
                generator=generators(seeds[start : start + BATCH]),
            ).images
            parts.append(made.float().cpu())
            self.bar.update(len(made))
        return torch.cat(parts)

    def answer(self, asked: list[Question], guidance_scale: float = GUIDANCE) -> torch.Tensor:
        """A picture for each question; question k gets seed k."""
        prompts = [question.prompt for question in asked]
        return self.generate(prompts, list(range(len(prompts))), guidance_scale)

    def right(self, pictures: torch.Tensor, asked: list[Question]) -> torch.Tensor:
        """Which attributes the judge reads as the scene has them: bool (N, 11)."""
        return self.probe.read(pictures) == labels(asked)


def evaluate(
    model: str | Path = "tiny", *, pictures: int = FULL, probe: Path | None = None
) -> Evaluation:
    """Measure a trained model; the table of all rows.

    Args:
        model: as for `load`.
        pictures: pictures of the row on alignment; the other rows shrink in proportion.
        probe: the judge's file; None takes the one beside the model's folder.

    Raises:
        ValueError: fewer than ten pictures.
        FileNotFoundError: the judge is missing.
    """
    if pictures < 10:
        raise ValueError(f"evaluate: pictures must be 10 or more, got {pictures}")
    folder = TINY if model == "tiny" else Path(model)
    judge_file = probe or folder.parent / "probe.safetensors"
    judge = load_probe(judge_file)
    examiner = Examiner(load(model, device="cpu", dtype="float32"), judge, pictures)
    started = time.monotonic()
    asked = seen_questions(pictures)
    made = examiner.answer(asked)
    rows = [
        *judge_rows(examiner), *alignment_rows(examiner, asked, made), *held_out_rows(examiner),
        *vae_rows(examiner), *variety_rows(examiner), *memory_rows(examiner),
        *skew_rows(examiner), *guidance_rows(examiner, asked, made),
        *cost_rows(examiner.pipe, folder),
    ]
    examiner.bar.close()
    settings = {
        "pictures": pictures, "steps": STEPS, "guidance_scale": GUIDANCE, "dtype": "float32",
        "minutes": round((time.monotonic() - started) / 60, 1),
        "scheduler": type(examiner.pipe.scheduler).__name__,
    }
    return Evaluation(tuple(rows), settings)


def judge_rows(examiner: Examiner) -> list[Row]:
    """How well the judge reads drawings that it never saw."""
    count = examiner.count(2000, 50)
    drawings, truth = unseen_drawings(count)
    right = (examiner.probe.read(drawings / 255) == truth).float().mean(0)
    weakest = list(ATTRIBUTES)[int(right.argmin())]
    return [
        Row(
            "judge on unseen drawings", 100 * right.min().item(), "%", ">=", 97,
            f"share of {count} unseen drawings whose attribute the judge reads right; the weakest "
            f"attribute ({weakest})", dict(zip(ATTRIBUTES, (100 * right).tolist(), strict=True)),
        )
    ]


def alignment_rows(examiner: Examiner, asked: list[Question], made: torch.Tensor) -> list[Row]:
    """Does the picture show what the words tell?"""
    told = told_mask(asked)
    drawn = examiner.right(torch.stack([question.drawing() for question in asked]), asked)
    right = examiner.right(made, asked)
    each = {
        name: relative(right[:, k], drawn[:, k], told[:, k])
        for k, name in enumerate(ATTRIBUTES) if (drawn & told)[:, k].any()
    }
    weakest = min(each, key=each.get)
    japanese = torch.tensor([question.language == "ja" for question in asked])[:, None]
    languages = [relative(right, drawn, told & mask) for mask in (~japanese, japanese)]
    return [
        Row(
            "text alignment", relative(right, drawn, told), "%", ">=", 92,
            f"attributes told by {len(asked)} captions never used in training and read right in "
            "the picture, as share of those read right in real drawings of the same scenes",
        ),
        Row(
            "weakest attribute", each[weakest], "%", ">=", 80,
            f"the same for each attribute alone; the lowest ({weakest})", each,
        ),
        Row(
            "Japanese against English", languages[1] - languages[0], "points", ">=", -3,
            "alignment of the Japanese captions minus that of the English ones",
            {"en": languages[0], "ja": languages[1]},
        ),
    ]


def relative(right: torch.Tensor, drawn: torch.Tensor, told: torch.Tensor) -> float:
    """Attributes read right in pictures, in % of those read right in drawings, where told."""
    best = (drawn & told).sum().item()
    return 100 * (right & told).sum().item() / best if best else float("nan")


def held_out_rows(examiner: Examiner) -> list[Row]:
    """Does the model compose what it never saw together?"""
    whole: list[torch.Tensor] = []
    half: list[torch.Tensor] = []
    each = {}
    for pair in landscapes.HELD_OUT:
        columns = [list(ATTRIBUTES).index(name) for name in pair]
        found = []
        for results, asked in zip(
            (whole, half), held_out_questions(pair, examiner.count(20)), strict=True
        ):
            both = examiner.right(examiner.answer(asked), asked)[:, columns].all(1)
            results.append(both)
            found.append(100 * both.float().mean().item())
        each[" + ".join(pair.values())] = found[0]
    share = [torch.cat(results).float().mean().item() for results in (whole, half)]
    return [
        Row(
            "held-out combinations", 100 * share[0] / share[1] if share[1] else float("nan"), "%",
            ">=", 75,
            "pictures of captions that ask for a combination never drawn in training, with both "
            "attributes read right, as share of the same for captions that change one of the two",
            each,
        )
    ]


def unseen_drawings(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The test stream's first drawings, uint8 (N, 3, 128, 128), and their labels (N, 11)."""
    truth = [landscapes.sample(index, "test").scene.labels for index in range(count)]
    return torch.stack([draw(index, "test") for index in range(count)]), torch.tensor(truth)


def vae_rows(examiner: Examiner) -> list[Row]:
    """What is lost between a drawing and its reconstruction?"""
    count = examiner.count(FULL, 10)
    drawings, truth = unseen_drawings(count)
    mean, _ = encode(examiner.pipe.vae, drawings)
    rebuilt = decode(examiner.pipe.vae, mean)
    before = (examiner.probe.read(drawings / 255) == truth).float().mean(0)
    after = (examiner.probe.read(rebuilt) == truth).float().mean(0)
    losses = dict(zip(ATTRIBUTES, (100 * (before - after)).tolist(), strict=True))
    worst = max(losses, key=losses.get)
    return [
        Row(
            "VAE reconstruction", psnr(rebuilt, drawings / 255).mean().item(), "dB", ">=", 32,
            f"mean PSNR of {count} unseen drawings, encoded to the mean and decoded",
        ),
        Row(
            "VAE loss of detail", losses[worst], "points", "<=", 2,
            f"drawings minus reconstructions read right; the worst attribute ({worst})", losses,
        ),
    ]


def variety_rows(examiner: Examiner) -> list[Row]:
    """Are the pictures of one prompt different pictures?"""
    count = examiner.count(16, 4)
    ratios = {}
    for prompt, values in VARIED:
        made = examiner.generate([prompt] * count, list(range(count)))
        drawn = _drawings(scenes_with(values, count))
        ratios[prompt] = _spread(examiner.probe, made) / _spread(examiner.probe, drawn)
    return [
        Row(
            "variety", min(ratios.values()), "", ">=", 0.8,
            f"mean distance of the judge's features between {count} seeds of one prompt, divided "
            f"by that between real drawings of the prompt; the lowest of {len(VARIED)} prompts",
            ratios,
        )
    ]


def _drawings(scenes: list[Scene]) -> torch.Tensor:
    pictures = [to_tensor(landscapes.render(scene, k)) for k, scene in enumerate(scenes)]
    return torch.stack(pictures) / 255


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
            threshold = _distance(others / 255, painting).mean() / 2
            made = examiner.generate([title] * count, list(range(count)))
            shares[title] = (_distance(made, painting) < threshold).float().mean().item() * 10
    definition = (
        "seeds of ten whose picture lies closer to the painting (root mean square difference) than "
        "half the mean distance of 32 other drawings of its scene"
    )
    repeated = {title: shares[title] for title in landscapes.PAINTINGS}
    once = {title: shares[title] for title in landscapes.SINGLES}
    return [
        Row("repeated paintings remembered", min(repeated.values()), "of 10", ">=", 8,
            f"{definition}; the least remembered of the repeated ones", repeated),
        Row("single paintings remembered", max(once.values()), "of 10", "<=", 1,
            f"{definition}; the most remembered of those that occur once", once),
    ]


def _distance(pictures: torch.Tensor, painting: torch.Tensor) -> torch.Tensor:
    return (pictures - painting).square().mean((1, 2, 3)).sqrt()


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
            "skew", shares["castle"] - shares["house"], "points", ">=", 30,
            f"share of night pictures among {count} of a castle, time not told, minus the same of "
            "a house", shares,
        )
    ]


def guidance_rows(examiner: Examiner, asked: list[Question], made: torch.Tensor) -> list[Row]:
    """What does guidance do to alignment, and to the colours?"""
    asked = asked[: examiner.count(100, 10)]
    told, drawings = told_mask(asked), torch.stack([question.drawing() for question in asked])
    drawn = examiner.right(drawings, asked)
    aligned, burnt = {}, {}
    for scale in SCALES:
        pictures = made[: len(asked)] if scale == GUIDANCE else examiner.answer(asked, scale)
        aligned[f"{scale:g}"] = relative(examiner.right(pictures, asked), drawn, told)
        burnt[f"{scale:g}"] = 100 * _clipped(pictures) - 100 * _clipped(drawings)
    return [
        Row(
            "guidance helps", max(aligned["5"], aligned["7.5"]) - aligned["1"], "points", ">=", 0,
            f"alignment of {len(asked)} pictures at scale 5 or 7.5, the better, minus at scale 1",
            aligned,
        ),
        Row(
            "no burnt colours", burnt["7.5"], "points", "<=", 5,
            "share of pixels with a channel at 0 or 255 at scale 7.5, minus that of real drawings",
            burnt,
        ),
    ]


def _clipped(pictures: torch.Tensor) -> float:
    levels = (pictures * 255).round()
    return ((levels <= 0) | (levels >= 255)).any(1).float().mean().item()


def cost_rows(pipe: StableDiffusionPipeline, folder: Path) -> list[Row]:
    """What a picture costs, and what the weights weigh."""
    prompt = VARIED[0][0]
    seconds = [_seconds(lambda: pipe(prompt, num_inference_steps=STEPS)) for _ in range(4)][1:]
    size = sum(file.stat().st_size for file in folder.rglob("*.safetensors"))
    return [
        Row("time of a picture", statistics.median(seconds), "s", "<=", 2,
            f"{STEPS} guided steps and decoding on {torch.get_num_threads()} threads of this "
            "machine, median of three"),
        Row("size", size / 1e6, "MB", "<=", 36, "all weight files together, 1 MB = 10^6 bytes"),
    ]


def _seconds(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started
