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
from ..loading.habits import FEW_STEPS
from ..runtime import generators
from . import consistency
from .checkpoints import written_beside
from .config import TrainConfig
from .data import cached_drawings
from .export import export
from .latents import CaptionedLatents, cached_latents
from .loop import Stage, fit, make_accelerator
from .sheets import save_rows
from .text import tokenize
from .unet import PROMPTS, spread, use_plain_attention

POINTS = 20  # places on the path, 50 timesteps apart
GUIDANCE = 7.5  # the course's, folded in
RANK = 32  # of the update: 4.9 MB in half precision where the U-Net takes 17.7
MODEL, UPDATE = "turbo-model", "tiny-turbo"  # folders of a run


class ConsistencyLoss(nn.Module):
    """How far two jumps from one path lie apart, the second from where the teacher's step leads.

    The target is the student's own answer of this moment, without a gradient: Song & Dhariwal 2023
    (arXiv 2310.14189, section 3.2) found a running average in its place to hurt.

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
        """The teacher's guided step: latents (B, 4, 16, 16) and timesteps (B,) after it."""
        nothing = self.text_encoder(input_ids=self.empty)[0].expand_as(words)
        v_uncond, v_cond = (
            self.teacher(torch.cat([x_t, x_t]), torch.cat([t, t]), torch.cat([nothing, words]))
            .sample.float()
            .chunk(2)
        )
        t_later = consistency.later(t, self.skip)
        levels = self._level(t), self._level(t_later)
        return consistency.guided_step(x_t, v_uncond, v_cond, *levels, GUIDANCE), t_later

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
    """Pictures of the fixed prompts in four steps, and the twin: as an update, and as a model."""

    def __init__(self, loss: ConsistencyLoss, pipe: StableDiffusionPipeline, out: Path) -> None:
        self.loss, self.out = loss, out
        self.base = {twin.BASE: twin.base_sum(Path(pipe.name_or_path))}
        parts = {**pipe.components, "scheduler": make_scheduler(pipe)}
        self.pipe = StableDiffusionPipeline(**parts, requires_safety_checker=False)
        self.pipe.set_progress_bar_config(disable=True)

    def __call__(self) -> dict[str, float]:
        tensors = lowrank.low_rank_tensors(self.loss.student)
        self.pipe.unet = copy.deepcopy(self.loss.teacher)
        lowrank.merge(self.pipe.unet, tensors)
        self.save_sheet()
        export(self.pipe, self.out / MODEL)
        with written_beside(self.out / UPDATE) as place:
            place.mkdir()
            save_file(tensors, place / lowrank.FILE, self.base)
            self.pipe.scheduler.save_pretrained(place / "scheduler")
        return {"update": change(self.loss.teacher, self.pipe.unet)}

    def save_sheet(self) -> None:
        pictures = self.pipe(
            list(PROMPTS),
            num_inference_steps=FEW_STEPS.steps,
            guidance_scale=FEW_STEPS.guidance_scale,
            generator=generators(range(len(PROMPTS))),
            output_type="pt",
        ).images.cpu()
        save_rows(list(pictures.split(4)), self.out / "turbo.png")


@torch.no_grad()
def change(before: nn.Module, after: nn.Module) -> float:
    """How far the weights of one network lie from another's, as a share of their length."""
    pairs = list(zip(before.parameters(), after.parameters(), strict=True))
    moved = sum(float((new - old).square().sum()) for old, new in pairs)
    return (moved / sum(float(old.square().sum()) for old, _ in pairs)) ** 0.5


def train_turbo(config: TrainConfig) -> dict[str, object]:
    """Distil a model into its few-step twin.

    The twin goes to `config.out`/tiny-turbo, the low-rank update alone, and to
    `config.out`/turbo-model, all parts with the update merged, which stock diffusers loads.

    Args:
        config: `start_from` is the teacher's folder; None takes the embedded model.

    Raises:
        ValueError: the teacher does not predict v.
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
        learning_rate=1e-3,
        average=0.995,
        floor=0.01,
        warm_up=50,
        length=config.pictures,
        workers=config.workers,
    )
    return fit(stage, config)
