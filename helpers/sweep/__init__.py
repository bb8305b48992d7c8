"""Many pictures: every prompt with every seed, and a contact sheet of all."""

from .asked import read_prompts, read_seeds
from .jobs import sweep
from .plan import Sweep

__all__ = ["Sweep", "read_prompts", "read_seeds", "sweep"]
