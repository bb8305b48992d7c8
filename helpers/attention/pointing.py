"""Do word maps point at the thing? Measured on drawings, where the thing's region is known exactly.

A scene is drawn twice from one seed, with the thing and without it: the pixels that differ are the
thing's region. The drawing is encoded, noised to a middle timestep, and the U-Net is asked once,
with a caption that names the thing. The map of that word should then have more of its mass inside
the region than an even map would, which has just the region's share of the area: that is chance.

Buildings, waters and trees are used. What stands in the sky is drawn first, and without it the land
would be drawn from other random numbers, so the difference would show more than the thing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count, cycle

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import StableDiffusionPipeline
from PIL import Image
from torch import Tensor

from .. import maths
from ..landscapes import ATTRIBUTES, Scene, is_held_out, render, sample
from ..landscapes.lexicon import ENGLISH
from ..runtime import eval_mode, generators
from .capture import AttentionMaps, capture_attention
from .words import word_map

THINGS = ("building", "water", "trees")
"""Attributes whose things have an exactly known region."""


@dataclass(frozen=True)
class Drawn:
    """A drawing with one thing in it.

    Attributes:
        scene: its labels; no other thing, no weather, flat style.
        seed: of the drawing, and of the noise that is added to it.
        attribute: which of `THINGS` is there.
    """

    scene: Scene
    seed: int
    attribute: str

    @property
    def word(self) -> str:
        """The thing in plain words: "castle", "pine trees"."""
        phrase = ENGLISH[self.attribute][getattr(self.scene, self.attribute)][0]
        return phrase.replace("{c} ", "").removeprefix("a ")

    @property
    def caption(self) -> str:
        """A sentence that names the thing and nothing else."""
        article = "" if self.word.endswith("s") else "a "
        return f"a landscape with {article}{self.word}"

    def picture(self) -> Image.Image:
        """The drawing, 128 x 128."""
        return render(self.scene, self.seed)

    def region(self) -> Tensor:
        """Where the thing is: (128, 128), 1.0 in its pixels and 0.0 elsewhere."""
        absent = {self.attribute: "none"}
        if self.attribute == "building":
            absent |= {"building_colour": "none", "building_side": "none"}
        without = render(replace(self.scene, **absent), self.seed)
        differs = np.asarray(self.picture()) != np.asarray(without)  # (128, 128, 3)
        return torch.from_numpy(differs.any(-1)).float()


@dataclass(frozen=True, eq=False)
class Pointing:
    """What was measured on one drawing.

    Attributes:
        drawn: the drawing.
        heat: the word's map, (h, w).
        inside: share of the map's mass inside the thing's region.
        chance: share of the area that the region takes.
    """

    drawn: Drawn
    heat: Tensor
    inside: float
    chance: float


def drawings(number: int) -> list[Drawn]:
    """`number` test drawings with one thing each: every building, water and tree in turn.

    They are the first scenes of the test stream into which the thing fits, whatever the model makes
    of them; combinations that it never saw in training are left out.
    """
    kinds = cycle([(name, value) for name in THINGS for value in ATTRIBUTES[name]
                   if value != "none"])  # fmt: skip
    scenes = (sample(index, "test") for index in count())
    return [next(_fitting(scenes, *next(kinds))) for _ in range(number)]


def _fitting(scenes: Iterator, name: str, value: str) -> Iterator[Drawn]:
    for item in scenes:
        colour, side = item.scene.building_colour, item.scene.building_side
        building = {"building_colour": colour, "building_side": side}
        if item.scene.building == "none":
            building = {"building_colour": "red", "building_side": "middle"}
        things = dict.fromkeys(("building", *building, "water", "trees"), "none")
        things |= {name: value} | (building if name == "building" else {})
        if value == "boat":
            things["ground"] = "sea"
        try:
            scene = replace(item.scene, **things, weather="none", style="flat")
        except ValueError:
            continue  # a river in the sea, say: the next scene
        if not is_held_out(scene):
            yield Drawn(scene, item.seed, name)


@torch.no_grad()
def pointing(
    pipe: StableDiffusionPipeline,
    drawn: Sequence[Drawn],
    *,
    t: int = 500,
    layers: str | Sequence[str] | None = None,
) -> list[Pointing]:
    """One noised drawing each, one call of the U-Net for all, and where each word's map points.

    Args:
        pipe: a pipeline for pictures of 128 x 128.
        drawn: from `drawings`.
        t: how noisy the drawings are when the U-Net sees them.
        layers: as for `word_map`.
    """
    pixels = torch.stack([torch.from_numpy(np.array(one.picture())) for one in drawn])
    images = pixels.permute(0, 3, 1, 2) / 127.5 - 1  # (B, 3, 128, 128) in [-1, 1]
    noise = [torch.randn(4, 16, 16, generator=g) for g in generators([one.seed for one in drawn])]
    with eval_mode(pipe.vae, pipe.unet, pipe.text_encoder), capture_attention(pipe) as maps:
        encoded = pipe.vae.encode(images.to(pipe.device, pipe.vae.dtype)).latent_dist.mean
        x0 = encoded.float().cpu() * pipe.vae.config.scaling_factor  # (B, 4, 16, 16)
        x_t = maths.add_noise(x0, torch.stack(noise), float(pipe.scheduler.alphas_cumprod[t]))
        words = pipe.encode_prompt([one.caption for one in drawn], pipe.device, 1, False)[0]
        pipe.unet(x_t.to(pipe.device, words.dtype), t, encoder_hidden_states=words)
    return [_measured(maps, k, one, layers) for k, one in enumerate(drawn)]


def _measured(
    maps: AttentionMaps, picture: int, drawn: Drawn, layers: str | Sequence[str] | None
) -> Pointing:
    heat = word_map(maps, drawn.word, layers=layers, picture=picture)
    height, width = heat.shape
    cover = F.adaptive_avg_pool2d(drawn.region()[None], (height, width))[0]  # share of each cell
    inside = float((heat * cover).sum() / heat.sum())
    return Pointing(drawn, heat, inside, float(cover.mean()))
