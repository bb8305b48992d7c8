"""A run as pictures: film strip, grid, animation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import imageio.v3 as iio
import numpy as np
from matplotlib.axes import Axes
from PIL import Image
from torch import Tensor

from ..arguments import real_number, told, whole_number
from ..decoding import decode, to_pil
from ..loading import StableDiffusionPipeline
from ..records import Trajectory
from .style import INK, PAPER, literal, new_axes

GAP = 6
"""Pixels between two pictures of a mosaic."""

WIDEST = 4096
"""Pixels from left to right of each of the two pictures of a film; a video of these can be made."""

MOST_PIXELS = 2**28
"""Of all frames of a film together, which are held at once: 0.8 GB."""

MOMENT = 20
"""Milliseconds of a frame of a GIF: browsers play shorter ones slowly."""


@dataclass(frozen=True)
class Frames:
    """One run as pictures: at each step what the U-Net was given, and the result it expected.

    Attributes:
        times: the timestep t of each step, the noisiest first.
        alpha_bars: share of the signal in `noisy` at each step, in (0, 1).
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
        """Number of steps."""
        return len(self.times)


def frames(pipe: StableDiffusionPipeline, trajectory: Trajectory, picture: int = 0) -> Frames:
    """One picture of a run, decoded once at every step, for `film_strip`, `animation` and `replay`.

    Args:
        pipe: the pipeline whose VAE decodes.
        trajectory: what `generate` returned.
        picture: which picture of the batch, from 0.

    Raises:
        TypeError: the number is none.
        IndexError: the run has fewer pictures.
    """
    count, picture = len(trajectory.images), whole_number("frames: picture", picture)
    if not 0 <= picture < count:
        raise IndexError(f"frames: picture must lie in 0 ... {count - 1} here, got {picture}")

    def decoded(latents: Tensor) -> Image.Image:
        return to_pil(decode(pipe, latents[picture]))[0]  # (C, h, w) -> one picture

    return Frames(
        times=tuple(round(step.t) for step in trajectory),
        alpha_bars=tuple(step.alpha_bar for step in trajectory),
        noisy=tuple(decoded(step.x_t) for step in trajectory),
        clean=tuple(decoded(step.x0_hat) for step in trajectory),
        final=to_pil(trajectory.images[picture])[0],
    )


