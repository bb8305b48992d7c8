"""Answers to the exercises of lesson 10."""

from __future__ import annotations

from tests.checks.cases.source import function, useless

best = function("best_of_rank(change, rank)")
SVD = "U, S, Vt = torch.linalg.svd(change, full_matrices=False)"

BEST_OF_RANK = {
    "wrong": {
        **useless(best),
        "whole matrix": best(SVD, "return U * S @ Vt"),
        "singular values forgotten": best(SVD, "return U[:, :rank] @ Vt[:rank]"),
        "smallest terms": best(SVD, "return U[:, -rank:] * S[-rank:] @ Vt[-rank:]"),
        "one term": best(SVD, "k = rank - 1", "return S[k] * torch.outer(U[:, k], Vt[k])"),
        "one term short": best(SVD, "k = rank - 1", "return U[:, :k] * S[:k] @ Vt[:k]"),
        "one term more": best(SVD, "k = rank + 1", "return U[:, :k] * S[:k] @ Vt[:k]"),
        "transposed once more": best(SVD, "return U[:, :rank] * S[:rank] @ Vt.T[:rank]"),
        "squares": best(SVD, "return U[:, :rank] * S[:rank] ** 2 @ Vt[:rank]"),
        "rank 4 always": best(SVD, "return U[:, :4] * S[:4] @ Vt[:4]"),
        "a corner": best("return change[:rank, :rank]"),
        "the parts": best(SVD, "return U[:, :rank], S[:rank], Vt[:rank]"),
        "prints": best(SVD, "print(U[:, :rank] * S[:rank] @ Vt[:rank])"),
    },
    "right": {
        "as the reference": best(SVD, "return U[:, :rank] * S[:rank] @ Vt[:rank]"),
        "with diag": best(SVD, "return U[:, :rank] @ torch.diag(S[:rank]) @ Vt[:rank]"),
        "rows scaled": best(SVD, "return U[:, :rank] @ (S[:rank, None] * Vt[:rank])"),
        "a sum": best(SVD, "return sum(S[k] * torch.outer(U[:, k], Vt[k]) for k in range(rank))"),
        "a loop": best(
            SVD,
            "made = torch.zeros_like(change)",
            "for k in range(rank):",
            "    made = made + S[k] * U[:, k : k + 1] @ Vt[k : k + 1]",
            "return made",
        ),
        "the rest set to zero": best(SVD, "S[rank:] = 0", "return U * S @ Vt"),
        "full matrices": best(
            "U, S, Vt = torch.linalg.svd(change)", "return U[:, :rank] * S[:rank] @ Vt[:rank]"
        ),
        "torch.svd": best(
            "U, S, V = torch.svd(change)", "return U[:, :rank] * S[:rank] @ V[:, :rank].T"
        ),
        "numpy": "import numpy as np\n"
        + best(
            "U, S, Vt = np.linalg.svd(change.numpy(), full_matrices=False)",
            "return U[:, :rank] * S[:rank] @ Vt[:rank]",
        ),
        "float64": best(
            "U, S, Vt = torch.linalg.svd(change.double(), full_matrices=False)",
            "return U[:, :rank] * S[:rank] @ Vt[:rank]",
        ),
        "einsum": best(SVD, 'return torch.einsum("ik,k,kj->ij", U[:, :rank], S[:rank], Vt[:rank])'),
        "by eigenvectors": best(
            "kept = torch.linalg.eigh(change.T @ change)[1][:, -rank:]",
            "return change @ kept @ kept.T",
        ),
    },
}

