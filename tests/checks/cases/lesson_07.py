"""Answers to the exercises of lesson 07."""

from __future__ import annotations

from tests.checks.cases.source import function, useless

KEYS = (
    "after the first convolution",
    "in the middle",
    "after the first doubling",
    "given to the last residual block",
    "the answer",
)
TRUE = ("(64, 24, 40)", "(192, 6, 10)", "(192, 12, 20)", "(128, 24, 40)", "(4, 24, 40)")


def shapes(*values: str, **changed: str) -> str:
    """The dictionary with these values; `c`, `m`, `d`, `r`, `a` change one of the right ones."""
    given = values or tuple(changed.get(k, v) for k, v in zip("cmdra", TRUE, strict=True))
    lines = [f"    {key!r}: {value}," for key, value in zip(KEYS, given, strict=True)]
    return "\n".join(["shapes = {", *lines, "}", ""])


SHAPES = {
    "wrong": {
        "stub": shapes(*["..."] * 5),
        "half done": shapes(a="..."),
        "skip forgotten": shapes(r="(64, 24, 40)"),
        "what leaves the last block": shapes(r="(64, 24, 40)", a="(4, 24, 40)"),
        "plan's own side": shapes(
            "(64, 16, 16)", "(192, 4, 4)", "(192, 8, 8)", "(128, 16, 16)", "(4, 16, 16)"
        ),
        "halved once": shapes(m="(192, 12, 20)"),
        "halved three times": shapes(m="(192, 3, 5)"),
        "middle of the widest": shapes(m="(256, 6, 10)"),
        "doubling to the top": shapes(d="(192, 24, 40)"),
        "doubling halves channels": shapes(d="(128, 12, 20)"),
        "channels last": shapes(
            "(24, 40, 64)", "(6, 10, 192)", "(12, 20, 192)", "(24, 40, 128)", "(24, 40, 4)"
        ),
        "width first": shapes(
            "(64, 40, 24)", "(192, 10, 6)", "(192, 20, 12)", "(128, 40, 24)", "(4, 40, 24)"
        ),
        "batch": shapes(a="(1, 4, 24, 40)"),
        "text": shapes(a='"4 x 24 x 40"'),
        "channels only": shapes("64", "192", "192", "128", "4"),
        "sides only": shapes(m="(6, 10)"),
        "no padding": shapes(c="(64, 22, 38)"),
        "answer in colours": shapes(a="(3, 24, 40)"),
        "answer in pixels": shapes(a="(3, 192, 320)"),
        "kernel's channels": shapes(c="(4, 24, 40)"),
        "all the same": shapes(*["(64, 24, 40)"] * 5),
        "a list": f"shapes = [{', '.join(TRUE)}]",
        "another key": shapes().replace("in the middle", "middle"),
        "None": "shapes = None",
        "negative": shapes(a="(-4, 24, 40)"),
        "fractions": shapes(m="(192, 6.5, 10)"),
    },
    "right": {
        "as hinted": shapes(),
        "lists": shapes(*[v.replace("(", "[").replace(")", "]") for v in TRUE]),
        "tensors": shapes(*[f"torch.tensor({v})" for v in TRUE]),
        "sizes": shapes(*[f"torch.Size({v})" for v in TRUE]),
        "calculated": shapes(m="(192, 24 // 4, 40 // 4)", r="(64 + 64, 24, 40)"),
        "floats": shapes(m="(192.0, 6.0, 10.0)"),
        "filled in later": shapes(*["..."] * 5)
        + "\n".join(f"shapes[{k!r}] = {v}" for k, v in zip(KEYS, TRUE, strict=True)),
        "zip": f"shapes = dict(zip({KEYS}, [{', '.join(TRUE)}]))",
        "arrays": "import numpy as np\n" + shapes(*[f"np.array({v})" for v in TRUE]),
        "named sides": "h, w = 24, 40\n"
        + shapes("(64, h, w)", "(192, h // 4, w // 4)", "(192, h // 2, w // 2)",
                 "(128, h, w)", "(4, h, w)"),
        "by a tensor": shapes(a="tuple(torch.zeros(4, 24, 40).shape)"),
        "another order": "shapes = dict(reversed([" + ", ".join(
            f"({k!r}, {v})" for k, v in zip(KEYS, TRUE, strict=True)) + "]))",
    },
}  # fmt: skip

