"""Lesson 07: references are right, stubs not done, every plausible mistake gets its own hint."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from helpers.checks import core, lesson_07, mistakes_07

from .variants import RIGHT, SPOILT, assert_told_apart

CHECKS = {
    "7.1": lesson_07.shapes,
    "7.2": lesson_07.field,
    "7.3": lesson_07.residual,
    "7.4": lesson_07.most_needed,
    "7.5": lesson_07.factors,
}
FUNCTIONS = ["7.2", "7.3", "7.4"]


@pytest.fixture
def verdict(tiny_pipe, capsys):
    """What the check of an exercise says to an answer."""

    def ask(number, answer) -> str:
        CHECKS[number](answer, *((tiny_pipe.unet,) if number == "7.1" else ()))
        return capsys.readouterr().out

    return ask


def reference(number):
    names: dict = {}
    exec(core.EXERCISES[number].reference, names)
    return names[CHECKS[number].__name__]


@pytest.mark.parametrize("number", CHECKS)
def test_every_reference_is_right(number, verdict):
    assert verdict(number, reference(number)).startswith(f"✔ {number} right.")


def stub_field(layers): ...


def stub_residual(block, x, time): ...


def stub_most_needed(measure, skips, times): ...


STUBS = {
    "7.1": dict.fromkeys(reference("7.1"), ...),
    "7.2": stub_field,
    "7.3": stub_residual,
    "7.4": stub_most_needed,
    "7.5": dict.fromkeys(reference("7.5"), ...),
}


@pytest.mark.parametrize("number", CHECKS)
def test_every_stub_is_not_done_yet_and_tells_the_task(number, verdict):
    said = verdict(number, STUBS[number])
    assert said.startswith(f"○ {number} not done yet.")
    assert core.EXERCISES[number].task in said


def shapes(**changed):
    """The right answer to 7.1, but for the stops named by their last word."""
    return {name: changed.get(name.split()[-1], shape) for name, shape in reference("7.1").items()}


def factors(**changed):
    """The right answer to 7.5, but for "convolutions", "self" or "cross"."""
    keys = ("convolutions", "self", "cross")
    return {
        name: changed.get(key, right)
        for key, (name, right) in zip(keys, reference("7.5").items(), strict=True)
    }


def by_index(layers):
    return 1 + sum(
        (kernel - 1) * int(np.prod([stride for _, stride in layers[:n]]))
        for n, (kernel, _) in enumerate(layers)
    )


def from_the_end(layers):
    side = 1
    for kernel, stride in reversed(layers):
        side = (side - 1) * stride + kernel
    return side


def by_sequence(block, x, time):
    h = F.silu(block.norm1(x))
    h = block.conv1(h) + block.time_emb_proj(F.silu(time)).unsqueeze(-1).unsqueeze(-1)
    h = block.conv2(block.dropout(block.nonlinearity(block.norm2(h))))
    return (block.conv_shortcut(x) if block.conv_shortcut else x) + h


def by_sigmoid(block, x, time):
    def silu(z):
        return z * torch.sigmoid(z)

    h = block.conv1(silu(block.norm1(x)))
    h = h + block.time_emb_proj(silu(time))[..., None, None]
    h = block.conv2(silu(block.norm2(h)))
    return h + (x if block.conv_shortcut is None else block.conv_shortcut(x))


def by_total_error(measure, skips, times):
    return sorted(skips, key=lambda k: -torch.stack([measure(k, t) for t in times]).mean())


def by_dictionary(measure, skips, times):
    harm = dict.fromkeys(skips, 0.0)
    for t in times:
        whole = measure(None, t).mean()
        for k in skips:
            harm[k] += float(measure(k, t).mean() - whole)
    return [k for k, _ in sorted(harm.items(), key=lambda pair: pair[1], reverse=True)]


RIGHT_ANSWERS = [
    ("7.1", {name: list(shape) for name, shape in reference("7.1").items()}),
    ("7.1", {name: torch.tensor(shape) for name, shape in reference("7.1").items()}),
    ("7.1", {name: torch.Size(shape) for name, shape in reference("7.1").items()}),
    ("7.1", dict(reversed(reference("7.1").items()))),
    ("7.2", by_index),
    ("7.2", from_the_end),
    ("7.2", lambda layers: float(by_index(layers))),
    ("7.3", by_sequence),
    ("7.3", by_sigmoid),
    ("7.4", by_total_error),
    ("7.4", by_dictionary),
    ("7.4", lambda *given: tuple(by_dictionary(*given))),
    ("7.4", lambda *given: np.array(by_dictionary(*given))),
    ("7.5", factors(convolutions=4.0, self=np.int64(16), cross=torch.tensor(4))),
]


@pytest.mark.parametrize(("number", "answer"), RIGHT_ANSWERS)
def test_other_ways_to_be_right(number, answer, verdict):
    said = verdict(number, answer)
    assert said.startswith(f"✔ {number} right."), said


@pytest.mark.parametrize("name", RIGHT)
@pytest.mark.parametrize("number", ["7.2", "7.3"])
def test_precision_and_type_are_no_mistakes(number, name, verdict):
    said = verdict(number, RIGHT[name](reference(number)))
    assert said.startswith(f"✔ {number} right."), said


@pytest.mark.parametrize("name", SPOILT)
@pytest.mark.parametrize("number", FUNCTIONS)
def test_a_spoilt_function_gets_its_hint(number, name, verdict):
    spoil, hint = SPOILT[name]
    said = verdict(number, spoil(reference(number)))
    assert said.startswith(f"✘ {number} not right yet:") and hint in said, said


@pytest.mark.parametrize(
    ("questions", "mistakes", "number"),
    [
        (lesson_07._FIELD, mistakes_07.FIELD, "7.2"),
        (lesson_07._RESIDUAL, mistakes_07.RESIDUAL, "7.3"),
        (lesson_07._MOST_NEEDED, mistakes_07.MOST_NEEDED, "7.4"),
    ],
)
def test_every_known_mistake_gets_its_own_hint(questions, mistakes, number, verdict):
    assert_told_apart(questions)
    for hint, mistake in questions.known_mistakes():
        assert verdict(number, mistake) == f"✘ {number} not right yet: {hint}\n"
    assert set(mistakes) == {hint for hint, _ in questions.known_mistakes()}


def test_a_block_that_is_changed_in_place_is_told(verdict):
    def in_place(block, x, time):
        x += 1
        return reference("7.3")(block, x - 1, time)

    assert "changes what it was given" in verdict("7.3", in_place)
    assert verdict("7.3", reference("7.3")).startswith("✔")


WRONG = [
    ("7.1", shapes(block=(64, 24, 40)), "What does the line over the box bring?"),
    ("7.1", shapes(block=(192, 24, 40)), "the number of channels is not"),
    ("7.1", shapes(middle=(192, 4, 4)), "halved or doubled together"),
    ("7.1", shapes(middle=(192, 12, 20)), "count the green boxes"),
    ("7.1", shapes(middle=(192, 10, 6)), "the right numbers in another order"),
    ("7.1", shapes(answer=(24, 40, 4)), "the right numbers in another order"),
    ("7.1", shapes(answer=(1, 4, 24, 40)), "Leave the batch out"),
    ("7.1", shapes(answer=(24, 40)), "three numbers are asked"),
    ("7.1", shapes(answer=4), "expected a list of numbers"),
    ("7.1", shapes(answer="(4, 24, 40)"), "expected a list of numbers"),
    ("7.1", shapes(doubling=(128, 12, 20)), "the number of channels is not"),
    ("7.1", shapes(convolution=(64, 22, 38)), "halved or doubled together"),
    ("7.1", {"in the middle": (192, 6, 10)}, "Change only what follows a colon"),
    ("7.1", [64, 192], "Change only what follows a colon"),
    ("7.2", lambda layers: 9, "expected"),
    ("7.2", lambda layers: True, "a number is asked"),
    ("7.2", lambda layers: [9], "Leave bracket and comma away"),
    ("7.3", lambda block, x, time: block(x, time), "you call the block itself"),
    ("7.3", lambda block, x, time: x, "expected"),
    ("7.4", lambda m, skips, times: skips[0], "one number came back"),
    ("7.4", lambda m, skips, times: [(k, 1.0) for k in skips], "pairs came back"),
    ("7.4", lambda m, skips, times: dict.fromkeys(skips, 1.0), "a dictionary came back"),
    ("7.4", lambda m, skips, times: sorted(range(6), key=lambda k: m(k, 900)), "not among"),
    ("7.5", factors(self=4), "every location is compared with every location"),
    ("7.5", factors(convolutions=2), "twice the side, but not twice the locations"),
    ("7.5", factors(cross=16), "77 positions"),
    ("7.5", factors(convolutions="4"), "is a text"),
    ("7.5", {"self": 16}, "Change only what follows a colon"),
]


@pytest.mark.parametrize(("number", "answer", "hint"), WRONG)
def test_wrong_answers_get_the_hint_that_fits(number, answer, hint, verdict):
    said = verdict(number, answer)
    assert said.startswith(f"✘ {number} not right yet:") and hint in said, said


def test_the_factors_are_those_of_the_formulas():
    """n locations of d channels: 9 d d n, 2 n n d, 2 n 77 d; n becomes 4 n."""
    n, d = 36, 8
    costs = [lambda n: 9 * d * d * n, lambda n: n * n * d, lambda n: n * 77 * d]
    assert [cost(4 * n) / cost(n) for cost in costs] == list(reference("7.5").values())


def test_the_known_field_of_the_page(verdict):
    assert reference("7.2")([(3, 1), (3, 2), (3, 1)]) == 9
