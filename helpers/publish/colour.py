"""How well two colours can be told apart: the contrast of the Web Content Accessibility Guidelines.

Definitions of *relative luminance* and *contrast ratio* in WCAG 2.2 (W3C Recommendation, 2024). For
ordinary letters it asks for 4.5 : 1 at least, for large ones for 3 : 1 (success criterion 1.4.3).
"""

from __future__ import annotations

import torch
from torch import Tensor

WEIGHTS = (0.2126, 0.7152, 0.0722)
"""Of red, green and blue: the eye sees green best."""


def luminance(colours: Tensor) -> Tensor:
    """How bright a colour is, 0 for black, 1 for white: (..., 3) in [0, 1] -> (...).

    The numbers of a picture are not light: half of 255 is a fifth of the light of 255. They are
    turned into light first, c / 12.92 below 0.04045 and ((c + 0.055) / 1.055) ** 2.4 above.
    """
    light = torch.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    return light @ torch.tensor(WEIGHTS, dtype=colours.dtype)


def contrast(one: Tensor, other: Tensor) -> Tensor:
    """(lighter + 0.05) / (darker + 0.05), of luminances: from 1, the same, to 21, black on white.

    Args:
        one, other: colours in [0, 1], (..., 3); their shapes are broadcast.

    Returns:
        (...): the ratio for each pair, whichever of the two is lighter.
    """
    a, b = luminance(one), luminance(other)
    return (torch.maximum(a, b) + 0.05) / (torch.minimum(a, b) + 0.05)
