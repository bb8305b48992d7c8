"""The command for a word of one's own: `python -m helpers finetune`."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Callable
from pathlib import Path

from .options import check_out, positive, real, whole

MakeParser = Callable[..., argparse.ArgumentParser]
"""(name, function, what it does, examples) -> a new parser for the command."""

NAMES = ("word", "begin_like", "rank", "steps", "batch_size", "learning_rate", "seed")
"""Options that are handed to `FinetuneConfig` where they are given; it has the defaults."""


def add_finetune(make: MakeParser) -> None:
    """The command `finetune`."""
    parser = make(
        "finetune",
        finetune,
        "teach the model a new word from a folder of pictures",
        [
            "my-windmills --word windmill --out out/windmill",
            "my-windmills --word 風車 --out out/fusha --begin-like 家 --minutes 3",
            "my-windmills --word windmill --out out/windmill --steps 600 --resume",
        ],
    )
    add = parser.add_argument
    add("pictures", type=Path, help="folder of PNG, JPEG or WebP; NAME.txt beside one: its caption")
    add("--word", required=True, help="one new word of letters, which the model does not know")
    add("--out", metavar="DIR", type=Path, required=True, help="folder of the results")
    add("--model", default="tiny", help="tiny, sd-1.4, ..., a folder, or a hub id")
    add("--begin-like", metavar="WORD", help="known word to begin with (default: the mean of all)")
    add("--only", choices=("lora", "word"), help="train the LoRA or the word's vector alone")
    add("--rank", type=positive, help="of the LoRA; a larger one can hold more (default: 4)")
    add("--steps", type=positive, help="step budget (default: 300, or what --minutes allows)")
    add("--minutes", type=real, help="time budget")
    add("--batch-size", type=positive, help="pictures a step, old ones included (default: 8)")
    add("--learning-rate", type=real, help="of the LoRA (default: 0.002)")
    add("--no-prior", action="store_true", help="no old pictures beside the new: forgets more")
    add("--seed", type=whole, default=0, help="of everything that is drawn at random")
    add("--samples", type=whole, default=4, help="pictures drawn for samples.png")
    add("--device", default="auto", help="auto, cpu, cuda or mps")
    add("--resume", action="store_true", help="continue from the last checkpoint in --out")


def finetune(arguments: argparse.Namespace) -> int:
    """Teaches, and says how to draw with the new word."""
    check_out(arguments.out)
    from ..finetuning.settings import FinetuneConfig
    from ..finetuning.teaching import ENDLESS, Teaching, teach

    given = {name: getattr(arguments, name) for name in NAMES}
    given = {name: value for name, value in given.items() if value is not None}
    if arguments.minutes is not None:
        given.setdefault("steps", ENDLESS)
    if arguments.no_prior:
        given["prior"] = 0.0
    config = FinetuneConfig(
        **given, lora=arguments.only != "word", embedding=arguments.only != "lora"
    )
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    names = ("pictures", "out", "model", "device", "minutes", "resume", "samples")
    out = teach(Teaching(config=config, **{name: getattr(arguments, name) for name in names}))
    print(f"{out}: now try python -m helpers generate {_example(arguments, out)}")
    return 0


def _example(arguments: argparse.Namespace, out: Path) -> str:
    """The options of `generate` that draw the new word."""
    word = arguments.word
    prompt = f'"a {word} at night"' if word.isascii() else f"夜の{word}"
    model = "" if arguments.model == "tiny" else f" --model {arguments.model}"
    return f"{prompt}{model} --lora {out}"
