"""Answers to the exercises of lesson 12."""

from __future__ import annotations

from tests.checks.cases import forms
from tests.checks.cases.source import function, useless

flow_loss = function("flow_loss(network, x0, eps, t)")
euler = function("euler(field, x, steps)")
patchify = function("patchify(latents, size)")
far = function("far(jump, path, times)")

LOSS = {
    "wrong": {
        **useless(flow_loss),
        "ends swapped": flow_loss(
            "x_t = t * x0 + (1 - t) * eps", "return (network(x_t, t) - (eps - x0)).square().mean()"
        ),
        "direction turned": flow_loss(
            "x_t = (1 - t) * x0 + t * eps", "return (network(x_t, t) - (x0 - eps)).square().mean()"
        ),
        "noise as target": flow_loss(
            "x_t = (1 - t) * x0 + t * eps", "return (network(x_t, t) - eps).square().mean()"
        ),
        "data as target": flow_loss(
            "x_t = (1 - t) * x0 + t * eps", "return (network(x_t, t) - x0).square().mean()"
        ),
        "mixture as target": flow_loss(
            "x_t = (1 - t) * x0 + t * eps", "return (network(x_t, t) - x_t).square().mean()"
        ),
        "roots": flow_loss(
            "x_t = (1 - t) ** 0.5 * x0 + t ** 0.5 * eps",
            "return (network(x_t, t) - (eps - x0)).square().mean()",
        ),
        "sum": flow_loss(
            "x_t = (1 - t) * x0 + t * eps", "return (network(x_t, t) - (eps - x0)).square().sum()"
        ),
        "absolute": flow_loss(
            "x_t = (1 - t) * x0 + t * eps", "return (network(x_t, t) - (eps - x0)).abs().mean()"
        ),
        "not squared": flow_loss(
            "x_t = (1 - t) * x0 + t * eps", "return (network(x_t, t) - (eps - x0)).mean()"
        ),
        "no mean": flow_loss(
            "x_t = (1 - t) * x0 + t * eps", "return (network(x_t, t) - (eps - x0)).square()"
        ),
        "asked at the data": flow_loss("return (network(x0, t) - (eps - x0)).square().mean()"),
        "asked without time": flow_loss(
            "x_t = (1 - t) * x0 + t * eps", "return (network(x_t) - (eps - x0)).square().mean()"
        ),
        "own noise": flow_loss(
            "eps = torch.randn_like(x0)",
            "x_t = (1 - t) * x0 + t * eps",
            "return (network(x_t, t) - (eps - x0)).square().mean()",
        ),
        "one time for all": flow_loss(
            "t = t.mean()",
            "x_t = (1 - t) * x0 + t * eps",
            "return (network(x_t, t) - (eps - x0)).square().mean()",
        ),
        "network of the page": flow_loss(
            "x_t = (1 - t) * x0 + t * eps", "return (exact(x_t, t) - (eps - x0)).square().mean()"
        ),
        "forgets to return": flow_loss("loss = (network(x0, t) - (eps - x0)).square().mean()"),
    },
    "right": {
        "reference": flow_loss(
            "x_t = (1 - t) * x0 + t * eps", "return (network(x_t, t) - (eps - x0)).square().mean()"
        ),
        "lerp": flow_loss(
            "v = network(torch.lerp(x0, eps, t), t)", "return ((eps - x0 - v) ** 2).mean()"
        ),
        "mse_loss": flow_loss(
            "guess = network(x0 + t * (eps - x0), t)",
            "return torch.nn.functional.mse_loss(guess, eps - x0)",
        ),
        "flow module": flow_loss(
            "v = network(flow.mix(x0, eps, t), t)",
            "return (v - flow.velocity(x0, eps)).pow(2).mean()",
        ),
        "number": flow_loss(
            "x_t = (1 - t) * x0 + t * eps",
            "return float((network(x_t, t) - (eps - x0)).square().mean())",
        ),
    },
}

WALK = ("for k in range(steps):", "    t = 1 - k / steps", "    t_next = 1 - (k + 1) / steps")

