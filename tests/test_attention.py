"""Attention: what is recorded is what the layers compute, and looking on changes nothing."""

from __future__ import annotations

import json
import random
import re
import tempfile
from pathlib import Path

import pytest
import safetensors.torch
import torch
from diffusers.models.attention_processor import Attention, AttnProcessor
from safetensors import safe_open
from torch.testing import assert_close

from helpers import attention
from helpers.attention import (
    align,
    attention_layers,
    capture_attention,
    capture_bytes,
    control_attention,
    keep_layout,
    reweigh,
    text_attention,
    token_places,
    token_texts,
    word_heat,
    word_map,
)
from helpers.attention.travel import packed, unpacked
from helpers.sampling import denoise, generate, unroll
from helpers.sampling.inputs import prepare

PROMPT = "a quiet lake and a castle"


@pytest.fixture
def pipe(make_random_pipe):
    """A pipeline that a test may change."""
    return make_random_pipe()


def made(pipe, prompt=PROMPT, **options):
    return generate(pipe, prompt, **({"steps": 2, "progress": False} | options)).images


def state(pipe) -> list:
    """Everything that a context could leave behind."""
    hooks = [len(module._forward_hooks) + len(module._forward_pre_hooks)
             for module in pipe.unet.modules()]  # fmt: skip
    processors = [id(processor) for processor in pipe.unet.attn_processors.values()]
    text = pipe.text_encoder.config._attn_implementation
    return [hooks, processors, text, sorted(vars(pipe)), pipe.unet.training]


class Witness(AttnProcessor):
    """diffusers' own plain processor, which forms the probabilities; they are kept here."""

    def __call__(self, attn, hidden_states, encoder_hidden_states=None, **more):
        scores = attn.get_attention_scores

        def listening(*args):
            self.seen = scores(*args)  # (rows * heads, n, 77)
            return self.seen

        attn.get_attention_scores = listening
        try:
            return super().__call__(attn, hidden_states, encoder_hidden_states, **more)
        finally:
            del attn.get_attention_scores


# --- recording ---------------------------------------------------------------------------------


def test_layers_are_named_and_sized_by_structure(tiny_pipe):
    layers = attention_layers(tiny_pipe.unet)
    assert len({layer.name for layer in layers}) == len(layers)
    assert [layer.name for layer in layers if layer.name.startswith("mid")] == ["mid.0"]
    assert all(layer.attn.is_cross_attention for layer in layers)
    assert len(attention_layers(tiny_pipe.unet, on="self")) == len(layers)
    assert {layer.grid((5, 16)) for layer in attention_layers(tiny_pipe.unet, "mid")} == {(2, 4)}


@pytest.mark.parametrize("guidance_scale", [1, 7.5])
def test_weights_equal_those_of_diffusers_plain_processor(pipe, guidance_scale):
    """Independent: formed by get_attention_scores, rows split by what the prompts were."""
    prompts = [PROMPT, "a river"]
    layers = attention_layers(pipe.unet)
    witnesses = {layer.name: Witness() for layer in layers}
    for layer in layers:
        layer.attn.set_processor(witnesses[layer.name])
    options = {"guidance_scale": guidance_scale, "steps": 1}
    with capture_attention(pipe, reduce="none", dtype=torch.float32) as maps:
        made(pipe, prompts, **options)
    for layer in layers:
        seen = witnesses[layer.name].seen.unflatten(0, (-1, layer.attn.heads))
        rows = seen[2:] if guidance_scale != 1 else seen
        assert len(rows) == 2
        torch.testing.assert_close(maps.weights[0][layer.name], rows)


def test_it_is_the_conditional_half(pipe):
    """The same words as prompt and as negative prompt: only the prompt's map may change."""
    options = {"steps": 1, "guidance_scale": 3.0}
    recorded = []
    for negative in ("a river", "a desert by day"):
        with capture_attention(pipe) as maps:
            made(pipe, negative_prompt=negative, **options)
        recorded.append(maps.at(0, "down.0.0"))
    assert torch.equal(*recorded)


