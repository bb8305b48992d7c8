"""Random arguments, sensible and wild, and whether a function keeps its promise about them.

The promise: it works, or it raises a TypeError or a ValueError that names an argument.
"""

from __future__ import annotations

import random
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import count
from typing import Any

import numpy as np
import torch
from diffusers import DDIMScheduler, FlowMatchEulerDiscreteScheduler
from PIL import Image

from helpers.plots import Frames
from helpers.sampling.schedulers import SCHEDULERS
from helpers.sampling.start import Start

NAN, INF = float("nan"), float("inf")

Pool = dict[str, tuple[Sequence[Callable[[], Any]], Sequence[Callable[[], Any]]]]
"""Name of an argument -> makers of sensible values, makers of wild ones."""


def values(*several: Any) -> list[Callable[[], Any]]:
    """Makers of these values."""
    return [lambda value=value: value for value in several]


def picture(mode: str = "RGB", size: tuple[int, int] = (32, 32)) -> Image.Image:
    return Image.new(mode, size)


def half_white(mode: str = "L") -> Image.Image:
    mask = Image.new("L", (32, 32))
    mask.paste(255, (16, 0, 32, 32))
    return mask.convert(mode)


ANYTHING = [
    *values(None, True, False, 0, -1, 3, 2.5, 1e-320, 1e300, 10**400, -(10**400), 10**5000, NAN),
    *values(INF, -INF, 3j, "x", "", b"abc", "\ud83d", "3", (), [], {}, {1}, object(), len, int),
    *values(Decimal("2.5"), Fraction(1, 3), range(10**12), range(0), [None], [[1, 2]], "a" * 10**6),
    *values(np.array(3), np.array(2.5), np.array(True), np.int64(64), np.float32(NAN), np.zeros(3)),
    *values(np.array([]), np.array("x"), np.array(["x", "y"]), np.datetime64("2020-01-01")),
    *values(torch.tensor(3), torch.tensor(0.5), torch.zeros(0), torch.zeros(1, 4, 4, 4)),
    *values(torch.tensor(3, device="meta"), picture(), [picture()], Start(picture())),
    lambda: count(),
    lambda: iter([1, 2]),
    lambda: (one for one in ("a", 2)),
]

LATENTS = [
    *values(torch.zeros(1, 4, 4, 4, dtype=torch.complex64), torch.zeros(1, 4, 4, 4).to_sparse()),
    *values(torch.zeros(1, 4, 0, 4), torch.zeros(0, 4, 4, 4), torch.full((1, 4, 4, 4), INF)),
    *values(torch.full((1, 4, 4, 4), 1e300, dtype=torch.float64), torch.zeros(1, 3, 4, 4)),
    *values(torch.zeros(1, 4, 4, 4, device="meta"), torch.zeros(4, 4, 4), np.zeros((1, 4, 4, 4))),
    *values(torch.zeros(1, 4, 4, 4, dtype=torch.bool), torch.zeros(1, 4, 3, 5)),
]

PROMPTS = values(
    "a castle", "", ["a lake", "山"], "(castle:1.4) [night] ((x))", "a " * 300, "🏰\n$$"
)
GENERATE: Pool = {
    "prompt": (PROMPTS, values("\udfff a", ["a", "\ud83d"], ["a", 3], ["a"] * 2000)),
    "negative_prompt": (values("", "rain", ["rain"], ["", "rain"]), values(None, ["\ud83d"])),
    "steps": (values(1, 2, 3, np.int64(2), torch.tensor(2)), values(1001, 10**30, 2.0)),
    "guidance_scale": (values(0, 1, 7.5, np.float32(3), Fraction(3, 2)), values(-0.1, "7.5")),
    "seed": (
        values(0, [1, 2], range(2), np.array(3), np.arange(2), 2**63 - 1, torch.tensor([1, 2])),
        values(2**63, [0, None], "12", {1: 2}, [0.5], [10**5000]),
    ),
    "scheduler": (
        values(None, "Euler a", "ddim", "DPM++ 2M", SCHEDULERS["lms"], DDIMScheduler()),
        values("DPM++ 2M Karras", "eular", FlowMatchEulerDiscreteScheduler(), torch.nn.Linear),
    ),
    "size": (
        values(None, 32, (32, 16), [16, 32], np.int64(32), np.array(16)),
        values(33, (32,), (32, "x"), (8, 8, 8), 10**9, (0, 8), [8, NAN], 800_000),
    ),
    "latents": (
        values(None, torch.zeros(1, 4, 4, 4), torch.ones(1, 4, 4, 4, dtype=torch.float64),
               torch.ones(1, 4, 4, 4, requires_grad=True)),
        LATENTS,
    ),
    "start": (
        values(None, Start(picture()), Start(picture(), 0.5, half_white()),
               Start(torch.zeros(2, 4, 4, 4), 1.0)),
        values(Start(picture(size=(1, 1))), Start(picture(), 1e-320), Start(picture(size=(8, 24)))),
    ),
}  # fmt: skip

MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "RGBa", "CMYK", "YCbCr", "HSV", "LAB",
         "I", "F", "I;16", "I;16L", "I;16B", "I;16N", "La")  # fmt: skip
START: Pool = {
    "picture": (
        [*(lambda mode=mode: picture(mode) for mode in MODES),
         *values([picture(), picture("L")], torch.zeros(1, 4, 4, 4))],
        [*values([picture(), None], [picture(), picture(size=(8, 8))], picture(size=(0, 0))),
         *LATENTS],
    ),
    "strength": (values(0.5, 1, 0.8, np.float32(0.5), Fraction(1, 2), torch.tensor(0.5)),
                 values(1.0001, -0.5, "0.5")),
    "mask": ([*values(None), *(lambda mode=mode: half_white(mode) for mode in ("1", "L", "RGB"))],
             values(picture("F"), picture(size=(1, 1)), [half_white(), 3])),
}  # fmt: skip


def film(steps: int = 2, size: tuple[int, int] = (16, 8)) -> Frames:
    pages = (picture(size=size),) * steps
    return Frames((1,) * steps, (0.5,) * steps, pages, pages, picture(size=size))


VIDEO: Pool = {
    "run": (values(film(), film(1), film(2, (9, 16))), ()),
    "side": (values(16, 32, np.int64(16)), values(0, -2, 15, 10**9, 2.0)),
    "seconds": (values(1, 0.5, 4, np.float32(2)), values(0, -1, 1e9, NAN, INF, 1e-320, 10**400)),
}

FINETUNE: Pool = {
    "word": (values("windmill", "風車"), ()),
    "rank": (values(1, 4, np.int64(2)), values(0, -1, 2.0)),
    "steps": (values(1, 300, torch.tensor(2)), values(0, 2.5)),
    "batch_size": (values(1, 8), values(0, "8")),
    "learning_rate": (values(1e-3, np.float32(0.1), Fraction(1, 2)), values(0, -1)),
    "prior": (values(0, 0.5, np.float32(0.25)), values(1, -0.1)),
    "cooldown": (values(0, 1, np.float32(0.25)), values(1.5, -0.1, NAN)),
    "alpha": (values(None, 1, 2.5), values("4")),
    "seed": (values(0, 2**63 - 1, np.array(3)), values(2**63, -1)),
}


def draw(pool: Pool, seed: int) -> dict[str, Any]:
    """Arguments: about one of them wild, some left out."""
    dice, drawn = random.Random(seed), {}
    for name, (sensible, wild) in pool.items():
        chance = dice.random()
        if chance < 0.8 / len(pool) and name != "run":
            drawn[name] = dice.choice([*wild, *ANYTHING, *wild])()
        elif chance < 0.6 or name in ("prompt", "picture", "run", "word"):
            drawn[name] = dice.choice(sensible)()
    return drawn


def broken_promises(
    function: Callable[..., Any], pool: Pool, seeds: Iterable[int], more: Sequence[str] = ()
) -> tuple[list[str], Counter[str]]:
    """What went against the promise, a line each; and how often each outcome was seen.

    Args:
        function: takes the pool's arguments by name.
        pool: what is drawn from.
        seeds: one for each try.
        more: names of further arguments that a message may name.
    """
    broken, seen = [], Counter()
    for seed in seeds:
        arguments = draw(pool, seed)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                function(**arguments)
            seen["works"] += 1
        except (TypeError, ValueError) as error:
            seen[type(error).__name__] += 1
            message = str(error)
            named = any(name in message for name in (*pool, *more))
            if not named or len(message) > 1000:
                broken.append(
                    f"{seed}: {type(error).__name__}: {message[:200]} <- {_told(arguments)}"
                )
        except Exception as error:
            seen[type(error).__name__] += 1
            broken.append(
                f"{seed}: {type(error).__name__}: {str(error)[:200]} <- {_told(arguments)}"
            )
    return broken, seen


def _told(arguments: dict[str, Any]) -> str:
    from helpers.arguments import told

    return ", ".join(f"{name}={told(value)}" for name, value in arguments.items())
