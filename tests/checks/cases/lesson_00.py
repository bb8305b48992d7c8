"""Answers to the exercises of lesson 00."""

from __future__ import annotations

from tests.checks.cases.forms import define

JOBS = (
    "turns words into vectors",
    "is where every picture starts",
    "finds the noise in the latents",
    "removes some of that noise",
    "turns latents into a picture",
)


def parts(*names: str) -> str:
    """The cell of exercise 0.1 with the five names written into it."""
    lines = "".join(f'    "{job}": {name},\n' for job, name in zip(JOBS, names, strict=True))
    return f"parts = {{\n{lines}}}"


E, L, U, S, V = '"text_encoder"', '"latents"', '"unet"', '"scheduler"', '"vae"'
PARTS = parts(E, L, U, S, V)

PARTS_WRONG = {
    "untouched": parts("...", "...", "...", "...", "..."),
    "one left open": parts(E, L, U, S, "..."),
    "U-Net and scheduler swapped": parts(E, L, S, U, V),
    "latents and VAE swapped": parts(E, V, U, S, L),
    "encoder and VAE swapped": parts(V, L, U, S, E),
    "all the U-Net": parts(U, U, U, U, U),
    "one named twice": parts(E, L, U, U, V),
    "one name moved on": parts(V, E, L, U, S),
    "classes of the page above": parts(
        "'CLIPTextModel'", "'latents'", "'UNet2DConditionModel'", "'DDIMScheduler'", "'VAE'"
    ),
    "none of the five": parts(E, '"noise"', U, S, V),
    "numbers": parts("1", "2", "3", "4", "5"),
    "nothing": parts("None", "None", "None", "None", "None"),
    "lists": parts(f"[{E}]", f"[{L}]", f"[{U}]", f"[{S}]", f"[{V}]"),
    "empty text": parts('""', '""', '""', '""', '""'),
    "keys and values swapped": f"{PARTS}\nparts = {{value: key for key, value in parts.items()}}",
    "empty": "parts = {}",
    "a list of the names": f"parts = [{E}, {L}, {U}, {S}, {V}]",
    "a set of the names": f"parts = {{{E}, {L}, {U}, {S}, {V}}}",
    "text": f"parts = str({PARTS[8:]})",
    "none at all": "parts = None",
    "one job lost": f"{PARTS}\ndel parts['turns latents into a picture']",
    "jobs misspelt": f"{PARTS}\nparts = {{key.upper(): value for key, value in parts.items()}}",
    "changed afterwards": f"{PARTS}\nparts['finds the noise in the latents'] = 'scheduler'",
}

PARTS_RIGHT = {
    "as the map says": PARTS,
    "single quotes": PARTS.replace('"', "'"),
    "another order": f"{PARTS}\nparts = dict(reversed(parts.items()))",
    "zip": f"parts = dict(zip({JOBS!r}, [{E}, {L}, {U}, {S}, {V}]))",
    "pairs": f"{PARTS}\nparts = dict([(job, name) for job, name in parts.items()])",
    "one by one": "parts = {}\n"
    + "\n".join(
        f"parts[{job!r}] = {name}" for job, name in zip(JOBS, (E, L, U, S, V), strict=True)
    ),
    "merged": f"{PARTS}\nparts = {{}} | parts",
    "updated": f"{PARTS}\nanswers = parts\nparts = {{}}\nparts.update(answers)",
    "names as variables": f"encoder, canvas = {E}, {L}\n" + parts("encoder", "canvas", U, S, V),
    "names joined": parts('"text" + "_encoder"', L, '"u" + "net"', S, V),
    "names formatted": 'word = "text"\n' + parts('f"{word}_encoder"', L, U, S, V),
    "ordered": f"from collections import OrderedDict\n{PARTS}\nparts = OrderedDict(parts)",
    "default dictionary": "from collections import defaultdict\n"
    f"{PARTS}\nparts = defaultdict(str, parts)",
    "numpy's text": f"import numpy as np\n{PARTS}\n"
    "parts = {job: np.str_(name) for job, name in parts.items()}",
    "corrected afterwards": f"{parts(E, V, U, S, L)}\n"
    f"parts[{JOBS[1]!r}], parts[{JOBS[4]!r}] = {L}, {V}",
    "printed too": f"{PARTS}\nprint(parts)",
    "with a comment": f"# what I found on the map\n{PARTS}",
}

