"""Trains every variant that lesson 10 compares, measures each, and writes them down.

    python -m helpers.finetuning.recorded OUT            all of them (1.5 hours on one core)
    python -m helpers.finetuning.recorded OUT seed-0     some, by name
    python -m helpers.finetuning.recorded OUT --ship     then puts what the lesson shows into
                                                         helpers/weights/windmill

OUT gets `eye.safetensors`, `full-change.safetensors` (what some weights changed by when all of the
U-Net's were trained), a folder for each variant as `save` writes it (float16), a sheet of its
pictures, and `measured.json`. What is there already is not made again.

seed-0 is also measured at other scales, and added to the twin that draws in four steps.
"""

from __future__ import annotations

import argparse
import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor

from ..files import read_json, written_beside
from ..loading import TINY, StableDiffusionPipeline, load
from ..training.probe import load_probe
from ..training.sheets import save_rows
from .eye import UNSEEN, Eye, drawings, load_eye, save_eye, train_eye
from .loop import finetune, training_mode
from .lora import lora_scale
from .losses import Latents, denoising_loss
from .measuring import ASKED, SEEDS, measure, measure_added, measure_scales, paint
from .settings import Example, FinetuneConfig, Moment
from .store import load_into, save
from .windmills import old_pictures, windmills
from .words import add_word, set_row

EYE = "eye.safetensors"
CHANGE = "full-change.safetensors"

BASE = FinetuneConfig("windmill", steps=200, learning_rate=4e-3, row_rate=5e-3, cooldown=1 / 3,
                      begin_like="house", prior=0.375)  # fmt: skip


@dataclass(frozen=True)
class Variant:
    """One training: how, from how many pictures, how many old ones beside them, and whether to
    look at it on the way."""

    config: FinetuneConfig = BASE
    pictures: int = 12
    kept: int = 200
    looks: bool = False

    def examples(self) -> tuple[list[Example], list[Example]]:
        """New pictures and old ones."""
        return windmills(self.pictures), old_pictures(self.kept)


KINDS: dict[str, Variant] = {
    "seed": Variant(looks=True),
    "without-old": Variant(replace(BASE, prior=0.0)),
    **{f"pictures-{count}": Variant(pictures=count) for count in (1, 4)},
}
"""Trainings that are done three times, each time with another seed."""

VARIANTS: dict[str, Variant] = {
    **{
        f"{name}-{seed}": replace(kind, config=replace(kind.config, seed=seed))
        for name, kind in KINDS.items()
        for seed in range(3)
    },
    "word-alone": Variant(replace(BASE, lora=False)),
    **{f"rank-{rank}": Variant(replace(BASE, rank=rank)) for rank in (1, 16)},
}

LOOKS = (50, 100, 150)
"""Steps after which a training is looked at, beside its last."""

SHEET = ("as drawn", "white house", "red house")
"""Prompts of a training's sheet, four seeds each."""

SHOWN = ("seed-0", "pictures-1-0")
"""Trainings that the lesson draws with."""


LAYERS = (
    "down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_v",
    "down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q",
    "up_blocks.1.attentions.0.transformer_blocks.0.attn2.to_v",
    "up_blocks.2.attentions.0.transformer_blocks.0.ff.net.2",
)
"""Layers whose whole change is kept."""


def full_change(steps: int = BASE.steps, rate: float = 1e-4) -> dict[str, Tensor]:
    """What the weights of `LAYERS` change by when all weights of the U-Net are trained, float16.

    On the same pictures as the LoRAs, with the new word's vector fixed.
    """
    pipe = load("tiny", device="cpu")
    add_word(pipe, BASE.word, BASE.begin_like)
    new, old = Latents(pipe, windmills()), Latents(pipe, old_pictures())
    before = {name: pipe.unet.get_submodule(name).weight.detach().clone() for name in LAYERS}
    optimizer = torch.optim.AdamW(pipe.unet.parameters(), rate, weight_decay=0.0)
    generator = torch.Generator().manual_seed(0)
    with training_mode(pipe):
        for _ in range(steps):
            batch = [new.draw(6, generator), old.draw(2, generator)]
            x0, tokens = (torch.cat(part) for part in zip(*batch, strict=True))
            alpha_bar = pipe.scheduler.alphas_cumprod
            loss = denoising_loss(pipe, x0, tokens, alpha_bar, generator)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return {name: (pipe.unet.get_submodule(name).weight.detach() - weight).half()
            for name, weight in before.items()}  # fmt: skip


