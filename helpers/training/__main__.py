"""`python -m helpers.training STAGE --minutes M --out DIR [--resume]`."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from .config import STAGES, Sizes, TrainConfig


def main(argv: list[str] | None = None) -> int:
    """Train one stage, or all of them; the exit code."""
    parser = argparse.ArgumentParser(
        "helpers.training", formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("stage", choices=(*STAGES, "all"))
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--minutes", type=float, help="time budget")
    parser.add_argument("--steps", type=int, help="step budget")
    parser.add_argument("--resume", action="store_true", help="continue from the last checkpoint")
    parser.add_argument("--batch-size", type=int)
    parser.add_argument("--learning-rate", type=float)
    parser.add_argument("--precision", default="auto")
    parser.add_argument(
        "--pictures", type=int, default=TrainConfig.pictures, help="drawings in the caches"
    )
    parser.add_argument(
        "--workers", type=int, default=TrainConfig.workers, help="processes that draw"
    )
    parser.add_argument("--checkpoint-minutes", type=float, default=TrainConfig.checkpoint_minutes)
    parser.add_argument("--report-minutes", type=float, default=TrainConfig.report_minutes)
    parser.add_argument(
        "--freeze-text", action="store_true", help="do not train the text encoder with the U-Net"
    )
    parser.add_argument(
        "--tiny", action="store_true", help="very small networks, to try the program"
    )
    values = vars(parser.parse_args(argv))
    stage, tiny = values.pop("stage"), values.pop("tiny")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    from . import stages

    try:
        config = TrainConfig(**values, sizes=Sizes.tiny() if tiny else Sizes())
        stages.train(stage, config)
    except (OSError, ValueError, FloatingPointError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
