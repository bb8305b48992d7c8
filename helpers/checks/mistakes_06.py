"""What learners write for lesson 06 by mistake, and the hint that each deserves."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from torch import Tensor

from .. import maths
from ..attention import word_heat
from ..language import _

GUIDE: dict[str, Callable[[Tensor, Tensor, float], Tensor]] = {
    _("you started from eps_cond, so every scale counts one too much. Start from eps_uncond."): (
        lambda u, c, w: c + w * (c - u)
    ),
    _("the two are swapped: it starts from eps_cond and goes towards eps_uncond."): (
        lambda u, c, w: c + w * (u - c)
    ),
    _(
        "the arrow points the wrong way: it must go from eps_uncond to eps_cond, so eps_cond - "
        "eps_uncond."
    ): lambda u, c, w: u + w * (u - c),
    _("the step is right, but from where? Add eps_uncond."): lambda u, c, w: w * (c - u),
    _(
        "the arrow points the wrong way, and from where? eps_uncond + w * (eps_cond - eps_uncond)."
    ): (lambda u, c, w: w * (u - c)),
    _("take w times the difference eps_cond - eps_uncond, not w times eps_cond."): (
        lambda u, c, w: u + w * c
    ),
    _("this is w times eps_cond. Are the brackets missing? w times (eps_cond - eps_uncond)."): (
        lambda u, c, w: w * c
    ),
    _("eps_uncond and eps_cond are added. Take their difference: eps_cond - eps_uncond."): (
        lambda u, c, w: u + w * (c + u)
    ),
    _(
        "eps_uncond and eps_cond are added, and the sum scaled. Start from eps_uncond, and "
        "scale the difference."
    ): lambda u, c, w: w * (c + u),
    _("you scale with w - 1. In the formula it is w itself: 1 gives eps_cond."): (
        lambda u, c, w: u + (w - 1) * (c - u)
    ),
    _("you divide by w. Multiply the difference with it."): lambda u, c, w: u + (c - u) / w,
    _("you guide with 7.5, whatever was asked for. Use the argument guidance_scale."): (
        lambda u, c, w: maths.guide(u, c, 7.5)
    ),
    _("this is eps_cond alone, guidance_scale is not used."): lambda u, c, w: c,
    _("this is eps_uncond alone: the words have no effect."): lambda u, c, w: u,
    _("this is the difference alone. Scale it, and add eps_uncond."): lambda u, c, w: c - u,
    _("this is the mean of the two. Start from eps_uncond, and go w times the difference."): (
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


_AVERAGE = _("Average the heads, the first axis.")
_ADD = _("Together they are the word: add them up.")
_FOLD = _("Fold the locations row after row: .view(height, width).")
WORD_HEAT: dict[str, Heat] = {
    _("the word's tokens are averaged. {add}", add=_ADD): _towards(lambda a: a.mean(-1).mean(0)),
    _("the largest of the word's tokens is taken. {add}", add=_ADD):
        _towards(lambda a: a.amax(-1).mean(0)),
    _("the word's tokens are multiplied. {add}", add=_ADD): _towards(lambda a: a.prod(-1).mean(0)),
    _("the heads are added up. Average them, or a location gives away more than it has."): (
        _towards(lambda a: a.sum(-1).sum(0))
    ),
    _("the heads are added up and the tokens averaged. It is the other way round: .sum(-1) over "
      "the tokens, .mean(0) over the heads."): _towards(lambda a: a.mean(-1).sum(0)),
    _("the largest of the heads is taken. {average}", average=_AVERAGE):
        _towards(lambda a: a.sum(-1).amax(0)),
    _("that is a single head, the first. {average}", average=_AVERAGE):
        _towards(lambda a: a.sum(-1)[0]),
    _("that is a single head, the last. {average}", average=_AVERAGE):
        _towards(lambda a: a.sum(-1)[-1]),
    _("these are the tokens from the first to the last of places, and all between them. Take those "
    "of places alone: weights[..., places]."): _of_places(lambda p: range(p[0], p[-1] + 1)),
    _("these are the tokens from the first of places up to the last, without it. Take all of "
      "places: weights[..., places]."):
          _of_places(lambda p: range(p[0], p[-1]) if len(p) > 1 else p),
    _("that is the first of the word's tokens only. {add}", add=_ADD): _of_places(lambda p: p[:1]),
    _("that is the last of the word's tokens only. {add}", add=_ADD): _of_places(lambda p: p[-1:]),
    _("these are two of the word's tokens only. {add}", add=_ADD): _of_places(lambda p: p[:2]),
    _("these are the tokens one position further on. Positions are counted from 0, as axes are."): (
        _of_places(lambda p: [place + 1 for place in p])
    ),
    _("these are the tokens one position before. Positions are counted from 0, as axes are."): (
        _of_places(lambda p: [place - 1 for place in p])
    ),
    _("these are tokens 3 and 4, whatever was asked for. Use the argument places."): (
        _of_places(lambda p: [3, 4])
    ),
    _("these are all tokens, so each location has 1. Take those of places: weights[..., "
      "places]."): (
        _of_places(lambda p: range(77))
    ),
    _("height and width are swapped. {fold}", fold=_FOLD): lambda a, p, h, w: word_heat(a, p, w, h),
    _("height and width are swapped, and the map is turned round. {fold}", fold=_FOLD): (
        lambda a, p, h, w: word_heat(a, p, w, h).T
    ),
    _("the map is turned round. {fold}", fold=_FOLD): _of_map(lambda heat: heat.T),
    _("the locations still lie in one row. {fold}", fold=_FOLD): _of_map(Tensor.flatten),
    _("the map was scaled to end at 1. Leave it: a value is a fraction of attention."): (
        _of_map(lambda heat: heat / heat.max())
    ),
    _("the map was stretched from 0 to 1. Leave it: a value is a fraction of attention."): (
        _of_map(lambda heat: (heat - heat.min()) / (heat.max() - heat.min()))
    ),
    _("the map was scaled to sum to 1. Leave it: a value is a fraction of attention."): (
        _of_map(lambda heat: heat / heat.sum())
    ),
    _("the map went through a softmax. Leave it: a value is a fraction of attention."): (
        _of_map(lambda heat: heat.flatten().softmax(0).view_as(heat))
    ),
    _("the heads are all there. {average}", average=_AVERAGE): (
        lambda a, p, h, w: a[..., p].sum(-1).view(-1, h, w)
    ),
    _("the heads are all there, and the locations lie in one row. {average}", average=_AVERAGE): (
        lambda a, p, h, w: a[..., p].sum(-1)
    ),
    _("the word's tokens are all there. {add}", add=_ADD): (
        lambda a, p, h, w: a[..., p].mean(0).view(h, w, len(p))
    ),
    _("the word's tokens are all there, and the locations lie in one row. {add}", add=_ADD): (
        lambda a, p, h, w: a[..., p].mean(0)
    ),
}  # fmt: skip
"""Of 6.4."""

Needed = Callable[[Tensor, float], float]


def _from_width(change: Callable[[float], float], round_up: bool = True) -> Needed:
    """change(1.96 s / effect), s the standard deviation of the differences, made whole."""

    def answer(differences: Tensor, effect: float) -> float:
        value = change(1.96 * float(differences.std()) / effect)
        return math.ceil(value) if round_up else value

    return answer


def _with(width: Callable[[Tensor], float]) -> Needed:
    """The right answer from another measure of how much the differences scatter."""
    return lambda differences, effect: math.ceil((1.96 * width(differences) / effect) ** 2)


_SOLVE = _("Solve 1.96 s / sqrt(n) <= effect for n.")
CAPTIONS_NEEDED: dict[str, Needed | tuple[Needed, ...]] = {
    _("you forgot to square: sqrt(n) has to be that large, not n. {solve}", solve=_SOLVE): (
        _from_width(lambda ratio: ratio)
    ),
    _(
        "that is the root of the root: n is the square of what sqrt(n) has to be. {solve}",
        solve=_SOLVE,
    ): (_from_width(lambda ratio: ratio**0.5)),
    _("a whole number of captions is asked. Round up, so that the interval is narrow enough."): (
        _from_width(lambda ratio: ratio**2, round_up=False)
    ),
    _("rounded down, the interval is still a little too wide. Round up: math.ceil."): (
        lambda d, effect: math.floor((1.96 * float(d.std()) / effect) ** 2),
        lambda d, effect: round((1.96 * float(d.std()) / effect) ** 2),
    ),
    _("1.96 is missing: without it the interval holds the truth in 68 of 100 cases, not in 95."): (
        lambda d, effect: math.ceil((float(d.std()) / effect) ** 2)
    ),
    _("`effect` is half the interval's width, mean ± effect. You took it for the whole width."): (
        _from_width(lambda ratio: (2 * ratio) ** 2)
    ),
    _("`effect` is half the interval's width, mean ± effect. You took twice of it."): (
        _from_width(lambda ratio: (ratio / 2) ** 2)
    ),
    _("you took the variance where the standard deviation belongs: s is its root."): (
        _with(lambda d: float(d.var()))
    ),
    _("you took the mean difference where the standard deviation belongs."): (
        _with(lambda d: float(d.mean()))
    ),
    _("you took the mean distance from 0 where the standard deviation belongs."): (
        _with(lambda d: float(d.abs().mean()))
    ),
    _(
        "this is how wide the interval of the given captions is. How many are needed for `effect`?"
    ): (lambda d, effect: 1.96 * float(d.std()) / len(d) ** 0.5),
    _("this is the number of the given captions. How many are needed for `effect`?"): (
        lambda d, effect: len(d)
    ),
    _("the fraction is upside down: the smaller the effect, the more captions."): (
        lambda d, effect: (effect / (1.96 * float(d.std()))) ** 2
    ),
    _(
        "one caption is never enough. The smaller the effect, the more are needed; the number "
        "of the given captions plays no part."
    ): (
        lambda d, effect: math.ceil((effect / (1.96 * float(d.std()))) ** 2),
        lambda d, effect: math.ceil((1.96 * float(d.std()) / effect) ** 2 / len(d)),
        lambda d, effect: math.ceil((1.96 * float(d.std()) / len(d) ** 0.5 / effect) ** 2),
    ),
    _("you plan for an effect of 0.02, whatever was asked for. Use the argument effect."): (
        lambda d, effect: math.ceil((1.96 * float(d.std()) / 0.02) ** 2)
    ),
}
"""Of 6.5."""
