"""The playground in a browser, used as a reader would: what it shows, keeps and refuses."""

from __future__ import annotations

import io
import json
import re
from urllib.parse import parse_qs, urlencode

import numpy as np
import pytest
import torch
from PIL import Image

from helpers.attention import capture_attention, word_map
from helpers.decoding import to_pil
from helpers.loading import load
from helpers.records import StepRecord, Trajectory
from helpers.sampling import again, generate
from helpers.sampling.settings import read_settings

from .browser import chromium, told_by
from .building import RUNTIMES, bundle, furnish

PROMPT = 'a red tent by the sea <script>alert(1)</script> "zebra" 山'
RUN = {"model": "tiny-turbo", "prompt": PROMPT, "seed": 2**63 - 1, "steps": 2}
HASHES = [
    urlencode(RUN),
    "",
    urlencode(
        {"prompt": "<img src=x onerror=alert(1)>", "negative": "</textarea><b>", "seed": "x"}
    ),
    urlencode({"model": "<b>", "scheduler": '"><i>', "steps": "1e9", "guidance": "-1"}),
    "%%%&=&seed=%00&__proto__[x]=1",
]
MARKED = {"prompt": "<script>alert(1)</script> a lake"}
PAGE = '<!doctype html><body></body><script type="module" src="drive.js"></script>'
PLAYGROUND = """<!doctype html>
<html lang="en"><script>
Object.defineProperty(GPUAdapterInfo.prototype, "isFallbackAdapter", { value: false });
</script>
<div id="playground" data-model="model/" data-wasm="worker-wasm.js" data-webgpu="CARD"></div>
<script src="playground.js"></script></html>"""
"""Its graphics card is this browser's own software, and it does not know."""


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    chromium()
    folder = tmp_path_factory.mktemp("page")
    bundle("testing/drive.ts", folder / "drive.js", "esm")
    bundle("playground.ts", folder / "playground.js", "iife")
    furnish(folder)
    (folder / "page.html").write_text(PAGE, encoding="utf-8")
    for name, worker in (("playground", "worker-webgpu.js"), ("broken", "missing.js")):
        text = PLAYGROUND.replace("CARD", worker)
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    (folder / "hashes.json").write_text(json.dumps(HASHES), encoding="utf-8")
    x = torch.randn(1, 4, 3, 2, generator=torch.Generator().manual_seed(0))
    records = [StepRecord(k, k, 9.0, 0.5, x, x, None, x, x, x, x) for k in range(2)]
    run = Trajectory(torch.stack([x] * 3), tuple(records), torch.zeros(1, 3, 12, 8), MARKED)
    file = run.save(folder / "run.safetensors").read_bytes()
    (folder / "cut.safetensors").write_bytes(file[:-1])
    (folder / "cut.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    return told_by(folder, "page.html", tmp_path_factory.mktemp("profile"))


def test_an_address_fills_the_controls_and_a_bad_one_leaves_the_usual(told):
    usual = ["", "", "tiny", "dpm++", "0", "20", "2"]
    run, empty, markup, names, broken = (page["values"][:7] for page in told["opened"])
    assert run == [PROMPT, "", "tiny-turbo", "lcm", str(2**63 - 1), "2", "1"]
    assert empty == names == broken == usual
    assert markup == ["<img src=x onerror=alert(1)>", "</textarea><b>", *usual[2:]]


def test_what_an_address_says_never_becomes_an_element(told):
    run, *others = (page["elements"] for page in told["opened"])
    assert len(set(others)) == 1  # the same elements, whatever the address says
    assert run == others[0] + 1  # a scheduler more in the list


def test_a_recorded_run_that_is_dropped_is_replayed_and_its_prompt_stays_text(told):
    dropped = told["dropped"]
    assert dropped["status"] == f"Recorded: {MARKED['prompt']} · step 2 of 2, t = 9"
    assert dropped["sizes"] == [[8, 12], [2, 3], [2, 3]] and dropped["most"] == "1"
    assert dropped["elements"] == told["opened"][1]["elements"]


def test_a_file_that_was_cut_off_is_refused_with_a_sentence(told):
    expected = "This is no safetensors file, or one that was cut off."
    assert told["refused"]["status"] == expected


def test_an_image_that_cannot_be_read_is_refused_with_a_sentence(told):
    assert told["unreadable"]["status"].startswith("The browser cannot read this image, or ")


def test_unknown_words_are_told(told):
    warned = [page["warned"] for page in told["opened"]]
    assert warned[0].endswith("cannot draw them: script, alert, zebra.")
    assert warned[1] == ""


def test_a_run_is_shown_and_its_address_tells_it(told):
    drawn = told["drawn"]
    assert drawn["text"].startswith("Done: 2 steps in ")
    assert drawn["shown"] == {"sizes": [128, 16, 16], "slider": "1", "most": "1"}
    address = parse_qs(drawn["hash"].removeprefix("#"))
    assert address["prompt"] == [PROMPT] and address["seed"] == [str(2**63 - 1)]
    assert told["back"] == "Step 1, t = 999"


def test_places_that_look_at_a_chosen_word_stay_light(told):
    """As dark as Python's map of the word says, which the page also tells in numbers."""
    words, (red, tent, none) = told["looked"]["words"], told["looked"]["seen"]
    assert words[:3] == ["a", "red", "tent"] and words[-1] == "山"
    pipe = load("tiny-turbo")
    with capture_attention(pipe, dtype=torch.float32) as maps:
        generate(pipe, PROMPT, seed=RUN["seed"], steps=RUN["steps"], progress=False)
    for seen, chosen in ((red, 1), (tent, 2)):
        assert [number for number, on in enumerate(seen["pressed"]) if on] == [chosen]
        numbers = [float(number) for number in re.findall(r"[0-9]+\.[0-9]", seen["told"])]
        expected = [word_map(maps, words[chosen], step=step) for step in (1, None)]
        ends = [100 * float(end) for heat in expected for end in (heat.min(), heat.max())]
        assert numbers == pytest.approx(ends, abs=0.06)
        for shade, heat in zip(seen["shades"], reversed(expected), strict=True):
            dark = np.array(shade).reshape(16, 16, 4)  # over the finished picture, over the guess
            wanted = 190 * (heat.max() - heat) / (heat.max() - heat.min())
            assert not dark[..., :3].any() and np.abs(dark[..., 3] - wanted.numpy()).max() <= 2
    assert not any(none["pressed"]) and none["told"] == "" and none["shades"] == [None, None]


def test_a_second_prompt_is_drawn_beside_the_first_from_the_same_noise(told):
    compared, second = told["compared"], "a boat on a lake <b>zebu zebra</b>"
    assert compared["offered"] == PROMPT
    assert compared["warned"].endswith("cannot draw them: script, alert, zebra, b, zebu.")
    assert compared["text"].startswith("Done: 2 steps in ")
    assert compared["captions"] == [PROMPT, second]
    first, other = compared["pictures"]
    assert first == told["drawn"]["pixels"] and other != first
    assert compared["noises"][0] == compared["noises"][1]
    address = parse_qs(compared["hash"].removeprefix("#"))
    assert address["prompt"] == [PROMPT] and address["prompt2"] == [second]
    assert "prompt2" not in told["drawn"]["hash"]


def test_the_second_picture_is_saved_with_its_own_prompt(told, tmp_path):
    path = tmp_path / "saved.png"
    path.write_bytes(bytes(told["compared"]["png"]))
    settings = read_settings(path)
    assert settings["prompt"] == "a boat on a lake <b>zebu zebra</b>"
    with pytest.warns(UserWarning, match="the picture may differ a little"):
        run = again(load("tiny-turbo"), settings, progress=False)
    shown = np.array(told["compared"]["pictures"][1]).reshape(128, 128, 4)[..., :3]
    assert abs(shown - np.asarray(to_pil(run.images)[0]).astype(int)).mean() <= 2


def test_a_run_starts_from_what_is_drawn_and_python_draws_it_again(told, tmp_path):
    sketched = told["sketched"]
    assert sketched["blank"].startswith("Done: 2 steps in ")
    assert sketched["refused"].startswith("With so few steps this strength leaves no step to run.")
    assert sketched["told"].startswith("Strength 0.50")
    assert sketched["text"].startswith("Done: 1 steps in ")
    assert "data" not in sketched["hash"] and "prompt2" not in sketched["hash"]
    sketch = np.array(sketched["sketch"]).reshape(128, 128, 4)
    assert sketch[64, 64].tolist() == [216, 57, 43, 255]
    assert sketch[20, 64].tolist() == [255] * 4
    path = tmp_path / "saved.png"
    path.write_bytes(bytes(sketched["png"]))
    with pytest.warns(UserWarning, match="the picture may differ a little"):
        run = again(load("tiny-turbo"), read_settings(path), progress=False)
    shown = np.array(sketched["picture"]).reshape(128, 128, 4)[..., :3]
    assert abs(shown - np.asarray(to_pil(run.images)[0]).astype(int)).mean() <= 2


def test_the_saved_picture_is_the_one_shown_and_python_draws_it_again(told, tmp_path):
    path = tmp_path / "saved.png"
    path.write_bytes(bytes(told["saved"]))
    with Image.open(io.BytesIO(bytes(told["saved"]))) as picture:
        saved = np.asarray(picture.convert("RGB")).astype(int)
    shown = np.array(told["drawn"]["pixels"]).reshape(128, 128, 4)[..., :3]
    assert (saved == shown).all()
    with pytest.warns(UserWarning, match="the picture may differ a little"):
        run = again(load("tiny-turbo"), read_settings(path), progress=False)
    expected = np.asarray(to_pil(run.images)[0]).astype(int)
    assert abs(saved - expected).mean() <= 2


def test_a_graphics_card_draws_the_same_picture(told):
    carded = told["carded"]
    if carded is None:
        pytest.skip("this Chromium lets a page have no graphics card")
    size = round(RUNTIMES["webgpu"].stat().st_size / 1e6)
    assert carded["offered"] == ["the processor", f"the graphics card (WebGPU; {size} MB more)"]
    assert carded["text"].startswith("Done: 2 steps in ") and carded["chosen"] == "webgpu"
    assert carded["warned"] == ""
    first, drawn = (np.array(pixels) for pixels in (told["drawn"]["pixels"], carded["pixels"]))
    assert abs(first - drawn).mean() <= 2
    with Image.open(io.BytesIO(bytes(carded["png"]))) as picture:
        assert '"device":"webgpu"' in picture.text["parameters"]


def test_where_a_card_cannot_be_used_the_processor_draws_and_it_is_told(told):
    broken = told["broken"]
    if broken is None:
        pytest.skip("this Chromium lets a page have no graphics card")
    assert broken["text"].startswith("Done: 2 steps in ") and broken["chosen"] == "wasm"
    assert broken["pixels"] == told["drawn"]["pixels"]
    why = "Drawing on the graphics card did not work (missing.js cannot be run)"
    assert broken["warned"] == f"{why}, so the processor draws."
