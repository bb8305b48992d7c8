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

SNR = "snr(alpha_bar)"
SNR_ANSWER = "def snr(alpha_bar):\n    return alpha_bar / (1 - alpha_bar)"
SNR_WRONG = {
    "a root": "return (alpha_bar / (1 - alpha_bar)) ** 0.5",
    "both roots": "return alpha_bar.sqrt() / (1 - alpha_bar).sqrt()",
    "a root below": "return alpha_bar / (1 - alpha_bar).sqrt()",
    "upside down": "return (1 - alpha_bar) / alpha_bar",
    "sigma": "return ((1 - alpha_bar) / alpha_bar) ** 0.5",
    "brackets forgotten": "return alpha_bar / 1 - alpha_bar",
    "plus for minus": "return alpha_bar / (1 + alpha_bar)",
    "one over the noise": "return 1 / (1 - alpha_bar)",
    "one over the picture": "return 1 / alpha_bar",
    "the noise": "return 1 - alpha_bar",
    "a difference": "return alpha_bar - (1 - alpha_bar)",
    "a product": "return alpha_bar * (1 - alpha_bar)",
    "squared": "return (alpha_bar / (1 - alpha_bar)) ** 2",
    "a logarithm": "return torch.log(alpha_bar / (1 - alpha_bar))",
    "decibels": "return 10 * torch.log10(alpha_bar / (1 - alpha_bar))",
    "whole division": "return alpha_bar // (1 - alpha_bar)",
    "the schedule of the page": "return alpha_bars / (1 - alpha_bars)",
    "the level of the page": "return alpha_bars[999] / (1 - alpha_bars[999])",
    "the example of the page": "return 4.0",
    "always 4 or 1": "return torch.where(alpha_bar > 0.5, 4.0, 1.0)",
    "one number": "return (alpha_bar / (1 - alpha_bar)).item()",
    "the sum": "return (alpha_bar / (1 - alpha_bar)).sum()",
    "ratio of the means": "return alpha_bar.mean() / (1 - alpha_bar.mean())",
    "shared among all": "ratio = alpha_bar / (1 - alpha_bar)\nreturn ratio / ratio.max()",
    "at most 1": "return (alpha_bar / (1 - alpha_bar)).clamp(max=1)",
    "works in its argument": "alpha_bar /= 1 - alpha_bar\nreturn alpha_bar",
    "a margin below": "return alpha_bar / (1.1 - alpha_bar)",
    "takes betas": "left = torch.cumprod(1 - alpha_bar, 0)\nreturn left / (1 - left)",
    "only the first": "return alpha_bar[0] / (1 - alpha_bar[0])",
    "calls if on all": "if alpha_bar > 0.5:\n    return alpha_bar / (1 - alpha_bar)\nreturn 0",
    "every with every": "return alpha_bar / (1 - alpha_bar)[:, None]",
}
SNR_RIGHT = {
    "two lines": "noise = 1 - alpha_bar\nreturn alpha_bar / noise",
    "torch.div": "return torch.div(alpha_bar, 1 - alpha_bar)",
    "one over": "return 1 / (1 / alpha_bar - 1)",
    "power of minus one": "return alpha_bar * (1 - alpha_bar) ** -1",
    "minus one and one": "return 1 / (1 - alpha_bar) - 1",
    "the square of a ratio": "return (alpha_bar.sqrt() / (1 - alpha_bar).sqrt()) ** 2",
    "logit": "return torch.logit(alpha_bar.double()).exp()",
    "the course's own": "return maths.snr(alpha_bar)",
    "from sigma": "return maths.sigma(alpha_bar) ** -2",
    "a loop": "return torch.stack([a / (1 - a) for a in alpha_bar])",
    "a list of numbers": "return torch.tensor([a / (1 - a) for a in alpha_bar.tolist()])",
    "numpy": "import numpy as np\na = np.asarray(alpha_bar)\nreturn a / (1 - a)",
    "numpy inside": "return torch.from_numpy(alpha_bar.numpy() / (1 - alpha_bar.numpy()))",
    "float64 inside": "a = alpha_bar.double()\nreturn (a / (1 - a)).to(alpha_bar.dtype)",
    "torch.sub": "return alpha_bar.div(torch.sub(1, alpha_bar))",
    "a copy first": "out = alpha_bar.clone()\nout /= 1 - alpha_bar\nreturn out",
    "vmap": "return torch.vmap(lambda a: a / (1 - a))(alpha_bar)",
}

