"""Text on its way through the encoder: positions, attention, likeness."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image
from torch import Tensor

from ..language import _
from .style import (
    BLUE,
    GREY,
    INK,
    ORANGE,
    PAPER,
    SKY,
    VERMILLION,
    Sheet,
    literal,
    literals,
    new_axes,
)

ATTENTION = LinearSegmentedColormap.from_list("attention", [PAPER, SKY, BLUE])
LIKENESS = LinearSegmentedColormap.from_list("likeness", [VERMILLION, PAPER, BLUE])
HIDDEN = "#dfe1e4"
"""Colour of what a position may not look at."""

UNMOVED = 1e-5
"""A vector that moved less than this did not move: what is left is how sums were rounded."""


def legible(words: Sequence[str], readings: Mapping[str, str]) -> list[str]:
    """The words, those in `readings` in Latin letters, for who cannot read the others."""
    return [readings.get(word, word) for word in words]


def token_strip(
    tokens: Sequence[str],
    marks: tuple[str, str],
    *,
    columns: int = 11,
    readings: Mapping[str, str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """All positions of a prompt as numbered boxes: start mark, words, end mark, padding.

    Args:
        tokens: one text for each position, 77 for CLIP.
        marks: the texts of the start mark and of the end mark.
        columns: boxes in a row; 11 makes 7 full rows of 77 positions.
        readings: as for `legible`.
        ax: axes to draw on.
    """
    rows = -(-len(tokens) // columns)
    ax = new_axes(9.5, 0.56 * rows) if ax is None else ax
    start, end = marks
    last = list(tokens).index(end) if end in tokens else len(tokens)
    shown = {start: _("start"), end: _("end")}
    words: dict[str, Any] = {"ha": "center", "va": "center", "color": INK}
    for position, token in enumerate(legible(tokens, readings or {})):
        colour = ORANGE if position in (0, last) else SKY if position < last else GREY
        left, top = position % columns, position // columns
        box = Rectangle((left + 0.04, top + 0.06), 0.92, 0.88, ec=colour, lw=1.5)
        box.set_facecolor((colour, 0.1 if position > last else 0.35))
        ax.add_patch(box)
        ax.text(left + 0.09, top + 0.14, str(position), fontsize=8, color=GREY, va="top")
        size = 12 if len(shown.get(token, token)) < 9 else 9.5
        ax.text(left + 0.5, top + 0.58, literal(shown.get(token, token)), fontsize=size, **words)
    ax.set(xlim=(0, columns), ylim=(rows, 0))
    ax.set_axis_off()
    return ax


def attention_map(
    weights: Tensor,
    words: Sequence[str],
    *,
    title: str = "",
    hide_ahead: bool = True,
    ax: Axes | None = None,
) -> Axes:
    """How much each word (row) looks at each word (column).

    Args:
        weights: (T, T), usually rows that sum to 1.
        words: T of them.
        title: above the map.
        hide_ahead: whether what lies above the diagonal is grey, as it can't be seen; without, the
            map shows every number as it is.
        ax: axes to draw on.
    """
    side = 2.4 + 0.44 * len(words)
    ax = new_axes(side + 0.6, side) if ax is None else ax
    _attention(ax, weights, words, hide_ahead, 2 if len(words) < 6 else 1)
    ax.set_title(literal(title), fontsize=14, color=INK, pad=10)
    ax.set_xlabel(_("… looks at this word"), fontsize=13, color=INK)
    ax.set_ylabel(_("this word …"), fontsize=13, color=INK)
    return ax


def attention_maps(maps: Mapping[str, Tensor], words: Sequence[str]) -> Figure:
    """Several attention maps of the same words, every number as it is, none hidden.

    Args:
        maps: title -> weights, (T, T).
        words: T of them.
    """
    columns = min(3, len(maps))
    rows = -(-len(maps) // columns)
    side = 1.2 + 0.36 * len(words)
    size = (side * columns, (side + 0.1) * rows)
    figure = Sheet(figsize=size, facecolor=PAPER, layout="constrained")
    for number, (title, weights) in enumerate(maps.items(), 1):
        ax = figure.add_subplot(rows, columns, number, facecolor=PAPER)
        _attention(ax, weights, words, False, 2)
        ax.set_title(literal(title), fontsize=15, color=INK)
    figure.supxlabel(_("… looks at this word"), fontsize=13, color=INK)
    figure.supylabel(_("this word …"), fontsize=13, color=INK)
    return figure


def _attention(
    ax: Axes, weights: Tensor, words: Sequence[str], hide_ahead: bool, decimals: int
) -> None:
    table = weights.detach().cpu().numpy()
    hidden = np.triu(np.full_like(table, hide_ahead, dtype=bool), 1)
    _heat_map(ax, np.where(hidden, np.nan, table), ATTENTION, (0, 1))
    _write(ax, table, ~hidden & (table >= 0.05), dark=0.55, decimals=decimals)
    _name(ax, words, words)


def similarity_map(
    table: Tensor,
    words: Sequence[str],
    *,
    title: str = "",
    readings: Mapping[str, str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Cosine similarities of words or sentences: blue is alike, white unrelated, red opposite.

    Args:
        table: (N, N), each in [-1, 1].
        words: N of them.
        title: above the map.
        readings: as for `legible`.
        ax: axes to draw on.
    """
    side = 2.4 + 0.4 * len(words)
    ax = new_axes(side + 0.6, side) if ax is None else ax
    names = legible(words, readings or {})
    _similarity(ax, table, title)
    _name(ax, names, names)
    return ax


