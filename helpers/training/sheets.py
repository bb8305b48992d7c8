"""Sample sheets: grids of pictures as PNG files."""

from __future__ import annotations

from pathlib import Path

import torch
from PIL import Image

from .checkpoints import written_beside

GAP = 4  # pixels between pictures


def grid(rows: list[torch.Tensor]) -> Image.Image:
    """A picture of rows of pictures; each row (N, 3, H, W) in [0, 1]."""
    height, width = rows[0].shape[2:]
    columns = max(len(row) for row in rows)
    sheet = torch.ones(3, len(rows) * (height + GAP) - GAP, columns * (width + GAP) - GAP)
    for r, row in enumerate(rows):
        for c, picture in enumerate(row):
            top, left = r * (height + GAP), c * (width + GAP)
            sheet[:, top : top + height, left : left + width] = picture
    return Image.fromarray((sheet * 255).round().byte().permute(1, 2, 0).numpy())


def save_rows(rows: list[torch.Tensor], path: Path) -> None:
    """Write rows of pictures, each (N, 3, H, W) in [0, 1], as one PNG."""
    with written_beside(path) as place:
        grid(rows).save(place, format="PNG")