EULER = {
    "wrong": {
        **useless(euler),
        "wrong sign": euler(*WALK, "    x = x - (t_next - t) * field(x, t)", "return x"),
        "from 0 to 1": euler(
            "for k in range(steps):", "    x = x + field(x, k / steps) / steps", "return x"
        ),
        "asks at the end": euler(
            *WALK, "    x = x + (t_next - t) * field(x, t_next)", "return x"
        ),
        "one step missing": euler(
            "for k in range(steps - 1):", "    x = x - field(x, 1 - k / steps) / steps", "return x"
        ),
        "one step too many": euler(
            "for k in range(steps + 1):", "    x = x - field(x, 1 - k / steps) / steps", "return x"
        ),
        "single jump": euler("return x - field(x, 1.0)"),
        "whole steps": euler(
            "for k in range(steps):", "    x = x - field(x, 1 - k / steps)", "return x"
        ),
        "start asked again": euler(
            "start = x", *WALK, "    x = x + (t_next - t) * field(start, t)", "return x"
        ),
        "always at t = 1": euler(
            "for k in range(steps):", "    x = x - field(x, 1.0) / steps", "return x"
        ),
        "returns the first": euler(*WALK, "    x = x + (t_next - t) * field(x, t)", "    return x"),
        "x not moved": euler(*WALK, "    y = x + (t_next - t) * field(x, t)", "return x"),
        "fifty steps": euler(
            "for k in range(50):", "    x = x - field(x, 1 - k / 50) / 50", "return x"
        ),
        "all points": euler(
            "path = [x]", *WALK, "    path.append(path[-1] + (t_next - t) * field(path[-1], t))",
            "return torch.stack(path)",
        ),
        "forgets to return": euler(*WALK, "    x = x + (t_next - t) * field(x, t)"),
    },
    "right": {
        "reference": euler(*WALK, "    x = x + (t_next - t) * field(x, t)", "return x"),
        "short": euler(
            "for k in range(steps):", "    x = x - field(x, 1 - k / steps) / steps", "return x"
        ),
        "linspace": euler(
            "times = torch.linspace(1, 0, steps + 1)",
            "for t, t_next in zip(times[:-1], times[1:]):",
            "    x = x + (t_next - t) * field(x, t)", "return x",
        ),
        "no gradient": euler(
            "with torch.no_grad():", "    for k in range(steps):",
            "        x = x - field(x, 1 - k / steps) / steps", "return x",
        ),
        "counting down": euler(
            "for k in range(steps, 0, -1):", "    x = x - field(x, k / steps) / steps", "return x"
        ),
        "while": euler(
            "k = 0", "while k < steps:", "    x = x - field(x, (steps - k) / steps) / steps",
            "    k += 1", "return x",
        ),
    },
}  # fmt: skip

PREDICTION = {
    "wrong": {
        "stub": "prediction = ...",
        "none": "prediction = None",
        "straighter": 'prediction = "straighter"',
        "alike": 'prediction = "alike"',
        "number": "prediction = 7.5",
        "bent": 'prediction = "bent"',
        "two": 'prediction = ["more bent", "alike"]',
        "truth value": "prediction = True",
        "empty": 'prediction = ""',
        "an adverb": 'prediction = "bent"',
        "the other way": 'prediction = "less"',
        "a list": 'prediction = ["more bent"]',
        "bytes": 'prediction = b"more bent"',
    },
    "right": {
        "more bent": 'prediction = "more bent"',
        "single quotes": "prediction = 'more bent'",
        "capital": 'prediction = "More bent"',
        "capitals": 'prediction = "MORE BENT"',
        "air around it": 'prediction = " more bent "',
        "three quotes": "prediction = '''more bent'''",
        "in brackets": 'prediction = ("more bent")',
        "with its type": 'prediction: str = "more bent"',
        "two pieces": 'prediction = "more" " bent"',
        "numpy text": 'import numpy as np\nprediction = np.str_("more bent")',
        "joined": 'prediction = "more " + "bent"',
        "measured": 'prediction = "more bent" if bends[1] > 1.25 * bends[0] else "alike"',
    },
}

CUT = "cut = latents.reshape(b, c, h // size, size, w // size, size)"
SHAPE = "b, c, h, w = latents.shape"
END = "return cut.reshape(b, (h // size) * (w // size), size * size * c)"

