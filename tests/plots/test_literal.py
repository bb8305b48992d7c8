"""A reader's words in figures: letter by letter, whatever signs they hold; never a formula."""

from __future__ import annotations

import io
import warnings

import numpy as np
import pytest
import torch
from matplotlib.cbook import is_math_text
from matplotlib.text import Text
from PIL import Image

from helpers import plots
from helpers.plots.style import LONGEST, NOTATION, literal

HOSTILE = [
    "$$", r"$\foo$", "costs $5 or $6", "$", r"\$5 and $", r"$\alpha$", "$_$", "{$^}$", "%$#~",
    "a\nb $1 $2\nc", "a very long " * 60, "山と川", "🏰 $ $", "half \ud83d an emoji", "", "_under",
]  # fmt: skip

PLAIN = Image.new("RGB", (16, 16), "red")
LINE = [0.1, 0.2, 0.3]
MAP = torch.eye(2)
WAY = torch.rand(3, 2)


def curves(text: str) -> dict[str, list[float]]:
    return {text: LINE, "other": LINE}


DRAWN = {
    "picture_grid": lambda text: plots.picture_grid([PLAIN, PLAIN], [text, "b"]),
    "word_sheet": lambda text: plots.word_sheet([PLAIN], [text]),
    "token_shares": lambda text: plots.token_shares([0.5, 0.5], [text, "b"]),
    "digit_rows": lambda text: plots.digit_rows({text: torch.zeros(2, 1, 8, 8)}, [text, "b"]),
    "level_curves": lambda text: plots.level_curves([3, 2, 1], curves(text), label=text),
    "loss_curve": lambda text: plots.loss_curve([1.0] * 60, {text: 0.5}),
    "pipeline_map": lambda text: plots.pipeline_map(text),
    "latent_histogram": lambda text: plots.latent_histogram({text: torch.randn(99)}),
    "picture_rows": lambda text: plots.picture_rows({text: [PLAIN]}, [text]),
    "error_maps": lambda text: plots.error_maps(
        torch.zeros(1, 3, 8, 8), torch.ones(1, 3, 8, 8), [text]
    ),
    "mixture_strength": lambda text: plots.mixture_strength(LINE, curves(text)),
    "noise_strip": lambda text: plots.noise_strip([[PLAIN]], [text], [text]),
    "over_time": lambda text: plots.over_time({text: torch.tensor(LINE)}, text),
    "value_histograms": lambda text: plots.value_histograms({text: torch.randn(99)}),
    "surviving_detail": lambda text: plots.surviving_detail([1, 2, 4], LINE, curves(text)),
    "brightness_leak": lambda text: plots.brightness_leak(
        torch.tensor(LINE), {text: torch.tensor(LINE)}
    ),
    "noise_page": lambda text: plots.noise_page(
        {text: PLAIN, "b": PLAIN}, torch.linspace(1, 0, 10), 3
    ),
    "token_strip": lambda text: plots.token_strip(["<s>", text, "<e>"], ("<s>", "<e>")),
    "attention_map": lambda text: plots.attention_map(MAP, [text, "b"], title=text),
    "similarity_map": lambda text: plots.similarity_map(MAP, [text, "b"], title=text),
    "attention_maps": lambda text: plots.attention_maps({text: MAP}, [text, "b"]),
    "similarity_maps": lambda text: plots.similarity_maps({text: MAP}, [text, "b"]),
    "change_by_position": lambda text: plots.change_by_position(torch.ones(2), [text, "b"]),
    "matching_map": lambda text: plots.matching_map(MAP, [PLAIN, PLAIN], [text, "b"]),
    "settling": lambda text: plots.settling({text: [LINE, LINE]}, {text: 0.1}),
    "survival": lambda text: plots.survival({text: {1: [0.5], 2: [0.7]}}, unrelated=LINE),
    "convergence": lambda text: plots.convergence({text: {1: [0.5], 2: [0.3]}}),
    "distance_table": lambda text: plots.distance_table([text, "b"], np.eye(2)),
    "parting": lambda text: plots.parting(curves(text)),
    "straight_steps": lambda text: plots.straight_steps(WAY, {text: WAY[:2]}),
    "heat_maps": lambda text: plots.heat_maps({text: MAP}, label=text),
    "damage": lambda text: plots.damage({text: {100: WAY[:, 0]}}, intact=text),
    "cost_bars": lambda text: plots.cost_bars({text: {"norms": (1, 2)}}),
    "pinned": lambda text: plots.pinned({text: Image.new("RGB", (8, 8))}),
    "dot_rows": lambda text: plots.dot_rows({text: LINE}, text),
    "mean_rows": lambda text: plots.mean_rows({text: LINE}, text),
    "share_chart": lambda text: plots.share_chart({text: (0.5, 0.4, 0.6)}, text),
    "roc_chart": lambda text: plots.roc_chart({text: (LINE, LINE)}),
    "threshold_page": lambda text: plots.threshold_page({text: LINE}, text, 0.5),
    "pair_table": lambda text: plots.pair_table({(text, "b"): 0.5}),
    "range_chart": lambda text: plots.range_chart({text: (1.0, 2.0)}, text),
    "contrast_curves": lambda text: plots.contrast_curves(LINE, {text: (LINE, LINE)}),
    "by_group": lambda text: plots.by_group({text: {text: {1: LINE, 2: LINE}}}, text),
    "novelty_chart": lambda text: plots.novelty_chart({text: LINE}, {text: LINE}),
    "plane_runs": lambda text: plots.plane_runs(
        lambda x, alpha_bar: 0 * x,
        WAY,
        torch.zeros(3, dtype=int),
        {text: torch.rand(2, 1, 2)},
        [(1, text, 0.5)],
    ),
    "singular_values": lambda text: plots.singular_values({text: torch.ones(2)}),
    "learning_curves": lambda text: plots.learning_curves({text: [(0, 0.0), (50, 0.5)]}),
    "share_bars": lambda text: plots.share_bars({text: [0.5]}, [text]),
    "flow_panels": lambda text: plots.flow_panels(
        WAY, torch.zeros(len(WAY), dtype=int), {text: torch.rand(3, 2, 2)}
    ),
    "quality_chart": lambda text: plots.quality_chart({text: {2: LINE, 4: LINE}}, 0.9),
    "size_bars": lambda text: plots.size_bars({text: 1e9}),
    "wave_sum": lambda text: plots.wave_sum({text: MAP, "b": MAP}, LINE),
    "paths": lambda text: plots.paths({text: WAY}, {text: PLAIN}),
}
NO_WORDS = {
    "animation", "arrow_field", "bell_curves", "bottleneck", "bundle", "channel_maps", "encode",
    "feature_colours", "film_strip", "frames", "guidance_parts", "guided_plane", "heat_picture",
    "hourglass", "kernel_by_hand", "likely_digits", "looked_at", "new_axes", "patch_grid",
    "point_cloud", "show", "side_by_side", "step_page", "steps_left", "target_circle", "time_waves",
    "to_image", "touched", "training_and_sampling", "unet_map", "video", "walks", "words_pull",
}  # fmt: skip


