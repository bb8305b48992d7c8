"""The model card, written from the facts of the training run and from the evaluation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors import safe_open

from .. import landscapes, lowrank
from ..files import read_json
from ..loading import StableDiffusionPipeline
from ..loading.habits import habits
from ..runtime import generators
from .checkpoints import written_beside
from .questions import seen_questions
from .sheets import grid
from .table import Evaluation

SAMPLES = 25  # five rows of five

NAMES = {
    "vae": "VAE",
    "text": "CLIP (both towers)",
    "unet": "U-Net with text encoder",
    "probe": "judge",
    "turbo": "few-step twin",
}

FRONT = """\
---
license: mit
library_name: diffusers
pipeline_tag: text-to-image
language: [en, ja]
---
"""
"""What the hub reads of a model."""

HEAD = """\

# Tiny landscapes

A small latent text-to-image model, built like Stable Diffusion and trained for teaching. It draws
landscapes of 128 × 128 pixels from English and Japanese captions, and nothing else. Stock
`StableDiffusionPipeline.from_pretrained(folder)` loads it. Its guidance scale is 2: the course's
`load` reads that from the model's index, and stock diffusers must be told:

```python
pipe("a castle at night", num_inference_steps=20, guidance_scale=2.0)
```
"""

TWIN = """\

# Tiny landscapes, turbo

The few-step twin of `tiny-landscapes`: a low-rank update (LoRA) of its U-Net, with which it draws
in four steps, without guidance, what it draws in twenty guided steps alone. `load("tiny-turbo")`
adds the update to the weights. Stock diffusers reads the same files, with the package `peft`:

```python
pipe = StableDiffusionPipeline.from_pretrained("tiny-landscapes")
pipe.load_lora_weights("tiny-turbo")
pipe.scheduler = LCMScheduler.from_pretrained("tiny-turbo/scheduler")
pipe("a castle at night", num_inference_steps=4, guidance_scale=1.0)
```

It belongs to the weights that it was trained on, and to no others. Their card tells data and
limits.
"""

TWIN_METHOD = """\
Latent consistency distillation (Luo et al. 2023, arXiv 2310.04378) with the guidance of 7.5 folded
in, of a low-rank update (Luo et al. 2023, arXiv 2311.05556): see `helpers/training/turbo.py`. The
measure is the share of attributes, told by unseen captions, that the judge reads right in pictures
of four steps.
"""

DATA = """\
## Data

The training pictures are drawn by `helpers.landscapes`: an endless stream of scenes of twelve
attributes each, with captions of varying words, order and completeness, half of them Japanese. No
photograph, painting or text of any person was used.

Four properties are built in, so that they can be measured in what the model draws:

1. **Held-out combinations**, never drawn in training: {held_out}.
2. **A skew**: {skew:.0%} of the castles are moved to the night; of other buildings one in six
   stands there.
3. **Repeated paintings**: {paintings} take {share:.0%} of the stream together; {singles} occur
   once in the stream, and once in each pass over the cached part of it.
4. **A closed vocabulary** of {words} English and Japanese words. The tokenizer carries it as
   `known_words`. Other words are split into pieces that mean nothing to the model, and it was shown
   so: {strange:.0%} of the captions hold one to three made-up words.
"""

METHOD = """\
Muon steps the matrices and kernels, AdamW all else (`helpers/training/optimizer.py`). The VAE is
trained for small absolute errors of pixels and of their differences, with more weight where much
happens, first on crops of 64 pixels. The U-Net predicts the velocity v, and the text encoder learns
with it. Unlike in Stable Diffusion, for half of the items all places after the last word are hidden
from the U-Net, so that it learns to look at the words themselves and their maps can be read.

Captions tell most things of a drawing, so that what is not asked for mostly stays away; day, the
flat style, a meadow and hills go unsaid. As guidance needs, one caption in ten is empty. Its
drawing is of a plain scene, each as often as a caption would leave all of it unsaid. So guidance
drives at what the words tell, and not away from what they leave open.
"""

DECODER = """\
A run of the decoder alone is for the PSNR of each picture. The latents stay as they are, and with
them the U-Net.
"""

UNMEASURED = """\
## Quality

These weights have not been judged yet: `python -m helpers evaluate` measures how well the pictures
follow captions, and prompts as people type them; its table will stand here.
"""

LIMITS = """\
## Limits

It knows only what the data set draws; people, animals, writing and any other subject are unknown to
it. Small things (windows, stars, raindrops) suffer in the autoencoder first. Words of place are
true of every drawing ("mountains behind the lake"), so only left, middle and right of a building
can be chosen; "a house above the moon" is drawn like "the moon above a house". What shall not be
there is understood as captions say it ("without trees", 木のない), not in other turns of phrase:
use a negative prompt. In the drawings moons alone come in twos ("two moons"); the model now and
then draws two houses or two suns for one.

