"""Three small networks of one size, alike in all but one idea: which idea draws better?

| name            | network | learns                                | differs in            |
|-----------------|---------|---------------------------------------|-----------------------|
| unet-diffusion  | U-Net   | v of a diffusion, as the course's own |                       |
| unet-flow       | U-Net   | eps - x0 on straight lines            | the objective         |
| dit-flow        | DiT     | eps - x0 on straight lines            | also the architecture |

All were trained by `python -m helpers train`, on the same drawings, captions and noise, with the
VAE and the text encoder of the embedded model. All answer alike here: with the velocity of
`helpers.flow`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from diffusers import UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from . import flow, maths
from .dit import DiT

RIVALS = ("unet-diffusion", "unet-flow", "dit-flow")
PLACES = 32
"""Places of a caption that these networks see; the mean caption has 16 tokens."""

HEADS = 4
TIMESTEPS = 1000


class Rival(nn.Module):
    """One of the three, as a velocity field of straight lines.

    Any U-Net that predicts v on Stable Diffusion's schedule, such as the embedded model's, can take
    the place of the first.

    Args:
        name: one of `RIVALS`.
        network: a U-Net, or a DiT.
    """

    log_sigma: Tensor

    def __init__(self, name: str, network: nn.Module) -> None:
        super().__init__()
        self.name, self.network = name, network
        alpha_bar = maths.alpha_bar(maths.scaled_linear_betas(TIMESTEPS))
        sigma = torch.as_tensor(maths.sigma(alpha_bar))
        self.register_buffer("log_sigma", sigma.log().float(), persistent=False)

    @property
    def start(self) -> float:
        """The noisiest moment that it was trained at: 1, or that of a diffusion's last timestep."""
        if self.name != "unet-diffusion":
            return 1.0
        sigma = self.log_sigma[-1].exp().item()
        return sigma / (1 + sigma)

    def answer(self, x: Tensor, timestep: Tensor, words: Tensor) -> Tensor:
        """The network's own answer: (B, 4, 16, 16), (B,) in 0 ... 1000, (B, M, D) -> like x."""
        if isinstance(self.network, DiT):
            return self.network(x, timestep, words)
        return self.network(x, timestep, encoder_hidden_states=words).sample

    def forward(self, x_t: Tensor, t: Tensor, words: Tensor) -> Tensor:
        """The velocity eps - x0 at x_t: latents (B, 4, 16, 16), moments (B,), words (B, M, D)."""
        if self.name != "unet-diffusion":
            return self.answer(x_t, TIMESTEPS * t, words).float()
        alpha_bar = torch.as_tensor(flow.alpha_bar_of(t)).view(-1, 1, 1, 1)
        diffused = x_t / flow.scale_of(alpha_bar)
        v = self.answer(diffused, self.timestep(t), words).float()
        x0_hat = maths.x0_from_velocity(diffused, v, alpha_bar)
        return maths.eps_from_velocity(diffused, v, alpha_bar) - x0_hat

    def timestep(self, t: Tensor) -> Tensor:
        """The diffusion's timestep, with a fraction, whose noise level is that of t: (B,)."""
        wanted = torch.log(t / (1 - t)).clamp(self.log_sigma[0], self.log_sigma[-1])
        right = torch.searchsorted(self.log_sigma, wanted).clamp(1, TIMESTEPS - 1)
        low, high = self.log_sigma[right - 1], self.log_sigma[right]
        return right - 1 + (wanted - low) / (high - low)

    def guided(self, words: Tensor, nothing: Tensor, guidance_scale: float) -> flow.Field:
        """Its velocity field for a prompt, guided: nothing + w (words - nothing).

        Args:
            words: of the prompts, (B, M, D); the three have learned to see `PLACES` places.
            nothing: of the empty prompt, the same shape or (1, M, D).
            guidance_scale: w.
        """
        both = torch.cat([nothing.expand_as(words), words])

        def field(x_t: Tensor, t: Tensor) -> Tensor:
            v = self(torch.cat([x_t, x_t]), torch.cat([t, t]), both)
            uncond, cond = v.chunk(2)
            return maths.guide(uncond, cond, guidance_scale)

        return field


def make(name: str, sizes: Mapping[str, Any]) -> Rival:
    """An untrained rival, drawn from PyTorch's generator of this moment.

    Args:
        name: one of `RIVALS`.
        sizes: "words", the numbers of a word's vector; for a U-Net "channels", the widths of its
            levels, of which all but the first and the last look at the words; for a DiT "width" and
            "depth".

    Raises:
        ValueError: unknown name.
    """
    if name not in RIVALS:
        raise ValueError(f"rival must be one of {', '.join(RIVALS)}, got {name!r}")
    if name == "dit-flow":
        return Rival(name, DiT(sizes["width"], sizes["depth"], HEADS, words=sizes["words"]))
    inner = len(sizes["channels"]) - 2
    network = UNet2DConditionModel(
        sample_size=16,
        down_block_types=("DownBlock2D", *("CrossAttnDownBlock2D",) * inner, "DownBlock2D"),
        up_block_types=("UpBlock2D", *("CrossAttnUpBlock2D",) * inner, "UpBlock2D"),
        block_out_channels=sizes["channels"],
        layers_per_block=1,
        cross_attention_dim=sizes["words"],
        attention_head_dim=HEADS,  # the number of heads, as in Stable Diffusion 1.x
        norm_num_groups=16,
    )
    network.set_attn_processor(AttnProcessor())  # on a CPU the fused kernel's way back is slow
    return Rival(name, network)


def save(rival: Rival, sizes: Mapping[str, Any], path: Path) -> None:
    """Write its weights in half precision, with its name and its sizes beside them."""
    tensors = {key: t.half().cpu().contiguous() for key, t in rival.network.state_dict().items()}
    save_file(tensors, path, {"rival": rival.name, "sizes": json.dumps(sizes)})


def load(name: str, folder: Path) -> Rival:
    """A trained rival, in float32, ready to answer.

    Args:
        name: one of `RIVALS`.
        folder: where name.safetensors lies.

    Raises:
        ValueError: unknown name, or a damaged file.
        FileNotFoundError: the file is not there.
    """
    path = folder / f"{name}.safetensors"
    if name in RIVALS and not path.is_file():
        raise FileNotFoundError(
            f"{path} is missing: train it with "
            f"`python -m helpers train {name} --out {folder} --steps 1500 --pictures 8000`"
        )
    sizes: dict[str, Any] = {}
    try:
        if path.is_file():
            with safe_open(path, "pt") as file:
                sizes = json.loads((file.metadata() or {})["sizes"])
        rival = make(name, sizes)
        rival.network.load_state_dict({key: t.float() for key, t in load_file(path).items()})
    except (SafetensorError, KeyError, RuntimeError) as error:
        raise ValueError(f"{path} holds no {name} ({error}); train it again") from error
    return rival.eval().requires_grad_(False)
