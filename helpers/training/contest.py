"""What lesson 12 compares, measured: three rivals, and schedulers with few steps.

    python -m helpers.training.contest rivals --from DIR [DIR ...] --out OUT
    python -m helpers.training.contest steps --out OUT

All draw the same prompts from the same noise, and the judge reads the pictures. A picture's mark is
the share of what its caption tells that is read right in it. Two controls belong to it: the marks
of real drawings of the scenes, and those of the same pictures under each other's captions. OUT is a
folder: it gets rivals.json or steps.json, and of the rivals a strip of pictures each.
`RECORDED` has what came of three trainings from different seeds.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from diffusers import (
    AutoencoderKL,
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    EulerDiscreteScheduler,
    UniPCMultistepScheduler,
)
from PIL import Image

from .. import flow, landscapes, rivals
from ..decoding import to_pil
from ..loading import TINY, StableDiffusionPipeline, load
from ..loading.habits import few_step
from ..rivals import PLACES, RIVALS, Rival
from .checkpoints import written_beside
from .data import draw
from .probe import Probe, load_probe
from .questions import Question, labels, seen_questions, told_mask
from .text import tokenize
from .vae import encode

PROMPTS = 64
GUIDANCE = 4.0
RIVAL_STEPS = 20
SCHEDULERS = {
    "ddim": DDIMScheduler,
    "euler": EulerDiscreteScheduler,
    "unipc": UniPCMultistepScheduler,
    "dpm++": DPMSolverMultistepScheduler,
}
STEPS = (1, 2, 4, 8)
MANY = 20  # steps of "dpm++" alone, the course's habit
LEVELS = (0.1, 0.3, 0.5, 0.7, 0.9)
"""Moments t of a flow at which errors are compared: t / (1 - t) is the noise level."""
SCENES = 256
BATCH = 16
SHOWN = 8
"""Pictures of a strip."""

RECORDED = TINY.with_name("rivals")


def asked(count: int = PROMPTS) -> list[Question]:
    """The first English captions, never used in training, of combinations that were."""
    return [question for question in seen_questions(2 * count) if question.language == "en"]


def noises(count: int) -> torch.Tensor:
    """Standard normal latents, number k from seed k: (N, 4, 16, 16)."""
    drawn = (
        torch.randn(4, 16, 16, generator=torch.Generator().manual_seed(k)) for k in range(count)
    )
    return torch.stack(list(drawn))


def marks(pictures: torch.Tensor, questions: Sequence[Question], judge: Probe) -> list[float]:
    """Share of the told attributes that are read right, picture by picture.

    Args:
        pictures: (N, 3, 128, 128) in [0, 1].
        questions: N of them.
        judge: reads the pictures.
    """
    told = told_mask(list(questions))
    right = (judge.read(pictures) == labels(list(questions))) & told
    return [round(mark, 4) for mark in (right.sum(1) / told.sum(1)).tolist()]


def decode(vae: AutoencoderKL, latents: torch.Tensor) -> torch.Tensor:
    """Scaled latents as pictures: (N, 3, 128, 128) in [0, 1]."""
    parts = [vae.decode(part / vae.config.scaling_factor).sample for part in latents.split(BATCH)]
    return (torch.cat(parts) / 2 + 0.5).clamp(0, 1)


@torch.no_grad()
def words_for(pipe: StableDiffusionPipeline, prompts: Sequence[str]) -> torch.Tensor:
    """The vectors of the prompts' 77 places: (N, 77, D)."""
    return pipe.text_encoder(tokenize(pipe.tokenizer, list(prompts)))[0]


@torch.no_grad()
def drawn_by(
    rival: Rival, words: torch.Tensor, nothing: torch.Tensor, noise: torch.Tensor, steps: int
) -> torch.Tensor:
    """Latents that a rival ends at, by Euler steps of equal length in t: (N, 4, 16, 16).

    Args:
        rival: the velocity field.
        words, nothing: of the prompts, (N, M, D), and of the empty one, (1, M, D).
        noise: standard normal, (N, 4, 16, 16).
        steps: how many.
    """
    moments = flow.times(steps, rival.start)
    made = [
        flow.run(rival.guided(word, nothing, GUIDANCE), rival.start * part, moments)[-1]
        for word, part in zip(words.split(BATCH), noise.split(BATCH), strict=True)
    ]
    return torch.cat(made)


@torch.no_grad()
def errors(rival: Rival, pipe: StableDiffusionPipeline, count: int) -> dict[str, float]:
    """Mean squared error of x0_hat on unseen scenes, at equal noise levels: t -> error.

    Each rival gets the same latents, noise and captions.
    """
    scenes = [landscapes.sample(i, "test").scene for i in range(count)]
    texts = [landscapes.describe(scene, i, "en") for i, scene in enumerate(scenes)]
    drawings = torch.stack([draw(i, "test") for i in range(count)])
    x0 = encode(pipe.vae, drawings)[0] * pipe.vae.config.scaling_factor
    eps, words = noises(count), words_for(pipe, texts)[:, :PLACES]
    found = {}
    for t in LEVELS:
        x_t, moment = flow.mix(x0, eps, t), torch.full((count,), t)
        x0_hat = flow.ends(x_t, rival(x_t, moment, words), t)[0]
        found[f"{t:g}"] = round((x0_hat - x0).square().mean().item(), 4)
    return found


