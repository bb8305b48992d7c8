"""A batch of requests: each gets what its own run alone would have given, and nothing else."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch.testing import assert_close

from helpers import generate
from helpers.attention import capture_attention, capture_bytes
from helpers.attention.travel import unpacked
from helpers.decoding import decode, to_pil
from helpers.records import Trajectory
from helpers.sampling.packed import pack
from helpers.sampling.remote import as_asked
from helpers.sampling.start import Start
from helpers.serving import drawing
from helpers.serving.asked import Asked, Limits, read_request
from helpers.serving.client import _run, _step
from helpers.serving.drawing import about, draw
from helpers.serving.frames import (
    ATTENTION,
    CALL,
    END,
    FAILED,
    NOTES,
    PICTURES,
    RUN,
    STEP,
    Piece,
)

USUAL: dict[str, Any] = {
    "negative_prompt": "", "steps": 3, "guidance_scale": None, "seed": 0, "scheduler": None,
    "size": None, "latents": None, "start": None, "factor": 8,
}  # fmt: skip


WATCHED = {
    "layers": ["up"],
    "reduce": "mean",
    "max_side": None,
    "max_bytes": 2**30,
    "dtype": "float32",
}


def ask(pipe: Any, prompt: Any, want: str = "run", **options: Any) -> Asked:
    attention = options.pop("attention", None)
    asked = as_asked(prompt, **USUAL | options) | {"want": want, "attention": attention}
    return read_request(json.dumps(asked).encode(), about(pipe), Limits())


def pieces(pipe: Any, *batch: Asked, full: int = 8) -> dict[tuple[int, str], list[Any]]:
    found: dict[tuple[int, str], list[Any]] = {}
    for made in draw(pipe, batch, full):
        for piece in made:
            found.setdefault((piece.request, piece.kind), []).append(piece.data)
    return found


def largest_difference(one: Trajectory, other: Trajectory) -> float:
    pairs = zip((one.images, one.latents), (other.images, other.latents), strict=True)
    return max(float((a - b).abs().max()) for a, b in pairs)


def test_a_picture_does_not_depend_on_who_else_asks(tiny_random_pipe: Any) -> None:
    pipe = tiny_random_pipe
    mine = ask(pipe, "a castle", seed=3)
    beside = [ask(pipe, ["a lake", "a boat"], seed=[5, 6]), ask(pipe, "a tent", want="steps")]
    run = _run(pieces(pipe, beside[0], mine, beside[1])[1, RUN][0])
    other = _run(pieces(pipe, ask(pipe, "x"), ask(pipe, "y"), ask(pipe, "z"), mine)[3, RUN][0])
    assert largest_difference(run, other) == 0  # in batches of one size
    alone = generate(pipe, "a castle", seed=3, steps=3, progress=False)
    assert largest_difference(run, alone) < 1e-4
    assert run.settings == alone.settings


def test_nothing_of_the_others_is_in_the_answer(tiny_random_pipe: Any) -> None:
    pipe = tiny_random_pipe
    batch = [ask(pipe, "xyzzy", seed=3), ask(pipe, "plugh", seed=4)]
    answers = pieces(pipe, *batch)
    for number, (own, other) in enumerate([(b"xyzzy", b"plugh"), (b"plugh", b"xyzzy")]):
        sent = b"".join(
            data if isinstance(data, bytes) else json.dumps(data).encode()
            for (request, _), found in answers.items()
            for data in found
            if request == number
        )
        assert own in sent and other not in sent


def test_steps_are_those_of_the_run(tiny_random_pipe: Any) -> None:
    pipe = tiny_random_pipe
    found = pieces(pipe, ask(pipe, ["a", "b"], want="steps", scheduler="heun"))
    steps = [_step(data) for data in found[0, STEP]]
    run = generate(pipe, ["a", "b"], scheduler="heun", steps=3, progress=False)
    assert [(s.index, s.step, s.t) for s in steps] == [(r.index, r.step, r.t) for r in run]
    for mine, theirs in zip(steps, run, strict=True):
        for name in ("x_t", "latents", "eps_uncond", "eps_cond", "eps", "x0_hat", "x_prev"):
            assert torch.equal(getattr(mine, name), getattr(theirs, name)), name
    assert found[0, END] == [b""]


def test_half_precision_is_filled_up_to_a_full_batch(
    tiny_random_pipe: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe = tiny_random_pipe
    monkeypatch.setattr(drawing, "HALF", (torch.float32,))
    mine = ask(pipe, "a castle", seed=3)
    alone = _run(pieces(pipe, mine, full=4)[0, RUN][0])
    beside = _run(pieces(pipe, ask(pipe, ["x", "y"]), mine, full=4)[1, RUN][0])
    assert largest_difference(alone, beside) == 0 and len(alone.images) == 1


def test_attention_of_unseen_pictures_is_not_sent(
    tiny_random_pipe: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe = tiny_random_pipe
    monkeypatch.setattr(drawing, "HALF", (torch.float32,))
    found = pieces(pipe, ask(pipe, "a castle", attention=WATCHED), full=4)
    maps = unpacked(found[0, ATTENTION][0])
    with capture_attention(pipe, layers="up", dtype=torch.float32) as own:
        generate(pipe, ["a castle", "", "", ""], steps=3, progress=False)
    assert maps.prompts == ("a castle",) and len(maps) == 3
    for step in range(3):
        for layer in own.layers:
            assert_close(maps.at(step, layer), own.at(step, layer)[:1], atol=1e-6, rtol=0)


def test_a_watched_run_that_is_cancelled_leaves_nothing_behind(tiny_random_pipe: Any) -> None:
    pipe = tiny_random_pipe
    hooks = [len(module._forward_hooks) for module in pipe.unet.modules()]
    made = draw(pipe, [ask(pipe, "a castle", attention=WATCHED)], 8)
    while not any(piece.kind == CALL for piece in next(made)):
        pass
    assert [len(module._forward_hooks) for module in pipe.unet.modules()] != hooks
    made.close()
    assert [len(module._forward_hooks) for module in pipe.unet.modules()] == hooks
    assert "encode_prompt" not in vars(pipe)


def test_maps_that_would_be_too_large_are_refused_before_anything_is_drawn(
    tiny_random_pipe: Any,
) -> None:
    pipe = tiny_random_pipe
    sizes = {"layers": "up", "dtype": torch.float32, "size": (32, 32)}
    needed = capture_bytes(pipe, steps=3, pictures=2, **sizes)
    for most, kind in ((needed, RUN), (needed - 1, FAILED)):
        asked = ask(pipe, ["a", "b"], attention=WATCHED | {"max_bytes": most})
        found = pieces(pipe, asked)
        assert (0, kind) in found and ((0, CALL) in found) == (kind == RUN)
    assert f"take {needed:,} bytes, and at most {needed - 1:,}" in found[0, FAILED][0]["error"]


def test_noise_and_a_start_of_ones_own(tiny_random_pipe: Any) -> None:
    pipe = tiny_random_pipe
    noise = torch.randn(1, 4, 4, 4, generator=torch.Generator().manual_seed(1))
    run = _run(pieces(pipe, ask(pipe, "a", latents=noise))[0, RUN][0])
    assert largest_difference(run, generate(pipe, "a", latents=noise, steps=3, progress=False)) == 0
    start = Start(to_pil(run.images), 0.7)
    run = _run(pieces(pipe, ask(pipe, "a", start=start))[0, RUN][0])
    local = generate(pipe, "a", start=start, steps=3, progress=False)
    assert largest_difference(run, local) == 0 and run.settings == local.settings


def test_latents_are_decoded(tiny_random_pipe: Any) -> None:
    from safetensors.torch import load

    latents = torch.randn(2, 4, 4, 4)
    given = {"want": "pictures", "latents": pack(latents), "seed": [0, 0]}
    asked = read_request(json.dumps(given).encode(), about(tiny_random_pipe), Limits())
    images = load(pieces(tiny_random_pipe, asked)[0, PICTURES][0])["value"]
    assert torch.equal(images, decode(tiny_random_pipe, latents))


def test_a_run_tells_how_far_it_is_and_what_it_cannot_draw(tiny_pipe: Any) -> None:
    found = pieces(tiny_pipe, ask(tiny_pipe, "a xyzzy"), ask(tiny_pipe, "a castle"))
    assert found[0, CALL] == [{"call": call, "of": 3} for call in range(3)]
    assert "xyzzy" in found[0, NOTES][0]["notes"][0] and (1, NOTES) not in found


def test_what_one_request_breaks_the_others_get_all_the_same(
    tiny_random_pipe: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = drawing.prepare

    def prepare(pipe: Any, prompts: list[str], **options: Any) -> Any:
        if "bad" in prompts:
            raise ValueError("no")
        return real(pipe, prompts, **options)

    monkeypatch.setattr(drawing, "prepare", prepare)
    pipe = tiny_random_pipe
    found = pieces(pipe, ask(pipe, "good"), ask(pipe, "bad"), ask(pipe, "fine"))
    assert found[1, FAILED] == [{"error": "no"}]
    assert (0, RUN) in found and (2, RUN) in found and (1, RUN) not in found


def test_the_safety_checker_stays_on(make_random_pipe: Any) -> None:
    pipe = make_random_pipe()

    def checker(images: torch.Tensor, clip_input: torch.Tensor) -> tuple[torch.Tensor, list[bool]]:
        return torch.zeros_like(images), [True] * len(images)

    checker.dtype = torch.float32  # type: ignore[attr-defined]
    pipe.register_modules(safety_checker=None)
    object.__setattr__(pipe, "safety_checker", checker)
    from transformers import CLIPImageProcessor

    pipe.feature_extractor = CLIPImageProcessor()
    run = _run(pieces(pipe, ask(pipe, "a"), ask(pipe, "b"))[0, RUN][0])
    assert run.settings["flagged"] == [True] and not run.images.any()


def test_a_replica_whose_step_never_ends_fails_its_health_check(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ended = threading.Event()

    def stuck(*_: Any) -> Iterator[list[Piece]]:
        yield []
        ended.wait(60)

    monkeypatch.setattr(drawing, "load", lambda *_: None)
    monkeypatch.setattr(drawing, "draw", stuck)
    monkeypatch.setattr(drawing, "STALLED", 0.2)

    async def replica() -> None:
        artist = drawing.Artist("tiny", "cpu", 8)
        answer = artist.draw([])
        await anext(answer)
        await asyncio.sleep(0.5)
        artist.check_health()  # between two steps, however long that takes
        step = asyncio.ensure_future(anext(answer, None))
        await asyncio.sleep(0.5)
        for _ in range(3):
            with pytest.raises(RuntimeError, match=r"more than 0\.2 s"):
                artist.check_health()
            step.cancel()  # the room gives it up; the thread is stuck all the same
            await asyncio.sleep(0)
        ended.set()
        with pytest.raises(asyncio.CancelledError):
            await step
        artist._thread.submit(int).result(60)  # after what was stuck
        artist.check_health()

    asyncio.run(replica())