X0_HAT_WRONG = {
    "untouched": "prediction = ...",
    "the canvas": 'prediction = "x_t"',
    "nothing": "prediction = None",
    "empty": 'prediction = ""',
    "the noise": 'prediction = "eps"',
    "the clean picture": 'prediction = "x0"',
    "both": 'prediction = "x_t and x0_hat"',
    "either": 'prediction = "x0_hat" or "x_t"\nprediction += " or x_t"',
    "a pair": 'prediction = "x_t", "x0_hat"',
    "a list of one": 'prediction = ["x0_hat"]',
    "true": "prediction = True",
    "the lower row": "prediction = 2",
    "the tensor itself": "prediction = run.records[10].x0_hat",
    "the tensor of the canvas": "prediction = run.records[10].x_t",
    "the record": "prediction = run.records[10]",
    "bytes": 'prediction = b"x0_hat"',
    "a function": 'prediction = lambda: "x0_hat"',
    "a dictionary": 'prediction = {"calmer": "x0_hat"}',
    "a comparison": 'prediction = "x0_hat" == "x_t"',
    "a name that is not there": "prediction = x0_hat_is_calmer",
    "a sentence against": 'prediction = "not x0_hat"',
}


def texts_right(answer: str) -> dict[str, str]:
    """Ways to set `prediction` to one text."""
    half = len(answer) // 2
    return {
        "plain": f'prediction = "{answer}"',
        "single quotes": f"prediction = '{answer}'",
        "three quotes": f'prediction = """{answer}"""',
        "brackets": f'prediction = ("{answer}")',
        "with a comment": f'prediction = "{answer}"  # I think',
        "typed": f'prediction: str = "{answer}"',
        "by another name": f'my_guess = "{answer}"\nprediction = my_guess',
        "two names at once": f'my_guess = prediction = "{answer}"',
        "joined": f'prediction = "{answer[:half]}" + "{answer[half:]}"',
        "formatted": f'end = "{answer[half:]}"\nprediction = f"{answer[:half]}{{end}}"',
        "from a list": f'prediction = ["none of them", "{answer}"][1]',
        "by a condition": f'prediction = "{answer}" if 1 < 2 else "none"',
        "from a function": f'def decide():\n    return "{answer}"\n\nprediction = decide()',
        "numpy's text": f'import numpy as np\nprediction = np.str_("{answer}")',
        "mind changed": f'prediction = "none"\nprediction = "{answer}"',
        "printed too": f'prediction = "{answer}"\nprint(prediction)',
    }


PAINT = "paint(pipe, prompt, seed)"
RUN = "run = generate(pipe, prompt, seed=seed, steps=2, progress=False)\n"