def of_rivals(folders: Sequence[Path], out: Path, prompts: int = PROMPTS) -> dict[str, object]:
    """Marks and errors of the three rivals, of real drawings, and of exchanged captions.

    Args:
        folders: one for each training seed; each rival has a list of results in this order.
        out: gets a strip of the first folder's pictures for each rival, and of the drawings.
        prompts: how many captions.
    """
    pipe, judge = _judged("tiny")
    questions = asked(prompts)
    words = words_for(pipe, ["", *(question.prompt for question in questions)])[:, :PLACES]
    drawings = torch.stack([question.drawing() for question in questions])
    found: dict[str, dict] = {"drawings": {"marks": marks(drawings, questions, judge)}}
    save_strip(drawings[:SHOWN], out / "drawings.jpg")
    for name in RIVALS:
        found[name] = {"marks": [], "exchanged": [], "x0_error": []}
        for folder in folders:
            rival = rivals.load(name, folder)
            latents = drawn_by(rival, words[1:], words[:1], noises(len(questions)), RIVAL_STEPS)
            with torch.no_grad():
                pictures = decode(pipe.vae, latents)
            found[name]["marks"].append(marks(pictures, questions, judge))
            found[name]["exchanged"].append(marks(pictures.roll(1, 0), questions, judge))
            found[name]["x0_error"].append(errors(rival, pipe, SCENES))
            if folder == folders[0]:
                save_strip(pictures[:SHOWN], out / f"{name}.jpg")
    settings = {"steps": RIVAL_STEPS, "guidance_scale": GUIDANCE, "seeds": len(folders)}
    captions = [question.prompt for question in questions]
    return {"settings": settings, "captions": captions, "rivals": found}


def save_strip(pictures: torch.Tensor, path: Path) -> None:
    """Pictures side by side as a JPEG; (N, 3, H, W) in [0, 1]."""
    row = Image.fromarray(np.hstack([np.asarray(picture) for picture in to_pil(pictures)]))
    with written_beside(path) as place:
        row.save(place, "JPEG", quality=90)


def strip(path: Path) -> list[Image.Image]:
    """The square pictures that `save_strip` put side by side."""
    with Image.open(path) as row:
        side = row.height
        return [row.crop((x, 0, x + side, side)) for x in range(0, row.width, side)]


def of_steps(prompts: int = PROMPTS) -> dict[str, object]:
    """Marks of the embedded model with few steps of several schedulers, and of its twin."""
    pipe, judge = _judged("tiny")
    questions = asked(prompts)
    texts = [question.prompt for question in questions]
    noise = noises(len(texts))
    drawings = torch.stack([question.drawing() for question in questions])
    found: dict[str, object] = {"drawings": marks(drawings, questions, judge)}
    words = words_for(pipe, ["", *texts])
    shipped = Rival("unet-diffusion", pipe.unet)
    with torch.no_grad():
        found["equal t"] = {
            str(steps): marks(
                decode(pipe.vae, drawn_by(shipped, words[1:], words[:1], noise, steps)),
                questions,
                judge,
            )
            for steps in STEPS
        }
    for name in (*SCHEDULERS, "tiny-turbo"):
        if name == "tiny-turbo":
            pipe, _ = _judged("tiny-turbo")
        else:
            pipe.scheduler = SCHEDULERS[name].from_config(pipe.scheduler.config)
        found[name] = {
            str(steps): marks(pictures_by(pipe, texts, noise, steps), questions, judge)
            for steps in (*STEPS, *([MANY] if name == "dpm++" else []))
        }
    settings = {"prompts": len(texts), "guidance_scale": GUIDANCE}
    return {"settings": settings, "marks": found}


def pictures_by(
    pipe: StableDiffusionPipeline, texts: Sequence[str], noise: torch.Tensor, steps: int
) -> torch.Tensor:
    """What the stock pipeline draws from this noise: (N, 3, 128, 128)."""
    made = []
    for start in range(0, len(texts), BATCH):
        generators = [torch.Generator().manual_seed(k) for k in range(start, start + BATCH)]
        latents = noise[start : start + BATCH]
        result = pipe(
            list(texts[start : start + BATCH]),
            latents=latents,
            num_inference_steps=steps,
            guidance_scale=1.0 if few_step(pipe.scheduler) else GUIDANCE,
            generator=generators[: len(latents)],
            output_type="pt",
        )
        made.append(result.images)
    return torch.cat(made)


def _judged(model: str) -> tuple[StableDiffusionPipeline, Probe]:
    pipe = load(model, device="cpu", dtype="float32")
    pipe.set_progress_bar_config(disable=True)
    return pipe, load_probe(TINY.with_name("probe.safetensors"))


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures what is asked for and writes it as JSON."""
    parser = argparse.ArgumentParser(prog="python -m helpers.training.contest")
    parser.add_argument("what", choices=("rivals", "steps"))
    parser.add_argument("--from", dest="folders", type=Path, nargs="+", metavar="DIR",
                        help="where the rivals were trained, a folder for each seed")  # fmt: skip
    parser.add_argument("--out", type=Path, required=True, metavar="OUT", help="a folder")
    parser.add_argument("--prompts", type=int, default=PROMPTS)
    given = parser.parse_args(arguments)
    if given.what == "rivals" and not given.folders:
        parser.error("rivals needs --from: a folder where the three were trained, or several")
    given.out.mkdir(parents=True, exist_ok=True)
    measured: Mapping[str, object] = (
        of_rivals(given.folders, given.out, given.prompts)
        if given.what == "rivals"
        else of_steps(given.prompts)
    )
    with written_beside(given.out / f"{given.what}.json") as place:
        place.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
