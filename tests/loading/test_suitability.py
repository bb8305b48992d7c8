"""What the course cannot run is refused from small files, before gigabytes are fetched or read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from helpers import loading
from helpers.loading import networks
from helpers.loading.suitability import misfit

from .worlds import OLD, World

UNET, INDEX, TEXT = "unet/config.json", "model_index.json", "text_encoder/config.json"

UNFIT = {
    "inpainting": (UNET, {"in_channels": 9}, "takes 9 channels .*inpainting"),
    "depth": (UNET, {"in_channels": 5}, "takes 5 channels .*reads depths"),
    "distilled": (UNET, {"time_cond_proj_dim": 256}, "a distilled model, such as LCM"),
    "XL": (UNET, {"addition_embed_type": "text_time"}, "an XL model"),
    "classes": (UNET, {"num_class_embeds": 1000}, "takes a class beside the words"),
    "other words": (TEXT, {"hidden_size": 1024}, "reads words of 32 .* gives 1024"),
    "other pipeline": (INDEX, {"_class_name": "StableDiffusionInpaintPipeline"}, "InpaintPipeline"),
    "own pipeline": (INDEX, {"_class_name": ["pipeline", "Mine"]}, "pipeline of its own"),
    "own code": (INDEX, {"unet": ["my_unet", "MyUNet"]}, "brings its own code for unet"),
    "other class": (INDEX, {"unet": ["diffusers", "Flux"]}, "has a Flux as its unet"),
    "unknown class": (INDEX, {"vae": ["diffusers", None]}, "has a None as its vae"),
    "unknown scheduler": (INDEX, {"scheduler": ["diffusers", "NoScheduler"]}, "has a NoScheduler"),
    "other part": (INDEX, {"prior": ["diffusers", "PriorTransformer"]}, "as its prior"),
    "no U-Net": (INDEX, {"unet": [None, None]}, "has no unet in its model_index.json"),
}


@pytest.mark.parametrize("case", UNFIT)
def test_nothing_large_is_fetched_of_what_cannot_run(case: str, world: World) -> None:
    path, change, message = UNFIT[case]
    world.change(path, **change)
    with pytest.raises(ValueError, match=f"model: .*{OLD} .*{message}"):
        world.load()
    assert world.hub.bytes_sent_for(".safetensors") == []


@pytest.mark.parametrize("case", UNFIT)
def test_nothing_is_read_of_a_folder_that_cannot_run(
    case: str, models, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, change, message = UNFIT[case]
    for name, content in models[OLD].items():
        if name.endswith(".json") or name == path:
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_bytes(content)
    changed = json.loads((tmp_path / path).read_bytes()) | change
    (tmp_path / path).write_text(json.dumps(changed), encoding="utf-8")
    monkeypatch.setattr(networks, "read", lambda *_: pytest.fail("the weights were read"))
    with pytest.raises(ValueError, match=message):
        loading.load(tmp_path, device="cpu")


def test_a_configuration_without_values_means_the_librarys_own() -> None:
    assert misfit({}, {}) is None
    assert misfit({"in_channels": 4, "time_cond_proj_dim": None}, {"latent_channels": 4}) is None


@pytest.mark.parametrize("content", [b"[]", b"{", b"\xff", b"[" * 100_000])
def test_a_damaged_configuration_is_told(models, tmp_path: Path, content: bytes) -> None:
    for name in (INDEX, UNET, TEXT):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(models[OLD][name])
    (tmp_path / UNET).write_bytes(content)
    with pytest.raises((ValueError, OSError), match=f"{UNET} .*is damaged"):
        loading.load(tmp_path, device="cpu")