def test_rows_sum_to_one_and_heads_average_to_the_mean(pipe):
    with capture_attention(pipe, reduce="none", dtype=torch.float32) as heads:
        made(pipe)
    with capture_attention(pipe) as mean:
        made(pipe)
    assert heads.layers == mean.layers and len(heads) == len(mean) == 2
    for layer in heads.layers:
        kept = heads.at(1, layer)  # (1, heads, h, w, 77)
        assert kept.shape == (1, 4, *heads.grids[layer], 77)
        torch.testing.assert_close(kept.sum(-1), torch.ones(kept.shape[:-1]))
        torch.testing.assert_close(mean.at(1, layer), kept.mean(1), atol=1e-4, rtol=2e-3)


@pytest.mark.parametrize("around", ["generate", "denoise", "pipeline"])
def test_the_picture_is_the_same_to_the_last_bit(pipe, around):
    def draw():
        if around == "generate":
            return made(pipe)
        if around == "denoise":
            return torch.stack([step.x_prev for step in denoise(pipe, PROMPT, steps=2)])
        seed = torch.Generator().manual_seed(3)
        out = pipe(PROMPT, num_inference_steps=2, generator=seed, output_type="pt")
        return out.images

    plain = draw()
    with capture_attention(pipe, reduce="none") as maps:
        watched = draw()
    assert (watched - plain).abs().max() == 0.0 and len(maps) == 2


@pytest.mark.parametrize("guidance_scale", [0.5, 1.0, 5.0])
def test_the_bare_pipeline_and_several_pictures_of_a_prompt(pipe, guidance_scale):
    """The pipeline guides above 1 only, our loop everywhere but at 1: both are told apart."""
    with capture_attention(pipe, dtype=torch.float32) as bare:
        pipe([PROMPT, "a road"], num_inference_steps=1, guidance_scale=guidance_scale,
             num_images_per_prompt=2, output_type="latent",
             generator=[torch.Generator().manual_seed(k) for k in (5, 6, 7, 8)])  # fmt: skip
    assert bare.prompts == (PROMPT, PROMPT, "a road", "a road")
    with capture_attention(pipe, dtype=torch.float32) as ours:
        made(pipe, list(bare.prompts), seed=[5, 6, 7, 8], steps=1, guidance_scale=guidance_scale)
    for layer in ours.layers:
        assert len(ours.at(0, layer)) == 4
        torch.testing.assert_close(ours.at(0, layer), bare.at(0, layer))


def test_pictures_that_are_not_square(pipe):
    with capture_attention(pipe) as maps:
        made(pipe, size=(24, 40), steps=1)  # latents of 3 x 5
    assert maps.grids["down.0.0"] == (3, 5)
    assert maps.at(0, "mid.0").shape == (1, 2, 3, 77)  # halved and rounded up
    assert word_map(maps, "castle").shape == (3, 5)


def test_vectors_without_words_are_recorded_and_asked_by_place(pipe):
    embeds = torch.randn(1, 77, 32, generator=torch.Generator().manual_seed(0))
    with capture_attention(pipe) as maps:
        pipe(prompt_embeds=embeds, negative_prompt_embeds=embeds, num_inference_steps=1,
             output_type="latent")  # fmt: skip
    assert maps.prompts == (None,) and word_map(maps, [3, 4]).shape == (4, 4)
    with pytest.raises(ValueError, match="given vectors, not words; pass places"):
        word_map(maps, "castle")


def test_layers_and_size_can_be_limited(pipe):
    with capture_attention(pipe, layers=["up", "mid"]) as maps:
        made(pipe)
    assert {name.split(".")[0] for name in maps.layers} == {"up", "mid"}
    with capture_attention(pipe, max_side=2) as small:
        made(pipe)
    assert small.layers == ("mid.0",)
    with pytest.raises(ValueError, match="max_side=1 leaves no layer: the smallest sees a side of"):
        with capture_attention(pipe, max_side=1):
            made(pipe)


@pytest.mark.parametrize("reduce", ["mean", "none"])
def test_memory_is_told_before_it_is_used(pipe, reduce):
    options = {"reduce": reduce, "layers": "up"}
    told = capture_bytes(pipe, steps=2, pictures=3, size=(40, 24), **options)
    with capture_attention(pipe, **options, max_bytes=told) as maps:
        made(pipe, [PROMPT] * 3, size=(40, 24))
    assert maps.nbytes == told
    with pytest.raises(ValueError, match=rf"step 1 \(from 0\) would exceed max_bytes={told - 1:,}"):
        with capture_attention(pipe, **options, max_bytes=told - 1) as maps:
            made(pipe, [PROMPT] * 3, size=(40, 24))
    assert maps.nbytes == told // 2  # the step that would not fit was not begun


