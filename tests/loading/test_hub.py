"""Models from the hub: the real client against a local server, every layout and every fault."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
import warnings
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path

import huggingface_hub
import pytest
import torch
from huggingface_hub import constants
from safetensors.torch import load as tensors_in
from torch.testing import assert_close

from helpers import loading
from helpers.loading import faults, hub

from .hub_models import UNET
from .hub_server import Faults, Repository
from .worlds import OLD, SHARDED, World, use

ROOT = Path(__file__).parents[2]


# What loads


def test_an_old_model_arrives_complete_and_exact(world: World, models) -> None:
    pipe = world.load("sd-1.4")
    expected = {name: hub_tensors(models[OLD], name) for name in ("unet", "vae")}
    for name, tensors in expected.items():
        assert_close(dict(getattr(pipe, name).state_dict()), tensors, rtol=0, atol=0)
    text = hub_tensors(models[OLD], "text_encoder")
    own = pipe.text_encoder.state_dict()
    old = {k.removeprefix("text_model."): v for k, v in text.items() if "position_ids" not in k}
    assert_close(dict(own), old, rtol=0, atol=0)
    assert bool((pipe.safety_checker.concept_embeds_weights == 2.0).all())
    assert pipe.name_or_path == OLD and len(pipe.tokenizer) == pipe.text_encoder.config.vocab_size
    assert type(pipe.scheduler).__name__ == "DPMSolverMultistepScheduler"
    assert pipe.scheduler.config.steps_offset == 1


def hub_tensors(files: dict[str, bytes], part: str) -> dict[str, torch.Tensor]:
    """Tensors of a part's full-size weights."""
    names = (path for path in files if path.startswith(part) and path.endswith("model.safetensors"))
    return tensors_in(files[next(names)])


def test_the_safety_checker_has_its_published_weights(world: World, models) -> None:
    checker = world.load("sd-1.4").safety_checker
    for key, tensor in hub_tensors(models[OLD], "safety_checker").items():
        own = checker.state_dict()[key.replace("vision_model.vision_model.", "vision_model.")]
        assert torch.equal(own, tensor), key


def test_only_what_is_read_is_fetched(world: World) -> None:
    world.load("sd-1.4", dtype="float16")
    fetched = {path for method, path, _ in world.hub.asked if method == "GET"}
    weights = sorted(path for path in fetched if "/content/" in path)
    assert len(weights) == 4 and all(path.endswith(".fp16.safetensors") for path in weights)
    assert not [p for p in fetched if p.endswith((".bin", ".ckpt", ".msgpack", ".md"))]
    assert not [p for p in fetched if "non_ema" in p]


def test_a_second_load_fetches_nothing(world: World) -> None:
    world.load("sd-1.4")
    world.hub.asked.clear()
    world.load("sd-1.4")
    assert [path for _, path, _ in world.hub.asked if not path.startswith("/api/")] == []


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_shards_are_put_together(world: World, models, make_random_pipe, dtype: str) -> None:
    pipe = world.load(SHARDED, dtype=dtype)
    assert pipe.unet.dtype == getattr(torch, dtype)
    expected = {key: value.half() for key, value in make_random_pipe().unet.state_dict().items()}
    found = {key: value.half() for key, value in pipe.unet.state_dict().items()}
    assert_close(found, expected, rtol=0, atol=0)
    assert type(pipe.scheduler).__name__ == "DPMSolverMultistepScheduler"


def test_an_id_that_was_taken_down_leads_to_its_copy(world: World, models) -> None:
    world.hub.repositories["sd-legacy/stable-diffusion-v1-5"] = Repository(models[SHARDED])
    with pytest.warns(UserWarning) as said:
        pipe = world.load("runwayml/stable-diffusion-v1-5", dtype="float16")
    assert pipe.name_or_path == "sd-legacy/stable-diffusion-v1-5"
    told = " / ".join(str(warning.message) for warning in said)
    assert "stable-diffusion-v1-5/stable-diffusion-v1-5 cannot be seen on the hub" in told
    assert "runwayml/stable-diffusion-v1-5 was taken down from the hub; its copy" in told
    assert {Path(warning.filename).name for warning in said} == {"worlds.py"}  # who called load


def test_a_cut_connection_is_resumed_where_it_broke(world: World, monkeypatch) -> None:
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 500)
    world.hub.faults = Faults(cut=1000, cuts_left=1)
    pipe = world.load("sd-1.4", dtype="float16")
    assert pipe.unet.dtype == torch.float16
    ranges = [ranges for ranges in world.hub.bytes_sent_for(".safetensors") if ranges]
    assert ranges == ["bytes=1000-"]


