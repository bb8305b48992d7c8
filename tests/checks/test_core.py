"""What all checks share: verdicts, calls, readers, and the printed solution."""

from __future__ import annotations

import gc
import itertools
import math
import signal
import sys
import warnings
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import torch

from helpers import maths, runtime
from helpers.checks import calling, core, reading
from helpers.checks.calling import ask
from helpers.checks.core import Hint, NotDone

from .answers import endless


@pytest.fixture
def check(monkeypatch):
    """A check that calls the answer, and finds 7 right."""
    monkeypatch.setattr(core, "EXERCISES", {})

    @core.exercise("9.1", task="return 7.", reference="seven = lambda: 7")
    def examine(answer):
        if reading.whole(ask(answer)) != 7:
            raise Hint("not 7.")
        return "Good."

    return examine


def unreadable():
    raise UnreadableError


class UnreadableError(Exception):
    def __str__(self):
        raise ValueError("no text")


def test_a_fault_of_the_check_is_not_blamed_on_the_learner(monkeypatch, capsys):
    monkeypatch.setattr(core, "EXERCISES", {})

    @core.exercise("9.2", task="", reference="")
    def faulty(answer):
        return answer["missing"]

    faulty([1])
    out = capsys.readouterr().out
    assert "this check could not read your answer (TypeError" in out
    assert "Your code itself did not stop" in out and "your code stopped with" not in out


def leave():
    sys.exit("bye")


@pytest.mark.parametrize(
    ("answer", "hint"), [(leave, "leaves Python"), (endless, "calls itself without end")]
)
def test_exits_are_answers_and_not_right_when_graded(answer, hint, check, monkeypatch, verdict):
    assert hint in verdict(check, answer)
    monkeypatch.setenv("COURSE_GRADING", "1")
    with pytest.raises(AssertionError, match=hint):
        check(answer)


def test_an_error_names_its_line_and_one_without_a_text_its_class(check, verdict):
    def slip():
        numbers = [1, 2]
        return numbers[2] + 5

    out = verdict(check, slip)
    assert "stopped with IndexError: list index out of range" in out
    assert "(in the line `return numbers[2] + 5`)" in out
    assert "your code stopped with UnreadableError (in the line" in verdict(check, unreadable)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot send itself this signal")
def test_a_real_interrupt_stops_the_check(check):
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where shells start us aside

    def waits():
        signal.raise_signal(signal.SIGINT)
        return 7

    with pytest.raises(KeyboardInterrupt):
        check(waits)


@pytest.mark.parametrize("word", ["1", "true", "YES", " on "])
def test_grading_takes_the_usual_words_for_yes(word, monkeypatch):
    monkeypatch.setenv("COURSE_GRADING", word)
    assert core.grading()


@pytest.mark.parametrize("word", ["0", "False", "no", "OFF", "", " "])
def test_and_for_no(word, monkeypatch):
    monkeypatch.setenv("COURSE_GRADING", word)
    assert not core.grading()


def test_and_refuses_others_with_a_sentence(monkeypatch, check):
    monkeypatch.setenv("COURSE_GRADING", "maybe")
    with pytest.raises(ValueError, match="COURSE_GRADING is 'maybe': set it to 1, true, yes or on"):
        check(lambda: 8)


def test_verdicts_are_short_and_on_one_line(monkeypatch, capsys):
    monkeypatch.setattr(core, "EXERCISES", {})

    @core.exercise("9.3", task="", reference="")
    def talkative(answer):
        raise Hint(f"{list(range(999))}\n\n" * 3)

    talkative(1)
    out = capsys.readouterr().out
    assert len(out) <= core.LONGEST + 3 and out.endswith(" …\n") and out.count("\n") == 1


def test_arguments_are_copied_and_networks_are_not():
    network, values = torch.nn.Linear(1, 1), [torch.zeros(2), {"a": np.zeros(1)}]
    other, copies = calling.copied((network, values))
    assert other is network and copies[0] is not values[0]
    copies[0] += 1
    copies[1]["a"] += 1
    assert float(values[0].sum()) == 0 == float(values[1]["a"].sum())


CHANGES = [
    (torch.ones(2), lambda x: x.mul_(2)),
    (torch.tensor([math.nan, 1]), lambda x: x.fill_(0)),
    ([1, 2], lambda x: x.append(3)),
    ([[torch.ones(1)]], lambda x: x[0][0].zero_()),
    ({"a": 1}, lambda x: x.update(a=2)),
    ({1, 2}, lambda x: x.add(3)),
    (np.ones(2), lambda x: x.fill(0)),
]