def test_bytes_of_full_size_stable_diffusion():
    """From its structure alone: 66.4 MB a step for all heads in float32, 4.15 MB for the mean."""
    from types import SimpleNamespace

    from diffusers import UNet2DConditionModel

    with torch.device("meta"):
        unet = UNet2DConditionModel(sample_size=64, cross_attention_dim=768)
    pipe = SimpleNamespace(
        unet=unet, vae_scale_factor=8, tokenizer=SimpleNamespace(model_max_length=77)
    )
    whole = capture_bytes(pipe, steps=1, reduce="none", dtype=torch.float32)
    assert round(whole / 1e6, 1) == 66.4
    assert round(capture_bytes(pipe, steps=1) / 1e6, 2) == 4.15
    assert round(capture_bytes(pipe, steps=1, max_side=32) / 1e6, 1) == 1.0


class Stop(Exception):
    pass


def test_everything_is_as_before_after_an_exception(pipe):
    before = state(pipe)
    with pytest.raises(Stop):
        with (
            control_attention(pipe, keep_layout()),
            capture_attention(pipe),
        ):
            assert state(pipe) != before
            for _ in denoise(pipe, PROMPT, steps=3):
                raise Stop
    assert state(pipe) == before
    made(pipe)


def test_an_exception_in_the_unet_leaves_nothing_behind(pipe):
    before = state(pipe)

    def edit(weights, t):
        raise Stop

    with pytest.raises(Stop), control_attention(pipe, edit), capture_attention(pipe):
        made(pipe)
    assert state(pipe) == before


@pytest.mark.parametrize("change", ["fuse_qkv_projections", "enable_attention_slicing"])
def test_processors_replaced_meanwhile_are_an_error_not_empty_maps(pipe, change):
    with pytest.raises(RuntimeError, match="something replaced the attention processors"):
        with capture_attention(pipe):
            for _ in denoise(pipe, PROMPT, steps=2):
                getattr(pipe, change)()


def test_projections_fused_before_are_an_error_too(pipe):
    pipe.fuse_qkv_projections()
    with pytest.raises(RuntimeError, match="computed no separate query and key"):
        with capture_attention(pipe):
            made(pipe)


def test_slicing_set_before_is_recorded_right(pipe):
    with capture_attention(pipe) as plain:
        made(pipe)
    pipe.enable_attention_slicing(1)
    with capture_attention(pipe) as sliced:
        made(pipe)
    torch.testing.assert_close(plain.at(1, "up.1.0"), sliced.at(1, "up.1.0"))


def test_a_second_run_needs_its_own_block(pipe):
    with pytest.raises(RuntimeError, match="a second run began; open one `with` for each"):
        with capture_attention(pipe):
            made(pipe)
            made(pipe)


def test_a_generator_that_is_never_asked_is_an_error(pipe):
    with pytest.raises(RuntimeError, match="never asked inside `with`.*loop over it inside"):
        with capture_attention(pipe):
            denoise(pipe, PROMPT)


def test_a_run_prepared_outside_is_an_error(pipe):
    calls = denoise(pipe, PROMPT)
    with pytest.raises(RuntimeError, match="before any prompt was encoded inside `with`"):
        with capture_attention(pipe):
            next(calls)


def test_a_batch_of_another_size_than_the_prompts_is_an_error(pipe):
    calls = denoise(pipe, [PROMPT, "a road"])
    with pytest.raises(RuntimeError, match="asked about 4 rows, but .* make 2"):
        with capture_attention(pipe):
            denoise(pipe, PROMPT)
            next(calls)


def test_words_can_be_replaced_between_prepare_and_run(pipe):
    from dataclasses import replace

    with capture_attention(pipe) as maps:
        run = prepare(pipe, PROMPT, negative_prompt="", steps=1, guidance_scale=2, seed=0,
                      scheduler=None, size=None, latents=None)  # fmt: skip
        list(unroll(pipe, replace(run, words=run.words * 0)))
    assert torch.allclose(maps.at(0, "mid.0"), torch.tensor(1 / 77), atol=1e-4)  # all words alike


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"reduce": "max"}, 'reduce must be "mean" or "none", got \'max\''),
        ({"layers": "left"}, "no layer begins with 'left'; there are down.0.0"),
    ],
)
def test_capture_refuses(pipe, options, message):
    with pytest.raises(ValueError, match=message), capture_attention(pipe, **options):
        pass


