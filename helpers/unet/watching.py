"""Looking on while a network works: what each part is given, and what it makes of it."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from torch import Tensor, nn


class Seen(NamedTuple):
    """One call of a part.

    Attributes:
        given: its first argument.
        made: what it returned.
    """

    given: Tensor
    made: Tensor


@contextmanager
def watched(parts: Mapping[str, nn.Module]) -> Iterator[dict[str, Seen]]:
    """Inside, each call of a part is kept under its name, the last one only.

    Args:
        parts: name -> module; the modules are not changed.
    """
    seen: dict[str, Seen] = {}

    def keep(name: str, _: nn.Module, args: tuple, kwargs: dict, output: Any) -> None:
        given = args[0] if args else kwargs["hidden_states"]
        made = output if isinstance(output, Tensor) else output[0]
        seen[name] = Seen(given.detach().clone(), made.detach().clone())

    hooks: list[Any] = []
    try:
        for name, part in parts.items():
            told: Any = functools.partial(keep, name)
            hooks.append(part.register_forward_hook(told, with_kwargs=True))
        yield seen
    finally:
        for hook in hooks:
            hook.remove()