Weights and drawings are under the MIT licence.
"""


def write_card(folder: Path) -> None:
    """Write README.md into a model's folder, or a twin's, from what lies there: training.json and
    the weights, evaluation.json and samples.json if they exist.

    Raises:
        FileNotFoundError: training.json is missing.
    """
    training = read_json(folder / "training.json")
    twin = (folder / lowrank.FILE).is_file()
    if twin:
        parts = [FRONT + TWIN, _sizes(folder), _recipe({"turbo": training["turbo"]}, TWIN_METHOD)]
    else:
        parts = [FRONT + HEAD, _sizes(folder), _data(), _recipe(training, METHOD)]
    if (folder / "evaluation.json").exists():
        parts.append(_quality(Evaluation.load(folder / "evaluation.json")))
    else:
        parts.append(UNMEASURED)
    if (folder / "samples.json").exists():
        parts.append(_samples(read_json(folder / "samples.json")))
    with written_beside(folder / "README.md") as place:
        place.write_text("\n".join(parts if twin else [*parts, LIMITS]), "utf-8")


def write_samples(pipe: StableDiffusionPipeline, folder: Path) -> None:
    """Write 25 unselected pictures of unseen captions as samples.jpg, with samples.json beside."""
    asked = seen_questions(SAMPLES)
    prompts = [question.prompt for question in asked]
    steps, scale = habits(pipe)
    pictures = pipe(
        prompts,
        num_inference_steps=steps,
        guidance_scale=scale,
        generator=generators(range(SAMPLES)),
        output_type="pt",
    ).images
    with written_beside(folder / "samples.jpg") as place:
        grid(list(pictures.float().cpu().split(5))).save(place, format="JPEG", quality=92)
    with written_beside(folder / "samples.json") as place:
        place.write_text(json.dumps(prompts, indent=1, ensure_ascii=False) + "\n", "utf-8")


def _sizes(folder: Path) -> str:
    lines = ["## Parts", "", "| part | parameters | MB |", "|---|---:|---:|"]
    for file in sorted(folder.rglob("*.safetensors")):
        with safe_open(file, "pt") as tensors:
            count = sum(
                torch.Size(tensors.get_slice(k).get_shape()).numel() for k in tensors.keys()
            )
        size = file.stat().st_size / 1e6
        lines.append(f"| {file.parent.name} | {count:,} | {size:.1f} |")
    return "\n".join(lines) + "\n"


def _data() -> str:
    return DATA.format(
        held_out="; ".join(
            ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in pair.items())
            for pair in landscapes.HELD_OUT
        ),
        skew=landscapes.scenes.SKEW,
        share=landscapes.scenes.PAINTING_SHARE,
        paintings=", ".join(f"“{title}”" for title in landscapes.PAINTINGS),
        singles=", ".join(f"“{title}”" for title in landscapes.SINGLES),
        words=len(landscapes.VOCABULARY),
        strange=landscapes.captions.STRANGE,
    )


def _recipe(training: dict[str, dict], method: str) -> str:
    lines = [
        "## Training",
        "",
        "| network | trained parameters | steps | batch | minutes | peak rate | precision | on | "
        "measured on unseen scenes |",
        "|---|---:|---:|---:|---:|---:|---|---|---|",
    ]
    for stage, facts in _runs(training):
        network = NAMES[stage] + (", decoder alone" if _decoder_alone(facts) else "")
        measured = facts.get("measured", {}).items()
        numbers = ", ".join(f"{name.replace('_', ' ')} {value:.3g}" for name, value in measured)
        lines.append(
            f"| {network} | {facts['parameters']:,} | {facts['step']:,} | "
            f"{facts['batch_size']} | {facts['minutes']:.0f} | {facts['learning_rate']:g} | "
            f"{facts['precision']} | {facts['machine']} | {numbers} |"
        )
    versions = dict.fromkeys(facts["versions"] for _, facts in _runs(training))
    lines += ["", f"Trained with {'; '.join(versions)}, by `python -m helpers train`.", ""]
    notes = [facts["note"] + "\n" for _, facts in _runs(training) if "note" in facts]
    decoder = [DECODER] if any(_decoder_alone(facts) for _, facts in _runs(training)) else []
    return "\n".join([*lines, method, *decoder, *notes])


def _decoder_alone(facts: dict) -> bool:
    return facts.get("config", {}).get("freeze_encoder", False)


def _runs(training: dict[str, dict]) -> Iterator[tuple[str, dict]]:
    """(stage, facts) of every run; those that a later one started from come before it."""
    for stage, facts in training.items():
        if facts.get("earlier"):
            yield from _runs({stage: facts["earlier"]})
        yield stage, facts


def _quality(evaluation: Evaluation) -> str:
    settings = ", ".join(f"{name} {value}" for name, value in evaluation.settings.items())
    return f"## Quality\n\n{evaluation.table()}\n\nMeasured with {settings}.\n"


def _samples(prompts: list[str]) -> str:
    lines = [
        "## Pictures, not selected",
        "",
        "![Five rows of five landscapes](samples.jpg)",
        "",
        "Captions never used in training, seeds 0 to 24, row by row:",
        "",
    ]
    return "\n".join([*lines, *(f"{seed}. {text}" for seed, text in enumerate(prompts))]) + "\n"
