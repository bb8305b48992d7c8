"""LoRAs of several programs in a pipeline: exact, or refused with the reason."""

from __future__ import annotations

import json
import random
import struct
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.testing import assert_close

from helpers import load
from helpers.loading import adapters, lora_files, words
from helpers.sampling import again, generate
from helpers.sampling.settings import read_settings, save_picture
from tests import fuzz
from tests.loading.lora_files import (
    Update,
    halves,
    kohya,
    merged,
    old_diffusers,
    update,
)

SHORT = {"steps": 2, "progress": False}
FULL = "text_encoder.encoder.layers.0.mlp.fc1"


def answer(pipe) -> tuple[Tensor, Tensor]:
    """What the U-Net says to a prompt, and the prompt's vectors."""
    noise = torch.randn(1, 4, 4, 4, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        vectors, _ = pipe.encode_prompt("a castle", "cpu", 1, False)
        return pipe.unet(noise, 500, encoder_hidden_states=vectors).sample, vectors


def peft_settings(numbers: Update, begin: str = "") -> dict:
    """Settings as peft notes them: the first layer's alpha for all, the others as exceptions."""
    names = {name.partition(".")[2]: alpha for name, (_, _, alpha) in numbers.items()}
    return {
        f"{begin}r": 1,
        f"{begin}lora_alpha": next(iter(names.values())),
        f"{begin}alpha_pattern": names,
    }


def write(folder: Path, program: str, numbers: Update) -> Path:
    """A LoRA as the program writes it; what to pass to `load`."""
    file = folder / "pytorch_lora_weights.safetensors"
    if program == "kohya":
        file = folder / "castles_v1.safetensors"
        save_file(kohya(numbers), file)
        return file
    if program == "diffusers":
        header = {"lora_adapter_metadata": json.dumps(peft_settings(numbers, "unet."))}
        save_file(halves(numbers, "lora_A", "lora_B"), file, header)
    if program == "old diffusers":
        save_file(old_diffusers(numbers), file)
    if program == "peft":
        bare = {name.partition(".")[2]: value for name, value in numbers.items()}
        tensors = halves(bare, "lora_A", "lora_B", "base_model.model.")
        save_file(tensors, folder / "adapter_model.safetensors")
        text = json.dumps(peft_settings(numbers))
        (folder / "adapter_config.json").write_text(text, encoding="utf-8")
    return folder


WRITTEN = [("kohya", "a"), ("kohya", "act"), ("diffusers", "ac"), ("old diffusers", "a"),
           ("peft", "ac")]  # fmt: skip


@pytest.mark.parametrize(("program", "kinds"), WRITTEN)
def test_a_lora_does_what_its_formula_says(
    make_random_pipe: Callable, tmp_path: Path, program: str, kinds: str
) -> None:
    """Layers differ in rank and alpha, as they do in many files."""
    pipe, plain = make_random_pipe(), make_random_pipe()
    numbers = update(pipe, kinds)
    if program == "old diffusers":  # knew no alpha
        numbers = {name: (down, up, len(down)) for name, (down, up, _) in numbers.items()}
    path = write(tmp_path, program, numbers)
    before = answer(pipe)
    adapters.add(pipe, path, 0.5)
    merged(plain, numbers, 0.5)
    for ours, by_hand, old, kind in zip(answer(pipe), answer(plain), before, "at", strict=True):
        assert_close(ours, by_hand, atol=1e-4, rtol=1e-3)
        assert (torch.dist(ours, old) > 0.1) == (kind == "a" or "t" in kinds)
    assert not pipe.unet.training
    assert not any(weight.requires_grad for weight in pipe.unet.parameters())


def test_what_stock_diffusers_wrote_is_read(make_random_pipe: Callable, tmp_path: Path) -> None:
    from diffusers.utils import convert_state_dict_to_diffusers
    from peft import LoraConfig
    from peft.utils import get_peft_model_state_dict

    pipe = make_random_pipe()
    pipe.unet.add_adapter(LoraConfig(r=2, lora_alpha=3, init_lora_weights=False,
                                     target_modules=["to_q", "to_out.0", "conv1"]))  # fmt: skip
    tensors = convert_state_dict_to_diffusers(get_peft_model_state_dict(pipe.unet))
    pipe.save_lora_weights(
        tmp_path,
        unet_lora_layers=tensors,
        unet_lora_adapter_metadata=pipe.unet.peft_config["default"].to_dict(),
    )
    other = make_random_pipe()
    adapters.add(other, tmp_path)
    assert torch.equal(answer(other)[0], answer(pipe)[0])
    assert adapters.told(other)[0]["sha256"] == adapters.told(pipe)[0]["sha256"]


def test_rank_stabilised_loras_are_scaled_by_the_root(
    make_random_pipe: Callable, tmp_path: Path
) -> None:
    numbers = update(make_random_pipe(), "a", even=True)
    write(tmp_path, "peft", numbers)
    settings = {"r": 2, "lora_alpha": 1.0, "use_rslora": True}
    (tmp_path / "adapter_config.json").write_text(json.dumps(settings), encoding="utf-8")
    found = lora_files.read(tmp_path / "adapter_model.safetensors")["unet"]
    assert all(abs(layer.alpha / layer.rank - 2**-0.5) < 1e-9 for layer in found.values())


def test_at_scale_0_nothing_is_different(make_random_pipe: Callable, tmp_path: Path) -> None:
    pipe = make_random_pipe()
    before = answer(pipe)
    adapters.add(pipe, write(tmp_path, "kohya", update(pipe, "act")), 0)
    assert all(map(torch.equal, answer(pipe), before))
    assert adapters.told(pipe) is None


def test_two_loras_add_up(make_random_pipe: Callable, tmp_path: Path) -> None:
    pipe, plain = make_random_pipe(), make_random_pipe()
    for kinds, program, scale in (("a", "kohya", 0.5), ("ac", "diffusers", -0.3)):
        numbers = update(plain, kinds)
        adapters.add(pipe, write(tmp_path, program, numbers), scale)
        merged(plain, numbers, scale)
    assert_close(answer(pipe)[0], answer(plain)[0], atol=1e-4, rtol=1e-3)
    assert sorted(one["scale"] for one in adapters.told(pipe)) == [-0.3, 0.5]
    adapters.add(pipe, tmp_path, 1.0)  # the same once more gets a name of its own
    assert len(pipe.unet.peft_config) == 3


def test_load_adds_loras_with_their_scales(make_random_pipe: Callable, tmp_path: Path) -> None:
    pipe = make_random_pipe()
    pipe.save_pretrained(tmp_path / "model")
    one = write(tmp_path, "kohya", update(pipe))
    (tmp_path / "other").mkdir()
    two = write(tmp_path / "other", "diffusers", update(pipe, "ac"))
    for lora, scales in ((one, [1.0]), ({str(one): 0.5, two: 0.25}, [0.25, 0.5]), (None, [])):
        told = adapters.told(load(tmp_path / "model", device="cpu", lora=lora)) or []
        assert sorted(each["scale"] for each in told) == scales
        assert {each["path"] for each in told} <= {str(one), str(two)}


@pytest.mark.parametrize(
    ("path", "name"),
    [("a/castles v1.5.safetensors", "castles_v1_5"), ("風車", "風車"), ("a/train", "train_lora"),
     ("---", "lora")],
)  # fmt: skip
def test_names_for_peft(path: str, name: str) -> None:
    assert adapters.name_of(Path(path)) == name
    torch.nn.ModuleDict({name: torch.nn.Identity()})


def test_half_precision_stays_half(make_random_pipe: Callable, tmp_path: Path) -> None:
    pipe = make_random_pipe().to(torch.bfloat16)
    adapters.add(pipe, write(tmp_path, "kohya", update(pipe, "act")))
    for part in adapters.PARTS:
        assert {weight.dtype for weight in getattr(pipe, part).parameters()} == {torch.bfloat16}


def test_a_word_comes_with_its_folder(make_random_pipe: Callable, tmp_path: Path) -> None:
    pipe = make_random_pipe()
    row = torch.randn(1, 32)
    save_file({"windmill": row}, tmp_path / "learned_embeds.safetensors")
    assert adapters.add(pipe, tmp_path) == ["windmill"]
    assert torch.equal(words.row_of(pipe, "windmill"), row[0])
    with pytest.raises(
        ValueError, match="brings the word 'windmill', which this model knows already"
    ):
        adapters.add(pipe, tmp_path)


LACKS = "no LoRA that can be read; pass a .safetensors file"
BAD_PLACES = {
    "nowhere": "there is no nowhere, seen from .*; check the spelling. A LoRA is read from this",
    "someone/lora-on-the-hub": "download its .safetensors file first",
    "a.pt": "a.pt is a pickle .*can run code .*never read; use the same LoRA as .safetensors",
    "a.BIN": "a.BIN is a pickle",
    "a.txt": f"a.txt is {LACKS}",
    "a.SAFETENSORS": f"a.SAFETENSORS is {LACKS}",
    "empty": "empty holds no pytorch_lora_weights.safetensors; pass one that a training",
    "pickled": "holds pickles alone, which can run code and are never read",
    "named": 'holds no pytorch_lora_weights.safetensors; pass the file itself, such as ".*x.safet',
    "whole": "whole is a whole model; pass it as the model",
}


@pytest.mark.parametrize("path", BAD_PLACES)
def test_what_is_no_place_of_a_lora_is_told_before_the_model_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("empty", "pickled", "named", "whole"):
        Path(folder).mkdir()
    for file in ("a.pt", "a.BIN", "a.txt", "a.SAFETENSORS", "pickled/pytorch_lora_weights.bin",
                 "named/x.safetensors", "whole/model_index.json"):  # fmt: skip
        Path(file).write_bytes(b"\x80\x02.")
    monkeypatch.setattr("helpers.loading.pipelines._read", lambda *_: pytest.fail("read"))
    with pytest.raises(ValueError, match=f"lora: .*{BAD_PLACES[path]}"):
        load("tiny", lora=path)


@pytest.mark.parametrize(
    ("lora", "kind", "told"),
    [
        (5, TypeError, "lora must be a folder or a .safetensors file, got 5"),
        ("", TypeError, "lora must be a folder or a .safetensors file"),
        ({"x.safetensors": "1"}, TypeError, "lora: the scale must be a number"),
        ({"x.safetensors": float("nan")}, ValueError, "lora: the scale must be a finite number"),
    ],
)
def test_odd_loras_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lora: object, kind: type, told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("x.safetensors").touch()
    with pytest.raises(kind, match=told):
        load("tiny", lora=lora)


Z = torch.zeros(1, 1)
KINDS = {
    "LoHa": ({"lora_unet_conv_in.hada_w1_a": Z}, "a LoHa .*only plain LoRA is read"),
    "LoKr": ({"lora_unet_conv_in.lokr_w1": Z}, "a LoKr"),
    "Tucker": ({"lora_unet_conv_in.lora_mid.weight": Z}, "a LoCon with a third matrix"),
    "DoRA": ({"lora_unet_conv_in.dora_scale": Z}, "a DoRA"),
    "peft's DoRA": ({"unet.conv_in.lora_magnitude_vector.weight": Z}, "a DoRA"),
    "whole differences": ({"lora_unet_conv_in.diff": Z}, "a difference of whole weights"),
    "XL": ({"lora_te2_text_model_x.lora_up.weight": Z}, "is for Stable Diffusion XL"),
    "XL by diffusers": ({"text_encoder_2.x.lora_A.weight": Z}, "is for Stable Diffusion XL"),
    "Flux": ({"transformer.x.lora_A.weight": Z}, "a model of another kind, such as Flux"),
    "Flux by kohya": ({"lora_unet_double_blocks_0_x.lora_up.weight": Z}, "such as Flux"),
    "a new word": ({"emb_params": Z}, "a textual inversion.*load_textual_inversion"),
    "a whole model": ({"model.diffusion_model.out.0.bias": Z}, "whole model.*load it as the model"),
    "something": ({"x.y": Z}, "holds 'x.y', which is no part of a LoRA"),
    "a bias": ({"unet.conv_in.lora_B.bias": Z}, "which is no part of a LoRA"),
    "half of it": ({"lora_unet_conv_in.lora_up.weight": Z}, "has no down for the layer conv_in"),
    "nothing": ({}, "is empty"),
}


@pytest.mark.parametrize("name", KINDS)
def test_what_is_no_plain_lora_is_told_by_its_kind(tmp_path: Path, name: str) -> None:
    tensors, told = KINDS[name]
    save_file(tensors, tmp_path / "x.safetensors")
    with pytest.raises(ValueError, match=f"lora: x.safetensors .*{told}"):
        lora_files.read(tmp_path / "x.safetensors")


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0{}")
    with pytest.raises(OSError, match="lora: .*x.safetensors is damaged or no safetensors file"):
        lora_files.read(tmp_path / "x.safetensors")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"up": torch.zeros(16, 3, 1, 1)}, "two matrices of conv_in do not fit together: down is"),
        ({"down": torch.full((2, 4, 3, 3), torch.nan)}, "nan or infinity in conv_in"),
        ({"alpha": torch.tensor(torch.inf)}, "nan or infinity in conv_in"),
        ({"alpha": torch.zeros(2)}, "tells no number as alpha of conv_in"),
        ({"alpha": torch.tensor(0.0)}, "alpha 0 for the layer conv_in, so it changes nothing"),
        ({"up": torch.zeros(16, 2, 1, 1, dtype=torch.int8)}, "whole numbers for the layer conv_in"),
    ],
)
def test_spoilt_numbers_are_told(tmp_path: Path, changes: dict, told: str) -> None:
    good = {"down": torch.zeros(2, 4, 3, 3), "up": torch.zeros(16, 2, 1, 1),
            "alpha": torch.tensor(1.0)} | changes  # fmt: skip
    keys = {"down": "lora_down.weight", "up": "lora_up.weight", "alpha": "alpha"}
    tensors = {f"lora_unet_conv_in.{keys[name]}": value for name, value in good.items()}
    save_file(tensors, tmp_path / "x.safetensors")
    with pytest.raises(ValueError, match=f"lora: (in )?x.safetensors .*{told}"):
        lora_files.read(tmp_path / "x.safetensors")


