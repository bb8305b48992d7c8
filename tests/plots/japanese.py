"""Every figure once, with Japanese words: `COURSE_LANGUAGE=ja python -m tests.plots.japanese`.

Says, one a line, what Matplotlib warns of, such as letters that no font has, and which text is
English, leaves its figure or covers another one. With a folder as argument it also writes the
pictures there, to be looked at.
"""

from __future__ import annotations

import io
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from unittest import mock

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
from matplotlib.axes import Axes  # noqa: E402
from matplotlib.backend_bases import RendererBase  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402
from matplotlib.text import Text  # noqa: E402
from matplotlib.transforms import Bbox  # noqa: E402
from PIL import Image  # noqa: E402

from helpers import plots, unet  # noqa: E402
from helpers.plots.primer import primer  # noqa: E402
from helpers.records import StepRecord  # noqa: E402

OUTSIDE = 2.0
"""Pixels that a text may lie outside its figure: letters have thin air around them."""

COVERED = 4.0
"""Pixels that two texts may cover each other by, in both directions."""

SAME = {"DDIM", "KL", "U-Net", "VAE", "cond", "dB", "eps", "uncond"}
"""Latin words of a figure that are the same in Japanese."""

A, B, C = "山と川", "夜の城", "冬の湖と月"
PICTURE = Image.new("RGB", (128, 128), "#7fa7c4")
RUN = plots.Frames((900, 600, 100), (0.1, 0.4, 0.9), (PICTURE,) * 3, (PICTURE,) * 3, PICTURE)
NOISE = torch.randn(2, 4, 16, 16, generator=torch.Generator().manual_seed(0))
STEP = StepRecord(0, 0, 900.0, 0.1, *[NOISE] * 7)
DIGITS = torch.zeros(4, 1, 8, 8)
FALL = torch.linspace(1, 0.01, 100)
MAP = torch.eye(3)
WAY = torch.tensor([[0.0, 0.0], [1.0, 2.0], [2.0, 1.0], [3.0, 3.0]])
LINE = [0.1, 0.2, 0.4]
CURVES = {A: LINE, B: [0.3, 0.2, 0.5]}
MANY = {A: [LINE, LINE], B: [[0.2, 0.3], [0.4, 0.6]]}

