"""Lesson 05's checks: references are right, stubs not done, wrong answers get their own hint."""

from __future__ import annotations

import pytest
import torch

from helpers import transformer
from helpers.checks import core, lesson_05
from helpers.transformer import queries_keys_values


@pytest.fixture
def given(tiny_random_pipe) -> dict[str, tuple]:
    """What each check is given besides the answer."""
    prompts = ("a quiet lake at night", "a quiet lake at sunset")
    return {"5.4": (tiny_random_pipe.text_encoder, tiny_random_pipe.tokenizer, *prompts)}


CHECKS = {
    "5.1": lesson_05.fill_places,
    "5.2": lesson_05.attention_weights,
    "5.3": lesson_05.head,
    "5.4": lesson_05.changed,
    "5.5": lesson_05.cosine_similarity,
}


def stub(*_): ...


@pytest.mark.parametrize("number", CHECKS)
def test_every_printed_solution_is_right(number, given, capsys):
    names: dict = {}
    exec(core.EXERCISES[number].reference, names)
    CHECKS[number](names[CHECKS[number].__name__], *given.get(number, ()))
    assert capsys.readouterr().out.startswith(f"✔ {number} right.")


@pytest.mark.parametrize("number", CHECKS)
def test_every_stub_is_not_done_yet(number, given, capsys):
    CHECKS[number](... if number == "5.4" else stub, *given.get(number, ()))
    assert capsys.readouterr().out.startswith(f"○ {number} not done yet.")


@pytest.mark.parametrize("answer", [(5, 6), {6, 5}, torch.tensor([5, 6])])
def test_places_may_come_in_any_form(answer, given, capsys):
    lesson_05.changed(answer, *given["5.4"])
    assert "Places [5, 6] change" in capsys.readouterr().out


def test_an_answer_of_one_s_own_making_is_right_too(capsys):
    def my_head(x, weights, number, heads, mask):
        d = x.shape[2] // heads
        q, k, v = (
            (x @ weights[f"self_attn.{n}_proj.weight"].T + weights[f"self_attn.{n}_proj.bias"])
            for n in "qkv"
        )
        q, k, v = (t[:, :, d * number : d * (number + 1)] for t in (q, k, v))
        return torch.softmax(q @ k.mT / d**0.5 + mask, dim=2) @ v

    lesson_05.head(my_head)
    assert capsys.readouterr().out.startswith("✔ 5.3 right.")


def fill(front=True, cut=None, pad=2, keep_end=True, left=False):
    """A `fill_places` with one thing wrong."""

    def answer(ids, start, end, places):
        kept = ids[: places - 2] if cut is None else ids[cut]
        row = [start] * front + list(kept) + [end] * keep_end
        free = [pad] * (places - len(row))
        return free + row if left else row + free

    return answer


def weights(change):
    """An `attention_weights` with one thing wrong: change(scores, root of d, mask) -> result."""
    return lambda q, k, mask: change(q @ k.transpose(-2, -1), q.shape[-1] ** 0.5, mask)


def wrong_head(change):
    """A `head` with one thing wrong: change(q, k, v, mask) -> result."""
    return lambda x, w, number, heads, mask: change(*queries_keys_values(x, w, number, heads), mask)


look, unit = transformer.attention_weights, torch.nn.functional.normalize

