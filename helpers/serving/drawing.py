"""A batch of requests through the loop: each gets its own steps, its own run, nothing of another's.

One generator a picture makes its noise depend on its own seed alone. What is left is rounding: a
row of a batch is computed by other kernels than a single picture. In float32 that changes a run of
the embedded model by less than a thousandth, and as a rule nothing in a batch of the same size.
Half precision rounds much more coarsely, so there a batch is always filled up to its full size with
pictures that nobody sees: then the numbers do not depend on who else asks.
"""

from __future__ import annotations

import asyncio
import dataclasses
import tempfile
import time
import warnings
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from diffusers import StableDiffusionPipeline
from torch import Tensor

from ..attention import AttentionMaps, capture_attention, capture_bytes
from ..attention.travel import packed
from ..decoding import decode, preview, screen
from ..loading import load
from ..loading.habits import habits
from ..loading.memory import out_of_memory_told
from ..loading.pipelines import HALF
from ..records import StepRecord, Trajectory
from ..sampling import unroll
from ..sampling.inputs import Run, prepare
from ..sampling.schedulers import SCHEDULERS, fresh_scheduler
from ..sampling.settings import model_name, settings_of_run
from ..sampling.words import warn_about_words
from .asked import STALLED, About, Asked
from .frames import ATTENTION, CALL, END, FAILED, NOTES, PICTURES, RUN, STEP, Piece


class Artist:
    """A replica: one pipeline, one thread that computes, one batch at a time.

    Attributes:
        since: when the step that is computed began, in seconds of `time.monotonic`; None between
            two steps.
    """

    def __init__(self, model: str, device: str, full: int) -> None:
        """Loads the model.

        Args:
            model, device: as for `load`.
            full: pictures of a full batch.
        """
        self._thread = ThreadPoolExecutor(1)  # one: PyTorch keeps helpers for each that computes
        self._pipe = load(model, device)
        self._full = full
        self.since: float | None = None

    def check_health(self) -> None:
        """Called by Ray Serve, which starts a replica anew that fails here.

        Raises:
            RuntimeError: a step takes longer than any: the thread is stuck and never comes back.
        """
        if self.since is not None and time.monotonic() - self.since > STALLED:
            raise RuntimeError(f"a step has taken more than {STALLED:g} s")

    async def about(self) -> About:
        """What must be known of the model to check requests."""
        return about(self._pipe)

    async def draw(self, batch: Sequence[Asked]) -> AsyncIterator[list[Piece]]:
        """The pieces of a batch; between two of them others can see whether this replica lives."""
        pieces = draw(self._pipe, batch, self._full)
        try:
            while (made := await self._computed(next, pieces, None)) is not None:
                yield made
        finally:
            await self._computed(pieces.close)

    async def _computed(self, work: Callable[..., Any], *given: Any) -> Any:
        """What some work in the thread gives; `since` is the thread's, whoever waits for it."""

        def timed() -> Any:
            self.since = time.monotonic()
            try:
                return work(*given)
            finally:
                self.since = None

        return await asyncio.get_running_loop().run_in_executor(self._thread, timed)


def about(pipe: StableDiffusionPipeline) -> About:
    """What must be known of a model to check requests."""
    usual, side = habits(pipe), pipe.unet.config.sample_size
    height, width = (side, side) if isinstance(side, int) else side
    factor = pipe.vae_scale_factor
    return About(
        model=str(model_name(pipe)),
        steps=usual.steps,
        guidance_scale=usual.guidance_scale,
        size=(height * factor, width * factor),
        factor=factor,
        channels=pipe.unet.config.in_channels,
        scheduler=type(pipe.scheduler).__name__,
        schedulers=tuple(sorted(_that_run(pipe))),
    )


def _that_run(pipe: StableDiffusionPipeline) -> Iterator[str]:
    for kind in {*SCHEDULERS.values(), type(pipe.scheduler)}:
        try:
            fresh_scheduler(kind, pipe.scheduler)
        except (ValueError, NotImplementedError):  # wants a package, or another configuration
            continue
        yield kind.__name__


def draw(
    pipe: StableDiffusionPipeline, batch: Sequence[Asked], full: int
) -> Generator[list[Piece], None, None]:
    """The answers, piece by piece: a list after each call of the U-Net.

    What one request alone cannot have, it is told; in a batch each is then tried alone, and only
    those that are at fault fail.

    Args:
        pipe: what draws.
        batch: requests of one key.
        full: pictures of a full batch.
    """
    try:
        with out_of_memory_told(pipe):
            yield from (
                _decode(pipe, batch) if batch[0].want == "pictures" else _run(pipe, batch, full)
            )
    except (ValueError, TypeError, MemoryError) as error:
        if len(batch) == 1:
            yield [Piece(0, FAILED, {"error": str(error)})]
            return
        for number, one in enumerate(batch):
            for pieces in draw(pipe, [one], full):
                yield [piece._replace(request=number) for piece in pieces]


def _decode(pipe: StableDiffusionPipeline, batch: Sequence[Asked]) -> Iterator[list[Piece]]:
    for number, asked in enumerate(batch):
        latents, _ = asked.unpacked()
        assert latents is not None  # `read_request` refuses others
        yield [Piece(number, PICTURES, safetensors.torch.save({"value": decode(pipe, latents)}))]