# --- words -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prompt", "word", "pieces"),
    [
        ("a quiet lake and a castle", "castle", ["castle"]),
        ("A Quiet LAKE", "lake", ["LAKE"]),
        ("a lake, a river and a lake", "lake", ["lake", "lake"]),
        ("two moons at night", "two moons", ["two", "moons"]),
        ("a sunset and the sun", "sun", ["sun"]),
        ("a dragon at night", "dragon", None),
        ("山と川のある風景", "川", ["川"]),
        ("松の木と山", "松の木", ["松", "の", "木"]),
    ],
)
def test_places_of_a_word(tiny_pipe, prompt, word, pieces):
    tokenizer = tiny_pipe.tokenizer
    places, texts = token_places(tokenizer, prompt, word), token_texts(tokenizer, prompt)
    read = [texts[place] for place in places]
    assert (
        "".join(read).lower() == word.replace(" ", "").lower() * prompt.lower().count(word)
        or read == pieces
    )
    assert pieces is None or read == pieces
    assert pieces is not None or len(places) > 1  # split, and all its pieces are found


@pytest.mark.parametrize(
    ("prompt", "word"),
    [("a sunset", "sun"), ("a lake", "river"), ("草原", "原"), ("a lake " * 80 + "river", "river")],
)
def test_a_word_that_is_not_there(tiny_pipe, prompt, word):
    with pytest.raises(ValueError, match=f"{word!r} is no whole word of the prompt; its tokens"):
        token_places(tiny_pipe.tokenizer, prompt, word)


def test_word_map_averages_steps_and_enlarged_layers(pipe):
    with capture_attention(pipe, reduce="none", dtype=torch.float32) as maps:
        made(pipe)
    (place,) = token_places(pipe.tokenizer, PROMPT, "castle")
    fine = [maps.at(k, "down.0.0")[0, :, :, :, place].mean(0) for k in (0, 1)]
    assert torch.allclose(word_map(maps, "castle", layers="down.0"), (fine[0] + fine[1]) / 2)
    assert torch.allclose(word_map(maps, "castle", layers="down.0", step=1), fine[1])
    one = maps.at(0, "down.0.0")[0, 2, :, :, place]
    assert torch.allclose(word_map(maps, [place], layers="down.0", step=0, head=2), one)
    whole = sum(word_map(maps, [k], step=0, layers=["down", "mid"]) for k in range(77))
    assert torch.allclose(whole, torch.ones(4, 4), atol=1e-5)  # enlarged, still shares of one


def test_word_map_reads_the_picture_asked_for(pipe):
    with capture_attention(pipe) as maps:
        made(pipe, ["a castle", "a lake and a castle"])
    both = word_map(maps, "lake", picture=1)
    (place,) = token_places(pipe.tokenizer, maps.prompts[1], "lake")
    assert torch.equal(both, word_map(maps, [place], picture=1))
    with pytest.raises(ValueError, match="'lake' is no whole word"):
        word_map(maps, "lake", picture=0)


def test_word_heat_adds_tokens_averages_heads_and_folds_rows():
    weights = torch.zeros(2, 6, 77)
    weights[0, 4, 3], weights[1, 4, 5] = 0.4, 0.2  # place 4 of 2 x 3 is row 1, column 1
    heat = word_heat(weights, [3, 5], 2, 3)
    assert heat.shape == (2, 3) and heat[1, 1] == pytest.approx(0.3) and heat.sum() == heat[1, 1]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"step": 2}, IndexError, "step must lie in 0 ... 1 here, got 2"),
        ({"picture": 1}, IndexError, "picture must lie in 0 ... 0, got 1"),
        ({"head": 0}, ValueError, "only the mean was kept"),
        ({"layers": "left"}, ValueError, "none recorded begins with 'left'"),
    ],
)
def test_word_map_refuses(pipe, options, error, message):
    with capture_attention(pipe) as maps:
        made(pipe)
    with pytest.raises(error, match=message):
        word_map(maps, "castle", **options)


def test_heads_and_layers_that_are_not_there(pipe):
    with capture_attention(pipe, reduce="none", layers="mid") as maps:
        made(pipe)
    with pytest.raises(IndexError, match="head must lie in 0 ... 3, got 4"):
        word_map(maps, "castle", head=4)
    with pytest.raises(ValueError, match="'down.0.0' was not recorded; there are mid.0"):
        maps.at(0, "down.0.0")