def test_after_a_broken_download_only_the_rest_is_fetched(world: World) -> None:
    world.hub.faults = Faults(cut=100, cuts_left=10**6)
    with pytest.raises(ConnectionError, match="out of reach"):
        world.load("sd-1.4", dtype="float16")
    arrived = world.arrived()
    assert "model_index.json" in arrived and not any("safetensors" in file for file in arrived)
    world.hub.faults = Faults()
    world.hub.asked.clear()
    assert world.load("sd-1.4", dtype="float16").text_encoder.dtype == torch.float16
    again = [path for method, path, _ in world.hub.asked if method == "GET"]
    assert not [file for file in arrived if any(path.endswith(f"/{file}") for path in again)]


def test_without_a_network_the_cache_is_used_and_told(world: World) -> None:
    world.load("sd-1.4")
    world.hub.faults = Faults(status=503)
    with pytest.warns(UserWarning, match="taken from this machine's cache: the hub cannot answer"):
        world.load("sd-1.4")
    world.hub.faults = Faults()
    del world.hub.repositories[OLD]
    with pytest.warns(UserWarning, match="cache: .*cannot be seen on the hub"):
        world.load(OLD)


def test_the_environment_is_enough_for_the_real_client(world: World, tmp_path: Path) -> None:
    """A fresh Python, with nothing patched, told by HF_ENDPOINT alone; it also draws."""
    code = (
        "import warnings; warnings.simplefilter('ignore')\n"
        "from helpers import generate, load\n"
        "pipe = load('sd-1.4', device='cpu')\n"
        "run = generate(pipe, 'a castle', steps=2, progress=False)\n"
        "print(pipe.name_or_path, len(run), tuple(run.images.shape))\n"
    )
    environment = {name: value for name, value in os.environ.items() if name != "HF_HUB_OFFLINE"}
    environment |= {"HF_ENDPOINT": world.address, "HF_HOME": str(tmp_path / "home")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, encoding="utf-8", env=environment, cwd=ROOT, check=True,
    )  # fmt: skip
    assert done.stdout == f"{OLD} 2 (1, 3, 32, 32)\n"
    assert (tmp_path / "home" / "hub" / "models--CompVis--stable-diffusion-v1-4").is_dir()


# What does not load: each fault, provoked, and what is said

Provoke = Callable[[World, pytest.MonkeyPatch], object]
FAULTS: dict[str, tuple[Provoke, type[Exception], str]] = {}
"""Name -> (what goes wrong, class of the error, what its message must hold)."""


def fault(name: str, kind: type[Exception], message: str) -> Callable[[Provoke], Provoke]:
    """Puts a fault on the list."""

    def add(provoke: Provoke) -> Provoke:
        FAULTS[name] = (provoke, kind, message)
        return provoke

    return add


@fault("no network", ConnectionError, "out of reach .*check the network and load again")
def no_network(world: World, patch: pytest.MonkeyPatch) -> None:
    use(patch, "http://127.0.0.1:9", world.cache)  # nothing listens there
    world.load()


