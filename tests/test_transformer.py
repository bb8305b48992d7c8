"""The text encoder by hand: equal to the library's, part by part."""

from __future__ import annotations

import gzip

import pytest
import torch
from transformers import CLIPTextConfig, CLIPTextModel

from helpers import transformer
from helpers.loading import load


def random_encoder(**config: object) -> CLIPTextModel:
    """A small CLIPTextModel whose weights are large enough that each of them matters."""
    torch.manual_seed(0)
    sizes = {
        "vocab_size": 50,
        "hidden_size": 24,
        "intermediate_size": 40,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "max_position_embeddings": 11,
        "bos_token_id": 48,
        "eos_token_id": 49,
    }
    encoder = CLIPTextModel(CLIPTextConfig(**(sizes | config))).eval()
    with torch.no_grad():
        for weight in encoder.parameters():
            weight.normal_(std=0.3)
    return encoder


@pytest.fixture(scope="module")
def encoder() -> CLIPTextModel:
    return random_encoder()


@pytest.fixture(scope="module")
def ids() -> torch.Tensor:
    return torch.tensor([[48, 3, 7, 7, 49, 49, 49, 49, 49, 49, 49], [48, *range(20, 29), 49]])


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"hidden_act": "gelu"},
        {"layer_norm_eps": 0.5},
        {"num_attention_heads": 2, "num_hidden_layers": 1},
        {"num_attention_heads": 1, "intermediate_size": 24},
    ],
)
@torch.no_grad()
def test_the_encoder_by_hand_is_the_library_s(config, ids):
    encoder = random_encoder(**config)
    x = transformer.encode(ids, encoder.state_dict(), encoder.config)
    library = encoder(ids)
    torch.testing.assert_close(x, library.last_hidden_state, atol=1e-5, rtol=1e-5)
    found = transformer.sentence_vector(x, ids, encoder.config.eos_token_id)
    torch.testing.assert_close(found, library.pooler_output, atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_each_layer_is_the_library_s(encoder, ids):
    library = encoder(ids, output_hidden_states=True).hidden_states
    weights, x = encoder.state_dict(), transformer.embed(ids, encoder.state_dict())
    assert torch.equal(x, library[0])
    for number, expected in enumerate(library[1:]):
        own = transformer.part(weights, f"encoder.layers.{number}.")
        x = transformer.layer(x, own, encoder.config, transformer.causal_mask(11))
        torch.testing.assert_close(x, expected, atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_the_embedded_model_is_read_from_its_own_configuration():
    pipe = load("tiny", device="cpu", dtype="float32")
    texts = ["A fantasy landscape with mountains and a river", "山と川のある幻想的な風景", ""]
    ids = pipe.tokenizer(texts, padding="max_length", return_tensors="pt").input_ids
    x = transformer.encode(ids, pipe.text_encoder.state_dict(), pipe.text_encoder.config)
    expected = torch.cat([pipe.encode_prompt(text, "cpu", 1, False)[0] for text in texts])
    torch.testing.assert_close(x, expected, atol=1e-5, rtol=0)


@torch.no_grad()
def test_attention_maps_are_the_library_s(ids):
    encoder = random_encoder()  # a fresh one: how it computes attention is changed for good
    encoder.set_attn_implementation("eager")
    library = torch.stack(encoder(ids, output_attentions=True).attentions)  # (L, B, H, T, T)
    maps = transformer.attention_maps(ids, encoder.state_dict(), encoder.config)
    torch.testing.assert_close(maps.transpose(1, 2), library, atol=1e-6, rtol=1e-5)
    assert float(maps.triu(1).abs().max()) == 0
    torch.testing.assert_close(maps.sum(-1), torch.ones(maps.shape[:-1]))


def test_attention_is_pytorch_s():
    q, k, v = torch.randn(3, 2, 4, 6, 5, generator=torch.Generator().manual_seed(0))
    found = transformer.attention_weights(q, k, transformer.causal_mask(6)) @ v
    expected = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
    torch.testing.assert_close(found, expected)


def test_heads_use_their_own_rows(encoder, ids):
    """Changing the rows of head 2 changes head 2, and no other."""
    weights = transformer.part(encoder.state_dict(), "encoder.layers.0.")
    x, mask = transformer.embed(ids, encoder.state_dict()), transformer.causal_mask(11)
    changed = dict(weights)
    changed["self_attn.v_proj.weight"] = weights["self_attn.v_proj.weight"].clone()
    changed["self_attn.v_proj.weight"][12:18] += 1  # 24 wide, 4 heads of 6 rows
    for number in range(4):
        a, b = (transformer.head(x, w, number, 4, mask) for w in (weights, changed))
        assert a.shape == (2, 11, 6)
        assert torch.equal(a, b) == (number != 2)


def test_a_later_word_leaves_earlier_vectors_as_they_are(encoder, ids):
    other = ids.clone()
    other[:, 3] = 30
    a, b = (transformer.encode(i, encoder.state_dict(), encoder.config) for i in (ids, other))
    moved = (a - b).abs().amax(dim=-1)
    assert float(moved[:, :3].max()) == 0 and float(moved[:, 3:].min()) > 0


def test_without_positions_and_mask_order_is_lost(encoder, ids):
    weights = encoder.state_dict()
    name = "embeddings.position_embedding.weight"
    blind = weights | {name: torch.zeros_like(weights[name])}
    swapped = ids.clone()
    swapped[1, 1:10] = ids[1, 1:10].flip(0)

    def sentence(places, table, mask):
        x = transformer.encode(places, table, encoder.config, mask)
        return transformer.sentence_vector(x, places, 49)[1]

    free = torch.zeros(11, 11)
    torch.testing.assert_close(sentence(ids, blind, free), sentence(swapped, blind, free))
    assert float((sentence(ids, weights, None) - sentence(swapped, weights, None)).norm()) > 0.01
    assert float((sentence(ids, weights, free) - sentence(swapped, weights, free)).norm()) > 0.01
    assert float((sentence(ids, blind, None) - sentence(swapped, blind, None)).norm()) > 0.01


def test_cosine_similarity_is_pytorch_s():
    a, b = torch.randn(3, 7), torch.randn(5, 7)
    expected = torch.nn.functional.cosine_similarity(a[:, None], b[None], dim=-1)
    torch.testing.assert_close(transformer.cosine_similarity(a, b), expected)


@pytest.mark.parametrize("word", ["river", "lighthouse", "dragon", "zzz", "a"])
def test_merges_end_where_the_tokenizer_ends(word, tiny_pipe):
    *_, pieces = transformer.merge_steps(word, transformer.merge_ranks(tiny_pipe.tokenizer))
    ids = tiny_pipe.tokenizer(word).input_ids[1:-1]
    assert pieces == tiny_pipe.tokenizer.convert_ids_to_tokens(ids)


def test_merges_go_by_rank_and_join_every_such_pair():
    ranks = {("a", "b"): 1, ("b", "a"): 0, ("ba", "ba"): 2, ("a", "baba"): 3}
    steps = list(transformer.merge_steps("ababa", {**ranks, ("ba", "ba</w>"): 2}))
    assert steps == [["a", "b", "a", "b", "a</w>"], ["a", "ba", "b", "a</w>"]]
    assert list(transformer.merge_steps("babac", ranks))[-1] == ["baba", "c</w>"]


@pytest.mark.parametrize("word", ["", "River", "山", "two moons"])
def test_merges_want_one_word_in_small_letters(word):
    with pytest.raises(ValueError, match="word must be small letters a to z, got"):
        list(transformer.merge_steps(word, {}))


def test_too_many_places_are_refused(encoder):
    with pytest.raises(ValueError, match="ids has 12 places, the model knows 11; cut the"):
        transformer.embed(torch.zeros(1, 12, dtype=torch.long), encoder.state_dict())


def test_a_part_that_is_not_there_is_refused(encoder):
    with pytest.raises(ValueError, match="begins with 'layers.0.'; try 'encoder.layers.0.'"):
        transformer.part(encoder.state_dict(), "layers.0.")


def test_an_unknown_activation_is_refused(encoder):
    with pytest.raises(ValueError, match="activation must be one of quick_gelu, gelu, got 'relu'"):
        transformer.mlp(torch.zeros(1, 24), {}, "relu")


def test_clip_s_list_of_merges_makes_its_tokenizer(tmp_path):
    """Numbers as in CLIP: 256 bytes, 256 bytes at a word's end, the merges, the two marks."""
    path = tmp_path / "merges.txt.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write("# heading\nc a\nca t</w>\n")
    tokenizer = transformer.clip_tokenizer(path)
    assert tokenizer.model_max_length == 77
    a = ord("a") - ord("!")  # the bytes that can be printed come first, from "!" on
    assert tokenizer("A cat").input_ids == [514, 256 + a, 513, 515]
