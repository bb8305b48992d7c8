"""Answers to the exercises of lesson 04."""

from __future__ import annotations

from tests.checks.cases.source import function, useless

renoise = function("renoise(step, noise)")
GUESS = "guess = predict_x0(step.x_t, step.eps_cond, step.alpha_bar)"
MIX = "return add_noise(guess, noise, step.alpha_bar)"
ROOTS = "a, b = step.alpha_bar**0.5, (1 - step.alpha_bar) ** 0.5"

RENOISE = {
    "wrong": {
        **useless(renoise),
        "first try": renoise("return step.x0_hat + (1 - step.alpha_bar) ** 0.5 * noise"),
        "calls the first try": renoise("return first_try(step, noise)"),
        "guidance left": renoise("return add_noise(step.x0_hat, noise, step.alpha_bar)"),
        "guidance left, by hand": renoise(ROOTS, "return a * step.x0_hat + b * noise"),
        "factor left out": renoise(GUESS, "return guess + (1 - step.alpha_bar) ** 0.5 * noise"),
        "factor without root": renoise(
            GUESS, "return step.alpha_bar * guess + (1 - step.alpha_bar) ** 0.5 * noise"
        ),
        "no roots": renoise(GUESS, "return step.alpha_bar * guess + (1 - step.alpha_bar) * noise"),
        "noise without factor": renoise(GUESS, "return step.alpha_bar**0.5 * guess + noise"),
        "added": renoise(GUESS, "return guess + noise"),
        "guess and noise exchanged": renoise(
            GUESS, "return add_noise(noise, guess, step.alpha_bar)"
        ),
        "without words": renoise(
            "guess = predict_x0(step.x_t, step.eps_uncond, step.alpha_bar)", MIX
        ),
        "guided noise": renoise("guess = predict_x0(step.x_t, step.eps, step.alpha_bar)", MIX),
        "guess of the new noise": renoise(
            "guess = predict_x0(step.x_t, noise, step.alpha_bar)", MIX
        ),
        "noise on the old canvas": renoise("return add_noise(step.x_t, noise, step.alpha_bar)"),
        "noise added to the old canvas": renoise(
            "return step.x_t + (1 - step.alpha_bar) ** 0.5 * noise"
        ),
        "old noise": renoise(GUESS, "return add_noise(guess, step.eps_cond, step.alpha_bar)"),
        "old guided noise": renoise(GUESS, "return add_noise(guess, step.eps, step.alpha_bar)"),
        "old canvas": renoise("return step.x_t"),
        "next canvas": renoise("return step.x_prev"),
        "guess alone": renoise(GUESS, "return guess"),
        "noise alone": renoise("return noise"),
        "level of the page": renoise(
            GUESS, "return add_noise(guess, noise, run.records[4].alpha_bar)"
        ),
        "step of the page": renoise(
            "step = before_guidance(run.records[4])",
            "return add_noise(step.x0_hat, noise, step.alpha_bar)",
        ),
        "guided guess made weaker": renoise("guess = step.x0_hat / step.x0_hat.std()", MIX),
        "guess scaled to one": renoise(GUESS, "guess = guess / guess.std()", MIX),
        "canvas scaled to one": renoise(
            "x = step.x0_hat + (1 - step.alpha_bar) ** 0.5 * noise", "return x / x.std()"
        ),
        "divided by alpha_bar": renoise(
            "guess = (step.x_t - (1 - step.alpha_bar) ** 0.5 * step.eps_cond) / step.alpha_bar", MIX
        ),
        "whole noise taken away": renoise(
            "guess = (step.x_t - step.eps_cond) / step.alpha_bar**0.5", MIX
        ),
        "a record, not a canvas": renoise("return before_guidance(step)"),
        "guess and canvas": renoise(GUESS, "return guess, add_noise(guess, noise, step.alpha_bar)"),
        "own random noise": renoise(
            GUESS, "return add_noise(guess, torch.randn_like(noise), step.alpha_bar)"
        ),
        "forgets to return": renoise(GUESS, "add_noise(guess, noise, step.alpha_bar)"),
        "prints": renoise(GUESS, "print(add_noise(guess, noise, step.alpha_bar))"),
        "first picture only": renoise(
            GUESS, "return add_noise(guess[:1], noise[:1], step.alpha_bar)"
        ),
        "mean of both guesses": renoise(GUESS, "guess = (guess + step.x0_hat) / 2", MIX),
    },
    "right": {
        "two lines": renoise(GUESS, MIX),
        "of the page": renoise(
            "step = before_guidance(step)",
            "return add_noise(step.x0_hat, noise, step.alpha_bar)",
        ),
        "of the page, one line": renoise(
            "return add_noise(before_guidance(step).x0_hat, noise, step.alpha_bar)"
        ),
        "by hand": renoise(
            ROOTS, "guess = (step.x_t - b * step.eps_cond) / a", "return a * guess + b * noise"
        ),
        "exchanged noise": renoise(ROOTS, "return step.x_t + b * (noise - step.eps_cond)"),
        "torch roots": renoise(
            "level = torch.tensor(step.alpha_bar)",
            "guess = (step.x_t - (1 - level).sqrt() * step.eps_cond) / level.sqrt()",
            "return level.sqrt() * guess + (1 - level).sqrt() * noise",
        ),
        "double": renoise(
            "guess = predict_x0(step.x_t.double(), step.eps_cond.double(), step.alpha_bar)", MIX
        ),
        "numpy": renoise(
            "import numpy as np",
            "b = np.sqrt(1 - step.alpha_bar)",
            "return step.x_t.numpy() + b * (noise.numpy() - step.eps_cond.numpy())",
        ),
        "guidance 1": renoise(
            "eps = guide(step.eps_uncond, step.eps_cond, 1.0)",
            "guess = predict_x0(step.x_t, eps, step.alpha_bar)",
            MIX,
        ),
        "one step of ddim, other noise": renoise(
            "level = step.alpha_bar",
            "return ddim_step(step.x_t, step.eps_cond, level, level)"
            " + (1 - level) ** 0.5 * (noise - step.eps_cond)",
        ),
        "hints": '''
def renoise(step, noise: torch.Tensor) -> torch.Tensor:
    """The canvas of a step with its noise replaced."""
    guess = predict_x0(step.x_t, step.eps_cond, step.alpha_bar)
    return add_noise(guess, noise, step.alpha_bar)
''',
        "lambda": """
renoise = lambda step, noise: add_noise(
    predict_x0(step.x_t, step.eps_cond, step.alpha_bar), noise, step.alpha_bar
)
""",
    },
}

