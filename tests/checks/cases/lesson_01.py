"""Answers to the exercises of lesson 01."""

from __future__ import annotations

from tests.checks.cases.forms import define, right, wrong

ALPHA_BAR = "alpha_bar(betas)"
ALPHA_BAR_ANSWER = "def alpha_bar(betas):\n    return torch.cumprod(1 - betas, dim=0)"
ALPHA_BAR_WRONG = {
    "product of the betas": "return torch.cumprod(betas, dim=0)",
    "one minus the product": "return 1 - torch.cumprod(betas, dim=0)",
    "one minus the product of what is left": "return 1 - torch.cumprod(1 - betas, dim=0)",
    "no product": "return 1 - betas",
    "a sum": "return torch.cumsum(1 - betas, dim=0)",
    "one minus the sum": "return 1 - torch.cumsum(betas, dim=0)",
    "only the last": "return torch.prod(1 - betas)",
    "a root too many": "return torch.cumprod((1 - betas).sqrt(), dim=0)",
    "root of the result": "return torch.cumprod(1 - betas, dim=0) ** 0.5",
    "squared": "return torch.cumprod((1 - betas) ** 2, dim=0)",
    "about the exponential": "return torch.exp(-torch.cumsum(betas, dim=0))",
    "one step late": "left = torch.cumprod(1 - betas, dim=0)\n"
    "return torch.cat([torch.ones(1).to(left), left[:-1]])",
    "one value too many": "left = torch.cumprod(1 - betas, dim=0)\n"
    "return torch.cat([torch.ones(1).to(left), left])",
    "one value too few": "return torch.cumprod(1 - betas[:-1], dim=0)",
    "from the end": "return torch.cumprod((1 - betas).flip(0), dim=0).flip(0)",
    "sorted upwards": "return torch.cumprod(1 - betas, dim=0).sort().values",
    "the schedule of the page": "return alpha_bars",
    "the betas of the page": "return torch.cumprod(1 - maths.scaled_linear_betas(), dim=0)",
    "a power of the first": "t = torch.arange(len(betas)) + 1\nreturn (1 - betas[0]) ** t",
    "a power of each": "t = torch.arange(len(betas)) + 1\nreturn (1 - betas) ** t",
    "a thousand steps": "out = torch.ones(1000)\nfor t in range(1000):\n"
    "    out[t] = torch.prod(1 - betas[: t + 1])\nreturn out",
    "the last step left out of each": "return torch.stack([torch.prod(1 - betas[:t]) "
    "for t in range(len(betas))])",
    "from 1 to 0, evenly": "return torch.linspace(1, 0, len(betas))",
    "a column": "return torch.cumprod(1 - betas, dim=0).view(-1, 1)",
    "works in its argument": "betas *= -1\nbetas += 1\nreturn betas.cumprod(0)",
    "wrong axis": "return torch.cumprod(1 - betas, dim=1)",
    "misspelt": "return torch.cumprd(1 - betas, dim=0)",
    "the last product for all": "return torch.prod(1 - betas).expand(len(betas))",
}
ALPHA_BAR_RIGHT = {
    "of the tensor": "return (1 - betas).cumprod(0)",
    "two lines": "alphas = 1 - betas\nreturn alphas.cumprod(dim=-1)",
    "a loop": "out, left = torch.empty_like(betas), 1.0\nfor t, beta in enumerate(betas):\n"
    "    left = left * (1 - beta)\n    out[t] = left\nreturn out",
    "a list, stacked": "left, out = 1, []\nfor beta in betas:\n    left = left * (1 - beta)\n"
    "    out.append(left)\nreturn torch.stack(out)",
    "products of all beginnings": "return torch.stack([torch.prod(1 - betas[: t + 1]) "
    "for t in range(len(betas))])",
    "accumulate": "from itertools import accumulate\nfrom operator import mul\n"
    "return torch.tensor(list(accumulate((1 - betas).tolist(), mul)), dtype=torch.float64)",
    "by logarithms": "return torch.exp(torch.cumsum(torch.log1p(-betas.double()), dim=0))",
    "numpy": "import numpy as np\nreturn np.cumprod(1 - np.asarray(betas))",
    "numpy inside": "import numpy as np\n"
    "return torch.from_numpy(np.cumprod(1 - betas.double().numpy()))",
    "a triangle of ones": "n = len(betas)\nones = torch.ones(n, n, dtype=torch.float64).tril()\n"
    "return (ones @ (1 - betas.double()).log()).exp()",
    "float64 inside": "return torch.cumprod(1 - betas.double(), dim=0).to(betas.dtype)",
    "subtracted by torch": "return torch.cumprod(torch.sub(1, betas), 0)",
    "minus in front": "return torch.cumprod(-betas + 1.0, dim=0)",
    "the course's own": "return maths.alpha_bar(betas)",
    "with math.prod": "import math\nalphas = [1 - beta for beta in betas.tolist()]\n"
    "return torch.tensor([math.prod(alphas[: t + 1]) for t in range(len(alphas))])",
    "recursion": "if len(betas) == 1:\n    return 1 - betas\nbefore = alpha_bar(betas[:-1])\n"
    "return torch.cat([before, before[-1:] * (1 - betas[-1])])",
}

