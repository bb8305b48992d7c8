"""Lesson 05's checks: references are right, stubs not done, wrong answers get their own hint."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from helpers import transformer
from helpers.checks import core, lesson_05, mistakes_05, mistakes_05_attention
from helpers.transformer import queries_keys_values

from .variants import RIGHT, SPOILT, in_place

PROMPTS = ("a quiet lake at night", "a quiet lake at sunset")
CHECKS = {
    "5.1": lesson_05.fill_places,
    "5.2": lesson_05.attention_weights,
    "5.3": lesson_05.head,
    "5.4": lesson_05.changed,
    "5.5": lesson_05.cosine_similarity,
}
REFERENCES = {
    "5.1": transformer.fill_places,
    "5.2": transformer.attention_weights,
    "5.3": transformer.head,
    "5.5": transformer.cosine_similarity,
}
MISTAKES = {
    "5.1": mistakes_05.FILL_PLACES,
    "5.2": mistakes_05_attention.ATTENTION_WEIGHTS,
    "5.3": mistakes_05_attention.HEAD,
    "5.5": mistakes_05.COSINE_SIMILARITY,
}


@pytest.fixture
def verdict(tiny_random_pipe, capsys):
    """What the check of an exercise says to an answer."""
    given = {"5.4": (tiny_random_pipe.text_encoder, tiny_random_pipe.tokenizer, *PROMPTS)}

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
    said = verdict(number, ... if number == "5.4" else stub)
    assert said.startswith(f"○ {number} not done yet.") and core.EXERCISES[number].task in said


def by_loop(ids, start, end, places):
    row = [start]
    for number in ids:
        if len(row) < places - 1:
            row.append(number)
    while len(row) < places:
        row.append(end)
    return row


def by_numpy(ids, start, end, places):
    row = np.full(places, end)
    row[0], kept = start, ids[: places - 2]
    row[1 : 1 + len(kept)] = kept
    return row


def in_float64(q, k, mask):
    scores = q.double() @ k.double().transpose(-2, -1) / np.sqrt(q.shape[-1])
    return torch.softmax(scores + mask, dim=-1)


def by_filling(q, k, mask):
    scores = torch.einsum("...td,...sd->...ts", q, k) * q.size(-1) ** -0.5
    return F.softmax(scores.masked_fill(mask == -torch.inf, -1e9), dim=-1)


def by_exponentials(q, k, mask):
    free = ((q / q.shape[-1] ** 0.5) @ k.mT).exp() * (mask == 0)
    return free / free.sum(-1, keepdim=True)


def my_head(x, weights, number, heads, mask):
    d = x.shape[2] // heads
    q, k, v = (
        (x @ weights[f"self_attn.{n}_proj.weight"].T + weights[f"self_attn.{n}_proj.bias"])
        for n in "qkv"
    )
    q, k, v = (t[:, :, d * number : d * (number + 1)] for t in (q, k, v))
    return torch.softmax(q @ k.mT / d**0.5 + mask, dim=2) @ v


def by_pairs(a, b):
    table = torch.zeros(len(a), len(b))
    for i in range(len(a)):
        for j in range(len(b)):
            table[i, j] = a[i] @ b[j] / (a[i].norm() * b[j].norm())
    return table


def by_numpy_norms(a, b):
    a, b = a.numpy(), b.numpy()
    return a @ b.T / np.outer(np.linalg.norm(a, axis=1), np.linalg.norm(b, axis=1))


RIGHT_ANSWERS = [
    ("5.1", by_loop),
    ("5.1", by_numpy),
    ("5.1", lambda *a: tuple(by_loop(*a))),
    ("5.1", lambda *a: torch.tensor(by_loop(*a))),
    ("5.1", lambda *a: [float(n) for n in by_loop(*a)]),
    ("5.1", lambda *a: [torch.tensor(n) for n in by_loop(*a)]),
    ("5.2", in_float64),
    ("5.2", by_filling),
    ("5.2", by_exponentials),
    ("5.2", lambda q, k, m: in_float64(q, k, m).tolist()),
    ("5.3", my_head),
    ("5.4", (5, 6)),
    ("5.4", {6, 5}),
    ("5.4", torch.tensor([5, 6])),
    ("5.4", np.array([5.0, 6.0])),
    ("5.4", range(5, 7)),
    ("5.4", [6, 5, 5]),
    ("5.5", by_pairs),
    ("5.5", by_numpy_norms),
    ("5.5", lambda a, b: F.cosine_similarity(a[:, None], b[None], dim=-1)),
    ("5.5", lambda a, b: F.normalize(a) @ F.normalize(b).T),
    ("5.5", lambda a, b: by_pairs(a.double(), b.double()).tolist()),
]


@pytest.mark.parametrize(("number", "answer"), RIGHT_ANSWERS)
def test_other_ways_to_be_right(number, answer, verdict):
    said = verdict(number, answer)
    assert said.startswith(f"✔ {number} right."), said


@pytest.mark.parametrize("name", RIGHT)
@pytest.mark.parametrize("number", ["5.2", "5.3", "5.5"])
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


def weights(change):
    """An `attention_weights` with one thing wrong: change(scores, root of d, mask) -> result."""
    return lambda q, k, mask: change(q @ k.transpose(-2, -1), q.shape[-1] ** 0.5, mask)


def wrong_head(change):
    """A `head` with one thing wrong: change(q, k, v, mask) -> result."""
    return lambda x, w, number, heads, mask: change(*queries_keys_values(x, w, number, heads), mask)


look, unit = transformer.attention_weights, torch.nn.functional.normalize
places, own_mask = 77, torch.zeros(5, 5)  # of the page


def for_77(ids, start, end, count):
    return [start, *ids[: count - 2], end] + [end] * (places - len(ids) - 2)


WRONG = [
    ("5.1", lambda ids, start, end, n: [start, ids, end], "a list inside your list"),
    ("5.1", lambda ids, start, end, n: "start", "expected a list of numbers, got 'start'"),
    ("5.1", lambda ids, start, end, n: [start, *ids, end, None], "a number is asked, got None"),
    ("5.1", lambda ids, start, end, n: {"start": start}, "expected a list of numbers"),
    ("5.1", lambda ids, start, end, n: [49406, *ids, 49407] + [49407] * (n - len(ids)), "never"),
    ("5.1", for_77, "uses places of the page"),
    ("5.1", lambda ids, start, end, n: ids.append(end) or ids, "changes what it was given"),
    ("5.2", weights(lambda s, r, m: (s / r + m).sigmoid()), "Scores, scale, mask, softmax"),
    ("5.2", weights(lambda s, r, m: (s / r + m + s).softmax(-1)), "Scores, scale, mask, softmax"),
    ("5.2", lambda q, k, m: (q @ k.T / q.shape[-1] ** 0.5 + m).softmax(-1), "for one head, but"),
    ("5.2", weights(lambda s, r, m: (s / r + m).softmax(1)), "for one head, but not for"),
    ("5.2", lambda q, k, m: q, "expected the shape (5, 5), got (5, 9)"),
    ("5.2", lambda q, k, m: (q @ k.mT / 3 + own_mask).softmax(-1), "stopped with RuntimeError"),
    ("5.3", wrong_head(lambda q, k, v, m: look(q, k, m) @ v * 2), "First q, k and v"),
    ("5.3", lambda x, w, n, h, m: look(x, x, m) @ x, "expected the shape (2, 5, 4)"),
    ("5.3", lambda x, w, n, h, m: transformer.head(x, w, 1, h, m), "never uses its argument n"),
    ("5.4", [5], "does nobody after it look back"),
    ("5.4", 5, "does nobody after it look back"),
    ("5.4", [6], "so it changes too"),
    ("5.4", range(7), "the mask forbids to look ahead"),
    ("5.4", [0, 1, 2, 3, 4], "place 0 stands before the changed word, at 5"),
    ("5.4", [4, 5, 6], "place 4 stands before the changed word, at 5"),
    ("5.4", [], "at least one vector does"),
    ("5.4", [5, 6, 7], "fills the places 0 to 6"),
    ("5.4", [-1, 5, 6], "fills the places 0 to 6"),
    ("5.4", "5, 6", "expected a list of numbers such as [0, 1], got '5, 6'"),
    ("5.4", ["5", "6"], "expected the numbers of places"),
    ("5.4", [5.5, 6], "a whole number is asked, got 5.5"),
    ("5.4", [False] * 5 + [True] * 2, "a number is asked, got False"),
    ("5.5", lambda a, b: unit(a, dim=1) @ unit(b).T * 2, "Divide each vector by its own length"),
    ("5.5", lambda a, b: 0.5, "expected the shape (3, 4), got one number"),
    ("5.5", lambda a, b: F.cosine_similarity(a, b), "the rows of a and those of b do not fit"),
    ("5.5", lambda a, b: unit(a[0]) @ unit(b).T, "stopped with IndexError"),
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
        assert lesson_05.changed_places(encoder, pipe.tokenizer, *PROMPTS) == {5, 6}