def _run(pipe: StableDiffusionPipeline, batch: Sequence[Asked], full: int) -> Iterator[list[Piece]]:
    notes = ((number, _notes(pipe, asked)) for number, asked in enumerate(batch))
    yield [Piece(number, NOTES, {"notes": found}) for number, found in notes if found]
    ends = accumulate((asked.pictures for asked in batch), initial=0)
    parts = [slice(*pair) for pair in pairwise(ends)]
    records: list[StepRecord] = []
    kept = any(asked.want == "run" for asked in batch)
    with _watched(pipe, batch[0]) as maps:
        run = _prepared(pipe, batch, full)
        _check_maps(pipe, batch[0], len(run.timesteps))
        for record in unroll(pipe, run):
            records += [record] if kept else []
            yield [
                _step(pipe, record, part, number)
                if asked.want == "steps"
                else Piece(
                    number, CALL, {"call": record.index, "of": len(run.timesteps)}, record.index
                )
                for number, (asked, part) in enumerate(zip(batch, parts, strict=True))
            ]
    if maps:
        yield [Piece(0, ATTENTION, packed(maps))]
        maps.weights.clear()
    images = decode(pipe, records[-1].x_prev) if kept else None
    for number, (asked, part) in enumerate(zip(batch, parts, strict=True)):
        if asked.want == "steps":
            yield [Piece(number, END, b"")]
        else:
            assert images is not None
            yield [Piece(number, RUN, _trajectory(pipe, asked, run, records, part, images))]


def _watched(
    pipe: StableDiffusionPipeline, asked: Asked
) -> AbstractContextManager[AttentionMaps | None]:
    """Records what a request wants to see of the attention; such a request is drawn alone."""
    if asked.attention is None:
        return nullcontext()
    wanted = _wanted(asked.attention)
    return capture_attention(pipe, pictures=asked.pictures, **wanted)


def _wanted(attention: dict[str, Any]) -> dict[str, Any]:
    """As `capture_attention` takes it."""
    return {**attention, "dtype": getattr(torch, attention["dtype"])}


def _check_maps(pipe: StableDiffusionPipeline, asked: Asked, steps: int) -> None:
    """Refuses maps that would become too large, before anything is drawn."""
    if asked.attention is None:
        return
    wanted = _wanted(asked.attention)
    most = wanted.pop("max_bytes")
    needed = capture_bytes(pipe, steps=steps, pictures=asked.pictures, size=asked.size, **wanted)
    if needed > most:
        raise ValueError(
            f"attention: the maps of this run take {needed:,} bytes, and at most {most:,} are "
            'allowed; keep less with max_side=16, layers="mid" or fewer steps'
        )


def _notes(pipe: StableDiffusionPipeline, asked: Asked) -> list[str]:
    """What a run on the learner's own machine would warn of."""
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        warn_about_words(pipe, asked.prompt, asked.negative_prompt, asked.guidance_scale)
    return [str(one.message) for one in heard]


def _prepared(pipe: StableDiffusionPipeline, batch: Sequence[Asked], full: int) -> Run:
    """All requests as one run; those with noise or a start of their own come alone."""
    first, pictures = batch[0], sum(asked.pictures for asked in batch)
    latents, start = first.unpacked()
    given = latents is not None or start is not None
    unseen = full - pictures if pipe.unet.dtype in HALF and not given else 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # `_notes` tells each of its own
        return prepare(
            pipe,
            [text for asked in batch for text in asked.prompt] + [""] * unseen,
            negative_prompt=[text for asked in batch for text in asked.negative_prompt]
            + [""] * unseen,
            steps=first.steps,
            guidance_scale=first.guidance_scale,
            seed=[seed for asked in batch for seed in asked.seed] + [0] * unseen,
            scheduler=first.scheduler,
            size=None if start else first.size,
            latents=latents,
            start=start,
        )


def _part(record: StepRecord, part: slice) -> StepRecord:
    """The pictures of one request."""
    tensors: dict[str, Any] = {
        field.name: value[part]
        for field in dataclasses.fields(record)
        if isinstance(value := getattr(record, field.name), Tensor)
    }
    return dataclasses.replace(record, **tensors)


def _step(pipe: StableDiffusionPipeline, record: StepRecord, part: slice, number: int) -> Piece:
    """A step travels as a run of one step, and so is checked like any file; its picture is the
    preview of what the model expects."""
    own = _part(record, part)
    run = Trajectory(
        latents=torch.stack([own.latents, own.x_prev]),
        records=(own,),
        images=preview(own.x0_hat, pipe.vae),
        settings={"index": own.index},
    )
    return Piece(number, STEP, _file(run), own.index)


def _trajectory(
    pipe: StableDiffusionPipeline,
    asked: Asked,
    run: Run,
    records: Sequence[StepRecord],
    part: slice,
    images: Tensor,
) -> bytes:
    """The file of one request's own run: as `generate` would have made it, with nothing of the
    others that were drawn beside it."""
    own = tuple(_part(record, part) for record in records)
    alone = dataclasses.replace(
        run, prompts=asked.prompt, negative_prompts=asked.negative_prompt, seeds=asked.seed
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "flagged" says it
        seen, flagged = screen(pipe, images[part])
    settings = settings_of_run(pipe, alone, *asked.unpacked()) | {"flagged": flagged}
    latents = torch.stack([*(record.latents for record in own), own[-1].x_prev])
    return _file(Trajectory(latents=latents, records=own, images=seen, settings=settings))


def _file(run: Trajectory) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return run.save(Path(folder) / "run.safetensors").read_bytes()
