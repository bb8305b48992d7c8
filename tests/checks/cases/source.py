"""Short ways to write down answers that are functions."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

Body = Callable[..., str]
"""The lines of a body, without their indent -> the source of a function."""


def function(signature: str) -> Body:
    """Takes the lines of a body, gives the source of a function, such as of "f(x)"."""
    return partial(_function, signature)


def _function(signature: str, *lines: str) -> str:
    return "\n".join([f"def {signature}:", *(f"    {line}" for line in lines), ""])


def useless(body: Body) -> dict[str, str]:
    """Wrong answers that fit every exercise that asks for a function: nothing of use comes back."""
    return {
        "stub": body("..."),
        "returns an ellipsis": body("return ..."),
        "raises": body("raise NotImplementedError"),
        "exits": body("import sys", "sys.exit()"),
        "returns text": body('return "done"'),
        "returns NaN": body('return float("nan")'),
        "returns infinity": body("return torch.tensor(torch.inf)"),
        "returns an empty list": body("return []"),
        "name never made": body("return result"),
    }
