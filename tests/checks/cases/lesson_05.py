"""Answers to the exercises of lesson 05."""

from __future__ import annotations

from tests.checks.cases.source import function, useless

fill = function("fill_places(ids, start, end, places)")
KEPT = "kept = ids[: places - 2]"

FILL_PLACES = {
    "wrong": {
        **useless(fill),
        "nothing cut off": fill("return [start] + ids + [end] * (places - 1 - len(ids))"),
        "end mark cut off": fill(
            "filled = [start] + ids + [end] * places", "return filled[:places]"
        ),
        "one word too many": fill(
            "kept = ids[: places - 1]", "return [start] + kept + [end] * (places - 1 - len(kept))"
        ),
        "one word too few": fill(
            "kept = ids[: places - 3]", "return [start] + kept + [end] * (places - 1 - len(kept))"
        ),
        "one place too few": fill(KEPT, "return [start] + kept + [end] * (places - 2 - len(kept))"),
        "one place too many": fill(KEPT, "return [start] + kept + [end] * (places - len(kept))"),
        "no end mark": fill(KEPT, "return [start] + kept"),
        "one end mark": fill(KEPT, "return [start] + kept + [end]"),
        "no start mark": fill(KEPT, "return kept + [end] * (places - len(kept))"),
        "marks exchanged": fill(KEPT, "return [end] + kept + [start] * (places - 1 - len(kept))"),
        "filled with the start mark": fill(
            KEPT, "return [start] + kept + [end] + [start] * (places - 2 - len(kept))"
        ),
        "filled with 0": fill(
            KEPT, "return [start] + kept + [end] + [0] * (places - 2 - len(kept))"
        ),
        "end mark last": fill(
            KEPT, "return [start] + kept + [0] * (places - 2 - len(kept)) + [end]"
        ),
        "filled with the last word": fill(
            KEPT, "return [start] + kept + kept[-1:] * (places - 2 - len(kept)) + [end]"
        ),
        "filling before the words": fill(
            KEPT, "return [start] + [end] * (places - 2 - len(kept)) + kept + [end]"
        ),
        "last words kept": fill(
            "kept = ids[-(places - 2) :]",
            "return [start] + kept + [end] * (places - 1 - len(kept))",
        ),
        "words backwards": fill(
            KEPT, "return [start] + kept[::-1] + [end] * (places - 1 - len(kept))"
        ),
        "words sorted": fill(
            KEPT, "return [start] + sorted(kept) + [end] * (places - 1 - len(kept))"
        ),
        "always 77": fill("kept = ids[:75]", "return [start] + kept + [end] * (76 - len(kept))"),
        "marks of CLIP": fill(KEPT, "return [49406] + kept + [49407] * (places - 1 - len(kept))"),
        "end mark of the page": fill(
            KEPT,
            "mark = tokenizer.eos_token_id",
            "return [start] + kept + [mark] * (places - 1 - len(kept))",
        ),
        "lists in the list": fill(KEPT, "return [start, kept, [end] * (places - 1 - len(kept))]"),
        "text": fill(
            KEPT,
            "filled = [start] + kept + [end] * (places - 1 - len(kept))",
            "return [str(number) for number in filled]",
        ),
        "one text": fill(KEPT, "return str([start] + kept + [end] * (places - 1 - len(kept)))"),
        "prints": fill(KEPT, "print([start] + kept + [end] * (places - 1 - len(kept)))"),
        "result of append": fill(KEPT, "return kept.append(end)"),
        "forgets to return": fill(
            KEPT, "filled = [start] + kept + [end] * (places - 1 - len(kept))"
        ),
        "set": fill(KEPT, "return {start, *kept, end}"),
        "grows its argument": fill(
            "del ids[places - 2 :]",
            "ids.insert(0, start)",
            "while len(ids) < places:",
            "    ids.append(end)",
            "return ids",
        ),
        "cuts its argument": fill(
            "while len(ids) > places - 2:",
            "    ids.pop()",
            "return [start] + ids + [end] * (places - 1 - len(ids))",
        ),
        "asks the tokenizer": fill(
            "return tokenizer(prompt, padding='max_length').input_ids[:places]"
        ),
        "long texts only": fill(
            "if len(ids) >= places - 2:",
            "    return [start] + ids[: places - 2] + [end]",
            "return [start] + ids + [end]",
        ),
        "first end mark missing when full": fill(
            "if len(ids) > places - 2:",
            "    return [start] + ids[: places - 1]",
            "return [start] + ids + [end] * (places - 1 - len(ids))",
        ),
        "twice": fill(KEPT, "return ([start] + kept + [end] * (places - 1 - len(kept))) * 2"),
    },
    "right": {
        "sum of lists": fill(KEPT, "return [start] + kept + [end] * (places - 1 - len(kept))"),
        "unpacked": fill(
            "kept = [start, *ids[: places - 2], end]",
            "return kept + [end] * (places - len(kept))",
        ),
        "filled, then cut": fill(
            "filled = [start, *ids[: places - 2], *[end] * places]", "return filled[:places]"
        ),
        "cut, then end mark": fill("return ([start] + ids + [end] * places)[: places - 1] + [end]"),
        "loop": fill(
            "filled = [start]",
            "for number in ids:",
            "    if len(filled) < places - 1:",
            "        filled.append(number)",
            "while len(filled) < places:",
            "    filled.append(end)",
            "return filled",
        ),
        "room first": fill(
            "filled = [end] * places",
            "filled[0] = start",
            "kept = ids[: places - 2]",
            "filled[1 : 1 + len(kept)] = kept",
            "return filled",
        ),
        "place by place": fill(
            "words = len(ids[: places - 2])",
            "return [start if k == 0 else ids[k - 1] if k <= words else end"
            " for k in range(places)]",
        ),
        "if": fill(
            "if len(ids) > places - 2:",
            "    return [start] + ids[: places - 2] + [end]",
            "return [start] + ids + [end] * (places - 1 - len(ids))",
        ),
        "min and max": fill(
            "count = min(len(ids), places - 2)",
            "return [start] + ids[:count] + [end] * max(1, places - 1 - count)",
        ),
        "a copy changed": fill(
            "filled = list(ids)",
            "del filled[places - 2 :]",
            "filled.insert(0, start)",
            "filled.extend([end] * (places - len(filled)))",
            "return filled",
        ),
        "name bound anew": fill(
            "ids = ids[: places - 2]",
            "ids = [start] + ids + [end]",
            "while len(ids) < places:",
            "    ids = ids + [end]",
            "return ids",
        ),
        "itertools": fill(
            "from itertools import chain, islice, repeat",
            "endless = chain([start], ids[: places - 2], repeat(end))",
            "return list(islice(endless, places))",
        ),
        "torch": fill(
            "filled = torch.full((places,), end)",
            "kept = torch.tensor([start] + ids[: places - 2])",
            "filled[: len(kept)] = kept",
            "return filled.tolist()",
        ),
        "numpy": fill(
            "import numpy as np",
            "filled = np.full(places, end)",
            "kept = [start] + ids[: places - 2]",
            "filled[: len(kept)] = kept",
            "return filled.tolist()",
        ),
        "list of numpy numbers": fill(
            "import numpy as np",
            "kept = [start] + ids[: places - 2]",
            "return list(np.pad(kept, (0, places - len(kept)), constant_values=end))",
        ),
        "list of tensors without axes": fill(
            "kept = ids[: places - 2]",
            "filled = [start] + kept + [end] * (places - 1 - len(kept))",
            "return list(torch.tensor(filled))",
        ),
        "helper": """
def padded(numbers, filling, length):
    return numbers + [filling] * (length - len(numbers))


def fill_places(ids, start, end, places):
    return padded([start] + ids[: places - 2], filling=end, length=places)
""",
        "hints": '''
def fill_places(ids: list[int], start: int, end: int, places: int) -> list[int]:
    """Exactly `places` numbers."""
    kept = ids[: places - 2]
    return [start, *kept, *([end] * (places - 1 - len(kept)))]
''',
        "lambda": """
fill_places = lambda ids, start, end, places: (
    [start] + ids[: places - 2] + [end] * max(1, places - 1 - len(ids))
)
""",
    },
}

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

