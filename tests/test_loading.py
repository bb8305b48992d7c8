"""Names to pipelines: what loads, what is refused, and that loading is silent."""

from __future__ import annotations

from pathlib import Path

import diffusers
import pytest
import torch
import transformers
from torch.testing import assert_close

from helpers import loading


@pytest.fixture(scope="module")
def folder(make_random_pipe, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved pipeline in diffusers' own layout."""
    path = tmp_path_factory.mktemp("models") / "random"
    make_random_pipe().save_pretrained(path)
    return path


def test_a_folder_loads_with_the_same_weights(folder: Path, tiny_random_pipe) -> None:
    pipe = loading.load(folder, device="cpu")
    assert type(pipe) is diffusers.StableDiffusionPipeline
    for name in ("unet", "vae", "text_encoder"):
        part = getattr(pipe, name)
        assert part.dtype == torch.float32 and not part.training
        assert_close(part.state_dict(), getattr(tiny_random_pipe, name).state_dict())
    text = "a castle at night"
    assert pipe.tokenizer(text).input_ids == tiny_random_pipe.tokenizer(text).input_ids
    assert pipe.scheduler.config.prediction_type == "v_prediction"


def test_a_folder_may_be_given_as_text(folder: Path) -> None:
    assert loading.load(str(folder), device="cpu").name_or_path == str(folder)


def test_the_name_tiny_means_the_embedded_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "TINY", folder)
    assert loading.load("tiny", device="cpu").name_or_path == str(folder)


def test_precision_can_be_chosen(folder: Path) -> None:
    pipe = loading.load(folder, device="cpu", dtype="bfloat16")
    assert {pipe.unet.dtype, pipe.vae.dtype, pipe.text_encoder.dtype} == {torch.bfloat16}


def test_half_precision_prefers_half_size_files(
    make_random_pipe, folder: Path, tmp_path: Path
) -> None:
    pipe = make_random_pipe()
    with torch.no_grad():
        pipe.unet.conv_in.weight.fill_(0.5)  # tells the variant from the full-size files
    pipe.save_pretrained(tmp_path, variant="fp16")
    assert (tmp_path / "unet" / "diffusion_pytorch_model.fp16.safetensors").is_file()
    loaded = loading.load(tmp_path, device="cpu", dtype="float16")
    assert loaded.unet.dtype == torch.float16 and bool((loaded.unet.conv_in.weight == 0.5).all())
    plain = loading.load(folder, device="cpu", dtype="float16")  # has no variant
    assert plain.unet.dtype == torch.float16


def test_loading_says_nothing(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    pipe = loading.load(folder, device="cpu")
    pipe("a castle", num_inference_steps=1, output_type="latent")
    assert capfd.readouterr() == ("", "")


def test_the_libraries_speak_again_afterwards(folder: Path) -> None:
    libraries = diffusers.utils.logging, transformers.utils.logging
    before = [(lib.get_verbosity(), lib.is_progress_bar_enabled()) for lib in libraries]
    loading.load(folder, device="cpu")
    with pytest.raises(KeyboardInterrupt), loading.quiet():
        assert not any(lib.is_progress_bar_enabled() for lib in libraries)
        raise KeyboardInterrupt
    after = [(lib.get_verbosity(), lib.is_progress_bar_enabled()) for lib in libraries]
    assert after == before == [(before[0][0], True), (before[1][0], True)]


def test_only_safetensors_are_read(make_random_pipe, tmp_path: Path) -> None:
    make_random_pipe().save_pretrained(tmp_path, safe_serialization=False)
    assert list(tmp_path.rglob("*.bin"))
    with pytest.raises(OSError, match="safetensors"):
        loading.load(tmp_path, device="cpu")


WRONG = [
    ("tyni", ValueError, 'no known name, no folder and no hub id; did you mean "tiny"'),
    ("stable diffusion 1.4", ValueError, 'did you mean "CompVis/stable-diffusion-v1-4"'),
    ("./missing/folder/x", ValueError, "no known name, no folder and no hub id. Allowed are"),
    (Path("missing/folder"), ValueError, "no known name, no folder"),
    ("runwayml/stable-diffusion-v1-5", ValueError, "was taken down.*use .stable-diffusion-v1-5/"),
    ("stabilityai/stable-diffusion-2-1", ValueError, "was taken down"),
    (None, TypeError, "model must be a name, a folder or a hub id, got NoneType"),
]


@pytest.mark.parametrize(("model", "error", "message"), WRONG)
def test_what_cannot_be_loaded_is_told(model: object, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        loading.load(model, device="cpu")


def test_a_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="holds no model_index.json"):
        loading.load(tmp_path, device="cpu")


def test_an_incomplete_clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "TINY", tmp_path)
    with pytest.raises(ValueError, match='files of "tiny" are missing.*fetch the repository again'):
        loading.load()


def test_a_hub_id_goes_to_the_hub(make_random_pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a network: what is asked for, and that it is allowed to be downloaded."""
    asked: dict[str, object] = {}

    def from_pretrained(source: str, **options: object) -> object:
        asked.update(options, source=source)
        return make_random_pipe()

    monkeypatch.setattr(loading.StableDiffusionPipeline, "from_pretrained", from_pretrained)
    loading.load("CompVis/stable-diffusion-v1-4", device="cpu")
    assert asked == {
        "source": "CompVis/stable-diffusion-v1-4",
        "dtype": torch.float32,
        "use_safetensors": True,
        "local_files_only": False,
    }