DRAWN: dict[str, Callable[[], Axes | Figure]] = {
    "attention_map": lambda: plots.attention_map(MAP, [A, B, C], title=A),
    "attention_maps": lambda: plots.attention_maps({A: MAP, B: MAP}, [A, B, C]),
    "bell_curves": lambda: plots.bell_curves([(0.5, 1.0), (0.0, 0.3)]),
    "bottleneck": lambda: plots.bottleneck(PICTURE, NOISE[0], PICTURE),
    "brightness_leak": lambda: plots.brightness_leak(FALL, {A: FALL, B: FALL**2}),
    "change_by_position": lambda: plots.change_by_position(torch.tensor([0, 1, 2.0]), [A, B, C]),
    "channel_maps": lambda: plots.channel_maps(PICTURE, NOISE[0]),
    "convergence": lambda: plots.convergence({"DDIM": {5: LINE, 10: LINE}, A: {5: LINE, 20: LINE}}),
    "cost_bars": lambda: plots.cost_bars({A: dict.fromkeys(unet.KINDS, (2, 3))}),
    "damage": lambda: plots.damage(
        {A: {100: FALL, 900: FALL}, B: {100: FALL, 900: FALL}}, intact=A
    ),
    "digit_rows": lambda: plots.digit_rows({A: DIGITS, B: DIGITS}, [A, B, "x", "y"]),
    "distance_table": lambda: plots.distance_table([A, B, C], np.eye(3).tolist()),
    "error_maps": lambda: plots.error_maps(
        torch.zeros(2, 3, 64, 64), torch.full((2, 3, 64, 64), 0.2), [A, B]
    ),
    "film_strip": lambda: plots.film_strip(RUN),
    "guidance_parts": lambda: plots.guidance_parts([STEP]),
    "guided_plane": lambda: plots.guided_plane(
        WAY, WAY[:2], (WAY[0], WAY[1], WAY[2]), {w: WAY.view(4, 1, 2) for w in (1, 3, 7)}
    ),
    "heat_maps": lambda: plots.heat_maps({A: MAP, B: MAP, C: MAP}, label=A),
    "hourglass": lambda: plots.hourglass(
        {"in": torch.zeros(1, 3, 128, 128), "out": NOISE[:1]},
        {"in": NOISE[:1], "out": torch.zeros(1, 3, 128, 128)},
    ),
    "kernel_by_hand": lambda: plots.kernel_by_hand(torch.arange(9.0).view(3, 3), MAP),
    "latent_histogram": lambda: plots.latent_histogram({A: NOISE, B: 2 * NOISE}),
    "learning_curves": lambda: plots.learning_curves({A: [(0, 0.0), (50, 0.5)], B: [(50, 1.0)]}),
    "level_curves": lambda: plots.level_curves([900, 500, 1], CURVES, label=A),
    "likely_digits": lambda: plots.likely_digits(DIGITS[:1], torch.rand(9, 1, 8, 8), 0.5),
    "loss_curve": lambda: plots.loss_curve([1.0] * 60, {A: 0.5}),
    "matching_map": lambda: plots.matching_map(MAP, [PICTURE] * 3, [A, B, C]),
    "mixture_strength": lambda: plots.mixture_strength(LINE, CURVES),
    "noise_page": lambda: plots.noise_page({A: PICTURE, B: PICTURE}, FALL, 30),
    "noise_strip": lambda: plots.noise_strip([[PICTURE] * 2] * 2, ["t = 0", "t = 9"], [A, B]),
    "novelty_chart": lambda: plots.novelty_chart(CURVES, CURVES),
    "over_time": lambda: plots.over_time({A: FALL, B: FALL**2, C: FALL**3}, A),
    "parting": lambda: plots.parting(CURVES),
    "paths": lambda: plots.paths({A: WAY, B: -WAY}, {A: PICTURE, B: PICTURE}),
    "picture_grid": lambda: plots.picture_grid([PICTURE] * 4, [A, B, C, f"{A}\n{B}"]),
    "picture_rows": lambda: plots.picture_rows({A: [PICTURE] * 3, B: [PICTURE] * 3}, [A, B, C]),
    "pipeline_map": lambda: plots.pipeline_map("山と川のある\n幻想的な風景"),
    "plane_runs": lambda: plots.plane_runs(
        lambda x, alpha_bar: 0 * x, WAY, torch.tensor([0, 1, 2, 0]), {A: WAY.view(4, 1, 2)},
        [(1, A, 0.5), (2, B, 0.9)],
    ),
    "primer": lambda: primer(*torch.randn(2, 1000, generator=torch.Generator().manual_seed(0))),
    "settling": lambda: plots.settling(MANY, {A: 0.2, B: 0.3}),
    "similarity_map": lambda: plots.similarity_map(MAP, [A, B, C], title=A),
    "similarity_maps": lambda: plots.similarity_maps({A: MAP, B: -MAP}, [A, B, C]),
    "step_page": lambda: plots.step_page(STEP, PICTURE, PICTURE),
    "steps_left": lambda: plots.steps_left(FALL[::5].flip(0).tolist(), 8),
    "straight_steps": lambda: plots.straight_steps(WAY, {A: WAY[::2], B: WAY[::3]}),
    "survival": lambda: plots.survival({A: {1: LINE, 5: LINE}}, unrelated=LINE),
    "surviving_detail": lambda: plots.surviving_detail(
        [1, 2, 4], LINE, CURVES, others=torch.rand(9, 3) + 0.1
    ),
    "target_circle": lambda: plots.target_circle(0.4),
    "time_waves": lambda: plots.time_waves(torch.rand(20, 30), list(range(20))),
    "token_shares": lambda: plots.token_shares(LINE, ["<開始>", A, B]),
    "token_strip": lambda: plots.token_strip(
        ["<s>", A, C, "<e>", "<e>"], ("<s>", "<e>"), columns=5
    ),
    "touched": lambda: plots.touched(PICTURE, Image.new("RGB", (128, 128)), (3, 5)),
    "training_and_sampling": lambda: plots.training_and_sampling(
        dict.fromkeys(("clean", "noise", "mixed", "start", "drawn"), DIGITS[:1])
    ),
    "unet_map": lambda: plots.unet_map(unet.stops(unet.stable_diffusion())),
    "value_histograms": lambda: plots.value_histograms({A: NOISE, B: NOISE}),
    "walks": lambda: plots.walks(torch.rand(100, 5), FALL, 0.8),
    "wave_sum": lambda: plots.wave_sum({A: NOISE[0, 0], B: NOISE[0, 1]}, LINE),
    "by_group": lambda: plots.by_group({A: {B: {1: LINE, 2: LINE}}, B: {B: {1: LINE, 2: LINE}}}, C),
    "contrast_curves": lambda: plots.contrast_curves(LINE, {A: ([1, 3, 9], [2, 5, 12])}),
    "dot_rows": lambda: plots.dot_rows({A: LINE, B: LINE}, C, line=(0.3, A)),
    "flow_panels": lambda: plots.flow_panels(
        WAY, torch.zeros(len(WAY), dtype=int), {A: torch.rand(3, 2, 2), B: torch.rand(3, 2, 2)}
    ),
    "mean_rows": lambda: plots.mean_rows({A: LINE, B: LINE}, C),
    "pair_table": lambda: plots.pair_table({(A, B): 0.5, (A, C): 0.2, (B, C): 0.1}),
    "patch_grid": lambda: plots.patch_grid(PICTURE, 8),
    "pinned": lambda: plots.pinned({A: PICTURE, B: PICTURE}),
    "quality_chart": lambda: plots.quality_chart({A: dict.fromkeys((1, 2, 4), LINE)}, 0.9),
    "range_chart": lambda: plots.range_chart({A: (1.0, 2.0), B: (3.0, 9.0)}, C),
    "roc_chart": lambda: plots.roc_chart({A: (LINE, LINE)}),
    "share_bars": lambda: plots.share_bars(
        {"before": [0.5, 0.2], "without old": [0.1, 0.7]}, ["as drawn", C]
    ),
    "share_chart": lambda: plots.share_chart({A: (0.5, 0.4, 0.6), B: (0.2, 0.1, 0.4)}, C),
    "singular_values": lambda: plots.singular_values({A: torch.rand(9), "noise": torch.rand(9)}),
    "size_bars": lambda: plots.size_bars({A: 1e9, B: 1e7}),
    "threshold_page": lambda: plots.threshold_page({A: LINE, B: LINE}, B, 0.3),
    "word_sheet": lambda: plots.word_sheet([PICTURE] * 4, [A, B, C, f"{A}\n{B}"]),
    "words_pull": lambda: plots.words_pull([999, 500, 1], torch.rand(3, 4) + 0.01),
}  # fmt: skip


