"""The models for a browser: the same answers as PyTorch's, and weights as they are stored."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch.testing import assert_close

from helpers import export_onnx as exporting
from helpers.cli import main
from helpers.decoding import decode
from helpers.export_onnx import INDEX, OFFERED, WEIGHTS, export_onnx, places_of, tell_places
from helpers.loading import load
from helpers.runtime import generators
from helpers.sampling.schedulers import fresh_scheduler
from helpers.sampling.start import clean_latents


def test_a_missing_package_is_named_before_anything_is_loaded(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(exporting, "find_spec", lambda name: None)
    monkeypatch.setattr(exporting, "load", lambda *_, **__: pytest.fail("loaded"))
    assert main(["export-onnx", "--out", str(tmp_path / "onnx")]) == 2
    assert capsys.readouterr().err == (
        "error: export-onnx needs the package onnx: pip install onnx\n"
    )
    assert not (tmp_path / "onnx").exists()


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Both models, exported."""
    pytest.importorskip("onnx", reason="export-onnx needs pip install onnx")
    folder = tmp_path_factory.mktemp("onnx") / "models"
    export_onnx(folder)
    return folder


@pytest.fixture(scope="module")
def index(folder):
    return json.loads((folder / INDEX).read_text(encoding="utf-8"))


def session(folder, name):
    runtime = pytest.importorskip("onnxruntime", reason="the comparison needs onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    return runtime.InferenceSession(
        str(folder / f"{name}.onnx"), options, providers=["CPUExecutionProvider"]
    )


def answer(session, **given):
    outputs = session.run(None, {name: np.asarray(value) for name, value in given.items()})
    return torch.from_numpy(outputs[0])


def test_weights_are_the_models_own_files(folder):
    assert all((folder / name).read_bytes() == path.read_bytes() for name, path in WEIGHTS.items())


def test_graphs_hold_no_weights_of_their_own(folder):
    assert max(path.stat().st_size for path in folder.glob("*.onnx")) < 1_000_000


def test_the_index_tells_every_file_with_size_and_check_sum(folder, index):
    there = {path.name: path.read_bytes() for path in folder.iterdir() if path.name != INDEX}
    assert index["files"] == {
        name: {"bytes": len(data), "sha256": sha256(data).hexdigest()}
        for name, data in there.items()
    }


def test_the_index_holds_the_tokenizer_and_the_habits(index):
    pipe, told = load("tiny"), index["tokenizer"]
    numbers = {token: number for number, token in enumerate(told["vocabulary"])}
    assert numbers == pipe.tokenizer.get_vocab()
    assert told["known_words"] == pipe.tokenizer.init_kwargs["known_words"]
    habits = {name: (m["steps"], m["guidance_scale"]) for name, m in index["models"].items()}
    assert habits == {"tiny": (20, 2.0), "tiny-turbo": (4, 1.0)}


@pytest.mark.parametrize("name", OFFERED)
def test_a_scheduler_comes_back_from_the_index_as_it_was(index, name):
    own = load(name).scheduler
    for short, told in index["models"][name]["schedulers"].items():
        expected = fresh_scheduler(short, own)
        again = type(expected).from_config(told["config"]).config
        assert told["class"] == type(expected).__name__
        for key, value in expected.config.items():
            if not key.startswith("_"):
                assert again.get(key, value) == value


def test_text_encoder_equals_pytorchs(folder):
    pipe, encode = load("tiny"), session(folder, "text_encoder")
    for prompt in ("a white lighthouse by the sea", "雪の中に青い灯台がそびえている風景", ""):
        tokens = pipe.tokenizer(
            prompt, padding="max_length", truncation=True, return_tensors="pt"
        ).input_ids
        with torch.no_grad():
            expected = pipe.text_encoder(tokens)[0]
        assert_close(answer(encode, tokens=tokens.int()), expected, atol=2e-5, rtol=0)


@pytest.mark.parametrize("rows", [1, 2])
@pytest.mark.parametrize(("name", "graph"), [("tiny", "unet"), ("tiny-turbo", "tiny-turbo")])
def test_unet_equals_pytorchs(folder, name, graph, rows):
    pipe, ask = load(name), session(folder, graph)
    drawn = torch.Generator().manual_seed(0)
    latents = torch.randn(rows, 4, 16, 16, generator=drawn)
    words = torch.randn(rows, 77, pipe.unet.config.cross_attention_dim, generator=drawn)
    for t in (999.0, 499.0, 0.0):
        with torch.no_grad():
            expected = pipe.unet(latents, t, encoder_hidden_states=words).sample
        found = answer(ask, latents=latents, t=np.array(t, np.float32), words=words)
        assert_close(found, expected, atol=2e-5, rtol=0)


def test_the_twins_graph_is_not_its_teachers(folder):
    latents, words = torch.ones(1, 4, 16, 16), torch.ones(1, 77, 160)
    given = {"latents": latents, "t": np.array(999, np.float32), "words": words}
    tiny, turbo = (answer(session(folder, name), **given) for name in ("unet", "tiny-turbo"))
    assert (tiny - turbo).abs().max() > 0.01


def test_decoder_equals_the_helpers(folder):
    pipe, draw = load("tiny"), session(folder, "vae_decoder")
    latents = torch.randn(1, 4, 16, 16, generator=torch.Generator().manual_seed(1))
    assert_close(answer(draw, latents=latents), decode(pipe, latents), atol=2e-5, rtol=0)


def test_encoder_draws_the_latents_that_the_helpers_draw(folder):
    pipe, encode = load("tiny"), session(folder, "vae_encoder")
    colours = np.random.default_rng(0).integers(0, 256, (128, 128, 3), dtype=np.uint8)
    expected = clean_latents(pipe, [Image.fromarray(colours)], generators(5))
    pixels = torch.from_numpy(colours).permute(2, 0, 1)[None] / 127.5 - 1
    noise = torch.randn(1, 4, 16, 16, generator=torch.Generator().manual_seed(5))
    assert_close(answer(encode, pixels=pixels, noise=noise), expected, atol=2e-5, rtol=0)


def test_a_weight_without_a_place_is_named(folder):
    import onnx

    graph = onnx.load(str(folder / "unet.onnx"), load_external_data=False)
    graph.graph.initializer[0].name = "network.conv_in.gone"
    with pytest.raises(ValueError, match="conv_in.gone of the network has no place"):
        tell_places(graph, places_of("unet.safetensors"), {})
