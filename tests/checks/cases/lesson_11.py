"""Answers to the exercises of lesson 11."""

from __future__ import annotations

from tests.checks.cases.source import function, useless

span = function("interval(hits, n)")

ROOT = "half = z / (n + z**2) * math.sqrt(hits * (n - hits) / n + z**2 / 4)"
CENTRE = "centre = (hits + z**2 / 2) / (n + z**2)"

INTERVAL = {
    "wrong": {
        **useless(span),
        "textbook's short formula": span(
            "p = hits / n",
            "half = 1.96 * math.sqrt(p * (1 - p) / n)",
            "return p - half, p + half",
        ),
        "around the share": span("z = 1.96", ROOT, "return hits / n - half, hits / n + half"),
        "z forgotten": span("z = 1", CENTRE, ROOT, "return centre - half, centre + half"),
        "another level": span("z = 2.58", CENTRE, ROOT, "return centre - half, centre + half"),
        "high first": span("z = 1.96", CENTRE, ROOT, "return centre + half, centre - half"),
        "centre and half": span("z = 1.96", CENTRE, ROOT, "return centre, half"),
        "low alone": span("z = 1.96", CENTRE, ROOT, "return centre - half"),
        "in percent": span(
            "z = 1.96", CENTRE, ROOT, "return 100 * (centre - half), 100 * (centre + half)"
        ),
        "no root": span(
            "z = 1.96",
            CENTRE,
            "half = z / (n + z**2) * (hits * (n - hits) / n + z**2 / 4)",
            "return centre - half, centre + half",
        ),
        "z not squared": span(
            "z = 1.96",
            "centre = (hits + z / 2) / (n + z)",
            "half = z / (n + z) * math.sqrt(hits * (n - hits) / n + z / 4)",
            "return centre - half, centre + half",
        ),
        "the page's numbers": span("return 0.551, 0.880"),
        "zero to one": span("return 0.0, 1.0"),
        "clipped short formula": span(
            "p = hits / n",
            "half = 1.96 * math.sqrt(p * (1 - p) / n)",
            "return max(0.0, p - half), min(1.0, p + half)",
        ),
        "prints": span("z = 1.96", CENTRE, ROOT, "print(centre - half, centre + half)"),
        "three numbers": span(
            "z = 1.96", CENTRE, ROOT, "return centre - half, centre, centre + half"
        ),
        "arguments exchanged": """
def interval(n, hits):
    z = 1.96
    centre = (hits + z**2 / 2) / (n + z**2)
    half = z / (n + z**2) * math.sqrt(abs(hits * (n - hits) / n + z**2 / 4))
    return centre - half, centre + half
""",
    },
    "right": {
        "as on the page": span("z = 1.96", CENTRE, ROOT, "return centre - half, centre + half"),
        "a list": span("z = 1.96", CENTRE, ROOT, "return [centre - half, centre + half]"),
        "from the share": span(
            "z = 1.96",
            "p = hits / n",
            "scale = 1 + z**2 / n",
            "centre = (p + z**2 / (2 * n)) / scale",
            "half = z / scale * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))",
            "return centre - half, centre + half",
        ),
        "torch": span(
            "z = 1.96",
            CENTRE,
            "half = z / (n + z**2) * torch.tensor(hits * (n - hits) / n + z**2 / 4).sqrt()",
            "return centre - half, centre + half",
        ),
        "a tensor": span(
            "z = 1.96", CENTRE, ROOT, "return torch.tensor([centre - half, centre + half])"
        ),
        "numpy": span(
            "import numpy as np",
            "z = 1.96",
            CENTRE,
            "half = z / (n + z**2) * np.sqrt(hits * (n - hits) / n + z**2 / 4)",
            "return np.array([centre - half, centre + half])",
        ),
        "power one half": span(
            "z = 1.96",
            CENTRE,
            "half = z / (n + z**2) * (hits * (n - hits) / n + z**2 / 4) ** 0.5",
            "return centre - half, centre + half",
        ),
        "z to more digits": span(
            "z = 1.959964", CENTRE, ROOT, "return centre - half, centre + half"
        ),
        "misses named": span(
            "z, misses = 1.96, n - hits",
            CENTRE,
            "half = z / (n + z**2) * math.sqrt(hits * misses / n + z**2 / 4)",
            "return centre - half, centre + half",
        ),
        "quadratic equation": span(
            "z, p = 1.96, hits / n",
            "a, b, c = 1 + z**2 / n, -(2 * p + z**2 / n), p**2",
            "root = math.sqrt(b**2 - 4 * a * c)",
            "return (-b - root) / (2 * a), (-b + root) / (2 * a)",
        ),
        "statistics": span(
            "from statistics import NormalDist",
            "z = NormalDist().inv_cdf(0.975)",
            CENTRE,
            ROOT,
            "return centre - half, centre + half",
        ),
        "a helper": """
def interval(hits, n):
    def side(sign, z=1.96):
        root = math.sqrt(hits * (n - hits) / n + z**2 / 4)
        return (hits + z**2 / 2 + sign * z * root) / (n + z**2)

    return side(-1), side(1)
""",
    },
}

