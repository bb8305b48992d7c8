"""Answers to the exercises of lesson 09."""

from __future__ import annotations

from tests.checks.cases.source import function, useless

choose = function("choose(right, alike)")
WHOLE = "whole = right.all(dim=2).all(dim=0)"

CHOOSE = {
    "wrong": {
        **useless(choose),
        "most alike": choose("return int(alike.argmax())"),
        "first right": choose(WHOLE, "return int(whole.int().argmax())"),
        "any attribute": choose(
            "whole = right.any(dim=2).all(dim=0)",
            "return int(torch.where(whole, alike, -torch.inf).argmax())",
        ),
        "any style": choose(
            "whole = right.all(dim=2).any(dim=0)",
            "return int(torch.where(whole, alike, -torch.inf).argmax())",
        ),
        "one style": choose(
            "whole = right[0].all(dim=1)",
            "return int(torch.where(whole, alike, -torch.inf).argmax())",
        ),
        "counted among the right": choose(WHOLE, "return int(alike[whole].argmax())"),
        "least alike": choose(WHOLE, "return int(torch.where(whole, alike, torch.inf).argmin())"),
        "how alike": choose(WHOLE, "return float(alike[whole].max())"),
        "which are right": choose(WHOLE, "return whole"),
        "multiplied": choose(WHOLE, "return int((whole * alike).argmax())"),
        "most right": choose("return int(right.float().mean(dim=(0, 2)).argmin())"),
        "axes mixed up": choose(
            "whole = right.all(dim=0).all(dim=0)", "return int(whole.int().argmax())"
        ),
        "of the page": "choose = likeness",
    },
    "right": {
        "as hinted": choose(WHOLE, "return int(torch.where(whole, alike, -torch.inf).argmax())"),
        "a tensor": choose(WHOLE, "return torch.where(whole, alike, -torch.inf).argmax()"),
        "item": choose(WHOLE, "return torch.where(whole, alike, -torch.inf).argmax().item()"),
        "both axes": choose(
            "whole = right.all(dim=0).all(dim=-1)",
            "return int(torch.where(whole, alike, -torch.inf).argmax())",
        ),
        "masked": choose(WHOLE, "return int(alike.masked_fill(~whole, float('-inf')).argmax())"),
        "indices kept": choose(
            WHOLE, "left = whole.nonzero().flatten()", "return int(left[alike[left].argmax()])"
        ),
        "loop": choose(
            "best = None",
            "for k in range(len(alike)):",
            "    if right[:, k].all() and (best is None or alike[k] > alike[best]):",
            "        best = k",
            "return best",
        ),
        "max": choose(
            "left = [k for k in range(len(alike)) if right[:, k].all()]",
            "return max(left, key=lambda k: alike[k])",
        ),
        "sorted": choose(
            "for k in alike.argsort(descending=True).tolist():",
            "    if bool(right[:, k, :].all()):",
            "        return k",
        ),
        "numpy": choose(
            "import numpy as np",
            "whole = right.numpy().all(axis=(0, 2))",
            "return int(np.where(whole, alike.numpy(), -np.inf).argmax())",
        ),
        "float": choose(WHOLE, "return float(torch.where(whole, alike, -torch.inf).argmax())"),
        "counted slips": choose(
            "slips = (~right).sum(dim=(0, 2))",
            "return int((alike - 1000 * slips).argmax())",
        ),
    },
}

seam = function("seam(picture)")
INSIDE = "inside = (picture[:, :, 1:] - picture[:, :, :-1]).abs().mean()"
ACROSS = "across = (picture[:, :, 0] - picture[:, :, -1]).abs().mean()"

