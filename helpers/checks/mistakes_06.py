"""What learners write for lesson 06 by mistake, and the hint that each deserves."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from .. import maths
from ..attention import word_heat

GUIDE: dict[str, Callable[[Tensor, Tensor, float], Tensor]] = {
    "you started from eps_cond, so every scale counts one too much. Start from eps_uncond.": (
        lambda u, c, w: c + w * (c - u)
    ),
    "the two are swapped: it starts from eps_cond and goes towards eps_uncond.": (
        lambda u, c, w: c + w * (u - c)
    ),
    "the arrow points the wrong way: it must go from eps_uncond to eps_cond, so eps_cond - "
    "eps_uncond.": lambda u, c, w: u + w * (u - c),
    "the step is right, but from where? Add eps_uncond.": lambda u, c, w: w * (c - u),
    "the arrow points the wrong way, and from where? eps_uncond + w * (eps_cond - eps_uncond).": (
        lambda u, c, w: w * (u - c)
    ),
    "take w times the difference eps_cond - eps_uncond, not w times eps_cond.": (
        lambda u, c, w: u + w * c
    ),
    "this is w times eps_cond. Are the brackets missing? w times (eps_cond - eps_uncond).": (
        lambda u, c, w: w * c
    ),
    "eps_uncond and eps_cond are added. Take their difference: eps_cond - eps_uncond.": (
        lambda u, c, w: u + w * (c + u)
    ),
    "eps_uncond and eps_cond are added, and the sum scaled. Start from eps_uncond, and scale the "
    "difference.": lambda u, c, w: w * (c + u),
    "you scale with w - 1. In the formula it is w itself: 1 gives eps_cond.": (
        lambda u, c, w: u + (w - 1) * (c - u)
    ),
    "you divide by w. Multiply the difference with it.": lambda u, c, w: u + (c - u) / w,
    "you guide with 7.5, whatever was asked for. Use the argument guidance_scale.": (
        lambda u, c, w: maths.guide(u, c, 7.5)
    ),
    "this is eps_cond alone, guidance_scale is not used.": lambda u, c, w: c,
    "this is eps_uncond alone: the words have no effect.": lambda u, c, w: u,
    "this is the difference alone. Scale it, and add eps_uncond.": lambda u, c, w: c - u,
    "this is the mean of the two. Start from eps_uncond, and go w times the difference.": (
        lambda u, c, w: (u + c) / 2
    ),
}
"""Of 6.2."""

Heat = Callable[[Tensor, Sequence[int], int, int], Tensor]


def _of_places(change: Callable[[Sequence[int]], Sequence[int]]) -> Heat:
    """The map of other places."""
    return lambda weights, places, h, w: word_heat(weights, list(change(places)), h, w)


def _of_map(change: Callable[[Tensor], Tensor]) -> Heat:
    """The right map, changed afterwards."""
    return lambda weights, places, h, w: change(word_heat(weights, places, h, w))


def _towards(change: Callable[[Tensor], Tensor]) -> Heat:
    """A map from change(attention of each place to each of the tokens, (heads, n, tokens))."""
    return lambda weights, places, h, w: change(weights[..., places]).view(h, w)


_AVERAGE = "Average the heads, the first axis."
_ADD = "Together they are the word: add them up."
_FOLD = "Fold the places row after row: .view(height, width)."
WORD_HEAT: dict[str, Heat] = {
    f"the word's tokens are averaged. {_ADD}": _towards(lambda a: a.mean(-1).mean(0)),
    f"the largest of the word's tokens is taken. {_ADD}": _towards(lambda a: a.amax(-1).mean(0)),
    f"the word's tokens are multiplied. {_ADD}": _towards(lambda a: a.prod(-1).mean(0)),
    "the heads are added up. Average them, or a place gives away more than all of its attention.": (
        _towards(lambda a: a.sum(-1).sum(0))
    ),
    "the heads are added up and the tokens averaged. It is the other way round: .sum(-1) over the "
    "tokens, .mean(0) over the heads.": _towards(lambda a: a.mean(-1).sum(0)),
    f"the largest of the heads is taken. {_AVERAGE}": _towards(lambda a: a.sum(-1).amax(0)),
    f"that is a single head, the first. {_AVERAGE}": _towards(lambda a: a.sum(-1)[0]),
    f"that is a single head, the last. {_AVERAGE}": _towards(lambda a: a.sum(-1)[-1]),
    "these are the tokens from the first to the last of places, and all between them. Take those "
    "of places alone: weights[..., places].": _of_places(lambda p: range(p[0], p[-1] + 1)),
    "these are the tokens from the first of places up to the last, without it. Take all of places: "
    "weights[..., places].": _of_places(lambda p: range(p[0], p[-1]) if len(p) > 1 else p),
    f"that is the first of the word's tokens only. {_ADD}": _of_places(lambda p: p[:1]),
    f"that is the last of the word's tokens only. {_ADD}": _of_places(lambda p: p[-1:]),
    f"these are two of the word's tokens only. {_ADD}": _of_places(lambda p: p[:2]),
    "these are the tokens one place further on. Places are counted from 0, as axes are.": (
        _of_places(lambda p: [place + 1 for place in p])
    ),
    "these are the tokens one place before. Places are counted from 0, as axes are.": (
        _of_places(lambda p: [place - 1 for place in p])
    ),
    "these are tokens 3 and 4, whatever was asked for. Use the argument places.": (
        _of_places(lambda p: [3, 4])
    ),
    "these are all tokens, so each place has 1. Take those of places: weights[..., places].": (
        _of_places(lambda p: range(77))
    ),
    f"height and width are swapped. {_FOLD}": lambda a, p, h, w: word_heat(a, p, w, h),
    f"height and width are swapped, and the map is turned round. {_FOLD}": (
        lambda a, p, h, w: word_heat(a, p, w, h).T
    ),
    f"the map is turned round. {_FOLD}": _of_map(lambda heat: heat.T),
    f"the places still lie in one row. {_FOLD}": _of_map(Tensor.flatten),
    "the map was scaled to end at 1. Leave it: a value is the share of a place's attention.": (
        _of_map(lambda heat: heat / heat.max())
    ),
    "the map was stretched from 0 to 1. Leave it: a value is the share of a place's attention.": (
        _of_map(lambda heat: (heat - heat.min()) / (heat.max() - heat.min()))
    ),
    "the map was scaled to sum to 1. Leave it: a value is the share of a place's attention.": (
        _of_map(lambda heat: heat / heat.sum())
    ),
    "the map went through a softmax. Leave it: a value is the share of a place's attention.": (
        _of_map(lambda heat: heat.flatten().softmax(0).view_as(heat))
    ),
    f"the heads are all there. {_AVERAGE}": (
        lambda a, p, h, w: a[..., p].sum(-1).view(-1, h, w)
    ),
    f"the heads are all there, and the places lie in one row. {_AVERAGE}": (
        lambda a, p, h, w: a[..., p].sum(-1)
    ),
    f"the word's tokens are all there. {_ADD}": (
        lambda a, p, h, w: a[..., p].mean(0).view(h, w, len(p))
    ),
    f"the word's tokens are all there, and the places lie in one row. {_ADD}": (
        lambda a, p, h, w: a[..., p].mean(0)
    ),
}  # fmt: skip
"""Of 6.4."""

Edit = Callable[[Tensor, float], "Tensor | None"]


def _first(weights: Tensor) -> Tensor:
    """Both pictures look where picture 0 does."""
    return weights[:1].expand_as(weights)


def _from(low: float, early: Callable[[Tensor], Tensor] = _first) -> Edit:
    """`early` from t = low up."""
    return lambda weights, t: early(weights) if t >= low else weights


_LARGE = "t counts down, so the first steps have t >= 200."
KEEP: dict[str, Edit] = {
    "t = 200 itself still belongs to the part that is kept: t >= 200.": (
        lambda weights, t: _first(weights) if t > 200 else weights
    ),
    f"it acts late and not early. {_LARGE}": (
        lambda weights, t: weights if t >= 200 else _first(weights)
    ),
    f"it acts late and not early: t <= 200. {_LARGE}": (
        lambda weights, t: _first(weights) if t <= 200 else weights
    ),
    "at t = 100 the weights were changed too. Below 200 return them as they came.": (
        lambda weights, t: _first(weights)
    ),
    "at t = 900 nothing was changed. Is the result what you return?": lambda weights, t: weights,
    "picture 0 now looks where picture 1 does. The other way round: weights[1:] = weights[:1].": (
        _from(200, lambda a: a[1:].expand_as(a))
    ),
    "the two pictures are exchanged. Picture 0 stays as it was.": _from(200, lambda a: a.flip(0)),
    "both pictures look at their mean. Picture 0 stays as it was, picture 1 gets its weights.": (
        _from(200, lambda a: a.mean(0, keepdim=True).expand_as(a))
    ),
    "picture 1 has the mean of the two. It should get the weights of picture 0.": (
        _from(200, lambda a: torch.stack([a[0], a.mean(0)]))
    ),
    "the second axis holds the heads. The pictures are the first: weights[1:].": (
        _from(200, lambda a: a[:, :1].expand_as(a))
    ),
    "the second axis holds the heads, and you changed one of them. The pictures are the first: "
    "weights[1].": _from(200, lambda a: torch.cat([a[:, :1], a[:, :1], a[:, 2:]], dim=1)),
    "picture 1 has no attention at all. It should get the weights of picture 0.": (
        _from(200, lambda a: torch.stack([a[0], 0 * a[1]]))
    ),
    "these are the weights of picture 0 alone. Return those of both pictures.": (
        _from(200, lambda a: a[0])
    ),
    "these are the weights of picture 0 alone, as a batch. Return those of both pictures.": (
        _from(200, lambda a: a[:1])
    ),
    "below t = 200 nothing comes back. `return weights` stands outside of the `if`.": (
        lambda weights, t: _first(weights) if t >= 200 else None
    ),
    "from t = 200 up nothing comes back. `return weights` stands outside of the `if`.": (
        lambda weights, t: weights if t < 200 else None
    ),
}
"""Of 6.5."""