PREDICTION = {
    "wrong": {
        "stub": "prediction = ...",
        "none": "prediction = None",
        "falls": 'prediction = "falls"',
        "stays": 'prediction = "stays"',
        "empty": 'prediction = ""',
        "number": "prediction = 1",
        "truth": "prediction = True",
        "another word": 'prediction = "grows"',
        "two words": 'prediction = "rises or stays"',
        "a list": 'prediction = ["rises"]',
        "denied": 'prediction = "not rises"',
        "in Japanese": 'prediction = "増える"',
        "compared": 'prediction == "rises"',
        "printed": 'print("rises")',
        "exits": "import sys\nsys.exit()",
    },
    "right": {
        "rises": 'prediction = "rises"',
        "single quotes": "prediction = 'rises'",
        "three quotes": 'prediction = """rises"""',
        "capital": 'prediction = "Rises"',
        "capitals": 'prediction = "RISES"',
        "spaces": 'prediction = " rises "',
        "with a hint": 'prediction: str = "rises"',
        "numpy text": 'import numpy as np\nprediction = np.str_("rises")',
        "joined": 'prediction = "ri" "ses"',
        "picked": 'prediction = ["rises", "stays", "falls"][0]',
        "formatted": 'word = "rises"\nprediction = f"{word}"',
        "reasoned": 'louder = True\nprediction = "rises" if louder else "stays"',
        "small letters": 'prediction = "Rises".lower()',
    },
}

corrected = function("survivors(p_values, level)")