TIMESTEP_AT = "timestep_at(wanted, alpha_bar)"
TIMESTEP_ANSWER = (
    "def timestep_at(wanted, alpha_bar):\n"
    "    return int((maths.snr(alpha_bar) <= wanted).nonzero()[0])"
)
RATIO = "ratio = alpha_bar / (1 - alpha_bar)\n"
TIMESTEP_WRONG = {
    "all places": f"{RATIO}return (ratio <= wanted).nonzero()",
    "true and false": f"{RATIO}return ratio <= wanted",
    "the last place": f"{RATIO}return int((ratio <= wanted).nonzero()[-1])",
    "at least": f"{RATIO}return int((ratio >= wanted).nonzero()[0])",
    "one too early": f"{RATIO}return int((ratio <= wanted).nonzero()[0]) - 1",
    "one too late": f"{RATIO}return int((ratio <= wanted).nonzero()[0]) + 1",
    "the second": f"{RATIO}return int((ratio <= wanted).nonzero()[1])",
    "the last above": f"{RATIO}return int((ratio > wanted).nonzero()[-1])",
    "the nearest": f"{RATIO}return int((ratio - wanted).abs().argmin())",
    "the nearest from above": f"{RATIO}ratio[ratio < wanted] = float('inf')\n"
    "return int(ratio.argmin())",
    "below, but not equal": f"{RATIO}return int((ratio < wanted).nonzero()[0])",
    "the share, not the SNR": "return int((alpha_bar <= wanted).nonzero()[0])",
    "the share of the noise": "return int((1 - alpha_bar <= wanted).nonzero()[0])",
    "the root": f"{RATIO}return int((ratio**0.5 <= wanted).nonzero()[0])",
    "the square": f"{RATIO}return int((ratio**2 <= wanted).nonzero()[0])",
    "sigma": "return int((maths.sigma(alpha_bar) >= wanted).nonzero()[0])",
    "upside down": "ratio = (1 - alpha_bar) / alpha_bar\n"
    "return int((ratio <= wanted).nonzero()[0])",
    "always 1": f"{RATIO}return int((ratio <= 1).nonzero()[0])",
    "the schedule of the page": "return int((maths.snr(alpha_bars) <= wanted).nonzero()[0])",
    "the linear schedule of the page": "return int((ratios['linear'] <= wanted).nonzero()[0])",
    "the example of the page": "return 354",
    "the SNR there": f"{RATIO}return float(ratio[ratio <= wanted][0])",
    "the share there": f"{RATIO}return float(alpha_bar[ratio <= wanted][0])",
    "how many are below": f"{RATIO}return int((ratio <= wanted).sum())",
    "counted from the end": f"{RATIO}return -int((ratio <= wanted).sum())",
    "a fraction of the run": f"{RATIO}return int((ratio <= wanted).nonzero()[0]) / len(ratio)",
    "argmin of true and false": f"{RATIO}return int((ratio <= wanted).int().argmin())",
    "searched in a falling row": f"{RATIO}return int(torch.searchsorted(ratio, wanted))",
    "whole numbers": f"{RATIO}return int((ratio.int() <= wanted).nonzero()[0])",
    "steps of ten": f"{RATIO}places = range(0, len(ratio), 10)\n"
    "return next(t for t in places if ratio[t] <= wanted)",
    "starts at 1": f"{RATIO}return next(t for t in range(1, len(ratio)) if ratio[t] <= wanted)",
    "stops at 100": f"{RATIO}for t in range(100):\n    if ratio[t] <= wanted:\n        return t",
    "a thousand from the end": f"{RATIO}return 1000 - int((ratio > wanted).sum())",
    "without the course's snr": "return int((snr(alpha_bar, wanted)).nonzero()[0])",
    "text": f"{RATIO}return f't = {{int((ratio <= wanted).nonzero()[0])}}'",
}
TIMESTEP_RIGHT = {
    "a tensor of one": f"{RATIO}return (ratio <= wanted).nonzero()[0]",
    "a tensor": f"{RATIO}return (ratio <= wanted).nonzero()[0, 0]",
    "item": f"{RATIO}return (ratio <= wanted).nonzero()[0].item()",
    "argmax": f"{RATIO}return (ratio <= wanted).int().argmax()",
    "how many are above": f"{RATIO}return int((ratio > wanted).sum())",
    "next": f"{RATIO}return next(t for t in range(len(ratio)) if ratio[t] <= wanted)",
    "a loop": "for t, share in enumerate(alpha_bar):\n    if share / (1 - share) <= wanted:\n"
    "        return t",
    "a while": "t = 0\nwhile maths.snr(alpha_bar[t]) > wanted:\n    t += 1\nreturn t",
    "index of true": f"{RATIO}return (ratio <= wanted).tolist().index(True)",
    "torch.where": f"{RATIO}return torch.where(ratio <= wanted)[0][0]",
    "the smallest place": f"{RATIO}return (ratio <= wanted).nonzero().min()",
    "numpy": "import numpy as np\na = np.asarray(alpha_bar)\n"
    "return np.flatnonzero(a / (1 - a) <= wanted)[0]",
    "numpy argmax": "import numpy as np\na = np.asarray(alpha_bar)\n"
    "return np.argmax(a / (1 - a) <= wanted)",
    "with a point": f"{RATIO}return float((ratio <= wanted).nonzero()[0])",
    "searched in the negative": f"{RATIO}return int(torch.searchsorted(-ratio, -wanted))",
    "the share solved for": "share = wanted / (1 + wanted)\n"
    "return int((alpha_bar <= share).nonzero()[0])",
    "without division": "return int((alpha_bar <= wanted * (1 - alpha_bar)).nonzero()[0])",
    "halving": f"{RATIO}low, high = 0, len(ratio) - 1\nwhile low < high:\n"
    "    middle = (low + high) // 2\n    if ratio[middle] <= wanted:\n        high = middle\n"
    "    else:\n        low = middle + 1\nreturn low",
}

CASES = {
    "1.1": {
        "wrong": wrong(ALPHA_BAR_ANSWER) | define(ALPHA_BAR, ALPHA_BAR_WRONG),
        "right": right(ALPHA_BAR_ANSWER) | define(ALPHA_BAR, ALPHA_BAR_RIGHT),
    },
    "1.2": {
        "wrong": wrong(ADD_NOISE_AT_ANSWER) | define(ADD_NOISE_AT, ADD_NOISE_AT_WRONG),
        "right": right(ADD_NOISE_AT_ANSWER) | define(ADD_NOISE_AT, ADD_NOISE_AT_RIGHT),
    },
    "1.3": {"wrong": HALF_WRONG, "right": HALF_RIGHT},
    "1.4": {
        "wrong": wrong(SNR_ANSWER) | define(SNR, SNR_WRONG),
        "right": right(SNR_ANSWER) | define(SNR, SNR_RIGHT),
    },
    "1.5": {
        "wrong": wrong(TIMESTEP_ANSWER, tensor=False) | define(TIMESTEP_AT, TIMESTEP_WRONG),
        "right": right(TIMESTEP_ANSWER, tensor=False) | define(TIMESTEP_AT, TIMESTEP_RIGHT),
    },
}