@fault("offline mode, never fetched", ConnectionError, "not on this machine.*unset HF_HUB_OFFLINE")
def offline(world: World, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(constants, "HF_HUB_OFFLINE", True)
    world.load()


@fault("offline mode, half fetched", ConnectionError, "was broken off: what has arrived is kept")
def offline_half(world: World, patch: pytest.MonkeyPatch) -> None:
    huggingface_hub.hf_hub_download(OLD, "model_index.json")
    patch.setattr(constants, "HF_HUB_OFFLINE", True)
    world.load()


@fault("taken down (the hub says 401)", FileNotFoundError, "taken down, is private, or is misspelt")
def taken_down(world: World, patch: pytest.MonkeyPatch) -> None:
    del world.hub.repositories[OLD]
    world.load()


@fault("unknown, with a token (404)", FileNotFoundError, "someone/nothing cannot be seen")
def unknown(world: World, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("HF_TOKEN", "hf_right")
    world.load("someone/nothing")


@fault("disabled", FileNotFoundError, "disabled by the hub; use another")
def disabled(world: World, patch: pytest.MonkeyPatch) -> None:
    world.hub.repositories[OLD].refuse = (403, "", "Access to this resource is disabled.")
    world.load()


@fault("gated", PermissionError, f"is gated: open .*/{OLD}, accept its conditions.*login")
def gated(world: World, patch: pytest.MonkeyPatch) -> None:
    world.hub.repositories[OLD].refuse = (401, "GatedRepo", "Access to this model is restricted")
    world.load()


@fault("wrong token", PermissionError, "refuses your access token.*logout.*HF_TOKEN")
def wrong_token(world: World, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("HF_TOKEN", "hf_wrong")
    world.hub.faults = Faults(tokens={"hf_right"})
    world.load()


@fault("token without the right", PermissionError, "forbids .* with your access token")
def weak_token(world: World, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("HF_TOKEN", "hf_weak")
    world.hub.repositories[OLD].refuse = (403, "", "not allowed")
    world.load()


@fault("too many requests", ConnectionError, "too many requests.*class rooms.*log in")
def too_many(world: World, patch: pytest.MonkeyPatch) -> None:
    world.hub.faults = Faults(status=429)
    world.load()


@fault("hub out of order", ConnectionError, r"cannot answer now \(HTTP 500\)")
def out_of_order(world: World, patch: pytest.MonkeyPatch) -> None:
    world.hub.faults = Faults(status=500)
    world.load()


@fault("no answer", ConnectionError, r"out of reach \(\w*Timeout\)")
def no_answer(world: World, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(constants, "HF_HUB_ETAG_TIMEOUT", 0.3)
    world.hub.faults = Faults(seconds=30)
    world.load()


@fault("log-in page of a network", ConnectionError, "answered in the hub's place.*open a web page")
def captive(world: World, patch: pytest.MonkeyPatch) -> None:
    world.hub.faults = Faults(page="<html>Welcome to the guest network</html>")
    world.load()


@fault("broken secure connection", ConnectionError, "secure connection .*SSL_CERT_FILE")
def insecure(world: World, patch: pytest.MonkeyPatch) -> None:
    use(patch, world.address.replace("http:", "https:"), world.cache)  # the server speaks no TLS
    world.load()


@fault("connection cut again and again", ConnectionError, "out of reach.*what has arrived is kept")
def cut(world: World, patch: pytest.MonkeyPatch) -> None:
    world.hub.faults = Faults(cut=100, cuts_left=10**6)
    world.load()


Usage = namedtuple("Usage", "total used free")


@fault("disk too small", OSError, r"takes 0\.0 GB, and the disk of .* has 0\.2 GB left.*HF_HOME")
def too_small(world: World, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(shutil, "disk_usage", lambda path: Usage(10**12, 10**12, 2 * 10**8))
    world.load()


@fault("disk full in the middle", OSError, "filled up while .*files that have arrived are kept")
def full(world: World, patch: pytest.MonkeyPatch) -> None:
    real = huggingface_hub.file_download.http_get

    def http_get(url: str, temp_file: object, **options: object) -> None:
        if url.endswith(".safetensors"):
            temp_file.write(b"the first bytes")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(url, temp_file, **options)

    patch.setattr(huggingface_hub.file_download, "http_get", http_get)
    world.load()


@fault("changed on its way", OSError, "damaged, and therefore removed from the cache: .*load again")
def changed(world: World, patch: pytest.MonkeyPatch) -> None:
    world.hub.faults = Faults(flip=True)
    world.load()


@fault("cut off in the cache", OSError, f"removed from the cache: {UNET}.safetensors; load again")
def cut_off(world: World, patch: pytest.MonkeyPatch) -> None:
    world.load()
    unet = next(world.cache.rglob(f"snapshots/*/{UNET}.safetensors")).resolve()
    unet.write_bytes(unet.read_bytes()[:-100])
    world.load()


@fault(
    "only files that can run code", FileNotFoundError, r"its unet only .*in a format .*\(\.bin\)"
)
def only_bin(world: World, patch: pytest.MonkeyPatch) -> None:
    files = world.hub.repositories[OLD].files
    for size in (".safetensors", ".fp16.safetensors"):
        del files[UNET + size]
    world.load()


@fault("not a pipeline", ValueError, "holds no model_index.json.*hf_hub_download")
def no_pipeline(world: World, patch: pytest.MonkeyPatch) -> None:
    del world.hub.repositories[OLD].files["model_index.json"]
    world.load()


@fault("Stable Diffusion XL", ValueError, "is a Stable Diffusion XL .*1.x and 2.x")
def extra_large(world: World, patch: pytest.MonkeyPatch) -> None:
    files = world.hub.repositories[OLD].files
    index = json.loads(files["model_index.json"]) | {"_class_name": "StableDiffusionXLPipeline"}
    files["model_index.json"] = json.dumps(index).encode()
    world.load()


@fault("brings its own code", ValueError, "its own code for unet.*never run")
def own_code(world: World, patch: pytest.MonkeyPatch) -> None:
    files = world.hub.repositories[OLD].files
    index = json.loads(files["model_index.json"]) | {"unet": ["my_unet", "MyUNet"]}
    files["model_index.json"] = json.dumps(index).encode()
    world.load()


@fault("no graphics card in Colab", ValueError, "Change runtime type.*T4 GPU")
def colab(world: World, patch: pytest.MonkeyPatch) -> None:
    patch.setitem(sys.modules, "google.colab", object())
    patch.setattr(torch.cuda, "is_available", lambda: False)
    patch.setattr(torch.backends.mps, "is_available", lambda: False)
    loading.load("sd-1.4")


TOLD: dict[str, str] = {}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_told(name: str, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    provoke, kind, message = FAULTS[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the client's own on the disk
        with pytest.raises(kind, match=message) as raised:
            provoke(world, monkeypatch)
    TOLD[name] = str(raised.value)
    assert "Traceback" not in TOLD[name] and len(TOLD[name]) < 500


def test_twenty_faults_are_told_apart(capsys: pytest.CaptureFixture[str]) -> None:
    """The list, in the output of the tests. It needs the tests before it."""
    if len(TOLD) < len(FAULTS):
        pytest.skip("only when all tests of this file run, and pass")
    assert len(set(TOLD.values())) == len(FAULTS) >= 20
    with capsys.disabled():
        print(f"\n{len(TOLD)} faults provoked, {len(TOLD)} clear messages:")
        for number, (name, message) in enumerate(TOLD.items(), 1):
            print(f"{number:3}. {name}: {message}")


def test_nothing_large_is_fetched_of_what_is_refused(world: World, monkeypatch) -> None:
    with pytest.raises(ValueError, match="XL"):
        extra_large(world, monkeypatch)
    assert world.hub.bytes_sent_for(".safetensors") == []


def test_a_damaged_file_comes_anew_with_the_next_load(world: World, monkeypatch) -> None:
    with pytest.raises(OSError, match="removed"):
        cut_off(world, monkeypatch)
    world.hub.asked.clear()
    world.load()
    assert len(world.hub.bytes_sent_for(".safetensors")) == 1


def test_a_damaged_file_of_ones_own_stays(world: World, tmp_path: Path, models) -> None:
    folder = tmp_path / "own"
    for path, content in models[OLD].items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    file = folder / f"{UNET}.safetensors"
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(OSError, match=f"{UNET}.safetensors in .* is damaged.*put a good copy"):
        world.load(str(folder))
    assert file.exists()


NOT_THE_HUBS = {
    "a folder of the same name": ("own/snapshots/m", "own/elsewhere"),
    "a link to a file of one's own": ("cache/models--a--b/snapshots/m", "own/elsewhere"),
    "another model's file": ("cache/models--a--b/snapshots/m", "cache/models--a--c/blobs/1"),
    "a file of one's own in the cache": ("cache/models--a--b/snapshots/m", None),
}


@pytest.mark.skipif(os.name != "posix", reason="Windows may have no links")
@pytest.mark.parametrize("name", NOT_THE_HUBS)
def test_only_what_the_hub_put_into_its_cache_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    place, target = NOT_THE_HUBS[name]
    folder, file = tmp_path / place, tmp_path / place / "model_index.json"
    folder.mkdir(parents=True)
    if target:
        (tmp_path / target).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / target).write_text('{"a typo"', encoding="utf-8")
        file.symlink_to(tmp_path / target)
    else:
        file.write_text('{"a typo"', encoding="utf-8")
    with pytest.raises(OSError, match=r"model_index.json in .* is damaged.*put a good copy there"):
        hub.discard_damaged(folder, ["model_index.json"])
    assert file.read_text(encoding="utf-8") == '{"a typo"'


def test_without_links_the_cache_holds_the_files_themselves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(hub, "are_symlinks_supported", lambda cache: False)
    file = tmp_path / "models--a--b" / "snapshots" / "m" / "model_index.json"
    file.parent.mkdir(parents=True)
    file.write_text('{"cut off', encoding="utf-8")
    with pytest.raises(OSError, match=r"removed from the cache: model_index.json; load again"):
        hub.discard_damaged(file.parent, [file.name])
    assert not file.exists()


def test_what_nobody_foresaw_is_told_too() -> None:
    told = faults.explained(OSError("a new\nkind of fault"), OLD)
    assert str(told) == f"{OLD} could not be fetched: a new kind of fault; try again later"
