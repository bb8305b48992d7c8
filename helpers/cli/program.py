"""The command line: `python -m helpers COMMAND`, of which `--help` shows a list.

Each command imports what it needs when it runs, so that `--help` answers at once. Exit codes:
0 done, 1 not good (doctor found a fault), 2 a mistake in what was asked, told in one line on
stderr, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
import logging
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..language import _
from ..training.config import STAGES, TrainConfig
from .console import escape_unknown_signs, one_line, show_warning
from .finetune import add_finetune
from .gallery import add_gallery
from .options import add_drawing, check_out, count, positive, real, whole
from .serve import add_serve
from .sweep_and_bench import add_bench, add_sweep
from .web import add_export_onnx

if TYPE_CHECKING:
    from diffusers import StableDiffusionPipeline

    from ..records import Trajectory

ARTICLE = "A fantasy landscape with mountains and a river"
STRIP_COLUMNS = 8
"""Steps shown in steps.png."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns the exit code of the process."""
    escape_unknown_signs()
    with warnings.catch_warnings():
        warnings.showwarning = show_warning
        try:
            arguments = build_parser().parse_args(argv)
            return arguments.command(arguments)
        except (ValueError, TypeError, OSError, FloatingPointError, MemoryError) as error:
            print(f"error: {one_line(error)}", file=sys.stderr)
            return 2
        except KeyboardInterrupt:
            print("stopped", file=sys.stderr)
            return 130


