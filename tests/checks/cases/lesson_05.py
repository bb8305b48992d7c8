"""Answers to the exercises of lesson 05."""

from __future__ import annotations

from tests.checks.cases.source import function, useless

attention = function("attention_weights(q, k, mask)")
SCORES = "scores = q @ k.transpose(-2, -1)"
ROOT = "root = q.shape[-1] ** 0.5"

ATTENTION_WEIGHTS = {
    "wrong": {
        **useless(attention),
        "no scale": attention(SCORES, "return (scores + mask).softmax(dim=-1)"),
        "no mask": attention(SCORES, ROOT, "return (scores / root).softmax(dim=-1)"),
        "no softmax": attention(SCORES, ROOT, "return scores / root + mask"),
        "divided by d": attention(SCORES, "return (scores / q.shape[-1] + mask).softmax(dim=-1)"),
        "times the root": attention(SCORES, ROOT, "return (scores * root + mask).softmax(dim=-1)"),
        "root of the places": attention(
            SCORES, "return (scores / q.shape[-2] ** 0.5 + mask).softmax(dim=-1)"
        ),
        "root of the first axis": attention(
            SCORES, "return (scores / q.shape[0] ** 0.5 + mask).softmax(dim=-1)"
        ),
        "root of 4": attention(SCORES, "return (scores / 4**0.5 + mask).softmax(dim=-1)"),
        "divided by 2": attention(SCORES, "return (scores / 2 + mask).softmax(dim=-1)"),
        "columns sum to 1": attention(
            SCORES, ROOT, "return (scores / root + mask).softmax(dim=-2)"
        ),
        "softmax over the heads": attention(
            SCORES, ROOT, "return (scores / root + mask).softmax(dim=0)"
        ),
        "softmax over the second axis": attention(
            SCORES, ROOT, "return (scores / root + mask).softmax(dim=1)"
        ),
        "softmax over everything": attention(
            SCORES,
            ROOT,
            "table = scores / root + mask",
            "return table.flatten().softmax(0).view(table.shape)",
        ),
        "keys look at queries": attention(
            ROOT, "return (k @ q.transpose(-2, -1) / root + mask).softmax(dim=-1)"
        ),
        "all axes turned": attention(
            ROOT, "return (q @ k.permute(*reversed(range(k.ndim))) / root + mask).softmax(dim=-1)"
        ),
        "transposed": attention(
            SCORES, ROOT, "return (scores / root + mask).softmax(dim=-1).transpose(-2, -1)"
        ),
        "d by d": attention(ROOT, "return (q.transpose(-2, -1) @ k / root).softmax(dim=-1)"),
        "mask multiplied": attention(SCORES, ROOT, "return (scores / root * mask).softmax(dim=-1)"),
        "mask subtracted": attention(SCORES, ROOT, "return (scores / root - mask).softmax(dim=-1)"),
        "mask after the softmax": attention(
            SCORES, ROOT, "return (scores / root).softmax(dim=-1) + mask"
        ),
        "masked, not shared out again": attention(
            SCORES, ROOT, "return (scores / root).softmax(dim=-1) * (mask == 0)"
        ),
        "mask transposed": attention(
            SCORES, ROOT, "return (scores / root + mask.T).softmax(dim=-1)"
        ),
        "mask of one's own": attention(
            SCORES,
            ROOT,
            "mask = transformer.causal_mask(q.shape[-2])",
            "return (scores / root + mask).softmax(dim=-1)",
        ),
        "0 where one may not look": attention(
            SCORES,
            ROOT,
            "scores = (scores / root).masked_fill(mask < 0, 0)",
            "return scores.softmax(dim=-1)",
        ),
        "mixed": attention(SCORES, ROOT, "return (scores / root + mask).softmax(dim=-1) @ v"),
        "numbers of the page": attention("return looks"),
        "keys of the page": """
keys = torch.tensor([[1.0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]])


def attention_weights(q, k, mask):
    return (q @ keys.T / q.shape[-1] ** 0.5 + mask).softmax(dim=-1)
""",
        "log": attention(SCORES, ROOT, "return (scores / root + mask).log_softmax(dim=-1)"),
        "exponentials only": attention(SCORES, ROOT, "return (scores / root + mask).exp()"),
        "shared out without exponentials": attention(
            SCORES,
            ROOT,
            "table = (scores / root) * (mask == 0)",
            "return table / table.sum(dim=-1, keepdim=True)",
        ),
        "divided by the sum of columns": attention(
            SCORES,
            ROOT,
            "table = (scores / root + mask).exp()",
            "return table / table.sum(dim=-2, keepdim=True)",
        ),
        "sigmoid": attention(SCORES, ROOT, "return (scores / root + mask).sigmoid()"),
        "all or nothing": attention(
            SCORES,
            ROOT,
            "table = scores / root + mask",
            "return (table == table.amax(dim=-1, keepdim=True)).float()",
        ),
        "numbers times numbers": attention(ROOT, "return (q * k / root).softmax(dim=-1)"),
        "prints": attention(SCORES, ROOT, "print((scores / root + mask).softmax(dim=-1))"),
        "queries scaled in place": attention(
            "q /= q.shape[-1] ** 0.5",
            "return (q @ k.transpose(-2, -1) + mask).softmax(dim=-1)",
        ),
        "mask changed in place": attention(
            SCORES, ROOT, "mask[mask == 0] = 0.5", "return (scores / root + mask).softmax(dim=-1)"
        ),
        "an axis too many": attention(
            SCORES, ROOT, "return (scores / root + mask).softmax(dim=-1)[None]"
        ),
        "two digits": attention(
            SCORES, ROOT, "return (scores / root + mask).softmax(dim=-1).round(decimals=2)"
        ),
    },
    "right": {
        "as hinted": attention(SCORES, ROOT, "return (scores / root + mask).softmax(dim=-1)"),
        "mT": attention("return (q @ k.mT / q.shape[-1] ** 0.5 + mask).softmax(-1)"),
        "math": attention(
            "import math", SCORES, "return (scores / math.sqrt(q.size(-1)) + mask).softmax(-1)"
        ),
        "d of the keys": attention(
            "d = k.shape[-1]", "return (q @ k.transpose(-1, -2) * d**-0.5 + mask).softmax(dim=-1)"
        ),
        "queries scaled first": attention(
            "q = q / q.shape[-1] ** 0.5",
            "return (q @ k.transpose(-2, -1) + mask).softmax(dim=-1)",
        ),
        "both scaled": attention(
            "fourth = q.shape[-1] ** 0.25",
            "return ((q / fourth) @ (k / fourth).mT + mask).softmax(dim=-1)",
        ),
        "matmul": attention(
            ROOT,
            "scores = torch.matmul(q, torch.swapaxes(k, -2, -1))",
            "return torch.softmax(torch.add(mask, scores / root), dim=-1)",
        ),
        "functional": attention(
            "import torch.nn.functional as F",
            SCORES,
            ROOT,
            "return F.softmax(scores / root + mask, dim=-1)",
        ),
        "einsum": attention(
            ROOT,
            "scores = torch.einsum('...id,...jd->...ij', q, k)",
            "return (scores / root + mask).softmax(dim=-1)",
        ),
        "exponentials": attention(
            SCORES,
            ROOT,
            "table = (scores / root + mask).exp()",
            "return table / table.sum(dim=-1, keepdim=True)",
        ),
        "exponentials, largest taken away": attention(
            SCORES,
            ROOT,
            "table = scores / root + mask",
            "table = torch.exp(table - table.max(dim=-1, keepdim=True).values)",
            "return table / table.sum(-1)[..., None]",
        ),
        "log softmax": attention(
            SCORES, ROOT, "return (scores / root + mask).log_softmax(dim=-1).exp()"
        ),
        "tensor root": attention(
            SCORES,
            "d = torch.tensor(float(q.shape[-1]))",
            "return (scores / d.sqrt() + mask).softmax(dim=-1)",
        ),
        "double": attention(
            "q, k, mask = q.double(), k.double(), mask.double()",
            SCORES,
            ROOT,
            "return (scores / root + mask).softmax(dim=-1)",
        ),
        "double, then float": attention(
            "scores = q.double() @ k.double().mT / q.shape[-1] ** 0.5",
            "return (scores + mask).softmax(dim=-1).float()",
        ),
        "numpy": attention(
            "import numpy as np",
            "q, k, mask = np.asarray(q), np.asarray(k), np.asarray(mask)",
            "scores = q @ np.swapaxes(k, -2, -1) / np.sqrt(q.shape[-1]) + mask",
            "table = np.exp(scores - scores.max(axis=-1, keepdims=True))",
            "return table / table.sum(axis=-1, keepdims=True)",
        ),
        "library": attention(
            "import torch.nn.functional as F",
            "one = torch.eye(k.shape[-2], dtype=q.dtype).expand(*k.shape[:-1], k.shape[-2])",
            "return F.scaled_dot_product_attention(q, k, one, attn_mask=mask.to(q.dtype))",
        ),
        "in place on its own": attention(
            "table = q @ k.transpose(-2, -1)",
            "table /= q.shape[-1] ** 0.5",
            "table += mask",
            "return table.softmax(dim=-1)",
        ),
        "row by row": attention(
            SCORES,
            ROOT,
            "table = scores / root + mask",
            "rows = [table[..., i, :].softmax(dim=-1) for i in range(table.shape[-2])]",
            "return torch.stack(rows, dim=-2)",
        ),
        "helper": """
def scaled(q, k):
    return q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5


def attention_weights(q, k, mask):
    return torch.softmax(input=scaled(q=q, k=k) + mask, dim=-1)
""",
        "lambda": """
attention_weights = lambda q, k, mask: (q @ k.mT / q.shape[-1] ** 0.5 + mask).softmax(-1)
""",
        "hints": '''
@torch.no_grad()
def attention_weights(q: torch.Tensor, k: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """(..., T, T)"""
    return ((q @ k.transpose(-2, -1)).div(q.shape[-1] ** 0.5) + mask).softmax(dim=-1)
''',
    },
}