def bent(data: bytes, rng: random.Random) -> bytes:
    """A LoRA's file with a lie in it: in its bytes, keys, shapes, types, places or settings."""
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + length])
    key = rng.choice([name for name in header if name != "__metadata__"])
    lie = rng.randrange(7)
    if lie < 2:
        return fuzz.bent_bytes(data, rng)
    if lie == 2:
        header[key]["shape"] = [rng.choice((*header[key]["shape"], *fuzz.HUGE)) for _ in range(3)]
    elif lie == 3:
        header[key]["dtype"] = rng.choice(fuzz.TYPES)
    elif lie == 4:
        header[key]["data_offsets"] = [rng.choice(fuzz.HUGE), rng.choice(fuzz.HUGE)]
    elif lie == 5:
        header[rng.choice(("x", "lora_unet_.alpha", key[:-1], key + ".weight"))] = header.pop(key)
    else:
        header["__metadata__"]["lora_adapter_metadata"] = rng.choice(fuzz.TEXTS)()
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data[8 + length :]


def test_bent_files_end_in_a_sentence(make_random_pipe: Callable, tmp_path: Path) -> None:
    numbers = dict(list(update(make_random_pipe()).items())[:3])
    path = tmp_path / "x.safetensors"
    header = {"lora_adapter_metadata": json.dumps(peft_settings(numbers, "unet."))}
    save_file(halves(numbers, "lora_A", "lora_B"), path, header)
    ends = fuzz.read_all(150, bent, path.read_bytes(), lora_files.read, path)
    assert set(ends) <= {"read", "ValueError", "OSError"}
    assert ends["ValueError"] + ends["OSError"] > 75


