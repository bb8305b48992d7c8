"""The quality table, tried on models whose quality is known."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from helpers import landscapes
from helpers.landscapes import ATTRIBUTES
from helpers.loading import load
from helpers.training import examiner, measures, turbo
from helpers.training.data import draw
from helpers.training.evaluate import (
    alignment_rows,
    evaluate,
    guidance_rows,
    held_out_rows,
    judge_rows,
)
from helpers.training.examiner import Examiner, relative
from helpers.training.measures import memory_rows, skew_rows, vae_rows, variety_rows
from helpers.training.questions import seen_questions
from helpers.training.table import Evaluation, Row


class LabelReader:
    """A judge that is never wrong: drawings carry their labels in the first row of pixels."""

    def read(self, pictures: torch.Tensor) -> torch.Tensor:
        return (pictures[:, 0, 0, : len(landscapes.ATTRIBUTES)] * 255).round().long()

    def features(self, pictures: torch.Tensor) -> torch.Tensor:
        return pictures.flatten(1)


def signed(picture: torch.Tensor, scene: landscapes.Scene) -> torch.Tensor:
    """The picture with the scene's labels written into its first row."""
    picture = picture.clone()
    picture[:, 0, : len(landscapes.ATTRIBUTES)] = torch.tensor(scene.labels) / 255
    return picture


@pytest.fixture
def exam(monkeypatch: pytest.MonkeyPatch) -> Examiner:
    """Judge without error, real drawings signed, no model: tests set `answer` or `generate`."""
    plain = examiner.Question.drawing
    monkeypatch.setattr(examiner.Question, "drawing", lambda self: signed(plain(self), self.scene))
    pipe = SimpleNamespace(scheduler=None, config={})  # made for Stable Diffusion's 20 and 7.5
    return Examiner(pipe, LabelReader(), pictures=20)


def faithful(asked: list, guidance_scale: float = 7.5) -> torch.Tensor:
    return torch.stack([question.drawing() for question in asked])


def values(rows: list[Row]) -> dict[str, float]:
    return {row.name: row.value for row in rows}


def test_a_model_that_draws_what_is_told_gets_all_points(exam: Examiner) -> None:
    asked = seen_questions(20)
    found = values(alignment_rows(exam, asked, faithful(asked)))
    assert found == {"text alignment": 100, "weakest attribute": 100, "Japanese against English": 0}


def test_a_model_that_ignores_the_words_does_not(exam: Examiner) -> None:
    asked = seen_questions(20)
    found = values(alignment_rows(exam, asked, faithful(asked).roll(1, 0)))
    assert found["text alignment"] < 70
    assert found["weakest attribute"] < 50


def test_a_model_deaf_to_japanese_is_found_out(exam: Examiner) -> None:
    asked = seen_questions(20)
    made = faithful(asked)
    made[1::2] = made[1::2].roll(1, 0)
    assert values(alignment_rows(exam, asked, made))["Japanese against English"] < -20


def test_only_told_attributes_count() -> None:
    right = torch.tensor([[True, False], [True, False]])
    drawn, told = torch.ones(2, 2, dtype=torch.bool), torch.tensor([[True, False], [True, True]])
    assert relative(right, drawn, told) == pytest.approx(100 * 2 / 3)
    assert relative(right, drawn, ~told) == 0
    assert relative(right, ~drawn, told) != relative(right, ~drawn, told)  # nan: no comparison


def test_held_out_pairs_need_both_halves(exam: Examiner) -> None:
    exam.answer = faithful
    assert values(held_out_rows(exam)) == {"held-out combinations": 100}

    def half(asked: list, guidance_scale: float = 7.5) -> torch.Tensor:
        made = faithful(asked)
        for picture, question in zip(made, asked, strict=True):
            for pair in landscapes.HELD_OUT:  # one attribute of each pair is wrong
                if pair.items() <= asdict(question.scene).items():
                    picture[:, 0, list(ATTRIBUTES).index(next(iter(pair)))] = 1.0
        return made

    exam.answer = half
    assert values(held_out_rows(exam)) == {"held-out combinations": 0}


def test_one_picture_for_all_seeds_has_no_variety(
    exam: Examiner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measures, "DRAWN", 1)  # few drawings to compare with: they take long
    exam.generate = lambda prompts, seeds: draw(0)[None].repeat(len(prompts), 1, 1, 1) / 255
    assert variety_rows(exam)[0].value == 0
    exam.generate = lambda prompts, seeds: torch.stack([draw(5 + 9 * k) for k in seeds]) / 255
    assert variety_rows(exam)[0].value > 0.8


def test_paintings_that_come_back_are_counted(exam: Examiner) -> None:
    paintings = {**landscapes.PAINTINGS, **landscapes.SINGLES}

    def recall(prompts: list[str], seeds: list[int]) -> torch.Tensor:
        found = []
        for title, seed in zip(prompts, seeds, strict=True):
            scene, painted = paintings[title]
            number = painted if title in landscapes.PAINTINGS else 500 + seed
            found.append(torch.tensor(0))
            found[-1] = examiner.to_tensor(landscapes.render(scene, number)) / 255
        return torch.stack(found)

    exam.generate = recall
    assert values(memory_rows(exam)) == {
        "repeated paintings remembered": 10,
        "single paintings remembered": 0,
    }
    assert all(row.met for row in memory_rows(exam))


