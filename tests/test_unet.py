"""The opened U-Net: its stops and costs are those of the module, surgery is undone, reach is exact.

Numbers of Stable Diffusion 1.4 come from its configuration; nothing of it is downloaded.
"""

from __future__ import annotations

import pytest
import torch
from torch import nn

from helpers import unet as opened


@pytest.fixture(scope="module")
def large():
    return opened.stable_diffusion()


@pytest.fixture
def asked(tiny_random_pipe):
    """(unet, latents, words) of a small random model; its U-Net has two levels."""
    generator = torch.Generator().manual_seed(3)
    latents = torch.randn(2, 4, 4, 4, generator=generator)
    words = torch.randn(2, 77, 32, generator=generator)
    return tiny_random_pipe.unet, latents, words


@torch.no_grad()
def answer(unet, latents, words, t=500):
    return unet(latents, t, words).sample


def test_the_stops_of_the_small_model_have_the_shapes_of_a_real_call(tiny_pipe):
    unet, found = tiny_pipe.unet, opened.stops(tiny_pipe.unet)
    parts = {stop.name: unet.get_submodule(stop.name) for stop in found}
    with opened.watched(parts) as seen, torch.no_grad():
        unet(torch.zeros(1, 4, 16, 16), 10, torch.zeros(1, 77, 160))
    assert list(seen) == [stop.name for stop in found]  # in the order of the call
    assert all(seen[stop.name].made.shape[1:] == stop.shape for stop in found)


def test_skips_join_what_was_saved_last(tiny_pipe, large):
    for unet in (tiny_pipe.unet, large):
        saved = []
        for stop in opened.stops(unet):
            if stop.joined:
                before = saved.pop()
                assert (before.shape[0], before.shape[1:]) == (stop.joined, stop.shape[1:])
            if stop.saved:
                saved.append(stop)
        assert not saved


def test_stable_diffusion_has_the_known_numbers(large):
    assert sum(p.numel() for p in large.parameters()) == 859_520_964
    assert all(p.device.type == "meta" for p in large.parameters())
    stops = opened.stops(large)
    assert sum(stop.saved for stop in stops) == sum(bool(stop.joined) for stop in stops) == 12
    assert {stop.shape[1] for stop in stops} == {64, 32, 16, 8}
    with pytest.raises(ValueError, match='version must be "1.x" or "2.x", got .xl.'):
        opened.stable_diffusion("xl")


def test_costs_sum_to_all_parameters_and_to_work_counted_by_hand(tiny_pipe, large):
    for unet in (tiny_pipe.unet, large):
        costs = opened.costs(unet)
        assert tuple(costs) == opened.KINDS
        assert sum(n for n, _ in costs.values()) == sum(p.numel() for p in unet.parameters())
    small = opened.costs(tiny_pipe.unet)
    # cross-attention by hand: layers (C, locations, how many)
    by_hand = 0
    for width, n, count in ((64, 256, 3), (128, 64, 3), (192, 16, 1)):
        projections = 2 * n * width * width + 2 * 77 * 160 * width
        by_hand += count * (projections + 2 * n * 77 * width)
    assert small["cross-attention"][1] == by_hand


def test_twice_the_side_is_four_times_the_convolutions_and_more_self_attention(large):
    wide = opened.costs(opened.blank({**large.config, "sample_size": 128}))
    usual = opened.costs(large)
    assert wide["3 × 3 convolution"][1] == 4 * usual["3 × 3 convolution"][1]
    assert wide["self-attention"][1] > 6 * usual["self-attention"][1]


def test_surgery_changes_the_answer_and_is_undone(asked):
    unet, latents, words = asked
    whole = answer(*asked)
    cuts = [{"skips": [k]} for k in range(len(opened.skips(unet)))]
    cuts += [{"attention": "self"}, {"attention": "cross"}, {"time": lambda t: t * 0}]
    for cut in cuts:
        with opened.altered(unet, **cut):
            assert not torch.allclose(answer(*asked), whole, atol=1e-4), cut
        assert torch.equal(answer(*asked), whole), cut
    with pytest.raises(KeyError), opened.altered(unet, attention="self"):
        raise KeyError
    assert torch.equal(answer(*asked), whole)


def test_without_cross_attention_the_words_are_not_heard(asked):
    unet, latents, words = asked
    with opened.altered(unet, attention="cross"):
        assert torch.equal(answer(unet, latents, words), answer(unet, latents, words.flip(1)))


def test_a_told_time_is_the_time(asked):
    unet, latents, words = asked
    with opened.altered(unet, time=lambda t: t * 0 + 20):
        told = answer(unet, latents, words, t=500)
    assert torch.equal(told, answer(unet, latents, words, t=20))


def test_a_skip_is_changed_as_asked_and_nothing_else(asked):
    unet, latents, words = asked
    whole = answer(*asked)
    with opened.altered(unet, skips=[0, 1], change=lambda saved: saved):
        assert torch.equal(answer(*asked), whole)
    last = unet.up_blocks[-1].resnets[-1]
    with opened.altered(unet, skips=[0]), opened.watched({"last": last.norm1}) as given:
        answer(*asked)
    width = opened.skips(unet)[len(unet.up_blocks) - 1, len(unet.up_blocks[-1].resnets) - 1]
    assert not given["last"].given[:, -width:].any()
    assert given["last"].given[:, :-width].any()


@pytest.mark.parametrize(
    ("wrong", "match"),
    [({"skips": [9]}, "numbers from 0 to 3"), ({"attention": "both"}, '"self", "cross" or None')],
)
def test_surgery_refuses_what_is_not_there(asked, wrong, match):
    with pytest.raises(ValueError, match=match), opened.altered(asked[0], **wrong):
        pass


def test_reach_is_exact_for_convolutions():
    torch.manual_seed(0)
    one, two = nn.Conv2d(4, 6, 3, padding=1), nn.Conv2d(6, 5, 3, padding=1)
    x = torch.randn(1, 4, 11, 12)
    once = opened.reach(one, x, (5, 6)) > 1e-5
    twice = opened.reach(lambda x: two(one(x)), x, (5, 6)) > 1e-5
    assert int(once.sum()) == 9 and bool(once[4:7, 5:8].all())
    assert int(twice.sum()) == 25 and bool(twice[3:8, 4:9].all())


def test_watching_keeps_copies_and_leaves_no_hook():
    layer = nn.Linear(3, 3)
    with opened.watched({"layer": layer}) as seen:
        x = torch.ones(1, 3)
        made = layer(x)
        x.zero_()
    assert torch.equal(seen["layer"].given, torch.ones(1, 3))
    assert torch.equal(seen["layer"].made, made) and not seen["layer"].made.requires_grad
    assert not layer._forward_hooks