PATCHIFY = {
    "wrong": {
        **useless(patchify),
        "only reshaped": patchify(
            SHAPE, "return latents.reshape(b, (h // size) * (w // size), size * size * c)"
        ),
        "channels first": patchify(SHAPE, CUT, "cut = cut.permute(0, 2, 4, 1, 3, 5)", END),
        "column by column": patchify(SHAPE, CUT, "cut = cut.permute(0, 4, 2, 3, 5, 1)", END),
        "down first inside": patchify(SHAPE, CUT, "cut = cut.permute(0, 2, 4, 5, 3, 1)", END),
        "not permuted": patchify(SHAPE, CUT, END),
        "unfold": patchify(
            "return torch.nn.functional.unfold(latents, size, stride=size).transpose(1, 2)"
        ),
        "swapped axes": patchify(
            SHAPE, CUT, "cut = cut.permute(0, 2, 4, 3, 5, 1)",
            "return cut.reshape(b, size * size * c, -1)",
        ),
        "first picture": patchify(
            SHAPE, CUT, "cut = cut.permute(0, 2, 4, 3, 5, 1)",
            "return cut.reshape(b, -1, size * size * c)[0]",
        ),
        "size of the page": patchify(
            SHAPE, "size = 2", CUT, "cut = cut.permute(0, 2, 4, 3, 5, 1)",
            "return cut.reshape(b, -1, size * size * c)",
        ),
        "64 tokens": patchify("return latents.reshape(len(latents), 64, -1)"),
        "mean": patchify(
            "return torch.nn.functional.avg_pool2d(latents, size).flatten(2).transpose(1, 2)"
        ),
        "unchanged": patchify("return latents"),
    },
    "right": {
        "reference": patchify(SHAPE, CUT, "cut = cut.permute(0, 2, 4, 3, 5, 1)", END),
        "flatten": patchify(
            SHAPE, CUT, "return cut.permute(0, 2, 4, 3, 5, 1).flatten(3).flatten(1, 2)"
        ),
        "loops": patchify(
            "b, c, h, w = latents.shape", "tokens = []", "for y in range(0, h, size):",
            "    for x in range(0, w, size):",
            "        square = latents[:, :, y:y + size, x:x + size]",
            "        tokens.append(square.permute(0, 2, 3, 1).reshape(b, -1))",
            "return torch.stack(tokens, dim=1)",
        ),
        "channels last first": patchify(
            SHAPE, "x = latents.permute(0, 2, 3, 1)",
            "x = x.reshape(b, h // size, size, w // size, size, c)",
            "return x.transpose(2, 3).reshape(b, -1, size * size * c)",
        ),
    },
}  # fmt: skip

FAR = {
    "wrong": {
        **useless(far),
        "start": far(
            "return torch.stack([(jump(x, t) - path[0]).square().mean().sqrt()"
            " for x, t in zip(path, times)])"
        ),
        "points": far(
            "return torch.stack([(x - path[-1]).square().mean().sqrt() for x in path])"
        ),
        "own point": far(
            "return torch.stack([(jump(x, t) - x).square().mean().sqrt()"
            " for x, t in zip(path, times)])"
        ),
        "no root": far(
            "return torch.stack([(jump(x, t) - path[-1]).square().mean()"
            " for x, t in zip(path, times)])"
        ),
        "absolute": far(
            "return torch.stack([(jump(x, t) - path[-1]).abs().mean()"
            " for x, t in zip(path, times)])"
        ),
        "norm": far(
            "return torch.stack([(jump(x, t) - path[-1]).norm() for x, t in zip(path, times)])"
        ),
        "mean of all": far(
            "return torch.stack([(jump(x, t) - path[-1]).square().mean().sqrt()"
            " for x, t in zip(path, times)]).mean()"
        ),
        "not squared": far(
            "return torch.stack([(jump(x, t) - path[-1]).mean() for x, t in zip(path, times)])"
        ),
        "first only": far("return (jump(path[0], times[0]) - path[-1]).square().mean().sqrt()"),
        "last answer": far(
            "end = jump(path[-1], times[-1])",
            "return torch.stack([(jump(x, t) - end).square().mean().sqrt()"
            " for x, t in zip(path, times)])",
        ),
        "one time": far(
            "return torch.stack([(jump(x, times[0]) - path[-1]).square().mean().sqrt()"
            " for x in path])"
        ),
    },
    "right": {
        "reference": far(
            "answers = torch.stack([jump(x, t) for x, t in zip(path, times)])",
            "return (answers - path[-1]).square().flatten(1).mean(1).sqrt()",
        ),
        "list": far(
            "return [float((jump(x, t) - path[-1]).square().mean().sqrt())"
            " for x, t in zip(path, times)]"
        ),
        "loop": far(
            "found = torch.zeros(len(path))", "for k in range(len(path)):",
            "    off = jump(path[k], times[k]) - path[-1]",
            "    found[k] = (off ** 2).mean() ** 0.5", "return found",
        ),
        "norm divided": far(
            "end = path[-1]",
            "return torch.stack([(jump(x, t) - end).norm() / end.numel() ** 0.5"
            " for x, t in zip(path, times)])",
        ),
    },
}  # fmt: skip

for cases in (LOSS, EULER, PATCHIFY, FAR):
    cases["right"] |= forms.right(cases["right"]["reference"])

CASES = {"12.1": LOSS, "12.2": EULER, "12.3": PREDICTION, "12.4": PATCHIFY, "12.5": FAR}