PAINT_WRONG = define(
    PAINT,
    {
        "untouched": "...",
        "returns nothing": f"{RUN}to_pil(run.images)[0]",
        "shows instead of returning": f"{RUN}show(to_pil(run.images)[0], alt='painted')",
        "forgot the seed": RUN.replace("seed=seed, ", "") + "return to_pil(run.images)[0]",
        "always seed 0": RUN.replace("seed=seed", "seed=0") + "return to_pil(run.images)[0]",
        "the next seed": RUN.replace("seed=seed", "seed=seed + 1") + "return to_pil(run.images)[0]",
        "always its own prompt": RUN.replace("prompt", "'a red house and a lake'")
        + "return to_pil(run.images)[0]",
        "an empty prompt": RUN.replace("prompt", "''") + "return to_pil(run.images)[0]",
        "prompt and seed swapped": "run = generate(pipe, seed, seed=prompt, progress=False)\n"
        "return to_pil(run.images)[0]",
        "the list of pictures": f"{RUN}return to_pil(run.images)",
        "the whole run": f"{RUN}return run",
        "the picture of the page": "return image",
        "the run of the page": "return to_pil(run.images)[0]",
        "a grid of seeds": "run = generate(pipe, prompt, seed=[0, seed], steps=2, progress=False)\n"
        "return picture_grid(to_pil(run.images))",
        "the first of two seeds": "run = generate(pipe, prompt, seed=[0, seed], steps=2, "
        "progress=False)\nreturn to_pil(run.images)[0]",
        "where it lies": f"{RUN}to_pil(run.images)[0].save(folder / 'mine.png')\n"
        "return folder / 'mine.png'",
        "text": f"{RUN}return str(to_pil(run.images)[0])",
        "no seed for the pipeline": "return pipe(prompt, num_inference_steps=2).images[0]",
        "raises": "raise NotImplementedError",
        "leaves Python": "import sys\nsys.exit()",
        "seed given by place": "run = generate(pipe, prompt, seed, progress=False)\n"
        "return to_pil(run.images)[0]",
        "a grey picture": "from PIL import Image\nreturn Image.new('RGB', (128, 128), 'grey')",
        "speckle from the seed": "import numpy as np\nfrom PIL import Image\n"
        "noise = np.random.default_rng(seed).integers(0, 255, (128, 128, 3), dtype='uint8')\n"
        "return Image.fromarray(noise)",
        "only even seeds": RUN.replace("seed=seed", "seed=seed // 2 * 2")
        + "return to_pil(run.images)[0]",
        "the pipeline's whole answer": "return pipe(prompt, num_inference_steps=2, "
        "generator=generators(seed))",
        "the canvas": f"{RUN}return run.latents[-1]",
    },
) | {
    "arguments in another order": "def paint(prompt, seed, pipe):\n    "
    + RUN.replace("\n", "\n    ")
    + "return to_pil(run.images)[0]",
    "no prompt": "def paint(pipe, seed):\n"
    "    run = generate(pipe, 'a castle at night', seed=seed, steps=2, progress=False)\n"
    "    return to_pil(run.images)[0]",
    "a picture, no function": "paint = image",
}

PAINT_RIGHT = define(
    PAINT,
    {
        "as hinted": "run = generate(pipe, prompt, seed=seed, progress=False)\n"
        "return to_pil(run.images)[0]",
        "in one line": "return to_pil(generate(pipe, prompt, seed=seed, steps=2, "
        "progress=False).images)[0]",
        "with a progress bar": "run = generate(pipe, prompt, steps=2, seed=seed)\n"
        "return to_pil(run.images)[0]",
        "four steps": f"{RUN.replace('steps=2', 'steps=4')}return to_pil(run.images)[0]",
        "the last of one": f"{RUN}return to_pil(run.images)[-1]",
        "lists of one": "run = generate(pipe, [prompt], seed=[seed], steps=2, progress=False)\n"
        "return to_pil(run.images)[0]",
        "the pipeline": "pictures = pipe(prompt, num_inference_steps=2, "
        "generator=generators(seed)).images\nreturn pictures[0]",
        "the pipeline and torch": "import torch\n"
        "generator = torch.Generator().manual_seed(seed)\n"
        "return pipe(prompt, num_inference_steps=2, generator=generator).images[0]",
        "the second of two": "run = generate(pipe, prompt, seed=[seed + 1, seed], steps=2, "
        "progress=False)\nreturn to_pil(run.images)[1]",
        "decoded by hand": "from helpers import decode\n"
        f"{RUN}return to_pil(decode(pipe, run.latents[-1]))[0]",
        "a copy": f"{RUN}return to_pil(run.images)[0].copy()",
        "through a file": "import io\nfrom PIL import Image\n"
        f"{RUN}file = io.BytesIO()\nto_pil(run.images)[0].save(file, 'PNG')\n"
        "return Image.open(file)",
        "a lambda inside": "draw = lambda: generate(pipe, prompt, seed=seed, steps=2, "
        "progress=False)\nreturn to_pil(draw().images)[0]",
    },
) | {
    "remembered": "from functools import cache\n\n@cache\n"
    "def paint(pipe, prompt, seed):\n    "
    + RUN.replace("\n", "\n    ")
    + "return to_pil(run.images)[0]",
    "typed and told": "def paint(pipe, prompt: str, seed: int = 0):\n"
    '    """One picture."""\n    ' + RUN.replace("\n", "\n    ") + "return to_pil(run.images)[0]",
    "a lambda": "paint = lambda pipe, prompt, seed: to_pil(\n"
    "    generate(pipe, prompt, seed=seed, steps=2, progress=False).images)[0]",
}

