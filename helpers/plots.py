"""Figures of the lessons: recorded steps and pictures in, matplotlib axes out.

Every drawing function takes `ax=None`, draws on those axes or on a new figure, and returns the axes. None calls
`plt.show()`, writes a file or changes `rcParams`. Figures have their own opaque, light background, so they read the
same on a light and on a dark page; colours are Okabe and Ito's (2008), which colour-blind readers can tell apart.

`show` puts a figure or a picture into the notebook together with its alternative text.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from PIL import Image

from .decoding import decode, to_pil
from .records import Trajectory

PAPER, INK, GREY = "#fbfaf7", "#22262b", "#6b7280"
ORANGE, SKY, GREEN, YELLOW = "#e69f00", "#56b4e9", "#009e73", "#f0e442"
BLUE, VERMILLION, PURPLE = "#0072b2", "#d55e00", "#cc79a7"


@dataclass(frozen=True)
class Frames:
    """One run as pictures: at each step what the U-Net was given, and what it believed the result to be.

    Attributes:
        times: the timestep t of each step, first (noisiest) to last.
        alpha_bars: share of signal in `noisy` at each step, between 0 and 1.
        noisy: `x_t`, decoded.
        clean: `x0_hat`, the estimate of the finished picture, decoded.
        final: the finished picture.
    """

    times: tuple[int, ...]
    alpha_bars: tuple[float, ...]
    noisy: tuple[Image.Image, ...]
    clean: tuple[Image.Image, ...]
    final: Image.Image

    def __len__(self) -> int:
        return len(self.times)


def frames(pipe, trajectory: Trajectory, picture: int = 0) -> Frames:
    """Decodes one picture of a run at every step, once, for `film_strip`, `animation` and `widgets.replay`.

    Args:
        pipe: the pipeline whose VAE decodes.
        trajectory: what `generate` returned.
        picture: which picture of the batch, from 0.

    Raises:
        IndexError: the run has fewer pictures.
    """
    count = len(trajectory.images)
    if not 0 <= picture < count:
        raise IndexError(f"frames: picture must be 0 to {count - 1} for this run, got {picture}")
    records = trajectory.records
    return Frames(
        times=tuple(round(float(step.t)) for step in records),
        alpha_bars=tuple(float(step.alpha_bar) for step in records),
        noisy=tuple(to_pil(decode(pipe, step.x_t[picture : picture + 1]))[0] for step in records),
        clean=tuple(to_pil(decode(pipe, step.x0_hat[picture : picture + 1]))[0] for step in records),
        final=to_pil(trajectory.images[picture : picture + 1])[0],
    )


def film_strip(run: Frames, *, columns: int = 7, ax: Axes | None = None) -> Axes:
    """Some steps of a run, left to right: `x_t` above, `x0_hat` below, labelled with t.

    Raises:
        ValueError: fewer than one column.
    """
    if columns < 1:
        raise ValueError(f"film_strip: columns must be 1 or more, got {columns}")
    chosen = np.linspace(0, len(run) - 1, min(columns, len(run))).round().astype(int)
    rows = [[run.noisy[i] for i in chosen], [run.clean[i] for i in chosen]]
    ax = _mosaic(rows, ax)
    side = run.final.width
    ax.set_xticks([_centre(k, side) for k in range(len(chosen))], [f"t = {run.times[i]}" for i in chosen])
    ax.set_yticks([_centre(0, side), _centre(1, side)], ["$x_t$", r"$\hat{x}_0$"], fontsize=20)
    ax.tick_params(length=0, pad=8)
    return ax


def picture_grid(
    images: Sequence[Image.Image],
    titles: Sequence[str] = (),
    *,
    columns: int = 4,
    ax: Axes | None = None,
) -> Axes:
    """Pictures of one size in rows, each with its title below.

    Raises:
        ValueError: no picture, or another number of titles than of pictures.
    """
    if not images:
        raise ValueError("picture_grid: images is empty; give at least one picture")
    if titles and len(titles) != len(images):
        raise ValueError(f"picture_grid: {len(images)} images but {len(titles)} titles; give one title each, or none")
    rows = [images[k : k + columns] for k in range(0, len(images), columns)]
    width, height = images[0].size
    band = round(height * 0.16) if titles else 0
    ax = _mosaic(rows, ax, band)
    for k, title in enumerate(titles):
        row, column = divmod(k, columns)
        bottom = row * (height + band + GAP) + height
        ax.text(_centre(column, width), bottom + band / 2, title, ha="center", va="center", color=INK, fontsize=11)
    ax.set_xticks([])
    ax.set_yticks([])
    return ax


GAP = 6
"""Pixels between two pictures of a mosaic."""


def _centre(place: int, side: int) -> float:
    return place * (side + GAP) + side / 2 - 0.5


def _mosaic(rows: Sequence[Sequence[Image.Image]], ax: Axes | None, band: int = 0) -> Axes:
    """Rows of equally large pictures as one picture on the axes, `band` pixels free below each row."""
    width, height = rows[0][0].size
    columns = max(len(row) for row in rows)
    size = (columns * (width + GAP) - GAP, len(rows) * (height + band + GAP) - GAP)
    sheet = Image.new("RGB", size, PAPER)
    for r, row in enumerate(rows):
        for c, image in enumerate(row):
            sheet.paste(image, (c * (width + GAP), r * (height + band + GAP)))
    ax = ax or new_axes(10, 10 * size[1] / size[0])
    ax.imshow(np.asarray(sheet), interpolation="antialiased")
    for spine in ax.spines.values():
        spine.set_visible(False)
    return ax


def new_axes(width: float = 8, height: float = 4) -> Axes:
    """Axes on a new figure with the course's background; sizes in inches."""
    figure, ax = plt.subplots(figsize=(width, height), facecolor=PAPER, layout="constrained")
    ax.set_facecolor(PAPER)
    ax.tick_params(colors=INK)
    return ax