head = function("head(x, weights, number, heads, mask)")
QKV = "q, k, v = transformer.queries_keys_values(x, weights, number, heads)"
LOOKS = "looks = transformer.attention_weights(q, k, mask)"

HEAD = {
    "wrong": {
        **useless(head),
        "only the weights": head(QKV, "return transformer.attention_weights(q, k, mask)"),
        "only the values": head(QKV, "return v"),
        "all three": head("return transformer.queries_keys_values(x, weights, number, heads)"),
        "no mask": head(QKV, "return (q @ k.mT / q.shape[-1] ** 0.5).softmax(-1) @ v"),
        "no scale": head(QKV, "return (q @ k.mT + mask).softmax(-1) @ v"),
        "no softmax": head(QKV, "return (q @ k.mT / q.shape[-1] ** 0.5) @ v"),
        "columns sum to 1": head(
            QKV, "return (q @ k.mT / q.shape[-1] ** 0.5 + mask).softmax(-2) @ v"
        ),
        "root of D": head(QKV, "return (q @ k.mT / x.shape[-1] ** 0.5 + mask).softmax(-1) @ v"),
        "root of the heads": head(QKV, "return (q @ k.mT / heads**0.5 + mask).softmax(-1) @ v"),
        "queries and keys exchanged": head(
            QKV, "return transformer.attention_weights(k, q, mask) @ v"
        ),
        "keys mixed": head(QKV, LOOKS, "return looks @ k"),
        "queries mixed": head(QKV, LOOKS, "return looks @ q"),
        "x mixed": head(QKV, LOOKS, "return looks @ x"),
        "unpacked in another order": head(
            "v, k, q = transformer.queries_keys_values(x, weights, number, heads)",
            LOOKS,
            "return looks @ v",
        ),
        "weights transposed": head(QKV, LOOKS, "return looks.mT @ v"),
        "numbers times numbers": head(QKV, LOOKS, "return looks * v"),
        "always head 0": head(
            "q, k, v = transformer.queries_keys_values(x, weights, 0, heads)",
            LOOKS,
            "return looks @ v",
        ),
        "the next head": head(
            "q, k, v = transformer.queries_keys_values(x, weights, (number + 1) % heads, heads)",
            LOOKS,
            "return looks @ v",
        ),
        "number and heads exchanged": head(
            "q, k, v = transformer.queries_keys_values(x, weights, heads, number)",
            LOOKS,
            "return looks @ v",
        ),
        "a single head": head(
            "q, k, v = transformer.queries_keys_values(x, weights, 0, 1)",
            LOOKS,
            "return looks @ v",
        ),
        "all heads": head("return transformer.self_attention(x, weights, heads, mask)"),
        "all heads side by side": head(
            "made = [transformer.head(x, weights, n, heads, mask) for n in range(heads)]",
            "return torch.cat(made, dim=-1)",
        ),
        "mean of the heads": head(
            "made = [transformer.head(x, weights, n, heads, mask) for n in range(heads)]",
            "return torch.stack(made).mean(0)",
        ),
        "x added": head(
            QKV,
            LOOKS,
            "width = x.shape[-1] // heads",
            "return looks @ v + x[..., number * width : (number + 1) * width]",
        ),
        "normed first": head(
            "x = (x - x.mean(-1, keepdim=True)) / x.std(-1, keepdim=True)",
            QKV,
            LOOKS,
            "return looks @ v",
        ),
        "mask of one's own": head(
            QKV, "mask = transformer.causal_mask(x.shape[1])", LOOKS, "return looks @ v"
        ),
        "first picture only": head(QKV, LOOKS, "return (looks @ v)[0]"),
        "masked after the mix": head(
            QKV,
            "looks = (q @ k.mT / q.shape[-1] ** 0.5).softmax(-1)",
            "return (looks * (mask == 0)) @ v",
        ),
        "every so many rows": head(
            "rows = slice(number, None, heads)",
            "q, k, v = (x @ weights[f'self_attn.{n}_proj.weight'][rows].T",
            "           + weights[f'self_attn.{n}_proj.bias'][rows] for n in 'qkv')",
            LOOKS,
            "return looks @ v",
        ),
        "no shift": head(
            "width = x.shape[-1] // heads",
            "rows = slice(number * width, (number + 1) * width)",
            "q, k, v = (x @ weights[f'self_attn.{n}_proj.weight'][rows].T for n in 'qkv')",
            LOOKS,
            "return looks @ v",
        ),
        "numbers of the page": head(LOOKS, "return looks @ v"),
        "prints": head(QKV, LOOKS, "print(looks @ v)"),
        "forgets to return": head(QKV, LOOKS, "gathered = looks @ v"),
        "x changed in place": head(QKV, LOOKS, "x.mul_(0.5)", "return looks @ v"),
        "mean over the places": head(QKV, LOOKS, "return (looks @ v).mean(dim=1)"),
    },
    "right": {
        "as hinted": head(QKV, LOOKS, "return looks @ v"),
        "one's own weights": """
def attention_weights(q, k, mask):
    return (q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5 + mask).softmax(dim=-1)


def head(x, weights, number, heads, mask):
    q, k, v = transformer.queries_keys_values(x, weights, number, heads)
    return attention_weights(q, k, mask) @ v
""",
        "written out": head(
            QKV,
            "scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5 + mask",
            "return scores.softmax(dim=-1) @ v",
        ),
        "d from D": head(
            QKV,
            "d = x.shape[-1] // heads",
            "return torch.softmax(q @ k.mT / d**0.5 + mask, dim=-1) @ v",
        ),
        "keyword arguments": head(
            "q, k, v = transformer.queries_keys_values(",
            "    x=x, weights=weights, number=number, heads=heads",
            ")",
            "return transformer.attention_weights(q=q, k=k, mask=mask).matmul(v)",
        ),
        "bmm": head(QKV, LOOKS, "return torch.bmm(looks, v)"),
        "einsum": head(QKV, LOOKS, "return torch.einsum('bij,bjd->bid', looks, v)"),
        "library": head(
            QKV,
            "import torch.nn.functional as F",
            "return F.scaled_dot_product_attention(q, k, v, attn_mask=mask.to(q.dtype))",
        ),
        "own rows": head(
            "import torch.nn.functional as F",
            "d = x.shape[-1] // heads",
            "own = slice(number * d, (number + 1) * d)",
            "parts = []",
            "for name in ('q', 'k', 'v'):",
            "    w = weights[f'self_attn.{name}_proj.weight'][own]",
            "    b = weights[f'self_attn.{name}_proj.bias'][own]",
            "    parts.append(F.linear(x, w, b))",
            "q, k, v = parts",
            LOOKS,
            "return looks @ v",
        ),
        "all rows, then a part": head(
            "d = x.shape[-1] // heads",
            "q, k, v = (linear(x, weights, f'self_attn.{n}_proj') for n in 'qkv')",
            "q, k, v = (each[..., number * d : (number + 1) * d] for each in (q, k, v))",
            LOOKS,
            "return looks @ v",
        ),
        "all rows, unflattened": head(
            "q, k, v = (linear(x, weights, f'self_attn.{n}_proj') for n in 'qkv')",
            "q, k, v = (each.unflatten(-1, (heads, -1))[:, :, number] for each in (q, k, v))",
            LOOKS,
            "return looks @ v",
        ),
        "text by text": head(
            QKV,
            "return torch.stack([",
            "    transformer.attention_weights(q[b], k[b], mask) @ v[b] for b in range(len(x))",
            "])",
        ),
        "double": head(
            QKV,
            "q, k, v, mask = q.double(), k.double(), v.double(), mask.double()",
            LOOKS,
            "return looks @ v",
        ),
        "numpy": head(
            "import numpy as np",
            QKV,
            LOOKS,
            "return np.matmul(looks.detach().numpy(), v.detach().numpy())",
        ),
        "unpacked later": head(
            "found = transformer.queries_keys_values(x, weights, number, heads)",
            "looks = transformer.attention_weights(*found[:2], mask)",
            "return looks @ found[2]",
        ),
        "no gradients": head(
            "with torch.no_grad():", f"    {QKV}", f"    {LOOKS}", "    return looks @ v"
        ),
        "hints": '''
@torch.no_grad()
def head(x: torch.Tensor, weights: dict, number: int, heads: int, mask: torch.Tensor):
    """What one head gathers, (B, T, d)."""
    q, k, v = transformer.queries_keys_values(x, weights, number, heads)
    return torch.matmul(transformer.attention_weights(q, k, mask), v)
''',
        "helper": """
def gathered(q, k, v, mask):
    return ((q @ k.mT) * q.shape[-1] ** -0.5 + mask).softmax(-1) @ v


def head(x, weights, number, heads, mask):
    return gathered(*transformer.queries_keys_values(x, weights, number, heads), mask)
""",
        "lambda": """
head = lambda x, weights, number, heads, mask: (
    lambda q, k, v: transformer.attention_weights(q, k, mask) @ v
)(*transformer.queries_keys_values(x, weights, number, heads))
""",
        "one more name": """
from helpers.transformer import attention_weights, queries_keys_values


def head(x, weights, number, heads, mask):
    q, k, v = queries_keys_values(x, weights, number, heads)
    gathered = attention_weights(q, k, mask) @ v  # (B, T, d)
    return gathered
""",
    },
}

