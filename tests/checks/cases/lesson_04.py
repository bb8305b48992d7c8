"""Answers to the exercises of lesson 04."""

from __future__ import annotations

from tests.checks.cases.source import function, useless

guesses = function("guesses(pipe, prompt, seed, steps)")
RUN = "steps_ = denoise(pipe, prompt, seed=seed, steps=steps)"

GUESSES = {
    "wrong": {
        **useless(guesses),
        "the canvas": guesses(RUN, "return torch.cat([s.x_t for s in steps_])"),
        "the next canvas": guesses(RUN, "return torch.cat([s.x_prev for s in steps_])"),
        "the noise": guesses(RUN, "return torch.cat([s.eps for s in steps_])"),
        "last step first": guesses(RUN, "return torch.cat([s.x0_hat for s in steps_][::-1])"),
        "batch of one kept": guesses(RUN, "return torch.stack([s.x0_hat for s in steps_])"),
        "steps as channels": guesses(RUN, "return torch.cat([s.x0_hat for s in steps_], dim=1)"),
        "steps as second axis": guesses(
            RUN, "return torch.stack([s.x0_hat for s in steps_], dim=1)"
        ),
        "rows of numbers": guesses(RUN, "return torch.cat([s.x0_hat for s in steps_]).flatten(1)"),
        "list of batches": guesses(RUN, "return [s.x0_hat for s in steps_]"),
        "return in the loop": guesses(RUN, "for s in steps_:", "    return s.x0_hat"),
        "only the last": guesses(RUN, "for s in steps_:", "    kept = s.x0_hat", "return kept"),
        "iterator not run": guesses(f"return {RUN.split(' = ')[1]}"),
        "prints": guesses(RUN, "print(torch.cat([s.x0_hat for s in steps_]))"),
        "forgets to return": guesses(RUN, "all_ = torch.cat([s.x0_hat for s in steps_])"),
        "first missing": guesses(RUN, "return torch.cat([s.x0_hat for s in steps_][1:])"),
        "last missing": guesses(RUN, "return torch.cat([s.x0_hat for s in steps_][:-1])"),
        "seed forgotten": guesses(
            "run_ = denoise(pipe, prompt, steps=steps)",
            "return torch.cat([s.x0_hat for s in run_])",
        ),
        "steps forgotten": guesses(
            "run_ = denoise(pipe, prompt, seed=seed)", "return torch.cat([s.x0_hat for s in run_])"
        ),
        "steps of the page": guesses(
            "run_ = denoise(pipe, prompt, seed=seed, steps=20)",
            "return torch.cat([s.x0_hat for s in run_])",
        ),
        "seed of the page": guesses(
            "run_ = denoise(pipe, prompt, seed=0, steps=steps)",
            "return torch.cat([s.x0_hat for s in run_])",
        ),
        "seed and steps swapped": guesses(
            "run_ = denoise(pipe, prompt, seed=steps, steps=seed)",
            "return torch.cat([s.x0_hat for s in run_])",
        ),
        "words of the page": guesses(
            "run_ = denoise(pipe, other, seed=seed, steps=steps)",
            "return torch.cat([s.x0_hat for s in run_])",
        ),
        "run of the page": guesses("return torch.cat([s.x0_hat[:1] for s in run])"),
        "one step too many": guesses(
            "run_ = denoise(pipe, prompt, seed=seed, steps=steps + 1)",
            "return torch.cat([s.x0_hat for s in run_])",
        ),
        "without guidance": guesses(
            "run_ = denoise(pipe, prompt, seed=seed, steps=steps, guidance_scale=1)",
            "return torch.cat([s.x0_hat for s in run_])",
        ),
        "before guidance": guesses(
            RUN, "return torch.cat([before_guidance(s).x0_hat for s in steps_])"
        ),
        "pictures": guesses(RUN, "return decode(pipe, torch.cat([s.x0_hat for s in steps_]))"),
        "mean of all": guesses(RUN, "return torch.cat([s.x0_hat for s in steps_]).mean(0)"),
        "clamped": guesses(RUN, "return torch.cat([s.x0_hat for s in steps_]).clamp(-1, 1)"),
        "zeros of the right shape": guesses("return torch.zeros(steps, 4, 16, 16)"),
        "positional": guesses(
            "run_ = denoise(pipe, prompt, seed, steps)",
            "return torch.cat([s.x0_hat for s in run_])",
        ),
        "rows and columns exchanged": guesses(
            RUN, "return torch.cat([s.x0_hat for s in steps_]).mT"
        ),
    },
    "right": {
        "cat": guesses(RUN, "return torch.cat([s.x0_hat for s in steps_])"),
        "cat, a tuple": guesses(RUN, "return torch.cat(tuple(s.x0_hat for s in steps_), dim=0)"),
        "stack of pictures": guesses(RUN, "return torch.stack([s.x0_hat[0] for s in steps_])"),
        "stack, squeezed": guesses(
            RUN, "return torch.stack([s.x0_hat for s in steps_]).squeeze(1)"
        ),
        "stack, flattened": guesses(
            RUN, "return torch.stack([s.x0_hat for s in steps_]).flatten(0, 1)"
        ),
        "vstack": guesses(RUN, "return torch.vstack([s.x0_hat for s in steps_])"),
        "loop": guesses(
            "kept = []",
            "for step in denoise(pipe, prompt, seed=seed, steps=steps):",
            "    kept.append(step.x0_hat)",
            "return torch.cat(kept)",
        ),
        "made room first": guesses(
            "kept = torch.empty(steps, 4, 16, 16)",
            "for k, step in enumerate(denoise(pipe, prompt, seed=seed, steps=steps)):",
            "    kept[k] = step.x0_hat[0]",
            "return kept",
        ),
        "grown": guesses(
            "kept = torch.empty(0, 4, 16, 16)",
            "for step in denoise(pipe, prompt, seed=seed, steps=steps):",
            "    kept = torch.cat([kept, step.x0_hat])",
            "return kept",
        ),
        "numpy": guesses(
            "import numpy as np",
            RUN,
            "return np.concatenate([s.x0_hat.numpy() for s in steps_])",
        ),
        "double": guesses(RUN, "return torch.cat([s.x0_hat.double() for s in steps_])"),
        "from the canvas and the noise": guesses(
            RUN, "return torch.cat([predict_x0(s.x_t, s.eps, s.alpha_bar) for s in steps_])"
        ),
        "guided by hand": guesses(
            RUN,
            "made = []",
            "for s in steps_:",
            "    eps = guide(s.eps_uncond, s.eps_cond, 7.5)",
            "    made.append(predict_x0(s.x_t, eps, s.alpha_bar))",
            "return torch.cat(made)",
        ),
        "generate": guesses(
            "run = generate(pipe, prompt, seed=seed, steps=steps, progress=False)",
            "return torch.cat([record.x0_hat for record in run.records])",
        ),
        "generate, iterated": guesses(
            "run = generate(pipe, prompt, seed=seed, steps=steps, progress=False)",
            "return torch.cat([record.x0_hat for record in run])",
        ),
        "lists of one": guesses(
            "run = denoise(pipe, [prompt], seed=[seed], steps=steps)",
            "return torch.cat([s.x0_hat for s in run])",
        ),
        "settings spelled out": guesses(
            "run = denoise(",
            "    pipe, prompt, negative_prompt='', steps=steps, guidance_scale=7.5, seed=seed",
            ")",
            "return torch.cat([s.x0_hat for s in run])",
        ),
        "no gradients": "@torch.no_grad()\n"
        + guesses(RUN, "return torch.cat([s.x0_hat for s in steps_])"),
        "hints": '''
def guesses(pipe, prompt: str, seed: int, steps: int) -> torch.Tensor:
    """All guesses of a run, (N, 4, 16, 16)."""
    return torch.cat([s.x0_hat for s in denoise(pipe, prompt, seed=seed, steps=steps)])
''',
        "lambda": """
guesses = lambda pipe, prompt, seed, steps: torch.cat(
    [step.x0_hat for step in denoise(pipe, prompt, seed=seed, steps=steps)]
)
""",
        "helper": """
def guess_of(step):
    return step.x0_hat


def guesses(pipe, prompt, seed, steps):
    return torch.cat(list(map(guess_of, denoise(pipe, prompt, seed=seed, steps=steps))))
""",
    },
}

