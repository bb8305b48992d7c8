"""The quality table: what the trained model can do, measured, each number with its definition.

The definitions were fixed before the final training and are not tuned to it. All pictures are made
by the stock pipeline with the steps and the guidance that the model was made for, unless a row says
otherwise; a few-step model has no rows on guidance.
"""

from __future__ import annotations

import time
from pathlib import Path

import torch

from .. import landscapes
from ..landscapes import ATTRIBUTES
from ..loading import TINY, TURBO, load
from ..loading.habits import few_step
from .examiner import FULL, Examiner, relative, unseen_drawings
from .measures import cost_rows, memory_rows, skew_rows, vae_rows, variety_rows
from .plain import plain_rows
from .probe import load_probe
from .questions import Question, held_out_questions, seen_questions, told_mask
from .table import Evaluation, Row

SCALES = (1.0, 3.0, 5.0, 7.5, 10.0)
"""Guidance scales that are compared."""


def evaluate(
    model: str | Path = "tiny", *, pictures: int = FULL, probe: Path | None = None
) -> Evaluation:
    """Measure a trained model; the table of all rows.

    Args:
        model: as for `load`.
        pictures: pictures of the row on alignment; the other rows shrink in proportion.
        probe: the judge's file; None takes the one beside the model's folder.

    Raises:
        ValueError: fewer than ten pictures, or a model of another size than the drawings.
        FileNotFoundError: the judge is missing.
    """
    if pictures < 10:
        raise ValueError(f"evaluate: pictures must be 10 or more, got {pictures}")
    folder = {"tiny": TINY, "tiny-turbo": TURBO}.get(str(model), Path(model))
    judge_file = probe or folder.parent / "probe.safetensors"
    judge = load_probe(judge_file)
    pipe = load(model, dtype="float32")
    side = pipe.unet.config.sample_size * pipe.vae_scale_factor
    if side != landscapes.SIZE:
        raise ValueError(
            f"evaluate: the model {str(model)!r} draws {side} x {side} pixels, and the judge reads "
            f"{landscapes.SIZE} x {landscapes.SIZE}: only models trained on the landscapes can be "
            "measured"
        )
    examiner = Examiner(pipe, judge, pictures)
    started = time.monotonic()
    asked = seen_questions(pictures)
    made = examiner.answer(asked)
    rows = [
        *judge_rows(examiner),
        *alignment_rows(examiner, asked, made),
        *held_out_rows(examiner),
        *plain_rows(examiner),
        *vae_rows(examiner),
        *variety_rows(examiner),
        *memory_rows(examiner),
        *skew_rows(examiner),
        *([] if few_step(pipe.scheduler) else guidance_rows(examiner, asked, made)),
        *cost_rows(examiner.pipe, folder),
    ]
    examiner.bar.close()
    settings = {
        "pictures": pictures,
        **examiner.habits._asdict(),
        "dtype": "float32",
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
            "judge on unseen drawings",
            100 * right.min().item(),
            "%",
            ">=",
            97,
            f"share of {count} unseen drawings whose attribute the judge reads right; the weakest "
            f"attribute ({weakest})",
            dict(zip(ATTRIBUTES, (100 * right).tolist(), strict=True)),
        )
    ]


def alignment_rows(examiner: Examiner, asked: list[Question], made: torch.Tensor) -> list[Row]:
    """Does the picture show what the words tell?"""
    told = told_mask(asked)
    drawn = examiner.right(torch.stack([question.drawing() for question in asked]), asked)
    right = examiner.right(made, asked)
    each = {
        name: relative(right[:, k], drawn[:, k], told[:, k])
        for k, name in enumerate(ATTRIBUTES)
        if (drawn & told)[:, k].any()
    }
    weakest = min(each, key=each.__getitem__)
    japanese = torch.tensor([question.language == "ja" for question in asked])[:, None]
    languages = [relative(right, drawn, told & mask) for mask in (~japanese, japanese)]
    return [
        Row(
            "text alignment",
            relative(right, drawn, told),
            "%",
            ">=",
            92,
            f"attributes told by {len(asked)} captions never used in training and read right in "
            "the picture, as share of those read right in real drawings of the same scenes",
        ),
        Row(
            "weakest attribute",
            each[weakest],
            "%",
            ">=",
            80,
            f"the same for each attribute alone; the lowest ({weakest})",
            each,
        ),
        Row(
            "Japanese against English",
            languages[1] - languages[0],
            "points",
            ">=",
            -3,
            "alignment of the Japanese captions minus that of the English ones",
            {"en": languages[0], "ja": languages[1]},
        ),
    ]


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
            "held-out combinations",
            100 * share[0] / share[1] if share[1] else float("nan"),
            "%",
            ">=",
            75,
            "pictures of captions that ask for a combination never drawn in training, with both "
            "attributes read right, as share of the same for captions that change one of the two",
            each,
        )
    ]


def guidance_rows(examiner: Examiner, asked: list[Question], made: torch.Tensor) -> list[Row]:
    """What does guidance do to alignment, and to the colours?"""
    asked = asked[: examiner.count(100, 10)]
    told, drawings = told_mask(asked), torch.stack([question.drawing() for question in asked])
    drawn = examiner.right(drawings, asked)
    aligned, burnt = {}, {}
    for scale in SCALES:
        usual = scale == examiner.habits.guidance_scale
        pictures = made[: len(asked)] if usual else examiner.answer(asked, scale)
        aligned[f"{scale:g}"] = relative(examiner.right(pictures, asked), drawn, told)
        burnt[f"{scale:g}"] = 100 * _clipped(pictures) - 100 * _clipped(drawings)
    return [
        Row(
            "guidance helps",
            max(aligned["5"], aligned["7.5"]) - aligned["1"],
            "points",
            ">=",
            0,
            f"alignment of {len(asked)} pictures at scale 5 or 7.5, the better, minus at scale 1",
            aligned,
        ),
        Row(
            "no burnt colours",
            burnt["7.5"],
            "points",
            "<=",
            5,
            "share of pixels with a channel at 0 or 255 at scale 7.5, minus that of real drawings",
            burnt,
        ),
    ]


def _clipped(pictures: torch.Tensor) -> float:
    levels = (pictures * 255).round()
    return ((levels <= 0) | (levels >= 255)).any(1).float().mean().item()
