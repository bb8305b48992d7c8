"""A pipeline that was lent comes back as it was, whatever was done to it."""

from __future__ import annotations

import pytest
import torch
from diffusers import EulerDiscreteScheduler
from torch import nn

from helpers.checks.lending import lent


def altered(pipe):
    pipe.scheduler.set_timesteps(7)
    pipe.scheduler = EulerDiscreteScheduler.from_config(pipe.scheduler.config)
    pipe.unet.train()
    with torch.no_grad():
        pipe.unet.conv_in.weight.mul_(2)
        pipe.vae.decoder.conv_in.bias.data += 1
    pipe.text_encoder.double()


def everything(pipe):
    networks = {"unet": pipe.unet, "vae": pipe.vae, "text": pipe.text_encoder}
    weights = {f"{n}.{key}": value.clone() for n, network in networks.items()
               for key, value in network.state_dict().items()}  # fmt: skip
    return weights, [m.training for network in networks.values() for m in network.modules()]


@pytest.mark.parametrize("stops", [False, True])
def test_parts_modes_scheduler_and_weights_come_back(stops, make_random_pipe):
    pipe = make_random_pipe()
    weights, modes = everything(pipe)
    scheduler, timesteps = pipe.scheduler, pipe.scheduler.timesteps.clone()
    try:
        with lent(pipe):
            altered(pipe)
            if stops:
                raise RuntimeError("in the middle")
    except RuntimeError:
        pass
    after, modes_after = everything(pipe)
    assert pipe.scheduler is scheduler and torch.equal(scheduler.timesteps, timesteps)
    assert modes_after == modes
    assert all(torch.equal(after[key], weights[key]) for key in weights)
    assert {value.dtype for value in after.values()} == {value.dtype for value in weights.values()}


def identities(module):
    return [
        (name, key, id(value))
        for name, part in module.named_modules()
        for held in (part._modules, part._parameters, part._buffers, part._forward_hooks)
        for key, value in held.items()
    ]


def replace(unet):
    unet.conv_out = nn.Identity()
    unet.conv_in.weight = nn.Parameter(torch.zeros(1))
    unet.conv_in.bias = None
    unet.mid_block.register_buffer("extra", torch.zeros(1))
    unet.mid_block.forward = lambda *_, **__: 0
    unet.time_embedding.register_forward_hook(lambda *_: None)
    del unet.up_blocks[0]


def test_what_was_replaced_added_or_removed_in_a_network_is_undone(make_random_pipe):
    pipe = make_random_pipe()
    unet = pipe.unet
    handle = unet.conv_in.register_forward_hook(lambda *_: None)
    before, forward = identities(unet), unet.mid_block.forward
    with lent(pipe):
        replace(unet)
        assert identities(unet) != before
    assert identities(unet) == before and unet.mid_block.forward == forward
    handle.remove()
    assert not unet.conv_in._forward_hooks