SURVIVORS = {
    "wrong": {
        **useless(corrected),
        "not corrected": corrected("return [p < level for p in p_values]"),
        "level grows": corrected("return [p < level * len(p_values) for p in p_values]"),
        "p shrinks": corrected("return [p / len(p_values) < level for p in p_values]"),
        "the wrong way": corrected("return [p > level / len(p_values) for p in p_values]"),
        "always 66": corrected("return [p < level / 66 for p in p_values]"),
        "always 0.05": corrected("return [p < 0.05 / len(p_values) for p in p_values]"),
        "how many": corrected("return sum(p < level / len(p_values) for p in p_values)"),
        "the p-values": corrected("return [p for p in p_values if p < level / len(p_values)]"),
        "corrected values": corrected("return [p * len(p_values) for p in p_values]"),
        "places": corrected(
            "return [k for k, p in enumerate(p_values) if p < level / len(p_values)]"
        ),
        "root of the number": corrected(
            "return [p < level / len(p_values) ** 0.5 for p in p_values]"
        ),
        "the smallest alone": corrected("return [p == min(p_values) for p in p_values]"),
        "any": corrected("return any(p < level / len(p_values) for p in p_values)"),
        "the first alone": corrected(
            "for p in p_values:", "    return [p < level / len(p_values)]"
        ),
        "half the level": corrected("return [p < level / 2 / len(p_values) for p in p_values]"),
        "prints": corrected("print([p < level / len(p_values) for p in p_values])"),
    },
    "right": {
        "as on the page": corrected("return [p < level / len(p_values) for p in p_values]"),
        "p times n": corrected("return [p * len(p_values) < level for p in p_values]"),
        "at most": corrected("return [p <= level / len(p_values) for p in p_values]"),
        "a loop": corrected(
            "found = []",
            "for p in p_values:",
            "    found.append(p < level / len(p_values))",
            "return found",
        ),
        "numpy": corrected(
            "import numpy as np", "return np.array(p_values) < level / len(p_values)"
        ),
        "numpy list": corrected(
            "import numpy as np", "return (np.array(p_values) * len(p_values) < level).tolist()"
        ),
        "torch": corrected("return torch.tensor(p_values) < level / len(p_values)"),
        "map": corrected("return list(map(lambda p: p < level / len(p_values), p_values))"),
        "a tuple": corrected("return tuple(p < level / len(p_values) for p in p_values)"),
        "limit named": corrected(
            "limit = level / len(p_values)", "return [p < limit for p in p_values]"
        ),
        "if and else": corrected(
            "return [True if p < level / len(p_values) else False for p in p_values]"
        ),
        "cut at 1": corrected("return [min(1, p * len(p_values)) < level for p in p_values]"),
        "lambda": "survivors = lambda p_values, level: [\n"
        "    p < level / len(p_values) for p in p_values\n]",
        "hints": '''
def survivors(p_values: list[float], level: float) -> list[bool]:
    """Which tests stand."""
    return [p < level / len(p_values) for p in p_values]
''',
    },
}

words = function("pull(eps_cond, eps_uncond)")
APART = "apart = eps_cond - eps_uncond"

