"""The few-step twin: a low-rank change of a U-Net, by which it jumps where it used to walk.

Latent consistency distillation (Luo et al. 2023, arXiv 2310.04378) of a low-rank update (Luo et al.
2023, arXiv 2311.05556): the twin draws in four calls of the U-Net what its teacher draws in twenty
guided steps, forty calls.
"""

from __future__ import annotations

import copy
from pathlib import Path

import torch
from diffusers import LCMScheduler, UNet2DConditionModel
from safetensors.torch import save_file
from torch import nn
from transformers import CLIPTextModel

from .. import lowrank, maths
from ..loading import TINY, StableDiffusionPipeline, load, twin
from . import consistency
from .checkpoints import written_beside
from .config import TrainConfig
from .data import cached_drawings
from .examiner import Examiner
from .export import export
from .latents import CaptionedLatents, cached_latents
from .loop import Stage, fit, make_accelerator
from .probe import load_probe
from .questions import seen_questions, told_mask
from .sheets import save_rows
from .text import tokenize
from .unet import PROMPTS, spread, use_plain_attention

POINTS = 8  # places on the path, 125 timesteps apart: steps to sample in, at most
SOLVER_STEPS = 3  # of the teacher from one place to the next
GUIDANCE = 7.5  # of the teacher, folded in
RANK = 32  # of the update: 4.9 MB in half precision where the U-Net takes 17.7
UNSEEN = 64  # captions of a report

MODEL, UPDATE = "turbo-model", "tiny-turbo"  # folders of a run