def root(drawn: Axes | Figure) -> Figure:
    """The whole figure that a function has drawn on."""
    return drawn if isinstance(drawn, Figure) else drawn.figure.get_figure(root=True)


def drawn(figure: Figure) -> tuple[list[str], dict[Text, Bbox]]:
    """Draws a figure: what is said of letters that no font has, and each text with its place."""
    places = {}

    def watched(text: Text, renderer: RendererBase) -> None:
        real(text, renderer)
        if text.get_visible() and text.get_text().strip():
            places[text] = text.get_window_extent(renderer)

    real = Text.draw
    with warnings.catch_warnings(record=True) as log, mock.patch.object(Text, "draw", watched):
        warnings.simplefilter("always")
        figure.savefig(io.BytesIO(), dpi=figure.dpi)  # draws twice, first for the layout
    return [str(each.message) for each in log], places


def misplaced(figure: Figure, places: dict[Text, Bbox]) -> Iterator[str]:
    """Texts that leave their figure, and pairs of which one covers the other."""
    inside = figure.bbox.padded(OUTSIDE)
    for text, box in places.items():
        if not (inside.contains(box.x0, box.y0) and inside.contains(box.x1, box.y1)):
            yield f"leaves the figure: {text.get_text()!r}"
    upright = [(text, box) for text, box in places.items() if text.get_rotation() in (0, 90)]
    for (one, here), (other, there) in combinations(upright, 2):
        wide = min(here.x1, there.x1) - max(here.x0, there.x0)
        high = min(here.y1, there.y1) - max(here.y0, there.y0)
        if wide > COVERED and high > COVERED:
            yield f"covers another one: {one.get_text()!r}, {other.get_text()!r}"


def untranslated(places: dict[Text, Bbox]) -> Iterator[str]:
    """Texts with an English word: what is passed to the figures here is Japanese."""
    for text in places:
        words = re.findall(r"[A-Za-z][A-Za-z-]+", re.sub(r"\$[^$]*\$", "", text.get_text()))
        if not SAME.issuperset(words):
            yield f"is English: {text.get_text()!r}"


def main(argv: list[str]) -> int:
    """Draws all figures; 1 if something is wrong with one."""
    faults = 0
    for name, draw in DRAWN.items():
        figure = root(draw())
        said, places = drawn(figure)
        for fault in [*said, *misplaced(figure, places), *untranslated(places)]:
            print(f"{name}: {fault}", flush=True)
            faults += 1
        if argv:
            figure.savefig(Path(argv[0]) / f"{name}.png", dpi=100)
        plt.close(figure)
    print(f"{len(DRAWN)} figures, {faults} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
