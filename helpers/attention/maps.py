"""What `capture_attention` leaves: how much every place of a picture looked at every word."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from torch import Tensor


@dataclass(eq=False)
class AttentionMaps:
    """How much every place of the picture looked at every word, at every call of the U-Net.

    Only the half of the batch that follows the prompts is recorded, not that of negative prompts.

    Attributes:
        tokenizer: the one that cut the prompts into tokens, or for a run on a teacher's machine
            what that one said of them (`travel.Spans`).
        reduce: "mean" over the heads, or "none": every head is kept.
        prompts: one for each picture; None where only vectors were given.
        grids: name of each recorded layer -> (height, width) of what it sees.
        times: t of each call.
        weights: for each call, name of the layer -> (B, n, 77), or (B, heads, n, 77) where heads
            are kept; n = height * width; each row sums to 1.
    """

    tokenizer: Any = None
    reduce: str = "mean"
    prompts: tuple[str | None, ...] = ()
    grids: dict[str, tuple[int, int]] = field(default_factory=dict)
    times: list[float] = field(default_factory=list)
    weights: list[dict[str, Tensor]] = field(default_factory=list)

    def __len__(self) -> int:
        """Number of recorded calls of the U-Net."""
        return len(self.weights)

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the recorded layers."""
        return tuple(self.grids)

    @property
    def nbytes(self) -> int:
        """Memory that the recorded numbers take."""
        return sum(kept.nbytes for call in self.weights for kept in call.values())

    def at(self, step: int, layer: str) -> Tensor:
        """One layer at one call: (B, h, w, 77) or (B, heads, h, w, 77), float32.

        Args:
            step: number of the call of the U-Net, from 0; negative ones count from the end.
            layer: its name, one of `layers`.

        Raises:
            IndexError: there was no such call.
            ValueError: the layer was not recorded.
        """
        if not -len(self) <= step < len(self):
            raise IndexError(f"step must lie in 0 ... {len(self) - 1} here, got {step}")
        if layer not in self.grids:
            raise ValueError(
                f"layer: {layer!r} was not recorded; there are {', '.join(self.grids)}"
            )
        return self.weights[step][layer].float().unflatten(-2, self.grids[layer])
