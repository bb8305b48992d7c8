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

needed = function("captions_needed(differences, effect)")


def counted(expression: str, imports: str = "import math") -> str:
    """An answer that returns an expression, with s for the differences' standard deviation."""
    return needed(imports, "s = float(differences.std())", f"return {expression}")


CAPTIONS_NEEDED = {
    "wrong": {
        **useless(needed),
        "not squared": counted("math.ceil(1.96 * s / effect)"),
        "root of it": counted("math.ceil((1.96 * s / effect) ** 0.5)"),
        "not rounded": counted("(1.96 * s / effect) ** 2"),
        "rounded down": counted("int((1.96 * s / effect) ** 2)"),
        "rounded": counted("round((1.96 * s / effect) ** 2)"),
        "floor": counted("math.floor((1.96 * s / effect) ** 2)"),
        "one more than rounded": counted("round((1.96 * s / effect) ** 2) + 1"),
        "1.96 forgotten": counted("math.ceil((s / effect) ** 2)"),
        "2 for 1.96": counted("math.ceil((2 * s / effect) ** 2)"),
        "1.64 for 1.96": counted("math.ceil((1.64 * s / effect) ** 2)"),
        "whole width": counted("math.ceil((2 * 1.96 * s / effect) ** 2)"),
        "half of it": counted("math.ceil((1.96 * s / effect / 2) ** 2)"),
        "only s squared": counted("math.ceil(1.96 * s**2 / effect)"),
        "variance": counted("math.ceil((1.96 * s * s / effect) ** 2)"),
        "upside down": counted("math.ceil((effect / (1.96 * s)) ** 2)"),
        "divided by their number": counted(
            "math.ceil((1.96 * s / effect) ** 2 / len(differences))"
        ),
        "width of the trial": counted("1.96 * s / len(differences) ** 0.5"),
        "number of the trial": counted("len(differences)"),
        "times their number": counted("len(differences) * math.ceil((1.96 * s / effect) ** 2)"),
        "effect of the page": counted("math.ceil((1.96 * s / 0.02) ** 2)"),
        "twenty": counted("20"),
        "mean": needed(
            "import math",
            "return math.ceil((1.96 * float(differences.mean()) / effect) ** 2)",
        ),
        "mean distance": needed(
            "import math",
            "return math.ceil((1.96 * float(differences.abs().mean()) / effect) ** 2)",
        ),
        "largest": needed(
            "import math",
            "return math.ceil((1.96 * float(differences.max()) / effect) ** 2)",
        ),
        "prints": needed(
            "import math",
            "print(math.ceil((1.96 * float(differences.std()) / effect) ** 2))",
        ),
        "forgets to return": needed("n = (1.96 * float(differences.std()) / effect) ** 2"),
        "a text": counted("str(math.ceil((1.96 * s / effect) ** 2))"),
        "a pair": counted("(math.ceil((1.96 * s / effect) ** 2), s)"),
        "a loop that stops too soon": needed(
            "n = 1",
            "while 1.96 * float(differences.std()) / n**0.5 > 2 * effect:",
            "    n += 1",
            "return n",
        ),
        "arguments exchanged": """
import math


def captions_needed(effect, differences):
    return math.ceil((1.96 * float(differences.std()) / effect) ** 2)
""",
    },
    "right": {
        "ceil": counted("math.ceil((1.96 * s / effect) ** 2)"),
        "multiplied out": counted("math.ceil(1.96**2 * s**2 / effect**2)"),
        "minus minus": counted("-int(-((1.96 * s / effect) ** 2) // 1)", "pass"),
        "int and one": counted("int((1.96 * s / effect) ** 2) + 1", "pass"),
        "a float": counted("float(math.ceil((1.96 * s / effect) ** 2))"),
        "numpy's ceil": counted("np.ceil((1.96 * s / effect) ** 2)", "import numpy as np"),
        "torch's ceil": needed("return torch.ceil((1.96 * differences.std() / effect) ** 2)"),
        "torch and int": needed(
            "return int(torch.ceil((1.96 * differences.double().std() / effect) ** 2))"
        ),
        "variance": needed(
            "import math",
            "return math.ceil(1.96**2 * float(differences.var()) / effect**2)",
        ),
        "with n below the root": needed(
            "import math",
            "s = float(differences.std(unbiased=False))",
            "return math.ceil((1.96 * s / effect) ** 2)",
        ),
        "numpy": needed(
            "import math",
            "import numpy as np",
            "return math.ceil((1.96 * np.std(differences.numpy(), ddof=1) / effect) ** 2)",
        ),
        "numpy, n below the root": needed(
            "import math",
            "import numpy as np",
            "return math.ceil((1.96 * np.std(differences.numpy()) / effect) ** 2)",
        ),
        "statistics": needed(
            "import math",
            "import statistics",
            "s = statistics.stdev(differences.tolist())",
            "return math.ceil((1.96 * s / effect) ** 2)",
        ),
        "by hand": needed(
            "import math",
            "off = differences - differences.mean()",
            "s = math.sqrt(float((off**2).sum()) / (len(off) - 1))",
            "return math.ceil((1.96 * s / effect) ** 2)",
        ),
        "a loop": needed(
            "n = 1",
            "while 1.96 * float(differences.std()) / n**0.5 > effect:",
            "    n += 1",
            "return n",
        ),
        "lambda": """
import math

captions_needed = lambda differences, effect: math.ceil(
    (1.96 * float(differences.std()) / effect) ** 2
)
""",
        "hints": '''
import math


def captions_needed(differences: torch.Tensor, effect: float) -> int:
    """How many captions the next experiment needs."""
    return math.ceil((1.96 * differences.std().item() / effect) ** 2)
''',
    },
}

CASES = {
    "6.1": PREDICTION,
    "6.2": GUIDE,
    "6.3": SILENT_SCALE,
    "6.4": WORD_HEAT,
    "6.5": CAPTIONS_NEEDED,
}