# The five parts on a canvas of 100 x 54: name, what it does, lessons, colour, left, bottom, width.
_PARTS = (
    ("Text encoder", "words → vectors", "lesson 05", ORANGE, 28, 36, 22),
    ("Noise", "where it starts", "lesson 01", PURPLE, 2, 9, 18),
    ("U-Net", "finds the noise", "lessons 02, 06", SKY, 28, 9, 22),
    ("Scheduler", "removes some of it", "lesson 04", GREEN, 56, 9, 20),
    ("VAE decoder", "latents → picture", "lesson 03", VERMILLION, 56, 36, 20),
)
_HEIGHT = 15
_ARROWS = (  # (from, to, curvature)
    ((21, 43.5), (28, 43.5), 0), ((39, 36), (39, 24), 0), ((20, 16.5), (28, 16.5), 0), ((50, 16.5), (56, 16.5), 0),
    ((66, 24), (66, 36), 0), ((76, 43.5), (80.5, 43.5), 0), ((66, 9), (39, 9), -0.25),
)


def pipeline_map(
    prompt: str = "A fantasy\nlandscape with\nmountains\nand a river",
    picture: Image.Image | None = None,
    *,
    ax: Axes | None = None,
) -> Axes:
    """The map of Stable Diffusion: its five parts, what flows between them, and the lesson that opens each.

    Args:
        prompt: words that go in; you set the line breaks.
        picture: what comes out; without one, a plain box.
        ax: axes to draw on.
    """
    ax = ax or new_axes(10, 5.4)
    ax.set_axis_off()
    words = {"ha": "center", "va": "center", "color": INK}
    for name, role, lessons, colour, left, bottom, width in _PARTS:
        _box(ax, (left, bottom, width, _HEIGHT), colour)
        middle = left + width / 2
        ax.text(middle, bottom + 11, name, fontsize=16, weight="bold", **words)
        ax.text(middle, bottom + 6.8, role, fontsize=13, **words)
        ax.text(middle, bottom + 2.8, lessons, fontsize=13, style="italic", **words)
    for start, end, bend in _ARROWS:
        ax.add_patch(FancyArrowPatch(start, end, connectionstyle=f"arc3,rad={bend}", arrowstyle="-|>",
                                     mutation_scale=20, linewidth=2.2, color=INK, shrinkA=0, shrinkB=1))
    ax.text(10.5, 43.5, prompt, fontsize=13, **words)
    ax.text(52.5, 2, "again and again: the whole loop is lesson 07", fontsize=13, **words)
    if picture is None:
        _box(ax, (81, 34.5, 18, 18), GREY)
        ax.text(90, 43.5, "picture", fontsize=16, **words)
    else:
        ax.imshow(np.asarray(picture), extent=(81, 99, 34.5, 52.5), aspect="auto")
    ax.set(xlim=(0, 100), ylim=(0, 54))
    return ax