FIXED_FROM = {
    "wrong": {
        "stub": "fixed_from = ...",
        "none": "fixed_from = None",
        "at once": "fixed_from = 0",
        "early": "fixed_from = 4",
        "rather early": "fixed_from = 5",
        "at the end": "fixed_from = 20",
        "before the end": "fixed_from = 19",
        "late": "fixed_from = 18",
        "rather late": "fixed_from = 16",
        "timestep": "fixed_from = 749",
        "share of the run": "fixed_from = 0.3",
        "correlation": "fixed_from = 0.9",
        "text": 'fixed_from = "10"',
        "words": 'fixed_from = "step 10"',
        "negative": "fixed_from = -10",
        "not a number": 'fixed_from = float("nan")',
        "infinite": 'fixed_from = float("inf")',
        "several": "fixed_from = [9, 10, 11, 12, 13]",
        "all of them": "fixed_from = range(21)",
        "minus infinity": 'fixed_from = -float("inf")',
        "printed": "print(10)",
        "a complex one": "fixed_from = 10j",
        "exits": "import sys\nsys.exit()",
        "tensor of two": "fixed_from = torch.tensor([10, 11])",
        "compared": "fixed_from == 10",
    },
    "right": {
        "nine": "fixed_from = 9",
        "ten": "fixed_from = 10",
        "eleven": "fixed_from = 11",
        "twelve": "fixed_from = 12",
        "eight": "fixed_from = 8",
        "a float": "fixed_from = 10.0",
        "between": "fixed_from = 10.5",
        "numpy": "import numpy as np\nfixed_from = np.int64(10)",
        "numpy float": "import numpy as np\nfixed_from = np.float32(10)",
        "array without axes": "import numpy as np\nfixed_from = np.array(10)",
        "tensor": "fixed_from = torch.tensor(10)",
        "tensor of one": "fixed_from = torch.tensor([10.0])",
        "fraction": "from fractions import Fraction\nfixed_from = Fraction(21, 2)",
        "computed": "fixed_from = 20 * 0.5",
        "with a hint": "fixed_from: int = 10",
        "peeked": "fixed_from = next(k for k, v in kept.items() if mean(v) >= 0.9)",
    },
}


