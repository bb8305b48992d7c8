"""Answers to the exercises of lesson 02."""

from __future__ import annotations

from tests.checks.cases.forms import define, right, wrong
from tests.checks.cases.lesson_00 import texts_right


def as_arrays(expression: str, names: str) -> str:
    """A body that works on numpy's arrays of the named arguments."""
    made = ", ".join(f"np.asarray({name})" for name in names.split(", "))
    return f"import numpy as np\n{names} = {made}\n{expression}"


def in_float64(expression: str, names: str) -> str:
    """A body that works on float64 copies of the named arguments."""
    made = ", ".join(f"torch.as_tensor({name}).double()" for name in names.split(", "))
    return f"{names} = {made}\n{expression}"


MEAN_WRONG = {
    "untouched": "prediction = ...",
    "one digit": 'prediction = "one digit"',
    "noise": 'prediction = "noise"',
    "nothing": "prediction = None",
    "empty": 'prediction = ""',
    "the mean of the noise": 'prediction = "the mean of the noise"',
    "the mean of one digit": 'prediction = "the mean of one digit"',
    "both": 'prediction = "one digit", "the mean of all digits"',
    "two at once": 'prediction = "one digit and the mean of all digits"',
    "a list of one": 'prediction = ["the mean of all digits"]',
    "the second": "prediction = 2",
    "true": "prediction = True",
    "the mean itself": "prediction = digits.mean(dim=0)",
    "all digits": "prediction = digits",
    "one of them": "prediction = digits[0]",
    "bytes": 'prediction = b"the mean of all digits"',
    "a function": 'prediction = lambda: "the mean of all digits"',
    "a dictionary": 'prediction = {"at 999": "the mean of all digits"}',
    "a name that is not there": "prediction = the_mean_of_all_digits",
    "a comparison": 'prediction = "the mean of all digits" != "noise"',
    "against": 'prediction = "not the mean of all digits"',
    "NaN": "prediction = float('nan')",
}