field = function("field(layers)")
LOOP = "for kernel, stride in layers:"
FIELD = {
    "wrong": {
        **useless(field),
        "strides ignored": field("return 1 + sum(k - 1 for k, s in layers)"),
        "page's answer": field("return 9"),
        "whole kernels": field("return sum(k for k, s in layers)"),
        "product of kernels": field(
            "p = 1", "for k, s in layers:", "    p *= k", "return p"
        ),
        "stride too early": field(
            "side, jump = 1, 1", LOOP, "    jump *= stride", "    side += (kernel - 1) * jump",
            "return side",
        ),
        "begins with nothing": field(
            "side, jump = 0, 1", LOOP, "    side += (kernel - 1) * jump", "    jump *= stride",
            "return side",
        ),
        "return in the loop": field(
            "side, jump = 1, 1", LOOP, "    side += (kernel - 1) * jump", "    jump *= stride",
            "    return side",
        ),
        "strides added": field(
            "side, jump = 1, 1", LOOP, "    side += (kernel - 1) * jump", "    jump += stride",
            "return side",
        ),
        "stride, not its product": field(
            "side = 1", LOOP, "    side += (kernel - 1) * stride", "return side"
        ),
        "jump doubles always": field(
            "side, jump = 1, 1", LOOP, "    side += (kernel - 1) * jump", "    jump *= 2",
            "return side",
        ),
        "a stride is always 2": field(
            "side, jump = 1, 1", LOOP, "    side += (kernel - 1) * jump",
            "    jump *= 2 if stride > 1 else 1", "return side",
        ),
        "a kernel is always 3": field(
            "side, jump = 1, 1", LOOP, "    side += 2 * jump", "    jump *= stride", "return side"
        ),
        "half a kernel": field(
            "side, jump = 1, 1", LOOP, "    side += kernel // 2 * jump", "    jump *= stride",
            "return side",
        ),
        "area": field(
            "side, jump = 1, 1", LOOP, "    side += (kernel - 1) * jump", "    jump *= stride",
            "return side ** 2",
        ),
        "jump": field("jump = 1", LOOP, "    jump *= stride", "return jump"),
        "a pair": field(
            "side, jump = 1, 1", LOOP, "    side += (kernel - 1) * jump", "    jump *= stride",
            "return side, jump",
        ),
        "a list of sides": field(
            "sides, jump = [1], 1", LOOP, "    sides.append(sides[-1] + (kernel - 1) * jump)",
            "    jump *= stride", "return sides",
        ),
        "prints": field(
            "side, jump = 1, 1", LOOP, "    side += (kernel - 1) * jump", "    jump *= stride",
            "print(side)",
        ),
        "text": field(
            "side, jump = 1, 1", LOOP, "    side += (kernel - 1) * jump", "    jump *= stride",
            "return str(side)",
        ),
        "empties its argument": field(
            "side, jump = 1, 1", "while layers:", "    kernel, stride = layers.pop(0)",
            "    side += (kernel - 1) * jump", "    jump *= stride", "return side",
        ),
        "one too many": field(
            "side, jump = 2, 1", LOOP, "    side += (kernel - 1) * jump", "    jump *= stride",
            "return side",
        ),
        "capped at the canvas": field(
            "side, jump = 1, 1", LOOP, "    side += (kernel - 1) * jump", "    jump *= stride",
            "return min(side, 16)",
        ),
        "kernel and stride mixed up": field(
            "side, jump = 1, 1", "for stride, kernel in layers:",
            "    side += (kernel - 1) * jump", "    jump *= stride", "return side",
        ),
        "last layer left out": field(
            "side, jump = 1, 1", "for kernel, stride in layers[:-1]:",
            "    side += (kernel - 1) * jump", "    jump *= stride", "return side",
        ),
    },
    "right": {
        "loop": field(
            "side, jump = 1, 1", LOOP, "    side = side + (kernel - 1) * jump",
            "    jump = jump * stride", "return side",
        ),
        "from the end": field(
            "side = 1", "for kernel, stride in reversed(layers):",
            "    side = (side - 1) * stride + kernel", "return side",
        ),
        "math.prod": field(
            "import math",
            "return 1 + sum((k - 1) * math.prod(s for _, s in layers[:n])",
            "               for n, (k, _) in enumerate(layers))",
        ),
        "numpy": field(
            "import numpy as np",
            "k, s = np.array(layers).T",
            "return 1 + ((k - 1) * np.concatenate([[1], np.cumprod(s)[:-1]])).sum()",
        ),
        "torch": field(
            "k, s = torch.tensor(layers).T",
            "jump = torch.cat([torch.ones(1), s.cumprod(0)[:-1]])",
            "return 1 + ((k - 1) * jump).sum()",
        ),
        "a float": field(
            "side, jump = 1.0, 1.0", LOOP, "    side += (kernel - 1) * jump", "    jump *= stride",
            "return side",
        ),
        "recursion": field(
            "if not layers:", "    return 1", "(kernel, stride), rest = layers[0], layers[1:]",
            "return (field(rest) - 1) * stride + kernel",
        ),
        "ends": field(
            "first, last, jump = 0, 0, 1", LOOP, "    first -= (kernel - 1) / 2 * jump",
            "    last += (kernel - 1) / 2 * jump", "    jump *= stride", "return last - first + 1",
        ),
        "while": field(
            "side, jump, n = 1, 1, 0", "while n < len(layers):",
            "    side += (layers[n][0] - 1) * jump", "    jump *= layers[n][1]", "    n += 1",
            "return side",
        ),
        "accumulate": field(
            "import itertools, operator",
            "jumps = itertools.accumulate((s for _, s in layers), operator.mul, initial=1)",
            "return 1 + sum((k - 1) * jump for (k, _), jump in zip(layers, jumps))",
        ),
        "reduce": field(
            "import functools",
            "step = lambda so_far, layer: (so_far[0] + (layer[0] - 1) * so_far[1],",
            "                              so_far[1] * layer[1])",
            "return functools.reduce(step, layers, (1, 1))[0]",
        ),
        "a tensor": field(
            "side, jump = torch.tensor(1), torch.tensor(1)", LOOP,
            "    side = side + (kernel - 1) * jump", "    jump = jump * stride", "return side",
        ),
    },
}  # fmt: skip

