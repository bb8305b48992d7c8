"""Answers to the exercises of lesson 06."""

from __future__ import annotations

from tests.checks.cases.source import function, useless

PREDICTION = {
    "wrong": {
        "stub": "prediction = ...",
        "none": "prediction = None",
        "alike": 'prediction = "alike"',
        "different": 'prediction = "different"',
        "empty": 'prediction = ""',
        "number": "prediction = 0",
        "difference measured": "prediction = float((pair.images[0] - pair.images[1]).abs().max())",
        "truth value": "prediction = True",
        "another word": 'prediction = "unequal"',
        "two words": 'prediction = "equal or alike"',
        "all three": 'prediction = ["equal", "alike", "different"]',
        "both": 'prediction = ("equal", "alike")',
        "denied": 'prediction = "not equal"',
        "not a number": 'prediction = float("nan")',
        "pictures": "prediction = pair.images",
        "in Japanese": 'prediction = "違う"',
        "dictionary": 'prediction = {"equal": False}',
        "compared": 'prediction == "equal"',
        "exits": "import sys\nsys.exit()",
        "printed": 'print("equal")',
    },
    "right": {
        "equal": 'prediction = "equal"',
        "single quotes": "prediction = 'equal'",
        "three quotes": 'prediction = """equal"""',
        "with a hint": 'prediction: str = "equal"',
        "numpy text": 'import numpy as np\nprediction = np.str_("equal")',
        "joined": 'prediction = "eq" "ual"',
        "picked": 'prediction = ["equal", "alike", "different"][0]',
        "reasoned": 'w = 0\nprediction = "equal" if w == 0 else "different"',
        "formatted": 'word = "equal"\nprediction = f"{word}"',
        "small letters": 'prediction = "Equal".lower()',
        "measured": """
same = torch.equal(pair.images[0], pair.images[1])
prediction = "equal" if same else "different"
""",
        "from an enumeration": """
from enum import Enum


class Word(str, Enum):
    EQUAL = "equal"


prediction = Word.EQUAL.value
""",
    },
}

guide = function("guide(eps_uncond, eps_cond, guidance_scale)")