def test_no_function_of_figures_is_forgotten():
    functions = {name for name in plots.__all__ if name.islower()}
    assert functions == DRAWN.keys() | NO_WORDS and not DRAWN.keys() & NO_WORDS


@pytest.mark.parametrize("name", DRAWN)
def test_no_figure_takes_a_readers_words_for_a_formula(name):
    drawn = DRAWN[name](r"costs $5 or $6, $\foo$")
    figure = drawn if name == "noise_page" else drawn.figure
    for part in figure.findobj(Text):
        words = part.get_text()
        if is_math_text(words):  # powers of ten of a logarithmic axis, or notation of the course
            assert "mathdefault" in words or any(one in words for one in NOTATION), words
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a layout that does not fit
        figure.savefig(io.BytesIO(), format="png", dpi=20)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_drawn_is_what_was_written(text):
    """Matplotlib's own reading of the text: not a formula, and the dollars are there again."""
    read, formula = Text(0, 0, literal(text))._preprocess_math(literal(text))
    assert formula is False
    if max(map(len, text.split("\n"))) <= LONGEST:
        assert read == text.replace("\ud83d", "�")
    else:
        assert read == f"{text[:LONGEST]} …"


@pytest.mark.parametrize("text", [r"$\bar\alpha_t$, share of the picture", "$x_t$", *NOTATION])
def test_the_courses_own_notation_stays_a_formula(text):
    assert literal(text) == text and is_math_text(literal(text))


def test_a_long_title_leaves_the_pictures_their_place():
    ax = plots.picture_grid([PLAIN] * 4, ["a very long prompt " * 500] * 4)
    ax.figure.canvas.draw()
    assert ax.get_window_extent().width > 100
