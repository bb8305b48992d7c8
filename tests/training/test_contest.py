"""What lesson 12 compares: marks, errors at equal noise, and both tables, small."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from helpers import rivals
from helpers.training import contest
from helpers.training.questions import labels, told_mask

from ..test_rivals import WIDTH


class Judge:
    """Reads what it is told to."""

    def __init__(self, answers: torch.Tensor) -> None:
        self.answers = answers

    def read(self, pictures: torch.Tensor) -> torch.Tensor:
        return self.answers


def test_a_mark_is_the_share_of_what_was_told() -> None:
    questions = contest.asked(3)
    assert all(question.language == "en" for question in questions) and len(questions) == 3
    truth, told = labels(questions), told_mask(questions)
    assert contest.marks(torch.zeros(3), questions, Judge(truth)) == [1.0] * 3
    wrong = truth.clone()
    wrong[0] = -1
    wrong[1][~told[1]] = -1  # what was not told does not count
    assert contest.marks(torch.zeros(3), questions, Judge(wrong)) == [0.0, 1.0, 1.0]


def test_noise_belongs_to_its_number() -> None:
    assert torch.equal(contest.noises(3)[2], contest.noises(5)[2])


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contest, "STEPS", (1,))
    monkeypatch.setattr(contest, "MANY", 2)
    monkeypatch.setattr(contest, "RIVAL_STEPS", 1)
    monkeypatch.setattr(contest, "SCENES", 2)


def test_both_tables_are_written(few: None, tmp_path: Path) -> None:
    for name in rivals.RIVALS:
        sizes = {"channels": [16, 16, 16], "width": 16, "depth": 1, "words": WIDTH}
        rivals.save(rivals.make(name, sizes), sizes, tmp_path / f"{name}.safetensors")
    out, twice = tmp_path / "found", [str(tmp_path)] * 2
    contest.main(["rivals", "--from", *twice, "--out", str(out), "--prompts", "2"])
    found = json.loads((out / "rivals.json").read_text(encoding="utf-8"))["rivals"]
    assert set(found) == {"drawings", *rivals.RIVALS}
    for name in rivals.RIVALS:
        first, second = found[name]["marks"]  # of the same folder twice
        assert first == second and len(first) == len(found[name]["exchanged"][0]) == 2
        assert set(found[name]["x0_error"][1]) == {f"{t:g}" for t in contest.LEVELS}
        assert [picture.size for picture in contest.strip(out / f"{name}.jpg")] == [(128, 128)] * 2
    assert len(contest.strip(out / "drawings.jpg")) == 2
    contest.main(["steps", "--out", str(out), "--prompts", "2"])
    found = json.loads((out / "steps.json").read_text(encoding="utf-8"))["marks"]
    assert set(found) == {"drawings", "equal t", "tiny-turbo", *contest.SCHEDULERS}
    assert set(found["dpm++"]) == {"1", "2"} and len(found["ddim"]["1"]) == 2