GUIDE = {
    "wrong": {
        **useless(guide),
        "answers exchanged": guide("return eps_cond + guidance_scale * (eps_uncond - eps_cond)"),
        "away from the prompt": guide(
            "return eps_uncond + guidance_scale * (eps_uncond - eps_cond)"
        ),
        "from the prompt on": guide("return eps_cond + guidance_scale * (eps_cond - eps_uncond)"),
        "start forgotten": guide("return guidance_scale * (eps_cond - eps_uncond)"),
        "no difference": guide("return eps_uncond + guidance_scale * eps_cond"),
        "brackets forgotten": guide("return eps_uncond + guidance_scale * eps_cond - eps_uncond"),
        "brackets elsewhere": guide(
            "return (eps_uncond + guidance_scale) * (eps_cond - eps_uncond)"
        ),
        "subtracted": guide("return eps_uncond - guidance_scale * (eps_cond - eps_uncond)"),
        "scale of the page": guide("return eps_uncond + 7.5 * (eps_cond - eps_uncond)"),
        "scale less 1": guide("return eps_uncond + (guidance_scale - 1) * (eps_cond - eps_uncond)"),
        "scale plus 1": guide("return eps_uncond + (1 + guidance_scale) * (eps_cond - eps_uncond)"),
        "weights exchanged": guide(
            "return guidance_scale * eps_uncond + (1 - guidance_scale) * eps_cond"
        ),
        "sum": guide("return eps_uncond + guidance_scale * (eps_cond + eps_uncond)"),
        "mean": guide("return guidance_scale * (eps_cond + eps_uncond) / 2"),
        "divided": guide("return eps_uncond + (eps_cond - eps_uncond) / guidance_scale"),
        "scale ignored": guide("return eps_uncond + (eps_cond - eps_uncond)"),
        "only with words": guide("return eps_cond"),
        "only without words": guide("return eps_uncond"),
        "whole scale": guide("return eps_uncond + int(guidance_scale) * (eps_cond - eps_uncond)"),
        "squared": guide("return eps_uncond + guidance_scale**2 * (eps_cond - eps_uncond)"),
        "size of the difference": guide(
            "return eps_uncond + guidance_scale * (eps_cond - eps_uncond).abs()"
        ),
        "length of the difference": guide(
            "return eps_uncond + guidance_scale * (eps_cond - eps_uncond).norm()"
        ),
        "mean of the difference": guide(
            "return eps_uncond + guidance_scale * (eps_cond - eps_uncond).mean()"
        ),
        "between the two": guide(
            "w = min(max(guidance_scale, 0), 1)", "return eps_uncond + w * (eps_cond - eps_uncond)"
        ),
        "clamped": guide(
            "return (eps_uncond + guidance_scale * (eps_cond - eps_uncond)).clamp(-1, 1)"
        ),
        "normed": guide(
            "eps = eps_uncond + guidance_scale * (eps_cond - eps_uncond)", "return eps / eps.norm()"
        ),
        "one place only": guide(
            "eps = eps_uncond + guidance_scale * (eps_cond - eps_uncond)", "return eps.flatten()[0]"
        ),
        "one row": guide(
            "return (eps_uncond + guidance_scale * (eps_cond - eps_uncond)).flatten()"
        ),
        "an axis too many": guide(
            "return (eps_uncond + guidance_scale * (eps_cond - eps_uncond))[None]"
        ),
        "both and the result": guide(
            "eps = eps_uncond + guidance_scale * (eps_cond - eps_uncond)",
            "return eps_uncond, eps_cond, eps",
        ),
        "the page's numbers": guide("return torch.tensor(2.45)"),
        "step of the page": guide("return step.eps"),
        "answers of the page": guide(
            "return step.eps_uncond + guidance_scale * (step.eps_cond - step.eps_uncond)"
        ),
        "prints": guide("print(eps_uncond + guidance_scale * (eps_cond - eps_uncond))"),
        "forgets to return": guide("eps = eps_uncond + guidance_scale * (eps_cond - eps_uncond)"),
        "start changed in place": guide(
            "eps_uncond += guidance_scale * (eps_cond - eps_uncond)", "return eps_uncond"
        ),
        "prompt's answer changed in place": guide(
            "eps_cond.sub_(eps_uncond).mul_(guidance_scale).add_(eps_uncond)", "return eps_cond"
        ),
        "difference in place": guide(
            "eps_cond -= eps_uncond", "return eps_uncond + guidance_scale * eps_cond"
        ),
        "two digits": guide(
            "return (eps_uncond + guidance_scale * (eps_cond - eps_uncond)).round(decimals=2)"
        ),
    },
    "right": {
        "as on the page": guide("return eps_uncond + guidance_scale * (eps_cond - eps_uncond)"),
        "multiplied out": guide(
            "return (1 - guidance_scale) * eps_uncond + guidance_scale * eps_cond"
        ),
        "from the prompt on": guide(
            "return eps_cond + (guidance_scale - 1) * (eps_cond - eps_uncond)"
        ),
        "minus minus": guide("return eps_uncond - guidance_scale * (eps_uncond - eps_cond)"),
        "lerp": guide("return torch.lerp(eps_uncond, eps_cond, float(guidance_scale))"),
        "add": guide("return torch.add(eps_uncond, eps_cond - eps_uncond, alpha=guidance_scale)"),
        "methods": guide("return eps_cond.sub(eps_uncond).mul(guidance_scale).add(eps_uncond)"),
        "functions": guide(
            "difference = torch.sub(eps_cond, eps_uncond)",
            "return torch.add(eps_uncond, torch.mul(difference, guidance_scale))",
        ),
        "two lines": guide(
            "difference = eps_cond - eps_uncond", "return eps_uncond + difference * guidance_scale"
        ),
        "stacked": guide(
            "both = torch.stack([eps_uncond, eps_cond])",
            "factors = torch.tensor([1 - guidance_scale, guidance_scale], dtype=both.dtype)",
            "return torch.einsum('k,k...->...', factors, both)",
        ),
        "double": guide(
            "start = eps_uncond.double()",
            "return start + guidance_scale * (eps_cond.double() - start)",
        ),
        "double, then back": guide(
            "start, goal = eps_uncond.double(), eps_cond.double()",
            "return (start + guidance_scale * (goal - start)).to(eps_uncond.dtype)",
        ),
        "numpy": guide(
            "import numpy as np",
            "start, goal = np.asarray(eps_uncond), np.asarray(eps_cond)",
            "return start + guidance_scale * (goal - start)",
        ),
        "numpy and back": guide(
            "start, goal = eps_uncond.numpy(), eps_cond.numpy()",
            "return torch.as_tensor(start + guidance_scale * (goal - start))",
        ),
        "a copy in place": guide(
            "eps = eps_cond.clone()",
            "eps -= eps_uncond",
            "eps *= guidance_scale",
            "eps += eps_uncond",
            "return eps",
        ),
        "name bound anew": guide(
            "eps_uncond = eps_uncond + guidance_scale * (eps_cond - eps_uncond)",
            "return eps_uncond",
        ),
        "tensor scale": guide(
            "w = torch.as_tensor(guidance_scale)", "return eps_uncond + w * (eps_cond - eps_uncond)"
        ),
        "tensor scale of one": guide(
            "w = torch.tensor([float(guidance_scale)])",
            "return eps_uncond * (1 - w) + eps_cond * w",
        ),
        "short cut at 1": guide(
            "if guidance_scale == 1:",
            "    return eps_cond.clone()",
            "return eps_uncond + guidance_scale * (eps_cond - eps_uncond)",
        ),
        "helper": """
def mixed(start, goal, share):
    return start + share * (goal - start)


def guide(eps_uncond, eps_cond, guidance_scale):
    return mixed(goal=eps_cond, start=eps_uncond, share=guidance_scale)
""",
        "lambda": "guide = lambda eps_uncond, eps_cond, guidance_scale: (\n"
        "    eps_uncond + guidance_scale * (eps_cond - eps_uncond)\n)",
        "hints": '''
@torch.no_grad()
def guide(eps_uncond: torch.Tensor, eps_cond: torch.Tensor, guidance_scale: float) -> torch.Tensor:
    """The guided noise."""
    return eps_uncond + guidance_scale * (eps_cond - eps_uncond)
''',
    },
}