ADD_NOISE_AT = "add_noise_at(x0, eps, t, alpha_bar)"
LEVEL = "level = alpha_bar[t].view(-1, 1, 1, 1)\n"
ADD_NOISE_AT_ANSWER = (
    "def add_noise_at(x0, eps, t, alpha_bar):\n    "
    + LEVEL
    + "    return level**0.5 * x0 + (1 - level) ** 0.5 * eps"
)
ADD_NOISE_AT_WRONG = {
    "no view": "level = alpha_bar[t]\nreturn level**0.5 * x0 + (1 - level) ** 0.5 * eps",
    "viewed as channels": "level = alpha_bar[t].view(1, -1, 1, 1)\n"
    "return level**0.5 * x0 + (1 - level) ** 0.5 * eps",
    "viewed as rows": "level = alpha_bar[t].view(-1, 1)\n"
    "return level**0.5 * x0 + (1 - level) ** 0.5 * eps",
    "an axis too few": "level = alpha_bar[t].view(-1, 1, 1)\n"
    "return level**0.5 * x0 + (1 - level) ** 0.5 * eps",
    "an axis too many": "level = alpha_bar[t].view(-1, 1, 1, 1, 1)\n"
    "return level**0.5 * x0 + (1 - level) ** 0.5 * eps",
    "no roots": f"{LEVEL}return level * x0 + (1 - level) * eps",
    "no root of the picture's": f"{LEVEL}return level * x0 + (1 - level) ** 0.5 * eps",
    "no root of the noise's": f"{LEVEL}return level**0.5 * x0 + (1 - level) * eps",
    "the root before the minus": f"{LEVEL}return level**0.5 * x0 + (1 - level**0.5) * eps",
    "picture and noise swapped": f"{LEVEL}return level**0.5 * eps + (1 - level) ** 0.5 * x0",
    "noise taken away": f"{LEVEL}return level**0.5 * x0 - (1 - level) ** 0.5 * eps",
    "noise with the picture's factor": f"{LEVEL}return level**0.5 * (x0 + eps)",
    "squares": f"{LEVEL}return level**2 * x0 + (1 - level) ** 2 * eps",
    "the schedule of the page": "level = alpha_bars[t].view(-1, 1, 1, 1)\n"
    "return level**0.5 * x0 + (1 - level) ** 0.5 * eps",
    "the first timestep for all": "level = alpha_bar[t[0]]\n"
    "return level**0.5 * x0 + (1 - level) ** 0.5 * eps",
    "the mean level for all": "level = alpha_bar[t].mean()\n"
    "return level**0.5 * x0 + (1 - level) ** 0.5 * eps",
    "the largest timestep for all": "level = alpha_bar[t.max()]\n"
    "return level**0.5 * x0 + (1 - level) ** 0.5 * eps",
    "the first levels, not those of t": "level = alpha_bar[: len(t)].view(-1, 1, 1, 1)\n"
    "return level**0.5 * x0 + (1 - level) ** 0.5 * eps",
    "t sorted": "level = alpha_bar[t.sort().values].view(-1, 1, 1, 1)\n"
    "return level**0.5 * x0 + (1 - level) ** 0.5 * eps",
    "t one too small": "level = alpha_bar[t - 1].view(-1, 1, 1, 1)\n"
    "return level**0.5 * x0 + (1 - level) ** 0.5 * eps",
    "t from the end": "level = alpha_bar.flip(0)[t].view(-1, 1, 1, 1)\n"
    "return level**0.5 * x0 + (1 - level) ** 0.5 * eps",
    "batches of three": "level = alpha_bar[t].view(3, 1, 1, 1)\n"
    "return level**0.5 * x0 + (1 - level) ** 0.5 * eps",
    "three colours": "level = alpha_bar[t].view(-1, 1, 1, 1).expand(-1, 3, -1, -1)\n"
    "return level**0.5 * x0 + (1 - level) ** 0.5 * eps",
    "only the last of the loop": "for picture, noise, k in zip(x0, eps, t):\n"
    "    x = alpha_bar[k] ** 0.5 * picture + (1 - alpha_bar[k]) ** 0.5 * noise\nreturn x",
    "the loop stops at three": "return torch.stack([alpha_bar[t[k]] ** 0.5 * x0[k] + "
    "(1 - alpha_bar[t[k]]) ** 0.5 * eps[k] for k in range(3)])",
    "one long picture": "return torch.cat([alpha_bar[k] ** 0.5 * picture + "
    "(1 - alpha_bar[k]) ** 0.5 * noise for picture, noise, k in zip(x0, eps, t)])",
    "cut to [-1, 1]": f"{LEVEL}return (level**0.5 * x0 + (1 - level) ** 0.5 * eps).clamp(-1, 1)",
    "squeezed": f"{LEVEL}return (level**0.5 * x0 + (1 - level) ** 0.5 * eps).squeeze()",
    "works in its arguments": f"{LEVEL}x0 *= level**0.5\nx0 += (1 - level) ** 0.5 * eps\nreturn x0",
    "noise of its own": f"{LEVEL}eps = torch.randn_like(x0)\n"
    "return level**0.5 * x0 + (1 - level) ** 0.5 * eps",
    "one small step": "return noise_step(x0, eps, 1 - alpha_bar[t].view(-1, 1, 1, 1) ** 2)",
    "the picture unshrunk": f"{LEVEL}return x0 + (1 - level) ** 0.5 * eps",
    "the product of all": "level = alpha_bar.cumprod(0)[t].view(-1, 1, 1, 1)\n"
    "return level**0.5 * x0 + (1 - level) ** 0.5 * eps",
}
ADD_NOISE_AT_RIGHT = {
    "the course's line": f"{LEVEL}return maths.add_noise(x0, eps, level)",
    "the course's own": "return maths.add_noise_at(x0, eps, t, alpha_bar)",
    "reshape": "level = alpha_bar[t].reshape(len(t), 1, 1, 1)\n"
    "return level.sqrt() * x0 + (1 - level).sqrt() * eps",
    "None": "level = alpha_bar[t][:, None, None, None]\n"
    "return torch.sqrt(level) * x0 + torch.sqrt(1 - level) * eps",
    "unsqueeze": "level = alpha_bar[t].unsqueeze(1).unsqueeze(2).unsqueeze(3)\n"
    "return level.pow(0.5) * x0 + (1 - level).pow(0.5) * eps",
    "einsum": "level = alpha_bar[t].to(x0)\n"
    "return torch.einsum('b,bchw->bchw', level**0.5, x0) + "
    "torch.einsum('b,bchw->bchw', (1 - level) ** 0.5, eps)",
    "a loop": "out = []\nfor k in range(len(t)):\n    level = float(alpha_bar[t[k]])\n"
    "    out.append(level**0.5 * x0[k] + (1 - level) ** 0.5 * eps[k])\nreturn torch.stack(out)",
    "a loop with math.sqrt": "import math\nout = torch.empty_like(x0)\n"
    "for k, step in enumerate(t.tolist()):\n    a = float(alpha_bar[step])\n"
    "    out[k] = math.sqrt(a) * x0[k] + math.sqrt(1 - a) * eps[k]\nreturn out",
    "zip": "return torch.stack([maths.add_noise(a, b, alpha_bar[k]) "
    "for a, b, k in zip(x0, eps, t)])",
    "pictures cut and joined": "return torch.cat([maths.add_noise(x0[k : k + 1], eps[k : k + 1], "
    "alpha_bar[t[k]]) for k in range(len(x0))])",
    "batch at the end": "level = alpha_bar[t]\n"
    "x = level**0.5 * x0.movedim(0, -1) + (1 - level) ** 0.5 * eps.movedim(0, -1)\n"
    "return x.movedim(-1, 0)",
    "numpy": "import numpy as np\nlevel = np.asarray(alpha_bar)[np.asarray(t)]\n"
    "level = level.reshape(-1, 1, 1, 1)\n"
    "return np.sqrt(level) * np.asarray(x0) + np.sqrt(1 - level) * np.asarray(eps)",
    "index_select": "level = torch.index_select(alpha_bar, 0, t).view(-1, 1, 1, 1)\n"
    "return level**0.5 * x0 + (1 - level) ** 0.5 * eps",
    "addcmul": f"{LEVEL}return torch.addcmul(level.sqrt() * x0, (1 - level).sqrt(), eps)",
    "roots of the whole schedule": "of_picture, of_noise = alpha_bar**0.5, (1 - alpha_bar) ** 0.5\n"
    "shape = (-1, 1, 1, 1)\nreturn of_picture[t].view(shape) * x0 + of_noise[t].view(shape) * eps",
    "float64 inside": "level = alpha_bar.double()[t].view(-1, 1, 1, 1)\n"
    "x = level**0.5 * x0.double() + (1 - level) ** 0.5 * eps.double()\nreturn x.to(x0.dtype)",
    "one small step of all": f"{LEVEL}return noise_step(x0, eps, 1 - level)",
}

