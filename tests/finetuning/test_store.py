"""Files: the same bits again, here and in stock diffusers; another model's are refused."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from helpers import generate
from helpers.finetuning import (
    FinetuneConfig,
    add_lora,
    add_word,
    finetune,
    load_into,
    lora_scale,
    merge_lora,
    save,
)
from helpers.finetuning.lora import names
from helpers.finetuning.store import LORA, WORD
from helpers.finetuning.words import new_words, row_of

CONFIG = FinetuneConfig("windmill", rank=2, alpha=3.0, steps=3, batch_size=3, learning_rate=0.1)
PROMPT = "a windmill at night"


def picture(pipe):
    return generate(pipe, PROMPT, seed=1, steps=3, progress=False).images


@pytest.fixture
def learned(pipe, examples):
    finetune(pipe, examples, CONFIG, progress=False)
    return pipe


def test_saved_and_loaded_it_is_the_same_to_the_bit(learned, make_random_pipe, tmp_path):
    folder = save(learned, tmp_path / "mill")
    assert sorted(path.name for path in folder.iterdir()) == sorted([LORA, WORD])
    fresh = make_random_pipe()
    assert load_into(fresh, folder) == ["windmill"]
    assert torch.equal(picture(fresh), picture(learned))
    assert not torch.equal(picture(fresh), picture(without(fresh)))


def without(pipe):
    lora_scale(pipe.unet)
    return pipe


def test_stock_diffusers_reads_the_files(learned, make_random_pipe, tmp_path):
    folder = save(learned, tmp_path / "mill")
    stock = make_random_pipe()
    stock.load_lora_weights(str(folder))
    stock.load_textual_inversion(str(folder))
    assert torch.equal(picture(stock), picture(learned))


def test_the_header_keeps_rank_and_alpha(learned, tmp_path):
    with safe_open(save(learned, tmp_path / "mill") / LORA, "pt") as file:
        header = json.loads(file.metadata()["lora_adapter_metadata"])
        assert all(key.startswith("unet.") for key in file.keys())  # noqa: SIM118
    assert header["unet.r"] == 2 and header["unet.lora_alpha"] == 3.0


def test_half_precision_takes_half_the_room(learned, make_random_pipe, tmp_path):
    full = save(learned, tmp_path / "full") / LORA
    half = save(learned, tmp_path / "half", torch.float16) / LORA
    sizes = [sum(each.nbytes for each in load_file(path).values()) for path in (full, half)]
    assert sizes[0] == 2 * sizes[1]
    fresh = make_random_pipe()
    load_into(fresh, half.parent)
    for name, weight in learned.unet.named_parameters():
        if ".lora_" in name:
            other = fresh.unet.get_parameter(name.replace(".windmill.", ".half."))
            assert torch.equal(other, weight.half().float()), name


@pytest.mark.parametrize("scale", [0.0, 0.5, 2.0])
def test_the_scale_is_set(learned, make_random_pipe, tmp_path, scale):
    folder = save(learned, tmp_path / "mill")
    fresh = make_random_pipe()
    load_into(fresh, folder, scale=scale)
    lora_scale(learned.unet, windmill=scale)
    assert torch.equal(picture(fresh), picture(learned))


def test_two_folders_add_up(learned, make_random_pipe, examples, tmp_path):
    folder = save(learned, tmp_path / "one")
    other = make_random_pipe()
    texts = [replace(each, caption=each.caption.lower().replace("windmill", "mill"))
             for each in examples]  # fmt: skip
    finetune(other, texts, replace(CONFIG, word="mill", seed=4), progress=False)
    both = make_random_pipe()
    load_into(both, folder, scale=0.5)
    load_into(both, save(other, tmp_path / "two.v1"))
    assert names(both.unet) == ["one", "two_v1"] and new_words(both) == ["windmill", "mill"]
    lora_scale(learned.unet, windmill=0.5)
    lora_scale(both.unet, one=0.5)
    torch.testing.assert_close(picture(both), picture(learned))


def test_merged_it_still_draws_the_same(learned):
    before = picture(learned)
    merge_lora(learned.unet)
    torch.testing.assert_close(picture(learned), before, atol=1e-3, rtol=0)


def test_a_word_alone_and_a_lora_alone(pipe, make_random_pipe, examples, tmp_path):
    finetune(pipe, examples, replace(CONFIG, lora=False), progress=False)
    folder = save(pipe, tmp_path / "word")
    assert [path.name for path in folder.iterdir()] == [WORD]
    fresh = make_random_pipe()
    load_into(fresh, folder)
    assert torch.equal(row_of(fresh, "windmill"), row_of(pipe, "windmill"))
    only = make_random_pipe()
    add_lora(only.unet, "style", 1)
    folder = save(only, tmp_path / "lora")
    assert [path.name for path in folder.iterdir()] == [LORA]
    assert load_into(make_random_pipe(), folder) == []


def test_nothing_learned_and_two_words_are_told(pipe, tmp_path):
    with pytest.raises(ValueError, match="has learned nothing"):
        save(pipe, tmp_path / "x")
    add_word(pipe, "windmill")
    add_word(pipe, "mill")
    with pytest.raises(ValueError, match="this pipeline has 0 and 2"):
        save(pipe, tmp_path / "x")


def test_an_empty_folder_is_told(pipe, tmp_path):
    with pytest.raises(FileNotFoundError, match="there is neither"):
        load_into(pipe, tmp_path)


def test_a_damaged_file_is_told(learned, make_random_pipe, tmp_path):
    folder = save(learned, tmp_path / "mill")
    (folder / LORA).write_bytes((folder / LORA).read_bytes()[:100])
    with pytest.raises(OSError, match="is damaged"):
        load_into(make_random_pipe(), folder)


def test_another_models_files_are_refused_and_nothing_changes(learned, tiny_pipe, tmp_path):
    folder = save(learned, tmp_path / "mill")
    with pytest.raises(ValueError, match="was trained with another model: its unet"):
        load_into(tiny_pipe, folder)
    (folder / LORA).unlink()
    with pytest.raises(ValueError, match="has 32 numbers, this text encoder reads 160"):
        load_into(tiny_pipe, folder)
    save_file({"unet.nowhere.to_q.lora_A.weight": torch.zeros(2, 32)}, folder / LORA)
    with pytest.raises(ValueError, match="there is no such layer"):
        load_into(tiny_pipe, folder)
    assert new_words(tiny_pipe) == [] and names(tiny_pipe.unet) == []


def test_what_is_loaded_already_is_refused(learned, make_random_pipe, tmp_path):
    folder = save(learned, tmp_path / "mill")
    fresh = make_random_pipe()
    load_into(fresh, folder)
    with pytest.raises(ValueError, match="a LoRA 'mill' is loaded already"):
        load_into(fresh, folder)
    copy = save(learned, tmp_path / "copy")
    with pytest.raises(ValueError, match="knows 'windmill' already"):
        load_into(fresh, copy)