DDIM = "ddim_step(x_t, eps, alpha_bar, alpha_bar_prev)"
DDIM_ANSWER = (
    "def ddim_step(x_t, eps, alpha_bar, alpha_bar_prev):\n"
    "    x0_hat = maths.predict_x0(x_t, eps, alpha_bar)\n"
    "    return maths.add_noise(x0_hat, eps, alpha_bar_prev)"
)
GUESS = "x0_hat = maths.predict_x0(x_t, eps, alpha_bar)\n"
DDIM_WRONG = {
    "the guess": "return maths.predict_x0(x_t, eps, alpha_bar)",
    "mixed at the old level": f"{GUESS}return maths.add_noise(x0_hat, eps, alpha_bar)",
    "guessed at the new level": "x0_hat = maths.predict_x0(x_t, eps, alpha_bar_prev)\n"
    "return maths.add_noise(x0_hat, eps, alpha_bar_prev)",
    "the levels swapped": "x0_hat = maths.predict_x0(x_t, eps, alpha_bar_prev)\n"
    "return maths.add_noise(x0_hat, eps, alpha_bar)",
    "x_t mixed, not the guess": "return maths.add_noise(x_t, eps, alpha_bar_prev)",
    "noise and guess swapped": f"{GUESS}return maths.add_noise(eps, x0_hat, alpha_bar_prev)",
    "new noise": f"{GUESS}return maths.add_noise(x0_hat, torch.randn_like(x_t), alpha_bar_prev)",
    "x_t for the noise": f"{GUESS}return maths.add_noise(x0_hat, x_t, alpha_bar_prev)",
    "no roots": f"{GUESS}return alpha_bar_prev * x0_hat + (1 - alpha_bar_prev) * eps",
    "no root of the noise's": f"{GUESS}"
    "return alpha_bar_prev**0.5 * x0_hat + (1 - alpha_bar_prev) * eps",
    "no root of the picture's": f"{GUESS}"
    "return alpha_bar_prev * x0_hat + (1 - alpha_bar_prev) ** 0.5 * eps",
    "no noise again": f"{GUESS}return alpha_bar_prev**0.5 * x0_hat",
    "noise taken away": f"{GUESS}"
    "return alpha_bar_prev**0.5 * x0_hat - (1 - alpha_bar_prev) ** 0.5 * eps",
    "noise of the old level": f"{GUESS}"
    "return alpha_bar_prev**0.5 * x0_hat + (1 - alpha_bar) ** 0.5 * eps",
    "picture of the old level": f"{GUESS}"
    "return alpha_bar**0.5 * x0_hat + (1 - alpha_bar_prev) ** 0.5 * eps",
    "the guess and the mixture": f"{GUESS}"
    "return maths.add_noise(x0_hat, eps, alpha_bar_prev), x0_hat",
    "eps taken for the guess": "return maths.add_noise(eps, "
    "maths.predict_eps(x_t, eps, alpha_bar), alpha_bar_prev)",
    "eps taken for v": "x0_hat = maths.x0_from_velocity(x_t, eps, alpha_bar)\n"
    "return maths.add_noise(x0_hat, eps, alpha_bar_prev)",
    "the example's levels": "return maths.ddim_step(x_t, eps, 0.36, 0.64)",
    "the example's result": "return 0.22",
    "the levels of the page": "return maths.ddim_step(x_t, eps, levels[0], levels[1])",
    "the last levels of the page": "return maths.ddim_step(x_t, eps, now, after)",
    "the step before": "return maths.ddim_step(x_t, eps, alpha_bar_prev, alpha_bar)",
    "two steps": "x_t = maths.ddim_step(x_t, eps, alpha_bar, alpha_bar_prev)\n"
    "return maths.ddim_step(x_t, eps, alpha_bar, alpha_bar_prev)",
    "half of the step": "new = maths.ddim_step(x_t, eps, alpha_bar, alpha_bar_prev)\n"
    "return (x_t + new) / 2",
    "posterior's mean": f"{GUESS}"
    "return maths.posterior_mean(x_t, x0_hat, alpha_bar, alpha_bar_prev)",
    "the guess cut to [-1, 1]": "x0_hat = torch.as_tensor(maths.predict_x0(x_t, eps, alpha_bar))\n"
    "return maths.add_noise(x0_hat.clamp(-1, 1), eps, alpha_bar_prev)",
    "not shrunk": f"{GUESS}return x0_hat + (1 - alpha_bar_prev) ** 0.5 * eps",
    "works in its argument": "new = maths.ddim_step(x_t, eps, alpha_bar, alpha_bar_prev)\n"
    "x_t.copy_(new)\nreturn x_t",
    "all the way": "return maths.ddim_step(x_t, eps, alpha_bar, 1.0)",
    "the step's share": "return maths.ddim_step(x_t, eps, alpha_bar, alpha_bar / alpha_bar_prev)",
}
DDIM_RETURN = (
    "x0_hat = (x_t - (1 - alpha_bar) ** 0.5 * eps) / alpha_bar**0.5\n"
    "return alpha_bar_prev**0.5 * x0_hat + (1 - alpha_bar_prev) ** 0.5 * eps"
)
DDIM_NAMES = "x_t, eps, alpha_bar, alpha_bar_prev"
DDIM_RIGHT = {
    "in one line": "return maths.add_noise(maths.predict_x0(x_t, eps, alpha_bar), eps, "
    "alpha_bar_prev)",
    "by hand": DDIM_RETURN,
    "the course's own": "return maths.ddim_step(x_t, eps, alpha_bar, alpha_bar_prev)",
    "by keywords": "x0_hat = maths.predict_x0(x_t=x_t, eps=eps, alpha_bar=alpha_bar)\n"
    "return maths.add_noise(x0=x0_hat, eps=eps, alpha_bar=alpha_bar_prev)",
    "math.sqrt": "from math import sqrt\n"
    "x0_hat = (x_t - sqrt(1 - alpha_bar) * eps) / sqrt(alpha_bar)\n"
    "return sqrt(alpha_bar_prev) * x0_hat + sqrt(1 - alpha_bar_prev) * eps",
    "solved for x_t and eps": "ratio = (alpha_bar_prev / alpha_bar) ** 0.5\n"
    "return ratio * x_t + ((1 - alpha_bar_prev) ** 0.5 - ratio * (1 - alpha_bar) ** 0.5) * eps",
    "sigma": "scaled = x_t / alpha_bar**0.5\n"
    "scaled = scaled + (maths.sigma(alpha_bar_prev) - maths.sigma(alpha_bar)) * eps\n"
    "return alpha_bar_prev**0.5 * scaled",
    "numpy": as_arrays(DDIM_RETURN, DDIM_NAMES),
    "float64 inside": in_float64(DDIM_RETURN, DDIM_NAMES),
    "torch.sqrt": "now, then = torch.as_tensor(alpha_bar), torch.as_tensor(alpha_bar_prev)\n"
    "x0_hat = (x_t - torch.sqrt(1 - now) * eps) / torch.sqrt(now)\n"
    "return torch.sqrt(then) * x0_hat + torch.sqrt(1 - then) * eps",
    "nested functions": "def guess(x, level):\n"
    "    return (x - (1 - level) ** 0.5 * eps) / level**0.5\n"
    "def mix(x0, level):\n    return level**0.5 * x0 + (1 - level) ** 0.5 * eps\n"
    "return mix(guess(x_t, alpha_bar), alpha_bar_prev)",
    "noise found again": f"{GUESS}eps_hat = maths.predict_eps(x_t, x0_hat, alpha_bar)\n"
    "return maths.add_noise(x0_hat, eps_hat, alpha_bar_prev)",
    "by the velocity": "v = (eps - (1 - alpha_bar) ** 0.5 * x_t) / alpha_bar**0.5\n"
    "x0_hat = maths.x0_from_velocity(x_t, v, alpha_bar)\n"
    "return maths.add_noise(x0_hat, eps, alpha_bar_prev)",
    "signal and noise": f"{GUESS}"
    "return maths.signal(alpha_bar_prev) * x0_hat + maths.noise(alpha_bar_prev) * eps",
}

