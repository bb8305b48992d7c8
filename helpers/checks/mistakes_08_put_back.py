"""What learners write for exercise 8.4 by mistake, and the hint that each deserves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from .. import maths
from ..language import _
from ..sampling.start import blend

PutBack = Callable[..., Tensor]


def _kept(clean: Tensor, noise: Tensor, scheduler: Any, left: Tensor) -> Tensor:
    """What is put back: as noisy as the next step expects it, clean after the last."""
    return scheduler.add_noise(clean, noise, left[:1]) if len(left) else clean


def _blended(mix: Callable[[Tensor, Tensor, Tensor], Tensor]) -> PutBack:
    """Puts back what should be put back, but mixes otherwise: mix(made, kept, mask)."""

    def put_back(
        made: Tensor, clean: Tensor, noise: Tensor, mask: Tensor, scheduler: Any, left: Tensor
    ) -> Tensor:
        return mix(made, _kept(clean, noise, scheduler, left), mask)

    return put_back


def _putting(keep: Callable[[Tensor, Tensor, Any, Tensor], Tensor]) -> PutBack:
    """Mixes rightly, but puts back something else: keep(clean, noise, scheduler, left)."""

    def put_back(
        made: Tensor, clean: Tensor, noise: Tensor, mask: Tensor, scheduler: Any, left: Tensor
    ) -> Tensor:
        return blend(made, keep(clean, noise, scheduler, left), mask)

    return put_back


def _if_left(mix: Callable[[Tensor, Tensor, Any, Tensor], Tensor]) -> PutBack:
    """Puts back another mixture while steps are left, and what is clean after the last."""
    return _putting(lambda x, e, s, left: mix(x, e, s, left) if len(left) else x)


def _next_or(left: Tensor, t: int) -> Tensor:
    return left[:1] if len(left) else torch.tensor([t])


def _ending(end: Callable[[Tensor, Tensor], Tensor]) -> PutBack:
    """Right as long as steps are left; at the end it returns end(made, clean)."""

    def put_back(
        made: Tensor, clean: Tensor, noise: Tensor, mask: Tensor, scheduler: Any, left: Tensor
    ) -> Tensor:
        if len(left) == 0:
            return end(made, clean)
        return blend(made, _kept(clean, noise, scheduler, left), mask)

    return put_back


_QUARTER = _("right for 0 and 1, but a mask of a quarter should give a quarter of made.")
_END = _(
    "as long as steps are left this is right. After the last one `left` is empty: the canvas is "
    "finished, so put back clean as it is."
)
KEPT: dict[str, PutBack | tuple[PutBack, ...]] = {
    _("clean goes back without noise, beside a canvas that is noisy still. Mix it as the next step "
    "expects it: scheduler.add_noise."): _putting(lambda x, e, s, left: x),
    _("what goes back is noise alone. Mix clean with it: scheduler.add_noise."): (
        _putting(lambda x, e, s, left: e),
        _if_left(lambda x, e, s, left: e),
    ),
    _END: (
        _putting(lambda x, e, s, left: s.add_noise(x, e, left[:1])),
        _putting(lambda x, e, s, left: s.add_noise(x, e, left[0])),
        _putting(lambda x, e, s, left: s.add_noise(x, e, left[0:1].repeat(len(x)))),
        _putting(lambda x, e, s, left: s.add_noise(x, e, left[0][None])),
        _putting(lambda x, e, s, left: s.add_noise(x, e, left[:1]) if len(left) else 0 * x),
        _putting(lambda x, e, s, left: s.add_noise(x, e, left[:1]) if len(left) else e),
    ),
    _("this is as noisy as during the step that was just made. What comes of it is less noisy: as "
    "the next one expects it, left[:1]."): (
        _if_left(lambda x, e, s, left: s.add_noise(x, e, s.timesteps[-len(left) - 1 :][:1]))
    ),
    _("a little noise stays in the finished picture. After the last step put clean back as "
      "it is."): (
        _putting(lambda x, e, s, left: s.add_noise(x, e, _next_or(left, 0)))
    ),
    _("this is as noisy as at the last of the steps. The next one is left[:1]."): (
        _if_left(lambda x, e, s, left: s.add_noise(x, e, left[-1:]))
    ),
    _("this is as noisy as one step later. The next one is left[:1]."): (
        _if_left(lambda x, e, s, left: s.add_noise(x, e, left[1:2] if len(left) > 1 else left[:1]))
    ),
    _("this is as noisy as at the very first step of all. The next one is left[:1]."): (
        _if_left(lambda x, e, s, left: s.add_noise(x, e, s.timesteps[:1]))
    ),
    _("add_noise was given all that are left, so it mixed for each. The next one is left[:1]."): (
        _if_left(lambda x, e, s, left: s.add_noise(x, e, left))
    ),
    _("clean and noise are swapped in add_noise: the clean latents come first."): (
        _if_left(lambda x, e, s, left: s.add_noise(e, x, left[:1]))
    ),
    _("a plain sum. scheduler.add_noise(clean, noise, t) weighs the two."): (
        _if_left(lambda x, e, s, left: x + e)
    ),
    _("the roots are missing. scheduler.add_noise(clean, noise, t) takes them."): (
        _if_left(lambda x, e, s, left: torch.lerp(e, x, s.alphas_cumprod[left[0]]))
    ),
    _("the noise is mixed by 1 - mask or by mask. scheduler.add_noise(clean, noise, t) mixes "
      "by t."): (
        lambda x, clean, e, m, s, left: blend(x, m * e + (1 - m) * clean, m),
        lambda x, clean, e, m, s, left: blend(x, (1 - m) * e + m * clean, m),
    ),
}  # fmt: skip
"""Of 8.4: what is put back."""

BLENDED: dict[str, PutBack | tuple[PutBack, ...]] = {
    _("the sides are swapped: the mask is 1 where to repaint."): (
        _blended(lambda x, k, m: blend(k, x, m))
    ),
    _("where the mask is 0 nothing is left. Add what is kept there."):
        _blended(lambda x, k, m: m * x),
    _("where the mask is 1 nothing is left. Add made there."):
        _blended(lambda x, k, m: (1 - m) * k),
    _("what is kept is added everywhere. Weigh it with (1 - mask)."): (
        _blended(lambda x, k, m: m * x + k)
    ),
    _("made stays everywhere. Weigh it with mask."): _blended(lambda x, k, m: x + (1 - m) * k),
    _("what is kept has the weight of made. Weigh it with (1 - mask)."): (
        _blended(lambda x, k, m: m * (x + k))
    ),
    _("made has the weight of what is kept. Weigh it with mask."): (
        _blended(lambda x, k, m: (1 - m) * (x + k))
    ),
    _("made is added to what is kept. Weigh made with mask, and what is kept with (1 - mask)."): (
        _blended(lambda x, k, m: x + k)
    ),
    _("made stays everywhere, and what is kept has the wrong weight. Weigh made with mask, what is "
    "kept with (1 - mask)."): _blended(lambda x, k, m: x + m * k),
    _("what is kept is taken away. Add it."): _blended(lambda x, k, m: m * x - (1 - m) * k),
    _("after the last step nothing is put back. Mix clean in there, too."): (
        _ending(lambda made, clean: made)
    ),
    _("after the last step all is clean, and what was made is lost. Mix the two there, too."): (
        _ending(lambda made, clean: clean)
    ),
    _("nothing is put back: this is made as it came."): _blended(lambda x, k, m: x),
    _("the mask has no effect: everything is kept."): _blended(lambda x, k, m: k),
    _("the mask has no effect: this is the mean of both."): _blended(lambda x, k, m: (x + k) / 2),
    _("this is the mask. Weigh made and what is kept with it."):
        _blended(lambda x, k, m: m + 0 * x),
    _("the two are multiplied. Weigh each, and add them up."): (
        _blended(lambda x, k, m: (m * x) * ((1 - m) * k))
    ),
    _("{quarter} No rounding.", quarter=_QUARTER):
        _blended(lambda x, k, m: torch.where(m > 0.5, x, k)),
    _("{quarter} No `if`.", quarter=_QUARTER): _blended(lambda x, k, m: torch.where(m > 0, x, k)),
    _("{quarter} No comparison.", quarter=_QUARTER):
        _blended(lambda x, k, m: torch.where(m == 1, x, k)),
    _("{quarter} No roots: those are for noise.", quarter=_QUARTER): (
        _blended(lambda x, k, m: m.sqrt() * x + (1 - m).sqrt() * k),
        _blended(lambda x, k, m: maths.add_noise(x, k, m)),
    ),
}  # fmt: skip
"""Of 8.4: how it is mixed with what the step made."""

PUT_BACK = KEPT | BLENDED
