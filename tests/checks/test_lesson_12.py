"""Lesson 12: references are right, stubs not done, every plausible mistake gets its own hint."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest
import torch

from helpers import dit
from helpers.checks import core, lesson_12, mistakes_12

from .variants import RIGHT, SPOILT

BENDS = (0.1, 0.6)

CHECKS = {
    "12.1": lesson_12.flow_loss,
    "12.2": lesson_12.euler,
    "12.3": lambda answer: lesson_12.bending(answer, BENDS),
    "12.4": lesson_12.patchify,
    "12.5": lesson_12.far,
}
NAMES = {
    "12.1": "flow_loss",
    "12.2": "euler",
    "12.3": "prediction",
    "12.4": "patchify",
    "12.5": "far",
}
FUNCTIONS = ["12.1", "12.2", "12.4", "12.5"]
MISTAKES = {
    "12.1": mistakes_12.FLOW_LOSS,
    "12.2": mistakes_12.EULER,
    "12.4": mistakes_12.PATCHIFY,
    "12.5": mistakes_12.FAR,
}


@pytest.fixture
def said(verdict):
    """What the check of an exercise says to an answer."""
    return lambda number, answer: verdict(CHECKS[number], answer)


def reference(number):
    names: dict = {}
    exec(core.EXERCISES[number].reference, names)
    return names[NAMES[number]]


@pytest.mark.parametrize("number", CHECKS)
def test_every_reference_is_right(number, said):
    assert said(number, reference(number)).startswith(f"✔ {number} right.")


def stub(*_): ...


@pytest.mark.parametrize("number", CHECKS)
def test_every_stub_is_not_done_yet_and_tells_the_task(number, said):
    out = said(number, ... if number == "12.3" else stub)
    assert out.startswith(f"○ {number} not done yet.") and core.EXERCISES[number].task in out


def by_mse(network, x0, eps, t):
    return torch.nn.functional.mse_loss(network(torch.lerp(x0, eps, t), t), eps - x0)


def by_linspace(field, x, steps):
    for t, t_next in pairwise(torch.linspace(1, 0, steps + 1).tolist()):
        x = x - (t - t_next) * field(x, t)
    return x


def by_tensor_times(field, x, steps):
    times = torch.linspace(1, 0, steps + 1)
    for t, t_next in zip(times[:-1], times[1:], strict=True):
        x = x + (t_next - t) * field(x, t)
    return x


def by_loops(latents, size):
    b, c, h, w = latents.shape
    tokens = [
        latents[:, :, y : y + size, x : x + size].permute(0, 2, 3, 1).reshape(b, -1)
        for y in range(0, h, size)
        for x in range(0, w, size)
    ]
    return torch.stack(tokens, dim=1)


def by_einops_like_view(latents, size):
    blocks = latents.unfold(2, size, size).unfold(3, size, size)  # (B, C, rows, columns, p, p)
    return blocks.permute(0, 2, 3, 4, 5, 1).flatten(3).flatten(1, 2)


def by_list(jump, path, times):
    return [
        float(((jump(x, t) - path[-1]) ** 2).mean() ** 0.5)
        for x, t in zip(path, times, strict=True)
    ]


RIGHT_ANSWERS = [
    ("12.1", by_mse),
    ("12.1", lambda n, x0, eps, t: ((n(x0 + t * (eps - x0), t) - eps + x0) ** 2).mean()),
    ("12.2", by_linspace),
    ("12.2", by_tensor_times),
    ("12.3", "More bent"),
    ("12.3", " more bent "),
    ("12.4", by_loops),
    ("12.4", by_einops_like_view),
    ("12.4", dit.patchify),
    ("12.5", lambda j, path, times: torch.tensor(by_list(j, path, times))),
    ("12.5", lambda j, path, times: np.array(by_list(j, path, times))),
]


@pytest.mark.parametrize(("number", "answer"), RIGHT_ANSWERS)
def test_other_ways_to_be_right(number, answer, said):
    out = said(number, answer)
    assert out.startswith(f"✔ {number} right."), out


@pytest.mark.parametrize(
    ("number", "name"),
    # A loss is learned from: in NumPy it has no gradient.
    [pair for pair in product(FUNCTIONS, RIGHT) if pair != ("12.1", "numpy")],
)
def test_precision_and_type_are_no_mistakes(number, name, said):
    out = said(number, RIGHT[name](reference(number)))
    assert out.startswith(f"✔ {number} right."), out


@pytest.mark.parametrize(
    "cut",
    [torch.Tensor.item, torch.Tensor.detach, float, lambda loss: loss.detach().numpy()],
)
def test_a_loss_must_be_something_to_learn_from(cut, said):
    flow_loss = reference("12.1")
    out = said("12.1", lambda n, x0, eps, t: cut(flow_loss(n, x0, eps, t)))
    assert out.startswith("✘ 12.1 not right yet:") and "no gradient" in out, out


@pytest.mark.parametrize("name", SPOILT)
@pytest.mark.parametrize("number", FUNCTIONS)
def test_a_spoilt_function_gets_its_hint(number, name, said):
    spoil, hint = SPOILT[name]
    out = said(number, spoil(reference(number)))
    assert out.startswith(f"✘ {number} not right yet:") and hint in out, out


@pytest.mark.parametrize("number", MISTAKES)
def test_every_known_mistake_gets_its_own_hint(number, said):
    for hint, mistakes in MISTAKES[number].items():
        for mistake in mistakes if isinstance(mistakes, tuple) else (mistakes,):
            assert said(number, mistake) == f"✘ {number} not right yet: {hint}"


WRONG = [
    ("12.1", lambda n, x0, eps, t: 0.5 * by_mse(n, x0, eps, t), "shall say -3"),
    ("12.1", lambda n, x0, eps: 0, "is called with 4"),
    ("12.2", lambda f, x, n: by_linspace(f, x, 2 * n), "Is yours 0 there?"),
    ("12.3", "straighter", "measured: bend 0.10 without guidance, 0.60 with it"),
    ("12.3", "alike", "another one at each step"),
    ("12.3", "bent", 'expected "straighter", "alike" or "more bent", got \'bent\''),
    ("12.3", 0.6, "Write it in quotes"),
    ("12.4", lambda x, p: x, "expected the shape"),
    ("12.4", lambda x, p: 2 * dit.patchify(x, p), "permute to (B, rows, columns, size, size, C)"),
    ("12.5", lambda j, path, times: 2 * torch.tensor(by_list(j, path, times)), "mean, root"),
]


@pytest.mark.parametrize(("number", "answer", "hint"), WRONG)
def test_wrong_answers_get_the_hint_that_fits(number, answer, hint, said):
    out = said(number, answer)
    assert out.startswith(f"✘ {number} not right yet:") and hint in out, out


@pytest.mark.parametrize(
    ("bends", "right"),
    [((0.1, 0.6), "more bent"), ((0.6, 0.1), "straighter"), ((0.5, 0.55), "alike")],
)
def test_the_prediction_is_held_against_what_was_measured(bends, right, verdict):
    for answer in lesson_12.CHOICES:
        out = verdict(lambda given: lesson_12.bending(given, bends), answer)
        assert out.startswith("✔" if answer == right else "✘"), (answer, out)
