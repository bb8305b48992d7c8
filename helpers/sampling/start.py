"""A run that starts from a picture: which one, how much of it to redo, and where.

Picture to picture is SDEdit (Meng et al. 2022, arXiv 2108.01073): mix the picture with noise up to
some level, and denoise from there. Inpainting keeps a part of the picture: after every step the
kept part is put back, with the noise that belongs to that step (Lugmayr et al. 2022, RePaint,
arXiv 2201.09865, eq. 8; without its repetitions). `sampling.denoise` does both.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import torch
from diffusers import SchedulerMixin
from diffusers.image_processor import VaeImageProcessor
from PIL import Image
from torch import Tensor
from torch.nn.functional import interpolate

from ..loading import StableDiffusionPipeline
from ..runtime import device_of, eval_mode

Pictures = Image.Image | Sequence[Image.Image]


@dataclass(frozen=True, eq=False)
class Start:
    """Where a run starts, if not from noise alone.

    Attributes:
        picture: one picture for all, or one for each; or clean latents as the U-Net knows them,
            (B, C, h, w), such as a run's `x0_hat`.
        strength: share of the steps that are run, in (0, 1]. Near 0 little changes. At 1 all steps
            are run: the picture then shows through only as much as a picture does in `x_t` at the
            first timestep, and with a mask not at all.
        mask: as large as the picture, or a list of such; repaint where it is white, keep where it
            is black. It counts in latent pixels: the top left pixel of each block of 8 x 8 decides.
    """

    picture: Pictures | Tensor
    strength: float = 0.8
    mask: Pictures | None = None

    def __post_init__(self) -> None:
        """Checks what can be checked without a model.

        Raises:
            TypeError: a picture, mask or strength is something else.
            ValueError: the strength lies outside (0, 1], a list is empty, or sizes differ.
        """
        _check_strength(self.strength)
        if not isinstance(self.picture, Tensor):
            _check_pictures("picture", self.picture)
        elif self.picture.ndim != 4 or not bool(torch.isfinite(self.picture).all()):
            raise ValueError(
                "start: latents must be finite numbers of shape (B, C, h, w), got "
                f"{tuple(self.picture.shape)}; a picture is passed as a Pillow image (`to_pil`)"
            )
        if self.mask is not None:
            _check_pictures("mask", self.mask)
            self._check_mask_size()

    def _check_mask_size(self) -> None:
        if isinstance(self.picture, Tensor):
            return  # how many pixels a latent stands for, the pipeline knows: `mask_of`
        wide, high = _listed(self.picture)[0].size
        if _listed(self.mask)[0].size != (wide, high):
            raise ValueError(
                f"start: the mask is {_told(_listed(self.mask)[0])}, the picture {wide} x {high}; "
                "make the mask as large as the picture"
            )

    @property
    def lists(self) -> dict[str, list[Any]]:
        """Pictures (or latents, each (C, h, w)) and masks, to be dealt out beside the prompts."""
        pictures = list(self.picture) if isinstance(self.picture, Tensor) else _listed(self.picture)
        masks = {} if self.mask is None else {"mask": _listed(self.mask)}
        return {"picture": pictures} | masks


@dataclass(frozen=True, eq=False)
class Keep:
    """What a mask keeps of the picture, all tensors on the device of the run.

    Attributes:
        clean: the picture's latents, (B, C, h, w).
        noise: what they are mixed with at each step, the same in all, (B, C, h, w).
        mask: 1 where to repaint, 0 where to keep, (B, 1, h, w).
    """

    clean: Tensor
    noise: Tensor
    mask: Tensor

    def put_back(self, latents: Tensor, scheduler: SchedulerMixin, t: Tensor | None) -> Tensor:
        """The latents with the kept part in its place, as noisy as they are at t (None: clean)."""
        kept = self.clean
        if t is not None:
            kept = scheduler.add_noise(self.clean, self.noise, t[None])
        return blend(latents, kept, self.mask)


def blend(latents: Tensor, kept: Tensor, mask: Tensor) -> Tensor:
    """`latents` where the mask is 1, `kept` where it is 0: RePaint eq. 8c with their m = 1 - mask.

    Args:
        latents: what the step made, (B, C, h, w).
        kept: the original, at the same noise level, (B, C, h, w).
        mask: (B, 1, h, w), in [0, 1].
    """
    return (1 - mask) * kept + mask * latents


def size_of(
    start: Start, pipe: StableDiffusionPipeline, size: int | Sequence[int] | None
) -> tuple[int, int]:
    """(height, width) in pixels of a start's pictures.

    Raises:
        ValueError: the sides are not divisible by the VAE's factor, the latents have not its
            channels, or another size was asked for.
    """
    factor = pipe.vae_scale_factor
    if isinstance(start.picture, Tensor):
        channels = pipe.unet.config.in_channels
        if start.picture.shape[1] != channels:
            raise ValueError(
                f"start: latents must have {channels} channels here, got "
                f"{tuple(start.picture.shape)}; a picture is passed as a Pillow image (`to_pil`)"
            )
        height, width = (side * factor for side in start.picture.shape[2:])
    else:
        width, height = _listed(start.picture)[0].size
    if height % factor or width % factor:
        raise ValueError(
            f"start: the sides of the picture must be divisible by {factor}, got {width} x "
            f"{height}; crop or resize it, for example to {_down(width, factor)} x "
            f"{_down(height, factor)}"
        )
    asked = (size, size) if isinstance(size, int) else size
    if asked is not None and tuple(asked) != (height, width):
        raise ValueError(
            f"size: asked for {tuple(asked)}, but the start is {(height, width)}; leave size out, "
            "or resize the picture"
        )
    return height, width


def first_step(start: Start, steps: int) -> int:
    """Number of the first step that is run, of `steps`; counted as diffusers counts.

    Raises:
        ValueError: so few that none would be run.
    """
    run = int(steps * start.strength)
    if run < 1:
        raise ValueError(
            f"strength: {start.strength} of {steps} steps leaves no step to run; use a strength of "
            f"{math.ceil(100 / steps) / 100} or more, or at least "
            f"{math.ceil(1 / start.strength)} steps"
        )
    return steps - run


@torch.no_grad()
def clean_latents(
    pipe: StableDiffusionPipeline,
    pictures: Sequence[Image.Image | Tensor],
    drawn: Sequence[torch.Generator],
) -> Tensor:
    """The pictures' latents as the U-Net knows them, (B, C, h, w): VAE samples, scaled.

    Args:
        pipe: for its VAE.
        pictures: B pictures; latents (C, h, w) are passed through.
        drawn: B generators; the VAE gives a distribution, and each picture draws from its own.
    """
    if isinstance(pictures[0], Tensor):
        return torch.stack(list(pictures))
    vae, rgb = pipe.vae, [picture.convert("RGB") for picture in pictures]
    pixels = pipe.image_processor.preprocess(rgb)  # (B, 3, H, W), [-1, 1]
    pixels = pixels.to(device_of(pipe), vae.dtype)
    with eval_mode(vae):
        samples = [
            vae.encode(one).latent_dist.sample(generator)  # (1, C, h, w)
            for one, generator in zip(pixels.split(1), drawn, strict=True)
        ]
    return vae.config.scaling_factor * torch.cat(samples)


def starting_latents(
    scheduler: SchedulerMixin, begin: int, noise: Tensor, clean: Tensor | None, masked: bool
) -> Tensor:
    """What the first call is given, as large as the scheduler wants it, (B, C, h, w).

    Args:
        scheduler: with its timesteps set.
        begin: number of the timestep that it starts with.
        noise: standard normal, (B, C, h, w).
        clean: latents of the pictures that the run starts from; None for noise alone.
        masked: whether a mask is used: such a run, as in diffusers, starts from noise alone if it
            runs all steps.
    """
    if clean is None or (masked and begin == 0):
        return noise * scheduler.init_noise_sigma
    t = scheduler.timesteps[begin : begin + 1].repeat(len(noise))  # (B,)
    return scheduler.add_noise(clean, noise, t)


def mask_of(
    pipe: StableDiffusionPipeline, masks: Sequence[Image.Image], size: tuple[int, int]
) -> Tensor:
    """The masks in latent pixels, (B, 1, h, w): 1 where white (128 and above), else 0.

    Args:
        pipe: for the factor of its VAE.
        masks: B pictures.
        size: height and width of the run in pixels.

    Raises:
        ValueError: a mask is not as large as the run, or would not repaint anything.
    """
    if masks[0].size != size[::-1]:
        raise ValueError(
            f"start: the mask is {_told(masks[0])}, the picture {size[1]} x {size[0]}; make the "
            "mask as large as the picture"
        )
    factor = pipe.vae_scale_factor
    processor = VaeImageProcessor(
        vae_scale_factor=factor, do_normalize=False, do_binarize=True, do_convert_grayscale=True
    )
    pixels = processor.preprocess(list(masks))  # (B, 1, H, W), 0 or 1
    mask = interpolate(pixels, size=(size[0] // factor, size[1] // factor))  # (B, 1, h, w)
    if bool((mask.amax(dim=(1, 2, 3)) == 0).any()):
        raise ValueError(
            "start: the mask has no white that counts, so nothing would be repainted; paint white "
            f"where to repaint, {2 * factor} pixels wide or more"
        )
    return mask


def _check_strength(strength: float) -> None:
    if not isinstance(strength, Real) or isinstance(strength, bool):
        raise TypeError(f"strength must be a number, got {strength!r} ({type(strength).__name__})")
    if not 0 < strength <= 1:
        raise ValueError(
            f"strength must lie in (0, 1], got {strength}; 0.3 changes little, 0.8 much"
        )


def _check_pictures(name: str, given: Any) -> None:
    listed = _listed(given)
    if not isinstance(listed, list) or not all(isinstance(one, Image.Image) for one in listed):
        latents = ", or latents (B, C, h, w)" if name == "picture" else ""
        raise TypeError(
            f"start: {name} must be a Pillow image or a list of them{latents}, got "
            f"{type(given).__name__}; Image.open(path) reads one, to_pil(run.images) gives a list"
        )
    if not listed:
        raise ValueError(f"start: the list of {name}s is empty; pass at least one")
    if len({one.size for one in listed}) > 1:
        sizes = ", ".join(sorted({_told(one) for one in listed}))
        raise ValueError(f"start: all {name}s must have one size, got {sizes}")


def _listed(given: Any) -> Any:
    """A list of pictures, for one picture or several; anything else as it is."""
    if isinstance(given, Image.Image):
        return [given]
    return list(given) if isinstance(given, tuple) else given


def _told(picture: Image.Image) -> str:
    return f"{picture.width} x {picture.height}"


def _down(side: int, factor: int) -> int:
    return max(1, side // factor) * factor