SILENT_SCALE = {
    "wrong": {
        "stub": "silent_scale = ...",
        "none": "silent_scale = None",
        "zero": "silent_scale = 0",
        "minus one": "silent_scale = -1",
        "the usual one": "silent_scale = 7.5",
        "two": "silent_scale = 2",
        "half": "silent_scale = 0.5",
        "twenty": "silent_scale = 20",
        "a little more": "silent_scale = 1.05",
        "a little less": "silent_scale = 0.9",
        "text": 'silent_scale = "1"',
        "words": 'silent_scale = "w = 1"',
        "formula": 'silent_scale = "1 - w"',
        "not a number": 'silent_scale = float("nan")',
        "infinite": 'silent_scale = float("inf")',
        "zero and one": "silent_scale = [0, 1]",
        "all of them": "silent_scale = [0, 1, 2, 4, 7.5, 12, 20]",
        "tensor of two": "silent_scale = torch.tensor([1.0, 0.0])",
        "false": "silent_scale = False",
        "function": "silent_scale = lambda w: 1 - w",
        "large": "silent_scale = 1e9",
        "a complex one": "silent_scale = 1j",
        "exits": "import sys\nsys.exit()",
        "compared": "silent_scale == 1",
        "hundred percent": "silent_scale = 100",
    },
    "right": {
        "one": "silent_scale = 1",
        "a float": "silent_scale = 1.0",
        "numpy": "import numpy as np\nsilent_scale = np.int64(1)",
        "numpy float": "import numpy as np\nsilent_scale = np.float64(1)",
        "numpy single": "import numpy as np\nsilent_scale = np.float32(1)",
        "array without axes": "import numpy as np\nsilent_scale = np.array(1.0)",
        "tensor": "silent_scale = torch.tensor(1)",
        "tensor of one": "silent_scale = torch.tensor([1.0])",
        "double tensor": "silent_scale = torch.tensor(1.0, dtype=torch.float64)",
        "fraction": "from fractions import Fraction\nsilent_scale = Fraction(1)",
        "from a list": "silent_scale = [0, 1, 2, 4][1]",
        "solved": "silent_scale = 1 - 0  # eps = (1 - w) negative + w cond",
        "with a hint": "silent_scale: float = 1",
        "exponent": "silent_scale = 1e0",
    },
}

