"""A pipe on a ring: turning the canvas turns the picture, and afterwards all is as before."""

from __future__ import annotations

import functools

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from helpers import generate
from helpers.seamless import seamless


@pytest.mark.parametrize(("across", "down"), [(True, False), (False, True), (True, True)])
def test_a_turned_canvas_gives_the_turned_answer(tiny_random_pipe, across, down):
    """That a network on a ring does not know where the ring begins is the whole point."""
    size = tiny_random_pipe.unet.config.sample_size
    x = torch.randn(1, 4, size, size, generator=torch.Generator().manual_seed(1))
    words = torch.zeros(1, 77, tiny_random_pipe.unet.config.cross_attention_dim)
    half = size // 2
    axes = (-1, -2) if across else (-2, -1)  # the ring first

    def off(axis):  # by how much turning the canvas does more than turn the answer
        ask = functools.partial(tiny_random_pipe.unet, timestep=500, encoder_hidden_states=words)
        turned, answer = ask(x.roll(half, axis)).sample, ask(x).sample.roll(half, axis)
        return float((turned - answer).abs().max())

    with torch.no_grad(), seamless(tiny_random_pipe, across=across, down=down):
        assert off(axes[0]) < 1e-4
        assert (off(axes[1]) < 1e-4) == (across and down)


def test_one_convolution_pads_with_the_other_edge(tiny_random_pipe):
    layer = next(m for m in tiny_random_pipe.unet.modules() if isinstance(m, nn.Conv2d))
    x = torch.randn(1, layer.in_channels, 5, 6, generator=torch.Generator().manual_seed(2))
    ring = F.pad(F.pad(x, (1, 1, 0, 0), mode="circular"), (0, 0, 1, 1))
    with torch.no_grad(), seamless(tiny_random_pipe):
        expected = F.conv2d(ring, layer.weight, layer.bias)
        torch.testing.assert_close(layer(x), expected)


def test_afterwards_all_is_as_before_after_an_error_too(tiny_random_pipe):
    before = generate(tiny_random_pipe, "a lake", steps=2, progress=False).images
    with pytest.raises(KeyError), seamless(tiny_random_pipe):
        raise KeyError
    assert torch.equal(generate(tiny_random_pipe, "a lake", steps=2, progress=False).images, before)


def test_a_ring_in_a_ring_is_refused(tiny_random_pipe):
    with (
        seamless(tiny_random_pipe),
        pytest.raises(RuntimeError, match="seamless already; leave the other block first"),
        seamless(tiny_random_pipe, down=True),
    ):
        pass
