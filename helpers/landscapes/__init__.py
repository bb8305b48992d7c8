"""Procedural captioned landscapes: the data set that the embedded model is trained on.

`scenes` says what there is, `drawing` and `styles` draw it, `captions` puts it into English and Japanese words.
"""

from .captions import (
    VOCABULARY,
    describe,
    is_test_caption,
    mentioned,
    segments,
    training_caption,
    unknown_words,
)
from .drawing import SIZE, render
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
    "ATTRIBUTES", "HELD_OUT", "PAINTINGS", "SINGLES", "SIZE", "VOCABULARY", "Sample", "Scene", "describe",
    "is_held_out", "is_test_caption", "mentioned", "random_scene", "render", "sample", "segments",
    "training_caption", "unknown_words", "variations",
]
