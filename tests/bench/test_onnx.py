"""The U-Net in ONNX Runtime: the same answers where it is there, a word where it is not."""

from __future__ import annotations

import pytest
import torch
from torch.testing import assert_close

from helpers.bench import Setting, comparison, onnx


def test_without_the_packages_the_table_says_how_to_get_them(monkeypatch, tiny_random_pipe) -> None:
    monkeypatch.setattr(onnx, "find_spec", lambda name: None)
    why = "not measured, needs pip install onnx onnxruntime"
    assert onnx.hindrance(tiny_random_pipe) == why
    setting = Setting(steps=1, rounds=1)
    assert (
        f"- ONNX Runtime: {why}\n"
        in comparison.Report(
            comparison._facts(setting, torch.device("cpu"), tiny_random_pipe), (), {}
        ).table()
    )
    forms = comparison.variants(setting, torch.device("cpu"), {torch.float32: tiny_random_pipe})
    assert comparison.ONNX not in [form.name for form in forms]


def test_what_it_cannot_measure_is_told(monkeypatch, tiny_random_pipe, full) -> None:
    monkeypatch.setattr(onnx, "find_spec", lambda name: "there")
    assert onnx.hindrance(tiny_random_pipe) is None
    assert onnx.hindrance(full) == "not measured, only on a CPU in float32"
    monkeypatch.setattr(onnx, "LARGEST", 2**10)
    assert onnx.hindrance(tiny_random_pipe).startswith("not measured, the U-Net is larger than")


def test_a_replaced_answer_is_taken_back_even_after_an_error(tiny_random_pipe) -> None:
    unet = tiny_random_pipe.unet
    with pytest.raises(KeyError), onnx.answering(unet, lambda *_, **__: ("answered",)):
        assert unet(1, 2) == ("answered",)
        raise KeyError
    assert unet.forward.__func__ is type(unet).forward


@pytest.mark.parametrize("size", [None, 64])
def test_its_answers_are_those_of_pytorch(make_random_pipe, size: int | None) -> None:
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    pipe = make_random_pipe()
    forward = onnx.exported(pipe, size)
    side = pipe.unet.config.sample_size if size is None else size // pipe.vae_scale_factor
    random = torch.Generator().manual_seed(0)
    latents = torch.randn(2, 4, side, side, generator=random)
    words = torch.randn(2, 77, pipe.unet.config.cross_attention_dim, generator=random)
    given = (latents, torch.tensor(500), words)
    with torch.no_grad():
        wanted = pipe.unet(*given, return_dict=False)[0]
    assert_close(forward(*given, return_dict=False)[0], wanted, rtol=0, atol=1e-4)