residual = function("residual(block, x, time)")
START = "h = block.conv1(F.silu(block.norm1(x)))"
SHIFT = "shift = block.time_emb_proj(F.silu(time))"
ADD = "h = h + shift[:, :, None, None]"
END = "h = block.conv2(F.silu(block.norm2(h)))"
WAY = "x = x if block.conv_shortcut is None else block.conv_shortcut(x)"
RESIDUAL = {
    "wrong": {
        **useless(residual),
        "as broken": residual(START, END, SHIFT, ADD, WAY, "return x + h"),
        "broken itself": "residual = broken",
        "calls broken": residual("return broken(block, x, time)"),
        "the block itself": residual("return block(x, time)"),
        "forward": residual("return block.forward(x, time)"),
        "no time": residual(START, END, WAY, "return x + h"),
        "shift never added": residual(START, SHIFT, END, WAY, "return x + h"),
        "time before norm1": residual(SHIFT, "h = x + shift[:, :, None, None]",
                                      "h = block.conv1(F.silu(block.norm1(h)))", END, WAY,
                                      "return x + h"),
        "time after norm2": residual(START, SHIFT, "h = block.norm2(h) + shift[:, :, None, None]",
                                     "h = block.conv2(F.silu(h))", WAY, "return x + h"),
        "time after the second SiLU": residual(
            START, SHIFT, "h = F.silu(block.norm2(h)) + shift[:, :, None, None]",
            "h = block.conv2(h)", WAY, "return x + h",
        ),
        "time added twice": residual(START, SHIFT, ADD, END, ADD, WAY, "return x + h"),
        "no SiLU on the time": residual(
            START, "shift = block.time_emb_proj(time)", ADD, END, WAY, "return x + h"
        ),
        "time multiplied": residual(START, SHIFT, "h = h * shift[:, :, None, None]", END, WAY,
                                    "return x + h"),
        "time taken away": residual(START, SHIFT, "h = h - shift[:, :, None, None]", END, WAY,
                                    "return x + h"),
        "no input": residual(START, SHIFT, ADD, END, "return h"),
        "no shortcut": residual(START, SHIFT, ADD, END, "return x + h"),
        "no first norm": residual("h = block.conv1(F.silu(x))", SHIFT, ADD, END, WAY,
                                  "return x + h"),
        "no second norm": residual(START, SHIFT, ADD, "h = block.conv2(F.silu(h))", WAY,
                                   "return x + h"),
        "no SiLU": residual("h = block.conv1(block.norm1(x))", SHIFT, ADD,
                            "h = block.conv2(block.norm2(h))", WAY, "return x + h"),
        "ReLU": residual("h = block.conv1(F.relu(block.norm1(x)))", SHIFT, ADD,
                         "h = block.conv2(F.relu(block.norm2(h)))", WAY, "return x + h"),
        "first convolution twice": residual(
            START, SHIFT, ADD, "h = block.conv1(F.silu(block.norm2(h)))", WAY, "return x + h"
        ),
        "axes forgotten": residual(START, SHIFT, "h = h + shift", END, WAY, "return x + h"),
        "times the input": residual(START, SHIFT, ADD, END, WAY, "return x * h"),
        "input taken away": residual(START, SHIFT, ADD, END, WAY, "return h - x"),
        "one SiLU more": residual(START, SHIFT, ADD, END, WAY, "return F.silu(x + h)"),
        "prints": residual(START, SHIFT, ADD, END, WAY, "print(x + h)"),
        "in place": residual(START, SHIFT, ADD, END, WAY, "x += h", "return x"),
        "block of the page": residual("return real(block, x, time)"),
        "shortcut after the sum": residual(
            START, SHIFT, ADD, END,
            "return h + x if block.conv_shortcut is None else block.conv_shortcut(x + h)",
        ),
    },
    "right": {
        "mended": residual(START, SHIFT, ADD, END, WAY, "return x + h"),
        "time first": residual(SHIFT, START, ADD, END, WAY, "return h + x"),
        "its own SiLU": residual(
            "h = block.conv1(block.nonlinearity(block.norm1(x)))",
            "h = h + block.time_emb_proj(block.nonlinearity(time))[:, :, None, None]",
            "h = block.conv2(block.dropout(block.nonlinearity(block.norm2(h))))", WAY,
            "return x + h",
        ),
        "by sigmoid": residual(
            "silu = lambda z: z * torch.sigmoid(z)", "h = block.conv1(silu(block.norm1(x)))",
            "h = h + block.time_emb_proj(silu(time))[..., None, None]",
            "h = block.conv2(silu(block.norm2(h)))", WAY, "return x + h",
        ),
        "unsqueeze": residual(START, SHIFT, "h = h + shift.unsqueeze(2).unsqueeze(3)", END,
                              "if block.conv_shortcut is not None:",
                              "    x = block.conv_shortcut(x)", "return torch.add(x, h)"),
        "view": residual(START, SHIFT, "h = h + shift.view(*shift.shape, 1, 1)", END, WAY,
                         "return x + h"),
        "h in place": residual(START, SHIFT, "h += shift[:, :, None, None]", END, WAY,
                               "return x + h"),
        "truth of the shortcut": residual(
            START, SHIFT, ADD, END, "if block.conv_shortcut:", "    x = block.conv_shortcut(x)",
            "return x + h",
        ),
        "names of one's own": residual(
            "kept = block.conv_shortcut(x) if block.conv_shortcut is not None else x",
            "a = block.norm1(x)", "b = F.silu(a)", "c = block.conv1(b)",
            "d = c + block.time_emb_proj(F.silu(time))[:, :, None, None]", "e = block.norm2(d)",
            "f = F.silu(e)", "g = block.conv2(f)", "return kept + g",
        ),
        "module of SiLU": residual(
            "silu = torch.nn.SiLU()", "h = block.conv1(silu(block.norm1(x)))",
            "h = h + block.time_emb_proj(silu(time))[:, :, None, None]",
            "h = block.conv2(silu(block.norm2(h)))", WAY, "return x + h",
        ),
        "expanded": residual(
            START, SHIFT, "h = h + shift[:, :, None, None].expand_as(h)", END, WAY, "return x + h",
        ),
        "the way first": residual(
            START, SHIFT, ADD, END,
            "way = (lambda z: z) if block.conv_shortcut is None else block.conv_shortcut",
            "return way(x) + h",
        ),
    },
}  # fmt: skip

