"""Procedural captioned landscapes: the data set that the embedded model is trained on.

`scenes` says what there is, `stream` which of it comes when; `drawing` (with `layout`, `sky`,
`land`, `things` and `styles`) draws it; `captions` puts it into words, English and Japanese ones
(`english…`, `japanese…`), all of which `lexicon` knows; `absent` says what may be denied, and
`strange` makes words that mean nothing.
"""

from .captions import describe, is_test_caption, mentioned, training_caption, unsaid
from .drawing import SIZE, render
from .lexicon import VOCABULARY, segments, unknown_words
from .scenes import (
    ATTRIBUTES,
    HELD_OUT,
    PAINTINGS,
    SINGLES,
    Scene,
    is_held_out,
    variations,
)
from .stream import Sample, random_scene, sample, training_scene

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
    "training_scene",
    "unknown_words",
    "unsaid",
    "variations",
]