def same_picture(*truths: str) -> str:
    """The cell with these words behind the four pairs."""
    pairs = (
        '("ddim", "euler")',
        '("ddim", "dpm++")',
        '("ddim", "ddpm")',
        '("ddpm", "euler ancestral")',
    )
    lines = [f"    {pair}: {truth}," for pair, truth in zip(pairs, truths, strict=False)]
    return "\n".join(["same_picture = {", *lines, "}"])


TRUE, FALSE = "True", "False"

SAME_PICTURE = {
    "wrong": {
        "stub": same_picture("...", "...", "...", "..."),
        "half done": same_picture(TRUE, TRUE, "...", "..."),
        "all": same_picture(TRUE, TRUE, TRUE, TRUE),
        "none": same_picture(FALSE, FALSE, FALSE, FALSE),
        "all reversed": same_picture(FALSE, FALSE, TRUE, FALSE),
        "first wrong": same_picture(FALSE, TRUE, FALSE, TRUE),
        "second wrong": same_picture(TRUE, FALSE, FALSE, TRUE),
        "third wrong": same_picture(TRUE, TRUE, TRUE, TRUE),
        "last wrong": same_picture(TRUE, TRUE, FALSE, FALSE),
        "only the first": same_picture(TRUE, FALSE, FALSE, FALSE),
        "only the last": same_picture(FALSE, FALSE, FALSE, TRUE),
        "fresh noise never matters": same_picture(TRUE, FALSE, TRUE, TRUE),
        "None for no": same_picture(TRUE, TRUE, "None", TRUE),
        "text": same_picture('"True"', '"True"', '"False"', '"True"'),
        "yes and no": same_picture('"yes"', '"yes"', '"no"', '"yes"'),
        "distances": same_picture(
            *(
                f"distance(at_20[{a!r}], at_20[{b!r}])"
                for a, b in (
                    ("ddim", "euler"),
                    ("ddim", "dpm++"),
                    ("ddim", "ddpm"),
                    ("ddpm", "euler ancestral"),
                )
            )
        ),
        "last pair missing": same_picture(TRUE, TRUE, FALSE),
        "empty": "same_picture = {}",
        "nothing": "same_picture = None",
        "one word for all": "same_picture = True",
        "a list of names": 'same_picture = ["ddim", "euler", "dpm++"]',
        "not a number": same_picture(TRUE, TRUE, 'float("nan")', TRUE),
        "exits": "import sys\nsys.exit()",
        "exactly equal": "same_picture = {pair: torch.equal(at_20[pair[0]], at_20[pair[1]])"
        " for pair in same_picture}",
    },
    "right": {
        "plain": same_picture(TRUE, TRUE, FALSE, TRUE),
        "negations": same_picture("not False", "not False", "not True", "not False"),
        "numpy": "import numpy as np\n"
        + same_picture("np.True_", "np.True_", "np.False_", "np.True_"),
        "numpy, made": "import numpy as np\n"
        + same_picture("np.bool_(1)", "np.bool_(1)", "np.bool_(0)", "np.bool_(1)"),
        "arrays without axes": "import numpy as np\n"
        + same_picture("np.array(True)", "np.array(True)", "np.array(False)", "np.array(True)"),
        "tensors": same_picture(
            "torch.tensor(True)", "torch.tensor(True)", "torch.tensor(False)", "torch.tensor(True)"
        ),
        "tensors of one": same_picture(
            "torch.tensor([True])",
            "torch.tensor([True])",
            "torch.tensor([False])",
            "torch.tensor([True])",
        ),
        "words for the truth": "yes, no = True, False\n" + same_picture("yes", "yes", "no", "yes"),
        "filled in": """
for pair in same_picture:
    same_picture[pair] = True
same_picture["ddim", "ddpm"] = False
""",
        "another order": """
same_picture = {
    ("ddpm", "euler ancestral"): True,
    ("ddim", "ddpm"): False,
    ("ddim", "dpm++"): True,
    ("ddim", "euler"): True,
}
""",
        "zip": "same_picture = dict(zip(same_picture, [True, True, False, True]))",
        "by families": """
fresh_noise = {"ddpm", "euler ancestral"}
same_picture = {(a, b): (a in fresh_noise) == (b in fresh_noise) for a, b in same_picture}
""",
        "measured": """
same_picture = {(a, b): distance(at_20[a], at_20[b]) < 0.5 for a, b in same_picture}
""",
        "measured, tensors": """
same_picture = {
    (a, b): (at_20[a] - at_20[b]).square().mean().sqrt() < 0.5 for a, b in same_picture
}
""",
    },
}

