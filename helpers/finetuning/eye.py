"""An eye for windmills: the judge knows none, so a small head is trained on what the judge sees.

It is trained on drawings alone, half of them with a windmill, and never on a picture that a model
made: what it reads there is evidence. Among the others are towers without sails, so that a tower
is not enough.
"""

from __future__ import annotations

import random
from pathlib import Path

import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from .. import landscapes
from ..files import written_beside
from ..landscapes import Scene
from ..landscapes.windmill import render_windmill
from ..training.data import to_tensor
from ..training.probe import Probe, Residual, disturb

WIDTH = 96  # channels of the judge's maps of 16 x 16
TRAINED, UNSEEN = 2**45, 2**46
"""First seeds of the drawings: of training, and of the test that nothing was trained on."""


class Eye(nn.Module):
    """Whether there is a windmill in a picture of 128 x 128: the judge's maps, and three layers.

    Args:
        probe: the judge; only its first layers are used, and none is changed.
    """

    def __init__(self, probe: Probe) -> None:
        super().__init__()
        self.probe = [probe]  # in a list: its weights are not this network's
        self.head = nn.Sequential(
            nn.Conv2d(WIDTH, 32, 3, 1, 1), nn.SiLU(), nn.Conv2d(32, 16, 3, 2, 1), nn.SiLU(),
            nn.Conv2d(16, 1, 3, 1, 1),
        )  # fmt: skip

    @torch.no_grad()
    def maps(self, pictures: Tensor) -> Tensor:
        """The judge's maps: (B, 3, 128, 128) in [-1, 1] -> (B, 96, 16, 16)."""
        x = pictures
        for layer in self.probe[0].trunk:
            x = layer(x)
            if isinstance(layer, Residual) and x.shape[1] == WIDTH:
                return x
        raise ValueError("eye: this judge has no maps of 96 x 16 x 16; train the eye for it anew")

    def forward(self, maps: Tensor) -> Tensor:
        """The logit of the likeliest place of each picture, (B,)."""
        return self.head(maps).amax((1, 2, 3))

    @torch.no_grad()
    def sees(self, pictures: Tensor, batch_size: int = 32) -> Tensor:
        """Whether each picture has a windmill: (N, 3, 128, 128) in [0, 1] -> bool (N,)."""
        parts = [self(self.maps(part * 2 - 1)) > 0 for part in pictures.split(batch_size)]
        return torch.cat(parts)


def drawings(count: int, first_seed: int) -> tuple[Tensor, Tensor]:
    """Drawings of any scene, every other one with a windmill: float32 in [0, 1], and bool (N,)."""
    rng = random.Random(f"windmills {first_seed}")
    pictures: list[Tensor] = []
    while len(pictures) < count:
        scene, number = landscapes.random_scene(rng), len(pictures)
        if number % 2 == 0 and scene.building in ("none", "boat"):
            continue
        pictures.append(to_tensor(_drawing(scene, first_seed + number, number)).float() / 255)
    return torch.stack(pictures), torch.arange(count) % 2 == 0


def _drawing(scene: Scene, seed: int, number: int) -> Image.Image:
    """A windmill, then another picture; every fourth one is a tower that has lost its sails."""
    if number % 2 == 0:
        return render_windmill(scene, seed)
    if number % 4 == 3 and scene.building not in ("none", "boat"):
        return render_windmill(scene, seed, sails=False)
    return landscapes.render(scene, seed)


def train_eye(probe: Probe, count: int = 1600, steps: int = 400, seed: int = 0) -> Eye:
    """An eye, trained in a minute on one core."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        eye = Eye(probe)
        pictures, truth = drawings(count, TRAINED)
        parts = [eye.maps(disturb(part * 2 - 1)) for part in pictures.split(32)]
        maps, wanted = torch.cat(parts), truth.float()
        optimizer = torch.optim.AdamW(eye.parameters(), 2e-3, weight_decay=0.01)
        for _ in range(steps):
            chosen = torch.randint(count, (64,))
            loss = F.binary_cross_entropy_with_logits(eye(maps[chosen]), wanted[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return eye.eval().requires_grad_(False)


def save_eye(eye: Eye, path: Path) -> None:
    """Write the head, in float16."""
    with written_beside(path) as place:
        save_file({name: value.half() for name, value in eye.head.state_dict().items()}, place)


def load_eye(path: Path, probe: Probe) -> Eye:
    """The eye from its file.

    Raises:
        FileNotFoundError: there is no such file.
    """
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} is missing: make it with `python -m helpers.finetuning.recorded`"
        )
    eye = Eye(probe)
    eye.head.load_state_dict({name: value.float() for name, value in load_file(path).items()})
    return eye.eval().requires_grad_(False)