layer = function("lora_layer(x, weight, down, up, alpha)")
LORA_LAYER = {
    "wrong": {
        **useless(layer),
        "alpha forgotten": layer("return x @ weight.T + x @ down.T @ up.T"),
        "alpha undivided": layer("return x @ weight.T + alpha * x @ down.T @ up.T"),
        "upside down": layer("return x @ weight.T + len(down) / alpha * x @ down.T @ up.T"),
        "another rank": layer("return x @ weight.T + alpha / 4 * x @ down.T @ up.T"),
        "width as rank": layer("return x @ weight.T + alpha / down.shape[1] * x @ down.T @ up.T"),
        "change alone": layer("return alpha / len(down) * x @ down.T @ up.T"),
        "old weight alone": layer("return x @ weight.T"),
        "scaled as a whole": layer("return alpha / len(down) * (x @ weight.T + x @ down.T @ up.T)"),
        "subtracted": layer("return x @ weight.T - alpha / len(down) * x @ down.T @ up.T"),
        "the weight": layer("return weight + alpha / len(down) * up @ down"),
        "not transposed": layer("return x @ weight + alpha / len(down) * x @ down @ up"),
        "A and B exchanged": layer("return x @ weight.T + alpha / len(down) * x @ up.T @ down.T"),
        "changes W": layer("weight += alpha / len(down) * up @ down", "return x @ weight.T"),
    },
    "right": {
        "as the reference": layer("return x @ weight.T + alpha / len(down) * (x @ down.T @ up.T)"),
        "one matrix": layer("return x @ (weight + alpha / len(down) * up @ down).T"),
        "rank from B": layer("return x @ weight.T + alpha / up.shape[1] * x @ down.T @ up.T"),
        "rank from shape": layer(
            "rank = down.shape[0]", "return x @ weight.T + alpha / rank * x @ down.T @ up.T"
        ),
        "linear": "import torch.nn.functional as F\n"
        + layer("return F.linear(x, weight) + alpha / len(down) * F.linear(F.linear(x, down), up)"),
        "scaled at the end": layer("return x @ weight.T + x @ down.T @ up.T * (alpha / len(down))"),
        "scaled at the start": layer(
            "s = alpha / len(down)", "return x @ weight.T + s * x @ down.T @ up.T"
        ),
        "columns": layer("return (weight @ x.T + alpha / len(down) * up @ (down @ x.T)).T"),
        "row by row": layer(
            "change = alpha / len(down) * up @ down",
            "return torch.stack([weight @ row + change @ row for row in x])",
        ),
        "einsum": layer(
            'change = torch.einsum("or,ri,ni->no", up, down, x)',
            'return torch.einsum("oi,ni->no", weight, x) + alpha / len(down) * change',
        ),
        "no gradient": "@torch.no_grad()\n"
        + layer("return x @ weight.T + alpha / len(down) * (x @ down.T @ up.T)"),
        "matmul": layer(
            "return torch.matmul(x, weight.t()) + alpha / down.size(0) * "
            "torch.matmul(torch.matmul(x, down.t()), up.t())"
        ),
    },
}

loss = function("preserving_loss(errors, old, weight)")
PRESERVING_LOSS = {
    "wrong": {
        **useless(loss),
        "one mean": loss("return errors.mean()"),
        "weight forgotten": loss("return errors[~old].mean() + errors[old].mean()"),
        "weight on the new": loss("return weight * errors[~old].mean() + errors[old].mean()"),
        "groups exchanged": loss("return errors[old].mean() + weight * errors[~old].mean()"),
        "weight on both": loss("return weight * (errors[~old].mean() + errors[old].mean())"),
        "new alone": loss("return errors[~old].mean()"),
        "old alone": loss("return weight * errors[old].mean()"),
        "sums": loss("return errors[~old].sum() + weight * errors[old].sum()"),
        "one division": loss("return torch.where(old, weight * errors, errors).mean()"),
        "mixed": loss("return (1 - weight) * errors[~old].mean() + weight * errors[old].mean()"),
        "subtracted": loss("return errors[~old].mean() - weight * errors[old].mean()"),
        "both numbers": loss("return errors[~old].mean(), weight * errors[old].mean()"),
        "minus for not": loss("return errors[-old].mean() + weight * errors[old].mean()"),
    },
    "right": {
        "as the reference": loss("return errors[~old].mean() + weight * errors[old].mean()"),
        "other order": loss("return weight * errors[old].mean() + errors[~old].mean()"),
        "logical_not": loss(
            "return errors[torch.logical_not(old)].mean() + weight * errors[old].mean()"
        ),
        "== False": loss(
            "return errors[old == False].mean() + weight * errors[old == True].mean()"
        ),
        "torch.mean": loss("return torch.mean(errors[~old]) + weight * torch.mean(errors[old])"),
        "sums divided": loss(
            "new = ~old",
            "return errors[new].sum() / new.sum() + weight * errors[old].sum() / old.sum()",
        ),
        "masks": loss(
            "o = old.float()",
            "n = 1 - o",
            "return (errors * n).sum() / n.sum() + weight * (errors * o).sum() / o.sum()",
        ),
        "lists": loss(
            "new = [e for e, o in zip(errors, old) if not o]",
            "kept = [e for e, o in zip(errors, old) if o]",
            "return sum(new) / len(new) + weight * sum(kept) / len(kept)",
        ),
        "float": loss("return float(errors[~old].mean()) + weight * float(errors[old].mean())"),
        "numpy": loss(
            "e, o = errors.numpy(), old.numpy()", "return e[~o].mean() + weight * e[o].mean()"
        ),
        "index": loss(
            "new = (~old).nonzero()[:, 0]",
            "kept = old.nonzero()[:, 0]",
            "return errors[new].mean() + weight * errors[kept].mean()",
        ),
        "masked_select": loss(
            "return errors.masked_select(~old).mean() + weight * errors.masked_select(old).mean()"
        ),
    },
}

