"""Forms that any function's answer may take, right or wrong, made from one right answer."""

from __future__ import annotations

import textwrap

WRONG = {
    "returns nothing": "_right({0})",
    "prints instead of returning": "print(_right({0}))",
    "yields instead of returning": "yield _right({0})",
    "raises": "raise ValueError('not yet')",
    "raises what is not written yet": "raise NotImplementedError",
    "leaves Python": "import sys; _right({0}); sys.exit(0)",
    "calls itself for ever": "return {name}({0})",
    "returns itself": "return {name}",
    "returns text": "return str(_right({0}))",
    "returns NaN": "return _right({0}) * float('nan')",
    "returns infinity": "return abs(_right({0})) * float('inf')",
    "returns zero": "return 0 * _right({0})",
    "returns its first argument": "return {first}",
    "returns the negative": "return -_right({0})",
    "returns a pair": "return _right({0}), {first}",
    "returns a dictionary": "return {{'result': _right({0})}}",
    "two percent too much": "return 1.02 * _right({0})",
    "true or false": "return _right({0}) > 0",
    "half as much": "return 0.5 * _right({0})",
    "remembers its first result": "return _seen.setdefault('result', _right({0}))",
}
"""Name -> body of a function that breaks any exercise whose answer is some number, not 0."""

WRONG_TENSORS = {
    "an axis too many": "return _right({0})[None]",
    "an axis too many at the end": "return _right({0})[..., None]",
    "only the first": "return _right({0})[:1] * 0 + _right({0})[0]",
    "the first left out": "return _right({0})[1:]",
    "the mean": "return _right({0}).mean()",
    "in backward order": "return _right({0}).flip(0)",
    "rounded to one digit": "return _right({0}).round(decimals=1)",
    "whole numbers": "return _right({0}).int()",
    "one number NaN": "found = _right({0}).clone()\n    found[-1] = float('nan')\n    return found",
    "changes its argument": "found = _right({0}).clone()\n    {first}.mul_(0.5)\n    return found",
}
"""Name -> body that breaks an exercise whose answer is a tensor."""

RIGHT = {
    "another function does it": "return _right({0})",
    "keyword arguments": "return _right({keywords})",
    "type and words": '"""It does what the exercise asks for."""\n    return _right({0})',
    "prints on the way": "print({first})\n    return _right({0})",
    "twice, for safety": "_right({0})\n    return _right({0})",
    "a nested function": "def inner():\n        return _right({0})\n    return inner()",
    "without gradients": "import torch\n    with torch.no_grad():\n        return _right({0})",
}
"""Name -> body that is as right as the answer that it calls."""

RIGHT_TENSORS = {
    "float64 comes back": "import torch\n    return torch.as_tensor(_right({0})).double()",
    "numpy comes back": "import numpy\n    return numpy.asarray(_right({0}))",
    "attached to a graph": "import torch\n"
    "    return torch.as_tensor(_right({0})).detach().clone().requires_grad_()",
}
"""Name -> body that returns the right numbers in another container."""

WHOLE_CELLS = {
    "a lambda": "{name} = lambda {0}: _right({0})",
    "a default that is not used": "def {name}({0}, scale=1):\n    return scale * _right({0})",
    "a callable object": "class Answer:\n"
    "    def __call__(self, {0}):\n        return _right({0})\n\n{name} = Answer()",
    "a decorated function": "import torch\n\n@torch.no_grad()\n"
    "def {name}({0}):\n    return _right({0})",
    "another name first": "def draft({0}):\n    return _right({0})\n\n{name} = draft",
}
"""Name -> cell that is as right as the answer that it calls."""

WRONG_CELLS = {
    "no function": "{name} = 1.0",
    "the result of a call": "{name} = None",
    "an argument too few": "def {name}():\n    return 1.0",
    "asks to be awaited": "async def {name}({0}):\n    return _right({0})",
    "a function of a function": "def {name}({0}):\n    return lambda: _right({0})",
}
"""Name -> cell that is wrong in any exercise that asks for a function."""


def define(signature: str, bodies: dict[str, str]) -> dict[str, str]:
    """Cells that define a function such as "snr(alpha_bar)", from name -> body."""
    return {
        name: f"def {signature}:\n{textwrap.indent(body.strip(), '    ')}"
        for name, body in bodies.items()
    }


def wrong(answer: str, tensor: bool = True) -> dict[str, str]:
    """Wrong cells from the source of a right one, `def name(...): ...`."""
    bodies = WRONG | WRONG_TENSORS if tensor else WRONG
    return _cells(answer, bodies, WRONG_CELLS)


def right(answer: str, tensor: bool = True) -> dict[str, str]:
    """Right cells from the source of a right one, `def name(...): ...`."""
    bodies = RIGHT | RIGHT_TENSORS if tensor else RIGHT
    return {"as hinted": answer} | _cells(answer, bodies, WHOLE_CELLS)


def _cells(answer: str, bodies: dict[str, str], cells: dict[str, str]) -> dict[str, str]:
    name, _, rest = answer.partition("def ")[2].partition("(")
    parameters = rest.partition(")")[0]
    parts = dict(
        name=name,
        first=parameters.split(",")[0],
        keywords=", ".join(f"{one}={one}" for one in parameters.split(", ")),
    )
    before = f"{answer}\n\n_right, _seen = {name}, {{}}\n\n"
    whole = {title: "def {name}({0}):\n    " + body for title, body in bodies.items()} | cells
    return {title: before + text.format(parameters, **parts) for title, text in whole.items()}