@pytest.mark.parametrize(("given", "change"), CHANGES)
def test_changes_are_told_and_no_change_is_none(given, change):
    def spoils(values):
        change(values)
        return 1

    assert ask(lambda values: 1, given) == 1
    with pytest.raises(Hint, match="changes what it was given: values is another one"):
        ask(spoils, given)
    assert ask(spoils, given, may_change=True) == 1


def test_a_change_of_shape_or_precision_is_one_too():
    with pytest.raises(Hint, match="changes what it was given"):
        ask(lambda x: x.unsqueeze_(0), torch.ones(2))
    with pytest.raises(Hint, match="changes what it was given"):
        ask(lambda x: x.resize_(1), torch.ones(2))


def test_no_warning_is_left_behind():
    async def promised():
        return 7

    def warns():
        warnings.warn("mind", stacklevel=1)
        promised()
        return 7

    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        with pytest.raises(Hint, match="write `def`, not `async`"):
            ask(promised)
        assert ask(warns) == 7
        gc.collect()
    assert not heard


def documented():
    """Says what it does."""


def passes():
    pass


def refuses():
    raise NotImplementedError


def refuses_in_words():
    raise NotImplementedError("todo")


@pytest.mark.parametrize("stub", [documented, passes, refuses, refuses_in_words])
def test_an_untouched_body_is_a_stub(stub):
    with pytest.raises(NotDone):
        ask(stub)


def assigns():
    seven = 7  # noqa: F841


def shows():
    return print(end="")


def saves(picture="x"):
    return {}.update(a=picture)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (assigns, "Does its last line start with `return`"),
        (shows, "print shows a value and gives None back"),
        (saves, "update changes its dictionary and gives None back"),
    ],
)
def test_a_function_without_a_result_is_told_why(answer, hint):
    with pytest.raises(Hint, match=hint):
        ask(answer)


page_value, page_function = 3, len


def test_names_of_the_page_are_its_data_only():
    def reads(x):
        return page_function(x) + page_value + math.pi + x.real

    assert calling.page_names(reads) == ["page_value"]


def test_unused_arguments_are_those_never_looked_at():
    def uses(a, b, c, d):
        c = 1
        return [lambda: b + c for _ in a]

    assert calling.unused_arguments(uses) == ["d"]


NUMBERS = [
    (7, 7), (7.0, 7), (7.5, 7.5), (np.int64(7), 7), (np.float32(0.5), 0.5), (Fraction(1, 2), 0.5),
    (Decimal("0.5"), 0.5), (torch.tensor(7), 7), (torch.tensor([[0.5]]), 0.5), (np.array([7]), 7),
    (torch.nn.Parameter(torch.tensor(0.5)), 0.5), (torch.tensor(7, dtype=torch.uint8), 7),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "value"), NUMBERS)
def test_a_number_is_read_from_anything_that_is_one(answer, value):
    assert reading.number(answer) == value and type(reading.number(answer)) is type(value)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        ("48", "'48' is a text. Leave the quotes away"),
        ("it is 48", "Write it in digits, without quotes"),
        (True, "a number is asked, got True"),
        (np.True_, "a number is asked, got"),
        (torch.tensor(True), "a number is asked"),
        (1j, "a number is asked"),
        ((7,), "Leave bracket and comma away"),
        ([1, 2], "a number is asked, got the list"),
        (torch.ones(2), "one number is asked, got a tensor of shape"),
        (math.nan, "not finite"),
        (-(10**400), "larger than any"),
        (torch.tensor(math.inf), "not finite"),
    ],
)
def test_and_from_nothing_else(answer, hint):
    with pytest.raises(Hint, match=hint):
        reading.number(answer)


HALF = torch.tensor([0.5, 1])


@pytest.mark.parametrize(
    "answer",
    [
        [0.5, 1],
        (0.5, 1.0),
        np.array([0.5, 1]),
        HALF.half(),
        [torch.tensor(0.5), 1],
        HALF.clone().requires_grad_(),
        HALF.to_sparse(),
    ],
)
def test_a_tensor_is_read_from_lists_arrays_and_any_precision(answer):
    found = reading.tensor(answer)
    assert found.tolist() == [0.5, 1] and not found.requires_grad


@pytest.mark.parametrize(
    "answer", ["0.5", {"a": 1}, None, [[1], [1, 2]], object(), [torch.ones(2), 1]]
)
def test_and_from_nothing_that_is_none(answer):
    with pytest.raises(Hint, match="expected a tensor, got"):
        reading.tensor(answer)


CHOICES = {"blur": "ぼんやり", "x0": "x0"}


@pytest.mark.parametrize("answer", ["blur", " Blur", "ｂｌｕｒ", "　ＢＬＵＲ　", "ぼんやり"])
def test_a_choice_is_read_in_letters_of_any_width_and_in_both_languages(answer):
    assert reading.choice(answer, CHOICES) == "blur"
    assert reading.choice("ｘ０", CHOICES) == reading.choice("ｘ０", ["blur", "x0"]) == "x0"