def film_strip(run: Frames, *, columns: int = 7, ax: Axes | None = None) -> Axes:
    """Some steps of a run, left to right: `x_t` above, `x0_hat` below, labelled with t.

    Args:
        run: decoded steps, from `frames`.
        columns: how many steps to show, evenly spread, the first and the last among them.
        ax: axes to draw on.

    Raises:
        TypeError: columns is no whole number.
        ValueError: fewer than one column.
    """
    columns = in_a_row("film_strip", columns)
    chosen = np.linspace(0, len(run) - 1, min(columns, len(run))).round().astype(int)
    ax = _mosaic([[run.noisy[k] for k in chosen], [run.clean[k] for k in chosen]], ax)
    width, height = run.final.size
    centres = [_centre(place, width) for place in range(len(chosen))]
    ax.set_xticks(centres, [f"t = {run.times[k]}" for k in chosen])
    ax.set_yticks([_centre(row, height) for row in (0, 1)], ["$x_t$", r"$\hat{x}_0$"], fontsize=20)
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

    Args:
        images: one picture or more.
        titles: one for each picture, of one or two lines; or none.
        columns: pictures in a row.
        ax: axes to draw on.

    Raises:
        TypeError: columns is no whole number.
        ValueError: no picture, another number of titles than of pictures, or fewer than one column.
    """
    if not images:
        raise ValueError("picture_grid: images is empty; give at least one picture")
    if titles and len(titles) != len(images):
        raise ValueError(
            f"picture_grid: got {len(images)} images but {len(titles)} titles; "
            "give one title for each picture, or none"
        )
    columns = in_a_row("picture_grid", columns)
    width, height = images[0].size
    band = title_band(height, titles)
    rows = [images[start : start + columns] for start in range(0, len(images), columns)]
    ax = _mosaic(rows, ax, band)
    for place, title in enumerate(titles):
        row, column = divmod(place, columns)
        middle = row * (height + band + GAP) + height + band / 2
        words: dict[str, Any] = {"ha": "center", "va": "center", "color": INK}
        ax.text(_centre(column, width), middle, literal(title), **words)
    ax.set(xticks=[], yticks=[])
    return ax


def in_a_row(caller: str, columns: Any) -> int:
    """How many pictures stand side by side, checked: TypeError or ValueError, named by `caller`."""
    count = whole_number(f"{caller}: columns", columns)
    if count < 1:
        raise ValueError(f"{caller}: columns must be 1 or more, got {count}")
    return count


def title_band(height: int, titles: Sequence[str]) -> int:
    """Pixels kept free below each picture of that height for titles of one or two lines."""
    if not titles:
        return 0
    return round(height * (0.23 if any("\n" in title for title in titles) else 0.17))


def animation(run: Frames, *, side: int = 192, seconds: float = 4.0) -> bytes:
    """The run as an endless GIF, `x_t` beside `x0_hat`; the finished picture stays a while.

    Args:
        run: decoded steps, from `frames`.
        side: height in pixels of each of the two pictures, 2 ... 2048; their width follows.
        seconds: length of one round, 0.1 ... 600.

    Raises:
        TypeError, ValueError: side or seconds is no such number, the run has no steps, or the film
            would be too large.
    """
    side, seconds = _film_size("animation", run, side, seconds)
    still = round(1000 * seconds / 3)
    moving = max(MOMENT, round((1000 * seconds - still) / len(run)))
    times = [*[moving] * len(run), still]  # milliseconds
    return iio.imwrite("<bytes>", _sheets(run, side), extension=".gif", duration=times, loop=0)


def video(run: Frames, *, side: int = 192, seconds: float = 4.0) -> bytes:
    """The same film as an MP4 that any browser plays (H.264, yuv420p), much smaller than the GIF.

    Args:
        run: decoded steps, from `frames`.
        side: height in pixels of each of the two pictures, 2 ... 2048; even, as H.264 asks for.
        seconds: length of the film, 0.1 ... 600; the finished picture takes the last third.

    Raises:
        TypeError, ValueError: side or seconds is no such number, the run has no steps, or the film
            would be too large.
    """
    side, seconds = _film_size("video", run, side, seconds)
    if side % 2:
        raise ValueError(f"video: side must be even, got {side}; try {side + 1}")
    *moving, still = _sheets(run, side)
    film = [*moving, *[still] * max(1, len(moving) // 2)]
    return iio.imwrite(
        "<bytes>",
        film,
        extension=".mp4",
        plugin="FFMPEG",
        fps=len(film) / seconds,
        codec="libx264",
        pixelformat="yuv420p",
        macro_block_size=2,  # the library's 16 would stretch the pictures
        output_params=["-movflags", "+faststart"],  # a browser can play before all is loaded
    )


def _film_size(name: str, run: Frames, side: int, seconds: float) -> tuple[int, float]:
    """Height of the pictures and length of a film, checked."""
    height, length = whole_number(f"{name}: side", side), real_number(f"{name}: seconds", seconds)
    if not 2 <= height <= 2048:
        raise ValueError(f"{name}: side must lie in 2 ... 2048 pixels, got {told(side)}")
    if not 0.1 <= length <= 600:
        raise ValueError(f"{name}: seconds must lie in 0.1 ... 600, got {told(seconds)}")
    if not run:
        raise ValueError(f"{name}: run has no steps; pass what frames(pipe, trajectory) gives")
    across = _across(run.final, height)
    if across > WIDEST:
        raise ValueError(
            f"{name}: pictures of {run.final.width} x {run.final.height} pixels would become "
            f"{across:,} x {height} (at most {WIDEST:,}); choose a smaller side or crop them"
        )
    count = len(run) + 1
    if count * height * (2 * across + GAP) > MOST_PIXELS:
        raise ValueError(
            f"{name}: {count:,} frames with two pictures of {across:,} x {height} are more than "
            f"{MOST_PIXELS:,} pixels in all; choose a smaller side, or fewer steps"
        )
    return height, length


def _sheets(run: Frames, side: int) -> list[np.ndarray]:
    """`x_t` beside `x0_hat` at every step, then the finished picture on both sides."""
    pairs = [*zip(run.noisy, run.clean, strict=True), (run.final, run.final)]
    return [np.asarray(side_by_side(*pair, side=side)) for pair in pairs]


def side_by_side(left: Image.Image, right: Image.Image, *, side: int = 256) -> Image.Image:
    """Two pictures of one shape next to each other, each `side` pixels high, in proportion."""
    across = _across(left, side)
    sheet = Image.new("RGB", (2 * across + GAP, side), PAPER)
    for picture, x in ((left, 0), (right, across + GAP)):
        sheet.paste(picture.resize((across, side), Image.Resampling.BICUBIC), (x, 0))
    return sheet


def _across(picture: Image.Image, side: int) -> int:
    """Width of the picture when it is `side` pixels high."""
    return max(1, round(side * picture.width / picture.height))


def _centre(place: int, side: int) -> float:
    """Where the middle of picture number `place` lies, in pixels of the mosaic."""
    return place * (side + GAP) + side / 2 - 0.5


def _mosaic(rows: Sequence[Sequence[Image.Image]], ax: Axes | None, band: int = 0) -> Axes:
    """Rows of equally large pictures as one picture, `band` pixels free below each row."""
    width, height = rows[0][0].size
    columns = max(len(row) for row in rows)
    size = (columns * (width + GAP) - GAP, len(rows) * (height + band + GAP) - GAP)
    sheet = Image.new("RGB", size, PAPER)
    for r, row in enumerate(rows):
        for c, picture in enumerate(row):
            sheet.paste(picture, (c * (width + GAP), r * (height + band + GAP)))
    ax = new_axes(10, 10 * size[1] / size[0]) if ax is None else ax
    ax.imshow(np.asarray(sheet), interpolation="antialiased")
    ax.spines[:].set_visible(False)
    return ax
