"""All exercises of the course; they are known once every module of checks is imported."""

from __future__ import annotations

import importlib
import pkgutil

from helpers import checks
from helpers.checks import core

for module in pkgutil.iter_modules(checks.__path__):
    importlib.import_module(f"helpers.checks.{module.name}")

EXERCISES = core.EXERCISES
"""Number -> exercise."""