class ConsistencyLoss(nn.Module):
    """How far two jumps from one path lie apart, the second from where the teacher's steps lead.

    Luo et al. 2023 skip many timesteps in one step of the solver; here the path has only the places
    that few-step sampling visits, and the teacher walks from one to the next as it does when it
    samples. With twenty places, each learned from the one below, errors near the picture were
    passed on to all of them, and all pictures came out as mosaics.

    The target is the student's own answer of this moment, without a gradient. A running average of
    the student in its place slowed learning without a teacher (Song & Dhariwal 2023, arXiv
    2310.14189, section 3.2), and diffusers' example of LCM-LoRA does without one too.

    Args:
        teacher: a U-Net that predicts v, frozen; the student is a copy of it.
        text_encoder: gives both their words; frozen.
        empty: tokens of the empty prompt, (1, 77).
        scaling_factor: from raw latents to those of the U-Net.
        alpha_bar: share of the signal at every timestep, (T,).
    """

    alpha_bar: torch.Tensor
    path: torch.Tensor
    empty: torch.Tensor

    def __init__(
        self,
        teacher: UNet2DConditionModel,
        text_encoder: CLIPTextModel,
        empty: torch.Tensor,
        scaling_factor: float,
        alpha_bar: torch.Tensor,
    ) -> None:
        super().__init__()
        self.teacher = teacher.requires_grad_(False)
        self.text_encoder = text_encoder.requires_grad_(False)
        self.student = copy.deepcopy(teacher)
        lowrank.add_low_rank(self.student, RANK)
        self.scaling_factor, self.skip = scaling_factor, len(alpha_bar) // POINTS
        self.register_buffer("alpha_bar", alpha_bar.float(), persistent=False)
        self.register_buffer("path", consistency.path(POINTS, len(alpha_bar)), persistent=False)
        self.register_buffer("empty", empty, persistent=False)

    def forward(self, batch: dict[str, torch.Tensor], progress: float) -> dict[str, torch.Tensor]:
        mean, std = batch["mean"].float(), batch["std"].float()
        x0 = (mean + std * torch.randn_like(mean)) * self.scaling_factor  # (B, 4, 16, 16)
        t = self.path[spread(len(x0), len(self.path)).to(x0.device)]
        return {"loss": self.errors(x0, torch.randn_like(x0), t, batch["tokens"]).mean()}

    def errors(
        self, x0: torch.Tensor, eps: torch.Tensor, t: torch.Tensor, tokens: torch.Tensor
    ) -> torch.Tensor:
        """The loss of each item, (B,): Luo et al. 2023, algorithm 1, without a target network.

        Args:
            x0: scaled latents, (B, 4, 16, 16).
            eps: noise of the same shape.
            t: timesteps of the path, (B,).
            tokens: token numbers, (B, 77).
        """
        x_t = maths.add_noise(x0, eps, self._level(t))
        with torch.no_grad():
            words = self.text_encoder(input_ids=tokens)[0]  # (B, 77, width)
            x_later, t_later = self.walk(x_t, t, words)
            target = self.jump(x_later, t_later, words)
        distance = consistency.pseudo_huber(self.jump(x_t, t, words), target)
        return distance.mean((1, 2, 3))

    def walk(
        self, x_t: torch.Tensor, t: torch.Tensor, words: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Where the teacher's guided steps lead: latents (B, 4, 16, 16), timesteps (B,) there."""
        nothing = self.text_encoder(input_ids=self.empty)[0].expand_as(words)
        both, start = torch.cat([nothing, words]), t
        for step in range(1, SOLVER_STEPS + 1):
            t_later = consistency.later(start, self.skip * step // SOLVER_STEPS)
            v = self.teacher(torch.cat([x_t, x_t]), torch.cat([t, t]), both).sample.float()
            v_uncond, v_cond = v.chunk(2)
            levels = self._level(t), self._level(t_later)
            x_t = consistency.guided_step(x_t, v_uncond, v_cond, *levels, GUIDANCE)
            t = t_later
        return x_t, t

    def jump(self, x_t: torch.Tensor, t: torch.Tensor, words: torch.Tensor) -> torch.Tensor:
        """The student's answer, where the path through x_t ends: (B, 4, 16, 16)."""
        v = self.student(x_t, t, words).sample.float()
        return consistency.consistency(x_t, maths.x0_from_velocity(x_t, v, self._level(t)), t)

    def _level(self, t: torch.Tensor) -> torch.Tensor:
        return self.alpha_bar[t].view(-1, 1, 1, 1)


def make_scheduler(teacher: StableDiffusionPipeline) -> LCMScheduler:
    """The twin's scheduler, on the teacher's noise schedule and on the path that was learned."""
    same = ("num_train_timesteps", "beta_start", "beta_end", "beta_schedule", "prediction_type")
    return LCMScheduler(
        **{name: teacher.scheduler.config[name] for name in same},
        original_inference_steps=POINTS,
        steps_offset=1,  # not used; diffusers warns of another
    )


class Report:
    """The twin so far, as an update and as a model; a sheet of the fixed prompts, and its mark.

    The mark is the share of attributes, told by captions never used in training, that the judge
    reads right in pictures of four steps. The loss says little: its target sharpens as f learns.
    """

    def __init__(self, loss: ConsistencyLoss, pipe: StableDiffusionPipeline, out: Path) -> None:
        self.loss, self.out = loss, out
        teacher = Path(pipe.name_or_path)
        self.base = {twin.BASE: twin.base_sum(teacher)}
        parts = {**pipe.components, "scheduler": make_scheduler(pipe)}
        self.pipe = StableDiffusionPipeline(**parts, requires_safety_checker=False)
        self.pipe.set_progress_bar_config(disable=True)
        self.examiner = Examiner(
            self.pipe, load_probe(teacher.with_name("probe.safetensors")), UNSEEN
        )
        self.asked = seen_questions(UNSEEN)

    def __call__(self) -> dict[str, float]:
        tensors = lowrank.low_rank_tensors(self.loss.student)
        self.pipe.unet = copy.deepcopy(self.loss.teacher)
        lowrank.merge(self.pipe.unet, tensors)
        pictures = self.examiner.generate(list(PROMPTS), list(range(len(PROMPTS))))
        save_rows(list(pictures.split(4)), self.out / "turbo.png")
        export(self.pipe, self.out / MODEL)
        with written_beside(self.out / UPDATE) as place:
            place.mkdir()
            save_file(tensors, place / lowrank.FILE, self.base)
            self.pipe.scheduler.save_pretrained(place / "scheduler")
        told = told_mask(self.asked)
        right = self.examiner.right(self.examiner.answer(self.asked), self.asked)
        return {"told_and_right": (right & told).sum().item() / told.sum().item()}


def train_turbo(config: TrainConfig) -> dict[str, object]:
    """Distil a model into its few-step twin.

    The twin goes to `config.out`/tiny-turbo, the low-rank update alone, and to
    `config.out`/turbo-model, all parts with the update merged, which stock diffusers loads.

    Args:
        config: `start_from` is the teacher's folder; None takes the embedded model.

    Raises:
        ValueError: the teacher does not predict v.
        FileNotFoundError: the judge, probe.safetensors, is missing beside the teacher's folder.
    """
    torch.manual_seed(config.seed)
    accelerator = make_accelerator(config)
    pipe = load(config.start_from or TINY, device="cpu", dtype="float32")
    predicts = pipe.scheduler.config.prediction_type
    if predicts != "v_prediction":
        raise ValueError(
            f"train turbo: start_from={config.start_from} predicts {predicts}; only models that "
            "`python -m helpers train unet` makes, which predict v, can be distilled"
        )
    pipe.vae.to(accelerator.device)
    with accelerator.main_process_first():  # one process makes the caches, the others read them
        drawings = cached_drawings(config.out, config.pictures, config.workers)
        latents = cached_latents(
            config.out / "latents.safetensors", pipe.vae, drawings, accelerator.autocast
        )
    if accelerator.device.type == "cpu":
        use_plain_attention(pipe.unet, pipe.text_encoder)
    loss = ConsistencyLoss(
        pipe.unet,
        pipe.text_encoder,
        tokenize(pipe.tokenizer, [""]),
        pipe.vae.config.scaling_factor,
        make_scheduler(pipe).alphas_cumprod,
    )
    stage = Stage(
        "turbo",
        loss,
        CaptionedLatents(latents, pipe.tokenizer),
        Report(loss, pipe, config.out),
        batch_size=64,
        learning_rate=1e-4,  # at 3e-4 and batches of 32 it fell apart after 430 steps
        average=0.995,
        floor=0.01,
        warm_up=20,
        length=config.pictures,
        workers=config.workers,
        compiled=[loss.teacher, loss.student],
    )
    return fit(stage, config)
