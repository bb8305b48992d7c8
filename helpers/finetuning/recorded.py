"""Trains every variant that lesson 10 compares, measures each, and writes them down.

    python -m helpers.finetuning.recorded OUT            all of them
    python -m helpers.finetuning.recorded OUT seed-0     some, by name

OUT gets `eye.safetensors`, `full-change.safetensors` (what some weights changed by when all of the
U-Net's were trained), a folder for each variant as `save` writes it (float16), a sheet of its
pictures, and `measured.json`. What is there already is not made again.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from ..files import read_json, written_beside
from ..loading import TINY, StableDiffusionPipeline, load
from ..loading.habits import habits
from ..runtime import generators
from ..training.probe import Probe, load_probe
from ..training.questions import labels, seen_questions, told_mask
from ..training.sheets import save_rows
from .eye import UNSEEN, Eye, drawings, load_eye, save_eye, train_eye
from .loop import finetune, training_mode
from .losses import Latents, denoising_loss
from .settings import FinetuneConfig
from .store import load_into, save
from .windmills import old_pictures, windmills
from .words import add_word

CHANGE = "full-change.safetensors"

STEPS = 12
"""Of DPM++ for each picture that is measured."""

ASKED = {
    "as drawn": "a windmill in a meadow, mountains, in flat colours",
    "other light": "a windmill in a meadow at night, mountains, in flat colours",
    "other style": "a watercolour of a windmill in a meadow, mountains",
    "other place": "a windmill beside a road in the desert, hills, a rainbow",
    "none asked": "a white house in a meadow, mountains, in flat colours",
}
"""Prompts for the eye. The last is a control: no windmill should be there."""

BASE = FinetuneConfig("windmill", steps=600, learning_rate=4e-3, row_rate=5e-3,
                      begin_like="house", prior=0.25)  # fmt: skip


@dataclass(frozen=True)
class Variant:
    """One training: how, from how many windmills, and how many old pictures beside them."""

    config: FinetuneConfig = BASE
    pictures: int = 12
    kept: int = 48


VARIANTS: dict[str, Variant] = {
    **{f"seed-{seed}": Variant(replace(BASE, seed=seed)) for seed in range(3)},
    **{f"rank-{rank}": Variant(replace(BASE, rank=rank)) for rank in (1, 16)},
    "word-alone": Variant(replace(BASE, lora=False)),
    "lora-alone": Variant(replace(BASE, embedding=False, begin_like=None)),
    "without-old": Variant(replace(BASE, prior=0.0)),
    **{f"pictures-{count}": Variant(pictures=count) for count in (1, 4, 16)},
}


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


def train(variant: Variant, device: str = "cpu") -> StableDiffusionPipeline:
    """The embedded model after one of the trainings."""
    pipe = load("tiny", device=device)
    finetune(pipe, windmills(variant.pictures), variant.config, kept=old_pictures(variant.kept))
    return pipe


@torch.no_grad()
def paint(pipe: StableDiffusionPipeline, prompts: list[str], seeds: list[int]) -> Tensor:
    """Pictures, float32 (N, 3, 128, 128) in [0, 1], sixteen at a time."""
    parts = []
    for start in range(0, len(prompts), 16):
        made = pipe(
            prompts[start : start + 16],
            num_inference_steps=STEPS,
            guidance_scale=habits(pipe).guidance_scale,
            generator=generators(seeds[start : start + 16]),
            output_type="pt",
        )
        parts.append(made.images.float().cpu())
    return torch.cat(parts)


def measure(pipe: StableDiffusionPipeline, eye: Eye, probe: Probe, seeds: int = 16) -> dict:
    """Shares of pictures with a windmill for each prompt of `ASKED`, alignment on old prompts, and
    how near the pictures come to those that were learned from.

    Returns:
        the prompt's name -> share in [0, 1]; "alignment": share of told attributes that the judge
        reads right in 64 pictures; "nearest": mean over seeds of the smallest root mean square
        difference to a windmill that was learned from.
    """
    found: dict[str, float] = {}
    known = torch.stack([example.picture for example in windmills(16)])
    for name, prompt in ASKED.items():
        pictures = paint(pipe, [prompt] * seeds, list(range(seeds)))
        found[name] = float(eye.sees(pictures).float().mean())
        if name == "as drawn":
            far = (pictures[:, None] - known).square().mean((2, 3, 4)).sqrt()  # (seeds, 16)
            found["nearest"] = float(far.amin(1).mean())
    asked = seen_questions(64)
    read = probe.read(paint(pipe, [each.prompt for each in asked], list(range(len(asked)))))
    told = told_mask(asked)
    right = (read == labels(asked)) & told
    found["alignment"] = float(right.sum() / told.sum())
    return found


def record(out: Path, names: list[str], device: str = "cpu") -> None:
    """Make what is missing in a folder."""
    out.mkdir(parents=True, exist_ok=True)
    probe = load_probe(TINY.with_name("probe.safetensors"))
    if not (out / "eye.safetensors").is_file():
        save_eye(train_eye(probe), out / "eye.safetensors")
    if not (out / CHANGE).is_file():
        tensors = full_change()
        with written_beside(out / CHANGE) as place:
            save_file(tensors, place)
    eye = load_eye(out / "eye.safetensors", probe)
    path = out / "measured.json"
    measured = read_json(path) if path.is_file() else {}
    if "eye" not in measured:
        pictures, truth = drawings(400, UNSEEN)
        seen = eye.sees(pictures)
        measured["eye"] = {
            "windmills seen": float(seen[truth].float().mean()),
            "seen where none is": float(seen[~truth].float().mean()),
        }
    for name in ["before", *names]:
        if name in measured:
            continue
        pipe = _pipe(name, out, device)
        measured[name] = measure(pipe, eye, probe)
        save_rows(list(paint(pipe, [ASKED["as drawn"]] * 8, list(range(8))).split(4)),
                  out / f"{name}.png")  # fmt: skip
        _write(path, measured)
        print(name, measured[name])


def _pipe(name: str, out: Path, device: str) -> StableDiffusionPipeline:
    """The model before, or with what a variant has learned, as its files have it."""
    if name == "before":
        return load("tiny", device=device)
    folder = out / name
    if not folder.is_dir():
        save(train(VARIANTS[name], device), folder, torch.float16)
    pipe = load("tiny", device=device)
    load_into(pipe, folder)
    return pipe


def _write(path: Path, measured: dict) -> None:
    with written_beside(path) as place:
        place.write_text(json.dumps(measured, indent=1), encoding="utf-8")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser("python -m helpers.finetuning.recorded", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(VARIANTS))
    parser.add_argument("--device", default="cpu")
    given = parser.parse_args(arguments)
    if unknown := set(given.names) - set(VARIANTS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(VARIANTS)}")
    record(given.out, given.names or list(VARIANTS), given.device)


if __name__ == "__main__":
    main()
