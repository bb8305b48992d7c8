"""Figures of the lessons: recorded steps and pictures in, matplotlib axes out.

Every drawing function takes `ax=None`, draws on those axes or on a new figure, and returns the
axes. None calls `plt.show()`, writes a file or changes `rcParams`. `show` puts a figure or a
picture into the notebook together with its alternative text.
"""

from .diagram import pipeline_map
from .display import Drawable, bundle, encode, show, to_image
from .runs import Frames, animation, film_strip, frames, picture_grid, side_by_side
from .style import new_axes

__all__ = [
    "Drawable", "Frames", "animation", "bundle", "encode", "film_strip", "frames", "new_axes",
    "picture_grid", "pipeline_map", "show", "side_by_side", "to_image",
]  # fmt: skip
