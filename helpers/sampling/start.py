"""A run that starts from a picture: which one, how much of it to redo, and where.

Picture to picture is SDEdit (Meng et al. 2022, arXiv 2108.01073): mix the picture with noise up to
some level, and denoise from there. Inpainting keeps a part of the picture: after every step the
kept part is put back, with the noise that belongs to that step (Lugmayr et al. 2022, RePaint,
arXiv 2201.09865, eq. 8; without its repetitions). `sampling.denoise` does both.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from diffusers import SchedulerMixin
from diffusers.image_processor import VaeImageProcessor
from PIL import Image
from torch import Tensor
from torch.nn.functional import interpolate

from ..arguments import few, real_number, told
from ..language import _
from ..loading import StableDiffusionPipeline
from ..pictures import as_mask, as_seen
from ..runtime import device_of, eval_mode, warn_caller
from .latents import real_latents

Pictures = Image.Image | Sequence[Image.Image]


@dataclass(frozen=True, eq=False)
class Start:
    """Where a run starts, if not from noise alone.

    Pictures and masks are read when it is made, as a person sees them (`helpers.pictures`): turned
    as the camera noted, 16 bits scaled to 8, transparency laid on white, in a mask on black. From
    then on `picture` and `mask` are lists.

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
        given: dict[str, Any] = {"strength": _checked_strength(self.strength)}
        if isinstance(self.picture, Tensor):
            given["picture"] = real_latents("start: latents", self.picture)
        else:
            given["picture"] = _read("picture", self.picture, as_seen)
        if self.mask is not None:
            given["mask"] = _read("mask", self.mask, as_mask)
        for name, value in given.items():
            object.__setattr__(self, name, value)  # once, before anybody has seen it
        if self.mask is not None:
            self._check_mask_size()

    def _check_mask_size(self) -> None:
        if isinstance(self.picture, Tensor):
            return  # how many pixels a latent stands for, the pipeline knows: `mask_of`
        picture, mask = self.lists["picture"][0], self.lists["mask"][0]
        if mask.size != picture.size:
            raise ValueError(
                _(
                    "start: the mask is {mask}, the picture {picture}; make the mask as large as "
                    "the picture",
                    mask=_size(mask),
                    picture=_size(picture),
                )
            )

    @property
    def lists(self) -> dict[str, list[Any]]:
        """Pictures (or latents, each (C, h, w)) and masks, to be dealt out beside the prompts."""
        given: dict[str, Any] = {"picture": self.picture, "mask": self.mask}
        return {name: list(value) for name, value in given.items() if value is not None}


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
    start: Start, pipe: StableDiffusionPipeline, size: tuple[int, int] | None
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
                _(
                    "start: latents must have {channels} channels here, got {shape}; a picture is "
                    "passed as a Pillow image (`to_pil`)",
                    channels=channels,
                    shape=tuple(start.picture.shape),
                )
            )
        height, width = (side * factor for side in start.picture.shape[2:])
    else:
        width, height = start.lists["picture"][0].size
    if height % factor or width % factor:
        raise ValueError(
            _(
                "start: the sides of the picture must be divisible by {factor}, got {width} x "
                "{height}; crop or resize it, for example to {less_wide} x {less_high}",
                factor=factor,
                width=width,
                height=height,
                less_wide=_down(width, factor),
                less_high=_down(height, factor),
            )
        )
    if size is not None and size != (height, width):
        raise ValueError(
            _(
                "size: asked for {size}, but the start is {own}; leave size out, or resize the "
                "picture",
                size=size,
                own=(height, width),
            )
        )
    return height, width


def first_step(start: Start, steps: int) -> int:
    """Number of the first step that is run, of `steps`; counted as diffusers counts.

    Raises:
        ValueError: so few that none would be run.
    """
    run = int(steps * start.strength)
    if run < 1:
        least = math.ceil(100 / steps) / 100
        if start.strength <= 0.001:
            raise ValueError(
                _(
                    "strength: {strength} of {steps} steps leaves no step to run; use a strength "
                    "of {least} or more",
                    strength=start.strength,
                    steps=steps,
                    least=least,
                )
            )
        raise ValueError(
            _(
                "strength: {strength} of {steps} steps leaves no step to run; use a strength of "
                "{least} or more, or at least {enough} steps",
                strength=start.strength,
                steps=steps,
                least=least,
                enough=math.ceil(1 / start.strength),
            )
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
    if latents := [one for one in pictures if isinstance(one, Tensor)]:
        return torch.stack(latents)
    vae = pipe.vae
    pixels = pipe.image_processor.preprocess(list(pictures))  # (B, 3, H, W), [-1, 1]
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
            _(
                "start: the mask is {mask}, the picture {picture}; make the mask as large as the "
                "picture",
                mask=_size(masks[0]),
                picture=f"{size[1]} x {size[0]}",
            )
        )
    factor = pipe.vae_scale_factor
    processor = VaeImageProcessor(
        vae_scale_factor=factor, do_normalize=False, do_binarize=True, do_convert_grayscale=True
    )
    pixels = processor.preprocess(list(masks))  # (B, 1, H, W), 0 or 1
    mask = interpolate(pixels, size=(size[0] // factor, size[1] // factor))  # (B, 1, h, w)
    if bool((mask.amax(dim=(1, 2, 3)) == 0).any()):
        raise ValueError(
            _(
                "start: the mask has no white that counts, so nothing would be repainted; paint "
                "white where to repaint, {wide} pixels wide or more (transparent counts as black)",
                wide=2 * factor,
            )
        )
    if bool((mask.amin(dim=(1, 2, 3)) == 1).any()):
        warn_caller(
            _(
                "start: the mask is white all over, so everything is repainted and nothing of the "
                "picture is kept; paint black where to keep it, or leave the mask out"
            )
        )
    return mask


def _checked_strength(strength: float) -> float:
    number = real_number("strength", strength)
    if not 0 < number <= 1:
        raise ValueError(
            _(
                "strength must lie in (0, 1], got {value}; 0.3 changes little, 0.8 much",
                value=told(strength),
            )
        )
    return number


def _read(name: str, given: Any, turn: Callable[[Image.Image, str], Image.Image]) -> list:
    """The pictures as `turn` makes them, all of one size."""
    listed = [given] if isinstance(given, Image.Image) else given
    several = isinstance(listed, (list, tuple))
    if not several or not all(isinstance(one, Image.Image) for one in listed):
        allowed = _("a Pillow image or a list of them")
        if name == "picture":
            allowed = _("a Pillow image or a list of them, or latents (B, C, h, w)")
        raise TypeError(
            _(
                "start: {name} must be {allowed}, got {kind}; Image.open(path) reads one, "
                "to_pil(run.images) gives a list",
                name=name,
                allowed=allowed,
                kind=type(given).__name__,
            )
        )
    if not listed:
        raise ValueError(_("start: the list of {name}s is empty; pass at least one", name=name))
    read = [turn(one, f"start: {name}") for one in few(f"start: {name}", listed)]
    if len({one.size for one in read}) > 1:
        sizes = ", ".join(sorted({_size(one) for one in read}))
        raise ValueError(
            _("start: all {name}s must have one size, got {sizes}", name=name, sizes=sizes)
        )
    return read


def _size(picture: Image.Image) -> str:
    return f"{picture.width} x {picture.height}"


def _down(side: int, factor: int) -> int:
    return max(1, side // factor) * factor