HALF_WRONG = {
    "untouched": "prediction = ...",
    "nothing": "prediction = None",
    "the middle": "prediction = 500",
    "the first": "prediction = 0",
    "the last": "prediction = 999",
    "none of them": "prediction = 1000",
    "far off": "prediction = 250",
    "a share": "prediction = 0.5",
    "a fraction of the run": "prediction = 0.354",
    "the level itself": "prediction = alpha_bars[354]",
    "all levels": "prediction = alpha_bars",
    "text": 'prediction = "354"',
    "words": 'prediction = "in the middle"',
    "a list": "prediction = [354]",
    "a pair": "prediction = (350, 360)",
    "a range": "prediction = range(1000)",
    "from the end": "prediction = 354 - 1000",
    "negative": "prediction = -354",
    "counted down": "prediction = 999 - 354",
    "NaN": "prediction = float('nan')",
    "infinity": "prediction = float('inf')",
    "true": "prediction = True",
    "too large": "prediction = 10**9",
    "a function": "prediction = lambda: 354",
    "where the root is a half": "prediction = int((alpha_bars.sqrt() - 0.5).abs().argmin())",
    "where beta is half-way": "prediction = int((betas - 0.0064).abs().argmin())",
    "the places of all below": "prediction = (alpha_bars < 0.5).nonzero()",
    "how many are below": "prediction = int((alpha_bars < 0.5).sum())",
    "an empty tensor": "prediction = torch.empty(0)",
    "complex": "prediction = 354j",
}
HALF_RIGHT = {
    "plain": "prediction = 354",
    "with a point": "prediction = 354.0",
    "looked up": "prediction = int((alpha_bars - 0.5).abs().argmin())",
    "looked up, a tensor": "prediction = (alpha_bars - 0.5).abs().argmin()",
    "the first below": "prediction = int((alpha_bars <= 0.5).nonzero()[0])",
    "the first below, a tensor of one": "prediction = (alpha_bars <= 0.5).nonzero()[0]",
    "how many are above": "prediction = int((alpha_bars > 0.5).sum())",
    "a loop": "prediction = 0\nwhile alpha_bars[prediction] > 0.5:\n    prediction += 1",
    "next": "prediction = next(t for t in range(1000) if alpha_bars[t] <= 0.5)",
    "a tensor": "prediction = torch.tensor(354)",
    "a tensor with a point": "prediction = torch.tensor(354.0)",
    "numpy's whole number": "import numpy as np\nprediction = np.int64(354)",
    "numpy's number": "import numpy as np\nprediction = np.float32(354)",
    "numpy's array of no axis": "import numpy as np\nprediction = np.array(354)",
    "min with a key": "prediction = min(range(1000), key=lambda t: abs(alpha_bars[t] - 0.5))",
    "typed": "prediction: int = 354  # my second try",
    "read as text, made a number": 'prediction = int("354")',
    "calculated": "prediction = 300 + 54",
    "numpy": "import numpy as np\nprediction = np.argmin(np.abs(alpha_bars.numpy() - 0.5))",
}

