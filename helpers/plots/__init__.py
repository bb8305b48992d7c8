"""Figures of the lessons: recorded steps and pictures in, matplotlib axes out.

Every drawing function takes `ax=None`, draws on those axes or on a new figure, and returns the
axes. None calls `plt.show()`, writes a file or changes `rcParams`. Words are shown letter by
letter, dollars included; only the course's own notation is set as a formula (`style.literal`).
`show` puts a figure or a picture into the notebook together with its alternative text.
"""

from .attention import guidance_parts, heat_picture, token_shares, word_sheet, words_pull
from .denoising import digit_rows, level_curves, likely_digits, loss_curve, target_circle
from .diagram import pipeline_map
from .display import Drawable, bundle, encode, show, to_image
from .generation import steps_left
from .latents import (
    bell_curves,
    bottleneck,
    channel_maps,
    error_maps,
    latent_histogram,
    mixture_strength,
    picture_rows,
    touched,
)
from .noising import (
    brightness_leak,
    noise_page,
    noise_strip,
    over_time,
    surviving_detail,
    value_histograms,
    walks,
)
from .runs import Frames, animation, film_strip, frames, picture_grid, side_by_side, video
from .style import new_axes
from .text import attention_map, change_by_place, matching_map, similarity_map, token_strip
from .trajectories import (
    convergence,
    distance_table,
    parting,
    paths,
    settling,
    spectra,
    step_page,
    survival,
)

__all__ = [
    "Drawable", "Frames", "animation", "attention_map", "bell_curves", "bottleneck",
    "brightness_leak", "bundle", "change_by_place", "channel_maps", "convergence", "digit_rows",
    "distance_table", "encode", "error_maps", "film_strip", "frames", "guidance_parts",
    "heat_picture", "latent_histogram", "level_curves", "likely_digits", "loss_curve",
    "matching_map", "mixture_strength", "new_axes", "noise_page", "noise_strip", "over_time",
    "parting", "paths", "picture_grid", "picture_rows", "pipeline_map", "settling", "show",
    "side_by_side", "similarity_map", "spectra", "step_page", "steps_left", "survival",
    "surviving_detail", "target_circle", "to_image", "token_shares", "token_strip", "touched",
    "value_histograms", "video", "walks", "word_sheet", "words_pull",
]  # fmt: skip
