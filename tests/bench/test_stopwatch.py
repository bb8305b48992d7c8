"""The measuring: arithmetic that is counted, variants that take turns."""

from __future__ import annotations

import torch

from helpers.bench import stopwatch
from helpers.bench.stopwatch import Variant


def test_the_arithmetic_of_a_full_size_picture(full) -> None:
    """About 0.8 TFLOP for the U-Net and one picture at 512 pixels, as often published."""
    one, two = (stopwatch.picture_flops(full, steps) for steps in (1, 2))
    assert 1.5e12 < two - one < 1.7e12  # guided: twice
    assert stopwatch.picture_flops(full, 1, 256) < one / 3.9


def test_a_step_of_the_small_model_is_counted_too(tiny_random_pipe) -> None:
    one, two, three = (stopwatch.picture_flops(tiny_random_pipe, steps) for steps in (1, 2, 3))
    assert 0 < one < two and three - two == two - one


def test_variants_take_turns_after_each_was_warmed_up() -> None:
    ran: list[str] = []
    variants = [Variant(name, lambda name=name: ran.append(name), 1, 0) for name in "ab"]
    rows = stopwatch.measure(variants, torch.device("cpu"), rounds=2)
    assert "".join(ran) == "ab" + "ab" * 2
    assert [len(row.seconds) for row in rows] == [2, 2] and rows[0].peak_bytes is None


def test_the_rate_of_matrix_products_is_that_of_a_processor() -> None:
    assert 1e8 < stopwatch.matmul_rate(torch.device("cpu"), torch.float32, side=128) < 1e14