def similarity_maps(
    tables: Mapping[str, Tensor],
    words: Sequence[str],
    *,
    readings: Mapping[str, str] | None = None,
) -> Figure:
    """Similarity maps of the same words side by side, with one colour bar for all.

    Args:
        tables: title -> (N, N), each in [-1, 1].
        words: N of them, written once, at the left; the columns stand in the same order.
        readings: as for `legible`.
    """
    side = 0.4 * len(words)
    size = (side * len(tables) + 4.2, side + 0.8)
    figure = Sheet(figsize=size, facecolor=PAPER, layout="compressed")
    many = figure.subplots(1, len(tables), squeeze=False)[0]
    for number, (ax, (title, table)) in enumerate(zip(many, tables.items(), strict=True)):
        _similarity(ax, table, title)
        _name(ax, legible(words, readings or {}) if number == 0 else [], [])
    bar = figure.colorbar(many[-1].images[0], ax=many, fraction=0.03, ticks=[-1, 0, 1])
    names = [_("−1 opposite"), _("0 unrelated"), _("1 the same")]
    bar.set_ticklabels(names, color=INK, fontsize=11)
    bar.outline.set_visible(False)
    return figure


def _similarity(ax: Axes, table: Tensor, title: str) -> None:
    values = table.detach().cpu().numpy()
    _heat_map(ax, values, LIKENESS, (-1, 1))
    _write(ax, values, np.full(values.shape, True), dark=0.7, decimals=1)
    ax.set_title(literal(title), fontsize=14, color=INK, pad=10)


def change_by_position(changes: Tensor, words: Sequence[str], *, ax: Axes | None = None) -> Axes:
    """A bar for each position: how far its vector moved; a written 0 where it did not move at all.

    Args:
        changes: (T,), lengths of the differences.
        words: what to write below the positions.
        ax: axes to draw on.
    """
    ax = new_axes(10, 3.4) if ax is None else ax
    heights = changes.detach().cpu().numpy()
    ax.bar(range(len(words)), heights, color=BLUE, width=0.7)
    for position in np.flatnonzero(heights < UNMOVED).tolist():
        ax.text(position, 0, "0", ha="center", va="bottom", fontsize=14, color=VERMILLION)
    ax.set_xticks(range(len(words)), literals(words), fontsize=13)
    ax.set_ylabel(_("how far the vector moved"), fontsize=12, color=INK)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def matching_map(
    table: Tensor,
    pictures: Sequence[Image.Image],
    captions: Sequence[str],
    *,
    ax: Axes | None = None,
) -> Axes:
    """How well each picture (row) fits each caption (column); the best of a row has a frame.

    Each row has a colour scale of its own, which the colour bar says.

    Args:
        table: (pictures, captions), larger is better.
        pictures: one for each row.
        captions: one for each column, short.
        ax: axes to draw on.
    """
    values = table.detach().cpu().numpy()
    low, high = values.min(axis=1, keepdims=True), values.max(axis=1, keepdims=True)
    rows, columns = values.shape
    ax = new_axes(0.75 * columns + 3.1, 0.75 * rows + 2.2) if ax is None else ax
    _heat_map(ax, (values - low) / (high - low), ATTENTION, (0, 1))
    for row, best in enumerate(values.argmax(axis=1)):
        ax.add_patch(Rectangle((best - 0.46, row - 0.46), 0.92, 0.92, fill=False, ec=ORANGE, lw=4))
        beside = (-1.55, -0.6, row + 0.46, row - 0.46)
        ax.imshow(np.asarray(pictures[row]), extent=beside)
    ax.set(xlim=(-1.6, columns - 0.5), ylim=(rows - 0.5, -0.5), aspect="equal")
    _name(ax, [], captions)
    bar = ax.figure.colorbar(ax.images[0], ax=ax, shrink=0.5, ticks=[0, 1])
    bar.set_ticklabels([_("worst\nof its row"), _("best\nof its row")], color=INK, fontsize=11)
    bar.outline.set_visible(False)
    return ax


def _heat_map(ax: Axes, values: np.ndarray, colours: Colormap, limits: tuple[float, float]) -> None:
    """Cells with thin gaps; nan is drawn in the colour of what is hidden."""
    colours = colours.with_extremes(bad=HIDDEN)
    ax.imshow(values, cmap=colours, vmin=limits[0], vmax=limits[1])
    for edge in range(1, max(values.shape)):
        ax.axhline(edge - 0.5, color=PAPER, lw=1.5)
        ax.axvline(edge - 0.5, color=PAPER, lw=1.5)
    ax.spines[:].set_visible(False)


def _write(ax: Axes, values: np.ndarray, where: np.ndarray, *, dark: float, decimals: int) -> None:
    """The values into their cells, in a colour that reads on light and on dark ones."""
    for row, column in np.argwhere(where):
        value = values[row, column]
        colour = PAPER if value > dark else INK
        text = f"{value:.{decimals}f}".replace("-0.0", "0.0").replace("-", "−")
        ax.text(column, row, text, ha="center", va="center", color=colour, fontsize=11)


def _name(ax: Axes, rows: Sequence[str], columns: Sequence[str]) -> None:
    """Words beside the rows and below the columns."""
    style: dict[str, Any] = {"fontsize": 12, "color": INK}
    ax.set_yticks(range(len(rows)), literals(rows), **style)
    turned: dict[str, Any] = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"}
    ax.set_xticks(range(len(columns)), literals(columns), **style, **turned)
    ax.tick_params(length=0)