# --- control -----------------------------------------------------------------------------------

PAIR = ["a red house and a lake", "a red castle and a lake"]


def test_an_edit_that_changes_nothing_changes_no_bit(pipe):
    plain = made(pipe, PAIR)
    for edit in (lambda weights, t: weights, keep_layout(until=1001), reweigh([3], 1.0)):
        with control_attention(pipe, edit), control_attention(pipe, keep_layout(1001), on="self"):
            assert torch.equal(made(pipe, PAIR), plain)


def test_keeping_the_layout_changes_the_others_and_not_the_source(pipe):
    plain = made(pipe, PAIR)
    with control_attention(pipe, keep_layout(until=0)):
        kept = made(pipe, PAIR)
    assert torch.equal(kept[0], plain[0]) and not torch.equal(kept[1], plain[1])


def test_the_words_are_looked_at_as_in_the_source(pipe):
    """With equal values the injected weights decide alone: same prompt, other noise."""
    layer = attention_layers(pipe.unet, "mid")[0].attn
    outputs = []
    hook = layer.register_forward_hook(lambda module, args, output: outputs.append(output))
    with control_attention(pipe, keep_layout(until=0), layers="mid"):
        made(pipe, [PROMPT, PROMPT], seed=[1, 2], steps=1, guidance_scale=1)
    made(pipe, [PROMPT, PROMPT], seed=[1, 2], steps=1, guidance_scale=1)
    hook.remove()
    kept, free = outputs
    torch.testing.assert_close(kept[1], kept[0])
    assert not torch.allclose(free[1], free[0])
    assert torch.equal(kept[0], free[0])


def test_the_edit_gets_the_prompts_weights_and_the_time(pipe):
    seen = []

    def edit(weights, t):
        seen.append((t, weights))
        return weights

    with control_attention(pipe, edit, layers="mid"), capture_attention(
        pipe, layers="mid", reduce="none", dtype=torch.float32
    ) as maps:  # fmt: skip
        made(pipe, PAIR)
    assert [t for t, _ in seen] == maps.times and maps.times[0] > maps.times[1]
    torch.testing.assert_close(seen[1][1], maps.weights[1]["mid.0"])


def test_reweighing_scales_the_word_alone(pipe):
    places, weights = [3, 5], torch.rand(2, 4, 6, 77)
    changed = reweigh(places, 2.5)(weights.clone(), 500.0)
    others = [k for k in range(77) if k not in places]
    assert torch.equal(changed[..., places], weights[..., places] * 2.5)
    assert torch.equal(changed[..., others], weights[..., others])


def test_negative_prompts_are_left_alone(pipe):
    """At guidance 0 only the negative prompt is drawn, so no edit may show."""
    plain = made(pipe, PAIR, guidance_scale=0)
    with control_attention(pipe, lambda weights, t: weights * 0):
        assert torch.equal(made(pipe, PAIR, guidance_scale=0), plain)


def test_the_layout_is_free_below_the_timestep():
    weights = torch.rand(2, 4, 6, 77)
    assert torch.equal(keep_layout(200)(weights.clone(), 199.0), weights)
    assert torch.equal(keep_layout(200)(weights.clone(), 200.0)[1], weights[0])


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        (PAIR[0], PAIR[1], [0, 1, 2, 3, 4, 5, 6, 7]),
        ("a lake", "a quiet lake", [0, 1, -1, 2, 3]),
        ("a quiet lake", "a lake", [0, 1, 3, 4]),
        ("a lake and a road", "a hot air balloon and a road", [0, 1, 2, 2, 2, 3, 4, 5, 6]),
    ],
)
def test_align_finds_the_places_that_correspond(tiny_pipe, source, target, expected):
    places = align(tiny_pipe.tokenizer, source, target)
    assert places.shape == (77,) and places[: len(expected)].tolist() == expected


def test_words_at_other_places_keep_their_own_attention():
    weights = torch.rand(2, 1, 3, 5)
    places = torch.tensor([0, 1, -1, 2, 3])
    kept = keep_layout(0, places)(weights.clone(), 500.0)
    assert torch.equal(kept[1, ..., 2], weights[1, ..., 2])
    assert torch.equal(kept[1, ..., [0, 1, 3, 4]], weights[0, ..., [0, 1, 2, 3]])
    assert torch.equal(kept[0], weights[0])


