"""What stands beside a learned word: a sheet of pictures, and a card that says how to use it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from diffusers import StableDiffusionPipeline

from ..loading.habits import Habits
from ..loading.models import MODELS
from ..sampling import generate
from ..training.checkpoints import written_beside
from ..training.sheets import save_rows
from .settings import Example
from .store import LORA, WORD

SHEET = "samples.png"
TINY_PLACE = "helpers/weights/tiny-landscapes"
"""Where the embedded model lies in the repository, for stock diffusers."""

CARD = """\
# {word}

A new word for the model `{model}`, learned from {pictures} pictures.

![{alt}]({sheet})

Above: pictures that it was shown. Below: what the model draws of their captions now, of the seeds
from 0, none left out.

## Use

```python
import helpers

pipe = helpers.load("{model}", lora="{folder}")
picture = helpers.generate(pipe, "{caption}").images
```

`python -m helpers generate "{caption}" --model {model} --lora {folder}` does the same on the
command line. `--lora-scale 0.5` lets it count half.

Stock diffusers, with the package `peft`, reads the same files:

```python
{stock}
```

It belongs to the model that it was trained on, and to no other.

## Training

| | |
|---|---|
{table}

## Rights

A model that is shown few pictures can copy them. Whoever made the pictures may have a say in what
you do with this folder, and whoever is seen in them too.
"""
"""The card; `write_card` fills it in."""


def write_sheet(
    pipe: StableDiffusionPipeline, examples: Sequence[Example], folder: Path, count: int
) -> Path:
    """Writes samples.png: pictures of the training above, drawn ones of their captions below.

    Args:
        pipe: has learned the word.
        examples: of the training; the first ones are shown.
        folder: exists.
        count: pictures in each row; captions come again, if there are fewer.
    """
    shown = [examples[number % len(examples)] for number in range(count)]
    drawn = [
        generate(pipe, example.caption, seed=seed, progress=False).images
        for seed, example in enumerate(shown)
    ]
    given = torch.stack([example.picture for example in examples[:count]])
    save_rows([given, torch.cat(drawn)], folder / SHEET)
    return folder / SHEET


def write_card(folder: Path, facts: Mapping[str, Any], usual: Habits) -> Path:
    """Writes README.md into the folder of a learned word.

    Args:
        folder: with what was learned.
        facts: of the training: word, model, pictures, and what else shall be told.
        usual: what the model was made for; stock diffusers must be told.
    """
    word, model = facts["word"], facts["model"]
    caption = f"a {word} at night" if word.isascii() else f"夜の{word}"
    text = CARD.format(
        word=word,
        model=model,
        pictures=facts["pictures"],
        alt=f"Pictures of the training, and drawn ones: {word}",
        sheet=SHEET,
        folder=folder.resolve().name,
        caption=caption,
        stock=_stock(folder, model, caption, usual),
        table="\n".join(f"| {name} | {value} |" for name, value in _rows(facts)),
    )
    if not (folder / SHEET).is_file():
        start, end = text.index("!["), text.index("## Use")
        text = text[:start] + text[end:]
    with written_beside(folder / "README.md") as place:
        place.write_text(text, encoding="utf-8")
    return folder / "README.md"


def _stock(folder: Path, model: str, caption: str, usual: Habits) -> str:
    """Lines for diffusers alone."""
    name = folder.resolve().name
    hub = {known.name: known.repositories[0] for known in MODELS}
    source = hub.get(model, {"tiny": TINY_PLACE}.get(model, model))
    lines = [f'pipe = StableDiffusionPipeline.from_pretrained("{source}")']
    if (folder / LORA).is_file():
        lines.append(f'pipe.load_lora_weights("{name}")')
    if (folder / WORD).is_file():
        lines.append(f'pipe.load_textual_inversion("{name}", weight_name="{WORD}")')
    given = f"num_inference_steps={usual.steps}, guidance_scale={usual.guidance_scale:g}"
    return "\n".join([*lines, f'pipe("{caption}", {given})'])


def _rows(facts: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Facts as a person reads them."""
    told = []
    for name, value in facts.items():
        if name in ("word", "model") or value is None:
            continue
        shown = f"{value:.4g}" if isinstance(value, float) else value
        told.append((name.replace("_", " "), shown))
    return told