heat = function("word_heat(weights, places, height, width)")

WORD_HEAT = {
    "wrong": {
        **useless(heat),
        "mean of the tokens": heat(
            "return weights[:, :, places].mean(dim=-1).mean(dim=0).view(height, width)"
        ),
        "sum of the heads": heat(
            "return weights[:, :, places].sum(dim=-1).sum(dim=0).view(height, width)"
        ),
        "sum and mean exchanged": heat(
            "return weights[:, :, places].mean(dim=-1).sum(dim=0).view(height, width)"
        ),
        "largest token": heat(
            "return weights[:, :, places].amax(dim=-1).mean(dim=0).view(height, width)"
        ),
        "largest head": heat(
            "return weights[:, :, places].sum(dim=-1).amax(dim=0).view(height, width)"
        ),
        "first head": heat("return weights[0][:, places].sum(dim=-1).view(height, width)"),
        "last head": heat("return weights[-1][:, places].sum(dim=-1).view(height, width)"),
        "first token": heat("return weights[:, :, places[0]].mean(dim=0).view(height, width)"),
        "last token": heat("return weights[:, :, places[-1]].mean(dim=0).view(height, width)"),
        "tokens not summed": heat(
            "return weights[:, :, places].mean(dim=0).view(height, width, len(places))"
        ),
        "heads not averaged": heat(
            "return weights[:, :, places].sum(dim=-1).view(-1, height, width)"
        ),
        "an axis kept": heat(
            "map_ = weights[:, :, places].sum(dim=-1).mean(dim=0, keepdim=True)",
            "return map_.view(1, height, width)",
        ),
        "one row": heat("return weights[:, :, places].sum(dim=-1).mean(dim=0)"),
        "width first": heat(
            "return weights[:, :, places].sum(dim=-1).mean(dim=0).view(width, height)"
        ),
        "transposed": heat(
            "return weights[:, :, places].sum(dim=-1).mean(dim=0).view(height, width).T"
        ),
        "columns first": heat(
            "return weights[:, :, places].sum(dim=-1).mean(dim=0).view(width, height).T"
        ),
        "upside down": heat(
            "return weights[:, :, places].sum(dim=-1).mean(dim=0).view(height, width).flip(0)"
        ),
        "always 16 by 16": heat(
            "return weights[:, :, places].sum(dim=-1).mean(dim=0).view(16, 16)"
        ),
        "square": heat(
            "side = int(weights.shape[1] ** 0.5)",
            "return weights[:, :, places].sum(dim=-1).mean(dim=0).view(side, side)",
        ),
        "all tokens": heat("return weights.sum(dim=-1).mean(dim=0).view(height, width)"),
        "mean of all tokens": heat("return weights.mean(dim=(0, 2)).view(height, width)"),
        "tokens counted from 1": heat(
            "own = [place - 1 for place in places]",
            "return weights[:, :, own].sum(dim=-1).mean(dim=0).view(height, width)",
        ),
        "start mark counted twice": heat(
            "own = [place + 1 for place in places]",
            "return weights[:, :, own].sum(dim=-1).mean(dim=0).view(height, width)",
        ),
        "last token left out": heat(
            "own = weights[:, :, places[0] : places[-1]]",
            "return own.sum(dim=-1).mean(dim=0).view(height, width)",
        ),
        "places of the picture": heat("return weights[:, places].sum(dim=1).mean(dim=0)"),
        "sum over places of the picture": heat(
            "return weights[:, :, places].sum(dim=1).mean(dim=0)"
        ),
        "scaled to 1": heat(
            "map_ = weights[:, :, places].sum(dim=-1).mean(dim=0).view(height, width)",
            "return map_ / map_.max()",
        ),
        "shares of the map": heat(
            "map_ = weights[:, :, places].sum(dim=-1).mean(dim=0).view(height, width)",
            "return map_ / map_.sum()",
        ),
        "softmax again": heat(
            "map_ = weights.softmax(dim=-1)[:, :, places].sum(dim=-1).mean(dim=0)",
            "return map_.view(height, width)",
        ),
        "product of the tokens": heat(
            "return weights[:, :, places].prod(dim=-1).mean(dim=0).view(height, width)"
        ),
        "tokens of the page": heat(
            "return weights[:, :, [3, 4]].sum(dim=-1).mean(dim=0).view(height, width)"
        ),
        "map of the page": heat('return word_map(maps, "river")'),
        "prints": heat("print(weights[:, :, places].sum(dim=-1).mean(dim=0).view(height, width))"),
        "forgets to return": heat(
            "map_ = weights[:, :, places].sum(dim=-1).mean(dim=0).view(height, width)"
        ),
        "other tokens set to 0": heat(
            "others = [k for k in range(weights.shape[-1]) if k not in places]",
            "weights[:, :, others] = 0",
            "return weights.sum(dim=-1).mean(dim=0).view(height, width)",
        ),
        "heads added in place": heat(
            "for one in weights[1:]:",
            "    weights[0] += one",
            "return weights[0][:, places].sum(dim=-1).view(height, width) / len(weights)",
        ),
        "picture": heat(
            "map_ = weights[:, :, places].sum(dim=-1).mean(dim=0).view(height, width)",
            "return heat_picture(picture, map_)",
        ),
        "two digits": heat(
            "map_ = weights[:, :, places].sum(dim=-1).mean(dim=0).view(height, width)",
            "return map_.round(decimals=2)",
        ),
    },
    "right": {
        "tokens, heads, view": heat(
            "return weights[:, :, places].sum(dim=-1).mean(dim=0).view(height, width)"
        ),
        "dots": heat("return weights[..., places].sum(-1).mean(0).reshape(height, width)"),
        "heads first": heat(
            "return weights.mean(dim=0)[:, places].sum(dim=-1).view(height, width)"
        ),
        "sum over both": heat(
            "return weights[:, :, places].sum(dim=(0, 2)).view(height, width) / weights.shape[0]"
        ),
        "unflatten": heat("return weights.mean(0)[:, places].sum(1).unflatten(0, (height, width))"),
        "view first": heat(
            "grid = weights.view(weights.shape[0], height, width, weights.shape[-1])",
            "return grid[..., places].sum(dim=-1).mean(dim=0)",
        ),
        "index_select": heat(
            "own = torch.index_select(weights, 2, torch.tensor(list(places)))",
            "return own.sum(2).mean(0).view(height, width)",
        ),
        "einsum": heat(
            "own = weights[:, :, places]",
            "return torch.einsum('hnk->n', own).view(height, width) / len(weights)",
        ),
        "marked tokens": heat(
            "own = torch.zeros(weights.shape[-1], dtype=weights.dtype)",
            "own[places] = 1",
            "return (weights @ own).mean(dim=0).view(height, width)",
        ),
        "mask of tokens": heat(
            "own = torch.zeros(weights.shape[-1], dtype=torch.bool)",
            "own[list(places)] = True",
            "return weights[:, :, own].sum(-1).mean(0).view(height, width)",
        ),
        "loop over tokens": heat(
            "map_ = torch.zeros(height, width)",
            "for place in places:",
            "    map_ += weights[:, :, place].mean(dim=0).view(height, width)",
            "return map_",
        ),
        "Python's sum": heat(
            "row = sum(weights[:, :, place] for place in places).mean(dim=0)",
            "return row.view(height, width)",
        ),
        "loop over heads": heat(
            "maps = [head[:, places].sum(dim=1).view(height, width) for head in weights]",
            "return torch.stack(maps).mean(dim=0)",
        ),
        "mean times count": heat(
            "return (weights[:, :, places].mean(dim=(0, 2)) * len(places)).view(height, width)"
        ),
        "row by row": heat(
            "row = weights[:, :, places].sum(-1).mean(0)",
            "return torch.stack([row[y * width : (y + 1) * width] for y in range(height)])",
        ),
        "double": heat("return weights.double()[:, :, places].sum(-1).mean(0).view(height, width)"),
        "numpy": heat(
            "import numpy as np",
            "own = np.asarray(weights)[:, :, list(places)]",
            "return own.sum(axis=-1).mean(axis=0).reshape(height, width)",
        ),
        "numpy and back": heat(
            "import numpy as np",
            "own = np.take(weights.numpy(), list(places), axis=2)",
            "return torch.tensor(own.sum(-1).mean(0).reshape((height, width)))",
        ),
        "reshape in a tuple": heat(
            "own = weights[:, :, places]",
            "return torch.reshape(torch.mean(torch.sum(own, -1), 0), (height, width))",
        ),
        "helper": """
def of_word(weights, places):
    return weights[..., list(places)].sum(dim=-1)


def word_heat(weights, places, height, width):
    return of_word(weights, places=places).mean(dim=0).view(size=(height, width))
""",
        "lambda": "word_heat = lambda weights, places, height, width: (\n"
        "    weights[:, :, places].sum(-1).mean(0).view(height, width)\n)",
        "hints": '''
@torch.no_grad()
def word_heat(weights: torch.Tensor, places: list[int], height: int, width: int) -> torch.Tensor:
    """The map of a word, (height, width)."""
    of_word = weights[:, :, places].sum(dim=2)  # (heads, height * width)
    return of_word.mean(dim=0).view(height, width)
''',
    },
}

