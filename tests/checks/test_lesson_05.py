"""Lesson 05's checks: references are right, stubs not done, wrong answers get their own hint."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from helpers import transformer
from helpers.checks import broken_heads, core, lesson_05, mistakes_05
from helpers.transformer import queries_keys_values

from .variants import RIGHT, SPOILT, assert_told_apart, in_place

PROMPTS = ("a quiet lake at night", "a quiet lake at sunset")
CHECKS = {
    "5.1": lesson_05.head,
    "5.2": lesson_05.faults,
    "5.3": lesson_05.changed,
    "5.4": lesson_05.pairs,
}
REFERENCES = {"5.1": transformer.head}
MISTAKES = {"5.1": mistakes_05.HEAD}
FAULTS = broken_heads.FAULTS
PAIRS = {
    "other meaning": [
        ("a red castle and a blue tent", "a blue castle and a red tent"),
        ("green hills and a yellow house", "yellow hills and a green house"),
        ("a white house and red hills", "a red house and white hills"),
        ("a lake with no river", "a river with no lake"),
    ],
    "same meaning": [
        ("a castle and a lake", "a lake and a castle"),
        ("stars and a moon", "a moon and stars"),
        ("a river and mountains", "mountains and a river"),
        ("a red house, a road", "a road, a red house"),
    ],
}


@pytest.fixture
def verdict(tiny_random_pipe, capsys):
    """What the check of an exercise says to an answer."""
    tokenizer = tiny_random_pipe.tokenizer
    given = {
        "5.3": (tiny_random_pipe.text_encoder, tokenizer, *PROMPTS),
        "5.4": (tokenizer,),
    }

    def ask(number, answer) -> str:
        CHECKS[number](answer, *given.get(number, ()))
        return capsys.readouterr().out

    return ask


def stub(*_): ...


@pytest.mark.parametrize("number", CHECKS)
def test_every_printed_solution_is_right(number, verdict):
    names: dict = {}
    exec(core.EXERCISES[number].reference, names)
    assert verdict(number, names[CHECKS[number].__name__]).startswith(f"✔ {number} right.")


@pytest.mark.parametrize("number", CHECKS)
def test_every_stub_is_not_done_yet(number, verdict):
    said = verdict(number, stub if number == "5.1" else ...)
    assert said.startswith(f"○ {number} not done yet.") and core.EXERCISES[number].task in said


def my_head(x, weights, number, heads, mask):
    d = x.shape[2] // heads
    q, k, v = (
        (x @ weights[f"self_attn.{n}_proj.weight"].T + weights[f"self_attn.{n}_proj.bias"])
        for n in "qkv"
    )
    q, k, v = (t[:, :, d * number : d * (number + 1)] for t in (q, k, v))
    return torch.softmax(q @ k.mT / d**0.5 + mask, dim=2) @ v


def without(kind, number, pair):
    """The right pairs with one exchanged."""
    several = list(PAIRS[f"{kind} meaning"])
    several[number] = pair
    return PAIRS | {f"{kind} meaning": several}


def confused(first, second):
    """The right diagnosis with what is said of two maps exchanged."""
    return FAULTS | {first: FAULTS[second], second: FAULTS[first]}


RIGHT_ANSWERS = [
    ("5.1", my_head),
    ("5.1", lambda *given: my_head(*given).tolist()),
    ("5.2", FAULTS),
    ("5.2", {letter.lower(): f" {fault.upper()}" for letter, fault in FAULTS.items()}),
    ("5.3", (5, 6)),
    ("5.3", {6, 5}),
    ("5.3", torch.tensor([5, 6])),
    ("5.3", np.array([5.0, 6.0])),
    ("5.3", range(5, 7)),
    ("5.3", [6, 5, 5]),
    ("5.4", PAIRS),
    ("5.4", {kind: dict(several) for kind, several in PAIRS.items()}),
    ("5.4", {kind: {pair[::-1] for pair in several} for kind, several in PAIRS.items()}),
]


@pytest.mark.parametrize(("number", "answer"), RIGHT_ANSWERS)
def test_other_ways_to_be_right(number, answer, verdict):
    said = verdict(number, answer)
    assert said.startswith(f"✔ {number} right."), said


@pytest.mark.parametrize("name", RIGHT)
@pytest.mark.parametrize("number", REFERENCES)
def test_precision_and_type_are_no_mistakes(number, name, verdict):
    said = verdict(number, RIGHT[name](REFERENCES[number]))
    assert said.startswith(f"✔ {number} right."), said


@pytest.mark.parametrize("name", SPOILT)
@pytest.mark.parametrize("number", REFERENCES)
def test_a_spoilt_function_gets_its_hint(number, name, verdict):
    spoil, hint = SPOILT[name]
    said = verdict(number, spoil(REFERENCES[number]))
    assert said.startswith(f"✘ {number} not right yet:") and hint in said, said


@pytest.mark.parametrize("number", REFERENCES)
def test_an_answer_that_changes_what_it_is_given_is_told(number, verdict):
    assert "changes what it was given" in verdict(number, in_place(REFERENCES[number]))
    assert verdict(number, REFERENCES[number]).startswith("✔")


@pytest.mark.parametrize("number", MISTAKES)
def test_every_known_mistake_gets_its_own_hint(number, verdict):
    for hint, mistakes in MISTAKES[number].items():
        for mistake in mistakes if isinstance(mistakes, tuple) else (mistakes,):
            assert verdict(number, mistake) == f"✘ {number} not right yet: {hint}\n"


def wrong_head(change):
    """A `head` with one thing wrong: change(q, k, v, mask) -> result."""
    return lambda x, w, number, heads, mask: change(*queries_keys_values(x, w, number, heads), mask)


look = transformer.attention_weights
mask = torch.zeros(5, 5)  # of the page


WRONG = [
    ("5.1", wrong_head(lambda q, k, v, m: look(q, k, m) @ v * 2), "First q, k and v"),
    ("5.1", wrong_head(lambda q, k, v, m: (q @ k.mT + m).sigmoid() @ v), "First q, k and v"),
    ("5.1", lambda x, w, n, h, m: look(x, x, m) @ x, "expected the shape (2, 5, 4)"),
    ("5.1", lambda x, w, n, h, m: transformer.head(x, w, 1, h, m), "never uses its argument n"),
    ("5.1", lambda x, w, n, h, m: transformer.head(x, w, n, h, mask), "stopped with RuntimeError"),
    ("5.2", "A", "expected a dictionary, letter: words, got 'A'"),
    ("5.2", {"A": "no scale"}, "map B is missing"),
    ("5.2", FAULTS | {"A": "too sharp"}, 'got \'too sharp\''),
    ("5.2", FAULTS | {"A": "right"}, '"right" is said of more than one map'),
    ("5.2", confused("A", "C"), "3 of 5 maps are read rightly. Look again: in map A"),
    ("5.2", confused("B", "D"), "add up the rows of map B"),
    ("5.2", confused("C", "E"), "test map C on all counts"),
    ("5.2", confused("D", "E"), "add up the columns of map D"),
    ("5.4", [], "expected a dictionary with two lists"),
    ("5.4", {"other meaning": []}, "A test needs its control"),
    ("5.4", PAIRS | {"same meaning": "none"}, "should be a list of pairs, got 'none'"),
    ("5.4", PAIRS | {"same meaning": ["ab"] * 4}, "expected pairs"),
    ("5.4", PAIRS | {"same meaning": PAIRS["same meaning"][:3]}, "One sample proves little"),
    ("5.4", without("same", 3, PAIRS["same meaning"][0][::-1]), "holds a pair twice"),
    ("5.4", without("same", 0, ("a dragon", "dragon a")), "never met 'dragon'"),
    ("5.4", without("other", 0, ("a red house", "house red a")), "somebody would write"),
    ("5.4", without("other", 0, ("a lake", "A lake")), "one and the same for the model"),
    ("5.4", without("other", 0, ("a red house", "a blue house")), "don't have the same words"),
    ("5.4", without("other", 0, PAIRS["same meaning"][0]), 'that pair is for "same meaning"'),
    ("5.4", without("same", 0, PAIRS["other meaning"][0]), "surely mean what its partner means"),
    ("5.3", [5], "does nobody after it look back"),
    ("5.3", 5, "does nobody after it look back"),
    ("5.3", [6], "so it changes too"),
    ("5.3", range(7), "the mask forbids to look ahead"),
    ("5.3", [0, 1, 2, 3, 4], "position 0 stands before the changed word, at 5"),
    ("5.3", [4, 5, 6], "position 4 stands before the changed word, at 5"),
    ("5.3", [], "at least one vector does"),
    ("5.3", [5, 6, 7], "fills the positions 0 to 6"),
    ("5.3", [-1, 5, 6], "fills the positions 0 to 6"),
    ("5.3", "5, 6", "expected a list of numbers such as [0, 1], got '5, 6'"),
    ("5.3", ["5", "6"], "expected the numbers of positions"),
    ("5.3", [5.5, 6], "a whole number is asked, got 5.5"),
    ("5.3", [False] * 5 + [True] * 2, "a number is asked, got False"),
]  # fmt: skip


@pytest.mark.parametrize(("number", "answer", "hint"), WRONG)
def test_wrong_answers_get_the_hint_that_fits(number, answer, hint, verdict):
    said = verdict(number, answer)
    assert said.startswith(f"✘ {number} not right yet:") and hint in said, said


class Restless:
    """An encoder on a machine that adds up the rows of a batch in different orders."""

    device = torch.device("cpu")

    def __init__(self, encoder, size):
        self.encoder, self.size = encoder, size

    def __call__(self, ids):
        x = self.encoder(ids).last_hidden_state
        noise = torch.randn(x.shape, generator=torch.Generator().manual_seed(0))
        return SimpleNamespace(last_hidden_state=x + self.size * noise)


@pytest.mark.parametrize("size", [1e-6, 1e-3])  # of single precision, of half precision
def test_another_order_of_adding_up_is_no_change(size, tiny_random_pipe, tiny_pipe):
    for pipe in (tiny_random_pipe, tiny_pipe):
        encoder = Restless(pipe.text_encoder, size)
        assert lesson_05.changed_positions(encoder, pipe.tokenizer, *PROMPTS) == {5, 6}


def test_known_mistakes_are_told_apart():
    assert_told_apart(lesson_05._HEAD)


def test_each_map_shows_its_fault(tiny_pipe):
    maps, words = lesson_05.five_heads(tiny_pipe.text_encoder, tiny_pipe.tokenizer)
    assert words == ["start", "a", "red", "house", "end"]
    shown = {fault: maps[letter] for letter, fault in FAULTS.items()}
    one = torch.ones(5)
    for fault in ("right", "no mask", "no scale"):
        torch.testing.assert_close(shown[fault].sum(dim=1), one)
    assert (shown["mask after the softmax"].sum(dim=1)[:-1] < 0.9).all()
    torch.testing.assert_close(shown["softmax down the columns"].sum(dim=0), one)
    assert (shown["softmax down the columns"].sum(dim=1) - 1).abs().max() > 0.5
    ahead = {fault: bool(table.triu(1).any()) for fault, table in shown.items()}
    assert [fault for fault, seen in ahead.items() if seen] == ["no mask"]
    sharp = {fault: float(shown[fault].amax(dim=1).mean()) for fault in ("right", "no scale")}
    assert sharp["no scale"] > sharp["right"] + 0.2


def test_the_right_map_is_that_of_the_library(tiny_pipe):
    ids = tiny_pipe.tokenizer("a red house", return_tensors="pt").input_ids
    weights = {name: w.float() for name, w in tiny_pipe.text_encoder.state_dict().items()}
    maps = transformer.attention_maps(ids, weights, tiny_pipe.text_encoder.config)
    right = lesson_05.five_heads(tiny_pipe.text_encoder, tiny_pipe.tokenizer)[0]["C"]
    torch.testing.assert_close(right, maps[broken_heads.LAYER, broken_heads.HEAD, 0])
