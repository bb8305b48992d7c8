"""The engine in a browser draws what Python draws, step by step: latents to 1e-3, pictures to
2/255 on average."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from typing import Any

import pytest
import torch
from PIL import Image
from torch.testing import assert_close

from helpers.attention import capture_attention, word_map
from helpers.export_onnx import export_onnx
from helpers.loading import load
from helpers.sampling import generate
from helpers.sampling.settings import start_to_json
from helpers.sampling.start import Start

from .browser import chromium, told_by
from .building import RUNTIME, bundle

PROMPTS = (
    ("a white lighthouse on the left by the sea at dawn", "", 2.0),
    ("a red tent in a green meadow under the moon, pencil sketch", "trees", 3.5),
    ("a castle at night, snowy mountains", "", 0.5),
    ("雪の中に青い灯台がそびえ、奥に雪山がそびえる風景", "", 2.0),
    ("夕焼け、木々、湖のボート、ドット絵", "山", 7.5),
)
SEEDS = (0, 7, 2**62 + 5)
PAGE = '<!doctype html><title>engine</title><script type="module" src="page.js"></script>'


@dataclass(frozen=True)
class Case:
    """A run in the names of the engine's settings."""

    model: str
    prompt: str
    negativePrompt: str
    guidanceScale: float
    seed: str
    scheduler: str
    steps: int
    strength: float | None = None
    """Of a start from `drawing`; None for noise alone."""


CASES = [
    Case("tiny", *PROMPTS[0], "0", "dpm++", 20),  # the page also tries to stop this one
    Case("tiny", *PROMPTS[0][:2], 1.0, "0", "ddim", 4),
    Case("tiny", *PROMPTS[1], "7", "dpm++", 5, 0.8),
    Case("tiny", *PROMPTS[0], "7", "ddim", 4, 1.0),
    Case("tiny-turbo", PROMPTS[0][0], "", 1.0, "3", "lcm", 4, 0.75),
    *(Case("tiny-turbo", prompt, "", 1.0, "3", "lcm", 4) for prompt, *_ in PROMPTS),
    *(
        Case("tiny", *words, str(seed), scheduler, 4)
        for scheduler in ("dpm++", "ddim")
        for words in PROMPTS
        for seed in SEEDS
    ),
]


def drawing() -> Image.Image:
    """Colours in bands, none of them plain."""
    places = torch.arange(128)
    down, across = torch.meshgrid(places, places, indexing="ij")
    bands = torch.stack([2 * down, across + down, 255 - (across - 64).abs() * 3], -1)
    return Image.fromarray(bands.clamp(0, 255).to(torch.uint8).numpy())


def start(case: Case) -> Start | None:
    return None if case.strength is None else Start(drawing(), case.strength)


def as_asked(case: Case) -> dict[str, Any]:
    """A case for the page, its start as it stands in saved settings."""
    asked, begun = asdict(case), start(case)
    asked["start"] = None
    if begun is not None:
        told = start_to_json(begun)
        asked["start"] = {"picture": told["picture"][0], "strength": told["strength"]}
    del asked["strength"]
    return asked


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What the page told of each case."""
    pytest.importorskip("onnx", reason="export-onnx needs pip install onnx")
    chromium()
    folder = tmp_path_factory.mktemp("page")
    bundle("testing/page.ts", folder / "page.js", "esm")
    bundle("worker.ts", folder / "worker.js", "iife")
    export_onnx(folder / "model")
    shutil.copy(RUNTIME, folder / "model")
    (folder / "page.html").write_text(PAGE, encoding="utf-8")
    cases = json.dumps([as_asked(case) for case in CASES])
    (folder / "cases.json").write_text(cases, encoding="utf-8")
    return told_by(folder, "page.html", tmp_path_factory.mktemp("profile"))


@pytest.mark.parametrize("number", range(len(CASES)))
def test_a_run_in_the_browser_is_pythons(told, number):
    case, found = CASES[number], told[str(number)]
    pipe = load(case.model)
    with capture_attention(pipe, dtype=torch.float32) as maps:
        run = generate(
            pipe,
            case.prompt,
            negative_prompt=case.negativePrompt,
            guidance_scale=case.guidanceScale,
            seed=int(case.seed),
            scheduler=case.scheduler,
            steps=case.steps,
            start=start(case),
            progress=False,
        )
    assert len(found["steps"]) == len(run) == len(maps)
    for call, step in enumerate(found["steps"]):
        looks = flat(step["looks"]).unflatten(0, (77, 16, 16))
        for place in (0, 3):
            assert_close(looks[place], word_map(maps, [place], step=call), atol=1e-3, rtol=0)
    for step, record in zip(found["steps"], run, strict=True):
        assert step["t"] == record.t
        assert_close(flat(step["xT"]), record.x_t.flatten(), atol=1e-3, rtol=0)
        assert_close(flat(step["x0Hat"]), record.x0_hat.flatten(), atol=1e-3, rtol=0)
    assert_close(flat(found["latents"]), run.latents[-1].flatten(), atol=1e-3, rtol=0)
    differences = (flat(found["picture"]) - run.images.flatten()).abs()
    assert differences.mean() <= 2 / 255


def test_a_run_can_be_cancelled(told):
    assert told["cancelled"]["drawn"] is None
    assert 2 <= told["cancelled"]["steps"] < 20


def flat(numbers: list[float]) -> torch.Tensor:
    return torch.tensor(numbers, dtype=torch.float32)
