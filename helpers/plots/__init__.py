"""Figures of the lessons: recorded steps and pictures in, matplotlib axes out.

Every drawing function takes `ax=None`, draws on those axes or on a new figure, and returns the
axes. None calls `plt.show()`, writes a file or changes `rcParams`. Words are shown letter by
letter, dollars included; only the course's own notation is set as a formula (`style.literal`).
`show` puts a figure or a picture into the notebook together with its alternative text.
"""

from .associations import pair_table, range_chart
from .attention import guidance_parts, heat_picture, token_shares, word_sheet
from .beyond import flow_panels, patch_grid, quality_chart, size_bars
from .counts import dot_rows, roc_chart, share_chart, threshold_page
from .denoising import digit_rows, level_curves, likely_digits, loss_curve, target_circle
from .diagram import pipeline_map
from .display import Drawable, bundle, encode, show, to_image
from .finetuning import learning_curves, share_bars, singular_values
from .generation import steps_left
from .guidance import guided_plane, words_pull
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
from .layers import hourglass
from .loops import training_and_sampling
from .noising import (
    brightness_leak,
    noise_page,
    noise_strip,
    over_time,
    surviving_detail,
    value_histograms,
    walks,
)
from .novelty import novelty_chart
from .plane import arrow_field, plane_runs, point_cloud
from .projects import by_group, contrast_curves, mean_rows, pinned
from .runs import Frames, animation, film_strip, frames, picture_grid, side_by_side, video
from .style import new_axes
from .text import (
    attention_map,
    attention_maps,
    change_by_position,
    matching_map,
    similarity_map,
    similarity_maps,
    token_strip,
)
from .trajectories import (
    convergence,
    distance_table,
    parting,
    paths,
    settling,
    straight_steps,
    survival,
)
from .unet import (
    cost_bars,
    damage,
    feature_colours,
    heat_maps,
    kernel_by_hand,
    looked_at,
    time_waves,
)
from .unet_map import unet_map
from .waves import step_page, wave_sum

__all__ = [
    "Drawable", "Frames", "animation", "arrow_field", "attention_map", "attention_maps",
    "bell_curves", "bottleneck", "brightness_leak", "bundle", "by_group", "change_by_position",
    "channel_maps", "contrast_curves", "convergence", "cost_bars", "damage", "digit_rows",
    "distance_table", "dot_rows", "encode", "error_maps", "feature_colours", "film_strip",
    "flow_panels", "frames", "guidance_parts", "guided_plane", "heat_maps", "heat_picture",
    "hourglass", "kernel_by_hand", "latent_histogram", "learning_curves", "level_curves",
    "likely_digits", "looked_at", "loss_curve", "matching_map", "mean_rows", "mixture_strength",
    "new_axes", "noise_page", "noise_strip", "novelty_chart", "over_time", "pair_table", "parting",
    "patch_grid", "paths", "picture_grid", "picture_rows", "pinned", "pipeline_map", "plane_runs",
    "point_cloud", "quality_chart", "range_chart", "roc_chart", "settling", "share_bars",
    "share_chart", "show", "side_by_side", "similarity_map", "similarity_maps", "singular_values",
    "size_bars", "step_page", "steps_left", "straight_steps", "survival", "surviving_detail",
    "target_circle", "threshold_page", "time_waves", "to_image", "token_shares", "token_strip",
    "touched", "training_and_sampling", "unet_map", "value_histograms", "video", "walks",
    "wave_sum", "word_sheet", "words_pull",
]  # fmt: skip