def test_control_refuses(pipe):
    with pytest.raises(ValueError, match='on must be "cross" or "self", got \'text\''):
        with control_attention(pipe, keep_layout(), on="text"):
            pass
    shapes = re.escape("edit must return weights of shape (1, 4, 16, 77), got (16, 77)")
    with pytest.raises(ValueError, match=shapes):
        with control_attention(pipe, lambda weights, t: weights[0, 0]):
            made(pipe)
    with pytest.raises(RuntimeError, match="so the edit did not act everywhere"):
        with control_attention(pipe, keep_layout()):
            made(pipe)
            pipe.unet.set_attn_processor(AttnProcessor())


# --- text and pointing -------------------------------------------------------------------------


def test_text_attention_is_causal_and_leaves_the_encoder_as_it_was(pipe):
    before, plain = state(pipe), made(pipe)
    weights = text_attention(pipe, PROMPT)
    assert weights.shape == (2, 2, 77, 77)
    torch.testing.assert_close(weights.sum(-1), torch.ones(2, 2, 77))
    assert weights.triu(1).abs().max() == 0
    assert state(pipe) == before and torch.equal(made(pipe), plain)


def test_text_attention_equals_the_formula(pipe):
    """The first layer's, from its own projections of what goes in."""
    block, heard = pipe.text_encoder.encoder.layers[0], []
    hook = block.self_attn.register_forward_pre_hook(
        lambda module, args, kwargs: heard.append(kwargs.get("hidden_states", args[:1])),
        with_kwargs=True,
    )
    weights = text_attention(pipe, PROMPT)[0]
    hook.remove()
    x = heard[0] if isinstance(heard[0], torch.Tensor) else heard[0][0]  # (1, 77, 32)
    q, k = (projection(x).view(77, 2, 16).transpose(0, 1)
            for projection in (block.self_attn.q_proj, block.self_attn.k_proj))  # fmt: skip
    scores = q @ k.mT / 4 + torch.full((77, 77), -torch.inf).triu(1)
    torch.testing.assert_close(weights, scores.softmax(-1))


def test_regions_are_the_things(tiny_pipe):
    for one in attention.drawings(11):
        region = one.region()
        assert 0 < region.mean() < 0.6, one
        assert token_places(tiny_pipe.tokenizer, one.caption, one.word)
    words = [one.word for one in attention.drawings(20)]
    assert len(set(words)) == 11 and words[0] == words[11] == "house"


def test_pointing_compares_the_mass_inside_with_the_area(tiny_pipe):
    """Maps put in by hand: even ones give chance, one that lies in the region gives all of it."""
    drawn = attention.drawings(2)
    for one in attention.pointing(tiny_pipe, drawn, t=500, layers="up"):
        assert one.chance == pytest.approx(float(one.drawn.region().mean()), abs=1e-6)
        assert one.inside == pytest.approx(inside(one.heat, one.drawn.region()), abs=1e-6)
    even = torch.ones(16, 16)
    assert inside(even, drawn[0].region()) == pytest.approx(float(drawn[0].region().mean()))


def test_word_maps_point_at_the_thing(tiny_pipe):
    """20 drawings: the map's mass inside the thing's region, clearly above the region's area."""
    measured = attention.pointing(tiny_pipe, attention.drawings(20))
    ratios = [one.inside / one.chance for one in measured]
    mean = sum(ratios) / len(ratios)
    above = sum(ratio > 1 for ratio in ratios)
    print(f"mass inside: {mean:.2f} times chance; above chance on {above} of 20 drawings")
    assert mean > 1.2 and above >= 15


def inside(heat, region) -> float:
    """Share of the heat inside, counted pixel by pixel."""
    large = heat.repeat_interleave(8, 0).repeat_interleave(8, 1)
    return float((large * region).sum() / large.sum())


def test_every_attention_module_of_the_unet_is_found(tiny_pipe):
    modules = [module for module in tiny_pipe.unet.modules() if isinstance(module, Attention)]
    found = [layer.attn for on in ("cross", "self")
             for layer in attention_layers(tiny_pipe.unet, on=on)]  # fmt: skip
    assert set(map(id, modules)) == set(map(id, found))


# --- on their way ------------------------------------------------------------------------------


def recorded(pipe, **kept):
    with capture_attention(pipe, layers="up", **kept) as maps:
        made(pipe, [PROMPT, "a river"])
    return maps


