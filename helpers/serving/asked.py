"""What a learner may ask for: read, and refused in a sentence, before it waits.

A request is JSON with the names and the rules of a run's settings (`sampling.rules`), and with
limits: a class shares one machine. Noise and pictures to start from are packed as they are there.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from torch import Tensor

from ..arguments import told
from ..files import parse_json
from ..sampling.checked import latents_of, start_of
from ..sampling.rules import OWN, RULES
from ..sampling.start import Start

WANTED = ("run", "steps", "pictures")
"""A whole run, its steps as they come, or the pictures that the VAE makes of given latents."""

WATCHED = {"layers", "reduce", "max_side", "max_bytes", "dtype"}


def _is_attention(value: Any) -> bool:
    if not isinstance(value, Mapping) or set(value) != WATCHED:
        return False
    layers, side, most = value["layers"], value["max_side"], value["max_bytes"]
    return (
        (layers is None or (isinstance(layers, list) and 0 < len(layers) <= 100))
        and all(isinstance(name, str) and len(name) <= 100 for name in layers or ())
        and value["reduce"] in ("mean", "none")
        and (side is None or (type(side) is int and 1 <= side <= 2**16))
        and type(most) is int
        and 0 <= most < 2**63
        and value["dtype"] in ("float16", "float32")
    )


ATTENTION = (
    _is_attention,
    "null, or layers (a list of names, or null), reduce (mean or none), max_side (a whole number "
    "from 1, or null), max_bytes (a whole number from 0) and dtype (float16 or float32)",
)
"""As in `sampling.rules`: whether a value can be true, and what is allowed in words."""

STALLED = 180.0
"""Seconds without a step after which a replica is given up; the first one may take a minute."""


@dataclass(frozen=True)
class About:
    """What a replica says of its model, so that requests can be checked without it.

    Attributes:
        model: what `load` calls it.
        steps, guidance_scale: what a run takes where a request says nothing.
        size: height and width of the training in pixels.
        factor, channels: pixels of a latent's side, and channels of latents.
        scheduler: class name of its own.
        schedulers: class names of all that can run.
    """

    model: str
    steps: int
    guidance_scale: float
    size: tuple[int, int]
    factor: int
    channels: int
    scheduler: str
    schedulers: tuple[str, ...]


@dataclass(frozen=True)
class Limits:
    """What one request, one learner and the class may ask for.

    Attributes:
        steps: of a run.
        pictures: of a request, and of a batch.
        times_pixels: pixels of a picture, as a multiple of those of the training.
        request_bytes: of a request.
        each, waiting: requests of one learner, and of all, that may be open.
        watched_each, watched: requests that also want attention maps, of one learner and of all.
        attention_bytes: of one request's attention maps.
        learners: of whom the room keeps count.
        seconds: from a request's arrival to its last piece.
    """

    steps: int = 50
    pictures: int = 8
    times_pixels: float = 2.0
    request_bytes: int = 8 * 2**20
    each: int = 16
    waiting: int = 500
    watched_each: int = 2
    watched: int = 16
    attention_bytes: int = 128 * 2**20
    learners: int = 500
    seconds: float = 900.0


@dataclass(frozen=True, eq=False)
class Asked:
    """One request, complete and checked; plain values, so that it travels to a replica.

    Attributes:
        want: one of `WANTED`.
        prompt, negative_prompt, seed: B of each.
        steps, guidance_scale, scheduler, size: as for `sampling.denoise`, all settled.
        latents, start: packed, as in a run's settings.
        attention: what of `capture_attention` is wanted besides, or None.
    """

    want: str
    prompt: list[str]
    negative_prompt: list[str]
    seed: list[int]
    steps: int
    guidance_scale: float
    scheduler: str
    size: tuple[int, int]
    latents: str | None = None
    start: dict[str, Any] | None = None
    attention: dict[str, Any] | None = None

    @property
    def pictures(self) -> int:
        """B."""
        return len(self.prompt)

    @property
    def key(self) -> Hashable:
        """Equal for requests that can be drawn side by side: one loop, one guidance, and nothing
        besides that others would pay for."""
        if any(own is not None for own in (self.latents, self.start, self.attention)):
            return id(self)
        return self.steps, self.guidance_scale, self.scheduler, self.size

    @property
    def cost(self) -> float:
        """Calls of the U-Net, times pictures; decoding counts as one call."""
        return self.pictures * (1 if self.want == "pictures" else self.steps)

    def unpacked(self) -> tuple[Tensor | None, Start | None]:
        """The noise (or the latents to decode) and the start.

        Raises:
            ValueError: they are something else, or do not fit the size.
        """
        settings = {"latents": self.latents, "start": self.start, "size": self.size}
        return latents_of(settings), start_of(settings)


def read_request(body: bytes, about: About, limits: Limits) -> Asked:
    """The request, with everything settled that it leaves open.

    Raises:
        ValueError: it is no request, or asks for more than is allowed.
    """
    given = _read(body)
    many = max(len(_listed(given.get(name, ""))) for name in OWN)
    own = {name: _listed(given.get(name, 0 if name == "seed" else "")) for name in OWN}
    if wrong := [name for name, values in own.items() if len(values) not in (1, many)]:
        raise ValueError(f"{', '.join(wrong)}: pass one, or as many as there are pictures, {many}")
    steps, guidance, size = (given.get(name) for name in ("steps", "guidance_scale", "size"))
    asked = Asked(
        want=given["want"],
        steps=about.steps if steps is None else steps,
        guidance_scale=float(about.guidance_scale if guidance is None else guidance),
        scheduler=given.get("scheduler") or about.scheduler,
        size=about.size
        if size is None
        else tuple(size)
        if isinstance(size, list)
        else (size, size),
        latents=given.get("latents"),
        start=given.get("start"),
        attention=_limited(given.get("attention"), limits),
        **{name: values * (many // len(values)) for name, values in own.items()},
    )
    _check_limits(asked, about, limits)
    _check_given(asked, about)
    return asked


def _limited(attention: dict[str, Any] | None, limits: Limits) -> dict[str, Any] | None:
    """No more memory than is allowed here."""
    if attention is None:
        return None
    return {**attention, "max_bytes": min(attention["max_bytes"], limits.attention_bytes)}


def _read(body: bytes) -> dict[str, Any]:
    """The JSON object, each value of it one that can be."""
    try:
        given = parse_json(body.decode())
    except UnicodeDecodeError:
        raise ValueError("the request must be JSON in UTF-8") from None
    except ValueError as error:
        raise ValueError(f"the request must be JSON: {error}") from None
    if not isinstance(given, Mapping):
        raise ValueError(f"the request must be a JSON object, got {told(given)}")
    known = {field.name for field in fields(Asked)}
    if unknown := sorted(set(given) - known):
        raise ValueError(f"{told(unknown[0])} is not known; known are {', '.join(sorted(known))}")
    given = {name: value for name, value in given.items() if value is not None}
    if given.get("want") not in WANTED:
        raise ValueError(f"want must be one of {', '.join(WANTED)}, got {told(given.get('want'))}")
    for name, (allowed, rule) in (RULES | {"attention": ATTENTION}).items():
        if name in given and not allowed(given[name]):
            raise ValueError(f"{name} must be {rule}, got {told(given[name])}")
    return given


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _check_limits(asked: Asked, about: About, limits: Limits) -> None:
    """No more than a class can share, and nothing that the model cannot do."""
    height, width = asked.size
    pixels = math.floor(math.prod(about.size) * limits.times_pixels)
    rules = (
        (asked.steps <= limits.steps, f"steps: at most {limits.steps} here, got {asked.steps}"),
        (
            asked.pictures <= limits.pictures,
            f"at most {limits.pictures} pictures in a request here, got {asked.pictures}; ask "
            "several times",
        ),
        (
            height * width <= pixels,
            f"size: at most {pixels:,} pixels here, got {height} x {width}; the model was trained "
            f"at {about.size[0]} x {about.size[1]}",
        ),
        (
            height % about.factor == 0 and width % about.factor == 0,
            f"size: sides must be divisible by {about.factor}, got {height} x {width}",
        ),
        (
            asked.scheduler in about.schedulers,
            f"scheduler: there is no {told(asked.scheduler)} here; there are "
            f"{', '.join(about.schedulers)}",
        ),
    )
    for kept, broken in rules:
        if not kept:
            raise ValueError(broken)


def _check_given(asked: Asked, about: About) -> None:
    """What is packed can be unpacked, and fits; counted first, for unpacked it may be large."""
    for name in ("picture", "mask"):
        if (count := len((asked.start or {}).get(name) or ())) not in (0, 1, asked.pictures):
            raise ValueError(f"start: pass one {name}, or {asked.pictures}, got {count}")
    latents, start = asked.unpacked()
    shape = (asked.pictures, about.channels, *(side // about.factor for side in asked.size))
    if latents is None and asked.want == "pictures":
        raise ValueError("latents: there are none, and pictures are made of them")
    if asked.attention is not None and asked.want == "pictures":
        raise ValueError(
            "attention: pictures of given latents have none; ask for a run or its steps"
        )
    if latents is not None and tuple(latents.shape) != shape:
        raise ValueError(f"latents must be {shape} here, got {tuple(latents.shape)}")
    if start is None:
        return
    given = [start.picture] if isinstance(start.picture, Tensor) else []
    if any(tuple(one.shape) != shape for one in given):
        raise ValueError(f"start: latents must be {shape} here, got {tuple(given[0].shape)}")
