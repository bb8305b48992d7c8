"""Many pictures: every prompt with every seed, and a contact sheet of all."""

from .jobs import Sweep, read_prompts, read_seeds, sweep

__all__ = ["Sweep", "read_prompts", "read_seeds", "sweep"]
