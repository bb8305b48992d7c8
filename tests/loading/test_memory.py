"""What fits: plans from numbers alone, counted needs, and a pipeline that survives running out."""

from __future__ import annotations

import gc
import weakref

import psutil
import pytest
import torch
from diffusers import StableDiffusionPipeline

from helpers.loading import memory
from helpers.loading.memory import GIB, Need
from helpers.sampling import generate

SD = Need(weights=int(2.6 * GIB), largest=int(1.6 * GIB), unet=int(0.25 * GIB), vae=int(0.75 * GIB))


@pytest.mark.parametrize(
    ("free", "pictures", "mode"),
    [
        (15.0, 1, "full"),  # a T4
        (15.0, 8, "full"),
        (6.0, 8, "sliced"),  # eight pictures decoded at once would take 6 GiB
        (3.7, 1, "full"),
        (3.6, 1, "offload"),
        (2.7, 1, "offload"),
        (4.0, 8, "offload"),
    ],
)
def test_the_first_mode_that_fits_is_taken(free: float, pictures: int, mode: str) -> None:
    assert memory.choose_mode(int(free * GIB), SD, pictures) == mode


def test_a_device_that_is_too_small_is_refused() -> None:
    with pytest.raises(MemoryError, match=r"at least 2\.6 GiB, .* 2\.0 GiB are free; close other"):
        memory.choose_mode(2 * GIB, SD)


@pytest.mark.parametrize(("free", "count"), [(0.1, 1), (1.4, 1), (2.06, 4), (100, 16)])
def test_as_many_pictures_as_fit_are_made_at_once(free: float, count: int) -> None:
    assert memory.pictures_at_once(int(free * GIB), SD) == count


def test_needs_follow_from_the_networks(tiny_random_pipe: StableDiffusionPipeline) -> None:
    pipe = tiny_random_pipe
    need = memory.need_of(pipe)
    parts = (pipe.unet, pipe.vae, pipe.text_encoder)
    sizes = [sum(p.nbytes for p in part.parameters()) for part in parts]
    assert (need.weights, need.largest) == (sum(sizes), max(sizes))
    assert need.vae == 2 * 3 * 32 * 32 * 8 * 4  # factor, maps, pixels, channels, bytes
    assert need.unet == 2 * 52 * 4 * 4 * 16 * 4
    double = memory.need_of(pipe, size=64)
    assert (double.unet, double.vae) == (4 * need.unet, 4 * need.vae)


def test_on_the_cpu_pictures_are_decoded_one_by_one_where_memory_is_short(
    make_random_pipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe, cpu = make_random_pipe(), torch.device("cpu")
    assert memory.settle(pipe, cpu) == "full" and not pipe.vae.use_slicing
    monkeypatch.setattr(memory, "free_memory", lambda device: int(memory.RESERVE))
    assert memory.settle(pipe, cpu) == "sliced" and pipe.vae.use_slicing


def test_sliced_pictures_are_the_same(make_random_pipe) -> None:
    pipe = make_random_pipe()
    whole = generate(pipe, "a river", steps=2, seed=[1, 2], progress=False).images
    memory.settle(pipe, torch.device("cpu"), "sliced")
    sliced = generate(pipe, "a river", steps=2, seed=[1, 2], progress=False).images
    torch.testing.assert_close(sliced, whole, rtol=0, atol=1e-5)


@pytest.mark.parametrize("mode", ["tight", "offload"])
def test_a_mode_that_is_not_allowed_is_refused(make_random_pipe, mode: str) -> None:
    with pytest.raises(ValueError, match="memory: .*full"):
        memory.settle(make_random_pipe(), torch.device("cpu"), mode)


def test_free_memory_of_the_cpu_is_the_systems() -> None:
    free = memory.free_memory(torch.device("cpu"))
    assert free == pytest.approx(psutil.virtual_memory().available, rel=0.2)


def test_out_of_memory_says_what_to_lower(make_random_pipe) -> None:
    """A real one: no machine has the 4e15 bytes that the U-Net asks for."""
    pipe = make_random_pipe()
    hungry = pipe.unet.register_forward_pre_hook(lambda *_: torch.empty(10**15))
    with pytest.raises(MemoryError, match="out of memory on cpu: .* or choose a smaller size"):
        generate(pipe, "a river", steps=1, progress=False)
    hungry.remove()
    assert len(generate(pipe, "a river", steps=1, progress=False)) == 1


class Filled:
    """What a network holds while it works; it can be watched."""


def test_after_running_out_nothing_of_the_run_is_kept(make_random_pipe) -> None:
    """As on a card: the U-Net raises PyTorch's own error when it is asked for two pictures."""
    pipe, held = make_random_pipe(), []

    def run_out(network: object, inputs: tuple[torch.Tensor, ...]) -> None:
        if len(inputs[0]) > 2:
            working = Filled()
            held.append(weakref.ref(working))
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB")

    hook = pipe.unet.register_forward_pre_hook(run_out)
    gc.disable()
    try:
        with pytest.raises(MemoryError, match="make fewer pictures at once, or") as kept:
            generate(pipe, "a river", seed=[1, 2], steps=1, progress=False)
        assert "used as before" in str(kept.value)
        assert held[0]() is None  # although the error is still there, as in a notebook
    finally:
        gc.enable()
    assert len(generate(pipe, "a river", seed=1, steps=1, progress=False)) == 1
    hook.remove()


def test_other_errors_pass(tiny_random_pipe) -> None:
    with pytest.raises(RuntimeError, match="shapes differ"):
        with memory.out_of_memory_told(tiny_random_pipe):
            raise RuntimeError("shapes differ")


@pytest.mark.parametrize(
    ("error", "is_it"),
    [
        (torch.OutOfMemoryError("CUDA out of memory."), True),
        (RuntimeError("MPS backend out of memory (MPS allocated: 1 GB)"), True),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), True),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_running_out_is_recognised(error: Exception, is_it: bool) -> None:
    assert memory.is_out_of_memory(error) is is_it
