"""From a name to a pipeline: which files it takes, from where, and how they fit into memory."""

from .models import TINY, TURBO
from .pipelines import (
    CHANNELS_LAST,
    StableDiffusionPipeline,
    load,
    speed_up_networks,
    speed_up_scheduler,
)
from .silence import quiet

__all__ = [
    "CHANNELS_LAST",
    "TINY",
    "TURBO",
    "StableDiffusionPipeline",
    "load",
    "quiet",
    "speed_up_networks",
    "speed_up_scheduler",
]
