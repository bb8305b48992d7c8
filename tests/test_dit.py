"""The transformer in place of the U-Net: patches, blocks that begin as nothing, who sees what."""

from __future__ import annotations

import pytest
import torch
from torch.testing import assert_close

from helpers import dit


def drawn(seed: int, *shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_patches_are_squares_row_by_row_with_the_channels_of_a_location_together():
    x = drawn(0, 2, 3, 4, 6)
    tokens = dit.patchify(x, 2)
    assert tokens.shape == (2, 6, 12)
    square = x[1, :, 2:4, 4:6]  # second row, third column
    assert_close(tokens[1, 5], square.permute(1, 2, 0).flatten())


@pytest.mark.parametrize("size", [1, 2, 4])
def test_nothing_is_lost(size):
    x = drawn(1, 2, 4, 8, 8)
    assert torch.equal(dit.unpatchify(dit.patchify(x, size), 4, size), x)


def test_latents_that_leave_a_rest_are_refused():
    with pytest.raises(ValueError, match="7 x 8 cannot be cut into squares of 2"):
        dit.patchify(torch.zeros(1, 4, 7, 8))


def test_an_untrained_block_changes_nothing_and_an_open_gate_does():
    block = dit.Block(8, 2, 6)
    x, told, words = drawn(2, 2, 5, 8), drawn(3, 2, 8), drawn(4, 2, 7, 6)
    assert torch.equal(block(x, told, words), x)
    torch.nn.init.ones_(block.told[1].bias)
    assert not torch.allclose(block(x, told, words), x, atol=1e-2)


def test_attention_is_torch_s():
    ours = dit.Attention(8, 2, 8)
    theirs = torch.nn.MultiheadAttention(8, 2, batch_first=True)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.cat([ours.q.weight, ours.kv.weight]))
        theirs.in_proj_bias.copy_(torch.cat([ours.q.bias, ours.kv.bias]))
        theirs.out_proj.load_state_dict(ours.out.state_dict())
    x, seen = drawn(5, 2, 5, 8), drawn(6, 2, 3, 8)
    assert_close(ours(x, seen), theirs(x, seen, seen)[0])


def trained() -> dit.DiT:
    torch.manual_seed(0)
    network = dit.DiT(16, 2, 2, words=6, side=8)
    for weight in network.parameters():
        torch.nn.init.normal_(weight, std=0.2)
    return network


def test_it_answers_with_what_looks_like_latents_and_begins_at_zero():
    x, t, words = drawn(7, 2, 4, 8, 8), torch.tensor([10.0, 900.0]), drawn(8, 2, 3, 6)
    fresh = dit.DiT(16, 2, 2, words=6, side=8)
    assert torch.equal(fresh(x, t, words), torch.zeros_like(x))
    assert trained()(x, t, words).shape == x.shape


@pytest.mark.parametrize("changed", ["latents", "time", "first word", "last word"])
def test_all_that_it_is_told_counts(changed):
    network = trained()
    x, t, words = drawn(7, 1, 4, 8, 8), torch.tensor([500.0]), drawn(8, 1, 3, 6)
    before = network(x, t, words)
    if changed == "latents":
        x = x.flip(-1)
    elif changed == "time":
        t = t - 300
    else:
        words = words.clone()
        words[:, 0 if changed == "first word" else -1] += 1
    assert not torch.allclose(network(x, t, words), before, atol=1e-3)


def test_tokens_know_where_they_are():
    network = trained()
    x, t, words = drawn(7, 1, 4, 8, 8), torch.tensor([500.0]), drawn(8, 1, 3, 6)
    shifted = network(x.roll(2, -1), t, words).roll(-2, -1)
    assert not torch.allclose(shifted, network(x, t, words), atol=1e-3)