merge = function("merge(weight, down, up, alpha, scale)")
MERGE = {
    "wrong": {
        **useless(merge),
        "scale forgotten": merge("return weight + alpha / len(down) * up @ down"),
        "alpha / r forgotten": merge("return weight + scale * up @ down"),
        "both forgotten": merge("return weight + up @ down"),
        "alpha undivided": merge("return weight + scale * alpha * up @ down"),
        "change alone": merge("return scale * alpha / len(down) * up @ down"),
        "scaled as a whole": merge("return scale * (weight + alpha / len(down) * up @ down)"),
        "subtracted": merge("return weight - scale * alpha / len(down) * up @ down"),
        "mixed": merge("return (1 - scale) * weight + scale * alpha / len(down) * up @ down"),
        "exchanged": merge("return weight + scale * alpha / len(down) * down @ up"),
        "old weight": merge("return weight"),
        "rank 4 always": merge("return weight + scale * alpha / 4 * up @ down"),
        "in place": merge("weight += scale * alpha / len(down) * up @ down", "return weight"),
    },
    "right": {
        "as the reference": merge("return weight + scale * alpha / len(down) * up @ down"),
        "rank from B": merge("return weight + scale * alpha / up.shape[1] * up @ down"),
        "named": merge(
            "rank = down.shape[0]",
            "change = alpha / rank * (up @ down)",
            "return weight + scale * change",
        ),
        "addmm": merge("return torch.addmm(weight, up, down, alpha=scale * alpha / len(down))"),
        "matmul": merge("return weight + torch.matmul(up, down) * scale * alpha / down.size(0)"),
        "einsum": merge(
            'change = torch.einsum("or,ri->oi", up, down)',
            "return weight + scale * alpha / len(down) * change",
        ),
        "terms": merge(
            "change = sum(torch.outer(up[:, k], down[k]) for k in range(len(down)))",
            "return weight + scale * alpha / len(down) * change",
        ),
        "clone": merge(
            "made = weight.clone()",
            "made += scale * alpha / len(down) * up @ down",
            "return made",
        ),
        "scaled B": merge("return weight + (scale * alpha / len(down) * up) @ down"),
        "scaled A": merge("return weight + up @ (scale * alpha / len(down) * down)"),
        "numpy": merge(
            "return weight.numpy() + scale * alpha / len(down) * (up.numpy() @ down.numpy())"
        ),
        "float64": merge(
            "return weight.double() + scale * alpha / len(down) * up.double() @ down.double()"
        ),
    },
}

ITS, AT_NIGHT = "its own picture", "a windmill at night"


def both(its: str, at_night: str) -> str:
    """The dictionary as the page has it, with what is written behind its colons."""
    return f'expected = {{"{ITS}": {its}, "{AT_NIGHT}": {at_night}}}'


EXPECTED = {
    "wrong": {
        "stub": both("...", "..."),
        "one left": both('"mostly"', "..."),
        "turned round": both('"hardly"', '"mostly"'),
        "both mostly": both('"mostly"', '"mostly"'),
        "both hardly": both('"hardly"', '"hardly"'),
        "another word": both('"always"', '"never"'),
        "truth values": both("True", "False"),
        "numbers": both("1", "0"),
        "shares": both('"90 %"', '"10 %"'),
        "one missing": f'expected = {{"{ITS}": "mostly"}}',
        "one too many": both('"mostly"', '"hardly"') + '\nexpected["by day"] = "mostly"',
        "a list": 'expected = ["mostly", "hardly"]',
        "a word": 'expected = "mostly"',
        "turned over": f'expected = {{"mostly": "{ITS}", "hardly": "{AT_NIGHT}"}}',
        "empty": "expected = {}",
        "none": "expected = None",
    },
    "right": {
        "plain": both('"mostly"', '"hardly"'),
        "another order": f'expected = {{"{AT_NIGHT}": "hardly", "{ITS}": "mostly"}}',
        "single quotes": both("'mostly'", "'hardly'"),
        "capitals": both('"Mostly"', '"HARDLY"'),
        "spaces": both('" mostly"', '"hardly "'),
        "joined": both('"most" "ly"', '"hard" "ly"'),
        "zipped": f'expected = dict(zip(["{ITS}", "{AT_NIGHT}"], ["mostly", "hardly"]))',
        "one by one": f'expected = {{}}\nexpected["{ITS}"] = "mostly"\n'
        f'expected["{AT_NIGHT}"] = "hardly"',
        "merged": f'expected = {{"{ITS}": "mostly"}} | {{"{AT_NIGHT}": "hardly"}}',
        "with a hint": both('"mostly"', '"hardly"').replace("=", ": dict[str, str] =", 1),
        "ordered": "from collections import OrderedDict\n"
        f'expected = OrderedDict([("{ITS}", "mostly"), ("{AT_NIGHT}", "hardly")])',
        "reasoned": 'word = "mostly"\n' + both("word", '"hardly"'),
        "numpy text": "import numpy as np\n" + both('np.str_("mostly")', '"hardly"'),
    },
}

CASES = {
    "10.1": BEST_OF_RANK,
    "10.2": LORA_LAYER,
    "10.3": PRESERVING_LOSS,
    "10.4": MERGE,
    "10.5": EXPECTED,
}