SEAM = {
    "wrong": {
        **useless(seam),
        "across alone": seam(ACROSS, "return across"),
        "inside alone": seam(INSIDE, "return inside"),
        "turned over": seam(INSIDE, ACROSS, "return inside / across"),
        "rows": seam(
            "inside = (picture[:, 1:] - picture[:, :-1]).abs().mean()",
            "across = (picture[:, 0] - picture[:, -1]).abs().mean()",
            "return across / inside",
        ),
        "no abs": seam(INSIDE.replace(".abs()", ""), ACROSS, "return across / inside"),
        "abs after the mean": seam(
            "inside = (picture[:, :, 1:] - picture[:, :, :-1]).mean().abs()",
            "across = (picture[:, :, 0] - picture[:, :, -1]).mean().abs()",
            "return across / inside",
        ),
        "squares": seam(
            INSIDE.replace("abs", "square"),
            ACROSS.replace("abs", "square"),
            "return across / inside",
        ),
        "first and second": seam(
            INSIDE, "return (picture[:, :, 0] - picture[:, :, 1]).abs().mean() / inside"
        ),
        "difference": seam(INSIDE, ACROSS, "return across - inside"),
        "sums": seam(
            INSIDE.replace("mean", "sum"), ACROSS.replace("mean", "sum"), "return across / inside"
        ),
        "largest": seam(
            INSIDE.replace("mean", "max"), ACROSS.replace("mean", "max"), "return across / inside"
        ),
        "red alone": seam("picture = picture[:1]", INSIDE, ACROSS, "return across / inside"),
        "changes the picture": seam("picture -= 0.1", INSIDE, ACROSS, "return across / inside"),
        "number by hand": seam("return 3.0"),
    },
    "right": {
        "as hinted": seam(INSIDE, ACROSS, "return across / inside"),
        "float": seam(INSIDE, ACROSS, "return float(across / inside)"),
        "diff": seam(ACROSS, "return across / picture.diff(dim=-1).abs().mean()"),
        "roll": seam(
            "steps = (picture - picture.roll(1, -1)).abs().mean(dim=(0, 1))",
            "return steps[0] / steps[1:].mean()",
        ),
        "ellipsis": seam(
            INSIDE,
            "across = (picture[..., -1] - picture[..., 0]).abs().mean()",
            "return across / inside",
        ),
        "torch": seam(
            "inside = torch.mean(torch.abs(picture[:, :, :-1] - picture[:, :, 1:]))",
            ACROSS,
            "return torch.div(across, inside)",
        ),
        "float64": seam("picture = picture.double()", INSIDE, ACROSS, "return across / inside"),
        "numpy": seam(
            "import numpy as np",
            "x = picture.numpy()",
            "inside = np.abs(np.diff(x, axis=2)).mean()",
            "return np.abs(x[:, :, 0] - x[:, :, -1]).mean() / inside",
        ),
        "l1 loss": seam(
            "inside = F.l1_loss(picture[:, :, 1:], picture[:, :, :-1])",
            "return F.l1_loss(picture[:, :, 0], picture[:, :, -1]) / inside",
        ),
        "no_grad": seam(
            "with torch.no_grad():",
            f"    {INSIDE}",
            f"    {ACROSS}",
            "    return (across / inside).item()",
        ),
        "loop": seam(
            "width = picture.shape[2]",
            "x = picture",
            "steps = [(x[:, :, k] - x[:, :, k - 1]).abs().mean() for k in range(width)]",
            "return steps[0] / torch.stack(steps[1:]).mean()",
        ),
        "one line": seam(
            "return ((picture[:, :, 0] - picture[:, :, -1]).abs().mean()",
            "        / (picture[:, :, 1:] - picture[:, :, :-1]).abs().mean())",
        ),
    },
}

contrast = function("contrast(one, other)")
BOTH = "a, b = luminance(one), luminance(other)"
RATIO = "return (torch.maximum(a, b) + 0.05) / (torch.minimum(a, b) + 0.05)"