PULL = {
    "wrong": {
        **useless(words),
        "one number": words(APART, "return apart.norm()"),
        "mean of all": words(APART, "return apart.flatten(2).norm(dim=2).mean()"),
        "each step": words(APART, "return apart.flatten(2).norm(dim=2)"),
        "over pictures": words(APART, "return apart.flatten(2).norm(dim=2).mean(1)"),
        "summed": words(APART, "return apart.flatten(2).norm(dim=2).sum(0)"),
        "largest step": words(APART, "return apart.flatten(2).norm(dim=2).amax(0)"),
        "first step": words(APART, "return apart[0].flatten(1).norm(dim=1)"),
        "last step": words(APART, "return apart[-1].flatten(1).norm(dim=1)"),
        "mean before the length": words(APART, "return apart.mean(0).flatten(1).norm(dim=1)"),
        "squared": words(APART, "return apart.square().flatten(2).sum(2).mean(0)"),
        "mean square": words(APART, "return apart.square().flatten(2).mean(2).mean(0)"),
        "root mean square": words(APART, "return apart.square().flatten(2).mean(2).sqrt().mean(0)"),
        "sizes added": words(APART, "return apart.abs().flatten(2).sum(2).mean(0)"),
        "mean size": words(APART, "return apart.abs().flatten(2).mean(2).mean(0)"),
        "no difference": words("return eps_cond.flatten(2).norm(dim=2).mean(0)"),
        "sum of the two": words("return (eps_cond + eps_uncond).flatten(2).norm(dim=2).mean(0)"),
        "difference of lengths": words(
            "a, b = eps_cond.flatten(2), eps_uncond.flatten(2)",
            "return (a.norm(dim=2) - b.norm(dim=2)).mean(0)",
        ),
        "over channels": words(APART, "return apart.norm(dim=2).mean(0)"),
        "all steps as one": words(APART, "return apart.transpose(0, 1).flatten(1).norm(dim=1)"),
        "largest place": words(APART, "return apart.abs().flatten(2).amax(2).mean(0)"),
        "prints": words(APART, "print(apart.flatten(2).norm(dim=2).mean(0))"),
    },
    "right": {
        "as on the page": words(APART, "return apart.flatten(2).norm(dim=2).mean(dim=0)"),
        "the other way": words("return (eps_uncond - eps_cond).flatten(2).norm(dim=2).mean(0)"),
        "by hand": words(APART, "return apart.square().sum(dim=(2, 3, 4)).sqrt().mean(0)"),
        "linalg": words(APART, "return torch.linalg.vector_norm(apart, dim=(2, 3, 4)).mean(0)"),
        "a loop over steps": words(
            "found = 0",
            "for cond, uncond in zip(eps_cond, eps_uncond):",
            "    found = found + (cond - uncond).flatten(1).norm(dim=1)",
            "return found / len(eps_cond)",
        ),
        "loops over both": words(
            APART,
            "return torch.stack([",
            "    torch.stack([step[k].norm() for step in apart]).mean()",
            "    for k in range(apart.shape[1])",
            "])",
        ),
        "a list": words(APART, "return apart.flatten(2).norm(dim=2).mean(0).tolist()"),
        "double": words(
            "apart = eps_cond.double() - eps_uncond.double()",
            "return apart.flatten(2).norm(dim=2).mean(0)",
        ),
        "numpy": words(
            "import numpy as np",
            "apart = (eps_cond - eps_uncond).numpy()",
            "return np.sqrt((apart**2).sum(axis=(2, 3, 4))).mean(axis=0)",
        ),
        "reshape": words(
            "steps, pictures = eps_cond.shape[:2]",
            "apart = (eps_cond - eps_uncond).reshape(steps, pictures, -1)",
            "return apart.norm(dim=-1).mean(dim=0)",
        ),
        "einsum": words(
            APART,
            "return torch.einsum('tbchw,tbchw->tb', apart, apart).sqrt().mean(0)",
        ),
        "lambda": "pull = lambda eps_cond, eps_uncond: (\n"
        "    (eps_cond - eps_uncond).flatten(2).norm(dim=2).mean(0)\n)",
        "hints": '''
@torch.no_grad()
def pull(eps_cond: torch.Tensor, eps_uncond: torch.Tensor) -> torch.Tensor:
    """How hard the words pull."""
    return (eps_cond - eps_uncond).flatten(2).norm(dim=2).mean(dim=0)
''',
    },
}

count = function("errors(scores, forbidden, threshold)")
BLOCKED = "blocked = scores > threshold"