DDPM = "ddpm_step(x_t, eps, alpha_bar, alpha_bar_prev, fresh_noise)"
MEAN = f"{GUESS}mean = maths.posterior_mean(x_t, x0_hat, alpha_bar, alpha_bar_prev)\n"
VARIANCE = "variance = maths.posterior_variance(alpha_bar, alpha_bar_prev)\n"
DDPM_BODY = f"{MEAN}{VARIANCE}return mean + variance**0.5 * fresh_noise"
DDPM_ANSWER = define(DDPM, {"": DDPM_BODY})[""]
DDPM_WRONG = {
    "variance, no root": f"{MEAN}{VARIANCE}return mean + variance * fresh_noise",
    "no fresh noise": f"{MEAN}return mean",
    "fresh noise unweighted": f"{MEAN}return mean + fresh_noise",
    "variance squared": f"{MEAN}{VARIANCE}return mean + variance**2 * fresh_noise",
    "the variance added": f"{MEAN}{VARIANCE}return mean + variance**0.5",
    "the old noise": f"{MEAN}{VARIANCE}return mean + variance**0.5 * eps",
    "x_t for the noise": f"{MEAN}{VARIANCE}return mean + variance**0.5 * x_t",
    "noise of its own": f"{MEAN}{VARIANCE}return mean + variance**0.5 * torch.randn_like(x_t)",
    "noise of the whole level": f"{MEAN}return mean + (1 - alpha_bar_prev) ** 0.5 * fresh_noise",
    "noise of the old level": f"{MEAN}return mean + (1 - alpha_bar) ** 0.5 * fresh_noise",
    "beta for the variance": f"{MEAN}beta = 1 - alpha_bar / alpha_bar_prev\n"
    "return mean + beta**0.5 * fresh_noise",
    "beta of the wrong quotient": f"{MEAN}beta = 1 - alpha_bar\n"
    "variance = (1 - alpha_bar_prev) / (1 - alpha_bar) * beta\n"
    "return mean + variance**0.5 * fresh_noise",
    "the variance's levels swapped": f"{MEAN}"
    "variance = abs(maths.posterior_variance(alpha_bar_prev, alpha_bar))\n"
    "return mean + variance**0.5 * fresh_noise",
    "the mean's levels swapped": f"{GUESS}{VARIANCE}"
    "mean = maths.posterior_mean(x_t, x0_hat, alpha_bar_prev, alpha_bar)\n"
    "return mean + variance**0.5 * fresh_noise",
    "the mean's pictures swapped": f"{GUESS}{VARIANCE}"
    "mean = maths.posterior_mean(x0_hat, x_t, alpha_bar, alpha_bar_prev)\n"
    "return mean + variance**0.5 * fresh_noise",
    "the noise for the guess": f"{VARIANCE}"
    "mean = maths.posterior_mean(x_t, eps, alpha_bar, alpha_bar_prev)\n"
    "return mean + variance**0.5 * fresh_noise",
    "x_t for the guess": f"{VARIANCE}"
    "mean = maths.posterior_mean(x_t, x_t, alpha_bar, alpha_bar_prev)\n"
    "return mean + variance**0.5 * fresh_noise",
    "guessed at the new level": "x0_hat = maths.predict_x0(x_t, eps, alpha_bar_prev)\n"
    f"mean = maths.posterior_mean(x_t, x0_hat, alpha_bar, alpha_bar_prev)\n{VARIANCE}"
    "return mean + variance**0.5 * fresh_noise",
    "guessed from the fresh noise": "x0_hat = maths.predict_x0(x_t, fresh_noise, alpha_bar)\n"
    f"mean = maths.posterior_mean(x_t, x0_hat, alpha_bar, alpha_bar_prev)\n{VARIANCE}"
    "return mean + variance**0.5 * fresh_noise",
    "the guess for the mean": f"{GUESS}{VARIANCE}return x0_hat + variance**0.5 * fresh_noise",
    "DDIM": "return maths.ddim_step(x_t, eps, alpha_bar, alpha_bar_prev)",
    "DDIM and fresh noise": f"{VARIANCE}"
    "return maths.ddim_step(x_t, eps, alpha_bar, alpha_bar_prev) + variance**0.5 * fresh_noise",
    "DDIM with fresh noise": f"{GUESS}return maths.add_noise(x0_hat, fresh_noise, alpha_bar_prev)",
    "mixed with the mean": f"{MEAN}{VARIANCE}"
    "return (1 - variance) ** 0.5 * mean + variance**0.5 * fresh_noise",
    "mean and noise": f"{MEAN}{VARIANCE}return mean, variance**0.5 * fresh_noise",
    "the example's levels": "return maths.ddpm_step(x_t, eps, 0.36, 0.64, fresh_noise)",
    "the levels of the page": "return maths.ddpm_step(x_t, eps, now, after, fresh_noise)",
    "the fresh noise of the page": "return maths.ddpm_step(x_t, eps, alpha_bar, alpha_bar_prev, "
    "fresh)",
    "a tenth of the noise": f"{MEAN}{VARIANCE}return mean + 0.1 * variance**0.5 * fresh_noise",
    "noise and fresh noise swapped": "return maths.ddpm_step(x_t, fresh_noise, alpha_bar, "
    "alpha_bar_prev, eps)",
    "the levels swapped": "return maths.ddpm_step(x_t, eps, alpha_bar_prev, alpha_bar, "
    "fresh_noise)",
    "works in its argument": f"{MEAN}{VARIANCE}fresh_noise *= variance**0.5\n"
    "fresh_noise += mean\nreturn fresh_noise",
    "shrunk to variance 1": f"{MEAN}{VARIANCE}new = mean + variance**0.5 * fresh_noise\n"
    "return new / new.std()",
    "the mean's roots forgotten": f"{GUESS}{VARIANCE}alpha = alpha_bar / alpha_bar_prev\n"
    "mean = (alpha_bar_prev * (1 - alpha) * x0_hat + alpha * (1 - alpha_bar_prev) * x_t)\n"
    "return mean / (1 - alpha_bar) + variance**0.5 * fresh_noise",
}
DDPM_RETURN = (
    "x0_hat = (x_t - (1 - alpha_bar) ** 0.5 * eps) / alpha_bar**0.5\n"
    "alpha = alpha_bar / alpha_bar_prev\nbeta = 1 - alpha\n"
    "mean = (alpha_bar_prev**0.5 * beta * x0_hat + alpha**0.5 * (1 - alpha_bar_prev) * x_t)\n"
    "mean = mean / (1 - alpha_bar)\n"
    "variance = (1 - alpha_bar_prev) / (1 - alpha_bar) * beta\n"
    "return mean + variance**0.5 * fresh_noise"
)
DDPM_NAMES = "x_t, eps, alpha_bar, alpha_bar_prev, fresh_noise"
DDPM_RIGHT = {
    "by hand": DDPM_RETURN,
    "the course's own": "return maths.ddpm_step(x_t, eps, alpha_bar, alpha_bar_prev, fresh_noise)",
    "math.sqrt": f"import math\n{MEAN}{VARIANCE}return mean + math.sqrt(variance) * fresh_noise",
    "a deviation": f"{MEAN}{VARIANCE}deviation = variance**0.5\n"
    "return deviation * fresh_noise + mean",
    "in one line": "return maths.posterior_mean(x_t, maths.predict_x0(x_t, eps, alpha_bar), "
    "alpha_bar, alpha_bar_prev) + "
    "maths.posterior_variance(alpha_bar, alpha_bar_prev) ** 0.5 * fresh_noise",
    "by keywords": "x0_hat = maths.predict_x0(x_t, eps=eps, alpha_bar=alpha_bar)\n"
    "levels = dict(alpha_bar=alpha_bar, alpha_bar_prev=alpha_bar_prev)\n"
    "mean = maths.posterior_mean(x_t, x0=x0_hat, **levels)\n"
    "return mean + maths.posterior_variance(**levels) ** 0.5 * fresh_noise",
    "numpy": as_arrays(DDPM_RETURN, DDPM_NAMES),
    "float64 inside": in_float64(DDPM_RETURN, DDPM_NAMES),
    "the mean from the noise": "alpha = alpha_bar / alpha_bar_prev\n"
    "mean = (x_t - (1 - alpha) / (1 - alpha_bar) ** 0.5 * eps) / alpha**0.5\n"
    f"{VARIANCE}return mean + variance**0.5 * fresh_noise",
    "DDIM with a random part": f"{GUESS}{VARIANCE}"
    "old = (1 - alpha_bar_prev - variance) ** 0.5\n"
    "return alpha_bar_prev**0.5 * x0_hat + old * eps + variance**0.5 * fresh_noise",
    "torch.sqrt": f"{MEAN}{VARIANCE}return mean + torch.as_tensor(variance).sqrt() * fresh_noise",
    "pow": f"{MEAN}{VARIANCE}return mean + pow(variance, 0.5) * fresh_noise",
    "mul": f"{MEAN}{VARIANCE}return torch.as_tensor(fresh_noise).mul(variance**0.5).add(mean)",
    "signal and noise": "x0_hat = (x_t - maths.noise(alpha_bar) * eps) / maths.signal(alpha_bar)\n"
    f"mean = maths.posterior_mean(x_t, x0_hat, alpha_bar, alpha_bar_prev)\n{VARIANCE}"
    "return mean + maths.signal(variance) * fresh_noise",
}