CONTRAST = {
    "wrong": {
        **useless(contrast),
        "first above": contrast(BOTH, "return (a + 0.05) / (b + 0.05)"),
        "second above": contrast(BOTH, "return (b + 0.05) / (a + 0.05)"),
        "turned over": contrast(
            BOTH, "return (torch.minimum(a, b) + 0.05) / (torch.maximum(a, b) + 0.05)"
        ),
        "without 0.05": contrast(BOTH, "return torch.maximum(a, b) / torch.minimum(a, b)"),
        "0.05 above alone": contrast(
            BOTH, "return (torch.maximum(a, b) + 0.05) / torch.minimum(a, b)"
        ),
        "0.5": contrast(BOTH, RATIO.replace("0.05", "0.5")),
        "mean of the numbers": contrast("a, b = one.mean(-1), other.mean(-1)", RATIO),
        "weights without light": contrast(
            "w = torch.tensor([0.2126, 0.7152, 0.0722])", "a, b = one @ w, other @ w", RATIO
        ),
        "each channel": contrast("a, b = one, other", RATIO),
        "difference": contrast(BOTH, "return (a - b).abs()"),
        "worst alone": contrast(BOTH, RATIO.replace("return ", "r = "), "return r.min()"),
        "Python's max": contrast(BOTH, "return (max(a, b) + 0.05) / (min(a, b) + 0.05)"),
        "21 at all times": contrast("return torch.full(one.shape[:-1], 21.0)"),
    },
    "right": {
        "as hinted": contrast(BOTH, RATIO),
        "where": contrast(
            BOTH,
            "high, low = torch.where(a > b, a, b), torch.where(a > b, b, a)",
            "return (high + 0.05) / (low + 0.05)",
        ),
        "the larger of both ratios": contrast(
            BOTH, "r = (a + 0.05) / (b + 0.05)", "return torch.maximum(r, 1 / r)"
        ),
        "lifted first": contrast(
            "a, b = luminance(one) + 0.05, luminance(other) + 0.05",
            "return torch.maximum(a, b) / torch.minimum(a, b)",
        ),
        "exp of log": contrast(BOTH, "return ((a + 0.05).log() - (b + 0.05).log()).abs().exp()"),
        "float64": contrast("one, other = one.double(), other.double()", BOTH, RATIO),
        "max and min": contrast(BOTH, "return (torch.max(a, b) + 0.05) / (torch.min(a, b) + 0.05)"),
        "numpy": contrast(
            "import numpy as np",
            BOTH,
            "a, b = a.numpy(), b.numpy()",
            "return (np.maximum(a, b) + 0.05) / (np.minimum(a, b) + 0.05)",
        ),
        "by hand": contrast(
            "w = torch.tensor([0.2126, 0.7152, 0.0722])",
            "def light(c):",
            "    return torch.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4) @ w",
            "a, b = light(one), light(other)",
            RATIO,
        ),
        "of the helpers": "from helpers.publish import contrast",
        "no_grad": "@torch.no_grad()\n" + contrast(BOTH, RATIO),
        "other names": "def contrast(x, y):\n    p, q = luminance(x), luminance(y)\n"
        "    return (torch.maximum(p, q) + 0.05) / (torch.minimum(p, q) + 0.05)\n",
    },
}

least_opacity = function("least_opacity(under, panel, ink)")
WCAG = "from helpers.publish import contrast as ratio"


def stepping(good: str, mixed: str = "(1 - o) * under + o * panel", over: str = "range(21)") -> str:
    """The first opacity at which `good` holds for the ratios r."""
    return least_opacity(
        WCAG,
        f"for k in {over}:",
        "    o = k / 20",
        f"    r = ratio({mixed}, ink)",
        f"    if {good}:",
        "        return o",
        "return 1.0",
    )


