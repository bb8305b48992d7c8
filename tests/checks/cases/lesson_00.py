"""Answers to the exercises of lesson 00."""

from __future__ import annotations

CASES = {
    "0.1": {"wrong": {"empty": "parts = {}"}, "right": {}},
}