def build_parser() -> argparse.ArgumentParser:
    """The parser; every subcommand leaves its function in `command`."""
    parser = argparse.ArgumentParser(
        prog="python -m helpers",
        description="Stable Diffusion, one step at a time.",
        epilog=f'try:\n  python -m helpers doctor\n  python -m helpers generate "{ARTICLE}"',
        formatter_class=_Formatter,
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_doctor(commands)
    _add_generate(commands)
    make = functools.partial(_command, commands)
    for add in (add_sweep, add_bench, add_finetune, add_gallery, add_export_onnx, add_serve):
        add(make)
    _add_train(commands)
    _add_evaluate(commands)
    return parser


class _Formatter(argparse.ArgumentDefaultsHelpFormatter, argparse.RawDescriptionHelpFormatter):
    """The default after each option that has one, and the examples line by line as written."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        if action.default is None or action.default is False or action.default == "":
            return action.help
        return super()._get_help_string(action)


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    run: Callable[[argparse.Namespace], int],
    about: str,
    examples: Sequence[str] = (),
) -> argparse.ArgumentParser:
    lines = "".join(f"\n  python -m helpers {name} {example}" for example in examples)
    parser = commands.add_parser(
        name,
        help=about,
        description=about,
        epilog=f"examples:{lines}" if examples else None,
        formatter_class=_Formatter,
    )
    parser.set_defaults(command=run)
    return parser


def _add_doctor(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    about = "check Python, packages, device, memory, disk, weights"
    parser = _command(commands, "doctor", doctor, about)
    parser.add_argument("--brief", action="store_true", help="one line, and what is wrong")


def _add_generate(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = _command(
        commands,
        "generate",
        generate,
        "draw pictures from a text, and keep every step",
        [
            f'"{ARTICLE}" --out out',
            "山と川のある幻想的な風景 --seed 7 --count 4",
            '"a castle at night" --negative snow --scheduler euler --steps 30',
            '"a windmill at night" --lora out/windmill',
        ],
    )
    add = parser.add_argument
    add("prompt", help="what to draw, in English or Japanese")
    add("--negative", metavar="TEXT", default="", help="what to steer away from")
    add_drawing(parser)
    add("--seed", type=whole, default=0, help="where the noise comes from")
    add("--count", type=count, default=1, help="pictures; each takes the next seed")
    add("--out", metavar="DIR", type=Path, default=Path("out"), help="folder of the results")
    add(
        "--lora", metavar="PATH", type=Path, help="a learned word, as finetune writes it, or a LoRA"
    )
    add("--lora-scale", type=real, default=1.0, help="how much the LoRA counts")


def _add_train(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = _command(
        commands,
        "train",
        train,
        "train the embedded model, one stage or all of them",
        [
            "all --minutes 240 --out runs/first",
            "unet --minutes 60 --out runs/first --resume",
            "turbo --minutes 60 --out runs/turbo --start-from runs/first/model",
        ],
    )
    add, default = parser.add_argument, TrainConfig
    add(
        "stage",
        choices=(*STAGES, "all"),
        help="what to train; all runs them in this order, without turbo (the few-step twin)",
    )
    add("--out", metavar="DIR", type=Path, required=True, help="folder of the run")
    add("--minutes", type=real, help="time budget; give this, --steps or both")
    add("--steps", type=whole, help="step budget")
    add("--resume", action="store_true", help="continue from the last checkpoint in --out")
    add(
        "--start-from",
        metavar="DIR",
        type=Path,
        help="train the networks of this model on; for turbo, the teacher",
    )
    add("--batch-size", type=whole, help="items a step (default: the stage's own)")
    add("--learning-rate", type=real, help="peak rate (default: the stage's own)")
    add("--precision", default=default.precision, help="auto, no (float32), bf16 or fp16")
    add("--device", default=default.device, help="auto or cpu")
    add("--seed", type=whole, default=default.seed, help="of the first weights and of every draw")
    add("--pictures", type=whole, default=default.pictures, help="drawings in the caches")
    add("--workers", type=whole, default=default.workers, help="processes that draw")
    add("--freeze-text", action="store_true", help="leave the text encoder as it is in unet")
    add(
        "--freeze-encoder",
        action="store_true",
        help="leave the VAE's encoder as it is in vae, so that the U-Net stays right",
    )


def _add_evaluate(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = _command(
        commands,
        "evaluate",
        evaluate,
        "measure a model's quality and print the table",
        ["", "--model runs/first/model --pictures 100 --json quality.json"],
    )
    add = parser.add_argument
    add("--model", default="tiny", help="tiny, tiny-turbo, or a folder of such a model")
    add("--pictures", type=positive, default=500, help="pictures to draw and judge")
    add("--json", metavar="FILE", type=Path, help="also write the table there")


def doctor(arguments: argparse.Namespace) -> int:
    """Prints a line for each finding; 1 if anything stands in the way of the course."""
    from ..doctor import examine

    good, count = 0, 0
    for finding in examine():
        good, count = good + finding.ok, count + 1
        if not (arguments.brief and finding.ok):
            print(finding, flush=True)
    if arguments.brief:
        right = _("{count} checks, all right", count=count)
        some = _("{good} of {count} are right", good=good, count=count)
        print(right if good == count else some)
    return 0 if good == count else 1


def generate(arguments: argparse.Namespace) -> int:
    """Draws, and writes the pictures, a strip of the steps and the trajectory."""
    check_out(arguments.out)
    arguments.out.mkdir(parents=True, exist_ok=True)
    from ..loading import load
    from ..sampling import generate as run

    lora = {str(arguments.lora): arguments.lora_scale} if arguments.lora else None
    pipe = load(arguments.model, lora=lora)
    trajectory = run(
        pipe,
        arguments.prompt,
        negative_prompt=arguments.negative,
        steps=arguments.steps,
        guidance_scale=arguments.guidance_scale,
        seed=range(arguments.seed, arguments.seed + arguments.count),
        scheduler=arguments.scheduler,
        size=arguments.size,
        progress=sys.stderr.isatty(),
    )
    for path in save_run(pipe, trajectory, arguments.out):
        print(path, flush=True)
    return 0


def save_run(pipe: StableDiffusionPipeline, trajectory: Trajectory, folder: Path) -> Sequence[Path]:
    """Writes picture.png and steps.png (picture-0.png, steps-0.png, picture-1.png, ... for several)
    and trajectory.safetensors to `folder`; returns their paths.

    Args:
        pipe: for its VAE, which decodes the steps.
        trajectory: what `generate` returned.
        folder: exists; files of the same names are replaced.
    """
    from ..sampling.settings import save_picture

    paths = []
    for number in range(len(trajectory.images)):
        ending = ".png" if len(trajectory.images) == 1 else f"-{number}.png"
        paths.append(save_picture(trajectory, folder / f"picture{ending}", number))
        paths.append(_save_strip(pipe, trajectory, folder / f"steps{ending}", number))
    paths.append(trajectory.save(folder / "trajectory.safetensors"))
    return paths


def _save_strip(
    pipe: StableDiffusionPipeline, trajectory: Trajectory, path: Path, picture: int
) -> Path:
    """Writes a picture's x_t above x0_hat as a PNG; only the steps shown are decoded."""
    from matplotlib import pyplot

    from .. import plots
    from ..files import written_beside

    last = len(trajectory) - 1
    columns = min(STRIP_COLUMNS, len(trajectory))
    chosen = [round(last * column / max(1, columns - 1)) for column in range(columns)]
    shown = dataclasses.replace(
        trajectory, records=tuple(trajectory.records[index] for index in chosen)
    )
    strip = plots.film_strip(plots.frames(pipe, shown, picture), columns=columns)
    figure = strip.figure.get_figure(root=True)
    with written_beside(path) as place:
        figure.savefig(place, format="png", dpi=100)
    pyplot.close(figure)
    return path


def train(arguments: argparse.Namespace) -> int:
    """Trains one stage or all, as `helpers.training` does."""
    given = vars(arguments)
    names = {field.name for field in dataclasses.fields(TrainConfig)}
    config = TrainConfig(**{name: value for name, value in given.items() if name in names})
    check_out(arguments.out)
    from ..training import stages

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    stages.train(arguments.stage, config)
    return 0


def evaluate(arguments: argparse.Namespace) -> int:
    """Measures a model, prints the table and writes it as JSON where asked."""
    if arguments.json and not arguments.json.parent.is_dir():
        raise ValueError(f"--json: there is no folder {arguments.json.parent}; make it first")
    from ..training.evaluate import evaluate as measure

    report = measure(arguments.model, pictures=arguments.pictures)
    if arguments.json:
        report.save(arguments.json)  # first: what was measured must not be lost with the output
    print(report.table())
    return 0