keep = function("keep(weights, t)")

KEEP = {
    "wrong": {
        **useless(keep),
        "from 201 up": keep("if t > 200:", "    weights[1] = weights[0]", "return weights"),
        "below 200": keep("if t < 200:", "    weights[1] = weights[0]", "return weights"),
        "up to 200": keep("if t <= 200:", "    weights[1] = weights[0]", "return weights"),
        "only at 200": keep("if t == 200:", "    weights[1] = weights[0]", "return weights"),
        "always": keep("weights[1] = weights[0]", "return weights"),
        "never": keep("return weights"),
        "from 400 up": keep("if t >= 400:", "    weights[1] = weights[0]", "return weights"),
        "from 20 up": keep("if t >= 20:", "    weights[1] = weights[0]", "return weights"),
        "share of the run": keep("if t >= 0.2:", "    weights[1] = weights[0]", "return weights"),
        "pictures exchanged": keep("if t >= 200:", "    weights[0] = weights[1]", "return weights"),
        "both ways": keep("if t >= 200:", "    weights = weights.flip(0)", "return weights"),
        "heads": keep("if t >= 200:", "    weights[:, 1] = weights[:, 0]", "return weights"),
        "places": keep("if t >= 200:", "    weights[:, :, 1] = weights[:, :, 0]", "return weights"),
        "words": keep("if t >= 200:", "    weights[..., 1] = weights[..., 0]", "return weights"),
        "first head only": keep(
            "if t >= 200:", "    weights[1, 0] = weights[0, 0]", "return weights"
        ),
        "last picture's number wrong": keep(
            "if t >= 200:", "    weights[2] = weights[0]", "return weights"
        ),
        "mean of both": keep(
            "if t >= 200:", "    weights[1] = (weights[0] + weights[1]) / 2", "return weights"
        ),
        "both get the mean": keep(
            "if t >= 200:", "    weights[:] = weights.mean(dim=0)", "return weights"
        ),
        "added": keep("if t >= 200:", "    weights[1] += weights[0]", "return weights"),
        "silenced": keep("if t >= 200:", "    weights[1] = 0", "return weights"),
        "one picture less": keep("if t >= 200:", "    weights = weights[:1]", "return weights"),
        "picture 0 alone": keep("if t >= 200:", "    return weights[0]", "return weights"),
        "new tensor, not returned": keep(
            "new = weights.clone()", "if t >= 200:", "    new[1] = weights[0]", "return weights"
        ),
        "only a name": keep(
            "one, two = weights[0], weights[1]", "if t >= 200:", "    two = one", "return weights"
        ),
        "not returned": keep("if t >= 200:", "    weights[1] = weights[0]"),
        "returned early only": keep(
            "if t >= 200:", "    weights[1] = weights[0]", "    return weights"
        ),
        "returned late only": keep(
            "if t >= 200:", "    weights[1] = weights[0]", "else:", "    return weights"
        ),
        "returned as a picture": keep(
            "if t >= 200:", "    weights[1] = weights[0]", "return weights[1]"
        ),
        "prints": keep("if t >= 200:", "    weights[1] = weights[0]", "print(weights)"),
        "silent below": keep(
            "if t >= 200:",
            "    weights[1] = weights[0]",
            "else:",
            "    weights[1] = 0",
            "return weights",
        ),
        "compared": keep("if t >= 200:", "    weights[1] == weights[0]", "return weights"),
        "number of the step": keep("if t <= 12:", "    weights[1] = weights[0]", "return weights"),
        "weights and t": keep("if t >= 200:", "    weights[1] = weights[0]", "return weights, t"),
        "an edit": keep("return keep_layout(200)"),
        "even": keep("if t >= 200:", "    weights[1] = 1 / weights.shape[-1]", "return weights"),
    },
    "right": {
        "picture 1": keep("if t >= 200:", "    weights[1] = weights[0]", "return weights"),
        "as on the page": keep("if t >= 200:", "    weights[1:] = weights[:1]", "return weights"),
        "slice of one": keep("if t >= 200:", "    weights[1:2] = weights[0:1]", "return weights"),
        "not below": keep(
            "if t < 200:", "    return weights", "weights[1] = weights[0]", "return weights"
        ),
        "not": keep("if not t < 200:", "    weights[1] = weights[0]", "return weights"),
        "turned round": keep("if 200 <= t:", "    weights[1] = weights[0]", "return weights"),
        "all axes": keep(
            "if t >= 200:", "    weights[1, :, :, :] = weights[0, :, :, :]", "return weights"
        ),
        "copy_": keep("if t >= 200:", "    weights[1].copy_(weights[0])", "return weights"),
        "clone": keep(
            "new = weights.clone()", "if t >= 200:", "    new[1] = weights[0]", "return new"
        ),
        "source cloned": keep(
            "if t >= 200:", "    weights[1] = weights[0].clone()", "return weights"
        ),
        "cat": keep(
            "if t >= 200:",
            "    return torch.cat([weights[:1], weights[:1], weights[2:]])",
            "return weights",
        ),
        "stack": keep(
            "if t >= 200:",
            "    weights = torch.stack([weights[0], weights[0], *weights[2:]])",
            "return weights",
        ),
        "index": keep(
            "order = list(range(len(weights)))",
            "if t >= 200:",
            "    order[1] = 0",
            "return weights[order]",
        ),
        "one expression": keep(
            "source = 0 if t >= 200 else 1",
            "return torch.cat([weights[:1], weights[source : source + 1], weights[2:]])",
        ),
        "where": keep(
            "new = weights.clone()",
            "new[1] = torch.where(torch.as_tensor(t >= 200), weights[0], weights[1])",
            "return new",
        ),
        "float of t": keep(
            "if float(t) >= 200.0:", "    weights[1] = weights[0]", "return weights"
        ),
        "index_copy": keep(
            "if t >= 200:",
            "    return weights.index_copy(0, torch.tensor([1]), weights[:1])",
            "return weights",
        ),
        "unbind": keep(
            "first, second, *others = weights.unbind(0)",
            "return torch.stack([first, first if t >= 200 else second, *others])",
        ),
        "no gradients": keep(
            "with torch.no_grad():",
            "    if t >= 200:",
            "        weights[1] = weights[0]",
            "return weights",
        ),
        "library": keep("return keep_layout(200)(weights, t)"),
        "helper": """
EARLY = 200


def early(t):
    return t >= EARLY


def keep(weights, t):
    if early(t):
        weights[1] = weights[0]
    return weights
""",
        "lambda": """
keep = lambda weights, t: (
    torch.cat([weights[:1], weights[:1], weights[2:]]) if t >= 200 else weights
)
""",
        "hints": '''
def keep(weights: torch.Tensor, t: float) -> torch.Tensor:
    """Picture 1 looks where picture 0 does, early in the run."""
    if t >= 200:
        weights[1] = weights[0]
    return weights
''',
    },
}

CASES = {
    "6.1": PREDICTION,
    "6.2": GUIDE,
    "6.3": SILENT_SCALE,
    "6.4": WORD_HEAT,
    "6.5": KEEP,
}
