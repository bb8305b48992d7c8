"""What may be passed as `model`: found on this machine, or told what it is and what to do."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from helpers import loading
from helpers.loading import hub, models


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An own working folder and home; whatever asks the hub fails."""
    monkeypatch.chdir(tmp_path)
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setattr(hub, "fetch", lambda *_: pytest.fail("the hub was asked"))
    return tmp_path


NOWHERE = "nothing is there, seen from .*check the spelling"
PICKLE = "a pickle .*can run code .*never read; use the same model as .safetensors.*weights_only"
UNKNOWN = "no known name, no folder and no hub id"

ODD = {
    None: "model must be a name, a folder",
    b"tiny": "must be a name.*got bytes",
    7: "must be a name.*got int",
    ("tiny",): "must be a name.*got tuple",
    "": "the name is empty; allowed are tiny",
    " \n": "the name is empty",
    "tyni": 'did you mean "tiny"',
    "a/b/c": UNKNOWN,
    "a b/c": UNKNOWN,
    "someone/two--dashes": UNKNOWN,
    "日本/模型": UNKNOWN,
    "x" * 5000: r"x… \(5000 characters\)",
    "someone/" + "x" * 5000: r"5000|5008",
    "tiny\0": r'"tiny\\x00" is no known name',
    "./model": NOWHERE,
    "../model": NOWHERE,
    "~/model": NOWHERE,
    "~nobody-of-this-name/model": f"{NOWHERE}|cannot be read",
    "/no/where": NOWHERE,
    r"C:\models\sd.safetensors": NOWHERE,
    r"models\sd-1.4": NOWHERE,
    "model.safetensors": NOWHERE,
    "someone/model.ckpt": NOWHERE,
    Path("sd-1.4"): NOWHERE,
    "https://me:secret@huggingface.co/CompVis/x": "addresses are not opened; pass the hub id",
    "http://secret@teacher:8000/room?x=1": 'pass the address alone, such as "http://teacher:8000"',
    "http://secret@teacher:8000/model.safetensors": "addresses are not opened",
    "http://secret@teacher/x.ckpt": "addresses are not opened",
    "a.ckpt": PICKLE,
    "a.PT": PICKLE,
    Path("a.bin"): PICKLE,
    "a.png": "no model that can be read; pass a .safetensors file",
    "a.SAFETENSORS": "rename a.SAFETENSORS so that it ends in .safetensors",
    "lora": "is a LoRA: .*load.*lora=",
    "peft": "is a LoRA",
    "singles": "to load a single file, pass its path, such as .*v1-5.safetensors",
    "empty.safetensors": "holds no model_index.json; pass one that save_pretrained",
    "whole/unet": "one part of a model; pass the folder above it, .*whole",
    "whole/model_index.json": "pass the folder of model_index.json, which is .*whole",
    "lora.safetensors": "lora.safetensors is a LoRA",
    "~/lora.safetensors": "lora.safetensors is a LoRA",
    "odd": "model_index.json in odd is damaged",
    "deep": "damaged",
}


@pytest.mark.parametrize("model", ODD, ids=lambda model: str(model)[:30])
def test_odd_models_are_told_and_nothing_is_asked(here: Path, model: object) -> None:
    folders = ("lora", "peft", "singles", "empty.safetensors", "whole/unet", "odd", "deep")
    for name in folders:
        (here / name).mkdir(parents=True)
    for name in ("a.ckpt", "a.PT", "a.bin", "a.png", "a.SAFETENSORS", "peft/adapter_config.json",
                 "lora/pytorch_lora_weights.safetensors", "singles/v1-5.safetensors",
                 "whole/model_index.json", "odd/model_index.json"):  # fmt: skip
        (here / name).write_bytes(b"\x80\x02.")
    (here / "deep" / "model_index.json").write_text("[" * 100_000, encoding="utf-8")
    save_file({"lora_unet_x.lora_up.weight": torch.zeros(1)}, "lora.safetensors")
    with pytest.raises((TypeError, ValueError, OSError), match=ODD[model]) as raised:
        loading.load(model, device="cpu")
    assert "secret" not in str(raised.value) and len(str(raised.value)) < 700


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="reads everything")
def test_a_folder_without_the_right_to_read(here: Path) -> None:
    (here / "closed").mkdir(mode=0)
    with pytest.raises(OSError, match="cannot be read.*check the path and the rights"):
        loading.load("closed/model", device="cpu")


def test_an_error_of_the_operating_system_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def is_file(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "is_file", is_file)
    with pytest.raises(OSError, match='"closed" cannot be read: Permission denied; check the path'):
        models.find("closed")


def test_the_home_folder_is_found(here: Path) -> None:
    (here / "model").mkdir()
    (here / "model" / "model_index.json").write_text("{}", encoding="utf-8")
    assert models.find("~/model").folder == here / "model"
    save_file({"x": torch.zeros(1)}, "one.safetensors")
    assert models.find("~/one.safetensors").file == here / "one.safetensors"


def test_what_is_here_comes_before_the_hub(here: Path) -> None:
    """A hub id that is also a path: the path, whole or not."""
    (here / "someone" / "model").mkdir(parents=True)
    with pytest.raises(ValueError, match="holds no model_index.json"):
        models.find("someone/model")
    assert models.find("someone/other").repositories == ("someone/other",)