cosine = function("cosine_similarity(a, b)")
UNIT = "a1, b1 = a / a.norm(dim=-1, keepdim=True), b / b.norm(dim=-1, keepdim=True)"

COSINE_SIMILARITY = {
    "wrong": {
        **useless(cosine),
        "dot products": cosine("return a @ b.T"),
        "only a at length 1": cosine("return (a / a.norm(dim=-1, keepdim=True)) @ b.T"),
        "only b at length 1": cosine("return a @ (b / b.norm(dim=-1, keepdim=True)).T"),
        "lengths of a twice": cosine(
            "return (a / a.norm(dim=-1, keepdim=True)) @ (b / a.norm(dim=-1, keepdim=True)).T"
        ),
        "lengths of columns": cosine(
            "return (a / a.norm(dim=0, keepdim=True)) @ (b / b.norm(dim=0, keepdim=True)).T"
        ),
        "length of the whole table": cosine("return (a / a.norm()) @ (b / b.norm()).T"),
        "divided by squares": cosine(
            "lengths = (a**2).sum(-1)[:, None] * (b**2).sum(-1)[None, :]",
            "return a @ b.T / lengths",
        ),
        "root of the lengths": cosine(
            "lengths = a.norm(dim=-1)[:, None] * b.norm(dim=-1)[None, :]",
            "return a @ b.T / lengths.sqrt()",
        ),
        "keepdim forgotten": cosine("return (a / a.norm(dim=-1)) @ (b / b.norm(dim=-1)).T"),
        "sum of sizes as length": cosine(
            "one, two = a / a.abs().sum(-1, keepdim=True), b / b.abs().sum(-1, keepdim=True)",
            "return one @ two.T",
        ),
        "largest number as length": cosine(
            "one, two = a / a.amax(-1, keepdim=True), b / b.amax(-1, keepdim=True)",
            "return one @ two.T",
        ),
        "lying": cosine(UNIT, "return b1 @ a1.T"),
        "not transposed": cosine(UNIT, "return a1 @ b1"),
        "columns with columns": cosine(UNIT, "return a1.T @ b1"),
        "numbers times numbers": cosine(UNIT, "return a1 * b1"),
        "pair by pair": cosine("return torch.nn.functional.cosine_similarity(a, b, dim=-1)"),
        "a with itself": cosine(UNIT, "return a1 @ a1.T"),
        "b with itself": cosine(UNIT, "return b1 @ b1.T"),
        "distances": cosine("return torch.cdist(a, b)"),
        "distances of directions": cosine(UNIT, "return torch.cdist(a1, b1)"),
        "one minus cosine": cosine(UNIT, "return 1 - a1 @ b1.T"),
        "angles": cosine(UNIT, "return (a1 @ b1.T).clamp(-1, 1).acos()"),
        "without sign": cosine(UNIT, "return (a1 @ b1.T).abs()"),
        "negative ones cut": cosine(UNIT, "return (a1 @ b1.T).clamp(min=0)"),
        "squared": cosine(UNIT, "return (a1 @ b1.T) ** 2"),
        "mean taken away first": cosine(
            "a, b = a - a.mean(-1, keepdim=True), b - b.mean(-1, keepdim=True)",
            UNIT,
            "return a1 @ b1.T",
        ),
        "mean of the table taken away": cosine(
            "a, b = a - a.mean(0), b - b.mean(0)", UNIT, "return a1 @ b1.T"
        ),
        "shares": cosine(UNIT, "return (a1 @ b1.T).softmax(dim=-1)"),
        "divided by the numbers": cosine("return a @ b.T / a.shape[-1]"),
        "divided by the root": cosine("return a @ b.T / a.shape[-1] ** 0.5"),
        "one number": cosine(UNIT, "return (a1 @ b1.T).mean()"),
        "first pair only": cosine(UNIT, "return a1[0] @ b1[0]"),
        "the page's example": cosine("return torch.tensor([[0.96]])"),
        "table of the page": cosine("return alike"),
        "prints": cosine(UNIT, "print(a1 @ b1.T)"),
        "forgets to return": cosine(UNIT, "cos = a1 @ b1.T"),
        "in place": cosine(
            "a /= a.norm(dim=-1, keepdim=True)",
            "b /= b.norm(dim=-1, keepdim=True)",
            "return a @ b.T",
        ),
        "an axis too many": cosine(UNIT, "return (a1 @ b1.T)[None]"),
        "two digits": cosine(UNIT, "return (a1 @ b1.T).round(decimals=2)"),
        "length plus one": cosine(
            "one = a / (1 + a.norm(dim=-1, keepdim=True))",
            "two = b / (1 + b.norm(dim=-1, keepdim=True))",
            "return one @ two.T",
        ),
    },
    "right": {
        "as hinted": cosine(UNIT, "return a1 @ b1.T"),
        "lengths afterwards": cosine(
            "return a @ b.T / (a.norm(dim=-1)[:, None] * b.norm(dim=-1)[None, :])"
        ),
        "outer": cosine("return a @ b.T / torch.outer(a.norm(dim=1), b.norm(dim=1))"),
        "normalize": cosine(
            "from torch.nn.functional import normalize",
            "return normalize(a, dim=-1) @ normalize(b, dim=-1).T",
        ),
        "library": cosine(
            "from torch.nn.functional import cosine_similarity as cos",
            "return cos(a[:, None, :], b[None, :, :], dim=-1)",
        ),
        "roots of squares": cosine(
            "one = a / (a**2).sum(dim=-1, keepdim=True) ** 0.5",
            "two = b / b.square().sum(-1, keepdim=True).sqrt()",
            "return one @ two.T",
        ),
        "linalg": cosine(
            "one = a / torch.linalg.vector_norm(a, dim=-1, keepdim=True)",
            "two = b / torch.linalg.norm(b, dim=-1, keepdim=True)",
            "return one @ two.mT",
        ),
        "einsum": cosine(UNIT, "return torch.einsum('nd,md->nm', a1, b1)"),
        "broadcast": cosine(UNIT, "return (a1[:, None] * b1[None]).sum(dim=-1)"),
        "loops": cosine(
            "table = torch.zeros(len(a), len(b))",
            "for i in range(len(a)):",
            "    for j in range(len(b)):",
            "        table[i, j] = (a[i] @ b[j]) / (a[i].norm() * b[j].norm())",
            "return table",
        ),
        "rows": cosine(
            UNIT, "return torch.stack([torch.stack([x.dot(y) for y in b1]) for x in a1])"
        ),
        "linear": cosine(UNIT, "return torch.nn.functional.linear(a1, b1)"),
        "matmul": cosine(UNIT, "return torch.matmul(a1, b1.transpose(0, 1))"),
        "unsqueezed": cosine(
            "one = a / a.norm(dim=1).unsqueeze(1)",
            "two = b / b.norm(dim=1).unsqueeze(1)",
            "return one.mm(two.t())",
        ),
        "double": cosine("a, b = a.double(), b.double()", UNIT, "return a1 @ b1.T"),
        "numpy": cosine(
            "import numpy as np",
            "a, b = np.asarray(a), np.asarray(b)",
            "a = a / np.linalg.norm(a, axis=1, keepdims=True)",
            "b = b / np.linalg.norm(b, axis=1, keepdims=True)",
            "return a @ b.T",
        ),
        "numpy and back": cosine(
            "import numpy as np",
            "x, y = a.detach().numpy(), b.detach().numpy()",
            "lengths = np.linalg.norm(x, axis=1)[:, None] * np.linalg.norm(y, axis=1)",
            "return torch.from_numpy(x @ y.T / lengths)",
        ),
        "clamped": cosine(UNIT, "return (a1 @ b1.T).clamp(-1, 1)"),
        "from distances": cosine(
            "a, b = a.double(), b.double()",
            UNIT,
            "return 1 - ((a1[:, None] - b1[None]) ** 2).sum(-1) / 2",
        ),
        "helper": """
def unit(x):
    return x / x.norm(dim=-1, keepdim=True)


def cosine_similarity(a, b):
    return unit(x=a) @ unit(x=b).T
""",
        "lambda": """
cosine_similarity = lambda a, b: (
    (a / a.norm(dim=-1, keepdim=True)) @ (b / b.norm(dim=-1, keepdim=True)).T
)
""",
        "hints": '''
@torch.no_grad()
def cosine_similarity(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """(N, D) and (M, D) -> (N, M)"""
    return (a @ b.T).div(a.norm(dim=-1, keepdim=True)).div(b.norm(dim=-1))
''',
    },
}

CASES = {
    "5.1": FILL_PLACES,
    "5.2": ATTENTION_WEIGHTS,
    "5.3": HEAD,
    "5.4": CHANGED,
    "5.5": COSINE_SIMILARITY,
}
