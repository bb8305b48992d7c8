"""Answers to the exercises of lesson 00."""

from __future__ import annotations

from tests.checks.cases.forms import define

JOBS = (
    "the list of numbers stops after the first word",
    "the numbers are right, but red and blue become the same vector",
    "the mountain is taken for noise",
    "the noise is found, but stays where it is",
    "the latents are right, the picture is plain grey",
)


def parts(*names: str) -> str:
    """The cell of exercise 0.1 with the five names written into it."""
    lines = "".join(f'    "{job}": {name},\n' for job, name in zip(JOBS, names, strict=True))
    return f"parts = {{\n{lines}}}"


T, E, U, S, V = '"tokenizer"', '"text_encoder"', '"unet"', '"scheduler"', '"vae"'
PARTS = parts(T, E, U, S, V)

PARTS_WRONG = {
    "untouched": parts("...", "...", "...", "...", "..."),
    "one left open": parts(T, E, U, S, "..."),
    "U-Net and scheduler swapped": parts(T, E, S, U, V),
    "tokenizer and VAE swapped": parts(V, E, U, S, T),
    "tokenizer and encoder swapped": parts(E, T, U, S, V),
    "encoder and VAE swapped": parts(T, V, U, S, E),
    "all the U-Net": parts(U, U, U, U, U),
    "one named twice": parts(T, E, U, U, V),
    "one name moved on": parts(V, T, E, U, S),
    "classes of the page above": parts(
        "'CLIPTokenizer'", "'CLIPTextModel'", "'UNet2DConditionModel'", "'DDIMScheduler'", "'VAE'"
    ),
    "none of the five": parts(T, '"latents"', U, S, V),
    "numbers": parts("1", "2", "3", "4", "5"),
    "nothing": parts("None", "None", "None", "None", "None"),
    "lists": parts(f"[{T}]", f"[{E}]", f"[{U}]", f"[{S}]", f"[{V}]"),
    "empty text": parts('""', '""', '""', '""', '""'),
    "keys and values swapped": f"{PARTS}\nparts = {{value: key for key, value in parts.items()}}",
    "empty": "parts = {}",
    "a list of the names": f"parts = [{T}, {E}, {U}, {S}, {V}]",
    "a set of the names": f"parts = {{{T}, {E}, {U}, {S}, {V}}}",
    "text": f"parts = str({PARTS[8:]})",
    "none at all": "parts = None",
    "one job lost": f"{PARTS}\ndel parts['the latents are right, the picture is plain grey']",
    "jobs misspelt": f"{PARTS}\nparts = {{key.upper(): value for key, value in parts.items()}}",
    "changed afterwards": f"{PARTS}\nparts['the mountain is taken for noise'] = 'scheduler'",
}

PARTS_RIGHT = {
    "as the map says": PARTS,
    "single quotes": PARTS.replace('"', "'"),
    "another order": f"{PARTS}\nparts = dict(reversed(parts.items()))",
    "zip": f"parts = dict(zip({JOBS!r}, [{T}, {E}, {U}, {S}, {V}]))",
    "pairs": f"{PARTS}\nparts = dict([(job, name) for job, name in parts.items()])",
    "one by one": "parts = {}\n"
    + "\n".join(
        f"parts[{job!r}] = {name}" for job, name in zip(JOBS, (T, E, U, S, V), strict=True)
    ),
    "merged": f"{PARTS}\nparts = {{}} | parts",
    "updated": f"{PARTS}\nanswers = parts\nparts = {{}}\nparts.update(answers)",
    "names as variables": f"first, second = {T}, {E}\n" + parts("first", "second", U, S, V),
    "names joined": parts(T, '"text" + "_encoder"', '"u" + "net"', S, V),
    "names formatted": 'word = "text"\n' + parts(T, 'f"{word}_encoder"', U, S, V),
    "ordered": f"from collections import OrderedDict\n{PARTS}\nparts = OrderedDict(parts)",
    "default dictionary": "from collections import defaultdict\n"
    f"{PARTS}\nparts = defaultdict(str, parts)",
    "numpy's text": f"import numpy as np\n{PARTS}\n"
    "parts = {job: np.str_(name) for job, name in parts.items()}",
    "corrected afterwards": f"{parts(T, V, U, S, E)}\n"
    f"parts[{JOBS[1]!r}], parts[{JOBS[4]!r}] = {E}, {V}",
    "printed too": f"{PARTS}\nprint(parts)",
    "with a comment": f"# what I found on the map\n{PARTS}",
}

