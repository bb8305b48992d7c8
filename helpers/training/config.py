"""What a training run is told: how long, where, how large; all else follows from these."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path

STAGES = ("vae", "text", "unet", "probe", "turbo", "unet-diffusion", "unet-flow", "dit-flow")
"""The networks in the order of training; "probe" is the judge used by `evaluate`, "turbo" the
few-step twin of a model that is there, the last three the small rivals of lesson 12. "all" leaves
out twin and rivals."""

PRECISIONS = ("auto", "no", "bf16", "fp16")


@dataclass(frozen=True)
class Sizes:
    """Widths and depths of the four networks that a training from scratch makes."""

    vae_channels: tuple[int, ...] = (16, 32, 96, 128)  # four blocks: f = 8
    vocabulary: int = 4096  # entries of the tokenizer, at most: a whole token for every word
    text_width: int = 192
    text_layers: int = 4
    text_heads: int = 6
    vision_width: int = 192
    vision_layers: int = 4
    unet_channels: tuple[int, ...] = (96, 160, 192)
    unet_heads: int = 4
    probe_channels: tuple[int, ...] = (32, 64, 96, 128)
    rival_channels: tuple[int, ...] = (32, 48, 80)
    rival_width: int = 112
    rival_depth: int = 5

    def __post_init__(self) -> None:
        if len(self.vae_channels) != 4:
            raise ValueError(
                "Sizes: vae_channels needs four widths (three halvings make f = 8), got "
                f"{self.vae_channels}"
            )
        for name in ("text", "vision"):
            if getattr(self, f"{name}_width") % self.text_heads:
                raise ValueError(
                    f"Sizes: {name}_width={getattr(self, f'{name}_width')} must be a multiple of "
                    f"text_heads={self.text_heads}"
                )

    @classmethod
    def tiny(cls) -> Sizes:
        """Networks that train for a few steps within seconds; for tests."""
        return cls(
            vae_channels=(8, 8, 8, 8),
            vocabulary=4096,
            text_width=16,
            text_layers=1,
            text_heads=2,
            vision_width=16,
            vision_layers=1,
            unet_channels=(16, 16),
            unet_heads=2,
            probe_channels=(8, 8, 8, 16),
            rival_channels=(16, 16, 16),
            rival_width=16,
            rival_depth=1,
        )


@dataclass(frozen=True)
class TrainConfig:
    """One training run.

    Args:
        out: folder of the run; networks, sample sheets, log and checkpoints go there.
        minutes: time budget of a stage (of all four together in `train_all`), in minutes.
        steps: step budget of a stage. Whichever budget is spent first ends the stage; the learning
            rate
            follows the spent share.
        resume: continue from the last checkpoint in `out`, if there is one.
        start_from: folder of a model in diffusers' layout whose networks are trained on, in place
            of new ones of `sizes`. Where the captions have gained words since, the text encoder
            gains their tokens (unless `freeze_text`). The text stage always begins anew. For the
            turbo stage it is the teacher; None takes the embedded model.
        batch_size: items a step over all processes; None takes the stage's own.
        learning_rate: peak rate; None takes the stage's own.
        precision: "auto" takes bf16 where the device computes it fast, otherwise float32 ("no").
        device: "auto" or "cpu".
        seed: seeds the first weights and every later draw.
        pictures: drawings in the caches of the text, U-Net and probe stages.
        workers: processes that draw while the network trains; 0 draws in between.
        checkpoint_minutes: time between checkpoints.
        report_minutes: time between measurements, sample sheets and exports.
        freeze_text: keep the text encoder as it is while the U-Net trains.
        freeze_encoder: keep the VAE's encoder as it is, so that its latents and the U-Net trained
            on them stay right; needs `start_from`.
        sizes: widths and depths of the networks.

    Raises:
        ValueError: no budget, or a value outside its range.
    """

    out: Path
    minutes: float | None = None
    steps: int | None = None
    resume: bool = False
    start_from: Path | None = None
    batch_size: int | None = None
    learning_rate: float | None = None
    precision: str = "auto"
    device: str = "auto"
    seed: int = 0
    pictures: int = 30_000
    workers: int = 1
    checkpoint_minutes: float = 3.0
    report_minutes: float = 15.0
    freeze_text: bool = False
    freeze_encoder: bool = False
    sizes: Sizes = field(default_factory=Sizes)

    def __post_init__(self) -> None:
        object.__setattr__(self, "out", Path(self.out))
        if self.minutes is None and self.steps is None:
            raise ValueError("TrainConfig: give a budget, minutes=… or steps=… (or both)")
        for name in ("minutes", "steps", "batch_size", "learning_rate", "pictures"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise ValueError(f"TrainConfig: {name} must be above 0, got {value}")
        if self.start_from is not None:
            object.__setattr__(self, "start_from", Path(self.start_from))
            if not (self.start_from / "model_index.json").is_file():
                raise ValueError(
                    f"TrainConfig: start_from={self.start_from} holds no model_index.json; name "
                    "the folder of a model, such as helpers/weights/tiny-landscapes"
                )
        if self.freeze_encoder and self.start_from is None:
            raise ValueError(
                "TrainConfig: freeze_encoder=True keeps a trained encoder; name its model with "
                "start_from, such as helpers/weights/tiny-landscapes"
            )
        if self.workers < 0:
            raise ValueError(f"TrainConfig: workers must be 0 or more, got {self.workers}")
        if self.precision not in PRECISIONS:
            raise ValueError(
                f"TrainConfig: precision must be one of {', '.join(PRECISIONS)}, "
                f"got {self.precision!r}"
            )
        if self.device not in ("auto", "cpu"):
            raise ValueError(f"TrainConfig: device must be 'auto' or 'cpu', got {self.device!r}")

    def facts(self) -> dict[str, object]:
        """The configuration as plain JSON values, for checkpoints and the model card."""
        start_from = None if self.start_from is None else str(self.start_from)
        return {**asdict(self), "out": str(self.out), "start_from": start_from}