@pytest.mark.parametrize("text", ["[", "[1]", "7", '{"unet.alpha_pattern": 7}'])
def test_damaged_settings_are_told(make_random_pipe: Callable, tmp_path: Path, text: str) -> None:
    tensors = halves(update(make_random_pipe()), "lora_A", "lora_B")
    save_file(tensors, tmp_path / "x.safetensors", {"lora_adapter_metadata": text})
    with pytest.raises(ValueError, match="settings is damaged|tells no number as alpha"):
        lora_files.read(tmp_path / "x.safetensors")


def of_another_model(pipe, width: int) -> Update:
    """A LoRA of attention for a model of the same plan that reads wider words."""
    numbers = update(pipe)
    for name, (down, up, alpha) in numbers.items():
        if name.endswith(("attn2.to_k", "attn2.to_v")):
            numbers[name] = (torch.zeros(len(down), width), up, alpha)
    return numbers


@pytest.mark.parametrize(
    ("width", "told"),
    [
        (768, "reads words of 768 numbers, as Stable Diffusion 1.x does; this model's have 32"),
        (2048, "words of 2048 numbers, as Stable Diffusion XL does"),
        (100, r"to_k has weights \(16, 32\) here and \(16, 100\) there. It reads words of 100 num"),
    ],
)
def test_a_lora_of_another_model_is_told_with_sizes_and_changes_nothing(
    make_random_pipe: Callable, tmp_path: Path, width: int, told: str
) -> None:
    pipe = make_random_pipe()
    before = answer(pipe)
    path = write(tmp_path, "kohya", of_another_model(pipe, width))
    with pytest.raises(ValueError, match=f"castles_v1.safetensors was made for another .*{told}"):
        adapters.add(pipe, path)
    assert all(map(torch.equal, answer(pipe), before)) and not adapters.active_adapters(pipe.unet)