LEAST_OPACITY = {
    "wrong": {
        **useless(least_opacity),
        "mean": stepping("r.mean() >= 4.5"),
        "best": stepping("r.max() >= 4.5"),
        "any": stepping("(r >= 4.5).any()"),
        "first that fails": stepping("r.min() < 4.5"),
        "large letters": stepping("r.min() >= 3"),
        "strict level": stepping("r.min() >= 7"),
        "exchanged": stepping("r.min() >= 4.5", "o * under + (1 - o) * panel"),
        "picture whole": stepping("r.min() >= 4.5", "under + o * panel"),
        "from above": stepping("r.min() >= 4.5", over="range(20, -1, -1)"),
        "all of it": least_opacity("return 1.0"),
        "none of it": least_opacity("return 0.0"),
        "in steps": stepping("r.min() >= 4.5").replace("return o", "return k"),
        "bare": least_opacity(WCAG, "return 0.0 if ratio(under, ink).min() >= 4.5 else 1.0"),
        "one before": stepping("r.min() >= 4.5").replace("return o", "return o - 0.05"),
    },
    "right": {
        "as hinted": stepping("r.min() >= 4.5"),
        "all": stepping("(r >= 4.5).all()"),
        "lerp": stepping("r.min() >= 4.5", "torch.lerp(under, panel.expand_as(under), o)"),
        "not any below": stepping("not (r < 4.5).any()"),
        "linspace": least_opacity(
            WCAG,
            "for o in torch.linspace(0, 1, 21):",
            "    if ratio((1 - o) * under + o * panel, ink).min() >= 4.5:",
            "        return float(o)",
            "return 1.0",
        ),
        "a tensor": least_opacity(
            WCAG,
            "for o in torch.linspace(0, 1, 21):",
            "    if ratio(under + o * (panel - under), ink).min() >= 4.5:",
            "        return o",
        ),
        "next": least_opacity(
            WCAG,
            "tries = (k / 20 for k in range(21))",
            "return next(o for o in tries",
            "            if ratio((1 - o) * under + o * panel, ink).min() >= 4.5)",
        ),
        "all at once": least_opacity(
            WCAG,
            "o = torch.linspace(0, 1, 21)[:, None, None]",
            "worst = ratio((1 - o) * under + o * panel, ink).amin(dim=1)",
            "return (worst >= 4.5).int().argmax() / 20",
        ),
        "while": least_opacity(
            WCAG,
            "k = 0",
            "while ratio(under + k / 20 * (panel - under), ink).min() < 4.5:",
            "    k += 1",
            "return k / 20",
        ),
        "smallest of all": least_opacity(
            WCAG,
            "good = [k / 20 for k in range(21)",
            "        if ratio(under + k / 20 * (panel - under), ink).min() >= 4.5]",
            "return min(good)",
        ),
        "rounded": stepping("r.min() >= 4.5").replace("return o", "return round(o, 2)"),
        "numpy": stepping("r.numpy().min() >= 4.5"),
        "with the own contrast": least_opacity(
            "from helpers.publish import luminance",
            "def worst(o):",
            "    a, b = luminance((1 - o) * under + o * panel), luminance(ink)",
            "    return ((torch.maximum(a, b) + 0.05) / (torch.minimum(a, b) + 0.05)).min()",
            "return next(k / 20 for k in range(21) if worst(k / 20) >= 4.5)",
        ),
    },
}

MISSED = {
    "wrong": {
        "stub": 'missed = {"house": ..., "castle": ...}',
        "one left": 'missed = {"house": "night", "castle": ...}',
        "turned round": 'missed = {"house": "day", "castle": "night"}',
        "both by night": 'missed = {"house": "night", "castle": "night"}',
        "both by day": 'missed = {"house": "day", "castle": "day"}',
        "another hour": 'missed = {"house": "dawn", "castle": "day"}',
        "a house missing": 'missed = {"castle": "day"}',
        "a building too many": 'missed = {"house": "night", "castle": "day", "tent": "day"}',
        "a list": 'missed = ["night", "day"]',
        "a word": 'missed = "night"',
        "turned over": 'missed = {"night": "house", "day": "castle"}',
        "numbers": 'missed = {"house": 1, "castle": 0}',
        "empty": "missed = {}",
        "none": "missed = None",
    },
    "right": {
        "plain": 'missed = {"house": "night", "castle": "day"}',
        "another order": 'missed = {"castle": "day", "house": "night"}',
        "capitals": 'missed = {"house": "Night", "castle": "DAY"}',
        "spaces": 'missed = {"house": " night", "castle": "day "}',
        "arguments": 'missed = dict(house="night", castle="day")',
        "zipped": 'missed = dict(zip(["house", "castle"], ["night", "day"]))',
        "one by one": 'missed = {}\nmissed["house"] = "night"\nmissed["castle"] = "day"',
        "merged": 'missed = {"house": "night"} | {"castle": "day"}',
        "comprehension": 'missed = {k: "day" if k == "castle" else "night" '
        'for k in ("house", "castle")}',
        "with a hint": 'missed: dict[str, str] = {"house": "night", "castle": "day"}',
        "from a text": 'missed = dict(p.split(":") for p in "house:night castle:day".split())',
        "ordered": "from collections import OrderedDict\n"
        'missed = OrderedDict(house="night", castle="day")',
    },
}

CASES = {
    "9.1": CHOOSE,
    "9.2": SEAM,
    "9.3": CONTRAST,
    "9.4": LEAST_OPACITY,
    "9.5": MISSED,
}