CHANGED = {
    "wrong": {
        "stub": "changed = ...",
        "none": "changed = None",
        "nothing": "changed = []",
        "the word only": "changed = [5]",
        "end only": "changed = [6]",
        "all": "changed = [0, 1, 2, 3, 4, 5, 6]",
        "all, as a range": "changed = range(7)",
        "those before": "changed = [0, 1, 2, 3, 4]",
        "word and those before": "changed = [0, 1, 2, 3, 4, 5]",
        "neighbours": "changed = [4, 5, 6]",
        "neighbour before": "changed = [4, 5]",
        "all but the start": "changed = [1, 2, 3, 4, 5, 6]",
        "counted from 1": "changed = [6, 7]",
        "all but the end": "changed = [1, 2, 3, 4, 5]",
        "text": 'changed = ["5", "6"]',
        "one text": 'changed = "5, 6"',
        "words": 'changed = ["night", "end"]',
        "one number": "changed = 5",
        "how many": "changed = 2",
        "truth values": "changed = [False, False, False, False, False, True, True]",
        "negative": "changed = [-5, -6]",
        "not numbers": 'changed = [5, float("nan")]',
        "sum": "changed = 5 + 6",
        "dictionary of words": 'changed = {"night": "sunset"}',
        "list in a list": "changed = [[5], [6]]",
        "halves": "changed = [5.5, 6.5]",
        "exits": "import sys\nsys.exit()",
        "compared": "changed == [5, 6]",
        "result of sort": "changed = [5, 6].sort()",
        "start too": "changed = [0, 5, 6]",
    },
    "right": {
        "list": "changed = [5, 6]",
        "other order": "changed = [6, 5]",
        "tuple": "changed = (5, 6)",
        "set": "changed = {5, 6}",
        "range": "changed = range(5, 7)",
        "list of a range": "changed = list(range(5, 7))",
        "floats": "changed = [5.0, 6.0]",
        "numpy": "import numpy as np\nchanged = np.array([5, 6])",
        "list of numpy numbers": "import numpy as np\nchanged = [np.int64(5), np.int64(6)]",
        "numpy range": "import numpy as np\nchanged = list(np.arange(5, 7))",
        "tensor": "changed = torch.tensor([5, 6])",
        "list of tensors": "changed = list(torch.arange(5, 7))",
        "picked": "changed = [place for place in range(7) if place >= 5]",
        "added": "changed = []\nchanged.append(5)\nchanged.append(6)",
        "with a hint": "changed: list[int] = [5, 6]",
        "from the mask": """
sees = transformer.causal_mask(7) == 0  # (7, 7)
changed = sees[:, 5].nonzero().flatten().tolist()
""",
        "sorted": "changed = sorted({6, 5})",
        "frozen set": "changed = frozenset([5, 6])",
    },
}