def train(
    variant: Variant, eye: Eye, device: str = "cpu"
) -> tuple[StableDiffusionPipeline, list[tuple[int, float]], list[Tensor]]:
    """The embedded model after one of the trainings; how well it obeyed on the way, as (steps,
    share); and four pictures of each time."""
    pipe = load("tiny", device=device)
    curve, shown = list[tuple[int, float]](), list[Tensor]()
    word, (new, old) = variant.config.word, variant.examples()

    def look(moment: Moment) -> None:
        if variant.looks and (moment.step in LOOKS or moment.step == variant.config.steps):
            if variant.config.embedding:
                set_row(pipe, word, moment.save_state()["row"])
            pictures = paint(pipe, [ASKED["as drawn"]] * len(SEEDS), SEEDS)
            curve.append((moment.step, float(eye.sees(pictures).float().mean())))
            shown.append(pictures[:4])

    finetune(pipe, new, variant.config, kept=old, on_step=look)
    return pipe, curve, shown


def record(out: Path, names: list[str], device: str = "cpu") -> None:
    """Make what is missing in a folder."""
    out.mkdir(parents=True, exist_ok=True)
    probe = load_probe(TINY.with_name("probe.safetensors"))
    if not (out / EYE).is_file():
        save_eye(train_eye(probe), out / EYE)
    if not (out / CHANGE).is_file():
        tensors = full_change()
        with written_beside(out / CHANGE) as place:
            save_file(tensors, place)
    eye = load_eye(out / EYE, probe)
    path = out / "measured.json"
    measured = read_json(path) if path.is_file() else {}
    if "eye" not in measured:
        measured["eye"] = _tested(eye)
    for name in ["before", *names]:
        if name in measured:
            continue
        pipe, curve = _pipe(name, out, eye, device)
        if name == "seed-0":
            measured["scales"] = measure_scales(pipe, eye, "seed_0")
            lora_scale(pipe.unet, seed_0=1)
            measured["added"] = measure_added(eye, out / name, device)
        found = measure(pipe, eye, probe, VARIANTS.get(name, Variant()).pictures)
        measured[name] = found | ({"curve": curve} if curve else {})
        prompts = [ASKED[each] for each in SHEET for _ in range(4)]
        sheet = paint(pipe, prompts, [*range(4)] * len(SHEET))
        save_rows(list(sheet.split(4)), out / f"{name}.png")
        _write(path, measured)
        print(name, measured[name])


def ship(out: Path, place: Path) -> None:
    """Copy what the lesson shows into its folder among the weights; its card stays."""
    for name in SHOWN:
        shutil.copytree(out / name, place / name, dirs_exist_ok=True)
    for file in (CHANGE, "measured.json"):
        shutil.copyfile(out / file, place / file)
    for sheet, name in (("seed-0-on-the-way", "on-the-way"), ("without-old-0", "without-old")):
        with Image.open(out / f"{sheet}.png") as image:
            image.save(place / f"{name}.jpg", quality=90)


def _tested(eye: Eye) -> dict[str, float]:
    """How often the eye is right on drawings that nothing was trained on."""
    pictures, truth = drawings(400, UNSEEN)
    seen = eye.sees(pictures).float()
    return {
        "windmills seen": float(seen[truth].mean()),
        "seen where none is": float(seen[~truth].mean()),
    }


def _pipe(
    name: str, out: Path, eye: Eye, device: str
) -> tuple[StableDiffusionPipeline, list[tuple[int, float]]]:
    """The model before, or with what variants have learned, as their files have it."""
    pipe, curve = load("tiny", device=device), list[tuple[int, float]]()
    if name == "before":
        return pipe, curve
    if not (out / name).is_dir():
        taught, curve, shown = train(VARIANTS[name], eye, device)
        if shown:
            save_rows(shown, out / f"{name}-on-the-way.png")
        save(taught, out / name, torch.float16)
    load_into(pipe, out / name)
    return pipe, curve


def _write(path: Path, measured: dict) -> None:
    with written_beside(path) as place:
        place.write_text(json.dumps(measured, indent=1), encoding="utf-8")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser("python -m helpers.finetuning.recorded", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(VARIANTS))
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--ship", action="store_true", help="give the lesson its files")
    given = parser.parse_args(arguments)
    if unknown := set(given.names) - set(VARIANTS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(VARIANTS)}")
    record(given.out, given.names or list(VARIANTS), given.device)
    if given.ship:
        ship(given.out, TINY.with_name("windmill"))


if __name__ == "__main__":
    main()
