"""A pipeline that is lent to a learner's function, and comes back as it was."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from ..loading import StableDiffusionPipeline

KEPT_BYTES = 2**30
"""Weights up to this size are copied, to be given back; a larger copy may not fit into memory."""

_HOLDING = [name for name, value in vars(nn.Module()).items() if isinstance(value, dict)]
"""Attributes of a module that hold its parameters, buffers, parts and hooks by name."""


@contextmanager
def lent(pipe: StableDiffusionPipeline) -> Iterator[None]:
    """Inside, any code may use the pipeline; afterwards its parts, scheduler and modules are as
    they were, even if the code reached it by a name of the page.

    Each module has its attributes, parts, parameters, buffers and hooks again, the same objects;
    their numbers too, if all weights take at most `KEPT_BYTES`.
    """
    parts, scheduler = dict(pipe.components), pipe.scheduler
    state = copy.deepcopy(vars(scheduler))
    networks = [part for part in parts.values() if isinstance(part, nn.Module)]
    modules = [
        (module, dict(vars(module)), {name: dict(vars(module)[name]) for name in _HOLDING})
        for network in networks
        for module in network.modules()
    ]
    weights = _copies(networks)
    try:
        yield
    finally:
        for name, part in parts.items():
            if getattr(pipe, name) is not part:
                setattr(pipe, name, part)
        vars(scheduler).clear()
        vars(scheduler).update(state)
        for module, attributes, held in modules:
            vars(module).clear()
            vars(module).update(attributes)
            for name, content in held.items():  # the same dictionaries: handles of hooks know them
                attributes[name].clear()
                attributes[name].update(content)
        for tensor, before in weights:
            if tensor.dtype != before.dtype or not torch.equal(tensor, before):
                tensor.data = before


def _copies(networks: list[nn.Module]) -> list[tuple[Tensor, Tensor]]:
    """Parameters and buffers, each with a copy; none, if they are too large."""
    tensors = [x for network in networks for x in (*network.parameters(), *network.buffers())]
    if sum(tensor.nbytes for tensor in tensors) > KEPT_BYTES:
        return []
    return [(tensor, tensor.detach().clone()) for tensor in tensors]
