"""Faults whose causes were told wrongly once, and secrets that must not be shown."""

from __future__ import annotations

import logging
import shutil
import traceback
import warnings

import huggingface_hub
import pytest
from huggingface_hub import constants

from helpers.loading import faults

from .hub_models import UNET
from .hub_server import Faults, Repository
from .worlds import OLD, World, use

SECRET = "s3cret"


# Variants


@pytest.mark.parametrize("variant", ["bf16", "non_ema"])
def test_weights_in_another_variant_only(world: World, variant: str) -> None:
    files = world.hub.repositories[OLD].files
    for path in [path for path in files if path.startswith(UNET)]:
        del files[path]
    files[f"{UNET}.{variant}.safetensors"] = b"weights"
    step = f"variant='{variant}', use_safetensors=True.*and load \"plain\""
    with pytest.raises(FileNotFoundError, match=f"unet only as the variant '{variant}'.*{step}"):
        world.load()


def test_weights_for_another_library_only(world: World) -> None:
    files = world.hub.repositories[OLD].files
    for path in [path for path in files if path.startswith(UNET)]:
        del files[path]
    with pytest.raises(FileNotFoundError, match=r"unet only for another library \(.msgpack\)"):
        world.load()


def test_a_lora_on_the_hub_is_told(world: World) -> None:
    files = {"pytorch_lora_weights.safetensors": b"few weights"}
    world.hub.repositories["someone/style"] = Repository(files)
    with pytest.raises(ValueError, match="someone/style is a LoRA: .*lora="):
        world.load("someone/style")


# Offline


@pytest.fixture
def offline(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The old model is in the cache, and offline mode is on."""
    world.load()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(faults, "GO_ONLINE", "unset HF_HUB_OFFLINE")
    return world


def test_offline_with_all_files_is_no_fault(offline: World) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert offline.load().name_or_path == OLD


def test_offline_with_files_missing(offline: World) -> None:
    for path in offline.cache.rglob(f"snapshots/*/{UNET}*.safetensors"):
        path.unlink()
    with pytest.raises(ConnectionError, match="only in part, and offline mode.*files of unet are"):
        offline.load()


def test_offline_with_the_content_gone(offline: World) -> None:
    """Someone emptied the store that the names lead to."""
    shutil.rmtree(next(offline.cache.glob("models--*/blobs")))
    with pytest.raises(ConnectionError, match="not on this machine|only in part"):
        offline.load()


@pytest.mark.parametrize("name", ["model_index.json", "unet/config.json", f"{UNET}.safetensors"])
def test_offline_with_a_damaged_file(offline: World, name: str) -> None:
    file = next(offline.cache.rglob(f"snapshots/*/{name}")).resolve()
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(OSError, match=f"removed from the cache: {name}; load again with a network"):
        offline.load()


def test_a_damaged_index_comes_anew(world: World) -> None:
    world.load()
    file = next(world.cache.rglob("snapshots/*/model_index.json")).resolve()
    file.write_bytes(b"")
    with pytest.raises(OSError, match="removed from the cache: model_index.json; load again, and"):
        world.load()
    assert world.load().name_or_path == OLD


def test_offline_the_copy_in_the_cache_is_used(world: World, monkeypatch) -> None:
    """It was fetched when the first repository was gone."""
    copy = "sd-legacy/stable-diffusion-v1-5"
    world.hub.repositories[copy] = world.hub.repositories[OLD]
    with pytest.warns(UserWarning, match=f"{copy} is used instead"):
        world.load("sd-1.5")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert world.load("sd-1.5").name_or_path == copy


def test_a_cache_that_is_no_folder(world: World) -> None:
    world.cache.write_bytes(b"a file")
    with pytest.raises(PermissionError, match="cannot be written to .*set HF_HOME to a folder"):
        world.load()


# Tokens


@pytest.mark.parametrize("token", ["hf_schlüssel", "hf_long—dash", "hf_two\nlines", "hf_nul\0"])
def test_a_token_that_no_request_can_carry(world: World, monkeypatch, token: str) -> None:
    monkeypatch.setattr("huggingface_hub.utils._auth._get_token_from_environment", lambda: token)
    with pytest.raises(PermissionError, match="signs that no token has.*unset HF_TOKEN") as raised:
        world.load()
    assert token not in shown(raised.value)


def test_a_token_file_of_another_program(world: World) -> None:
    world.cache.mkdir()
    (world.cache / "token").write_bytes(b"\xff\xfeh\0f\0")
    with pytest.raises(PermissionError, match="signs that no token has"):
        world.load()


@pytest.mark.parametrize("token", ["hf_right\n", " hf_right\r\n"])
def test_a_line_end_after_a_token_is_no_fault(world: World, monkeypatch, token: str) -> None:
    monkeypatch.setenv("HF_TOKEN", token)
    world.hub.faults = Faults(tokens={"hf_right"})
    assert world.load().name_or_path == OLD


# Secrets in addresses


def shown(error: BaseException) -> str:
    """All that Python prints of an error."""
    return "".join(traceback.format_exception(error))


@pytest.mark.parametrize("fault", ["nobody listens", "out of order", "unknown", "a page", "cut"])
def test_a_password_in_the_address_is_never_shown(
    world: World, monkeypatch, fault: str, capfd, caplog: pytest.LogCaptureFixture
) -> None:
    port = 9 if fault == "nobody listens" else world.address.rsplit(":")[-1]
    use(monkeypatch, f"http://me:{SECRET}@127.0.0.1:{port}", world.cache)
    if fault == "out of order":
        world.hub.faults = Faults(status=503)
    if fault == "a page":
        world.hub.faults = Faults(page="<html>")
    if fault == "cut":
        world.hub.faults = Faults(cut=100, cuts_left=10**6)
    caplog.set_level(logging.DEBUG)
    for name in ("huggingface_hub", "huggingface_hub.utils._http", "httpx"):
        monkeypatch.setattr(logging.getLogger(name), "propagate", True)
    with pytest.raises((OSError, ValueError)) as raised:
        world.load("someone/nothing" if fault == "unknown" else OLD)
    assert SECRET not in shown(raised.value)
    assert SECRET not in caplog.text and SECRET not in "".join(capfd.readouterr())


def test_a_password_is_not_in_the_warning_of_the_cache(world: World, monkeypatch) -> None:
    world.load()
    use(monkeypatch, f"http://me:{SECRET}@127.0.0.1:9", world.cache)
    with pytest.warns(UserWarning, match=r"hub at http://\*\*\*@127.0.0.1:9 is out of") as said:
        world.load()
    assert not [warning for warning in said if SECRET in str(warning.message)]


def test_masking_leaves_the_rest() -> None:
    text = "at https://me:p@ss@host/x and http://host/a@b"
    assert faults.masked(text) == "at https://***@host/x and http://host/a@b"


def test_other_causes_stay(world: World) -> None:
    """So that a fault that nobody foresaw can be looked into."""
    huggingface_hub.close_session()
    world.hub.faults = Faults(status=500)
    with pytest.raises(ConnectionError) as raised:
        world.load()
    assert raised.value.__cause__ is not None