most_needed = function("most_needed(measure, skips, times)")
HARM = "harm = lambda k: sum(float((measure(k, t) - measure(None, t)).mean()) for t in times)"
MOST_NEEDED = {
    "wrong": {
        **useless(most_needed),
        "least first": most_needed(HARM, "return sorted(skips, key=harm)"),
        "first time": most_needed(
            "return sorted(skips, key=lambda k: measure(k, times[0]).mean(), reverse=True)"
        ),
        "last time": most_needed(
            "return sorted(skips, key=lambda k: measure(k, times[-1]).mean(), reverse=True)"
        ),
        "page's time": most_needed(
            "return sorted(skips, key=lambda k: measure(k, 900).mean(), reverse=True)"
        ),
        "page's skips": most_needed(HARM, "return sorted(range(6), key=harm, reverse=True)"),
        "page's levels": most_needed(
            "harm = lambda k: sum(float(measure(k, t).mean()) for t in levels)",
            "return sorted(skips, key=harm, reverse=True)",
        ),
        "first picture": most_needed(
            "harm = lambda k: sum(float(measure(k, t)[0]) for t in times)",
            "return sorted(skips, key=harm, reverse=True)",
        ),
        "last picture": most_needed(
            "harm = lambda k: sum(float(measure(k, t)[-1]) for t in times)",
            "return sorted(skips, key=harm, reverse=True)",
        ),
        "worst picture": most_needed(
            "harm = lambda k: max(float(measure(k, t).max()) for t in times)",
            "return sorted(skips, key=harm, reverse=True)",
        ),
        "best picture": most_needed(
            "harm = lambda k: min(float(measure(k, t).min()) for t in times)",
            "return sorted(skips, key=harm, reverse=True)",
        ),
        "whole twice": most_needed(
            "harm = lambda k: sum(float((measure(None, t) - measure(k, t)).mean()) for t in times)",
            "return sorted(skips, key=harm, reverse=True)",
        ),
        "only the winner": most_needed(HARM, "return max(skips, key=harm)"),
        "a list of the winner": most_needed(HARM, "return [max(skips, key=harm)]"),
        "the harm": most_needed(HARM, "return sorted(map(harm, skips), reverse=True)"),
        "pairs": most_needed(
            HARM, "return sorted([(harm(k), k) for k in skips], reverse=True)"
        ),
        "places": most_needed(
            HARM, "return sorted(range(len(skips)), key=lambda n: harm(skips[n]), reverse=True)"
        ),
        "as they came": most_needed("return skips"),
        "by number": most_needed("return sorted(skips)"),
        "answer of the page": most_needed("return [0, 2, 3, 1, 4, 5]"),
        "an iterator": most_needed(HARM, "return reversed(sorted(skips, key=harm))"),
        "sorts in place": most_needed(HARM, "return skips.sort(key=harm, reverse=True)"),
        "sorts its argument": most_needed(
            HARM, "skips.sort(key=harm, reverse=True)", "return skips"
        ),
        "prints": most_needed(HARM, "print(sorted(skips, key=harm, reverse=True))"),
        "text": most_needed(HARM, "return str(sorted(skips, key=harm, reverse=True))"),
        "a dictionary": most_needed(HARM, "return {k: harm(k) for k in skips}"),
    },
    "right": {
        "sorted": most_needed(HARM, "return sorted(skips, key=harm, reverse=True)"),
        "minus": most_needed(HARM, "return sorted(skips, key=lambda k: -harm(k))"),
        "errors are enough": most_needed(
            "harm = lambda k: sum(float(measure(k, t).mean()) for t in times)",
            "return sorted(skips, key=harm, reverse=True)",
        ),
        "stacked": most_needed(
            "errors = [torch.stack([measure(k, t) - measure(None, t) for t in times]).mean()",
            "          for k in skips]",
            "return [skips[int(n)] for n in torch.stack(errors).argsort(descending=True)]",
        ),
        "loops": most_needed(
            "harm = {}", "for k in skips:", "    total = 0.0", "    for t in times:",
            "        total += (measure(k, t).mean() - measure(None, t).mean()).item()",
            "    harm[k] = total / len(times)",
            "return sorted(harm, key=harm.get, reverse=True)",
        ),
        "backwards": most_needed(HARM, "return list(reversed(sorted(skips, key=harm)))"),
        "a copy sorted": most_needed(
            HARM, "found = list(skips)", "found.sort(key=harm, reverse=True)", "return found"
        ),
        "a tuple": most_needed(HARM, "return tuple(sorted(skips, key=harm, reverse=True))"),
        "numpy": most_needed(
            "import numpy as np", HARM,
            "order = np.argsort([-harm(k) for k in skips])",
            "return np.array(skips)[order]",
        ),
        "all pictures at once": most_needed(
            "mean = lambda k: torch.cat([measure(k, t) for t in times]).mean()",
            "return sorted(skips, key=lambda k: float(mean(k) - mean(None)), reverse=True)",
        ),
        "pairs": most_needed(
            HARM, "found = sorted(((harm(k), k) for k in skips), reverse=True)",
            "return [k for _, k in found]",
        ),
        "largest first": most_needed(
            HARM, "left, found = list(skips), []", "while left:",
            "    found.append(max(left, key=harm))", "    left.remove(found[-1])", "return found",
        ),
    },
}  # fmt: skip