LOOK_WRONG = {
    "untouched": "prediction = ...",
    "as rough as the canvas": 'prediction = "speckle"',
    "done at once": 'prediction = "finished"',
    "nothing": "prediction = None",
    "empty": 'prediction = ""',
    "another word": 'prediction = "noise"',
    "blurred": 'prediction = "blurred"',
    "both": 'prediction = "blur and speckle"',
    "a pair": 'prediction = "blur", "speckle"',
    "a list of one": 'prediction = ["blur"]',
    "true": "prediction = True",
    "the second": "prediction = 2",
    "the tensor itself": "prediction = run.records[0].x0_hat",
    "the record": "prediction = run.records[0]",
    "bytes": 'prediction = b"blur"',
    "a function": 'prediction = lambda: "blur"',
    "a dictionary": 'prediction = {"first": "blur"}',
    "a comparison": 'prediction = "blur" == "finished"',
    "a sentence against": 'prediction = "not blur"',
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

A = '"a castle and a quiet lake at night"'


def pair(second: str, first: str = A) -> str:
    """The cell of exercise 0.4 with two prompts written into it."""
    return f"pair = ({first}, {second})"


PAIR_WRONG = {
    "untouched": "pair = ...",
    "nothing": "pair = None",
    "one prompt": f"pair = {A}",
    "one prompt in a list": f"pair = [{A}]",
    "three prompts": f"pair = ({A}, 'a castle and a quiet sea at night', {A})",
    "twice the same": pair(A),
    "capitals only": pair(f"{A}.upper()"),
    "a comma only": pair('"a castle and a quiet lake, at night"'),
    "two words": pair('"a castle and a quiet river at dawn"'),
    "all words": pair('"two moons and a field of snow and a road"'),
    "one word more": pair('"a castle and a quiet green lake at night"'),
    "one word less": pair('"a castle and a lake at night"'),
    "another order": pair('"a quiet lake and a castle at night"'),
    "an unknown word": pair('"a castle and a quiet dragon at night"'),
    "a misspelling": pair('"a castle and a quiet laek at night"'),
    "four words": pair('"a river at night"', '"a lake at night"'),
    "one word repeated": pair('"lake lake lake lake lake"', '"night night night night night"'),
    "an empty one": pair('""'),
    "both empty": pair('""', '""'),
    "numbers": "pair = (1, 2)",
    "a number": "pair = 2",
    "lists of words": pair("'a castle and a quiet sea at night'.split()", f"{A}.split()"),
    "joined": f"pair = {A} + 'a castle and a quiet sea at night'",
    "a dictionary": f"pair = {{'first': {A}, 'second': 'a castle and a quiet sea at night'}}",
    "bytes": pair('b"a castle and a quiet sea at night"'),
    "the words alone": 'pair = ("lake", "river")',
    "a picture": "pair = (image, image)",
    "another language": pair('"un château et un lac tranquille la nuit"'),
}

PAIR_RIGHT = {
    "another water": pair('"a castle and a quiet river at night"'),
    "another time": pair('"a castle and a quiet lake at dawn"'),
    "another thing": pair('"a lighthouse and a quiet lake at night"'),
    "a list": f"pair = [{A}, 'a castle and a quiet sea at night']",
    "replaced": f"first = {A}\npair = first, first.replace('lake', 'sea')",
    "formatted": 'pair = tuple(f"a {c} house and a lake" for c in ("red", "blue"))',
    "capitals and marks": pair('"A castle and a quiet river, at night."'),
    "two lines": pair('"""a castle and a quiet\nriver at night"""'),
    "five words": pair('"a blue house at night"', '"a red house at night"'),
    "numpy": f"import numpy as np\npair = np.str_({A}), 'a castle and a quiet sea at night'",
    "Japanese": 'pair = ("夜の湖と赤い家のある水彩画", "夜の湖と青い家のある水彩画")',
    "typed": f"pair: tuple = ({A}, 'a castle and a quiet sea at night')",
}

CASES = {
    "0.1": {"wrong": PARTS_WRONG, "right": PARTS_RIGHT},
    "0.2": {"wrong": LOOK_WRONG, "right": texts_right("blur")},
    "0.3": {"wrong": PAINT_WRONG, "right": PAINT_RIGHT},
    "0.4": {"wrong": PAIR_WRONG, "right": PAIR_RIGHT},
}
