"""The judge: a small network that reads a picture's twelve attributes, trained on drawings only.

It never sees a generated picture, so what it reads in one is evidence. Its training scenes are
uniform: no skew, no repeated paintings, every combination.
"""

from __future__ import annotations

import json
import random
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn
from torch.utils.data import Dataset

from .. import landscapes
from .checkpoints import written_beside
from .config import TrainConfig
from .data import draw, to_tensor, to_unit
from .loop import Stage, fit

UNSEEN = 1000  # drawings of a report
FIRST_SEED = 2**41  # the judge's drawings: neither the training stream's nor the test stream's
SHIFT = 3  # pixels
FORMAT = "1"


class Residual(nn.Module):
    """Two convolutions beside the identity (He et al. 2016)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(*_convolution(width, width), *_convolution(width, width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.layers(x)


def _convolution(inside: int, outside: int, stride: int = 1) -> tuple[nn.Module, ...]:
    return (
        nn.Conv2d(inside, outside, 3, stride, 1, bias=False),
        nn.GroupNorm(8, outside),
        nn.SiLU(),
    )


class Probe(nn.Module):
    """Reads pictures of 128 x 128: one classifier for each attribute on shared features."""

    def __init__(self, channels: tuple[int, ...]) -> None:
        super().__init__()
        self.channels = tuple(channels)
        layers: list[nn.Module] = [*_convolution(3, channels[0], stride=2)]
        for inside, outside in zip(channels, channels[1:], strict=False):
            layers += [*_convolution(inside, outside, stride=2), Residual(outside)]
        self.trunk = nn.Sequential(*layers)
        width = 9 * channels[-1]  # averages over 4 x 2 fields, and the maxima
        self.heads = nn.ModuleList(
            nn.Linear(width, len(values)) for values in landscapes.ATTRIBUTES.values()
        )

    def features(self, pictures: torch.Tensor) -> torch.Tensor:
        """What the classifiers look at: (B, 3, 128, 128) in [-1, 1] -> (B, width)."""
        maps = self.trunk(pictures)  # (B, C, 8, 8)
        averages = F.adaptive_avg_pool2d(maps, (4, 2)).flatten(1)
        return torch.cat([averages, maps.amax((2, 3))], 1)

    def forward(self, pictures: torch.Tensor) -> list[torch.Tensor]:
        """Logits of each attribute, in the order of `ATTRIBUTES`: (B, values) each."""
        features = self.features(pictures)
        return [head(features) for head in self.heads]

    @torch.no_grad()
    def read(self, pictures: torch.Tensor, batch_size: int = 64) -> torch.Tensor:
        """Labels of pictures in [0, 1], as `Scene.labels`: (N, 3, 128, 128) -> (N, 12)."""
        parts = [self(part * 2 - 1) for part in pictures.split(batch_size)]
        return torch.cat([torch.stack([x.argmax(1) for x in logits], 1) for logits in parts])


class LabelledDrawings(Dataset):
    """Uniform scenes with their labels: uint8 (3, 128, 128) and (12,)."""

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        scene = landscapes.random_scene(random.Random(f"probe {index}"))
        picture = landscapes.render(scene, FIRST_SEED + index)
        return to_tensor(picture), torch.tensor(scene.labels)


class LabelLoss(nn.Module):
    """Mean cross-entropy of the attributes, on slightly shifted, blurred and noisy drawings.

    The disturbances are small; they keep the judge from reading single pixels, which no picture
    that went through a VAE has right.
    """

    def __init__(self, probe: Probe) -> None:
        super().__init__()
        self.probe = probe

    def forward(self, batch: list[torch.Tensor], progress: float) -> dict[str, torch.Tensor]:
        pictures, labels = batch
        logits = self.probe(disturb(to_unit(pictures)))
        losses = [F.cross_entropy(x.float(), labels[:, k]) for k, x in enumerate(logits)]
        right = [(x.argmax(1) == labels[:, k]).float().mean() for k, x in enumerate(logits)]
        return {"loss": torch.stack(losses).mean(), "right": torch.stack(right).mean()}


def disturb(pictures: torch.Tensor) -> torch.Tensor:
    """Pictures in [-1, 1], shifted by up to 3 pixels, half of them blurred, with a little noise."""
    size = pictures.shape[-1]
    top, left = torch.randint(2 * SHIFT + 1, (2,)).tolist()
    padded = F.pad(pictures, (SHIFT,) * 4, mode="replicate")
    x = padded[..., top : top + size, left : left + size]
    soft = F.avg_pool2d(F.pad(x, (1,) * 4, mode="replicate"), 3, stride=1)
    share = torch.rand(len(x), 1, 1, 1, device=x.device).mul(2).sub(1).clamp_min(0)
    noise = 0.06 * torch.rand(len(x), 1, 1, 1, device=x.device) * torch.randn_like(x)
    return torch.lerp(x, soft, share) + noise


class Report:
    """Accuracy on unseen drawings, and the exported judge."""

    def __init__(self, probe: Probe, out: Path, unseen: int) -> None:
        self.probe, self.out = probe, out
        self.pictures = torch.stack([draw(i, "test") for i in range(unseen)])
        self.labels = torch.tensor(
            [landscapes.sample(i, "test").scene.labels for i in range(unseen)]
        )

    def __call__(self) -> dict[str, float]:
        device = next(self.probe.parameters()).device
        found = torch.cat(
            [self.probe.read(part.to(device) / 255).cpu() for part in self.pictures.split(100)]
        )
        right = (found == self.labels).float().mean(0)
        save_probe(self.probe, self.out / "probe.safetensors")
        values = dict(zip(landscapes.ATTRIBUTES, right.tolist(), strict=True))
        return {"mean": right.mean().item(), "worst": right.min().item()} | values


def save_probe(probe: Probe, path: Path) -> None:
    """Write the judge in half precision, with its widths and attributes in the file's header."""
    header = {
        "format": FORMAT,
        "channels": json.dumps(probe.channels),
        "attributes": json.dumps(landscapes.ATTRIBUTES),
    }
    weights = {name: value.half().cpu().contiguous() for name, value in probe.state_dict().items()}
    with written_beside(path) as place:
        save_file(weights, place, header)


def load_probe(path: Path) -> Probe:
    """The judge from its file, in float32 and eval mode.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no judge, or one of another data set.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: train it with `python -m helpers train probe`")
    with safe_open(path, "pt") as file:
        header = file.metadata() or {}
        weights = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
    attributes = {name: list(values) for name, values in landscapes.ATTRIBUTES.items()}
    if header.get("format") != FORMAT or json.loads(header["attributes"]) != attributes:
        raise ValueError(
            f"{path} reads other attributes than this data set has: train it anew with "
            "`python -m helpers train probe`"
        )
    probe = Probe(tuple(json.loads(header["channels"])))
    probe.load_state_dict(weights)
    return probe.eval()


def train_probe(config: TrainConfig) -> dict[str, object]:
    """Train the judge and export it to `config.out`/probe.safetensors; the facts of the run."""
    torch.manual_seed(config.seed)
    probe = Probe(config.sizes.probe_channels)
    stage = Stage(
        "probe",
        LabelLoss(probe),
        LabelledDrawings(),
        Report(probe, config.out, min(UNSEEN, config.pictures)),
        batch_size=32,
        learning_rate=2e-3,
        weight_decay=0.01,
        workers=config.workers,
    )
    return fit(stage, config)
