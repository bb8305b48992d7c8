"""Commands for many pictures and for measuring: `python -m helpers sweep | bench`."""

from __future__ import annotations

import argparse
import logging
import os
from collections.abc import Callable
from pathlib import Path

from .options import add_drawing, check_out, whole

MakeParser = Callable[..., argparse.ArgumentParser]
"""(name, function, what it does, examples) -> a new parser for the command."""


def add_sweep(make: MakeParser) -> None:
    """The command `sweep`."""
    parser = make(
        "sweep",
        sweep,
        "draw every prompt of a file with every seed; stop and start again as you like",
        [
            "prompts.txt --seeds 0-9 --out out/many",
            "prompts.txt --seeds 0-99 --out out/full --model sd-1.4",
        ],
    )
    add = parser.add_argument
    add("prompts", type=Path, help="text file, one prompt a line; # begins a remark")
    add("--seeds", required=True, metavar="LIST", help="numbers and ranges, such as 0-99,200")
    add("--out", metavar="DIR", type=Path, required=True, help="folder of the results")
    add_drawing(parser)
    add("--batch", type=whole, help="pictures side by side (default: as many as fit)")


def add_bench(make: MakeParser) -> None:
    """The command `bench`."""
    parser = make(
        "bench",
        bench,
        "measure the usual snippet against this course's defaults, on this machine",
        ["", "--model sd-1.4 --random-weights --json bench.json"],
    )
    add = parser.add_argument
    add("--model", default="tiny", help="tiny, sd-1.4, ..., a folder, or a hub id")
    add("--random-weights", action="store_true", help="sd-1.4 in full size, nothing downloaded")
    add("--device", default="auto", help="auto, cpu, cuda or mps")
    add(
        "--steps", type=whole, default=20, help="of ours; the usual snippet takes 2.5 times as many"
    )
    add("--size", type=whole, help="height and width in pixels (default: the model's own)")
    add(
        "--batch", type=whole, default=4, help="pictures of the variant with several; 1: without it"
    )
    add("--rounds", type=whole, default=5, help="measured runs of each variant")
    add("--json", metavar="FILE", type=Path, help="also write the results there")


def sweep(arguments: argparse.Namespace) -> int:
    """Makes the pictures that are missing, and says where the contact sheet is."""
    from ..sweep import Sweep, read_prompts, read_seeds
    from ..sweep import sweep as run

    check_out(arguments.out)
    logging.basicConfig(format="%(message)s")
    given = {name: value for name, value in vars(arguments).items() if name != "command"}
    given |= {"prompts": read_prompts(arguments.prompts), "seeds": read_seeds(arguments.seeds)}
    sheet = run(Sweep(**given))
    if os.environ.get("RANK", "0") == "0":  # of several processes, one speaks
        print(sheet)
    return 0


def bench(arguments: argparse.Namespace) -> int:
    """Prints the table, and writes it as JSON where asked."""
    if arguments.json and not arguments.json.parent.is_dir():
        raise ValueError(f"--json: there is no folder {arguments.json.parent}; make it first")
    from ..bench import Setting
    from ..bench import bench as run

    given = vars(arguments)
    setting = Setting(**{name: given[name] for name in given if name not in ("command", "json")})
    report = run(setting)
    if arguments.json:
        report.save(arguments.json)  # first: what was measured must not be lost with the output
    print(report.table())
    return 0
