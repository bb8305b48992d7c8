"""What learners write for lesson 09 by mistake, and the hint that each deserves."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ..language import _
from ..publish import contrast as ratio
from ..publish import luminance


def _best(whole: Tensor, alike: Tensor) -> int:
    return int(torch.where(whole, alike, -torch.inf).argmax())


def _whole(right: Tensor) -> Tensor:
    return right.all(dim=2).all(dim=0)


_EVERY = _("one slip is enough to reject a draft: all(dim=2).all(dim=0), not any.")
CHOOSE: dict[str, Callable | tuple[Callable, ...]] = {
    _(
        "this is the most alike seed, whether or not it shows what was asked. Look at right first."
    ): (lambda r, a: int(a.argmax())),
    _("this is the first seed with everything right. Of those, the most alike is asked for."): (
        lambda r, a: int(_whole(r).int().argmax())
    ),
    _EVERY: (
        lambda r, a: _best(r.any(dim=2).all(dim=0), a),
        lambda r, a: _best(r.all(dim=2).any(dim=0), a),
        lambda r, a: _best(r.any(dim=2).any(dim=0), a),
    ),
    _("you looked at one style alone. The seed must be right in every style: all(dim=0)."): (
        lambda r, a: _best(r[0].all(dim=1), a),
        lambda r, a: _best(r[-1].all(dim=1), a),
    ),
    _(
        "this number counts only the seeds that are left. Give the number among all seeds: put "
        "-torch.inf where a seed is not right, and take argmax of that."
    ): (lambda r, a: int(a[_whole(r)].argmax())),
    _("this is the *least* alike of the right ones. Turn it round."): (
        lambda r, a: int(torch.where(_whole(r), a, torch.inf).argmin())
    ),
    _(
        "where a seed is not right you left 0, and alike can lie below that. Put -torch.inf there."
    ): (lambda r, a: int((_whole(r) * a).argmax())),
    _("this is how alike, not the number of the seed. Take argmax, not max."): (
        lambda r, a: float(a[_whole(r)].max())
    ),
}
"""Of 9.1, (right, alike) -> number of a seed."""


def _across(x: Tensor) -> Tensor:
    return (x[:, :, 0] - x[:, :, -1]).abs().mean()


def _inside(x: Tensor) -> Tensor:
    return (x[:, :, 1:] - x[:, :, :-1]).abs().mean()


def _rows(x: Tensor) -> Tensor:
    return (x[:, 0] - x[:, -1]).abs().mean()


def _between_rows(x: Tensor) -> Tensor:
    return (x[:, 1:] - x[:, :-1]).abs().mean()


SEAM: dict[str, Callable | tuple[Callable, ...]] = {
    _("this is the step across the edge alone. Large or small? Divide by the mean step inside."): (
        _across
    ),
    _(
        "this is the mean step inside. The one from the last column to the first is missing."
    ): _inside,
    _("the fraction stands on its head: across, divided by inside."): lambda x: (
        _inside(x) / _across(x)
    ),
    _("these are the upper and the lower edge. Columns are the last axis: picture[:, :, 0]."): (
        lambda x: _rows(x) / _between_rows(x),
        lambda x: _rows(x) / _inside(x),
        lambda x: _across(x) / _between_rows(x),
        _rows,
    ),
    _("steps up and steps down cancel. Take abs() of every difference before the mean."): (
        lambda x: (x[:, :, 0] - x[:, :, -1]).mean() / (x[:, :, 1:] - x[:, :, :-1]).mean(),
        lambda x: (
            (x[:, :, 0] - x[:, :, -1]).mean().abs() / (x[:, :, 1:] - x[:, :, :-1]).mean().abs()
        ),
        lambda x: _across(x) / (x[:, :, 1:] - x[:, :, :-1]).mean(),
        lambda x: (x[:, :, 0] - x[:, :, -1]).mean() / _inside(x),
    ),
    _("a difference is asked for, not its square: abs(), then the mean."): lambda x: (
        (x[:, :, 0] - x[:, :, -1]).square().mean() / (x[:, :, 1:] - x[:, :, :-1]).square().mean()
    ),
    _(
        "you compare the first column with the second. The edge lies between the last, -1, and the "
        "first, 0."
    ): lambda x: (x[:, :, 0] - x[:, :, 1]).abs().mean() / _inside(x),
    _("you subtract. Divide, so that 1 means: as large as a step inside."): lambda x: (
        _across(x) - _inside(x)
    ),
    _("these are sums. There are many more steps inside than across: take means."): lambda x: (
        (x[:, :, 0] - x[:, :, -1]).abs().sum() / (x[:, :, 1:] - x[:, :, :-1]).abs().sum()
    ),
    _("one colour is looked at. Take all three."): lambda x: _across(x[:1]) / _inside(x[:1]),
    _("the largest step is no mean: one pixel decides it."): lambda x: (
        (x[:, :, 0] - x[:, :, -1]).abs().max() / (x[:, :, 1:] - x[:, :, :-1]).abs().max()
    ),
}
"""Of 9.2, picture -> ratio."""


def _ordered(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    return torch.maximum(a, b), torch.minimum(a, b)


def _of(
    values: Callable[[Tensor], Tensor], lift: float = 0.05
) -> Callable[[Tensor, Tensor], Tensor]:
    """The ratio of other values than luminances."""

    def mistake(one: Tensor, other: Tensor) -> Tensor:
        high, low = _ordered(values(one), values(other))
        return (high + lift) / (low + lift)

    return mistake


_FIRST = _("the lighter colour belongs above the line, whichever argument it is: torch.maximum.")
CONTRAST: dict[str, Callable | tuple[Callable, ...]] = {
    _FIRST: (
        lambda a, b: (luminance(a) + 0.05) / (luminance(b) + 0.05),
        lambda a, b: (luminance(b) + 0.05) / (luminance(a) + 0.05),
    ),
    _(
        "the fraction stands on its head: the lighter above, the darker below. It is never below 1."
    ): (lambda a, b: 1 / ratio(a, b)),
    _("0.05 is missing. It stands for the light of the room, which lies on every screen."): (
        _of(luminance, 0.0)
    ),
    _("0.05 is missing below the line."): lambda a, b: (
        (_ordered(luminance(a), luminance(b))[0] + 0.05) / _ordered(luminance(a), luminance(b))[1]
    ),
    _("0.05 is missing above the line."): lambda a, b: (
        _ordered(luminance(a), luminance(b))[0] / (_ordered(luminance(a), luminance(b))[1] + 0.05)
    ),
    _("0.05, not 0.5."): _of(luminance, 0.5),
    _(
        "this takes the numbers of the picture for light. luminance(...) turns them into light and "
        "weighs the three colours."
    ): (
        _of(lambda c: c.mean(dim=-1)),
        _of(lambda c: c @ torch.tensor([0.2126, 0.7152, 0.0722])),
        _of(lambda c: c.sum(dim=-1)),
        _of(lambda c: c.amax(dim=-1)),
    ),
    _(
        "this is one ratio for each of red, green and blue. luminance(...) gives one for a colour."
    ): (_of(lambda c: c)),
    _("this is a difference. Asked for is a ratio."): (
        lambda a, b: (luminance(a) - luminance(b)).abs(),
        lambda a, b: luminance(a) - luminance(b),
    ),
    _(
        "this is one number for all pairs. Give the ratio of each; whoever asks will take the "
        "worst."
    ): (
        lambda a, b: ratio(a, b).min(),
        lambda a, b: ratio(a, b).mean(),
    ),
}
"""Of 9.3, colours -> ratios."""


def _first(good: Callable[[Tensor], bool], ks: range = range(21)) -> Callable:
    """The first opacity at which the ratios are good."""

    def mistake(under: Tensor, panel: Tensor, ink: Tensor) -> float:
        for k in ks:
            mixed = (1 - k / 20) * under + k / 20 * panel
            if good(ratio(mixed, ink)):
                return k / 20
        return 1.0

    return mistake


def _blended(mix: Callable[[float, Tensor, Tensor], Tensor]) -> Callable:
    """The first opacity, mixed in another way."""

    def mistake(under: Tensor, panel: Tensor, ink: Tensor) -> float:
        for k in range(21):
            if ratio(mix(k / 20, under, panel), ink).min() >= 4.5:
                return k / 20
        return 1.0

    return mistake


_LETTERS = _("the letters can be read on average, but not at every pixel. Take the worst: min().")
OPACITY: dict[str, Callable | tuple[Callable, ...]] = {
    _LETTERS: (
        _first(lambda r: bool(r.mean() >= 4.5)),
        _first(lambda r: bool(r.median() >= 4.5)),
        lambda u, p, i: _first(lambda r: bool(r.min() >= 4.5))(u.mean(0, keepdim=True), p, i),
    ),
    _("at this opacity the best pixel can be read. The worst decides: min(), not max()."): (
        _first(lambda r: bool(r.max() >= 4.5))
    ),
    _("this is the share at which one pixel at least fails. Every pixel must pass."): (
        _first(lambda r: bool(r.min() < 4.5))
    ),
    _(
        "it can be read, but more of the picture is hidden than that takes. Begin at 0, and stop "
        "at the first opacity that does."
    ): (
        lambda u, p, i: 1.0,
        _first(lambda r: bool(r.min() >= 4.5), range(20, -1, -1)),
        _first(lambda r: bool(r.min() >= 7)),
    ),
    _("3 : 1 is for large letters. Banners have small ones: 4.5."): (
        _first(lambda r: bool(r.min() >= 3))
    ),
    _("the picture keeps its whole share. It shows through: (1 - opacity) * under."): (
        _blended(lambda k, u, p: u + k * p)
    ),
    _("this is a number of steps. Divide by 20, so that 1 hides the picture whole."): (
        lambda u, p, i: 20 * _first(lambda r: bool(r.min() >= 4.5))(u, p, i)
    ),
    _(
        "the letters are held against the picture as it is, never against what the panel makes of "
        "it."
    ): lambda u, p, i: 0.0 if ratio(u, i).min() >= 4.5 else 1.0,
    _(
        "this is 0 in every case. At opacity 0 the picture is bare, and at 1 it is hidden: the "
        "mixture is (1 - opacity) * under + opacity * panel."
    ): (
        lambda u, p, i: 0.0,
        _blended(lambda k, u, p: k * u + (1 - k) * p),
    ),
    _("this is the last opacity that fails. The next one is asked for."): (
        lambda u, p, i: _first(lambda r: bool(r.min() >= 4.5))(u, p, i) - 0.05
    ),
}
"""Of 9.4, (pixels, panel, ink) -> opacity."""