def test_layers_that_are_not_there_are_told(make_random_pipe: Callable, tmp_path: Path) -> None:
    pipe = make_random_pipe()
    numbers = update(pipe, "t")
    numbers["unet.down_blocks.7.attentions.0.proj_in"] = numbers.pop(FULL)
    with pytest.raises(ValueError, match="1 of its 1 layers are not here, such as down_blocks_7_"):
        adapters.add(pipe, write(tmp_path, "kohya", numbers))
    assert not adapters.active_adapters(pipe.text_encoder)


def test_a_word_of_another_model_is_told(make_random_pipe: Callable, tmp_path: Path) -> None:
    pipe = make_random_pipe()
    write(tmp_path, "diffusers", update(pipe))
    for row, told in ((torch.zeros(1, 768), "768 numbers for the word 'windmill', .* vector of 32"),
                      (torch.full((1, 32), torch.nan), "holds nan or infinity")):  # fmt: skip
        save_file({"windmill": row}, tmp_path / "learned_embeds.safetensors")
        with pytest.raises(ValueError, match=told):
            adapters.add(pipe, tmp_path)
        assert not adapters.active_adapters(pipe.unet) and not words.new_words(pipe)


def test_single_pixel_layers_fit_in_both_shapes(make_random_pipe: Callable, tmp_path: Path) -> None:
    """`proj_in` is a convolution in 1.x and a linear layer in 2.x; files have either."""
    pipe, plain = make_random_pipe(), make_random_pipe()
    numbers = update(pipe, "ac")
    numbers = {name: value for name, value in numbers.items() if "proj_in" in name}
    flat = {name: (down[:, :, 0, 0], up[:, :, 0, 0], alpha)
            for name, (down, up, alpha) in numbers.items()}  # fmt: skip
    adapters.add(pipe, write(tmp_path, "kohya", flat))
    merged(plain, numbers)
    assert_close(answer(pipe)[0], answer(plain)[0], atol=1e-4, rtol=1e-3)


