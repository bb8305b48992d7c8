"""Checks of the exercises, a module a lesson: `from helpers.checks import lesson_00 as check`."""