FIXED_FROM = {
    "wrong": {
        "stub": "fixed_from = ...",
        "none": "fixed_from = None",
        "at once": "fixed_from = 0",
        "early": "fixed_from = 4",
        "rather early": "fixed_from = 6",
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

fewest = function("fewest_steps(distances, tolerance)")
FIT = "fit = [steps for steps, distance in distances.items() if distance <= tolerance]"

FEWEST_STEPS = {
    "wrong": {
        **useless(fewest),
        "strict": fewest("return min(s for s, d in distances.items() if d < tolerance)"),
        "at least": fewest("return min(s for s, d in distances.items() if d >= tolerance)"),
        "most steps": fewest(FIT, "return max(fit)"),
        "all that fit": fewest(FIT, "return fit"),
        "first that fits": fewest(FIT, "return fit[0]"),
        "last that fits": fewest(FIT, "return fit[-1]"),
        "how many fit": fewest(FIT, "return len(fit)"),
        "prints": fewest(FIT, "print(min(fit))"),
        "text": fewest(FIT, "return str(min(fit))"),
        "sentence": fewest(FIT, 'return f"{min(fit)} steps"'),
        "one more": fewest(FIT, "return min(fit) + 1"),
        "negative": fewest(FIT, "return -min(fit)"),
        "distance, not steps": fewest(
            "return min(d for d in distances.values() if d <= tolerance)"
        ),
        "both": fewest("return min((s, d) for s, d in distances.items() if d <= tolerance)"),
        "pairs taken apart wrongly": fewest(
            "return min(steps for distance, steps in distances.items() if distance <= tolerance)"
        ),
        "smallest of all": fewest("return min(distances)"),
        "smallest distance": fewest("return min(distances, key=distances.get)"),
        "largest distance that fits": fewest(FIT, "return max(fit, key=distances.get)"),
        "smallest distance that fits": fewest(FIT, "return min(fit, key=distances.get)"),
        "nearest to the tolerance": fewest(
            "return min(distances, key=lambda s: abs(distances[s] - tolerance))"
        ),
        "all later ones must fit": fewest(
            "best = None",
            "for steps in sorted(distances, reverse=True):",
            "    if distances[steps] > tolerance:",
            "        break",
            "    best = steps",
            "return best",
        ),
        "distances of the page": fewest(
            "return min(s for s, d in errors.items() if d <= tolerance)"
        ),
        "tolerance of one's own": fewest("return min(s for s, d in distances.items() if d <= 0.1)"),
        "always 10": fewest("return 10"),
        "always 20": fewest("return 20"),
        "rounded": fewest(
            "return min(s for s, d in distances.items() if round(d, 1) <= tolerance)"
        ),
        "place in the list": fewest(
            "values = [distances[s] for s in sorted(distances)]",
            "return min(k for k, d in enumerate(values) if d <= tolerance)",
        ),
        "steps compared": fewest("return min(s for s in distances if s <= tolerance)"),
        "sorted as text": fewest(FIT, "return sorted(fit, key=str)[0]"),
        "takes out what does not fit": fewest(
            "for steps in list(distances):",
            "    if distances[steps] > tolerance:",
            "        del distances[steps]",
            "return min(distances)",
        ),
        "empties the dictionary": fewest(
            "best = None",
            "while distances:",
            "    steps, distance = distances.popitem()",
            "    if distance <= tolerance and (best is None or steps < best):",
            "        best = steps",
            "return best",
        ),
        "dictionary": fewest("return {s: d for s, d in distances.items() if d <= tolerance}"),
        "truth value": fewest(FIT, "return bool(fit)"),
        "half the tolerance": fewest(
            "return min(s for s, d in distances.items() if d <= tolerance / 2)"
        ),
    },
    "right": {
        "list": fewest(FIT, "return min(fit)"),
        "one line": fewest("return min(s for s, d in distances.items() if d <= tolerance)"),
        "keys": fewest("return min(s for s in distances if distances[s] <= tolerance)"),
        "not above": fewest("return min(s for s, d in distances.items() if not d > tolerance)"),
        "the other way round": fewest(
            "return min(s for s, d in distances.items() if tolerance >= d)"
        ),
        "sorted": fewest(
            "for steps in sorted(distances):",
            "    if distances[steps] <= tolerance:",
            "        return steps",
        ),
        "sorted pairs": fewest(
            "for steps, distance in sorted(distances.items()):",
            "    if distance <= tolerance:",
            "        return steps",
            "raise ValueError('none is good enough')",
        ),
        "loop": fewest(
            "best = float('inf')",
            "for steps, distance in distances.items():",
            "    if distance <= tolerance and steps < best:",
            "        best = steps",
            "return best",
        ),
        "filter": fewest("return min(filter(lambda s: distances[s] <= tolerance, distances))"),
        "next": fewest("return next(s for s in sorted(distances) if distances[s] <= tolerance)"),
        "set": fewest("return min({s for s, d in distances.items() if d <= tolerance})"),
        "dictionary of those kept": fewest(
            "kept = {s: d for s, d in distances.items() if d <= tolerance}", "return min(kept)"
        ),
        "sorted, first": fewest(FIT, "return sorted(fit)[0]"),
        "default": fewest(FIT, "return min(fit, default=None)"),
        "numpy": fewest(
            "import numpy as np",
            "steps = np.array(list(distances.keys()))",
            "values = np.array(list(distances.values()))",
            "return steps[values <= tolerance].min()",
        ),
        "torch": fewest(
            "steps = torch.tensor(list(distances))",
            "values = torch.tensor(list(distances.values()), dtype=torch.float64)",
            "return steps[values <= tolerance].min()",
        ),
        "torch, a number": fewest(
            "steps = torch.tensor(list(distances))",
            "values = torch.tensor(list(distances.values()), dtype=torch.float64)",
            "return steps[values <= tolerance].min().item()",
        ),
        "a float": fewest(FIT, "return float(min(fit))"),
        "a copy taken apart": fewest(
            "left = dict(distances)",
            "while left:",
            "    steps = min(left)",
            "    if left.pop(steps) <= tolerance:",
            "        return steps",
        ),
        "heap": fewest(FIT, "import heapq", "return heapq.nsmallest(1, fit)[0]"),
        "lambda": """
fewest_steps = lambda distances, tolerance: min(
    steps for steps, distance in distances.items() if distance <= tolerance
)
""",
        "hints": '''
def fewest_steps(distances: dict[int, float], tolerance: float) -> int:
    """The smallest number of steps that comes close enough."""
    return min(steps for steps, distance in distances.items() if distance <= tolerance)
''',
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
    "4.1": GUESSES,
    "4.2": FIXED_FROM,
    "4.3": FEWEST_STEPS,
    "4.4": SAME_PICTURE,
    "4.5": PROJECT,
}