def test_a_run_knows_its_lora_and_comes_back(make_random_pipe: Callable, tmp_path: Path) -> None:
    pipe = make_random_pipe()
    path = write(tmp_path, "kohya", update(pipe, "act"))
    adapters.add(pipe, path, 0.5)
    run = generate(pipe, "a castle", **SHORT)
    kept = read_settings(save_picture(run, tmp_path / "p.png"))
    assert [(one["path"], one["scale"]) for one in kept["lora"]] == [(str(path), 0.5)]
    assert torch.equal(again(pipe, kept, progress=False).images, run.images)
    other = make_random_pipe()
    with pytest.raises(ValueError, match=r"made with the LoRA .*castles_v1.* at scale 0.5, but pipe"
                                         r" has no LoRA .*load the same model with lora=\{.*0.5\}|"
                                         r"Load the same model with lora=\{.*0.5\}"):  # fmt: skip
        again(other, kept, progress=False)
    adapters.add(other, path, 1.0)
    with pytest.raises(ValueError, match="but pipe has the LoRA .* at scale 1.0; it would draw"):
        again(other, kept, progress=False)


def test_a_run_without_a_lora_is_not_made_with_one(
    make_random_pipe: Callable, tmp_path: Path
) -> None:
    pipe = make_random_pipe()
    run = generate(pipe, "a castle", **SHORT)
    assert run.settings["lora"] is None and run.settings["words"] is None
    old = {name: run.settings[name] for name in run.settings if name not in ("lora", "words")}
    assert torch.equal(again(pipe, old, progress=False).images, run.images)
    adapters.add(pipe, write(tmp_path, "kohya", update(pipe)))
    for kept in (run.settings, old):
        with pytest.raises(ValueError, match="made with no LoRA and no new word, but pipe has the"):
            again(pipe, kept, progress=False)