PATCH = "smallest_patch(alpha_bar, contrast)"
PATCH_ANSWER = (
    "def smallest_patch(alpha_bar, contrast):\n"
    "    sigma = ((1 - alpha_bar) / alpha_bar) ** 0.5\n"
    "    return int(sigma / contrast) + 1"
)
SIGMA = "sigma = ((1 - alpha_bar) / alpha_bar) ** 0.5\n"
PATCH_WRONG = {
    "rounded down": f"{SIGMA}return int(sigma / contrast)",
    "rounded": f"{SIGMA}return round(sigma / contrast)",
    "not whole": f"{SIGMA}return sigma / contrast",
    "two too large": f"{SIGMA}return int(sigma / contrast) + 3",
    "pixels instead of side": f"{SIGMA}return int((sigma / contrast) ** 2) + 1",
    "the root of the side": f"{SIGMA}return int((sigma / contrast) ** 0.5) + 1",
    "noise not in units of the picture": "return int((1 - alpha_bar) ** 0.5 / contrast) + 1",
    "variances": "return int((1 - alpha_bar) / alpha_bar / contrast) + 1",
    "the contrast as a variance": f"{SIGMA}return int(sigma / contrast**2) + 1",
    "the contrast's root": f"{SIGMA}return int(sigma / contrast**0.5) + 1",
    "signal over noise": "ratio = (alpha_bar / (1 - alpha_bar)) ** 0.5\n"
    "return int(ratio / contrast) + 1",
    "times the contrast": f"{SIGMA}return int(sigma * contrast) + 1",
    "contrast over noise": f"{SIGMA}return int(contrast / sigma) + 1",
    "without the contrast": f"{SIGMA}return int(sigma) + 1",
    "without averaging": f"{SIGMA}return sigma < contrast",
    "the photograph's contrast": f"{SIGMA}return int(sigma / 0.66) + 1",
    "the level of the page": "sigma = float(maths.sigma(alpha_bars[999]))\n"
    "return int(sigma / contrast) + 1",
    "always 23": "return 23",
    "the first of the page's sizes": f"{SIGMA}"
    "return next(n for n in sizes if sigma / n < contrast)",
    "powers of two": f"{SIGMA}n = 1\nwhile sigma / n >= contrast:\n    n *= 2\nreturn n",
    "n counted as pixels": f"{SIGMA}n = 1\nwhile sigma / n**0.5 >= contrast:\n    n += 1\nreturn n",
    "the last that is too small": f"{SIGMA}n = 1\nwhile sigma / n >= contrast:\n    n += 1\n"
    "return n - 1",
    "at least 2": f"{SIGMA}return max(2, int(sigma / contrast) + 1)",
    "text": f"{SIGMA}return f'{{int(sigma / contrast) + 1}} pixels'",
    "half the power": "sigma = ((1 - alpha_bar) / alpha_bar) ** 1 / 2\n"
    "return int(sigma / contrast) + 1",
    "arguments swapped": "sigma = ((1 - contrast) / contrast) ** 0.5\n"
    "return int(sigma / alpha_bar) + 1",
}
PATCH_RIGHT = {
    "ceil": f"import math\n{SIGMA}return math.ceil(sigma / contrast)",
    "numpy": f"import numpy as np\n{SIGMA}return np.ceil(sigma / contrast)",
    "a while": f"{SIGMA}n = 1\nwhile sigma / n >= contrast:\n    n += 1\nreturn n",
    "next": f"{SIGMA}return next(n for n in range(1, 10000) if sigma / n < contrast)",
    "the course's sigma": "return int(maths.sigma(alpha_bar) / contrast) + 1",
    "from the SNR": "import math\nsnr = alpha_bar / (1 - alpha_bar)\n"
    "return math.floor(1 / (contrast * snr**0.5)) + 1",
    "whole division": f"{SIGMA}return int(sigma // contrast) + 1",
    "minus and whole division": f"{SIGMA}return -int(-sigma // contrast)",
    "a tensor": "a = torch.tensor(alpha_bar)\nreturn torch.ceil(((1 - a) / a).sqrt() / contrast)",
    "variances on both sides": "n = 1\nwhile (1 - alpha_bar) / alpha_bar / n**2 >= contrast**2:\n"
    "    n += 1\nreturn n",
    "with a point": f"{SIGMA}return float(int(sigma / contrast) + 1)",
}


