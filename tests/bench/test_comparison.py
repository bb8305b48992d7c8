"""The benchmark: every form of a run, ratios worked out right, and the command."""

from __future__ import annotations

import json
from importlib.util import find_spec

import pytest

import helpers.bench
from helpers import cli
from helpers.bench import Setting, bench, comparison, fullsize, onnx
from helpers.bench.comparison import Report, compare
from helpers.bench.stopwatch import Row

HAS_ONNX = all(find_spec(name) for name in onnx.PACKAGES)


@pytest.fixture(scope="module")
def report() -> Report:
    return bench(Setting("tiny", device="cpu", steps=2, size=64, batch=2, rounds=2))


def test_every_form_is_measured(report: Report) -> None:
    exported = [comparison.ONNX] if HAS_ONNX else []
    assert [row.name for row in report.rows] == [
        "usual snippet, float32",
        "bare pipeline, float32",
        "generate, float32",
        "generate with attention, float32",
        "generate, 2 at once, float32",
        *exported,
    ]
    assert all(len(row.seconds) == 2 and min(row.seconds) > 0 for row in report.rows)
    assert [row.pictures for row in report.rows] == [1, 1, 1, 1, 2, *(1 for _ in exported)]
    assert report.facts["steps"] == "5 PNDM (usual snippet), 2 DPM++ (ours)"


def test_ours_is_the_bare_pipeline_to_the_last_bit_on_the_cpu(report: Report) -> None:
    assert report.findings["generate, float32: largest difference from the bare pipeline"] == 0.0


@pytest.mark.skipif(not HAS_ONNX, reason="needs onnx and onnxruntime")
def test_onnx_runtime_makes_the_same_pictures(report: Report) -> None:
    assert report.findings[f"{comparison.ONNX}: largest difference from the bare pipeline"] < 1e-3
    assert report.findings[f"bare pipeline / {comparison.ONNX}"] > 0


def test_the_table_and_the_file_say_the_same(report: Report, tmp_path) -> None:
    report.save(tmp_path / "bench.json")
    stored = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))
    assert [row["name"] for row in stored["rows"]] == [row.name for row in report.rows]
    for name, value in stored["findings"].items():
        assert f"- {name}: {value:.4g}" in report.table()


def row(name: str, *seconds: float, first: float = 0.0) -> Row:
    return Row(name, 1, first, seconds, None)


def test_ratios_are_taken_in_pairs_and_compiling_must_pay() -> None:
    rows = [
        row("usual snippet, float32", 10.0, 20.0, 30.0),
        row("bare pipeline, float16", 1.0, 2.0, 3.0),
        row("generate, float16", 1.0, 4.0, 3.0),
        row("generate, float16, compiled", 0.5, 2.0, 1.0, first=30.0),
        row("ONNX Runtime, same steps", 0.1, 0.5, 1.0),
    ]
    found = compare({one.name: one for one in rows})
    assert found == {
        "usual snippet, float32 / generate, float16": 10.0,
        "generate, float16 / bare pipeline (cost of recording)": 1.0,
        "generate, float16 / compiled": 2.0,
        "bare pipeline / ONNX Runtime, same steps": 4.0,
        "pictures until compiling has paid": 15.0,
    }


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"model": "tiny", "random_weights": True}, 'for "sd-1.4" only, got "tiny"'),
        ({"steps": 0}, "steps must be 1 or more, got 0"),
        ({"batch": 0}, "batch must be 1 or more"),
        ({"rounds": -1}, "rounds must be 1 or more"),
    ],
)
def test_a_wrong_setting_is_refused(wrong: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Setting(**wrong)


def test_random_weights_ask_for_no_download(monkeypatch: pytest.MonkeyPatch, make_random_pipe):
    """What is measured then is the pipeline of `fullsize`, scheduler changed, checker kept."""
    monkeypatch.setattr(comparison, "load", lambda *_, **__: pytest.fail("asked for a model"))
    made = make_random_pipe(prediction_type="epsilon")
    made.scheduler = fullsize.PNDMScheduler(**fullsize.SCHEDULE)
    monkeypatch.setattr(comparison, "random_pipe", lambda device, dtype: made)
    setting = Setting("sd-1.4", random_weights=True, device="cpu", steps=1, batch=1, rounds=1)
    report = bench(setting)
    assert report.facts["model"] == "sd-1.4, full size, random weights"
    assert len(report.rows) == 4 + HAS_ONNX


def test_the_command_prints_and_stores(monkeypatch, report: Report, tmp_path, capsys) -> None:
    asked: list[Setting] = []
    monkeypatch.setattr(helpers.bench, "bench", lambda setting: asked.append(setting) or report)
    file = tmp_path / "bench.json"
    words = ["--model", "sd-1.4", "--random-weights", "--steps", "3", "--size", "256"]
    assert cli.main(["bench", *words, "--rounds", "1", "--json", str(file)]) == 0
    assert asked == [Setting("sd-1.4", random_weights=True, steps=3, size=256, rounds=1)]
    assert capsys.readouterr().out == report.table() + "\n"
    assert json.loads(file.read_text(encoding="utf-8"))["findings"] == report.findings


def test_the_command_refuses_a_missing_folder_before_it_works(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(helpers.bench, "bench", lambda setting: pytest.fail("measured"))
    assert cli.main(["bench", "--json", str(tmp_path / "no" / "bench.json")]) == 2
    assert "make it first" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["bench", "sweep"])
def test_help_describes_the_command(command: str, capsys) -> None:
    with pytest.raises(SystemExit):
        cli.main([command, "--help"])
    assert f"usage: python -m helpers {command}" in capsys.readouterr().out