@pytest.mark.parametrize("reduce", ["mean", "none"])
def test_maps_arrive_as_they_left(pipe, reduce):
    maps = recorded(pipe, reduce=reduce)
    there = unpacked(packed(maps))
    assert (there.reduce, there.prompts, there.grids) == (maps.reduce, maps.prompts, maps.grids)
    assert there.times == maps.times
    for mine, theirs in zip(maps.weights, there.weights, strict=True):
        assert list(mine) == list(theirs)
        assert all(torch.equal(mine[name], theirs[name]) for name in mine)
    assert torch.equal(word_map(maps, "river", picture=1), word_map(there, "river", picture=1))


def changed(maps, **header):
    """The file of some maps with another header, or with other numbers."""
    tensors = safetensors.torch.load(packed(maps))
    for change in header.pop("numbers", ()):
        change(tensors)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "maps.safetensors"
        path.write_bytes(packed(maps))
        with safe_open(path, "pt") as file:
            told = json.loads(file.metadata()["attention"])
    return safetensors.torch.save(tensors, {"attention": json.dumps(told | header)})


@pytest.mark.parametrize(
    "header",
    [
        {"reduce": "none"},
        {"reduce": ["mean"]},
        {"prompts": []},
        {"prompts": ["another"] * 2},
        {"prompts": "a castle"},
        {"times": [1.0]},
        {"times": [1.0, None]},
        {"times": 2},
        {"grids": {}},
        {"grids": {"up.0.0": [0, 4]}},
        {"grids": {"up.0.0": [1e9, 1]}},
        {"grids": {"../x": [2, 2]}},
        {"grids": []},
        {"spans": {}},
        {"spans": {PROMPT: [[0, "x"]], "a river": []}},
        {"spans": [1]},
        {"numbers": [lambda tensors: tensors.popitem()]},
        {"numbers": [lambda tensors: tensors.update(more=torch.zeros(1))]},
        {"numbers": [lambda tensors: next(iter(tensors.values())).fill_(-1)]},
        {"numbers": [lambda tensors: next(iter(tensors.values())).fill_(1)]},
        {"numbers": [lambda t: t.update({k: v[..., :5].contiguous() for k, v in t.items()})]},
        {"numbers": [lambda t: t.update({k: v[:, None, :0] for k, v in t.items()})]},
        {"spans": {PROMPT: [[0, 1]] * 78, "a river": []}},
        {"spans": {PROMPT: [[0, 1000]], "a river": []}},
        {"grids": {"up.0.0": [65535, 65535]}},
        {"numbers": [lambda t: t.update({next(iter(t)): torch.zeros(2, 3, 77)})]},
        {"numbers": [lambda t: t.update({k: v.double() for k, v in t.items()})]},
    ],
)
def test_maps_that_cannot_be_are_refused(pipe, header):
    with pytest.raises(ValueError, match="something else than attention maps"):
        unpacked(changed(recorded(pipe), **header))


def test_maps_of_a_network_that_gave_no_numbers_arrive_all_the_same(pipe):
    maps = recorded(pipe)
    for layers in maps.weights:
        for kept in layers.values():
            kept.fill_(torch.nan)
    assert unpacked(packed(maps)).at(0, maps.layers[0]).isnan().all()


def test_maps_of_some_of_the_pictures(pipe):
    whole = recorded(pipe, dtype=torch.float32)
    with capture_attention(pipe, layers="up", dtype=torch.float32, pictures=1) as part:
        made(pipe, [PROMPT, "a river"])
    assert part.prompts == (PROMPT,) and 2 * part.nbytes == whole.nbytes
    for step in range(len(whole)):
        for layer in whole.layers:
            assert_close(part.at(step, layer), whole.at(step, layer)[:1], atol=1e-6, rtol=0)


def test_a_damaged_file_of_maps_is_refused_in_a_sentence(pipe):
    data, draw, refused = packed(recorded(pipe)), random.Random(0), 0
    for _ in range(200):
        damaged = bytearray(data)
        for _ in range(draw.choice((1, 1, 8))):
            damaged[draw.randrange(min(len(data), 1500))] = draw.randrange(256)
        try:
            unpacked(bytes(damaged[: draw.choice((len(data), draw.randrange(len(data))))]))
        except ValueError as error:
            refused += "something else than attention maps" in str(error)
    assert refused > 100