USES = """

def head(x, weights, number, heads, mask):
    q, k, v = transformer.queries_keys_values(x, weights, number, heads)
    return attention_weights(q, k, mask) @ v
"""
ALONE = {"queries scaled in place", "double", "numpy"}
"""Judged otherwise within a head: q is its own there, and v is neither double nor NumPy's."""

for kind in ("wrong", "right"):
    HEAD[kind] |= {
        f"weights: {name}": source + USES
        for name, source in ATTENTION_WEIGHTS[kind].items()
        if name not in ALONE
    }

RIGHTLY = """faults = {
    "A": "no scale",
    "B": "mask after the softmax",
    "C": "right",
    "D": "softmax down the columns",
    "E": "no mask",
}
"""


def swapped(first: str, second: str) -> str:
    """The right answer with what is said of two maps exchanged."""
    return (
        RIGHTLY + f'faults["{first}"], faults["{second}"] = faults["{second}"], faults["{first}"]'
    )


FAULTS = {
    "wrong": {
        "stub": 'faults = {"A": ..., "B": ..., "C": ..., "D": ..., "E": ...}',
        "none": "faults = None",
        "half done": RIGHTLY + 'faults["D"] = ...',
        "sharp one for right": swapped("A", "C"),
        "small sums for right": swapped("B", "C"),
        "columns for right": swapped("C", "D"),
        "no mask for right": swapped("C", "E"),
        "sums exchanged": swapped("B", "D"),
        "mask exchanged": swapped("B", "E"),
        "sharp and columns exchanged": swapped("A", "D"),
        "sharp and no mask exchanged": swapped("A", "E"),
        "columns and no mask exchanged": swapped("D", "E"),
        "all right": 'faults = dict.fromkeys("ABCDE", "right")',
        "one twice": RIGHTLY + 'faults["B"] = "right"',
        "one missing": RIGHTLY + 'del faults["E"]',
        "empty": "faults = {}",
        "list": 'faults = ["no scale", "no mask", "right"]',
        "text": 'faults = "A no scale"',
        "another word": RIGHTLY + 'faults["A"] = "too sharp"',
        "letters as answers": RIGHTLY + "faults = {v: k for k, v in faults.items()}",
        "numbers": "faults = dict(zip('ABCDE', range(5)))",
        "numbers as keys": RIGHTLY + "faults = dict(enumerate(faults.values()))",
        "shifted": RIGHTLY
        + "said = list(faults.values())\nfaults = dict(zip(faults, said[1:] + said[:1]))",
        "maps": "faults = dict(five)",
    },
    "right": {
        "dictionary": RIGHTLY,
        "by name": 'faults = dict(A="no scale", B="mask after the softmax", C="right",'
        ' D="softmax down the columns", E="no mask")',
        "other order": RIGHTLY + "faults = dict(reversed(list(faults.items())))",
        "capital letters": RIGHTLY + "faults = {k: v.capitalize() for k, v in faults.items()}",
        "shouted": RIGHTLY + "faults = {k: v.upper() for k, v in faults.items()}",
        "small keys": RIGHTLY + "faults = {k.lower(): v for k, v in faults.items()}",
        "spaces": RIGHTLY + 'faults = {f" {k}": f"{v} " for k, v in faults.items()}',
        "piece by piece": RIGHTLY + "old = faults\nfaults = {}\nfor k in old:\n"
        "    faults[k] = old[k]",
        "turned round": RIGHTLY + "by_fault = {v: k for k, v in faults.items()}\n"
        "faults = {k: v for v, k in by_fault.items()}",
        "zipped": RIGHTLY + 'faults = dict(zip("ABCDE", faults.values()))',
        "one more key": RIGHTLY + 'faults["F"] = "no map"',
        "ordered": RIGHTLY + "from collections import OrderedDict\nfaults = OrderedDict(faults)",
        "read only": RIGHTLY + "from types import MappingProxyType\n"
        "faults = MappingProxyType(faults)",
        "with a hint": RIGHTLY.replace("faults =", "faults: dict[str, str] ="),
    },
}

