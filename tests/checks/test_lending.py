"""A pipeline that was lent comes back as it was, whatever was done to it."""

from __future__ import annotations

import pytest
import torch
from diffusers import EulerDiscreteScheduler

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