project = function("project(points)")
CENTRED = "centred = points - points.mean(dim=0)"
SVD = "U, S, Vt = torch.linalg.svd(centred, full_matrices=False)"

PROJECT = {
    "wrong": {
        **useless(project),
        "mean not taken away": project(
            "U, S, Vt = torch.linalg.svd(points, full_matrices=False)", "return points @ Vt[:2].T"
        ),
        "points themselves projected": project(CENTRED, SVD, "return points @ Vt[:2].T"),
        "one mean for all": project(
            "centred = points - points.mean()", SVD, "return centred @ Vt[:2].T"
        ),
        "mean of each point": project(
            "centred = points - points.mean(dim=1, keepdim=True)", SVD, "return centred @ Vt[:2].T"
        ),
        "columns of Vt": project(CENTRED, SVD, "return centred @ Vt[:, :2]"),
        "all axes": project(CENTRED, SVD, "return centred @ Vt.T"),
        "U without S": project(CENTRED, SVD, "return U[:, :2]"),
        "the axes": project(CENTRED, SVD, "return Vt[:2]"),
        "the axes, transposed": project(CENTRED, SVD, "return Vt[:2].T"),
        "the widths": project(CENTRED, SVD, "return S[:2]"),
        "last two axes": project(CENTRED, SVD, "return centred @ Vt[-2:].T"),
        "axes exchanged": project(CENTRED, SVD, "return centred @ Vt[[1, 0]].T"),
        "axes one and two": project(CENTRED, SVD, "return centred @ Vt[1:3].T"),
        "one axis": project(CENTRED, SVD, "return centred @ Vt[:1].T"),
        "three axes": project(CENTRED, SVD, "return centred @ Vt[:3].T"),
        "first two numbers": project("return points[:, :2]"),
        "first two numbers, centred": project(CENTRED, "return centred[:, :2]"),
        "lying": project(CENTRED, SVD, "return (centred @ Vt[:2].T).T"),
        "divided by the spread": project(
            "centred = (points - points.mean(0)) / points.std(0)", SVD, "return centred @ Vt[:2].T"
        ),
        "whitened": project(CENTRED, SVD, "return centred @ Vt[:2].T / S[:2]"),
        "S twice": project(CENTRED, SVD, "return centred @ Vt[:2].T * S[:2]"),
        "lengths only": project(CENTRED, SVD, "return (centred @ Vt[:2].T).abs()"),
        "centred in place": project(
            "points -= points.mean(dim=0)",
            "U, S, Vt = torch.linalg.svd(points, full_matrices=False)",
            "return points @ Vt[:2].T",
        ),
        "smallest first": project(
            CENTRED,
            "values, axes = torch.linalg.eigh(centred.T @ centred)",
            "return centred @ axes[:, :2]",
        ),
        "narrower of the two first": project(
            CENTRED,
            "values, axes = torch.linalg.eigh(centred.T @ centred)",
            "return centred @ axes[:, -2:]",
        ),
        "prints": project(CENTRED, SVD, "print(centred @ Vt[:2].T)"),
        "forgets to return": project(CENTRED, SVD, "plane = centred @ Vt[:2].T"),
        "the page's example": project("return torch.tensor([[-2.8, 0], [0, 0], [2.8, 0]])"),
        "median": project(
            "centred = points - points.median(dim=0).values", SVD, "return centred @ Vt[:2].T"
        ),
        "first point as origin": project(
            "centred = points - points[0]", SVD, "return centred @ Vt[:2].T"
        ),
        "whole numbers": project(CENTRED, SVD, "return (centred @ Vt[:2].T).round()"),
        "points transposed": project(
            "centred = points.T - points.T.mean(dim=0)", SVD, "return centred @ Vt[:2].T"
        ),
        "second axis thrown away": project(
            CENTRED,
            SVD,
            "plane = centred @ Vt[:2].T",
            "return torch.stack([plane[:, 0], torch.zeros(len(points))], dim=1)",
        ),
    },
    "right": {
        "svd": project(CENTRED, SVD, "return centred @ Vt[:2].T"),
        "U times S": project(CENTRED, SVD, "return U[:, :2] * S[:2]"),
        "U times diagonal S": project(CENTRED, SVD, "return U[:, :2] @ torch.diag(S[:2])"),
        "all, then two": project(CENTRED, SVD, "return (centred @ Vt.T)[:, :2]"),
        "keepdim": project(
            "centred = points - points.mean(dim=0, keepdim=True)", SVD, "return centred @ Vt[:2].mT"
        ),
        "full matrices": project(
            CENTRED, "U, S, Vt = torch.linalg.svd(centred)", "return centred @ Vt[:2].T"
        ),
        "V": project(CENTRED, SVD, "V = Vt.T", "return centred @ V[:, :2]"),
        "other signs": project(CENTRED, SVD, "return -(centred @ Vt[:2].T)"),
        "one sign turned": project(
            CENTRED, SVD, "return centred @ Vt[:2].T * torch.tensor([1.0, -1.0])"
        ),
        "svd of the transposed": project(
            CENTRED,
            "U, S, Vt = torch.linalg.svd(centred.T, full_matrices=False)",
            "return centred @ U[:, :2]",
        ),
        "covariance": project(
            CENTRED,
            "values, axes = torch.linalg.eigh(torch.cov(points.T))",
            "return centred @ axes[:, [-1, -2]]",
        ),
        "squares of X": project(
            CENTRED,
            "centred = centred.double()",
            "values, axes = torch.linalg.eigh(centred.T @ centred)",
            "return centred @ axes.flip(1)[:, :2]",
        ),
        "pca_lowrank": project(
            "U, S, V = torch.pca_lowrank(points, q=min(points.shape))",
            "return (points - points.mean(0)) @ V[:, :2]",
        ),
        "svd of old": project(CENTRED, "U, S, V = torch.svd(centred)", "return centred @ V[:, :2]"),
        "double": project(
            "centred = points.double() - points.double().mean(0)", SVD, "return centred @ Vt[:2].T"
        ),
        "numpy": project(
            "import numpy as np",
            "x = np.asarray(points)",
            "x = x - x.mean(axis=0)",
            "u, s, vt = np.linalg.svd(x, full_matrices=False)",
            "return x @ vt[:2].T",
        ),
        "numpy in double, a tensor back": project(
            "import numpy as np",
            "x = np.asarray(points, dtype=np.float64)",
            "x = x - x.mean(0)",
            "vt = np.linalg.svd(x, full_matrices=False)[2]",
            "return torch.tensor(x @ vt[:2].T)",
        ),
        "einsum": project(CENTRED, SVD, "return torch.einsum('nd,kd->nk', centred, Vt[:2])"),
        "stacked": project(
            CENTRED, SVD, "return torch.stack([centred @ Vt[0], centred @ Vt[1]], dim=1)"
        ),
        "linear": project(CENTRED, SVD, "return F.linear(centred, Vt[:2])"),
        "mean by sum": project(
            "centred = points - points.sum(0) / len(points)", SVD, "return centred @ Vt[:2].T"
        ),
        "centred on both sides": project(
            CENTRED, SVD, "plane = points @ Vt[:2].T", "return plane - plane.mean(0)"
        ),
        "a copy in place": project(
            "centred = points.clone()",
            "centred -= centred.mean(0)",
            SVD,
            "return centred @ Vt[:2].T",
        ),
        "helper": """
def axes_of(centred):
    return torch.linalg.svd(centred, full_matrices=False).Vh[:2]


def project(points: torch.Tensor) -> torch.Tensor:
    centred = points - points.mean(axis=0)
    return torch.matmul(centred, axes_of(centred).T)
""",
    },
}

CASES = {
    "4.1": RENOISE,
    "4.2": SAME_PICTURE,
    "4.3": FIXED_FROM,
    "4.4": PROJECT,
}
