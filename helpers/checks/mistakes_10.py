"""What learners write for lesson 10 by mistake, and the hint that each mistake deserves."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ..language import _

Cut = Callable[[Tensor, Tensor, Tensor, int], Tensor]


def _cut(put_together: Cut) -> Callable[[Tensor, int], Tensor]:
    """Takes a matrix apart rightly: put_together(U, S, V^T, rank)."""

    def best_of_rank(change: Tensor, rank: int) -> Tensor:
        u, s, vt = torch.linalg.svd(change, full_matrices=False)
        return put_together(u, s, vt, rank)

    return best_of_rank


BEST_OF_RANK: dict[str, Callable | tuple[Callable, ...]] = {
    _("this is the whole matrix again. Keep `rank` columns of U, values of S and rows of Vᵀ."): (
        lambda change, rank: change,
    ),
    _("the singular values are missing: U[:, :rank] * S[:rank] scales the columns."): _cut(
        lambda u, s, v, rank: u[:, :rank] @ v[:rank]
    ),
    _(
        "these are the smallest ones. svd sorts from large to small, so keep the first `rank`."
    ): _cut(lambda u, s, v, rank: u[:, -rank:] * s[-rank:] @ v[-rank:]),
    _("this is one term alone, number `rank`. Keep all of the first `rank`: a slice, [:rank]."): (
        _cut(lambda u, s, v, rank: u[:, rank - 1 : rank] * s[rank - 1] @ v[rank - 1 : rank]),
        _cut(lambda u, s, v, rank: u[:, rank : rank + 1] * s[rank] @ v[rank : rank + 1]),
    ),
    _("one term is missing: [:rank] holds `rank` of them already."): _cut(
        lambda u, s, v, rank: u[:, : rank - 1] * s[: rank - 1] @ v[: rank - 1]
    ),
    _("there is one term too many: [:rank] holds `rank` of them already."): _cut(
        lambda u, s, v, rank: u[:, : rank + 1] * s[: rank + 1] @ v[: rank + 1]
    ),
    _("the singular values came in twice, or as squares. Once is right."): (
        _cut(lambda u, s, v, rank: u[:, :rank] * s[:rank].square() @ v[:rank]),
    ),
    _("the singular values came in as their roots. Take them as they are."): _cut(
        lambda u, s, v, rank: u[:, :rank] * s[:rank].sqrt() @ v[:rank]
    ),
    _(
        "torch.linalg.svd returns Vᵀ already. Take its first `rank` rows, and do not transpose."
    ): _cut(lambda u, s, v, rank: u[:, :rank] * s[:rank] @ v.T[:rank]),
    _("this is one corner of the matrix. Take it apart with torch.linalg.svd first."): (
        lambda change, rank: change[:rank, :rank],
        lambda change, rank: change[:rank],
        lambda change, rank: change[:, :rank],
    ),
}

Scale = Callable[[float, Tensor, Tensor], float]


def _scaled(scale: Scale) -> Callable[..., Tensor]:
    """Adds up rightly, but with another factor: scale(alpha, A, B)."""

    def lora_layer(x: Tensor, weight: Tensor, down: Tensor, up: Tensor, alpha: float) -> Tensor:
        return x @ weight.T + scale(alpha, down, up) * (x @ down.T @ up.T)

    return lora_layer


LORA_LAYER: dict[str, Callable | tuple[Callable, ...]] = {
    _("α / r is missing before B A x."): _scaled(lambda alpha, a, b: 1.0),
    _("the factor is α / r, not α. The rank r is len(down)."): _scaled(lambda alpha, a, b: alpha),
    _("the fraction is upside down: α / r, not r / α."): _scaled(
        lambda alpha, a, b: len(a) / alpha
    ),
    _("the factor is α divided by r, not times r."): _scaled(lambda alpha, a, b: alpha * len(a)),
    _("r is the rank, the number of rows of A: len(down)."): (
        _scaled(lambda alpha, a, b: alpha / a.shape[1]),
        _scaled(lambda alpha, a, b: alpha / len(b)),
    ),
    _("r is the rank of this A, len(down). Do not write a number of your own."): (
        _scaled(lambda alpha, a, b: alpha / 4),
        _scaled(lambda alpha, a, b: alpha / 2),
    ),
    _("the change is subtracted. It is added."): _scaled(lambda alpha, a, b: -alpha / len(a)),
    _("W x is missing. The old weight goes on working, and the change comes on top."): (
        lambda x, weight, down, up, alpha: alpha / len(down) * (x @ down.T @ up.T)
    ),
    _("the change is missing: B A x stands nowhere."): lambda x, weight, down, up, alpha: (
        x @ weight.T
    ),
    _("α / r belongs to the change alone, and here it multiplies W x too."): (
        lambda x, weight, down, up, alpha: alpha / len(down) * (x @ weight.T + x @ down.T @ up.T)
    ),
    _("this is W + (α / r) B A, the weight. Apply it to x as well."): (
        lambda x, weight, down, up, alpha: weight + alpha / len(down) * up @ down
    ),
}

Loss = Callable[[Tensor, Tensor, float], Tensor]
"""loss(errors of new pictures, errors of old ones, weight)"""


def _of_both(loss: Loss) -> Callable[[Tensor, Tensor, float], Tensor]:
    def preserving_loss(errors: Tensor, old: Tensor, weight: float) -> Tensor:
        return loss(errors[~old], errors[old], weight)

    return preserving_loss


PRESERVING_LOSS: dict[str, Callable | tuple[Callable, ...]] = {
    _(
        "this is one mean over all pictures. Take a mean of the new ones and a mean of the old "
        "ones."
    ): (lambda errors, old, weight: errors.mean()),
    _("the weight is missing before the mean of the old pictures."): _of_both(
        lambda new, old, weight: new.mean() + old.mean()
    ),
    _("the weight belongs to the old pictures, and here it stands before the new ones."): (
        _of_both(lambda new, old, weight: weight * new.mean() + old.mean()),
    ),
    _("the weight multiplies both means. It belongs to that of the old pictures."): _of_both(
        lambda new, old, weight: weight * (new.mean() + old.mean())
    ),
    _("the new pictures are missing."): (
        _of_both(lambda new, old, weight: old.mean()),
        _of_both(lambda new, old, weight: weight * old.mean()),
    ),
    _("the old pictures are missing."): _of_both(lambda new, old, weight: new.mean()),
    _("these are sums. Take means, so that the number of pictures does not matter."): (
        _of_both(lambda new, old, weight: new.sum() + weight * old.sum()),
    ),
    _("this divides by the number of all pictures. Each group has a mean of its own."): (
        lambda errors, old, weight: torch.where(old, weight * errors, errors).mean()
    ),
    _(
        "this mixes by (1 - weight) and weight. The mean of the new pictures counts in full."
    ): _of_both(lambda new, old, weight: (1 - weight) * new.mean() + weight * old.mean()),
    _("the weight is subtracted, so that forgetting would be rewarded. Add."): _of_both(
        lambda new, old, weight: new.mean() - weight * old.mean()
    ),
}

Sum = Callable[[Tensor, Tensor, Tensor, float, float], Tensor]


def _merged(put_together: Sum) -> Callable[..., Tensor]:
    """put_together(W, A, B, alpha / rank, scale)"""

    def merge(weight: Tensor, down: Tensor, up: Tensor, alpha: float, scale: float) -> Tensor:
        return put_together(weight, down, up, alpha / len(down), scale)

    return merge


MERGE: dict[str, Callable | tuple[Callable, ...]] = {
    _("the scale is missing."): _merged(lambda w, a, b, share, scale: w + share * b @ a),
    _("α / r is missing."): _merged(lambda w, a, b, share, scale: w + scale * b @ a),
    _("both factors are missing, α / r and the scale."): _merged(
        lambda w, a, b, share, scale: w + b @ a
    ),
    _("the factor is α / r, not α. The rank r is len(down)."): (
        lambda weight, down, up, alpha, scale: weight + scale * alpha * up @ down
    ),
    _("W is missing. Merging adds the change to it."): _merged(
        lambda w, a, b, share, scale: scale * share * b @ a
    ),
    _("the scale multiplies W too. It belongs to the change alone."): _merged(
        lambda w, a, b, share, scale: scale * (w + share * b @ a)
    ),
    _("the change is subtracted: this would take a merged LoRA out again."): _merged(
        lambda w, a, b, share, scale: w - scale * share * b @ a
    ),
    _("this mixes W with the change. W counts in full, whatever the scale."): _merged(
        lambda w, a, b, share, scale: (1 - scale) * w + scale * share * b @ a
    ),
    _("this is W alone, as it was."): _merged(lambda w, a, b, share, scale: w),
}
