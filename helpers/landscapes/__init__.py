"""Procedural captioned landscapes: the data set that the embedded model is trained on.

`scenes` says what there is; `drawing` (with `sky`, `land`, `things` and `styles`) draws it;
`captions` puts it into the English and Japanese words of `lexicon`.
"""

from .captions import describe, is_test_caption, mentioned, training_caption
from .drawing import SIZE, render
from .lexicon import VOCABULARY, segments, unknown_words
from .scenes import (
    ATTRIBUTES,
    HELD_OUT,
    PAINTINGS,
    SINGLES,
    Sample,
    Scene,
    is_held_out,
    random_scene,
    sample,
    variations,
)

__all__ = [
    "ATTRIBUTES",
    "HELD_OUT",
    "PAINTINGS",
    "SINGLES",
    "SIZE",
    "VOCABULARY",
    "Sample",
    "Scene",
    "describe",
    "is_held_out",
    "is_test_caption",
    "mentioned",
    "random_scene",
    "render",
    "sample",
    "segments",
    "training_caption",
    "unknown_words",
    "variations",
]