NEARER = "nearer_to_seen(pictures, seen, unseen)"
CUT = "count = min(len(seen), len(unseen))\nseen, unseen = seen[:count], unseen[:count]\n"
BOTH = (
    "a = torch.cdist(pictures.flatten(1), seen.flatten(1))\n"
    "b = torch.cdist(pictures.flatten(1), unseen.flatten(1))\n"
)
NEARER_BODY = f"{CUT}{BOTH}return (a.amin(dim=1) < b.amin(dim=1)).float().mean()"
NEARER_ANSWER = define(NEARER, {"": NEARER_BODY})[""]
NEARER_WRONG = {
    "not cut": f"{BOTH}return (a.amin(dim=1) < b.amin(dim=1)).float().mean()",
    "only seen cut": "seen = seen[:len(unseen)]\n"
    f"{BOTH}return (a.amin(dim=1) < b.amin(dim=1)).float().mean()",
    "cut to twelve": "seen, unseen = seen[:12], unseen[:12]\n"
    f"{BOTH}return (a.amin(dim=1) < b.amin(dim=1)).float().mean()",
    "cut to the number of pictures": "seen, unseen = seen[:len(pictures)], unseen[:len(pictures)]\n"
    f"{BOTH}return (a.amin(dim=1) < b.amin(dim=1)).float().mean()",
    "the last ones": "count = min(len(seen), len(unseen))\n"
    "seen, unseen = seen[-count:], unseen[-count:]\n"
    f"{BOTH}return (a.amin(dim=1) < b.amin(dim=1)).float().mean()",
    "turned over": f"{CUT}{BOTH}return (a.amin(dim=1) > b.amin(dim=1)).float().mean()",
    "how many": f"{CUT}{BOTH}return (a.amin(dim=1) < b.amin(dim=1)).sum()",
    "which ones": f"{CUT}{BOTH}return a.amin(dim=1) < b.amin(dim=1)",
    "percent": f"{CUT}{BOTH}return 100 * (a.amin(dim=1) < b.amin(dim=1)).float().mean()",
    "mean distance to all": f"{CUT}{BOTH}return (a.mean(dim=1) < b.mean(dim=1)).float().mean()",
    "the farthest": f"{CUT}{BOTH}return (a.amax(dim=1) < b.amax(dim=1)).float().mean()",
    "the other axis": f"{CUT}{BOTH}return (a.amin(dim=0) < b.amin(dim=0)).float().mean()",
    "every pair": f"{CUT}{BOTH}return (a < b).float().mean()",
    "one nearest for all": f"{CUT}{BOTH}return float(a.min() < b.min())",
    "means compared": f"{CUT}{BOTH}return float(a.amin(dim=1).mean() < b.amin(dim=1).mean())",
    "the ratio of distances": f"{CUT}{BOTH}return a.amin(dim=1).mean() / b.amin(dim=1).mean()",
    "the mean distance": f"{CUT}{BOTH}return a.amin(dim=1).mean()",
    "the difference": f"{CUT}{BOTH}return (a.amin(dim=1) - b.amin(dim=1)).mean()",
    "divided by the digits": f"{CUT}{BOTH}return (a.amin(dim=1) < b.amin(dim=1)).sum() / count",
    "chance": "return 0.5",
    "copies only": f"{CUT}{BOTH}return (a.amin(dim=1) == 0).float().mean()",
    "at random": "count = min(len(seen), len(unseen))\n"
    "seen = seen[torch.randperm(len(seen))[:count]]\n"
    "unseen = unseen[torch.randperm(len(unseen))[:count]]\n"
    f"{BOTH}return (a.amin(dim=1) < b.amin(dim=1)).float().mean()",
    "rounded": f"{CUT}{BOTH}return (a.amin(dim=1) < b.amin(dim=1)).float().mean().round()",
    "a half nearer": f"{CUT}{BOTH}return (2 * a.amin(dim=1) < b.amin(dim=1)).float().mean()",
    "distances per picture": f"{CUT}{BOTH}return a.amin(dim=1)",
    "seen from the drawings": f"{CUT}a = torch.cdist(pictures.flatten(1), pictures.flatten(1))\n"
    "b = torch.cdist(pictures.flatten(1), unseen.flatten(1))\n"
    "return (a.amin(dim=1) < b.amin(dim=1)).float().mean()",
}
NEARER_RIGHT = {
    "the course's search": f"{CUT}a = digits_lab.nearest(pictures, seen)[1]\n"
    "b = digits_lab.nearest(pictures, unseen)[1]\nreturn (a < b).float().mean()",
    "a loop": f"{CUT}found = 0\nfor picture in pictures:\n"
    "    a = ((seen - picture) ** 2).flatten(1).sum(dim=1).min()\n"
    "    b = ((unseen - picture) ** 2).flatten(1).sum(dim=1).min()\n"
    "    found += int(a < b)\nreturn found / len(pictures)",
    "mean squared distance": f"{CUT}"
    "a = ((pictures[:, None] - seen[None]) ** 2).mean(dim=(2, 3, 4)).amin(dim=1)\n"
    "b = ((pictures[:, None] - unseen[None]) ** 2).mean(dim=(2, 3, 4)).amin(dim=1)\n"
    "return (a < b).double().mean().item()",
    "a difference below 0": f"{CUT}{BOTH}return (a.amin(dim=1) - b.amin(dim=1) < 0).float().mean()",
    "both in one search": f"{CUT}a = torch.cdist(pictures.flatten(1), "
    "torch.cat([seen, unseen]).flatten(1))\n"
    "return (a.argmin(dim=1) < count).float().mean()",
    "min with places": f"{CUT}{BOTH}return (a.min(dim=1).values < b.min(dim=1)[0]).float().mean()",
    "sum over length": f"{CUT}{BOTH}return (a.amin(dim=1) < b.amin(dim=1)).sum() / len(pictures)",
    "numpy": "import numpy\n"
    + CUT
    + BOTH
    + "return numpy.mean(a.numpy().min(axis=1) < b.numpy().min(axis=1))",
    "broadcast and vector_norm": f"{CUT}"
    "a = torch.linalg.vector_norm(pictures[:, None] - seen, dim=(2, 3, 4)).amin(1)\n"
    "b = torch.linalg.vector_norm(pictures[:, None] - unseen, dim=(2, 3, 4)).amin(1)\n"
    "return torch.mean((a < b) * 1.0)",
}

CASES = {
    "2.1": {"wrong": MEAN_WRONG, "right": texts_right("the mean of all digits")},
    "2.2": {
        "wrong": wrong(DDIM_ANSWER) | define(DDIM, DDIM_WRONG),
        "right": right(DDIM_ANSWER) | define(DDIM, DDIM_RIGHT),
    },
    "2.3": {
        "wrong": wrong(NEARER_ANSWER, tensor=False) | define(NEARER, NEARER_WRONG),
        "right": right(NEARER_ANSWER, tensor=False) | define(NEARER, NEARER_RIGHT),
    },
    "2.4": {
        "wrong": wrong(DDPM_ANSWER) | define(DDPM, DDPM_WRONG),
        "right": right(DDPM_ANSWER) | define(DDPM, DDPM_RIGHT),
    },
}
