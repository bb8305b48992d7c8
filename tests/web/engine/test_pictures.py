"""The engine in a browser draws what Python draws, step by step: latents to 1e-3, pictures to
2/255 on average; on the processor, and on a graphics card."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

import pytest
import torch
from PIL import Image
from torch.testing import assert_close

from helpers.attention import capture_attention, word_map
from helpers.loading import load
from helpers.sampling import generate
from helpers.sampling.settings import start_to_json
from helpers.sampling.start import Start

from .browser import chromium, told_by
from .building import bundle, evaluated, furnish

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


ON_A_CARD = [Case("tiny", *PROMPTS[1], "7", "dpm++", 2, 1.0)]
"""One, for the card is software here and takes seconds for a step; it asks every network."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """What the page is served from."""
    chromium()
    folder = tmp_path_factory.mktemp("page")
    furnish(folder)
    bundle("testing/page.ts", folder / "page.js", "esm")
    (folder / "page.html").write_text(PAGE, encoding="utf-8")
    for name, cases in (("cases", CASES), ("card", ON_A_CARD)):
        text = json.dumps([as_asked(case) for case in cases])
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def told(folder, tmp_path_factory):
    """What the page told of each case."""
    return told_by(folder, "page.html?wasm&cases.json", tmp_path_factory.mktemp("profile"))


@pytest.fixture(scope="module")
def told_by_card(folder, tmp_path_factory):
    """The same of a page that computes on a graphics card."""
    profile = tmp_path_factory.mktemp("profile")
    told = told_by(folder, "page.html?webgpu&card.json", profile)
    if not told["card"]:
        pytest.skip("this Chromium lets a page have no graphics card")
    return told


@pytest.mark.parametrize("number", range(len(CASES)))
def test_a_run_in_the_browser_is_pythons(told, number):
    check(CASES[number], told[str(number)])


@pytest.mark.parametrize("number", range(len(ON_A_CARD)))
def test_a_run_on_a_graphics_card_is_pythons(told_by_card, number):
    check(ON_A_CARD[number], told_by_card[str(number)])


FAKE = """
const card = CARD, made = [];
let inside = 0;
const session = (provider, which) => {
  const one = { provider, outputNames: ["a", "b"], released: 0,
    run: async () => {
      if (inside++) throw new Error("two at once");
      await new Promise((resume) => setTimeout(resume, 5));
      inside--;
      return { a: { data: Float32Array.of(1, -2) },
        b: { data: Float32Array.of(provider === "wasm" ? 100 : card[which], 0) } };
    },
    release: async () => { one.released++; } };
  made.push(one);
  return one;
};
let graphs = {};
const ort = { Tensor: class {}, env: { wasm: {} }, InferenceSession: {
  create: async (name, { executionProviders: [provider] }) =>
    session(provider, graphs[provider] = (graphs[provider] ?? -1) + 1) } };
const index = { tokenizer: { length: 77 }, latents: [4, 16, 16], pixels: 128 };
const networks = new engine.OnnxNetworks({ ort, provider: PROVIDER }, index,
  async () => new Uint8Array(4));
const decoded = () => networks.decode(new Float32Array(1024));
const told = [decoded(), decoded(), networks.words(new Int32Array(77))];
const failed = (await Promise.allSettled(told)).map(({ reason }) => reason?.message ?? "");
return { failed, made: made.map(({ provider, released }) => [provider, released]) };
"""
"""Two questions to one network and one to another, all at once; the card answers them so."""

ASKED_BOTH = [["webgpu", 0], ["wasm", 1], ["webgpu", 0], ["wasm", 1]]


@pytest.mark.parametrize(
    ("provider", "card", "failed", "made"),
    [
        ("wasm", "[7, 7]", ["", "", ""], [["wasm", 0], ["wasm", 0]]),
        ("webgpu", "[100.09, 100]", ["", "", ""], ASKED_BOTH),
        ("webgpu", "[100, 100.2]", ["", "", "text_encoder: off by 2.0e-3"], ASKED_BOTH),
        ("webgpu", "[100, NaN]", ["", "", "text_encoder: off by NaN"], ASKED_BOTH),
    ],
)
def test_a_card_that_computes_something_else_is_found_out(tmp_path, provider, card, failed, made):
    """The processor is asked once whether a card is right, and by nobody whether it is itself."""
    code = FAKE.replace("CARD", card).replace("PROVIDER", json.dumps(provider))
    assert evaluated("networks.ts", code, tmp_path) == {"failed": failed, "made": made}


def check(case: Case, found: dict[str, Any]) -> None:
    """Every step, the latents and the picture are Python's."""
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
