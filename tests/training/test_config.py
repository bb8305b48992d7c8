"""What a run may be told."""

from __future__ import annotations

import pytest

from helpers.training import STAGES, Sizes, TrainConfig


def test_a_run_needs_a_budget() -> None:
    with pytest.raises(ValueError, match=r"minutes=… or steps=…"):
        TrainConfig("run")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("steps", 0, "steps must be above 0, got 0"),
        ("minutes", float("nan"), "minutes must be above 0, got nan"),
        ("batch_size", -1, "batch_size must be above 0"),
        ("learning_rate", 0.0, "learning_rate must be above 0"),
        ("pictures", 0, "pictures must be above 0"),
        ("workers", -1, "workers must be 0 or more, got -1"),
        ("precision", "int8", "precision must be one of auto, no, bf16, fp16, got 'int8'"),
        ("start_from", "nowhere", "start_from=nowhere holds no model_index.json; name the folder"),
        ("freeze_encoder", True, "freeze_encoder=True keeps a trained encoder; name its model"),
        ("device", "tpu", "device must be 'auto' or 'cpu', got 'tpu'"),
    ],
)
def test_values_outside_their_range_are_refused(name: str, value: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TrainConfig("run", **{"steps": 1, name: value})


def test_the_vae_needs_four_blocks() -> None:
    with pytest.raises(ValueError, match="four widths"):
        Sizes(vae_channels=(8, 8, 8))


def test_heads_divide_the_width() -> None:
    with pytest.raises(ValueError, match="text_width=190 must be a multiple of text_heads=6"):
        Sizes(text_width=190)


def test_facts_are_plain_values() -> None:
    import json

    facts = json.loads(json.dumps(TrainConfig("run", steps=1).facts()))
    assert facts["out"] == "run"
    assert facts["sizes"]["vae_channels"] == [16, 32, 96, 128]


def test_the_package_is_light_until_used() -> None:
    import subprocess
    import sys

    code = "import sys, helpers.training.config; print('torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True
    )
    assert done.stdout.strip() == "False"
    built = ("vae", "text", "unet", "probe")
    assert STAGES == (*built, "turbo", "unet-diffusion", "unet-flow", "dit-flow")