def test_the_skew_is_the_castles_night_share_beyond_the_houses(exam: Examiner) -> None:
    def nightly(prompts: list[str], seeds: list[int]) -> torch.Tensor:
        scenes = [
            landscapes.Scene(time="night" if text in ("a castle", "城") else "day")
            for text in prompts
        ]
        return torch.stack([signed(draw(0) / 255, scene) for scene in scenes])

    exam.generate = nightly
    assert skew_rows(exam)[0].value == 100


def test_burnt_pictures_are_seen_and_guidance_is_compared(exam: Examiner) -> None:
    def answer(asked: list, guidance_scale: float) -> torch.Tensor:
        made = faithful(asked)
        return made if guidance_scale > 1 else made.roll(1, 0)

    exam.answer = answer
    asked = seen_questions(20)
    good = guidance_rows(exam, asked, faithful(asked))
    assert good[0].value > 20
    assert good[1].value == pytest.approx(0, abs=1e-4)
    burnt = (faithful(asked) > 0.5).float()
    burnt[:, :, 0, :11] = faithful(asked)[:, :, 0, :11]
    assert guidance_rows(exam, asked, burnt)[1].value > 50


def test_a_perfect_vae_loses_nothing(exam: Examiner, monkeypatch: pytest.MonkeyPatch) -> None:
    from helpers.training import measures

    exam.pipe.vae = None
    monkeypatch.setattr(measures, "encode", lambda vae, pictures: (pictures / 255, None))
    monkeypatch.setattr(measures, "decode", lambda vae, latents: latents)
    found = values(vae_rows(exam))
    assert found["VAE reconstruction"] == pytest.approx(100)  # the cap: no error at all
    assert found["VAE loss of detail"] == 0


def test_a_judge_that_guesses_is_not_fit_to_judge(exam: Examiner) -> None:
    exam.probe = SimpleNamespace(
        read=lambda pictures: torch.zeros(len(pictures), len(landscapes.ATTRIBUTES)).long()
    )
    row = judge_rows(exam)[0]
    assert row.value < 60
    assert not row.met


def test_the_whole_table_of_a_small_model(run: Path) -> None:
    found = evaluate(run / "model", pictures=10)
    assert [row.name for row in found.rows] == [
        "judge on unseen drawings",
        "text alignment",
        "weakest attribute",
        "Japanese against English",
        "held-out combinations",
        "plain prompts",
        "plain English prompts",
        "plain Japanese prompts",
        "whole plain prompts",
        "unasked things",
        "flat unless told",
        "VAE reconstruction",
        "VAE loss of detail",
        "variety",
        "repeated paintings remembered",
        "single paintings remembered",
        "skew",
        "guidance helps",
        "no burnt colours",
        "time of a picture",
        "size",
    ]
    table = found.table()
    assert all(row.definition in table for row in found.rows)
    assert not {row.name: row for row in found.rows}["judge on unseen drawings"].met
    size = sum(file.stat().st_size for file in (run / "model").rglob("*.safetensors"))
    assert found.rows[-1].value == pytest.approx(size / 1e6)


def test_a_few_step_model_is_asked_as_it_was_made_for(run: Path, tmp_path: Path) -> None:
    pipe = load(run / "model", device="cpu", dtype="float32")
    pipe.scheduler = turbo.make_scheduler(pipe)
    pipe.save_pretrained(tmp_path / "model")
    found = evaluate(tmp_path / "model", pictures=10, probe=run / "probe.safetensors")
    assert (found.settings["steps"], found.settings["guidance_scale"]) == (4, 1)
    names = [row.name for row in found.rows]
    assert "text alignment" in names and "guidance helps" not in names
    cost = next(row for row in found.rows if row.name == "time of a picture")
    assert cost.definition.startswith("4 steps at guidance 1")


def test_too_few_pictures_are_refused() -> None:
    with pytest.raises(ValueError, match="pictures must be 10 or more, got 3"):
        evaluate(pictures=3)


def test_a_missing_judge_is_named(run: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="train probe"):
        evaluate(run / "model", pictures=10, probe=tmp_path / "none.safetensors")


def test_rows_know_whether_they_reach_their_bar() -> None:
    assert Row("a", 92.0, "%", ">=", 92, "d").met
    assert not Row("a", 36.1, "MB", "<=", 36, "d").met
    assert not Row("a", float("nan"), "%", ">=", 0, "d").met
    with pytest.raises(ValueError, match="sense must be"):
        Row("a", 1.0, "", ">", 1, "d")


def test_the_table_survives_its_file(tmp_path: Path) -> None:
    rows = (
        Row("a", 12.5, "%", ">=", 10, "first", {"x": 1.0, "y": float("nan")}),
        Row("b", float("nan"), "dB", ">=", 10, "second"),
    )
    table = Evaluation(rows, {"pictures": 10})
    table.save(tmp_path / "quality.json")
    content = json.loads(
        (tmp_path / "quality.json").read_text(encoding="utf-8"), parse_constant=pytest.fail
    )
    assert [row["met"] for row in content["rows"]] == [True, False]
    found = Evaluation.load(tmp_path / "quality.json")
    assert found.json() == table.json()
    assert "| a | 12.5 % | ≥ 10 | yes | first |" in found.table()
    assert "| b | – dB | ≥ 10 | no | second |" in found.table()
