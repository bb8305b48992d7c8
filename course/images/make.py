"""Draws the pictures of the README: run.gif (one run) and NN.jpg (one for each lesson).

    make pictures

Lesson 00 shows a generated landscape, the others a picture from their own page, as stored there.
"""

import base64
import io
from pathlib import Path

import nbformat
from PIL import Image, ImageOps

from helpers import generate, load, plots, to_pil

FOLDER = Path(__file__).resolve().parent
PROMPT = "A fantasy landscape with mountains and a river"
SEED = 0
SIZE = (240, 160)  # pixels of a lesson's picture
CHOSEN = {
    "01": 0, "02": 1, "03": 9, "04": 14, "05": 1, "06": 9, "07": 1, "08": 0, "09": 0, "10": 0,
    "11": 4, "12": 0,
}  # fmt: skip
"""Which picture of its page, counted from 0, stands for a lesson."""


def main() -> None:
    """Runs the embedded model once, and looks through the lessons."""
    pipe = load("tiny")
    trajectory = generate(pipe, PROMPT, steps=20, seed=SEED)
    (FOLDER / "run.gif").write_bytes(plots.animation(plots.frames(pipe, trajectory)))
    print(FOLDER / "run.gif")
    save("00", to_pil(trajectory.images)[0])
    for lesson, number in CHOSEN.items():
        path = next(FOLDER.parent.glob(f"{lesson}_*.ipynb"))
        save(lesson, pictures(path)[number])


def save(lesson: str, picture: Image.Image) -> None:
    """Writes a lesson's picture on paper of one size."""
    paper = ImageOps.pad(picture.convert("RGB"), SIZE, color=plots.style.PAPER)
    paper.save(FOLDER / f"{lesson}.jpg", quality=88)
    print(FOLDER / f"{lesson}.jpg")


def pictures(path: Path) -> list[Image.Image]:
    """The pictures stored in a lesson, from top to bottom."""
    outputs = [o for cell in nbformat.read(path, 4).cells for o in cell.get("outputs", ())]
    data = [o.data[kind] for o in outputs if "data" in o for kind in o.data
            if kind in ("image/png", "image/jpeg")]  # fmt: skip
    return [Image.open(io.BytesIO(base64.b64decode(picture))) for picture in data]


if __name__ == "__main__":
    main()