def test_a_run_with_a_new_word_needs_that_word(make_random_pipe: Callable) -> None:
    pipe, other = make_random_pipe(), make_random_pipe()
    for each in (pipe, other):
        words.add_word(each, "windmill")
    words.set_row(other, "windmill", torch.ones(32))
    run = generate(pipe, "a windmill", **SHORT)
    assert set(run.settings["words"]) == {"windmill"}
    assert torch.equal(again(pipe, run.settings, progress=False).images, run.images)
    for wrong in (other, make_random_pipe()):
        with pytest.raises(ValueError, match="made with the new word windmill .*, but pipe has"):
            again(wrong, run.settings, progress=False)
    plain = generate(make_random_pipe(), "a castle", **SHORT)
    assert torch.equal(again(pipe, plain.settings, progress=False).images, plain.images)


def test_in_another_precision_the_numbers_are_others(
    make_random_pipe: Callable, tmp_path: Path, bfloat16_computes: None
) -> None:
    path = write(tmp_path, "kohya", update(make_random_pipe(), "a"))
    pipe, half = make_random_pipe(), make_random_pipe().to(torch.bfloat16)
    for each in (pipe, half):
        adapters.add(each, path)
    kept = generate(pipe, "a castle", **SHORT).settings
    with pytest.warns(UserWarning, match="dtype was float32, is bfloat16"):
        again(half, kept, progress=False)


def test_a_trained_or_merged_lora_is_told_too(make_random_pipe: Callable, tmp_path: Path) -> None:
    pipe = make_random_pipe()
    adapters.add(pipe, write(tmp_path, "kohya", update(pipe)), 0.5)
    loaded = adapters.told(pipe)
    adapters.note_merged(pipe.unet)
    pipe.unet.fuse_lora()
    pipe.unet.unload_lora()
    assert adapters.told(pipe) == loaded
    other = make_random_pipe()
    adapters.add(other, tmp_path / "castles_v1.safetensors", 0.5)
    next(adapters.lora_layers(other.unet)).lora_A["castles_v1"].weight.data += 1
    (changed,) = adapters.told(other)
    assert changed["path"] is None and changed["sha256"] != loaded[0]["sha256"]


HOSTILE = [
    {"lora": "x"},
    {"lora": []},
    {"lora": [{"path": "x"}]},
    {"lora": [{"path": "x" * 5000, "scale": 1, "sha256": "0" * 64}]},
    {"lora": [{"path": None, "scale": float("inf"), "sha256": "0" * 64}]},
    {"lora": [{"path": None, "scale": 1, "sha256": "x"}]},
    {"words": ["windmill"]},
    {"words": {"windmill": 5}},
]


@pytest.mark.parametrize("change", HOSTILE)
def test_hostile_settings_are_refused(tiny_random_pipe, change: dict) -> None:
    kept = generate(tiny_random_pipe, "a", **SHORT).settings
    (name,) = change
    with pytest.raises(ValueError, match=f"settings: {name} must be null, or a"):
        again(tiny_random_pipe, {**kept, **change}, progress=False)


def test_the_few_step_twin_is_a_lora_like_others(tiny_pipe) -> None:
    """Its files are read as what they are: diffusers' format, for the U-Net of "tiny"."""
    found = lora_files.read(Path("helpers/weights/tiny-turbo/pytorch_lora_weights.safetensors"))
    assert set(found) == {"unet"} and len(found["unet"]) > 10
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert adapters._matched(tiny_pipe, found, "x").keys() == {"unet"}
