"""Lesson 10: references are right, stubs not done, every plausible mistake gets its own hint."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from peft.tuners.lora import LoraConfig
from torch import nn

from helpers.checks import core, lesson_10, mistakes_10

from .variants import RIGHT, SPOILT, assert_told_apart, in_place

NAMES = {"10.1": "best_of_rank", "10.2": "lora_layer", "10.3": "preserving_loss", "10.4": "merge"}
QUESTIONS = {
    "10.1": lesson_10.BEST_OF_RANK,
    "10.2": lesson_10.LORA_LAYER,
    "10.3": lesson_10.PRESERVING_LOSS,
    "10.4": lesson_10.MERGE,
}


@pytest.fixture
def verdict(capsys):
    def told(number, answer) -> str:
        getattr(lesson_10, NAMES[number])(answer)
        return capsys.readouterr().out

    return told


def reference(number):
    names: dict = {}
    exec(core.EXERCISES[number].reference, names)
    return names[NAMES[number]]


@pytest.mark.parametrize("number", NAMES)
def test_every_reference_is_right(number, verdict):
    assert verdict(number, reference(number)).startswith(f"✔ {number} right.")


def stub(*args): ...


@pytest.mark.parametrize("number", NAMES)
def test_every_stub_is_not_done_yet_and_tells_the_task(number, verdict):
    out = verdict(number, stub)
    assert out.startswith(f"○ {number} not done yet.") and core.EXERCISES[number].task in out


def term_by_term(change, rank):
    U, S, Vt = np.linalg.svd(change.numpy())
    return sum(S[k] * np.outer(U[:, k], Vt[k]) for k in range(rank))


def zeroed(change, rank):
    U, S, Vt = torch.linalg.svd(change.double(), full_matrices=False)
    S[rank:] = 0
    return U @ torch.diag(S) @ Vt


def by_eigenvectors(change, rank):
    _, vectors = torch.linalg.eigh(change.T @ change)
    kept = vectors[:, -rank:]
    return change @ kept @ kept.T


def by_linear(x, weight, down, up, alpha):
    change = nn.functional.linear(nn.functional.linear(x, down), up)
    return nn.functional.linear(x, weight) + change * (alpha / down.shape[0])


def as_one_matrix(x, weight, down, up, alpha):
    return x.numpy() @ (weight + alpha / up.shape[1] * up @ down).numpy().T


def by_columns(x, weight, down, up, alpha):
    return (weight @ x.T + alpha / len(down) * up @ (down @ x.T)).T


def by_loops(errors, old, weight):
    new = [float(e) for e, o in zip(errors, old, strict=True) if not o]
    kept = [float(e) for e, o in zip(errors, old, strict=True) if o]
    return sum(new) / len(new) + weight * sum(kept) / len(kept)


def by_weights(errors, old, weight):
    old = old.double()
    return (errors * (1 - old)).sum() / (1 - old).sum() + weight * (errors * old).sum() / old.sum()


def by_addmm(weight, down, up, alpha, scale):
    return torch.addmm(weight, up, down, alpha=scale * alpha / len(down))


RIGHT_ANSWERS = [
    ("10.1", term_by_term),
    ("10.1", zeroed),
    ("10.1", by_eigenvectors),
    ("10.2", by_linear),
    ("10.2", as_one_matrix),
    ("10.2", by_columns),
    ("10.3", by_loops),
    ("10.3", by_weights),
    ("10.4", by_addmm),
]


@pytest.mark.parametrize(("number", "answer"), RIGHT_ANSWERS)
def test_other_ways_to_be_right(number, answer, verdict):
    said = verdict(number, answer)
    assert said.startswith(f"✔ {number} right."), said


@pytest.mark.parametrize("name", RIGHT)
@pytest.mark.parametrize("number", NAMES)
def test_precision_and_type_are_no_mistakes(number, name, verdict):
    said = verdict(number, RIGHT[name](reference(number)))
    assert said.startswith(f"✔ {number} right."), said


@pytest.mark.parametrize("name", SPOILT)
@pytest.mark.parametrize("number", NAMES)
def test_a_spoilt_function_gets_its_hint(number, name, verdict):
    spoil, hint = SPOILT[name]
    said = verdict(number, spoil(reference(number)))
    assert said.startswith(f"✘ {number} not right yet:") and hint in said, said


@pytest.mark.parametrize(("number", "place"), [("10.1", 0), ("10.2", 1), ("10.3", 0), ("10.4", 0)])
def test_an_answer_that_changes_what_it_is_given_is_told(number, place, verdict):
    assert "changes what it was given" in verdict(number, in_place(reference(number), place))


@pytest.mark.parametrize("number", NAMES)
def test_every_known_mistake_gets_its_own_hint(number, verdict):
    table = {
        "10.1": mistakes_10.BEST_OF_RANK,
        "10.2": mistakes_10.LORA_LAYER,
        "10.3": mistakes_10.PRESERVING_LOSS,
        "10.4": mistakes_10.MERGE,
    }[number]
    for hint, several in table.items():
        for mistake in several if isinstance(several, tuple) else (several,):
            assert verdict(number, mistake) == f"✘ {number} not right yet: {hint}\n"


@pytest.mark.parametrize("number", NAMES)
def test_the_known_mistakes_are_told_apart(number):
    assert_told_apart(QUESTIONS[number])


FORESEEN = {"its own picture": "mostly", "a windmill at night": "hardly"}


def foreseen(capsys, answer) -> str:
    lesson_10.expected(answer)
    return capsys.readouterr().out


def test_a_right_prediction_is_praised(capsys):
    assert foreseen(capsys, FORESEEN).startswith("✔ 10.5 right.")
    names: dict = {}
    exec(core.EXERCISES["10.5"].reference, names)
    assert names["expected"] == FORESEEN


def test_a_prediction_that_is_left_open_is_not_done_yet(capsys):
    out = foreseen(capsys, FORESEEN | {"its own picture": ...})
    assert out.startswith("○ 10.5 not done yet.") and core.EXERCISES["10.5"].task in out


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (FORESEEN | {"its own picture": "hardly"}, "Which answer to that caption makes the loss"),
        (FORESEEN | {"a windmill at night": "mostly"}, "What told it which part of that picture"),
        (FORESEEN | {"a windmill at night": "never"}, 'a windmill at night: expected "mostly" or'),
        ({"its own picture": "mostly"}, "expected the dictionary with its two entries"),
    ],
)
def test_a_wrong_prediction_is_told_where_to_look(answer, hint, capsys):
    assert hint in foreseen(capsys, answer)


def test_the_layer_is_that_of_peft():
    """The reference against the library's own layer."""
    from peft import inject_adapter_in_model

    network = nn.Sequential(nn.Linear(6, 5, bias=False))
    inject_adapter_in_model(LoraConfig(r=2, lora_alpha=3, target_modules=["0"]), network)
    layer = network[0]
    up = layer.lora_B["default"].weight
    with torch.no_grad():
        up.normal_(generator=torch.Generator().manual_seed(0))
        x = torch.randn(4, 6, generator=torch.Generator().manual_seed(1))
        down = layer.lora_A["default"].weight
        ours = reference("10.2")(x, layer.base_layer.weight, down, up, 3)
        torch.testing.assert_close(ours, network(x), atol=1e-6, rtol=1e-6)
        merged = reference("10.4")(layer.base_layer.weight, down, up, 3, 1.0)
        torch.testing.assert_close(x @ merged.T, network(x), atol=1e-6, rtol=1e-6)