def test_a_choice_that_is_none_is_told_in_both_languages():
    with pytest.raises(Hint, match=r'expected "blur" \(ぼんやり\) or "x0", got \'１\'\.$'):
        reading.choice("１", CHOICES)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("ｘ０", "x0"), ("１２．５", "12.5"), ("（ａ，ｂ）！", "(a,b)!"), ("夜の湖", "夜の湖")],
)
def test_texts_are_read_with_wide_letters_as_the_usual_ones(typed, meant):
    assert reading.text(typed) == meant


@pytest.mark.parametrize("answer", ["１２", "－１２．５", " 48 "])
def test_a_number_in_wide_digits_is_known_as_one_in_quotes(answer):
    with pytest.raises(Hint, match="is a text. Leave the quotes away"):
        reading.number(answer)


def test_keys_are_read_in_letters_of_any_width_and_in_both_languages():
    keys = {"A": "A", "the answer": "答え"}
    assert reading.keyed({"Ａ": 1, "答え": 2}, keys) == {"A": 1, "the answer": 2}
    assert reading.keyed({"the answer": 2, "b": 3, 4: 5}, keys) == {"the answer": 2, "b": 3, 4: 5}


ROWS = [(5, 6.0), {5, 6}, range(5, 7), np.array([5, 6]), torch.tensor([5.0, 6.0])]


@pytest.mark.parametrize("answer", [*ROWS, [5, 6], [torch.tensor(5), np.int8(6)]])
def test_numbers_are_read_from_any_row_of_them(answer):
    assert reading.numbers(answer) == [5, 6]


ENDLESS = [map(int, "56"), itertools.count(), range(10**12)]


@pytest.mark.parametrize("answer", ["56", 5, {5: 6}, *ENDLESS, torch.ones(2, 2), [True, 6]])
def test_and_from_no_other_thing(answer):
    with pytest.raises(Hint, match="expected a (short )?list of numbers|a number is asked"):
        reading.numbers(answer)


@pytest.mark.parametrize("answer", [True, np.True_, torch.tensor(True), torch.tensor([True])])
def test_a_truth_value_is_read(answer):
    assert reading.truth(answer) is True


@pytest.mark.parametrize("answer", ["True", 1, [True, True], torch.ones(2)])
def test_and_nothing_that_only_looks_like_one(answer):
    with pytest.raises(Hint, match="asked"):
        reading.truth(answer)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (list(range(99)), "the list [0, 1, 2, 3, … (99 in all)]"),
        ("x" * 500, "'" + "x" * 79 + " …"),
        (torch.zeros(2, 3), "a tensor of shape (2, 3)"),
        (0.123456, "0.1235"),
        ({}, "the dict {}"),
    ],
)
def test_values_are_shown_in_a_few_words(value, words):
    assert reading.shown(value) == words


def made(pipe, prompt, seed):
    return maths.snr(seed)


def test_a_function_as_reference_is_printed_as_its_source(monkeypatch, capsys):
    monkeypatch.setattr(core, "EXERCISES", {})
    core.exercise("9.4", task="do it.", reference=made)(lambda answer: "Good.")
    core.solution("9.4")
    start = "import helpers.maths as maths\n\n\ndef made(pipe, prompt, seed):\n    return"
    assert capsys.readouterr().out.startswith(start)
    with pytest.raises(ValueError, match="there is no exercise '0.9' here; choose one of 9.4"):
        core.solution("0.9")


def test_numbers_are_given_once(check):
    with pytest.raises(ValueError, match="number '9.1' is taken"):
        core.exercise("9.1", task="", reference="")


def test_a_lesson_goes_on_with_the_right_answer_of_its_reader(check, capsys):
    """Until there is one, or after it has been spoilt again, with the course's."""

    def mine():
        return 7

    assert core.yours("9.1") is not mine
    assert "stands in until yours is right" in capsys.readouterr().out
    check(mine)
    assert core.yours("9.1") is mine and "your own" in capsys.readouterr().out
    check(lambda: 3)
    assert core.yours("9.1") is not mine
    with pytest.raises(ValueError, match="yours: there is no exercise '0.9'"):
        core.yours("0.9")


def test_a_printed_solution_brings_the_imports_that_it_needs():
    source = core.whole_source(maths.add_noise)
    assert source.startswith(
        "from helpers.maths import Level, Tensor, noise, signal\n\n\ndef add_noise("
    )
    scope: dict = {}
    exec(source, scope)
    assert scope["add_noise"](2.0, 1.0, 0.25) == maths.add_noise(2.0, 1.0, 0.25)
    assert core.whole_source(runtime.generators).startswith("import torch\nfrom helpers.runtime")
