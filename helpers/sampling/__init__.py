"""A run: its inputs and its start, the schedulers, the loop, and the settings to make it again."""

from .loop import again, denoise, generate, unroll

__all__ = ["again", "denoise", "generate", "unroll"]
