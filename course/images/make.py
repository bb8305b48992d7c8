"""Draws the pictures of the README: run.gif (one run) and 00.jpg (lesson 00 in the table).

    make pictures
"""

from pathlib import Path

from helpers import generate, load, plots, to_pil

FOLDER = Path(__file__).resolve().parent
PROMPT = "A fantasy landscape with mountains and a river"
SEED = 0


def main() -> None:
    """Runs the embedded model once and draws both pictures from that run."""
    pipe = load("tiny")
    trajectory = generate(pipe, PROMPT, steps=20, seed=SEED)
    (FOLDER / "run.gif").write_bytes(plots.animation(plots.frames(pipe, trajectory)))
    print(FOLDER / "run.gif")
    thumbnail = to_pil(trajectory.images)[0]
    thumbnail.save(FOLDER / "00.jpg", quality=90)
    print(FOLDER / "00.jpg")


if __name__ == "__main__":
    main()