ERRORS = {
    "wrong": {
        **useless(count),
        "exchanged": count(
            BLOCKED,
            "return float((~blocked)[forbidden].float().mean()), "
            "float(blocked[~forbidden].float().mean())",
        ),
        "of all pictures": count(
            BLOCKED,
            "return float((blocked & ~forbidden).float().mean()), "
            "float((~blocked & forbidden).float().mean())",
        ),
        "counts": count(
            BLOCKED, "return int((blocked & ~forbidden).sum()), int((~blocked & forbidden).sum())"
        ),
        "below is blocked": count(
            "blocked = scores < threshold",
            "return float(blocked[~forbidden].float().mean()), "
            "float((~blocked)[forbidden].float().mean())",
        ),
        "caught instead of missed": count(
            BLOCKED,
            "return float(blocked[~forbidden].float().mean()), "
            "float(blocked[forbidden].float().mean())",
        ),
        "passed instead of false alarms": count(
            BLOCKED,
            "return float((~blocked)[~forbidden].float().mean()), "
            "float((~blocked)[forbidden].float().mean())",
        ),
        "of the blocked": count(
            BLOCKED,
            "return float((~forbidden)[blocked].float().mean()), "
            "float(forbidden[~blocked].float().mean())",
        ),
        "in percent": count(
            BLOCKED,
            "return 100 * float(blocked[~forbidden].float().mean()), "
            "100 * float((~blocked)[forbidden].float().mean())",
        ),
        "wrong in all": count(BLOCKED, "return float((blocked != forbidden).float().mean())"),
        "false alarms alone": count(BLOCKED, "return float(blocked[~forbidden].float().mean())"),
        "a threshold of the page": count(
            "blocked = scores > 0.82",
            "return float(blocked[~forbidden].float().mean()), "
            "float((~blocked)[forbidden].float().mean())",
        ),
        "the mean is the threshold": count(
            "blocked = scores > scores.mean()",
            "return float(blocked[~forbidden].float().mean()), "
            "float((~blocked)[forbidden].float().mean())",
        ),
        "none": count("return 0.0, 0.0"),
        "prints": count(BLOCKED, "print(blocked[~forbidden].float().mean())"),
    },
    "right": {
        "as on the page": count(
            BLOCKED,
            "false_alarms = blocked[~forbidden].float().mean()",
            "misses = (~blocked)[forbidden].float().mean()",
            "return float(false_alarms), float(misses)",
        ),
        "tensors": count(
            BLOCKED,
            "return blocked[~forbidden].float().mean(), (~blocked)[forbidden].float().mean()",
        ),
        "one tensor": count(
            BLOCKED,
            "return torch.stack([blocked[~forbidden].float().mean(), "
            "(~blocked)[forbidden].float().mean()])",
        ),
        "counts divided": count(
            BLOCKED,
            "false_alarms = (blocked & ~forbidden).sum() / (~forbidden).sum()",
            "misses = (~blocked & forbidden).sum() / forbidden.sum()",
            "return float(false_alarms), float(misses)",
        ),
        "one minus caught": count(
            BLOCKED,
            "return float(blocked[~forbidden].double().mean()), "
            "1 - float(blocked[forbidden].double().mean())",
        ),
        "at the threshold too": count(
            "blocked = scores >= threshold",
            "return float(blocked[~forbidden].float().mean()), "
            "float((~blocked)[forbidden].float().mean())",
        ),
        "two groups": count(
            "bad, good = scores[forbidden], scores[~forbidden]",
            "return (good > threshold).float().mean().item(), "
            "(bad <= threshold).float().mean().item()",
        ),
        "numpy": count(
            "import numpy as np",
            "s, f = np.asarray(scores), np.asarray(forbidden)",
            "return (s[~f] > threshold).mean(), (s[f] <= threshold).mean()",
        ),
        "a list": count(
            BLOCKED,
            "return [float(blocked[~forbidden].float().mean()), "
            "float((~blocked)[forbidden].float().mean())]",
        ),
        "loops": count(
            "good = [s for s, f in zip(scores, forbidden) if not f]",
            "bad = [s for s, f in zip(scores, forbidden) if f]",
            "return (sum(s > threshold for s in good) / len(good), "
            "sum(s <= threshold for s in bad) / len(bad))",
        ),
        "compared with false": count(
            "good, bad = scores[forbidden == False], scores[forbidden == True]",
            "return float((good > threshold).float().mean()), "
            "float((bad <= threshold).float().mean())",
        ),
        "masks": count(
            "harmless = forbidden.logical_not()",
            "blocked = torch.gt(scores, threshold)",
            "return (float(blocked.logical_and(harmless).sum() / harmless.sum()), "
            "float(blocked.logical_not().logical_and(forbidden).sum() / forbidden.sum()))",
        ),
        "hints": '''
def errors(scores: torch.Tensor, forbidden: torch.Tensor, threshold: float) -> tuple[float, float]:
    """Both errors."""
    blocked = scores > threshold
    false_alarms = blocked[~forbidden].float().mean()
    return false_alarms.item(), (~blocked[forbidden]).float().mean().item()
''',
    },
}

CASES = {
    "11.1": INTERVAL,
    "11.2": PREDICTION,
    "11.5": SURVIVORS,
    "11.3": PULL,
    "11.4": ERRORS,
}