def _box(ax: Axes, place: tuple[float, float, float, float], colour: str) -> None:
    left, bottom, width, height = place
    for face, edge, alpha in ((colour, "none", 0.28), ("none", colour, 1.0)):
        ax.add_patch(FancyBboxPatch((left, bottom), width, height, boxstyle="round,pad=0,rounding_size=1.5",
                                    facecolor=face, edgecolor=edge, alpha=alpha, linewidth=2.5))


def animation(run: Frames, *, side: int = 192, seconds: float = 4.0) -> bytes:
    """The run as an endless GIF, `x_t` beside `x0_hat`; the last frame, the finished picture, stays a while.

    Args:
        run: decoded steps, from `frames`.
        side: height in pixels of each of the two pictures.
        seconds: length of one round.
    """
    import imageio.v3 as iio

    pictures = [*zip(run.noisy, run.clean, strict=True), (run.final, run.final)]
    sheets = [np.asarray(side_by_side(*pair, side=side)) for pair in pictures]
    still = round(1000 * seconds / 3)
    moving = round((1000 * seconds - still) / len(run))
    return iio.imwrite("<bytes>", sheets, extension=".gif", duration=[*[moving] * len(run), still], loop=0)


def side_by_side(left: Image.Image, right: Image.Image, *, side: int = 256) -> Image.Image:
    """Two square pictures next to each other, each `side` pixels high."""
    sheet = Image.new("RGB", (2 * side + GAP, side), PAPER)
    sheet.paste(left.resize((side, side), Image.Resampling.BICUBIC), (0, 0))
    sheet.paste(right.resize((side, side), Image.Resampling.BICUBIC), (side + GAP, 0))
    return sheet


def bundle(picture: Axes | Figure | Image.Image | bytes, alt: str, width: int | None = None) -> tuple[dict, dict]:
    """A picture as Jupyter's (data, metadata), with the alternative text where web pages and terminals look for it.

    Args:
        picture: axes, a figure, a Pillow picture, or the bytes of a GIF.
        alt: what a reader who cannot see the picture needs to know.
        width: display width in pixels; the picture's own by default.

    Raises:
        ValueError: no alternative text.
    """
    if not alt.strip():
        raise ValueError("bundle: alt is empty; say in one sentence what the picture shows")
    mime = "image/gif" if isinstance(picture, bytes) else "image/png"
    data = picture if isinstance(picture, bytes) else png(picture)
    options = {"alt": alt} | ({"width": width} if width else {})
    return {mime: base64.b64encode(data).decode(), "text/plain": alt}, {mime: options}


def png(picture: Axes | Figure | Image.Image) -> bytes:
    """A figure or a Pillow picture as the bytes of a PNG file; a figure is closed, so that it is not drawn twice."""
    buffer = io.BytesIO()
    if isinstance(picture, Image.Image):
        picture.save(buffer, "PNG", optimize=True)
    else:
        figure = picture.figure if isinstance(picture, Axes) else picture
        figure.savefig(buffer, format="png", dpi=100, facecolor=figure.get_facecolor())
        plt.close(figure)
    return buffer.getvalue()


def show(picture: Axes | Figure | Image.Image | bytes, alt: str, width: int | None = None) -> None:
    """Displays a picture in the notebook with its alternative text; arguments as for `bundle`."""
    from IPython.display import display

    data, metadata = bundle(picture, alt, width)
    display(data, metadata=metadata, raw=True)