def named(a: object, b: object, c: object) -> str:
    """The cell of exercise 1.1 with three numbers written into it."""
    return f'culprits = {{"A": {a}, "B": {b}, "C": {c}}}'


CULPRITS_WRONG = {
    "untouched": named("...", "...", "..."),
    "one left open": named(2, 3, "..."),
    "in order": named(1, 2, 3),
    "backwards": named(3, 2, 1),
    "A and C swapped": named(1, 3, 2),
    "B and C swapped": named(2, 1, 3),
    "A and B swapped": named(3, 2, 1),
    "one for all": named(1, 1, 1),
    "one twice": named(2, 3, 3),
    "counted from 0": named(1, 2, 0),
    "texts": named("'2'", "'3'", "'1'"),
    "lists": named("[2]", "[3]", "[1]"),
    "curves themselves": named('curves["curve A"]', 'curves["curve B"]', 'curves["curve C"]'),
    "fractions": named(2.5, 3, 1),
    "true": named(2, 3, "True"),
    "nothing": "culprits = None",
    "a list": "culprits = [2, 3, 1]",
    "a set": "culprits = {2, 3, 1}",
    "one lost": 'culprits = {"A": 2, "B": 3}',
    "turned round": 'culprits = {2: "A", 3: "B", 1: "C"}',
    "small letters": 'culprits = {"a": 2, "b": 3, "c": 1}',
}
CULPRITS_RIGHT = {
    "plain": named(2, 3, 1),
    "with points": named(2.0, 3.0, 1.0),
    "another order": 'culprits = {"C": 1, "B": 3, "A": 2}',
    "numpy": "import numpy as np\n" + named("np.int64(2)", "np.int32(3)", "np.float32(1)"),
    "tensors": named("torch.tensor(2)", "torch.tensor([3])", "torch.tensor(1.0)"),
    "zip": 'culprits = dict(zip("ABC", (2, 3, 1)))',
    "named": "culprits = dict(A=2, B=3, C=1)",
    "one by one": "culprits = {}\nculprits['A'] = 2\nculprits['B'] = 3\nculprits['C'] = 1",
    "fractions": "from fractions import Fraction\n" + named("Fraction(4, 2)", 3, 1),
    "arrays": "import numpy as np\n" + named("np.array(2)", "np.array([3])", 1),
    "by comprehension": "culprits = {name: k for name, k in [('A', 2), ('B', 3), ('C', 1)]}",
    "by the end": "order = sorted(curves, key=lambda name: float(curves[name][-1]))\n"
    "culprits = {name[-1]: mistake for name, mistake in zip(order, (2, 1, 3))}",
}

CASES = {
    "1.1": {"wrong": CULPRITS_WRONG, "right": CULPRITS_RIGHT},
    "1.2": {
        "wrong": wrong(ALPHA_BAR_ANSWER) | define(ALPHA_BAR, ALPHA_BAR_WRONG),
        "right": right(ALPHA_BAR_ANSWER) | define(ALPHA_BAR, ALPHA_BAR_RIGHT),
    },
    "1.3": {
        "wrong": wrong(ADD_NOISE_AT_ANSWER) | define(ADD_NOISE_AT, ADD_NOISE_AT_WRONG),
        "right": right(ADD_NOISE_AT_ANSWER) | define(ADD_NOISE_AT, ADD_NOISE_AT_RIGHT),
    },
    "1.4": {"wrong": HALF_WRONG, "right": HALF_RIGHT},
    "1.5": {
        "wrong": wrong(PATCH_ANSWER, tensor=False) | define(PATCH, PATCH_WRONG),
        "right": right(PATCH_ANSWER, tensor=False) | define(PATCH, PATCH_RIGHT),
    },
}
