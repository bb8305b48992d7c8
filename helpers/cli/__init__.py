"""The command line: what is asked on it, and the functions that do it."""

from .program import main

__all__ = ["main"]