OTHER = """[
    ("a red castle and a blue tent", "a blue castle and a red tent"),
    ("green hills and a yellow house", "yellow hills and a green house"),
    ("a white house and red hills", "a red house and white hills"),
    ("stars and no moon", "moon and no stars"),
]"""
SAME = """[
    ("a castle and a lake", "a lake and a castle"),
    ("stars and a moon", "a moon and stars"),
    ("a river and mountains", "mountains and a river"),
    ("a red house and a road", "a road and a red house"),
]"""


def two_lists(other: str = OTHER, same: str = SAME, *after: str) -> str:
    """An answer to 5.4, and lines that change it."""
    lines = [f'pairs = {{"other meaning": {other}, "same meaning": {same}}}', *after]
    return "\n".join(lines)


def last(kind: str, first: str, second: str) -> str:
    """The right answer with one pair exchanged for another."""
    return two_lists(OTHER, SAME, f'pairs["{kind} meaning"][3] = ("{first}", "{second}")')


PAIRS = {
    "wrong": {
        "stub": 'pairs = {"other meaning": ..., "same meaning": ...}',
        "no control": two_lists(OTHER, "..."),
        "one list": f"pairs = {OTHER}",
        "control missing": f'pairs = {{"other meaning": {OTHER}}}',
        "empty control": two_lists(OTHER, "[]"),
        "one pair each": two_lists(f"{OTHER}[:1]", f"{SAME}[:1]"),
        "three pairs": two_lists(OTHER, f"{SAME}[:3]"),
        "one pair four times": two_lists(f"{OTHER}[:1] * 4"),
        "a pair turned round": two_lists(OTHER, f"{SAME}[:3] + [{SAME}[0][::-1]]"),
        "lists exchanged": two_lists(SAME, OTHER),
        "control in both": two_lists(SAME, SAME),
        "test in both": two_lists(OTHER, OTHER),
        "one in the wrong list": last("other", "a tent and a lake", "a lake and a tent"),
        "control that is none": last(
            "same", "a blue tent and a red house", "a red tent and a blue house"
        ),
        "another word": last("other", "a red house", "a blue house"),
        "an article more": last("same", "hills and a lake", "a lake and the hills"),
        "the same twice": last("same", "hills and a lake", "hills and a lake"),
        "capital letters only": last("same", "hills and a lake", "Hills and a lake"),
        "synonyms": last("same", "a quiet lake", "a peaceful lake"),
        "unknown word": last("same", "a dragon and a lake", "a lake and a dragon"),
        "no sentence": last("other", "a red house and hills", "hills red house and a"),
        "texts": two_lists('["a red house"] * 4'),
        "triples": two_lists(
            OTHER, '[("a lake and hills", "hills and a lake", "a lake, hills")] * 4'
        ),
        "numbers": two_lists(OTHER, "[(1, 2), (3, 4), (5, 6), (7, 8)]"),
        "empty texts": two_lists(OTHER, '[("", ""), ("", " "), (" ", "  "), ("  ", "")]'),
        "translated": last("same", "mountains and a river", "山と川"),
        "one text": 'pairs = "a red house and green hills"',
        "other names": two_lists(OTHER, SAME, "pairs = dict(zip('ab', pairs.values()))"),
    },
    "right": {
        "lists of tuples": two_lists(),
        "lists of lists": two_lists(
            OTHER, SAME, "pairs = {k: [list(p) for p in v] for k, v in pairs.items()}"
        ),
        "tuples of tuples": two_lists(
            OTHER, SAME, "pairs = {k: tuple(v) for k, v in pairs.items()}"
        ),
        "sets": two_lists(OTHER, SAME, "pairs = {k: set(v) for k, v in pairs.items()}"),
        "dictionaries": two_lists(OTHER, SAME, "pairs = {k: dict(v) for k, v in pairs.items()}"),
        "more pairs": two_lists(
            OTHER, SAME, 'pairs["same meaning"].append(("a tent and a boat", "a boat and a tent"))'
        ),
        "control first": two_lists(OTHER, SAME, "pairs = dict(reversed(list(pairs.items())))"),
        "turned round": two_lists(
            OTHER, SAME, "pairs = {k: [p[::-1] for p in v] for k, v in pairs.items()}"
        ),
        "capital letters": two_lists(
            OTHER,
            SAME,
            "pairs = {k: [(a.capitalize(), b) for a, b in v] for k, v in pairs.items()}",
        ),
        "commas": last("same", "a lake, hills", "hills, a lake"),
        "three things": last("same", "a lake, hills and a tent", "a tent, a lake and hills"),
        "sides": last("other", "a house without a tent", "a tent without a house"),
        "with a style": last(
            "same", "a lake and hills in watercolour", "hills in watercolour and a lake"
        ),
        "built": two_lists(
            OTHER,
            '[(f"{a} and {b}", f"{b} and {a}") for a, b in '
            '[("hills", "a lake"), ("a tent", "a boat"), ("stars", "a moon"), ("road", "trees")]]',
        ),
        "none": last("other", "a lake with no river", "a river with no lake"),
    },
}

CASES = {"5.1": HEAD, "5.2": FAULTS, "5.3": CHANGED, "5.4": PAIRS}
