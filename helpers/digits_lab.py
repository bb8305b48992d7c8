"""A laboratory of 1,797 digits: small enough that a denoiser is trained while the class watches.

The digits are scikit-learn's: 8 x 8 pixels, of the test set of Alpaydin & Kaynak, "Optical
Recognition of Handwritten Digits", UCI Machine Learning Repository, 1998.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn

from .maths import Level

Loss = Callable[[nn.Module, Tensor, torch.Generator], Tensor]
"""(network, clean pictures, where the randomness comes from) -> the number to make small."""


def digits() -> Tensor:
    """All digits, (1797, 1, 8, 8), float32: -1 is paper, 1 is ink."""
    grey = torch.from_numpy(load_digits().images).float()  # (N, 8, 8), 0 ... 16
    return grey.unsqueeze(1) / 8 - 1  # (N, 1, 8, 8)


def blur(pictures: Tensor, width: float) -> Tensor:
    """Each pixel as a mean of all pixels, weighted with a Gaussian of their distance.

    Args:
        pictures: (B, C, H, W).
        width: standard deviation of the Gaussian, in pixels, > 0; 0.1 changes nothing yet.
    """
    down, across = (_gaussian_weights(size, width) for size in pictures.shape[-2:])
    return down @ pictures @ across.T  # columns, then rows


def _gaussian_weights(size: int, width: float) -> Tensor:
    """What each pixel of a line gives to each: (size, size), rows of sum 1, also at the edge."""
    place = torch.arange(size)
    distance = place[:, None] - place[None, :]
    return torch.softmax(-((distance / width) ** 2) / 2, dim=1)


def nearest(pictures: Tensor, data: Tensor) -> tuple[Tensor, Tensor]:
    """For each picture the most similar one of the data, and how far from it it is.

    Args:
        pictures: (B, C, H, W).
        data: where to search, (N, C, H, W).

    Returns:
        The found pictures, (B, C, H, W), and their distance, (B,): the root of the mean squared
        difference of a pixel.
    """
    distance, place = torch.cdist(pictures.flatten(1), data.flatten(1)).min(dim=1)
    return data[place], distance / data[0].numel() ** 0.5


class DigitDenoiser(nn.Module):
    """A network that looks at noisy digits and predicts v.

    The U-Net of Stable Diffusion is told t; this network is told alpha_bar, which says the same.
    """

    pitch: Tensor

    def __init__(self, width: int = 256, blocks: int = 2) -> None:
        super().__init__()
        self.register_buffer("pitch", torch.arange(1.0, 17.0))
        self.level = nn.Sequential(nn.Linear(32, width), nn.SiLU(), nn.Linear(width, width))
        self.enter = nn.Linear(64, width)
        self.blocks = nn.ModuleList(_block(width) for _ in range(blocks))
        self.leave = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 64))

    def forward(self, x_t: Tensor, alpha_bar: Level) -> Tensor:
        """v, of the shape of x_t.

        Args:
            x_t: noisy digits, (B, 1, 8, 8).
            alpha_bar: share of the signal: one number, or one for each digit, (B, 1, 1, 1).
        """
        angle = torch.as_tensor(alpha_bar).to(x_t).sqrt().arccos()  # 0: all digit, pi/2: all noise
        waves = angle.reshape(-1, 1) * self.pitch  # (B, 16), or (1, 16)
        level = self.level(torch.cat([waves.sin(), waves.cos()], dim=1))  # (B, width)
        hidden = self.enter(x_t.flatten(1))  # (B, 64) -> (B, width)
        for block in self.blocks:
            hidden = hidden + block(hidden + level)
        return self.leave(hidden).view_as(x_t)  # (B, width) -> (B, 1, 8, 8)


def _block(width: int) -> nn.Module:
    return nn.Sequential(
        nn.LayerNorm(width), nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width)
    )


def train(
    network: nn.Module, data: Tensor, loss: Loss, *, steps: int, seed: int = 0
) -> Iterator[float]:
    """Trains the network in place, with AdamW, and yields the loss of each step.

    Args:
        network: what is trained; it can be used between two steps.
        data: clean pictures, (N, C, H, W).
        loss: called with (network, 64 of the pictures, generator).
        steps: how many; the learning rate rises for a tenth of them, then falls to almost 0.
        seed: of the choice of pictures, and of the generator.
    """
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(network.parameters(), fused=True)  # half the time of a step
    rate = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=steps, pct_start=0.1)
    for _ in range(steps):
        chosen = torch.randint(len(data), (64,), generator=generator)
        value = loss(network, data[chosen], generator)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        rate.step()
        yield value.item()