NAMES = ("3 × 3 convolutions", "self-attention, q with k", "cross-attention, q with k")


def factors(*values: str) -> str:
    lines = [f"    {name!r}: {value}," for name, value in zip(NAMES, values, strict=True)]
    return "\n".join(["factors = {", *lines, "}", ""])


FACTORS = {
    "wrong": {
        "stub": factors("...", "...", "..."),
        "half done": factors("4", "16", "..."),
        "twice": factors("2", "4", "2"),
        "all four": factors("4", "4", "4"),
        "all sixteen": factors("16", "16", "16"),
        "cross as self": factors("4", "16", "16"),
        "eight": factors("4", "8", "4"),
        "swapped": factors("16", "4", "4"),
        "words grow": factors("4", "16", "2"),
        "no change for words": factors("4", "16", "1"),
        "kernel": factors("9", "16", "4"),
        "text": factors("'4'", "'16'", "'4'"),
        "a list": "factors = [4, 16, 4]",
        "a pair": factors("(4, 4)", "16", "4"),
        "None": "factors = None",
        "negative": factors("-4", "-16", "-4"),
        "infinite": factors("4", "float('inf')", "4"),
        "true": factors("True", "True", "True"),
        "near": factors("4.5", "16", "4"),
        "another key": factors("4", "16", "4").replace("self-attention", "self attention"),
    },
    "right": {
        "as hinted": factors("4", "16", "4"),
        "powers": factors("2 ** 2", "2 ** 4", "2 ** 2"),
        "floats": factors("4.0", "16.0", "4.0"),
        "tensors": factors("torch.tensor(4)", "torch.tensor([16.0])", "torch.tensor(4)"),
        "calculated": factors("32 * 32 / (16 * 16)", "(32 * 32) ** 2 / (16 * 16) ** 2", "4"),
        "numpy": "import numpy as np\n" + factors("np.int64(4)", "np.float32(16)", "np.int8(4)"),
        "zip": f"factors = dict(zip({NAMES}, (4, 16, 4)))",
        "filled in later": factors("...", "...", "...")
        + "\n".join(f"factors[{n!r}] = {v}" for n, v in zip(NAMES, (4, 16, 4), strict=True)),
        "another order": f"factors = {{{NAMES[2]!r}: 4, {NAMES[1]!r}: 16, {NAMES[0]!r}: 4}}",
        "fractions": "from fractions import Fraction\n" + factors("Fraction(8, 2)", "16", "4"),
        "named": "locations = 2 * 2\n" + factors("locations", "locations**2", "locations"),
        "one-element arrays": "import numpy as np\n" + factors("np.array([4])", "16", "4"),
    },
}

CASES = {
    "7.1": SHAPES,
    "7.2": FIELD,
    "7.3": RESIDUAL,
    "7.4": MOST_NEEDED,
    "7.5": FACTORS,
}