WRONG = [
    ("5.1", fill(pad=0), "with the end mark, not with 0"),
    ("5.1", fill(pad=1), "not with the start mark"),
    ("5.1", fill(front=False), "The start mark comes first"),
    ("5.1", fill(left=True), "and the filling at the end"),
    ("5.1", lambda ids, start, end, places: [start, *ids, end], "5 numbers: fill the places"),
    ("5.1", lambda ids, s, e, n: [s, *ids, e] + [e] * (n - len(ids)), "the marks need places too"),
    ("5.1", fill(cut=slice(None)), "9 numbers: cut off what does not fit"),
    ("5.1", fill(cut=slice(5)), "Check the - 2"),
    ("5.1", lambda i, s, e, n: ([s, *i, e] + [e] * n)[:n], "The end mark was cut off"),
    ("5.1", fill(cut=slice(-6, None)), "not at its beginning"),
    ("5.1", lambda ids, start, end, places: "start", "expected a list of numbers, got str"),
    ("5.2", weights(lambda s, r, m: (s + m).softmax(-1)), "the scale is missing"),
    ("5.2", weights(lambda s, r, m: (s / r**2 + m).softmax(-1)), "You divided by d".lower()),
    ("5.2", weights(lambda s, r, m: (s * r + m).softmax(-1)), "you multiplied by the root"),
    ("5.2", weights(lambda s, r, m: (s / len(m) ** 0.5 + m).softmax(-1)), "number of places"),
    ("5.2", weights(lambda s, r, m: (s / r).softmax(-1)), "the mask has no effect"),
    ("5.2", weights(lambda s, r, m: (s / r).softmax(-1) + m), "came after the softmax"),
    ("5.2", weights(lambda s, r, m: (s / r).softmax(-1).tril()), "no longer sum to 1"),
    ("5.2", weights(lambda s, r, m: (s / r + m.mT).softmax(-1)), "on the wrong side"),
    ("5.2", weights(lambda s, r, m: (s / r + m).softmax(-2)), "runs down the columns"),
    ("5.2", weights(lambda s, r, m: (s.mT / r + m).softmax(-1)), "queries and keys are swapped"),
    ("5.2", weights(lambda s, r, m: s / r + m), "The softmax is missing"),
    ("5.2", weights(lambda s, r, m: (s / r * m).softmax(-1)), "added, not multiplied"),
    ("5.2", weights(lambda s, r, m: (s / r + m).sigmoid()), "the first row sums to"),
    ("5.2", weights(lambda s, r, m: (s / r + m + s).softmax(-1)), "the weights are others"),
    ("5.2", lambda q, k, m: (q @ k.T / 9**0.5 + m).softmax(-1), "for one head, but not for"),
    ("5.2", weights(lambda s, r, m: (s / r + m).softmax(1)), "for one head, but not for"),
    ("5.2", lambda q, k, m: q, "expected the shape (5, 5), got (5, 9)"),
    ("5.3", wrong_head(lambda q, k, v, m: look(q, k, 0 * m.tril()) @ v), "Pass the mask on"),
    ("5.3", wrong_head(lambda q, k, v, m: look(q, k, m) @ k), "you mixed the keys"),
    ("5.3", wrong_head(lambda q, k, v, m: look(q, k, m) @ q), "you mixed the queries"),
    ("5.3", wrong_head(lambda q, k, v, m: look(k, q, m) @ v), "queries and keys are swapped"),
    ("5.3", wrong_head(lambda q, k, v, m: v), "the values as they were"),
    ("5.3", wrong_head(lambda q, k, v, m: look(q, k, m).mT @ v), "the weights are transposed"),
    ("5.3", lambda x, w, n, h, m: transformer.head(x, w, 0, h, m), "this is head 0"),
    ("5.3", lambda x, w, n, h, m: transformer.head(x, w, 1, h, m), "head 2 is not"),
    ("5.3", wrong_head(lambda q, k, v, m: look(q, k, m) @ v * 2), "First q, k and v"),
    ("5.3", lambda x, w, n, h, m: look(x, x, m) @ x, "expected the shape (2, 5, 4)"),
    ("5.4", [5], "does nobody after it look back"),
    ("5.4", 5, "does nobody after it look back"),
    ("5.4", [6], "so it changes too"),
    ("5.4", range(7), "the mask forbids to look ahead"),
    ("5.4", [0, 1, 2, 3, 4], "the other way round"),
    ("5.4", [4, 5, 6], "may this one look at the last word"),
    ("5.4", [5, 6, 7], "fills the places 0 to 6"),
    ("5.4", "5, 6", "expected a list of numbers such as [0, 1], got str"),
    ("5.5", lambda a, b: a @ b.T, "the plain products"),
    ("5.5", lambda a, b: unit(a) @ b.T, "only a was divided"),
    ("5.5", lambda a, b: a @ unit(b).T, "only b was divided"),
    ("5.5", lambda a, b: a @ b.T / a.square().sum(1)[:, None] / b.square().sum(1), "Take the root"),
    ("5.5", lambda a, b: a @ b.T / (a.norm() * b.norm()), "one length for all"),
    ("5.5", lambda a, b: unit(a, dim=0) @ unit(b, dim=0).T, "run down the columns"),
    ("5.5", torch.cdist, "these are distances"),
    ("5.5", lambda a, b: unit(b) @ unit(a).T, "the shape (M, N)"),
    ("5.5", lambda a, b: (unit(a) @ unit(b).T).acos(), "Divide each vector by its own length"),
    ("5.5", lambda a, b: 0.5, "expected a tensor, got float"),
]  # fmt: skip


@pytest.mark.parametrize(("number", "answer", "hint"), WRONG)
def test_wrong_answers_get_the_hint_that_fits(number, answer, hint, given, capsys):
    CHECKS[number](answer, *given.get(number, ()))
    out = capsys.readouterr().out
    assert out.startswith(f"✘ {number} not right yet:") and hint in out
