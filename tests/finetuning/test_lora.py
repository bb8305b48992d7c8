"""LoRA layers on a U-Net: begin as no change, add up, are merged, and go without a trace."""

from __future__ import annotations

import pytest
import torch

from helpers.finetuning import add_lora, lora_scale, merge_lora, remove_lora
from helpers.finetuning.lora import names

LAYER = "down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k"


@pytest.fixture
def unet(pipe):
    return pipe.unet


@pytest.fixture
def given(unet):
    generator = torch.Generator().manual_seed(0)
    return (
        torch.randn(2, 4, 4, 4, generator=generator),
        500,
        torch.randn(2, 77, 32, generator=generator),
    )


@torch.no_grad()
def spoil(weights):
    """As if they had learned something."""
    generator = torch.Generator().manual_seed(3)
    for weight in weights:
        weight.copy_(0.2 * torch.randn(weight.shape, generator=generator))


@torch.no_grad()
def answer(unet, given):
    return unet(*given).sample


def test_it_begins_as_no_change(unet, given):
    before = answer(unet, given)
    weights = add_lora(unet, "windmill", 2)
    assert torch.equal(answer(unet, given), before)
    assert {weight.dtype for weight in weights} == {torch.float32}
    assert sum(weight.requires_grad for weight in unet.parameters()) == len(weights) > 0
    spoil(weights)
    assert not torch.equal(answer(unet, given), before)


def test_a_layer_is_w_plus_scaled_b_a(unet):
    add_lora(unet, "windmill", 2, alpha=3.0)
    layer = unet.get_submodule(LAYER)
    down, up = layer.lora_A["windmill"].weight, layer.lora_B["windmill"].weight
    spoil([down, up])
    x = torch.randn(5, 32)
    weight = layer.base_layer.weight + 3.0 / 2 * up @ down
    torch.testing.assert_close(layer(x), torch.nn.functional.linear(x, weight))


def test_scales_add_up_and_zero_leaves_out(unet, given):
    before = answer(unet, given)
    spoil(add_lora(unet, "one", 2))
    one = answer(unet, given)
    spoil(add_lora(unet, "two", 1))
    lora_scale(unet, one=1)
    torch.testing.assert_close(answer(unet, given), one)
    lora_scale(unet)
    torch.testing.assert_close(answer(unet, given), before)
    lora_scale(unet, one=1, two=1)
    assert not torch.allclose(answer(unet, given), one)
    assert not any(weight.requires_grad for weight in unet.parameters())


@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_merged_it_answers_the_same_without_layers(unet, given, scale):
    spoil(add_lora(unet, "windmill", 2))
    lora_scale(unet, windmill=scale)
    with_layers = answer(unet, given)
    merge_lora(unet)
    assert names(unet) == [] and not any("lora" in name for name, _ in unet.named_modules())
    torch.testing.assert_close(answer(unet, given), with_layers, atol=1e-5, rtol=1e-5)


def test_removed_it_leaves_no_trace(unet, given):
    before, keys = answer(unet, given), list(unet.state_dict())
    spoil(add_lora(unet, "windmill", 2))
    remove_lora(unet)
    assert torch.equal(answer(unet, given), before) and list(unet.state_dict()) == keys
    remove_lora(unet)  # nothing to do
    add_lora(unet, "windmill", 1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rank": 0}, "rank: got 0"),
        ({"alpha": 0}, "alpha: got 0"),
        ({"layers": "some"}, "layers: got 'some'; allowed are 'attention', 'all'"),
        ({"name": "a.b"}, "a name without dots"),
        ({"name": ""}, "a name without dots"),
        ({"name": "there"}, "'there' is there already"),
    ],
)
def test_wrong_arguments_are_told(unet, changes, message):
    add_lora(unet, "there", 1)
    with pytest.raises(ValueError, match=message):
        add_lora(unet, **{"name": "new", "rank": 1, **changes})


def test_a_lora_that_is_not_there_is_told(unet):
    with pytest.raises(ValueError, match="there is no LoRA 'mill'; this U-Net has none"):
        lora_scale(unet, mill=1)
    with pytest.raises(ValueError, match="this U-Net has no LoRA"):
        merge_lora(unet)
