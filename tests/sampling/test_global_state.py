"""What the caller has set for all of PyTorch does not change a picture, and is left as it was."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import torch
from PIL import Image

from helpers.decoding import decode, preview
from helpers.runtime import undisturbed
from helpers.sampling import denoise, generate
from helpers.sampling.start import Start


@contextmanager
def default_dtype(kind: torch.dtype) -> Iterator[None]:
    torch.set_default_dtype(kind)
    try:
        yield
        assert torch.get_default_dtype() == kind
    finally:
        torch.set_default_dtype(torch.float32)


@contextmanager
def default_device() -> Iterator[None]:
    torch.set_default_device("meta")
    try:
        yield
        assert torch.get_default_device().type == "meta"
    finally:
        torch.set_default_device(None)


STATES = {
    "float64": lambda: default_dtype(torch.float64),
    "float16": lambda: default_dtype(torch.float16),
    "device": default_device,
    "autocast": lambda: torch.autocast("cpu", dtype=torch.bfloat16),
    "inference": torch.inference_mode,
    "gradients": torch.enable_grad,
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("scheduler", ["dpm++", "unipc", "euler ancestral"])
def test_the_same_seed_gives_the_same_picture(tiny_random_pipe, state, scheduler):
    start = Start(Image.new("RGB", (32, 32), "red"), 0.7)
    asked = {"seed": [0, 1], "steps": 3, "scheduler": scheduler, "start": start, "progress": False}
    expected = generate(tiny_random_pipe, "a castle", **asked)
    with STATES[state]():
        run = generate(tiny_random_pipe, "a castle", **asked)
    for ours, theirs in ((run.images, expected.images), (run.latents, expected.latents)):
        assert ours.dtype == theirs.dtype and torch.equal(ours, theirs)
    for ours, theirs in zip(run.records, expected.records, strict=True):
        assert ours.alpha_bar == theirs.alpha_bar and torch.equal(ours.x0_hat, theirs.x0_hat)


def test_decoding_does_not_depend_on_it_either(tiny_random_pipe):
    latents = torch.ones(1, 4, 4, 4)
    expected = decode(tiny_random_pipe, latents), preview(latents)
    for state in STATES.values():
        with state():
            found = decode(tiny_random_pipe, latents), preview(latents)
        assert all(map(torch.equal, found, expected))


def test_between_two_steps_the_callers_settings_hold(tiny_random_pipe):
    with default_dtype(torch.float64):
        for _ in denoise(tiny_random_pipe, "a castle", steps=2):
            assert torch.get_default_dtype() == torch.float64 and torch.is_grad_enabled()


def test_settings_come_back_after_an_error():
    filters = list(warnings.filters)
    with default_dtype(torch.float64), pytest.raises(KeyboardInterrupt), undisturbed():
        assert torch.get_default_dtype() == torch.float32
        raise KeyboardInterrupt
    assert warnings.filters == filters


def test_a_batch_is_drawn_without_any_warning(tiny_random_pipe, scheduler_name):
    """Schedulers that hand tensors to NumPy 2 would warn in the learner's face."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        generate(
            tiny_random_pipe, ["a castle", "a lake"], seed=[0, 1], steps=4,
            scheduler=scheduler_name, progress=False,
        )  # fmt: skip
