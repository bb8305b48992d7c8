"""Numbers and texts as people pass them."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from itertools import count

import numpy as np
import pytest
import torch

from helpers.arguments import MOST_PICTURES, few, real_number, texts, told, whole_number
from helpers.runtime import seed_list

WHOLE = [3, np.int64(3), np.uint8(3), np.array(3), torch.tensor(3)]
NOT_WHOLE = [3.0, np.array(3.0), True, np.bool_(True), torch.tensor(True), "3", b"3", None,
             [3], np.array([3]), Decimal(3), 3j, torch.tensor(3, device="meta")]  # fmt: skip


@pytest.mark.parametrize("value", WHOLE, ids=repr)
def test_what_plainly_is_a_whole_number_counts_as_one(value):
    found = whole_number("steps", value)
    assert found == 3 and type(found) is int
    assert seed_list(value) == [3]


@pytest.mark.parametrize("value", NOT_WHOLE, ids=repr)
def test_what_is_no_whole_number_is_named(value):
    with pytest.raises(TypeError, match=r"^steps must be a whole number, got .*\(\w+\)$"):
        whole_number("steps", value)


@pytest.mark.parametrize("value", [0.5, np.float32(0.5), Fraction(1, 2), torch.tensor(0.5)])
def test_what_plainly_is_a_number_counts_as_one(value):
    assert real_number("strength", value) == 0.5


def test_a_number_too_large_for_a_float_is_infinite():
    assert real_number("w", 10**400) == math.inf and real_number("w", -(10**400)) == -math.inf


@pytest.mark.parametrize("value", ["0.5", True, None, 1j, Decimal("0.5"), [0.5], np.ones(2)])
def test_what_is_no_number_is_named(value):
    with pytest.raises(TypeError, match="^strength must be a number, got "):
        real_number("strength", value)


def test_a_value_is_told_in_short():
    huge = (10**5000, "x" * 10**6, list(range(10**5)), np.zeros(10**6), torch.zeros(10**5))
    assert max(len(told(value)) for value in huge) < 200


@pytest.mark.parametrize("endless", [count(), range(10**12), (0 for _ in count())])
def test_nothing_endless_is_collected(endless):
    with pytest.raises(ValueError, match="^seed: got more than 1000 at once; .*sweep"):
        seed_list(endless)


def test_as_many_as_a_call_can_make():
    assert few("seed", range(MOST_PICTURES)) == seed_list(range(MOST_PICTURES))


@pytest.mark.parametrize("seeds", [np.array([1, 2]), torch.tensor([1, 2]), (1, 2), iter([1, 2])])
def test_seeds_may_come_in_any_row(seeds):
    assert seed_list(seeds) == [1, 2]


@pytest.mark.parametrize("seeds", [b"abc", bytearray(b"abc"), memoryview(b"abc"), "12", {1: 2}])
def test_bytes_and_texts_are_no_seeds(seeds):
    with pytest.raises(TypeError, match="^seed must be a whole number or a list of them, got "):
        seed_list(seeds)


def test_a_huge_seed_is_told_in_short():
    with pytest.raises(ValueError, match=r"^seed must lie in 0 \.\.\. 2\*\*63 - 1, got .{1,60}$"):
        seed_list(10**5000)


@pytest.mark.parametrize(
    "value", ["a", np.str_("a"), np.array("a"), ["a"], ("a",), np.array(["a"])], ids=repr
)
def test_texts_may_come_from_numpy(value):
    found = texts("prompt", value)
    assert found == ["a"] and type(found[0]) is str


@pytest.mark.parametrize("value", [3, b"a", [b"a"], {"a"}, np.array([["a"]]), torch.zeros(1), None])
def test_what_is_no_text_is_named(value):
    with pytest.raises(TypeError, match="^prompt must be a text or a list of texts, got "):
        texts("prompt", value)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("\ud83c a castle", r"^prompt holds half a character, '\\ud83c' at place 0, .*emoji"),
        (["ok", "castle \udff0"], "at place 7"),
        ("a" * 1_000_000, "^prompt must have at most 100,000 letters, got 1,000,000"),
        ([""] * 1001, "^prompt: got more than 1000 at once"),
        ([], "^prompt: the list is empty"),
        (np.array([], dtype=str), "^prompt: the list is empty"),
    ],
)
def test_texts_that_cannot_be_read_are_refused(value, message):
    with pytest.raises(ValueError, match=message):
        texts("prompt", value)


def test_a_whole_emoji_is_fine():
    assert texts("prompt", "🏰 山") == ["🏰 山"]