PROMPT_WRONG = {
    "untouched": "my_prompt = ...",
    "empty": 'my_prompt = ""',
    "nothing": "my_prompt = None",
    "spaces": 'my_prompt = "          "',
    "one word": 'my_prompt = "mountains"',
    "four words": 'my_prompt = "a castle at night"',
    "four words and a mark": 'my_prompt = "a castle at night !"',
    "four words, wide apart": 'my_prompt = "  a  castle   at  night  "',
    "a dragon": 'my_prompt = "a dragon and a quiet lake at night"',
    "nothing known": 'my_prompt = "my dog sleeps near our sofa"',
    "a person": 'my_prompt = "a person on a horse by day"',
    "three lakes": 'my_prompt = "a red house and three lakes"',
    "a misspelling": 'my_prompt = "a mountian and a lake at night"',
    "the last word unknown": 'my_prompt = "a red house and a robot"',
    "a photograph": 'my_prompt = "a photo of a red house at night"',
    "unknown Japanese": 'my_prompt = "竜のいる静かな夜の湖と山"',
    "another language": 'my_prompt = "une maison rouge au bord du lac"',
    "a number": "my_prompt = 5",
    "a list of words": 'my_prompt = ["a", "red", "house", "and", "a", "lake"]',
    "a pair of prompts": 'my_prompt = "a red house and a lake", "two moons and a field of snow"',
    "the list of the page": "my_prompt = prompts",
    "a picture": "my_prompt = image",
    "punctuation only": 'my_prompt = ", . ! ? ; :"',
    "bytes": 'my_prompt = b"a red house and a lake"',
}

PROMPT_RIGHT = {
    "five words": 'my_prompt = "a red house at night"',
    "the page's own": "my_prompt = prompt",
    "one of the page's list": "my_prompt = prompts[2]",
    "six words": 'my_prompt = "a red house and a lake"',
    "capitals": 'my_prompt = "A RED HOUSE AND A LAKE"',
    "a sentence": 'my_prompt = "A watercolour of a river and trees."',
    "commas": 'my_prompt = "a red house, a lake, a rainbow"',
    "two lines": 'my_prompt = """a white lighthouse on the sea\nand two moons"""',
    "spaces around": 'my_prompt = "  a white lighthouse on the sea  "',
    "joined": 'my_prompt = "a castle" + " at night and a river"',
    "words joined": 'my_prompt = " ".join(["two", "moons", "and", "a", "castle", "at", "night"])',
    "formatted": 'colour = "red"\nmy_prompt = f"a {colour} house and a lake"',
    "typed": 'my_prompt: str = "a desert with palm trees at sunset"',
    "a style": 'my_prompt = "pixel art of a sunset and a road"',
    "numpy's text": 'import numpy as np\nmy_prompt = np.str_("a rainbow and green hills by day")',
    "Japanese": 'my_prompt = "夕焼けの海と白い灯台のある水彩画"',
    "Japanese with commas": 'my_prompt = "夜の湖、赤い家、山、月、雪"',
    "both languages": 'my_prompt = "a red house and a lake 夜の湖"',
    "long": 'my_prompt = "a watercolour of a river and trees, a castle at night, two moons"',
}

CASES = {
    "0.1": {"wrong": PARTS_WRONG, "right": PARTS_RIGHT},
    "0.2": {"wrong": X0_HAT_WRONG, "right": texts_right("x0_hat")},
    "0.3": {"wrong": PAINT_WRONG, "right": PAINT_RIGHT},
    "0.4": {"wrong": PROMPT_WRONG, "right": PROMPT_RIGHT},
}
