"""What the checks say to a few answers, in the language of `COURSE_LANGUAGE`, as JSON:
`python -m tests.checks.speaking`.

The language is settled once in a process, so `test_japanese.py` runs this in one for each.
Exercise -> kind of answer, "stub", "right" or "wrong" -> verdicts.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import torch

from helpers import decoding, digits_lab, generate, load, maths
from helpers.checks import (
    core,
    lesson_00,
    lesson_02,
    lesson_03,
    lesson_05,
    lesson_06,
    lesson_07,
    lesson_09,
    lesson_10,
    lesson_11,
    lesson_12,
)
from helpers.checks.questions import Questions, compiled
from tests.conftest import random_pipe

CHECKS = {
    "0": ["parts", "prediction", "paint", "pair"],
    "1": ["culprits", "alpha_bar", "add_noise_at", "half_noise", "smallest_patch"],
    "2": ["prediction", "ddim_step", "nearer_to_seen", "ddpm_step"],
    "3": ["round_trip", "prediction", "mix_noise", "fit_preview"],
    "4": ["renoise", "same_picture", "fixed_from", "project"],
    "5": ["head", "faults", "changed", "pairs"],
    "6": ["prediction", "guide", "silent_scale", "heat", "captions_needed"],
    "7": ["shapes", "field", "residual", "most_needed", "factors"],
    "8": ["denoise_loop", "culprits", "begin", "put_back", "make_again"],
    "9": ["choose", "seam", "contrast", "least_opacity", "missed"],
    "10": ["best_of_rank", "lora_layer", "preserving_loss", "merge", "expected"],
    "11": ["interval", "prediction", "pull", "errors", "survivors"],
    "12": ["flow_loss", "euler", "bending", "patchify", "far"],
}
"""Lesson -> names of its checks, in the order of the exercises."""

LESSONS = {
    number: importlib.import_module(f"helpers.checks.lesson_{number:0>2}") for number in CHECKS
}
NUMBERS = {
    f"{lesson}.{place}": getattr(LESSONS[lesson], name)
    for lesson, names in CHECKS.items()
    for place, name in enumerate(names, 1)
}


def stub(*given: Any) -> Any: ...


def first(*given: Any) -> Any:
    return given[0]


def nothing(*given: Any) -> None:
    print(end="")


def text(*given: Any) -> str:
    return "0.5"


def stops(*given: Any) -> float:
    return 1 / 0


def promises(*given: Any) -> Any:
    yield given


FUNCTIONS: list[Any] = [first, nothing, text, stops, promises, lambda: 0, 5]
"""Wrong answers wherever a function is asked for."""

WORDS: list[Any] = ["nothing of the kind", ["noise"], 3, torch.zeros(2)]
"""Wrong answers wherever a word is asked for."""

NUMBER: list[Any] = ["12", "１２", "twelve", True, (3,), [1, 2], torch.zeros(2), float("nan")]
"""Wrong answers wherever a number is asked for."""

OTHER = [
    ("a red castle and a blue tent", "a blue castle and a red tent"),
    ("green hills and a yellow house", "yellow hills and a green house"),
    ("a white house and red hills", "a red house and white hills"),
    ("a lake with no river", "a river with no lake"),
]
SAME = [
    ("a castle and a lake", "a lake and a castle"),
    ("stars and a moon", "a moon and stars"),
    ("a river and mountains", "mountains and a river"),
    ("a red house, a road", "a road, a red house"),
]
MISFITS = [
    OTHER[0],
    SAME[0],
    ("a dragon and a lake", "a lake and a dragon"),
    ("a road and", "and a road"),
    ("a lake and a road", "a lake and a road"),
    ("a lake and a road", "a lake and a boat"),
]
"""Pairs of 5.4, and such as fit into no list of the same meaning."""

WRONG: dict[str, list[Any]] = {
    "0.1": [5, {"a": 1}, dict.fromkeys(lesson_00.PARTS, "unet"),
            dict.fromkeys(lesson_00.PARTS, "latents"), dict.fromkeys(lesson_00.PARTS, 3)],
    "0.2": [*WORDS, "speckle", "finished"],
    "0.4": ["a lake", ("a lake", 5), ("a dragon", "a lake"), ("a lake at night",) * 2,
            ("a rivr and a red house by day", "a"), ("a quiet lake with pines at night",) * 2,
            ("a quiet lake with pines at night", "a quiet river with pines at dawn"),
            ("a quiet lake with pines at night", "a quiet lake with pines by night in winter")],
    "1.1": [5, dict(A=1, B=2, C=3), dict(A=1, B=2, C=4), dict(A="2", B=2, C=3),
            dict(A=2, B=3, C=3)],
    "1.4": [*NUMBER, 0.5, -3, 500, 900, 100, 480, 10**4],
    "2.1": [*WORDS, "noise", "one digit"],
    "3.2": [*WORDS, "new landscape"],
    "4.2": [5, {}, {("ddim", "euler"): 1, ("ddim", "dpm++"): 1, ("ddim", "ddpm"): 1,
                    ("ddpm", "euler ancestral"): 1},
            {("ddim", "euler"): True, ("ddim", "dpm++"): True, ("ddim", "ddpm"): True,
             ("ddpm", "euler ancestral"): True}],
    "4.3": [*NUMBER, 600, 0.5, -1, 0, 20],
    "5.2": [5, {"A": "right"}, dict.fromkeys("ABCDE", "right"), dict.fromkeys("ABCDE", "odd"),
            dict(A="no mask", B="no scale", C="right", D="softmax down the columns",
                 E="mask after the softmax")],
    "5.3": [5, "5", ["5"], [], [0], [5], [0, 1, 2, 3, 4, 5, 6], [4, 5, 6], [6], [9], {1: 2}],
    "5.4": [5, {}, {"other meaning": 5, "same meaning": []}, {"other meaning": OTHER},
            {"other meaning": [1], "same meaning": []},
            *({"other meaning": OTHER, "same meaning": SAME[:3] + [one]} for one in MISFITS),
            {"other meaning": SAME, "same meaning": SAME},
            {"other meaning": SAME * 2, "same meaning": SAME}],
    "6.1": [*WORDS, "alike", "different"],
    "6.3": [*NUMBER, 0, 7.5, 300],
    "7.1": [5, {}, *(dict.fromkeys(lesson_07.STOPS, shape) for shape in (
            (1, 2), (1, 64, 24, 40), "a", (24, 40, 64), (64, 24, 40), (3, 24, 40), (64, 24, 20)))],
    "7.5": [5, {}, dict.fromkeys(lesson_07.LINES, 2), dict.fromkeys(lesson_07.LINES, 4),
            dict.fromkeys(lesson_07.LINES, 16), dict.fromkeys(lesson_07.LINES, "4")],
    "8.2": [5, {"A": 1}, dict.fromkeys("ABCDE", 7), dict.fromkeys("ABCDE", 1),
            dict(A=4, B=3, C=5, D=2, E=1), dict(A=4, B=5, C=3, D=1, E=2),
            dict.fromkeys("ABCDE", "1")],
    "9.5": [5, {}, {"house": "day"}, dict(house="day", castle="night"),
            dict(house="night", castle="night"), dict(house="day", castle="day"),
            dict(house="dawn", castle="day"), dict(house="night", castle=3)],
    "10.5": [5, {}, {"its own picture": "mostly"}, dict.fromkeys(lesson_10.SHOWN, "mostly"),
             dict.fromkeys(lesson_10.SHOWN, "hardly"), dict.fromkeys(lesson_10.SHOWN, "never"),
             dict.fromkeys(lesson_10.SHOWN, 3)],
    "11.2": [*WORDS, "stays", "falls"],
    "12.3": [*WORDS, "straighter", "alike"],
}  # fmt: skip
"""Wrong answers to the exercises that ask for no function."""

ALSO_RIGHT: dict[str, list[Any]] = {
    "0.1": [
        dict(zip(lesson_00.FAULTS.values(), lesson_00.PARTS.values(), strict=True)),
        dict(zip(lesson_00.PARTS, lesson_00.NAMES.values(), strict=True)),
        dict(zip(lesson_00.PARTS, ["ｔｏｋｅｎｉｚｅｒ", "ｔｅｘｔ　ｅｎｃｏｄｅｒ", "Ｕ－Ｎｅｔ",
                                   "Ｓｃｈｅｄｕｌｅｒ", "ＶＡＥ"], strict=True)),
    ],
    "0.2": ["　Ｂｌｕｒ　", lesson_00.CHOICES["blur"]],
    "0.4": [("夜の湖と赤い家のある水彩画", "夜の湖と青い家のある水彩画"),
            ("夜の湖、赤い家、水彩画。", "夜の湖、青い家、水彩画。")],
    "1.1": [{"Ａ": 2, "Ｂ": 3, "Ｃ": 1}],
    "2.1": ["ｔｈｅ　ｍｅａｎ　ｏｆ　ａｌｌ　ｄｉｇｉｔｓ",
            lesson_02.CHOICES["the mean of all digits"]],
    "3.2": [lesson_03.CHOICES["double exposure"]],
    "5.2": [{letter: lesson_05.KINDS[kind] for letter, kind in lesson_05.FAULTS.items()},
            {chr(ord(letter) + 0xFEE0): kind for letter, kind in lesson_05.FAULTS.items()}],
    "6.1": [lesson_06.CHOICES["equal"], "ＥＱＵＡＬ"],
    "7.1": [dict(zip(lesson_07.STOPS.values(), lesson_07._SHAPES, strict=True))],
    "7.5": [dict(zip(lesson_07.LINES.values(), [4, 16, 4], strict=True))],
    "8.2": [{"ａ": 4, "ｂ": 3, "ｃ": 5, "ｄ": 1, "ｅ": 2}],
    "9.5": [{lesson_09.BUILDINGS["house"]: "Ｎｉｇｈｔ", "castle": lesson_09.HOURS["day"]}],
    "10.5": [dict(zip(lesson_10.SHOWN.values(), [lesson_10.OFTEN["mostly"], "Ｈａｒｄｌｙ"],
                      strict=True))],
    "11.2": [lesson_11.CHOICES["rises"]],
    "12.3": [lesson_12.CHOICES["more bent"], "ｍｏｒｅ　ｂｅｎｔ"],
}  # fmt: skip
"""Right answers in the words of the language that is spoken, and in letters of full width."""


def given() -> dict[str, tuple]:
    """Exercise -> what its check is handed besides the answer."""
    pipe, tiny = random_pipe(), load("tiny", device="cpu")
    run = generate(pipe, "a lake", steps=2, progress=False)
    calm = [replace(step, x0_hat=torch.full_like(step.x0_hat, 9.0)) for step in run.records]
    equal = generate(pipe, ["a lake", "a desert"], guidance_scale=0, steps=2, seed=[4, 4],
                     progress=False).images  # fmt: skip
    same, other = torch.zeros(1, 4, 4, 4), torch.ones(1, 4, 4, 4)
    ends = {"ddim": same, "euler": same, "dpm++": same, "ddpm": other, "euler ancestral": other}
    lakes = "a quiet lake at night", "a quiet lake at sunset"
    return {
        "0.2": (replace(run, records=tuple(calm)),),
        "0.3": (pipe,),
        "1.4": (maths.alpha_bar(maths.scaled_linear_betas()),),
        "2.1": (digits_lab.digits(),),
        "3.2": (None, torch.zeros(1, 3, 8, 8), torch.ones(1, 3, 8, 8)),
        "4.2": (ends, 1.0),
        "4.3": ({0: 0.3, 4: 0.6, 8: 0.85, 12: 0.95, 16: 0.99},),
        "5.3": (pipe.text_encoder, pipe.tokenizer, *lakes),
        "5.4": (pipe.tokenizer,),
        "6.1": (equal,),
        "6.3": (pipe,),
        "7.1": (tiny.unet,),
        "8.1": (pipe,),
        "8.5": (pipe,),
        "12.3": ((0.1, 0.6),),
    }


def solved(number: str) -> Any:
    """What the reference of an exercise defines or assigns."""
    reference = core.EXERCISES[number].reference
    if "def " in reference:
        return compiled(reference)
    space: dict[str, Any] = {}
    exec(reference, space)
    return list(space.values())[-1]


def answers(number: str) -> dict[str, list[Any]]:
    """Kind -> answers."""
    right = solved(number)
    if not callable(right):
        blank = dict.fromkeys(right, ...) if isinstance(right, dict) else ...
        return {
            "stub": [blank],
            "right": [right, *ALSO_RIGHT.get(number, [])],
            "wrong": WRONG[number],
        }
    return {"stub": [stub], "right": [right], "wrong": FUNCTIONS}


@contextlib.contextmanager
def transparent_vae() -> Iterator[None]:
    """A perfect autoencoder whose latents are the pixels."""
    before = decoding.encode, decoding.decode
    decoding.encode = decoding.decode = lambda pipe, values: values
    try:
        yield
    finally:
        decoding.encode, decoding.decode = before


def verdict(check: Callable, answer: Any, *more: Any) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check(answer, *more)
    return out.getvalue().splitlines()[-1]


def main() -> None:
    """Prints all verdicts, and under "mistakes" how many are known to each set of questions."""
    assert NUMBERS.keys() == core.EXERCISES.keys()
    found: dict[str, Any] = {}
    handed = given()
    for number, check in NUMBERS.items():
        with transparent_vae() if number == "3.2" else contextlib.nullcontext():
            found[number] = {
                kind: [verdict(check, answer, *handed.get(number, ())) for answer in several]
                for kind, several in answers(number).items()
            }
    found["mistakes"] = {
        f"{lesson} {name}": len(value.mistakes)
        for lesson, module in LESSONS.items()
        for name, value in vars(module).items()
        if isinstance(value, Questions)
    }
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
